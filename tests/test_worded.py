"""Words over pictures: what fits, what a last look finds, what changes the key, and that a label never meets the words."""

import dataclasses
import inspect

import numpy as np
import pytest
from PIL import Image

from sdkit import Brand, InputError, LayoutError, Studio, Theme
from sdkit.export import load, plan
from sdkit.export.label import tab_of
from sdkit.findings import Finding, Findings
from sdkit.layout import layouts
from sdkit.layout.specimen import backdrop
from sdkit.worded import PICTURED, away_from, seen, worded, wording

PLACES = load()
WORDS = {
    "headline": "Coffee, but calmer", "subline": "Good beans, slow mornings, one cup at a time.", "button": "Order now",
    "eyebrow": "New season", "price": "€29", "note": "from only", "quote": "It made my mornings a whole lot quieter.",
    "author": "A happy customer", "role": "Head of marketing", "day": "24", "month": "June", "place": "Kunsthalle, doors open at 7 pm",
}  # fmt: skip
SHAPES = [
    "instagram-square", "instagram-story", "x-post", "x-header", "google-leaderboard-728x90", "iab-mobile-banner-320x50",
    "google-skyscraper-120x600", "youtube-banner", "email-signature",
]  # fmt: skip


@pytest.fixture(scope="module")
def brand():
    return Brand.default()


def fit_of(name, picture=(512, 512)):
    [fit] = plan(picture, [PLACES[name]], fit={name: "crop"}).fits
    return fit


def made(brand, name="instagram-square", layout="headline", label="", ground="#fbf5ea", **texts):
    words = wording(layout, texts or {"headline": WORDS["headline"]}, brand=brand)
    return worded(words, Image.new("RGB", PLACES[name].size, ground), fit_of(name), label)


def test_by_the_rules_there_is_nothing_to_find(brand):
    done = made(brand)
    assert done.image.size == (1080, 1080) and done.banner.image is done.image and not done.findings
    assert isinstance(done.banner.findings, Findings)


def test_findings_are_of_one_kind_with_a_brand_or_without(brand):
    long = "Donaudampfschifffahrtsgesellschaftskapitän " * 20
    for of in (brand, None):
        done = made(of, "iab-mobile-banner-320x50", headline=long)
        [row] = done.findings
        assert isinstance(row, Finding) and (row.rule, row.severity, row.where) == ("room", "error", "headline")
        assert row.placement == "iab-mobile-banner-320x50" and "characters" in row.allowed and done.banner is None
    gone = made(
        None,
        "iab-mobile-banner-320x50",
        "button",
        headline="Hello you there",
        subline="A second line that is far longer than that here",
        button="Go now",
    )
    assert [(row.rule, row.where) for row in gone.findings] == [("left-out", "subline")] and not gone.findings.errors


def test_a_placement_that_carries_no_words_stays_as_it_is(brand):
    words = wording("headline", {"headline": "Hi"}, brand=brand)
    picture = Image.new("RGB", PLACES["amazon-product"].size, "white")
    done = worded(words, picture, fit_of("amazon-product"))
    assert done.image is picture and done.banner is None and not done.findings
    assert words.shown(PLACES["amazon-product"]) == () and not words.check(PLACES["amazon-product"])


def test_what_is_shown_is_what_has_room(brand):
    words = wording(
        "button",
        {"headline": "Hello  you", "subline": "A second line that is far longer than that here", "button": "Go"},
        brand=brand,
    )
    assert words.shown(PLACES["instagram-square"]) == ("Hello you", "A second line that is far longer than that here", "Go")
    assert words.shown(PLACES["iab-mobile-banner-320x50"]) == ("Hello you", "Go")
    long = wording("headline", {"headline": "far too long " * 60})
    assert long.shown(PLACES["iab-mobile-banner-320x50"]) == ()
    with pytest.raises(LayoutError, match="Shorten it"):
        long.require_room(PLACES["iab-mobile-banner-320x50"])
    passed = wording("headline", {"headline": "far too long " * 60}, waive={"room": "the picture is enough"})
    passed.require_room(PLACES["iab-mobile-banner-320x50"])


