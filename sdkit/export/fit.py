"""Which part of a picture fills each placement: crop, pad or outpaint, and why. Pure geometry; nothing is drawn here.

A window is the box, in the master's pixels, that a placement will show. Inside the master it is a crop; where it reaches
beyond, the rest is outpainted, or padded where no model can. What to generate is returned as data (`Extension`): all
outpaints of a plan are cut from at most five extended masters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from PIL import Image

from ..errors import InputError, PlacementError, near
from ..request import whole
from .placements import Placement
from .reasons import against_crop, beyond, crop_words, percent, sentence
from .subject import Box, Subject, find
from .windows import Window, anchored, crop_window, extended_window, share_inside, trimmed

METHODS = ("crop", "pad", "outpaint")
ANCHORS = ("left", "centre", "right")
MAX_EXTENSIONS = 5
WIDE = 3.0  # a placement this many times wider (or taller) than the master is never worth a crop, if it can be outpainted
NEARLY = 0.85  # where nothing can be outpainted, a subject this clear of covered areas is better off cropped than padded
ENLARGED = 1.1  # times; below it, resizing alone looks the same
TINY = 0.06  # an extension of a smaller share of the window is not worth a generation


@dataclass(frozen=True)
class Extension:
    """A larger canvas that a model should fill around the master.

    size     (width, height) of the canvas in the master's pixels, whole multiples of the model's step.
    offset   (x, y) of the master's upper left corner in it, whole multiples too, so that the latent grids agree.
    """

    size: tuple[int, int]
    offset: tuple[int, int]


@dataclass(frozen=True)
class Fit:
    """How one placement is filled.

    method      "crop", "pad" or "outpaint".
    box         (left, top, right, bottom) to show, in pixels of its source: the master, or the extension for an
                outpaint. A pad's box reaches beyond the master.
    extension   the canvas an outpaint is cut from; None otherwise.
    subject     where the subject will be, in the placement's pixels: the rest is room for copy.
    reason      one sentence for a person, with the figures.
    """

    placement: Placement
    method: str
    box: Box
    extension: Extension | None
    subject: Box
    reason: str

    @property
    def scale(self) -> float:
        """Placement pixels per master pixel: over 1 the picture is enlarged."""
        return self.placement.width / (self.box[2] - self.box[0])

    @property
    def enlarged(self) -> bool:
        """Whether the picture is made visibly larger than its pixels carry, so that an upscaler is worth its time."""
        return self.scale > ENLARGED


@dataclass(frozen=True)
class Plan:
    """All fits of one export, in the order asked for; `size` is the master's (width, height) in pixels."""

    size: tuple[int, int]
    fits: tuple[Fit, ...]

    @property
    def extensions(self) -> list[Extension]:
        """The extended masters to generate before rendering, at most five."""
        return masters(self.fits)

    def __repr__(self) -> str:
        count = len(self.extensions)
        head = f"{len(self.fits)} placements from {self.size[0]} x {self.size[1]} pixels, {count} extended master{'s' * (count != 1)}"
        return "\n".join([head, *(f"{f.placement.name:<36} {f.method:<8} {f.reason}" for f in self.fits)])


def masters(fits: Iterable[Fit]) -> list[Extension]:
    """The extended masters that `fits` are cut from, each once."""
    return list(dict.fromkeys(f.extension for f in fits if f.extension))


