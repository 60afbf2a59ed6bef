"""Design tokens as the W3C community group's format of October 2025 (DTCG 2025.10) writes them: tokens.json.

    {"color": {"$type": "color",
               "teal": {"$value": {"colorSpace": "srgb", "components": [0.05, 0.42, 0.42], "hex": "#0d6b6b"}}},
     "role": {"primary": {"$type": "color", "$value": "{color.teal}"}}}

Read and checked are color, dimension, fontFamily, fontWeight, number, duration and typography; groups hand down their $type;
"{group.token}" is an alias. A colour may also be "#rrggbb", as drafts before 2025 had it. The other types are let stand.
Source: designtokens.org/tr/2025.10.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coloraide import Color

from ..errors import near, short
from .colours import full, is_hex
from .problems import Report, Where, json_lines

MAX_TOKENS = 5000
MAX_HOPS = 32  # aliases of aliases
MAX_DEPTH = 32  # groups in groups
REM = 16.0  # pixels

_ALIAS = re.compile(r"\{([^{}]+)\}")
_UNIT = (0.0, 1.0)
_ANY = (-math.inf, math.inf)
_HUE = (0.0, 360.0)
_CENT = (0.0, 100.0)
_UP = (0.0, math.inf)
SPACES = {
    **dict.fromkeys(("srgb", "srgb-linear", "display-p3", "a98-rgb", "prophoto-rgb", "rec2020"), (_UNIT,) * 3),
    "hsl": (_HUE, _CENT, _CENT), "hwb": (_HUE, _CENT, _CENT), "lab": (_CENT, _ANY, _ANY), "lch": (_CENT, _UP, _HUE),
    "oklab": (_UNIT, _ANY, _ANY), "oklch": (_UNIT, _UP, _HUE), "xyz-d65": (_ANY,) * 3, "xyz-d50": (_ANY,) * 3,
}  # fmt: skip
WEIGHTS = {
    "thin": 100, "hairline": 100, "extra-light": 200, "ultra-light": 200, "light": 300, "normal": 400, "regular": 400, "book": 400,
    "medium": 500, "semi-bold": 600, "demi-bold": 600, "bold": 700, "extra-bold": 800, "ultra-bold": 800, "black": 900, "heavy": 900,
    "extra-black": 950, "ultra-black": 950,
}  # fmt: skip
_UNREAD = ("cubicBezier", "strokeStyle", "border", "transition", "shadow", "gradient")
_PROPERTIES = ("$value", "$type", "$description", "$extensions", "$deprecated")


@dataclass(frozen=True)
class Typography:
    """A typography token: family, size in pixels, weight 1 to 1000, line height as a multiple of the size, letter spacing in
    pixels."""

    family: str
    size: float
    weight: int
    line_height: float
    letter_spacing: float


@dataclass(frozen=True)
class Token:
    """One token, its aliases resolved.

    path    "color.teal"; type, of DTCG; own, False where it is an alias of another.
    value   of a color "#rrggbb" ("#rrggbbaa" where it is translucent), of a dimension pixels, of a fontFamily a tuple of names,
            of a fontWeight 1 to 1000, of a duration milliseconds, of typography a Typography; of other types as written.
    """

    path: str
    type: str
    value: Any
    own: bool
    where: Where


class _Wrong(Exception):
    """What is wrong with one value; an empty one was said where it belongs."""


def read(text: str, report: Report) -> dict[str, Token]:
    """Path -> Token of a tokens.json; what is wrong goes to the report, and is left out."""
    try:
        tree = json.loads(text, parse_constant=lambda name: float(name))
        report.lines, twice = json_lines(text)
    except json.JSONDecodeError as error:
        report.add(error.lineno, f"is no JSON from here on: {error.msg} (column {error.colno}).")
        return {}
    except (RecursionError, ValueError) as error:  # ValueError: a number of thousands of digits
        report.add(0, f"can't be read as JSON ({type(error).__name__}).")
        return {}
    for where, line in twice:
        report.add(line, f"{'.'.join(map(str, where))} stands here a second time; only one of them counts.")
    reader = _Reader(report)
    if not isinstance(tree, dict):
        report.add(1, "must be an object of groups and tokens.")
        return {}
    reader.collect(tree, (), "", 0)
    if len(reader.raw) > MAX_TOKENS:
        report.add(0, f"has {len(reader.raw):,} tokens; at most {MAX_TOKENS:,} are read.")
        return {}
    found = {path: reader.token(path, ()) for path in reader.raw}
    return {path: token for path, token in found.items() if token is not None}


class _Reader:
    """The tokens as written, and those resolved so far."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.raw: dict[str, tuple[dict[str, Any], str, Where]] = {}
        self.done: dict[str, Token | None] = {}

    def collect(self, node: dict[str, Any], where: Where, type: str, depth: int) -> None:
        """The tokens of a group and of those in it."""
        if depth > MAX_DEPTH:
            self.report.add(where, f"groups go {MAX_DEPTH} deep at most.")
            return
        type = self._type(node, where) or type
        for key, child in node.items():
            here = (*where, key)
            if key in ("$extends", "$ref"):
                self.report.add(here, f'{key} is not read here; write the tokens, or aliases such as "{{group.token}}".')
            elif key.startswith("$") and key != "$root":
                if key not in _PROPERTIES or key == "$value":  # the whole file as one token has no name
                    self.report.add(here, f"{key} is no property of a group; tokens' names don't begin with $.")
            elif not key.strip() or not key.isprintable() or any(c in key for c in "{}."):
                self.report.add(
                    here, f"{short(key)} is no name: it may not be empty, or hold {{, }}, a dot or what can't be printed."
                )
            elif not isinstance(child, dict):
                self.report.add(
                    here, f"{'.'.join(map(str, here))} is {short(child)}; a group or token is an object with $value."
                )
            elif "$value" in child or "$ref" in child:
                self._one(child, here, type)
            else:
                self.collect(child, here, type, depth + 1)

    def _one(self, node: dict[str, Any], where: Where, type: str) -> None:
        name = ".".join(map(str, where))
        if "$ref" in node:
            self.report.add(where, f'{name}: $ref is not read here; write an alias: "$value": "{{group.token}}".')
            return
        for key in node:
            if key not in _PROPERTIES:
                self.report.add(
                    (*where, key), f"{name}: {short(key)} has no place in a token; allowed: {', '.join(_PROPERTIES)}."
                )
        self.raw[name] = (node, self._type(node, where) or type, where)

    def _type(self, node: dict[str, Any], where: Where) -> str:
        type = node.get("$type", "")
        known = (*PARSERS, *_UNREAD)
        if type and type not in known:
            self.report.add((*where, "$type"), f"$type {short(type)} is none of DTCG's. {near(str(type), known)}")
            return ""
        return str(type)

    def token(self, path: str, via: tuple[str, ...]) -> Token | None:
        """The resolved token of that path, or None where something is wrong with it, which is then said."""
        if path in self.done:
            return self.done[path]
        node, type, where = self.raw[path]
        value = node["$value"]
        try:
            if path in via:
                raise _Wrong(f"aliases go round in a circle: {' -> '.join((*via[via.index(path) :], path))}.")
            if len(via) >= MAX_HOPS:
                raise _Wrong(f"aliases of aliases go {MAX_HOPS} deep at most.")
            if target := self._alias(value):
                other = self._target(target, path, via)
                if type and other.type != type:
                    raise _Wrong(f"{{{target}}} is of type {other.type}, and {path} of type {type}.")
                made = Token(path, other.type, other.value, False, where)
            elif not type:
                raise _Wrong(f"{path} has no $type, and no group around it hands one down.")
            else:
                made = Token(path, type, self._parse(type, value, path, via), True, where)
        except _Wrong as wrong:
            if str(wrong):
                self.report.add((*where, "$value"), str(wrong))
            for name in via[via.index(path) :] if path in via else ():  # a circle is said once
                self.done[name] = None
            self.done[path] = None
            return None
        return self.done.setdefault(path, made)

    def _alias(self, value: object) -> str:
        match = _ALIAS.fullmatch(value) if isinstance(value, str) else None
        return match.group(1) if match else ""

    def _target(self, target: str, path: str, via: tuple[str, ...]) -> Token:
        if target not in self.raw:
            raise _Wrong(f"{path}: there is no token {{{target}}}. {near(target, self.raw)}")
        token = self.token(target, (*via, path))
        if token is None:
            raise _Wrong("")
        return token

    def _parse(self, type: str, value: Any, path: str, via: tuple[str, ...]) -> Any:
        if type not in PARSERS:
            return value
        try:
            if type == "typography":
                return self._typography(value, path, via)
            return PARSERS[type](value)
        except ValueError as error:
            raise _Wrong(f"{path}: {error}") from error

    def _typography(self, value: Any, path: str, via: tuple[str, ...]) -> Typography:
        types = {"fontFamily": "fontFamily", "fontSize": "dimension", "fontWeight": "fontWeight", "lineHeight": "number",
                 "letterSpacing": "dimension"}  # fmt: skip
        if not isinstance(value, dict):
            raise ValueError(f"got {short(value)}; allowed: an object with {', '.join(types)}.")
        if missing := [name for name in ("fontFamily", "fontSize") if name not in value]:
            raise ValueError(f"{missing[0]} is missing from the typography.")
        if unknown := [name for name in value if name not in types]:
            raise ValueError(f"{short(unknown[0])} has no place in typography; allowed: {', '.join(types)}.")
        found: dict[str, Any] = {"fontWeight": 400, "lineHeight": 1.2, "letterSpacing": 0.0}
        for name, part in value.items():
            if target := self._alias(part):
                token = self._target(target, path, via)
                if token.type != types[name]:
                    raise ValueError(f"{name} must be of type {types[name]}; {{{target}}} is of type {token.type}.")
                found[name] = token.value
            else:
                found[name] = self._parse(types[name], part, f"{path}: {name}", via)
        return Typography(
            found["fontFamily"][0], found["fontSize"], found["fontWeight"], found["lineHeight"], found["letterSpacing"]
        )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"got {short(value)}; allowed: a number.")
    return float(value)


