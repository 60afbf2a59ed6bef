"""A kit on disk: a folder a platform, manifest, page, alt texts, contact sheet; written whole, or the earlier kit stays."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..codecs import data_url, open_image, thumbnail
from ..errors import ExportError, InputError, SdkitError
from ..findings import Finding, Findings
from . import alts, contact
from .alts import Alt
from .earlier import listed
from .encode import Encoded
from .entry import Entry, row
from .fit import Fit
from .page import MARK, page
from .placements import is_slug
from .shown import Shown, size
from .swap import replace_all
from .xmp import Papers

if TYPE_CHECKING:
    import pandas as pd

MANIFEST, INDEX, SHEET, ZIP, ARCHIVE = "manifest.json", "index.html", "contact-sheet.jpg", "kit.zip", "archive"
SHOWN = 48  # thumbnails in a notebook


@dataclass(frozen=True)
class Item:
    """One picture to write: its fit, its file, and what its manifest says of it.

    alt        describes it for those who cannot see it; by default a draft from the prompt. alt_edited: a person wrote it.
    upscaler   what enlarged it, as "pocket/upscaler 0123456789abcdef"; "" where it was resized alone.
    papers     those in the file. label, the words drawn on it that say it is AI content; signed, whether it has credentials.
    cost       US dollars that the picture took, where that is known.
    key        of the picture and all settings: an earlier file with the same key is this file.
    findings   what a last look at its words found.
    archive    the same picture with all papers, for the archive copy.
    """

    fit: Fit
    encoded: Encoded
    seed: int | None = None
    prompt: str = ""
    alt: str = ""
    upscaler: str = ""
    alt_edited: bool = False
    papers: Papers = field(default_factory=Papers)
    label: str = ""
    signed: bool = False
    cost: float | None = None
    key: str = ""
    findings: tuple[Finding, ...] = ()
    archive: Encoded | None = None


@dataclass(frozen=True)
class Kit:
    """A written kit: its folder and its entries. In a notebook it shows itself as a gallery.

    kept   names of the placements whose files were there already, bit for bit, and were left alone.
    """

    folder: Path
    entries: tuple[Entry, ...] = field(repr=False)
    kept: tuple[str, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def page(self) -> Path:
        """The page that shows every placement, with a switch for safe areas, and mock-ups."""
        return self.folder / INDEX

    @property
    def alt_texts(self) -> Path:
        """The table of alt texts: edit it, and the next export puts your words into the files."""
        return self.folder / alts.FILE

    @property
    def archive(self) -> Path | None:
        """The folder of the copy with all papers, where one was asked for."""
        return self.folder / ARCHIVE if (self.folder / ARCHIVE / MANIFEST).is_file() else None

    @property
    def zip(self) -> Path | None:
        """The kit as one file to hand on, where one was asked for: no prompts in it."""
        return self.folder / ZIP if (self.folder / ZIP).is_file() else None

    @property
    def findings(self) -> Findings:
        """What a last look at its words found, for all placements; errors among them were waived, with the reason."""
        return Findings.of(entry.findings for entry in self.entries)

    def path(self, placement: str) -> Path:
        """The file of one placement. Raises InputError when the kit has none."""
        for entry in self.entries:
            if entry.placement == placement:
                return self.folder / entry.path
        raise InputError("placement", placement, "one of " + ", ".join(e.placement for e in self.entries))

    def frame(self) -> pd.DataFrame:
        """One row a file, with the manifest's columns."""
        import pandas as pd

        return pd.DataFrame([row(e) for e in self.entries], columns=list(Entry.__dataclass_fields__))

    def __repr__(self) -> str:
        total = sum(e.bytes for e in self.entries)
        same = f" ({len(self) - len(self.kept)} written, {len(self.kept)} kept as they were)" if self.kept else ""
        head = f"{len(self)} file{'s' * (len(self) != 1)}, {size(total)}, in {self.folder}{same}"
        rows = [f"  {e.path:<48} {f'{e.width} x {e.height}':>11} {size(e.bytes):>9}  {e.method}" for e in self.entries]
        return "\n".join([head, *rows])

    def _repr_html_(self) -> str:
        cards = []
        for entry in self.entries[:SHOWN]:
            facts = f"{entry.width} × {entry.height} · {size(entry.bytes)} · {entry.method}"
            caption = f"{escape(entry.placement)}<br><small>{escape(facts)}</small>"
            cards.append(
                f'<figure style="margin:0;width:168px" title="{escape(entry.reason, quote=True)}">'
                f'<div style="height:120px;display:flex;align-items:center;justify-content:center">{self._picture(entry)}</div>'
                f'<figcaption style="font-size:12px;line-height:1.4;overflow-wrap:anywhere">{caption}</figcaption></figure>'
            )
        more = f"<p>and {len(self) - SHOWN} more</p>" if len(self) > SHOWN else ""
        same = f" {len(self.kept)} were there already and kept." if self.kept else ""
        head = f"{len(self)} files in {escape(str(self.folder))}; open {INDEX} there to see them with their safe areas.{same}"
        return f'<p>{head}</p><div style="display:flex;flex-wrap:wrap;gap:16px">{"".join(cards)}</div>{more}'

    def _picture(self, entry: Entry) -> str:
        try:
            url = data_url(thumbnail(open_image(self.folder / entry.path), 160), "JPEG", quality=82)
        except SdkitError:
            return "<em>file gone</em>"
        style = "max-width:160px;max-height:120px;border-radius:4px"
        return f'<img src="{url}" alt="{escape(entry.alt or entry.placement, quote=True)}" style="{style}">'


