"""A picture as something to paint on: masks, where it lies on a larger canvas, and joins that do not show.

Masks are "L" images, white (255) = repaint, black (0) = keep; the black pixels come back bit for bit.
"""

from .blend import membrane, paste_back, stretch
from .geometry import ANCHORS, Box, Placed, extend, place, windows
from .masks import MaskSource, as_mask, mask_of
from .seam import Seam, seam

__all__ = [
    "ANCHORS",
    "Box",
    "MaskSource",
    "Placed",
    "Seam",
    "as_mask",
    "extend",
    "mask_of",
    "membrane",
    "paste_back",
    "place",
    "seam",
    "stretch",
    "windows",
]
