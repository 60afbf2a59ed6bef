"""The caption of a brief, in the many ways that people write one."""

from __future__ import annotations

import numpy as np
from briefs import Brief, pick
from vocabulary import (
    COLOUR_SYNONYMS,
    COLOURED,
    COUNTS,
    DEFECTS,
    FILLERS_AFTER,
    FILLERS_BEFORE,
    NAMES_OF,
    PLACES,
    SCENES,
    SIZES,
    STYLES,
    TIMES,
    UNKNOWN,
)

SINGULAR_S = (
    "cactus",
    "dress",
    "glass",
    "compass",
    "lens",
    "bus",
    "canvas",
    "octopus",
    "grass",
    "tennis",
    "christmas",
    "t-rex",
)
UNCOUNTED = {
    "popcorn", "coffee", "milk", "mail", "money", "cash", "rice", "spaghetti", "pasta", "ramen", "salad", "sushi", "tea", "wine",
    "beer", "honey", "soap", "bread", "cheese", "meat", "steak", "corn", "sweetcorn", "broccoli", "chocolate", "wool", "yarn",
    "drama", "badminton", "lightning", "fire",
}  # fmt: skip
SYLLABLES = (
    "ba", "do", "fi", "gru", "ka", "lo", "mi", "ne", "po", "qua", "ri", "sta", "tu", "ve", "wo", "xi", "ya", "zen", "plo",
    "tri", "sku", "mar", "lin", "ost", "eck", "und",
)  # fmt: skip


def is_plural(name: str) -> bool:
    head = name.split(" of ")[0].split(" with ")[0]
    return head.endswith("s") and not head.endswith("ss") and head.split()[-1] not in SINGULAR_S


def article(name: str) -> str:
    """ "a ", "an " or nothing, as English has it before this name."""
    if is_plural(name) or name in UNCOUNTED or name.startswith(("one ", "two ", "three ", "four ")):
        return ""
    return "an " if name[0] in "aeiou" else "a "


def plural(name: str) -> str:
    head, of, rest = name.partition(" of ")
    if not of:
        head, of, rest = name.partition(" with ")
    if not is_plural(head) and head not in UNCOUNTED:
        if head.endswith(("s", "x", "ch", "sh", "z")):
            head += "es"
        elif head.endswith("y") and head[-2] not in "aeiou":
            head = head[:-1] + "ies"
        elif head.endswith("fe"):
            head = head[:-2] + "ves"
        elif head.endswith("leaf"):
            head = head[:-1] + "ves"
        else:
            head += "s"
    return head + of + rest


def colour_word(rng: np.random.Generator, colour: str) -> str:
    return pick(rng, (colour, colour, colour, *COLOUR_SYNONYMS.get(colour, ())))


def background_words(rng: np.random.Generator, brief: Brief) -> str:
    colour = ""
    if brief.colour is not None:
        colour = colour_word(rng, brief.colour)
        if brief.second is not None:
            colour = f"{colour} {pick(rng, ('to', 'and'))} {brief.second}"
    where = pick(rng, COLOURED.get(brief.background) or SCENES[brief.background]).format(c=colour)
    return f"{where} {pick(rng, TIMES[brief.time])}" if brief.time else where


def thing_words(rng: np.random.Generator, name: str, count: int, size: str | None, paint: str | None) -> str:
    """ "a small blue balloon", "three balloons", "close-up of a balloon"."""
    word = name if rng.random() < 0.6 else pick(rng, NAMES_OF[name])
    if paint:
        word = word.removeprefix("red ").removeprefix("golden ").removeprefix("pink ")
        word = f"{colour_word(rng, paint)} {word}"
    if count > 1:
        return f"{COUNTS[count] if rng.random() < 0.8 else count} {plural(word)}"
    if size in ("small", "large"):
        word = f"{pick(rng, SIZES[size])} {word}"
    if rng.random() < 0.75:
        word = article(word) + word
    return f"{pick(rng, SIZES[size])} {word}" if size == "close-up" else word


def unknown_noun(rng: np.random.Generator) -> str:
    if rng.random() < 0.6:
        return pick(rng, UNKNOWN)
    return "".join(pick(rng, SYLLABLES) for _ in range(int(rng.integers(2, 5))))


def caption(rng: np.random.Generator, brief: Brief, *, shadows: bool = True) -> str:
    """Lower case, parts with commas between. Says of defects only some, and never all of what `brief` holds; whether there
    is a shadow only if `shadows`, and then in half of them."""
    said = sorted(brief.spoilt_by - {"shadow"})
    where = background_words(rng, brief)
    if not brief.objects:
        if brief.says == "unknown":
            noun = unknown_noun(rng)
            before = pick(rng, FILLERS_BEFORE) + " " if rng.random() < 0.3 else ""
            parts = [before + article(noun) + noun + pick(rng, (" on ", ", ", " in front of ")) + article(where) + where]
        else:
            parts = [
                pick(rng, ("empty {w}", "{w}", "{w}, nothing else", "abstract {w}", "empty {w}, no objects")).format(w=where)
            ]
    else:
        if len(brief.objects) == 2:
            first, other = (thing_words(rng, name, 1, None, None) for name in brief.objects)
            what = pick(rng, ("{a} and {b}", "{a} and {b}", "{a} with {b}", "{a} next to {b}", "{a} beside {b}"))
            what = what.format(a=first, b=other)
        else:
            what = thing_words(rng, brief.objects[0], brief.count, brief.size, brief.paint)
        styled = brief.style != "3d" or rng.random() < 0.1
        before, after = STYLES[brief.style]
        if styled and rng.random() < 0.5:
            what, styled = f"{pick(rng, before)} {what}", False
        elif brief.opening:
            what = f"{pick(rng, (brief.opening, brief.opening, 'a ' + brief.opening))} {what}"
        elif rng.random() < 0.3:
            filler = pick(rng, FILLERS_BEFORE)
            if not filler.endswith((" of", " with")):
                what = what.removeprefix("a ").removeprefix("an ")
                filler = article(filler) + filler if rng.random() < 0.7 else filler
            what = f"{filler} {what}"
        if brief.opening and brief.opening not in what:
            what = f"{brief.opening} {what}"
        parts = [what]
        if brief.says == "all":
            chance = rng.random()
            if chance < 0.12:
                parts = [where, what]
            elif chance < 0.5:
                parts = [what, where]
            else:
                joint = (
                    (" on ", " on ", " in front of ", " against ")
                    if brief.background in COLOURED
                    else (" at ", " in front of ", " with ")
                )
                if brief.background == "desk":
                    joint = (" on ",)
                parts = [what + pick(rng, joint) + (article(where) if rng.random() < 0.6 else "") + where]
        if brief.place and (brief.place != "centre" or rng.random() < 0.3):
            parts.insert(len(parts) if rng.random() < 0.85 else 0, pick(rng, PLACES[brief.place]))
        if styled:
            parts.append(pick(rng, after))
        if not shadows:
            pass
        elif "shadow" in brief.defects and rng.random() < 0.5:
            parts.append(pick(rng, ("soft shadow", "with a shadow", "drop shadow")))
        elif "shadow" not in brief.defects and rng.random() < 0.6:
            parts.append(pick(rng, ("no shadow", "without shadow")))
    for _ in range(int(rng.choice([0, 0, 0, 1, 1, 2, 3]))):
        parts.append(pick(rng, FILLERS_AFTER))
    if said and not brief.opening and rng.random() < 0.9:
        parts.insert(int(rng.integers(len(parts) + 1)), ", ".join(pick(rng, DEFECTS[d]) for d in said))
    return ", ".join(parts).lower()
