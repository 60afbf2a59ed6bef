"""Words, names, templates, logos and fonts from outside: escaped, or refused with what is wrong."""

import io

import numpy as np
import pytest
from PIL import Image

from sdkit.errors import LayoutError
from sdkit.layout import Theme, find, layouts, parse, render
from sdkit.layout.draw import page, pixels

GREY = Image.new("RGB", (600, 400), "#777777")
INJECTIONS = (
    '</text><image href="file:///etc/passwd"/><text>',
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "]]><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "&lt;b&gt; &amp; &#x41; &nbsp;",
    "${jndi:ldap://x} {{7*7}} %s %n",
)
PLAIN = '<svg xmlns="http://www.w3.org/2000/svg"><g><g>{}</g></g></svg>'
LINE = '<text data-slot="headline" font-size="9"/>'


@pytest.mark.parametrize("words", INJECTIONS)
@pytest.mark.parametrize("name", sorted(layouts()))
def test_markup_in_any_slot_is_drawn_as_words(name, words):
    layout = find(name)
    from xml.etree import ElementTree

    for slot in layout.slots:
        try:
            banner = render(layout, GREY, (600, 400), {slot: words})
        except LayoutError as error:
            assert error.parameter == slot  # too long for a price: refused, by its slot
            continue
        root = ElementTree.fromstring(banner.svg)
        tags = {e.tag.rpartition("}")[2] for e in root.iter()}
        assert tags <= {"svg", "g", "text", "rect", "path", "circle", "linearGradient", "stop"}
        [block] = banner.blocks
        drawn = "".join(e.text for e in root.iter() if e.tag.endswith("}text"))
        assert drawn.replace(" ", "").replace("-", "").casefold() == words.replace(" ", "").replace("-", "").casefold()
        assert block.slot == slot


@pytest.mark.parametrize("words", ["a\x00b", "bell\x07", "\ud800", "\ufffe", "x" * 3000, "line\u2028sep", b"bytes", ["list"]])
def test_what_no_banner_can_show_is_refused(words):
    with pytest.raises(LayoutError, match="headline"):
        render(find("headline"), GREY, (600, 400), {"headline": words})


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "headline.svg", "", "HEADLINE", "a/../../b", None, 3, "headline\x00"]
)
def test_a_layout_is_found_by_its_name_alone(name):
    with pytest.raises(LayoutError, match="layout"):
        find(name)


def test_near_names_and_slots_are_told():
    with pytest.raises(LayoutError, match="'quote'"):
        find("qoute")
    with pytest.raises(LayoutError, match="Did you mean 'headline'"):
        render(find("headline"), GREY, (600, 400), {"headlin": "x"})


@pytest.mark.parametrize(
    "body",
    [
        '<image href="file:///etc/passwd" width="5" height="5"/>',
        '<image data-slot="logo" href="https://example.org/x.png" width="5" height="5"/>',
        "<script>alert(1)</script>",
        '<foreignObject width="5" height="5"/>',
        '<text data-slot="headline" font-size="9" onload="x()"/>',
        '<text data-slot="headline" font-size="9" style="fill:url(http://example.org)"/>',
        '<use href="#x"/>',
        '<path d="M0 0\'/>&lt;script>" width="5" height="5"/>',
        '<text data-slot="headline" font-size="9e9"/>',
        '<text data-slot="headline" font-size="nan"/>',
        '<text data-slot="../x" font-size="9"/>',
        '<text data-slot="headline" font-size="9" fill="url(#x)"/>',
    ],
)
def test_a_template_holds_its_vocabulary_and_nothing_else(body):
    with pytest.raises(LayoutError, match=r"own\.svg"):
        parse(PLAIN.format(body), "own")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]>' + PLAIN.format("&b;"),
        '<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + PLAIN.format(LINE),
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PLAIN.format("&x;"),
        "not xml at all",
        "<svg",
        "",
        "<html/>",
        PLAIN.format('<text data-slot="headline"/>'),
    ],
)
def test_entities_and_broken_xml_are_refused(text):
    with pytest.raises(LayoutError, match=r"own\.svg"):
        parse(text, "own")


