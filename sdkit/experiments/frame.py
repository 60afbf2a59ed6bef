"""The store as a pandas DataFrame: one tidy row a picture, its prompt's parts in columns of their own."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..codecs import data_url, open_image, thumbnail
from ..errors import InputError, SdkitError
from ..sources import told_apart
from .events import Said, said
from .measures import NUMBERS, PALETTE_DISTANCE, Scorer
from .store import filters

if TYPE_CHECKING:
    from .store import Store

_NOTHING = Said()
SHOWN = 24  # rows that a notebook shows
SIDE = 96  # pixels, the longest side of their thumbnails

_HEAD = {"id": "str", "created": "datetime64[us, UTC]", "prompt": "str", "template": "str"}
_TAIL = {
    "negative": "str", "seed": "int64", "width": "int64", "height": "int64", "steps": "int64", "guidance": "float64",
    "scheduler": "str", "kind": "str", "strength": "float64", "source": "str", "mask_source": "str", "loras": "str",
    "model": "str", "model_hash": "str",
    "family": "str", "device": "str", "dtype": "str", "batch": "int64",
}  # fmt: skip
_MEASURED = {**dict.fromkeys(NUMBERS, "float64"), "palette": "str", "dhash": "str", "flaw": "str"}
_RATED = {
    "rating": "float64", "ratings": "int64", "kept": "float64", "wins": "int64", "losses": "int64", "ties": "int64", "tags": "str",
}  # fmt: skip
_END = {"seconds": "float64", "experiment": "str", "note": "str", "session": "str", "path": "str"}
BASE = {**_HEAD, **_TAIL, **_MEASURED, **_RATED, **_END}  # column -> dtype


class ExperimentFrame(pd.DataFrame):
    """A DataFrame that shows thumbnails in a notebook while it has a `path` column. In all else it is pandas' own."""

    @property
    def _constructor(self) -> Callable[..., ExperimentFrame]:
        return ExperimentFrame

    def _repr_html_(self) -> str | None:
        if not pd.get_option("display.notebook_repr_html"):
            return None
        if "path" not in self.columns or self.columns.nlevels > 1 or not self.columns.is_unique:
            return super()._repr_html_()  # type: ignore[misc]
        columns = [c for c in self.columns if c != "path"]
        css = "padding:4px 8px;text-align:left;vertical-align:top;max-width:22em;overflow-wrap:break-word"
        heads = "".join(f'<th scope="col" style="{css}">{escape(str(c))}</th>' for c in ["", "image", *columns])
        body = []
        for label, row in self.head(SHOWN).iterrows():
            values = [_shown(row[c]) for c in columns]
            alt = _shown(row.get("prompt", label))
            cells = "".join(f'<td style="{css}">{escape(v)}</td>' for v in values)
            body.append(f'<tr><th scope="row">{escape(str(label))}</th><td>{_picture(row["path"], alt)}</td>{cells}</tr>')
        count = f"{len(self):,} row{'s' * (len(self) != 1)}"
        note = f"the first {SHOWN} of {count}" if len(self) > SHOWN else count
        return (
            f'<div style="overflow-x:auto"><table style="border-collapse:collapse"><thead><tr>{heads}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table><p>{note}</p></div>"
        )


