"""A finished banner as the lint looks at it: the picture beneath, the text blocks and the logo, all in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from ..errors import InputError
from .colours import full, is_hex

Box = tuple[float, float, float, float]

_OWN_SIZE = 970  # pixels: the widest display ad; what is wider is drawn to be shown smaller
_PHONE = 400.0  # CSS pixels across a large phone


@dataclass(frozen=True)
class Insets:
    """What a platform may cover or cut, in pixels from each side."""

    top: float = 0
    right: float = 0
    bottom: float = 0
    left: float = 0


@dataclass(frozen=True)
class Block:
    """One block of text as it was set.

    kind     "headline", "subline", "button" ...: the rules count lines by it.
    box      of the ink with its line spacing: (left, top, right, bottom) in pixels of the banner.
    inks     the boxes of its lines, where they are known: what is behind the end of a short line counts for nothing.
    lines    the text as it was broken; size, of the type in pixels (em); colour, "#rrggbb"; family and weight, of the font.
    """

    kind: str
    box: Box
    lines: tuple[str, ...]
    size: float
    colour: str
    family: str
    weight: int = 400
    inks: tuple[Box, ...] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "box", box_of("box", self.box))
        set_(self, "inks", tuple(box_of("inks", box) for box in self.inks))
        if isinstance(self.lines, str) or not all(isinstance(line, str) for line in self.lines):
            raise InputError("lines", self.lines, "the lines of the text, a str each")
        set_(self, "lines", tuple(self.lines))
        if isinstance(self.size, bool) or not isinstance(self.size, int | float) or not 0 < self.size < math.inf:
            raise InputError("size", self.size, "pixels over 0")
        if not is_hex(self.colour):
            raise InputError("colour", self.colour, '"#rrggbb"')
        set_(self, "colour", full(self.colour))

    @property
    def text(self) -> str:
        """The lines as one."""
        return " ".join(self.lines)


@dataclass(frozen=True)
class Mark:
    """The logo as it was set: its box, and whether it is the one for dark backgrounds."""

    box: Box
    dark: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "box", box_of("box", self.box))


@dataclass(frozen=True)
class Finished:
    """A banner before its text and logo are drawn, and where they go.

    under       the picture beneath them in the placement's size, with panels, buttons and veils drawn: what is behind the words.
    blocks      the text; logo, or None.
    placement   its name, for the report; safe, what the platform may cover.
    seen        CSS pixels of width at which people see it; by default `seen_width`.
    """

    under: Image.Image = field(repr=False)
    blocks: tuple[Block, ...] = ()
    logo: Mark | None = None
    placement: str = ""
    safe: Insets = Insets()
    seen: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.under, Image.Image):
            raise InputError("under", self.under, "a PIL image")
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if isinstance(self.seen, bool) or not isinstance(self.seen, int | float) or not 0 <= self.seen < math.inf:
            raise InputError("seen", self.seen, "CSS pixels over 0, or 0 for what is usual")
        object.__setattr__(self, "seen", float(self.seen) or seen_width(self.under.width))

    @property
    def scale(self) -> float:
        """CSS pixels as seen, of one pixel of the banner."""
        return self.seen / self.under.width

    @property
    def clear(self) -> Box:
        """The safe area as a box in pixels."""
        width, height = self.under.size
        return self.safe.left, self.safe.top, width - self.safe.right, height - self.safe.bottom


def seen_width(width: int) -> float:
    """CSS pixels at which people see a banner of so many pixels: display ads as they are, all that is wider on a phone."""
    return float(width) if width <= _OWN_SIZE else _PHONE


def box_of(parameter: str, box: Sequence[float]) -> Box:
    """A checked box. Raises InputError for any other value."""
    fine = isinstance(box, tuple | list) and len(box) == 4
    fine = fine and all(isinstance(n, int | float) and not isinstance(n, bool) and math.isfinite(n) for n in box)
    if not fine or not (box[0] < box[2] and box[1] < box[3]):
        raise InputError(parameter, box, "(left, top, right, bottom) in pixels, left before right and top before bottom")
    left, top, right, bottom = box
    return left, top, right, bottom
