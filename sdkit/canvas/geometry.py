"""A picture on a larger canvas: where it lies, what is free around it, and in which windows to paint that."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..errors import InputError
from .blend import stretch

_CONTEXT = 1.6  # times the mask's side is what an inpainting of it sees
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels; right and bottom exclusive

ANCHORS = {
    "left": (0.0, 0.5), "centre": (0.5, 0.5), "center": (0.5, 0.5), "right": (1.0, 0.5), "top": (0.5, 0.0), "bottom": (0.5, 1.0),
}  # fmt: skip  # where the picture sits, as shares of the free width and height


@dataclass(frozen=True)
class Placed:
    """Where a picture lies on a canvas of `size` (width, height) pixels: scaled to `scaled`, its corner at `offset`."""

    size: tuple[int, int]
    scaled: tuple[int, int]
    offset: tuple[int, int]

    @property
    def box(self) -> Box:
        """Where the picture lies on the canvas."""
        x, y = self.offset
        return x, y, x + self.scaled[0], y + self.scaled[1]


def place(image_size: tuple[int, int], size: tuple[int, int], anchor: str | tuple[float, float] = "centre") -> Placed:
    """Fit a picture of `image_size` whole into a canvas of `size`, at `anchor`.

    anchor   left, centre, right, top or bottom; or (x, y), shares of the canvas from 0 to 1: the picture's middle comes as
             near to that point as it can while the picture stays whole, (2/3, 0.5) at two thirds of the width.

    Where the scale is 1 the picture's pixels stay as they are. Raises InputError for any other anchor.
    """
    scale = min(size[0] / image_size[0], size[1] / image_size[1])
    scaled = tuple(min(s, max(1, round(i * scale))) for s, i in zip(size, image_size, strict=True))
    if isinstance(anchor, str):
        if anchor not in ANCHORS:
            raise InputError("anchor", anchor, ", ".join(ANCHORS) + ", or (x, y) from 0 to 1")
        offset = tuple(round((s - k) * a) for s, k, a in zip(size, scaled, ANCHORS[anchor], strict=True))
    else:
        middle = _point("anchor", anchor)
        offset = tuple(min(max(round(m * s - k / 2), 0), s - k) for s, k, m in zip(size, scaled, middle, strict=True))
    return Placed(size, (scaled[0], scaled[1]), (offset[0], offset[1]))


def widened(image_size: tuple[int, int], *, left: int = 0, right: int = 0, up: int = 0, down: int = 0) -> Placed:
    """A picture with so many pixels more on each side; it is not scaled.

    Raises InputError for what is no whole number from 0, and when all are 0.
    """
    sides = {"left": left, "right": right, "up": up, "down": down}
    for name, value in sides.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise InputError(name, value, "a whole number of pixels from 0")
    if not any(sides.values()):
        raise InputError("size", None, "(width, height) in pixels, or more pixels by left=, right=, up= or down=")
    width, height = image_size
    return Placed((int(left + width + right), int(up + height + down)), image_size, (int(left), int(up)))


def _point(parameter: str, value: object) -> tuple[float, float]:
    try:
        x, y = (float(v) for v in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        x = y = -1.0
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InputError(parameter, value, ", ".join(ANCHORS) + ", or (x, y), each from 0 to 1")
    return x, y


def surrounded(box: Box, size: tuple[int, int], native: tuple[int, int], multiple: int = 8) -> Box:
    """`box` with what a model should see around it, inside a picture of `size`: what an "only masked" inpainting works on.

    At least `native` (width, height) pixels, so that nothing is enlarged for the model; at least 1.6 times the box, and never
    longer than twice its other side, where the picture allows. Sides are whole multiples of `multiple` where it does too.
    """
    across = box[2] - box[0], box[3] - box[1]
    wanted = [max(_CONTEXT * a, n) for a, n in zip(across, native, strict=True)]
    wanted = [max(wanted[0], wanted[1] / 2), max(wanted[1], wanted[0] / 2)]
    sides = [min(-(-math.ceil(w) // multiple) * multiple, s) for w, s in zip(wanted, size, strict=True)]
    start = [min(max((box[i] + box[i + 2] - sides[i]) // 2, 0), size[i] - sides[i]) for i in (0, 1)]
    return start[0], start[1], start[0] + sides[0], start[1] + sides[1]


def extend(image: Image.Image, placed: Placed) -> tuple[Image.Image, Image.Image]:
    """The canvas (RGB, free area filled from the picture's edges) and its mask, for `placed`."""
    picture = image.convert("RGB")
    if picture.size != placed.scaled:
        picture = picture.resize(placed.scaled, Image.Resampling.LANCZOS)
    canvas, mask = Image.new("RGB", placed.size), Image.new("L", placed.size, 255)
    canvas.paste(picture, placed.offset)
    mask.paste(0, placed.box)
    return stretch(canvas, mask), mask


def windows(mask: Image.Image, window: tuple[int, int], *, context: float = 0.3, step: int = 8) -> Iterator[Box]:
    """Boxes of `window` (width, height) that together cover the mask's white, each seen with pixels already known.

    The next box is the one that paints most while at least the share `context` of it is known (or, where none is, the
    one that knows most); what a box painted counts as known after it. `step` is the grid of their corners, in pixels.
    """
    unknown = np.asarray(mask) >= 128
    height, width = unknown.shape
    w, h = min(window[0], width), min(window[1], height)
    xs = np.unique(np.append(np.arange(0, width - w + 1, step), width - w))
    ys = np.unique(np.append(np.arange(0, height - h + 1, step), height - h))
    unknown = unknown.copy()
    centre_x, centre_y = _middle(~unknown) if (~unknown).any() else (width / 2, height / 2)
    # Of equals, the box nearest to what is known: it sees more of it.
    away = np.hypot((xs[None, :] + w / 2 - centre_x) / w, (ys[:, None] + h / 2 - centre_y) / h)
    while unknown.any():
        table = np.pad(unknown.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))
        paints = table[ys + h][:, xs + w] - table[ys][:, xs + w] - table[ys + h][:, xs] + table[ys][:, xs]
        knows = w * h - paints
        useful = paints > 0
        enough = useful & (knows >= context * w * h)
        score = np.where(enough, paints, -1) if enough.any() else np.where(useful, knows, -1)
        best = np.where(score == score.max(), away, np.inf)
        i, j = np.unravel_index(np.argmin(best), best.shape)
        x, y = int(xs[j]), int(ys[i])
        yield x, y, x + w, y + h
        unknown[y : y + h, x : x + w] = False


def _middle(where: np.ndarray) -> tuple[float, float]:
    """(x, y) of the mean True pixel."""
    y, x = np.nonzero(where)
    return float(x.mean()), float(y.mean())
