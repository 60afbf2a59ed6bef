"""A campaign table: a DataFrame or CSV of words, checked whole before any work. One row makes a banner in each placement."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, LayoutError, near
from .template import Layout
from .wrap import cleaned

TEXT = "language", "layout", "placement", "image", "copy_side", "product"  # the columns that are no slot
_MOST = 10_000  # rows


@dataclass(frozen=True)
class Row:
    """One line of the table. `number` counts from 1, the heading not counted; `product` is free for a person's own use."""

    number: int
    layout: str
    placements: tuple[str, ...]
    texts: Mapping[str, str]
    language: str
    product: str
    image: str
    copy_side: str | None


def read(
    source: Any, layouts: Mapping[str, Layout], layout: str, placements: Sequence[str], known: Callable[[str], object]
) -> list[Row]:
    """The rows of a DataFrame, a CSV path (UTF-8), or a list of mappings.

    layout, placements   for rows that name none; a cell may name several placements, with ";" between them.
    known                looks up a placement, raising InputError for an unknown one.

    Raises LayoutError that lists every wrong cell, with row and column.
    """
    table = _records(source)
    wrong: list[str] = []
    slots = {slot for one in layouts.values() for slot in one.slots}
    columns = list(dict.fromkeys(c for row in table for c in row))
    for column in columns:
        if column not in slots and column not in TEXT:
            wrong.append(f"column {column!r}: no such slot. {near(str(column), (*slots, *TEXT))}")
    rows = []
    for number, record in enumerate(table, 1):
        rows.append(_row(number, record, layouts, layout, placements, known, slots, wrong))
    if not rows:
        wrong.append("no rows at all")
    if wrong:
        shown = "\n  ".join(wrong[:40]) + (f"\n  and {len(wrong) - 40} more" if len(wrong) > 40 else "")
        raise LayoutError("rows", f"{len(wrong)} wrong cells", f"a table without these faults; nothing was drawn:\n  {shown}\n")
    return rows


def _records(source: Any) -> list[dict[str, Any]]:
    if isinstance(source, str | os.PathLike):
        import csv

        try:
            with Path(source).open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.DictReader(stream, restkey="", strict=True)
                found = [dict(row) for _, row in zip(range(_MOST + 1), reader, strict=False)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError("rows", os.fspath(source), "a CSV file in UTF-8", f"({error})") from error
        for row in found:
            if row.pop("", None):
                raise InputError(
                    "rows",
                    os.fspath(source),
                    "as many cells in every row as in the heading",
                    "Put words that hold commas in quotes.",
                )
    elif hasattr(source, "to_dict") and hasattr(source, "columns"):
        found = source.to_dict("records")
    elif isinstance(source, Iterable):
        found = list(source)
        if not all(isinstance(row, Mapping) for row in found):
            raise InputError("rows", source, "a DataFrame, the path of a CSV, or a list of dicts")
    else:
        raise InputError("rows", source, "a DataFrame, the path of a CSV, or a list of dicts")
    if len(found) > _MOST:
        raise InputError("rows", f"over {_MOST} rows", f"at most {_MOST}")
    return [dict(row) for row in found]


def _row(
    number: int, record: Mapping[str, Any], layouts: Mapping[str, Layout], layout: str, placements: Sequence[str],
    known: Callable[[str], object], slots: set[str], wrong: list[str],
) -> Row:  # fmt: skip
    """One checked row; what is wrong is added to `wrong`."""

    def cell(column: str) -> str:
        try:
            return cleaned(column, record.get(column))
        except InputError as error:
            wrong.append(f"row {number}, {error}")
            return ""

    of = cell("layout") or layout
    if of not in layouts:
        wrong.append(f"row {number}, layout: got {of!r}. {near(of, layouts)}")
    texts = {slot: words for slot in record if slot in slots and (words := cell(slot))}
    if of in layouts:
        for slot in texts:
            if slot not in layouts[of].slots:
                wrong.append(f"row {number}, {slot}: the layout {of!r} has no such slot, only {', '.join(layouts[of].slots)}")
        if not any(slot in layouts[of].slots for slot in texts):
            wrong.append(f"row {number}: no words for any of {', '.join(layouts[of].slots)}")
    wanted = tuple(p.strip() for p in cell("placement").split(";") if p.strip()) or tuple(placements)
    if not wanted:
        wrong.append(f"row {number}, placement: none given, neither here nor by placements=")
    for name in wanted:
        try:
            known(name)
        except InputError as error:
            wrong.append(f"row {number}, placement: {error}")
    side = cell("copy_side") or None
    if side not in (None, "left", "right", "top", "bottom"):
        wrong.append(f"row {number}, copy_side: got {side!r}; allowed: 'left', 'right', 'top', 'bottom'")
    return Row(number, of, wanted, texts, cell("language"), cell("product"), cell("image"), side)