def write(
    folder: str | Path, items: Iterable[Item], *, title: str = "Asset kit", zipped: bool = False, rights: str = ""
) -> Kit:
    """Write `items` under `folder` as platform/name.jpg, with manifest.json, index.html, alt.csv and contact-sheet.jpg.

    zipped   also kit.zip: all of it in one file to hand on, the prompts left out.
    rights   the licence verdict in words, for the page.

    Where items carry an archive copy, that goes to archive/, with prompts and seeds; the rest then says none of them.

    Files that are the same already are left alone, all others written beside the old ones first and then swapped in. A later
    export into the same folder replaces the files its manifest lists and removes those no longer made; other files there are
    never touched, and one that stands where a new one must go is an ExportError, as are a full disk and a missing permission:
    the earlier kit is then as it was. Raises InputError for two items of one placement, or none.
    """
    target, items = Path(folder), list(items)
    names = [item.fit.placement.name for item in items]
    if not items or len(set(names)) < len(names):
        twice = sorted({n for n in names if names.count(n) > 1})
        raise InputError("items", twice or "nothing", "at least one picture, and one a placement")
    for name in names:
        if not is_slug(name):
            raise InputError("items: placement", name, "a name of lower-case letters, digits and hyphens: it names the file")
    entries = [_entry(item, item.encoded) for item in items]
    files = {entry.path: item.encoded.data for entry, item in zip(entries, items, strict=True)}
    open_entries = [e.public() for e in entries]
    archived = [i for i in items if i.archive is not None]
    shown_entries = open_entries if archived else entries
    extras = _extras(target, shown_entries, items, title, rights)
    all_files = {**files, **extras, MANIFEST: _manifest(shown_entries)}
    if archived:
        whole = [_entry(item, item.archive) for item in archived if item.archive]
        all_files |= {f"{ARCHIVE}/{e.path}": i.archive.data for e, i in zip(whole, archived, strict=True) if i.archive}
        all_files[f"{ARCHIVE}/{MANIFEST}"] = _manifest(whole)
    if zipped:
        public = extras if archived else _extras(target, open_entries, items, title, rights)
        all_files[ZIP] = _zipped({**files, **public, MANIFEST: _manifest(open_entries)})
    kept = _replace(target, all_files, entries)
    return Kit(target, tuple(shown_entries), tuple(e.placement for e in entries if e.path in kept))


def read(folder: str | Path) -> Kit:
    """The kit that was written into `folder`. Raises ExportError when there is none."""
    found = listed(Path(folder))
    if found is None:
        raise ExportError(f"{folder} holds no {MANIFEST} of a kit.")
    return Kit(Path(folder), tuple(found))


