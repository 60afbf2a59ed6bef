"""The demo brand, a new one, and what a Brand says of itself."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from sdkit import BrandError, InputError
from sdkit.brand import Brand, Palette, Swatch, contrast
from sdkit.data import folder
from sdkit.errors import ImageError

SHIPPED = folder("brand")


def test_the_demo_brand_is_whole(demo):
    assert demo.name == "Morrowday"
    assert (
        demo.roles["primary"]
        == demo.colours["color.teal"]
        == demo.colours["role.primary"]
        == demo.colour("primary")
        == "#0d6b6b"
    )
    assert demo.roles["on-primary"] == demo.colour("color.cream")  # an alias of an alias
    assert len(demo.palette) == 7 and "#f08a3c" in demo.palette
    assert demo.dimensions["size.headline"] == 64 and demo.dimensions["space.unit"] == 8
    headline = demo.typography["text.headline"]
    assert (headline.family, headline.size, headline.weight, headline.line_height) == ("Fraunces", 64, 700, 1.08)
    assert demo.font("heading").name == "Fraunces" and demo.font("Figtree") is demo.font("body")
    assert [face.weight for face in demo.font("body").faces] == [400, 700]
    assert demo.rules.lines["headline"] == 3 and "cheap" in demo.rules.banned


def test_its_colours_read(demo):
    assert contrast(demo.roles["ink"], demo.roles["paper"]) > 7
    assert contrast(demo.roles["on-primary"], demo.roles["primary"]) > 4.5
    for background in ("quiet", "highlight"):
        assert contrast(demo.roles["ink"], demo.roles[background]) > 4.5


def test_its_logos_are_for_light_and_dark(demo):
    assert demo.logo_on("#ffffff") is demo.logo and demo.logo_on("#14213d") is demo.logo_dark
    assert demo.logo.vector and demo.logo.ratio == pytest.approx(demo.logo_dark.ratio) and 4 < demo.logo.ratio < 6
    for name in ("logo-light", "logo-dark"):
        with Image.open(SHIPPED / f"{name}.png") as render:
            assert render.mode == "RGBA" and render.width / render.height == pytest.approx(demo.logo.ratio, rel=0.01)
            assert render.getpixel((0, 0))[3] == 0


def test_the_renders_are_those_of_the_svgs():
    resvg = pytest.importorskip("resvg_py")
    for name in ("logo-light", "logo-dark"):
        drawn = Path(SHIPPED / f"{name}.png")
        with Image.open(drawn) as render:
            again = bytes(resvg.svg_to_bytes(svg_string=(SHIPPED / f"{name}.svg").read_text(), height=render.height))
        drawn_again = drawn.parent / drawn.name
        from io import BytesIO

        with Image.open(drawn_again) as one, Image.open(BytesIO(again)) as other:
            assert np.abs(np.asarray(one, np.int16) - np.asarray(other.convert("RGBA"), np.int16)).mean() < 0.5


def test_its_fonts_are_small_licensed_and_draw(demo):
    fonts = sorted((SHIPPED / "fonts").glob("*.ttf"))
    assert len(fonts) == 4 and sum(path.stat().st_size for path in fonts) < 1_500_000
    for family in {family.name for family in demo.fonts.values()}:
        assert "SIL OPEN FONT LICENSE" in (SHIPPED / "fonts" / f"{family}-OFL.txt").read_text()
    for face in (face for family in demo.fonts.values() for face in family.faces):
        assert not face.lacks("Größe für 12,50 € — “Łódź, Žluťoučký”, İstanbul, naïve?!")
        assert face.lacks("日本 ok") == "日本"
        assert ImageFont.truetype(str(face.path), 40).getlength("Morrowday") > 100


def test_a_family_gives_the_nearest_face(demo):
    family = demo.font("heading")
    assert family.face(100).weight == 400 and family.face(900).weight == 700 and not family.face(400, italic=True).italic


def test_unknown_names_list_near_ones(demo):
    with pytest.raises(InputError, match="Did you mean 'primary'"):
        demo.colour("primry")
    with pytest.raises(InputError, match="Did you mean 'heading'"):
        demo.font("headings")


def test_it_is_frozen_and_shows_itself(demo):
    with pytest.raises(dataclasses.FrozenInstanceError):
        demo.name = "Other"
    with pytest.raises(TypeError):
        demo.roles["primary"] = "#000000"
    html = demo._repr_html_()
    assert "Morrowday" in html and "data:image/svg+xml;base64," in html and "#0d6b6b" in html


def test_its_name_is_escaped_in_html(copy):
    rules = copy / "rules.toml"
    rules.write_text(rules.read_text().replace('"Morrowday"', '"<script>alert(1)</script>"', 1))
    html = Brand.load(copy)._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html


def test_alt_texts_by_the_rules(demo):
    assert demo.alt_problems("A teal coffee cup on a mint background.") == ()
    said = demo.alt_problems("Image of a cheap cup " + "x" * 120)
    assert len(said) == 3 and "141 characters; at most 125" in said[0] and "image of" in said[1] and "cheap" in said[2]


# -- tokens, as others write them ---------------------------------------------------------------------------------------

SPACES = {
    "srgb": [0.2, 0.4, 0.6], "srgb-linear": [0.2, 0.4, 0.6], "hsl": [210, 50, 40], "hwb": [210, 20, 40], "lab": [50, 10, -20],
    "lch": [50, 30, 200], "oklab": [0.6, 0.02, -0.1], "oklch": [0.6, 0.1, 200], "display-p3": [0.2, 0.4, 0.6],
    "a98-rgb": [0.2, 0.4, 0.6], "prophoto-rgb": [0.2, 0.4, 0.6], "rec2020": [0.2, 0.4, 0.6], "xyz-d65": [0.1, 0.12, 0.3],
    "xyz-d50": [0.1, 0.12, 0.3],
}  # fmt: skip


@pytest.mark.parametrize("space", SPACES)
def test_every_colour_space_of_the_format(copy, space):
    tokens = json.loads((copy / "tokens.json").read_text())
    tokens["color"]["x"] = {"$value": {"colorSpace": space, "components": SPACES[space]}}
    tokens["color"]["y"] = {"$value": {"colorSpace": space, "components": [*SPACES[space][:2], "none"], "alpha": 0.5}}
    (copy / "tokens.json").write_text(json.dumps(tokens))
    brand = Brand.load(copy)
    css = {"hsl": "hsl(210 50% 40%)", "hwb": "hwb(210 20% 40%)", "lab": "lab(50 10 -20)", "lch": "lch(50 30 200)",
           "oklab": "oklab(.6 .02 -.1)", "oklch": "oklch(.6 .1 200)"}  # fmt: skip
    written = css.get(space, f"color({space} {' '.join(map(str, SPACES[space]))})")
    assert brand.colours["color.x"] == Color(written).convert("srgb").fit("srgb").to_string(hex=True)
    assert brand.colours["color.y"].endswith("80") and brand.colours["color.y"] not in brand.palette


def test_older_drafts_hex_colours_and_root_tokens(copy):
    tokens = json.loads((copy / "tokens.json").read_text())
    tokens["color"]["grey"] = {"$root": {"$value": "#888"}, "light": {"$value": "#EEEEEE"}}
    tokens["color"]["same"] = {"$value": "{color.grey.$root}"}
    tokens["motion"] = {"$type": "cubicBezier", "ease": {"$value": [0, 0, 1, 1]}}
    (copy / "tokens.json").write_text(json.dumps(tokens))
    brand = Brand.load(copy)
    assert brand.colours["color.grey.$root"] == brand.colours["color.same"] == "#888888"
    assert brand.colours["color.grey.light"] == "#eeeeee"


def test_the_rules_may_narrow_the_palette(copy):
    with (copy / "rules.toml").open("a") as rules:
        rules.write('\n[palette]\ncolours = ["color.teal", "role.paper"]\n')
    assert Brand.load(copy).palette == ("#0d6b6b", "#fbf5ea")


# -- a new one ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Acme", 'Quote " and {brace} \\ €', "日本", "x" * 200])
def test_a_new_brand_loads_as_it_was_called(tmp_path, name):
    brand = Brand.scaffold(tmp_path / "new", name)
    assert brand == Brand.load(tmp_path / "new") and brand.name == name
    assert set(brand.roles) == {"primary", "accent", "ink", "paper"} and brand.font("heading").name == "Fraunces"
    assert (tmp_path / "new" / "fonts" / "Figtree-OFL.txt").is_file()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201, 3, None])
def test_a_name_that_is_none(tmp_path, name):
    with pytest.raises(InputError, match="name: got"):
        Brand.scaffold(tmp_path / "new", name)
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="empty or not there"):
        Brand.scaffold(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


# -- a palette from a picture ---------------------------------------------------------------------------------------------


def test_the_demo_logos_own_palette():
    palette = Brand.from_image(SHIPPED / "logo-light.png")
    assert [s.name for s in palette.swatches] == ["navy", "teal", "orange"]
    assert sum(s.share for s in palette.swatches) == pytest.approx(1, abs=0.01)
    assert (palette.primary, palette.accent, palette.ink) == ("#0d6b6b", "#f08a3c", "#14213d")
    assert isinstance(palette, Palette) and isinstance(palette.swatches[0], Swatch) and "#0d6b6b" in palette._repr_html_()


def test_a_new_brand_from_a_logo(tmp_path):
    palette = Brand.from_image(SHIPPED / "logo-dark.png")
    brand = Brand.scaffold(tmp_path / "new", "Acme", palette=palette)
    assert brand.roles == {role: getattr(palette, role) for role in ("primary", "accent", "ink", "paper")}
    assert set(brand.palette) == set(palette.colours)


@settings(max_examples=40)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=9), st.booleans())
def test_any_picture_gives_a_brand_that_reads(tmp_path_factory, colours, clear):
    strip = Image.new("RGBA", (8 * len(colours), 8), (0, 0, 0, 0))
    for place, colour in enumerate(colours):
        strip.paste((*colour, 255), (8 * place, 0, 8 * place + (4 if clear else 8), 8))
    palette = Brand.from_image(strip)
    assert contrast(palette.ink, palette.paper) >= 7 and palette.primary != palette.accent
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in palette.colours)
    root = tmp_path_factory.mktemp("new")
    try:
        Brand.scaffold(root / "b", palette=palette)
    except BrandError as error:
        pytest.fail(str(error))


def test_a_picture_without_anything_in_it():
    with pytest.raises(ImageError, match="transparent throughout"):
        Brand.from_image(Image.new("RGBA", (9, 9)))
    with pytest.raises(ImageError):
        Brand.from_image("nowhere.png")
