"""Putting painted pixels beside kept ones so that no seam shows. Kept pixels come back bit for bit, always."""

from __future__ import annotations

import numpy as np
from PIL import Image

_TRUST = 96  # levels: a larger difference on the kept side is another thing drawn there, not a shift of colour
_ROUGH = 16  # levels: and so is one that varies more than this within 5 x 5 pixels
_BAND = 6  # pixels beside the edge from which the shift is read


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


def paste_back(original: Image.Image, painted: Image.Image, mask: Image.Image, feather: int = 0) -> Image.Image:
    """`painted` where the mask is white, `original` bit for bit where it is black; both RGB of one size.

    A model shifts colours a little even where nothing was to change. That shift is read on the kept side of the edge and
    laid over the painted side as a membrane: all of it at the edge, smooth and harmonic further in, so that colours meet
    and gradients go on (gradient-domain blending, Pérez et al. 2003, with the painted side's own gradients).

    feather   pixels, inside the mask, over which the painted side fades in from the original.
    """
    keep = np.asarray(mask) < 128
    before, after = np.asarray(original.convert("RGB")), np.asarray(painted.convert("RGB"))
    if keep.all() or not keep.any():
        return original.convert("RGB") if keep.all() else painted.convert("RGB")
    shift = before.astype(np.float32) - after
    band = keep & near(~keep, _BAND)
    mean, rough = _local(shift, band)
    trusted = band & (np.abs(shift).max(axis=2) < _TRUST) & (rough < _ROUGH)
    mixed = after + membrane(mean, trusted) if trusted.any() else after.astype(np.float32)
    if feather > 0:
        share = inward(~keep, feather)[..., None]
        mixed = before * (1 - share) + mixed * share
    return Image.fromarray(np.where(keep[..., None], before, np.clip(np.rint(mixed), 0, 255).astype(np.uint8)))


def meet(original: Image.Image, painted: Image.Image, mask: Image.Image) -> Image.Image:
    """`painted`, its masked side shifted so that its colours meet those that `original` keeps beside the edge; both RGB.

    A second blend, where a seam shows after `paste_back`: that one reads how the model changed what it was to keep, this one
    how the two sides differ at the edge (two pixels of each), and lays the difference over the painted side as a membrane.
    Where the sides differ much, or vary, they show different things and are left as they are.
    """
    white = np.asarray(mask) >= 128
    before, after = np.asarray(original.convert("RGB"), np.float32), np.asarray(painted.convert("RGB"), np.float32)
    outer, inner = ~white & near(white, 2), white & near(~white, 2)
    edge = white & near(~white, 1)
    outside, rough = _local(before, outer)
    inside, rough_too = _local(after, inner)
    shift = outside - inside
    trusted = edge & (np.abs(shift).max(axis=2) < _TRUST) & (rough < _ROUGH) & (rough_too < _ROUGH)
    if not trusted.any():
        return painted
    mixed = np.clip(np.rint(after + membrane(shift, trusted)), 0, 255).astype(np.uint8)
    return Image.fromarray(np.where(white[..., None], mixed, before.astype(np.uint8)))


def membrane(values: np.ndarray, known: np.ndarray, rounds: int = 24) -> np.ndarray:
    """Values (height, width, channels) float32 as they are where `known`; elsewhere harmonic: each the mean of its neighbours.

    At the picture's border the membrane is level. Solved from coarse to fine, so that its cost is a few passes.
    """
    height, width = known.shape
    if known.all():
        return values.copy()
    if max(height, width) <= 2:
        mean = values[known].mean(0) if known.any() else np.zeros(values.shape[2], np.float32)
        return np.where(known[..., None], values, mean).astype(np.float32)
    pad = ((0, height % 2), (0, width % 2))
    weight = np.pad(known.astype(np.float32), pad)
    blocks = np.pad(values * known[..., None], (*pad, (0, 0)))
    count = weight[0::2, 0::2] + weight[1::2, 0::2] + weight[0::2, 1::2] + weight[1::2, 1::2]
    total = blocks[0::2, 0::2] + blocks[1::2, 0::2] + blocks[0::2, 1::2] + blocks[1::2, 1::2]
    coarse = membrane(total / np.maximum(count, 1)[..., None], count > 0, rounds)
    found = coarse.repeat(2, 0).repeat(2, 1)[:height, :width]
    found[known] = values[known]
    for _ in range(rounds):
        beside = np.pad(found, ((1, 1), (1, 1), (0, 0)), mode="edge")
        found = (beside[:-2, 1:-1] + beside[2:, 1:-1] + beside[1:-1, :-2] + beside[1:-1, 2:]) / 4
        found[known] = values[known]
    return found


def near(where: np.ndarray, reach: int) -> np.ndarray:
    """The places at most `reach` steps (up, down, left, right) from a True one, itself included."""
    found = where.copy()
    for _ in range(reach):
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        grown[:, 1:] |= found[:, :-1]
        grown[:, :-1] |= found[:, 1:]
        found = grown
    return found


def inward(where: np.ndarray, reach: int) -> np.ndarray:
    """How far inside `where` a place is: 0 outside, rising in equal steps to 1 at `reach` steps from the edge; float32."""
    share = np.zeros(where.shape, np.float32)
    inside = where
    for step in range(1, reach + 1):
        share[inside] = step / (reach + 1)
        inside = ~near(~inside, 1)
    share[inside] = 1.0
    return share


def _local(values: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (height, width, channels) and largest deviation (height, width) over the True places of 5 x 5 around each: one
    odd pixel draws no streak, and where all differ there is no telling."""
    height, width = where.shape
    windows = [(y, x) for y in range(5) for x in range(5)]

    def summed(of: np.ndarray) -> np.ndarray:
        padded = np.pad(of, ((2, 2), (2, 2), *[(0, 0)] * (of.ndim - 2)))
        return np.asarray(sum(padded[y : y + height, x : x + width] for y, x in windows), np.float32)

    count = np.maximum(summed(where.astype(np.float32)), 1)[..., None]
    kept = values * where[..., None]
    mean = summed(kept) / count
    spread = np.sqrt(np.maximum(summed(kept * kept) / count - mean * mean, 0))
    return mean, spread.max(axis=2)
