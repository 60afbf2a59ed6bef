"""Two pictures held against each other: which words, which settings, which pixels differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape

import numpy as np
from PIL import Image, ImageChops

from ..codecs import data_url, thumbnail
from ..request import Request
from ..result import Result
from ..sheet import contact_sheet

_SETTINGS = ("seed", "size", "steps", "guidance", "scheduler", "strength", "loras", "kind", "source", "mask_source")
_SIDE = 256  # pixels that a notebook shows
_WORD = re.compile(r"\s*\S+")
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Comparison:
    """What two pictures differ in.

    prompt, negative     ((state, words), ...), state "same", "gone" (only the first says it) or "new" (only the second).
    settings    ((name, of the first, of the second), ...), only those that differ; the model is one of them.
    difference  RGB, of the first one's size: the difference of each channel, so that what is black is the same.
    changed     share of pixels that differ at all, 0 to 1; mean, the mean difference of a channel, 0 to 255.
    """

    images: tuple[Image.Image, Image.Image] = field(repr=False)
    prompt: tuple[tuple[str, str], ...]
    negative: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str, str], ...]
    difference: Image.Image = field(repr=False)
    changed: float
    mean: float

    def picture(self, side: int = _SIDE) -> Image.Image:
        """Both pictures and their difference, labelled, as one RGB picture."""
        cells = {(0, i): image for i, image in enumerate((*self.images, self.difference))}
        return contact_sheet([self._summary()], ["first", "second", "difference"], cells, side=side)

    def _summary(self) -> str:
        return f"{self.changed:.0%} of pixels differ"

    def _repr_html_(self) -> str:
        css = "padding:4px;text-align:left;vertical-align:top;font-weight:normal"
        names = ("first", "second", "difference")
        heads = "".join(f'<th scope="col" style="{css}">{name}</th>' for name in names)
        cells = "".join(
            f'<td style="{css}"><img src="{data_url(thumbnail(image, _SIDE), "JPEG", quality=90)}" alt="{name}"></td>'
            for name, image in zip(names, (*self.images, self.difference), strict=True)
        )
        lines = [f"<p>prompt: {_marked(self.prompt)}</p>"]
        lines += [f"<p>negative: {_marked(self.negative)}</p>"] if self.negative else []
        lines += [f"<p>{escape(n)}: <del>{escape(a)}</del> <ins>{escape(b)}</ins></p>" for n, a, b in self.settings]
        lines.append(f"<p>{self._summary()}, by {self.mean:.1f} of 255 on average.</p>")
        return f"<table><thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>{''.join(lines)}"


def compare(first: Result, second: Result) -> Comparison:
    """The comparison of two finished pictures; the second is scaled to the size of the first where they differ."""
    difference, changed, mean = apart(first.image, second.image)
    a, b = first.request, second.request
    one, other = settings(first), settings(second)
    named = [(name, one[name], other[name]) for name in one]
    return Comparison(
        (first.image, second.image), words(a.prompt.text, b.prompt.text), words(a.negative, b.negative),
        tuple((name, x, y) for name, x, y in named if x != y), difference, changed, mean,
    )  # fmt: skip


def apart(first: Image.Image, second: Image.Image) -> tuple[Image.Image, float, float]:
    """(difference, changed, mean) as a Comparison has them; the second is scaled to the size of the first."""
    one, other = first.convert("RGB"), second.convert("RGB")
    if other.size != one.size:
        other = other.resize(one.size, Image.Resampling.LANCZOS)
    difference = ImageChops.difference(one, other)
    values = np.asarray(difference)
    return difference, float(values.any(axis=2).mean()), float(values.mean())


def settings(result: Result) -> dict[str, str]:
    """Every setting of a picture that a comparison looks at, as it is shown: seed, size, steps, ..., and the model."""
    return {name: _setting(result.request, name) for name in _SETTINGS} | {"model": result.made.model}


def words(first: str, second: str) -> tuple[tuple[str, str], ...]:
    """The two texts word by word, as ((state, words), ...) in reading order."""
    a, b = ([w.strip() for w in _WORD.findall(text)] for text in (first, second))
    out: list[tuple[str, str]] = []
    for kind, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            out.append((SAME, " ".join(a[i:j])))
            continue
        out += [(GONE, " ".join(a[i:j]))] if j > i else []
        out += [(NEW, " ".join(b[k:m]))] if m > k else []
    return tuple(out)


def _setting(request: Request, name: str) -> str:
    value = getattr(request, name)
    if value in ("", ()):
        return "-"
    return f"{value[0]} x {value[1]}" if name == "size" else f"{value:g}" if isinstance(value, float) else str(value)


def _marked(parts: tuple[tuple[str, str], ...]) -> str:
    tags = {SAME: "{}", GONE: "<del>{}</del>", NEW: "<ins>{}</ins>"}
    return " ".join(tags[state].format(escape(text)) for state, text in parts)
