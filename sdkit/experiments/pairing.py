"""Which two pictures to show a rater next, and how to show them so that only the pictures speak."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from ..codecs import data_url, thumbnail
from .contrasts import Contrast, Factor, contrasts

_SHOWN = 320  # pixels a side


@dataclass(frozen=True)
class Suggestion:
    """Two pictures worth comparing, by their ids, and why: what they differ in, and how often that was compared so far."""

    first: str
    second: str
    why: str


@dataclass(frozen=True)
class Pair:
    """Two pictures without their words, in shuffled order. `left` and `right` are their ids, for `prefer`."""

    left: str = field(repr=False)
    right: str = field(repr=False)
    images: tuple[Image.Image, Image.Image] = field(repr=False)
    number: int = 1

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<figure style="display:inline-block;margin:4px"><img src="{data_url(thumbnail(image, _SHOWN), "JPEG", quality=90)}" '
            f'alt="picture {side} of pair {self.number}" style="border-radius:6px"><figcaption>{side}</figcaption></figure>'
            for side, image in zip(("left", "right"), self.images, strict=True)
        )
        return f'<div role="group" aria-label="pair {self.number}">{cells}</div>'


def suggest(
    ids: Sequence[str],
    factors: Sequence[Factor],
    seeds: Sequence[int],
    shown: Sequence[tuple[str, str]],
    n: int,
    chance: random.Random,
) -> list[Suggestion]:
    """The `n` pairs that tell most: alike in seed and all conditions but one, of the comparison that was made least so far.

    shown    pairs that were compared already; they come again only where no other is left.
    """
    every = contrasts(factors)
    place = {id: i for i, id in enumerate(ids)}
    seen = Counter(tuple(sorted(pair)) for pair in shown)
    used = Counter(id for pair in shown for id in pair)
    made = [0] * len(every)
    sides = [{frozenset(pair) for pair in contrast.pairs} for contrast in every]

    def count(a: int, b: int) -> None:
        for k, contrast in enumerate(every):
            codes = factors[contrast.factor].codes
            made[k] += frozenset((codes[a], codes[b])) in sides[k]

    for one, other in shown:
        if one in place and other in place:
            count(place[one], place[other])
    open_: dict[int, list[tuple[int, int]]] = {}
    for k, contrast in enumerate(every):
        if found := _candidates(contrast, factors, seeds):
            chance.shuffle(found)
            open_[k] = found
    out: list[Suggestion] = []
    while open_ and len(out) < n:
        k = min(open_, key=lambda k: (made[k], chance.random()))
        a, b = min(open_[k], key=lambda p: (seen[_key(ids, p)], used[ids[p[0]]] + used[ids[p[1]]]))
        open_[k].remove((a, b))
        if not open_[k]:
            del open_[k]
        if any(_key(ids, (a, b)) == tuple(sorted((s.first, s.second))) for s in out):
            continue  # one pair can stand for two comparisons
        so_far = f"compared {made[k]} times so far" if made[k] else "never compared so far"
        out.append(Suggestion(ids[a], ids[b], f"{every[k].name}: {every[k].what} against {every[k].against}, {so_far}"))
        used.update((ids[a], ids[b]))
        count(a, b)
    return out


def _key(ids: Sequence[str], pair: tuple[int, int]) -> tuple[str, ...]:
    return tuple(sorted((ids[pair[0]], ids[pair[1]])))


def _candidates(contrast: Contrast, factors: Sequence[Factor], seeds: Sequence[int]) -> list[tuple[int, int]]:
    """Places of every two pictures of one seed that differ in this alone; in a thin subset, that differ in this at least."""
    codes = factors[contrast.factor].codes
    others = [f.codes for k, f in enumerate(factors) if k != contrast.factor]
    for alike in (True, False):
        blocks: dict[tuple[int, ...], dict[int, list[int]]] = {}
        for i, seed in enumerate(seeds):
            key = (seed, *(c[i] for c in others)) if alike else (seed,)
            blocks.setdefault(key, {}).setdefault(codes[i], []).append(i)
        found = [
            pair
            for levels in blocks.values()
            for plus, minus in contrast.pairs
            for pair in itertools.product(levels.get(plus, ()), levels.get(minus, ()))
        ]
        if found:
            return found
    return []
