import numpy as np
import pytest
from backgrounds import DRAWERS
from briefs import SHAPES, compose
from PIL import Image
from scenery import SCENERY
from scenes import EACH_OF, draw, render
from vocabulary import BACKGROUNDS, COLOURED, COLOURS, DEFECTS


def blank(sprites, shape, **wanted):
    """An empty scene."""
    return draw(np.random.default_rng(5), sprites, shape, objects=(), says="all", defects=set(), **wanted)


def on_white(sprites, shape, seed=2, **wanted):
    """A scene on plain white, and which pixels are not: (image, (height, width) bool)."""
    wanted = {"background": "plain", "colour": "white", "second": None, "defects": set(), "style": "3d", "paint": None} | wanted
    image = draw(np.random.default_rng(seed), sprites, shape, everything=True, **wanted).image
    pixels = np.asarray(image, int)
    return image, np.abs(pixels - COLOURS["white"]).sum(2) > 120


def test_a_seed_names_a_scene(sprites):
    one, again, other = (draw(np.random.default_rng(seed), sprites) for seed in (3, 3, 4))
    assert one.image.tobytes() == again.image.tobytes()
    assert (one.brief, one.caption) == (again.brief, again.caption)
    assert other.caption != one.caption


def test_the_judge_sees_held_out_pairs_too(sprites):
    scene = draw(np.random.default_rng(0), sprites, (256, 256), objects=("coffee cup",), background="plain", everything=True)
    assert (scene.brief.objects, scene.brief.background) == (("coffee cup",), "plain")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_background_draws_in_every_shape(sprites, shape, background):
    scene = blank(sprites, shape, background=background)
    assert scene.image.size == shape
    assert scene.image.mode == "RGB"
    assert scene.where.getbbox() is None


def test_every_background_has_a_drawer():
    assert set(DRAWERS) == set(COLOURED)
    assert set(DRAWERS) | set(SCENERY) == set(BACKGROUNDS)


@pytest.mark.parametrize("background", ["gradient", "spotlight", "podium", "bokeh", "stripes", "sunburst", "waves"])
def test_a_background_s_shapes_stand_off_from_every_colour(sprites, background):
    for name in COLOURS:
        image = blank(sprites, (256, 256), background=background, colour=name, second=None).image
        tones = np.quantile(np.asarray(image, np.float32).mean(2), (0.02, 0.98))
        assert np.ptp(tones) > 20, f"{name}: {tones}"


def test_a_plain_background_has_its_colour(sprites):
    for name, colour in COLOURS.items():
        assert blank(sprites, (256, 256), background="plain", colour=name).image.getpixel((1, 1)) == colour


@pytest.mark.parametrize(("place", "third"), [("left", 0), ("centre", 1), ("right", 2)])
def test_the_object_stands_where_it_says(sprites, place, third):
    _, there = on_white(sprites, (384, 192), objects=("rocket",), place=place, size="medium")
    assert third == int(np.nonzero(there.any(0))[0].mean() // 128)


@pytest.mark.parametrize(("place", "third"), [("top", 0), ("centre", 1), ("bottom", 2)])
def test_the_object_stands_as_high_as_it_says(sprites, place, third):
    _, there = on_white(sprites, (192, 384), objects=("rocket",), place=place, size="medium")
    assert third == int(np.nonzero(there.any(1))[0].mean() // 128)


def test_sizes_are_in_order(sprites):
    wide = [
        np.count_nonzero(on_white(sprites, (256, 256), objects=("rocket",), place="centre", size=size)[1].any(0))
        for size in ("small", "medium", "large", "close-up")
    ]
    assert wide == pytest.approx([88, 148, 184, 232], abs=2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_as_many_stand_apart_as_it_says(sprites, shape, count):
    """With gaps between them, and none of them cut off."""
    _, there = on_white(sprites, shape, objects=("rocket",), count=count)
    columns, rows = (np.diff(np.pad(there.any(axis).astype(int), 1)).clip(0).sum() for axis in (0, 1))
    assert columns * rows == count
    wide, high = (np.count_nonzero(there.any(axis)) for axis in (0, 1))
    assert (wide / columns, high / rows) == pytest.approx((EACH_OF[count], 0.8 * EACH_OF[count]), abs=2)


def test_of_a_pair_the_first_stands_left(sprites):
    both = {"objects": ("rocket", "apple"), "count": 2}
    left = on_white(sprites, (256, 256), **both)[0].crop((0, 0, 128, 256))
    right = on_white(sprites, (256, 256), **both | {"objects": ("apple", "rocket")})[0].crop((128, 0, 256, 256))
    assert sorted(left.getcolors(70_000))[-2:] == sorted(right.getcolors(70_000))[-2:]


def test_paint_rules(sprites):
    image, there = on_white(sprites, (256, 256), objects=("balloon",), paint="blue", size="medium", place="centre")
    own, _ = on_white(sprites, (256, 256), objects=("balloon",), size="medium", place="centre")
    assert np.asarray(image)[there].mean(0)[2] > np.asarray(own)[there].mean(0)[2] + 20


def test_where_is_the_objects_own_pixels(sprites):
    rng = np.random.default_rng(8)
    brief = compose(rng, (256, 256), count=1, background="plain", colour="white", defects={"shadow"}, size="medium", place="left",
                    everything=True, style="3d", paint=None)  # fmt: skip
    image, where, marks = render(rng, brief, sprites, (256, 256))
    own = np.asarray(where) > 128
    assert own[:, :128].sum() > 0.85 * own.sum() > 0
    elsewhere = (np.asarray(where) == 0) & (np.asarray(marks) == 0)
    assert (np.abs(np.asarray(image, int)[elsewhere] - COLOURS["white"]).sum(1) > 60).mean() < 0.001


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_defect_shows(sprites, defect):
    brief = compose(np.random.default_rng(1), (256, 256), objects=("rocket",), background="gradient", colour="mint", second=None,
                    size="medium", place="centre", everything=True, defects=set())  # fmt: skip
    from dataclasses import replace

    clean, spoilt = (
        np.asarray(render(np.random.default_rng(2), b, sprites, (256, 256))[0], int)
        for b in (brief, replace(brief, defects=frozenset({defect})))
    )
    assert np.abs(clean - spoilt).mean() > 0.2


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_four_times_as_large_is_the_same_layout(sprites, background):
    """Downsampled it is close to the picture itself, but for what is smaller than a pixel."""
    brief = compose(np.random.default_rng(1), (256, 256), objects=("rocket",), count=1, background=background, everything=True,
                    clean=True, style="3d", paint=None)  # fmt: skip
    small, large = (render(np.random.default_rng(7), brief, sprites, (256, 256), zoom=zoom)[0] for zoom in (1, 4))
    assert large.size == (1024, 1024)
    shrunk = large.resize((256, 256), Image.Resampling.BOX)
    apart = np.abs(np.asarray(small, int) - np.asarray(shrunk, int)).mean()
    assert apart < 6


@pytest.mark.parametrize(("defect", "share"), [("text", 0.15), ("watermark", 0.08), ("cluttered", 0.05), ("shadow", 0.005)])
def test_marks_are_where_a_defect_changed_the_picture(sprites, defect, share):
    wanted = {"objects": ("rocket",), "background": "plain", "colour": "blue", "size": "medium", "everything": True}
    marks = np.asarray(draw(np.random.default_rng(4), sprites, (256, 256), defects={defect}, **wanted).marks) > 0
    assert marks.mean() > share
    clean = draw(np.random.default_rng(4), sprites, (256, 256), defects=set(), **wanted).marks
    assert clean.getbbox() is None
