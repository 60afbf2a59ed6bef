from dataclasses import replace

import card
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from briefs import SHAPES, compose
from evaluate import Run, batches, contact_sheet, draw_sheet, judged_sheet, keep, quick, rendered, worst
from judge import fresh, loss_of, named
from judging import CELL, LABELS, NO_LABEL, UNSURE, Judge, Verdict, verdict_of
from lessons import CHUNK, HIDES, Pool, draw_chunk, lesson, truth, unfair
from PIL import Image
from questions import singles
from scenes import render
from suites import GOALS, ORDER, PREFIX, SUITES, figures_of, table, tally
from vocabulary import BACKGROUNDS, DEFECTS, OBJECT_NAMES

ASKED = singles(12)
SINGLE = SUITES["single"]


def sees(q) -> Verdict:
    """The verdict on a picture that shows all that the question's brief says."""
    b = q.brief
    return Verdict(b.objects, b.count, b.size, b.place, b.style, b.paint, b.background, b.colour, b.time, b.defects)


RIGHT = [sees(q) for q in ASKED]
BLIND = Verdict((UNSURE,), UNSURE, UNSURE, UNSURE, UNSURE, UNSURE, UNSURE, UNSURE, UNSURE)


def test_the_judge_takes_every_shape_and_answers_in_labels(sprites):
    torch.manual_seed(0)
    judge = Judge().eval()
    rng = np.random.default_rng(0)
    images = [render(rng, compose(rng, shape), sprites, shape)[0] for shape in SHAPES]
    together = judge.look(images)
    assert [judge.look([image])[0] for image in images] == together
    for verdict in together:
        for task, names in LABELS.items():
            assert getattr(verdict, task) in (*names, UNSURE, None)
        assert set(verdict.objects) <= {*OBJECT_NAMES, UNSURE}
        assert len(verdict.objects) <= 2
        assert verdict.defects <= set(DEFECTS)


def test_labels_are_withheld_where_no_answer_is_fair():
    rng = np.random.default_rng(3)
    plain = compose(rng, (256, 256), objects=("rocket",), count=1, background="waves", colour="red", style="3d", paint=None,
                    size="medium", place="left", defects=set(), everything=True)  # fmt: skip
    assert unfair(plain, (256, 256)) == {"paint"}
    for defect, hidden in HIDES.items():
        assert set(hidden) <= unfair(replace(plain, defects=frozenset({defect})), (256, 256))
    for change, hidden in (
        ({"background": "gradient", "second": "blue"}, "colour"),
        ({"background": "plain", "defects": frozenset({"confetti"})}, "background"),
        ({"colour": "white", "style": "sticker"}, "style"),
        ({"colour": "black"}, "shadow"),
        ({"colour": "white"}, "watermark"),
        ({"objects": (), "count": 0}, "dark"),
    ):
        assert hidden in unfair(replace(plain, **change), (256, 256)), change
    assert "place" in unfair(replace(plain, background="beach", colour=None), (256, 768))


def test_labels_say_what_the_brief_says():
    rng = np.random.default_rng(4)
    for shape in SHAPES:
        for _ in range(200):
            brief = lesson(rng, shape)
            hidden, labels = unfair(brief, shape), truth(brief, shape)
            assert len(labels) == len(LABELS) + len(DEFECTS) + 2
            for task, label in zip((*LABELS, *DEFECTS), labels, strict=False):
                assert (label == NO_LABEL) == (task in hidden), task
                if task in LABELS and label != NO_LABEL:
                    assert LABELS[task][label] == getattr(brief, task)
                elif label != NO_LABEL:
                    assert label == (task in brief.defects)
            if "objects" not in hidden:
                assert tuple(OBJECT_NAMES[i] for i in labels[-2:] if i != NO_LABEL) == brief.objects


