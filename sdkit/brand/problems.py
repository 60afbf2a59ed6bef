"""Problems of a brand folder, each with its file and line; and on which line of a JSON or TOML file a thing stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import short

Where = tuple[str | int, ...]

_MARK = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w.-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*)\s*=""")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong.

    file    within the brand's folder: "tokens.json", "fonts/Figtree-Bold.ttf".
    line    counted from 1; 0 where it is about the file as a whole.
    says    what is the matter, and what is allowed.
    """

    file: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.says}" if self.line else f"{self.file}: {self.says}"


@dataclass
class Report:
    """The problems of one file, noted by where in its tree they are.

    lines    path in the tree -> line; a path that is not there has the line of its nearest ancestor.
    """

    file: str
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, where: Where | int, says: str) -> None:
        """Note a problem at a path of the tree, or on a line."""
        if not isinstance(where, int):
            where = next((self.lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in self.lines), 0)
        self.problems.append(Problem(self.file, where, says))


def json_lines(text: str) -> tuple[dict[Where, int], list[tuple[Where, int]]]:
    """(path -> line, keys that stand twice with the line of the second) of valid JSON."""
    lines: dict[Where, int] = {(): 1}
    twice: list[tuple[Where, int]] = []
    stack: list[list[str | int | None]] = []  # of each open object or array: the key, or None before it, or the place
    seen_line, seen_at, key_next = 1, 0, False

    def path() -> Where:
        return tuple(part for part in (frame[0] for frame in stack) if part is not None)

    for match in _MARK.finditer(text):
        mark = match.group()
        seen_line, seen_at = seen_line + text.count("\n", seen_at, match.start()), match.start()
        if key_next and mark[0] == '"':
            stack[-1][0] = json.loads(mark)
            if path() in lines:
                twice.append((path(), seen_line))
            lines[path()] = seen_line
            key_next = False
            continue
        in_array = bool(stack) and isinstance(stack[-1][0], int)
        if in_array and mark not in "],:":
            lines.setdefault(path(), seen_line)
        if mark in "{[":
            stack.append([None if mark == "{" else 0])
            key_next = mark == "{"
        elif mark in "}]":
            stack.pop()
            key_next = False
        elif mark == ",":
            if in_array:
                stack[-1][0] += 1  # type: ignore[operator]
            else:
                stack[-1][0], key_next = None, True
    return lines, twice


def toml_lines(text: str) -> dict[Where, int]:
    """Path -> line of the tables and keys of valid TOML, as they are usually written: one a line."""
    lines: dict[Where, int] = {(): 1}
    table: Where = ()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            table = _parts(match.group(1))
            lines.setdefault(table, number)
        elif match := _KEY.match(line):
            lines.setdefault(table + _parts(match.group(1)), number)
    return lines


def _parts(key: str) -> Where:
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def inside(folder: Path, name: object) -> Path:
    """The file `name` in the folder. Raises ValueError, its message a sentence, for one that is not there or lies outside."""
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise ValueError(f'got {short(name)}; allowed: the name of a file in this folder, such as "logo-light.svg".')
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{short(name)} leads out of the brand's folder; put the file inside it.")
        if not path.is_file():
            raise ValueError(f"there is no file {short(name)} in the brand's folder.")
    except (OSError, RuntimeError) as error:  # a loop of links, a name too long
        raise ValueError(f"{short(name)} is no file that opens ({type(error).__name__}).") from error
    return path


def text_of(folder: Path, report: Report, limit: int) -> str | None:
    """The text of the report's file; None, and a problem, where it is missing, outside, over `limit` bytes, or no UTF-8."""
    path = folder / report.file
    try:
        size = path.stat().st_size
        if not path.is_file():  # a pipe would be waited for
            report.add(0, "can't be read: it is no file.")
        elif not path.resolve().is_relative_to(folder.resolve()):
            report.add(0, "is a link that leads out of the brand's folder; put the file inside it.")
        elif size > limit:
            report.add(0, f"has {size:,} bytes; at most {limit:,} are read.")
        else:
            return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        report.add(0, "is missing.")
    except OSError as error:
        report.add(0, f"can't be read ({error.strerror or error}).")
    except UnicodeDecodeError as error:
        report.add(0, f"is no UTF-8 text (byte {error.start:,}); save it as UTF-8.")
    return None
