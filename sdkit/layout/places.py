"""Where the zones of an arrangement go: docked to the calmest side, one after the other, with their parts laid out inside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ..errors import LayoutError
from . import ground
from .flow import Put, Rect, Sheet, Unfit, fitted, put, spread
from .template import Arrangement, Layout, Logo, Mark, Text, Zone, parts_of
from .wrap import SOFT

_FIRST = 0.02  # of unrest: how much calmer another side has to be than the one that the template names first


class NoRoom(LayoutError):
    """Words that do not fit into a placement, though others would."""


@dataclass
class Docked:
    """A zone in its place: the side, the rectangle it had, and its parts."""

    zone: Zone
    side: str
    room: Rect
    puts: list[Put]

    @property
    def content(self) -> Rect:
        """The box of all its parts."""
        boxes = np.array([p.box for p in self.puts])
        return (*boxes[:, :2].min(0), *boxes[:, 2:].max(0))  # type: ignore[return-value]


@dataclass
class Places:
    """The docking of one banner. `sheet` loses the slots that had to be left out, and `left_out` names them."""

    layout: Layout
    arrangement: Arrangement
    picture: Image.Image
    safe: Rect
    sheet: Sheet
    copy_side: str | None
    subject: Rect | None
    left_out: tuple[str, ...] = ()

    def docked(self) -> list[Docked]:
        """Every zone that has something to show. Raises LayoutError when the words do not fit."""
        if self.sheet.least.lines:  # more lines than a brand likes are better than no words
            whole = self.sheet
            try:
                return self._all()
            except NoRoom:
                self.sheet, self.left_out = replace(whole, least=replace(whole.least, lines={})), ()
        return self._all()

    def _all(self) -> list[Docked]:
        while True:
            try:
                return self._docked()
            except Unfit as error:
                self._leave(error.slot)

    def _docked(self) -> list[Docked]:
        unit, margin, (wide, high) = self.sheet.unit, self.arrangement.margin * self.sheet.unit, self.picture.size
        room: Rect = (
            max(self.safe[0], margin), max(self.safe[1], margin), min(self.safe[2], wide - margin), min(self.safe[3], high - margin)
        )  # fmt: skip
        zones = [
            z for z in self.arrangement.zones if any(self.sheet.shows(p) for p in z.group.parts if not isinstance(p, Mark))
        ]
        if not zones:
            raise LayoutError("texts", dict(self.sheet.texts), f"words for one of {', '.join(self.layout.slots)}")
        done: list[Docked] = []
        for zone in zones:
            side, own, room = self._dock(zone, room)
            pad = zone.pad * unit if zone.ground in ("card", "block") else 0.0
            left, top, right, bottom = own
            if zone.ground == "card":
                left, top, right, bottom = left + pad, top + pad, right - pad, bottom - pad
            else:  # a block ends at the edges of the banner: only its inner edge asks for room
                left, top = left + pad * (side == "right"), top + pad * (side == "bottom")
                right, bottom = right - pad * (side == "left"), bottom - pad * (side == "top")
            inner = left, top, right, bottom
            sized = fitted(zone, (inner[2] - inner[0], inner[3] - inner[1]), self.sheet)
            zone = _towards(zone, side, done[0].side if done else "")
            sized, x, y = spread(sized, zone, inner, self.sheet.rtl, side)
            done.append(Docked(zone, side, own, put(sized, x, y, align=zone.group.align)))
        if self._crowded(done):
            raise Unfit("logo")
        return done

    def _crowded(self, done: list[Docked]) -> bool:
        """Whether words or the edge of the picture come too near to the logo."""
        puts = [p for one in done for p in one.puts]
        for put_ in (p for p in puts if isinstance(p.part, Logo)):
            left, top, right, bottom = put_.box
            free = self.sheet.least.space * put_.sized.size
            more = max(0.0, free - self.sheet.plate * put_.sized.size)  # beyond its plate
            around = left - more, top - more, right + more, bottom + more
            near = any(ground.overlap(around, p.box) > 0 for p in puts if isinstance(p.part, Text))
            # Where it needs no plate it stands at the end of its box.
            edge = left < free or top < more or right > self.picture.width - free or bottom > self.picture.height - more
            if free and (near or edge):
                return True
        return False

    def _dock(self, zone: Zone, room: Rect) -> tuple[str, Rect, Rect]:
        """(side, the zone's rectangle, what is left for others)."""
        if zone.dock == ("rest",):
            aside = (room[2] - room[0]) * (1 - zone.share) / 2
            return "rest", (room[0] + aside, room[1], room[2] - aside, room[3]), room
        gap = self.arrangement.gap * self.sheet.unit
        options = {}
        for side in zone.dock:
            left, top, right, bottom = room
            x, y = (right - left) * zone.share, (bottom - top) * zone.share
            own = {"left": (left, top, left + x, bottom), "right": (right - x, top, right, bottom),
                   "top": (left, top, right, top + y), "bottom": (left, bottom - y, right, bottom)}[side]  # fmt: skip
            rest = {"left": (own[2] + gap, top, right, bottom), "right": (left, top, own[0] - gap, bottom),
                    "top": (left, own[3] + gap, right, bottom), "bottom": (left, top, right, own[1] - gap)}[side]  # fmt: skip
            options[side] = own, rest
        if self.copy_side in options:
            side = self.copy_side
        else:
            busy = ground.unrest(self.picture)
            side = min(
                options,
                key=lambda s: ground.cost(busy, self.picture.size, options[s][0], self.subject) + _FIRST * zone.dock.index(s),
            )
        own, rest = options[side]
        return side, own, rest

    def _leave(self, slot: str) -> None:
        """Take out the next part that the template can do without, or tell why the words do not fit."""
        if slot == "logo" and self.sheet.logo and "logo" not in self.sheet.left_out:  # rather none than one that is too small
            self.sheet, self.left_out = replace(self.sheet, left_out=self.sheet.left_out | {"logo"}), (*self.left_out, "logo")
            return
        every = [p for z in self.arrangement.zones for p in parts_of(z.group) if isinstance(p, Text | Logo) and p.leave]
        shown = set(self.sheet.texts) - self.sheet.left_out
        for part in sorted(every, key=lambda p: p.leave):
            name = part.slot if isinstance(part, Text) else "logo"
            if self.sheet.shows(part) and (name == "logo" or len(shown) > 1):  # the last words are never left out
                self.sheet = replace(self.sheet, left_out=self.sheet.left_out | {name})
                if name != "logo" or self.sheet.logo:
                    self.left_out = (*self.left_out, name)
                return
        if shown and any(self.sheet.shows(p) for z in self.arrangement.zones for p in parts_of(z.group) if isinstance(p, Logo)):
            return self._leave("logo")  # words without a logo rather than none at all
        words = self.sheet.texts.get(slot, "")
        fits = self._capacity(slot, words)
        size = f"{self.picture.width} x {self.picture.height}"
        hint = f"Shorten it to about {fits} characters" if fits else "Leave it out here"
        word = max(words.replace(SOFT, " ").split(), key=len, default="")
        if len(word) > 12 and not any(how.language for how in self.sheet.settings.values()):
            hint += f", say its language (language='de') or put soft hyphens (\\u00ad) into {word!r}"
        raise NoRoom(
            slot, words, f"about {fits} characters at {size} pixels in the layout {self.layout.name!r}; these are {len(words)}",
            hint + ", or choose another layout or a larger placement.",
        )  # fmt: skip

    def _capacity(self, slot: str, words: str) -> int:
        """How many of a text's first characters would fit, to about one in twenty."""
        low, high, sheet = 0, len(words), self.sheet
        while high - low > max(1, len(words) // 20):
            middle = (low + high) // 2
            self.sheet = replace(sheet, texts={**sheet.texts, slot: words[:middle].strip() or "-"})
            try:
                self._docked()
                low = middle
            except Unfit:
                high = middle
        self.sheet = sheet
        return low


def _towards(zone: Zone, side: str, first: str) -> Zone:
    """A zone's content stays at the side it is docked to; what takes the rest goes to the corner farthest from the copy."""
    across, down = zone.place
    if side == "rest":
        across = {"start": "end", "end": "start"}.get(across, across) if first == "right" else across
        down = {"top": "bottom", "bottom": "top"}.get(down, down) if first == "top" else down
    across = "end" if side == "right" and across == "start" and zone.ground != "block" else across
    down = "top" if side == "top" and down == "bottom" else down
    return replace(zone, place=(across, down))
