"""Masks of every origin. "L" images, white (255) = repaint, black (0) = keep."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from ..codecs import open_image
from ..errors import InputError
from .blend import near
from .geometry import Box
from .photo import Photo

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
    photo = Photo(image)
    source = _source(what, photo, parameter)
    white = _grown(source.read(photo.box), grow)
    if invert:
        white = ~white
    if not white.any():
        raise InputError(parameter, what, "a mask that repaints something", "White (or True) is what is repainted.")
    return Image.fromarray(white.astype(np.uint8) * 255)


def region_of(
    what: MaskSource, photo: Photo, *, grow: int = 0, invert: bool = False, protect: object = None, parameter: str = "mask"
) -> tuple[Box, np.ndarray]:
    """The smallest box of `photo` that holds all that is to be repainted, and bools (height, width) of it: True = repaint.

    As `mask_of`, less what `protect` names: None, one mask of any origin, or a list of them. Of the photo only that box is
    read where the mask is a box or polygons, and else a strip at a time: there is no mask of the whole photo.

    Raises InputError as `mask_of` does, and when `protect` leaves nothing to repaint.
    """
    source = _source(what, photo, parameter)
    kept = [_source(one, photo, "protect") for one in _several(protect)]
    width, height = photo.size
    box = photo.box if invert else source.box or _bounds(source.read, photo, parameter, what)
    margin = abs(grow)
    left, top, right, bottom = box
    if grow > 0:
        left, top, right, bottom = max(0, left - grow), max(0, top - grow), min(width, right + grow), min(height, bottom + grow)
    # Read with a margin, since what lies outside the box grows into it.
    outer = max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin)
    white = _grown(source.read(outer), grow)[top - outer[1] : bottom - outer[1], left - outer[0] : right - outer[0]]
    if invert:
        white = ~white
    if not white.any():
        raise InputError(parameter, what, "a mask that repaints something", "White (or True) is what is repainted.")
    for one in kept:
        white = white & ~one.read((left, top, right, bottom))
    if not white.any():
        raise InputError("protect", protect, "a region that leaves something of the mask to repaint")
    rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
    y, x, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    return (int(left + x), int(top + y), int(left + right), int(top + bottom)), white[y:bottom, x:right]


@dataclass(frozen=True)
class _Source:
    """A mask that has not been read: `read(box)` gives bools of that box; `box` holds all of it, where that is known."""

    read: Callable[[Box], np.ndarray]
    box: Box | None = None


def _several(protect: object) -> list[MaskSource]:
    if protect is None:
        return []
    if isinstance(protect, list | tuple) and not (len(protect) == 4 and all(isinstance(v, int | float) for v in protect)):
        return list(protect)
    return [protect]  # type: ignore[list-item]


def _grown(white: np.ndarray, grow: int) -> np.ndarray:
    return near(white, grow) if grow > 0 else ~near(~white, -grow) if grow < 0 else white


def _bounds(read: Callable[[Box], np.ndarray], photo: Photo, parameter: str, what: object) -> Box:
    """The box of all that is True, found a strip at a time."""
    found: list[tuple[int, int, int, int]] = []
    for left, top, right, bottom in photo.bands(photo.box):
        white = read((left, top, right, bottom))
        if white.any():
            rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
            found.append((columns[0], top + rows[0], columns[-1] + 1, top + rows[-1] + 1))
    if not found:
        raise InputError(parameter, what, "a mask that repaints something", "White (or True) is what is repainted.")
    sides = np.array(found)
    return int(sides[:, 0].min()), int(sides[:, 1].min()), int(sides[:, 2].max()), int(sides[:, 3].max())


def _source(what: MaskSource, photo: Photo, parameter: str) -> _Source:
    if isinstance(what, Image.Image):
        return _picture(what, photo.size, parameter)
    if isinstance(what, np.ndarray):
        return _array(what, photo.size, parameter)
    if isinstance(what, str) and what.strip().lower() == "alpha":
        if photo.alpha((0, 0, 1, 1)) is None:
            raise InputError(parameter, what, f"a picture with transparency; this one is {photo.image.mode}")
        return _Source(lambda box: np.asarray(photo.alpha(box)) < 128)
    if isinstance(what, str | os.PathLike):
        if (colour := _colour(os.fspath(what))) is not None:
            return _Source(lambda box: np.linalg.norm(np.asarray(photo.view(box), np.float32) - colour, axis=2) < _NEAR_COLOUR)
        if Path(what).suffix.lower() == ".txt":
            return _polygons(Path(what), photo.size, parameter)
        return _picture(open_image(Path(what), parameter), photo.size, parameter)
    if (
        not isinstance(what, str)
        and isinstance(what, Sequence)
        and len(what) == 4
        and all(isinstance(v, int | float | np.number) for v in what)
    ):
        return _box(list(what), photo.size, parameter)  # type: ignore[arg-type]
    raise InputError(parameter, what, _ALLOWED)


def _check_size(size: tuple[int, int], wanted: tuple[int, int], parameter: str) -> None:
    if size != wanted:
        raise InputError(parameter, f"{size[0]} x {size[1]} pixels", f"the size of the picture, {wanted[0]} x {wanted[1]}")


def _picture(mask: Image.Image, size: tuple[int, int], parameter: str) -> _Source:
    _check_size(mask.size, size, parameter)
    return _Source(lambda box: np.asarray(mask.crop(box).convert("L")) >= 128)


def _array(values: np.ndarray, size: tuple[int, int], parameter: str) -> _Source:
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[..., 0]
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise InputError(parameter, f"array {values.dtype} of shape {values.shape}", "(height, width) of bools or numbers")
    _check_size((values.shape[1], values.shape[0]), size, parameter)
    half = 128 if values.dtype.kind in "iu" and values.size and values.max() > 1 else 0.5

    def read(box: Box) -> np.ndarray:
        part = values[box[1] : box[3], box[0] : box[2]]
        return part if part.dtype.kind == "b" else np.nan_to_num(part) >= half

    return _Source(read)


def _box(box: Sequence[float], size: tuple[int, int], parameter: str) -> _Source:
    shares = all(isinstance(v, float) and 0.0 <= v <= 1.0 for v in box)
    scaled = [v * s for v, s in zip(box, (*size, *size), strict=True)] if shares else list(box)
    left, top, right, bottom = (round(float(v)) for v in scaled)
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise InputError(parameter, tuple(box), f"(left, top, right, bottom) inside {size[0]} x {size[1]} pixels")

    def read(part: Box) -> np.ndarray:
        white = np.zeros((part[3] - part[1], part[2] - part[0]), bool)
        white[max(0, top - part[1]) : max(0, bottom - part[1]), max(0, left - part[0]) : max(0, right - part[0])] = True
        return white

    return _Source(read, (left, top, right, bottom))


def _colour(text: str) -> np.ndarray | None:
    try:
        return np.array(ImageColor.getrgb(text)[:3], np.float32)
    except ValueError:
        return None


def _polygons(path: Path, size: tuple[int, int], parameter: str) -> _Source:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(parameter, str(path), "a readable text file", f"({error})") from error
    shapes: list[np.ndarray] = []
    for number, line in enumerate(lines, 1):
        if not (words := line.partition("#")[0].split()):
            continue
        try:
            corners = [(float(x), float(y)) for x, y in (word.split(",") for word in words)]
        except ValueError:
            corners = []
        if len(corners) < 3 or not np.isfinite(corners).all():
            raise InputError(
                parameter, f"line {number} of {path.name}: {line!r}", "three or more corners, as in 10,20 90,20 50,80"
            )
        shapes.append(np.array(corners))

    def read(box: Box) -> np.ndarray:
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
        pen = ImageDraw.Draw(mask)
        for shape in shapes:
            pen.polygon([(x - box[0], y - box[1]) for x, y in shape.tolist()], fill=255)
        return np.asarray(mask) >= 128

    if not shapes:
        return _Source(read)
    points = np.concatenate(shapes)
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int) + 1
    left, top, right, bottom = max(0, low[0]), max(0, low[1]), min(size[0], high[0]), min(size[1], high[1])
    return _Source(read, (left, top, right, bottom) if left < right and top < bottom else None)
