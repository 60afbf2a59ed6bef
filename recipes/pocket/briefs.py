"""What a scene is to show, before it is drawn: one value, from which picture and caption both follow."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from vocabulary import (
    AMBIGUOUS,
    BACKGROUNDS,
    CLEAN,
    COLOURED,
    COLOURS,
    DEFECTS,
    OBJECT_NAMES,
    PAINTABLE,
    PAINTS,
    SCENES,
    TIMES_OF,
    held_out,
)

Shape = tuple[int, int]  # width, height in pixels
SHAPES: tuple[Shape, ...] = ((256, 256), (384, 192), (192, 384), (768, 256), (256, 768))  # the buckets trained on
SHAPE_WEIGHTS = (0.70, 0.11, 0.11, 0.04, 0.04)
# Defects and backgrounds that are harder to learn: they come up once more for each time that they stand here.
HARDER = (*2 * ("blurry", "cropped"), *4 * ("jpeg artifacts",), "low contrast", "shadow")
HARDER_GROUNDS = ("confetti", "gradient", "waves", "paper texture")
STANDING = frozenset({"podium", "beach", "mountains", "city", "desk", "winter", "spring"})  # objects have a ground there


@dataclass(frozen=True)
class Brief:
    """`objects` are none, one, or two different ones from left to right; `count` is how many things stand there, 0 to 4.

    size, place  of a single object ("medium", "centre"); None where there are none or several.
    style        "3d", "flat", "line art", "sticker"; None without an object.
    paint        the colour an object was asked for in, None for its own.
    colour       of the background, None where it has its own; `second` where a gradient goes to another.
    time         of a scene: "sunset", "night", "winter"; None by day, and for all others.
    defects      what shows of vocabulary.DEFECTS.
    opening      the AMBIGUOUS words that the caption starts with.
    says         how much the caption tells: "all", "object" (no background), or "unknown" (a noun that is not there).
    """

    objects: tuple[str, ...] = ()
    count: int = 0
    size: str | None = None
    place: str | None = None
    style: str | None = None
    paint: str | None = None
    background: str = "plain"
    colour: str | None = None
    second: str | None = None
    time: str | None = None
    defects: frozenset[str] = frozenset()
    opening: str | None = None
    says: str = "all"

    @property
    def spoilt_by(self) -> frozenset[str]:
        """Its defects, but for the confetti of a background that is nothing else."""
        return self.defects - {"confetti"} if self.background == "confetti" else self.defects


def pick(rng: np.random.Generator, words, weights=None):
    return words[int(rng.choice(len(words), p=weights))] if weights else words[int(rng.integers(len(words)))]


def places(shape: Shape, background: str) -> tuple[str, ...]:
    """Where a single medium object can stand."""
    width, height = shape
    wide = ("left", "right") if width >= height else ()
    tall = ("top", "bottom") if height >= width and background not in STANDING else ()
    return ("centre", *wide, *tall)


def allowed(objects: tuple[str, ...], background: str) -> bool:
    return not any(held_out(name, background) for name in objects)


def compose(
    rng: np.random.Generator,
    shape: Shape,
    names: tuple[str, ...] = OBJECT_NAMES,
    *,
    everything: bool = False,
    clean: bool = False,
    **wanted: object,
) -> Brief:
    """A brief as training sees them; what is `wanted` (fields of Brief) is kept, the rest drawn from `rng`.

    `everything=True` also draws the held-out pairs (for the judge). `clean=True` leaves defects out, shadows apart.
    """
    kind = pick(rng, ("single", "several", "pair", "empty"), [0.64, 0.13, 0.16, 0.07])
    chance = 1.0 if clean else rng.random()
    opening = pick(rng, tuple(AMBIGUOUS)) if chance < 0.30 and kind != "empty" else None
    fit = tuple(name for name in DEFECTS if kind != "empty" or name not in ("cropped", "shadow"))
    spoilt = pick(rng, (*fit, *(name for name in HARDER if name in fit))) if 0.30 <= chance < 0.56 else None
    if opening == "tightly framed" or spoilt == "cropped":
        kind = "single"  # nothing else is ever cropped
    if "objects" in wanted:
        kind = ("empty", "single", "pair")[len(wanted["objects"])]
        if kind == "single" and wanted.get("count", 1) > 1:
            kind = "several"
    elif "count" in wanted:
        kind = "several" if wanted["count"] > 1 else "single" if wanted["count"] else "empty"
    elif wanted.keys() & {"size", "place"}:
        kind = "single"
    says = pick(rng, ("all", "object"), [0.96, 0.04]) if kind != "empty" else pick(rng, ("all", "unknown"))
    defects = set()
    if opening:
        there, roll = 0.0, rng.random()
        for name, share in AMBIGUOUS[opening].items():
            if there <= roll < there + share:
                defects.add(name)
            there += share
    elif spoilt:
        defects.add(spoilt)
    if "defects" in wanted:
        defects = set(wanted["defects"])
    defects -= {"single": set(), "empty": {"cropped", "shadow"}}.get(kind, {"cropped"})
    if defects & {"cropped"}:
        wanted = {"place": "centre", "size": "medium", **wanted}

    count = {"empty": 0, "single": 1, "pair": 2, "several": int(rng.integers(2, 5))}[kind]
    count = wanted.get("count", count)
    while True:
        objects = wanted.get("objects")
        if objects is None:
            objects = tuple(pick(rng, names) for _ in range({"empty": 0, "pair": 2}.get(kind, 1)))
        background = wanted.get("background") or pick(rng, CLEAN if says == "object" else (*BACKGROUNDS, *HARDER_GROUNDS))
        if len(set(objects)) < len(objects) or (count == 4 and background in STANDING and "background" not in wanted):
            continue
        if everything or allowed(objects, background):
            break
        if "background" in wanted and "objects" in wanted:
            raise ValueError(f"{objects} on {background} is kept for the evaluation; pass everything=True")

    size = place = None
    if kind == "single":
        place = pick(rng, places(shape, background)) if rng.random() < 0.62 else "centre"
        sizes = ("medium", "small", "large", "close-up" if min(shape) >= 256 else "large")
        size = pick(rng, sizes, [0.70, 0.12, 0.09, 0.09])
        if "place" in wanted and "size" not in wanted and size in ("large", "close-up"):
            size = "medium"
        if size in ("large", "close-up"):
            place = "centre"
    style = paint = None
    if objects:
        style = pick(rng, ("3d", "flat", "line art", "sticker"), [0.70, 0.12, 0.09, 0.09])
        if kind != "pair" and objects[0] in PAINTABLE and wanted.get("style", style) != "line art" and rng.random() < 0.4:
            paint = pick(rng, PAINTS)
    colour = second = time = None
    if background in COLOURED:
        colour = pick(rng, tuple(COLOURS))
        if background == "gradient" and rng.random() < 0.25:
            second = pick(rng, tuple(c for c in COLOURS if c != colour))
    elif background in TIMES_OF and rng.random() < 0.5:
        time = pick(rng, TIMES_OF[background])
    if background == "confetti":
        defects.add("confetti")
    if "defects" not in wanted and objects and rng.random() < 0.6:
        defects.add("shadow")
    drawn = Brief(
        objects, count, size, place, style, paint, background, colour, second, time, frozenset(defects), opening, says
    )  # fmt: skip
    kept = {name: value for name, value in wanted.items() if name != "defects"}
    assert background in SCENES or drawn.colour
    return replace(drawn, **kept)
