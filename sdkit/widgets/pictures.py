"""Whatever a person hands to a widget, as pictures that are opened when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from ..codecs import open_image
from ..errors import InputError
from ..experiments.compare import settings
from ..result import Result, ResultSet
from .panel import jpeg

_ALLOWED = "a ResultSet, Results, PIL images, paths, a mapping of names to these, or a frame of the experiments"


@dataclass(frozen=True)
class Shown:
    """One picture of a widget.

    name          what it is called, for captions and alt texts.
    row, column   the labels under which it stands on a sheet.
    prompt, negative, settings     what made it, where that is known.
    id            in the store, "" where it is not there.
    open          gives the picture, full size.
    """

    name: str
    row: str
    column: str
    open: Callable[[], Image.Image] = field(repr=False)
    prompt: str = ""
    negative: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    id: str = ""


def gather(what: object) -> list[Shown]:
    """The pictures of `what`, in order. Raises InputError for anything else than the kinds it lists, ImageError for no image."""
    if _is_frame(what):
        return _rows(what)
    if isinstance(what, Mapping):
        return [_one(str(name), picture) for name, picture in what.items()]
    if isinstance(what, Result | Image.Image | str | Path):
        what = [what]
    if not isinstance(what, Sequence) or isinstance(what, bytes):
        raise InputError("results", what, _ALLOWED)
    if what and all(isinstance(one, Result) for one in what):
        return _results(ResultSet(what))
    return [_one(_called(one, number), one) for number, one in enumerate(what, 1)]


def places(pictures: Sequence[Shown], columns: int = 8) -> tuple[list[str], list[str], list[tuple[int, int]]]:
    """(row labels, column labels, the place of each picture). Two of one place, as of a repeated run, get a row each.

    columns   across, where the pictures have no labels to stand under.
    """
    if not any(p.column for p in pictures):
        count = -(-len(pictures) // columns)
        rows = [f"{i * columns + 1} to {min(len(pictures), (i + 1) * columns)}" for i in range(count)]
        return rows, [""] * min(columns, len(pictures)), [divmod(i, columns) for i in range(len(pictures))]
    heads = {label: i for i, label in enumerate(dict.fromkeys(p.column for p in pictures))}
    rows_: list[str] = []
    with_label: dict[str, list[int]] = {}
    taken: set[tuple[int, int]] = set()
    out = []
    for picture in pictures:
        column = heads[picture.column]
        mine = with_label.setdefault(picture.row, [])
        row = next((r for r in mine if (r, column) not in taken), len(rows_))
        if row == len(rows_):
            rows_.append(picture.row)
            mine.append(row)
        taken.add((row, column))
        out.append((row, column))
    return rows_, list(heads), out


class Thumbnails:
    """Small JPEGs of pictures, each made when it is first asked for. A picture that does not open is grey."""

    def __init__(self, pictures: Sequence[Shown], side: int, quality: int = 82) -> None:
        self._pictures, self._side, self._quality = pictures, side, quality
        self._made: dict[int, bytes] = {}

    def __getitem__(self, place: int) -> bytes:
        if place not in self._made:
            try:
                image = self._pictures[place].open()
            except (OSError, InputError):
                image = Image.new("RGB", (64, 64), (150, 150, 150))
            self._made[place] = jpeg(image, self._side, self._quality)
        return self._made[place]


def _is_frame(what: object) -> bool:
    return hasattr(what, "iterrows") and hasattr(what, "columns")


def _results(results: ResultSet) -> list[Shown]:
    rows, columns, cells = results.grid()
    place = {id(result): at for at, result in cells.items()}
    shown = []
    for result in results:
        row, column = place[id(result)]
        label = f"{rows[row]}, {columns[column]}"
        shown.append(Shown(
            label, rows[row], columns[column], partial(getattr, result, "image"), result.request.prompt.text,
            result.request.negative, settings(result), result.id,
        ))  # fmt: skip
    return shown


def _rows(table: Any) -> list[Shown]:
    for needed in ("path", "prompt", "seed"):
        if needed not in table.columns:
            raise InputError("results", list(table.columns), f"a frame of the experiments, with a column {needed!r}")
    names = [n for n in ("seed", "steps", "guidance", "scheduler", "strength", "loras", "model") if n in table.columns]
    shown = []
    for _, row in table.iterrows():
        told = {name: f"{row[name]:g}" if isinstance(row[name], float) else str(row[name]) for name in names}
        if {"width", "height"} <= set(table.columns):
            told["size"] = f"{row['width']} x {row['height']}"
        column = f"seed {row['seed']}"
        shown.append(Shown(
            f"{row['prompt']}, {column}", str(row["prompt"]), column, partial(open_image, str(row["path"])), str(row["prompt"]),
            str(row.get("negative", "")), told, str(row.get("id", "")),
        ))  # fmt: skip
    return shown


def _one(name: str, what: object) -> Shown:
    if isinstance(what, Result):
        return Shown(
            name, "", name, partial(getattr, what, "image"), what.request.prompt.text, what.request.negative, settings(what),
            what.id,
        )  # fmt: skip
    image = getattr(what, "image", what)
    if isinstance(image, Image.Image):
        return Shown(name, "", name, lambda: image)
    if isinstance(what, str | Path):
        open_image(what)  # says now what is wrong with it
        return Shown(name, "", name, partial(open_image, what))
    raise InputError("results", what, _ALLOWED)


def _called(what: object, number: int) -> str:
    return Path(what).stem if isinstance(what, str | Path) else f"picture {number}"
