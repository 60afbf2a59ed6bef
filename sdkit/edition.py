"""One export on its way: what holds for all its files, and the files of some placements, made or kept from the last time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from threading import Event
from typing import TYPE_CHECKING

from PIL import Image
from PIL import __version__ as pillow

from . import costs, rights
from .codecs import pixel_hash
from .errors import Interrupted
from .findings import Finding, Findings
from .result import Result
from .upscale import is_photo
from .worded import Wording, worded

if TYPE_CHECKING:
    from .export import Earlier, Encoded, Extension, Fit, Item, Papers, Plan, Signer
    from .export.label import Labels

_SHARE = 0.2  # of a byte limit: content credentials that would take more are left out
_LONGEST = 250  # characters of an alt text with the words on the picture


@dataclass
class Edition:
    """One export: what holds for all its files. `files` makes those of some fits, or keeps them."""

    source: Result | None
    image: Image.Image
    plan: Plan
    earlier: Earlier
    licence: str
    patched: bool
    edited: Mapping[str, str]
    alt: str | Mapping[str, str]
    label: Labels
    given: Mapping[str, str]
    signer: Signer | None
    archive: bool
    words: Wording | None
    prompt: str
    about: str
    found: dict[str, Findings] = field(default_factory=dict, init=False)

    def files(
        self, fits: Iterable[Fit], canvases: Mapping[Extension, Image.Image], sharp: Mapping[Extension | None, Image.Image],
        by: Callable[[Fit], str], halted: Event,
    ) -> dict[Fit, Item]:  # fmt: skip
        """{fit: its Item}; files that an earlier export made with the same key are taken from there."""
        from .export import Item, encode_all
        from .export.xmp import packet

        fits = list(fits)
        seen: dict[Extension | None, str] = {}
        if fits:
            seen = {None: pixel_hash(self.image)}
            seen.update((key, pixel_hash(image)) for key, image in canvases.items())
        papers = {f: self._papers(f, by(f)) for f in fits}
        labels = {f: self._label(f, papers[f]) for f in fits}
        seal = None if self.signer is None else _Sealed(self.signer, papers)
        keys = {f: self._key(f, seen[f.extension], by(f), papers[f], labels[f], bool(seal and seal.room(f))) for f in fits}

        def made(whole: bool) -> dict[Fit, Encoded]:
            found = {f: self.earlier.file(f.placement.name, keys[f], archive=whole) for f in fits}
            missing = [f for f in fits if found[f] is None]
            for f in fits:
                if found[f] is not None and self.words and not whole:
                    self.found[f.placement.name] = self.words.waived(f.placement, self.earlier.findings(f.placement.name))
            encoded = encode_all(
                self.image, missing, canvases, sharp=sharp, finish=lambda image, fit: self._finished(image, fit, labels[fit]),
                xmp=lambda fit: packet(papers[fit] if whole else papers[fit].published()), seal=seal,
            )  # fmt: skip
            for fit, file in zip(missing, encoded, strict=True):
                found[fit] = file
                if halted.is_set():
                    raise Interrupted("Stopped before any file was written.")
            return {f: file for f, file in found.items() if file is not None}

        plain = made(whole=False)
        archived = made(whole=True) if self.archive else {}
        seed = self.source.request.seed if self.source else None
        return {
            f: Item(
                f, plain[f], seed, self.prompt, papers[f].alt, by(f), f.placement.name in self.edited, papers[f], labels[f],
                bool(seal and seal.room(f)), self._cost, keys[f], self._findings(f), archived.get(f),
            )
            for f in fits
        }  # fmt: skip

    @cached_property
    def _cost(self) -> float | None:
        """US dollars of electricity for the picture itself, where it is known how long it took, and on what."""
        if self.source is None or not self.source.seconds or not self.source.made.device:
            return None
        return round(costs.of([self.source]).usd, 8)

    @cached_property
    def _tool(self) -> str:
        try:
            return f"sdkit {version('sdkit')}"
        except PackageNotFoundError:
            return "sdkit"

    def _papers(self, fit: Fit, upscaler: str) -> Papers:
        from .export import COMPOSITE, ENHANCED, GENERATED, Papers
        from .export.alts import draft

        name, photo = fit.placement.name, is_photo(self.source)
        # What a model drew is marked so in the file; a photograph that was only cropped is not.
        if fit.extension or self.patched or not photo:
            kind = COMPOSITE if photo else GENERATED
        else:
            kind = ENHANCED if self.source or upscaler else ""
        wanted = self.alt if isinstance(self.alt, str) else self.alt.get(name, "")
        shown = wanted or draft(self.prompt)
        alt = self.edited.get(name) or self._said(fit, shown) or f"{fit.placement.platform}, {fit.placement.title}"
        papers = Papers(source=kind, tool=self._tool if kind or self.given else "", alt=alt, licence=self.licence, **self.given)
        if not papers.description:
            papers = replace(papers, description=alt)
        if self.source is None:
            return papers
        request, made = self.source.request, self.source.made
        recipe = {
            "negative": request.negative,
            "seed": request.seed, "size": list(request.size), "steps": request.steps,
            "guidance": request.guidance, "scheduler": made.scheduler,
            "loras": [[rights.called(name), weight] for name, weight in request.loras],
            "key": request.key, "fit": fit.method, "upscaler": upscaler,
        }  # fmt: skip
        return replace(
            papers,
            prompt=str(request.prompt),
            model=rights.called(made.model),
            version=made.model_hash,
            recipe=json.dumps(recipe, ensure_ascii=False),
        )

    def _said(self, fit: Fit, shown: str) -> str:
        """What the picture shows, and the words that stand on it: who cannot see it has to be told both."""
        texts = () if self.words is None else self.words.shown(fit.placement)
        text = ". ".join(text.rstrip(".") for text in texts if text.casefold() not in shown.casefold())
        if not text:
            return shown
        whole = f"{shown} Text: {text}.".strip()
        return whole if len(whole) <= _LONGEST else whole[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"

    def _label(self, fit: Fit, papers: Papers) -> str:
        from .export.label import words_for

        words = words_for(self.label, fit.placement)
        return words if papers.source else ""

    def _finished(self, image: Image.Image, fit: Fit, label: str) -> Image.Image:
        done = worded(self.words, image, fit, label)
        self.found[fit.placement.name] = done.findings
        return done.image

    def _findings(self, fit: Fit) -> tuple[Finding, ...]:
        return self.found.get(fit.placement.name, Findings()).rows

    def _key(self, fit: Fit, seen: str, upscaler: str, papers: Papers, label: str, signed: bool) -> str:
        """Equal where the file would be: of the picture, the part of it, the placement, the papers, and the encoders."""
        from .export.encode import METHOD

        p = fit.placement
        parts = [
            METHOD, pillow, seen, fit.box, fit.method, fit.extension and (fit.extension.size, fit.extension.offset), p.size, p.safe,
            p.max_bytes, p.formats, p.dpi, fit.subject, upscaler, papers, label, self.words and self.words.key,
            signed and self.signer and self.signer.chain,
        ]  # fmt: skip
        return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:32]


class _Sealed:
    """Content credentials for the files that a model had a part in, where they do not take too much of the limit."""

    def __init__(self, signer: Signer, papers: Mapping[Fit, Papers]) -> None:
        self.signer, self.papers = signer, papers

    def room(self, fit: Fit) -> int:
        small = self.signer.room <= _SHARE * fit.placement.max_bytes
        return self.signer.room if small and self.papers[fit].source else 0

    def put(self, file: Encoded, fit: Fit) -> Encoded:
        name = f"{fit.placement.name}{file.suffix}"
        tool, _, number = self.papers[fit].tool.partition(" ")
        data = self.signer.sign(
            file.data, file.format, self.papers[fit].source, title=name, tool=tool or "sdkit", version=number
        )
        return replace(file, data=data)
