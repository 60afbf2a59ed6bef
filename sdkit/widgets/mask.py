"""MaskCanvas: paint on a picture what a move may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import traitlets
from PIL import Image

from .. import canvas
from ..canvas.blend import inward
from ..codecs import encode, open_image
from ..request import real
from .panel import Panel, css, esm, one_of, picture
from .strokes import Stroke, checked, paint

_SIDE = 1600  # pixels a side of the copy that the page gets
_MARK = (91, 76, 240)  # the colour of what is to be repainted
TOOLS = ("brush", "erase", "box", "lasso")


class MaskCanvas(Panel):
    """A picture to paint a mask on, by mouse, touch, pen or keyboard.

    image      a PIL image, a Result, or a path; of any size. A smaller copy is drawn, the mask comes back at full size.
    mask       to begin with: a mask of any origin, as `Studio.inpaint` takes them.
    protect    what no mask may cover, likewise, or a list of such. It is shown hatched, and never in `.mask`.
    tool       "brush", "erase", "box" or "lasso".
    size       diameter of the brush in pixels of the picture; by default a twelfth of its shorter side.
    feather    pixels inside the edge over which the repainted fades in; for `.soft`, and for `inpaint(feather=)`.

    `.mask` is "L" of the picture's size, 255 = repaint, else 0; set it to begin anew, None for nothing. `.soft` is the same
    with its edge feathered. `.strokes` is what was painted since, as a list of plain mappings (`sdkit.widgets.strokes`), which
    can be read, stored and set; `.undo()`, `.redo()`, `.clear()`, `.invert()` do what their buttons do.

    Raises ImageError for what is no image, InputError for masks of another size and for unknown tools.
    """

    _esm = esm("mask")
    _css = css("mask")

    strokes: Any = traitlets.List().tag(sync=True)
    undone: Any = traitlets.List().tag(sync=True)
    tool = traitlets.Unicode("brush").tag(sync=True)
    subtract = traitlets.Bool(False).tag(sync=True)
    size = traitlets.Float(40.0).tag(sync=True)
    feather = traitlets.Int(0).tag(sync=True)
    zoom = traitlets.Float(1.0).tag(sync=True)
    alt = traitlets.Unicode("the picture").tag(sync=True)
    _view, _base, _protect = picture(), picture(), picture()
    _width, _height = traitlets.Int(1).tag(sync=True), traitlets.Int(1).tag(sync=True)

    def __init__(
        self, image: object, *, mask: object = None, protect: object = None, tool: str = "brush", size: float | None = None,
        feather: int = 0, **traits: Any,
    ) -> None:  # fmt: skip
        request = getattr(image, "request", None)
        found = getattr(image, "image", image)
        opened = found if isinstance(found, Image.Image) else open_image(found)  # type: ignore[arg-type]
        self._image = canvas.Photo.of(opened).upright()
        width, height = self._image.size
        scale = min(1.0, _SIDE / max(width, height))
        self._seen = canvas.Photo(self._image).view(
            (0, 0, width, height), (max(1, round(width * scale)), max(1, round(height * scale)))
        )
        super().__init__(
            tool=tool, feather=feather, size=size or max(4.0, round(min(width, height) / 12)), _width=width, _height=height,
            alt=str(request.prompt) if request is not None else "the picture", _view=encode(self._seen, "JPEG", quality=88), **traits,
        )  # fmt: skip
        self._kept = self._read(protect, "protect")
        self._start = self._read(mask, "mask")
        self._protect, self._base = self._shown(self._kept), self._shown(self._start)

    # -- what the page asks for ----------------------------------------------------------------------------------------

    _then: Callable[[], object] | None = None

    def _after_page(self, then: Callable[[], object]) -> None:
        """Call `then` once all that was done in the page before now has come: strokes, and what stands in other widgets."""
        self._then = then
        self.tell("all")

    def _on_all(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()

    # -- the mask ------------------------------------------------------------------------------------------------------

    @property
    def image(self) -> Image.Image:
        """The picture, upright, at full size."""
        return self._image

    @property
    def mask(self) -> Image.Image:
        """What is to be repainted, "L" of the picture's size: 255, and 0 for what stays."""
        return Image.fromarray(self._white().astype(np.uint8) * 255)

    @mask.setter
    def mask(self, value: object) -> None:
        start = self._read(value, "mask")
        with self.hold_sync():
            self._start, self.strokes, self.undone = start, [], []
            self._base = self._shown(start)

    @property
    def soft(self) -> Image.Image:
        """The mask with an edge that fades over `feather` pixels inside it, "L"."""
        white = self._white()
        if not self.feather or not white.any() or white.all():
            return Image.fromarray(white.astype(np.uint8) * 255)
        return Image.fromarray(np.rint(inward(white, self.feather) * 255).astype(np.uint8))

    def _white(self) -> np.ndarray:
        white = paint(self.strokes, self._start)
        return white & ~self._kept

    def _read(self, what: object, parameter: str) -> np.ndarray:
        """Bools (height, width) of a mask of any origin, or of several."""
        white = np.zeros((self._image.height, self._image.width), bool)
        several = what if isinstance(what, list) else [what]
        for one in several:
            if one is not None:
                found = getattr(one, "image", one)
                if (
                    not isinstance(found, Image.Image) or found.convert("L").point(lambda v: v >= 128).getbbox()
                ):  # an empty one is one too
                    white |= np.asarray(canvas.mask_of(found, self._image, parameter=parameter)) > 0  # type: ignore[arg-type]
        return white

    def _shown(self, white: np.ndarray) -> bytes:
        """The mask as a small PNG for the page, b"" for an empty one."""
        if not white.any():
            return b""
        return encode(Image.fromarray(white.astype(np.uint8) * 255).resize(self._seen.size, Image.Resampling.BOX))

    # -- what the buttons do -------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.strokes:
            with self.hold_sync():
                self.undone = [*self.undone, self.strokes[-1]]
                self.strokes = self.strokes[:-1]

    def redo(self) -> None:
        """Put back what was taken back last."""
        if self.undone:
            with self.hold_sync():
                self.strokes = [*self.strokes, self.undone[-1]]
                self.undone = self.undone[:-1]

    def add(self, stroke: Stroke) -> None:
        """Paint one stroke, as a mapping that `sdkit.widgets.strokes` describes."""
        with self.hold_sync():
            self.strokes, self.undone = [*self.strokes, stroke], []

    def clear(self) -> None:
        """Nothing is to be repainted. It can be undone."""
        self.add({"tool": "clear"})

    def invert(self) -> None:
        """Repaint what is kept, and keep what was to be repainted; protected regions stay."""
        self.add({"tool": "invert"})

    # -- how it is shown -----------------------------------------------------------------------------------------------

    def still(self) -> Image.Image:
        """The picture with its mask laid over, as the saved notebook shows it."""
        white = self.mask.resize(self._seen.size, Image.Resampling.BOX).point(lambda v: v // 2)
        return Image.composite(Image.new("RGB", self._seen.size, _MARK), self._seen, white)

    def _alt(self) -> str:
        return f"Mask on {self.alt}: {self._white().mean():.0%} is to be repainted"

    @traitlets.observe("strokes", "_base")
    def _painted(self, _: Any) -> None:
        self._restill()

    @traitlets.validate("strokes", "undone")
    def _strokes(self, proposal: Any) -> list[Stroke]:
        return checked(proposal["value"])

    @traitlets.validate("tool")
    def _tool(self, proposal: Any) -> str:
        return one_of("tool", proposal["value"], TOOLS)

    @traitlets.validate("size")
    def _size(self, proposal: Any) -> float:
        return real("size", proposal["value"], 0.0, 100_000.0, open_low=True)

    @traitlets.validate("feather")
    def _feather(self, proposal: Any) -> int:
        return int(real("feather", proposal["value"], 0, 1000))

    @traitlets.validate("zoom")
    def _zoom(self, proposal: Any) -> float:
        return real("zoom", proposal["value"], 1.0, 32.0)

    def __repr__(self) -> str:
        return f"MaskCanvas({self._width} x {self._height} pixels, {len(self.strokes)} strokes)"
