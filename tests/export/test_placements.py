"""Placements: the shipped table is sound, selections mean what they say, own tables are checked."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.errors import InputError, PlacementError
from sdkit.export import choose, load


def test_the_shipped_table_is_complete_and_dated():
    table = load()
    assert len(table) >= 90 and {p.group for p in table.values()} == {"social", "ads", "web", "email", "print-proof"}
    for name, p in table.items():
        assert p.name == name and p.title and p.source and re.fullmatch(r"20\d\d-\d\d-\d\d", p.checked_on), name
        assert p.confidence in ("high", "medium", "low") and (p.group == "web" or p.formats[0] in ("JPEG", "PNG")), name
        assert p.confidence == "low" or ("memory" not in p.source and "remembered" not in p.source), name


@pytest.mark.parametrize(
    ("name", "size", "limit"),
    [
        ("instagram-portrait", (1080, 1350), 8_000_000), ("linkedin-page-cover", (1128, 191), 8_000_000),
        ("google-leaderboard-728x90", (728, 90), 150_000), ("iab-mobile-banner-320x50", (320, 50), 50_000),
        ("bluesky-post", (1600, 900), 2_000_000), ("open-graph", (1200, 630), 300_000), ("email-header-2x", (1200, 400), 200_000),
    ],
)  # fmt: skip
def test_figures_people_rely_on(name, size, limit):
    placement = load()[name]
    assert placement.size == size and placement.max_bytes == limit


def test_safe_areas_people_rely_on():
    table = load()
    banner, story = table["youtube-banner"], table["instagram-story"]
    assert (2560 - banner.safe.left - banner.safe.right, 1440 - banner.safe.top - banner.safe.bottom) == (1546, 423)
    assert (story.safe.top, story.safe.bottom) == (270, 380)


@pytest.mark.parametrize("word", ["linkedin", "LinkedIn", " LINKEDIN "])
def test_a_platform_is_all_its_sizes_over_all_groups(word):
    assert {p.platform for p in choose(word)} == {"LinkedIn"} and len(choose(word)) == 7


def test_selections_add_up_once_each_in_the_tables_order():
    table = load()
    assert choose("all") == [p for p in table.values() if p.group != "print-proof"]
    assert choose("print-proof")[0].name == "print-a4"
    picked = choose(["email", "instagram-story", "Instagram"])
    assert [p.name for p in picked] == [n for n, p in table.items() if p.platform in ("Instagram", "Email")]
    assert (
        choose("ads", {"instagram-story": table["instagram-story"], "mine": load(own={"mine": MINE})["mine"]})[0].name == "mine"
    )


@pytest.mark.parametrize("wrong", ["instagram-potrait", "soical", ""])
def test_a_wrong_name_is_answered_with_near_ones(wrong):
    with pytest.raises(PlacementError, match=r"placements: got .*; allowed: a placement, platform or group") as caught:
        choose(["email", wrong])
    if wrong:
        assert {"instagram-potrait": "instagram-portrait", "soical": "social"}[wrong] in caught.value.hint


@pytest.mark.parametrize("wrong", [[], None, 7, [7]])
def test_a_selection_is_words(wrong):
    with pytest.raises((PlacementError, TypeError)):
        choose(wrong)


MINE = {"width": 1920, "height": 600, "group": "ads", "max_bytes": 90_000, "formats": ["WEBP"], "safe": {"left": 40}}


def test_own_placements_and_changed_ones(tmp_path):
    file = tmp_path / "own.json"
    file.write_text(json.dumps([{"name": "shop-hero", **MINE}, {"name": "open-graph", "max_bytes": 100_000}]))
    table = load(own=file)
    assert len(table) == len(load()) + 1 and table == load(own=str(file))
    hero, graph = table["shop-hero"], table["open-graph"]
    assert (hero.size, hero.safe.left, hero.formats, hero.confidence, hero.title) == (
        (1920, 600),
        40,
        ("WEBP",),
        "own",
        "shop-hero",
    )
    assert graph.max_bytes == 100_000 and graph.size == (1200, 630) and graph.safe == load()["open-graph"].safe


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"x y": MINE}, "lower-case letters"), ({"all": MINE}, "lower-case letters"), ({"../up": MINE}, "lower-case letters"),
        ({"a": {**MINE, "width": "1920"}}, r"own\['a'\]: width"), ({"a": {**MINE, "width": True}}, "width"),
        ({"a": {**MINE, "width": 99_999}}, "16 to 8192"), ({"a": {"width": 100}}, "height"),
        ({"a": {**MINE, "formats": ["EXE"]}}, "formats"), ({"a": {**MINE, "formats": "JPEG"}}, "formats"),
        ({"a": {**MINE, "formats": [["JPEG"]]}}, "formats"), ({"a": {**MINE, "formats": []}}, "formats"),
        ({"a": {**MINE, "safe": [1, 2, 3, 4]}}, "safe"), ({"a": {**MINE, "safe": {"left": 1900, "right": 30}}}, "safe"),
        ({"a": {**MINE, "safe": {"left": -1}}}, "safe"), ({"a": {**MINE, "group": "tv"}}, "'social'"),
        ({"a": {**MINE, "title": 3}}, "title"), ({"a": {**MINE, "titel": "x"}}, "Did you mean 'title'"),
        ({"a": {**MINE, "group": ["ads"]}}, "group"), ({"a": {**MINE, "max_bytes": float("nan")}}, "max_bytes"),
        ({"a": 3}, "list of placements"), ([3], "list of placements"), (3, "list of placements"),
        ([{"width": 3}], "name"), ({"a": {**MINE, "name": "b"}}, "name"),
    ],
)  # fmt: skip
def test_bad_data_is_named(own, said):
    with pytest.raises(InputError, match=said):
        load(own=own)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "nul", "\xff"])
def test_a_file_that_is_no_json(tmp_path, text):
    file = tmp_path / "own.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="own"):
        load(own=file)
    with pytest.raises(InputError, match="readable"):
        load(own=tmp_path / "none.json")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "width", "safe", "a"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(plain)
def test_any_value_is_taken_or_refused_in_words(value):
    try:
        load(own=value)
    except InputError as error:
        assert str(error)
