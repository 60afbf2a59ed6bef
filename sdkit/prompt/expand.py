"""From words to Prompts: `expand` for one template, `prompts` for whatever a person hands in."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from itertools import accumulate
from typing import TypeAlias, overload

from ..errors import PromptError, near
from .graph import Graph
from .template import MAX_LENGTH, Template, parse
from .value import Prompt

LIMIT = 500  # combinations, unless a person allows more
MAX_LIMIT = 1_000_000_000

Source: TypeAlias = str | Template | Prompt


class _Given:
    """A finished Prompt, in the place of a Graph of one path."""

    total, wordless = 1, 0

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self.columns = tuple(column for column, _ in prompt.choices)

    def prompt(self, index: int) -> Prompt:
        return self._prompt


class Expansion(Sequence[Prompt]):
    """The Prompts of one template or several, each made only when it is asked for.

    They come in reading order: the last choice of a template varies fastest. `len` is known at once, any index is
    found without making those before it, and a slice is a tuple of Prompts. `columns` are the names that occur in the
    Prompts' `choices`, in order of appearance; a Prompt leaves out a choice inside an option that it did not take.
    """

    def __init__(self, graphs: Sequence[Graph | _Given], limit: int) -> None:
        self._graphs = tuple(graphs)
        self._ends = list(accumulate(graph.total for graph in graphs))
        self.columns = tuple(dict.fromkeys(column for graph in graphs for column in graph.columns))
        _check_total(self._ends[-1], limit)
        for graph in graphs:
            if graph.wordless and isinstance(graph, Graph):
                hint = "Where every option or value taken is empty, no word is left." if graph.columns else ""
                raise PromptError("prompt", graph.template.source, "text that is not empty, in every combination", hint)

    @overload
    def __getitem__(self, index: int) -> Prompt: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Prompt, ...]: ...
    def __getitem__(self, index: int | slice) -> Prompt | tuple[Prompt, ...]:
        numbers = range(len(self))[index]  # with the manners of every sequence: negative, out of range, steps
        return tuple(self._make(i) for i in numbers) if isinstance(numbers, range) else self._make(numbers)

    def __len__(self) -> int:
        return self._ends[-1]

    def __iter__(self) -> Iterator[Prompt]:
        return (self._make(i) for i in range(len(self)))

    def _make(self, index: int) -> Prompt:
        which = bisect_right(self._ends, index)
        return self._graphs[which].prompt(index - (self._ends[which - 1] if which else 0))

    def __repr__(self) -> str:
        over = f" over {', '.join(self.columns)}" if self.columns else ""
        head = f"{len(self):,} prompt{'s' * (len(self) != 1)}{over}"
        return "\n".join([head, *(f"  {prompt}" for prompt in self[:10]), *["  …"] * (len(self) > 10)])


def expand(template: str | Template, /, *, limit: int = LIMIT, **slots: str | Collection[str]) -> Expansion:
    """Every Prompt of a template: each combination of its variants and slots, once.

    `slots` fill the template's `{name}`s, and replace the options of its `{name=a|b}`s, with a text or a sequence of
    texts (a list, a pandas column); these are taken as they are, braces and all, and a text given twice counts once.
    A name that comes twice in the template is the same choice in both places.

    Raises PromptError when the template does not parse; when a slot has no value, a keyword no slot, or a value is no
    text or over 10,000 characters; when there are more than `limit` (1 to 1,000,000,000) combinations; and when a
    combination would leave no words.
    """
    if not isinstance(template, str | Template):
        raise PromptError("template", template, "text (a str); for a list of templates or Prompts there is prompts()")
    return prompts(template, limit=limit, **slots)


def prompts(source: Source | Collection[Source], /, *, limit: int = LIMIT, **slots: str | Collection[str]) -> Expansion:
    """The Prompts that `source` stands for: a template, a finished Prompt (taken as it is), or a sequence of these.

    `slots` and `limit` are as for `expand`; a keyword must fit at least one of the templates, and `limit` holds for all
    together. Raises PromptError as `expand` does, and when the source is empty or of another kind.
    """
    sources: list[object] = [source] if isinstance(source, str | Template | Prompt) else _items("prompt", source, "templates")
    parsed = [s if isinstance(s, Prompt | Template) else parse(s) for s in sources]  # type: ignore[arg-type]
    values = {name: _texts(name, value) for name, value in slots.items()}
    known = dict.fromkeys(name for p in parsed if isinstance(p, Template) for name in (*p.slots, *p.named))
    for name in values:
        if name not in known:
            hint = near(name, known) if known else r"The prompt has none; write {" + name + "} in it."
            raise PromptError(name, slots[name], "the name of a slot or of named variants in the prompt", hint)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise PromptError("limit", limit, f"a whole number from 1 to {MAX_LIMIT:,}")
    return Expansion([_Given(p) if isinstance(p, Prompt) else Graph(p, values) for p in parsed], limit)


def _items(parameter: str, value: object, what: str) -> list[object]:
    """The items of a list-like value, which has an order and an end."""
    allowed = f"text, or a list of {what}, not empty"
    if isinstance(value, bytes | bytearray | Mapping | Set) or not isinstance(value, Collection):
        raise PromptError(parameter, value, allowed)
    if not (items := list(value)):
        raise PromptError(parameter, value, allowed)
    return items


def _texts(name: str, value: object) -> tuple[str, ...]:
    """The values of a slot, in order, each once."""
    texts = []
    for text in [value] if isinstance(value, str) else _items(name, value, "texts"):
        if not isinstance(text, str):
            raise PromptError(name, text, "text (a str) for every value of the slot", "Turn numbers into text with str().")
        if len(text) > MAX_LENGTH:
            raise PromptError(name, f"{len(text):,} characters", f"values of at most {MAX_LENGTH:,} characters")
        texts.append(str(text))
    return tuple(dict.fromkeys(texts))


def _check_total(total: int, limit: int) -> None:
    if total <= limit:
        return
    if total <= MAX_LIMIT:
        made, hint = f"{total:,} combinations", f"Allow them with limit={total}, or leave some variants out."
    else:
        made, hint = f"about 10^{math.log10(total):.0f} combinations", "Leave some variants out."
    raise PromptError("prompt", made, f"at most {limit:,} (limit=)", hint)
