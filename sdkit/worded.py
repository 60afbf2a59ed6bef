"""Words over pictures, and a last look at them by the brand's rules: what stands on one banner, a campaign or a whole kit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from .branded import Given, brand_of, theme_of
from .errors import InputError, LayoutError, short
from .findings import RULES, Finding, Findings

if TYPE_CHECKING:
    from .brand import Brand
    from .export import Fit, Placement
    from .export.label import Tab
    from .layout import Banner, Layout, Least, Theme

_SMALLEST = 11.0  # CSS pixels as seen: what text keeps where no brand says another thing
_INCH = 96.0  # CSS pixels
_AIR = 0.5  # of a label's letters: between it and the words
PICTURED = frozenset({"contrast", "colour", "logo-background"})  # rules that ask what is behind the words


@dataclass(frozen=True)
class Worded:
    """One picture with its words.

    image      the banner's, or the plain picture where it carries none.
    banner     None where the placement carries no words, or they have no room and that was let pass.
    """

    image: Image.Image = field(repr=False)
    banner: Banner | None
    findings: Findings


@dataclass(frozen=True)
class Wording:
    """What stands on the pictures, and how.

    texts       slot -> words; language, of them. brand, whose rules the findings are of; without one, only what holds for all.
    copy_side   "left", "right", "top" or "bottom"; None for the calmest.
    waive       {rule: reason} or {"placement: rule": reason}: findings that are let pass.
    """

    layout: Layout
    texts: Mapping[str, object]
    theme: Theme
    brand: Brand | None = None
    language: str = ""
    copy_side: str | None = None
    waive: Mapping[str, str] = field(default_factory=dict)

    def waived(self, placement: Placement, rows: Iterable[Finding]) -> Findings:
        """Findings of a placement, with what is let pass."""
        return Findings(tuple(rows)).waive(self._waivers(placement))

    def check(self, placement: Placement) -> Findings:
        """What is known before there is a picture: words without room, and banned ones.

        Raises LayoutError for what is wrong everywhere: an unknown slot, a character that no font has.
        """
        from . import layout as layouts

        if not placement.words:
            return Findings()
        found = self._banned(placement)
        try:
            self.left_out(placement)
        except layouts.NoRoom as error:
            found.append(_no_room(placement, error))
        return self.waived(placement, found)

    def require_room(self, placement: Placement) -> None:
        """Raises LayoutError, with what would fit, where the words have no room and nobody let that pass."""
        from . import layout as layouts

        try:
            self.left_out(placement)
        except layouts.NoRoom as error:
            if self.waived(placement, [_no_room(placement, error)]).errors:
                raise

    def left_out(self, placement: Placement) -> tuple[str, ...]:
        """The slots that there is no room for. Raises LayoutError (`layout.NoRoom`) where that is not enough."""
        from . import layout as layouts

        return layouts.check(
            self.layout, placement.size, self.texts, self.theme, safe_area=insets(placement), language=self.language,
            least=self._least(placement),
        )  # fmt: skip

    def shown(self, placement: Placement) -> tuple[str, ...]:
        """The texts that will stand there, in the order of the layout's slots: not those that there is no room for."""
        from . import layout as layouts

        try:
            gone = self.left_out(placement) if placement.words else self.layout.slots
        except layouts.NoRoom:
            return ()
        given = ((slot, str(self.texts.get(slot) or "").strip()) for slot in self.layout.slots)
        return tuple(" ".join(text.split()) for slot, text in given if text and slot not in gone)

    def over(
        self, image: Image.Image, placement: Placement, subject: tuple[float, float, float, float],
        free: tuple[float, float, float, float] = (0, 0, 0, 0),
    ) -> Worded:  # fmt: skip
        """The words over a picture of the placement's pixels, with all that there is to say of them.

        free   pixels (top, right, bottom, left) inside the safe area that the words leave to something else.
        """
        from . import layout as layouts

        if not placement.words:
            return Worded(image, None, Findings())
        edges: Any = tuple(map(sum, zip(insets(placement), free, strict=True)))
        try:
            banner = layouts.render(
                self.layout, image, placement.size, self.texts, self.theme, safe_area=edges, copy_side=self.copy_side,
                subject=subject, language=self.language, least=self._least(placement),
            )  # fmt: skip
        except layouts.NoRoom as error:
            found = (*self._banned(placement), _no_room(placement, error))
            return Worded(image, None, self.waived(placement, found))
        seen_ = self.waived(placement, self._seen(banner, placement))
        return Worded(banner.image, replace(banner, findings=seen_), seen_)

    @cached_property
    def key(self) -> str:
        """Equal where the same would be drawn and found: of the layout, the words, the look, the fonts' bytes, and the rules."""
        theme = {f.name: getattr(self.theme, f.name) for f in fields(self.theme)}
        fonts = [_digest(Path(p)) for p in (self.theme.heading, self.theme.body, *self.theme.fallbacks)]
        rules = self.brand and (self.brand.rules, self.brand.palette, sorted(self.brand.roles.items()))
        parts = (self.layout, sorted(self.texts.items()), theme, fonts, rules, self.language, self.copy_side)
        return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()

    def _waivers(self, placement: Placement) -> dict[str, str]:
        """Those that are meant for this placement, so that a name that is none is told."""
        return {name: why for name, why in self.waive.items() if ": " not in name or name.startswith(f"{placement.name}: ")}

    def _least(self, placement: Placement) -> Least:
        """The rules' CSS pixels as pixels of the placement."""
        from .layout import Least

        scale = seen(placement) / placement.width
        if self.brand is None:
            return Least(_SMALLEST / scale)
        rules = self.brand.rules
        return Least(rules.min_size / scale, rules.min_height / scale, rules.clear_space, rules.lines)

    def _banned(self, placement: Placement) -> list[Finding]:
        from .brand import banned_in

        words = () if self.brand is None else self.brand.rules.banned
        return [
            Finding(placement.name, "banned", RULES["banned"], slot, f"“{word}”", "no banned word")
            for slot, text in self.texts.items()
            for word in banned_in(str(text), words)
        ]

    def _seen(self, banner: Banner, placement: Placement) -> list[Finding]:
        """The brand's look at it; without a brand, the contrast; and what was left out."""
        said = [replace(row, placement=placement.name) for row in banner.findings]
        if self.brand is None:
            return said
        from .brand import lint

        # The brand's own figures count for contrast, and it says itself that a logo is missing.
        left_out = [row for row in said if row.rule == "left-out" and row.where != "logo"]
        return [*lint(finished(banner, placement), self.brand), *left_out]


