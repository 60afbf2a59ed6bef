"""Banners: exact pixels, words inside their boxes, readable, on the calm side, closing up; the same values, the same pixels."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from sdkit.errors import InputError, LayoutError
from sdkit.layout import Theme, check, find, layouts, parse, render
from sdkit.layout.draw import page, pixels
from sdkit.layout.specimen import WORDS, backdrop
from sdkit.layout.template import shape_of

SIZES = [
    (1080, 1080),
    (1200, 628),
    (1080, 1920),
    (300, 900),
    (1500, 500),
    (1128, 191),
    (160, 600),
    (728, 90),
    (320, 50),
    (1600, 200),
]


def words(layout):
    return {slot: WORDS[slot] for slot in layout.slots}


def ink_of(banner):
    """Where the words alone leave ink, from the pixels of a drawing of nothing else."""
    lines = [line for line in banner.svg.splitlines() if line.startswith("<text")]
    return np.asarray(pixels(page(banner.size, lines), banner.faces))[..., 3] > 24


def apart(boxes):
    return all(
        a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        for a, b in itertools.combinations(boxes, 2)
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", sorted(layouts()))
def test_every_layout_in_every_shape(name, size):
    banner = render(find(name), backdrop(size), size, words(find(name)))
    assert banner.size == size and banner.image.mode == "RGB"
    assert banner.contrast >= 4.5 and all(f.rule != "contrast" for f in banner.findings)
    assert apart([b.box for b in banner.blocks])
    ink = ink_of(banner)
    assert ink.any()
    for left, top, right, bottom in (b.box for b in banner.blocks):
        assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
        ink[max(0, int(top) - 1) : int(bottom) + 2, max(0, int(left) - 1) : int(right) + 2] = False
    assert not ink.any()
    assert {b.slot for b in banner.blocks} | set(banner.left_out) >= set(find(name).slots) - {
        "eyebrow",
        "role",
        "subline",
        "note",
        "logo",
    }


def test_there_are_eight_layouts_and_each_says_what_it_is_for():
    found = layouts()
    assert {"headline", "subline", "button", "logo", "price", "quote", "event", "plain"} <= set(found)
    assert all(one.title and one.about and one.slots for one in found.values())


def test_the_same_values_give_the_same_pixels():
    once, again = (render(find("button"), backdrop((600, 314)), (600, 314), words(find("button"))) for _ in range(2))
    assert once.svg == again.svg and np.array_equal(np.asarray(once.image), np.asarray(again.image))


def test_the_svg_over_the_picture_is_the_banner():
    banner = render(find("price"), backdrop((600, 314)), (600, 314), words(find("price")))
    over = Image.alpha_composite(banner.background.convert("RGBA"), pixels(banner.svg, banner.faces)).convert("RGB")
    assert np.abs(np.asarray(over, int) - np.asarray(banner.image, int)).max() <= 3
    assert "data:image/jpeg;base64," in banner.document()


@pytest.mark.parametrize(("busy", "calm"), [("left", "right"), ("right", "left")])
def test_words_go_where_the_picture_is_calm(busy, calm):
    noise = np.random.default_rng(0).integers(0, 255, (314, 230, 3), dtype=np.uint8)
    picture = Image.new("RGB", (600, 314), "#335577")
    picture.paste(Image.fromarray(noise), (0 if busy == "left" else 370, 0))
    banner = render(find("headline"), picture, (600, 314), {"headline": "Calm waters"})
    assert banner.side == calm and banner.scrim == 0
    middle = (banner.blocks[0].box[0] + banner.blocks[0].box[2]) / 2
    assert (middle > 300) == (calm == "right")
    assert render(find("headline"), picture, (600, 314), {"headline": "x"}, copy_side=busy).side == busy


def test_words_keep_off_the_subject():
    picture = Image.new("RGB", (600, 314), "#335577")
    for box, side in (((20, 60, 280, 260), "right"), ((320, 60, 580, 260), "left")):
        assert render(find("headline"), picture, (600, 314), {"headline": "Hello"}, subject=box).side == side


@pytest.mark.parametrize(
    ("colour", "expected"), [("#101010", "paper"), ("#f5f5f5", "ink"), ("#123a8c", "paper"), ("#ffd84d", "ink")]
)
def test_words_are_light_on_dark_and_dark_on_light(colour, expected):
    theme = Theme.default()
    banner = render(find("headline"), Image.new("RGB", (600, 314), colour), (600, 314), {"headline": "Hello"}, theme)
    assert banner.blocks[0].colour == getattr(theme, expected) and banner.scrim == 0


def test_a_busy_picture_gets_a_scrim_and_a_calm_one_none():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 75, 3), dtype=np.uint8)).resize((600, 314), 0)
    banner = render(find("subline"), noise, (600, 314), words(find("subline")))
    assert 0 < banner.scrim < 0.8 and banner.contrast >= 4.5


def test_contrast_is_that_of_the_pixels():
    """A ring of the worst grey around the words, measured independently, in the final picture without its words."""
    picture = backdrop((600, 314))
    banner = render(find("headline"), picture, (600, 314), {"headline": "Hello you"}, copy_side="right")
    ground = banner.svg[: banner.svg.index('<g id="copy">')] + "</svg>"
    base = Image.alpha_composite(picture.convert("RGBA"), pixels(ground)).convert("RGB")
    left, top, right, bottom = (round(v) for v in banner.blocks[0].box)
    behind = np.asarray(base.crop((left, top, right, bottom)), float) / 255
    linear = np.where(behind <= 0.04045, behind / 12.92, ((behind + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    c = np.array([int(banner.blocks[0].colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    own = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
    ratios = (np.maximum(linear, own) + 0.05) / (np.minimum(linear, own) + 0.05)
    assert ratios.min() >= 4.3 and abs(np.percentile(ratios, 1) - banner.contrast) < 1.2


def test_empty_words_close_up():
    full = render(find("button"), backdrop((1200, 628)), (1200, 628), words(find("button")))
    bare = render(
        find("button"),
        backdrop((1200, 628)),
        (1200, 628),
        {"headline": WORDS["headline"], "button": WORDS["button"], "subline": "  "},
    )

    def gap(banner):
        at = {b.slot: b.box for b in banner.blocks}
        return at["button"][1] - at["headline"][3]

    assert "subline" not in {b.slot for b in bare.blocks} and gap(bare) < 0.75 * gap(full)
    without = render(find("button"), backdrop((1200, 628)), (1200, 628), {"headline": "Hello", "button": ""})
    assert [b.slot for b in without.blocks] == ["headline"] and "#ffb31f" not in without.svg  # no empty button either


@pytest.mark.parametrize("texts", [{}, {"headline": ""}, {"headline": None}])
def test_a_banner_without_words_or_logo_is_refused(texts):
    with pytest.raises(LayoutError, match="texts"):
        render(find("headline"), backdrop((600, 314)), (600, 314), texts)


def test_a_button_follows_its_label():
    def width(label):
        banner = render(
            find("button"), Image.new("RGB", (1200, 628), "#f0f0f0"), (1200, 628), {"headline": "Hi", "button": label}
        )
        [line] = [s for s in banner.svg.splitlines() if s.startswith("<rect") and "rx=" in s]
        box = {k: float(v.strip('"')) for k, v in (p.split("=") for p in line[6:-2].split()) if k in ("x", "width")}
        block = next(b for b in banner.blocks if b.slot == "button")
        left, right = block.box[0] - box["x"], box["x"] + box["width"] - block.box[2]
        assert abs(left - right) < 0.12 * block.size and 1.0 < left / block.size < 1.5
        return box["width"]

    assert width("Go") < width("Go now") < width("Go now and here")


def test_words_stay_in_the_safe_area():
    safe = (270, 65, 672, 65)
    for name in layouts():
        banner = render(find(name), backdrop((1080, 1920)), (1080, 1920), words(find(name)), safe_area=safe)
        ys, xs = np.nonzero(ink_of(banner))
        assert ys.min() >= 269 and ys.max() <= 1920 - 671 and xs.min() >= 64 and xs.max() <= 1080 - 64


def test_a_block_leaves_the_picture_whole_beside_it():
    picture = Image.new("RGB", (1200, 628), "#eeeeee")
    ImageDraw.Draw(picture).ellipse((450, 180, 750, 480), fill="#cc0000")
    banner = render(find("plain"), picture, (1200, 628), {"headline": "Beside"}, subject=(450, 180, 750, 480))
    red = np.asarray(banner.image)[..., 0].astype(int) - np.asarray(banner.image)[..., 1] > 120
    whole = np.asarray(picture)[..., 0].astype(int) - np.asarray(picture)[..., 1] > 120
    assert red.sum() == pytest.approx(whole.sum(), rel=0.03)


def test_two_hundred_characters_fit_or_are_refused_with_what_fits():
    long = ("A headline of words that nobody would print " * 5)[:200].strip()
    fitted = render(find("headline"), backdrop((1080, 1080)), (1080, 1080), {"headline": long})
    assert " ".join(fitted.blocks[0].lines) == long
    with pytest.raises(LayoutError, match=r"headline: .* about \d+ characters at 320 x 50 .* Shorten it") as told:
        render(find("button"), backdrop((320, 50)), (320, 50), {"headline": long})
    fits = int(str(told.value).split("about ")[1].split()[0])
    assert render(find("button"), backdrop((320, 50)), (320, 50), {"headline": long[:fits].strip()})
    with pytest.raises(LayoutError, match="headline"):
        check(find("button"), (320, 50), {"headline": long})


def test_what_has_no_room_is_left_out_and_told():
    banner = render(find("button"), backdrop((320, 50)), (320, 50), {**words(find("button")), "subline": WORDS["subline"] * 2})
    assert "subline" in banner.left_out and banner.findings.rows[-1].rule == "left-out"
    assert {"headline", "button"} == {b.slot for b in banner.blocks}


@pytest.mark.parametrize("size", [(100, 1000), (1200, 100), (0, 5), "x"])
def test_shapes_beyond_reason_are_refused(size):
    with pytest.raises(InputError, match="size"):
        render(find("headline"), backdrop((50, 50)), size, {"headline": "x"})


@pytest.mark.parametrize("field", ["ink", "primary"])
def test_a_theme_is_checked(field):
    with pytest.raises(LayoutError, match=field):
        Theme(**{field: "red"})
    with pytest.raises(LayoutError, match="logo"):
        Theme(logo="path.svg")


def test_the_logo_that_stands_out_is_chosen():
    def mark(colour):
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 10"><rect width="30" height="10" fill="{colour}"/></svg>'.encode()

    theme = Theme(logo=mark("#111111"), logo_on_dark=mark("#fafafa"))
    for ground, expected in (("#101418", 250), ("#f0f0f0", 17)):
        banner = render(find("headline"), Image.new("RGB", (600, 314), ground), (600, 314), {"headline": "x"}, theme)
        x, y = (round((banner.logo[i] + banner.logo[i + 2]) / 2) for i in (0, 1))
        assert abs(banner.image.getpixel((x, y))[0] - expected) <= 3 and banner.logo_contrast > 10
    alone = render(
        find("headline"), Image.new("RGB", (600, 314), "#101418"), (600, 314), {"headline": "x"}, Theme(logo=mark("#111111"))
    )
    assert alone.logo_contrast > 10  # on a plate


def test_ratios_have_shapes():
    assert [shape_of(r) for r in (0.27, 0.5625, 1, 1.91, 3, 8)] == ["tower", "tall", "square", "wide", "band", "strip"]


def test_the_example_of_the_readme_is_a_layout():
    from sdkit.data import folder

    text = (folder("templates") / "layouts" / "README.md").read_text()
    layout = parse(text.split("```xml\n")[1].split("```")[0], "hiring")
    assert layout.slots == ("eyebrow", "headline", "button")
    for size in SIZES:
        assert render(layout, backdrop(size), size, {"headline": "Design lead", "eyebrow": "Berlin"}).blocks


@settings(max_examples=40)
@given(
    st.text(st.characters(codec="latin-1", exclude_categories=("Cc", "Cf")), min_size=1, max_size=120),
    st.integers(60, 900), st.integers(60, 900), st.sampled_from(sorted(layouts())),
)  # fmt: skip
def test_any_words_at_any_size_lie_inside_or_are_refused(text, wide, high, name):
    layout = find(name)
    try:
        banner = render(layout, Image.new("RGB", (wide, high), "#446688"), (wide, high), {layout.slots[0]: text})
    except LayoutError:
        return
    assert all(min(b.box[:2]) >= -0.6 and b.box[2] <= wide + 0.6 and b.box[3] <= high + 0.6 for b in banner.blocks)
    ys, xs = np.nonzero(ink_of(banner))
    if len(xs):
        left, top, right, bottom = banner.blocks[0].box
        assert xs.min() >= left - 1.5 and xs.max() <= right + 1.5 and ys.min() >= top - 1.5 and ys.max() <= bottom + 1.5
