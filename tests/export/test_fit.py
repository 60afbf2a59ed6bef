"""Fits: the rules a person would check by eye, and geometry that holds for any master and placement."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdkit.errors import InputError, PlacementError
from sdkit.export import Placement, Safe, choose, load, masters, plan

ALL = load()


def one(name, size=(256, 256), **options):
    (fit,) = plan(size, [ALL[name]], **options).fits
    return fit


def inside(box, placement, slack=1.0):
    """Whether a box in the placement's pixels keeps clear of its insets."""
    safe = placement.safe
    return (
        box[0] >= safe.left - slack and box[1] >= safe.top - slack
        and box[2] <= placement.width - safe.right + slack and box[3] <= placement.height - safe.bottom + slack
    )  # fmt: skip


def test_the_same_shape_is_not_touched():
    fit = one("instagram-square")
    assert (fit.method, fit.box, fit.extension) == ("crop", (0, 0, 256, 256), None) and "nothing is cut" in fit.reason


def test_a_small_difference_is_a_crop_with_its_figure():
    fit = one("instagram-portrait", focus=(0.5, 0.5))
    assert fit.method == "crop" and fit.reason.startswith("Cuts 20 % of the width; the subject stays whole")
    assert fit.box == pytest.approx((25.6, 0, 230.4, 256))


@pytest.mark.parametrize("name", [p.name for p in ALL.values() if p.ratio >= 3])
def test_wide_ones_are_outpainted_and_a_reason_says_what_a_crop_would_cost(name):
    fit = one(name, focus=(0.5, 0.5))
    assert fit.method == "outpaint" and re.search(r"A crop would cut \d+ % of the height", fit.reason)
    assert "copy on the left" in fit.reason
    left, _, right, _ = fit.subject
    assert (left + right) / 2 > 0.6 * fit.placement.width


def test_a_skyscraper_is_cropped_while_its_subject_fits(scene):
    thin, thick = scene(box=(0.44, 0.2, 0.56, 0.8)), scene(box=(0.2, 0.2, 0.8, 0.8))
    assert one("iab-wide-skyscraper-160x600", image=thin).method == "crop"
    assert one("iab-wide-skyscraper-160x600", image=thick).method == "outpaint"


@pytest.mark.parametrize("name", [p.name for p in ALL.values() if p.safe])
@pytest.mark.parametrize("box", [(0.2, 0.2, 0.8, 0.8), (0.05, 0.3, 0.6, 0.95), (0.6, 0.05, 0.98, 0.4)])
def test_covered_areas_stay_free_of_the_subject(scene, name, box):
    fit = one(name, image=scene(box=box))
    assert inside(fit.subject, fit.placement, slack=0.02 * max(fit.placement.size))


def test_the_anchor_says_where_the_copy_goes():
    middles = {a: sum(one("x-header", anchor=a, focus=(0.5, 0.5)).subject[::2]) / 3000 for a in ("left", "centre", "right")}
    assert middles["left"] < 0.4 and middles["centre"] == pytest.approx(0.5) and middles["right"] > 0.6
    assert one("x-header", focus=(0.2, 0.5)).reason.endswith("copy on the right.")
    assert one("x-header", anchor="center").subject == one("x-header", anchor="centre").subject


def test_without_inpainting_edges_continue_and_the_reason_says_so():
    planned = plan((256, 256), ALL.values(), focus=(0.5, 0.5), can_outpaint=False)
    assert {f.method for f in planned.fits} == {"crop", "pad"} and planned.extensions == []
    assert all("cannot extend" in f.reason for f in planned.fits if f.method == "pad")


def test_a_sliver_is_padded_not_generated(scene):
    strip = Placement("strip", "Own", "web", "Strip", 1040, 1000, Safe(left=60))
    (fit,) = plan((1000, 1000), [strip], image=scene((1000, 1000), (0.02, 0.02, 0.93, 0.7))).fits
    assert fit.method == "pad" and "% is missing" in fit.reason


def test_what_a_person_decides_is_done():
    for name in ("x-header", "instagram-portrait"):
        for method in ("crop", "pad", "outpaint"):
            fit = one(name, fit={name: method}, focus=(0.5, 0.5))
            assert fit.method == method and fit.reason.startswith("As you asked: ")


