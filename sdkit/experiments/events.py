"""What people say of pictures, each word an event with its time and its rater; nothing is ever overwritten.

Where one value is wanted, a rater's last word on a picture (or on a pair) counts.
"""

from __future__ import annotations

import getpass
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import InputError
from ..request import whole
from .store import Store

STARS, KEEP, PAIR, TAG, NOTE = "stars", "keep", "pair", "tag", "note"
_COLUMNS = ("event", "at", "rater", "kind", "id", "other", "value", "text")
_MAX_TEXT = 10_000  # characters


@dataclass(frozen=True)
class Event:
    """One thing said.

    event   its number, in order of adding; at, UTC, ISO 8601.
    rater   who said it.
    kind    "stars", "keep", "pair", "tag" or "note".
    id      the picture; of a pair the preferred one, and `other` the other one.
    value   stars 1 to 5; keep 1, reject 0; pair 1, or 0.5 for a tie; tag on 1, off 0; note 0.
    text    the tag or the note.
    """

    event: int
    at: str
    rater: str
    kind: str
    id: str
    other: str
    value: float
    text: str


@dataclass(frozen=True)
class Said:
    """What the raters say of one picture together.

    rating   mean of their stars, NaN without any; ratings, how many gave stars.
    kept     1 kept, 0 rejected, NaN undecided: the last word on it.
    wins, losses, ties     over all pairs shown.
    tags, notes     in order.
    """

    rating: float = math.nan
    ratings: int = 0
    kept: float = math.nan
    wins: int = 0
    losses: int = 0
    ties: int = 0
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def add(
    store: Store, kind: str, ids: Sequence[str], *, value: float = 0.0, text: str = "", rater: str = "", at: str = ""
) -> Event:
    """Record one event. Raises InputError for a picture that is not in the store, StoreError when it cannot be written."""
    for id in ids:
        store.get(id)
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        raise InputError(kind, text, f"text of at most {_MAX_TEXT:,} characters")
    if not isinstance(rater, str):
        raise InputError("rater", rater, "a name (a str)")
    values = (
        at or datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), clean(rater) or someone(), kind,
        ids[0], ids[1] if len(ids) > 1 else "", float(value), clean(text),
    )  # fmt: skip
    with store.database.writing() as connection:
        number = connection.execute(
            "INSERT INTO events (at, rater, kind, id, other, value, text) VALUES (?, ?, ?, ?, ?, ?, ?)", values
        ).lastrowid
    return Event(number or 0, *values)


def stars(value: object) -> int:
    """1 to 5. Raises InputError."""
    return whole("stars", value, 1, 5)


def someone() -> str:
    """The name of whoever is logged in, for events without a rater."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "someone"


def events(store: Store, *, kind: str | None = None, ids: Iterable[str] | None = None) -> list[Event]:
    """All events in order of adding, or those of one kind, of these pictures."""
    where, values = ("kind = ?", (kind,)) if kind else ("1", ())
    with store.database.reading() as connection:
        found = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM events WHERE {where} ORDER BY event", values).fetchall()
    wanted = None if ids is None else set(ids)
    return [Event(*e) for e in found if wanted is None or e[4] in wanted]


def pairs(store: Store, ids: Iterable[str]) -> list[Event]:
    """Each rater's last word on each pair of these pictures, in order of adding."""
    wanted = set(ids)
    last = {(e.rater, *sorted((e.id, e.other))): e for e in events(store, kind=PAIR) if e.id in wanted and e.other in wanted}
    return sorted(last.values(), key=lambda e: e.event)


def latest(store: Store, kind: str, ids: Sequence[str]) -> list[tuple[int, float, str]]:
    """(place in `ids`, value, rater): each rater's last word of this kind on each of these pictures."""
    place = {id: i for i, id in enumerate(ids)}
    last = {(e.id, e.rater): e for e in events(store, kind=kind) if e.id in place}
    return [(place[e.id], e.value, e.rater) for e in last.values()]


def said(store: Store) -> dict[str, Said]:
    """What has been said of each picture; those of which nothing was said are left out."""
    stars_of: dict[str, dict[str, float]] = {}
    kept: dict[str, float] = {}
    tags: dict[str, dict[str, None]] = {}
    notes: dict[str, list[str]] = {}
    bouts: dict[tuple[str, ...], Event] = {}
    every = events(store)
    for e in every:
        if e.kind == STARS:
            stars_of.setdefault(e.id, {})[e.rater] = e.value
        elif e.kind == KEEP:
            kept[e.id] = e.value
        elif e.kind == TAG and e.value:
            tags.setdefault(e.id, {})[e.text] = None
        elif e.kind == TAG:
            tags.get(e.id, {}).pop(e.text, None)
        elif e.kind == NOTE:
            notes.setdefault(e.id, []).append(e.text)
        elif e.kind == PAIR:
            bouts[e.rater, *sorted((e.id, e.other))] = e
    tally: dict[str, list[int]] = {}
    for e in bouts.values():
        for id, place in ((e.id, 0), (e.other, 1)):
            tally.setdefault(id, [0, 0, 0])[2 if e.value == 0.5 else place] += 1
    out = {}
    for id in dict.fromkeys(i for e in every for i in (e.id, e.other) if i):
        given = stars_of.get(id, {})
        mean = sum(given.values()) / len(given) if given else math.nan
        wins, losses, ties = tally.get(id, (0, 0, 0))
        told = (tuple(tags.get(id, ())), tuple(notes.get(id, ())))
        out[id] = Said(mean, len(given), kept.get(id, math.nan), wins, losses, ties, *told)
    return out


def clean(text: str) -> str:
    """Text that SQLite can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def search(store: Store, words: str, last: int | None = None) -> list[str]:
    """Ids of pictures in whose prompt, negative, notes or tags all of `words` stand, by their beginnings, in any order; in order
    of adding. Raises InputError for no words at all."""
    terms = "".join(c if c.isalnum() else " " for c in clean(words)).split() if isinstance(words, str) else []
    if not terms:
        raise InputError("words", words, "one word or more to look for")
    with store.database.reading() as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone():
            match = " ".join(f'"{term}"*' for term in terms)
            found = connection.execute("SELECT id FROM words WHERE words MATCH ?", (match,)).fetchall()
        else:
            where = " AND ".join(["prompt || ' ' || negative || ' ' || note LIKE ?"] * len(terms))
            found = connection.execute(f"SELECT id FROM images WHERE {where}", [f"%{t}%" for t in terms]).fetchall()
    ids = sorted({id for (id,) in found})
    return ids if last is None else ids[-last:] if last else []


def ids_of(store: Store, *what: object) -> list[str]:
    """The ids of pictures given as an id, a row of the store or of its frame, or a Result."""
    ids = []
    for one in what:
        get: Any = getattr(one, "get", None) or (lambda name, one=one: getattr(one, name, None))
        id = one if isinstance(one, str) else get("id")
        if not isinstance(id, str) or not id:
            raise InputError("picture", one, "an id in the store, one row of its frame, or a Result that the store keeps")
        ids.append(store.get(id).id)
    return ids
