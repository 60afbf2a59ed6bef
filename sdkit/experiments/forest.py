"""A forest plot: one line an effect, its interval, its verdict in words. A matplotlib Figure without any pyplot state."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from matplotlib.figure import Figure

_MARKS = {"helps": ("o", "#1a7f4b"), "hurts": ("X", "#b3261e"), "no visible difference": ("s", "#4a5568")}
_OTHER = ("D", "#9a6b00")
_BAND, _AXIS = "#cbd5e1", "#475569"
_LONGEST = 60  # characters of a label

Line = tuple[str, float, float, float, str, str]  # label, low, effect, high, verdict, answer


class Forest(Figure):
    """The plot of some effects. A notebook shows it whether or not pyplot was ever imported.

    zero, margin   where no effect is, and how far from it one is too small to see; caption, what the axis counts.
    """

    def __init__(self, lines: Sequence[Line], *, zero: float, margin: float, caption: str) -> None:
        super().__init__(figsize=(9, 1.3 + 0.42 * max(1, len(lines))), layout="constrained", facecolor="white")
        axes = self.add_subplot()
        axes.axvspan(zero - margin, zero + margin, color=_BAND, alpha=0.45, lw=0)
        axes.axvline(zero, color=_AXIS, lw=1)
        known = [abs(v - zero) for _, low, effect, high, _, _ in lines for v in (low, effect, high) if math.isfinite(v)]
        reach = 1.1 * max([*known, 1.5 * margin])
        for y, (_, low, effect, high, verdict, answer) in enumerate(lines):
            mark, colour = _MARKS.get(verdict, _OTHER)
            ends = [min(max(v, zero - reach), zero + reach) for v in (low, high)]
            axes.plot(ends, [y, y], color=colour, lw=2, alpha=1.0 if math.isfinite(effect) else 0.25)
            if math.isfinite(effect):
                axes.plot([effect], [y], marker=mark, color=colour, ms=8)
            axes.text(1.01, y, answer, transform=axes.get_yaxis_transform(), va="center", color=colour)
        axes.set_yticks(range(len(lines)), [_plain(label) for label, *_ in lines])
        axes.set_ylim(max(1, len(lines)) - 0.4, -0.6)
        axes.set_xlim(zero - reach, zero + reach)
        axes.set_xlabel(caption)
        axes.spines[["top", "right"]].set_visible(False)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


def _plain(text: str) -> str:
    """Text in which matplotlib sees no formula."""
    return (text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…").replace("$", r"\$")