def test_places_are_named_after_the_object_that_stands_there(sprites):
    rng = np.random.default_rng(5)
    for shape in SHAPES:
        brief = compose(rng, shape, objects=("rocket", "apple"), background="plain", everything=True, style="3d", defects=set())
        _, where, _ = render(rng, brief, sprites, shape)
        covers = torch.from_numpy(np.asarray(where.reduce(CELL)).copy())[None].float() / 255
        which, weight = named(torch.tensor([truth(brief, shape)]), covers)
        first = which == OBJECT_NAMES.index("rocket")
        assert weight[first].sum() == pytest.approx(1, abs=1e-4)
        assert weight[~first].sum() == pytest.approx(1, abs=1e-4)
        x = torch.arange(covers.shape[2]).expand(covers.shape[1:])[None].float()
        y = torch.arange(covers.shape[1])[:, None].expand(covers.shape[1:])[None].float()
        along = x if shape[0] >= 256 else y
        assert (weight * along)[first].sum() < (weight * along)[~first].sum()


def test_a_thin_thing_has_a_say_beside_a_wide_one_and_stray_places_have_none():
    logits = {task: torch.zeros(len(words)) for task, words in LABELS.items()} | {"defects": torch.full((len(DEFECTS),), -9.0)}
    logits["cover"] = torch.full((8, 8), 0.02).logit()
    logits["cover"][2:6, :3] = torch.tensor(0.95).logit()  # a house
    logits["cover"][1:5, 6] = torch.tensor(0.25).logit()  # a pencil
    names = torch.zeros(len(OBJECT_NAMES), 8, 8)
    names[5] += 9.0  # what it would call the places with nothing on them
    for name, places in (("house", np.s_[2:6, :3]), ("pencil", np.s_[1:5, 6])):
        names[:, *places] = 0
        names[OBJECT_NAMES.index(name), *places] = 9.0
    logits["names"], logits["count"] = names, F.one_hot(torch.tensor(2), 5) * 9.0
    assert set(verdict_of(logits).objects) == {"house", "pencil"}
    logits["cover"][:, 4:] = torch.tensor(0.02).logit()
    logits["count"] = F.one_hot(torch.tensor(1), 5) * 9.0
    assert verdict_of(logits).objects == ("house",)
    logits["count"] = F.one_hot(torch.tensor(0), 5) * 9.0
    assert verdict_of(logits).objects == ()


def test_the_judge_learns_a_chunk_by_heart(sprites):
    torch.manual_seed(0)
    rng = np.random.default_rng(6)
    pool = Pool()
    pool.add(*draw_chunk(rng, sprites))
    assert len(pool) == CHUNK
    judge = Judge(width=48)
    stepper = torch.optim.AdamW(judge.parameters(), lr=3e-3)
    losses = []
    for _ in range(12):
        pixels, labels, covers = pool.batch(16, rng)
        loss, _ = loss_of(judge(pixels), labels, covers)
        stepper.zero_grad()
        loss.backward()
        stepper.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]


