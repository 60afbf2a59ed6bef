"""The worker: cells stay responsive, Stop is prompt, widgets take turns, and nothing is left over."""

import gc
import subprocess
import sys
import threading
import time
import warnings

import pytest

from sdkit import InputError, PromptWarning, Studio
from sdkit.widgets import Worker

PATIENCE = 60  # seconds, on a machine that does other things too


def threads():
    return [t for t in threading.enumerate() if t.name == "sdkit-worker"]


def draw(studio, **more):
    return lambda stop: studio.generate("a rocket", progress=False, stop=stop, **{"seeds": 1, "steps": 4, **more})


def test_asking_returns_at_once_and_the_pictures_come(painted, painter):
    painter.pace = 0.05
    start = time.perf_counter()
    states = []
    job = Worker.of(painted).submit(draw(painted, seeds=2), lambda job: states.append(job.state))
    assert time.perf_counter() - start < 0.2 and not job.over
    assert job.wait(PATIENCE) and states == ["running", "done"] and len(job.value) == 2
    assert len(painted.experiments) == 2


def test_stop_takes_effect_within_one_step_and_keeps_what_is_finished(painted, painter):
    painter.pace = 0.02
    for _ in range(20):
        painter.steps = 0
        painter.stepped.clear()
        job = Worker.of(painted).submit(draw(painted, seeds=5, steps=50))
        assert painter.stepped.wait(PATIENCE)
        at = painter.steps
        job.stop()
        assert job.wait(PATIENCE) and job.state == "stopped"
        assert painter.steps - at <= 2  # the one that had begun when it was read, and the one that sees the stop
    job = Worker.of(painted).submit(draw(painted, seeds=50, steps=2))
    before = len(painted.experiments)
    deadline = time.monotonic() + PATIENCE
    while len(painted.experiments) < before + 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    job.stop()
    assert job.wait(PATIENCE) and job.state == "stopped" and len(painted.experiments) >= before + 2


def test_widgets_on_one_studio_take_turns_in_order(painted, painter):
    painter.pace = 0.005
    order = []
    jobs = [
        Worker.of(painted).submit(draw(painted, seeds=[i]), lambda job, i=i: order.append((i, job.state))) for i in range(5)
    ]
    assert Worker.of(painted) is Worker.of(painted)
    assert all(job.wait(PATIENCE) for job in jobs) and painter.most_at_once == 1
    assert order == [(i, state) for i in range(5) for state in ("running", "done")]


def test_a_cell_waits_for_the_picture_of_a_widget(painted, painter):
    painter.pace = 0.02
    job = Worker.of(painted).submit(draw(painted, steps=10))
    assert painter.stepped.wait(PATIENCE)
    painted.generate("a lemon", steps=2, progress=False)
    assert painter.most_at_once == 1 and job.wait(PATIENCE) and job.state == "done"


def test_queued_work_that_is_stopped_never_starts(painted, painter):
    painter.pace = 0.02
    first = Worker.of(painted).submit(draw(painted, steps=20))
    second = Worker.of(painted).submit(draw(painted))
    assert second.state == "queued" and Worker.of(painted).waiting >= 1
    second.stop()
    first.stop()
    assert second.wait(PATIENCE) and (first.state, second.state) == ("stopped", "stopped")
    assert len(painted.experiments) == 0


def test_an_error_is_a_sentence_and_the_next_one_works(painted):
    worker = Worker.of(painted)
    bad = worker.submit(draw(painted, steps=0))
    assert bad.wait(PATIENCE) and bad.state == "failed" and isinstance(bad.raised, InputError)
    assert bad.error.startswith("steps: got 0; allowed: a whole number from 1")
    odd = worker.submit(lambda stop: 1 // 0)
    assert odd.wait(PATIENCE) and odd.error == "ZeroDivisionError: integer division or modulo by zero"

    def told(job):
        raise RuntimeError("the widget is closed")

    good = worker.submit(draw(painted), told)
    assert good.wait(PATIENCE) and good.state == "done"


def test_warnings_of_the_thread_become_notes_and_those_of_cells_do_not(painted):
    worker, hold, go = Worker.of(painted), threading.Event(), threading.Event()

    def work(stop):
        hold.set()
        go.wait(PATIENCE)
        return painted.generate("a rocket --no text", progress=False, stop=stop)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        job = worker.submit(work)
        assert hold.wait(PATIENCE)
        warnings.warn("from a cell", PromptWarning, stacklevel=1)
        go.set()
        assert job.wait(PATIENCE)
    assert [str(w.message) for w in seen] == ["from a cell"]
    assert any("--no" in note for note in job.notes) and "from a cell" not in job.notes


def test_no_thread_and_no_studio_is_left_over(tmp_path, painter):
    before = len(threads())
    studio = Studio("painter", store=tmp_path / "s", backend=painter)
    for _ in range(50):
        job = Worker.of(studio).submit(draw(studio, steps=1))
        Worker.of(studio).close(PATIENCE)
        assert job.over
    assert len(threads()) == before
    import weakref

    gone = weakref.ref(studio)
    del studio, job
    gc.collect()
    assert gone() is None


def test_on_colab_it_works_in_the_foreground(painted):
    worker = Worker(foreground=True)
    where = []
    job = worker.submit(lambda stop: where.append(threading.current_thread()))
    assert job.over and where == [threading.current_thread()]


@pytest.mark.slow
def test_a_kernel_on_its_way_out_keeps_the_finished_picture(tmp_path):
    code = f"""
import sys; sys.path.insert(0, {str(__file__).rpartition("/")[0]!r})
from making import Painter
from sdkit import Studio
from sdkit.widgets import Worker
painter = Painter(0.01)
studio = Studio("painter", store={str(tmp_path / "store")!r}, backend=painter)
Worker.of(studio).submit(lambda stop: studio.generate("a rocket", seeds=500, steps=1, progress=False, stop=stop))
while len(studio.experiments) < 3: pass
print(len(studio.experiments))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and not done.stderr.strip()
    from sdkit.experiments import Store

    with Store(tmp_path / "store") as store:
        assert len(store) >= int(done.stdout)
