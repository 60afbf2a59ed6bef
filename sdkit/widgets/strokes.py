"""A mask as the list of strokes that made it, drawn at any size of picture: what the page records, and Python paints.

A stroke is a plain mapping, coordinates and sizes in pixels of the whole picture, from its upper left corner:

    {"tool": "brush", "add": True, "size": 40, "points": [[x, y], ...]}     a round brush; size is its diameter
    {"tool": "box", "add": True, "points": [[left, top], [right, bottom]]}
    {"tool": "lasso", "add": False, "points": [[x, y], ...]}                what lies inside the closed line (even-odd)
    {"tool": "invert"}     {"tool": "clear"}

`add` False takes away from the mask. A pixel belongs to a stroke when its middle does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..errors import InputError

TOOLS = ("brush", "box", "lasso", "invert", "clear")
_LEAST = {"brush": 1, "box": 2, "lasso": 3, "invert": 0, "clear": 0}
_FAR = 1_000_000.0  # pixels: no picture is so large
_SAID = '{"tool": "brush", "add": True, "size": 40, "points": [[x, y], ...]}, or a "box", a "lasso", "invert" or "clear"'

Stroke = dict[str, Any]


def checked(strokes: object) -> list[Stroke]:
    """The strokes in their plain form. Raises InputError that says which one is none, and why."""
    if isinstance(strokes, str | bytes | Mapping) or not isinstance(strokes, Sequence):
        raise InputError("strokes", strokes, f"a list of strokes such as {_SAID}")
    return [_checked(f"strokes[{i}]", one) for i, one in enumerate(strokes)]


def _checked(where: str, one: object) -> Stroke:
    if not isinstance(one, Mapping) or one.get("tool") not in TOOLS:
        raise InputError(where, one, _SAID)
    tool = one["tool"]
    if tool in ("invert", "clear"):
        return {"tool": tool}
    try:
        points = [[float(x), float(y)] for x, y in one["points"]]
    except (KeyError, TypeError, ValueError):
        points = []
    if len(points) < _LEAST[tool] or (tool == "box" and len(points) != 2):
        raise InputError(
            where, one, f"points: [[x, y], ...], for a {tool} {'' if tool == 'box' else 'at least '}{_LEAST[tool]}"
        )
    if not all(math.isfinite(v) and abs(v) <= _FAR for point in points for v in point):
        raise InputError(where, one, "points that are finite pixels")
    out: Stroke = {"tool": tool, "add": bool(one.get("add", True)), "points": points}
    if tool == "brush":
        try:
            out["size"] = float(one.get("size", 40))
        except (TypeError, ValueError):
            out["size"] = math.nan
        if not 0 < out["size"] <= _FAR:
            raise InputError(where, one, "size: the brush's diameter in pixels, over 0")
    return out


def paint(strokes: Sequence[Stroke], white: np.ndarray) -> np.ndarray:
    """The mask after `strokes`: bools (height, width), True = repaint, starting from `white`, which is left as it is."""
    mask = white.copy()
    for one in strokes:
        match one["tool"]:
            case "clear":
                mask[:] = False
            case "invert":
                np.logical_not(mask, out=mask)
            case "brush":
                _brush(mask, one["points"], one["size"] / 2, one["add"])
            case "box":
                _box(mask, one["points"], one["add"])
            case "lasso":
                _lasso(mask, one["points"], one["add"])
    return mask


def _brush(mask: np.ndarray, points: Sequence[Sequence[float]], radius: float, add: bool) -> None:
    """All pixels whose middle is at most `radius` from the line through `points`."""
    pairs = list(pairwise(points)) or [(points[0], points[0])]
    for (ax, ay), (bx, by) in pairs:
        x0, y0, x1, y1 = _span(mask, min(ax, bx) - radius, min(ay, by) - radius, max(ax, bx) + radius, max(ay, by) + radius)
        if x0 >= x1 or y0 >= y1:
            continue
        x = np.arange(x0, x1, dtype=np.float32)[None, :] + (0.5 - ax)
        y = np.arange(y0, y1, dtype=np.float32)[:, None] + (0.5 - ay)
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = np.clip((x * dx + y * dy) / length, 0, 1) if length > 1e-9 else 0.0
        near = (x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius * radius
        part = mask[y0:y1, x0:x1]
        part[near] = add


def _box(mask: np.ndarray, points: Sequence[Sequence[float]], add: bool) -> None:
    (ax, ay), (bx, by) = points
    left, right, top, bottom = (round_half(v) for v in (*sorted((ax, bx)), *sorted((ay, by))))
    x0, y0, x1, y1 = _span(mask, left, top, right, bottom)
    mask[y0:y1, x0:x1] = add


def _lasso(mask: np.ndarray, points: Sequence[Sequence[float]], add: bool) -> None:
    corners = np.array(points)
    x0, y0, x1, y1 = _span(mask, *(float(v) for v in (*corners.min(0), *corners.max(0))))
    if x0 >= x1 or y0 >= y1:
        return
    inside = Image.new("1", (x1 - x0, y1 - y0))
    # Pillow counts a pixel as the point at its corner; ours is its middle.
    ImageDraw.Draw(inside).polygon([(x - x0 - 0.5, y - y0 - 0.5) for x, y in points], fill=1)
    mask[y0:y1, x0:x1][np.asarray(inside)] = add


def _span(mask: np.ndarray, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    """The pixels that a region may touch, inside the mask."""
    height, width = mask.shape
    return (
        min(max(math.floor(left), 0), width), min(max(math.floor(top), 0), height),
        min(max(math.ceil(right), 0), width), min(max(math.ceil(bottom), 0), height),
    )  # fmt: skip


def round_half(value: float) -> int:
    """To the nearest whole number, halves up: pixel middles on the left or upper edge are inside."""
    return math.floor(value + 0.5)
