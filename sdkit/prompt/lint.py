"""A second look at a prompt before pictures are spent on it. It warns; it stops nothing.

What contradicts what, and whose names to keep out, is data: templates/lint.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..data import folder
from ..errors import PromptError
from .midjourney import midjourney
from .weights import parse_weights, plain

HEAVY, LIGHT = 1.6, 0.4  # weights past which models draw broken shapes, or nothing
SEVERITIES = ("note", "warning")

_EDIT = re.compile(r"\[[^\[\]|:]*(?::[^\[\]|:]*)?:\s*\d*\.?\d+\s*\]|\[[^\[\]|]*\|[^\[\]]*\]")
_TAG = re.compile(r"<(?:lora|lyco|hypernet):[^<>]*>", re.IGNORECASE)
_ABSENT = re.compile(r"\b(?:no|without(?:\s+any)?|free\s+of)\s+\Z", re.IGNORECASE)  # "without any label" asks for none
_AND = re.compile(r"(?<=\s)AND(?=\s)")


@dataclass(frozen=True)
class Finding:
    """Something to look at.

    kind      "duplicate", "contradiction", "negated", "banned", "trademark", "living artist", "weight", "bracket",
              "midjourney", "syntax".
    severity  "note" or "warning".
    words     the words it is about.
    position  where they begin in the prompt, counted from 0; -1 where they stand in the negative only.
    says      a sentence: what is the matter, and what to do.
    """

    kind: str
    severity: str
    words: str
    position: int
    says: str

    def __str__(self) -> str:
        return self.says


def lint(prompt: str, negative: str = "", *, banned: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What in a prompt may not do what is meant, in order of position.

    banned    words of your own that must not occur, such as a competitor's name.

    Raises PromptError when prompt, negative or a banned word is no text.
    """
    for name, text in (("prompt", prompt), ("negative", negative)):
        if not isinstance(text, str):
            raise PromptError(name, text, "text (a str)")
    words = [banned] if isinstance(banned, str) else list(banned)
    for word in words:
        if not isinstance(word, str) or not word.strip():
            raise PromptError("banned", word, "words (a str each)")
    found = [*_names(prompt, words), *_terms(prompt, negative), *_contradictions(prompt), *_weights(prompt, negative)]
    found += _foreign(prompt)
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: (finding.position, finding.kind)))


def _names(prompt: str, banned: list[str]) -> Iterable[Finding]:
    rules = _rules()
    for kind, names, says in (
        ("banned", banned, "“{}” is on your list of banned words."),
        ("trademark", rules["trademarks"], "“{}” is a trademark: it can make the picture unusable in an ad. Describe the thing instead."),
        ("living artist", rules["artists"], "“{}” is a living artist. Describe the style in words of your own: medium, palette, era."),
    ):  # fmt: skip
        for name in names:
            if (at := _find(prompt, name)) >= 0:
                yield Finding(kind, "warning", name, at, says.format(name))


def _terms(prompt: str, negative: str) -> Iterable[Finding]:
    """Terms, as commas divide them, said twice or both wanted and unwanted."""
    unwanted = {_key(term) for term, _ in _split(plain(negative))}
    seen: dict[str, int] = {}
    for term, _ in _split(plain(prompt)):
        key = _key(term)
        places = [match.start() for match in re.finditer(re.escape(term), prompt, re.IGNORECASE)] or [0]
        at = places[0]
        if key in seen:
            at = places[-1]
            yield Finding("duplicate", "note", term, at, f"“{term}” is said twice; to stress it write ({term}:1.2).")
        seen.setdefault(key, at)
        if key in unwanted:
            yield Finding(
                "negated", "warning", term, at, f"“{term}” is in the prompt and in the negative; one undoes the other."
            )
    for key in unwanted - set(seen):
        if len(key) > 2 and (at := _find(prompt, key)) >= 0 and not _ABSENT.search(prompt[:at]):
            yield Finding("negated", "warning", key, at, f"The prompt asks for “{key}”, and the negative keeps it out.")


def _contradictions(prompt: str) -> Iterable[Finding]:
    for one, other in _rules()["contradictions"]:
        here = [(at, word) for word in one if (at := _find(prompt, word)) >= 0]
        there = [(at, word) for word in other if (at := _find(prompt, word)) >= 0]
        if here and there:
            (at, word), (_, against) = sorted([min(here), min(there)])
            says = f"“{word}” and “{against}” pull in two directions; a model then draws half of each."
            yield Finding("contradiction", "warning", f"{word}, {against}", at, says)


def _weights(prompt: str, negative: str) -> Iterable[Finding]:
    for text, where in ((prompt, ""), (negative, " in the negative")):
        for span in parse_weights(text):
            words = span.text.strip(" ,")
            if words and not LIGHT <= span.weight <= HEAVY:
                at = -1 if where else max(0, text.find(words))
                says = f"“{words}”{where} weighs {span.weight:g}; past {LIGHT:g} to {HEAVY:g} pictures break. Try 0.8 to 1.3."
                yield Finding("weight", "warning", words, at, says)
        for open_, close in ("()", "[]"):
            depth, at = 0, -1
            for token in re.finditer(r"\\.|[()\[\]]", text, re.DOTALL):
                if token.group() == open_:
                    depth, at = depth + 1, token.start()
                elif token.group() == close:
                    depth -= 1
                    if depth < 0:
                        at = token.start()
                        break
            if depth:
                says = f"A “{open_ if depth > 0 else close}”{where} has no partner; for a plain bracket write a \\ before it."
                yield Finding("bracket", "warning", open_ if depth > 0 else close, -1 if where else at, says)


def _foreign(prompt: str) -> Iterable[Finding]:
    for note in midjourney(prompt).notes:
        words = note.split(": ", 1)[0]
        yield Finding("midjourney", "note", words, max(0, prompt.find(words.split(" ")[0])), note)
    for pattern, says in (
        (_EDIT, "“{}” changes words while drawing in AUTOMATIC1111; here it is read as plain words of less weight."),
        (_TAG, "“{}” loads a LoRA in AUTOMATIC1111; here it is read as words. Leave it out."),
        (_AND, "“{}” draws two prompts together in AUTOMATIC1111; here it is a word. Use BREAK, or a comma."),
    ):
        for match in pattern.finditer(prompt):
            yield Finding("syntax", "warning", match.group(), match.start(), says.format(match.group()))


def _split(text: str) -> list[tuple[str, int]]:
    return [(match.group().strip(), match.start()) for match in re.finditer(r"[^,;\n]+", text) if match.group().strip()]


def _key(term: str) -> str:
    return " ".join(term.casefold().split())


def _find(text: str, words: str) -> int:
    """Where `words` stand in `text` as whole words, in capitals or not; -1 where they don't."""
    if words.split()[0].casefold() not in text.casefold():  # most are not there, and a pattern costs a hundred times this
        return -1
    pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, words.split())) + r"(?!\w)"
    match = re.search(pattern, text, re.IGNORECASE)
    return match.start() if match else -1


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    data = tomllib.loads((folder("templates") / "lint.toml").read_text(encoding="utf-8"))
    return {
        "contradictions": [tuple(pair) for pair in data["contradictions"]["pairs"]],
        "trademarks": data["trademarks"]["names"], "artists": data["artists"]["names"],
    }  # fmt: skip
