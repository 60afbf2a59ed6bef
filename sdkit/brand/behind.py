"""What is really behind a box of a picture: how well a colour reads on it, its colour, how calm it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from .finished import Box

PERCENTILE = 10  # so that nine tenths of what is behind the words do better


def pixels(image: Image.Image, box: Box) -> Any:
    """sRGB from 0 to 255 of the pixels that a box touches, shape (n, 3); what is transparent is on white. May be empty."""
    left, top, right, bottom = (
        max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1]))),
        min(image.width, int(np.ceil(box[2]))), min(image.height, int(np.ceil(box[3]))),
    )  # fmt: skip
    if left >= right or top >= bottom:
        return np.zeros((0, 3), np.uint8)
    part = image.crop((left, top, right, bottom))
    if "A" in part.getbands() or "transparency" in part.info:
        part = part.convert("RGBA")
        part = Image.alpha_composite(Image.new("RGBA", part.size, "white"), part)
    return np.asarray(part.convert("RGB")).reshape(-1, 3)


def luminance(rgb: Any) -> Any:
    """Relative luminance, 0 to 1, of sRGB from 0 to 255, as WCAG 2.1 defines it."""
    share = np.asarray(rgb, np.float64) / 255
    return np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ np.array([0.2126, 0.7152, 0.0722])


def contrast_on(image: Image.Image, box: Box, colour: str, *more: Box) -> float:
    """The 10th percentile of the contrast of a hex colour with the pixels in a box, or several, 1 to 21; NaN for boxes outside."""
    behind = np.concatenate([pixels(image, one) for one in (box, *more)])
    if not len(behind):
        return float("nan")
    ink = luminance([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    ground = luminance(behind)
    ratio = (np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)
    return float(np.percentile(ratio, PERCENTILE))


def ground_of(image: Image.Image, box: Box) -> tuple[str, float]:
    """(the median colour in a box as hex, the standard deviation of its lightness L*, 0 to 50); white and 0 for a box outside."""
    behind = pixels(image, box)
    if not len(behind):
        return "#ffffff", 0.0
    light = luminance(behind)
    lstar = np.where(light > 216 / 24389, 116 * np.cbrt(light) - 16, light * 24389 / 27)
    return "#" + np.median(behind, axis=0).astype(np.uint8).tobytes().hex(), float(lstar.std())
