"""Windows: the boxes, in a master's pixels, that a placement could show. Plain arithmetic on one axis at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .placements import Placement
from .subject import Box

BREATH = 1.06  # a subject is given this much room around it where the picture is extended


@dataclass(frozen=True)
class Window:
    """`box` has the placement's shape; `safe` is the part of it that the platform neither covers nor cuts."""

    box: Box
    safe: Box

    @property
    def area(self) -> float:
        """In square pixels of the master."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


def crop_window(size: tuple[int, int], placement: Placement, subject: Box, focus: tuple[float, float]) -> Window:
    """The largest window inside the master, the subject as near the middle of the safe area as it can be.

    The focus is always inside.
    """
    width = min(float(size[0]), size[1] * placement.ratio)
    height = min(float(size[1]), size[0] / placement.ratio)
    safe = _insets(placement)
    start = []
    for axis, length in ((0, width), (1, height)):
        before, after = safe[axis] * length, safe[axis + 2] * length
        x = _place(subject[axis], subject[axis + 2], length, before, after, (before + length - after) / 2)
        x = min(max(x, focus[axis] - length), focus[axis])
        start.append(min(max(x, 0.0), size[axis] - length))
    return _window(start[0], start[1], width, height, safe)


def extended_window(size: tuple[int, int], placement: Placement, subject: Box, side: float) -> Window:
    """The window that holds the whole subject inside the safe area, wherever that reaches beyond the master.

    `side` is where the subject's middle should be, as a share of the safe width. It is as small as the subject allows
    for strips, and as the master's shorter way for the rest, so that nothing is shrunk without need.
    """
    safe = _insets(placement)
    stretch = placement.ratio / (size[0] / size[1])
    share = min(1.0, max(0.45, math.sqrt(2.5 / max(stretch, 1 / stretch))))  # long strips show the subject larger
    base = size[1] * share if stretch >= 1 else size[0] * share / placement.ratio
    need_width = (subject[2] - subject[0]) * BREATH / (1 - safe[0] - safe[2])
    need_height = (subject[3] - subject[1]) * BREATH / (1 - safe[1] - safe[3])
    height = max(base, need_height, need_width / placement.ratio)
    width = height * placement.ratio
    start = []
    for axis, length, target in ((0, width, side), (1, height, 0.5)):
        before, after = safe[axis] * length, safe[axis + 2] * length
        x = _place(subject[axis], subject[axis + 2], length, before, after, before + target * (length - before - after))
        low, high = sorted((0.0, size[axis] - length))  # covers the master, or stays inside it, where the subject allows
        first, last = subject[axis + 2] + after - length, subject[axis] - before
        start.append(min(max(min(max(x, low), high), first), last))
    return _window(start[0], start[1], width, height, safe)


def anchored(anchor: str | None, focus_x: float, placement: Placement, master_ratio: float) -> tuple[float, str]:
    """(where the subject's middle goes, as a share of the safe width; on which side that leaves room for copy, or "").

    Wide pictures only: elsewhere, and where the sides are covered, the subject goes to the middle.
    """
    wide = placement.ratio / master_ratio
    if wide < 1.15 or placement.safe.left + placement.safe.right > 0.1 * placement.width or anchor == "centre":
        return 0.5, ""
    out = min(0.84, 0.6 + 0.03 * placement.ratio)  # the longer the strip, the farther out: two thirds at 2:1, 0.84 at 8:1
    if (anchor or ("left" if focus_x < 0.42 else "right")) == "left":
        return 1 - out, "right"
    return out, "left"


def trimmed(box: Box, share: float = 0.015) -> Box:
    """`box` less `share` of its length on each side."""
    dx, dy = (box[2] - box[0]) * share, (box[3] - box[1]) * share
    return box[0] + dx, box[1] + dy, box[2] - dx, box[3] - dy


def share_inside(box: Box, frame: Box) -> float:
    """How much of `box`, by area, lies in `frame`: 0 to 1."""
    width = max(0.0, min(box[2], frame[2]) - max(box[0], frame[0]))
    height = max(0.0, min(box[3], frame[3]) - max(box[1], frame[1]))
    return width * height / max((box[2] - box[0]) * (box[3] - box[1]), 1e-9)


def _insets(placement: Placement) -> Box:
    """The safe insets as shares: left, top, right, bottom."""
    safe = placement.safe
    return (
        safe.left / placement.width, safe.top / placement.height, safe.right / placement.width, safe.bottom / placement.height
    )  # fmt: skip


def _place(low: float, high: float, length: float, before: float, after: float, target: float) -> float:
    """Start of a window of `length` that puts the middle of low..high at `target`, and low..high between its insets.

    Where it is too long for that, it sticks out as far on both sides.
    """
    x = (low + high) / 2 - target
    first, last = high + after - length, low - before
    return min(max(x, first), last) if first <= last else (first + last) / 2


def _window(x: float, y: float, width: float, height: float, safe: Box) -> Window:
    inner = (x + safe[0] * width, y + safe[1] * height, x + (1 - safe[2]) * width, y + (1 - safe[3]) * height)
    return Window((x, y, x + width, y + height), inner)


__all__ = ["Window", "anchored", "crop_window", "extended_window", "share_inside", "trimmed"]
