"""Moving a picture's colours towards a palette: gently, and so that it can be undone.

It works in Oklab (Ottosson 2020). A colour's hue and chroma go to those of the palette's colours that lie nearest, weighted so
that neighbours go to neighbours and no edge appears; lightness, which carries the shapes, moves a quarter as far. Greys stay
grey, and colours of skin and wood move a quarter as far. The map is made once, on a grid of 33 x 33 x 33, and laid over the
picture by Pillow.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from ..codecs import encode, open_image
from ..errors import ImageError, InputError
from .colours import full, is_hex

_GRID = 33  # points a side; between them Pillow interpolates
_GREY, _COLOURED = 0.02, 0.07  # Oklab chroma: below the first nothing moves, from the second on all of it
_DARK = (0.12, 0.28)  # Oklab lightness: next to black a step of the grid is a large step of colour
_SKIN_HUE, _SKIN_WIDTH = 52.0, 26.0  # degrees: skin of all people lies about here, and bread, wood and leather with it
_SKIN_CHROMA = 0.13  # stronger oranges are paint
_SKIN_SHARE = 0.25
_REACH = 0.05  # Oklab units: how far a palette colour still pulls beside a nearer one
_FAR = (
    0.22,
    0.40,
)  # Oklab units from the nearest palette colour: over the first the pull weakens, over the second a little is left
_LEFT = 0.35
_LIGHT = 0.25  # of the way that hue and chroma go, for lightness


@dataclass(frozen=True)
class Graded:
    """A graded picture, with what it was and how it came about.

    image      after; original, before, untouched.
    strength   0 to 1; palette, the hex colours it was moved towards; brand, whose they are.
    """

    image: Image.Image = field(repr=False)
    original: Image.Image = field(repr=False)
    strength: float
    palette: tuple[str, ...]
    brand: str = ""

    def undo(self) -> Image.Image:
        """The picture as it was, bit for bit."""
        return self.original.copy()

    def again(self, strength: float) -> Graded:
        """The original graded with another strength: not what was graded already, graded more."""
        return grade(self.original, self.palette, strength, brand=self.brand)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain JSON values: with the original they make the same picture again."""
        return {"brand": self.brand, "strength": self.strength, "palette": list(self.palette)}

    def _repr_png_(self) -> bytes:
        return encode(self.image)


def grade(
    image: str | os.PathLike[str] | Image.Image, palette: Sequence[str], strength: float = 0.3, *, brand: str = ""
) -> Graded:
    """The picture with its colours moved towards `palette`, by the share `strength`, 0 to 1.

    image     8 bits a channel: RGB or RGBA stays that, transparency as it is; a palette picture or CMYK becomes RGB, or RGBA.
              Greyscale comes back as it is.
    palette   hex colours. Those without a hue pull nothing.

    At 0 the result is the original bit for bit. Raises InputError for a wrong strength or palette, ImageError for what is no
    picture or has more than 8 bits.
    """
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 <= strength <= 1:
        raise InputError("strength", strength, "a number from 0 to 1")
    if not all(map(is_hex, palette)) or isinstance(palette, str):
        raise InputError("palette", palette, 'colours as "#rrggbb"')
    towards = tuple(full(colour) for colour in palette)
    original = open_image(image if isinstance(image, Image.Image) else os.fspath(image), "image")
    if original.mode.startswith(("I", "F")):
        raise ImageError("image", f"a picture of mode {original.mode}", "8 bits a channel, such as RGB")
    done = original.copy()
    if strength and original.mode not in ("1", "L", "LA", "La"):
        if done.mode not in ("RGB", "RGBA"):
            done = done.convert("RGBA" if "A" in done.getbands() or "transparency" in done.info else "RGB")
        table = _table(towards, float(strength))
        if table is not None:
            graded = done.filter(table)
            graded.info = done.info
            done = graded
    return Graded(done, original, float(strength), towards, brand)


def _table(palette: tuple[str, ...], strength: float) -> ImageFilter.Color3DLUT | None:
    """The map as a look-up table, or None where no colour of the palette has a hue."""
    steps = np.linspace(0, 1, _GRID)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")  # red varies fastest, as Pillow has it
    rgb = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    moved = shifted(rgb, palette, strength)
    if moved is None:
        return None
    return ImageFilter.Color3DLUT(_GRID, moved.astype(np.float32).ravel())


def shifted(rgb: Any, palette: Sequence[str], strength: float) -> Any:
    """sRGB colours, shape (n, 3) from 0 to 1, moved towards a palette; None where the palette has no hue."""
    targets = oklab(np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in palette]).reshape(-1, 3))
    targets = targets[np.hypot(targets[:, 1], targets[:, 2]) > 2 * _GREY]
    if not len(targets):
        return None
    lab = oklab(rgb)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    # Lightness counts a third in what is near: a dark teal still goes to the brand's lighter one.
    gaps = (lab[:, None, :] - targets[None]) * np.array([1 / 3, 1.0, 1.0])
    apart = np.sqrt((gaps**2).sum(-1))
    pull = np.exp(-((apart - apart.min(1, keepdims=True)) / _REACH))
    pull /= pull.sum(1, keepdims=True)
    aim = pull @ targets
    # Never much more colour than there was: a pale background stays pale.
    most = chroma * 1.2 + 0.01
    aim[:, 1:] *= np.minimum(1, most / np.maximum(np.hypot(aim[:, 1], aim[:, 2]), 1e-9))[:, None]
    far = _LEFT + (1 - _LEFT) * (1 - _smooth(apart.min(1), *_FAR))
    share = strength * _smooth(chroma, _GREY, _COLOURED) * _smooth(lab[:, 0], *_DARK) * far * _spared(lab, chroma)
    return _fitted(lab + share[:, None] * (aim - lab) * np.array([_LIGHT, 1.0, 1.0]))


def _spared(lab: Any, chroma: Any) -> Any:
    """1, and less for colours of skin and what is like it."""
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    turn = np.abs((hue - _SKIN_HUE + 180) % 360 - 180)
    like = (1 - _smooth(turn, _SKIN_WIDTH / 2, _SKIN_WIDTH)) * (1 - _smooth(chroma, _SKIN_CHROMA * 0.85, _SKIN_CHROMA * 1.15))
    like = like * _smooth(lab[:, 0], 0.25, 0.4)  # darker browns are shadow
    return 1 - (1 - _SKIN_SHARE) * like


def _smooth(x: Any, low: float, high: float) -> Any:
    """0 up to `low`, 1 from `high` on, without a corner."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


# Ottosson's matrices, https://bottosson.github.io/posts/oklab/ (2020, revised 2021).
_TO_LMS = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
_TO_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip


def oklab(rgb: Any) -> Any:
    """sRGB from 0 to 1, shape (n, 3), in Oklab."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T


def _linear(lab: Any) -> Any:
    return ((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T


def _fitted(lab: Any) -> Any:
    """Oklab in sRGB from 0 to 1; what lies outside loses chroma until it fits, at the same lightness and hue."""
    low, high = np.zeros(len(lab)), np.ones(len(lab))
    fits = _fits(lab)
    for _ in range(12):
        middle = (low + high) / 2
        inside = _fits(np.column_stack([lab[:, 0], lab[:, 1:] * middle[:, None]]))
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    scale = np.where(fits, 1.0, low)[:, None]
    linear = np.clip(_linear(np.column_stack([lab[:, 0], lab[:, 1:] * scale])), 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _fits(lab: Any) -> Any:
    linear = _linear(lab)
    return ((linear >= -1e-4) & (linear <= 1 + 1e-4)).all(1)


__all__ = ["Graded", "grade", "oklab", "shifted"]
