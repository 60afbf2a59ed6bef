"""The layouts as a table, with a sheet that shows each in several shapes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..codecs import data_url
from ..sheet import contact_sheet
from .render import render
from .template import Layout, layouts
from .theme import Theme

if TYPE_CHECKING:
    import pandas as pd

SHAPES = ((600, 600), (1000, 524), (360, 640), (1000, 170))
WORDS = {
    "headline": "Summer starts at the water’s edge", "subline": "Light, quick-drying, made from recycled bottles.", "button": "Shop now",
    "eyebrow": "New season", "price": "€29", "note": "from only", "quote": "It saved our team a whole day every single week.",
    "author": "A happy customer", "role": "Head of marketing", "day": "24", "month": "June", "place": "Kunsthalle, doors open at 7 pm",
}  # fmt: skip
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="2 2 142 36"><g fill="{}"><circle cx="20" cy="20" r="18"/>'
    '<rect x="48" y="8" width="96" height="9" rx="4.5"/><rect x="48" y="23" width="64" height="9" rx="4.5"/></g></svg>'
)


def ball(size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box of the ball in `backdrop`, in pixels."""
    wide, high = size
    radius = (0.26 if not 0.8 < wide / high < 1.2 else 0.19) * min(size)
    x, y = (0.74 * wide, 0.5 * high) if wide >= 1.2 * high else (0.6 * wide, 0.28 * high)
    return x - radius, y - radius, x + radius, y + radius


def backdrop(size: tuple[int, int]) -> Image.Image:
    """A drawn picture of some size: a ball on a warm ground, the rest calm."""
    wide, high = size
    left, top, right, bottom = ball(size)
    radius, cx, cy = (right - left) / 2, (left + right) / 2, (top + bottom) / 2
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    t = (0.35 * x / wide + 0.65 * y / high)[..., None]
    pixels = np.array([252, 231, 211], np.float32) * (1 - t) + np.array([238, 164, 133], np.float32) * t
    shade = np.hypot(x - cx + radius * 0.35, y - cy + radius * 0.35)[..., None] / (1.6 * radius)
    round_ = np.array([74, 128, 190], np.float32) * (1 - shade) + np.array([24, 46, 110], np.float32) * shade
    edge = np.clip(radius - np.hypot(x - cx, y - cy) + 0.5, 0, 1)[..., None]
    return Image.fromarray((pixels * (1 - edge) + round_ * edge).clip(0, 255).astype(np.uint8))


@dataclass(frozen=True)
class Layouts(Mapping[str, Layout]):
    """Layouts by name. Shown in a notebook: a table and a sheet."""

    found: Mapping[str, Layout]
    theme: Theme

    def __getitem__(self, name: str) -> Layout:
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a layout: title, the slots it takes, whether it has a place for a logo, when to use it."""
        import pandas as pd

        rows = [
            {"layout": n, "title": one.title, "slots": ", ".join(one.slots), "logo": one.has_logo, "about": one.about}
            for n, one in self.found.items()
        ]
        return pd.DataFrame(rows, columns=["layout", "title", "slots", "logo", "about"]).set_index("layout")

    @cached_property
    def sheet(self) -> Image.Image:
        """Every layout in four shapes, with words of no meaning, in the theme."""
        own = self.theme.logo or self.theme.logo_on_dark
        theme = self.theme if own else Theme(**{**vars(self.theme), "logo": _LOGO.format(self.theme.ink).encode(),
                                                "logo_on_dark": _LOGO.format(self.theme.paper).encode()})  # fmt: skip
        cells = {}
        for i, one in enumerate(self.found.values()):
            texts = {slot: WORDS.get(slot, slot.capitalize()) for slot in one.slots}
            for j, size in enumerate(SHAPES):
                cells[i, j] = render(one, backdrop(size), size, texts, theme, subject=ball(size)).image
        names = [f"{name}: {one.title}" for name, one in self.found.items()]
        return contact_sheet(names, [f"{w} x {h}" for w, h in SHAPES], cells, side=380, label_width=120)

    def _repr_html_(self) -> str:
        picture = (
            f'<img src="{data_url(self.sheet, "PNG", optimize=True)}" alt="every layout in four shapes" style="max-width:100%">'
        )
        return f"{self.frame.to_html()}{picture}"

    def __repr__(self) -> str:
        return repr(self.frame)


def table(templates: str | os.PathLike[str] | None = None, *, theme: Theme | None = None) -> Layouts:
    """The banner layouts, by name; in a notebook, a table and a sheet that shows each in four shapes.

    templates   a folder of your own: its layouts/*.svg come beside the shipped ones, or in their place.
    theme       what the sheet is drawn in; by default a calm one without any brand.

    `.frame` is the table as a DataFrame, `.sheet` the picture. Raises LayoutError for a wrong template.
    """
    return Layouts(layouts(templates), theme or Theme.default())