def test_all_outpaints_come_from_few_canvases_on_the_latent_grid():
    planned = plan((256, 256), ALL.values(), focus=(0.5, 0.5))
    assert sum(f.method == "outpaint" for f in planned.fits) > 15 and 1 <= len(planned.extensions) <= 3
    assert planned.extensions == masters(planned.fits)
    for extension in planned.extensions:
        assert all(v % 8 == 0 for v in (*extension.size, *extension.offset))
    assert max(max(e.size) for e in planned.extensions) <= 2600


def test_a_strip_too_long_for_the_model_is_padded():
    fit = one("google-large-leaderboard-970x90", (1024, 1024), focus=(0.5, 0.5), max_side=2048)
    assert fit.method == "pad" and "over the 2048 allowed" in fit.reason


def test_a_plan_reads_as_a_table():
    text = repr(plan((256, 256), choose(["x", "email"])))
    assert text.startswith("9 placements from 256 x 256 pixels, 1 extended master\n") and "x-header" in text


def test_scale_says_how_much_a_picture_is_enlarged():
    assert one("instagram-square").scale == pytest.approx(1080 / 256)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"fit": {"x-headr": "crop"}}, PlacementError, "x-header"), ({"fit": {"x-header": "stretch"}}, InputError, "'pad'"),
        ({"fit": {"x-header": "outpaint"}, "can_outpaint": False}, InputError, "cannot extend"),
        ({"anchor": "top"}, InputError, "'centre'"), ({"focus": (3, 0)}, InputError, "focus"), ({"size": (0, 5)}, InputError, "size"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(options, error, said):
    with pytest.raises(error, match=said):
        plan(**{"size": (256, 256), "placements": [ALL["x-header"]], **options})


def test_an_image_of_another_size_is_refused(scene):
    with pytest.raises(InputError, match="image"):
        plan((300, 300), [ALL["x-header"]], image=scene())


@st.composite
def placements(draw):
    width, height = draw(st.integers(16, 4000)), draw(st.integers(16, 4000))
    insets = st.integers(0, 45)
    left, right = (width * draw(insets) // 100 for _ in "ab")
    top, bottom = (height * draw(insets) // 100 for _ in "ab")
    return Placement(f"p-{draw(st.integers(0, 10**9))}", "Own", "web", "Any", width, height, Safe(top, right, bottom, left))


sides, shares = st.integers(64, 2048), st.floats(0, 1)


@settings(max_examples=150)
@given(
    st.tuples(sides, sides), st.lists(placements(), min_size=1, max_size=12, unique_by=lambda p: p.name), st.tuples(shares, shares),
    st.sampled_from([None, "left", "centre", "right"]), st.booleans(), st.sampled_from([1024, 4096]), st.sampled_from([8, 64]),
)  # fmt: skip
def test_geometry_holds_for_anything(size, wanted, focus, anchor, can, max_side, multiple):
    planned = plan(size, wanted, focus=focus, anchor=anchor, can_outpaint=can, max_side=max_side, multiple=multiple)
    assert [f.placement for f in planned.fits] == wanted and len(planned.extensions) <= 5
    for extension in planned.extensions:
        assert all(v % multiple == 0 for v in (*extension.size, *extension.offset))
        assert all(o + s <= c for o, s, c in zip(extension.offset, size, extension.size, strict=True))
        assert max(extension.size) <= max(max_side, *size)
    for fit in planned.fits:
        left, top, right, bottom = fit.box
        placement, source = fit.placement, fit.extension.size if fit.extension else size
        assert right > left and bottom > top
        # its shape is the placement's, to within one of the placement's pixels
        assert abs((right - left) / (bottom - top) * placement.height - placement.width) <= 1
        assert (fit.method == "outpaint") == (fit.extension is not None)
        if fit.method != "pad":
            assert min(left, top) >= -1e-6 and right <= source[0] + 1e-6 and bottom <= source[1] + 1e-6
        x, y = (f * s + o for f, s, o in zip(focus, size, fit.extension.offset if fit.extension else (0, 0), strict=True))
        assert left - 1e-6 <= x <= right + 1e-6 and top - 1e-6 <= y <= bottom + 1e-6
        assert -1e-6 <= fit.subject[0] <= fit.subject[2] <= placement.width + 1e-6
        if fit.method != "crop":
            assert inside(fit.subject, placement)
        assert fit.reason.endswith(".") and fit.reason[0].isupper() and len(fit.reason) < 260
