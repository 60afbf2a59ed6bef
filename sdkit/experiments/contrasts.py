"""What an experiment compares: its factors as they stand in the frame, and for each word and level what it is held against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..prompt import negative, negative_names
from .design import shown

if TYPE_CHECKING:
    import pandas as pd

_AXES = ("negative", "size", "steps", "guidance", "scheduler", "kind", "strength", "source", "mask_source", "loras", "model")
_SETTLED = {
    name: i
    for i, name in enumerate(
        ("model", "loras", "negative", "source", "mask_source", "kind", "strength", "guidance", "steps", "scheduler", "size")
    )
}
_SOURCES = ("source", "mask_source")
_DERIVED = ("brand_words", "brand_negative")  # they follow from the brand and the prompt
_MAX_WORDS = 3  # in which two prompts may differ for those words to be named


@dataclass(frozen=True)
class Factor:
    """Something that varies: its name, its levels in order of appearance, and each picture's level."""

    name: str
    levels: tuple[str, ...]
    codes: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True)
class Contrast:
    """One comparison.

    kind      "variant", "word", "negative term" or "axis".
    name      of the factor; what, the level or word; against, what it is held against.
    factor    place of the factor; pairs, ((level, level it is held against), ...), all of equal weight.
    """

    kind: str
    name: str
    what: str
    against: str
    factor: int = field(repr=False)
    pairs: tuple[tuple[int, int], ...] = field(repr=False)


def factors(table: pd.DataFrame) -> tuple[Factor, ...]:
    """What varies between the rows: slots and variants, or whole prompts where these do not tell them apart, then the axes."""
    columns = list(table.columns)
    slots = [c for c in columns[columns.index("template") + 1 : columns.index("negative")] if c not in _DERIVED]
    told: dict[str, list[str]] = {name: [_text(v) for v in table[name]] for name in slots}
    said = list(table["prompt"])
    if len(set(said)) > len(set(zip(*told.values(), strict=True)) if told else {()}):
        told = {"prompt": said}
    told |= {name: [_text(v) for v in table[name]] for name in _AXES if name not in ("size", "negative")}
    told["size"] = [f"{w} x {h}" for w, h in zip(table["width"], table["height"], strict=True)]
    told["negative"] = [_text(v) for v in table["negative"]]
    for name in _SOURCES:
        if _says_nothing_new(told, name, list(table["seed"])):
            del told[name]
    order = [*(n for n in told if n not in _AXES), *(n for n in _AXES if n in told)]
    return _independent([made for name in order if len((made := _factor(name, told[name])).levels) > 1])


def _says_nothing_new(told: dict[str, list[str]], source: str, seeds: Sequence[int]) -> bool:
    """Whether each seed, or each source, goes with one thing alone: pictures varied from pictures of two prompts, say, compare
    the prompts."""
    mine = told[source]
    words = [values for name, values in told.items() if name not in _AXES and len(set(values)) > 1]
    nested = any(len(set(zip(mine, values, strict=True))) == len(set(mine)) for values in words)
    return nested or len(set(zip(seeds, mine, strict=True))) == len(set(seeds))


def _independent(every: list[Factor]) -> tuple[Factor, ...]:
    """Without those that another one settles: each model's own default steps, say, are a part of what the model does."""
    kept = list(every)
    for factor in sorted(every, key=lambda f: _SETTLED.get(f.name, -1), reverse=True):
        for other in kept:
            if other is not factor and len(set(zip(other.codes, factor.codes, strict=True))) == len(other.levels):
                kept.remove(factor)
                break
    return tuple(kept)


def contrasts(of: Sequence[Factor]) -> tuple[Contrast, ...]:
    """Each word or negative term in which levels differ; of two levels the second against the first, of more each against the
    others."""
    out: list[Contrast] = []
    for place, factor in enumerate(of):
        named: list[Contrast] = []
        if factor.name in ("prompt", "negative"):
            kind = "word" if factor.name == "prompt" else "negative term"
            named = [
                Contrast(kind, factor.name, what, "without", place, tuple(pairs))
                for what, pairs in _added(factor.levels, factor.name == "negative").items()
            ]
        out += named
        kind = "axis" if factor.name in _AXES else "variant"
        labels = [label(factor.name, level) for level in factor.levels]
        count = len(labels)
        if count == 2:
            if not named:
                out.append(Contrast(kind, factor.name, labels[1], labels[0], place, ((1, 0),)))
            continue
        for level, text in enumerate(labels):
            others = [other for other in range(count) if other != level]
            against = " | ".join(labels[o] for o in others) if count <= 4 else f"the {count - 1} others"
            out.append(Contrast(kind, factor.name, text, against, place, tuple((level, o) for o in others)))
    return tuple(out)


def label(name: str, level: str) -> str:
    """A level as a person wrote it: a negative of a shipped name's words by that name."""
    if name == "negative" and level:
        for known in negative_names():
            if negative(f"@{known}") == level:
                return f"@{known}"
    return shown(level)


def _factor(name: str, values: Sequence[str]) -> Factor:
    levels = list(dict.fromkeys(values))
    levels.sort(key=_rank if name in _AXES else bool)  # nothing said first: it is what the others are held against
    places = {level: i for i, level in enumerate(levels)}
    return Factor(name, tuple(levels), tuple(places[v] for v in values))


def _rank(level: str) -> tuple[bool, float, str]:
    """Nothing first, numbers by size, the rest by name."""
    try:
        return bool(level), float(level), ""
    except ValueError:
        return bool(level), math.inf, level


def _added(levels: Sequence[str], terms: bool) -> dict[str, list[tuple[int, int]]]:
    """What one level says beside all that another says -> ((with, without), ...)."""
    found: dict[str, list[tuple[int, int]]] = {}
    parts = [_parts(level, terms) for level in levels]
    for i, more in enumerate(parts):
        for j, less in enumerate(parts):
            if len(more) > len(less) and not _less(less, more):
                extra = _less(more, less)
                if len(extra) == 1 or (not terms and len(extra) <= _MAX_WORDS):
                    found.setdefault(" ".join(extra), []).append((i, j))
    return found


def _parts(level: str, terms: bool) -> list[str]:
    split: Iterable[str] = level.split(",") if terms else level.replace(",", " ").split()
    return [part.strip() for part in split if part.strip()]


def _less(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """`one` without what stands in `other`, each as often as it stands there."""
    rest = list(other)
    out = []
    for part in one:
        if part in rest:
            rest.remove(part)
        else:
            out.append(part)
    return out


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
