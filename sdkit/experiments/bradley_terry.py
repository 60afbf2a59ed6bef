"""Bradley-Terry over conditions: what each level of each factor does to the odds of being preferred.

The odds that a picture wins are exp(strength - strength of the other), and the strength of a picture is the sum of what its
levels add. With one factor that is the plain Bradley-Terry model, and the same numbers as choix gives.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats

from .bootstrap import LEVEL, POWER, Estimate

MEDIUM = 0.7  # a medium effect: wins 7 of 10
_CLUSTERS = 6  # seeds below which their spread tells nothing
_SLACK = 1.15  # the price of taking the wider of two errors, in ratings


class Fit:
    """The fitted model.

    design    one row a comparison: winner's levels minus loser's, a column a level.
    weight    of each comparison: 1, or 0.5 for each half of a tie.
    cluster   what each comparison may share luck with, as a number: pictures of one seed.

    Firth's penalty keeps estimates finite where one side always won.
    """

    def __init__(self, design: Any, weight: Any, cluster: Any) -> None:
        self._x = np.asarray(design, float)
        self._w = np.asarray(weight, float)
        beta = np.zeros(self._x.shape[1])
        for _ in range(50):
            won, _, inverse = self._at(beta)
            leverage = self._w * won * (1 - won) * np.einsum("ij,jk,ik->i", self._x, inverse, self._x)
            step = inverse @ (self._x.T @ (self._w * (1 - won) + leverage * (0.5 - won)))
            beta = beta + step / max(1.0, float(np.abs(step).max(initial=0.0)) / 2)
            if np.abs(step).max(initial=0.0) < 1e-8:
                break
        won, self._information, self._inverse = self._at(beta)
        self.beta = beta
        scores = self._x * (self._w * (1 - won))[:, None]
        groups = np.unique(cluster, return_inverse=True)[1] if len(scores) else np.zeros(0, int)
        self._groups = int(groups.max(initial=-1)) + 1
        sums = np.zeros((self._groups, self._x.shape[1]))
        np.add.at(sums, groups, scores)
        self._robust = self._inverse @ (sums.T @ sums) @ self._inverse

    def _at(self, beta: Any) -> tuple[Any, Any, Any]:
        won = 1 / (1 + np.exp(-np.clip(self._x @ beta, -30, 30)))
        information = self._x.T @ (self._x * (self._w * won * (1 - won))[:, None])
        return won, information, np.linalg.pinv(information, hermitian=True)

    def contrast(self, c: Any, n: int) -> Estimate:
        """What `c` adds to the log odds: value, interval, p; `n` comparisons behind it. Unknown where nothing tells it apart.

        The error is the wider of two: the model's own, and the spread between seeds, since a picture that came out well by
        luck wins all of its comparisons.
        """
        if not n or np.abs(c - c @ self._inverse @ self._information).max() > 1e-6:
            return Estimate(n=n)
        value = float(c @ self.beta)
        errors = [(math.sqrt(float(c @ self._inverse @ c)), stats.norm)]
        if self._groups >= _CLUSTERS:
            between = math.sqrt(max(0.0, float(c @ self._robust @ c)) * self._groups / (self._groups - 1))
            errors.append((between, stats.t(self._groups - 1)))
        half = max(error * float(law.isf((1 - LEVEL) / 2)) for error, law in errors)
        p = max(2 * float(law.sf(abs(value) / error)) for error, law in errors if error > 0)
        return Estimate(value, value - half, value + half, p, n)


def needed(tests: int, seeds: int = 0, win_rate: float = MEDIUM) -> int:
    """Comparisons that find this win rate with 80 % power, with so many tests corrected for, on pictures of so many seeds."""
    law = stats.t(seeds - 1) if seeds >= _CLUSTERS else stats.norm
    z = float(law.isf((1 - LEVEL) / 2 / max(1, tests))) + float(stats.norm.isf(1 - POWER))
    return math.ceil(_SLACK * z * z / (win_rate * (1 - win_rate) * logit(win_rate) ** 2))


def logit(p: float) -> float:
    """Log odds of a probability."""
    return math.log(p / (1 - p))


def win_rate(log_odds: float) -> float:
    """Probability of log odds, which may be infinite."""
    return 0.5 + 0.5 * math.tanh(log_odds / 2)
