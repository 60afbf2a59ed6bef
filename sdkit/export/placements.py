"""Placements: where a picture will appear, in exact pixels, with its safe area and byte limit. Data from templates/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..data import folder
from ..errors import InputError, PlacementError, near
from ..request import whole

GROUPS = ("social", "ads", "web", "email", "print-proof")
PROOF = "print-proof"
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")  # those sdkit writes
CONFIDENCE = ("high", "medium", "low", "own")
MAX_SIDE = 8192  # pixels
MAX_BYTES = 200_000_000
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)\d")  # Windows has devices of these names
_DEFAULTS: dict[str, Any] = {
    "platform": "Own", "group": "web", "title": "", "safe": {}, "max_bytes": 5_000_000, "formats": ("JPEG", "PNG"),
    "source": "", "checked_on": "", "confidence": "own", "note": "", "dpi": 72, "words": True,
}  # fmt: skip


@dataclass(frozen=True)
class Safe:
    """Insets in pixels that the platform may cover or cut; the rest is the safe area."""

    top: int = 0
    right: int = 0
    bottom: int = 0
    left: int = 0

    def __bool__(self) -> bool:
        return any((self.top, self.right, self.bottom, self.left))


@dataclass(frozen=True)
class Placement:
    """One place a picture will appear.

    name        a slug, unique: "instagram-portrait"; also the file's name.
    platform    "LinkedIn"; group, one of "social", "ads", "web", "email", "print-proof"; title, what a person calls it: "Page cover".
    width, height   pixels; safe, insets in pixels.
    max_bytes   the file's limit; formats, of "JPEG", "PNG", "WEBP", "AVIF", the preferred first.
    source, checked_on (YYYY-MM-DD), confidence ("high", "medium", "low", "own"), note     where the figures come from.
    dpi         pixels an inch, as the file says for print; screens take no notice of it.
    words       whether text may stand on it: no on product pictures and logo strips.
    """

    name: str
    platform: str
    group: str
    title: str
    width: int
    height: int
    safe: Safe = Safe()
    max_bytes: int = 5_000_000
    formats: tuple[str, ...] = ("JPEG", "PNG")
    source: str = ""
    checked_on: str = ""
    confidence: str = "own"
    note: str = ""
    dpi: int = 72
    words: bool = True

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    def stale(self, today: date | None = None) -> bool:
        """Whether its figures were looked up over a year ago, or nobody says when; never of one's own."""
        if self.confidence == "own" and not self.checked_on:
            return False
        try:
            day = date.fromisoformat(self.checked_on)
        except ValueError:
            return True
        return ((today or date.today()) - day).days > 365

    @property
    def folder(self) -> str:
        """The platform as a folder name."""
        return slug(self.platform)


def slug(text: str) -> str:
    """`text` in lower case, with hyphens for all but letters and digits; "other" where nothing is left. A name on any system."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower())[:60].strip("-") or "other"
    return f"{name}-files" if _RESERVED.fullmatch(name) or name in ("archive", "index") else name


def is_slug(name: str) -> bool:
    """Whether `name` is a file's name on any system: lower-case letters, digits and single hyphens, at most 80."""
    return isinstance(name, str) and bool(_SLUG.fullmatch(name)) and len(name) <= 80 and not _RESERVED.fullmatch(name)


def load(path: str | Path | None = None, own: str | Path | Mapping[str, Any] | list[Any] | None = None) -> dict[str, Placement]:
    """Name -> Placement from `path`, or those that ship with sdkit, with `own` laid over them.

    Both are a JSON file or a folder of them, or (`own`) the plain value: a list of objects with a name, or {name: {field: value}}. An own
    placement of a known name changes only the fields it gives; a new one needs at least width and height.
    Raises InputError that names the placement and field when something is wrong.
    """
    found: dict[str, Placement] = {}
    for parameter, source in (("path", path or folder("templates") / "placements.json"), ("own", own)):
        for name, fields in _objects(parameter, source):
            found[name] = _placement(parameter, name, fields, found.get(name))
    return found


def choose(selection: str | Iterable[str], placements: Mapping[str, Placement] | None = None) -> list[Placement]:
    """The placements meant by "all", a group ("social"), a platform ("LinkedIn"), a name, or several of those.

    "all" is all that is put on a screen: print proofs have to be asked for. Each once, in the
    table's order. Case and spaces do not matter. Raises PlacementError that lists near names.
    """
    table = load() if placements is None else placements
    words = [selection] if isinstance(selection, str) else list(selection)
    if not words or not all(isinstance(word, str) for word in words):
        raise PlacementError("placements", selection, '"all", a group, a platform, a name, or a list of those')
    chosen: set[str] = set()
    for word in words:
        wanted = slug(word)
        match = {
            p.name for p in table.values() if wanted in (p.group, p.folder, p.name) or (wanted == "all" and p.group != PROOF)
        }
        if not match:
            known = {*table, *GROUPS, "all", *(p.folder for p in table.values())}
            raise PlacementError("placements", word, "a placement, platform or group", near(wanted, known))
        chosen |= match
    return [p for p in table.values() if p.name in chosen]


