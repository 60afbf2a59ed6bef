"""What `evaluate.py` asks of the model, and how sure its answers are. No torch in here."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from scenes import _article as article  # the captions' own grammar
from vocabulary import BACKGROUNDS, COLOURED, COLOURS, OBJECT_NAMES, SCENES, SIDES, held_out

HELD_OUT: tuple[tuple[str, str], ...] = tuple((o, b) for o in OBJECT_NAMES for b in BACKGROUNDS if held_out(o, b))


@dataclass(frozen=True)
class Question:
    """A prompt and what a right picture of it shows. `colour` is None where the background has colours of its own."""

    prompt: str
    object: str
    background: str
    colour: str | None
    side: str
    seed: int


def wording(object_name: str, background: str, colour: str | None, side: str) -> str:
    """The plainest way to say it: canonical names, no fillers."""
    if background in COLOURED:
        where = COLOURED[background][0].format(c=colour)
        where = f"on {'an' if where[0] in 'aeiou' else 'a'} {where}"
    else:
        where = f"in front of {SCENES[background][0]}"
    return f"{article(object_name)}{object_name} {where}, {SIDES[side][0]}"


def questions(count: int = 300) -> list[Question]:
    """`count` questions about object-background pairs that training never saw; the same ones every time.

    Each takes what has been asked least so far, so that objects, backgrounds, colours and sides come evenly. (Not
    exactly: half of the objects have one held-out background, half have two, so the two counts pull against each other.)
    """
    rng = np.random.default_rng(2026)
    pairs = [HELD_OUT[i] for i in rng.permutation(len(HELD_OUT))]
    asked: Counter = Counter()

    def least(words: list, *others: str | None) -> str:
        """The word asked least; then least together with each of `others`; then by chance."""
        order = rng.permutation(len(words))
        return words[min(order, key=lambda i: (asked[words[i]], *(asked[words[i], other] for other in others)))]

    found = []
    for seed in range(count):
        objects, backgrounds = count / len(OBJECT_NAMES), count / len(BACKGROUNDS)
        thing, background = min(pairs, key=lambda p: (asked[p[0]] / objects + asked[p[1]] / backgrounds, asked[p]))
        colour = least(list(COLOURS), background) if background in COLOURED else None
        side = least(list(SIDES), thing, background)
        asked.update((thing, background, side, (thing, background), (side, thing), (side, background)))
        if colour:
            asked.update((colour, (colour, background)))
        found.append(Question(wording(thing, background, colour, side), thing, background, colour, side, 1000 + seed))
    return found


def wilson(right: int, asked: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % Wilson interval of a share; (0, 1) where nothing was asked. Unlike p ± 2s it stays within 0..1 and does not
    shrink to nothing at 0 % and 100 %."""
    if asked == 0:
        return 0.0, 1.0
    p, shrink = right / asked, 1 + z * z / asked
    middle = p + z * z / (2 * asked)
    half = z * math.sqrt(p * (1 - p) / asked + z * z / (4 * asked * asked))
    return max(0.0, min(p, (middle - half) / shrink)), min(1.0, max(p, (middle + half) / shrink))
