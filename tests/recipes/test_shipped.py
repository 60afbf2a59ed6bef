"""The judge and the embedded model as they ship: they know the same world, and the one sees what the other was asked."""

import json

import pytest
from common import SHIPPED
from evaluate import artist, load
from judging import LABELS, TASKS, WEIGHTS, load_judge
from questions import singles
from suites import GOALS, SUITES, tally


def test_the_shipped_judge_knows_the_present_vocabulary_and_is_good_enough_to_judge():
    judge, answers, accuracies = load_judge(WEIGHTS)
    assert set(judge.heads) == {*LABELS, "defects"}
    assert set(accuracies) == set(TASKS)
    for figure in GOALS.keys() & answers.keys():  # the card says how good; the hardest are sizes
        # Of two dozen pictures a defect is asked of, one falls either way between processors.
        assert answers[figure][0] >= (0.9 if "negative" in figure else 0.965), figure


@pytest.mark.slow
def test_the_embedded_model_draws_what_it_is_asked():
    asked = singles()[:12]
    told = json.loads((SHIPPED / "sdkit.json").read_text())
    make = artist(load(SHIPPED, "cpu"), told["steps"], told["guidance"])
    judge, *_ = load_judge(WEIGHTS)
    right = tally([SUITES["single"].mark(q, v) for q, v in zip(asked, judge.look(make(asked)), strict=True)])
    for figure in ("right object", "right place"):
        assert right[figure][0] >= 9, figure
