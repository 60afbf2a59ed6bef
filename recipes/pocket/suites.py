"""The suites of the evaluation: what each asks, how its pictures are made, and what counts as right.

A new suite is one more entry of SUITES (and its goals in GOALS). What is not a share of right pictures, such as seconds or
megabytes, is measured by evaluate.py itself and joins the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import questions
from judging import Verdict
from questions import Question, wilson
from vocabulary import DEFECTS, STYLES

Marks = dict[str, bool]  # figure -> right or wrong; a figure that was not asked is not there
Figure = dict[str, float | int | str]  # value, unit, n, low, high


@dataclass(frozen=True)
class Suite:
    """`ask`      its questions, always the same.
    `mark`     right or wrong, of each figure that a question asks about.
    `quick`    in four steps, with the few-steps LoRA where the model has one.
    `ceiling`  also mark the renders of the questions, through the autoencoder alone.
    """

    name: str
    ask: Callable[[], list[Question]]
    mark: Callable[[Question, Verdict], Marks]
    quick: bool = False
    ceiling: bool = False


@dataclass(frozen=True)
class Goal:
    """What a figure must reach, and what it should; `most`: what it must not exceed."""

    floor: float
    aim: float
    most: bool = False

    def met(self, value: float) -> bool:
        return value <= self.floor if self.most else value >= self.floor


def right_object(asked: Question, seen: Verdict) -> bool:
    return set(seen.objects) == set(asked.brief.objects)


def right_surroundings(asked: Question, seen: Verdict) -> bool:
    """The kind of background, and its colour where it has none of its own."""
    brief = asked.brief
    return seen.background == brief.background and (brief.colour is None or seen.colour == brief.colour)


def _single(asked: Question, seen: Verdict) -> Marks:
    marks = {
        "right object": right_object(asked, seen),
        "right background and colours": right_surroundings(asked, seen),
        "right place": seen.place == asked.brief.place,
    }
    return {**marks, "all of these right": all(marks.values())}


def _counts(asked: Question, seen: Verdict) -> Marks:
    return {
        "right number": seen.count == asked.brief.count,
        "right number of the right object": seen.count == asked.brief.count and right_object(asked, seen),
    }


def _defects(asked: Question, seen: Verdict) -> Marks:
    defect, _, how = asked.tag.rpartition(" ")
    return {f"{defect}, {how} the negative": defect in seen.defects}


def _kept_clean(asked: Question, seen: Verdict) -> Marks:
    return {
        "@clean: right object": right_object(asked, seen),
        "@clean: right background and colours": right_surroundings(asked, seen),
    }


def _elongated(asked: Question, seen: Verdict) -> Marks:
    return {f"{asked.tag}: exactly one object": seen.count == 1, f"{asked.tag}: right object": right_object(asked, seen)}


def _free(asked: Question, seen: Verdict) -> Marks:
    return {
        "free words: right object": right_object(asked, seen),
        "free words: right colour": seen.colour == asked.brief.colour,
    }


SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite("single", questions.singles, _single, ceiling=True),
        Suite("counts", questions.counts, _counts),
        Suite("sizes", questions.sizes, lambda q, v: {"right size": v.size == q.brief.size}),
        Suite("pairs", questions.pairs, lambda q, v: {"both of two objects": right_object(q, v)}),
        Suite("defects", questions.defects, _defects),
        Suite("kept-clean", questions.kept_clean, _kept_clean),
        Suite("elongated", questions.elongated, _elongated),
        Suite("four-steps", questions.four_steps, lambda q, v: {"4 steps: right object": right_object(q, v)}, quick=True),
        Suite("paint", questions.paint, lambda q, v: {"right paint": v.paint == q.brief.paint}),
        Suite("styles", questions.styles, lambda q, v: {f"style {q.tag}": v.style == q.tag}),
        Suite("free-words", questions.free_words, _free),
        Suite("unknown", questions.unknown, lambda q, v: {"unknown noun: no object": v.count == 0}),
    )
}
SECONDS, MEGABYTES = "seconds an image", "files in all"
GOALS: dict[str, Goal] = {
    "right object": Goal(0.90, 0.97),
    "right background and colours": Goal(0.90, 0.97),
    "right place": Goal(0.90, 0.97),
    "right number": Goal(0.80, 0.95),
    "right size": Goal(0.85, 0.95),
    "both of two objects": Goal(0.60, 0.85),
    **{f"{defect}, without the negative": Goal(0.30, 0.30) for defect in DEFECTS},
    **{f"{defect}, with the negative": Goal(0.05, 0.01, most=True) for defect in DEFECTS},
    "@clean: right object": Goal(0.90, 0.97),
    "@clean: right background and colours": Goal(0.90, 0.97),
    "3:1: exactly one object": Goal(0.85, 0.95),
    "1:3: exactly one object": Goal(0.85, 0.95),
    "4 steps: right object": Goal(0.80, 0.92),
    "outpaint: gradient across the seam": Goal(1.15, 1.05, most=True),
    "outpaint: worst seam": Goal(1.5, 1.5, most=True),
    "upscaler over Lanczos": Goal(2.0, 4.0),
    SECONDS: Goal(2.0, 1.0, most=True),
    MEGABYTES: Goal(64, 40, most=True),
}
# The table's order; figures that are not here come last.
ORDER: tuple[str, ...] = (
    "right object", "right background and colours", "right place", "all of these right", "right number",
    "right number of the right object", "right size", "both of two objects",
    *(f"{defect}, {how} the negative" for defect in DEFECTS for how in ("without", "with")),
    "@clean: right object", "@clean: right background and colours",
    *(f"{shape}: {what}" for shape in ("3:1", "1:3") for what in ("exactly one object", "right object")),
    "4 steps: right object", "right paint", *(f"style {style}" for style in STYLES), "free words: right object",
    "free words: right colour", "unknown noun: no object",
    "outpaint: gradient across the seam", "outpaint: worst seam", "upscaler over Lanczos",
    "upscaler over Lanczos, at edges", "upscaler over Lanczos, decoded", SECONDS, MEGABYTES,
)  # fmt: skip
PREFIX, CEILING = "pocket: ", ", ceiling"


def tally(marks: Sequence[Marks]) -> dict[str, tuple[int, int]]:
    """(right, asked) of each figure."""
    found: dict[str, tuple[int, int]] = {}
    for some in marks:
        for name, right in some.items():
            before, asked = found.get(name, (0, 0))
            found[name] = (before + right, asked + 1)
    return found


def figures_of(marks: Sequence[Marks], suffix: str = "") -> dict[str, Figure]:
    """Shares with Wilson's interval, by figure name."""
    found: dict[str, Figure] = {}
    for name, (right, n) in tally(marks).items():
        low, high = wilson(right, n)
        found[f"{PREFIX}{name}{suffix}"] = {"value": right / n, "unit": "share", "n": n, "low": low, "high": high}
    return found


