"""Which words and settings help: each one's effect, how sure that is, and what it says in plain words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from . import bootstrap, bradley_terry
from .bootstrap import LEAST, LEVEL, Estimate, holm
from .contrasts import Contrast, Factor, contrasts

if TYPE_CHECKING:
    import pandas as pd

    from .forest import Forest

HELPS, HURTS, SAME, UNKNOWN = "helps", "hurts", "no visible difference", "not enough data"
PREFERENCE, RATING, KEPT = "preference", "rating", "kept"
MARGINS = {RATING: 0.3, KEPT: 0.1, PREFERENCE: 0.1}  # stars; share of pictures kept; of pairs won, from one half
SMALL = 0.2  # of a column's standard deviation between pictures: a difference that no one sees (Cohen 1988)
_SEEDS = 6  # from so many on a seed is one unit; with fewer each pair counts by itself


@dataclass(frozen=True)
class Effect:
    """One comparison and its answer.

    kind, name, what, against     as in Contrast: ("axis", "negative", "@clean", "(none)").
    effect, low, high   the difference and its 95 % interval, in the unit of the table; of preference the share of pairs won.
    p         corrected for all comparisons of the table (Holm).
    pairs     picture pairs behind it; units, how many of them are independent: seeds where there are six or more.
    verdict   "helps", "hurts", "no visible difference" or "not enough data".
    more      how many more a clear answer is likely to take, in the table's `unit`; 0 where there is one.
    """

    kind: str
    name: str
    what: str
    against: str
    effect: float
    low: float
    high: float
    p: float
    pairs: int
    units: int
    verdict: str = UNKNOWN
    more: int = 0


@dataclass(frozen=True)
class Effects:
    """A table of effects: iterate it, `.frame()` it, `.plot()` it.

    of       "preference", "rating", "kept" or the measured column.
    rows     one Effect a comparison.
    zero     the value of no effect: 0, or for preference 0.5.
    margin   differences smaller than this, either way, count as invisible.
    better   "higher" or "lower".
    unit     what `more` counts: compared pairs, rated pairs, or for what is measured seeds.
    """

    of: str
    rows: tuple[Effect, ...] = field(repr=False)
    zero: float
    margin: float
    better: str
    unit: str
    pictures: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Effect]:
        return iter(self.rows)

    @overload
    def __getitem__(self, place: int) -> Effect: ...
    @overload
    def __getitem__(self, place: str) -> Effect: ...
    def __getitem__(self, place: int | str) -> Effect:
        """By number, or the first whose word or level this is."""
        if isinstance(place, int):
            return self.rows[place]
        for row in self.rows:
            if place in (row.what, f"{row.name}: {row.what}"):
                return row
        raise KeyError(f"{place!r}; there are {', '.join(repr(row.what) for row in self.rows)}")

    def frame(self) -> pd.DataFrame:
        """A pandas DataFrame, one row an effect, in the order of Effect's fields."""
        import pandas as pd

        names = list(Effect.__dataclass_fields__)
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names)

    def plot(self) -> Forest:
        """A forest plot as a matplotlib Figure: a mark and its 95 % interval an effect, the invisible range shaded."""
        from .forest import Forest  # matplotlib

        lines = [(f"{row.name}: {row.what}  vs  {row.against}", row.low, row.effect, row.high, row.verdict, _answer(row, self.unit))
                 for row in self.rows]  # fmt: skip
        side = "better to the right" if self.better == "higher" else "better to the left"
        caption = f"{self._quantity()}, with 95 % interval ({side}; shaded: too small to see)"
        return Forest(lines, zero=self.zero, margin=self.margin, caption=caption)

    def _quantity(self) -> str:
        return "share of pairs won" if self.of == PREFERENCE else f"difference in {self.of}"

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (f"{r.name}: {r.what}", r.against, _number(r.effect), f"{_number(r.low)} to {_number(r.high)}", str(r.pairs),
             _answer(r, self.unit))
            for r in self.rows
        ]  # fmt: skip

    def _heads(self) -> tuple[str, ...]:
        return ("what", "against", self._quantity(), "95 % interval", "pairs", "verdict")

    def __repr__(self) -> str:
        if not self.rows:
            return f"Effects on {self.of}: nothing varies in these {self.pictures} pictures."
        table = [self._heads(), *self._cells()]
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        return "\n".join(["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table])

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{escape(repr(self))}</p>"
        css = "padding:3px 9px;text-align:left;vertical-align:top"
        head = "".join(f'<th scope="col" style="{css}">{escape(h)}</th>' for h in self._heads())
        body = "".join(
            f'<tr><th scope="row" style="{css}">{escape(first)}</th>'
            + "".join(f'<td style="{css}">{escape(cell)}</td>' for cell in rest)
            + "</tr>"
            for first, *rest in self._cells()
        )
        note = (
            f"{self.pictures} pictures. A difference under {_number(self.margin)} counts as too small to see; "
            f"{self.better} is better. Verdicts are corrected for {len(self.rows)} comparisons."
        )
        return (
            f'<table style="border-collapse:collapse"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{note}</p>'
        )


def of_values(
    factors: Sequence[Factor], seeds: Sequence[int], values: Sequence[tuple[int, float, str]], *, of: str, better: str,
    margin: float | None = None,
) -> Effects:  # fmt: skip
    """Effects on numbers: measures, stars, kept or not.

    values   (picture's place, number, rater or ""): only numbers of one rater, seed and all other conditions are compared.
    """
    known = [(i, y, who) for i, y, who in values if math.isfinite(y)]
    every = contrasts(factors)
    if margin is None:
        spread = float(np.std([y for _, y, _ in known])) if known else 0.0
        margin = MARGINS.get(of) or SMALL * spread or 1e-9
    found = []
    for contrast in every:
        differences = _differences(contrast, factors, seeds, known)
        if not differences and not any(who for _, _, who in known):
            differences = _adjusted(contrast, factors, seeds, known)
        by_seed: dict[int, list[float]] = {}
        for seed, difference in differences:
            by_seed.setdefault(seed, []).append(difference)
        units = [sum(d) / len(d) for d in by_seed.values()] if len(by_seed) >= _SEEDS else [d for _, d in differences]
        found.append((contrast, bootstrap.paired(units), len(differences)))

    rated = of in (RATING, KEPT)
    few = len(set(seeds)) < _SEEDS

    def more(estimate: Estimate, pairs: int) -> int:
        enough = bootstrap.needed(len(every))
        half = (estimate.high - estimate.low) / 2
        if estimate.n >= enough and math.isfinite(half):  # no medium effect: what is left is to show that there is none
            enough = math.ceil(estimate.n * (half / margin) ** 2)
        units = max(enough - estimate.n, math.ceil(estimate.n / 4), 1)
        if rated:  # said in pairs, of which a unit may hold several
            return round(units * max(1.0, pairs / max(1, estimate.n)))
        return math.ceil(units * len(set(seeds)) / max(1, pairs)) if few else units  # said in seeds

    judged = _judged(found, 0.0, margin, better, more)
    return Effects(of, judged, 0.0, margin, better, "rated pairs" if rated else "seeds", len(seeds))


def of_pairs(
    factors: Sequence[Factor], seeds: Sequence[int], bouts: Sequence[tuple[int, int, float]], *, margin: float | None = None
) -> Effects:
    """Effects on blind pairs. bouts: (winner's place, loser's place, 1, or 0.5 for a tie)."""
    every = contrasts(factors)
    margin = MARGINS[PREFERENCE] if margin is None else margin
    starts = np.cumsum([0, *(len(f.levels) for f in factors)])
    rows: list[Any] = []
    weights: list[float] = []
    clusters: list[int] = []
    for won, lost, value in bouts:
        row = np.zeros(starts[-1])
        for factor, start in zip(factors, starts, strict=False):
            row[start + factor.codes[won]] += 1
            row[start + factor.codes[lost]] -= 1
        same = seeds[won] if seeds[won] == seeds[lost] else len(rows) + 2**40  # of two seeds: shares luck with no other
        for sign, weight in ((1, value), (-1, 1 - value)):
            if weight > 0:
                rows.append(sign * row)
                weights.append(weight)
                clusters.append(same)
    fit = bradley_terry.Fit(np.reshape(rows, (len(rows), starts[-1])), weights, clusters)
    found = []
    for contrast in every:
        c = np.zeros(starts[-1])
        for plus, minus in contrast.pairs:
            c[starts[contrast.factor] + plus] += 1 / len(contrast.pairs)
            c[starts[contrast.factor] + minus] -= 1 / len(contrast.pairs)
        codes = factors[contrast.factor].codes
        sides = {(a, b) for a, b in contrast.pairs}
        n = sum((codes[w], codes[x]) in sides or (codes[x], codes[w]) in sides for w, x, _ in bouts)
        log_odds = fit.contrast(c, n)
        rate = bradley_terry.win_rate
        value = rate(log_odds.value) if math.isfinite(log_odds.value) else math.nan
        found.append((contrast, replace(log_odds, value=value, low=rate(log_odds.low), high=rate(log_odds.high)), n))

    def more(estimate: Estimate, pairs: int) -> int:
        enough = bradley_terry.needed(len(every), len(set(seeds)))
        half = (estimate.high - estimate.low) / 2
        if pairs >= enough:
            enough = math.ceil(pairs * (half / margin) ** 2)
        return max(enough - pairs, math.ceil(pairs / 4), 1)

    return Effects(PREFERENCE, _judged(found, 0.5, margin, "higher", more), 0.5, margin, "higher", "pairs", len(seeds))


def _differences(
    contrast: Contrast, factors: Sequence[Factor], seeds: Sequence[int], known: Sequence[tuple[int, float, str]]
) -> list[tuple[int, float]]:
    """(seed, difference) of every two numbers alike in seed, rater and all conditions but the one compared."""
    codes = factors[contrast.factor].codes
    others = [f.codes for place, f in enumerate(factors) if place != contrast.factor]
    blocks: dict[tuple[Any, ...], dict[int, list[float]]] = {}
    for i, y, who in known:
        blocks.setdefault((seeds[i], who, *(c[i] for c in others)), {}).setdefault(codes[i], []).append(y)
    out = []
    for (seed, *_), levels in blocks.items():
        mean = {level: sum(ys) / len(ys) for level, ys in levels.items()}
        out += [(seed, mean[a] - mean[b]) for a, b in contrast.pairs if a in mean and b in mean]
    return out


def _adjusted(
    contrast: Contrast, factors: Sequence[Factor], seeds: Sequence[int], known: Sequence[tuple[int, float, str]]
) -> list[tuple[int, float]]:
    """(seed, difference) where a subset has no two pictures alike in all else: what a model of sums gives for each seed."""
    out = []
    starts = np.cumsum([0, *(len(f.levels) for f in factors)])
    c = np.zeros(starts[-1] + 1)
    for plus, minus in contrast.pairs:
        c[starts[contrast.factor] + plus] += 1 / len(contrast.pairs)
        c[starts[contrast.factor] + minus] -= 1 / len(contrast.pairs)
    for seed in dict.fromkeys(seeds):
        mine = [(i, y) for i, y, _ in known if seeds[i] == seed]
        design = np.zeros((len(mine), starts[-1] + 1))
        design[:, -1] = 1
        for row, (i, _) in enumerate(mine):
            for factor, start in zip(factors, starts, strict=False):
                design[row, start + factor.codes[i]] = 1
        inverse = np.linalg.pinv(design)
        if len(mine) and np.abs(c - c @ inverse @ design).max() < 1e-6:
            out.append((seed, float(c @ inverse @ np.array([y for _, y in mine]))))
    return out


def _judged(
    found: Sequence[tuple[Contrast, Estimate, int]], zero: float, margin: float, better: str,
    more: Callable[[Estimate, int], int],
) -> tuple[Effect, ...]:  # fmt: skip
    """The verdicts. An effect whose whole interval is too small to see is invisible, however sure it is."""
    adjusted = holm([e.p if e.n >= LEAST else 1.0 for _, e, _ in found])
    out = []
    for (contrast, e, pairs), p in zip(found, adjusted, strict=True):
        verdict, rest = UNKNOWN, 0
        if e.n >= LEAST and zero - margin <= e.low and e.high <= zero + margin:
            verdict = SAME
        elif e.n >= LEAST and p <= 1 - LEVEL:
            verdict = HELPS if (e.value > zero) == (better == "higher") else HURTS
        else:
            rest = more(e, pairs)
        named = (contrast.kind, contrast.name, contrast.what, contrast.against)
        low, high = (e.low, e.high) if e.n >= LEAST or zero else (-math.inf, math.inf)
        out.append(Effect(*named, e.value, low, high, p, pairs, e.n, verdict, rest))
    return tuple(out)


def _answer(row: Effect, unit: str) -> str:
    return f"{row.verdict}: {row.more} more {unit}" if row.verdict == UNKNOWN else row.verdict


def _number(value: float) -> str:
    return "-" if math.isnan(value) else "∞" if value == math.inf else "-∞" if value == -math.inf else f"{value:.3g}"