def wording(
    layout: str, texts: Mapping[str, object], *, brand: Given = None, theme: Theme | None = None, language: str = "",
    copy_side: str | None = None, waive: Mapping[str, str] | None = None, templates: Any = None,
    placements: Iterable[str] | None = None,
) -> Wording:  # fmt: skip
    """A checked Wording. Raises LayoutError for an unknown layout or slot, InputError for a wrong waiver, or a theme beside a brand.

    placements   names that a waiver may be for; None, where that is not known.
    """
    from . import layout as layouts
    from .layout.template import given

    chosen = layouts.find(layout, templates)
    given(chosen, texts)
    if theme is not None and not isinstance(theme, layouts.Theme):
        raise InputError("theme", theme, "a Theme")
    known = brand_of(brand)
    if theme is not None and known is not None:
        raise InputError("theme", theme, "theme= or brand=, not both")
    Findings().waive(waive or {}, placements)
    look = theme or (layouts.Theme.default() if known is None else theme_of(known))
    return Wording(chosen, dict(texts), look, known, language, copy_side, dict(waive or {}))


def worded(words: Wording | None, image: Image.Image, fit: Fit, label: str = "") -> Worded:
    """The words over a fitted picture, and in a corner that they leave free a label, such as "AI generated"."""
    from .export.label import labelled, tab_of

    place = fit.placement
    done = Worded(image, None, Findings()) if words is None else words.over(image, place, fit.subject)
    if not label:
        return done
    tab = tab_of(fit, label, _taken(done))
    if words is not None and not tab.clear:  # no corner is free: the words make room
        done, tab = _apart(words, image, fit, label, done, tab)
    if words is not None and not tab.clear:
        row = Finding(place.name, "overlap", RULES["overlap"], "label", f"“{label}” lies on the words", "space between them")
        done = replace(done, findings=Findings.of([done.findings, words.waived(place, [row])]))
    return replace(done, image=labelled(done.image, fit, label, tab))


def _apart(words: Wording, image: Image.Image, fit: Fit, label: str, done: Worded, tab: Tab) -> tuple[Worded, Tab]:
    """The words above or beside a label, and where it then goes; as they were, where that is too little room."""
    from .export.label import tab_of

    left, top, right, bottom = tab.box
    air = 2 * _AIR * tab.letters
    below, beside = (0.0, 0.0, bottom - top + air, 0.0), (0.0, right - left + air, 0.0, 0.0)
    for free in (beside, below) if fit.placement.ratio > 3 else (below, beside):
        try:
            other = words.over(image, fit.placement, fit.subject, free)
        except InputError:  # nothing is left of the safe area
            continue
        moved = tab_of(fit, label, _taken(other))
        if moved.clear and other.banner is not None:
            return other, moved
    return done, tab


def _taken(done: Worded) -> tuple[tuple[float, float, float, float], ...]:
    return () if done.banner is None else done.banner.taken


def away_from(copy_side: str | None) -> str | None:
    """Where a subject stands so that words have that side; None where left and right are no matter."""
    return {"left": "right", "right": "left"}.get(copy_side or "")


def finished(banner: Banner, placement: Placement) -> Any:
    """The banner as the brand's lint looks at it (`brand.Finished`)."""
    from .brand import Block, Finished, Insets, Mark

    blocks = [Block(b.slot, b.box, b.lines, b.size, b.colour, b.families[0], b.weight, b.inks) for b in banner.blocks]
    logo = None if banner.logo is None else Mark(banner.logo, banner.logo_on_dark)
    return Finished(banner.under, tuple(blocks), logo, placement.name, Insets(*insets(placement)), seen(placement))


def seen(placement: Placement) -> float:
    """CSS pixels of width at which people see it: paper at its own size, screens as `brand.seen_width` has it."""
    from .brand import seen_width
    from .export.placements import PROOF

    return placement.width / placement.dpi * _INCH if placement.group == PROOF else seen_width(placement.width)


def insets(placement: Placement) -> tuple[int, int, int, int]:
    """The safe area as insets: top, right, bottom, left."""
    safe = placement.safe
    return safe.top, safe.right, safe.bottom, safe.left


def _no_room(placement: Placement, error: LayoutError) -> Finding:
    return Finding(placement.name, "room", RULES["room"], error.parameter, short(error.received), error.allowed)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise LayoutError("theme", str(path), "a readable font file", f"({error.strerror})") from error


__all__ = ["PICTURED", "Worded", "Wording", "away_from", "finished", "insets", "seen", "worded", "wording"]