def test_the_key_follows_everything_that_is_drawn(brand, tmp_path):
    font = tmp_path / "font.ttf"
    font.write_bytes(Theme().body.read_bytes())
    given = {"layout": "headline", "texts": {"headline": "Hi"}, "theme": Theme(body=font)}
    first = wording(**given).key
    assert first == wording(**given).key
    others = [
        {"texts": {"headline": "Ho"}}, {"layout": "plain"}, {"language": "de"}, {"copy_side": "left"},
        {"theme": Theme(body=font, ink="#101010")}, {"theme": None, "brand": brand},
    ]  # fmt: skip
    keys = {wording(**{**given, **other}).key for other in others}
    font.write_bytes(Theme().heading.read_bytes())
    keys.add(wording(**given).key)
    assert len(keys | {first}) == len(others) + 2


def test_a_template_of_ones_own_counts_by_what_it_says(tmp_path):
    (tmp_path / "layouts").mkdir()
    shipped = inspect.getsourcefile(layouts) and (load.__globals__["folder"]("templates") / "layouts" / "plain.svg").read_text()
    for size, name in (("9", "a"), ("8", "b")):
        (tmp_path / "layouts" / f"{name}.svg").write_text(shipped.replace('data-margin="9"', f'data-margin="{size}"'))
    one, other = (wording(name, {"headline": "Hi"}, templates=tmp_path) for name in ("a", "b"))
    assert one.key != other.key


@pytest.mark.parametrize("layout", sorted(layouts()))
@pytest.mark.parametrize("name", SHAPES)
def test_no_error_of_the_brands_rules(brand, layout, name):
    place = PLACES[name]
    texts = {slot: WORDS[slot] for slot in layouts()[layout].slots}
    done = worded(wording(layout, texts, brand=brand), backdrop(place.size), fit_of(name))
    assert done.banner is not None and not done.findings.errors, done.findings
    scale = seen(place) / place.width
    assert all(block.size * scale >= brand.rules.min_size - 0.01 for block in done.banner.blocks)
    if done.banner.logo:
        left, top, right, bottom = done.banner.logo
        free = brand.rules.clear_space * (bottom - top) - 0.5
        assert (bottom - top) * scale >= brand.rules.min_height - 0.5
        assert min(left, top) >= free and right <= place.width - free and bottom <= place.height - free
        for box in (block.box for block in done.banner.blocks):
            assert box[2] < left - free or box[0] > right + free or box[3] < top - free or box[1] > bottom + free