def _colour(value: object) -> str:
    if is_hex(value):
        return full(str(value))
    if not isinstance(value, dict):
        raise ValueError(f'got {short(value)}; allowed: {{"colorSpace": "srgb", "components": [0.1, 0.4, 0.4]}}, or "#rrggbb".')
    if unknown := [key for key in value if key not in ("colorSpace", "components", "alpha", "hex")]:
        raise ValueError(f"{short(unknown[0])} has no place in a colour; allowed: colorSpace, components, alpha, hex.")
    space, components, hex = value.get("colorSpace"), value.get("components"), value.get("hex")
    if not isinstance(space, str) or space not in SPACES:
        raise ValueError(f"colorSpace {short(space)} is none of DTCG's. {near(str(space), SPACES)}")
    if not isinstance(components, list) or len(components) != 3:
        raise ValueError(f'components {short(components)}; allowed: three numbers, or "none" in place of one.')
    numbers = [0.0 if part == "none" else _number(part) for part in components]
    for number, (low, high) in zip(numbers, SPACES[space], strict=True):
        if not low <= number <= high:
            raise ValueError(f"component {number:g} of {space}; allowed: {low:g} to {high:g}.")
    alpha = _number(value.get("alpha", 1))
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha {alpha:g}; allowed: 0 to 1.")
    if space in ("hsl", "hwb"):
        numbers[1:] = [part / 100 for part in numbers[1:]]  # coloraide counts them from 0 to 1
    made = Color(space, numbers).convert("srgb")
    shown = made.fit("srgb").to_string(hex=True)
    if hex is not None:
        if not is_hex(hex):
            raise ValueError(f'hex {short(hex)}; allowed: "#rrggbb".')
        if made.in_gamut("srgb") and made.distance(Color(hex), space="srgb") > 0.02:
            raise ValueError(f"hex {hex} and components {components} of {space} are two colours; the components are {shown}.")
    return shown if alpha == 1 else f"{shown}{round(alpha * 255):02x}"


