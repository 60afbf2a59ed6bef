"""What a rendering gives back: the picture, and what was done to get there."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from ..codecs import data_url, encode
from ..findings import Findings
from .draw import over, reach_of
from .flow import Rect
from .fonts import Face


@dataclass(frozen=True)
class Block:
    """One text as it was set.

    box         (left, top, right, bottom) of its ink in pixels; inks, those of its lines.
    size        of its letters, pixels an em; lines, as they were broken; families, the fonts that drew them.
    weight      of the first of them, 1 to 1000.
    contrast    the lowest ratio of `colour` to what is behind it, 1 to 21 (WCAG 2.1).
    """

    slot: str
    text: str
    lines: tuple[str, ...]
    box: Rect
    size: float
    colour: str
    families: tuple[str, ...]
    weight: int
    contrast: float
    inks: tuple[Rect, ...] = ()


@dataclass(frozen=True)
class Banner:
    """A finished banner.

    image       RGB, of exactly `size` pixels.
    blocks      its texts; `logo`, the box of the logo, or None; logo_on_dark, whether it is the one for dark grounds.
    side        where the words stand: "left", "right", "top", "bottom", or "rest".
    scrim       opacity of what was laid behind the words, 0 where the picture needed nothing.
    left_out    slots that had words but no room; templates say which may go.
    svg         all that lies over `background`, as SVG; `document()` has both.
    ground      the background with veils, cards and blocks; shapes, the SVG of buttons, bursts and marks on it.
    taken       the boxes of all that was set: texts, logo, buttons, marks.
    findings    what a person should look at: contrast and what was left out; with a brand, all that its rules say.
    """

    image: Image.Image = field(repr=False)
    layout: str
    blocks: tuple[Block, ...]
    logo: Rect | None
    logo_contrast: float
    logo_on_dark: bool
    side: str
    safe: Rect
    scrim: float
    left_out: tuple[str, ...]
    svg: str = field(repr=False)
    background: Image.Image = field(repr=False)
    faces: tuple[Face, ...] = field(repr=False, default=())
    ground: Image.Image | None = field(repr=False, default=None)
    shapes: tuple[str, ...] = field(repr=False, default=())
    taken: tuple[Rect, ...] = field(repr=False, default=())
    findings: Findings = field(default_factory=Findings)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.size

    @property
    def contrast(self) -> float:
        """The lowest of its texts."""
        return min((b.contrast for b in self.blocks), default=21.0)

    @property
    def under(self) -> Image.Image:
        """What is behind words and logo: the picture with veils, panels and buttons. Where there are buttons, drawn at each call."""
        ground = self.background if self.ground is None else self.ground
        reached = [reach_of(box) for box in self.taken]
        box = (*map(min, zip(*(r[:2] for r in reached), strict=True)), *map(max, zip(*(r[2:] for r in reached), strict=True)))
        return over(ground, self.shapes, box=box if reached else None) if self.shapes else ground  # type: ignore[arg-type]

    def document(self) -> str:
        """The whole banner as one SVG, its picture inside; fonts are named, not carried."""
        back = f'<image width="{self.size[0]}" height="{self.size[1]}" href="{data_url(self.background, "JPEG", quality=92)}"/>'
        head, _, rest = self.svg.partition(">\n")
        return f"{head}>\n{back}\n{rest}"

    def _repr_png_(self) -> bytes:
        return encode(self.image)
