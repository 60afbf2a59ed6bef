"""A template read: a frozen tree of text, slots and choices, and its way back to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import PromptError, short

_NEEDS_ESCAPE = re.compile(r"\s*+(?:[^\W\d]\w*+\s*+(?==)|[\d.]++(?=::)|[\d-]*+(?=\$\$))")  # ends where the \ has to go
_SPECIAL = re.compile(r"[{}|\\]|_(?=_|\Z)|#(?=\s|\Z)|\$(?=\Z)")


@dataclass(frozen=True)
class Text:
    """Plain text, escapes resolved; never empty."""

    text: str


@dataclass(frozen=True)
class Slot:
    """`{name}`: what the choice of that name became, or the value that a keyword gives."""

    name: str


@dataclass(frozen=True)
class Many:
    """`2-3$$ and $$`: how many options are taken, in any order, and what stands between them.

    low, high     how many, from 0; `high` None and what is over the number of options mean all of them.
    """

    low: int
    high: int | None
    separator: str = ", "

    def bounds(self, options: int) -> tuple[int, int]:
        """(low, high) for that many options."""
        return min(self.low, options), options if self.high is None else min(self.high, options)

    def __str__(self) -> str:
        return f"{self.low}-{'' if self.high is None else self.high}$${self.separator}$$"


@dataclass(frozen=True)
class Choice:
    """`{a|b}`, `{name=a|b}` or `__file__`: one of `options`, each a sequence of parts, () for an empty one.

    weights   how often each option is drawn when prompts are sampled; () where all are alike.
    many      where several options are taken together.
    wildcard  the pattern of the files that the options came from, "" where they are written in the template.
    column    what the choice is called in a table: its name, the wildcard's, or v1, v2, ... in order of appearance.
    """

    options: tuple[tuple[Part, ...], ...]
    name: str = ""
    weights: tuple[float, ...] = ()
    many: Many | None = None
    wildcard: str = ""
    column: str = field(default="", compare=False)


Part: TypeAlias = Text | Slot | Choice


@dataclass(frozen=True)
class Template:
    """A template as a tree. `str()` writes it back in canonical form: equal trees, equal text.

    source      the text as the person wrote it.
    variables   choices that `${name=!…}` made without saying them.
    """

    parts: tuple[Part, ...]
    source: str = field(default="", compare=False)
    variables: tuple[Choice, ...] = ()

    @property
    def named(self) -> dict[str, Choice]:
        """The named variants and variables, in order of appearance: a keyword may replace them."""
        said = (part for part in self._every() if isinstance(part, Choice) and part.name)
        return {choice.name: choice for choice in (*self.variables, *said)}

    @property
    def slots(self) -> tuple[str, ...]:
        """Names that only a keyword can fill, in order of appearance."""
        named = self.named
        return tuple(dict.fromkeys(p.name for p in self._every() if isinstance(p, Slot) and p.name not in named))

    def _every(self) -> Iterator[Part]:
        return _every((*self.variables, *self.parts))

    def __str__(self) -> str:
        set_ = "".join(f"${{{c.name}=!{_body(c)}}}" for c in self.variables)
        return set_ + _write(self.parts)


def escape(text: str) -> str:
    r"""The template that stands for exactly this text: `{ } | \` escaped, and `__`, `# ` where they would mean something.

    Raises PromptError when it is no text.
    """
    if not isinstance(text, str):
        raise PromptError("text", text, "text (a str)")
    return _SPECIAL.sub(r"\\\g<0>", text)


def _every(parts: Iterable[Part]) -> Iterator[Part]:
    """All parts, outer before inner, in reading order."""
    for part in parts:
        yield part
        if isinstance(part, Choice):
            for option in part.options:
                yield from _every(option)


def _body(choice: Choice) -> str:
    """What stands after the name in the braces of a choice."""
    if choice.wildcard:
        return f"{choice.many or ''}__{choice.wildcard}__"
    weights = [f"{weight:.6f}".rstrip("0").rstrip(".") + "::" for weight in choice.weights] or [""] * len(choice.options)
    options = (w + _write(option, opens=True) for w, option in zip(weights, choice.options, strict=True))
    return str(choice.many or "") + "|".join(options)


def _write(parts: tuple[Part, ...], *, opens: bool = False) -> str:
    """Canonical text of `parts`; `opens`: as an option, whose beginning could be taken for `name=` and the like."""
    out = []
    for i, part in enumerate(parts):
        match part:
            case Text(text):
                found = _NEEDS_ESCAPE.match(text) if opens and i == 0 else None
                cut = found.end() if found else 0
                out.append(escape(text[:cut]) + "\\" * bool(found) + escape(text[cut:]))
            case Slot(name):
                out.append(f"{{{name}}}")
            case Choice(wildcard=pattern, many=None, name="") if pattern:
                out.append(f"__{pattern}__")
            case Choice(name=name) as choice:
                out.append("{" + (f"{name}=" if name else "") + _body(choice) + "}")
            case _:
                raise TypeError(f"not a part of a template: {short(part)}")
    return "".join(out)
