"""The last look at a finished banner: each rule found and not found, waived, shown as a table."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdkit.brand import Block, Finding, Finished, Insets, Mark, contrast, lint
from sdkit.brand.behind import contrast_on, ground_of
from sdkit.brand.lint import RULES
from sdkit.errors import ExportError, InputError

MINT, NAVY, CREAM = "#a9dcc9", "#14213d", "#fbf5ea"


def banner(demo, **changes):
    """A square of 1080 with nothing wrong, or with these changes to its headline."""
    under = changes.pop("under", Image.new("RGB", (1080, 1080), MINT))
    values = {"kind": "headline", "box": (80, 300, 900, 460), "lines": ("Good things for", "ordinary days"), "size": 72,
              "colour": NAVY, "family": "Fraunces", "weight": 700, **changes}  # fmt: skip
    return Finished(under, (Block(**values),), Mark((80, 80, 570, 180)), "instagram-square", Insets(40, 40, 40, 40))


def rules(findings):
    return [row.rule for row in findings]


def test_a_banner_by_the_rules_has_no_findings(demo):
    found = lint(banner(demo), demo)
    assert len(found) == 0 and not found.errors and found.frame().empty
    found.require()


@pytest.mark.parametrize(
    "changes, rule, says",
    [
        ({"colour": "#a9dcc0"}, "contrast", "1.0"), ({"colour": "#f08a3c"}, "contrast", f"{contrast(MINT, '#f08a3c'):.2f} of #f08a3c"),
        ({"size": 28}, "text-size", "28 px, seen as 10.4"), ({"box": (20, 300, 900, 460)}, "safe-area", "20 px over the edge"),
        ({"box": (80, 300, 1200, 460)}, "safe-area", "160 px over"), ({"lines": ("A cheap cup",)}, "banned", "“cheap”"),
        ({"lines": ("A no-", "brainer")}, "banned", "“no-brainer”"),
        ({"lines": ("Revolu-", "tionary")}, "banned", "“revolutionary”"), ({"lines": ("Must-have cups",)}, "banned", "“must-have”"),
        ({"family": "Comic Sans"}, "font", "Comic Sans"), ({"lines": ("日本の朝",)}, "glyphs", "Fraunces has no 日 本 の 朝"),
        ({"lines": ("a", "b", "c", "d")}, "lines", "4 lines"), ({"box": (80, 150, 900, 310)}, "logo-space", "the headline comes nearer"),
        ({"colour": "#5a0a7a"}, "colour", "#5a0a7a"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_block(demo, changes, rule, says):
    found = lint(banner(demo, **changes), demo)
    assert any(row.rule == rule and says in row.found and row.severity == RULES[rule] for row in found), found


def test_a_word_is_banned_across_a_line_break(demo):
    rules_ = dataclasses.replace(demo.rules, banned=("sold out",))
    brand = dataclasses.replace(demo, rules=rules_)
    assert rules(lint(banner(demo, lines=("Nearly Sold", "out now")), brand)) == ["banned"]


@pytest.mark.parametrize(
    "mark, rule, says",
    [
        (None, "logo-missing", "no logo"), (Mark((80, 80, 230, 110)), "logo-size", "30 px, seen as 11.1 high"),
        (Mark((30, 80, 520, 180)), "safe-area", "10 px over"), (Mark((41, 41, 1000, 236)), "logo-space", "edge of the picture"),
        (Mark((80, 80, 570, 180), dark=True), "logo-background", "the logo for dark backgrounds on #a9dcc9"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_logo(demo, mark, rule, says):
    found = lint(dataclasses.replace(banner(demo), logo=mark), demo)
    assert any(row.rule == rule and row.where == "logo" and says in row.found for row in found), found


def test_where_a_logo_may_stand(demo):
    pink = lint(banner(demo, under=Image.new("RGB", (1080, 1080), "#ff9ec4")), demo)
    assert rules(pink) == ["logo-background"] and "deltaE" in pink.rows[0].found
    busy = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1080, 1080, 3), np.uint8))
    assert any("lightness varies" in row.found for row in lint(banner(demo, under=busy), demo))
    free = dataclasses.replace(demo, rules=dataclasses.replace(demo.rules, backgrounds=()))
    assert len(lint(banner(demo, under=Image.new("RGB", (1080, 1080), "#ff9ec4")), free)) == 0


def test_blocks_that_lie_on_each_other(demo):
    one = banner(demo)
    more = Block("subline", (80, 440, 700, 500), ("For the whole house",), 40, NAVY, "Figtree")
    assert rules(lint(dataclasses.replace(one, blocks=(*one.blocks, more)), demo)) == ["overlap"]
    beneath = dataclasses.replace(more, box=(80, 460, 700, 520))  # touching is no overlap
    assert len(lint(dataclasses.replace(one, blocks=(*one.blocks, beneath)), demo)) == 0


def test_an_empty_block_is_no_block(demo):
    assert len(lint(banner(demo, lines=(" ",), size=3, box=(0, 0, 1, 1), colour=MINT), demo)) == 0


# -- contrast ----------------------------------------------------------------------------------------------------------


def test_large_type_needs_less(demo):
    """#767676 on white is 4.54, #8a8a8a 3.45: WCAG 2.1, 1.4.3."""
    white = Image.new("RGB", (1080, 1080), "white")
    assert "contrast" not in rules(lint(banner(demo, under=white, colour="#767676", size=48), demo))
    assert "contrast" in rules(lint(banner(demo, under=white, colour="#8a8a8a", size=52, weight=400), demo))
    assert "contrast" not in rules(lint(banner(demo, under=white, colour="#8a8a8a", size=52, weight=700), demo))  # seen as 19.3
    assert "contrast" not in rules(lint(banner(demo, under=white, colour="#8a8a8a", size=72, weight=400), demo))


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_on_a_flat_colour_it_is_that_of_wcag(ink, ground):
    ink, flat = "#" + bytes(ink).hex(), Image.new("RGB", (3, 3), ground)
    assert contrast_on(flat, (0, 0, 3, 3), ink) == pytest.approx(contrast(ink, "#" + bytes(ground).hex()), abs=1e-3)


