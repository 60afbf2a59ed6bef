"""Pictures to start from, and masks: opened once, and told apart by a short label that is kept with each picture made of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from .codecs import pixel_hash
from .result import Result

_DIGITS = 8  # of the hash: enough to tell some thousands of pictures apart


@dataclass(frozen=True)
class Opened:
    """A picture that was opened, with what tells it from others.

    label    as `label` makes it; two are equal when these are.
    shown    as a person reads it, beside the others of one list.
    """

    image: Image.Image = field(compare=False, repr=False)
    label: str
    shown: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.shown or self.label


def label(what: object, image: Image.Image) -> str:
    """The id of a Result, "photo.jpg#1a2b3c4d" of a file, "1a2b3c4d" of a picture in memory; the digits are of its pixels' hash.

    what     as a person gave it; image, what it opened as.
    """
    if isinstance(what, Result) and what.id:
        return what.id
    name = os.fspath(what) if isinstance(what, str | os.PathLike) else getattr(what, "filename", "")
    if isinstance(what, str) and not Path(what).suffix:
        return what  # an id of the store
    name = Path(name).name if isinstance(name, str) and name else ""
    return (f"{name}#" if name else "") + short_hash(pixel_hash(image))


def short_hash(digest: str | None) -> str:
    """A pixel hash as the label of a picture without a name; "" where there is none."""
    return (digest or "")[:_DIGITS]


def told_apart(labels: Iterable[str]) -> dict[str, str]:
    """Each label as it is shown beside the others: a file by its name alone where no two different files have that name."""
    every = list(dict.fromkeys(labels))
    named = Counter(one.rpartition("#")[0] for one in every)
    out = {}
    for one in every:
        name, _, digits = one.rpartition("#")
        out[one] = one if not name else name if named[name] == 1 else f"{name} ({digits})"
    return out
