"""How visible a join is: what changes across a mask's edge, against what changes beside it anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from .blend import meet

SHOWS = 1.15  # a gradient over this is worth a second blend
_OFFSETS = (3, 4, 5, 6, 7, 8)  # pixels from the edge, where "nearby" is measured
_FLOOR = 1.0  # levels of 255 that nobody sees: flat areas are not judged by their last bit


@dataclass(frozen=True)
class Seam:
    """What `seam` found.

    gradient   mean change from the last kept pixel to the first painted one, over that of pairs nearby; 1 is no seam.
    step       by how many levels of 255 the colour jumps beyond what the two sides lead one to expect; 0 is no seam.
    pixels     pairs across the edge that were looked at; 0 where the mask has no edge, and then gradient is 1.
    """

    gradient: float
    step: float
    pixels: int

    @property
    def visible(self) -> bool:
        """Whether a person who looks for it would see the join."""
        return self.gradient > 1.5 and self.step > 2.0

    def __str__(self) -> str:
        seen = "visible" if self.visible else "not visible"
        return f"seam {seen}: gradient {self.gradient:.2f} of what is nearby, colour step {self.step:.1f} levels"


def seam(image: Image.Image, mask: Image.Image) -> Seam:
    """How visible the edge of `mask` (white was painted) is in `image`.

    The change across the edge is compared with the change between neighbours 3 to 8 pixels to either side of it, on the
    same line; both with one level added, so that flat areas are not judged by rounding.
    """
    pixels, white = np.asarray(image.convert("RGB"), np.float32), np.asarray(mask.convert("L")) >= 128
    across, beside, steps = [], [], []
    for values, inside in ((pixels, white), (pixels.swapaxes(0, 1), white.T)):
        change = values[:, 1:] - values[:, :-1]  # (lines, places - 1, 3)
        edge = inside[:, 1:] != inside[:, :-1]
        if not edge.any():
            continue
        size = np.abs(change).mean(2)
        lines, places = np.nonzero(edge)
        for sign in (-1, 1):
            for offset in _OFFSETS:
                at = places + sign * offset
                fits = (at >= 0) & (at < size.shape[1])
                fits[fits] &= ~edge[lines[fits], at[fits]]
                beside.append(size[lines[fits], at[fits]])
        across.append(size[lines, places])
        # What the two sides lead one to expect: the mean of the changes just before and just after.
        before, after = np.maximum(places - 2, 0), np.minimum(places + 2, size.shape[1] - 1)
        expected = (change[lines, before] + change[lines, after]) / 2
        steps.append((change[lines, places] - expected).mean(0))
    if not across:
        return Seam(1.0, 0.0, 0)
    edges, others = np.concatenate(across), np.concatenate(beside) if beside else np.zeros(1)
    step = float(np.max([np.abs(s).max() for s in steps]))
    return Seam(float((edges.mean() + _FLOOR) / (others.mean() + _FLOOR)) if others.size else 1.0, step, edges.size)


def joined(original: Image.Image, painted: Image.Image, mask: Image.Image) -> Image.Image:
    """`painted`, or where its seam shows, blended a second time (see `meet`) if that makes it less visible; both RGB."""
    before = seam(painted, mask).gradient
    if before <= SHOWS:
        return painted
    blended = meet(original, painted, mask)
    return blended if seam(blended, mask).gradient < before else painted
