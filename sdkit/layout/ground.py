"""What is behind the words: which side of a picture is calm, and how strongly a colour stands out from it (WCAG 2.1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from .flow import Rect

READABLE = 4.5  # WCAG 2.1, success criterion 1.4.3
_AIM = 4.7  # rounding of pixels and soft edges take a little back
_LOW = 96  # pixels: the picture is looked at no larger than this for its calm sides
_STROKE = 10  # a letter is about this many strokes high: what lies behind a stroke is seen as one colour
_SUBJECT = 2.0  # words over the whole subject cost as much as this mean gradient, of 1


def unrest(image: Image.Image) -> np.ndarray:
    """How busy each place of a picture is, 0 calm to 1: the gradient of its lightness, small and clipped."""
    scale = min(1.0, _LOW / max(image.size))
    size = max(2, round(image.width * scale)), max(2, round(image.height * scale))
    light = np.asarray(image.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=2.0), np.float32) / 255
    down, across = np.gradient(light)
    return np.clip(4 * np.hypot(down, across), 0, 1)


def cost(busy: np.ndarray, size: tuple[int, int], box: Rect, subject: Rect | None) -> float:
    """How little a place suits words: its unrest, and how much of it the subject takes. 0 is best."""
    high, wide = busy.shape
    x, y = wide / size[0], high / size[1]
    left, top = int(box[0] * x), int(box[1] * y)
    part = busy[top : max(top + 1, round(box[3] * y)), left : max(left + 1, round(box[2] * x))]
    covered = overlap(box, subject) / max(1.0, area(box)) if subject else 0.0
    return float(part.mean()) + _SUBJECT * covered


def area(box: Rect) -> float:
    """Of a box, in square pixels; 0 where it is turned inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def overlap(one: Rect, other: Rect) -> float:
    """The area that two boxes share."""
    return area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))


def rgb(colour: str) -> tuple[int, int, int]:
    """ "#rrggbb" as numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Relative luminance, 0 to 1, of sRGB in the last axis, 0 to 255 (WCAG 2.1)."""
    c = np.asarray(pixels, np.float64) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    """Of two colours, 1 to 21 (WCAG 2.1)."""
    return worst(one, np.array([rgb(other)]))


def worst(colour: str, cells: np.ndarray) -> float:
    """The lowest contrast of a colour against any of the cells, (n, 3) in sRGB; 21 where there is none."""
    if not len(cells):
        return 21.0
    a, b = float(luminance(np.array(rgb(colour)))), luminance(cells)
    return float(((np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)).min())


def cells(image: Image.Image, boxes: Sequence[Rect], size: float) -> np.ndarray:
    """The colours behind words of `size` pixels, (n, 3): means over squares as wide as a stroke of their letters."""
    step = max(1.0, size / _STROKE)
    found = []
    for left, top, right, bottom in boxes:
        box = max(0.0, left), max(0.0, top), min(float(image.width), right), min(float(image.height), bottom)
        wide, high = box[2] - box[0], box[3] - box[1]
        if wide < 1 or high < 1:
            continue
        grid = max(1, round(wide / step)), max(1, round(high / step))
        found.append(np.asarray(image.resize(grid, Image.Resampling.BOX, box=box), np.float64).reshape(-1, 3))
    return np.concatenate(found) if found else np.empty((0, 3))


def veil(text: str, scrim: str, behind: np.ndarray) -> float:
    """The least opacity, 0 to 1, of a scrim that makes `text` readable on every cell; over 1 where none does."""
    if worst(text, behind) >= _AIM:
        return 0.0
    k = np.array(rgb(scrim), np.float64)
    if worst(text, behind * 0.02 + k * 0.98) < _AIM:
        return 2.0
    low, high = 0.0, 0.98
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (low, middle) if worst(text, behind * (1 - middle) + k * middle) >= _AIM else (middle, high)
    return high
