r"""The template language: text with variants, names and slots, read into a frozen tree.

    a {red|blue} shoe           variants: one prompt for each
    a {3::red|blue} shoe        weights: red is drawn three times as often when prompts are sampled; all count the same otherwise
    {2$$mint|navy|pink}         two of them, in either order, with ", " between; {2$$ and $$mint|navy|pink} has " and " between
    {1-2$$…} {-2$$…} {1-$$…}    one or two; up to two; one up to all
    a {colour=red|blue} shoe    named variants: the name is the column, and a keyword of that name replaces them
    a {colour} {product}        a name: defined elsewhere in the template (then the same choice), or a slot filled by keyword
    __colours__ __colours*__    a line of wildcards/colours.txt, of every file that fits; lines are templates themselves
    {2$$__colours__}            two different lines
    a {tall {red|blue} box|hat} options may hold variants themselves, up to 8 deep
    a {big |}shoe               an option may be empty
    # remark                    up to the end of the line, where a space or nothing is before the # and after it; #1 is text
    \{ \} \| \\ \# \_ \$        those characters as such; also \= \: where an option would begin like `name=`, `2::`

Variables of the dynamic-prompts community:

    ${x=!{red|blue}} ${x} ${x}  chosen once, without being said there; as {x=red|blue} is, which says it too
    ${x={red|blue}} ${x} ${x}   chosen anew wherever it is used, so each use has its own columns (v1, v2, …)
    ${x:red}                    "red" unless the variable, or a keyword x=, says otherwise

Refused, with the way to write it here: wildcards with parameters, `__file(x=y)__`. A single option without a name is a slot,
so `{red}` needs the keyword red. Everything else is plain text: `(word:1.2)` and `\(` reach the model as they are written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace

from ..errors import PromptError
from .tree import Choice, Many, Part, Slot, Template, Text, escape
from .wildcards import Folders, Wildcards

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Choice", "Many", "Part", "Slot", "Template", "Text", "escape", "excerpt", "parse"]

MAX_LENGTH = 10_000  # characters; a model reads some hundreds, variants multiply that
MAX_DEPTH = 8  # braces inside braces
MAX_PARTS = 100_000  # of a template with its wildcards and variables filled in
MAX_WEIGHT = 1_000_000.0

_TOKEN = re.compile(
    r"\\[{}|\\=:$#_]|\$?\{|[}|]|__(?P<wild>(?!_)[\w\-*/]++)(?P<given>\([^()\n]*\)__)?|(?:(?<=\s)|\A|(?<=[|{}]))\#(?=\s|\Z)[^\n]*"
)
_NAME = re.compile(r"\{\s*+([^\W\d]\w*+)\s*+([=}])")  # possessive, so that no text makes it go back
_VARIABLE = re.compile(r"\$\{\s*+([^\W\d]\w*+)\s*+([=}:])")
_MANY = re.compile(r"\s*+([0-9]*+)(-?)([0-9]*+)\$\$(?:([^{}|\\$]*+)\$\$)?")
_WEIGHT = re.compile(r"\s*+([\d.]++)::")
_AUTOMATIC = re.compile(r"v[0-9]+")


def parse(source: str, *, templates: Folders = None) -> Template:
    """Read a template. Time grows with its length, and that of the wildcard files it names.

    templates   a folder of your own beside the shipped one: its wildcards/ adds files, or replaces those of the same name.

    Raises PromptError, with the position and an excerpt, for text that is too long (over 10,000 characters), for braces
    that do not pair, are empty, are nested over 8 deep or hold one option without a name, for a name given twice with
    different options, for a wildcard without a file, and for one that holds itself.
    """
    if not isinstance(source, str):
        raise PromptError("prompt", source, "text (a str)")
    if len(source) > MAX_LENGTH:
        raise PromptError("prompt", f"{len(source):,} characters", f"a template of at most {MAX_LENGTH:,} characters")
    return _Reader(source, Wildcards(templates)).template()


@dataclass
class _Open:
    """A brace not yet closed (or the template itself): what it holds so far."""

    start: int
    name: str = ""
    column: str = ""
    body: int = 0  # where its options begin
    kind: str = "{"  # or "=" for `${x=`, "!" for `${x=!`, ":" for `${x:`
    many: Many | None = None
    counted: int = 0  # v1, v2, … given out before it
    before: dict[str, str] = field(default_factory=dict)  # of a `${x=`: the names known before it
    options: list[tuple[Part, ...]] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def flush(self) -> None:
        if text := "".join(self.text):
            self.parts.append(Text(text))
        self.text.clear()

    def end_option(self) -> None:
        self.flush()
        self.options.append(tuple(_trimmed(self.parts)))
        self.parts.clear()

    def choice(self) -> Choice:
        weights = tuple(self.weights) if len(set(self.weights)) > 1 else ()
        return Choice(tuple(self.options), self.name, weights, self.many, column=self.column)


class _Reader:
    """One pass from left to right, with the open braces on a stack; wildcards and variables are read where they are used."""

    def __init__(self, source: str, wildcards: Wildcards) -> None:
        self.source = self.shown = source
        self.wildcards = wildcards
        self.stack: list[_Open] = []
        self.named: dict[str, str] = {}  # name -> its options as they are written
        self.variables: dict[str, Choice] = {}
        self.macros: dict[str, str] = {}  # variables that are chosen anew at each use -> their text
        self.inside: tuple[str, ...] = ()  # the wildcards and macros being read
        self.unnamed = 0  # how many v1, v2, ... are given out
        names = (*_NAME.findall(source), *_VARIABLE.findall(source))
        self.taken = {name for name, _ in names}  # columns that wildcards must leave free
        self.made = 0

    def template(self) -> Template:
        parts = list(self.read(self.source))
        if self.macros or self.variables or any(t.group()[0] == "#" for t in _TOKEN.finditer(self.source)):
            parts = _trimmed(parts, always=True)
        return Template(tuple(parts), self.source, tuple(self.variables.values()))

    def read(self, source: str) -> tuple[Part, ...]:
        """The parts of `source`, which is the template itself, a line of a wildcard file, or what a variable stands for."""
        before = self.source, self.stack
        self.source, self.stack = source, [_Open(0)]
        at = 0
        while token := _TOKEN.search(source, at):
            top = self.stack[-1]
            top.text.append(source[at : token.start()])
            at = token.end()
            said = token.group()
            if said == "{":
                at = self.open(token.start())
            elif said == "${":
                at = self.variable(token.start())
            elif said == "}":
                self.close(token.start())
            elif said == "|" and len(self.stack) > 1:
                top.end_option()
                at = self.weight(at)
            elif token["wild"]:
                at = self.wildcard(token)
            elif said[0] != "#":
                top.text.append(said[-1])  # an escaped character, or a | outside braces
        top = self.stack[-1]
        if len(self.stack) > 1:
            raise self.error(top.start, "a } for every {", r"This brace is never closed; write \{ for a plain brace.")
        top.text.append(source[at:])
        top.flush()
        self.source, self.stack = before
        return tuple(top.parts)

    def add(self, *parts: Part) -> None:
        """Put `parts` where the reading is."""
        self.made += len(parts)
        if self.made > MAX_PARTS:
            hint = "Use smaller wildcards, or variables less often inside others."
            raise self.error(0, f"at most {MAX_PARTS:,} parts with wildcards and variables filled in", hint)
        top = self.stack[-1]
        for part in parts:
            if isinstance(part, Text):
                top.text.append(part.text)  # one with what is written around it
            else:
                top.flush()
                top.parts.append(part)

    def open(self, start: int) -> int:
        """Take in what `{` at `start` begins; where to read on."""
        head = _NAME.match(self.source, start)
        name = self.name(start, head[1]) if head else ""
        if name and head and head[2] == "}":
            self.add(Slot(name))
            return head.end()
        if not name:
            self.unnamed += 1
        at = head.end() if name and head else start + 1
        return self.push(_Open(start, name, name or f"v{self.unnamed}", at, counted=self.unnamed - (not name)))

    def push(self, brace: _Open) -> int:
        if len(self.stack) + len(self.inside) > MAX_DEPTH:
            raise self.error(brace.start, f"braces nested up to {MAX_DEPTH} deep", "Split the template in two.")
        self.stack.append(brace)
        at = brace.body
        if found := _MANY.match(self.source, at):
            low, dash, high, separator = found.groups()
            if (not low and not high) or max(len(low), len(high)) > 6:
                raise self.error(at, r"how many before $$, as in {2$$a|b} or {1-2$$a|b}", r"Write \$\$ for plain text.")
            least = int(low) if low else 1
            most = int(high) if high else None if dash else least
            if most is not None and most < least:
                raise self.error(at, "a range from low to high", "As in {1-2$$a|b}.")
            brace.many = Many(least, most, ", " if separator is None else separator)
            at = found.end()
        return self.weight(at)

    def variable(self, start: int) -> int:
        """Take in what `${` at `start` begins; where to read on."""
        head = _VARIABLE.match(self.source, start)
        name = self.name(start + 1, head[1]) if head else ""
        if not head or not name:
            raise self.error(start, "${name}, ${name:default}, ${name={a|b}} or ${name=!{a|b}}", r"Write \$\{ for plain text.")
        if head[2] == "}":
            self.use(start, name)
            return head.end()
        kind = head[2]
        at = head.end()
        if kind == "=" and self.source.startswith("!", at):
            kind, at = "!", at + 1
        return self.push(_Open(start, name, name, at, kind, counted=self.unnamed, before=dict(self.named)))

    def use(self, start: int, name: str) -> None:
        """`${name}`: a variable's text read anew, or the choice of that name."""
        if name in self.macros:
            self.add(*self.nested(start, f"${name}", self.macros[name]))
        else:
            self.add(Slot(name))

    def nested(self, start: int, what: str, text: str) -> tuple[Part, ...]:
        """The parts of `text`, which stands where `what` is written."""
        if what in self.inside:
            raise self.error(start, "names that are not inside themselves", f"{what.lstrip('$')!r} is one of its own options.")
        if len(self.stack) + len(self.inside) > MAX_DEPTH:
            raise self.error(start, f"nesting up to {MAX_DEPTH} deep", "With everything written out, it is deeper here.")
        before, self.inside = self.inside, (*self.inside, what)
        parts = self.read(text)
        self.inside = before
        return parts

    def wildcard(self, token: re.Match[str]) -> int:
        """`__pattern__`: a choice of the lines of its files; what is no wildcard after all is text. Where to read on."""
        start, pattern = token.start(), token["wild"]
        cut = pattern.find("__")
        if cut < 0 and token["given"]:
            hint = "Parameters of wildcards are not read here; name the choice, as in {season=summer|winter}, and use {season}."
            raise self.error(start, "__name__", hint)
        if cut < 1:
            self.stack[-1].text.append("__" + pattern)
            return token.end("wild")
        pattern = pattern[:cut]
        options, weights = [], []
        column = self.free(pattern.replace("*", "").strip("-_/").rpartition("/")[2] or "wildcard")
        for line in self.wildcards.lines(pattern, lambda allowed, hint: self.error(start, allowed, hint)):
            weight = _WEIGHT.match(line)
            weights.append(self.number(start, weight[1]) if weight else 1.0)
            option = self.nested(start, pattern, line[weight.end() :] if weight else line)
            self.made += 1 + len(option)
            options.append(option)
        shares = tuple(weights) if len(set(weights)) > 1 else ()
        self.add(Choice(tuple(options), "", shares, wildcard=pattern, column=column))
        return start + 2 + cut + 2

    def free(self, column: str) -> str:
        """A name for a wildcard's column that nothing else has: `season`, then `season_2`, …"""
        number, name = 1, column
        while name in self.taken or _AUTOMATIC.fullmatch(name):
            number += 1
            name = f"{column}_{number}"
        self.taken.add(name)
        return name

    def weight(self, at: int) -> int:
        """Take in the weight of the option that begins at `at`; where to read on."""
        brace = self.stack[-1]
        found = _WEIGHT.match(self.source, at)
        brace.weights.append(self.number(at, found[1]) if found else 1.0)
        if brace.options and (late := _MANY.match(self.source, at)):
            hint = rf"How many are taken stands once, before the first option; write \$ for plain text, not {late[0].strip()}."
            raise self.error(at, "options that do not begin like 2$$", hint)
        return found.end() if found else at

    def number(self, at: int, text: str) -> float:
        try:
            value = round(float(text), 6)
        except ValueError:
            value = -1.0
        if not 0 <= value <= MAX_WEIGHT:
            raise self.error(at, f"weights from 0 to {MAX_WEIGHT:,.0f}, as in {{3::a|b}}", r"Write 2\:: for plain text.")
        return value

    def close(self, end: int) -> None:
        if len(self.stack) == 1:
            raise self.error(end, "a { for every }", r"This brace closes nothing; write \} for a plain brace.")
        self.stack[-1].end_option()
        done = self.stack.pop()
        if not any(done.weights):
            raise self.error(done.start, "at least one weight over 0", "An option of weight 0 is never drawn.")
        only = done.options[0] if len(done.options) == 1 else None
        if only is not None and len(only) == 1 and isinstance(wild := only[0], Choice) and wild.wildcard and not wild.many:
            self.taken.discard(wild.column)  # `{x=__file__}` and `{2$$__file__}` are choices of its lines
            column = done.name or self.free(wild.column)
            if not done.name:
                self.unnamed = done.counted
            choice = replace(wild, name=done.name, many=done.many, column=column)
        elif only is not None and not done.many and (not done.name or not (only or done.kind != "{")):
            what = "one option only" if self.source[done.start + 1 : end].strip() else "nothing"
            hint = rf"These braces hold {what}; write \{{ \}} for plain braces."
            raise self.error(done.start, "{a|b}, {name=a|b} or {name}", hint)
        else:
            choice = done.choice()
        self.made += len(choice.options)
        body = self.source[done.body : end]
        if done.kind == "=" and (len(done.options) > 1 or done.many):
            body = f"{{{body}}}"
        match done.kind:
            case "=":
                # Read to find its mistakes; what counts is each reading where it is used.
                self.macros[done.name], self.unnamed, self.named = body, done.counted, done.before
            case "!":
                inner = only[0] if only is not None and len(only) == 1 else None
                if isinstance(inner, Choice) and not inner.name and not done.many:  # `${x=!{a|b}}` is a choice of a and b
                    choice = replace(inner, name=done.name, column=done.name)
                    self.unnamed = done.counted
                self.define(done, body)
                self.variables[done.name] = choice
            case ":" if done.name in self.macros or done.name in self.named:
                self.unnamed = done.counted
                self.use(done.start, done.name)
            case _ if self.define(done, body):
                self.add(choice)
            case _:
                self.add(Slot(done.name))  # said again word for word: the same choice

    def define(self, done: _Open, body: str) -> bool:
        """Whether the options of `done` are the first of their name; other ones for a name are an error."""
        if not done.name:
            return True
        first = done.name not in self.named
        if self.named.setdefault(done.name, body) != body or (done.kind == "!" and not first):
            hint = f"After the first time, {{{done.name}}} alone repeats the choice."
            raise self.error(done.start, f"one set of options for {done.name!r}", hint)
        return first

    def name(self, start: int, text: str) -> str:
        """The name as a keyword would be spelt, "" where it can be none. Python folds keyword names the same way."""
        name = unicodedata.normalize("NFKC", text)
        if not name.isidentifier() or name.startswith("__"):  # `{__season__}` holds a wildcard
            return ""
        if _AUTOMATIC.fullmatch(name):
            raise self.error(start, "any name but v1, v2, …", "Those are what variants without a name are called.")
        return name

    def error(self, at: int, allowed: str, hint: str) -> PromptError:
        where = f" In {' in '.join(repr(name.lstrip('$')) for name in reversed(self.inside))}." if self.inside else ""
        return PromptError("prompt", self.shown, allowed, f"{hint}{where} At character {at + 1}:\n{excerpt(self.source, at)}")


def _trimmed(parts: list[Part], *, always: bool = False) -> list[Part]:
    """`parts` without the line breaks around them, so that options may stand on lines of their own."""
    parts = list(parts)
    for at, strip in ((0, str.lstrip), (-1, str.rstrip)):
        if parts and isinstance(end := parts[at], Text):
            short = strip(end.text)
            edge = end.text[: len(end.text) - len(short)] if at == 0 else end.text[len(short) :]
            if "\n" in edge or (always and edge):
                parts[at : at + 1 or None] = [Text(short)] if short else []
    return parts


def excerpt(text: str, at: int, around: int = 30) -> str:
    """Some of `text` around index `at`, on one line, and a caret under it."""
    low, high = max(0, at - around), at + around
    left, right = "…" * (low > 0), "…" * (high < len(text))
    line = "".join(c if c.isprintable() else " " for c in text[low:high])
    return f"    {left}{line}{right}\n    {' ' * (len(left) + at - low)}^"
