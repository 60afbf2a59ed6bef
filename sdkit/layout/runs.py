"""A line of mixed scripts -> runs in the order of the eye, each in one font and one direction.

The levels come from python-bidi; it knows no paired brackets (rule N0), so those are given their direction first. Each run
is drawn by itself: a single text of several fonts and directions is shaped wrongly by resvg 0.48.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .fonts import Face, advance, assign, clusters, ink

_CLOSING = {")": "(", "]": "[", "}": "{", "〉": "〈", "》": "《", "」": "「", "』": "『", "】": "【", "）": "（"}
_STRONG = {"L": 0, "R": 1, "AL": 1}


@dataclass(frozen=True)
class Run:
    """A piece of a line: its text in the order of reading, and where it starts, in ems from the line's left edge."""

    text: str
    face: Face
    rtl: bool
    x: float


@dataclass(frozen=True)
class Line:
    """A set line, in ems: its width, its runs from left to right, and its ink over and under the baseline."""

    text: str
    width: float
    runs: tuple[Run, ...]
    left: float
    top: float
    right: float
    bottom: float


@lru_cache(maxsize=20_000)
def line_of(text: str, faces: tuple[Face, ...], rtl: bool, slot: str, tracking: float = 0.0) -> Line:
    """`text` as one line. `tracking` is added after every character of runs from left to right, in ems."""
    pieces: list[tuple[str, Face, int]] = []
    place, levels = 0, bidi_levels(text, rtl)
    for run, of in assign(text, faces, slot, weight=faces[0].weight):
        for character in run:  # a run of one font may change direction
            level = levels[place]
            if pieces and pieces[-1][1:] == (of, level):
                pieces[-1] = (pieces[-1][0] + character, of, level)
            else:
                pieces.append((character, of, level))
            place += 1
    x, runs, box = 0.0, [], [0.0, 0.0, 0.0, 0.0]
    for piece, of, level in _by_eye(pieces):
        backwards = bool(level % 2)
        # Spaces at the ends are room, not text: resvg would move those of a run from right to left to its other end.
        word = piece.strip(" ")
        before, after = (piece[: len(piece) - len(piece.lstrip(" "))], piece[len(piece.rstrip(" ")) :]) if word else (piece, "")
        first, last = (after, before) if backwards else (before, after)
        x += advance(of, first) + spacing(first, backwards, tracking) if first else 0.0
        if word:
            runs.append(Run(word, of, backwards, x))
            left, top, right, bottom = ink(of, word, backwards)
            more = spacing(word, backwards, tracking)
            box = [min(box[0], x + left), min(box[1], top), max(box[2], x + right + more), max(box[3], bottom)]
            x += advance(of, word, backwards) + more
        x += advance(of, last) + spacing(last, backwards, tracking) if last else 0.0
    return Line(text, x, tuple(runs), *box)


def spacing(piece: str, rtl: bool, tracking: float) -> float:
    """What tracking adds to a run, in ems; joined scripts are never pulled apart."""
    return tracking * len(clusters(piece)) if tracking and not rtl else 0.0


def bidi_levels(text: str, rtl: bool) -> list[int]:
    """The embedding level of each character: odd runs from right to left."""
    if not rtl and not any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text):
        return [0] * len(text)
    from bidi import algorithm

    base = int(rtl)
    store = algorithm.get_empty_storage()
    store["base_level"], store["base_dir"] = base, "LR"[base]
    algorithm.get_embedding_levels(_brackets_set(text, base), store)
    algorithm.explicit_embed_and_overrides(store)
    algorithm.resolve_weak_types(store)
    algorithm.resolve_neutral_types(store, False)
    algorithm.resolve_implicit_levels(store, False)
    levels = [int(c["level"]) for c in store["chars"]]
    return levels if len(levels) == len(text) else [base] * len(text)


def _brackets_set(text: str, base: int) -> str:
    """`text` with each paired bracket as a letter of the direction that rule N0 gives it; only levels are read from it."""
    out, open_at = list(text), []
    for i, c in enumerate(text):
        if c in _CLOSING.values():
            open_at.append(i)
        elif c in _CLOSING and any(text[j] == _CLOSING[c] for j in open_at):
            while text[j := open_at.pop()] != _CLOSING[c]:
                pass
            inside = {_STRONG[k] for k in map(unicodedata.bidirectional, text[j + 1 : i]) if k in _STRONG}
            before = [_STRONG[k] for k in map(unicodedata.bidirectional, text[:j]) if k in _STRONG]
            if inside:
                direction = base if base in inside or (before[-1] if before else base) == base else 1 - base
                out[i] = out[j] = "aא"[direction]
    # Marks of embedding would be taken out of the text by the algorithm, and the levels would not fit it any more.
    return "".join(
        " " if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "BN") else c
        for c in out
    )


def _by_eye(pieces: Sequence[tuple[str, Face, int]]) -> list[tuple[str, Face, int]]:
    """Rule L2: from the highest level down to the lowest odd one, what is at that level or above is turned around."""
    order = list(pieces)
    levels = [p[2] for p in pieces]
    for level in range(max(levels, default=0), 0, -1):
        i = 0
        while i < len(order):
            j = i
            while j < len(order) and order[j][2] >= level:
                j += 1
            order[i:j] = order[i:j][::-1]
            i = max(j, i + 1)
    return order
