r"""Weights as AUTOMATIC1111 users write them: which words of a prompt count for more, and which for less.

(word)          1.1 times          ((word))       1.21 times; brackets inside brackets multiply
(word:1.3)      1.3 times          [word]         divided by 1.1
\( \) \[ \]     plain brackets     BREAK          what follows is read on its own, as after 75 tokens
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

ROUND = 1.1  # ( ) multiplies, [ ] divides by this
MOST = 1_000.0  # times; far past anything a model understands, and still a number

_TOKEN = re.compile(
    r"\\[()\[\]\\]|[(\[]|:\s*+([+-]?+(?:\d++\.?+\d*+|\.\d++))\s*+\)|[)\]]|\s*+\bBREAK\b\s*+|[^\\()\[\]:B\s]++|.", re.DOTALL
)


@dataclass(frozen=True)
class Span:
    """Words of one weight; 1 is plain. `breaks`: it begins after a BREAK."""

    text: str
    weight: float = 1.0
    breaks: bool = False


def parse_weights(text: str) -> tuple[Span, ...]:
    r"""The spans of a prompt, in order, neighbours of unlike weight; () for an empty one. Any text has a reading.

    A bracket that is never closed counts as closed at the end, and one that closes nothing is text, as they are there.
    Weights are limited to 0 … 1,000.

    >>> [(span.text, span.weight) for span in parse_weights(r"a (red:1.2) shoe")]
    [('a ', 1.0), ('red', 1.2), (' shoe', 1.0)]
    """
    said: list[list[object]] = []  # [text, weight, breaks]
    rounds: list[int] = []
    squares: list[int] = []

    def times(start: int, factor: float) -> None:
        for span in said[start:]:
            span[1] = min(MOST, max(0.0, float(span[1]) * factor))  # type: ignore[arg-type]

    after_break = False
    for token in _TOKEN.finditer(text):
        piece = token.group()
        if piece == "(":
            rounds.append(len(said))
        elif piece == "[":
            squares.append(len(said))
        elif token[1] is not None and rounds:
            times(rounds.pop(), float(token[1]))
        elif piece == ")" and rounds:
            times(rounds.pop(), ROUND)
        elif piece == "]" and squares:
            times(squares.pop(), 1 / ROUND)
        elif piece.strip() == "BREAK":
            after_break = True
        else:
            plain = piece[1:] if piece[0] == "\\" and len(piece) == 2 else piece
            said.append([plain, 1.0, after_break])
            after_break = False
    for start in rounds:
        times(start, ROUND)
    for start in squares:
        times(start, 1 / ROUND)
    return _merged([Span(str(t), round(float(w), 6), bool(b)) for t, w, b in said])  # type: ignore[arg-type]


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    out: list[Span] = []
    texts: list[str] = []
    for span in spans:
        if out and span.weight == out[-1].weight and not span.breaks:
            texts.append(span.text)
            continue
        if out:
            out[-1] = Span("".join(texts), out[-1].weight, out[-1].breaks)
        out.append(span)
        texts = [span.text]
    if out:
        out[-1] = Span("".join(texts), out[-1].weight, out[-1].breaks)
    return tuple(out)


def plain(text: str) -> str:
    r"""The words without their weights, `\(` as (."""
    return "".join((" " if span.breaks else "") + span.text for span in parse_weights(text))


def weighted(text: str) -> bool:
    """Whether any words weigh other than 1, or a BREAK stands between them."""
    return any(not math.isclose(span.weight, 1.0) or span.breaks for span in parse_weights(text))
