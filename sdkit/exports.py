"""What a Studio does at the end: one picture written for every placement, with its papers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from . import rights
from .attended import shown
from .backends.base import Progress
from .branded import Given
from .edition import Edition
from .errors import InputError, RightsWarning
from .findings import Findings
from .proofs import Proofing
from .result import Patched, Result
from .sources import label as called_as
from .upscale import is_photo
from .worded import away_from

if TYPE_CHECKING:
    from .export import Extension, Kit, Papers, Signer
    from .export.label import Labels
    from .layout import Theme


class Exports(Proofing, Protocol):
    """The part of a Studio that writes kits."""

    def export(
        self, picture: str | os.PathLike[str] | Image.Image | Result, placements: str | Sequence[str] = "all", *,
        to: str | os.PathLike[str], focus: tuple[float, float] | None = None, anchor: str | None = None,
        fit: Mapping[str, str] | None = None, upscaler: str | os.PathLike[str] | None = None, own: Any = None,
        alt: str | Mapping[str, str] = "", label: Labels = False, papers: Papers | Mapping[str, str] | None = None,
        revenue: float | None = None, acknowledge: str = "", sign: Signer | tuple[Any, Any] | None = None,
        archive: bool = False, zipped: bool = False, title: str = "", layout: str = "",
        texts: Mapping[str, object] | None = None, brand: Given = None, theme: Theme | None = None, language: str = "",
        copy_side: str | None = None, waive: Mapping[str, str] | None = None, progress: bool | Progress = True,
        stop: Event | None = None, **words: object,
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
        layout       sets words over every picture that may carry some: `export(..., layout="button", headline="Summer sale",
                     button="Shop now")`; what it takes, `sdkit.layouts()` lists. `texts` is the same as a dict. brand, theme, language
                     and copy_side are as for `banner`.
        waive        {rule: why} or {"placement: rule": why}: findings of the brand's rules that are let pass. Recorded.

        A second export into the folder makes again only what changed. Raises PlacementError for an unknown placement,
        InputError for other bad input, ExportError for errors of the brand's rules that nobody waived, and when a file cannot be
        written as promised (an earlier kit in the folder is then as it was), Interrupted when stopped. Warns (RightsWarning) of
        a licence that asks.
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

        wording = self._wording(layout, texts, words, brand, theme, language, copy_side, waive, wanted)
        Findings.of(wording.check(place) for place in wanted if wording).require()
        planned = self._planned(image, wanted, focus=focus, fit=fit, anchor=anchor or away_from(copy_side))
        earlier = export.Earlier(Path(to))
        first = self._shown(source)  # type: ignore[attr-defined]
        prompt = str(first.request.prompt) if first else ""
        run = Edition(
            source, image, planned, earlier, verdict.short if not is_photo(source) or isinstance(picture, Patched) else "",
            isinstance(picture, Patched), earlier.alt_texts(), alt, label, _given(papers), sign, archive, wording, prompt,
            Path(picture).stem if isinstance(picture, str | os.PathLike) else "picture",
        )  # fmt: skip
        drawn = isinstance(picture, Patched) or not is_photo(source)

        def look() -> None:  # before a model paints for minutes
            if wording:
                Findings.of(proof.sure() for proof in self._proofs(image, planned, wording, label, drawn)).require()

        # What needs no model is encoded while the model paints the rest.
        halted = Event()
        with ThreadPoolExecutor(1, thread_name_prefix="sdkit-early") as pool:
            early = [f for f in planned.fits if f.extension is None and not f.enlarged]
            done = pool.submit(run.files, early, {}, {}, lambda fit: "", halted)
            try:
                canvases = self._masters(source, image, planned, named, "outpainted for export", progress, stop, look)
                pictures: dict[Extension | None, Image.Image] = {None: image}
                pictures.update((extension, filled) for extension, filled in canvases.items())
                late = [f for f in planned.fits if f not in early]
                with shown(progress, 1) as report:
                    sharp, by = self._sharp(source, upscaler, planned.fits, pictures, report, stop)  # type: ignore[attr-defined]
                items = run.files(late, canvases, sharp, by, halted)
                items |= done.result()
            except BaseException:
                halted.set()
                raise
        Findings.of(run.found.values()).require()
        return export.write(
            Path(to), [items[f] for f in planned.fits], title=title or ("Asset kit" if prompt else run.about), zipped=zipped,
            rights=verdict.summary(),
        )  # fmt: skip


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
