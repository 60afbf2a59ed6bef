"""Whether the verdicts keep their word, and what the store costs: `python -m benchmarks.stats [share]`.

Simulated experiments go through the very functions that `experiments.effects` calls. `share` below 1 runs fewer of them.
"""

from __future__ import annotations

import itertools
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from sdkit import receipts
from sdkit.experiments import Experiments, Store, bradley_terry
from sdkit.experiments.contrasts import Factor
from sdkit.experiments.effects import HELPS, HURTS, Effects, of_pairs, of_values
from sdkit.experiments.row import COLUMNS
from sdkit.request import Request
from sdkit.result import Made, Result

from .figures import Figure, median, save, table

SEEDS = 12
SHAPE = (2, 2, 3)  # levels of the three factors of each simulated experiment
GENERATION = 1.0  # seconds that the embedded model takes for a picture on an ordinary laptop
ROWS = 100_000


def design(shape: Sequence[int] = SHAPE, seeds: int = SEEDS) -> tuple[list[Factor], list[int]]:
    """A full factorial with the same seeds throughout."""
    cells = [(seed, *levels) for seed in range(seeds) for levels in itertools.product(*(range(n) for n in shape))]
    factors = [
        Factor(f"f{k}", tuple(f"level {i}" for i in range(n)), tuple(cell[k + 1] for cell in cells))
        for k, n in enumerate(shape)
    ]
    return factors, [cell[0] for cell in cells]


def stars(chance: Any, factors: list[Factor], seeds: list[int], effect: float = 0.0) -> Effects:
    """One rater's stars: a seed's luck, a seed's own taste for each level, a picture's luck; rounded to 1 to 5."""
    luck = chance.normal(0, 0.7, SEEDS)[seeds]
    taste = sum(chance.normal(0, 0.2, (SEEDS, len(f.levels)))[seeds, f.codes] for f in factors)
    raw = 3 + luck + taste + chance.normal(0, 0.8, len(seeds)) + effect * np.array(factors[0].codes)
    values = [(i, float(y), "rater") for i, y in enumerate(np.clip(np.rint(raw), 1, 5))]
    return of_values(factors, seeds, values, of="rating", better="higher")


def measure(chance: Any, factors: list[Factor], seeds: list[int], effect: float = 0.0) -> Effects:
    """A skewed measure, as sharpness is, whose first factor adds `effect`."""
    luck = chance.normal(0, 1, SEEDS)[seeds]
    taste = sum(chance.normal(0, 0.3, (SEEDS, len(f.levels)))[seeds, f.codes] for f in factors)
    raw = luck + taste + chance.gamma(2, 0.7, len(seeds)) + effect * np.array(factors[0].codes)
    return of_values(factors, seeds, [(i, float(y), "") for i, y in enumerate(raw)], of="sharpness", better="higher")


def pairs(
    chance: Any,
    factors: list[Factor],
    seeds: list[int],
    n: int,
    *,
    effect: float = 0.0,
    luck: float = 0.5,
    only_first: bool = False,
) -> Effects:
    """`n` blind pairs of one seed, alike but for one factor. The first factor adds `effect` to the log odds; each picture has
    luck of its own."""
    own = chance.normal(0, luck, len(seeds)) if luck else np.zeros(len(seeds))
    place = {
        (seed, *codes): i
        for i, (seed, codes) in enumerate(zip(seeds, zip(*(f.codes for f in factors), strict=True), strict=True))
    }
    bouts = []
    for _ in range(n):
        a = int(chance.integers(len(seeds)))
        k = 0 if only_first else int(chance.integers(len(factors)))
        codes = [f.codes[a] for f in factors]
        codes[k] = (codes[k] + int(chance.integers(1, len(factors[k].levels)))) % len(factors[k].levels)
        b = place[(seeds[a], *codes)]
        gap = effect * (factors[0].codes[a] - factors[0].codes[b]) + own[a] - own[b]
        won = chance.random() < 1 / (1 + math.exp(-gap))
        bouts.append((a, b, 1.0) if won else (b, a, 1.0))
    return of_pairs(factors, seeds, bouts)


def rate(hits: int, n: int) -> Figure:
    """A share with its 95 % Wilson interval."""
    z, p = 1.96, hits / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Figure(p, "share", n, (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n))


def null(make: Callable[[Any], Effects], times: int) -> tuple[Figure, Figure]:
    """Without any effect: the share of verdicts, and of whole experiments, that say helps or hurts."""
    wrong = verdicts = tables = 0
    for number in range(times):
        found = [row.verdict in (HELPS, HURTS) for row in make(np.random.default_rng(number))]
        wrong, verdicts, tables = wrong + sum(found), verdicts + len(found), tables + any(found)
    return rate(wrong, verdicts), rate(tables, times)


def covered(make: Callable[[Any], Effects], truth: float, times: int) -> Figure:
    """How often the first effect's interval holds the truth."""
    rows = [make(np.random.default_rng(10_000 + number))[0] for number in range(times)]
    return rate(sum(row.low <= truth <= row.high for row in rows), times)


