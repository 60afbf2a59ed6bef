"""Rate: which of two is better, or how good is one, without their words; and what follows from it so far."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import traitlets
from PIL import Image

from ..codecs import open_image
from ..errors import InputError
from ..experiments import Experiments, Store, effects, pairing
from ..experiments import events as said
from ..experiments.contrasts import factors
from ..request import whole
from ..sheet import contact_sheet
from .panel import Panel, css, esm, jpeg, one_of, picture
from .pictures import gather

PAIRS, STARS = "pairs", "stars"
MODES = (PAIRS, STARS)
LEFT, RIGHT, TIE = "left", "right", "tie"
_SIDE = 768  # pixels
_FACTORS = 12  # effects that the page shows


class Rate(Panel):
    """Rate pictures blind, by keyboard: pairs by the arrow keys, or one to five stars by the digits.

    results    Results that a store keeps, a frame of the experiments, or a Studio or its experiments for all pictures there.
    mode       "pairs" or "stars".
    n          how many pairs; those that tell most about what varies come first. Of stars, all pictures or the first n.
    experiment only pictures of this experiment.
    rater      who rates; the login name by default.
    seed       for the order and for who stands left; None for another one each time.

    Each answer is an event in the store at once, as `experiments.prefer` and `.rate` write it. `.answer("left")`, "right",
    "tie" or 1 to 5, `.skip()` and `.undo()` do what the keys do; undo goes back to the last one, and what is said then counts
    in place of it. `.answers` can be read, `.effects` is what follows from all that was said of these pictures.

    Raises InputError for pictures that no store keeps, and for fewer than two of them for pairs.
    """

    _esm = esm("rate")
    _css = css("rate")

    mode = traitlets.Unicode(PAIRS).tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    total = traitlets.Int(0).tag(sync=True)
    answers: Any = traitlets.List().tag(sync=True)
    rater = traitlets.Unicode("").tag(sync=True)
    _first, _second = picture(), picture()

    def __init__(
        self, results: object, *, mode: str = PAIRS, n: int = 20, experiment: str | None = None, rater: str = "",
        seed: int | None = None, **traits: Any,
    ) -> None:  # fmt: skip
        one_of("mode", mode, MODES)
        whole("n", n, 1, 10_000)
        self._experiments, ids = _kept(results)
        table = self._experiments.frame(experiment=experiment)
        self._table = table if ids is None else table[table["id"].isin(ids)].reset_index(drop=True)
        self._paths = dict(zip(self._table["id"], self._table["path"], strict=True))
        chance = random.Random(seed)
        self._items = _pairs(self._experiments, self._table, n, chance) if mode == PAIRS else _singles(self._paths, n, chance)
        if not self._items:
            raise InputError("results", f"{len(self._paths)} pictures", "two pictures or more for pairs, one or more for stars")
        super().__init__(mode=mode, rater=rater, total=len(self._items), answers=[None] * len(self._items), **traits)
        self._show()

    @property
    def item(self) -> tuple[str, ...]:
        """The ids shown now, left then right; of stars one; () when all is done."""
        return self._items[self.at] if self.at < len(self._items) else ()

    def answer(self, value: str | int) -> None:
        """Say which is better, "left", "right" or "tie", or of stars how good it is, 1 to 5; the next one comes."""
        if not self.item:
            raise InputError("value", value, "no more answers", "All are rated.")
        if self.mode == STARS:
            self._experiments.rate(self.item[0], said.stars(value), rater=self.rater)
        else:
            left, right = self.item
            one_of("value", value, (LEFT, RIGHT, TIE))
            winner, loser = (right, left) if value == RIGHT else (left, right)
            self._experiments.prefer(winner, loser, tie=value == TIE, rater=self.rater)
        with self.hold_sync():
            self.error = ""
            self.answers = [*self.answers[: self.at], value, *self.answers[self.at + 1 :]]
            self.at += 1

    def skip(self) -> None:
        """Leave this one without an answer."""
        self.at = min(self.at + 1, self.total)

    def undo(self) -> None:
        """Go back to the one before; its next answer counts."""
        self.at = max(self.at - 1, 0)

    @property
    def effects(self) -> effects.Effects:
        """What each word and setting does to the preference, or to the stars, by all that was said of these pictures."""
        found, seeds, ids = factors(self._table), list(self._table["seed"]), list(self._table["id"])
        store = self._experiments.store
        if self.mode == STARS:
            values = said.latest(store, said.STARS, ids)
            return effects.of_values(found, seeds, values, of=effects.RATING, better="higher")
        place = {id: i for i, id in enumerate(ids)}
        return effects.of_pairs(found, seeds, [(place[e.id], place[e.other], e.value) for e in said.pairs(store, ids)])

    # -- what the page asks for ----------------------------------------------------------------------------------------

    def _on_answer(self, value: str | int, at: int) -> None:
        if at == self.at:  # a key pressed twice must not answer for a picture that was not seen
            self.answer(value)

    def _on_skip(self, at: int) -> None:
        if at == self.at:
            self.skip()

    def _on_undo(self, at: int) -> None:
        if at == self.at:
            self.undo()

    def _on_effects(self) -> None:
        table = self.effects
        low, high = (0.0, 1.0) if table.of == effects.PREFERENCE else (-2.0, 2.0)
        rows = [
            {
                "what": f"{row.name}: {row.what}", "against": row.against, "verdict": row.verdict, "more": row.more,
                "share": [_share(v, low, high) for v in (row.low, row.effect, row.high)], "number": _number(row.effect),
            }
            for row in table
        ][:_FACTORS]  # fmt: skip
        of = "share of pairs won" if table.of == effects.PREFERENCE else "difference in stars"
        self.tell("effects", rows=rows, of=of, unit=table.unit, zero=_share(table.zero, low, high))

    # -- how it is shown -----------------------------------------------------------------------------------------------

    @traitlets.observe("at")
    def _show(self, _: Any = None) -> None:
        seen = [jpeg(open_image(self._paths[id]), _SIDE, 90) for id in self.item] + [b"", b""]
        with self.hold_sync():
            self._first, self._second = seen[:2]
        self._restill()

    def still(self) -> Image.Image:
        """What is to be rated now, without its words; when all is done, the first one."""
        ids = self.item or self._items[0]
        cells = {(0, i): open_image(self._paths[id]) for i, id in enumerate(ids)}
        return contact_sheet([""], [LEFT, RIGHT] if len(ids) == 2 else [""], cells, label_width=1)

    def _alt(self) -> str:
        done = sum(answer is not None for answer in self.answers)
        return f"Rating: {done} of {self.total} {self.mode if self.mode == PAIRS else 'pictures'} done"

    @traitlets.validate("at")
    def _at(self, proposal: Any) -> int:
        return whole("at", proposal["value"], 0, len(self._items))

    @traitlets.validate("mode")
    def _mode(self, proposal: Any) -> str:
        return one_of("mode", proposal["value"], MODES)

    def __repr__(self) -> str:
        return f"Rate({self._alt()})"


def _kept(results: object) -> tuple[Experiments, list[str] | None]:
    """The experiments, and the ids in question; None for all of them."""
    found = getattr(results, "experiments", results)
    if isinstance(found, Experiments):
        return found, None
    pictures = gather(results)
    paths = list(results["path"]) if hasattr(results, "columns") else [getattr(r, "path", "") for r in results]  # type: ignore
    folders = {Path(path).parents[2] for path in paths if path and len(Path(path).parents) > 2}
    if len(folders) != 1 or not all(p.id for p in pictures) or not ((folder := folders.pop()) / "experiments.sqlite").is_file():
        raise InputError("results", results, "pictures that one store keeps, as generate() returns them, or a Studio")
    return Experiments(Store(folder)), [p.id for p in pictures]


def _pairs(experiments: Experiments, table: Any, n: int, chance: random.Random) -> list[tuple[str, ...]]:
    """Those that tell most; where nothing varies but the seed, any two. Left and right by chance."""
    ids = list(table["id"])
    shown = [(e.id, e.other) for e in said.pairs(experiments.store, ids)]
    found = [(s.first, s.second) for s in pairing.suggest(ids, factors(table), list(table["seed"]), shown, n, chance)]
    if not found:
        every = list(combinations(ids[:200], 2))
        found = chance.sample(every, min(n, len(every)))
    return [tuple(chance.sample(pair, 2)) for pair in found]


def _singles(paths: Sequence[str] | dict[str, str], n: int, chance: random.Random) -> list[tuple[str, ...]]:
    ids = [(id,) for id in paths]
    chance.shuffle(ids)
    return list(ids[:n])


def _share(value: float, low: float, high: float) -> float:
    """Where a value lies between low and high, 0 to 1."""
    return 0.5 if value != value else min(max((value - low) / (high - low), 0.0), 1.0)


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"
