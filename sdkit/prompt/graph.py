"""A template as a graph of steps: its prompts counted without making them, and each made from its number.

A path through the graph from the first step to the last is one prompt. Counting paths is one pass backwards; prompt
number i is found by walking forward and, at each choice, stepping over the options that hold fewer than i paths more.
So a choice inside an option counts only where that option is taken, and a name that comes twice is chosen once,
wherever the two places are; where a name may or may not be chosen yet, a step is counted once for either case.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, permutations

from ..errors import PromptError
from .template import MAX_DEPTH
from .tree import Choice, Part, Slot, Template, Text
from .value import Prompt

MAX_PIECES = 50_000  # of text in one prompt; only names repeated inside names come near
MAX_STEPS = 50_000  # under a second of counting; only names repeated inside names, or huge slots, come near

RESERVED = {
    "limit": "is the number of combinations allowed",
    "rows": "is a table, one group of prompts a row",
    "sample": "is how many prompts to draw",
    "seed": "is where the drawing starts",
    "templates": "is a folder of templates of your own",
}
_Chosen = frozenset[str]  # names chosen so far, of those where it matters
_NONE: _Chosen = frozenset()


@dataclass
class _Say:
    """Words; on to the next step."""

    text: str


@dataclass
class _Repeat:
    """What the choice `column` became, again; on to the next step."""

    column: str


@dataclass
class _Choose:
    """Go to one of the steps `options`; or, where `column` is chosen already, repeat it and go to `after`."""

    column: str
    options: list[int] = field(default_factory=list)
    after: int = 0


@dataclass
class _Close:
    """An option is at its end: that is what the choice became; on to `after`."""

    after: int = 0


_Step = _Say | _Repeat | _Choose | _Close


class Graph:
    """All prompts of one template, its slots filled by `values` (name -> texts; these also replace named variants).

    `total` counts the prompts; `columns` are the choices in order of appearance; `wordless` counts the prompts left
    with no words at all. Raises PromptError for a slot without a value, a name inside itself, and a template that
    grows over 50,000 steps.
    """

    def __init__(self, template: Template, values: Mapping[str, tuple[str, ...]]) -> None:
        self.template = template
        self._values, self._named = values, template.named
        self._steps: list[_Step] = []
        self._sequence(template.parts, _NONE, ())
        chosen = Counter(step.column for step in self._steps if isinstance(step, _Choose))
        self.columns = tuple(chosen)
        self._twice = frozenset(column for column, times in chosen.items() if times > 1)
        self._reach = self._forward()
        self._counts = self._backward(wordless=False)
        self._ways: dict[tuple[int, _Chosen], tuple[list[tuple[int, _Chosen]], list[int]]] = {}  # filled as walked
        self.total = self._counts[0][_NONE]
        # Commas alone are no words, but where a person writes nothing else they are not ours to refuse.
        self.wordless = self._backward(wordless=True)[0][_NONE] if chosen else int(not str(template).strip())

    # -- from tree to steps -------------------------------------------------------------------------------------------

    def _sequence(self, parts: Iterable[Part], sure: _Chosen, inside: tuple[str, ...]) -> _Chosen:
        """Append the steps of `parts`. `sure`: columns surely chosen before, and as returned, after."""
        for part in parts:
            if isinstance(part, Text):
                self._append(_Say(part.text))
            else:
                sure = self._choice(part, sure, inside)
        return sure

    def _choice(self, part: Slot | Choice, sure: _Chosen, inside: tuple[str, ...]) -> _Chosen:
        column = part.column if isinstance(part, Choice) else part.name
        if column in sure:
            self._append(_Repeat(column))
            return sure
        if column in inside:
            raise self._error("names that are not inside themselves", f"{column!r} is one of its own options.")
        if len(inside) >= MAX_DEPTH:
            raise self._error(f"variants nested up to {MAX_DEPTH} deep", f"With the names written out, {column!r} is deeper.")
        choose, closes, kept = _Choose(column), [], None
        self._append(choose)
        for option in self._options(part, column):
            choose.options.append(len(self._steps))
            after = self._sequence(option, sure, (*inside, column))
            kept = after if kept is None or kept is after else kept & after
            closes.append(_Close())
            self._append(closes[-1])
        choose.after = len(self._steps)
        for close in closes:
            close.after = choose.after
        return (kept or sure) | {column}

    def _options(self, part: Slot | Choice, column: str) -> Iterable[tuple[Part, ...]]:
        """The options of a choice, each once; where several are taken together, every way to take them."""
        options, choice = options_of(part, self._values, self._named)
        if choice is None or choice.many is None:
            return options
        low, high = choice.many.bounds(len(options))
        ways = 0
        for k in range(low, high + 1):
            ways += math.perm(len(options), k)
            if ways > MAX_STEPS:
                raise self._error(f"up to {MAX_STEPS:,} ways to take several options", "Draw some of them instead: sample=20.")
        apart = (Text(choice.many.separator),) if choice.many.separator else ()
        picks = (pick for k in range(low, high + 1) for pick in permutations(options, k))
        return dict.fromkeys(joined(pick, apart) for pick in picks)

    def _append(self, step: _Step) -> None:
        if len(self._steps) >= MAX_STEPS:
            raise self._too_big()
        self._steps.append(step)

    def _error(self, allowed: str, hint: str) -> PromptError:
        return PromptError("prompt", self.template.source, allowed, hint)

    def _too_big(self) -> PromptError:
        hint = "Give slots fewer values, or use names less often inside the options of others."
        return self._error(f"a template of up to {MAX_STEPS:,} steps with its slots filled", hint)

    # -- counting -----------------------------------------------------------------------------------------------------

    def _next(self, at: int, chosen: _Chosen) -> list[tuple[int, _Chosen]]:
        """Where the walk can go from step `at`."""
        match self._steps[at]:
            case _Choose(column, options, after):
                if column in chosen:
                    return [(after, chosen)]
                if column in self._twice:
                    chosen = chosen | {column}
                return [(option, chosen) for option in options]
            case _Close(after):
                return [(after, chosen)]
        return [(at + 1, chosen)]

    def _forward(self) -> list[set[_Chosen]]:
        """For each step, and the end, what may be chosen when the walk comes there. Every step leads only forward."""
        reach: list[set[_Chosen]] = [set() for _ in range(len(self._steps) + 1)]
        reach[0].add(_NONE)
        pairs = 0
        for at in range(len(self._steps)):
            pairs += len(reach[at])
            if pairs > MAX_STEPS:
                raise self._too_big()
            for chosen in reach[at]:
                for after, then in self._next(at, chosen):
                    reach[after].add(then)
        return reach

    def _backward(self, *, wordless: bool) -> list[dict[_Chosen, int]]:
        """For each step, and the end, the number of paths on from there; `wordless`: of those that say no words."""
        counts: list[dict[_Chosen, int]] = [{} for _ in self._reach]
        counts[-1] = dict.fromkeys(self._reach[-1], 1)
        for at in reversed(range(len(self._steps))):
            step = self._steps[at]
            silent = not (wordless and isinstance(step, _Say) and step.text.replace(",", " ").strip())
            for chosen in self._reach[at]:
                counts[at][chosen] = sum(counts[to][then] for to, then in self._next(at, chosen)) if silent else 0
        return counts

    # -- walking ------------------------------------------------------------------------------------------------------

    def prompt(self, index: int) -> Prompt:
        """Prompt number `index`, from 0 up to `total`, in reading order: the last choice varies fastest."""
        pieces: list[str | None] = []  # None where a choice came out empty
        opened: list[tuple[str, int]] = []
        became: dict[str, list[str | None]] = {}
        choices: dict[str, str] = {}
        at, chosen = 0, _NONE
        while at < len(self._steps):
            step, here = self._steps[at], (at, chosen)
            match step:
                case _Say(text):
                    pieces.append(text)
                case _Close():
                    column, start = opened.pop()
                    own = pieces[start:]
                    if not any(piece and piece.strip() for piece in own):
                        pieces[start:] = own = [None]
                    became[column], choices[column] = own, tidy(own).strip()
                case _Repeat(column):
                    pieces += became[column]
                case _Choose(column) if column in chosen:
                    pieces += became[column]
                case _Choose(column):
                    choices[column] = ""  # takes its place in the order now; its value comes at the end of the option
                    opened.append((column, len(pieces)))
            if len(pieces) > MAX_PIECES:
                raise too_long(self.template)
            if here not in self._ways:
                ways = self._next(at, chosen)
                self._ways[here] = ways, list(accumulate(self._counts[to][then] for to, then in ways))
            ways, ends = self._ways[here]
            way = bisect_right(ends, index)
            index -= ends[way - 1] if way else 0
            at, chosen = ways[way]
        return Prompt(tidy(pieces), self.template.source, tuple(choices.items()))


def options_of(
    part: Slot | Choice, values: Mapping[str, tuple[str, ...]], named: Mapping[str, Choice]
) -> tuple[list[tuple[Part, ...]], Choice | None]:
    """The options that stand for `part`, each once, and the choice that they come from: None where a keyword gave them.

    Raises PromptError for a slot that nothing fills.
    """
    name = part.name
    if name in values:
        return [(Text(text),) if text else () for text in values[name]], None
    if isinstance(part, Slot) and name not in named:
        hint = f"Pass {name}=… to fill {{{name}}}."
        if name in RESERVED:
            hint = f"{name}= {RESERVED[name]}: give the slot another name."
        raise PromptError(name, None, "text, or a list of texts", hint)
    choice = part if isinstance(part, Choice) else named[name]
    return list(dict.fromkeys(choice.options)), choice


def joined(options: Iterable[tuple[Part, ...]], apart: tuple[Part, ...]) -> tuple[Part, ...]:
    """Several options as one, with `apart` between them; empty ones fall out."""
    out: tuple[Part, ...] = ()
    for option in options:
        out = (*out, *(apart if out and option else ()), *option)
    return out


def too_long(template: Template) -> PromptError:
    """What is raised for a prompt that grows without bound."""
    hint = "Use names less often inside the options of others."
    return PromptError("prompt", template.source, f"prompts of at most {MAX_PIECES:,} pieces of text", hint)


def tidy(pieces: Iterable[str | None]) -> str:
    """Join pieces of text; None is a choice that came out empty.

    Only the seams are touched: of spaces on both sides one side goes, and around an empty piece also a doubled comma,
    a comma at either end, a space before `, . ; : ! ? )` and one after `(`.
    """
    left, gap = "", False
    for piece in pieces:
        if piece is None:
            gap = True
            continue
        if gap:
            left, piece = _close_gap(left, piece)
        elif left[-1:].isspace():
            piece = piece.lstrip()
        left, gap = left + piece, False
    return re.sub(r"[\s,]++\Z", "", left) if gap else left


def _close_gap(left: str, right: str) -> tuple[str, str]:
    said = left.rstrip()
    rest = right.lstrip()
    if not said:
        return "", re.sub(r"\A[\s,]+", "", right)
    if rest[:1] and rest[0] in ",.;:!?)":
        if said[-1] == ",":
            said = said[:-1].rstrip()
        return said, rest
    if said[-1] == "(":
        return said, rest
    return left, rest if left[-1].isspace() else right
