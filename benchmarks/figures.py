"""What a benchmark found: medians with their spread, as a table and as out/figures/NAME.json."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path("out/figures")


@dataclass(frozen=True)
class Figure:
    """A median of `n` runs, and the lowest and highest of them."""

    value: float
    unit: str
    n: int
    low: float
    high: float


def median(values: Sequence[float], unit: str) -> Figure:
    """The median of several runs."""
    return Figure(statistics.median(values), unit, len(values), min(values), max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """The median of the ratios of runs made side by side: what slows the machine for a moment slows both."""
    return median([a / b for a, b in zip(ours, theirs, strict=True)], "ratio")


def share(marks: Sequence[bool]) -> Figure:
    """How many are right, with Wilson's 95 % interval."""
    from scipy.stats import binomtest

    found = binomtest(sum(marks), len(marks)).proportion_ci(0.95, "wilson")
    return Figure(sum(marks) / len(marks), "share", len(marks), found.low, found.high)


def save(name: str, figures: dict[str, Figure]) -> None:
    """Write out/figures/NAME.json."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps({k: asdict(v) for k, v in figures.items()}, indent=1) + "\n")


def table(title: str, figures: dict[str, Figure]) -> str:
    """The figures as lines of text."""
    width = max(len(name) for name in figures)
    rows = [f"  {k:<{width}}  {f.value:9.3f} {f.unit:<8} n={f.n}  {f.low:.3f} to {f.high:.3f}" for k, f in figures.items()]
    return "\n".join([title, *rows])