def test_the_pool_keeps_the_newest_and_makes_batches_of_equal_area(sprites):
    rng = np.random.default_rng(7)
    pool = Pool()
    for width, height in ((256, 256), (768, 256)):
        labels = np.zeros((CHUNK, len(LABELS) + len(DEFECTS) + 2), np.int16)
        covers = np.zeros((CHUNK, height // CELL, width // CELL), np.uint8)
        for _ in range(14):
            pool.add(np.zeros((CHUNK, height, width, 3), np.uint8), labels, covers)
    assert len(pool.chunks[(CHUNK, 256, 768, 3)]) == 7
    assert {len(pool.batch(12, rng)[0]) for _ in range(20)} == {12, 4}


def test_fresh_scenes_have_every_defect_and_clean_ones_none(sprites):
    shown = fresh(sprites, 10, 2)
    assert len(shown) == 10 + 20 + 10
    assert all(s.brief.defects <= {"shadow", "confetti"} for s in shown[:10])
    assert all(any(d in s.brief.defects for s in shown[10:30]) for d in DEFECTS)


def test_marks_count_what_was_asked():
    counts = tally([SINGLE.mark(q, v) for q, v in zip(ASKED, RIGHT, strict=True)])
    assert counts == dict.fromkeys(
        ("right object", "right background and colours", "right place", "all of these right"), (12, 12)
    )  # fmt: skip
    blind = tally([SINGLE.mark(q, BLIND) for q in ASKED])
    assert {right for right, _ in blind.values()} == {0}
    q = next(q for q in ASKED if q.brief.colour)
    other = next(b for b in BACKGROUNDS if b != q.brief.background)
    for change in ({"background": other}, {"colour": "no such colour"}):
        marks = SINGLE.mark(q, replace(sees(q), **change))
        assert marks["right object"] and not marks["right background and colours"] and not marks["all of these right"]


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_takes_the_right_picture_and_refuses_a_blind_judge(name):
    suite = SUITES[name]
    asked = suite.ask()
    right = tally([suite.mark(q, sees(q)) for q in asked])
    blind = tally([suite.mark(q, BLIND) for q in asked])
    assert set(right) <= set(ORDER)
    assert {right for right, _ in blind.values()} == {0}
    assert all(got == n for got, n in right.values())


def test_every_goal_is_of_a_figure_that_some_suite_asks():
    asked = {name for suite in SUITES.values() for q in suite.ask() for name in suite.mark(q, BLIND)}
    measured = {
        "outpaint: gradient across the seam",
        "outpaint: worst seam",
        "upscaler over Lanczos",
        "seconds an image",
        "files in all",
    }
    assert set(GOALS) - asked == measured
    for name, goal in GOALS.items():
        assert goal.met(goal.aim), name
        assert not goal.met(goal.floor + (0.01 if goal.most else -0.01)), name


def test_figures_and_the_card(tmp_path):
    figures = figures_of([SINGLE.mark(q, v) for q, v in zip(ASKED, RIGHT, strict=True)])
    assert figures["pocket: right object"] == pytest.approx(
        {"value": 1.0, "unit": "share", "n": 12, "low": 0.7575, "high": 1.0}, abs=1e-4
    )
    figures[f"{PREFIX}seconds an image"] = {"value": 0.6, "unit": "s", "n": 3, "low": 0.5, "high": 0.7}
    figures[f"{PREFIX}dark, with the negative"] = {"value": 0.2, "unit": "share", "n": 40, "low": 0.1, "high": 0.3}
    card.write(tmp_path, [("unet", "UNet2DConditionModel", 16_800_000, 33_600_000)], 1000)
    text = table(figures, "20 steps")
    rows = {line.split("|")[1].strip(): line for line in text.splitlines()}
    assert "0.50 s to 0.70 s" in rows["seconds an image"] and "| yes |" in rows["seconds an image"]
    assert "≤ 5.0%" in rows["dark, with the negative"] and "| NO |" in rows["dark, with the negative"]
    assert len({line.count("|") for line in text.splitlines()}) == 1
    for _ in range(2):  # again and again
        card.set_figures(tmp_path / "README.md", text)
        written = (tmp_path / "README.md").read_text()
        assert written.count("right object") == 1
        assert "Not measured yet" not in written
    assert all(name in written for name in OBJECT_NAMES)
    assert "{" not in written.split("## Figures")[0].split("```")[0]
    assert "fluent-emoji-flat" in (tmp_path / "LICENSE").read_text()
    (tmp_path / "README.md").write_text("no markers")
    with pytest.raises(ValueError, match="figures section"):
        card.set_figures(tmp_path / "README.md", text)


def test_figures_of_one_model_add_up_and_never_mix_with_anothers(tmp_path):
    one = {"pocket: a": {"value": 1.0, "unit": "share", "n": 1, "low": 0.0, "high": 1.0}}
    two = {"pocket: b": one["pocket: a"]}
    assert keep(tmp_path / "eval.json", "model", one) == one
    assert keep(tmp_path / "eval.json", "model", two) == one | two
    assert keep(tmp_path / "eval.json", "another", two) == two


class Wooden:
    """Draws what is asked, and stops at the third batch where it is told to."""

    def __init__(self, sprites, stop: bool = False) -> None:
        self.sprites, self.stop, self.made = sprites, stop, 0

    def __call__(self, asked):
        self.made += 1
        if self.stop and self.made == 3:
            raise KeyboardInterrupt
        return [rendered(q, self.sprites) for q in asked]

    def look(self, images):
        return [BLIND] * len(images)


def test_a_run_that_is_stopped_keeps_what_it_has(sprites):
    artist = Wooden(sprites, stop=True)
    run = Run(replace(SINGLE, ask=lambda: ASKED))
    with pytest.raises(KeyboardInterrupt):
        run.go(artist, artist, 4)
    assert run.figures()["pocket: right object"]["n"] == 8
    assert not run.finished()
    whole = Run(replace(SINGLE, ask=lambda: ASKED))
    whole.go(Wooden(sprites), artist, 4)
    assert whole.finished()
    assert not Run(SINGLE, 0.1).whole
    assert len(Run(SINGLE, 0.1).questions) == 100
    assert judged_sheet(whole).width > 8 * 128


def test_batches_are_of_one_shape():
    asked = SUITES["elongated"].ask()
    parts = list(batches(asked, 8))
    assert [q for part in parts for q in part] == asked
    assert all(len({q.shape for q in part}) == 1 and len(part) <= 8 for part in parts)


def test_what_the_questions_describe_can_be_drawn_and_shown(sprites):
    sheet = contact_sheet([rendered(q, sprites) for q in ASKED], [q.prompt for q in ASKED])
    assert sheet.width > 8 * 128
    wrong = [replace(v, objects=()) for v in RIGHT]
    assert f"{ASKED[0].brief.objects[0]:<16} 1 of 1 wrong: none" in worst(ASKED, wrong, "objects")
    assert worst(ASKED, wrong, "backgrounds") == worst(ASKED, wrong, "colours") == "  none"


def test_the_uncurated_sheet_is_small_enough_to_commit(sprites, tmp_path, capsys):
    draw_sheet(Wooden(sprites), 4, tmp_path / "sheet.webp")
    assert 20_000 < (tmp_path / "sheet.webp").stat().st_size <= 600_000
    with Image.open(tmp_path / "sheet.webp") as sheet:
        assert sheet.width == 8 * 180


def test_four_steps_say_whether_the_lora_was_there(tmp_path):
    class Pipeline:
        def __call__(self, prompts, **given):
            self.given = given
            return type("Output", (), {"images": list(prompts)})

    pipeline = Pipeline()
    with quick(pipeline, tmp_path, 2.0) as (make, how):
        make(ASKED[:2])
    assert "no few-steps LoRA" in how
    assert (pipeline.given["num_inference_steps"], pipeline.given["guidance_scale"]) == (4, 2.0)


def test_four_steps_take_the_lora_its_scheduler_and_no_guidance_and_give_all_back(tmp_path):
    from diffusers import DDIMScheduler, LCMScheduler

    class Pipeline:
        scheduler, loaded = DDIMScheduler(prediction_type="v_prediction"), False

        def load_lora_weights(self, folder, weight_name):
            assert (folder / weight_name).exists()
            self.loaded = True

        def unload_lora_weights(self):
            self.loaded = False

        def __call__(self, prompts, **given):
            self.given = given
            return type("Output", (), {"images": list(prompts)})

    (tmp_path / "few-steps").mkdir()
    (tmp_path / "few-steps" / "pytorch_lora_weights.safetensors").touch()
    pipeline = Pipeline()
    before = pipeline.scheduler
    with quick(pipeline, tmp_path, 2.0) as (make, how):
        make(ASKED[:2])
        assert pipeline.loaded
        assert isinstance(pipeline.scheduler, LCMScheduler)
        assert pipeline.scheduler.config.prediction_type == "v_prediction"
    assert "with the few-steps LoRA" in how
    assert (pipeline.given["num_inference_steps"], pipeline.given["guidance_scale"]) == (4, 1.0)
    assert not pipeline.loaded
    assert pipeline.scheduler is before
