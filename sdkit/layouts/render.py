"""A layout, a picture, words and a theme -> a banner. Pure: the same values give the same pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageOps

from ..codecs import data_url
from ..errors import InputError, LayoutError
from ..request import pair_of_pixels
from . import draw, ground, logo
from .flow import LEAST, Put, Rect, Sheet, Unfit, fitted, put, spread
from .fonts import Face, face, is_rtl
from .template import SIDES, Arrangement, Group, Layout, Logo, Mark, Text, Zone, given, parts_of
from .theme import Theme
from .wrap import SOFT, Setting, cleaned

RATIOS = (1 / 3.9, 8.6)  # width over height: 1:3 to 8:1, and the towers and leaderboards of the ad networks just beyond
_BUTTON = 3.0  # WCAG 2.1, success criterion 1.4.11: what a control needs to be seen
_SEEN = 2.0  # a logo below this contrast gets a plate behind it


@dataclass(frozen=True)
class Block:
    """One text as it was set.

    box         (left, top, right, bottom) of its ink in pixels.
    size        of its letters, pixels an em; lines, as they were broken; families, the fonts that drew them.
    contrast    the lowest ratio of `colour` to what is behind it, 1 to 21 (WCAG 2.1).
    """

    slot: str
    text: str
    lines: tuple[str, ...]
    box: Rect
    size: float
    colour: str
    families: tuple[str, ...]
    contrast: float


@dataclass(frozen=True)
class Banner:
    """A finished banner.

    image       RGB, of exactly `size` pixels.
    blocks      its texts; `logo`, the box of the logo, or None.
    side        where the words stand: "left", "right", "top", "bottom", or "rest".
    scrim       opacity of what was laid behind the words, 0 where the picture needed nothing.
    left_out    slots that had words but no room; templates say which may go.
    svg         all that lies over `background`, as SVG; `document()` has both.
    """

    image: Image.Image = field(repr=False)
    layout: str
    blocks: tuple[Block, ...]
    logo: Rect | None
    logo_contrast: float
    side: str
    safe: Rect
    scrim: float
    left_out: tuple[str, ...]
    svg: str = field(repr=False)
    background: Image.Image = field(repr=False)
    faces: tuple[Face, ...] = field(repr=False, default=())

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.size

    @property
    def contrast(self) -> float:
        """The lowest of its texts."""
        return min((b.contrast for b in self.blocks), default=21.0)

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should look at, one sentence each; empty where all is well."""
        low = [f"{b.slot}: contrast {b.contrast:.1f}, below {ground.READABLE}." for b in self.blocks if b.contrast < ground.READABLE]
        return (*low, *(f"{slot}: no room at {self.size[0]} x {self.size[1]}, left out." for slot in self.left_out))

    def document(self) -> str:
        """The whole banner as one SVG, its picture inside; fonts are named, not carried."""
        back = f'<image width="{self.size[0]}" height="{self.size[1]}" href="{data_url(self.background, "JPEG", quality=92)}"/>'
        head, _, rest = self.svg.partition(">\n")
        return f"{head}>\n{back}\n{rest}"

    def _repr_png_(self) -> bytes:
        from ..codecs import encode

        return encode(self.image)


def render(
    layout: Layout, picture: Image.Image, size: tuple[int, int], texts: Mapping[str, object], theme: Theme | None = None, *,
    safe_area: tuple[int, int, int, int] = (0, 0, 0, 0), copy_side: str | None = None, subject: Rect | None = None,
    language: str = "",
) -> Banner:  # fmt: skip
    """Set `texts` over `picture` as `layout` arranges them.

    size        (width, height) in pixels, from 1:3 to 8:1. A picture of another size is cropped around its middle.
    texts       slot -> words; empty ones are left out and the rest closes up.
    safe_area   insets (top, right, bottom, left) in pixels that stay free of words.
    copy_side   "left", "right", "top" or "bottom": where the words go, if the layout can; by default the calmest side.
    subject     (left, top, right, bottom) in pixels of what must stay in view; words keep off it where they can.
    language    of the words, such as "de": long ones may then be hyphenated where nothing else fits.

    Raises LayoutError that names the slot when words do not fit or no font has their characters.
    """
    size = pair_of_pixels("size", size)
    theme = theme or Theme.default()
    if not RATIOS[0] <= size[0] / size[1] <= RATIOS[1]:
        raise LayoutError("size", size, "shapes from 1:3 to 8:1")
    if copy_side not in (None, *SIDES):
        raise LayoutError("copy_side", copy_side, ", ".join(map(repr, SIDES)))
    given(layout, texts)
    said = {slot: words for slot in layout.slots if (words := cleaned(slot, texts.get(slot)))}
    safe = _safe(size, safe_area)
    picture = picture.convert("RGB")
    if picture.size != size:
        picture = ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    arrangement = layout.of((safe[2] - safe[0]) / (safe[3] - safe[1]))
    if not said and not (theme.logo or theme.logo_on_dark):
        raise LayoutError("texts", dict(texts), f"words for one of {', '.join(layout.slots)}")
    sheet = _sheet(layout, said, theme, min(safe[2] - safe[0], safe[3] - safe[1]) / 100, language)
    return _Making(layout, arrangement, picture, safe, sheet, theme, copy_side, subject).banner()


