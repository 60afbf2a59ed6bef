"""What exports and banners share: the plan of how each placement is cut, and the wider masters that the model paints for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from . import canvas
from .backends.base import Backend, Progress
from .errors import Interrupted
from .experiments import Experiments
from .moves import AROUND
from .request import MAX_SIDE, Request
from .result import Result
from .workshop import Workshop

if TYPE_CHECKING:
    from .export import Extension, Placement, Plan

_ANY_SIDE = 100_000  # pixels: a canvas of the plan may be larger than a Request; it is then painted smaller


class Masters(Workshop, Protocol):
    """The part of a Studio that makes one picture reach every shape."""

    experiments: Experiments
    _backend: Backend | None

    @property
    def backend(self) -> Backend:
        """The loaded model."""

    def _planned(
        self, image: Image.Image, wanted: Sequence[Placement], *, focus: tuple[float, float] | None = None,
        fit: Mapping[str, str] | None = None, anchor: str | None = None, unloaded: bool = False,
    ) -> Plan:  # fmt: skip
        """How each placement is cut, by what this Studio's model can do; it is loaded only where something has to be painted.

        unloaded   do not load it for this: where it is not there yet, it is taken for one that can outpaint.
        """
        from . import export

        def plan(can_outpaint: bool, multiple: int = 8) -> Plan:
            return export.plan(
                image.size, wanted, image=image, focus=focus, can_outpaint=can_outpaint, fit=fit, anchor=anchor,
                max_side=_ANY_SIDE, multiple=multiple,
            )  # fmt: skip

        planned = plan(can_outpaint=True)
        if not planned.extensions or (unloaded and self._backend is None):
            return planned
        return plan("inpaint" in self.backend.can.kinds, self.backend.can.multiple)

    def _masters(
        self, source: Result | None, image: Image.Image, planned: Plan, called: str, note: str,
        progress: bool | Progress = True, stop: Event | None = None, check: Callable[[], None] | None = None,
    ) -> dict[Extension, Image.Image]:  # fmt: skip
        """The extended masters of a plan: those that this model painted before from the store, the others painted now.

        check   is called where there is something to paint: what it raises, stops it.

        Raises Interrupted when stopped; what was finished is in the store, and is found there the next time.
        """
        requests = [self._extended(source, image, extension, called) for extension in planned.extensions]
        found = {request.key: painted for request in requests if (painted := self._painted(request)) is not None}
        missing = [request for request in requests if request.key not in found]
        if missing and check is not None:
            check()
        wide = self.run(missing, note=note, progress=progress, stop=stop) if missing else ()
        if len(wide) < len(missing):
            raise Interrupted("Stopped before any file was written. The pictures that were finished are kept.")
        found |= {request.key: result.image for request, result in zip(missing, wide, strict=True)}
        return {extension: found[request.key] for extension, request in zip(planned.extensions, requests, strict=True)}

    def _painted(self, request: Request) -> Image.Image | None:
        """What this very model once made of a request, where the store still has it."""
        made: Any = getattr(self.backend, "made", None)
        if made is None or not made.model_hash:
            return None
        for row in reversed(self.experiments.store.find(request.key)):
            if row.model_hash == made.model_hash and row.path.is_file():
                return self.experiments.open(row.id).image
        return None

    def _extended(self, source: Result | None, image: Image.Image, extension: Extension, called: str) -> Request:
        """The request that fills a canvas of the plan, scaled down where it is larger than a Request may be."""
        scale = min(1.0, MAX_SIDE / max(extension.size))

        def shrunk(pair: tuple[int, int], low: int = 1) -> tuple[int, int]:
            return max(low, round(pair[0] * scale)), max(low, round(pair[1] * scale))

        wide, mask = canvas.extend(
            image, canvas.Placed(shrunk(extension.size), shrunk(image.size), shrunk(extension.offset, 0))
        )
        return self._around(source, wide, mask, None, None, None, None, None, None, called, AROUND)  # type: ignore[attr-defined]
