"""Colour differences and contrast against published figures, and the words for colours."""

import math

import pytest
from coloraide import Color
from hypothesis import given
from hypothesis import strategies as st

from sdkit.brand import contrast, delta_e, palette_distance, plain_name
from sdkit.brand.colours import PLAIN, names_a_colour
from sdkit.data import folder
from sdkit.errors import InputError

hexes = st.tuples(*[st.integers(0, 255)] * 3).map(lambda c: "#" + bytes(c).hex())

# Sharma, Wu, Dalal: The CIEDE2000 Color-Difference Formula (2005), table 1.
SHARMA = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000), ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792), ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065), ((50, 2.5, 0), (73, 25, -18), 27.1492), ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644), 
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441), ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]  # fmt: skip


@pytest.mark.parametrize("one, other, expected", SHARMA)
def test_ciede2000_is_that_of_the_paper(one, other, expected):
    """The same call as `delta_e` makes, on Lab values that hex can't write."""
    assert Color("lab-d65", one).delta_e(Color("lab-d65", other), method="2000") == pytest.approx(expected, abs=1e-4)


def test_ours_goes_through_lab_under_d65():
    one, other = Color("#0d6b6b").convert("lab-d65"), Color("#f08a3c").convert("lab-d65")
    assert (
        delta_e("#0d6b6b", "#F08A3C") == pytest.approx(one.delta_e(other, method="2000"))
        and 50 < delta_e("#0d6b6b", "#f08a3c") < 80
    )
    assert delta_e("#000000", "#ffffff") == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("#767676", "#ffffff", 4.54), ("#777777", "#ffffff", 4.48), ("#949494", "#ffffff", 3.03), ("#595959", "#ffffff", 7.0),
        ("#000000", "#ffffff", 21), ("#0000ff", "#ffffff", 8.59), ("#ff0000", "#ffffff", 4.0), ("#123456", "#123456", 1),
    ],
)  # fmt: skip
def test_contrast_is_that_of_wcag(one, other, expected):
    assert contrast(one, other) == pytest.approx(expected, abs=0.006) == pytest.approx(contrast(other, one), abs=0.006)


def test_the_plain_words_are_those_of_the_wildcards():
    shipped = (folder("templates") / "wildcards" / "colours.txt").read_text().splitlines()
    assert list(PLAIN) == [line for line in shipped if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "colour, name",
    [
        ("#ff0000", "red"), ("#0d6b6b", "teal"), ("#f08a3c", "orange"), ("#a9dcc9", "mint"), ("#14213d", "navy"), ("#f7c948", "yellow"),
        ("#ffffff", "white"), ("#777777", "grey"), ("#050505", "black"), ("#e8d5b5", "beige"), ("#ff9ec4", "pink"), ("#6a2fa0", "purple"),
        ("#1f77d0", "blue"), ("#2f8f3a", "green"), ("#c43b30", "red"),
    ],
)  # fmt: skip
def test_plain_names(colour, name):
    assert plain_name(colour) == name


@pytest.mark.parametrize(
    "prompt", ["a red cup", "cup, Navy background", "a cup (mint:1.2)", "pastel tones", "skyblue paper", "in black and white"]
)
def test_prompts_that_name_a_colour(prompt):
    assert names_a_colour(prompt)


@pytest.mark.parametrize(
    "prompt", ["a cup on a gradient background", "a tomato", "a chocolate cake, plain background", "reddish", ""]
)
def test_prompts_that_name_none(prompt):
    assert not names_a_colour(prompt)


# -- the distance of a palette ---------------------------------------------------------------------------------------------

palettes = st.lists(st.tuples(hexes, st.floats(0.001, 1)), min_size=1, max_size=6)


def test_the_brands_own_colours_are_at_no_distance(demo):
    assert demo.palette_distance([(colour, 0.1) for colour in demo.palette]) == 0


def test_it_counts_what_covers_more():
    teal, off = "#0d6b6b", delta_e("#ff00ff", "#0d6b6b")
    assert palette_distance([(teal, 0.75), ("#ff00ff", 0.25)], [teal]) == pytest.approx(off / 4)
    assert palette_distance([(teal, 0.25), ("#ff00ff", 0.75)], [teal]) == pytest.approx(off * 3 / 4)
    assert palette_distance([(teal, 3), ("#ff00ff", 1)], [teal]) == pytest.approx(off / 4)  # shares, whatever they add up to


@given(palettes, st.lists(hexes, min_size=1, max_size=5), hexes)
def test_it_is_a_mean_of_nearest_distances(palette, brand, more):
    distance = palette_distance(palette, brand)
    nearest = [min(delta_e(colour, own) for own in brand) for colour, _ in palette]
    assert min(nearest) - 1e-9 <= distance <= max(nearest) + 1e-9
    assert palette_distance(palette, [*brand, more]) <= distance + 1e-9  # another colour of the brand takes nothing away
    assert palette_distance(palette[::-1], brand[::-1]) == pytest.approx(distance)


def test_nothing_to_measure():
    assert math.isnan(palette_distance([], ["#000000"])) and math.isnan(palette_distance([("#ffffff", 0)], ["#000000"]))


@pytest.mark.parametrize(
    "palette, brand",
    [([("red", 1)], ["#000000"]), ([("#ff0000", -1)], ["#000000"]), ([("#ff0000", math.nan)], ["#000000"]), ([], [])],
)
def test_what_is_no_palette(palette, brand):
    with pytest.raises(InputError):
        palette_distance(palette, brand)
