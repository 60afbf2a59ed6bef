"""What the widgets that make pictures share: live previews, and a history of what was made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import traitlets
from PIL import Image

from ..codecs import encode, open_image
from ..errors import InputError
from ..experiments.compare import settings
from ..result import Result
from ..studio import Studio
from .panel import jpeg, picture
from .pictures import Shown, Thumbnails
from .worker import RUNNING, Job
from .working import Steps, Works

_APART = 0.2  # seconds between previews, at least
_SHARE = 1 / 50  # of the time that previews may take
_STAGE = 768  # pixels a side of the picture looked at
_STRIP = 112  # pixels a side in the strip


class Draws(Works):
    """A widget that makes pictures with a Studio.

    history    ids of the pictures made here, in order; `selected` is the place of the one looked at, -1 for none.
    kept       ids of those that were marked to keep.
    """

    history = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    kept = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _preview, _stage = picture(), picture()

    _took: float | None = None  # seconds of the cheapest preview so far; 0 after the first, which learns the model's colours

    def __init__(self, studio: Studio, **traits: Any) -> None:
        self._made: list[Shown] = []
        self._thumbs = Thumbnails(self._made, _STRIP)
        super().__init__(studio, **traits)

    @property
    def results(self) -> list[Result]:
        """The pictures made here, opened from the store."""
        return [self.studio.experiments.open(id) for id in self.history]

    @property
    def result(self) -> Result | None:
        """The picture looked at."""
        return self.studio.experiments.open(self.history[self.selected]) if self.selected >= 0 else None

    # -- making --------------------------------------------------------------------------------------------------------

    def _draw(self, work: Callable[[Watch, threading.Event], Any]) -> Job:
        """Ask the worker for `work(progress, stop)`; what comes of it is seen in the traits. One piece of work at a time."""
        watch = Watch(self)
        return self._ask("generate", lambda stop: work(watch, stop))

    def _told(self, job: Job) -> None:
        with self.hold_sync():
            super()._told(job)
            if job.state != RUNNING:
                self._preview = b""

    def keep(self, id: str = "") -> None:
        """Mark a picture as good enough to use, by default the one looked at; said again, take the mark off."""
        id = id or (self.history[self.selected] if self.selected >= 0 else "")
        if not id:
            raise InputError("id", id, "a picture of the history", "Nothing is selected.")
        if id in self.kept:
            self.studio.experiments.reject(id)
            self.kept = [one for one in self.kept if one != id]
        else:
            self.studio.experiments.keep(id)
            self.kept = [*self.kept, id]

    # -- the history ---------------------------------------------------------------------------------------------------

    def _add(self, result: Result) -> None:
        """Take a finished picture into the strip, and look at it."""
        name = f"{result.request.prompt.text}, seed {result.request.seed}"
        request = result.request
        self._made.append(Shown(
            name, "", "", partial(open_image, result.path), request.prompt.text, request.negative, settings(result), result.id
        ))  # fmt: skip
        with self.hold_sync():
            self._names = [*self._names, name]
            self.history = [*self.history, result.id]
            self.selected = len(self.history) - 1

    def _on_thumbs(self, places: Sequence[int]) -> None:
        wanted = [i for i in places if isinstance(i, int) and 0 <= i < len(self._made)]
        self.tell("thumbs", [self._thumbs[i] for i in wanted], places=wanted)

    def _on_keep(self, id: str) -> None:
        self.keep(id)

    @traitlets.validate("selected")
    def _selected(self, proposal: Any) -> int:
        if not -1 <= proposal["value"] < len(self._made):
            raise InputError("selected", proposal["value"], f"a place from -1 to {len(self._made) - 1}")
        return int(proposal["value"])

    @traitlets.observe("selected")
    def _looked_at(self, _: Any) -> None:
        self._stage = b"" if self.selected < 0 else jpeg(self._made[self.selected].open(), _STAGE, 92)
        self._restill()

    def still(self) -> Image.Image | None:
        """The picture looked at."""
        return self._made[self.selected].open() if self.selected >= 0 else None

    def _alt(self) -> str:
        return self._made[self.selected].name if self.selected >= 0 else super()._alt()


class Watch(Steps):
    """A Progress that sees previews and finished pictures too."""

    def __init__(self, widget: Draws) -> None:
        super().__init__(widget)
        self._draws = widget
        self._next = 0.0

    def preview(self, picture: Callable[[], Image.Image | None]) -> None:
        """Look at it, unless that was done just now: previews take a fiftieth of the time at most, from the first step on."""
        start, widget = time.monotonic(), self._draws
        if start < (self._next or self._start + (widget._took or 0.0) / _SHARE):
            return
        image = picture()
        data = encode(image, "JPEG", quality=80) if image is not None else b""
        took = time.monotonic() - start
        self._next = start + max(_APART, took / _SHARE)
        widget._took = 0.0 if widget._took is None else min(took, widget._took or took)
        if data:
            self._draws._preview = data

    def finished(self, result: Result) -> None:
        """One is done, and in the store."""
        self._draws._add(result)


__all__ = ["Draws", "Watch"]
