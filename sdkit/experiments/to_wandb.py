"""Pictures as one Weights & Biases run an experiment: a table with a picture a row, which its pages sort, filter and group."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from ..errors import ExportError, InputError, MissingExtraError
from .tracking import METRICS, Told, Tracked, by_experiment, told

if TYPE_CHECKING:
    import pandas as pd

MODES = ("online", "offline", "disabled")
TABLE = "pictures"
_MAX_TAG = 64  # characters


def to_wandb(
    table: pd.DataFrame, *, store: str, project: str = "sdkit", entity: str | None = None, mode: str | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> list[Tracked]:  # fmt: skip
    """Bring the rows of a frame to Weights & Biases. `Experiments.to_wandb` says how. store: what tells two stores apart."""
    if mode is not None and mode not in MODES:
        raise InputError("mode", mode, ", ".join(f'"{m}"' for m in MODES) + ", or None for what WANDB_MODE says")
    try:
        import wandb
    except ImportError as error:
        raise MissingExtraError("wandb", "wandb", "experiments.to_wandb") from error
    ready = {name: told(rows) for name, rows in by_experiment(table).items()}
    try:
        return [
            _run(wandb, name, pictures, store, {"project": project, "entity": entity, "mode": mode, "dir": folder})
            for name, pictures in ready.items()
        ]
    except wandb.Error as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise ExportError(
            f"{project}: Weights & Biases did not take the pictures ({reason}). Log in with: wandb login. Or pass "
            'mode="offline", and send the folder later with: wandb sync.'
        ) from error


def _run(wandb: Any, name: str, pictures: list[Told], store: str, place: dict[str, Any]) -> Tracked:
    same = _shared(pictures)
    models = dict.fromkeys(p.labels["model"] for p in pictures if "model" in p.labels)
    id = hashlib.sha256(f"{store}\n{name}".encode()).hexdigest()[:16]  # the same each time: it goes on as the same run
    run = wandb.init(
        **place, id=id, name=name, resume="allow", reinit="create_new", job_type="sdkit", config={"experiment": name, **same},
        tags=[tag[:_MAX_TAG] for tag in dict.fromkeys(("sdkit", name, *models))],
        settings=wandb.Settings(console="off", silent=True, x_disable_stats=True, disable_git=True, save_code=False),
    )  # fmt: skip
    try:
        where, resumed = str(run.dir) if run.offline else run.url, bool(run.resumed)
        run.config.update({"experiment": name, **same}, allow_val_change=True)
        names = list(dict.fromkeys(n for p in pictures for n in p.params))
        numbers = [n for n in METRICS if any(n in p.metrics for p in pictures)]
        labels = [n for n in dict.fromkeys(n for p in pictures for n in p.labels) if n not in names]
        columns = ["picture", "id", *names, *numbers, *labels]
        rows = [
            [wandb.Image(str(p.path), caption=p.params.get("prompt", p.id)), p.id, *(p.params.get(n) for n in names),
             *(p.metrics.get(n) for n in numbers), *(p.labels.get(n) for n in labels)]
            for p in pictures
        ]  # fmt: skip
        run.log({TABLE: wandb.Table(columns=columns, data=rows)})
        known = {n: [p.metrics[n] for p in pictures if n in p.metrics] for n in numbers}
        means = {f"mean {n}": sum(values) / len(values) for n, values in known.items()}
        run.summary.update({"pictures in all": len(pictures), **means})
    except BaseException:
        run.finish(exit_code=1)
        raise
    run.finish()
    return Tracked(where, name, (id,), None if run.offline else int(not resumed))


def _shared(pictures: list[Told]) -> dict[str, Any]:
    """The parameters that all of the pictures have alike."""
    first, *rest = (p.params for p in pictures)
    return {name: text for name, text in first.items() if all(other.get(name) == text for other in rest)}
