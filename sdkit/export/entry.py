"""One line of a kit's manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from ..findings import Finding


@dataclass(frozen=True)
class Entry:
    """One file. width and height in pixels; path relative to the kit's folder, with forward slashes.

    format, quality, colour, likeness   as Encoded has them.
    alt, alt_edited    the alt text in it, and whether a person wrote it.
    source      the kind of AI content that it is marked as; "" for none. licence, of its model, and what it comes to.
    label       the words drawn on it that say so; signed, whether it has content credentials.
    cost        US dollars that its picture took, None where that is not known.
    findings    what a last look at its words found; errors among them were waived, with the reason.
    sha256      of the file; key, of the picture and all settings that it was made with.
    """

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
    format: str = ""
    quality: int = 0
    colour: str = ""
    likeness: float | None = None
    alt: str = ""
    alt_edited: bool = False
    source: str = ""
    licence: str = ""
    label: str = ""
    signed: bool = False
    cost: float | None = None
    findings: tuple[Finding, ...] = ()
    sha256: str = ""
    key: str = ""

    def public(self) -> Entry:
        """As it may be handed on: without prompt, seed and cost."""
        return replace(self, prompt="", seed=None, cost=None)


_NUMBERS = ("width", "height", "bytes", "byte_limit", "quality")
_EITHER = {"seed": int, "likeness": float, "cost": float}
_SWITCHES = ("alt_edited", "signed")
FIELDS = frozenset(Entry.__dataclass_fields__)
FIRST = frozenset(list(Entry.__dataclass_fields__)[:10])  # those that the first kits had


def is_sound(value: object) -> bool:
    """Whether a JSON value has the fields of an Entry, each of its type: a manifest may come from anywhere."""
    if not isinstance(value, dict) or not FIRST <= set(value) <= FIELDS:
        return False
    for name, one in value.items():
        if name in _SWITCHES:
            sound = isinstance(one, bool)
        elif name in _NUMBERS:
            sound = isinstance(one, int) and not isinstance(one, bool) and one >= 0
        elif name == "findings":
            sound = isinstance(one, list) and all(_is_finding(each) for each in one)
        elif name in _EITHER:
            sound = one is None or (isinstance(one, int | _EITHER[name]) and not isinstance(one, bool))
        else:
            sound = isinstance(one, str)
        if not sound:
            return False
    return True


def of(value: dict[str, Any]) -> Entry:
    """The Entry of a sound JSON value."""
    return Entry(**{**value, "findings": tuple(Finding(**one) for one in value.get("findings", ()))})


def row(entry: Entry) -> dict[str, Any]:
    """An Entry for a table: the rules of its findings in place of all that they say."""
    return {**asdict(entry), "findings": ", ".join(dict.fromkeys(one.rule for one in entry.findings))}


def _is_finding(value: object) -> bool:
    fields = Finding.__dataclass_fields__
    return isinstance(value, dict) and set(value) == set(fields) and all(isinstance(text, str) for text in value.values())


__all__ = ["Entry", "is_sound", "of", "row"]
