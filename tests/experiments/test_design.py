import collections
import itertools
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit import InputError, Interrupted, Studio
from sdkit.backends.base import Can
from sdkit.experiments.design import balanced, conditions
from sdkit.prompt import expand
from sdkit.result import Made, Result

ROOT = Path(__file__).parents[2]


class Painter:
    """A backend that paints a flat colour from the request: as many pictures as wanted, at once. It counts what it makes."""

    can = Can(kinds=frozenset({"text2img", "img2img", "inpaint"}), native=(64, 64), steps=4, guidance=3.0, loras=True)

    def __init__(self, name="painter", seconds=2.0):
        self.made = Made(name, f"hash of {name}", device="cpu")
        self.painted = []
        self.seconds = seconds

    def run(self, requests, *, progress=None, stop=None):
        for request in requests:
            if stop is not None and stop.is_set():
                raise Interrupted("stopped")
            self.painted.append(request)
            colour = tuple(int(request.key[i : i + 2], 16) for i in (0, 2, 4))
            yield Result(Image.new("RGB", request.size, colour), request, self.made, self.seconds)


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
def studio(tmp_path, painter):
    return Studio("painter", store=tmp_path / "store", backend=painter)


AXES = {"guidance": [2.0, 8.0], "negative": ["", "@clean"], "steps": [2, 4, 8]}


def test_every_combination_with_the_same_seeds(studio, painter, capsys):
    shots = studio.experiment("first", "a {rocket|lemon}", axes=AXES, seeds=[3, 5])
    said = capsys.readouterr().out
    assert "first: 48 pictures = 24 conditions x 2 seeds (every combination)" in said
    assert "negative: (none) | @clean" in said and "To make: 48. Time: unknown" in said and "Cost: 0, on this machine" in said
    seen = collections.Counter((s.request.prompt.text, s.request.guidance, s.request.negative, s.request.steps) for s in shots)
    assert len(shots) == 48 and set(seen.values()) == {2} and len(seen) == 24
    assert [s.request.seed for s in shots] == [3, 5] * 24
    table = studio.experiments.frame(experiment="first")
    assert len(table) == 48 and table.groupby(["v1", "guidance", "steps"]).seed.nunique().eq(2).all()
    assert [r.seed for r in painter.painted] == [3] * 24 + [5] * 24  # stopped half-way, whole conditions can be compared


def test_a_plan_is_looked_at_first_and_then_run(studio, painter):
    studio.generate("warm up", steps=4, progress=False)  # 2 s for 4 steps
    plan = studio.plan("p", "a {rocket|lemon}", axes={"steps": [2, 4]}, seeds=3)
    assert repr(plan) == str(plan)
    assert (plan.images, plan.missing, plan.conditions, plan.of, plan.cost) == (12, 12, 4, 4, 0.0)
    assert plan.seconds == pytest.approx(6 * (1.0 + 2.0)) and "about 18 s" in str(plan)
    assert plan.factors == (("v1", ("rocket", "lemon")), ("steps", ("2", "4"))) and "rocket" in plan._repr_html_()
    assert len(painter.painted) == 1
    assert len(studio.experiment(plan, progress=False)) == 12
    again = studio.plan("p", "a {rocket|lemon}", axes={"steps": [2, 4, 8]}, seeds=3)
    assert (again.images, again.missing) == (18, 6)
    assert len(studio.experiment(plan, progress=False)) == 12 and len(painter.painted) == 13  # nothing anew
    assert studio.plan("other", "a {rocket|lemon}", axes={"steps": [2, 4]}, seeds=3).missing == 12


def test_stopped_it_goes_on_and_makes_nothing_twice(studio, painter):
    stop = threading.Event()
    add = studio.experiments.store.add

    def add_and_stop(*given, **named):
        if len(studio.experiments) == 6:
            stop.set()
        return add(*given, **named)

    studio.experiments.store.add = add_and_stop
    with pytest.raises(Interrupted):
        studio.experiment("long", "a {rocket|lemon}", axes=AXES, seeds=2, progress=False, stop=stop)
    done = len(studio.experiments)
    assert 6 <= done < 12
    studio.experiments.store.add = add
    assert studio.plan("long", "a {rocket|lemon}", axes=AXES, seeds=2).missing == 48 - done
    shots = studio.experiment("long", "a {rocket|lemon}", axes=AXES, seeds=2, progress=False)
    assert len(shots) == len(studio.experiments) == len({s.id for s in shots}) == len(painter.painted) == 48


KILLED = """
    import os, sys
    sys.path.insert(0, "tests/experiments")
    from test_design import AXES, Painter
    from sdkit import Studio
    import sdkit.experiments.store as store
    record, count = store.record, [0]
    def dying(*given, **named):  # the picture is on disk, its row is not
        count[0] += 1
        if count[0] == 8:
            os.kill(os.getpid(), 9)
        return record(*given, **named)
    store.record = dying
    Studio("painter", store=sys.argv[1], backend=Painter()).experiment("k", "a {rocket|lemon}", axes=AXES, seeds=2, progress=False)
"""


