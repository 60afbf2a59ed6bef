"""A layout, a picture, words and a theme -> a banner. Pure: the same values give the same pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from ..errors import InputError, LayoutError
from ..findings import RULES, Finding, Findings
from ..request import pair_of_pixels
from . import draw, ground, logo
from .banner import Banner, Block
from .flow import Least, Put, Rect, Sheet
from .fonts import Face, face, is_rtl
from .places import Docked, NoRoom, Places
from .template import SIDES, Group, Layout, Logo, Mark, Text, given, parts_of
from .theme import Theme
from .wrap import Setting, cleaned

RATIOS = (1 / 5, 11.0)  # width over height: 1:3 to 8:1 is promised; the ad networks go beyond
_BUTTON = 3.0  # WCAG 2.1, success criterion 1.4.11: what a control needs to be seen
_DARK = 0.3  # mean relative luminance, below which a picture is dark
_SEEN = 2.4  # a logo below this contrast gets a plate behind it
_NEAR = 12  # of 255, in the widest channel: what still is one of the colours that a logo may stand on


def render(
    layout: Layout, picture: Image.Image, size: tuple[int, int], texts: Mapping[str, object], theme: Theme | None = None, *,
    safe_area: tuple[int, int, int, int] = (0, 0, 0, 0), copy_side: str | None = None, subject: Rect | None = None,
    language: str = "", least: Least | None = None,
) -> Banner:  # fmt: skip
    """Set `texts` over `picture` as `layout` arranges them.

    size        (width, height) in pixels, from 1:5 to 11:1. A picture of another size is cropped around its middle.
    texts       slot -> words; empty ones are left out and the rest closes up.
    safe_area   insets (top, right, bottom, left) in pixels that stay free of words.
    copy_side   "left", "right", "top" or "bottom": where the words go, if the layout can; by default the calmest side.
    subject     (left, top, right, bottom) in pixels of what must stay in view; words keep off it where they can.
    language    of the words, such as "de": long ones may then be hyphenated where nothing else fits.
    least       what text and logo keep at least; a logo that would be smaller, or have less room around it, is left out.

    Raises LayoutError that names the slot when words do not fit or no font has their characters.
    """
    places, theme = _places(layout, picture, size, texts, theme, safe_area, copy_side, subject, language, least or Least())
    return _Making(places, places.picture, places.sheet, theme).banner()


def check(
    layout: Layout, size: tuple[int, int], texts: Mapping[str, object], theme: Theme | None = None, *,
    safe_area: tuple[int, int, int, int] = (0, 0, 0, 0), language: str = "", least: Least | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """The slots that would be left out. Raises LayoutError as `render` would, without a picture: it has no part in that."""
    grey = Image.new("RGB", pair_of_pixels("size", size), "#808080")
    places, _ = _places(layout, grey, size, texts, theme, safe_area, None, None, language, least or Least())
    places.docked()
    return places.left_out


def _places(
    layout: Layout, picture: Image.Image, size: tuple[int, int], texts: Mapping[str, object], theme: Theme | None,
    safe_area: tuple[int, int, int, int], copy_side: str | None, subject: Rect | None, language: str, least: Least,
) -> tuple[Places, Theme]:  # fmt: skip
    """What is placed where, once everything that came is checked."""
    size = pair_of_pixels("size", size)
    theme = theme or Theme.default()
    if not RATIOS[0] <= size[0] / size[1] <= RATIOS[1]:
        raise NoRoom("size", size, "shapes from 1:5 to 11:1")
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
    sheet = _sheet(layout, said, theme, min(safe[2] - safe[0], safe[3] - safe[1]) / 100, language, least)
    return Places(layout, arrangement, picture, safe, sheet, copy_side, subject), theme


def _safe(size: tuple[int, int], insets: tuple[int, int, int, int]) -> Rect:
    try:
        top, right, bottom, left = (float(v) for v in insets)
    except (TypeError, ValueError):
        raise InputError("safe_area", insets, "insets in pixels: (top, right, bottom, left)") from None
    if min(top, right, bottom, left) < 0 or left + right > size[0] - 16 or top + bottom > size[1] - 16:
        raise InputError("safe_area", insets, f"insets that leave something of {size[0]} x {size[1]} pixels")
    return left, top, size[0] - right, size[1] - bottom


def _sheet(layout: Layout, said: Mapping[str, str], theme: Theme, unit: float, language: str, least: Least) -> Sheet:
    fallbacks = tuple(face(p, "theme.fallbacks") for p in theme.fallbacks)
    sets = {
        True: (face(theme.heading, "theme.heading"), face(theme.body, "theme.body"), *fallbacks),
        False: (face(theme.body, "theme.body"), *fallbacks),
    }
    settings = {}
    for part in (p for a in layout.arrangements for z in a.zones for p in parts_of(z.group) if isinstance(p, Text)):
        if words := said.get(part.slot):
            how = Setting(part.slot, sets[part.heading], is_rtl(words), part.tracking, language)
            settings[part.slot, part.heading, part.tracking] = how
    for how in settings.values():
        how.line(said[how.slot].replace("\n", " "))  # missing characters are told before anything is measured
    mark = theme.logo or theme.logo_on_dark
    lead = next(iter(said.values()), "")
    plate = max(0.22, min(least.space, 0.4)) if theme.logo_grounds else 0.0
    return Sheet(said, settings, logo.ratio(mark) if mark else 0.0, unit, is_rtl(lead), least, plate)


@dataclass
class _Making:
    """The steps of one banner, in order: place, lay the ground, choose colours, draw."""

    places: Places
    picture: Image.Image
    sheet: Sheet
    theme: Theme

    def banner(self) -> Banner:
        docked = self.places.docked()
        self.sheet = self.places.sheet
        self._beside(docked)
        base, under, scrim = self._ground(docked)
        over: list[str] = []
        blocks: list[Block] = []
        faces: set[Face] = set()
        logos: list[tuple[Rect, float, bool]] = []
        shapes: list[str] = []
        for one in docked:
            self._parts(one, base, over, shapes, blocks, faces, logos)
        every = tuple(sorted(faces, key=lambda f: f.path))
        reached = np.array([draw.reach_of(p.box, p.sized.size) for one in docked for p in one.puts])
        image = draw.over(base, over, every, (*reached[:, :2].min(0), *reached[:, 2:].max(0)))  # type: ignore[arg-type]
        svg = draw.page(base.size, ['<g id="ground">', *under, "</g>", '<g id="copy">', *over, "</g>"])
        box, seen, on_dark = logos[0] if logos else (None, 21.0, False)
        return Banner(
            image,
            self.places.layout.name,
            tuple(blocks),
            box,
            seen,
            on_dark,
            docked[0].side,
            self.places.safe,
            scrim,
            self.places.left_out,
            svg,
            self.picture,
            every,
            base,
            tuple(shapes),
            tuple(put.box for one in docked for put in one.puts),
            self._findings(blocks),
        )

    def _findings(self, blocks: Sequence[Block]) -> Findings:
        """What anybody should look at, whatever the brand."""
        allowed, size = f"{ground.READABLE:g} and more", "{} x {}".format(*self.picture.size)
        rows = [
            Finding("", "contrast", RULES["contrast"], b.slot, f"{b.contrast:.2f} of {b.colour} on what is behind it", allowed)
            for b in blocks
            if b.contrast < ground.READABLE
        ]
        gone = self.places.left_out
        return Findings(
            (*rows, *(Finding("", "left-out", RULES["left-out"], s, f"no room at {size}", "all that was given") for s in gone))
        )

    # -- what lies behind

    def _beside(self, docked: list[Docked]) -> None:
        """Where a solid block takes a part of the banner, the picture moves into the rest, around its subject."""
        for one in docked:
            if one.zone.ground != "block" or one.side == "rest":
                continue
            left, top, right, bottom = (round(v) for v in self._rest(one))
            wide, high = self.picture.size
            box = self.places.subject or (wide * 0.25, high * 0.25, wide * 0.75, high * 0.75)
            room = right - left, bottom - top
            # As little smaller as shows the subject whole, and never so small that the rest is not filled.
            least = max(room[0] / wide, room[1] / high)
            scale = min(
                1.0, max(least, min(0.92 * room[0] / max(1.0, box[2] - box[0]), 0.92 * room[1] / max(1.0, box[3] - box[1])))
            )
            w, h = room[0] / scale, room[1] / scale
            x = min(max((box[0] + box[2] - w) / 2, 0.0), wide - w)
            y = min(max((box[1] + box[3] - h) / 2, 0.0), high - h)
            moved = self.picture.resize(room, Image.Resampling.LANCZOS, box=(x, y, min(x + w, wide), min(y + h, high)))
            self.picture = self.picture.copy()
            self.picture.paste(moved, (left, top))

    def _block(self, one: Docked) -> Rect:
        """A solid block reaches to the edges of the banner."""
        wide, high = self.picture.size
        left, top, right, bottom = one.room
        whole = (0.0, 0.0, float(wide), float(high))
        blocks = {"left": (0, 0, round(right), high), "right": (round(left), 0, wide, high),
                  "top": (0, 0, wide, round(bottom)), "bottom": (0, round(top), wide, high)}  # fmt: skip
        return blocks.get(one.side, whole)

    def _rest(self, one: Docked) -> Rect:
        wide, high = self.picture.size
        left, top, right, bottom = self._block(one)
        return {"left": (right, 0, wide, high), "right": (0, 0, left, high),
                "top": (0, bottom, wide, high), "bottom": (0, 0, wide, top)}[one.side]  # fmt: skip

    def _ground(self, docked: list[Docked]) -> tuple[Image.Image, list[str], float]:
        """The picture with what is laid between it and the words; that as SVG; and how opaque the strongest scrim is."""
        base, most = self.picture, 0.0
        under: list[str] = []
        for one in docked:
            laid: list[str] = []
            card = self._block(one)
            if one.zone.ground == "block":
                laid = [draw.rect(card, self._named(one.zone.fill))]
            elif one.zone.ground == "card":
                pad = one.zone.pad * self.sheet.unit
                left, top, right, bottom = one.content
                card = left - pad, top - pad, right + pad, bottom + pad
                laid = [draw.rect(card, self._named(one.zone.fill), self.theme.roundness * min(pad, (card[3] - card[1]) / 2))]
            elif one.zone.ground == "scrim":
                plain = [p for p in one.puts if isinstance(p.part, Text) and p.within < 0]
                text, veil, opacity = self._light_or_dark(self._behind(base, plain))
                left, top, right, bottom = one.content
                while opacity > 0:  # rounding of pixels can ask for a little more than was reckoned
                    laid = draw.scrim(
                        base.size, (left - 2, top - 2, right + 2, bottom + 2), one.side, veil, opacity, f"scrim{len(under)}"
                    )
                    veiled = draw.veiled(base, laid, one.side)
                    if opacity == 1 or ground.worst(text, self._behind(veiled, plain)) >= ground.READABLE:
                        base = veiled
                        break
                    opacity = min(1.0, opacity + 0.04)
                most = max(most, opacity)
                under += laid
                continue
            base = draw.over(base, laid, box=card) if laid else base
            under += laid
        return base, under, most

    def _behind(self, base: Image.Image, texts: Sequence[Put]) -> np.ndarray:
        """The colours behind the ink of some texts."""
        found = [ground.cells(base, draw.ink(p, self.sheet.rtl), p.sized.size) for p in texts]
        return np.concatenate(found) if found else np.empty((0, 3))

    def _light_or_dark(self, behind: np.ndarray) -> tuple[str, str, float]:
        """(colour of the words, of the scrim, its opacity): the pair that needs the thinner scrim."""
        theme = self.theme
        light = float(ground.luminance(behind).mean()) if len(behind) else 0.5
        # The theme's own two colours may be too near to each other; black and white never are.
        for paper, ink in ((theme.paper, theme.ink), ("#ffffff", "#000000")):
            found = []
            for text, veil in ((paper, ink), (ink, paper)):
                opacity = ground.veil(text, veil, behind)
                # A light veil makes a dark picture look faded, and a dark one a light picture dirty: such has to be much thinner.
                against = (veil == paper) == (light < _DARK)
                found.append((opacity * (1.7 if against else 1.0), -ground.worst(text, behind), text, veil, opacity))
            _, _, text, veil, opacity = min(found)
            if opacity <= 1:
                break
        return text, veil, min(opacity, 1.0)

    # -- colours and drawing

    def _named(self, name: str) -> str:
        return str(getattr(self.theme, {"on-primary": "on_primary", "auto": "ink"}.get(name, name)))

    def _readable(self, wish: str, behind: np.ndarray, enough: float) -> str:
        """The wished colour where it stands out enough, else the brand's that does, else the one that does most."""
        theme = self.theme
        order = [
            *([self._named(wish)] if wish != "auto" else []),
            *((theme.accent, theme.primary) if enough < ground.READABLE else ()),
        ]
        plain = sorted(
            (theme.paper, theme.ink, "#ffffff", "#000000"),
            key=lambda c: (ground.worst(c, behind) < enough, c in ("#ffffff", "#000000"), -ground.worst(c, behind)),
        )
        if len(behind) == 1 and _hex(behind) == theme.primary and enough >= ground.READABLE:
            order.append(theme.on_primary)
        return next(
            (c for c in (*order, *plain) if ground.worst(c, behind) >= enough),
            max(plain, key=lambda c: ground.worst(c, behind)),
        )

    def _parts(
        self, one: Docked, base: Image.Image, over: list[str], shapes: list[str], blocks: list[Block], faces: set[Face],
        logos: list[tuple[Rect, float, bool]],
    ) -> None:  # fmt: skip
        fills: dict[int, str] = {}
        around = self._behind(base, [p for p in one.puts if isinstance(p.part, Text) and p.within < 0])
        auto = self._readable("auto", around, ground.READABLE)
        for i, it in enumerate(one.puts):
            flat = np.array([ground.rgb(fills[it.within])], np.float64) if it.within >= 0 else None
            text = isinstance(it.part, Text)
            seen = self._behind(base, [it]) if text else ground.cells(base, [it.box], 8 * self.sheet.unit)
            behind = seen if flat is None else flat
            if isinstance(it.part, Group) and it.part.behind:
                wish = it.part.behind.fill
                mean = behind.mean(0, keepdims=True)
                fills[i] = (
                    self._named(wish)
                    if wish in ("ink", "paper")
                    else self._readable(wish, mean, _BUTTON if it.part.behind.kind == "rect" else 1.5)
                )
                radius = it.part.behind.rx * self.sheet.unit
                high = it.box[3] - it.box[1]
                round_ = radius if radius >= 0 else self.theme.roundness * high / 2
                shapes.append(draw.shape(it.part.behind, it.box, fills[i], round_))
                over.append(shapes[-1])
            elif isinstance(it.part, Mark):
                fill = self._readable(it.part.fill, behind.mean(0, keepdims=True), _SEEN)
                shapes.append(draw.mark(it.part, it.box, fill, self.sheet.unit))
                over.append(shapes[-1])
            elif isinstance(it.part, Logo):
                plate, logo_ = self._logo(it, behind, logos)
                shapes += plate
                over += [*plate, logo_]
            elif isinstance(it.part, Text):
                same = it.part.fill == "auto" and flat is None and ground.worst(auto, behind) >= ground.READABLE
                colour = auto if same else self._readable(it.part.fill, behind, ground.READABLE)
                over += draw.words(it, it.part.slot, colour, self.sheet.rtl, it.part.tracking)
                boxes = np.array(draw.ink(it, self.sheet.rtl))
                used = [run.face for line in it.sized.lines for run in line.runs]
                faces.update(used)
                said, lines = self.sheet.texts[it.part.slot], tuple(line.text for line in it.sized.lines)
                box: Rect = tuple(float(v) for v in (*boxes[:, :2].min(0), *boxes[:, 2:].max(0)))  # type: ignore[assignment]
                families = tuple(dict.fromkeys(f.family for f in used))
                weight, ratio = used[0].weight if used else 400, ground.worst(colour, behind)
                each = tuple(map(tuple, boxes.tolist()))
                blocks.append(Block(it.part.slot, said, lines, box, it.sized.size, colour, families, weight, ratio, each))

    def _logo(self, it: Put, behind: np.ndarray, logos: list[tuple[Rect, float, bool]]) -> tuple[list[str], str]:
        """(a plate or nothing, the logo): the one that stands out more; on a plate where neither does, or the ground is none of its own."""
        left, top, right, bottom = it.box
        high = it.sized.size
        pad, wide = self.sheet.plate * high, high * self.sheet.logo
        found = []
        for on_dark, data in enumerate((self.theme.logo, self.theme.logo_on_dark)):
            if data:
                image = logo.at(data, max(1, round(wide)), max(1, round(high)))
                pixels = np.asarray(image, np.float64).reshape(-1, 4)
                drawn = pixels[pixels[:, 3] > 128, :3]
                main = drawn.mean(0) if len(drawn) else np.zeros(3)
                found.append((ground.worst(_hex(main[None]), behind), image, main, bool(on_dark)))
        grounds, mean = self.theme.logo_grounds, behind.mean(0)
        own = any(np.abs(mean - ground.rgb(g)).max() <= _NEAR for g in grounds) and behind.std(0).max() <= _NEAR
        seen, image, main, on_dark = max(found, key=lambda f: f[0])
        if seen >= _SEEN and (own or not grounds):
            # In line with the words, as its plate would be.
            end = (it.align == "end") != (self.sheet.rtl and it.align != "middle")
            x = (left + right - wide) / 2 if it.align == "middle" else right - wide if end else left
            logos.append(((x, top + pad, x + wide, bottom - pad), seen, on_dark))
            return [], draw.picture(image, logos[-1][0])
        pairs = [
            (ground.contrast(g, _hex(one[2][None])), g, one)
            for g in grounds or (self.theme.paper, self.theme.ink)
            for one in found
        ]
        # Of those that it reads well on, the one most like the picture, paper and ink first: a plate should not shout.
        well = [pair for pair in pairs if pair[0] >= ground.READABLE] if grounds else []
        plain = [pair for pair in well if pair[1] in (self.theme.paper, self.theme.ink)]
        near = min(plain or well, key=lambda pair: float(np.abs(mean - ground.rgb(pair[1])).sum()), default=None)
        seen, colour, (_, image, _, on_dark) = near or max(pairs, key=lambda pair: pair[0])
        inner = left + pad, top + pad, right - pad, bottom - pad
        logos.append((inner, seen, on_dark))
        more = 0.0 if pad else 0.22 * high
        plate = left - more, top - more, right + more, bottom + more
        return [draw.rect(plate, colour, self.theme.roundness * (pad or more))], draw.picture(image, inner)


def _hex(pixels: np.ndarray) -> str:
    return "#" + bytes(round(v) for v in pixels[0]).hex()


__all__ = ["RATIOS", "check", "render"]