def plan(
    size: tuple[int, int],
    placements: Iterable[Placement],
    *,
    image: Image.Image | None = None,
    focus: tuple[float, float] | None = None,
    can_outpaint: bool = True,
    fit: Mapping[str, str] | None = None,
    anchor: str | None = None,
    max_side: int = 4096,
    multiple: int = 8,
) -> Plan:
    """Choose crop, pad or outpaint for each placement of a master of `size` pixels.

    image         the master, to find its subject; without it and `focus`, the middle is the subject.
    focus         (x, y) in shares, 0 to 1; wins over what the image shows.
    can_outpaint  whether the model can inpaint; without, pads take the place of outpaints.
    fit           {placement name: "crop", "pad" or "outpaint"}, as a person decided.
    anchor        where the subject stands in wide pictures: "left", "centre" or "right"; by default where it already is,
                  else right of the middle, with the copy on the left. A safe area decides first.
    max_side      the longest canvas, in pixels, that the model may be asked for; multiple, the step of its sides.
    Raises InputError for a wrong parameter, PlacementError for an unknown name in `fit`.
    """
    placements = tuple(placements)
    width, height = (whole("size", side, 1, 100_000) for side in size)
    if image is not None and image.size != (width, height):
        raise InputError("image", f"{image.size} pixels", f"the size given, {(width, height)}")
    anchor = {"center": "centre"}.get(anchor, anchor) if anchor else None
    if anchor not in (None, *ANCHORS):
        raise InputError("anchor", anchor, ", ".join(map(repr, ANCHORS)))
    wishes = _checked(fit or {}, placements, can_outpaint)
    subject = find(image, focus)
    fits = [_fit((width, height), p, subject, anchor, wishes.get(p.name), can_outpaint, max_side, multiple) for p in placements]
    return Plan((width, height), tuple(_share_canvases((width, height), fits, max_side, multiple)))


def _checked(wishes: Mapping[str, str], placements: tuple[Placement, ...], can_outpaint: bool) -> Mapping[str, str]:
    names = [p.name for p in placements]
    for name, method in wishes.items():
        if name not in names:
            raise PlacementError("fit", name, "a placement of this export", near(name, names))
        if method not in METHODS or (method == "outpaint" and not can_outpaint):
            allowed = METHODS if can_outpaint else METHODS[:2]
            hint = "" if can_outpaint else "This model cannot extend pictures."
            raise InputError(f"fit[{name!r}]", method, ", ".join(map(repr, allowed)), hint)
    return wishes


def _fit(
    size: tuple[int, int], placement: Placement, subject: Subject, anchor: str | None, wish: str | None,
    can_outpaint: bool, max_side: int, multiple: int,
) -> Fit:  # fmt: skip
    """The fit of one placement. An outpaint's box is still in the master's pixels, its extension its own canvas."""
    width, height = size
    box = (subject.box[0] * width, subject.box[1] * height, subject.box[2] * width, subject.box[3] * height)
    focus = (subject.focus[0] * width, subject.focus[1] * height)
    stretch = placement.ratio / (width / height)
    side, room = anchored(anchor, subject.focus[0], placement, width / height)
    crop, wide = crop_window(size, placement, box, focus), extended_window(size, placement, box, side)
    missing = 1 - share_inside(wide.box, (0, 0, width, height))
    core = trimmed(box)
    unhurt, clear = share_inside(core, crop.box) > 0.999, share_inside(core, crop.safe)

    if wish:
        method = wish
    elif missing < 1e-6 or (clear > 0.999 and not (can_outpaint and stretch >= WIDE)):
        method = "crop"
    elif can_outpaint:
        method = "outpaint" if missing >= TINY else "pad"
    else:
        method = "crop" if unhurt and clear > NEARLY else "pad"
    canvas = _canvas(size, [wide.box], multiple)
    too_long = method == "outpaint" and max(canvas.size) > max(max_side, *size)

    cut, lost = 1 - crop.area / (width * height), 1 - share_inside(box, crop.box)
    asked = "As you asked: " if wish else ""
    if method == "crop" or missing < 1e-6:
        words = crop_words(cut, stretch, lost, clear, bool(placement.safe))
        return _made(placement, "crop", crop, None, box, sentence(asked, words))
    against = against_crop(cut, stretch, lost, clear)
    where, copy = beyond(size, wide.box), f", with room for copy on the {room}" if room else ""
    if method == "outpaint" and not too_long:
        words = f"{against}; new background {where} keeps it whole{copy}"
        return _made(placement, "outpaint", wide, canvas, box, sentence(asked, words))
    if too_long:
        why = f"extended, the picture would be {max(canvas.size)} pixels long, over the {max_side} allowed, so "
    elif wish:
        why = ""
    else:
        why = f"only {percent(missing)} is missing, so " if can_outpaint else "this model cannot extend pictures, so "
    return _made(placement, "pad", wide, None, box, sentence(asked, f"{against}; {why}the edges continue {where}{copy}"))


