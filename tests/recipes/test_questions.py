from collections import Counter

import pytest
from questions import HELD_OUT, questions, wilson
from vocabulary import BACKGROUNDS, COLOURED, COLOURS, OBJECT_NAMES, SIDES, held_out


@pytest.fixture(scope="module")
def asked():
    return questions()


def test_three_hundred_different_questions_the_same_every_time(asked):
    assert len(set(asked)) == 300
    assert len({q.seed for q in asked}) == 300
    assert questions() == asked
    assert questions(40) == asked[:40]


def test_all_are_held_out_and_every_held_out_pair_is_asked(asked):
    assert all(held_out(q.object, q.background) for q in asked)
    assert {(q.object, q.background) for q in asked} == set(HELD_OUT)


@pytest.mark.parametrize(
    ("field", "words", "most"),
    [("object", OBJECT_NAMES, 1.5), ("background", BACKGROUNDS, 1.6), ("colour", COLOURS, 1.1), ("side", SIDES, 1.0)],
)
def test_they_are_spread_evenly(asked, field, words, most):
    counts = Counter(getattr(q, field) for q in asked)
    counts.pop(None, None)
    assert set(counts) == set(words)
    assert max(counts.values()) <= most * min(counts.values())


def test_prompts_say_what_is_asked(asked):
    for q in asked:
        assert q.object in q.prompt
        assert q.prompt.endswith(SIDES[q.side][0])
        assert (q.colour is not None) == (q.background in COLOURED)
        assert q.colour is None or q.colour in q.prompt


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
