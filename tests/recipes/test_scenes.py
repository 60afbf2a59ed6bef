import numpy as np
import pytest
from scenes import SIZES, draw
from vocabulary import BACKGROUNDS, COLOUR_SYNONYMS, COLOURED, COLOURS, DEFECTS, OBJECT_NAMES, OBJECTS, held_out


@pytest.fixture(scope="module")
def many(sprites):
    """Scenes as training draws them; small, since only what they say is looked at."""
    rng = np.random.default_rng(1)
    return [draw(rng, sprites, (64, 64)) for _ in range(1500)]


def test_a_seed_names_a_scene(sprites):
    one, again, other = (draw(np.random.default_rng(seed), sprites) for seed in (3, 3, 4))
    assert one.image.tobytes() == again.image.tobytes()
    assert one.caption == again.caption
    assert other.caption != one.caption


def test_held_out_pairs_are_never_drawn_for_training(many):
    assert not [s.caption for s in many if s.object and held_out(s.object, s.background)]


def test_the_judge_sees_held_out_pairs_too(sprites):
    pair = next((o, b) for o in OBJECT_NAMES for b in BACKGROUNDS if held_out(o, b))
    scene = draw(np.random.default_rng(0), sprites, (64, 64), object_name=pair[0], background=pair[1], everything=True)
    assert (scene.object, scene.background) == pair


def test_every_object_and_every_background_has_pairs_of_both_kinds():
    table = np.array([[held_out(o, b) for b in BACKGROUNDS] for o in OBJECT_NAMES])
    assert table.mean() == 1 / 8
    for axis in (0, 1):
        assert table.any(axis).all()
        assert not table.all(axis).any()


def test_captions_name_what_is_drawn(many):
    synonyms = {names[0]: names for names in OBJECTS.values()}
    for s in many:
        if s.object:
            assert any(name in s.caption for name in synonyms[s.object]), (s.object, s.caption)
        if s.colour:
            assert any(c in s.caption for c in (s.colour, *COLOUR_SYNONYMS.get(s.colour, ()))), (s.colour, s.caption)
        assert (s.colour is None) == (s.background not in COLOURED)
        if s.object and s.side != "centre":
            assert s.side in s.caption, (s.side, s.caption)


def test_defects_are_sometimes_named_and_sometimes_not(many):
    spoilt = [s for s in many if s.defect]
    named = [s for s in spoilt if any(word in s.caption for word in DEFECTS[s.defect])]
    assert 0.05 < len(spoilt) / len(many) < 0.15
    assert 0 < len(named) < len(spoilt)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_background_draws_in_every_shape(sprites, size, background):
    scene = draw(np.random.default_rng(5), sprites, size, object_name=None, background=background, defects=0)
    assert scene.image.size == size
    assert scene.image.mode == "RGB"
    assert (scene.object, scene.side) == (None, None)


def test_a_plain_background_has_its_colour(sprites):
    for name, colour in COLOURS.items():
        scene = draw(
            np.random.default_rng(0), sprites, (64, 64), object_name=None, background="plain", colour=name, defects=0
        )  # fmt: skip
        assert scene.image.getpixel((1, 1)) == colour


@pytest.mark.parametrize(("side", "third"), [("left", 0), ("centre", 1), ("right", 2)])
def test_the_object_stands_where_it_says(sprites, side, third):
    args = {"background": "plain", "colour": "white", "side": side, "defects": 0, "everything": True}
    pixels = np.asarray(draw(np.random.default_rng(2), sprites, (384, 192), object_name="rocket", **args).image, int)
    x = np.nonzero((np.abs(pixels - pixels[0, 0]).sum(2) > 150).any(0))[0]
    assert third == int(x.mean() // 128)
