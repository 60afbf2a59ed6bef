"""What can be said of a picture without anyone looking at it, in about ten milliseconds.

All of it is measured on a copy whose short side is at most 256 pixels, so that pictures of different sizes compare: a blur
too fine to see at that size is not seen here. Noise, lettering and JPEG blocks count as sharpness too.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import numpy as np
from PIL import Image

from ..errors import InputError, near

SIDE = 256  # pixels, the short side at most
_GRID = 32  # cells a side that copy space is counted in
_CLEAR = 0.03  # standard deviation of lightness in a cell, below which words stay readable on it
_SHARE = 0.4  # of the picture, that a side is
_COLOURS = 6
HIGHER, LOWER = "higher", "lower"
PALETTE_DISTANCE = "palette_distance"  # a column where there is a brand: it is measured from the stored palettes


class Scorer(Protocol):
    """What a Brand can say of a picture's palette."""

    def palette_distance(self, palette: Sequence[tuple[str, float]]) -> float:
        """How far ((hex, share), ...) is from the brand's colours, in deltaE 2000; NaN where there is none."""


@dataclass(frozen=True)
class Measures:
    """One picture's measures.

    sharpness       variance of the Laplacian of lightness, lightness from 0 to 255. A flat picture has 0; over about 100 most
                    people call a photograph sharp.
    contrast        standard deviation of lightness (RMS contrast), 0 to 0.5.
    brightness      mean lightness, 0 (black) to 1 (white).
    colourfulness   Hasler and Suesstrunk 2003: 0 grey, 15 slightly, 45 quite, 80 and more very colourful.
    copy_left, copy_right, copy_top, copy_bottom     how much of the 40 % next to that side is calm enough for words, 0 to 1.
    palette         up to six colours with their shares, largest first: (("#1b2a3c", 0.41), ...).
    dhash           64 bits of coarse structure, as "d" and 16 hex digits; near-duplicates differ in few bits.
    flaw            "black", "white", "blank" (one flat colour), "nan" (numbers that are none), or "".
    """

    sharpness: float
    contrast: float
    brightness: float
    colourfulness: float
    copy_left: float
    copy_right: float
    copy_top: float
    copy_bottom: float
    palette: tuple[tuple[str, float], ...]
    dhash: str
    flaw: str

    def record(self) -> tuple[Any, ...]:
        """As the store keeps it, in the order of COLUMNS."""
        values = (getattr(self, name) for name in COLUMNS)
        return tuple(json.dumps(v) if isinstance(v, tuple) else v for v in values)

    @classmethod
    def read(cls, record: tuple[Any, ...]) -> Self:
        """The value that `record` stored."""
        values = dict(zip(COLUMNS, record, strict=True))
        return cls(**{**values, "palette": tuple((a, b) for a, b in json.loads(values["palette"]))})


COLUMNS = tuple(f.name for f in fields(Measures))
NUMBERS = COLUMNS[: COLUMNS.index("palette")]
INSERT_MEASURES = f"INSERT OR REPLACE INTO measures (id, {', '.join(COLUMNS)}) VALUES (?, {', '.join('?' * len(COLUMNS))})"


def measure(image: Image.Image) -> Measures:
    """The measures of a picture of any size and mode; what is transparent counts as white."""
    flaw = ""
    if image.mode in ("F", "I", "I;16"):  # Pillow clips such modes when it makes them RGB
        raw = np.asarray(image, np.float32)
        flaw = "" if np.isfinite(raw).all() else "nan"
        raw = np.nan_to_num(raw, posinf=0.0, neginf=0.0)
        top = max(1.0, float(raw.max(initial=0.0)))
        image = Image.fromarray((np.clip(raw, 0, None) * (255.0 / top)).astype(np.uint8))
    small = _reduced(image)
    rgb = np.asarray(small, np.float32)
    light = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    deviation = float(light.std())
    if not flaw and deviation < 1.0:
        flaw = "black" if light.max() < 6 else "white" if light.min() > 249 else "blank"
    left, right, top_, bottom = _copy_space(light)
    return Measures(
        sharpness=_sharpness(light), contrast=deviation / 255, brightness=float(light.mean()) / 255,
        colourfulness=_colourfulness(rgb), copy_left=left, copy_right=right, copy_top=top_, copy_bottom=bottom,
        palette=_palette(small), dhash=_dhash(small), flaw=flaw,
    )  # fmt: skip


def better(column: str) -> str:
    """Whether "higher" or "lower" values of a column are the ones most people want."""
    return LOWER if column in ("seconds", PALETTE_DISTANCE) else HIGHER


