"""A palette with roles, proposed from a logo or a picture."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from coloraide import Color
from PIL import Image

from ..codecs import open_image
from ..errors import ImageError
from .colours import contrast, delta_e, plain_name

_SIDE = 256  # pixels: enough to count colours
_COLOURS = 12  # that the picture is reduced to, before those alike are put together
_ALIKE = 8.0  # deltaE below which two of them are one: edges are full of in-between colours
_LEAST = 0.01  # share, below which a colour is a fringe
_GREY = 0.03  # Oklch chroma below which a colour has no hue to speak of
_READABLE = 7.0  # contrast of ink on paper that is aimed at (WCAG 2.1, level AAA)


@dataclass(frozen=True)
class Swatch:
    """One colour of a proposal: "#rrggbb", the share of the picture it covers, and what most people call it."""

    colour: str
    share: float
    name: str


@dataclass(frozen=True)
class Palette:
    """A proposal: colours by share, largest first, and which could be what.

    primary   the strongest colour there is much of; accent, the one furthest from it, or its complement where there is none.
    ink       what text could be: the darkest, deepened until it reads; paper, what it could stand on.
    """

    swatches: tuple[Swatch, ...]
    primary: str
    accent: str
    ink: str
    paper: str

    @property
    def colours(self) -> tuple[str, ...]:
        """Those that the picture has, and those that a role needed beside them, each once."""
        return tuple(dict.fromkeys([*(s.colour for s in self.swatches), self.primary, self.accent, self.ink, self.paper]))

    def names(self) -> dict[str, str]:
        """A name for each colour, each once: "teal", "teal-2"."""
        out: dict[str, str] = {}
        for colour in self.colours:
            name, number = plain_name(colour), 1
            free = name
            while free in out:
                number += 1
                free = f"{name}-{number}"
            out[free] = colour
        return out

    def _repr_html_(self) -> str:
        from .card import swatches

        roles = {"primary": self.primary, "accent": self.accent, "ink": self.ink, "paper": self.paper}
        return swatches(self.names()) + swatches(roles)


def propose(image: str | os.PathLike[str] | Image.Image) -> Palette:
    """The palette of a picture; what is transparent does not count.

    Raises ImageError when it does not open or is transparent throughout.
    """
    source = open_image(image if isinstance(image, Image.Image) else os.fspath(image), "image").convert("RGBA")
    source.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(source)
    solid = pixels[pixels[..., 3] >= 128][:, :3]
    if not len(solid):
        raise ImageError("image", "a picture that is transparent throughout", "one with something to see")
    swatches = _swatches(solid)
    colours = [s.colour for s in swatches]
    paper = next((c for c in colours if _lch(c)[0] > 0.92), _tint(colours[0]))
    vivid = [s for s in swatches if _lch(s.colour)[1] > _GREY]
    dark = min(colours, key=lambda c: _lch(c)[0])
    lively = [s for s in vivid if s.colour != dark] or vivid  # the darkest is the ink's
    primary = max(lively, key=lambda s: s.share * _lch(s.colour)[1]).colour if lively else dark
    apart = [s.colour for s in lively if delta_e(s.colour, primary) > 20]
    accent = max(apart, key=lambda c: delta_e(c, primary) * _lch(c)[1]) if apart else _complement(primary)
    return Palette(swatches, primary, accent, _deepened(dark, paper), paper)


def _swatches(solid: Any) -> tuple[Swatch, ...]:
    """Colours with their shares, those alike put together under the commonest."""
    strip = Image.fromarray(np.ascontiguousarray(solid[None]))
    reduced = strip.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=3, dither=Image.Dither.NONE)
    values = reduced.getpalette() or []
    counts: Any = sorted(reduced.getcolors() or [], reverse=True)
    shares: dict[str, float] = {}
    for count, place in counts:
        colour = "#" + bytes(values[3 * place : 3 * place + 3]).hex()
        same = next((other for other in shares if delta_e(other, colour) < _ALIKE), colour)
        shares[same] = shares.get(same, 0.0) + count / len(solid)
    kept = [(colour, share) for colour, share in shares.items() if share >= _LEAST] or list(shares.items())[:1]
    ordered = sorted(kept, key=lambda pair: -pair[1])
    return tuple(Swatch(colour, round(share, 3), plain_name(colour)) for colour, share in ordered)


def _lch(colour: str) -> tuple[float, float, float]:
    lightness, chroma, hue = Color(colour).convert("oklch").coords(nans=False)
    return lightness, chroma, hue


def _hex(lightness: float, chroma: float, hue: float) -> str:
    return Color("oklch", [lightness, chroma, hue]).convert("srgb").fit("srgb").to_string(hex=True)


def _tint(colour: str) -> str:
    """Nearly white, with a breath of a colour."""
    _, chroma, hue = _lch(colour)
    return _hex(0.975, min(chroma, 0.012), hue)


def _complement(colour: str) -> str:
    lightness, chroma, hue = _lch(colour)
    return _hex(min(max(lightness, 0.62), 0.75), max(chroma, 0.12), (hue + 180) % 360)


def _deepened(colour: str, paper: str) -> str:
    """The colour, darker until it reads on the paper."""
    lightness, chroma, hue = _lch(colour)
    while contrast(colour, paper) < _READABLE and lightness > 0:
        lightness = max(0.0, lightness - 0.04)
        colour = _hex(lightness, min(chroma, 0.09), hue)
    return colour
