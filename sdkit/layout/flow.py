"""Sizes and places: each part measured, texts wrapped and shrunk together until all of a zone fits, then laid out in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ..errors import SdkitError
from .runs import Line
from .template import Group, Logo, Mark, Part, Text, Zone, parts_of
from .wrap import Setting, balanced

LEAST = 9.0  # pixels: below it no text is drawn, whatever a template says
_STEP = 0.95
_PLATED = 1.3  # times the room of a logo alone, for one with its plate
_DESCENT = 0.2  # ems under the last baseline that count as the text's, so that blocks keep their rhythm without descenders
Rect = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@dataclass(frozen=True)
class Least:
    """What a banner keeps at least.

    text, logo   pixels of letters (an em), and of the logo's height. space, free on every side of the logo, in times its height.
    lines        slot -> lines at most, as long as the words fit.
    """

    text: float = 0.0
    logo: float = 0.0
    space: float = 0.0
    lines: Mapping[str, int] = field(default_factory=dict)


class Unfit(SdkitError):
    """A text that does not fit, by its slot: the flow tries again, smaller; in the end a LayoutError tells a person."""

    def __init__(self, slot: str) -> None:
        self.slot = slot
        super().__init__(slot)


@dataclass(frozen=True)
class Way:
    """A way to make words fit: whether they may be hyphenated, and the least share of their size."""

    hyphenate: bool
    least: float


# Shrinking comes before hyphens, but a word at little over half its size reads worse than one with a hyphen.
_WAYS = (Way(False, 0.6), Way(True, 0.6), Way(False, 0.0), Way(True, 0.0))


@dataclass(frozen=True)
class Sheet:
    """What a flow draws from: texts by slot, the faces, the logo's width over height (0: none), pixels of one unit.

    plate   what a logo that needs a ground of its own has of it on every side, in times its height.
    """

    texts: Mapping[str, str]
    settings: Mapping[tuple[str, bool, float], Setting]
    logo: float
    unit: float
    rtl: bool
    least: Least = field(default_factory=Least)
    plate: float = 0.0
    left_out: frozenset[str] = frozenset()

    def shows(self, part: Part) -> bool:
        """Whether there is anything of a part to draw. Marks alone make no group."""
        if isinstance(part, Text):
            return bool(self.texts.get(part.slot)) and part.slot not in self.left_out
        if isinstance(part, Logo):
            return self.logo > 0 and "logo" not in self.left_out
        if isinstance(part, Group):
            return any(self.shows(p) for p in parts_of(part) if not isinstance(p, Group | Mark))
        return True


@dataclass(frozen=True)
class Sized:
    """A measured part: pixels, what is inside with its offsets, and the lines of a text with its size; of a logo, its height."""

    part: Part
    width: float
    height: float
    inside: tuple[tuple[float, float, Sized], ...] = ()
    lines: tuple[Line, ...] = ()
    size: float = 0.0
    pitch: float = 0.0
    first: float = 0.0  # from the top to the first baseline


@dataclass(frozen=True)
class Put:
    """A part in its place, pixels of the banner.

    within   the shape it stands on, by its place in the list; -1: none.
    align    of its lines: "start", "middle" or "end".
    """

    part: Part
    box: Rect
    sized: Sized
    within: int
    align: str


def measure(part: Part, width: float, sheet: Sheet, scale: float, how: Way) -> Sized:
    """A part in at most `width` pixels, with its texts at `scale` of their size or less. Raises Unfit."""
    u = sheet.unit
    if isinstance(part, Text):
        return _text(part, width, sheet, scale, how)
    if isinstance(part, Logo):
        # A plate belongs to the logo: it stands in line with the words, and is a little larger than the logo alone would be.
        wide, tall, more = sheet.logo + 2 * sheet.plate, 1 + 2 * sheet.plate, _PLATED if sheet.plate else 1.0
        high = max(min(more * part.height * u / tall, more * part.width * u / wide, width / wide), sheet.least.logo)
        if high * wide > width + 0.01:
            raise Unfit("logo")
        return Sized(part, high * wide, high * tall, size=high)
    if isinstance(part, Mark):
        return Sized(part, min(part.width * u * max(scale, 0.7), width), part.height * u * max(scale, 0.7))
    return _group(part, width, sheet, scale, how)


def _text(part: Text, width: float, sheet: Sheet, scale: float, how: Way) -> Sized:
    setting = sheet.settings[part.slot, part.heading, part.tracking]
    words = sheet.texts[part.slot]
    words = words.upper() if part.upper else words
    least = max(part.least * sheet.unit, part.size * sheet.unit * how.least, sheet.least.text, LEAST)
    size, most = max(part.size * sheet.unit * scale, least), min(part.lines, sheet.least.lines.get(part.slot, part.lines))
    while True:
        found = balanced(words, width / size, setting, hyphenate=how.hyphenate)
        if found and len(found) <= most:
            break
        if size <= least:
            raise Unfit(part.slot)
        size = max(size * _STEP, least)
    lines = tuple(setting.line(text) for text in found)
    pitch = max([part.leading, *(a.bottom - b.top + 0.06 for a, b in pairwise(lines))])
    first = max(setting.faces[0].cap, -lines[0].top)
    last = max(_DESCENT if part.lines > 1 else 0.0, lines[-1].bottom)
    # Ink may reach a little beyond the advance (an italic, a swash): the box holds it.
    wide = max(max(line.width, line.right) - min(0.0, line.left) for line in lines)
    if wide * size > width + 0.51:
        wide = min(wide, max(line.width for line in lines))
    return Sized(
        part, wide * size, (first + pitch * (len(lines) - 1) + last) * size, (), lines, size, pitch * size, first * size
    )


def _group(group: Group, width: float, sheet: Sheet, scale: float, how: Way) -> Sized:
    parts = [p for p in group.parts if sheet.shows(p)]
    gap = group.gap * sheet.unit * max(scale, 0.6)
    inner, pad = width, (0.0, 0.0)
    for _ in range(3):  # padding follows the label's size, which follows the width that padding leaves
        sized = _flow(group, parts, inner, gap, sheet, scale, how)
        em = max((s.size for s in _all(sized) if s.lines), default=0.0)
        pad = (group.pad[0] * em, group.pad[1] * em)
        outer = _around(group, sized, pad)
        if outer[0] <= width + 0.01:
            break
        inner = max(inner - (outer[0] - width) - 1, 1.0)
    else:
        raise Unfit(_largest(sized))
    dx, dy = (outer[0] - sized.width) / 2, (outer[1] - sized.height) / 2
    return Sized(group, *outer, tuple((x + dx, y + dy, s) for x, y, s in sized.inside))


def _around(group: Group, sized: Sized, pad: tuple[float, float]) -> tuple[float, float]:
    """The size of a group with its padding and shape."""
    if group.behind and group.behind.kind != "rect":
        across = (math.hypot(sized.width, sized.height) + 2 * max(pad)) / group.behind.inner
        return across, across
    return sized.width + 2 * pad[0], sized.height + 2 * pad[1]


def _flow(group: Group, parts: list[Part], width: float, gap: float, sheet: Sheet, scale: float, how: Way) -> Sized:
    if group.flow == "column":
        sized = [measure(p, width, sheet, scale, how) for p in parts]
        wide, inside, y = max(s.width for s in sized), [], 0.0
        for s, after in zip(sized, (*sized[1:], None), strict=True):
            inside.append((_offset(group.align, wide - s.width, sheet.rtl), y, s))
            y += s.height + (max(gap, _space(s, sheet), _space(after, sheet)) if after else 0.0)
        return Sized(group, wide, y, tuple(inside))
    gap = max(gap, *(_space(measure(p, width, sheet, scale, how), sheet) for p in parts if isinstance(p, Logo)), 0.0)
    left, done = width - gap * (len(parts) - 1), {}
    for p in sorted(parts, key=_flexible):  # what keeps its width first; words share what is left
        rest = [q for q in parts if q not in done and _flexible(q)]
        room = left / max(1, len(rest)) if _flexible(p) else left
        if room < 1:
            raise Unfit(next((q.slot for q in parts if isinstance(q, Text)), "headline"))
        done[p] = measure(p, room, sheet, scale, how)
        left -= done[p].width
    order = parts[::-1] if sheet.rtl else parts
    high, inside, x = max(s.height for s in done.values()), [], 0.0
    for p in order:
        inside.append((x, _offset(group.align, high - done[p].height, False), done[p]))
        x += done[p].width + gap
    return Sized(group, x - gap, high, tuple(inside))


def _space(sized: Sized, sheet: Sheet) -> float:
    """What stays free around a logo, pixels; of other parts none."""
    return sheet.least.space * sized.height if isinstance(sized.part, Logo) else 0.0


def _flexible(part: Part) -> bool:
    return isinstance(part, Text) or (isinstance(part, Group) and not part.fixed)


def _offset(align: str, room: float, rtl: bool) -> float:
    if rtl and align != "middle":
        align = {"start": "end", "end": "start"}[align]
    return {"start": 0.0, "middle": room / 2, "end": room}[align]


def _all(sized: Sized) -> Iterator[Sized]:
    yield sized
    for _, _, s in sized.inside:
        yield from _all(s)


def _largest(sized: Sized) -> str:
    texts = [s for s in _all(sized) if isinstance(s.part, Text)]
    most = max(texts, key=lambda s: s.width * s.height).part if texts else None
    return most.slot if isinstance(most, Text) else "logo"


def fitted(zone: Zone, size: tuple[float, float], sheet: Sheet) -> Sized:
    """A zone's parts within `size` pixels, as large as they fit, hyphenated only where nothing else does. Raises Unfit."""
    last = Unfit("")
    languages = any(s.language for s in sheet.settings.values())
    for how in _WAYS if languages else (Way(False, 0.0),):
        scale = 1.0
        while scale > 0.2:
            try:
                sized = measure(zone.group, size[0], sheet, scale, how)
            except Unfit as error:
                last = error
                break  # at every smaller scale too: the smallest size was tried
            if sized.height <= size[1] + 0.01 and sized.width <= size[0] + 0.01:
                return sized
            last = Unfit(_largest(sized))
            scale *= _STEP
    raise last


