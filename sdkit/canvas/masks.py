"""Masks of every origin. "L" images, white (255) = repaint, black (0) = keep."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from ..codecs import open_image
from ..errors import InputError
from .blend import near

MaskSource: TypeAlias = "Image.Image | np.ndarray | Sequence[float] | str | os.PathLike[str]"

_ALLOWED = (
    'a picture or its path, an array (height, width), a box (left, top, right, bottom), "alpha", a colour such as "#00ff00", '
    "or a .txt file of polygons"
)
_NEAR_COLOUR = 60.0  # distance in RGB, 0 to 442, that still is "that colour"


def as_mask(mask: Image.Image) -> Image.Image:
    """Any mask as "L" with 0 and 255 only: the half and brighter is repainted."""
    return mask.convert("L").point(lambda value: 255 * (value >= 128))


def mask_of(
    what: MaskSource, image: Image.Image, *, grow: int = 0, invert: bool = False, parameter: str = "mask"
) -> Image.Image:
    """The mask that `what` means on `image`, "L" of its size, 0 and 255 only.

    what     a picture, its path, or an array (height, width) of bools or numbers: bright or True is repainted;
             (left, top, right, bottom) in pixels, or where none is over 1.0, as shares of the size;
             "alpha": what of `image` is transparent; a colour name or "#rrggbb": what has about that colour;
             the path of a .txt file, a polygon a line: x,y x,y x,y in pixels ("#" begins a comment).
    grow     pixels by which the white grows; it shrinks where negative.
    invert   repaint all but that.

    Raises InputError when it is none of these or of another size, and when nothing would be repainted.
    """
    mask = _read(what, image, parameter)
    white = np.asarray(mask) >= 128
    if grow > 0:
        white = near(white, grow)
    elif grow < 0:
        white = ~near(~white, -grow)
    if invert:
        white = ~white
    if not white.any():
        raise InputError(parameter, what, "a mask that repaints something", "White (or True) is what is repainted.")
    return Image.fromarray(white.astype(np.uint8) * 255)


def _read(what: MaskSource, image: Image.Image, parameter: str) -> Image.Image:
    size = image.size
    if isinstance(what, Image.Image):
        return _sized(as_mask(what), size, parameter)
    if isinstance(what, np.ndarray):
        return _sized(_from_array(what, parameter), size, parameter)
    if isinstance(what, str) and what.strip().lower() == "alpha":
        if "A" not in image.getbands():
            raise InputError(parameter, what, f"a picture with transparency; this one is {image.mode}")
        return image.getchannel("A").point(lambda value: 255 * (value < 128))
    if isinstance(what, str | os.PathLike):
        if (colour := _colour(os.fspath(what))) is not None:
            pixels = np.asarray(image.convert("RGB"), np.float32)
            return Image.fromarray((np.linalg.norm(pixels - colour, axis=2) < _NEAR_COLOUR).astype(np.uint8) * 255)
        if Path(what).suffix.lower() == ".txt":
            return _polygons(Path(what), size, parameter)
        return _sized(as_mask(open_image(Path(what), parameter)), size, parameter)
    if isinstance(what, Sequence) and len(what) == 4 and all(isinstance(v, int | float | np.number) for v in what):
        return _box([float(v) if isinstance(v, float) else int(v) for v in what], size, parameter)
    raise InputError(parameter, what, _ALLOWED)


def _sized(mask: Image.Image, size: tuple[int, int], parameter: str) -> Image.Image:
    if mask.size != size:
        raise InputError(
            parameter, f"{mask.size[0]} x {mask.size[1]} pixels", f"the size of the picture, {size[0]} x {size[1]}"
        )
    return mask


def _from_array(values: np.ndarray, parameter: str) -> Image.Image:
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise InputError(parameter, f"array {values.dtype} of shape {values.shape}", "(height, width) of bools or numbers")
    half = 128 if values.dtype.kind in "iu" and values.size and values.max() > 1 else 0.5
    white = values if values.dtype.kind == "b" else np.nan_to_num(values) >= half
    return Image.fromarray(white.astype(np.uint8) * 255)


def _box(box: Sequence[float], size: tuple[int, int], parameter: str) -> Image.Image:
    shares = all(isinstance(v, float) and 0.0 <= v <= 1.0 for v in box)
    scaled = [v * s for v, s in zip(box, (*size, *size), strict=True)] if shares else list(box)
    left, top, right, bottom = (round(float(v)) for v in scaled)
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise InputError(parameter, tuple(box), f"(left, top, right, bottom) inside {size[0]} x {size[1]} pixels")
    mask = Image.new("L", size, 0)
    mask.paste(255, (left, top, right, bottom))
    return mask


def _colour(text: str) -> np.ndarray | None:
    try:
        return np.array(ImageColor.getrgb(text)[:3], np.float32)
    except ValueError:
        return None


def _polygons(path: Path, size: tuple[int, int], parameter: str) -> Image.Image:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(parameter, str(path), "a readable text file", f"({error})") from error
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    for number, line in enumerate(lines, 1):
        if not (words := line.partition("#")[0].split()):
            continue
        try:
            points = [(float(x), float(y)) for x, y in (word.split(",") for word in words)]
        except ValueError:
            points = []
        if len(points) < 3 or not np.isfinite(points).all():
            raise InputError(
                parameter, f"line {number} of {path.name}: {line!r}", "three or more corners, as in 10,20 90,20 50,80"
            )
        pen.polygon(points, fill=255)
    return mask
