"""The words "AI generated" on a picture, small and legible, in the corner where they hide least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def labelled(image: Image.Image, fit: Fit, words: str, avoid: Sequence[Box] = ()) -> Image.Image:
    """The picture with `words` on a dark tab in a corner of its safe area: the one that covers least of the subject.

    avoid   boxes that it keeps off where any corner does: other words, a logo.
    """
    p = fit.placement
    side = max(_SMALLEST, round(0.028 * (p.width * p.height) ** 0.5))
    room = p.width - p.safe.left - p.safe.right
    font = ImageFont.load_default(side)
    while side > _SMALLEST and font.getlength(words) + 2 * side > room:
        side -= 1
        font = ImageFont.load_default(side)
    left, top, right, bottom = font.getbbox(words)
    across, down = round(0.6 * side), round(0.42 * side)
    width, height = round(right - left) + 2 * across, round(bottom - top) + 2 * down
    gap = round(0.7 * side) if min(p.size) > 6 * side else 2
    x0, x1 = p.safe.left + gap, max(p.safe.left + gap, p.width - p.safe.right - gap - width)
    y0, y1 = p.safe.top + gap, max(p.safe.top + gap, p.height - p.safe.bottom - gap - height)
    corners = [(x1, y1), (x0, y1), (x1, y0), (x0, y0)]  # where two hide as little, below, and away from a profile's portrait

    def hidden(at: tuple[float, float]) -> tuple[float, float]:
        tab = (at[0], at[1], at[0] + width, at[1] + height)
        return sum(share_inside(tab, box) for box in avoid), share_inside(tab, fit.subject)

    x, y = min(corners, key=hidden)
    tab = Image.new("RGBA", (4 * width, 4 * height))  # drawn large, for round corners without steps
    ImageDraw.Draw(tab).rounded_rectangle((0, 0, 4 * width - 1, 4 * height - 1), 4 * round(0.28 * side), fill=_PAPER)
    tab = tab.resize((width, height), Image.Resampling.LANCZOS)
    ImageDraw.Draw(tab).text((across - left, down - top), words, font=font, fill=_INK)
    out = image.convert("RGB")
    out.paste(tab, (round(x), round(y)), tab)
    return out


__all__ = ["WORDS", "Labels", "labelled", "words_for"]
