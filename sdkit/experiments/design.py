"""Which pictures an experiment makes: every combination of its axes, or a balanced few, each with the same seeds."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ..errors import InputError, near
from ..prompt import Prompt
from ..request import Request

AXES = ("model", "negative", "size", "steps", "guidance", "scheduler", "strength", "loras", "image", "mask")
LORA = "lora:"  # "lora:ink" is the weight of the LoRA "ink", beside those in `loras`
LIMIT = 100_000  # combinations that are looked at
_SWAPS = 4  # rounds of improvement by exchange
_TRIES, _MUCH = 12, 200_000  # attempts, of which the most even one is taken; candidates x size from which one must do
_LEVEL, _PAIR = 100.0, 1.0  # how much uneven levels and uneven pairs of levels count

Condition = Mapping[str, Any]  # "prompt" and every axis -> the value here


@dataclass(frozen=True)
class Trial:
    """One picture of a plan.

    model    the model that makes it, as a person names it.
    request  what is asked of it.
    model_hash   of its weights; "" or None where it is not known.
    done     the id of the stored picture, or "" while there is none.
    """

    model: str
    request: Request
    model_hash: str | None = ""
    done: str = ""


@dataclass(frozen=True, repr=False)
class Plan:
    """An experiment before it runs. Look at it, then hand it to `studio.experiment`.

    name      recorded with each picture; the same name goes on where an interruption left off.
    trials    the pictures, conditions outermost, then seeds.
    factors   what is compared: ((name, (level, ...)), ...).
    seeds     the same for every condition.
    of        combinations there are; a subset takes fewer.
    seconds   that the missing pictures take, or None where this model has made none yet.
    cost      US dollars of the missing pictures; 0 on this machine, None where the service does not say.
    electricity   US dollars of it that this machine will use for them, an estimate; 0 where it is not known.
    """

    name: str
    trials: tuple[Trial, ...]
    factors: tuple[tuple[str, tuple[str, ...]], ...]
    seeds: tuple[int, ...]
    of: int
    seconds: float | None = None
    cost: float | None = 0.0
    note: str = ""
    electricity: float = 0.0

    @property
    def images(self) -> int:
        """Pictures in all."""
        return len(self.trials)

    @property
    def missing(self) -> int:
        """Pictures that are not in the store yet."""
        return len({(trial.model, trial.request.key) for trial in self.trials if not trial.done})

    @property
    def conditions(self) -> int:
        """Combinations that are made, each with every seed."""
        return len(self.trials) // len(self.seeds)

    def __str__(self) -> str:
        part = f"{self.conditions} of {self.of} combinations, balanced" if self.conditions < self.of else "every combination"
        done = sum(bool(trial.done) for trial in self.trials)
        lines = [
            f"{self.name}: {self.images} pictures = {self.conditions} conditions x {len(self.seeds)} seeds ({part}).",
            *(f"  {name}: {' | '.join(shown(level) for level in levels)}" for name, levels in self.factors),
            f"In the store already: {done}. To make: {self.missing}. Time: {self._time()}. Cost: {self._cost()}.",
        ]
        return "\n".join(lines)

    __repr__ = __str__

    def _time(self) -> str:
        if not self.missing:
            return "none"
        if self.seconds is None:
            return "unknown until this model has made a picture here"
        if self.seconds < 90:
            return f"about {max(1, round(self.seconds))} s"
        return f"about {self.seconds / 60:.0f} min" if self.seconds < 5400 else f"about {self.seconds / 3600:.1f} h"

    def _cost(self) -> str:
        if self.cost is None:
            return "unknown: the service does not say"
        if self.cost:
            return f"${self.cost:.2f}"
        about = f"about ${self.electricity:.4f}" if self.electricity >= 0.0001 else "less than $0.0001"
        return "0, on this machine" + (f" ({about} of electricity, an estimate)" if self.electricity else "")

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(str(self))}</pre>"


def shown(level: object, limit: int = 48) -> str:
    """A level as a person reads it."""
    text = f"{level[0]} x {level[1]}" if isinstance(level, tuple) and len(level) == 2 else str(level)
    text = f"{level:g}" if isinstance(level, float) else text
    return "(none)" if not text else text if len(text) <= limit else text[: limit - 1] + "…"


def checked_axes(axes: Mapping[str, Sequence[Any]] | None) -> dict[str, tuple[Any, ...]]:
    """The axes with their levels as tuples. Raises InputError for an unknown name, or levels that are no list of two or more."""
    out: dict[str, tuple[Any, ...]] = {}
    for name, levels in (axes or {}).items():
        if name not in AXES and not (isinstance(name, str) and name.startswith(LORA) and name != LORA):
            hint = "Words vary in the prompt, as {a|b} or by a slot. " + near(str(name), AXES)
            raise InputError("axes", name, ", ".join(AXES) + f", or {LORA}NAME for a LoRA's weight", hint)
        if isinstance(levels, str | bytes) or not isinstance(levels, Sequence):
            raise InputError(f"axes[{name!r}]", levels, "a list of values, such as [2, 4, 8]")
        kept: list[Any] = []
        kept.extend(level for level in levels if not any(level is k or level == k for k in kept))
        if not kept:
            raise InputError(f"axes[{name!r}]", levels, "at least one value")
        out[name] = tuple(kept)
    return out


def conditions(
    prompts: Sequence[Prompt], axes: Mapping[str, Sequence[Any]], *, subset: int | None = None, seed: int = 0
) -> tuple[tuple[Condition, ...], int]:
    """The conditions to make, and how many combinations there are.

    subset   how many to make instead of all: each level of each axis as evenly as possible, then each pair of levels.
    seed     which of the equally balanced subsets.

    Raises InputError for more combinations than 100,000 and for a subset that is not from 1 to all of them.
    """
    levels = checked_axes(axes)
    total = len(prompts) * math.prod(len(v) for v in levels.values())
    if total > LIMIT:
        raise InputError("axes", f"{total:,} combinations", f"at most {LIMIT:,}", "Take fewer levels.")
    every = [dict(zip(["prompt", *levels], c, strict=True)) for c in itertools.product(prompts, *levels.values())]
    if subset is None or subset == total:
        return tuple(every), total
    if isinstance(subset, bool) or not isinstance(subset, int) or not 1 <= subset < total:
        raise InputError("subset", subset, f"a whole number from 1 to {total}, the number of combinations")
    names = list(dict.fromkeys(column for prompt in prompts for column, _ in prompt.choices)) or ["prompt"]
    factors: list[list[Any]] = [[_choice(c["prompt"], name) for c in every] for name in names]
    factors += [[levels[name].index(c[name]) for c in every] for name in levels]
    return tuple(every[i] for i in balanced(factors, subset, seed)), total


def balanced(factors: Sequence[Sequence[Any]], size: int, seed: int = 0) -> list[int]:
    """The places of `size` candidates in which every level of every factor stands as often as any other, as nearly as can be,
    and every pair of levels too. factors: one list a factor, with the level of each candidate."""
    import numpy as np

    count = len(factors[0])
    ids = [np.unique(np.array([repr(level) for level in f]), return_inverse=True)[1] for f in factors]
    ids = [code for code in ids if code.max() > 0]
    cells = [(code, _LEVEL) for code in ids]  # for each factor and each pair of factors, the cell of each candidate
    cells += [(a * (b.max() + 1) + b, _PAIR) for a, b in itertools.combinations(ids, 2)]
    chance = random.Random(seed)
    tries = []
    for _ in range(_TRIES if count * size <= _MUCH else 1):
        order = np.array(chance.sample(range(count), count))  # ties fall by chance, and by the seed alone
        uneven, taken = _attempt([(code[order], weight) for code, weight in cells], count, size)
        tries.append((uneven, sorted(int(i) for i in order[taken])))
    return min(tries)[1]


def _attempt(cells: Sequence[tuple[Any, float]], count: int, size: int) -> tuple[float, Any]:
    """Take what is rarest so far, then exchange while that evens things out: (how uneven, which are taken)."""
    import numpy as np

    tallies = [np.zeros(code.max() + 1) for code, _ in cells]
    taken = np.zeros(count, bool)

    def costs() -> Any:
        """What each candidate would add to the sum of squares of the tallies, halved and but for a constant."""
        both = zip(cells, tallies, strict=True)
        return np.where(taken, np.inf, sum((weight * tally[code] for (code, weight), tally in both), np.zeros(count)))

    def put(place: int, sign: int) -> None:
        taken[place] = sign > 0
        for (code, _), tally in zip(cells, tallies, strict=True):
            tally[code[place]] += sign

    for _ in range(size):
        put(int(np.argmin(costs())), 1)
    for _ in range(_SWAPS):
        changed = False
        for place in map(int, np.flatnonzero(taken)):
            put(place, -1)
            cost = costs()
            best = int(np.argmin(cost))
            best = best if cost[best] < cost[place] - 1e-9 else place
            put(best, 1)
            changed |= best != place
        if not changed:
            break
    uneven = sum(weight * float((tally**2).sum()) for (_, weight), tally in zip(cells, tallies, strict=True))
    return uneven, taken


def _choice(prompt: Prompt, name: str) -> str:
    return prompt.text if name == "prompt" and not prompt.choices else next((v for k, v in prompt.choices if k == name), "")


def factors_of(chosen: Sequence[Condition]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What varies in the conditions, with its levels as text in order of appearance."""
    out: dict[str, dict[str, None]] = {}
    prompts = list(dict.fromkeys(c["prompt"] for c in chosen))
    columns = list(dict.fromkeys(column for prompt in prompts for column, _ in prompt.choices))
    for name in columns or ["prompt"]:
        out[name] = dict.fromkeys(_choice(prompt, name) for prompt in prompts)
    for name in chosen[0]:
        if name != "prompt":
            levels = (("" if c[name] is None else c[name]) if name in ("image", "mask") else c[name] for c in chosen)
            out[name] = dict.fromkeys(shown(level) for level in levels)
    return tuple((name, tuple(levels)) for name, levels in out.items() if len(levels) > 1)
