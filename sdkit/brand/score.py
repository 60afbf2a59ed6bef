"""How far a picture's colours are from a brand's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from ..errors import InputError
from .colours import full, is_hex, nearest

_Brand = tuple[str, ...]


def palette_distance(palette: Sequence[tuple[str, float]], brand: Sequence[str]) -> float:
    """The mean deltaE 2000 from each colour of a picture to the brand's nearest, weighted by how much it covers.

    palette   ((hex, share), ...), as `sdkit.experiments.measures` keeps it; shares are over 0 and need not add up to 1.
    brand     hex colours.

    0 is made of the brand's colours alone. Shading and what else is in a picture add to it: the embedded model's pictures lie
    about 10 to 13 from Morrowday with a background in its mint, and about 20 to 27 where no colour was asked for. NaN for an
    empty palette. Raises InputError for what is no colour, or a brand without colours.
    """
    colours = tuple(_checked("brand", colour) for colour in brand)
    if not colours:
        raise InputError("brand", brand, "at least one colour")
    total = distance = 0.0
    for colour, share in palette:
        if isinstance(share, bool) or not isinstance(share, int | float) or not (math.isfinite(share) and share >= 0):
            raise InputError("palette", share, "a share of 0 or more beside each colour")
        total += share
        distance += share * _nearest(_checked("palette", colour), colours)
    return distance / total if total else math.nan


def _checked(parameter: str, colour: object) -> str:
    if not is_hex(colour):
        raise InputError(parameter, colour, 'colours as "#rrggbb"')
    return full(str(colour))


@lru_cache(65536)
def _nearest(colour: str, brand: _Brand) -> float:
    return nearest(colour, brand)[1]
