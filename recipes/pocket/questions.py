"""What `evaluate.py` asks of the model, and how sure its answers are. No torch in here.

Every list is the same each time: seeds are fixed, and so is the order in which objects, backgrounds, colours and places take
turns.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from briefs import STANDING, Brief, Shape, allowed, compose, places
from captions import UNCOUNTED, article, is_plural, plural
from vocabulary import (
    AMBIGUOUS,
    BACKGROUNDS,
    COLOURED,
    COLOURS,
    COUNTS,
    DEFECTS,
    OBJECT_NAMES,
    PAINTABLE,
    PAINTS,
    PLACES,
    SCENES,
    SIZES,
    STYLES,
    UNKNOWN,
    held_out,
)

SQUARE: Shape = (256, 256)
HELD_OUT: tuple[tuple[str, str], ...] = tuple((o, b) for o in OBJECT_NAMES for b in BACKGROUNDS if held_out(o, b))
# Things that can be counted: not "three popcorn", nor "two socks", of which one picture shows two already.
COUNTABLE: tuple[str, ...] = tuple(name for name in OBJECT_NAMES if not is_plural(name) and name not in UNCOUNTED)

# Words of a marketer who does not know the training captions; {o} object with its article, {n} without, {c} colour.
FREE: tuple[str, ...] = (
    "Stunning hero shot of {o}, {c} gradient, lots of negative space",
    "{c} Instagram post with {o} for our summer sale",
    "We need {o} on {c} for the newsletter header, clean and simple",
    "Product photo: {n}. Background: {c}. Mood: premium",
    "website banner, {c} colour scheme, {o} as the key visual",
    "Eye-catching ad featuring {o} against a {c} backdrop, professional lighting",
    "{n} icon for a landing page, {c} backdrop please",
    "A beautiful {n} sitting in front of {c}, 4k, award winning",
    "Minimalist {c} poster with {o} and room for a headline",
    "launch campaign visual – {o}, bold {c} background, high quality",
)


@dataclass(frozen=True)
class Question:
    """A prompt, and what a right picture of it shows. Of `brief` only that counts which the prompt says."""

    brief: Brief
    prompt: str
    seed: int
    negative: str = ""
    shape: Shape = SQUARE
    tag: str = field(default="", kw_only=True)  # what a suite tells its questions apart by


def wording(brief: Brief) -> str:
    """The plainest way to say it: canonical names, no fillers, nothing of what goes without saying."""
    if brief.background in COLOURED:
        where = COLOURED[brief.background][0].format(c=brief.colour)
        joint = "on"
    else:
        where = SCENES[brief.background][0]
        joint = "on" if brief.background == "desk" else "in front of"
    what = " and ".join(article(name) + name for name in brief.objects)
    if len(brief.objects) == 1:
        thing = brief.objects[0]
        if brief.paint:
            thing = f"{brief.paint} {thing}"
        if brief.count > 1:
            what = f"{COUNTS[brief.count]} {plural(thing)}"
        else:
            if brief.size in ("small", "large"):
                thing = f"{SIZES[brief.size][0]} {thing}"
            what = (article(thing) if article(brief.objects[0]) else "") + thing  # "small corn", "a small carrot"
            if brief.size == "close-up":
                what = f"{SIZES[brief.size][0]} {what}"
    if brief.style not in (None, "3d"):
        what = f"{STYLES[brief.style][0][0]} {what}"
    if brief.opening:
        what = f"{brief.opening} {what}"
    place = f", {PLACES[brief.place][0]}" if brief.place not in (None, "centre") else ""
    return f"{what} {joint} {article(where)}{where}{place}"


def singles(count: int = 1000, shape: Shape = SQUARE, seed: int = 2026) -> list[Question]:
    """One object on a background that training never showed it on.

    Each takes what has been asked least so far, so that objects, backgrounds, colours and places come evenly. (Not
    exactly: half of the objects have two held-out backgrounds, half have three, and some backgrounds have no top.)
    """
    rng = np.random.default_rng(seed)
    pairs = [HELD_OUT[i] for i in rng.permutation(len(HELD_OUT))]
    asked: Counter = Counter()

    def least(words: Sequence[str], *others: str) -> str:
        """The word asked least; then least together with each of `others`; then by chance."""
        order = rng.permutation(len(words))
        return words[min(order, key=lambda i: (asked[words[i]], *(asked[words[i], other] for other in others)))]

    found = []
    for k in range(count):
        objects, backgrounds = count / len(OBJECT_NAMES), count / len(BACKGROUNDS)
        thing, background = min(pairs, key=lambda p: (asked[p[0]] / objects + asked[p[1]] / backgrounds, asked[p]))
        colour = least(tuple(COLOURS), background) if background in COLOURED else None
        place = least(places(shape, background), thing, background)
        asked.update((thing, background, place, (thing, background), (place, thing), (place, background)))
        if colour:
            asked.update((colour, (colour, background)))
        brief = _single(thing, background, colour, place=place)
        found.append(Question(brief, wording(brief), 1000 + k, shape=shape))
    return found


def _single(thing: str, background: str, colour: str | None, **more: object) -> Brief:
    shown = frozenset({"shadow"} | ({"confetti"} if background == "confetti" else set()))
    plain = Brief((thing,), 1, "medium", "centre", "3d", None, background, colour, defects=shown)
    return replace(plain, **more)


def _turns(seed: int, words: Sequence[str]) -> Iterator[str]:
    """All words in a shuffled order, again and again."""
    rng = np.random.default_rng(seed)
    while True:
        yield from (words[i] for i in rng.permutation(len(words)))


class _Deck:
    """Objects, backgrounds and colours that take turns; pairs that training showed."""

    def __init__(self, seed: int, names: Sequence[str] = OBJECT_NAMES, backgrounds: Sequence[str] = BACKGROUNDS) -> None:
        self.names, self.backgrounds, self.colours = (
            _turns(seed + i, w) for i, w in enumerate((names, backgrounds, [*COLOURS]))
        )

    def deal(self, count: int = 1, backgrounds: Sequence[str] = BACKGROUNDS) -> tuple[tuple[str, ...], str, str | None]:
        while True:
            things = tuple(next(self.names) for _ in range(count))
            background = next(self.backgrounds)
            if len(set(things)) == count and background in backgrounds and allowed(things, background):
                return things, background, next(self.colours) if background in COLOURED else None


def counts(count: int = 200) -> list[Question]:
    deck, floating, found = _Deck(100, COUNTABLE), [b for b in BACKGROUNDS if b not in STANDING], []
    for k in range(count):
        wanted = 2 + k % 3
        (thing,), background, colour = deck.deal(backgrounds=floating if wanted == 4 else BACKGROUNDS)
        brief = _single(thing, background, colour, count=wanted, size=None, place=None)
        found.append(Question(brief, wording(brief), 3000 + k, tag=str(wanted)))
    return found


def sizes(count: int = 200) -> list[Question]:
    """Small, medium (unsaid), large, and close-up, in turns."""
    deck, found = _Deck(200), []
    for k in range(count):
        (thing,), background, colour = deck.deal()
        brief = _single(thing, background, colour, size=tuple(SIZES)[k % len(SIZES)])
        found.append(Question(brief, wording(brief), 4000 + k, tag=brief.size))
    return found


def pairs(count: int = 200) -> list[Question]:
    deck, found = _Deck(300), []
    for k in range(count):
        things, background, colour = deck.deal(2)
        brief = _single("", background, colour, objects=things, count=2, size=None, place=None)
        found.append(Question(brief, wording(brief), 5000 + k))
    return found


def defects(count: int = 40) -> list[Question]:
    """Of each defect `count` prompts that leave it open, asked without and with the negative prompt that decides."""
    found = []
    for number, defect in enumerate(DEFECTS):
        opening = next((words for words, share in AMBIGUOUS.items() if defect in share), None)
        # Shown fairly: confetti not where it belongs to the background, a shadow not where all is dark, and
        # white writing not on white.
        fair = [b for b in BACKGROUNDS if b not in ("confetti", "night sky", "halloween")]
        deck = _Deck(400 + 10 * number, backgrounds=fair)
        for k in range(count):
            (thing,), background, colour = deck.deal()
            while colour in {"shadow": ("black", "navy"), "watermark": ("white",)}.get(defect, ()):
                colour = next(deck.colours)
            brief = _single(thing, background, colour, opening=opening, defects=frozenset({defect}))
            for negative in ("", DEFECTS[defect][0]):
                tag = f"{defect} {'with' if negative else 'without'}"
                found.append(Question(brief, wording(brief), 6000 + 100 * number + k, negative, tag=tag))
    return found


def elongated(count: int = 60) -> list[Question]:
    """One object in pictures of 3:1 and of 1:3, `count` of each."""
    return [
        replace(question, tag=tag, seed=question.seed + 6000)
        for shape, tag in (((768, 256), "3:1"), ((256, 768), "1:3"))
        for question in singles(count, shape, 31)
    ]


def four_steps(count: int = 200) -> list[Question]:
    """Of the singles every fifth, with the same seeds: what fewer steps cost."""
    return singles()[:: 1000 // count]


def kept_clean(count: int = 200) -> list[Question]:
    """Of the singles every fifth, with the negative that people take most: a picture without defects is to stay as it is."""
    from sdkit.prompt import negative

    words = str(negative("@clean"))
    return [replace(question, negative=words) for question in singles()[:: 1000 // count]]


def paint(count: int = 40) -> list[Question]:
    deck, colours, found = _Deck(800, sorted(PAINTABLE)), _turns(803, PAINTS), []
    for k in range(count):
        (thing,), background, colour = deck.deal()
        brief = _single(thing, background, colour, paint=next(c for c in colours if c != colour))
        found.append(Question(brief, wording(brief), 8000 + k))
    return found


def styles(count: int = 40) -> list[Question]:
    deck, found = _Deck(900), []
    for k, style in enumerate([style for style in STYLES if style != "3d"] * count):
        (thing,), background, colour = deck.deal()
        while style == "sticker" and colour == "white":
            colour = next(deck.colours)  # its border would not show
        brief = _single(thing, background, colour, style=style)
        found.append(Question(brief, wording(brief), 9000 + k, tag=style))
    return found


def free_words(count: int = 50) -> list[Question]:
    deck, found = _Deck(1000, COUNTABLE, ("plain", "gradient")), []
    for k in range(count):
        (thing,), background, colour = deck.deal()
        prompt = FREE[k % len(FREE)].format(o=article(thing) + thing, n=thing, c=colour)
        found.append(Question(_single(thing, background, colour), prompt, 10_000 + k))
    return found


def unknown(count: int = 40) -> list[Question]:
    """Nouns that it has no picture of: it should leave the background empty rather than draw something else."""
    deck, nouns, found = _Deck(1100), _turns(1103, UNKNOWN), []
    for k in range(count):
        _, background, colour = deck.deal()
        shown = frozenset({"confetti"}) if background == "confetti" else frozenset()
        brief = Brief(background=background, colour=colour, defects=shown, says="unknown")
        noun = next(nouns)
        where = wording(replace(brief, objects=(noun,), count=1))
        found.append(Question(brief, where, 11_000 + k, tag=noun))
    return found


def uncurated(count: int = 64) -> list[Question]:
    """Prompts as training writes them, drawn by chance and left as they came, for the sheet in README."""
    from captions import caption

    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        brief = compose(rng, SQUARE, clean=True)
        found.append(Question(brief, caption(rng, brief), seed))
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