def _entry(item: Item, encoded: Encoded) -> Entry:
    placement = item.fit.placement
    if encoded.size != placement.size or len(encoded.data) > placement.max_bytes:
        raise ExportError(f"{placement.name}: the file is not what the placement asks for; encode it with encode_under.")
    return Entry(
        placement.name, *placement.size, len(encoded.data), placement.max_bytes,
        f"{placement.folder}/{placement.name}{encoded.suffix}", item.fit.method, item.fit.reason, item.seed, item.prompt,
        item.upscaler, format=encoded.format, quality=encoded.quality, colour=encoded.colour, likeness=encoded.likeness,
        alt=_alt(item).text, alt_edited=item.alt_edited, source=item.papers.source, licence=item.papers.licence, label=item.label,
        signed=item.signed, cost=item.cost, findings=item.findings, sha256=hashlib.sha256(encoded.data).hexdigest(), key=item.key,
    )  # fmt: skip


def _alt(item: Item) -> Alt:
    p = item.fit.placement
    return Alt(item.alt or alts.draft(item.prompt) or f"{p.platform}, {p.title}", item.alt_edited)


def _extras(
    target: Path, entries: Sequence[Entry], items: Sequence[Item], title: str, rights: str
) -> dict[str, bytes]:  # fmt: skip
    """What a kit has beside its pictures and manifest."""
    shown = [Shown(e, i.fit.placement) for e, i in zip(entries, items, strict=True)]
    key = hashlib.sha256(repr([title, *[(e.sha256, e.placement) for e in entries]]).encode("utf-8", "replace")).hexdigest()
    sheet = _bytes(target / SHEET)
    if not contact.is_of(sheet, key):
        sheet = contact.contact_sheet([(i.fit.placement, i.encoded.data) for i in items], title, key)
    return {
        INDEX: page(shown, title=title, rights=rights).encode("utf-8", "replace"),
        alts.FILE: alts.table((e.path, e.placement, Alt(e.alt, e.alt_edited)) for e in entries),
        SHEET: sheet,
    }


def _manifest(entries: Sequence[Entry]) -> bytes:
    lines = [json.dumps(asdict(e), ensure_ascii=False) for e in entries]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8", "replace")


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes. Pictures are stored as they are: they do not compress."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = b"sdkit kit"
        for path, data in sorted(files.items()):
            about = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            about.external_attr = 0o644 << 16
            small = path.endswith((".json", ".html", ".csv"))
            archive.writestr(about, data, zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED)
    return out.getvalue()


def _replace(target: Path, files: dict[str, bytes], entries: Sequence[Entry]) -> set[str]:
    """Swap in what differs from what is there; returns the paths that do not."""
    before, archived = listed(target), listed(target / ARCHIVE)
    ours = {e.path for e in before or []}
    theirs = {f"{ARCHIVE}/{e.path}" for e in archived or []} | ({f"{ARCHIVE}/{MANIFEST}"} if archived is not None else set())
    manifests = ((MANIFEST, before), (f"{ARCHIVE}/{MANIFEST}", archived))
    for path, found in manifests:
        if path in files and found is None and os.path.lexists(target / path):
            raise ExportError(f"{target / path} is not of an earlier kit, and is left alone. Choose another folder.")
    for folder in dict.fromkeys(parent for path in files for parent in (target / path).parents if target in parent.parents):
        if folder.is_symlink():
            raise ExportError(f"{folder} leads out of the kit's folder, and is left alone. Choose another folder.")
    for path in files:
        known = path in ours or path in theirs or path == MANIFEST
        if not known and os.path.lexists(target / path) and not _recognised(target / path):
            raise ExportError(f"{target / path} is not of an earlier export, and is left alone. Choose another folder.")
    same = {path for path, data in files.items() if _bytes(target / path) == data}
    stale = (ours | theirs | ({ZIP} if _recognised(target / ZIP) else set())) - set(files)
    changed = {path: data for path, data in files.items() if path not in same}
    if changed or stale:
        gone = [e for e in before or [] if e.path not in files]
        replace_all(target, changed, sorted(stale), MANIFEST, _manifest([*entries, *gone]))
    return same


def _recognised(path: Path) -> bool:
    """Whether the file beside the pictures is one that an earlier export made."""
    data = _bytes(path)
    return (
        bool(data)
        and {
            INDEX: lambda: MARK.encode() in data[:2000],
            alts.FILE: lambda: alts.is_ours(data),
            SHEET: lambda: contact.is_ours(data),
            ZIP: lambda: data.endswith(b"sdkit kit"),
        }.get(path.name, lambda: False)()
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    except OSError:
        return b""


__all__ = ["Entry", "Item", "Kit", "read", "write"]