def frame(
    store: Store, *, experiment: str | None = None, session: str | None = None, kind: str | None = None, last: int | None = None,
    ids: Sequence[str] | None = None, brand: Scorer | None = None,
) -> ExperimentFrame:  # fmt: skip
    """One row a picture, in order of adding: all, those of one experiment, session or kind, of some ids; the `last` so many.

    Columns: id, created (UTC), prompt (as the model got it), template (as written), then one a slot or variant of the
    templates, then negative, seed, width, height (pixels), steps, guidance, scheduler (as used), kind, strength (NaN
    without a source image), source and mask_source (of that image and its mask: a file's name, a picture's id, or the first
    digits of a hash of the pixels), loras, model, model_hash, family, device, dtype, batch; then what is measured (see
    `measures.Measures`; NaN or "" where a picture never was), with a brand palette_distance after it (deltaE 2000 of the stored
    palette to the brand's, so that old rows have it too); then what people say: rating (mean stars), ratings (how many
    raters), kept (1 kept, 0 rejected, NaN undecided), wins, losses, ties, tags; then one a library with its version, then
    seconds, experiment, note, session, path (absolute).

    A slot's column has the slot's name. Where that is the name of a column above or of a library it becomes
    `slot_<name>`; a slot that stands twice in one template with two values has a second column `<name>_2`. A library
    of a base column's name becomes `library_<name>`. Pictures whose prompt lacks a slot hold a missing value there.
    """
    where, values = filters(experiment=experiment, session=session, kind=kind)
    if ids is not None:  # as one JSON value: SQLite takes no more than so many of its own
        where, values = f"{where} AND id IN (SELECT value FROM json_each(?))", (*values, json.dumps(list(ids)))
    wanted = [*_HEAD, *_TAIL, *_MEASURED, *_END, "choices", "libraries"]
    records = store.records(wanted, where=where, values=values, last=last, table="images LEFT JOIN measures USING (id)")
    raw: dict[str, list[Any]] = {name: [] for name in wanted}
    if records:
        raw = {name: list(column) for name, column in zip(wanted, zip(*records, strict=True), strict=True)}

    versions = _spread([_libraries(text) for text in raw["libraries"]])
    libraries = {f"library_{name}" if name in BASE else name: column for name, column in versions.items()}
    choices = _spread([_choices(text) for text in raw["choices"]])
    slots: dict[str, list[str | float]] = {}
    for name, column in choices.items():
        free = name or "slot"
        while (
            free in BASE or free == PALETTE_DISTANCE or free in libraries or free in slots or (free != name and free in choices)
        ):
            free = f"slot_{free}"
        slots[free] = column

    folder = f"{store.folder}{os.sep}"
    raw["path"] = [folder + path.replace("/", os.sep) for path in raw["path"]]
    scored = {} if brand is None else {PALETTE_DISTANCE: _series(_distances(raw["palette"], brand), "float64")}
    raw["palette"] = [_palette(text) for text in raw["palette"]]
    for name in ("dhash", "flaw"):
        raw[name] = [text or "" for text in raw[name]]
    of = said(store)
    about = [of.get(id, _NOTHING) for id in raw["id"]]
    for name in ("rating", "ratings", "kept", "wins", "losses", "ties"):
        raw[name] = [getattr(one, name) for one in about]
    raw["tags"] = [", ".join(one.tags) for one in about]
    raw["note"] = ["; ".join(filter(None, (note, *one.notes))) for note, one in zip(raw["note"], about, strict=True)]
    for name in ("source", "mask_source"):
        shown = told_apart(raw[name])
        raw[name] = [shown[label] for label in raw[name]]
    raw["loras"] = [_loras(text) for text in raw["loras"]]
    return ExperimentFrame(
        {name: _series(raw[name], dtype) for name, dtype in _HEAD.items()}
        | {name: pd.Series(column) for name, column in slots.items()}
        | {name: _series(raw[name], dtype) for name, dtype in _TAIL.items()}
        | {name: _series(raw[name], dtype) for name, dtype in _MEASURED.items()}
        | scored
        | {name: _series(raw[name], dtype) for name, dtype in _RATED.items()}
        | {name: pd.Series(column) for name, column in libraries.items()}
        | {name: _series(raw[name], dtype) for name, dtype in _END.items()}
    )


def _distances(palettes: Sequence[str | None], brand: Scorer) -> list[float]:
    """The distance of each stored palette; NaN where a picture never was measured. Each palette is measured once."""
    if not callable(getattr(brand, PALETTE_DISTANCE, None)):
        raise InputError("brand", brand, "a Brand, as Brand.load(folder) reads it")
    of = {text: brand.palette_distance(json.loads(text)) if text else math.nan for text in dict.fromkeys(palettes)}
    return [of[text] for text in palettes]


def _series(values: list[Any], dtype: str) -> pd.Series:
    if dtype == _HEAD["created"]:
        return pd.Series(pd.to_datetime(values, utc=True, format="ISO8601").as_unit("us"))
    return pd.Series(values, dtype=dtype)  # type: ignore[call-overload]


def _spread(rows: list[tuple[tuple[str, str], ...]]) -> dict[str, list[str | float]]:
    """Column name -> a value or NaN for each row, in order of first appearance."""
    columns: dict[str, list[str | float]] = {}
    for place, pairs in enumerate(rows):
        for name, value in pairs:
            if name not in columns:
                columns[name] = [math.nan] * len(rows)
            columns[name][place] = value
    return columns


@lru_cache(4096)
def _choices(text: str) -> tuple[tuple[str, str], ...]:
    """The choices of one prompt with every name once: a second value of one name is `name_2`, a third `name_3`."""
    out: dict[str, str] = {}
    for name, value in json.loads(text):
        name, free, number = _clean(name), _clean(name), 1
        while free in out and out[free] != value:
            number += 1
            free = f"{name}_{number}"
        out[free] = value
    return tuple((name, _clean(value)) for name, value in out.items())


@lru_cache(4096)
def _libraries(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((_clean(name), _clean(value)) for name, value in json.loads(text).items())


@lru_cache(4096)
def _loras(text: str) -> str:
    return _clean(", ".join(f"{name}:{weight:g}" for name, weight in json.loads(text)))


@lru_cache(4096)
def _palette(text: str | None) -> str:
    return ", ".join(f"{colour}:{share:g}" for colour, share in json.loads(text or "[]"))


def _clean(text: str) -> str:
    """Text that CSV and Parquet can hold, which take no half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = "" if value is None or value is pd.NaT else str(value)
    return text if len(text) <= 200 else text[:199] + "…"


def _picture(path: object, alt: str) -> str:
    """The picture at `path` as a small <img>, or words where it does not open."""
    try:
        url = data_url(thumbnail(open_image(str(path)), SIDE), "JPEG", quality=80)
    except SdkitError:
        return "<em>file gone</em>"
    return f'<img src="{url}" alt="{escape(alt, quote=True)}" style="max-width:none;border-radius:4px">'


__all__ = ["ExperimentFrame", "frame"]
