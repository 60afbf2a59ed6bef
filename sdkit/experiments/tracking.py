"""What an experiment tracker gets of each picture: parameters, numbers and labels, read from the frame's rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StoreError
from .measures import NUMBERS, PALETTE_DISTANCE

if TYPE_CHECKING:
    import pandas as pd

UNNAMED = "sdkit"  # the name, elsewhere, of the pictures that belong to no experiment
METRICS = (*NUMBERS, PALETTE_DISTANCE, "seconds", "rating", "ratings", "kept", "wins", "losses", "ties")
_ASKED = ("prompt", "template")  # then the slots, then from "negative" to "batch": as the frame has them
_LABELS = ("palette", "dhash", "flaw", "tags", "note", "session")


@dataclass(frozen=True)
class Tracked:
    """Where the pictures of one experiment went.

    where    the tracking server, folder or project.
    name     of the experiment or run there.
    runs     ids of the runs there: of MLflow one a picture, in the order of the frame; of Weights & Biases one in all.
    new      how many of these runs were not there before; None where the tracker was not reached to tell (offline).
    """

    where: str
    name: str
    runs: tuple[str, ...]
    new: int | None


@dataclass(frozen=True)
class Told:
    """One picture, as a tracker takes it.

    id, path    in the store; the file is the PNG with its receipt.
    params      what was asked for and what made it: name -> text or number; what is missing or empty is left out.
    metrics     what was measured and said: name -> a finite number.
    labels      short texts: experiment, seed, model, tags, note ...
    made        seconds since 1970 at which it was kept; seconds, what it took.
    """

    id: str
    path: Path
    params: dict[str, str | int | float]
    metrics: dict[str, float]
    labels: dict[str, str]
    made: float
    seconds: float


def told(table: pd.DataFrame) -> list[Told]:
    """The rows of a frame. Raises StoreError when a picture's file is gone: what is sent must be whole."""
    columns = list(table.columns)
    asked = [*_ASKED, *columns[columns.index("template") + 1 : columns.index("batch") + 1]]
    libraries = columns[columns.index("tags") + 1 : columns.index("seconds")]
    out = []
    for row in table.to_dict("records"):
        path = Path(row["path"])
        if not path.is_file():
            raise StoreError(f"{path}: the picture of {row['id']} is gone. Put the file back, or make it again from its row.")
        params = {name: row[name] for name in (*asked, *libraries) if _said(row[name])}
        metrics = {name: float(row[name]) for name in METRICS if math.isfinite(row.get(name, math.nan))}
        labels = {name: str(row[name]) for name in ("experiment", "seed", "model", *_LABELS) if _said(row[name])}
        out.append(Told(row["id"], path, params, metrics, labels, row["created"].timestamp(), float(row["seconds"])))
    return out


def by_experiment(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each experiment under its name, those of none under "sdkit"."""
    names = [name or UNNAMED for name in table["experiment"]]
    return {name: table[[n == name for n in names]] for name in dict.fromkeys(names)}


def _said(value: Any) -> bool:
    return value is not None and value != "" and value == value  # NaN is not itself
