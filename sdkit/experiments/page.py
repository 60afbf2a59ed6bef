"""An experiment's pictures as a labelled X/Y/Z sheet: one picture, or one HTML file that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from ..codecs import data_url, open_image, thumbnail, write_atomic
from ..errors import InputError, SdkitError, StoreError, near
from ..sheet import contact_sheet
from .contrasts import factors, label

if TYPE_CHECKING:
    import pandas as pd

SEED = "seed"
_COLUMN = {"image": "source", "mask": "mask_source"}  # axes that the frame calls otherwise
_MAX_SHEET = 100_000_000  # pixels of one sheet
_NO_PICTURE = Image.new("RGB", (64, 64), (210, 210, 210))


@dataclass(frozen=True)
class Grid:
    """Where each picture stands.

    x, y, z     labels of columns, rows and blocks; a block is a grid of its own.
    cells       (block, row, column) -> the number of the table's row. Of several for one place the last.
    names       what x, y and z stand for: names of factors.
    told        for each row of the table, ((factor, level as shown), ...).
    """

    x: tuple[str, ...]
    y: tuple[str, ...]
    z: tuple[str, ...]
    cells: dict[tuple[int, int, int], int]
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    told: tuple[tuple[tuple[str, str], ...], ...]


def grid(table: pd.DataFrame, x: str = SEED, y: str | Sequence[str] | None = None, z: str | Sequence[str] = ()) -> Grid:
    """The places of the table's rows. What varies and is named nowhere goes down the rows (y), or where y is given into z.

    Raises InputError for a name that does not vary here.
    """
    levels = {f.name: [label(f.name, f.levels[code]) for code in f.codes] for f in factors(table)}
    levels[SEED] = [f"seed {seed}" for seed in table[SEED]]
    x = _COLUMN.get(x, x)
    down = [y] if isinstance(y, str) else list(y or ())
    blocks = [z] if isinstance(z, str) else list(z)
    down, blocks = ([_COLUMN.get(name, name) for name in names] for names in (down, blocks))
    for parameter, names in (("x", [x]), ("y", down), ("z", blocks)):
        for name in names:
            if name not in levels:
                raise InputError(parameter, name, "what varies here: " + ", ".join(levels), near(str(name), levels))
    rest = [name for name in levels if name not in (x, *down, *blocks)]
    (down if y is None else blocks).extend(rest)
    keys = [
        [", ".join(f"{v}" if n == SEED else f"{n}: {v}" for n in names for v in [levels[n][i]]) for i in range(len(table))]
        for names in ([x], down, blocks)
    ]
    xs, ys, zs = (list(dict.fromkeys(k)) for k in keys)
    cells = {(zs.index(c), ys.index(b), xs.index(a)): i for i, (a, b, c) in enumerate(zip(*keys, strict=True))}
    told = tuple(tuple((name, levels[name][i]) for name in levels) for i in range(len(table)))
    return Grid(tuple(xs), tuple(ys), tuple(zs), cells, ((x,), tuple(down), tuple(blocks)), told)


def picture(table: pd.DataFrame, places: Grid, side: int) -> Image.Image:
    """The sheet as one RGB picture; blocks below each other. Raises InputError when it would be over 100 megapixels."""
    if len(places.cells) * side * side > _MAX_SHEET:
        raise InputError("side", side, "fewer pixels for so many pictures", "Or write a page: it may be of any size.")
    paths = list(table["path"])
    sheets = []
    for block, title in enumerate(places.z):
        cells = {(r, c): _opened(paths[i], side) for (b, r, c), i in places.cells.items() if b == block}
        sheet = contact_sheet(places.y or [""], places.x, cells, side=side)
        sheets.append((title, sheet))
    font = ImageFont.load_default(16)
    heads = [30 if title else 0 for title, _ in sheets]
    whole = Image.new("RGB", (max(s.width for _, s in sheets), sum(heads) + sum(s.height for _, s in sheets)), "white")
    top = 0
    for (title, sheet), head in zip(sheets, heads, strict=True):
        ImageDraw.Draw(whole).text((10, top + 8), title, fill=(38, 42, 50), font=font)
        whole.paste(sheet, (0, top + head))
        top += head + sheet.height
    return whole


def page(table: pd.DataFrame, places: Grid, path: str | os.PathLike[str], *, side: int, title: str) -> Path:
    """The sheet as one HTML file with filters, zoom and captions. Raises StoreError when it cannot be written."""
    told = [name for name, _ in places.told[0]] if places.told else []
    filters = []
    for k, name in enumerate(told):
        values = dict.fromkeys(dict(row)[name] for row in places.told)
        options = "".join(f'<option value="{escape(v, quote=True)}">{escape(v)}</option>' for v in values)
        if len(values) > 1:
            filters.append(
                f'<label>{escape(name)} <select data-key="k{k}"><option value="">all</option>{options}</select></label>'
            )
    blocks = []
    for block, head in enumerate(places.z):
        columns = "".join(f'<th scope="col" data-column="{c}">{escape(x)}</th>' for c, x in enumerate(places.x))
        rows = []
        for r, y in enumerate(places.y):
            cells = "".join(_cell(table, places, (block, r, c), side) for c in range(len(places.x)))
            rows.append(f'<tr><th scope="row">{escape(y)}</th>{cells}</tr>')
        heading = f"<h2>{escape(head)}</h2>" if head else ""
        blocks.append(
            f"<section>{heading}<table><thead><tr><th></th>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
        )
    html = (
        _PAGE.replace("%SIDE%", str(side)).replace("%FILTERS%", "".join(filters)).replace("%COUNT%", f"{len(table):,}")
        .replace("%TITLE%", escape(title)).replace("%BLOCKS%", "".join(blocks))
    )  # fmt: skip
    target = Path(path)
    try:
        write_atomic(target, html.encode("utf-8", "replace"))
    except OSError as error:
        raise StoreError(
            f"{target}: the page could not be written ({error.strerror or error}). Choose another path."
        ) from error
    return target


def _cell(table: pd.DataFrame, places: Grid, place: tuple[int, int, int], side: int) -> str:
    i = places.cells.get(place)
    if i is None:
        return f'<td data-column="{place[2]}"></td>'
    row = table.iloc[i]
    keys = " ".join(f'data-k{k}="{escape(v, quote=True)}"' for k, (_, v) in enumerate(places.told[i]))
    rating = "" if row["rating"] != row["rating"] else f", {row['rating']:.1f} stars"
    caption = f"{row['prompt']} ({row['id']}, seed {row['seed']}, {row['steps']} steps, guidance {row['guidance']:g}{rating})"
    words = escape(caption, quote=True)
    url = data_url(_opened(row["path"], side), "JPEG", quality=85)
    return (
        f'<td data-column="{place[2]}"><figure tabindex="0" {keys} data-words="{words}"><img src="{url}" alt="{words}" loading="lazy">'
        f"<figcaption>{escape(caption)}</figcaption></figure></td>"
    )


def _opened(path: str, side: int) -> Image.Image:
    try:
        return thumbnail(open_image(path), side)
    except SdkitError:
        return _NO_PICTURE


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>%TITLE%</title>
<style>
:root{--side:min(%SIDE%px,180px);--ink:#1f2933;--paper:#fff;--line:#d6dbe1}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--paper:#16191d;--line:#39414a}}
body{font:15px/1.45 system-ui,sans-serif;margin:0;color:var(--ink);background:var(--paper)}
header{position:sticky;top:0;z-index:3;background:var(--paper);border-bottom:1px solid var(--line);padding:10px 16px}
h1{font-size:19px;margin:0 0 6px}h2{font-size:16px;margin:18px 16px 0}
header div{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center}
input,select{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:5px;padding:2px 5px}
table{border-collapse:collapse;margin:8px 16px}
th{text-align:left;vertical-align:top;font-weight:600;padding:4px 6px;max-width:15em}
td{vertical-align:top;padding:3px}
figure{margin:0;cursor:zoom-in}figure:focus-visible{outline:3px solid #2f6fde}
figure img{width:var(--side);display:block;border-radius:5px}
figcaption{display:none;font-size:12px;max-width:var(--side);overflow-wrap:anywhere}
.captions figcaption{display:block}
[hidden]{display:none!important}
dialog{border:0;border-radius:8px;padding:14px;max-width:94vw;color:var(--ink);background:var(--paper)}
dialog img{max-width:88vw;max-height:76vh;min-width:min(512px,80vw);image-rendering:auto}
</style></head><body>
<header><h1>%TITLE%</h1><div><label>words <input type="search" id="words" placeholder="filter"></label>%FILTERS%
<label>size <input type="range" id="zoom" min="60" max="%SIDE%" value="180"></label>
<label><input type="checkbox" id="captions"> captions</label><span role="status" id="count">%COUNT% pictures</span></div></header>
<main>%BLOCKS%</main>
<dialog id="large"><img alt=""><p></p><button autofocus>close</button></dialog>
<script>
"use strict";
const all = s => [...document.querySelectorAll(s)], by = id => document.getElementById(id);
const figures = all("figure"), selects = all("select");
function filter() {
  const terms = by("words").value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const f of figures) {
    const words = f.dataset.words.toLowerCase();
    const on = terms.every(t => words.includes(t)) && selects.every(s => !s.value || f.dataset[s.dataset.key] === s.value);
    f.hidden = !on;
    count += on;
  }
  const any = e => e.querySelector("figure:not([hidden])") !== null;
  for (const table of all("table")) {
    for (const row of table.tBodies[0].rows) row.hidden = !any(row);
    for (const head of table.querySelectorAll("thead th[data-column]")) {
      const cells = [...table.querySelectorAll(`td[data-column="${head.dataset.column}"]`)];
      const on = cells.some(any);
      for (const cell of [head, ...cells]) cell.hidden = !on;
    }
    table.closest("section").hidden = !any(table);
  }
  by("count").textContent = count + (count === 1 ? " picture" : " pictures");
}
for (const e of [by("words"), ...selects]) e.addEventListener("input", filter);
by("zoom").addEventListener("input", e => document.documentElement.style.setProperty("--side", e.target.value + "px"));
by("captions").addEventListener("input", e => document.body.classList.toggle("captions", e.target.checked));
function open(f) {
  const box = by("large");
  box.querySelector("img").src = f.querySelector("img").src;
  box.querySelector("img").alt = box.querySelector("p").textContent = f.dataset.words;
  box.showModal();
}
for (const f of figures) {
  f.addEventListener("click", () => open(f));
  f.addEventListener("keydown", e => { if (e.key === "Enter") open(f); });
}
by("large").addEventListener("click", e => { if (e.target.tagName !== "IMG") by("large").close(); });
</script></body></html>
"""
