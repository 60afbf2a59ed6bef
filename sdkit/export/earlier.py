"""What an earlier export left in a folder: its files that need not be made again, and the alt texts that a person wrote."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..findings import Finding
from . import alts
from .encode import Encoded
from .entry import Entry, is_sound, of

_MANIFEST, _ARCHIVE = "manifest.json", "archive"


class Earlier:
    """The kit in a folder, if there is one, before the next export."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._plain = {e.placement: e for e in listed(self.folder) or []}
        self._whole = {e.placement: e for e in listed(self.folder / _ARCHIVE) or []}

    def alt_texts(self) -> dict[str, str]:
        """{placement: text} that a person wrote into alt.csv. Raises InputError for a table that does not read."""
        drafts = {name: e.alt for name, e in self._plain.items() if not e.alt_edited}
        return alts.kept(self.folder, drafts) if self._plain else {}

    def findings(self, placement: str) -> tuple[Finding, ...]:
        """What was found on the placement's picture then, nothing of it waived."""
        entry = self._plain.get(placement)
        return tuple(replace(one, waived="") for one in entry.findings) if entry else ()

    def file(self, placement: str, key: str, *, archive: bool = False) -> Encoded | None:
        """The placement's file, where it was made with this key and nobody changed it since."""
        entry = (self._whole if archive else self._plain).get(placement)
        if entry is None or not key or entry.key != key:
            return None
        try:
            data = (self.folder / (_ARCHIVE if archive else "") / entry.path).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            return None
        return Encoded(data, entry.format, entry.quality, (entry.width, entry.height), entry.colour, entry.likeness)


def listed(folder: Path) -> list[Entry] | None:
    """The entries of a manifest that `write` made, with paths that stay in the folder; None where there is no such."""
    try:
        found = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(is_sound(one) for one in found):
        return None
    entries = [of(one) for one in found]
    return entries if all(_inside(e.path) for e in entries) else None


def _inside(path: str) -> bool:
    if "\\" in path or ":" in path or "\0" in path or path.startswith("/"):
        return False
    parts = PurePosixPath(path).parts
    return len(parts) == 2 and ".." not in parts


__all__ = ["Earlier", "listed"]
