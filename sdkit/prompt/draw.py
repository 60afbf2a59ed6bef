"""Prompts drawn at random from a template: seeded, by the weights of its options, and without counting them all first."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping

from ..errors import PromptError
from .graph import MAX_PIECES, options_of, tidy, too_long
from .template import MAX_DEPTH
from .tree import Choice, Part, Slot, Template, Text
from .value import Prompt


def draw(
    template: Template, values: Mapping[str, tuple[str, ...]], count: int, chance: random.Random, seen: set[str]
) -> Iterator[Prompt]:
    """Up to `count` prompts of which no two say the same, nor what is `seen`; fewer where luck finds no more.

    `values` fill the slots, as for a Graph. Raises PromptError where a Graph would.
    """
    tries = 200 + 50 * count  # where most of the weight is on few options, the rest may never come
    while count and tries:
        tries -= 1
        prompt = _Walk(template, values, chance).prompt()
        if prompt is not None and prompt.text not in seen:
            seen.add(prompt.text)
            count -= 1
            yield prompt


class _Walk:
    """One way through a template."""

    def __init__(self, template: Template, values: Mapping[str, tuple[str, ...]], chance: random.Random) -> None:
        self.template, self.values, self.chance = template, values, chance
        self.named = template.named
        self.pieces: list[str | None] = []  # None where a choice came out empty
        self.became: dict[str, list[str | None]] = {}
        self.choices: dict[str, str] = {}

    def prompt(self) -> Prompt | None:
        """The prompt; None where it says no words."""
        self.say(self.template.parts, ())
        text = tidy(self.pieces)
        return Prompt(text, self.template.source, tuple(self.choices.items())) if text.strip(" ,\t\n") else None

    def say(self, parts: Iterable[Part], inside: tuple[str, ...]) -> None:
        for part in parts:
            if isinstance(part, Text):
                self.pieces.append(part.text)
            else:
                self.choose(part, inside)
            if len(self.pieces) > MAX_PIECES:
                raise too_long(self.template)

    def choose(self, part: Slot | Choice, inside: tuple[str, ...]) -> None:
        column = part.column if isinstance(part, Choice) else part.name
        if column in self.became:
            self.pieces += self.became[column]
            return
        if column in inside:
            hint = f"{column!r} is one of its own options."
            raise PromptError("prompt", self.template.source, "names that are not inside themselves", hint)
        if len(inside) >= MAX_DEPTH:
            hint = f"With the names written out, {column!r} is deeper."
            raise PromptError("prompt", self.template.source, f"variants nested up to {MAX_DEPTH} deep", hint)
        self.choices[column] = ""  # takes its place in the order now
        start = len(self.pieces)
        taken, separator = self.pick(part)
        for i, option in enumerate(taken):
            if i:
                self.pieces.append(separator)
            self.say(option, (*inside, column))
        own = self.pieces[start:]
        if not any(piece and piece.strip() for piece in own):
            self.pieces[start:] = own = [None]
        self.became[column], self.choices[column] = own, tidy(own).strip()

    def pick(self, part: Slot | Choice) -> tuple[list[tuple[Part, ...]], str]:
        """The options taken, by weight and none of them twice, and what stands between them."""
        options, choice = options_of(part, self.values, self.named)
        weights = [1.0] * len(options)
        separator, low, high = "", 1, 1
        if choice is not None:
            if choice.weights:
                shares = dict.fromkeys(options, 0.0)
                for option, weight in zip(choice.options, choice.weights, strict=True):
                    shares[option] += weight
                weights = list(shares.values())
            if choice.many is not None:
                low, high = choice.many.bounds(len(options))
                separator = choice.many.separator
        taken: list[tuple[Part, ...]] = []
        for _ in range(self.chance.randint(low, high)):
            if not any(weights):  # only options of weight 0 are left
                break
            at = self.chance.choices(range(len(options)), weights)[0]
            taken.append(options.pop(at))
            weights.pop(at)
        return ([option for option in taken if option] if len(taken) > 1 else taken), separator