def test_a_logos_plate_is_of_the_brands_and_in_line_with_the_words(brand):
    done = made(brand, ground="#ff9ec4")
    left, top, _, bottom = (round(v) for v in done.banner.logo)
    pad = round(brand.rules.clear_space * (bottom - top))
    plate = done.image.getpixel((left - pad // 2, (top + bottom) // 2))
    assert "#" + bytes(plate).hex() in brand.palette
    assert left - pad == pytest.approx(done.banner.blocks[0].box[0], abs=8)
    assert not done.findings
    plain = made(brand, ground="#fbf5ea")  # a ground of its own needs none
    assert plain.image.getpixel((2, 2)) == plain.image.getpixel(tuple(round(v) - 3 for v in plain.banner.logo[:2]))


def test_what_is_behind_a_short_line_alone_counts(brand):
    picture = Image.new("RGB", (1080, 1080), "#fbf5ea")
    done = made(brand, headline="Oh\nwhat a wonderful morning")
    top, bottom = done.banner.blocks[0].inks[0][1], done.banner.blocks[0].inks[0][3]
    picture.paste("#14213d", (700, round(top), 1080, round(bottom) - 4))  # beside the short line
    words = wording("headline", {"headline": "Oh\nwhat a wonderful morning"}, brand=brand)
    assert "contrast" not in {row.rule for row in worded(words, picture, fit_of("instagram-square")).findings}


@pytest.mark.parametrize("layout", ["headline", "button", "price", "event"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_label_and_words_never_lie_on_each_other(brand, layout, name):
    texts = {slot: WORDS[slot] for slot in layouts()[layout].slots}
    words, picture, fit = wording(layout, texts, brand=brand), backdrop(PLACES[name].size), fit_of(name)
    done = worded(words, picture, fit, "AI generated")
    told = any(row.rule == "overlap" and row.where == "label" and row.severity == "error" for row in done.findings)
    tab = tab_of(fit, "AI generated", done.banner.taken)
    assert tab.clear != told
    left, top, right, bottom = (round(v) for v in tab.box)
    x, y = (left + right) // 2, top + 2
    if tab.clear:
        assert max(done.image.getpixel((x, y))) < 120  # the tab's dark paper is there
        for box in done.banner.taken:
            assert box[2] <= left or box[0] >= right or box[3] <= top or box[1] >= bottom


def test_a_label_alone_needs_no_words():
    picture = Image.new("RGB", PLACES["x-post"].size, "white")
    done = worded(None, picture, fit_of("x-post"), "AI generated")
    assert np.asarray(done.image).min() < 60 and not done.findings and worded(None, picture, fit_of("x-post")).image is picture


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"waive": {"x-pots: lines": "why"}}, "x-post"), ({"waive": {"line": "why"}}, "lines"), ({"waive": {"lines": " "}}, "reason"),
        ({"waive": "lines"}, "waive"), ({"theme": Theme(), "brand": "brand"}, "not both|brand"), ({"theme": "dark"}, "Theme"),
    ],
)  # fmt: skip
def test_wrong_waivers_and_looks(more, said):
    with pytest.raises(InputError, match=said):
        wording(
            "headline",
            {"headline": "Hi"},
            placements=["x-post"],
            **{**more, **({"brand": Brand.default()} if "brand" in more else {})},
        )


def test_a_waiver_for_one_placement_counts_there_alone(brand):
    given = {"x-post: banned": "quoted", "banned": "the client insists"}
    words = wording("headline", {"headline": "A cheap cup"}, brand=brand, waive=given, placements=["x-post", "x-header"])
    assert [row.waived for row in words.check(PLACES["x-post"])] == ["quoted"]
    assert [row.waived for row in words.check(PLACES["x-header"])] == ["the client insists"]


def test_no_slot_of_a_layout_is_a_parameter():
    for method in (Studio.export, Studio.proof, Studio.banner):
        names = set(inspect.signature(method).parameters)
        for layout in layouts().values():
            assert not names & set(layout.slots), (method.__name__, layout.name)


def test_a_brands_line_counts_are_kept_while_words_fit(brand):
    strict = dataclasses.replace(brand, rules=dataclasses.replace(brand.rules, lines={"headline": 1}))
    assert len(made(brand, headline="Coffee for quiet mornings at home").banner.blocks[0].lines) > 1
    done = made(strict, headline="Coffee for quiet mornings at home")
    assert len(done.banner.blocks[0].lines) == 1 and not done.findings
    long = made(strict, headline="We looked at everything that slows a morning down and built one quiet cup for it")
    assert [(row.rule, row.severity) for row in long.findings] == [("lines", "warning")]


def test_sizes_as_people_see_them():
    assert seen(PLACES["google-leaderboard-728x90"]) == 728 and seen(PLACES["instagram-story"]) == 400
    assert seen(PLACES["print-a4"]) == pytest.approx(2551 / 300 * 96)
    assert [away_from(side) for side in ("left", "right", "top", None)] == ["right", "left", None, None]
    assert "contrast" in PICTURED and "text-size" not in PICTURED
