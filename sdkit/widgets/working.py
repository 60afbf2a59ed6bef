"""What the widgets that set a Studio to work share: asking its worker, progress with the time left, Stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import traitlets

from ..errors import InputError
from ..studio import Studio
from .panel import Panel
from .worker import FAILED, QUEUED, RUNNING, Asks, Job, Worker

IDLE = "idle"
_TOLD = 0.1  # seconds between words of progress, at least


class Works(Asks, Panel):
    """A widget that sets a Studio to work.

    state      "idle", "queued", "running", "done", "stopped" or "failed".
    done, total, left     denoising steps, and the seconds that the rest is likely to take (-1 where not known yet).
    notes      what the Studio wants to have said about it.
    """

    state = traitlets.Unicode(IDLE).tag(sync=True)
    done, total = traitlets.Int(0).tag(sync=True), traitlets.Int(0).tag(sync=True)
    left = traitlets.Float(-1.0).tag(sync=True)
    notes = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, studio: Studio, **traits: Any) -> None:
        self.studio = checked(studio)
        super().__init__(**traits)

    @property
    def worker(self) -> Worker:
        """The Studio's worker; all widgets on it take turns there."""
        return Worker.of(self.studio)

    def _ask(self, what: str, work: Callable[[threading.Event], Any]) -> Job:
        """Ask the worker for `work(stop)`, which a person calls `what`. One at a time; what comes of it is seen in the traits."""
        if self._job is not None and not self._job.over:
            raise InputError(what, self.state, "one piece of work at a time in a widget", "Stop it first, or wait.")
        with self.hold_sync():
            self.error, self.notes = "", []
            self.state, self.done, self.total, self.left = QUEUED, 0, 0, -1.0
        self._job = self.worker.submit(work, self._told)
        return self._job

    def _told(self, job: Job) -> None:
        with self.hold_sync():
            self.state, self.notes = job.state, list(job.notes)
            if job.state == FAILED:
                self.error = job.error
            if job.state != RUNNING:
                self.left = -1.0
        if job.over:
            self._restill(at_once=True)

    def close(self) -> None:
        """Stop, and take the widget away. What is finished is in the store."""
        self.stop()
        super().close()

    def _on_stop(self) -> None:
        self.stop()


def checked(studio: object) -> Studio:
    """The Studio, or an InputError for anything else."""
    if not isinstance(studio, Studio):
        raise InputError("studio", studio, "a Studio")
    return studio


class Steps:
    """A Progress that tells the widget as often as is good for both."""

    def __init__(self, widget: Works) -> None:
        self._widget = widget
        self._start = self._said = 0.0

    def __call__(self, done: int, total: int) -> None:
        """So many denoising steps of so many."""
        now = time.monotonic()
        self._start = self._start or now
        if now - self._said < _TOLD and done != total:
            return
        self._said = now
        widget = self._widget
        with widget.hold_sync():
            widget.done, widget.total = done, total
            # The first step is where the clock starts: what comes before it is loading.
            widget.left = round((now - self._start) / (done - 1) * (total - done), 1) if done > 1 else -1.0


__all__ = ["IDLE", "Steps", "Works", "checked"]
