"""OutpaintFrame: drag a frame around a picture, or pick a placement, and have the rest painted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import traitlets
from PIL import Image

from .. import canvas
from ..codecs import encode, open_image
from ..errors import InputError, PlacementError, near
from ..export.placements import choose
from ..request import MAX_SEED, MAX_SIDE, real, whole
from ..result import Result
from ..studio import Studio
from .drawing import Draws, Watch
from .panel import css, esm, picture, typed
from .worker import Job

_SIDE = 1024  # pixels a side of the copy that the page gets
SIDES = ("left", "up", "right", "down")


class OutpaintFrame(Draws):
    """A picture in a frame that is larger than it; what is between them is painted.

    studio      what paints, as `Studio.outpaint` does; every try is in `studio.experiments`.
    image       a Result, a PIL image, or a path.
    extend      [left, up, right, down]: pixels that are added on each side of the picture, which is not scaled.
    placement   instead: the name of a placement, whose size the result has; its safe area is shown. "" for none.
    anchor      [x, y] with a placement: how the free room is shared, 0 (all of it right and below) to 1 (left and above).
    prompt      what to paint around; by default the picture's own words without its subject.
    seed        by default 0; `.retry()` takes the next one.

    `.generate()`, `.retry()`, `.stop()`, `.wait()` and `.accept()` do what the buttons do. `.invented` is the share of the result
    that will be painted, `.accepted` the Result that was accepted, or None.
    """

    _esm = esm("outpaint")
    _css = css("outpaint")

    extend = traitlets.List(traitlets.Int(), [0, 0, 0, 0], minlen=4, maxlen=4).tag(sync=True)
    placement = traitlets.Unicode("").tag(sync=True)
    anchor = traitlets.List(traitlets.Float(), [0.5, 0.5], minlen=2, maxlen=2).tag(sync=True)
    prompt = typed(traitlets.Unicode(""))
    seed = traitlets.Int(0).tag(sync=True)
    alt = traitlets.Unicode("the picture").tag(sync=True)
    _accepted = traitlets.Unicode("").tag(sync=True)
    _view = picture()
    _width, _height = traitlets.Int(1).tag(sync=True), traitlets.Int(1).tag(sync=True)
    _placements: Any = traitlets.List().tag(sync=True)

    def __init__(
        self, studio: Studio, image: object, *, placement: str = "", extend: Sequence[int] = (0, 0, 0, 0), **traits: Any
    ) -> None:
        self._places = {p.name: p for p in choose("all") if max(p.size) <= MAX_SIDE}
        self._of = image
        found = image.image if isinstance(image, Result) else image
        opened = found if isinstance(found, Image.Image) else open_image(found)  # type: ignore[arg-type]
        self._picture = canvas.Photo.of(opened).upright()
        width, height = self._picture.size
        scale = min(1.0, _SIDE / max(width, height))
        seen = canvas.Photo(self._picture).view(
            (0, 0, width, height), (max(1, round(width * scale)), max(1, round(height * scale)))
        )
        super().__init__(
            studio, _view=encode(seen, "JPEG", quality=88), _width=width, _height=height,
            alt=str(image.request.prompt) if isinstance(image, Result) else "the picture",
            _placements=[
                [p.group, p.name, f"{p.platform}: {p.title}", *p.size, [p.safe.top, p.safe.right, p.safe.bottom, p.safe.left]]
                for p in self._places.values()
            ],
        )  # fmt: skip
        for name, value in {"placement": placement, "extend": list(extend), **traits}.items():
            if not self.has_trait(name):
                raise InputError(name, value, "a trait of OutpaintFrame")
            setattr(self, name, value)

    @property
    def placed(self) -> canvas.Placed:
        """Where the picture lies on the canvas of the result. Raises InputError where nothing is to be painted."""
        if not self.placement:
            return canvas.widened(self._picture.size, **dict(zip(SIDES, self.extend, strict=True)))
        size = self._places[self.placement].size
        free = canvas.place(self._picture.size, size)
        return canvas.place(self._picture.size, size, self._middle(free))

    def _middle(self, free: canvas.Placed) -> tuple[float, float]:
        """Where the picture's middle goes, as shares of the canvas: what `Studio.outpaint` calls the anchor."""
        pairs = zip(free.size, free.scaled, self.anchor, strict=True)
        x, y = (((size - scaled) * share + scaled / 2) / size for size, scaled, share in pairs)
        return x, y

    @property
    def invented(self) -> float:
        """The share of the result that will be painted, 0 to 1."""
        if not self.placement and not any(self.extend):
            return 0.0
        placed = self.placed
        return 1 - placed.scaled[0] * placed.scaled[1] / (placed.size[0] * placed.size[1])

    @property
    def accepted(self) -> Result | None:
        """The picture that was accepted."""
        return self.studio.experiments.open(self._accepted) if self._accepted else None

    def generate(self) -> Job:
        """Paint around the picture, in the background. Raises InputError where the frame adds nothing."""
        placed = self.placed
        given: dict[str, Any] = {"prompt": self.prompt.strip() or None, "seed": self.seed}
        if self.placement:
            given |= {"size": placed.size, "anchor": self._middle(placed)}
        else:
            given |= dict(zip(SIDES, self.extend, strict=True))

        def work(watch: Watch, stop: threading.Event) -> Result:
            return self.studio.outpaint(self._of, **given, progress=watch, stop=stop)  # type: ignore[arg-type]

        return self._draw(work)

    def retry(self) -> Job:
        """The same with the next seed."""
        self.seed += 1
        return self.generate()

    def accept(self) -> None:
        """Take the picture looked at: it is marked as kept, and is `.accepted`."""
        if self.selected < 0:
            raise InputError("selected", self.selected, "a picture of the history", "Generate one first.")
        self._accepted = self.history[self.selected]
        if self._accepted not in self.kept:
            self.keep(self._accepted)

    def _on_generate(self) -> None:
        self.generate()

    def _on_accept(self) -> None:
        self.accept()

    def still(self) -> Image.Image:
        """The picture looked at, or the one to begin with."""
        return super().still() or self._picture

    def _alt(self) -> str:
        return super()._alt() if self.selected >= 0 else self.alt

    @traitlets.validate("placement")
    def _placement(self, proposal: Any) -> str:
        if proposal["value"] and proposal["value"] not in self._places:
            raise PlacementError(
                "placement", proposal["value"], "the name of a placement", near(proposal["value"], self._places)
            )
        return str(proposal["value"])

    @traitlets.validate("extend")
    def _extend(self, proposal: Any) -> list[int]:
        added = [whole("extend", value, 0, MAX_SIDE) for value in proposal["value"]]
        sides = (self._picture.width + added[0] + added[2], self._picture.height + added[1] + added[3])
        if max(sides) > MAX_SIDE and any(added):
            raise InputError("extend", added, f"at most {MAX_SIDE} pixels a side in all")
        return added

    @traitlets.validate("anchor")
    def _anchor(self, proposal: Any) -> list[float]:
        return [real("anchor", value, 0.0, 1.0) for value in proposal["value"]]

    @traitlets.validate("seed")
    def _seed(self, proposal: Any) -> int:
        return whole("seed", proposal["value"], 0, MAX_SEED)

    def __repr__(self) -> str:
        return f"OutpaintFrame({self._width} x {self._height} pixels, {self.invented:.0%} to be painted)"
