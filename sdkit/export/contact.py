"""The contact sheet of a kit: every file on one picture, at one scale a row, with its name and size."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from ..codecs import encode
from .placements import Placement
from .xmp import Papers, packet

WIDTH, _ROW, _GAP, _LABEL = 1680, 240, 28, 46  # pixels
_WIDEST = 760
_INK, _SOFT, _PAPER, _LINE = (29, 31, 35), (95, 99, 107), (247, 246, 243), (222, 220, 213)
_TOOL = "sdkit contact sheet"


def contact_sheet(files: Sequence[tuple[Placement, bytes]], title: str, key: str = "") -> bytes:
    """A JPEG, 1680 pixels wide, of encoded files in their order. `key` is written into it, for `is_of`."""
    cells = [_Cell(placement, data) for placement, data in files]
    rows: list[list[_Cell]] = [[]]
    for cell in cells:
        if rows[-1] and sum(c.width + _GAP for c in rows[-1]) + cell.width > WIDTH - 2 * _GAP:
            rows.append([])
        rows[-1].append(cell)
    heading, name, small = (ImageFont.load_default(size) for size in (30, 16, 14))
    heights = [max((c.height for c in row), default=0) + _LABEL + _GAP for row in rows]
    sheet = Image.new("RGB", (WIDTH, 92 + sum(heights) + 12), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_GAP, 26), one_line(title, heading, WIDTH - 2 * _GAP), fill=_INK, font=heading)
    top = 92
    for row, height in zip(rows, heights, strict=True):
        left = _GAP
        for cell in row:
            y = top + height - _LABEL - _GAP - cell.height  # pictures of a row stand on one line
            sheet.paste(cell.image, (left + (cell.width - cell.image.width) // 2, y))
            x = left + (cell.width - cell.image.width) // 2
            pen.rectangle((x - 1, y - 1, x + cell.image.width, y + cell.height), outline=_LINE)
            p = cell.placement
            pen.text(
                (left, top + height - _LABEL - _GAP + 8), one_line(f"{p.platform} · {p.title}", name, cell.width), _INK, name
            )
            pen.text((left, top + height - _LABEL - _GAP + 27), f"{p.width} x {p.height}", _SOFT, small)
            left += cell.width + _GAP
        top += height
    return encode(sheet, "JPEG", quality=86, xmp=packet(Papers(tool=_TOOL, recipe=key)))


def is_ours(data: bytes) -> bool:
    """Whether `contact_sheet` made the file."""
    return _TOOL.encode() in data[:4000]


def is_of(data: bytes, key: str) -> bool:
    """Whether `contact_sheet` made the file with this key."""
    return is_ours(data) and key.encode() in data[:4000]


class _Cell:
    """A picture small enough for its row, and the width that its label needs."""

    def __init__(self, placement: Placement, data: bytes) -> None:
        self.placement = placement
        scale = min(_ROW / placement.height, _WIDEST / placement.width, 1.0)
        size = max(1, round(placement.width * scale)), max(1, round(placement.height * scale))
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", size)  # a JPEG is decoded at an eighth where that is enough
        self.image = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        self.height = size[1]
        self.width = max(size[0], 150)


def one_line(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """`text` in one line of at most `width` pixels."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())[:300]
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


__all__ = ["contact_sheet", "is_of", "is_ours", "one_line"]
