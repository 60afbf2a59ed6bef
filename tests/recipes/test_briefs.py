from collections import Counter

import numpy as np
import pytest
from briefs import SHAPES, STANDING, Brief, compose, places
from vocabulary import (
    AMBIGUOUS,
    BACKGROUNDS,
    COLOURED,
    COLOURS,
    DEFECTS,
    OBJECT_NAMES,
    PAINTABLE,
    PLACES,
    SIZES,
    STYLES,
    TIMES_OF,
    held_out,
)


@pytest.fixture(scope="module")
def many() -> list[tuple[Brief, tuple[int, int]]]:
    """Briefs as training draws them, with their shapes."""
    rng = np.random.default_rng(1)
    return [(compose(rng, shape), shape) for shape in SHAPES for _ in range(800)]


def test_a_seed_names_a_brief():
    one, again, other = (compose(np.random.default_rng(seed), (256, 256)) for seed in (3, 3, 4))
    assert one == again != other


def test_held_out_pairs_are_never_drawn_for_training(many):
    assert not [b for b, _ in many if any(held_out(name, b.background) for name in b.objects)]


def test_held_out_pairs_are_drawn_on_demand_only():
    name, background = next((o, b) for o in OBJECT_NAMES for b in BACKGROUNDS if held_out(o, b))
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="kept for the evaluation"):
        compose(rng, (256, 256), objects=(name,), background=background)
    brief = compose(rng, (256, 256), objects=(name,), background=background, everything=True)
    assert (brief.objects, brief.background) == ((name,), background)


def test_every_object_and_every_background_has_pairs_of_both_kinds():
    table = np.array([[held_out(o, b) for b in BACKGROUNDS] for o in OBJECT_NAMES])
    assert table.mean() == pytest.approx(1 / 8, abs=0.002)
    for axis in (0, 1):
        assert table.any(axis).all()
        assert not table.all(axis).any()


def test_a_brief_does_not_contradict_itself(many):
    for b, shape in many:
        assert b.count == {0: 0, 2: 2}.get(len(b.objects), b.count)
        assert len(set(b.objects)) == len(b.objects) <= 2
        assert (b.count > 0) == bool(b.objects) == (b.style is not None)
        single = b.count == 1
        assert single == (b.size in SIZES) == (b.place in PLACES)
        assert (b.colour in COLOURS) == (b.background in COLOURED)
        assert b.second is None or (b.background == "gradient" and b.second != b.colour)
        assert b.time is None or b.time in TIMES_OF[b.background]
        assert b.paint is None or (b.style != "line art" and set(b.objects) <= PAINTABLE)
        assert b.defects <= set(DEFECTS)
        assert "confetti" in b.defects or b.background != "confetti"
        assert "shadow" not in b.defects or b.objects
        assert "cropped" not in b.defects or (single and b.place == "centre" and b.size == "medium")
        assert b.opening is None or b.opening in AMBIGUOUS
        assert not single or b.place in places(shape, b.background)
        assert b.size != "close-up" or min(shape) >= 256


def test_everything_there_is_a_word_for_comes_up(many):
    briefs = [b for b, _ in many]
    for field, words in (
        ("background", BACKGROUNDS),
        ("colour", COLOURS),
        ("place", PLACES),
        ("size", SIZES),
        ("style", STYLES),
    ):
        assert set(words) <= {getattr(b, field) for b in briefs}, field
    assert {b.count for b in briefs} == {0, 1, 2, 3, 4}
    assert set().union(*(b.defects for b in briefs)) == set(DEFECTS)
    assert len({name for b in briefs for name in b.objects}) > 0.95 * len(OBJECT_NAMES)


def test_openings_leave_a_defect_open_about_as_often_as_they_say():
    rng = np.random.default_rng(2)
    seen: dict[str, Counter] = {words: Counter() for words in AMBIGUOUS}
    for _ in range(20_000):
        b = compose(rng, (256, 256), count=1)
        if b.opening and b.background != "confetti":
            seen[b.opening].update([*b.defects, "all"])
    for words, shares in AMBIGUOUS.items():
        for defect, share in shares.items():
            assert seen[words][defect] / seen[words]["all"] == pytest.approx(share, abs=0.08), (words, defect)


def test_clean_means_no_defect_but_a_shadow_and_the_confetti_background():
    rng = np.random.default_rng(3)
    for _ in range(500):
        b = compose(rng, (256, 256), clean=True)
        assert b.defects <= {"shadow", "confetti"}
        assert "confetti" not in b.defects or b.background == "confetti"
        assert b.opening is None


def test_what_is_wanted_is_kept():
    rng = np.random.default_rng(4)
    for _ in range(200):
        b = compose(rng, (384, 192), place="left", colour="mint", background="waves", style="flat", everything=True)
        assert (b.place, b.colour, b.background, b.style, b.count) == ("left", "mint", "waves", "flat", 1)
        assert compose(rng, (256, 256), count=3).count == 3
        assert "shadow" not in compose(rng, (256, 256), count=1, defects={"blurry"}).defects


def test_things_on_a_ground_are_not_asked_to_float():
    for background in BACKGROUNDS:
        assert ("top" in places((256, 256), background)) == (background not in STANDING)
        assert not {"top", "bottom"} & set(places((384, 192), background))
        assert not {"left", "right"} & set(places((192, 384), background))
