"""Files in a folder, replaced all or none: staged beside the old ones, swapped in by renames, undone on any failure."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ..codecs import write_atomic
from ..errors import ExportError


def replace_all(target: Path, files: Mapping[str, bytes], stale: Iterable[str], manifest: str, both: bytes) -> None:
    """Write `files` ({path relative to `target`: bytes}) and remove the `stale` ones; all of it, or nothing.

    manifest   the path among them that is put in place last; while the swap is under way it is `both`, which lists the files
               before and after: should the power fail, the next export still knows every file as its own.

    Raises ExportError or OSError; the folder is then as it was. An empty folder that this made goes again.
    """
    made = next((p for p in reversed([target, *target.parents]) if not p.exists()), None)
    stale = [path for path in stale if path not in files]
    try:
        target.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=target, prefix=".export-", suffix=".part"))
        try:
            for path, data in files.items():
                write_atomic(stage / "new" / path, data)
            write_atomic(stage / "both", both)
            if os.path.lexists(target / manifest):
                shutil.copy2(target / manifest, stage / "before")
            _swap(target, stage, [path for path in files if path != manifest], stale, manifest, manifest in files)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    except BaseException as error:
        if made is not None:  # folders that only this export made, and left empty
            _prune(target, made)
        if isinstance(error, OSError):
            place = error.filename2 or error.filename or target
            why = error.strerror or error
            raise ExportError(f"{place} could not be written: {why}. Earlier files are unchanged.") from error
        raise
    for path in stale:
        _empty(target, path)


def _swap(target: Path, stage: Path, paths: list[str], stale: list[str], manifest: str, renewed: bool) -> None:
    done: list[tuple[Path, Path]] = []  # (from, to) of every rename, to be undone backwards

    def move(source: Path, goal: Path) -> None:
        goal.parent.mkdir(parents=True, exist_ok=True)
        os.rename(source, goal)
        done.append((source, goal))

    try:
        if renewed:
            os.replace(stage / "both", target / manifest)
        for path in [*stale, *paths]:
            if os.path.lexists(target / path):
                move(target / path, stage / "old" / path)
            if path in paths:
                move(stage / "new" / path, target / path)
        if renewed:
            os.replace(stage / "new" / manifest, target / manifest)
    except BaseException:
        for source, goal in reversed(done):
            with suppress(OSError):
                os.rename(goal, source)
        with suppress(OSError):
            if (stage / "before").exists():
                os.replace(stage / "before", target / manifest)
            elif not (stage / "both").exists():
                (target / manifest).unlink()
        for path in paths:
            _empty(target, path)
        raise


def _empty(target: Path, path: str) -> None:
    """Remove the folders of `path` below `target`, as far as they are empty."""
    folder = (target / path).parent
    with suppress(OSError):  # not empty, or already gone
        while folder != target:
            folder.rmdir()
            folder = folder.parent


def _prune(folder: Path, top: Path) -> None:
    with suppress(OSError):
        while True:
            folder.rmdir()
            if folder == top:
                return
            folder = folder.parent


__all__ = ["replace_all"]
