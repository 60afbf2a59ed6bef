"""From a design to pictures: the plan of an experiment, said before it starts, and its run, which can always go on."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError
from ..prompt import Prompt
from ..prompt import prompts as prompts_of
from ..request import Request, seeds_of
from ..result import Result, ResultSet
from ..sources import Opened, told_apart
from ..workshop import Workshop
from .design import LORA, Condition, Plan, Trial, conditions, factors_of
from .store import RECOVERED

if TYPE_CHECKING:
    from . import Experiments

_EARLIER = 200  # rows that the time is estimated from


@dataclass(frozen=True)
class Source:
    """A model as a plan needs it.

    request      a condition without its model, and a seed -> the Request, checked.
    model_hash   of its weights, or None where the backend does not say: then a picture counts whatever made it.
    local        whether it runs on this machine.
    price        a Request -> US dollars, where the backend says what it costs.
    electricity  seconds -> US dollars of it, on this machine; None where that is not known.
    """

    request: Callable[[Mapping[str, Any], int], Request]
    model_hash: str | None
    local: bool = True
    price: Callable[[Request], float] | None = None
    electricity: Callable[[float], float] | None = None


class Trials(Workshop, Protocol):
    """What a Studio does with experiments: plan them, and run them.

    model    what makes the pictures of conditions that name none.
    """

    model: str
    experiments: Experiments

    def _source(self, model: str, given: Mapping[str, Any]) -> Source:
        """What a plan needs to know of a model; `given`, what all of its pictures have alike."""

    def _of(self, model: str) -> Workshop:
        """A Studio of another model with the same store."""

    def plan(
        self, name: str, prompt: str | Prompt | Sequence[str | Prompt], *, axes: Mapping[str, Sequence[Any]] | None = None,
        seeds: int | Sequence[int] = 8, subset: int | None = None, subset_seed: int = 0, negative: str = "",
        size: tuple[int, int] | None = None, steps: int | None = None, guidance: float | None = None, scheduler: str = "",
        image: object = None, mask: object = None, strength: float = 0.75, limit: int = 500, note: str = "",
        **slots: Any,
    ) -> Plan:  # fmt: skip
        """What `experiment` would make: the pictures, how many are there already, how long the others take and what they cost.

        name     of the experiment. The same name goes on where an interruption left off.
        prompt   "a {rocket|gift box} on {colour}": its variants and slots are compared too.
        axes     {"guidance": [2, 4, 8], "negative": ["", "@clean"]}: any of model, negative, size, steps, guidance, scheduler,
                 strength, loras, image, mask, and "lora:NAME" for the weight of one LoRA. Of image and mask the levels are files,
                 pictures, Results or ids, or None for none; the frame's columns source and mask_source tell them apart.
        seeds    how many, or which; the same for every condition, so that like is compared with like. Six or more are wise.
        subset   make only so many of the combinations, chosen so that each level of each axis, and each pair of levels, stands
                 in them as often as any other; `subset_seed` picks one of the equally good choices.
        limit    refuse prompts of more combinations than this.

        The rest is as for `generate`, for all pictures alike. Models are loaded to ask what suits them. Raises InputError,
        PromptError or ModelError.
        """
        if not isinstance(name, str) or not name.strip():
            raise InputError("name", name, "a name for the experiment (a str, not empty)")
        opened = {k: _opened(v, k, self._opened) if k in ("image", "mask") else v for k, v in (axes or {}).items()}
        chosen, of = conditions(
            prompts_of(prompt, limit=limit, templates=self.templates, **slots), opened, subset=subset, seed=subset_seed
        )
        given = {
            "negative": negative, "size": size, "steps": steps, "guidance": guidance, "scheduler": scheduler,
            "image": None if image is None else self._opened(image, "image"),
            "mask": None if mask is None else self._opened(mask, "mask"), "strength": strength,
        }  # fmt: skip
        return plan(
            self.experiments, name, chosen, list(dict.fromkeys(seeds_of(seeds))), of,
            source=lambda model: self._source(model, given), model=self.model, note=note,
        )  # fmt: skip

    def experiment(
        self, name: str | Plan, prompt: str | Prompt | Sequence[str | Prompt] | None = None, *,
        progress: bool | Callable[[int, int], None] = True, stop: Event | None = None, **given: Any,
    ) -> ResultSet:  # fmt: skip
        """Make the pictures of a plan that are not in the store yet, and return all of them, conditions outermost, then seeds.

        name     a Plan, or the name of one; then `prompt` and the rest are as for `plan`. What it will take is said first.

        It can be stopped, or killed, and goes on when it is run again: no picture is made twice. progress and stop are as
        for `generate`, and so is what it raises.
        """
        if not isinstance(name, Plan) and prompt is None:
            raise InputError("prompt", prompt, "text, a Prompt, or several of these")
        planned = name if isinstance(name, Plan) else self.plan(name, prompt or "", **given)
        if isinstance(name, Plan) and (prompt is not None or given):
            raise InputError("name", name.name, "a Plan alone, or a name with a prompt and axes", "A plan is complete.")
        if progress is True:
            print(planned, flush=True)

        def make(model: str, requests: Sequence[Request]) -> ResultSet:
            return self._of(model).run(requests, experiment=planned.name, note=planned.note, progress=progress, stop=stop)

        return run(planned, self.experiments, make)


def plan(
    experiments: Experiments, name: str, chosen: Sequence[Condition], seeds: Sequence[int], of: int, *,
    source: Callable[[str], Source], model: str, note: str = "",
) -> Plan:  # fmt: skip
    """The plan of these conditions with these seeds.

    source   a model's name -> its Source; each model is asked for once, one after the other.
    model    what makes the conditions that name no model.
    """
    by_model: dict[str, list[int]] = {}
    for place, condition in enumerate(chosen):
        by_model.setdefault(str(condition.get("model", model)), []).append(place)
    trials: dict[tuple[int, int], Trial] = {}
    seconds: list[float | None] = []
    cost: float | None = 0.0
    electricity = 0.0
    for each, places in by_model.items():
        made_by = source(each)
        missing = {}
        for place in places:
            fields = {k: v for k, v in chosen[place].items() if k != "model"}
            for seed in seeds:
                request = made_by.request(fields, seed)
                done = stored(experiments, name, request, made_by.model_hash)
                trials[place, seed] = Trial(each, request, made_by.model_hash, done)
                if not done:
                    missing[request.key] = request
        seconds.append(_seconds(experiments, made_by.model_hash, missing.values()))
        if made_by.electricity and seconds[-1]:
            electricity += made_by.electricity(seconds[-1])
        if made_by.price is not None:
            cost = None if cost is None else cost + sum(map(made_by.price, missing.values()))
        elif not made_by.local and missing:
            cost = None
    return Plan(
        name=name, trials=tuple(trials[place, seed] for place in range(len(chosen)) for seed in seeds),
        factors=factors_of(chosen), seeds=tuple(seeds), of=of, cost=cost, note=note, electricity=electricity,
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


def _opened(levels: Any, name: str, one: Callable[[object, str], Opened]) -> Any:
    """The pictures of an axis, each opened once for all its conditions. What is no list is left for `conditions` to refuse."""
    if isinstance(levels, str | bytes) or not isinstance(levels, Sequence):
        return levels
    every = [None if level is None else one(level, name) for level in levels]
    shown = told_apart(each.label for each in every if each)
    return [each and replace(each, shown=shown[each.label]) for each in every]


def with_loras(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The condition with its "lora:NAME" weights in `loras`; a weight of 0 leaves that LoRA out."""
    fields = {k: v for k, v in condition.items() if not k.startswith(LORA)}
    weights = [(k.removeprefix(LORA), float(v)) for k, v in condition.items() if k.startswith(LORA)]
    if weights:
        fields["loras"] = (*fields.get("loras", ()), *(pair for pair in weights if pair[1]))
    return fields


