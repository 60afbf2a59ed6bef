r"""Wildcards: `__colours__` stands for a line of wildcards/colours.txt, `__colours*__` for one of every file that fits.

One value a line; a line that begins with # is a remark. A line is a template itself and may begin with a weight, `3::red`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeAlias

from ..data import folder
from ..errors import PromptError, near

Folders: TypeAlias = str | os.PathLike[str] | None

MAX_LINES = 10_000  # of the files that one pattern names


def template_folders(templates: Folders = None) -> tuple[Path, ...]:
    """The shipped templates folder, and after it, where given, one's own: what it holds replaces or adds by name.

    Raises PromptError when `templates` is no folder.
    """
    if templates is None:
        return (folder("templates"),)
    try:
        own = Path(templates).expanduser()
        there = own.is_dir()
    except (TypeError, ValueError, RuntimeError):
        there = False
    if not there:
        raise PromptError("templates", templates, "a folder that is there, with prompts/, wildcards/ or *.toml in it")
    return folder("templates"), own


class Wildcards:
    """The wildcard files of the shipped folder and one's own, listed when the first is asked for."""

    def __init__(self, templates: Folders = None) -> None:
        self._folders = template_folders(templates)
        self._files: dict[str, Path] | None = None
        self._lines: dict[str, list[str]] = {}  # pattern -> its lines, read once

    @property
    def files(self) -> dict[str, Path]:
        """name -> file; files in folders are named as `a/b`."""
        if self._files is None:
            self._files = {
                path.relative_to(root).with_suffix("").as_posix(): path
                for root in (one / "wildcards" for one in self._folders)
                for path in sorted(root.rglob("*.txt"))
            }
        return self._files

    def lines(self, pattern: str, error: Callable[[str, str], PromptError]) -> list[str]:
        """The values behind a pattern, in order of file names and lines, each once; `error(allowed, hint)` makes what is raised."""
        if pattern in self._lines:
            return self._lines[pattern]
        found = [name for name in sorted(self.files) if name == pattern or ("*" in pattern and fnmatchcase(name, pattern))]
        if not found:
            hint = rf"{near(pattern, self.files)} For plain text write \__{pattern}__."
            raise error(f"__name__ with a file wildcards/{pattern}.txt", hint)
        lines: dict[str, None] = {}
        for name in found:
            try:
                text = self.files[name].read_text(encoding="utf-8-sig")
            except (OSError, ValueError) as problem:
                raise error("wildcard files that can be read", f"{self.files[name]}: {problem}.") from problem
            lines |= dict.fromkeys(line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#"))
        if not lines or len(lines) > MAX_LINES:
            raise error(f"wildcard files of 1 to {MAX_LINES:,} lines", f"{', '.join(found)}: {len(lines):,}.")
        return self._lines.setdefault(pattern, list(lines))
