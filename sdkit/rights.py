"""May I publish this commercially? The licences of models in plain words, from a dated table with sources. Not legal advice."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from .data import folder
from .errors import InputError
from .request import real
from .result import Made

ANSWERS = ("yes", "conditions", "ask", "no")  # from the mildest to the strictest
FILE = "licences.toml"
_SAID = {
    "yes": "Yes, you may publish this commercially",
    "conditions": "Yes, you may publish this commercially, with conditions",
    "ask": "Ask first: whether you may publish this commercially is not clear",
    "no": "No, you may not publish this commercially as it is",
}
_CONFIDENCE = {"high": "read", "medium": "read in part", "low": "from memory: look again"}
_NO_ADVICE = "This is not legal advice."
_KEYS = {
    "name", "url", "outputs", "model", "revenue_limit", "keep", "forbidden", "source", "checked_on", "confidence",
}  # fmt: skip


@dataclass(frozen=True)
class Licence:
    """One licence of the table. outputs and model: "yes", "conditions", "ask" or "no"; revenue_limit, US dollars a year."""

    id: str
    name: str
    outputs: str
    model: str
    url: str = ""
    revenue_limit: float | None = None
    keep: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    source: str = ""
    checked_on: str = ""
    confidence: str = "low"


@dataclass(frozen=True)
class Verdict:
    """Whether a picture may be published commercially, and on what terms.

    parts    (what, its Licence) of everything that made it, the model first.
    answer   "yes", "conditions", "ask" or "no": the strictest of the parts, for the revenue that was given.
    why      of that answer, in a sentence.
    acknowledged   what a person wrote about an answer that asks; recorded with each file.
    """

    answer: str
    why: str
    parts: tuple[tuple[str, Licence], ...] = field(repr=False)
    acknowledged: str = ""

    @property
    def short(self) -> str:
        """For a column: "CreativeML OpenRAIL-M: yes, with conditions"."""
        names = ", ".join(dict.fromkeys(licence.name for _, licence in self.parts))
        if self.parts and all(licence.id == "own" for _, licence in self.parts):
            return names
        said = {"conditions": "yes, with conditions", "ask": "ask first"}.get(self.answer, self.answer)
        return f"{names}: {said}" + (f" (acknowledged: {self.acknowledged})" if self.acknowledged else "")

    @property
    def asks(self) -> bool:
        """Whether a person should look before anything is published, and has not said that they did."""
        return self.answer in ("ask", "no") and not self.acknowledged

    @property
    def checked_on(self) -> str:
        """The oldest date at which a part was looked up, YYYY-MM-DD."""
        return min((licence.checked_on for _, licence in self.parts), default="")

    @property
    def said(self) -> str:
        """The answer as a sentence without its end."""
        if all(licence.id == "own" for _, licence in self.parts):
            return "No model's licence applies"
        return _SAID[self.answer]

    def summary(self) -> str:
        """Two sentences for a page."""
        names = ", ".join(dict.fromkeys(licence.name for _, licence in self.parts))
        noted = f" Acknowledged: {self.acknowledged}." if self.acknowledged else ""
        return f"{self.said}. {self.why} ({names}; checked {self.checked_on}).{noted} {_NO_ADVICE}"

    def __str__(self) -> str:
        lines = [f"{self.said}. {self.why}"]
        for what, licence in self.parts:
            lines += ["", f"{what}: {licence.name}" + (f"  {licence.url}" if licence.url else "")]
            lines += [f"  keep       {text}" for text in licence.keep]
            lines += [f"  forbidden  {text}" for text in licence.forbidden]
            lines.append(
                f"  source     {licence.source}; {licence.checked_on} ({_CONFIDENCE.get(licence.confidence, licence.confidence)})"
            )
        if self.acknowledged:
            lines += ["", f"Acknowledged: {self.acknowledged}"]
        return "\n".join([*lines, "", _NO_ADVICE])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(str(self))}</pre>"


def verdict(
    made: Made | str | None, *, loras: Iterable[str] = (), guides: Iterable[str] = (), upscaler: str = "",
    revenue: float | None = None, acknowledge: str = "", own: str | Path | None = None,
) -> Verdict:  # fmt: skip
    """May pictures of this model be published commercially?

    made        what made them, or a model's name; None for a picture that no model drew.
    loras, guides, upscaler   names of what helped: the strictest of all licences counts, and an unknown one asks.
    revenue     of your firm, US dollars a year, for licences that are free up to a limit; None: not known.
    acknowledge what you found out where the answer is "ask" ("bought a commercial licence, order 123"); it is recorded.
    own         your own licences.toml, which adds to the shipped table.

    Raises InputError for a broken table.
    """
    if revenue is not None:
        revenue = real("revenue", revenue, 0.0, 1e15)
    table = load(own)
    family = made.family if isinstance(made, Made) else ""
    name = made.model if isinstance(made, Made) else made
    parts: list[tuple[str, Licence]] = []
    if name is not None:
        parts.append((f"model {called(name)}", table.of(name)))
    for what, names in (("LoRA", loras), ("guide", guides), ("upscaler", [upscaler] if upscaler else [])):
        parts += [(f"{what} {called(one)}", table.of(one)) for one in names]
    if not parts:
        parts = [("picture", table.licences["own"])]
    judged = [(_for(licence, revenue), what, licence) for what, licence in parts]
    answer, what, licence = max(judged, key=lambda one: ANSWERS.index(one[0]))
    return Verdict(answer, _why(answer, what, licence, revenue, family), tuple(parts), " ".join(acknowledge.split())[:500])


@dataclass(frozen=True)
class Table:
    """Licences by id, and (pattern, id) of models in the order in which they are tried."""

    licences: Mapping[str, Licence]
    models: tuple[tuple[str, str], ...]

    def of(self, model: str) -> Licence:
        """The licence of a model by its name; the one called "unknown" where no pattern fits."""
        wanted = model.strip().lower()
        found = next((id for pattern, id in self.models if fnmatchcase(wanted, pattern.lower())), "unknown")
        return self.licences[found]


def load(own: str | Path | None = None) -> Table:
    """The table, with one's own file (or the licences.toml of a folder) laid over it."""
    shipped = _read(folder("templates") / FILE)
    if own is None:
        return shipped
    path = Path(own) / FILE if Path(own).is_dir() else Path(own)
    if not path.is_file() and Path(own).is_dir():
        return shipped
    added = _read(path, shipped.licences)
    return Table({**shipped.licences, **added.licences}, (*added.models, *shipped.models))


