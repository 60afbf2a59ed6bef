"""Paired differences: their mean, its interval by the bootstrap, and the chance of as much under no effect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

RESAMPLES = 2000
LEVEL = 0.95
POWER = 0.8
LEAST = 5  # units below which no verdict is given
MEDIUM = 0.5  # a medium effect in standard deviations of the paired differences (Cohen 1988)


@dataclass(frozen=True)
class Estimate:
    """A mean difference with its 95 % interval, the p-value of no difference, and how many units stand behind it."""

    value: float = math.nan
    low: float = -math.inf
    high: float = math.inf
    p: float = 1.0
    n: int = 0


def paired(differences: Sequence[float]) -> Estimate:
    """The mean of independent paired differences.

    The interval is the percentile bootstrap, its percentiles moved outwards for the size of the sample (Hesterberg 2015,
    "expanded percentile"): the plain one is too narrow for a few pairs. p is of the paired t test, which on exchangeable
    pairs, as under no effect, errs on the safe side.
    """
    d = np.asarray(differences, float)
    n = len(d)
    if n < 2:
        return Estimate(float(d.mean()) if n else math.nan, n=n)
    mean, spread = float(d.mean()), float(d.std(ddof=1))
    if spread <= 1e-12 * max(1.0, abs(mean)):
        return Estimate(mean, mean, mean, 1.0 if mean == 0 else 0.0, n)
    t = mean / (spread / math.sqrt(n))
    tail = float(stats.norm.cdf(-math.sqrt(n / (n - 1)) * _t(n)))
    low, high = np.quantile(d[_resamples(n)].mean(axis=1), [tail, 1 - tail])
    return Estimate(mean, float(low), float(high), float(2 * stats.t.sf(abs(t), n - 1)), n)


def needed(tests: int, effect: float = MEDIUM) -> int:
    """Independent pairs that find an effect of so many standard deviations with 80 % power, with so many tests corrected for."""
    z = stats.norm.isf((1 - LEVEL) / 2 / max(1, tests))
    return math.ceil(((z + stats.norm.isf(1 - POWER)) / effect) ** 2 + z * z / 2)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: at most 5 % of experiments without any effect then show a single one below 0.05."""
    order = np.argsort(p, kind="stable")
    out, worst = [1.0] * len(p), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[place]))
        out[place] = worst
    return out


@lru_cache(256)
def _t(n: int) -> float:
    return float(stats.t.isf((1 - LEVEL) / 2, n - 1))


@lru_cache(64)
def _resamples(n: int) -> Any:
    """Which units each resample takes; the same each time, so that a table read twice says the same."""
    return np.random.default_rng(n).integers(0, n, (RESAMPLES, n))
