"""What a Studio does at the end: one picture written for every placement, with its papers."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image
from PIL import __version__ as pillow

from . import costs, rights
from .attended import shown
from .backends.base import Progress
from .codecs import pixel_hash
from .errors import InputError, Interrupted, RightsWarning
from .masters import Masters
from .result import Patched, Result
from .sources import label as called_as
from .upscale import is_photo

if TYPE_CHECKING:
    from .export import Earlier, Encoded, Extension, Fit, Item, Kit, Papers, Plan, Signer
    from .export.label import Labels

_SHARE = 0.2  # of a byte limit: content credentials that would take more are left out


class Exports(Masters, Protocol):
    """The part of a Studio that writes kits."""

    def export(
        self, picture: str | os.PathLike[str] | Image.Image | Result, placements: str | Sequence[str] = "all", *,
        to: str | os.PathLike[str], focus: tuple[float, float] | None = None, anchor: str | None = None,
        fit: Mapping[str, str] | None = None, upscaler: str | os.PathLike[str] | None = None, own: Any = None,
        alt: str | Mapping[str, str] = "", label: Labels = False, papers: Papers | Mapping[str, str] | None = None,
        revenue: float | None = None, acknowledge: str = "", sign: Signer | tuple[Any, Any] | None = None,
        archive: bool = False, zipped: bool = False, finish: Callable[[Image.Image, Fit], Image.Image] | None = None,
        finish_key: str = "", title: str = "", progress: bool | Progress = True, stop: Event | None = None,
    ) -> Kit:  # fmt: skip
        """Write the picture in every placement: exact pixels, under the byte limit, with a page to look at them all.

        placements   "all"; a group ("social", "ads", "web", "email", "print-proof"), a platform, a name, or several of these.
                     "all" is all that is put on a screen: print proofs have to be asked for.
        to           folder for the files, manifest.json, index.html, alt.csv and contact-sheet.jpg.
        focus        (x, y) of what must stay in view, as shares of width and height; found by itself when not given.
        anchor       where the subject stands in wide ones: "left", "centre" or "right"; by default where it already is.
        fit          {placement: "crop" | "pad" | "outpaint"} where the choice should be yours.
        upscaler     what enlarges it where a placement is larger: "pocket" or a file, as for `upscale`, or "" for resizing
                     alone. By default a picture that pocket drew is enlarged by its own upscaler, all others are resized.
        own          placements of your own beside the shipped ones: a file or folder of them, or the plain value.
        alt          what the picture shows, for those who cannot see it, or {placement: text}; by default a draft from the
                     prompt. What you write into alt.csv counts for more, and goes into the files at the next export.
        label        True draws "AI generated" on every picture that a model made; other words, or {group: words} for some.
        papers       {"creator": ..., "rights": "© 2026 Acme", "terms": ..., "statement": "https://..."}: written into each file.
        revenue, acknowledge    for the licence verdict: your firm's yearly US dollars, and what you found out where it asks.
        sign         (certificate chain, key), PEM files: content credentials (C2PA) in every file that a model had a part in,
                     where they take at most a fifth of the byte limit. Needs the extra "credentials".
        archive      also a copy of all files with all papers in archive/: prompt, seed, model. The others then say none of it.
        zipped       also kit.zip, without prompts.
        finish       draws on each picture before it is encoded (text, a logo); finish_key, a text that changes when it would
                     draw another thing, lets unchanged files be kept.

        A second export into the folder makes again only what changed. Raises PlacementError for an unknown placement,
        InputError for other bad input, ExportError when a file cannot be written as promised (an earlier kit in the folder is
        then as it was), Interrupted when stopped. Warns (RightsWarning) of a licence that asks.
        """
        from . import export

        source, image = self._picture(picture)
        named = called_as(picture, image)
        wanted, image = export.choose(placements, export.load(own=own)), export.prepared(image)  # as sRGB on white
        if isinstance(sign, tuple):
            sign = export.Signer.of(*sign)
        verdict = _verdict(picture, source, upscaler, revenue, acknowledge, self.templates)
        if verdict.asks:
            warnings.warn(
                f"{verdict.said}. {verdict.why} Note what you found out with acknowledge=.", RightsWarning, stacklevel=2
            )

        planned = self._planned(image, wanted, focus=focus, fit=fit, anchor=anchor)
        earlier = export.Earlier(Path(to))
        run = _Run(
            source, image, planned, earlier, verdict.short if not is_photo(source) or isinstance(picture, Patched) else "",
            isinstance(picture, Patched), earlier.alt_texts(), alt, label, _given(papers), sign, archive, finish, finish_key,
            Path(picture).stem if isinstance(picture, str | os.PathLike) else "picture",
        )  # fmt: skip
        # What needs no model is encoded while the model paints the rest.
        halted = Event()
        with ThreadPoolExecutor(1, thread_name_prefix="sdkit-early") as pool:
            early = [f for f in planned.fits if f.extension is None and not f.enlarged]
            first = pool.submit(run.files, early, {}, {}, lambda fit: "", halted)
            try:
                canvases = self._masters(source, image, planned, named, "outpainted for export", progress, stop)
                pictures: dict[Extension | None, Image.Image] = {None: image}
                pictures.update((extension, filled) for extension, filled in canvases.items())
                late = [f for f in planned.fits if f not in early]
                with shown(progress, 1) as report:
                    sharp, by = self._sharp(source, upscaler, planned.fits, pictures, report, stop)  # type: ignore[attr-defined]
                items = run.files(late, canvases, sharp, by, halted)
                items |= first.result()
            except BaseException:
                halted.set()
                raise
        prompt = str(source.request.prompt) if source else ""
        return export.write(
            Path(to), [items[f] for f in planned.fits], title=title or ("Asset kit" if prompt else run.about), zipped=zipped,
            rights=verdict.summary(),
        )  # fmt: skip


@dataclass
class _Run:
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
    finish: Callable[[Image.Image, Fit], Image.Image] | None
    finish_key: str
    about: str

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
                f, plain[f], seed, self._prompt, papers[f].alt, by(f), f.placement.name in self.edited, papers[f], labels[f],
                bool(seal and seal.room(f)), self._cost, keys[f], archived.get(f),
            )
            for f in fits
        }  # fmt: skip

    @cached_property
    def _prompt(self) -> str:
        return str(self.source.request.prompt) if self.source else ""

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
        alt = self.edited.get(name) or wanted or draft(self._prompt) or f"{fit.placement.platform}, {fit.placement.title}"
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
            prompt=self._prompt,
            model=rights.called(made.model),
            version=made.model_hash,
            recipe=json.dumps(recipe, ensure_ascii=False),
        )

    def _label(self, fit: Fit, papers: Papers) -> str:
        from .export.label import words_for

        words = words_for(self.label, fit.placement)
        return words if papers.source else ""

    def _finished(self, image: Image.Image, fit: Fit, words: str) -> Image.Image:
        from .export.label import labelled

        image = self.finish(image, fit) if self.finish else image
        return labelled(image, fit, words) if words else image

    def _key(self, fit: Fit, seen: str, upscaler: str, papers: Papers, words: str, signed: bool) -> str:
        """Equal where the file would be: of the picture, the part of it, the placement, the papers, and the encoders."""
        from .export.encode import METHOD

        if self.finish and not self.finish_key:
            return ""  # nobody knows what it would draw
        p = fit.placement
        parts = [
            METHOD, pillow, seen, fit.box, fit.method, fit.extension and (fit.extension.size, fit.extension.offset), p.size, p.safe,
            p.max_bytes, p.formats, p.dpi, fit.subject, upscaler, papers, words, self.finish_key,
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


def _given(papers: Papers | Mapping[str, str] | None) -> dict[str, str]:
    allowed = ("creator", "rights", "terms", "statement", "description")
    if papers is None:
        return {}
    if not isinstance(papers, Mapping):
        return {name: getattr(papers, name) for name in allowed if getattr(papers, name)}
    for name in papers:
        if name not in allowed:
            raise InputError("papers", name, ", ".join(map(repr, allowed)))
    return dict(papers)


def _verdict(
    picture: object, source: Result | None, upscaler: str | os.PathLike[str] | None, revenue: float | None, acknowledge: str,
    templates: Any,
) -> rights.Verdict:  # fmt: skip
    """Of all that made the picture: its model, LoRAs, guides, and what enlarges it."""
    own = templates if templates is not None and (Path(templates) / rights.FILE).is_file() else None
    made = source.made if source is not None and not is_photo(source) else None
    maker = picture if isinstance(picture, Patched) else source if made else None
    return rights.verdict(
        maker.made if maker else None, loras=[name for name, _ in maker.request.loras] if maker else (),
        guides=list(maker.made.guides) if maker else (), upscaler=os.fspath(upscaler) if upscaler else "", revenue=revenue,
        acknowledge=acknowledge, own=own,
    )  # fmt: skip


__all__ = ["Exports"]