def stale(table: Table, today: date | None = None) -> list[str]:
    """Names of the licences that were looked up over a year ago."""
    limit = (today or date.today()).toordinal() - 365
    return [one.name for one in table.licences.values() if date.fromisoformat(one.checked_on).toordinal() < limit]


def _for(licence: Licence, revenue: float | None) -> str:
    over = licence.revenue_limit is not None and revenue is not None and revenue >= licence.revenue_limit
    return "no" if over else licence.outputs


def _why(answer: str, what: str, licence: Licence, revenue: float | None, family: str) -> str:
    if licence.id == "own":
        return licence.keep[0]
    if answer == "yes":
        return "Nothing that made it asks for more."
    if licence.revenue_limit is not None:
        limit = f"{licence.name} is free only below US$ {licence.revenue_limit:,.0f} of yearly revenue"
        if answer == "no":
            return f"{limit}; with US$ {revenue:,.0f} you need a paid licence."
        if revenue is None:
            return f"{limit}: say yours with revenue=."
    if licence.id == "unknown":
        kind = f" of the {family.upper()} family" if family else ""
        return f"Nothing is known of the licence of the {what}{kind}."
    return licence.keep[0] if licence.keep else f"The {what} has the licence {licence.name}."


def called(name: str) -> str:
    """A model's name for others: a path by its last part, for where a person's files lie is nobody's business."""
    return Path(name).name if name.startswith(("/", ".", "~")) or "\\" in name else name


@cache
def _read_cached(path: str, stamp: float) -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text("utf-8"))


def _read(path: Path, known: Mapping[str, Licence] | None = None) -> Table:
    try:
        data = _read_cached(str(path), path.stat().st_mtime)
    except OSError as error:
        raise InputError("licences", str(path), f"a readable TOML file ({error.strerror or error})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("licences", str(path), f"a TOML file ({error})") from error
    licences = {id: _licence(path, id, value) for id, value in _tables(path, data.get("licence", {})).items()}
    models = []
    listed = data.get("model", [])
    for one in listed if isinstance(listed, list) else [None]:
        if not isinstance(one, dict) or not isinstance(one.get("pattern"), str):
            raise InputError(f"{path.name}: model", one, "a table with a pattern and a licence")
        if one.get("licence") not in {*licences, *(known or {})}:
            raise InputError(f"{path.name}: model {one['pattern']!r}", one.get("licence"), "the id of a licence in the table")
        models.append((one["pattern"], one["licence"]))
    return Table(licences, tuple(models))


def _licence(path: Path, id: str, value: Mapping[str, Any]) -> Licence:
    where = f"{path.name}: licence.{id}"
    if unknown := set(value) - _KEYS:
        raise InputError(where, sorted(unknown)[0], ", ".join(sorted(_KEYS)))
    for key in ("outputs", "model"):
        if value.get(key) not in ANSWERS:
            raise InputError(f"{where}: {key}", value.get(key), ", ".join(map(repr, ANSWERS)))
    texts = {key: value.get(key, "") for key in ("name", "url", "source", "checked_on", "confidence")}
    lists = {key: value.get(key, []) for key in ("keep", "forbidden")}
    if not all(isinstance(t, str) for t in texts.values()) or not texts["name"]:
        raise InputError(where, texts, "a name, and text in url, source, checked_on and confidence")
    if not all(isinstance(t, list) and all(isinstance(s, str) for s in t) for t in lists.values()):
        raise InputError(where, lists, "lists of sentences in keep and forbidden")
    try:
        date.fromisoformat(texts["checked_on"])
    except ValueError:
        raise InputError(f"{where}: checked_on", texts["checked_on"], "a date, YYYY-MM-DD") from None
    limit = value.get("revenue_limit")
    limit = None if limit is None else real(f"{where}: revenue_limit", limit, 0.0, 1e15)
    return Licence(
        id=id, outputs=value["outputs"], model=value["model"], revenue_limit=limit, **texts,
        keep=tuple(lists["keep"]), forbidden=tuple(lists["forbidden"]),
    )  # fmt: skip


def _tables(path: Path, value: Any) -> dict[str, Mapping[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise InputError(f"{path.name}: licence", value, "tables, each [licence.some-id]")
    return value


__all__ = ["ANSWERS", "Licence", "Table", "Verdict", "called", "load", "stale", "verdict"]
