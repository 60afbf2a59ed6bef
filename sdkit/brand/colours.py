"""Colours as sRGB hex, and what is asked of them: how far apart, how well one reads on another, what people call them.

deltaE is CIEDE2000 between CIELAB values under D65; contrast is that of WCAG 2.1. Both are coloraide's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from coloraide import Color
from coloraide.css.color_names import name2val_map

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

# Plain words that every model knows (templates/wildcards/colours.txt), and the CSS names that people would call so.
PLAIN = {
    "red": "red crimson firebrick darkred indianred",
    "orange": "orange darkorange coral tomato orangered chocolate sandybrown peru",
    "yellow": "yellow gold khaki goldenrod lightyellow palegoldenrod",
    "green": "green forestgreen limegreen seagreen olivedrab olive yellowgreen lime darkgreen darkseagreen mediumseagreen",
    "mint": "aquamarine mediumaquamarine palegreen paleturquoise",
    "teal": "teal darkcyan lightseagreen cadetblue turquoise",
    "blue": "blue royalblue dodgerblue steelblue skyblue lightskyblue cornflowerblue mediumblue deepskyblue lightblue",
    "navy": "navy midnightblue darkblue",
    "purple": "purple rebeccapurple mediumpurple indigo darkorchid mediumorchid darkmagenta slateblue lavender",
    "pink": "pink hotpink lightpink deeppink palevioletred salmon lightsalmon plum magenta",
    "beige": "beige wheat tan antiquewhite burlywood bisque papayawhip",
    "white": "white snow ivory ghostwhite",
    "grey": "grey silver dimgrey lightgrey slategrey gainsboro darkgrey",
    "black": "black",
}
_THINGS = """
bisque chocolate linen peru plum salmon seashell snow tan thistle tomato wheat honeydew orchid
"""  # CSS names that in a prompt are more often a thing than a colour
_ALSO = """
amber apricot azure blush brass bronze burgundy cerulean champagne charcoal cobalt copper cream emerald eggshell fuchsia jade lilac
mauve mint monochrome mustard ochre pastel petrol rose rainbow ruby rust sage sapphire scarlet sepia terracotta ultramarine vermilion
wine colourful colorful multicoloured multicolored monochromatic greyscale grayscale
"""  # what designers call colours, beyond CSS
_NAMES = {*name2val_map, *_ALSO.split(), *PLAIN} - set(_THINGS.split())
_WORD = re.compile(r"[^\W\d_]+")


def is_hex(text: object) -> bool:
    """Whether this is "#rgb" or "#rrggbb"."""
    return isinstance(text, str) and _HEX.fullmatch(text) is not None


def full(text: str) -> str:
    """ "#RGB" or "#RRGGBB" as "#rrggbb"."""
    return text.lower() if len(text) == 7 else "#" + "".join(2 * digit for digit in text[1:]).lower()


@lru_cache(4096)
def _lab(colour: str) -> Color:
    return Color(colour[:7]).convert("lab-d65")


@lru_cache(65536)
def delta_e(one: str, other: str) -> float:
    """CIEDE2000 (Luo, Cui, Rigg 2001) between two hex colours: about 1 just shows side by side, over 10 is another colour."""
    return float(_lab(one).delta_e(_lab(other), method="2000"))


@lru_cache(4096)
def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.1 between two hex colours, 1 to 21, in either order."""
    return float(Color(one[:7]).contrast(Color(other[:7]), method="wcag21"))


def nearest(colour: str, palette: Sequence[str]) -> tuple[str, float]:
    """(the colour of the palette that comes nearest, its deltaE)."""
    return min(((other, delta_e(colour, other)) for other in palette), key=lambda pair: pair[1])


@lru_cache(4096)
def plain_name(colour: str) -> str:
    """What most people call a hex colour: one of the fourteen words of PLAIN, by the nearest CSS name."""
    return min((delta_e(colour, hex), word) for word, hexes in _anchors() for hex in hexes)[1]


@lru_cache(1)
def _anchors() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((word, tuple(Color(name).to_string(hex=True) for name in names.split())) for word, names in PLAIN.items())


@lru_cache(1024)
def names_a_colour(prompt: str) -> bool:
    """Whether some word of a prompt is the name of a colour: a CSS name, or what designers say."""
    return any(word in _NAMES for word in _WORD.findall(prompt.casefold()))
