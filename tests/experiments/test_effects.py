import io
import itertools
import math
import random

import choix
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageFilter

from benchmarks import stats
from sdkit import InputError, receipts
from sdkit.experiments import Experiments
from sdkit.experiments.bootstrap import holm, paired
from sdkit.experiments.bradley_terry import Fit, win_rate
from sdkit.experiments.contrasts import contrasts, factors
from sdkit.experiments.effects import of_pairs
from sdkit.prompt import Prompt, negative
from sdkit.request import Request
from sdkit.result import Made, Result


@pytest.fixture
def experiments(store):
    return Experiments(store)


def noise(seed, blur=0.0):
    picture = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    return picture.filter(ImageFilter.GaussianBlur(blur)) if blur else picture


def test_a_negative_that_removes_blur_is_found_by_measuring_alone(experiments, store, keep):
    for seed in range(8):
        for thing in ("rocket", "lemon"):
            prompt = Prompt(f"a {thing}", "a {rocket|lemon}", (("thing", thing),))
            keep(store, noise(seed, 1.0 + 0.1 * (seed % 3)), seed, prompt)
            keep(store, noise(seed, 0.4), seed, prompt, negative=negative("@clean"))
    found = experiments.effects(of="sharpness")
    clean = found["@clean"]
    assert (clean.verdict, clean.against, clean.kind, clean.pairs, clean.units) == ("helps", "(none)", "axis", 16, 8)
    assert clean.low > 0 and clean.p < 0.01 and clean.more == 0
    assert found["lemon"].verdict == "no visible difference"  # they are the same pictures
    assert experiments.effects(of="sharpness", better="lower")["@clean"].verdict == "hurts"


def test_what_a_notebook_and_pandas_get(experiments, store, keep):
    for seed, steps in itertools.product(range(6), (2, 4, 8)):
        keep(store, noise(seed, 1 / steps), seed, "a <b>rocket</b> for $5", steps=steps)
        keep(store, noise(seed, 1 / steps), seed, "a <b>lemon</b> for $5", steps=steps)
    found = experiments.effects(of="sharpness")
    assert [row.what for row in found][-3:] == ["2", "4", "8"] and "2 | 4" in [row.against for row in found]
    table = found.frame()
    assert isinstance(table, pd.DataFrame) and list(table.verdict)[-1] == "helps" and len(table) == len(found)
    html = found._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;" in html and "corrected for" in html
    assert "95 % interval" in repr(found) and "steps: 8" in repr(found)
    figure = found.plot()
    assert isinstance(figure, Figure)
    assert Image.open(io.BytesIO(figure._repr_png_())).size > (800, 200)


def test_stars_are_compared_within_a_rater_and_a_seed(experiments, store, add):
    """A generous rater who saw only one side of the experiment changes nothing."""
    for seed in range(8):
        plain, clean = add(store, seed), add(store, seed, negative="blurry")
        experiments.rate(plain, 2 + seed % 2, rater="ann")
        experiments.rate(clean, 3 + seed % 3, rater="ann")
        experiments.rate(plain, 5, rater="generous")
    found = experiments.effects()
    assert found["blurry"].effect == pytest.approx(np.mean([1 + seed % 3 - seed % 2 for seed in range(8)]))
    assert found["blurry"].kind == "negative term" and found["blurry"].against == "without"
    assert len(found) == 1 and found.margin == 0.3 and found.unit == "rated pairs"


def test_no_ratings_no_verdict_but_how_many_to_give(experiments, store, add):
    for seed in range(3):
        add(store, seed)
        add(store, seed, steps=5)
    for of in ("rating", "preference", "kept"):
        (row,) = experiments.effects(of=of)
        assert row.verdict == "not enough data" and row.more > 20 and math.isnan(row.effect)
        assert str(row.more) in repr(experiments.effects(of=of))
    assert "nothing varies" in repr(Experiments(store).effects(of="rating", experiment="none"))


def test_preferences(experiments, store, add):
    shots = {(seed, g): add(store, seed, guidance=g) for seed in range(10) for g in (2.0, 8.0)}
    for seed, rater in itertools.product(range(10), ("ann", "bob", "cem")):
        experiments.prefer(shots[seed, 8.0], shots[seed, 2.0], rater=rater)
    (row,) = experiments.effects(of="preference")
    assert (row.what, row.against, row.verdict, row.pairs) == ("8", "2", "helps", 30)
    assert 0.5 < row.low < row.effect < row.high < 1.0 and row.effect == pytest.approx(30.5 / 31)