def test_killed_at_the_worst_moment_it_goes_on_and_makes_nothing_twice(tmp_path, painter):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), tmp_path / "store"], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    studio = Studio("painter", store=tmp_path / "store", backend=painter)
    shots = studio.experiment("k", "a {rocket|lemon}", axes=AXES, seeds=2, progress=False)
    assert len(shots) == len(studio.experiments.frame(experiment="k")) == len(studio.experiments) == 48
    assert len(painter.painted) == 40  # eight were there, the one without a row among them


def test_any_field_can_be_an_axis(studio, painter):
    image = Image.new("RGB", (64, 64), "navy")
    axes = {"size": [(64, 64), (128, 64)], "scheduler": ["", "DDIMScheduler"], "lora:ink": [0, 0.5], "strength": [0.3, 0.9]}
    shots = studio.experiment("axes", "a rocket", axes=axes, seeds=1, image=image, progress=False)
    assert {s.request.size for s in shots} == {(64, 64), (128, 64)} and {s.request.strength for s in shots} == {0.3, 0.9}
    assert {s.request.loras for s in shots} == {(), (("ink", 0.5),)} and len(shots) == 16


def test_what_is_not_an_axis(studio, painter):
    for axes in ({"guidence": [1, 2]}, {"guidance": 3}, {"guidance": []}, {"negative": "abc"}, {"lora:": [1]}, {"seed": [1]}):
        with pytest.raises(InputError, match="axes"):
            studio.plan("x", "a rocket", axes=axes)
    with pytest.raises(InputError, match="guidance"):
        studio.plan("x", "a rocket", axes={"guidance": [1, 99]})
    with pytest.raises(InputError, match="name"):
        studio.plan(" ", "a rocket")
    with pytest.raises(InputError, match="combinations"):
        studio.plan("x", "a rocket", axes={"steps": list(range(1, 400)), "guidance": [n / 10 for n in range(400)]})
    for subset in (0, 13, True, 2.5):
        with pytest.raises(InputError, match="subset"):
            studio.plan("x", "a rocket", axes={"steps": [1, 2, 3], "guidance": [1, 2, 3, 4]}, subset=subset)
    assert painter.painted == []


def test_a_backend_without_loras_refuses_them(pocket, tmp_path):
    with pytest.raises(InputError, match="loras"):
        Studio(store=tmp_path, backend=pocket).plan("x", "a rocket", axes={"lora:ink": [0, 1]})


def test_a_subset_is_balanced(studio):
    axes = {"guidance": [2, 4, 8], "negative": ["", "@clean"], "scheduler": ["", "A", "B", "C"]}
    plan = studio.plan("s", "a {rocket|lemon|cup} on {mint|navy}", axes=axes, seeds=2, subset=24)
    assert (plan.conditions, plan.of, plan.images) == (24, 144, 48) and "24 of 144 combinations, balanced" in str(plan)
    got = [(dict(t.request.prompt.choices)["v1"], dict(t.request.prompt.choices)["v2"], t.request.guidance,
            t.request.negative, t.request.scheduler) for t in plan.trials[::2]]  # fmt: skip
    assert len(set(got)) == 24
    for i in range(5):
        assert len(set(collections.Counter(c[i] for c in got).values())) == 1, "each level equally often"
    for i, j in itertools.combinations(range(5), 2):
        counts = collections.Counter((c[i], c[j]) for c in got)
        assert max(counts.values()) - min(counts.values()) <= 2 and len(counts) == len(set(c[i] for c in got)) * len(
            set(c[j] for c in got)
        )
    assert plan.trials == studio.plan("s", "a {rocket|lemon|cup} on {mint|navy}", axes=axes, seeds=2, subset=24).trials


@settings(max_examples=30)
@given(st.lists(st.integers(2, 5), min_size=1, max_size=4), st.data())
def test_levels_of_any_subset_are_as_even_as_can_be(sizes, data):
    every = list(itertools.product(*(range(n) for n in sizes)))
    size = data.draw(st.integers(1, len(every)))
    chosen = balanced([[c[i] for c in every] for i in range(len(sizes))], size, data.draw(st.integers(0, 9)))
    assert len(set(chosen)) == size
    for i, n in enumerate(sizes):
        counts = collections.Counter(every[place][i] for place in chosen)
        assert max(counts.values()) - min(counts[level] for level in range(n)) <= 1


def test_prompts_without_variants_are_one_axis():
    chosen, of = conditions(list(expand("a rocket")) + list(expand("a lemon")), {"steps": [1, 2]}, subset=2)
    assert of == 4 and {c["prompt"].text for c in chosen} == {"a rocket", "a lemon"} and {c["steps"] for c in chosen} == {1, 2}
