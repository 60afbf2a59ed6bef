"""Words over pictures, and a last look at them by the brand's rules: what stands on one banner, a campaign or a whole kit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from .branded import Given, brand_of, theme_of
from .errors import InputError, LayoutError, short
from .findings import RULES, Finding, Findings

if TYPE_CHECKING:
    from .brand import Brand
    from .export import Placement
    from .layout import Banner, Layout, Least, Theme

_SMALLEST = 11.0  # CSS pixels as seen: what text keeps where no brand says another thing
_INCH = 96.0  # CSS pixels


@dataclass(frozen=True)
class Worded:
    """One picture with its words.

    image      the banner's, or the plain picture where it carries none.
    banner     None where the placement carries no words, or they have no room and that was let pass.
    """

    image: Image.Image = field(repr=False)
    banner: Banner | None
    findings: Findings

    @property
    def boxes(self) -> list[tuple[float, float, float, float]]:
        """What its words and its logo take, in pixels."""
        if self.banner is None:
            return []
        return [block.box for block in self.banner.blocks] + ([self.banner.logo] if self.banner.logo else [])


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
            layouts.check(
                self.layout, placement.size, self.texts, self.theme, safe_area=insets(placement), language=self.language,
                least=self._least(placement),
            )  # fmt: skip
        except layouts.NoRoom as error:
            found.append(_no_room(placement, error))
        return self.waived(placement, found)

    def over(self, image: Image.Image, placement: Placement, subject: tuple[float, float, float, float]) -> Worded:
        """The words over a picture of the placement's pixels, with all that there is to say of them."""
        from . import layout as layouts

        if not placement.words:
            return Worded(image, None, Findings())
        try:
            banner = layouts.render(
                self.layout, image, placement.size, self.texts, self.theme, safe_area=insets(placement), copy_side=self.copy_side,
                subject=subject, language=self.language, least=self._least(placement),
            )  # fmt: skip
        except layouts.NoRoom as error:
            found = (*self._banned(placement), _no_room(placement, error))
            return Worded(image, None, self.waived(placement, found))
        return Worded(banner.image, banner, self.waived(placement, self._seen(banner, placement)))

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
        return Least(rules.min_size / scale, rules.min_height / scale, rules.clear_space)

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
        from .brand import lint
        from .layout.ground import READABLE

        if self.brand is not None:
            found = list(lint(finished(banner, placement), self.brand))
        else:
            found = [
                Finding(placement.name, "contrast", RULES["contrast"], b.slot, f"{b.contrast:.2f}", f"{READABLE:g} and more")
                for b in banner.blocks
                if b.contrast < READABLE
            ]
        size = f"{placement.width} x {placement.height}"
        return found + [
            Finding(placement.name, "left-out", RULES["left-out"], slot, f"no room at {size}", "all that was given")
            for slot in banner.left_out
            if slot != "logo" or self.brand is None  # a brand's own rule says it
        ]


def wording(
    layout: str, texts: Mapping[str, object], *, brand: Given = None, theme: Theme | None = None, language: str = "",
    copy_side: str | None = None, waive: Mapping[str, str] | None = None, templates: Any = None,
) -> Wording:  # fmt: skip
    """A checked Wording. Raises LayoutError for an unknown layout or slot, InputError for a waiver of no rule or without a reason."""
    from . import layout as layouts
    from .layout.template import given

    chosen = layouts.find(layout, templates)
    given(chosen, texts)
    if theme is not None and not isinstance(theme, layouts.Theme):
        raise InputError("theme", theme, "a Theme")
    known = brand_of(brand)
    Findings().waive(waive or {})
    look = theme or (layouts.Theme.default() if known is None else theme_of(known))
    return Wording(chosen, dict(texts), look, known, language, copy_side, dict(waive or {}))


def finished(banner: Banner, placement: Placement) -> Any:
    """The banner as the brand's lint looks at it (`brand.Finished`)."""
    from .brand import Block, Finished, Insets, Mark

    blocks = [Block(b.slot, b.box, b.lines, b.size, b.colour, b.families[0], b.weight) for b in banner.blocks]
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


__all__ = ["Worded", "Wording", "finished", "insets", "seen", "wording"]