def _safe(size: tuple[int, int], insets: tuple[int, int, int, int]) -> Rect:
    try:
        top, right, bottom, left = (float(v) for v in insets)
    except (TypeError, ValueError):
        raise InputError("safe_area", insets, "insets in pixels: (top, right, bottom, left)") from None
    if min(top, right, bottom, left) < 0 or left + right > size[0] - 16 or top + bottom > size[1] - 16:
        raise InputError("safe_area", insets, f"insets that leave something of {size[0]} x {size[1]} pixels")
    return left, top, size[0] - right, size[1] - bottom


def _sheet(layout: Layout, said: Mapping[str, str], theme: Theme, unit: float, language: str) -> Sheet:
    fallbacks = tuple(face(p, "theme.fallbacks") for p in theme.fallbacks)
    sets = {
        True: (face(theme.heading, "theme.heading"), face(theme.body, "theme.body"), *fallbacks),
        False: (face(theme.body, "theme.body"), *fallbacks),
    }
    settings = {}
    for part in (p for a in layout.arrangements for z in a.zones for p in parts_of(z.group) if isinstance(p, Text)):
        if words := said.get(part.slot):
            how = Setting(part.slot, sets[part.heading], is_rtl(words), part.tracking, language)
            settings[part.slot, part.heading] = how
    for how in settings.values():
        how.line(said[how.slot].replace("\n", " "))  # missing characters are told before anything is measured
    mark = theme.logo or theme.logo_on_dark
    lead = next(iter(said.values()), "")
    return Sheet(said, settings, logo.ratio(mark) if mark else 0.0, unit, is_rtl(lead))


@dataclass
class _Docked:
    zone: Zone
    side: str
    room: Rect
    puts: list[Put]

    @property
    def content(self) -> Rect:
        boxes = np.array([p.box for p in self.puts])
        return (*boxes[:, :2].min(0), *boxes[:, 2:].max(0))  # type: ignore[return-value]