def checked_column(column: object, there: Container[str] = ()) -> str:
    """The name of a measured column of numbers. Raises InputError for any other, and for one that needs a brand not `there`."""
    if column == PALETTE_DISTANCE:
        if PALETTE_DISTANCE not in there:
            hint = "Measure it by a brand: effects(of=…, brand=Brand.load(folder)), or Studio(brand=folder)."
            raise InputError("of", column, "a column that is there", hint)
    elif column not in (*NUMBERS, "seconds"):
        known = ("rating", "preference", "kept", *NUMBERS, "seconds", PALETTE_DISTANCE)
        listed = '"rating", "preference", "kept", ' + ", ".join(known[3:])
        raise InputError("of", column, f"a rating or a number: {listed}", near(str(column), known))
    return str(column)


def distance(one: str, other: str) -> int:
    """Bits in which two perceptual hashes differ, 0 to 64: 0 to 4 the same picture, up to 10 a near-duplicate."""
    return (int(one[1:], 16) ^ int(other[1:], 16)).bit_count()


def alike(hashes: list[str], within: int) -> list[tuple[int, int, int]]:
    """(place, place, bits) of every two hashes at most `within` bits apart, nearest first."""
    if not hashes:
        return []
    codes = np.array([int(h[1:], 16) for h in hashes], np.uint64)
    found = []
    for i in range(len(codes) - 1):
        apart = (
            np.bitwise_count(codes[i + 1 :] ^ codes[i]) if hasattr(np, "bitwise_count") else _count(codes[i + 1 :] ^ codes[i])
        )
        found += [(i, i + 1 + int(j), int(apart[j])) for j in np.flatnonzero(apart <= within)]
    return sorted(found, key=lambda f: (f[2], f[0], f[1]))


def _count(codes: Any) -> Any:
    return np.unpackbits(codes.view(np.uint8).reshape(len(codes), 8), axis=1).sum(axis=1)  # numpy 1 has no bitwise_count


def _reduced(image: Image.Image) -> Image.Image:
    if "A" in image.getbands() or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    image = image.convert("RGB")
    scale = SIDE / min(image.size)
    if scale >= 1:
        return image
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BOX, reducing_gap=2.0)


def _sharpness(light: Any) -> float:
    if min(light.shape) < 3:
        return 0.0
    middle = light[1:-1, 1:-1]
    return float((light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:] - 4 * middle).var())


def _colourfulness(rgb: Any) -> float:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def _copy_space(light: Any) -> tuple[float, float, float, float]:
    """Left, right, top, bottom: the share of calm cells in the 40 % next to each side."""
    height, width = light.shape
    step = max(1, min(height, width) // _GRID)
    rows, columns = height // step, width // step
    cells = light[: rows * step, : columns * step].reshape(rows, step, columns, step) / 255
    cells = np.ascontiguousarray(cells.transpose(1, 3, 0, 2)).reshape(
        step * step, rows, columns
    )  # so summing is 7 times as fast
    mean = cells.mean(axis=0)
    cells -= mean
    clear = np.einsum("kij,kij->ij", cells, cells) < _CLEAR**2 * len(cells)
    # An edge between two calm cells is no calm place either.
    for axis in (0, 1):
        jump = np.abs(np.diff(mean, axis=axis)) > 3 * _CLEAR
        clear &= ~np.pad(jump, [(0, 1) if a == axis else (0, 0) for a in (0, 1)])
    high, wide = max(1, round(rows * _SHARE)), max(1, round(columns * _SHARE))
    parts = (clear[:, :wide], clear[:, -wide:], clear[:high], clear[-high:])
    left, right, top, bottom = (float(part.mean()) for part in parts)
    return left, right, top, bottom


def _palette(small: Image.Image) -> tuple[tuple[str, float], ...]:
    tiny = small.resize((32, 32), Image.Resampling.BOX)  # a fifth of the time of 64 x 64
    reduced = tiny.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
    values = reduced.getpalette() or []
    counts: Any = sorted(reduced.getcolors() or [], reverse=True)  # (pixels, place in the palette)
    shares: dict[str, float] = {}
    for count, place in counts:
        colour = "#" + bytes(values[3 * place : 3 * place + 3]).hex()
        shares[colour] = shares.get(colour, 0.0) + count / 1024
    return tuple((colour, round(share, 3)) for colour, share in shares.items())


def _dhash(small: Image.Image) -> str:
    grey = np.asarray(small.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return "d" + np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes().hex()  # the letter keeps it text in spreadsheets