def test_even_preferences_are_no_visible_difference(experiments, store, add):
    shots = {(seed, g): add(store, seed, guidance=g) for seed in range(20) for g in (2.0, 8.0)}
    for number in range(200):
        a, b = shots[number % 20, 2.0], shots[number % 20, 8.0]
        experiments.prefer(*((a, b) if number // 20 % 2 else (b, a)), rater=f"r{number // 20}")
    (row,) = experiments.effects(of="preference")
    assert (row.verdict, row.more) == ("no visible difference", 0) and row.effect == pytest.approx(0.5)


def test_it_is_bradley_terry_as_choix_has_it():
    chance = np.random.default_rng(1)
    data = [tuple(map(int, chance.choice(4, 2, replace=False))) for _ in range(4000)]
    data = [(a, b) if chance.random() < win_rate(0.4 * (a - b)) else (b, a) for a, b in data]
    design = np.zeros((len(data), 4))
    for row, (won, lost) in enumerate(data):
        design[row, won], design[row, lost] = 1, -1
    fit = Fit(design, np.ones(len(data)), np.arange(len(data)))
    theirs = choix.opt_pairwise(4, data)
    assert fit.beta - fit.beta.mean() == pytest.approx(theirs - theirs.mean(), abs=2e-3)


def test_words_of_plain_prompts_are_compared_where_only_they_differ(experiments, store, add):
    for prompt in ("a rocket", "a bright rocket", "a lemon", "a bright lemon"):
        add(store, 1, prompt)
    table = experiments.frame()
    found = {c.what: c for c in contrasts(factors(table))}
    assert found["bright"].kind == "word" and len(found["bright"].pairs) == 2


def test_a_models_own_settings_are_a_part_of_the_model(experiments, store):
    for seed, (model, steps) in itertools.product(range(6), (("small", 20), ("large", 4))):
        made = Result(noise(seed, 4 / steps), Request(prompt="a rocket", seed=seed, steps=steps), Made(model, scheduler=model))
        store.add(made, receipts.write(made))
    (row,) = experiments.effects(of="sharpness")
    assert (row.name, row.what, row.against, row.verdict) == ("model", "small", "large", "helps")


def test_a_thin_subset_still_answers(experiments, store, keep):
    """A third of the combinations: no two pictures alike in all else."""
    chosen = [(a, b, (a + b) % 3) for a, b in itertools.product(range(3), repeat=2)]
    for seed, (a, b, c) in itertools.product(range(8), chosen):
        keep(store, noise(seed, 0.3 + 0.3 * a), seed, steps=2 + a, guidance=2.0 + b, strength=0.5, scheduler=f"S{c}")
    found = experiments.effects(of="sharpness")
    assert found["steps: 2"].verdict == "helps" and found["steps: 4"].verdict == "hurts"
    assert {row.verdict for row in found if row.name == "guidance"} <= {"no visible difference", "not enough data"}


def test_suggested_pairs_are_fair_new_and_spread(experiments, store, add):
    for seed, steps, g in itertools.product(range(4), (2, 4), (1.0, 8.0)):
        add(store, seed, steps=steps, guidance=g)
    table = experiments.frame().set_index("id")
    suggested = experiments.suggest(8)
    assert len({frozenset((s.first, s.second)) for s in suggested}) == 8 and "never compared" in suggested[0].why
    for s in suggested:
        one, other = table.loc[s.first], table.loc[s.second]
        assert one.seed == other.seed and (one.steps != other.steps) + (one.guidance != other.guidance) == 1
    assert sum("steps" in s.why for s in suggested) == 4
    for s in suggested:
        experiments.prefer(s.first, s.second)
    again = experiments.suggest(8)
    assert not {frozenset((s.first, s.second)) for s in suggested} & {frozenset((s.first, s.second)) for s in again}


def test_pairs_are_blind(experiments, store, add):
    random.seed(3)
    for seed, steps in itertools.product(range(12), (2, 4)):
        add(store, seed, "a secret rocket", steps=steps)
    pairs = experiments.pairs(12)
    steps = experiments.frame().set_index("id").steps
    assert len({steps[pair.left] for pair in pairs}) == 2  # either side is either
    html = pairs[0]._repr_html_()
    assert html.count("<img ") == 2 and "rocket" not in html + repr(pairs[0]) and pairs[0].left not in html + repr(pairs[0])


def test_inputs(experiments):
    with pytest.raises(InputError, match="sharpness"):
        experiments.effects(of="sharpnes")
    with pytest.raises(InputError, match="better"):
        experiments.effects(better="more")
    with pytest.raises(InputError, match="margin"):
        experiments.effects(margin=0)


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06]) and holm([]) == []


def test_an_interval_of_paired_differences():
    found = paired([1.0, 2.0, 3.0, 2.5, 1.5, 2.0, 2.2, 1.8])
    assert (
        found.low < 2.0 < found.high
        and found.p < 0.001
        and found.n == 8
        and found == paired([1.0, 2.0, 3.0, 2.5, 1.5, 2.0, 2.2, 1.8])
    )
    assert paired([]).n == 0 and paired([0.0] * 6).p == 1.0 and paired([1.0]).low == -math.inf


@pytest.mark.slow
def test_the_verdicts_keep_their_word():
    """A tenth of what `make bench-stats` runs in full, with room for chance."""
    factors_, seeds = stats.design()
    for make in (
        lambda chance: stats.stars(chance, factors_, seeds),
        lambda chance: stats.measure(chance, factors_, seeds),
        lambda chance: stats.pairs(chance, factors_, seeds, 150),
    ):
        verdicts, experiments = stats.null(make, 100)
        assert verdicts.value <= 0.05 and experiments.value <= 0.11
    assert stats.covered(lambda chance: stats.measure(chance, factors_, seeds, 0.6), 0.6, 100).value >= 0.88
    asked = of_pairs(factors_, seeds, [])[0].more
    found = [
        stats.pairs(np.random.default_rng(n), factors_, seeds, asked, effect=0.8473, luck=0, only_first=True) for n in range(60)
    ]
    assert sum(f[0].verdict == "helps" for f in found) >= 42