@dataclass
class _Making:
    """The steps of one banner, in order: dock, fit, lay the ground, choose colours, draw."""

    layout: Layout
    arrangement: Arrangement
    picture: Image.Image
    safe: Rect
    sheet: Sheet
    theme: Theme
    copy_side: str | None
    subject: Rect | None

    def banner(self) -> Banner:
        left_out: list[str] = []
        while True:
            try:
                docked = self._docked()
                break
            except Unfit as error:
                self._leave(error.slot, left_out)
        self._beside(docked)
        under, scrim = self._ground(docked)
        base = self.picture
        if under:
            base = Image.alpha_composite(base.convert("RGBA"), draw.pixels(draw.page(base.size, under))).convert("RGB")
        over, blocks, faces, logos = [], [], set(), []
        for one in docked:
            self._parts(one, base, over, blocks, faces, logos)
        every = tuple(sorted(faces, key=lambda f: f.path))
        top = draw.pixels(draw.page(base.size, over), every)
        image = Image.alpha_composite(base.convert("RGBA"), top).convert("RGB")
        svg = draw.page(base.size, ['<g id="ground">', *under, "</g>", '<g id="copy">', *over, "</g>"])
        box, seen = logos[0] if logos else (None, 21.0)
        return Banner(
            image, self.layout.name, tuple(blocks), box, seen, docked[0].side, self.safe, scrim, tuple(left_out), svg, self.picture, every
        )

    # -- where everything goes

    def _docked(self) -> list[_Docked]:
        unit, margin, (wide, high) = self.sheet.unit, self.arrangement.margin * self.sheet.unit, self.picture.size
        room: Rect = (
            max(self.safe[0], margin), max(self.safe[1], margin), min(self.safe[2], wide - margin), min(self.safe[3], high - margin)
        )  # fmt: skip
        zones = [z for z in self.arrangement.zones if any(self.sheet.shows(p) for p in z.group.parts if not isinstance(p, Mark))]
        if not zones:
            raise LayoutError("texts", dict(self.sheet.texts), f"words for one of {', '.join(self.layout.slots)}")
        done = []
        for i, zone in enumerate(zones):
            last = i == len(zones) - 1
            side, own, room = self._dock(zone, room, alone=last and not done)
            pad = zone.pad * unit if zone.ground in ("card", "block") else 0.0
            if zone.ground == "card":
                inner = own[0] + pad, own[1] + pad, own[2] - pad, own[3] - pad
            else:
                inner = tuple(v - pad * (s == side) * sign for v, s, sign in zip(own, ("right", "bottom", "left", "top"), (-1, -1, 1, 1), strict=True))
            sized = fitted(zone, (inner[2] - inner[0], inner[3] - inner[1]), self.sheet)
            sized, x, y = spread(sized, _towards(zone, side), inner, self.sheet.rtl, side)
            done.append(_Docked(zone, side, own, put(sized, x, y, align=zone.group.align)))
        return done

    def _dock(self, zone: Zone, room: Rect, alone: bool) -> tuple[str, Rect, Rect]:
        """(side, the zone's rectangle, what is left for others)."""
        if zone.dock == ("rest",):
            return "rest", room, room
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
            # A hair for the template's order, so that equally calm sides do not depend on rounding.
            side = min(options, key=lambda s: ground.cost(busy, self.picture.size, options[s][0], self.subject) + 0.004 * zone.dock.index(s))
        own, rest = options[side]
        return side, own, rest

    def _leave(self, slot: str, left_out: list[str]) -> None:
        """Take out the next part that the template can do without, or tell why the words do not fit."""
        every = [p for z in self.arrangement.zones for p in parts_of(z.group) if isinstance(p, Text | Logo) and p.leave]
        for part in sorted(every, key=lambda p: p.leave):
            name = part.slot if isinstance(part, Text) else "logo"
            if self.sheet.shows(part):
                self.sheet = replace(self.sheet, left_out=self.sheet.left_out | {name})
                if name != "logo" or self.sheet.logo:
                    left_out.append(name)
                return
        words = self.sheet.texts.get(slot, "")
        fits = self._capacity(slot, words)
        size = f"{self.picture.width} x {self.picture.height}"
        hint = f"Shorten it to about {fits} characters" if fits else "Leave it out here"
        word = max(words.replace(SOFT, " ").split(), key=len, default="")
        if len(word) > 12 and not self.sheet.settings.get((slot, True), Setting(slot, ())).language:
            hint += f", say its language (language='de') or put soft hyphens (\\u00ad) into {word!r}"
        raise LayoutError(
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

    # -- what lies behind

    def _beside(self, docked: list[_Docked]) -> None:
        """Where a solid block takes a part of the banner, the picture moves into the rest, around its subject."""
        for one in docked:
            if one.zone.ground != "block" or one.side == "rest":
                continue
            left, top, right, bottom = (round(v) for v in self._rest(one))
            wide, high = self.picture.size
            box = self.subject or (wide * 0.25, high * 0.25, wide * 0.75, high * 0.75)
            room = right - left, bottom - top
            # As little smaller as shows the subject whole, and never so small that the rest is not filled.
            least = max(room[0] / wide, room[1] / high)
            scale = min(1.0, max(least, min(0.92 * room[0] / max(1.0, box[2] - box[0]), 0.92 * room[1] / max(1.0, box[3] - box[1]))))
            w, h = room[0] / scale, room[1] / scale
            x = min(max((box[0] + box[2] - w) / 2, 0.0), wide - w)
            y = min(max((box[1] + box[3] - h) / 2, 0.0), high - h)
            moved = self.picture.resize(room, Image.Resampling.LANCZOS, box=(x, y, min(x + w, wide), min(y + h, high)))
            self.picture = self.picture.copy()
            self.picture.paste(moved, (left, top))

    def _block(self, one: _Docked) -> Rect:
        """A solid block reaches to the edges of the banner."""
        wide, high = self.picture.size
        left, top, right, bottom = one.room
        pad = one.zone.pad * self.sheet.unit
        whole = (0.0, 0.0, float(wide), float(high))
        blocks = {"left": (0, 0, round(right + pad * 0), high), "right": (round(left), 0, wide, high),
                  "top": (0, 0, wide, round(bottom)), "bottom": (0, round(top), wide, high)}  # fmt: skip
        return blocks.get(one.side, whole)

    def _rest(self, one: _Docked) -> Rect:
        wide, high = self.picture.size
        left, top, right, bottom = self._block(one)
        return {"left": (right, 0, wide, high), "right": (0, 0, left, high),
                "top": (0, bottom, wide, high), "bottom": (0, 0, wide, top)}[one.side]  # fmt: skip

    def _ground(self, docked: list[_Docked]) -> tuple[list[str], float]:
        """What is laid between picture and words, and how opaque the strongest scrim is."""
        under, most, theme = [], 0.0, self.theme
        for one in docked:
            if one.zone.ground == "block":
                under.append(draw.rect(self._block(one), self._named(one.zone.fill)))
            elif one.zone.ground == "card":
                pad = one.zone.pad * self.sheet.unit
                left, top, right, bottom = one.content
                card = left - pad, top - pad, right + pad, bottom + pad
                under.append(draw.rect(card, self._named(one.zone.fill), theme.roundness * min(pad, (card[3] - card[1]) / 2)))
            elif one.zone.ground == "scrim":
                boxes = [(p, p.box) for p in one.puts if isinstance(p.part, Text) and p.within < 0]
                if not boxes:
                    continue
                behind = np.concatenate([ground.cells(self.picture, [b], p.sized.size) for p, b in boxes])
                text, veil, opacity = self._light_or_dark(behind)
                if opacity > 0:
                    left, top, right, bottom = one.content
                    room = (left - 1, top - 1, right + 1, bottom + 1)
                    under += draw.scrim(self.picture.size, room, one.side, veil, opacity, f"scrim{len(under)}")
                    most = max(most, opacity)
        return under, most

    def _light_or_dark(self, behind: np.ndarray) -> tuple[str, str, float]:
        """(colour of the words, of the scrim, its opacity): the pair that needs the thinner scrim."""
        theme = self.theme
        pairs = [(theme.paper, theme.ink), (theme.ink, theme.paper)]
        found = [(ground.veil(a, b, behind), -ground.worst(a, behind), a, b) for a, b in pairs]
        opacity, _, text, veil = min(found)
        if opacity > 1:  # the theme's own two are too near to each other
            found = [(ground.veil(a, b, behind), -ground.worst(a, behind), a, b) for a, b in (("#ffffff", "#000000"), ("#000000", "#ffffff"))]
            opacity, _, text, veil = min(found)
        return text, veil, min(opacity, 1.0)

    # -- colours and drawing

    def _named(self, name: str) -> str:
        return str(getattr(self.theme, {"on-primary": "on_primary", "auto": "ink"}.get(name, name)))

    def _readable(self, wish: str, behind: np.ndarray, enough: float) -> str:
        """The wished colour where it stands out enough, else the brand's that does, else the one that does most."""
        theme = self.theme
        order = [*([self._named(wish)] if wish != "auto" else []), *((theme.accent, theme.primary) if enough < ground.READABLE else ())]
        plain = sorted((theme.paper, theme.ink, "#ffffff", "#000000"), key=lambda c: (ground.worst(c, behind) < enough, c in ("#ffffff", "#000000"), -ground.worst(c, behind)))
        if np.array_equal(behind, behind[:1]) and _hex(behind) == theme.primary and enough >= ground.READABLE:
            order.append(theme.on_primary)
        return next((c for c in (*order, *plain) if ground.worst(c, behind) >= enough), max(plain, key=lambda c: ground.worst(c, behind)))

    def _parts(
        self, one: _Docked, base: Image.Image, over: list[str], blocks: list[Block], faces: set[Face], logos: list[tuple[Rect, float]]
    ) -> None:  # fmt: skip
        fills: dict[int, str] = {}
        plain = [p for p in one.puts if isinstance(p.part, Text) and p.within < 0]
        around = np.concatenate([ground.cells(base, [p.box], p.sized.size) for p in plain]) if plain else np.empty((0, 3))
        auto = self._readable("auto", around, ground.READABLE)
        for i, it in enumerate(one.puts):
            flat = np.array([ground.rgb(fills[it.within])], np.float64) if it.within >= 0 else None
            behind = flat if flat is not None else ground.cells(base, [it.box], it.sized.size or 8 * self.sheet.unit)
            if isinstance(it.part, Group) and it.part.behind:
                wish = it.part.behind.fill
                mean = behind.mean(0, keepdims=True)
                fills[i] = self._named(wish) if wish in ("ink", "paper") else self._readable(wish, mean, _BUTTON if it.part.behind.kind == "rect" else 1.5)
                radius = it.part.behind.rx * self.sheet.unit
                high = it.box[3] - it.box[1]
                over.append(draw.shape(it.part.behind, it.box, fills[i], radius if radius >= 0 else self.theme.roundness * high / 2))
            elif isinstance(it.part, Mark):
                over.append(draw.mark(it.part, it.box, self._readable(it.part.fill, behind.mean(0, keepdims=True), _SEEN), self.sheet.unit))
            elif isinstance(it.part, Logo):
                over += self._logo(it, behind, logos)
            elif isinstance(it.part, Text):
                same = it.part.fill == "auto" and flat is None and ground.worst(auto, behind) >= ground.READABLE
                colour = auto if same else self._readable(it.part.fill, behind, ground.READABLE)
                how = self.sheet.settings[it.part.slot, it.part.heading]
                lines, boxes = draw.words(it, it.part.slot, colour, self.sheet.rtl, it.part.tracking)
                over += lines
                used = [run.face for line in it.sized.lines for run in line.runs]
                faces.update(used)
                ink = tuple(min(b[k] for b in boxes) for k in (0, 1)) + tuple(max(b[k] for b in boxes) for k in (2, 3))
                against = flat if flat is not None else ground.cells(base, boxes, it.sized.size)
                blocks.append(
                    Block(
                        it.part.slot, self.sheet.texts[it.part.slot], tuple(line.text for line in it.sized.lines), ink, it.sized.size, colour,
                        tuple(dict.fromkeys(f.family for f in used)), ground.worst(colour, against),
                    )  # type: ignore[arg-type]
                )  # fmt: skip
                assert how

    def _logo(self, it: Put, behind: np.ndarray, logos: list[tuple[Rect, float]]) -> list[str]:
        """The logo that stands out more; on a plate of paper or ink where neither does."""
        wide, high = (max(1, round(it.box[k + 2] - it.box[k])) for k in (0, 1))
        found = []
        for data in (self.theme.logo, self.theme.logo_on_dark):
            if data:
                image = logo.at(data, wide, high)
                pixels = np.asarray(image, np.float64).reshape(-1, 4)
                drawn = pixels[pixels[:, 3] > 128, :3]
                main = drawn.mean(0) if len(drawn) else np.zeros(3)
                found.append((ground.worst(_hex(main[None]), behind.mean(0, keepdims=True)), image, main))
        seen, image, main = max(found, key=lambda f: f[0])
        logos.append((it.box, seen))
        plate = []
        if seen < _SEEN:
            colour = max((self.theme.paper, self.theme.ink), key=lambda c: ground.contrast(c, _hex(main[None])))
            pad = 0.22 * high
            left, top, right, bottom = it.box
            plate = [draw.rect((left - pad, top - pad, right + pad, bottom + pad), colour, self.theme.roundness * pad)]
            logos[-1] = (it.box, ground.contrast(colour, _hex(main[None])))
        return [*plate, draw.picture(image, it.box)]


def _towards(zone: Zone, side: str) -> Zone:
    """A zone's content stays at the side that it is docked to."""
    across, down = zone.place
    if side == "right" and across == "start":
        across = "end"
    return replace(zone, place=(across, down))


def _hex(pixels: np.ndarray) -> str:
    return "#" + bytes(int(round(v)) for v in pixels[0]).hex()


__all__ = ["LEAST", "RATIOS", "Banner", "Block", "render"]
