"""Labelled grids of pictures, drawn with Pillow, and pictures side by side in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from .codecs import data_url, thumbnail

_INK, _PAPER, _GAP = (38, 42, 50), (255, 255, 255), 10


def contact_sheet(
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Mapping[tuple[int, int], Image.Image],
    *,
    side: int = 256,
    label_width: int = 180,
) -> Image.Image:
    """One RGB picture: row labels down the left, column labels on top, pictures of at most `side` pixels a side.

    Each row is as high and each column as wide as its largest picture.
    """
    font = ImageFont.load_default(14)
    small = {}
    for place, image in cells.items():
        copy = image.convert("RGB")
        copy.thumbnail((side, side), Image.Resampling.LANCZOS)
        small[place] = copy
    widths = [max([c.width for (_, j), c in small.items() if j == k] or [40]) for k in range(len(columns))]
    labels = [wrap(label, font, label_width) for label in rows]
    heights = [max([c.height for (i, _), c in small.items() if i == k] or [40]) for k in range(len(rows))]
    heights = [max(h, 18 * len(text) + 6) for h, text in zip(heights, labels, strict=True)]
    left, top = label_width + 2 * _GAP, 20 + 2 * _GAP
    sheet = Image.new("RGB", (left + sum(widths) + _GAP * len(widths), top + sum(heights) + _GAP * len(heights)), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for j, label in enumerate(columns):
        pen.text((left + sum(widths[:j]) + _GAP * j, _GAP), label, fill=_INK, font=font)
    for i, lines in enumerate(labels):
        y = top + sum(heights[:i]) + _GAP * i
        for k, line in enumerate(lines):
            pen.text((_GAP, y + 18 * k), line, fill=_INK, font=font)
        for j in range(len(columns)):
            if (i, j) in small:
                sheet.paste(small[i, j], (left + sum(widths[:j]) + _GAP * j, y))
    return sheet


def wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels, broken at spaces (a longer word stands alone)."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


class show:
    """Pictures side by side with their names, for a notebook: `show(before=shot, after=done)`, or a dict of them.

    Anything with an `image`, such as a Result, or a PIL image; each at most `side` pixels a side.
    """

    def __init__(self, pictures: Mapping[str, object] | None = None, *, side: int = 320, **named: object) -> None:
        self.pictures = {**(pictures or {}), **named}
        self.side = side

    def _repr_html_(self) -> str:
        figures = []
        for name, picture in self.pictures.items():
            image: Any = getattr(picture, "image", picture)
            url = data_url(thumbnail(image, self.side), "JPEG", quality=90)
            alt = escape(name, quote=True)
            figures.append(
                f'<figure style="margin:0"><img src="{url}" alt="{alt}" style="border-radius:6px"><figcaption>{alt}</figcaption></figure>'
            )
        return f'<div style="display:flex;flex-wrap:wrap;gap:10px;align-items:flex-end">{"".join(figures)}</div>'

    def __repr__(self) -> str:
        return f"show({', '.join(self.pictures)})"
