"""Slots filled by a table: a DataFrame, or anything else that is a list of rows. pandas itself is not needed for it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from numbers import Real
from typing import Any

from ..errors import PromptError, near

MAX_ROWS = 10_000


def table_rows(rows: Any, known: Collection[str], given: Collection[str]) -> list[dict[str, tuple[str, ...]]]:
    """For each row, slot name -> its one text, for those columns that are `known` slots.

    rows    a DataFrame, or a list of mappings of column to value; 1 to 10,000 of them. Whole numbers are written without
            a point.
    given   names that a keyword fills already: a column of such a name is refused, as either could be meant.

    Raises PromptError for another kind of table, one that has none of the slots, and a value that is missing or no text.
    """
    allowed = f"a DataFrame, or a list of mappings of column to value, of 1 to {MAX_ROWS:,} rows"
    try:
        listed = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    except (TypeError, ValueError) as error:
        raise PromptError("rows", rows, allowed) from error
    if isinstance(listed, str | bytes | Mapping) or not isinstance(listed, Iterable):
        raise PromptError("rows", rows, allowed)
    table = list(listed)
    if not 1 <= len(table) <= MAX_ROWS or not all(isinstance(row, Mapping) for row in table):
        raise PromptError("rows", f"{len(table):,} rows", allowed)
    columns = dict.fromkeys(str(column) for row in table for column in row)
    if both := [column for column in columns if column in given]:
        raise PromptError("rows", both, f"a column or a keyword for {both[0]!r}, not both")
    if not any(column in known for column in columns):
        needed = ", ".join(known) or "none, so rows= has nothing to fill"
        raise PromptError(
            "rows", list(columns), f"columns with the names of slots: {needed}", near(next(iter(columns), ""), known)
        )
    return [
        {name: (_text(value, number, name),) for column, value in row.items() if (name := str(column)) in known}
        for number, row in enumerate(table)
    ]


def _text(value: object, row: int, column: str) -> str:
    """A value of the table as text."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(number := float(value)):
        return f"{number:.0f}" if number == int(number) else f"{number:g}"
    raise PromptError(
        column, value, f"text or a number in row {row} (counted from 0)", "Fill what is missing, or leave the row out."
    )