def test_templates_outside_the_folder_are_not_read(tmp_path):
    (tmp_path / "layouts").mkdir()
    (tmp_path / "secret.svg").write_text(PLAIN.format(LINE))
    (tmp_path / "layouts" / "link.svg").symlink_to(tmp_path / "secret.svg")
    with pytest.raises(LayoutError, match=r"link\.svg"):
        layouts(tmp_path)


def test_a_folder_of_ones_own_adds_a_layout(tmp_path):
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts" / "mine.svg").write_text(PLAIN.format(LINE))
    assert render(find("mine", tmp_path), GREY, (600, 400), {"headline": "Ours"}).blocks[0].lines == ("Ours",)
    with pytest.raises(LayoutError):
        find("mine")


def svg_logo(body, head=""):
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{head}<svg {names} viewBox="0 0 10 10">{body}</svg>'.encode()


@pytest.mark.parametrize(
    "data",
    [
        svg_logo('<image href="file:///etc/passwd" width="9" height="9"/>'),
        svg_logo('<image xlink:href="http://example.org/x.png" width="9" height="9"/>'),
        svg_logo('<image href="/tmp/x.png" width="9" height="9"/>'),
        svg_logo("<script>1</script>"),
        svg_logo('<rect onclick="x()" width="9" height="9"/>'),
        svg_logo('<rect style="fill:url(http://example.org/a#b)" width="9" height="9"/>'),
        svg_logo("<style>@import 'http://example.org/x.css';</style>"),
        svg_logo("<text>Brand</text>"),
        svg_logo("&b;", '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'),
        b"GIF89a nonsense",
        b"",
        b"\x89PNG\r\n\x1a\nbroken",
        svg_logo("x" * 5_000_000),
    ],
    ids=lambda d: d[:60].decode("latin-1"),
)
def test_a_logo_that_reaches_out_or_is_none_is_refused(data):
    with pytest.raises(LayoutError, match=r"theme\.logo"):
        render(find("headline"), GREY, (600, 400), {"headline": "x"}, Theme(logo=data))


def test_a_logo_of_fifty_thousand_pixels():
    stream = io.BytesIO()
    Image.new("1", (50_000, 4)).save(stream, "PNG")
    with pytest.raises(LayoutError, match="50000"):
        render(find("headline"), GREY, (600, 400), {"headline": "x"}, Theme(logo=stream.getvalue()))
    vector = b'<svg xmlns="http://www.w3.org/2000/svg" width="50000" height="50000"><rect width="50000" height="50000" fill="#c00"/></svg>'
    banner = render(
        find("headline"), GREY, (600, 400), {"headline": "x"}, Theme(logo=vector)
    )  # drawn at its size on the banner
    left, top, right, bottom = banner.logo
    assert np.allclose(np.asarray(banner.image)[int(top + bottom) // 2, int(left + right) // 2], (204, 0, 0), atol=2)


@pytest.mark.parametrize("content", [b"no font", b"", b"\x00\x01\x00\x00" + b"\x00" * 200, b"OTTO" + b"\xff" * 400])
def test_a_font_that_is_none_is_refused_by_name(tmp_path, content):
    path = tmp_path / "brand.ttf"
    path.write_bytes(content)
    with pytest.raises(LayoutError, match=r"theme\.heading"):
        render(find("headline"), GREY, (600, 400), {"headline": "x"}, Theme(heading=path))
    with pytest.raises(LayoutError, match=r"theme\.body"):
        render(find("headline"), GREY, (600, 400), {"headline": "x"}, Theme(body=tmp_path / "none.ttf"))


def test_the_renderer_gets_no_file(tmp_path, monkeypatch):
    """Even if a link came through, it would lead nowhere that the templates and logos could name."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (9, 9), "red").save("x.png")
    logo = svg_logo('<rect width="10" height="10" fill="#00f"/>')
    banner = render(find("headline"), GREY, (600, 400), {"headline": 'x.png" href="x.png'}, Theme(logo=logo))
    assert "href" not in "".join(banner.svg.split("data:image/png;base64,")[0].split("<image")[0].split("<text")[0])
    assert np.asarray(pixels(page((9, 9), [])))[..., 3].max() == 0
