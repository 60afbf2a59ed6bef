"""Banner layouts as a form shows them: a small picture of each, and its slots with what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

from ..layout import Layout, Theme
from ..layout.render import render
from ..layout.specimen import WORDS, backdrop, ball
from ..layout.template import Text, parts_of

SPECIMEN = (300, 200)  # width and height in pixels


def specimen(one: Layout, theme: Theme) -> Image.Image:
    """The layout with words of no meaning."""
    texts = {slot: WORDS.get(slot, slot.capitalize()) for slot in one.slots}
    return render(one, backdrop(SPECIMEN), SPECIMEN, texts, theme, subject=ball(SPECIMEN)).image


def told(one: Layout, most: Mapping[str, int]) -> dict[str, Any]:
    """A layout as the page shows it: its name, when to use it, and its slots with what they hold.

    most   lines that the brand allows, by slot.
    """
    texts = [p for a in one.arrangements for z in a.zones for p in parts_of(z.group) if isinstance(p, Text)]
    slots = []
    for slot in one.slots:
        mine = [t for t in texts if t.slot == slot]
        lines = min(max(t.lines for t in mine), most.get(slot, 99))
        slots.append({"slot": slot, "lines": lines, "leaves": any(t.leave for t in mine)})
    return {"name": one.name, "title": one.title, "about": one.about, "logo": one.has_logo, "slots": slots}


__all__ = ["SPECIMEN", "specimen", "told"]
