"""From words to Prompts: `expand` for one template, `prompts` for whatever a person hands in."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from itertools import accumulate
from typing import TypeAlias, overload

from ..errors import PromptError, near
from .draw import draw
from .graph import Graph
from .rows import table_rows
from .template import MAX_LENGTH, parse
from .tree import Template
from .value import Prompt
from .wildcards import Folders

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


def expand(
    template: str | Template,
    /,
    *,
    limit: int = LIMIT,
    sample: int | None = None,
    seed: int = 0,
    rows: object = None,
    templates: Folders = None,
    **slots: str | Collection[str],
) -> Expansion:
    """Every Prompt of a template: each combination of its variants and slots, once; or with `sample`, some drawn at random.

    `slots` fill the template's `{name}`s, and replace the options of its `{name=a|b}`s, with a text or a sequence of
    texts (a list, a pandas column); these are taken as they are, braces and all, and a text given twice counts once.
    A name that comes twice in the template is the same choice in both places.

    sample      draw this many, by the weights of the options, none twice; fewer where the template has no more. What is
                drawn depends on the template, the slots and `seed` only.
    rows        a table (a DataFrame, or a list of mappings): one group of prompts a row, its columns filling the slots of
                their names. Columns that the template does not name are left alone; numbers become text.
    templates   a folder of your own, whose wildcards/ come beside the shipped ones.

    Raises PromptError when the template does not parse; when a slot has no value, a keyword no slot, or a value is no
    text or over 10,000 characters; when there are more than `limit` (1 to 1,000,000,000) combinations; and when a
    combination would leave no words.
    """
    if not isinstance(template, str | Template):
        raise PromptError("template", template, "text (a str); for a list of templates or Prompts there is prompts()")
    return prompts(template, limit=limit, sample=sample, seed=seed, rows=rows, templates=templates, **slots)


def prompts(
    source: Source | Collection[Source],
    /,
    *,
    limit: int = LIMIT,
    sample: int | None = None,
    seed: int = 0,
    rows: object = None,
    templates: Folders = None,
    **slots: str | Collection[str],
) -> Expansion:
    """The Prompts that `source` stands for: a template, a finished Prompt (taken as it is), or a sequence of these.

    The keywords are as for `expand`; a slot must fit at least one of the templates, `sample` prompts are drawn of each
    template and row, and `limit` holds for all together. Raises PromptError as `expand` does, and when the source is empty
    or of another kind.
    """
    sources: list[object] = [source] if isinstance(source, str | Template | Prompt) else _items("prompt", source, "templates")
    parsed = [s if isinstance(s, Prompt | Template) else parse(s, templates=templates) for s in sources]  # type: ignore[arg-type]
    values = {name: _texts(name, value) for name, value in slots.items()}
    known = dict.fromkeys(name for p in parsed if isinstance(p, Template) for name in (*p.slots, *p.named))
    for name in values:
        if name not in known:
            hint = near(name, known) if known else r"The prompt has none; write {" + name + "} in it."
            raise PromptError(name, slots[name], "the name of a slot or of named variants in the prompt", hint)
    _whole("limit", limit, 1, MAX_LIMIT)
    _whole("seed", seed, 0, 2**63 - 1)
    groups = [values] if rows is None else [values | row for row in table_rows(rows, known, values)]
    if sample is None:
        return Expansion([_Given(p) if isinstance(p, Prompt) else Graph(p, g) for p in parsed for g in groups], limit)
    _whole("sample", sample, 1, limit)
    return Expansion(_drawn(parsed, groups, sample, seed), limit)


def _drawn(
    parsed: Sequence[object], groups: Sequence[Mapping[str, tuple[str, ...]]], sample: int, seed: int
) -> list[Graph | _Given]:
    """`sample` prompts of each template and row; finished Prompts stay as they are."""
    out: list[Graph | _Given] = []
    for p in parsed:
        if not isinstance(p, Template):
            out.append(_Given(p))  # type: ignore[arg-type]
            continue
        chance, seen = random.Random(seed), set[str]()
        for group in groups:
            found = [_Given(prompt) for prompt in draw(p, group, sample, chance, seen)]
            if not found and not seen:
                raise PromptError("prompt", p.source, "text that is not empty", "Nothing but empty prompts came of it.")
            out += found
    return out


def _whole(parameter: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise PromptError(parameter, value, f"a whole number from {low} to {high:,}")


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
