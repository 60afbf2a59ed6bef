"""A Result: one finished picture with all that made it. A ResultSet: what `generate` returns."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Self, overload

from PIL import Image, ImageOps

from .codecs import data_url, thumbnail
from .errors import ExportError
from .request import Request
from .sheet import contact_sheet

_SHOWN = 1024  # pixels a side: a photograph of 20 megapixels is shown smaller in a notebook


@dataclass(frozen=True)
class Made:
    """What made a picture, beside its Request: enough to tell whether it can be made again bit for bit.

    model       name as the person gave it ("pocket", "org/name", a path, a URL).
    model_hash  SHA-256 (hex, first 16) over the weights, or the hub revision, or "" where neither is known.
    family      "sd1", "sd2", "sdxl", "sd3", "flux"; of an upscaler "compact" or "esrgan"; or "" for a service that does not say.
    device, dtype, scheduler, libraries ({"torch": "2.13.0", ...})      as used.
    guides      what was loaded beside the model and used: {"canny": hash or revision, "style": ...}.
    batch       how many pictures were denoised together: batch size can move pixels (diffusers #2659).
    """

    model: str
    model_hash: str = ""
    family: str = ""
    device: str = ""
    dtype: str = ""
    scheduler: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)
    batch: int = 1
    guides: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**self.__dict__, "libraries": dict(self.libraries), "guides": dict(self.guides)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The value that `to_dict` described; unknown fields, from a newer sdkit, are left out."""
        return cls(**{k: v for k, v in data.items() if k in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Result:
    """One finished picture.

    image    PIL, RGB (a service may send RGBA).
    seconds  wall time of the picture's share of its batch.
    id       its row in the experiment store, or "" while it has none; path, the stored PNG.
    """

    image: Image.Image = field(repr=False)
    request: Request
    made: Made
    seconds: float = 0.0
    id: str = ""
    path: str = ""

    def _repr_png_(self) -> bytes:
        from .codecs import encode

        return encode(self.image)


@dataclass(frozen=True)
class Patched(Result):
    """A picture of which a region was painted. It may be larger than any Request, and of any mode.

    image    the whole picture, finished: mode, size, colour profile and EXIF rotation as they were.
    part     what the model made of the region, RGB. This is what the request, its receipt and the store's row and file are
             about, and what `Studio.reproduce` makes again; `image` is it put in place.
    box      where the region lies: (left, top, right, bottom) in pixels of the upright picture.
    of       the Result that the picture was before, or None for a photograph.
    """

    part: Image.Image | None = field(default=None, repr=False)
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    of: Result | None = field(default=None, repr=False)

    def save(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the whole picture, with its colour profile, EXIF data (the rotation with them) and resolution.

        The suffix says the format. PNG and TIFF keep pixels bit for bit; JPEG is compressed anew. `options` go to
        `PIL.Image.Image.save`. Raises ExportError when the file cannot be written.
        """
        known: dict[str, Any] = {k: self.image.info[k] for k in ("icc_profile", "exif", "dpi") if k in self.image.info}
        if Path(path).suffix.lower() in (".jpg", ".jpeg"):
            known["quality"] = 95
        try:
            self.image.save(path, **{**known, **options})
        except (OSError, ValueError, KeyError) as error:
            raise ExportError(f"{path}: the {self.image.mode} picture could not be written there ({error}).") from error

    def _repr_png_(self) -> bytes:
        from .codecs import encode

        small = self.image.copy() if max(self.image.size) <= _SHOWN else self.image.resize(
            tuple(max(1, round(side * _SHOWN / max(self.image.size))) for side in self.image.size)  # type: ignore[arg-type]
        )  # fmt: skip
        return encode(ImageOps.exif_transpose(small).convert("RGBA" if "A" in small.getbands() else "RGB"))


class ResultSet(Sequence[Result]):
    """Finished pictures in the order asked for. In a notebook it shows itself as a sheet, prompts down, seeds across.

    `interrupted` is True when a person stopped the work before all of it was done.
    """

    def __init__(self, results: Sequence[Result] = (), *, interrupted: bool = False) -> None:
        self._results = tuple(results)
        self.interrupted = interrupted

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> ResultSet: ...
    def __getitem__(self, index: int | slice) -> Result | ResultSet:
        if isinstance(index, slice):
            return ResultSet(self._results[index], interrupted=self.interrupted)
        return self._results[index]

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._results)

    def grid(self) -> tuple[list[str], list[str], dict[tuple[int, int], Result]]:
        """Row labels (prompts), column labels (seeds), and the Result in each filled (row, column).

        Strengths that differ are said with the prompt, second seeds with the seed. A picture whose prompt and seed another
        already has (they differ in, say, steps) opens a row of its own.
        """
        sweep = len({r.request.strength for r in self if r.request.image is not None}) > 1
        rows: list[str] = []
        columns = list(dict.fromkeys(_noise(r.request) for r in self))
        cells: dict[tuple[int, int], Result] = {}
        for result in self:
            column = columns.index(_noise(result.request))
            label = str(result.request.prompt)
            if sweep and result.request.image is not None:
                label += f" · strength {result.request.strength:g}"
            row = next((i for i, text in enumerate(rows) if text == label and (i, column) not in cells), len(rows))
            if row == len(rows):
                rows.append(label)
            cells[row, column] = result
        return rows, columns, cells

    def sheet(self, side: int = 256) -> Image.Image:
        """The sheet as one labelled picture, RGB; cells of at most `side` pixels a side."""
        rows, columns, cells = self.grid()
        return contact_sheet(rows, columns, {place: r.image for place, r in cells.items()}, side=side)

    def __repr__(self) -> str:
        if not self._results:
            return "ResultSet: no pictures" + (" (stopped)" if self.interrupted else "")
        rows, columns, _ = self.grid()
        seconds = statistics.median(r.seconds for r in self)
        head = (
            f"{len(self)} picture{'s' * (len(self) != 1)} of {self[0].request.size[0]} x {self[0].request.size[1]} "
            f"by {self[0].made.model}: {len(rows)} prompt{'s' * (len(rows) != 1)} x {len(columns)} "
            f"seed{'s' * (len(columns) != 1)}, {seconds:.1f} s each" + (", stopped early" if self.interrupted else "")
        )
        return "\n".join([head, *(f"  {label}" for label in rows)])

    def _repr_html_(self) -> str:
        rows, columns, cells = self.grid()
        cell_css = "padding:4px;text-align:left;vertical-align:top;font-weight:normal"
        head = "".join(f'<th scope="col" style="{cell_css}">{escape(c)}</th>' for c in columns)
        body = []
        for i, label in enumerate(rows):
            tds = []
            for j in range(len(columns)):
                result = cells.get((i, j))
                if result is None:
                    tds.append(f'<td style="{cell_css}"></td>')
                    continue
                url = data_url(thumbnail(result.image, 256), "JPEG", quality=88)
                alt = escape(f"{label}, {columns[j]}", quote=True)
                tds.append(f'<td style="{cell_css}"><img src="{url}" alt="{alt}" title="{alt}" style="border-radius:6px"></td>')
            body.append(
                f'<tr><th scope="row" style="{cell_css};max-width:14em;white-space:normal">{escape(label)}</th>{"".join(tds)}</tr>'
            )
        note = "<p>Stopped early: the finished pictures are kept.</p>" if self.interrupted else ""
        return (
            f'<div style="overflow-x:auto"><table style="border-collapse:collapse"><thead><tr><th scope="col" style="{cell_css}">'
            f"prompt</th>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{note}</div>"
        )


def _noise(request: Request) -> str:
    """Which noise a picture started from, in words."""
    turned = f" + {request.subseed_strength:.0%} of {request.subseed}" if request.subseed_strength else ""
    return f"seed {request.seed}{turned}"
