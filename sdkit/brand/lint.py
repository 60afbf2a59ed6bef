"""A last look at a finished banner by the brand's rules. It changes nothing; errors stop an export unless they are waived."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..findings import RULES, Finding, Findings
from .behind import contrast_on, ground_of
from .colours import nearest
from .finished import Block, Box, Finished
from .rules import banned_in
from .value import Brand

_LARGE, _LARGE_BOLD = 24.0, 18.66  # CSS pixels; 18 and 14 points of WCAG 2.1
_BOLD = 700
_OFF = 10.0  # deltaE from which a colour is not the brand's
_BUSY = 14.0  # standard deviation of L*
_SLACK = 0.5  # pixels: boxes are rounded


def lint(finished: Finished, brand: Brand, *, waive: Mapping[str, str] | None = None) -> Findings:
    """What in a banner is not as the brand's rules have it.

    waive    {rule: reason} or {"placement: rule": reason}, as for `Findings.waive`.

    Sizes are judged as people see them (`Finished.seen`). Contrast is the 10th percentile over the pixels behind a block (WCAG
    2.1, 1.4.3: 4.5, or 3 for large type). A line that names no figure of the brand's own is sdkit's.
    """
    rows: list[Finding] = []

    def say(rule: str, where: str, found: str, allowed: str) -> None:
        rows.append(Finding(finished.placement, rule, RULES[rule], where, found, allowed))

    blocks = [block for block in finished.blocks if block.text.strip()]
    for block in blocks:
        _readable(block, finished, brand, say)
        _worded(block, brand, say)
        if outside := _outside(block.box, finished.clear):
            say("safe-area", block.kind, f"{outside} px over the edge", _box(finished.clear))
    for place, one in enumerate(blocks):
        for other in blocks[place + 1 :]:
            if _meet(one.box, other.box):
                say("overlap", f"{one.kind}, {other.kind}", "the two lie on each other", "space between them")
    _logo(finished, brand, blocks, say)
    return Findings(tuple(rows)).waive(waive or {})


def _readable(block: Block, finished: Finished, brand: Brand, say: Any) -> None:
    rules = brand.rules
    seen = block.size * finished.scale
    if seen < rules.min_size - 1e-9:
        say("text-size", block.kind, _seen(block.size, finished), _least(rules.min_size, finished))
    large = seen >= _LARGE or (seen >= _LARGE_BOLD and block.weight >= _BOLD)
    least = rules.large_contrast if large else rules.contrast
    first, *others = block.inks or (block.box,)
    ratio = contrast_on(finished.under, first, block.colour, *others)
    if not math.isnan(ratio) and ratio < least - 0.005:  # figures have two places
        allowed = f"{least:g} and more" + " for large type" * large
        say("contrast", block.kind, f"{ratio:.2f} of {block.colour} on what is behind it", allowed)
    colour, apart = nearest(block.colour, (*brand.palette, *brand.roles.values(), "#ffffff", "#000000"))
    if apart > _OFF:
        say("colour", block.kind, f"{block.colour}, {apart:.0f} deltaE from {colour}", "the brand's colours, white and black")


def _worded(block: Block, brand: Brand, say: Any) -> None:
    # A hyphen at the end of a line may be the word's own, or the break's.
    broken = "\n".join(line.strip() for line in block.lines)
    texts = (broken, re.sub(r"[-\u00ad\u2010]\n", "-", broken), re.sub(r"[-\u00ad\u2010]\n", "", broken))
    for word in dict.fromkeys(word for text in texts for word in banned_in(text, brand.rules.banned)):
        say("banned", block.kind, f"“{word}”", "no banned word")
    families = {family.name: family for family in brand.fonts.values()}
    if block.family not in families:
        say("font", block.kind, block.family, ", ".join(families))
    elif lacking := families[block.family].face(block.weight).lacks(block.text):
        say("glyphs", block.kind, f"{block.family} has no {' '.join(lacking[:20])}", "characters that the font has")
    most = brand.rules.lines.get(block.kind)
    if most is not None and len(block.lines) > most:
        say("lines", block.kind, f"{len(block.lines)} lines", f"at most {most}")


def _logo(finished: Finished, brand: Brand, blocks: list[Block], say: Any) -> None:
    mark, rules = finished.logo, brand.rules
    if mark is None:
        say("logo-missing", "logo", "no logo", "one")
        return
    left, top, right, bottom = mark.box
    height = bottom - top
    if height * finished.scale < rules.min_height - _SLACK * finished.scale:
        say("logo-size", "logo", _seen(height, finished) + " high", _least(rules.min_height, finished))
    if outside := _outside(mark.box, finished.clear):
        say("safe-area", "logo", f"{outside} px over the edge", _box(finished.clear))
    free = rules.clear_space * height - _SLACK
    around = (left - free, top - free, right + free, bottom + free)
    for block in blocks:
        if _meet(around, block.box):
            say(
                "logo-space",
                "logo",
                f"the {block.kind} comes nearer",
                f"{rules.clear_space * height:.0f} px free on every side",
            )
    if _outside(around, (0, 0, *finished.under.size)):
        say(
            "logo-space",
            "logo",
            "the edge of the picture comes nearer",
            f"{rules.clear_space * height:.0f} px free on every side",
        )
    ground, spread = ground_of(finished.under, mark.box)
    if spread > _BUSY:
        say("logo-background", "logo", f"lightness varies by {spread:.0f} behind it", f"a calm place, at most {_BUSY:g}")
    if (brand.logo_on(ground) is brand.logo_dark) != mark.dark:
        say(
            "logo-background",
            "logo",
            f"the logo for {'dark' if mark.dark else 'light'} backgrounds on {ground}",
            "the other one there",
        )
    if rules.backgrounds:
        colour, apart = nearest(ground, [brand.colours[path] for path in rules.backgrounds])
        if apart > _OFF:
            say("logo-background", "logo", f"{ground}, {apart:.0f} deltaE from {colour}", "on " + ", ".join(rules.backgrounds))


def _seen(size: float, finished: Finished) -> str:
    return f"{size:g} px, seen as {size * finished.scale:.1f}"


def _least(size: float, finished: Finished) -> str:
    return f"{math.ceil(size / finished.scale - 1e-9)} px and more, seen as {size:g}"


def _outside(box: Box, clear: Box) -> int:
    """By how many pixels a box reaches over another's edge, rounded up; 0 where it lies within."""
    over = max(clear[0] - box[0], clear[1] - box[1], box[2] - clear[2], box[3] - clear[3])
    return math.ceil(over) if over > _SLACK else 0


def _meet(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > _SLACK and down > _SLACK


def _box(box: Box) -> str:
    return "within " + ", ".join(f"{n:g}" for n in box)