def spread(sized: Sized, zone: Zone, room: Rect, rtl: bool, side: str) -> tuple[Sized, float, float]:
    """A zone's content, pulled apart where it asks for that, and the corner where it goes."""
    wide, high = room[2] - room[0], room[3] - room[1]
    across, down = zone.place
    inside = sized.inside
    if down == "apart" and zone.group.flow == "column" and len(inside) > 1:
        x, y, last = inside[-1]
        inside = (*inside[:-1], (x, y + high - sized.height, last))
        sized = Sized(sized.part, sized.width, high, inside)
    if across == "apart" and zone.group.flow == "row" and len(inside) > 1:
        more = wide - sized.width
        cut = 1 if rtl else len(inside) - 1
        inside = tuple((x + (more if i >= cut else 0.0), y, s) for i, (x, y, s) in enumerate(inside))
        sized = Sized(sized.part, wide, sized.height, inside)
    x_align = "start" if across == "apart" else across
    turned = rtl and side not in ("left", "right")  # a docked zone keeps to its side
    x = room[0] + _offset(x_align, wide - sized.width, turned)
    y = room[1] + {"top": 0.0, "apart": 0.0, "middle": (high - sized.height) / 2, "bottom": high - sized.height}[down]
    return sized, x, y


def put(
    sized: Sized, x: float, y: float, within: int = -1, done: list[Put] | None = None, align: str = "start"
) -> list[Put]:  # fmt: skip
    """Every part in its place, groups with a shape before what stands on them."""
    done, part = [] if done is None else done, sized.part
    shape = isinstance(part, Group) and part.behind is not None
    if isinstance(part, Text) and part.align != "inherit":
        align = part.align
    if shape or not isinstance(part, Group):
        done.append(Put(part, (x, y, x + sized.width, y + sized.height), sized, within, align))
        within = len(done) - 1 if shape else within
    if isinstance(part, Group):
        align = part.align if part.flow == "column" else "start"
    for dx, dy, inner in sized.inside:
        put(inner, x + dx, y + dy, within, done, align)
    return done