def _made(placement: Placement, method: str, window: Window, extension: Extension | None, subject: Box, reason: str) -> Fit:
    left, top, right, _ = window.box
    scale = placement.width / (right - left)
    x0, x1 = (min(max((x - left) * scale, 0.0), placement.width) for x in (subject[0], subject[2]))
    y0, y1 = (min(max((y - top) * scale, 0.0), placement.height) for y in (subject[1], subject[3]))
    return Fit(placement, method, window.box, extension, (x0, y0, x1, y1), reason)


def _canvas(size: tuple[int, int], boxes: Iterable[Box], multiple: int) -> Extension:
    """The smallest canvas on the model's grid that holds the master and every box, in the master's pixels."""
    boxes = list(boxes)
    sides, offset = [], []
    for axis in (0, 1):
        before = math.ceil(max(0.0, -min(b[axis] for b in boxes)) / multiple - 1e-9) * multiple
        after = max(float(size[axis]), *(b[axis + 2] for b in boxes))
        sides.append(math.ceil((before + after) / multiple - 1e-9) * multiple)
        offset.append(before)
    return Extension((sides[0], sides[1]), (offset[0], offset[1]))


def _share_canvases(size: tuple[int, int], fits: list[Fit], max_side: int, multiple: int) -> list[Fit]:
    """Merge canvases while that saves pixels to generate, and on to at most five; boxes move to their canvas's pixels."""
    groups = [[i] for i, f in enumerate(fits) if f.method == "outpaint"]

    def union(members: list[int]) -> Extension:
        return _canvas(size, [fits[i].box for i in members], multiple)

    def cost(members: list[int]) -> int:
        canvas = union(members)
        return canvas.size[0] * canvas.size[1] - size[0] * size[1]

    costs = {tuple(g): cost(g) for g in groups}
    while len(groups) > 1:
        best: tuple[int, list[int], list[int]] | None = None
        for i, a in enumerate(groups):
            for b in groups[i + 1 :]:
                key = (*a, *b)
                if key not in costs:
                    fits_model = max(union([*a, *b]).size) <= max(max_side, *size)
                    costs[key] = cost([*a, *b]) if fits_model else 1 << 62
                saved = costs[tuple(a)] + costs[tuple(b)] - costs[key]
                if best is None or saved > best[0]:
                    best = (saved, a, b)
        impossible = best is None or best[0] < -(1 << 60)
        if best is None or impossible or (best[0] < 0 and len(groups) <= MAX_EXTENSIONS):
            break
        groups = [g for g in groups if g is not best[1] and g is not best[2]] + [[*best[1], *best[2]]]
    groups.sort(key=len, reverse=True)
    out = list(fits)
    for rank, group in enumerate(groups):
        canvas = union(group)
        for i in group:
            fit = fits[i]
            if rank >= MAX_EXTENSIONS:  # only when a small max_side kept canvases apart
                why = f"{fit.reason.split(';')[0]}; the export has its {MAX_EXTENSIONS} canvases already, so the edges continue"
                out[i] = replace(fit, method="pad", extension=None, reason=f"{why} {beyond(size, fit.box)}.")
                continue
            x, y = canvas.offset
            left, top, right, bottom = fit.box
            far = (min(right + x, float(canvas.size[0])), min(bottom + y, float(canvas.size[1])))
            out[i] = replace(fit, extension=canvas, box=(max(left + x, 0.0), max(top + y, 0.0), *far))
    return out


__all__ = ["ANCHORS", "METHODS", "Extension", "Fit", "Plan", "masters", "plan"]
