"""What a brand allows, as rules.toml says it."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import near, short
from .problems import Report, toml_lines

LINES = {"headline": 3, "subline": 3, "button": 1, "price": 1, "quote": 5, "date": 2}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "": {"name": None, "about": ""},
    "logo": {"light": None, "dark": None, "clear_space": 0.5, "min_height": 20.0, "backgrounds": ()},
    "words": {"banned": (), "tone": (), "negatives": (), "colours": ()},
    "palette": {"colours": ()},
    "alt": {"style": "", "max_length": 125, "avoid": ()},
    "text": {"contrast": 4.5, "large_contrast": 3.0, "min_size": 11.0, "lines": {}},
}  # fmt: skip
_RANGES = {
    "clear_space": (0.0, 4.0, "times the logo's height"), "min_height": (1.0, 1000.0, "pixels"), "contrast": (1.0, 21.0, "a ratio"),
    "large_contrast": (1.0, 21.0, "a ratio"), "min_size": (1.0, 200.0, "pixels"), "max_length": (20, 2000, "characters"),
}  # fmt: skip
_WORDS = 200  # in a list; and letters in each


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is allowed.

    clear_space   left free on every side of the logo, in times its height; min_height, of the logo, in CSS pixels as seen.
    backgrounds   token paths of the colours that the logo may stand on; none means any.
    banned        words that neither prompts nor copy may hold; tone, words that join every prompt; negatives, what every
                  negative prompt keeps out; colours, token paths of those that join a prompt which names no colour.
    palette       token paths of the colours that count as the brand's; none means all that are no aliases.
    alt_style     how alt texts are written, a sentence; alt_length, characters at most; alt_avoid, words they do without.
    contrast, large_contrast     of text on what is behind it; large is 24 CSS pixels, or 18.66 in bold (WCAG 2.1, 1.4.3).
    min_size      of text, in CSS pixels as seen.
    lines         kind of text -> lines at most.
    """

    clear_space: float = 0.5
    min_height: float = 20.0
    backgrounds: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    tone: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    alt_style: str = ""
    alt_length: int = 125
    alt_avoid: tuple[str, ...] = ()
    contrast: float = 4.5
    large_contrast: float = 3.0
    min_size: float = 11.0
    lines: Mapping[str, int] = field(default_factory=lambda: dict(LINES))


def read(text: str, report: Report) -> tuple[Rules, dict[str, Any]]:
    """(the rules, {"name", "about", "light", "dark"}) of a rules.toml; what is wrong goes to the report, and has its default."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        report.add(int(at.group(1)) if at else len(text.splitlines()), f"is no TOML here: {error}.")
        return Rules(), {}
    except (RecursionError, ValueError) as error:
        report.add(0, f"can't be read as TOML ({type(error).__name__}).")
        return Rules(), {}
    report.lines = toml_lines(text)
    found: dict[str, dict[str, Any]] = {}
    missing = []
    for section, defaults in _DEFAULTS.items():
        given = tree if not section else tree.get(section, {})
        if not isinstance(given, dict):
            report.add((section,), f"{section} is {short(given)}; write it as a table: [{section}].")
            given = {}
        if section:
            for key in given.keys() - defaults.keys():
                report.add((section, key), f"[{section}] has no {short(key)}. {near(key, defaults)}")
        missing += [(section, key) for key, default in defaults.items() if default is None and key not in given]
        found[section] = {
            key: _value(report, section, key, given[key], default) if key in given else default
            for key, default in defaults.items()
        }
    for key in tree.keys() - _DEFAULTS.keys() - _DEFAULTS[""].keys():
        report.add((key,), f"{short(key)} is no rule. {near(key, {*_DEFAULTS, *_DEFAULTS['']} - {''})}")
    for section, key in missing:
        report.add((section,) if section else (), f'{f"[{section}] {key}" if section else key} is missing; write {key} = "…".')
    logo, words, alt, text_ = found["logo"], found["words"], found["alt"], found["text"]
    for word in words["banned"]:
        if any(banned_in(said, (word,)) for said in words["tone"]):
            report.add(("words", "tone"), f"{short(word)} is banned, and stands in tone.")
    for word in set(map(str.casefold, words["tone"])) & set(map(str.casefold, words["negatives"])):
        report.add(("words", "negatives"), f"{short(word)} is in tone and in negatives; one undoes the other.")
    rules = Rules(
        clear_space=logo["clear_space"], min_height=logo["min_height"], backgrounds=logo["backgrounds"], banned=words["banned"],
        tone=words["tone"], negatives=words["negatives"], colours=words["colours"], palette=found["palette"]["colours"],
        alt_style=alt["style"], alt_length=alt["max_length"], alt_avoid=alt["avoid"], contrast=text_["contrast"],
        large_contrast=text_["large_contrast"], min_size=text_["min_size"], lines={**LINES, **text_["lines"]},
    )  # fmt: skip
    return rules, {**found[""], "light": logo["light"], "dark": logo["dark"]}


def _value(report: Report, section: str, key: str, value: Any, default: Any) -> Any:
    """The checked value, or the default and a problem."""
    where = (section, key) if section else (key,)
    name = f"[{section}] {key}" if section else key
    if isinstance(default, tuple):
        fine = isinstance(value, list) and len(value) <= _WORDS
        fine = fine and all(isinstance(w, str) and w.strip() and len(w) <= _WORDS and w.isprintable() for w in value)
        if fine:
            return tuple(word.strip() for word in value)
        report.add(where, f'{name} is {short(value)}; allowed: a list of words, such as ["calm", "warm light"].')
    elif isinstance(default, dict):
        if isinstance(value, dict) and all(type(n) is int and 1 <= n <= 40 for n in value.values()):
            return value
        report.add(where, f"{name} is {short(value)}; allowed: a table of whole numbers from 1 to 40, such as headline = 2.")
    elif key in _RANGES:
        low, high, unit = _RANGES[key]
        kinds = (int,) if isinstance(default, int) else (int, float)
        if isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high:
            return type(default)(value)
        report.add(where, f"{name} is {short(value)}; allowed: {low:g} to {high:g}, {unit}.")
    elif isinstance(value, str) and (value.strip() or default is not None) and len(value) <= 1000 and value.isprintable():
        return value.strip()
    else:
        report.add(where, f"{name} is {short(value)}; allowed: a line of text.")
    return default


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def banned_in(text: str, banned: tuple[str, ...]) -> tuple[str, ...]:
    """The banned words that stand in a text as whole words, in capitals or not, spaces as they come."""
    plain = " ".join(text.split())
    return tuple(word for word in banned if _holds(plain, " ".join(word.split())))