def statistics(share: float = 1.0) -> dict[str, Figure]:
    """Null, coverage and power."""
    factors, seeds = design()
    times = max(20, round(1000 * share))
    kinds: dict[str, Callable[[Any], Effects]] = {
        "stars": lambda chance: stars(chance, factors, seeds),
        "measure": lambda chance: measure(chance, factors, seeds),
        "pairs": lambda chance: pairs(chance, factors, seeds, 150),
    }
    out = {}
    for name, make in kinds.items():
        (
            out[f"null, {name}: verdicts that say helps or hurts (at most .05)"],
            out[f"null, {name}: experiments with any such"],
        ) = null(make, times)
    # What the effect is on rounded stars is found by a large sample.
    many = np.random.default_rng(5)
    raw = 3 + many.normal(0, 0.7, 10**6) + many.normal(0, 0.2 * math.sqrt(3), 10**6) + many.normal(0, 0.8, 10**6)
    truth = float((np.clip(np.rint(raw + 0.6), 1, 5) - np.clip(np.rint(raw), 1, 5)).mean())
    out["coverage, stars (.93 to .97)"] = covered(lambda chance: stars(chance, factors, seeds, 0.6), truth, times)
    out["coverage, measure (.93 to .97)"] = covered(lambda chance: measure(chance, factors, seeds, 0.6), 0.6, times)
    strong = bradley_terry.logit(0.7)
    out["coverage, pairs (.93 to .97)"] = covered(
        lambda chance: pairs(chance, factors, seeds, 150, effect=strong, luck=0.0), 0.7, times
    )
    wide, wide_seeds = design((2, 2, 3), 40)
    asked = of_pairs(wide, wide_seeds, [])[0].more
    found = [
        pairs(np.random.default_rng(20_000 + n), wide, wide_seeds, asked, effect=strong, luck=0.0, only_first=True)[0].verdict
        for n in range(times)
    ]
    out["pairs that effects asks for, of 5 comparisons"] = Figure(asked, "pairs", 1, asked, asked)
    out["power at that number, win rate .7 (at least .8)"] = rate(found.count(HELPS), times)
    return out


def store(rows: int = ROWS, times: int = 9) -> dict[str, Figure]:
    """What logging, the frame and the search take."""
    spent: dict[str, list[float]] = {"log": [], "disk": [], "measure": [], "frame": [], "search": []}

    def timed(name: str, work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> None:
        start = clock()
        work()
        spent[name].append(clock() - start)

    from sdkit.experiments.measures import measure as measures_of

    with tempfile.TemporaryDirectory() as folder, Store(folder, reader=receipts.read) as kept:
        experiments = Experiments(kept)
        for n in range(times):
            picture = Image.effect_noise((256, 256), 40 + n).convert("RGB")
            made = Result(picture, Request(prompt="a red rocket on a navy background", seed=n), Made("pocket"), 1.0)
            png = receipts.write(made)
            timed("measure", lambda picture=picture: measures_of(picture))
            started = time.perf_counter()
            timed("log", lambda made=made, png=png: kept.add(made, png))
            spent["disk"].append(time.perf_counter() - started - spent["log"][-1])
        row, place = kept.records()[0], {name: i for i, name in enumerate(COLUMNS)}
        many = []
        for n in range(rows):
            new = list(row)
            new[place["id"]], new[place["prompt"]], new[place["seed"]] = (
                f"y{n:09d}",
                f"a thing {n % 977} on a {n % 31} background",
                n,
            )
            many.append(new)
        with kept.database.writing() as connection:
            connection.executemany(f"INSERT INTO images ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})", many)
            connection.execute(
                "INSERT INTO measures SELECT images.id, sharpness, contrast, brightness, colourfulness, copy_left, copy_right, "
                "copy_top, copy_bottom, palette, dhash, flaw FROM images, (SELECT * FROM measures LIMIT 1) WHERE images.id LIKE 'y%'"
            )
        experiments.frame(last=1)
        for _ in range(3):
            timed("frame", experiments.frame)
            timed("search", lambda: experiments.search("976 30"))
    return {
        "measuring a picture, CPU": median([1000 * s for s in spent["measure"]], "ms"),
        "logging a picture with its measures, CPU": median([1000 * s for s in spent["log"]], "ms"),
        "logging / a pocket generation of 1 s (at most .01)": median([s / GENERATION for s in spent["log"]], "share"),
        "logging a picture, waiting until the disk has it": median([1000 * s for s in spent["disk"]], "ms"),
        f"frame() of {rows:,} rows, CPU (under 2)": median(spent["frame"], "s"),
        f"search in {rows:,} rows, CPU (under .2)": median(spent["search"], "s"),
    }


def run(share: float = 1.0) -> dict[str, Figure]:
    """All of it."""
    return {**statistics(share), **store(round(ROWS * share))}


if __name__ == "__main__":
    found = run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
    save("stats", found)
    print(table("stats", found))
