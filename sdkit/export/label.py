"""The words "AI generated" on a picture, small and legible, in the corner where they hide least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from ..errors import InputError
from .fit import Fit
from .placements import Placement
from .windows import Box, share_inside

WORDS = "AI generated"
_MAX = 40  # letters
_SMALLEST = 11  # pixels: less is not read
_PAPER, _INK = (17, 18, 20, 205), (255, 255, 255, 255)  # white on this is at least 9:1 whatever lies below (WCAG 2.1)

Labels = bool | str | Mapping[str, str | bool]


def words_for(labels: Labels, placement: Placement) -> str:
    """What to write on this placement's picture; "" for nothing.

    labels   True for "AI generated" on all; other words for all; or {name, platform or group: words or True}, of which the
             narrowest counts. Raises InputError for anything else, and for more than 40 letters.
    """
    if isinstance(labels, Mapping):
        keys = (placement.name, placement.folder, placement.group, "all")
        chosen: object = next((labels[key] for key in keys if key in labels), False)
    else:
        chosen = labels
    words = WORDS if chosen is True else "" if chosen is False or chosen is None else chosen
    if not isinstance(words, str) or len(words) > _MAX or not words.isprintable():
        raise InputError("label", labels, f"True, words of at most {_MAX} letters, or {{placement, platform or group: words}}")
    return words.strip()


@dataclass(frozen=True)
class Tab:
    """Where the words go: their dark tab's box in pixels of the picture, and the size of their letters.

    clear   whether it lies on nothing that it should not.
    """

    box: Box
    letters: int
    clear: bool


def tab_of(fit: Fit, words: str, off: Sequence[Box] = ()) -> Tab:
    """The corner of the safe area where a tab with `words` covers least: nothing of `off`, if it can, then of the subject."""
    p = fit.placement
    side = max(_SMALLEST, round(0.028 * (p.width * p.height) ** 0.5))
    room = p.width - p.safe.left - p.safe.right
    while side > _SMALLEST and ImageFont.load_default(side).getlength(words) + 2 * side > room:
        side -= 1
    left, top, right, bottom = ImageFont.load_default(side).getbbox(words)
    across, down = _padding(side)
    width, height = round(right - left) + 2 * across, round(bottom - top) + 2 * down
    gap = round(0.7 * side) if min(p.size) > 6 * side else 2
    x0, x1 = p.safe.left + gap, max(p.safe.left + gap, p.width - p.safe.right - gap - width)
    y0, y1 = p.safe.top + gap, max(p.safe.top + gap, p.height - p.safe.bottom - gap - height)
    corners = [(x1, y1), (x0, y1), (x1, y0), (x0, y0)]  # where two hide as little, below, and away from a profile's portrait
    boxes = [(float(x), float(y), float(x + width), float(y + height)) for x, y in corners]
    air = 0.3 * side

    def hidden(box: Box) -> float:
        around = box[0] - air, box[1] - air, box[2] + air, box[3] + air
        return sum(share_inside(around, one) for one in off)

    best = min(boxes, key=lambda box: (hidden(box), share_inside(box, fit.subject)))
    return Tab(best, side, not hidden(best))


def labelled(image: Image.Image, fit: Fit, words: str, tab: Tab | None = None) -> Image.Image:
    """The picture with `words` on a dark tab in a corner of its safe area: by default the one that covers least of the subject."""
    tab = tab or tab_of(fit, words)
    left, top, right, bottom = (round(v) for v in tab.box)
    width, height = right - left, bottom - top
    font, (across, down) = ImageFont.load_default(tab.letters), _padding(tab.letters)
    ink = font.getbbox(words)
    drawn = Image.new("RGBA", (4 * width, 4 * height))  # drawn large, for round corners without steps
    ImageDraw.Draw(drawn).rounded_rectangle((0, 0, 4 * width - 1, 4 * height - 1), 4 * round(0.28 * tab.letters), fill=_PAPER)
    drawn = drawn.resize((width, height), Image.Resampling.LANCZOS)
    ImageDraw.Draw(drawn).text((across - ink[0], down - ink[1]), words, font=font, fill=_INK)
    out = image.convert("RGB")
    out.paste(drawn, (left, top), drawn)
    return out


def _padding(side: int) -> tuple[int, int]:
    return round(0.6 * side), round(0.42 * side)


__all__ = ["WORDS", "Labels", "Tab", "labelled", "tab_of", "words_for"]
