"""A picture as something to paint on: masks, where it lies on a larger canvas, and joins that do not show.

Masks are "L" images, white (255) = repaint, black (0) = keep; the black pixels come back bit for bit.
"""

from .blend import meet, membrane, paste_back, stretch
from .edges import edges
from .geometry import ANCHORS, Box, Placed, extend, place, surrounded, widened, windows
from .masks import MaskSource, as_mask, mask_of, region_of
from .photo import Photo
from .seam import Seam, joined, seam

__all__ = [
    "ANCHORS",
    "Box",
    "MaskSource",
    "Photo",
    "Placed",
    "Seam",
    "as_mask",
    "edges",
    "extend",
    "joined",
    "mask_of",
    "meet",
    "membrane",
    "paste_back",
    "place",
    "region_of",
    "seam",
    "stretch",
    "surrounded",
    "widened",
    "windows",
]