def _dimension(value: object) -> float:
    if not isinstance(value, dict) or set(value) != {"value", "unit"} or value["unit"] not in ("px", "rem"):
        raise ValueError(f'got {short(value)}; allowed: {{"value": 16, "unit": "px"}}, or "rem".')
    return _number(value["value"]) * (REM if value["unit"] == "rem" else 1)


def _family(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n.strip() for n in names):
        raise ValueError(f"got {short(value)}; allowed: a font family's name, or a list of such.")
    return tuple(names)


def _weight(value: object) -> int:
    if isinstance(value, str):
        if value not in WEIGHTS:
            raise ValueError(f"got {short(value)}; allowed: 1 to 1000, or a name. {near(value, WEIGHTS)}")
        return WEIGHTS[value]
    number = _number(value)
    if not 1 <= number <= 1000:
        raise ValueError(f"got {number:g}; allowed: a font weight from 1 to 1000.")
    return round(number)


def _duration(value: object) -> float:
    if not isinstance(value, dict) or set(value) != {"value", "unit"} or value["unit"] not in ("ms", "s"):
        raise ValueError(f'got {short(value)}; allowed: {{"value": 200, "unit": "ms"}}, or "s".')
    return _number(value["value"]) * (1000 if value["unit"] == "s" else 1)


PARSERS: dict[str, Callable[[Any], Any]] = {
    "color": _colour, "dimension": _dimension, "fontFamily": _family, "fontWeight": _weight, "number": _number,
    "duration": _duration, "typography": lambda value: value,
}  # fmt: skip
