"""A store's rows as a CSV or Parquet file, and back: every column as the store has it, what was said of each, PNGs by path."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..codecs import open_image
from ..errors import InputError, SdkitError
from .database import explained
from .events import events
from .measures import INSERT_MEASURES, measure
from .row import COLUMNS, called, next_id, png_size
from .store import Store, filters

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = frozenset({"seed", "width", "height", "steps", "batch"})
_REAL = frozenset({"guidance", "strength", "seconds"})
_EVENT = ("at", "rater", "kind", "id", "other", "value", "text")


def write(store: Store, path: str | os.PathLike[str], *, experiment: str | None = None) -> Path:
    """Write the rows, or those of one experiment; the name's end, .csv or .parquet, says as which. `path` becomes absolute.

    Raises InputError for another ending, StoreError when the file cannot be written.
    """
    import pandas as pd

    target = _target(path)
    where, values = filters(experiment=experiment)
    rows = store.records(where=where, values=values)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["path"] = [str(store.folder / p) for p in table["path"]]
    said: dict[str, list[list[Any]]] = {}
    for e in events(store):
        said.setdefault(e.id, []).append([getattr(e, name) for name in _EVENT])
    table["events"] = [json.dumps(said.get(id, [])) for id in table["id"]]
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".csv":
            table.to_csv(target, index=False)
        else:
            table.to_parquet(target, index=False)
    return target


def read(store: Store, path: str | os.PathLike[str]) -> int:
    """Take the rows of such a file into the store, their PNGs copied; how many were new.

    A row whose picture the store has under the same id is left alone, so reading a file twice adds nothing. Where the id
    belongs to another picture the row gets a new one. Raises InputError when the file is none of these or a picture is not
    where it says; then nothing has changed but for pictures added before it.
    """
    table = _table(path)
    taken: dict[str, str] = {}
    fresh: list[dict[str, Any]] = []
    for number, row in enumerate(table.to_dict("records")):
        values = {name: _value(name, row[name]) for name in COLUMNS}
        try:
            png = Path(values["path"]).read_bytes()
            png_size(png)
            measured = measure(open_image(png)).record()
        except (OSError, SdkitError) as error:
            raise InputError("path", values["path"], f"the PNG of row {number}", f"({error})") from error
        id, new = _keep(store, values, png, measured)
        taken[values["id"]] = id
        if new:
            fresh.append({"events": row["events"]})
    _say(store, fresh, taken)
    return len(fresh)


def _keep(store: Store, values: dict[str, Any], png: bytes, measured: tuple[Any, ...]) -> tuple[str, bool]:
    """The id under which the store has the row, and whether it is new."""
    undo: list[Callable[[], None]] = []
    with store.database.writing(undo) as connection:
        name = store.put(png, undo)
        known = connection.execute("SELECT path FROM images WHERE id = ?", (values["id"],)).fetchone()
        if known == (name,):
            return values["id"], False
        id = values["id"]
        if known:
            id = next_id(connection.execute("SELECT max(id) FROM images").fetchone()[0], datetime.now(UTC))
        record = tuple({**values, "id": id, "path": name}[column] for column in COLUMNS)
        connection.execute(f"INSERT INTO images ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})", record)
        connection.execute(INSERT_MEASURES, (id, *measured))
    return id, True


def _say(store: Store, rows: list[dict[str, Any]], taken: dict[str, str]) -> None:
    """Add the events of new rows, with their own times and raters."""
    with store.database.writing() as connection:
        for row in rows:
            for event in json.loads(row["events"] or "[]"):
                values = dict(zip(_EVENT, event, strict=True))
                values["id"] = taken.get(values["id"], values["id"])
                values["other"] = taken.get(values["other"], values["other"])
                connection.execute(
                    f"INSERT INTO events ({', '.join(_EVENT)}) VALUES ({', '.join('?' * len(_EVENT))})", tuple(values.values())
                )


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if target.suffix not in (".csv", ".parquet"):
        raise InputError("path", str(path), "a name that ends in .csv or .parquet")
    return target


def _table(path: str | os.PathLike[str]) -> pd.DataFrame:
    import pandas as pd

    source = _target(path)
    try:
        csv = source.suffix == ".csv"
        table = pd.read_csv(source, dtype=str, keep_default_na=False) if csv else pd.read_parquet(source)
    except (OSError, ValueError, ImportError) as error:
        raise InputError("path", str(path), "a file that experiments.write made", f"({error})") from error
    if "request" in table.columns:
        for name in {"source", "mask_source"} - set(table.columns):  # written before there were any
            table[name] = [called(json.loads(text))[name] for text in table["request"]]
    if missing := [name for name in (*COLUMNS, "events") if name not in table.columns]:
        raise InputError("path", str(path), "a file that experiments.write made", f"It lacks {', '.join(missing)}.")
    return table


def _value(name: str, value: Any) -> Any:
    """As the database has it."""
    try:
        if name in _WHOLE:
            return int(value)
        if name in _REAL:
            return None if value is None or value == "" or value != value else float(value)
    except (TypeError, ValueError) as error:
        raise InputError(name, value, "a number") from error
    return str(value)