def test_it_is_the_tenth_percentile_behind_the_box():
    half = Image.new("RGB", (100, 10), "white")
    half.paste("black", (0, 0, 8, 10))  # under a tenth of it
    assert contrast_on(half, (0, 0, 100, 10), "#000000") == pytest.approx(21, abs=0.01)
    half.paste("black", (0, 0, 15, 10))
    assert contrast_on(half, (0, 0, 100, 10), "#000000") == pytest.approx(1)
    assert contrast_on(half, (15, 0, 100, 10), "#000000") == pytest.approx(21, abs=0.01)  # only what is behind it


def test_what_is_transparent_is_on_white_and_outside_is_nothing():
    clear = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    assert contrast_on(clear, (0, 0, 10, 10), "#767676") == pytest.approx(4.54, abs=0.01)
    assert np.isnan(contrast_on(clear, (20, 0, 30, 10), "#000000")) and ground_of(clear, (20, 0, 30, 10)) == ("#ffffff", 0.0)


# -- sizes as seen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width, seen, scale", [(300, 0, 1), (970, 0, 1), (1080, 0, 400 / 1080), (1200, 600, 0.5)])
def test_how_large_people_see_it(width, seen, scale):
    assert Finished(Image.new("RGB", (width, 90)), seen=seen).scale == pytest.approx(scale)


def test_a_display_ad_may_have_small_type(demo):
    block = Block("headline", (10, 50, 200, 68), ("Good things",), 12, NAVY, "Figtree")
    ad = Finished(Image.new("RGB", (300, 250), MINT), (block,), Mark((10, 10, 107, 30)))
    assert len(lint(ad, demo)) == 0
    assert rules(lint(dataclasses.replace(ad, seen=150.0), demo)) == ["text-size", "logo-size"]


# -- what becomes of findings --------------------------------------------------------------------------------------------


def test_errors_stop_an_export_until_they_are_waived_by_name(demo):
    bad = banner(demo, colour="#f08a3c", lines=("A cheap cup",))
    found = lint(bad, demo)
    assert [row.rule for row in found.errors] == ["contrast", "banned"]
    with pytest.raises(
        ExportError,
        match=r'\n.*contrast, headline: 1\.64.*\[instagram-square\](.*\n)*.*waive=\{"contrast": "…", "banned": "…"\}',
    ):
        found.require()
    some = lint(bad, demo, waive={"contrast": "the client's artwork"})
    assert [row.rule for row in some.errors] == ["banned"]
    passed = some.waive({"banned": "quoted from a customer"})
    passed.require()
    assert [row.waived for row in passed] == ["the client's artwork", "quoted from a customer"]
    assert json.loads(json.dumps(passed.to_dict()))[0]["waived"] == "the client's artwork"


def test_warnings_stop_nothing(demo):
    found = lint(dataclasses.replace(banner(demo), logo=None), demo)
    assert rules(found) == ["logo-missing"] and not found.errors
    found.require()


@pytest.mark.parametrize(
    "waive", [{"contrasts": "x"}, {"contrast": ""}, {"contrast": None}, {"x-post: nothing": "x"}, ["contrast"]]
)
def test_a_waiver_needs_a_rule_and_a_reason(demo, waive):
    with pytest.raises(InputError, match="waive"):
        lint(banner(demo), demo, waive=waive)


def test_the_table(demo):
    found = lint(banner(demo, colour="#f08a3c", size=28), demo, waive={"text-size": "small print"})
    table = found.frame()
    assert list(table.columns) == list(Finding.__dataclass_fields__)
    assert list(table["rule"]) == ["text-size", "contrast"] and set(table["placement"]) == {"instagram-square"}
    assert list(table["waived"]) == ["small print", ""] and "contrast" in repr(found) and "<table" in found._repr_html_()


@pytest.mark.parametrize(
    "values",
    [
        {"box": (0, 0, 0, 5)}, {"box": (0, 0, float("nan"), 5)}, {"box": "0 0 1 1"}, {"size": 0}, {"size": True}, {"colour": "navy"},
        {"lines": "one string"}, {"lines": (1,)},
    ],
)  # fmt: skip
def test_what_is_no_block(demo, values):
    with pytest.raises(InputError):
        banner(demo, **values)
