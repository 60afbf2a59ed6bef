r"""Negative prompts by name: "@clean, extra words" becomes the words behind @clean, and the extra ones.

The names live in `templates/negatives.toml`, which people edit:

    [clean]
    words = "blurry, low contrast"
    about = "What it is for, in a sentence."
    models = ["sd1", "sdxl"]         the families that it suits, and
    why = {blurry = "…"}             a reason for each term: for people, and not read here
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from ..data import folder
from ..errors import PromptError, near

Table: TypeAlias = Mapping[str, str | Mapping[str, str]] | str | os.PathLike[str] | None

_NAME = re.compile(r"[^\W\d][\w-]*")
_TOKEN = re.compile(r"\\.|@[^\W\d][\w-]*|[@,()\[\]]", re.DOTALL)


def negative(words: str, *, table: Table = None) -> str:
    r"""The negative prompt that `words` stands for.

    Each `@name` gives way to its words, which are taken as they are; `\@` is a plain @. Terms end at commas outside of
    brackets, so that `(blurry, dark:1.2)` is one; a term said again, in capitals or not, is dropped, the first one stays.

    table       more names, beside the shipped ones or in their place: {name: words}, {name: {"words": …}}, or a TOML file.

    Raises PromptError for an unknown name, with the near ones, for an @ without a name, and for a table of another form.
    """
    if not isinstance(words, str):
        raise PromptError("negative", words, "text (a str)")
    said: dict[str, str] = {}
    for term in _terms(words, _presets(table)):
        said.setdefault(" ".join(term.casefold().split()), term)
    return ", ".join(said.values())


def merged(parts: Iterable[str]) -> str:
    """Several negatives as one, their words taken as they are; a term said again is dropped, the first one stays."""
    given = [part for part in parts if part]
    if len(given) < 2:
        return "".join(given)
    said: dict[str, str] = {}
    for term in (term for part in given for term in _terms(part, None)):
        said.setdefault(" ".join(term.casefold().split()), term)
    return ", ".join(said.values())


def names(*, table: Table = None) -> tuple[str, ...]:
    """The names that `negative` knows, without the @, the shipped ones first. `table` and errors are as there."""
    return tuple(_presets(table))


def _terms(words: str, presets: Mapping[str, str] | None) -> list[str]:
    """The terms of `words`, in order, names resolved; without presets an @ is a plain character.

    A name inside brackets stays inside: `(@clean:1.2)` is one term.
    """
    terms: list[str] = []
    term, depth, at = "", 0, 0
    for token in _TOKEN.finditer(words):
        term, at = term + words[at : token.start()], token.end()
        match token.group():
            case "," if not depth:
                terms.append(term)
                term = ""
            case said if said[0] == "@" and presets is not None:
                found = _lookup(said[1:], presets)
                if depth:
                    term += found
                else:
                    terms += [term, *_terms(found, None)]
                    term = ""
            case said:
                depth = max(0, depth + (said in "([") - (said in ")]"))
                term += "@" if said == r"\@" and presets is not None else said
    return [t for t in (t.strip() for t in [*terms, term + words[at:]]) if t]


def _lookup(name: str, presets: Mapping[str, str]) -> str:
    if name not in presets:
        hint = rf"{near(name, presets)} For a plain @ write \@."
        raise PromptError("negative", f"@{name}", "@ and a name that is known", hint)
    return presets[name]


def _presets(table: Table) -> dict[str, str]:
    """name -> words: the shipped ones, with those of `table` added or in their place."""
    if table is None:
        return dict(_shipped())
    if isinstance(table, Mapping):
        return {**_shipped(), **_checked(table)}
    if isinstance(table, str | os.PathLike):
        return {**_shipped(), **_checked(_load(Path(table)))}
    raise PromptError("table", table, "{name: words}, or the path of a TOML file")


@lru_cache(maxsize=1)
def _shipped() -> dict[str, str]:
    return _checked(_load(folder("templates") / "negatives.toml"))


def _load(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # ValueError: no TOML, no UTF-8, or a path with a null in it
        raise PromptError("table", str(path), "a readable TOML file", f"({error})") from error


def _checked(table: Mapping[Any, Any]) -> dict[str, str]:
    words: dict[Any, Any] = {name: row.get("words") if isinstance(row, Mapping) else row for name, row in table.items()}
    for name, text in words.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise PromptError("table", name, "names of letters, digits, _ and -, beginning with a letter")
        if not isinstance(text, str) or not text.strip():
            raise PromptError("table", {name: table[name]}, 'words (a str, not empty), as in {"clean": "blurry, dark"}')
    return words
