"""The judge and the embedded model as they ship: they know the same world, and the one sees what the other was asked."""

import pytest
from evaluate import MODEL, artist, load, mark
from judge import LABELS, WEIGHTS, load_judge
from questions import questions


def test_the_shipped_judge_knows_the_present_vocabulary_and_is_good_enough_to_judge():
    judge, accuracies = load_judge(WEIGHTS)
    assert set(judge.heads) | {"side"} == set(LABELS)
    assert accuracies["object"] >= 0.98
    assert accuracies["side"] >= 0.98


@pytest.mark.slow
def test_the_embedded_model_draws_what_it_is_asked():
    asked = questions(300)[:12]
    make = artist(load(MODEL, "cpu"), (256, 256), 20, 2.0)
    judge, _ = load_judge(WEIGHTS)
    marks = [mark(q, v) for q, v in zip(asked, judge.look(make(asked)), strict=True)]
    for aspect in ("object", "side"):
        assert sum(bool(m[aspect]) for m in marks) >= 9, aspect