def stored(experiments: Experiments, name: str, request: Request, model_hash: str | None) -> str:
    """The id of the picture that this experiment has of a request by this model, or "".

    A picture that a killed process left counts too: its receipt does not know the experiment's name.
    """
    rows = [row for row in experiments.store.find(request.key) if model_hash is None or row.model_hash == model_hash]
    mine = [row.id for row in rows if row.experiment == name]
    lost = [row.id for row in rows if not row.experiment and row.note == RECOVERED]
    return next(iter(mine + lost), "")


def _seconds(experiments: Experiments, model_hash: str | None, missing: Iterable[Request]) -> float | None:
    """What the missing pictures take, from the median seconds a step and pixel of this model's last rows; None without any."""
    missing = list(missing)
    if not missing:
        return 0.0
    columns = ("seconds", "steps", "strength", "width", "height")
    where, values = ("seconds > 0", ()) if model_hash is None else ("seconds > 0 AND model_hash = ?", (model_hash,))
    earlier = experiments.store.records(columns, where=where, values=values, last=_EARLIER)
    pace = [s / (_steps(steps, strength) * width * height) for s, steps, strength, width, height in earlier]
    if not pace:
        return None
    work = sum(_steps(r.steps, None if r.image is None else r.strength) * r.size[0] * r.size[1] for r in missing)
    return statistics.median(pace) * work


def _steps(steps: int, strength: float | None) -> float:
    return max(1.0, steps * (1.0 if strength is None else strength))
