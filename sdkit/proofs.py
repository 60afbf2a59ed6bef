"""What an export would come to, before a model paints or a file is written: every placement's cut, words and findings."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from . import canvas
from .branded import Given
from .codecs import data_url, thumbnail
from .errors import InputError, LayoutError, near
from .findings import Findings
from .masters import Masters
from .result import Patched, Result
from .upscale import is_photo
from .worded import PICTURED, Worded, Wording, away_from, worded, wording

if TYPE_CHECKING:
    import pandas as pd

    from .brand import Brand
    from .export import Extension, Fit, Placement, Plan
    from .export.label import Labels
    from .layout import Banner, Theme

_SHOWN = 48  # pictures in a notebook
_SIDE = 240  # pixels of each


@dataclass(frozen=True)
class Proof:
    """One placement as it would be. Nothing is drawn before it is looked at.

    fit        how the picture is cut, and why; `master`, the picture's (width, height).
    wording    what stands on it, or None; label, the words that say it is AI content, or "".
    """

    fit: Fit
    wording: Wording | None
    master: tuple[int, int]
    _plain: Callable[[Fit], Image.Image] = field(repr=False)
    label: str = ""

    @property
    def placement(self) -> Placement:
        """Where it goes."""
        return self.fit.placement

    @cached_property
    def invented(self) -> float:
        """The share of its area that a model would paint, 0 to 1; for a pad, that the edges fill."""
        left, top, right, bottom = self.fit.box
        x, y = self.fit.extension.offset if self.fit.extension else (0, 0)
        wide, high = self.master
        across = max(0.0, min(right, x + wide) - max(left, x))
        down = max(0.0, min(bottom, y + high) - max(top, y))
        return 1 - across * down / max(1e-9, (right - left) * (bottom - top))

    @cached_property
    def _worded(self) -> Worded:
        return worded(self.wording, self._plain(self.fit), self.fit, self.label)

    @property
    def image(self) -> Image.Image:
        """The picture in the placement's pixels, with its words; what a model would paint is the picture's edges drawn out."""
        return self._worded.image

    @property
    def banner(self) -> Banner | None:
        """The words as they were set; None where there are none."""
        return self._worded.banner

    @property
    def findings(self) -> Findings:
        """What a last look at it finds."""
        return self._worded.findings

    def sure(self) -> Findings:
        """Those findings that hold whatever a model paints: where it paints, none about what is behind the words."""
        return Findings(tuple(row for row in self.findings if self.fit.extension is None or row.rule not in PICTURED))

    def known(self) -> Findings:
        """Those findings that are known without drawing it: words without room, banned ones. Quick."""
        return Findings() if self.wording is None else self.wording.check(self.placement)


@dataclass(frozen=True)
class Proofs(Sequence[Proof]):
    """Every placement as it would be. In a notebook, a row of pictures with their findings."""

    proofs: tuple[Proof, ...] = field(repr=False)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, str):
            for proof in self.proofs:
                if proof.placement.name == place:
                    return proof
            names = [proof.placement.name for proof in self.proofs]
            raise InputError("placement", place, "one of these proofs", near(place, names))
        return Proofs(self.proofs[place]) if isinstance(place, slice) else self.proofs[place]

    def __len__(self) -> int:
        return len(self.proofs)

    def __iter__(self) -> Iterator[Proof]:
        return iter(self.proofs)

    @property
    def findings(self) -> Findings:
        """Of all; draws what was not looked at yet."""
        return Findings.of(proof.findings for proof in self.proofs)

    def frame(self) -> pd.DataFrame:
        """One row a placement: its pixels, the method with its reason, the share that is invented, and how many findings."""
        import pandas as pd

        return pd.DataFrame(
            {
                "placement": p.placement.name, "width": p.placement.width, "height": p.placement.height, "method": p.fit.method,
                "reason": p.fit.reason, "invented": round(p.invented, 2), "findings": len(p.findings), "errors": len(p.findings.errors),
            }
            for p in self.proofs
        )  # fmt: skip

    def _repr_html_(self) -> str:
        cards = []
        for proof in self.proofs[:_SHOWN]:
            said = [f"{row.severity}: {row.rule}, {row.where}" for row in proof.findings if not row.waived]
            more = "".join(f"<br><small>{escape(line)}</small>" for line in dict.fromkeys(said))
            alt = escape(f"{proof.placement.name}, {proof.fit.method}", quote=True)
            picture = data_url(thumbnail(proof.image, _SIDE), "JPEG", quality=82)
            cards.append(
                f'<figure style="margin:0;max-width:{_SIDE}px"><img src="{picture}" alt="{alt}" style="max-width:100%">'
                f"<figcaption>{escape(proof.placement.name)} <small>{proof.fit.method}</small>{more}</figcaption></figure>"
            )
        rest = f"<p>and {len(self) - _SHOWN} more</p>" if len(self) > _SHOWN else ""
        return f'<div style="display:flex;flex-wrap:wrap;gap:14px;align-items:flex-end">{"".join(cards)}</div>{rest}'


class Proofing(Masters, Protocol):
    """The part of a Studio that shows an export before it is made."""

    brand: Brand | None

    def proof(
        self, picture: str | os.PathLike[str] | Image.Image | Result, placements: str | Sequence[str] = "all", *,
        focus: tuple[float, float] | None = None, anchor: str | None = None, fit: Mapping[str, str] | None = None, own: Any = None,
        layout: str = "", texts: Mapping[str, object] | None = None, brand: Given = None, theme: Theme | None = None,
        language: str = "", copy_side: str | None = None, waive: Mapping[str, str] | None = None, label: Labels = False,
        **words: object,
    ) -> Proofs:  # fmt: skip
        """What `export` would make of the picture, without a model, and without a file: see it, read the findings, then export.

        The parameters are export's. Each proof is drawn when it is first looked at.
        """
        from . import export

        source, image = self._picture(picture)
        wanted, image = export.choose(placements, export.load(own=own)), export.prepared(image)
        said = self._wording(layout, texts, words, brand, theme, language, copy_side, waive, wanted)
        planned = self._planned(image, wanted, focus=focus, fit=fit, anchor=anchor or away_from(copy_side), unloaded=True)
        return self._proofs(image, planned, said, label, isinstance(picture, Patched) or not is_photo(source))

    def _proofs(self, image: Image.Image, planned: Plan, said: Wording | None, label: Labels, drawn: bool) -> Proofs:
        """The proofs of a plan. `drawn`: the picture itself is a model's, so that a label goes on every placement."""
        from . import export
        from .export.label import words_for

        @cache
        def stretched(extension: Extension) -> Image.Image:
            return canvas.extend(image, canvas.Placed(extension.size, image.size, extension.offset))[0]

        def plain(fit: Fit) -> Image.Image:
            wider = {} if fit.extension is None else {fit.extension: stretched(fit.extension)}
            return next(export.render(image, [fit], wider))

        marks = {f: words_for(label, f.placement) if drawn or f.extension else "" for f in planned.fits}
        return Proofs(tuple(Proof(fit, said, image.size, plain, marks[fit]) for fit in planned.fits))

    def _wording(
        self, layout: str, texts: Mapping[str, object] | None, words: Mapping[str, object], brand: Given, theme: Theme | None,
        language: str, copy_side: str | None, waive: Mapping[str, str] | None, wanted: Sequence[Placement],
    ) -> Wording | None:  # fmt: skip
        """What is to stand on the pictures; None without a layout. `words` came as keywords, each a slot's name or a mistake.

        Raises InputError for texts without a layout or of no slot, and for wrong waivers.
        """
        from .layout import find

        given = {**(texts or {}), **words}
        known = list(inspect.signature(type(self).export).parameters)[2:-1]  # type: ignore[attr-defined]
        slots = find(layout, self.templates).slots if layout else ()
        for name, value in given.items():
            if name not in slots:
                of = f"the slots of {layout!r}: {', '.join(slots)}; or a parameter" if layout else "a parameter of export"
                hint = "" if layout else "; words on the pictures need layout="
                raise (LayoutError if layout else InputError)(name, value, of + hint, near(name, (*slots, *known)))
        names = [placement.name for placement in wanted]
        if not layout:
            Findings().waive(waive or {}, names)
            return None
        return wording(
            layout, given, brand=self.brand if brand is None and theme is None else brand, theme=theme, language=language,
            copy_side=copy_side, waive=waive, templates=self.templates, placements=names,
        )  # fmt: skip
