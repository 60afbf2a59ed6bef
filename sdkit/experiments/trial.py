"""From a design to pictures: the plan of an experiment, said before it starts, and its run, which can always go on."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..request import Request
from ..result import Result, ResultSet
from .design import LORA, Condition, Plan, Trial, factors_of
from .store import RECOVERED

if TYPE_CHECKING:
    from . import Experiments

_EARLIER = 200  # rows that the time is estimated from


@dataclass(frozen=True)
class Source:
    """A model as a plan needs it.

    request      a condition without its model, and a seed -> the Request, checked.
    model_hash   of its weights, "" where it is not known.
    price        a Request -> US dollars; None on this machine.
    local        whether it runs on this machine.
    """

    request: Callable[[Mapping[str, Any], int], Request]
    model_hash: str = ""
    price: Callable[[Request], float] | None = None
    local: bool = True


def plan(
    experiments: Experiments, name: str, chosen: Sequence[Condition], seeds: Sequence[int], of: int, *,
    source: Callable[[str], Source], model: str, labels: Mapping[str, Mapping[Any, str]], note: str = "",
) -> Plan:  # fmt: skip
    """The plan of these conditions with these seeds.

    model    what makes the conditions that name no model.
    source   a model's name -> its Source; each model is asked for once, one after the other.
    labels   axis -> {value: words a person wrote for it}.
    """
    by_model: dict[str, list[int]] = {}
    for place, condition in enumerate(chosen):
        by_model.setdefault(str(condition.get("model", model)), []).append(place)
    trials: dict[tuple[int, int], Trial] = {}
    seconds: list[float | None] = []
    cost: float | None = 0.0
    for each, places in by_model.items():
        made_by = source(each)
        missing = []
        for place in places:
            fields = {k: v for k, v in chosen[place].items() if k != "model"}
            for seed in seeds:
                request = made_by.request(fields, seed)
                done = stored(experiments, name, request, made_by.model_hash)
                trials[place, seed] = Trial(each, request, made_by.model_hash, done)
                if not trials[place, seed].done:
                    missing.append(request)
        seconds.append(_seconds(experiments, made_by.model_hash, missing))
        if made_by.price is not None:
            cost = None if cost is None else cost + sum(map(made_by.price, missing))
        elif not made_by.local and missing:
            cost = None
    return Plan(
        name=name, trials=tuple(trials[place, seed] for place in range(len(chosen)) for seed in seeds),
        factors=factors_of(chosen, labels), seeds=tuple(seeds), of=of, cost=cost, note=note,
        seconds=None if None in seconds else sum(filter(None, seconds)),
    )  # fmt: skip


def run(plan: Plan, experiments: Experiments, make: Callable[[str, Sequence[Request]], ResultSet]) -> ResultSet:
    """Make what the plan lacks, and return all of its pictures in its order.

    make    a model's name and Requests -> their Results, kept in the store under the plan's name.

    One model after the other, and seed by seed: stopped at any time, what is there compares like with like. The store is
    asked again at the start, so a plan that was run before, whole or in part, makes nothing twice.
    """
    done: dict[tuple[str, str], Result] = {}
    interrupted = False
    for model in dict.fromkeys(trial.model for trial in plan.trials):
        missing: dict[tuple[str, str], Request] = {}
        trials = [trial for trial in plan.trials if trial.model == model]
        for trial in sorted(trials, key=lambda t: plan.seeds.index(t.request.seed)):
            place = (model, trial.request.key)
            if place in done or place in missing:
                continue  # two variants that say the same words
            if id := trial.done or stored(experiments, plan.name, trial.request, trial.model_hash):
                experiments.store.claim(id, plan.name)
                done[place] = experiments.open(id)
            else:
                missing[place] = trial.request
        if missing and not interrupted:
            results = make(model, list(missing.values()))
            done |= dict(zip(missing, results, strict=False))
            interrupted = results.interrupted
    places = ((trial.model, trial.request.key) for trial in plan.trials)
    return ResultSet([done[place] for place in places if place in done], interrupted=interrupted)


def with_loras(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The condition with its "lora:NAME" weights in `loras`; a weight of 0 leaves that LoRA out."""
    fields = {k: v for k, v in condition.items() if not k.startswith(LORA)}
    weights = [(k.removeprefix(LORA), float(v)) for k, v in condition.items() if k.startswith(LORA)]
    if weights:
        fields["loras"] = (*fields.get("loras", ()), *(pair for pair in weights if pair[1]))
    return fields


def stored(experiments: Experiments, name: str, request: Request, model_hash: str) -> str:
    """The id of the picture that this experiment has of a request by this model, or "".

    A picture that a killed process left counts too: its receipt does not know the experiment's name.
    """
    rows = [row for row in experiments.store.find(request.key) if row.model_hash == model_hash]
    mine = [row.id for row in rows if row.experiment == name]
    lost = [row.id for row in rows if not row.experiment and row.note == RECOVERED]
    return next(iter(mine + lost), "")


def _seconds(experiments: Experiments, model_hash: str, missing: Iterable[Request]) -> float | None:
    """What the missing pictures take, from the median seconds a step and pixel of this model's last rows; None without any."""
    missing = list(missing)
    if not missing:
        return 0.0
    columns = ("seconds", "steps", "strength", "width", "height")
    earlier = experiments.store.records(columns, where="model_hash = ? AND seconds > 0", values=(model_hash,), last=_EARLIER)
    pace = [s / (_steps(steps, strength) * width * height) for s, steps, strength, width, height in earlier]
    if not pace:
        return None
    work = sum(_steps(r.steps, None if r.image is None else r.strength) * r.size[0] * r.size[1] for r in missing)
    return statistics.median(pace) * work


def _steps(steps: int, strength: float | None) -> float:
    return max(1.0, steps * (1.0 if strength is None else strength))
