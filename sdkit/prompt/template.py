r"""The template language: text with variants, names and slots, read into a frozen tree.

    a {red|blue} shoe           variants: one prompt for each
    a {colour=red|blue} shoe    named variants: the name is the column, and a keyword of that name replaces them
    a {colour} {product}        a name: defined elsewhere in the template (then the same choice), or a slot filled by keyword
    a {tall {red|blue} box|hat} options may hold variants themselves, up to 8 deep
    a {big |}shoe               an option may be empty
    \{ \} \| \\                 those characters as such; also \= \: \$ where an option would begin like `name=`, `2::`, `2$$`

Everything else is plain text: parentheses pass untouched, so `(word:1.2)` and `\(` reach the model as they are written.
`{2::a|b}` (weights) and `{2$$a|b}` (several of) are kept free for their meaning elsewhere, and refused until they have it here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import PromptError, short

MAX_LENGTH = 10_000  # characters; a model reads some hundreds, variants multiply that
MAX_DEPTH = 8  # braces inside braces

_TOKEN = re.compile(r"\\[{}|\\=:$]|[{}|]")
_NAME = re.compile(r"\{\s*+([^\W\d]\w*+)\s*+([=}])")  # possessive, so that no text makes it go back
_RESERVED = re.compile(r"\s*+(?:[\d.]++::|[\d-]*+\$\$)")
_NEEDS_ESCAPE = re.compile(r"\s*+(?:[^\W\d]\w*+\s*+(?==)|[\d.]++(?=::)|[\d-]*+(?=\$\$))")  # ends where the \ has to go
_AUTOMATIC = re.compile(r"v[0-9]+")


@dataclass(frozen=True)
class Text:
    """Plain text, escapes resolved; never empty."""

    text: str


@dataclass(frozen=True)
class Slot:
    """`{name}`: what the choice of that name became, or the value that a keyword gives."""

    name: str


@dataclass(frozen=True)
class Choice:
    """`{a|b}` or `{name=a|b}`: one of `options`, each a sequence of parts, () for an empty one.

    `column` is what the choice is called in a table: its name, or v1, v2, ... in order of appearance.
    """

    options: tuple[tuple[Part, ...], ...]
    name: str = ""
    column: str = field(default="", compare=False)


Part: TypeAlias = Text | Slot | Choice


@dataclass(frozen=True)
class Template:
    """A template as a tree. `str()` writes it back in canonical form: equal trees, equal text.

    source      the text as the person wrote it.
    """

    parts: tuple[Part, ...]
    source: str = field(default="", compare=False)

    @property
    def named(self) -> dict[str, Choice]:
        """The named variants, in order of appearance: a keyword may replace them."""
        return {part.name: part for part in _every(self.parts) if isinstance(part, Choice) and part.name}

    @property
    def slots(self) -> tuple[str, ...]:
        """Names that only a keyword can fill, in order of appearance."""
        named = self.named
        return tuple(dict.fromkeys(p.name for p in _every(self.parts) if isinstance(p, Slot) and p.name not in named))

    def __str__(self) -> str:
        return _write(self.parts)


def parse(source: str) -> Template:
    """Read a template. Time grows with its length and nothing else.

    Raises PromptError, with the position and an excerpt, for text that is too long (over 10,000 characters), for braces
    that do not pair, are empty, are nested over 8 deep or hold one option without a name, and for a name given twice
    with different options.
    """
    if not isinstance(source, str):
        raise PromptError("prompt", source, "text (a str)")
    if len(source) > MAX_LENGTH:
        raise PromptError("prompt", f"{len(source):,} characters", f"a template of at most {MAX_LENGTH:,} characters")
    return _Reader(source).template()


def escape(text: str) -> str:
    r"""The template that stands for exactly this text: `{ } | \` escaped. Raises PromptError when it is no text."""
    if not isinstance(text, str):
        raise PromptError("text", text, "text (a str)")
    return re.sub(r"([{}|\\])", r"\\\1", text)


@dataclass
class _Open:
    """A brace not yet closed (or the template itself): what it holds so far."""

    start: int
    name: str = ""
    column: str = ""
    body: int = 0  # where its options begin
    options: list[tuple[Part, ...]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def add(self, part: Part) -> None:
        self.flush()
        self.parts.append(part)

    def flush(self) -> None:
        if text := "".join(self.text):
            self.parts.append(Text(text))
        self.text.clear()

    def end_option(self) -> None:
        self.flush()
        self.options.append(tuple(self.parts))
        self.parts.clear()


class _Reader:
    """One pass from left to right, with the open braces on a stack."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.stack = [_Open(0)]
        self.named: dict[str, str] = {}  # name -> its options as they are written
        self.unnamed = 0  # how many v1, v2, ... are given out

    def template(self) -> Template:
        at = 0
        while token := _TOKEN.search(self.source, at):
            top = self.stack[-1]
            top.text.append(self.source[at : token.start()])
            at = token.end()
            match token.group():
                case "{":
                    at = self.open(token.start())
                case "}":
                    self.close(token.start())
                case "|" if len(self.stack) > 1:
                    top.end_option()
                    self.check_reserved(at)
                case other:
                    top.text.append(other[-1])  # an escaped character, or a | outside braces
        top = self.stack[-1]
        if len(self.stack) > 1:
            raise self.error(top.start, "a } for every {", r"This brace is never closed; write \{ for a plain brace.")
        top.text.append(self.source[at:])
        top.flush()
        return Template(tuple(top.parts), self.source)

    def open(self, start: int) -> int:
        """Take in what `{` at `start` begins; where to read on."""
        head = _NAME.match(self.source, start)
        # Python folds keyword names the same way, so that the two meet.
        name = unicodedata.normalize("NFKC", head[1]) if head else ""
        if not name.isidentifier():
            head, name = None, ""
        if _AUTOMATIC.fullmatch(name):
            raise self.error(start, "any name but v1, v2, …", "Those are what variants without a name are called.")
        if head and head[2] == "}":
            self.stack[-1].add(Slot(name))
            return head.end()
        if len(self.stack) > MAX_DEPTH:
            raise self.error(start, f"braces nested up to {MAX_DEPTH} deep", "Split the template in two.")
        at = head.end() if head else start + 1
        if not name:
            self.unnamed += 1
        self.stack.append(_Open(start, name, name or f"v{self.unnamed}", at))
        self.check_reserved(at)
        return at

    def close(self, end: int) -> None:
        if len(self.stack) == 1:
            raise self.error(end, "a { for every }", r"This brace closes nothing; write \} for a plain brace.")
        done = self.stack.pop()
        done.end_option()
        if len(done.options) == 1 and (not done.name or not done.options[0]):
            what = "one option only" if self.source[done.start + 1 : end].strip() else "nothing"
            hint = rf"These braces hold {what}; write \{{ \}} for plain braces."
            raise self.error(done.start, "{a|b}, {name=a|b} or {name}", hint)
        body = self.source[done.body : end]
        if done.name not in self.named:
            self.stack[-1].add(Choice(tuple(done.options), done.name, done.column))
            if done.name:
                self.named[done.name] = body
        elif self.named[done.name] == body:
            self.stack[-1].add(Slot(done.name))  # said again word for word: the same choice
        else:
            hint = f"After the first time, {{{done.name}}} alone repeats the choice."
            raise self.error(done.start, f"one set of options for {done.name!r}", hint)

    def check_reserved(self, at: int) -> None:
        if found := _RESERVED.match(self.source, at):
            hint = rf"Weights and “several of” are not read yet; write \{found[0][-2]} for plain text."
            raise self.error(at, "options that do not begin like 2:: or 2$$", hint)

    def error(self, at: int, allowed: str, hint: str) -> PromptError:
        return PromptError("prompt", self.source, allowed, f"{hint} At character {at + 1}:\n{excerpt(self.source, at)}")


def excerpt(text: str, at: int, around: int = 30) -> str:
    """Some of `text` around index `at`, on one line, and a caret under it."""
    low, high = max(0, at - around), at + around
    left, right = "…" * (low > 0), "…" * (high < len(text))
    line = "".join(c if c.isprintable() else " " for c in text[low:high])
    return f"    {left}{line}{right}\n    {' ' * (len(left) + at - low)}^"


def _every(parts: tuple[Part, ...]) -> Iterator[Part]:
    """All parts, outer before inner, in reading order."""
    for part in parts:
        yield part
        if isinstance(part, Choice):
            for option in part.options:
                yield from _every(option)


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
            case Choice(options, name):
                head = f"{name}=" if name else ""
                out.append("{" + head + "|".join(_write(option, opens=True) for option in options) + "}")
            case _:
                raise TypeError(f"not a part of a template: {short(part)}")
    return "".join(out)