def _objects(parameter: str, source: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """(name, fields) pairs of a file or a plain value."""
    if source is None:
        return []
    if isinstance(source, str | Path) and Path(source).is_dir():
        files = sorted(Path(source).glob("*.json"))
        return [pair for file in files for pair in _objects(f"{parameter}: {file.name}", file)]
    if isinstance(source, str | Path):
        try:
            source = json.loads(Path(source).read_text("utf-8"))
        except OSError as error:
            raise InputError(parameter, str(source), "a readable JSON file", f"({error.strerror or error})") from error
        except (ValueError, RecursionError) as error:
            raise InputError(parameter, str(source), "a JSON file", f"It does not parse: {error}.") from error
    shape = "a list of placements, each an object with a name, or an object {name: {field: value}}"
    if isinstance(source, Mapping):
        pairs = list(source.items())
    elif isinstance(source, list | tuple):
        pairs = [(item.get("name") if isinstance(item, Mapping) else None, item) for item in source]
    else:
        raise InputError(parameter, source, shape)
    for name, fields in pairs:
        if not isinstance(fields, Mapping):
            raise InputError(parameter, fields, shape)
        if not is_slug(name) or name == "all":
            raise InputError(f"{parameter}: name", name, "lower-case letters, digits and hyphens, such as 'our-shop-hero'")
        if fields.get("name", name) != name:
            raise InputError(f"{parameter}[{name!r}]: name", fields["name"], f"the key it stands under, {name!r}")
    return pairs


def _placement(parameter: str, name: str, fields: Mapping[str, Any], base: Placement | None) -> Placement:
    """One checked Placement; fields not given come from `base` or the defaults."""
    where = f"{parameter}[{name!r}]"
    known = tuple(Placement.__dataclass_fields__)
    if unknown := [key for key in fields if key not in known]:
        raise InputError(where, unknown[0], "the fields " + ", ".join(known), near(str(unknown[0]), known))
    values = {k: getattr(base, k) for k in known} if base else {**_DEFAULTS, "name": name}
    values |= fields
    for side in ("width", "height"):
        if side not in values:
            raise InputError(f"{where}: {side}", None, "pixels, which a new placement must give")
        values[side] = whole(f"{where}: {side}", values[side], 16, MAX_SIDE)
    values["max_bytes"] = whole(f"{where}: max_bytes", values["max_bytes"], 1000, MAX_BYTES)
    if not isinstance(values["words"], bool):
        raise InputError(f"{where}: words", values["words"], "true or false")
    values["dpi"] = whole(f"{where}: dpi", values["dpi"], 1, 2400)
    for key in ("platform", "group", "title", "source", "checked_on", "confidence", "note"):
        text = values[key]
        if not isinstance(text, str) or len(text) > 500 or not text.isprintable():
            raise InputError(f"{where}: {key}", text, "a line of text of at most 500 letters")
    for key, allowed in (("group", GROUPS), ("confidence", CONFIDENCE)):
        if values[key] not in allowed:
            raise InputError(f"{where}: {key}", values[key], ", ".join(map(repr, allowed)))
    formats = values["formats"]
    if not isinstance(formats, list | tuple) or not formats or any(f not in FORMATS for f in formats):
        raise InputError(f"{where}: formats", formats, "a list of " + ", ".join(map(repr, FORMATS)))
    values["formats"] = tuple(dict.fromkeys(formats))
    values["safe"] = _safe(f"{where}: safe", values["safe"], values["width"], values["height"])
    values["title"] = values["title"] or name
    return Placement(**values)


def _safe(where: str, value: Any, width: int, height: int) -> Safe:
    sides = tuple(Safe.__dataclass_fields__)
    if isinstance(value, Safe):
        value = vars(value)
    if not isinstance(value, Mapping) or any(key not in sides for key in value):
        raise InputError(where, value, "an object with " + ", ".join(sides) + " in pixels")
    safe = Safe(**{key: whole(f"{where}.{key}", value[key], 0, MAX_SIDE) for key in value})
    if safe.left + safe.right >= width or safe.top + safe.bottom >= height:
        raise InputError(where, value, f"insets that leave something of {width} x {height} pixels")
    return safe


__all__ = ["Placement", "Safe", "choose", "is_slug", "load", "slug"]