def _shown(value: float, unit: str) -> str:
    return (
        f"{value:.1%}" if unit == "share" else f"{value:.2f} {unit}" if unit in ("s", "ratio", "dB") else f"{value:.1f} {unit}"
    )


def table(figures: dict[str, Figure], about: str) -> str:
    """A Markdown table that also reads well in a terminal."""
    lines = [
        f"| {about:<34} |   value | 95 % interval | n | floor | aim | met | ceiling |", "|---|---:|---:|---:|---:|---:|---|---:|"
    ]  # fmt: skip
    names = [name.removeprefix(PREFIX) for name in figures if not name.endswith(CEILING)]
    names.sort(key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    for name in names:
        figure, top, goal = figures[PREFIX + name], figures.get(f"{PREFIX}{name}{CEILING}"), GOALS.get(name)
        unit = str(figure["unit"])
        span = f"{_shown(figure['low'], unit)} to {_shown(figure['high'], unit)}" if figure["n"] > 1 else ""
        goals = "| | |"
        if goal:
            sign = "≤" if goal.most else "≥"
            goals = f"{sign} {_shown(goal.floor, unit)} | {sign} {_shown(goal.aim, unit)} | "
            goals = f"| {goals}{'yes' if goal.met(figure['value']) else 'NO'} |"
        else:
            goals = "| | | |"
        limit = f"{_shown(top['value'], unit)}" if top else ""
        lines.append(f"| {name:<34} | {_shown(figure['value'], unit):>7} | {span} | {figure['n']} {goals} {limit} |")
    return "\n".join(lines)
