"""An inpainting at the scale that a model draws well, and its way back into the picture it belongs to."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .. import canvas
from ..request import Request
from .base import Can

MOST = 2**21  # pixels that a UNet is shown at once: a background stays in one piece; averaged windows leave specks in it
CONTEXT = 0.34  # share of a window that is known before it is painted: less shows as repeats, more costs windows


class Painting:
    """The picture so far and what of it is unknown, both at the working size; and the way back to the size asked for.

    The model paints the whole canvas at once and hands it to `take`; or, where it cannot, one of `windows` after the other.
    """

    def __init__(self, request: Request, can: Can) -> None:
        assert request.image is not None and request.mask is not None
        self.original = fitted(request.image, request.size)
        self.original_mask = canvas.as_mask(request.mask).resize(request.size, Image.Resampling.NEAREST)
        self.size = working_size(request.size, can)
        self.window = window_of(self.size, can)
        # What lies under the mask is where it starts from: whoever wants to start from the surroundings puts them there.
        self.image = self.original.resize(self.size, Image.Resampling.LANCZOS)
        # Box, then "anything at all": a pixel that is unknown in part is unknown.
        self.mask = self.original_mask.resize(self.size, Image.Resampling.BOX).point(lambda v: 255 * (v > 0))
        self.windows = list(canvas.windows(self.mask, self.window, context=CONTEXT, step=can.multiple))

    def unknown(self, grid: int) -> np.ndarray:
        """(height, width) bools on a grid of `grid` pixels: where anything is to be painted."""
        small = self.mask.resize((self.size[0] // grid, self.size[1] // grid), Image.Resampling.BOX)
        return np.asarray(small) > 0

    def take(self, painted: Image.Image, box: canvas.Box | None = None) -> None:
        """Put what was painted (all, or a window) where it belongs, and start what is still unknown from its edges."""
        box = box or (0, 0, *self.size)
        mask = self.mask.crop(box)
        self.image.paste(canvas.paste_back(self.image.crop(box), painted, mask), box)
        self.mask.paste(0, box)
        self.image = canvas.stretch(self.image, self.mask)

    def finished(self) -> Image.Image:
        """The picture in the size asked for; what was kept is as it was, bit for bit."""
        whole = self.image.resize(self.original.size, Image.Resampling.LANCZOS)
        return canvas.joined(self.original, canvas.paste_back(self.original, whole, self.original_mask), self.original_mask)


def working_size(size: tuple[int, int], can: Can) -> tuple[int, int]:
    """`size` scaled so that its short side is what the model draws well, in whole multiples of its grid."""
    short, native = min(size), min(can.native)
    scale = min(max(short, 0.75 * native), native) / short
    return tuple(max(1, round(side * scale / can.multiple)) * can.multiple for side in size)  # type: ignore[return-value]


def window_of(size: tuple[int, int], can: Can) -> tuple[int, int]:
    """The largest window inside `size` with about the area of the native size, at most twice as long as high."""
    native = min(can.native)
    short = min(min(size), native)
    long = min(native * native // short, 2 * short) // can.multiple * can.multiple
    return (min(long, size[0]), short) if size[0] >= size[1] else (short, min(long, size[1]))


def tile_of(size: tuple[int, int], can: Can) -> tuple[int, int]:
    """What of a canvas of `size` a UNet sees at once: all of it, up to two megapixels."""
    if size[0] * size[1] <= MOST:
        return size
    short = min(size)
    long = max(short, MOST // short // can.multiple * can.multiple)
    return (long, short) if size[0] >= size[1] else (short, long)


def fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """RGB of exactly `size`."""
    image = image.convert("RGB")
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
