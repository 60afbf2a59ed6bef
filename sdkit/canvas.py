"""A picture on a larger canvas: placing it, what to repaint, in which windows, and putting the known pixels back.

Masks are "L" images, white (255) = repaint, black (0) = keep; the black pixels come back bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .errors import InputError

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


def place(image_size: tuple[int, int], size: tuple[int, int], anchor: str = "centre") -> Placed:
    """Fit a picture of `image_size` whole into a canvas of `size`, at `anchor`: left, centre, right, top or bottom.

    Where the scale is 1 the picture's pixels stay as they are. Raises InputError for an unknown anchor.
    """
    if anchor not in ANCHORS:
        raise InputError("anchor", anchor, ", ".join(ANCHORS))
    scale = min(size[0] / image_size[0], size[1] / image_size[1])
    scaled = tuple(min(s, max(1, round(i * scale))) for s, i in zip(size, image_size, strict=True))
    share = ANCHORS[anchor]
    offset = tuple(round((s - k) * a) for s, k, a in zip(size, scaled, share, strict=True))
    return Placed(size, (scaled[0], scaled[1]), (offset[0], offset[1]))


def extend(image: Image.Image, placed: Placed) -> tuple[Image.Image, Image.Image]:
    """The canvas (RGB, free area filled from the picture's edges) and its mask, for `placed`."""
    picture = image.convert("RGB")
    if picture.size != placed.scaled:
        picture = picture.resize(placed.scaled, Image.Resampling.LANCZOS)
    canvas, mask = Image.new("RGB", placed.size), Image.new("L", placed.size, 255)
    canvas.paste(picture, placed.offset)
    mask.paste(0, placed.box)
    return stretch(canvas, mask), mask


def as_mask(mask: Image.Image) -> Image.Image:
    """Any mask as "L" with 0 and 255 only: the half and brighter is repainted."""
    return mask.convert("L").point(lambda value: 255 * (value >= 128))


def stretch(image: Image.Image, mask: Image.Image) -> Image.Image:
    """A copy whose masked pixels take the nearest kept pixel of their row, or of their column where a row has none."""
    pixels, keep = np.asarray(image.convert("RGB")).copy(), np.asarray(mask) < 128
    if not keep.any():
        return image.convert("RGB")
    for _ in range(2):  # rows, then (on the transposed view) columns
        _stretch_rows(pixels, keep)
        filled = keep | keep.any(axis=1, keepdims=True)
        pixels, keep = pixels.swapaxes(0, 1), filled.swapaxes(0, 1)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _stretch_rows(pixels: np.ndarray, keep: np.ndarray) -> None:
    """In place: (height, width, 3) pixels take the nearest pixel of their row where `keep` (height, width) is True."""
    width = keep.shape[1]
    columns = np.broadcast_to(np.arange(width), keep.shape)
    left = np.maximum.accumulate(np.where(keep, columns, -width * 2), axis=1)
    right = np.minimum.accumulate(np.where(keep, columns, width * 3)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(columns - left <= right - columns, left, right)
    rows = np.flatnonzero(keep.any(axis=1))
    pixels[rows] = np.take_along_axis(pixels[rows], nearest[rows][:, :, None], axis=1)


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


def paste_back(original: Image.Image, painted: Image.Image, mask: Image.Image) -> Image.Image:
    """`painted` where the mask is white, `original` bit for bit where it is black; both RGB of one size.

    The autoencoder shifts colours a little even where nothing was to change; that shift, seen on the kept side of the
    edge, is carried over into the painted side, so that no seam shows.
    """
    keep = np.asarray(mask) < 128
    before, after = np.asarray(original.convert("RGB")), np.asarray(painted.convert("RGB"))
    if keep.all() or not keep.any():
        return original.convert("RGB") if keep.all() else painted.convert("RGB")
    shift = (before.astype(np.float32) - after) * keep[..., None]
    # Only shifts that are small can be the autoencoder's; a large one is a kept detail that it drew differently.
    trusted = keep & (np.abs(shift).max(axis=2) < 40)
    carried = _spread(shift, trusted)
    mixed = np.clip(np.rint(after + carried), 0, 255).astype(np.uint8)
    return Image.fromarray(np.where(keep[..., None], before, mixed))


def _spread(values: np.ndarray, where: np.ndarray, reach: int = 32) -> np.ndarray:
    """Values (height, width, 3) known `where`, spread from there over about `reach` pixels and fading to 0 beyond."""
    weight = where.astype(np.float32)
    total, share = np.zeros_like(values), np.zeros(where.shape, np.float32)
    radius = 2
    while radius <= reach:
        near = _blur(weight, radius)
        mean = _blur(values * weight[..., None], radius) / np.maximum(near, 1e-6)[..., None]
        # Fine scales speak first, near the edge; coarser ones fill what is left, more faintly.
        part = np.clip(near * 4, 0, 1) * (1 - share)
        total += mean * part[..., None]
        share += part
        radius *= 2
    return total


def _blur(values: np.ndarray, radius: int) -> np.ndarray:
    """Box blur twice over (height, width[, channels]) float32, edges repeated."""
    for _ in range(2):
        for axis in (0, 1):
            n = values.shape[axis]
            pad = [(radius + 1, radius) if a == axis else (0, 0) for a in range(values.ndim)]
            sums = np.pad(values, pad, mode="edge").cumsum(axis=axis, dtype=np.float64)
            high = np.take(sums, np.arange(2 * radius + 1, 2 * radius + 1 + n), axis=axis)
            low = np.take(sums, np.arange(0, n), axis=axis)
            values = ((high - low) / (2 * radius + 1)).astype(np.float32)
    return values
