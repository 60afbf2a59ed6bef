"""A kit on disk: a folder a platform, manifest.json and index.html; written whole, or the earlier kit stays."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..codecs import data_url, open_image, thumbnail, write_atomic
from ..errors import ExportError, InputError, SdkitError
from .encode import Encoded
from .fit import Fit
from .page import MARK, Shown, page

if TYPE_CHECKING:
    import pandas as pd

MANIFEST, INDEX = "manifest.json", "index.html"
SHOWN = 48  # thumbnails in a notebook


@dataclass(frozen=True)
class Item:
    """One picture to write: its fit, its file, and what its manifest says of it. alt describes it for the page.

    upscaler   what enlarged it, as "pocket/upscaler 0123456789abcdef"; "" where it was resized alone.
    """

    fit: Fit
    encoded: Encoded
    seed: int | None = None
    prompt: str = ""
    alt: str = ""
    upscaler: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of the manifest. width and height in pixels; path relative to the kit's folder, with forward slashes."""

    placement: str
    width: int
    height: int
    bytes: int
    byte_limit: int
    path: str
    method: str
    reason: str
    seed: int | None
    prompt: str
    upscaler: str = ""


@dataclass(frozen=True)
class Kit:
    """A written kit: its folder and its entries. In a notebook it shows itself as a gallery."""

    folder: Path
    entries: tuple[Entry, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def page(self) -> Path:
        """The page that shows every placement, with a switch for safe areas."""
        return self.folder / INDEX

    def path(self, placement: str) -> Path:
        """The file of one placement. Raises InputError when the kit has none."""
        for entry in self.entries:
            if entry.placement == placement:
                return self.folder / entry.path
        raise InputError("placement", placement, "one of " + ", ".join(e.placement for e in self.entries))

    def frame(self) -> pd.DataFrame:
        """One row a file, with the manifest's columns."""
        import pandas as pd

        return pd.DataFrame([asdict(e) for e in self.entries], columns=list(Entry.__dataclass_fields__))

    def __repr__(self) -> str:
        total = sum(e.bytes for e in self.entries)
        head = f"{len(self)} file{'s' * (len(self) != 1)}, {kilobytes(total)}, in {self.folder}"
        rows = [f"  {e.path:<48} {f'{e.width} x {e.height}':>11} {kilobytes(e.bytes):>9}  {e.method}" for e in self.entries]
        return "\n".join([head, *rows])

    def _repr_html_(self) -> str:
        cards = []
        for entry in self.entries[:SHOWN]:
            facts = f"{entry.width} × {entry.height} · {kilobytes(entry.bytes)} · {entry.method}"
            caption = f"{escape(entry.placement)}<br><small>{escape(facts)}</small>"
            cards.append(
                f'<figure style="margin:0;width:168px" title="{escape(entry.reason, quote=True)}">'
                f'<div style="height:120px;display:flex;align-items:center;justify-content:center">{self._picture(entry)}</div>'
                f'<figcaption style="font-size:12px;line-height:1.4;overflow-wrap:anywhere">{caption}</figcaption></figure>'
            )
        more = f"<p>and {len(self) - SHOWN} more</p>" if len(self) > SHOWN else ""
        head = f"{len(self)} files in {escape(str(self.folder))}; open {INDEX} there to see them with their safe areas."
        return f'<p>{head}</p><div style="display:flex;flex-wrap:wrap;gap:16px">{"".join(cards)}</div>{more}'

    def _picture(self, entry: Entry) -> str:
        try:
            url = data_url(thumbnail(open_image(self.folder / entry.path), 160), "JPEG", quality=82)
        except SdkitError:
            return "<em>file gone</em>"
        style = "max-width:160px;max-height:120px;border-radius:4px"
        return f'<img src="{url}" alt="{escape(entry.placement, quote=True)}" style="{style}">'


def write(folder: str | Path, items: Iterable[Item], *, title: str = "Asset kit") -> Kit:
    """Write `items` under `folder` as platform/name.jpg, with manifest.json and index.html.

    All files are written beside the old ones first and then swapped in. A later export into the same folder replaces
    the files its manifest lists and removes those no longer made; other files there are never touched, and one that
    stands where a new one must go is an ExportError, as are a full disk and a missing permission: the earlier kit is
    then as it was. Raises InputError for two items of one placement, or none.
    """
    target, items = Path(folder), list(items)
    names = [item.fit.placement.name for item in items]
    if not items or len(set(names)) < len(names):
        twice = sorted({n for n in names if names.count(n) > 1})
        raise InputError("items", twice or "nothing", "at least one picture, and one a placement")
    entries = tuple(_entry(item) for item in items)
    files = {entry.path: item.encoded.data for entry, item in zip(entries, items, strict=True)}
    shown = [Shown(e, i.fit.placement, i.alt) for e, i in zip(entries, items, strict=True)]
    files[INDEX] = page(shown, title=title).encode("utf-8", "replace")
    made = next((p for p in reversed([target, *target.parents]) if not p.exists()), None)
    try:
        target.mkdir(parents=True, exist_ok=True)
        _replace(target, files, entries)
    except BaseException as error:
        if made is not None:  # folders that only this export made, and left empty
            _prune(target, made)
        if isinstance(error, OSError):
            place = error.filename2 or error.filename or target
            why = error.strerror or error
            raise ExportError(f"{place} could not be written: {why}. Earlier files are unchanged.") from error
        raise
    return Kit(target, entries)


def read(folder: str | Path) -> Kit:
    """The kit that was written into `folder`. Raises ExportError when there is none."""
    listed = _listed(Path(folder))
    if listed is None:
        raise ExportError(f"{folder} holds no {MANIFEST} of a kit.")
    return Kit(Path(folder), tuple(Entry(**item) for item in listed))


def kilobytes(count: int) -> str:
    """Bytes for people: "84 KB", "1.2 MB" (1 KB = 1000 bytes, as the platforms' limits count)."""
    return f"{count / 1e6:.1f} MB" if count >= 999_500 else f"{max(1, round(count / 1000))} KB"


def _entry(item: Item) -> Entry:
    placement, encoded = item.fit.placement, item.encoded
    if encoded.size != placement.size or len(encoded.data) > placement.max_bytes:
        raise ExportError(f"{placement.name}: the file is not what the placement asks for; encode it with encode_under.")
    path = f"{placement.folder}/{placement.name}{encoded.suffix}"
    return Entry(
        placement.name, *placement.size, len(encoded.data), placement.max_bytes, path, item.fit.method, item.fit.reason,
        item.seed, item.prompt, item.upscaler,
    )  # fmt: skip


def _manifest(entries: Sequence[Any]) -> bytes:
    lines = [json.dumps(e if isinstance(e, dict) else asdict(e), ensure_ascii=False) for e in entries]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8", "replace")


def _listed(folder: Path) -> list[dict[str, Any]] | None:
    """The entries of a manifest that `write` made, with paths that stay in the folder; None where there is no such."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    fields = set(Entry.__dataclass_fields__)
    older = fields - {"upscaler"}  # as kits were before there was one
    if not isinstance(found, list) or not all(isinstance(e, dict) and set(e) in (fields, older) for e in found):
        return None
    for entry in found:
        path = entry["path"]
        if not isinstance(path, str) or "\\" in path or ":" in path or "\0" in path:
            return None
        parts = PurePosixPath(path).parts
        if len(parts) != 2 or ".." in parts or path.startswith("/"):
            return None
    return found


def _replace(target: Path, files: dict[str, bytes], entries: tuple[Entry, ...]) -> None:
    """Stage every file inside `target` (so that the swap is a rename on one disk), then swap; undo on any failure."""
    before = _listed(target)
    ours = {e["path"] for e in before or []}
    manifest = target / MANIFEST
    if before is None and os.path.lexists(manifest):
        raise ExportError(f"{manifest} is not of an earlier kit, and is left alone. Choose another folder.")
    for path in files:
        if path not in ours and os.path.lexists(target / path) and not _our_page(target / path):
            raise ExportError(f"{target / path} is not of an earlier export, and is left alone. Choose another folder.")
    stage = Path(tempfile.mkdtemp(dir=target, prefix=".export-", suffix=".part"))
    try:
        for path, data in files.items():
            write_atomic(stage / "new" / path, data)
        write_atomic(stage / "new" / MANIFEST, _manifest(entries))
        # Should the power fail during the swap, the next export still knows every file as its own.
        gone = [e for e in before or [] if e["path"] not in files]
        write_atomic(stage / "both", _manifest([*entries, *gone]))
        if before is not None:
            shutil.copy2(manifest, stage / "before")
        _swap(target, stage, list(files), sorted(ours - set(files)))
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    for path in ours - set(files):
        with suppress(OSError):  # not empty, or already gone
            (target / path).parent.rmdir()


def _swap(target: Path, stage: Path, paths: list[str], stale: list[str]) -> None:
    done: list[tuple[Path, Path]] = []  # (from, to) of every rename, to be undone backwards

    def move(source: Path, goal: Path) -> None:
        goal.parent.mkdir(parents=True, exist_ok=True)
        os.rename(source, goal)
        done.append((source, goal))

    try:
        os.replace(stage / "both", target / MANIFEST)
        for path in [*stale, *paths]:
            if os.path.lexists(target / path):
                move(target / path, stage / "old" / path)
            if path in paths:
                move(stage / "new" / path, target / path)
        os.replace(stage / "new" / MANIFEST, target / MANIFEST)
    except BaseException:
        for source, goal in reversed(done):
            with suppress(OSError):
                os.rename(goal, source)
        with suppress(OSError):
            if (stage / "before").exists():
                os.replace(stage / "before", target / MANIFEST)
            elif not (stage / "both").exists():
                (target / MANIFEST).unlink()
        for path in paths:
            with suppress(OSError):
                (target / path).parent.rmdir()
        raise


def _our_page(path: Path) -> bool:
    """Whether the file is an index.html that `page` made."""
    try:
        return path.name == INDEX and MARK in path.read_bytes()[:2000].decode("utf-8", "replace")
    except OSError:
        return False


def _prune(folder: Path, top: Path) -> None:
    with suppress(OSError):
        while True:
            folder.rmdir()
            if folder == top:
                return
            folder = folder.parent


__all__ = ["Entry", "Item", "Kit", "kilobytes", "read", "write"]
