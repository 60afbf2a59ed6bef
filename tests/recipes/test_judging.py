import card
import numpy as np
import pytest
import torch
from evaluate import contact_sheet, figures_of, mark, renders, table, tally, worst
from judge import LABELS, NO_LABEL, UNSURE, Judge, Verdict, truth, two_colours
from questions import questions
from scenes import SIZES, draw
from vocabulary import BACKGROUNDS, OBJECTS

ASKED = questions(12)
RIGHT = [Verdict(q.object, q.colour, q.background, q.side) for q in ASKED]


def test_the_judge_takes_every_shape_and_answers_in_labels(sprites):
    torch.manual_seed(0)
    judge = Judge().eval()
    scenes = [draw(np.random.default_rng(i), sprites, size) for i, size in enumerate(SIZES)]
    for verdict in judge.look([s.image for s in scenes]):
        for task, names in LABELS.items():
            assert getattr(verdict, task) in (*names, UNSURE)


def test_labels_are_withheld_where_no_answer_is_fair(sprites):
    rng = np.random.default_rng(3)
    scenes = [
        draw(rng, sprites, (64, 64), background="gradient", colour="red", defects=0.3, everything=True) for _ in range(100)
    ]
    unfair = [s for s in scenes if two_colours(s) or s.defect in ("dark", "low contrast")]
    assert 0 < len(unfair) < len(scenes)
    for s in scenes:
        expected = NO_LABEL if s in unfair else LABELS["colour"].index("red")
        assert truth(s)[list(LABELS).index("colour")] == expected


def test_marks_count_what_was_asked():
    marks = [mark(q, v) for q, v in zip(ASKED, RIGHT, strict=True)]
    counts = tally(marks)
    coloured = sum(q.colour is not None for q in ASKED)
    assert counts == {
        "object": (12, 12), "colour": (coloured, coloured), "background": (12, 12), "side": (12, 12), "all three": (12, 12),
    }  # fmt: skip
    blind = [mark(q, Verdict(UNSURE, UNSURE, UNSURE, UNSURE)) for q in ASKED]
    assert {right for right, _ in tally(blind).values()} == {0}


def test_a_wrong_kind_of_coloured_background_does_not_spoil_all_three():
    q = next(q for q in ASKED if q.colour)
    marks = mark(q, Verdict(q.object, q.colour, next(b for b in BACKGROUNDS if b != q.background), q.side))
    assert marks["all three"]
    assert not marks["background"]


def test_figures_and_the_card(tmp_path):
    marks = [mark(q, v) for q, v in zip(ASKED, RIGHT, strict=True)]
    figures = figures_of(tally(marks), None, [0.5, 0.7, 0.6])
    assert figures["pocket: right object"] == pytest.approx(
        {"value": 1.0, "unit": "share", "n": 12, "low": 0.7575, "high": 1.0}, abs=1e-4
    )
    assert figures["pocket: seconds an image"]["value"] == 0.6
    card.write(tmp_path, [("unet", "UNet2DConditionModel", 16_800_000, 33_600_000)], 1000)
    text = table(figures, "256x256, 20 steps")
    for _ in range(2):  # again and again
        card.set_figures(tmp_path / "README.md", text)
        written = (tmp_path / "README.md").read_text()
        assert written.count("right object") == 1
        assert "Not measured yet" not in written
    assert all(names[0] in written for names in OBJECTS.values())
    (tmp_path / "README.md").write_text("no markers")
    with pytest.raises(ValueError, match="figures section"):
        card.set_figures(tmp_path / "README.md", text)


def test_what_the_questions_describe_can_be_drawn_and_shown(sprites):
    images = renders(ASKED, sprites, (256, 256))
    sheet = contact_sheet(ASKED, images, RIGHT)
    assert sheet.width > 8 * 128
    wrong = [Verdict(None, v.colour, v.background, v.side) for v in RIGHT]
    assert f"1 of {sum(q.object == ASKED[0].object for q in ASKED)} wrong: none" in worst(ASKED, wrong)
