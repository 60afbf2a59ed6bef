from collections import Counter

import pytest
import questions
from captions import is_plural
from questions import COUNTABLE, HELD_OUT, singles, wilson
from suites import SUITES
from vocabulary import (
    BACKGROUNDS,
    COLOURED,
    COLOURS,
    COUNTS,
    DEFECTS,
    OBJECT_NAMES,
    PAINTABLE,
    PLACES,
    SIZES,
    STYLES,
    held_out,
)

from sdkit.prompt import negative

SIZE_OF = {
    "single": 1000, "counts": 200, "sizes": 200, "pairs": 200, "defects": 800, "kept-clean": 200, "elongated": 120,
    "four-steps": 200, "paint": 40, "styles": 120, "free-words": 50, "unknown": 40,
}  # fmt: skip


@pytest.fixture(scope="module")
def asked():
    return singles()


@pytest.mark.parametrize("name", SUITES)
def test_as_many_questions_as_announced_the_same_every_time(name):
    first = SUITES[name].ask()
    assert len(first) == SIZE_OF[name]
    assert SUITES[name].ask() == first
    assert len({(q.prompt, q.negative, q.shape, q.seed) for q in first}) == len(first)


def test_a_thousand_singles_are_held_out_and_nearly_every_such_pair_is_asked(asked):
    assert all(held_out(q.brief.objects[0], q.brief.background) for q in asked)
    assert len({(q.brief.objects[0], q.brief.background) for q in asked}) > 0.95 * len(HELD_OUT)
    assert len({q.seed for q in asked}) == 1000


@pytest.mark.parametrize(
    ("field", "words", "most"),
    [("objects", OBJECT_NAMES, 1.5), ("background", BACKGROUNDS, 1.6), ("colour", COLOURS, 1.1), ("place", PLACES, 1.05)],
)
def test_they_are_spread_evenly(asked, field, words, most):
    counts = Counter(getattr(q.brief, field) for q in asked)
    counts.pop(None, None)
    assert {w[0] if isinstance(w, tuple) else w for w in counts} == set(words)
    assert max(counts.values()) <= most * min(counts.values())


def test_prompts_say_what_is_asked(asked):
    for q in asked:
        b = q.brief
        assert b.objects[0] in q.prompt
        assert b.place == "centre" or q.prompt.endswith(PLACES[b.place][0])
        assert (b.colour is not None) == (b.background in COLOURED)
        assert b.colour is None or b.colour in q.prompt
        assert "  " not in q.prompt and "None" not in q.prompt


def test_only_the_singles_take_from_what_is_held_out():
    for name in ("counts", "sizes", "pairs", "defects", "paint", "styles", "free-words"):
        assert not [q for q in SUITES[name].ask() for o in q.brief.objects if held_out(o, q.brief.background)], name


def test_counts_are_of_things_that_can_be_counted():
    assert not [name for name in COUNTABLE if is_plural(name)]
    asked = questions.counts()
    assert Counter(q.brief.count for q in asked).keys() == {2, 3, 4}
    assert all(COUNTS[q.brief.count] in q.prompt for q in asked)


def test_sizes_come_as_often_each_and_medium_goes_unsaid():
    asked = questions.sizes()
    assert set(Counter(q.brief.size for q in asked).values()) == {50}
    for q in asked:
        said = [size for size, words in SIZES.items() if words and f"{words[0]} " in q.prompt]
        assert said == ([] if q.brief.size == "medium" else [q.brief.size])


def test_pairs_are_of_two_different_objects():
    for q in questions.pairs():
        assert len(set(q.brief.objects)) == 2
        assert all(name in q.prompt for name in q.brief.objects)


def test_defects_are_asked_with_and_without_the_negative_and_prompts_do_not_give_them_away():
    asked = questions.defects()
    assert Counter(q.tag for q in asked) == {f"{d} {how}": 40 for d in DEFECTS for how in ("with", "without")}
    for without, with_it in zip(asked[::2], asked[1::2], strict=True):
        defect = with_it.tag.removesuffix(" with")
        assert (without.prompt, without.seed, without.negative) == (with_it.prompt, with_it.seed, "")
        assert with_it.negative in DEFECTS[defect]
        assert f" {with_it.negative} " not in f" {without.prompt} "


def test_the_usual_negative_is_asked_about_pictures_that_are_clean_without_it(asked):
    kept = SUITES["kept-clean"].ask()
    assert {(q.prompt, q.seed) for q in kept} <= {(q.prompt, q.seed) for q in asked}
    assert {q.negative for q in kept} == {str(negative("@clean"))}


def test_paint_styles_and_free_words():
    for q in questions.paint():
        assert q.brief.objects[0] in PAINTABLE
        assert q.brief.paint in q.prompt
        assert q.brief.paint != q.brief.colour
    assert set(Counter(q.tag for q in questions.styles())) == set(STYLES) - {"3d"}
    for q in questions.free_words():
        assert q.brief.objects[0] in q.prompt
        assert q.brief.colour in q.prompt


def test_unknown_nouns_are_unknown():
    for q in questions.unknown():
        assert q.tag in q.prompt
        assert q.tag not in OBJECT_NAMES
        assert not q.brief.objects


def test_the_sheets_prompts_are_as_they_came():
    asked = questions.uncurated()
    assert [q.seed for q in asked] == list(range(64))
    assert questions.uncurated(3) == asked[:3]


def test_wilson_interval():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)  # a textbook pair
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(10, 10)[1] == 1.0
    for n in (1, 7, 300):
        for right in range(n + 1):
            low, high = wilson(right, n)
            assert 0 <= low <= right / n <= high <= 1
            assert (low, high) == pytest.approx(tuple(1 - x for x in reversed(wilson(n - right, n))))
