"""Repaint: a mask canvas with what paints it anew."""

from __future__ import annotations

from typing import Any

import ipywidgets
from PIL import Image

from ..backends.base import Progress
from ..result import Patched
from ..studio import Studio
from .closing import put_away
from .compare import Compare
from .mask import MaskCanvas
from .stills import Stilled, view_of
from .worker import DONE, FAILED, QUEUED, RUNNING, STOPPED, Asks, Job, Worker, sentence
from .working import checked

_SAID = {QUEUED: "Waiting for its turn.", RUNNING: "Painting …", STOPPED: "Stopped.", DONE: "Done, and kept in the store."}


class Repaint(Asks, Stilled, ipywidgets.VBox):
    """Paint a mask, say what belongs there, and see it before and after.

    studio     what paints, as `Studio.inpaint` does; every try is in `studio.experiments`.
    canvas     a MaskCanvas, or anything that it takes.
    prompt     what to paint; "" removes what is under the mask.

    `.run()`, `.stop()` and `.wait()` do what the buttons do; `.result` is the last Patched, or None.
    """

    def __init__(self, studio: Studio, canvas: object, prompt: str = "") -> None:
        self.studio = checked(studio)
        self.canvas = canvas if isinstance(canvas, MaskCanvas) else MaskCanvas(canvas)
        self.result: Patched | None = None
        self.prompt = ipywidgets.Text(
            prompt, placeholder="what to paint there; left empty, what is there is removed", description="paint"
        )
        self.seed = ipywidgets.IntText(0, description="seed")
        self.go = ipywidgets.Button(description="Repaint", button_style="primary", tooltip="paint what is marked")
        self.halt = ipywidgets.Button(description="Stop", disabled=True, tooltip="within one step")
        self.bar = ipywidgets.FloatProgress(0, max=1)
        self.status = ipywidgets.Label("")
        self.go.on_click(lambda _: self.canvas._after_page(self.run))  # while a cell ran, the click overtook strokes and words
        self.halt.on_click(lambda _: self.stop())
        for field, width in ((self.prompt, "min(100%, 440px)"), (self.seed, "130px"), (self.bar, "130px")):
            field.layout.width = width
        for field in (self.prompt, self.seed):
            field.style.description_width = "initial"
        for button in (self.go, self.halt):
            button.layout.width = "auto"
        self._form = ipywidgets.HBox([self.prompt, self.seed, self.go, self.halt, self.bar, self.status])
        self._form.layout.flex_flow, self._form.layout.margin = "row wrap", "10px 4px"
        self._show(busy=False)
        super().__init__([self.canvas, self._form])

    def run(self) -> Job | None:
        """Paint, in the background; None where there is nothing to paint, which the widget says."""
        if self._job is not None and not self._job.over:
            return self._job
        canvas, words, seed = self.canvas, self.prompt.value.strip() or None, self.seed.value
        mask = canvas.mask
        if not mask.getbbox():
            self.status.value = "Mark something on the picture first."
            return None

        def report(done: int, total: int) -> None:
            self.bar.value = done / max(1, total)

        progress: Progress = report
        self.bar.value = 0
        self._job = Worker.of(self.studio).submit(
            lambda stop: self.studio.inpaint(
                canvas.image.copy(), mask, words, feather=canvas.feather, seed=seed, progress=progress, stop=stop
            ),
            self._told,
        )
        return self._job

    def _told(self, job: Job) -> None:
        self._show(busy=job.state in (QUEUED, RUNNING))
        self.status.value = job.error if job.state == FAILED else _SAID[job.state]
        if job.state == DONE:
            self.result = job.value
            try:
                compare: Any = Compare({"before": self.canvas.image, "after": self.result.image})
            except Exception as error:
                self.status.value = sentence(error)
                return
            old = self.children[2:]  # type: ignore[has-type]
            self.children = (self.canvas, self._form, compare)
            for child in old:
                put_away(child)
            self._restill(at_once=True)

    def _show(self, busy: bool) -> None:
        """Which buttons can be pressed, and whether there is progress to be seen."""
        self.go.disabled, self.halt.disabled = busy, not busy
        self.bar.layout.display = None if busy else "none"

    def still(self) -> Image.Image:
        """What was painted last, or the picture with its mask."""
        return self.result.image if self.result is not None else self.canvas.still()

    def _alt(self) -> str:
        return self.canvas._alt() if self.result is None else f"{self.canvas.alt}, repainted"

    def _token(self) -> str:
        return self.canvas._token()  # which is live wherever this is

    def _live(self) -> Any:
        return view_of(self), {}

    def close(self) -> None:
        """Stop, and take the widgets away."""
        self.stop()
        super().close()

    def __repr__(self) -> str:
        return f"Repaint({self.canvas!r})"
