"""One thread a Studio that draws, so that cells stay responsive; those who ask take turns.

From this thread widgets are told by their traits alone: what is printed there would land under a cell of another matter.
"""

from __future__ import annotations

import atexit
import contextlib
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import Interrupted, PromptWarning, RightsWarning, SdkitError

QUEUED, RUNNING, DONE, STOPPED, FAILED = "queued", "running", "done", "stopped", "failed"
_LAST_WORD = 10.0  # seconds that a kernel on its way out waits for the picture being kept

Work = Callable[[threading.Event], Any]
Told = Callable[["Job"], None]


class Job:
    """Work that was asked for.

    state    "queued", "running", "done", "stopped" or "failed".
    value    what the work returned, or None.
    error    why it failed, as a sentence; "" otherwise. `raised` is the exception itself.
    notes    the PromptWarnings and RightsWarnings that came, as sentences.
    """

    def __init__(self, work: Work, told: Told | None) -> None:
        self._work, self._told = work, told
        self._halt, self._over = threading.Event(), threading.Event()
        self.state = QUEUED
        self.value: Any = None
        self.error = ""
        self.raised: BaseException | None = None
        self.notes: list[str] = []

    def stop(self) -> None:
        """Stop within a denoising step; queued work never starts. What is finished is kept."""
        self._halt.set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over, at most so long; whether it is."""
        return self._over.wait(seconds)

    @property
    def over(self) -> bool:
        """Whether it is done, stopped or failed."""
        return self._over.is_set()

    def _run(self) -> None:
        try:
            if self._halt.is_set():
                self._tell(STOPPED)
                return
            self._tell(RUNNING)
            with _collected(self.notes):
                self.value = self._work(self._halt)
            self._tell(STOPPED if self._halt.is_set() or getattr(self.value, "interrupted", False) else DONE)
        except (Interrupted, KeyboardInterrupt):
            self._tell(STOPPED)
        except BaseException as error:  # also what no one foresaw: the person reads it in the widget
            self.raised, self.error = error, sentence(error)
            self._tell(FAILED)
        finally:
            self._over.set()

    def _tell(self, state: str) -> None:
        self.state = state
        if self._told is not None:
            with contextlib.suppress(Exception):  # a widget that was closed meanwhile must not end the thread
                self._told(self)


class Asks:
    """What asks a worker for one piece of work at a time, and may stop it and wait for it."""

    _job: Job | None = None

    def stop(self) -> None:
        """Stop within a denoising step. What is finished stays."""
        if self._job is not None:
            self._job.stop()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the work that was asked for, at most so long; whether it is over."""
        return self._job is None or self._job.wait(seconds)


class Worker:
    """The queue of one Studio. `Worker.of(studio)` is the same for all widgets on it.

    foreground    work at once, in the thread that asks: where what a background thread writes does not show, as on Colab.

    The thread is there while there is work, and ends with it.
    """

    def __init__(self, *, foreground: bool | None = None) -> None:
        self.foreground = in_colab() if foreground is None else foreground
        self._jobs: deque[Job] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.current: Job | None = None

    @classmethod
    def of(cls, studio: object) -> Worker:
        """The worker of this Studio."""
        with _WORKERS_LOCK:
            return _WORKERS.setdefault(studio, cls())

    def submit(self, work: Work, told: Told | None = None) -> Job:
        """Ask for `work(stop)`, which must end within a step of the Event `stop`; `told(job)` hears of each change of state."""
        job = Job(work, told)
        if self.foreground:
            job._run()
            return job
        with self._lock:
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="sdkit-worker", daemon=True)
                self._thread.start()
        return job

    def stop(self) -> None:
        """Stop what runs and all that waits."""
        with self._lock:
            for job in [*self._jobs, *([self.current] if self.current else [])]:
                job.stop()

    def close(self, seconds: float | None = None) -> None:
        """Stop everything and wait, at most so long, until the thread has ended."""
        self.stop()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    @property
    def waiting(self) -> int:
        """How many jobs have not begun."""
        return len(self._jobs)

    def _serve(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._thread = self.current = None
                    return
                self.current = self._jobs.popleft()
            self.current._run()
            self.current = None  # not held on to: its pictures may be large


_WORKERS: WeakKeyDictionary[Any, Worker] = WeakKeyDictionary()
_WORKERS_LOCK = threading.Lock()


@atexit.register
def _close_all() -> None:
    """What was finished is in the store already; the one picture that is being written there gets its moment."""
    for worker in list(_WORKERS.values()):
        worker.close(_LAST_WORD)


def in_colab() -> bool:
    """Whether this kernel is Google Colab's."""
    return "google.colab" in sys.modules


def sentence(error: BaseException) -> str:
    """What a person should read of an error: sdkit's own words as they are, others with their kind."""
    text = " ".join(str(error).split())
    if isinstance(error, SdkitError):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {text}" if text else f"{kind}, and nothing else is known of it."


_HERE = threading.local()


@contextlib.contextmanager
def _collected(notes: list[str]) -> Iterator[None]:
    """Gather the PromptWarnings and RightsWarnings of this thread; other threads' go where they would."""
    before = warnings.showwarning

    def show(message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
        mine = getattr(_HERE, "notes", None)
        if mine is None or not issubclass(category, PromptWarning | RightsWarning):
            before(message, category, *place, **more)
        elif str(message) not in mine:
            mine.append(str(message))

    _HERE.notes, warnings.showwarning = notes, show
    try:
        yield
    finally:
        _HERE.notes = None
        if warnings.showwarning is show:
            warnings.showwarning = before


__all__ = ["DONE", "FAILED", "QUEUED", "RUNNING", "STOPPED", "Asks", "Job", "Worker", "in_colab", "sentence"]
