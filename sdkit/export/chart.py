"""All placements as a table of text, and drawn to scale with their safe areas."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from .contact import one_line
from .placements import GROUPS, Placement
from .shown import size

_WIDTH, _GAP, _LABEL = 2000, 26, 44  # pixels
_INK, _SOFT, _PAPER, _CARD, _EDGE = (29, 31, 35), (95, 99, 107), (247, 246, 243), (255, 255, 255), (201, 198, 190)
_COVERED = (243, 205, 210)
_COLOURS = {
    "social": (52, 84, 209),
    "ads": (47, 111, 79),
    "web": (90, 63, 176),
    "email": (138, 90, 0),
    "print-proof": (95, 99, 107),
}
_SCALE = 0.17  # of a pixel; print proofs, which have several times as many, at a quarter of that


def table(placements: Sequence[Placement]) -> str:
    """One line a placement: name, pixels, safe insets, byte limit, formats, confidence and date."""
    rows = [("name", "pixels", "covered t/r/b/l", "at most", "formats", "confidence", "checked")]
    for p in placements:
        s = p.safe
        covered = f"{s.top}/{s.right}/{s.bottom}/{s.left}" if s else "-"
        day = p.checked_on + (" OLD" if p.stale() else "")
        rows.append((p.name, f"{p.width} x {p.height}", covered, size(p.max_bytes), " ".join(p.formats), p.confidence, day))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def old(placements: Sequence[Placement]) -> str:
    """A warning that names the placements whose figures were looked up over a year ago; "" where there are none."""
    names = [p.name for p in placements if p.stale()]
    if not names:
        return ""
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return f"Looked up over a year ago, check before you rely on them: {', '.join(names[:6])}{more}."


def chart(placements: Sequence[Placement]) -> Image.Image:
    """Every placement to one scale, by group; what the platform covers or cuts is shaded. 2000 pixels wide, RGB."""
    heading, name, small = (ImageFont.load_default(points) for points in (30, 15, 13))
    blocks: list[tuple[str, list[list[Placement]]]] = []
    height = _GAP
    for group in GROUPS:
        rows: list[list[Placement]] = [[]]
        for p in sorted((p for p in placements if p.group == group), key=lambda p: -_sides(p)[1]):
            if rows[-1] and sum(_cell(q) + _GAP for q in rows[-1]) + _cell(p) > _WIDTH - 2 * _GAP:
                rows.append([])
            rows[-1].append(p)
        if rows[0]:
            blocks.append((group, rows))
            height += 60 + sum(max(_sides(p)[1] for p in row) + _LABEL + _GAP for row in rows)
    image = Image.new("RGB", (_WIDTH, max(height, 100)), _PAPER)
    pen = ImageDraw.Draw(image)
    top = _GAP
    for group, rows in blocks:
        share = f"1 : {1 / _scale(rows[0][0]):.0f}"
        pen.text((_GAP, top), f"{group.replace('-', ' ').capitalize()}  ({share})", _INK, heading)
        top += 60
        for row in rows:
            tallest = max(_sides(p)[1] for p in row)
            left = _GAP
            for p in row:
                _box(pen, p, left, top + tallest - _sides(p)[1])
                y = top + tallest + 6
                pen.text((left, y), one_line(f"{p.platform} · {p.title}", name, _cell(p)), _INK, name)
                pen.text((left, y + 19), f"{p.width} x {p.height}, {size(p.max_bytes)}", _SOFT, small)
                left += _cell(p) + _GAP
            top += tallest + _LABEL + _GAP
    return image


def _box(pen: ImageDraw.ImageDraw, p: Placement, left: int, top: int) -> None:
    width, height = _sides(p)
    scale, s = _scale(p), p.safe
    pen.rectangle((left, top, left + width, top + height), fill=_COVERED if s else _CARD, outline=_EDGE)
    inner = (left + s.left * scale, top + s.top * scale, left + width - s.right * scale, top + height - s.bottom * scale)
    pen.rectangle(inner, fill=_CARD, outline=_COLOURS[p.group], width=2)


def _scale(p: Placement) -> float:
    return _SCALE / 4 if p.group == "print-proof" else _SCALE


def _sides(p: Placement) -> tuple[int, int]:
    return max(6, round(p.width * _scale(p))), max(6, round(p.height * _scale(p)))


def _cell(p: Placement) -> int:
    return max(_sides(p)[0], 158)


__all__ = ["chart", "old", "table"]
