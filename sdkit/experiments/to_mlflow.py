"""Pictures as MLflow runs, one a picture, in an MLflow experiment of the same name: what its tables and charts compare."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from ..errors import ExportError, MissingExtraError
from .tracking import Told, Tracked, by_experiment, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

ID = "sdkit.id"  # the tags by which a run is known again: ids alone could be of two stores
PNG = "sdkit.png"
_KEY = re.compile(r"[^\w\-. /]")  # what MLflow refuses in a name, on any of its stores
_MAX_KEY, _MAX_TEXT = 250, 5000  # characters, below the limits of every MLflow since 2.8
_AT_ONCE = 100  # parameters that one call may bring
_PAGE = 1000  # runs that one call asks for
_DATABASE = (
    'A tracking server takes uri="http://...". A database on this machine (sqlite:///mlflow.db) needs the whole of MLflow: '
    "pip install mlflow. A plain folder needs the environment variable MLFLOW_ALLOW_FILE_STORE=true."
)


def to_mlflow(table: pd.DataFrame, *, uri: str = "", name: str = "") -> list[Tracked]:
    """Bring the rows of a frame to MLflow. `Experiments.to_mlflow` says how."""
    try:
        from mlflow import MlflowClient, get_tracking_uri
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise MissingExtraError("mlflow-skinny", "mlflow", "experiments.to_mlflow") from error

    where = uri or get_tracking_uri()
    parts = {name: table} if name else by_experiment(table)
    ready = {title: told(rows) for title, rows in parts.items()}
    try:
        client = MlflowClient(tracking_uri=where)
        return [_experiment(client, where, title, pictures) for title, pictures in ready.items() if pictures]
    except MlflowException as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise ExportError(f"{where}: MLflow did not take the pictures ({reason}). {_DATABASE}") from error


def _experiment(client: Any, where: str, name: str, pictures: Sequence[Told]) -> Tracked:
    known = client.get_experiment_by_name(name)
    number = known.experiment_id if known else client.create_experiment(name)
    there = _runs(client, number)
    runs, new = [], 0
    for picture in pictures:
        run = there.get((picture.id, picture.path.stem))
        new += run is None
        runs.append(_picture(client, number, picture, run))
    return Tracked(where, name, tuple(runs), new)


def _runs(client: Any, number: str) -> dict[tuple[str, str], Any]:
    """The runs that are there already, by the picture's id and the name of its file, which is a hash of its content."""
    found: dict[tuple[str, str], Any] = {}
    token = None
    while True:
        page = client.search_runs([number], max_results=_PAGE, page_token=token)
        found |= {(r.data.tags[ID], r.data.tags.get(PNG, "")): r for r in page if ID in r.data.tags}
        token = page.token
        if not token:
            return found


def _picture(client: Any, number: str, picture: Told, run: Any) -> str:
    """Write one run, or bring it up to date: what was said of a picture since, and what an interrupted export left out."""
    from mlflow.entities import Metric, Param, RunTag

    start = round((picture.made - picture.seconds) * 1000)
    end = round(picture.made * 1000)
    tags = {f"sdkit.{name}": text[:_MAX_TEXT] for name, text in picture.labels.items()}
    if note := picture.labels.get("note"):
        tags["mlflow.note.content"] = note[:_MAX_TEXT]
    said_at = round(time.time() * 1000) if run else end  # of two values of one time MLflow would show the larger, not the later
    if run is None:
        tags |= {ID: picture.id, PNG: picture.path.stem}
        run = client.create_run(number, start_time=start, tags=tags, run_name=picture.id)
    id, had = run.info.run_id, run.data
    fresh = [Metric(name, value, said_at, 0) for name, value in picture.metrics.items() if had.metrics.get(name) != value]
    changed = [RunTag(name, text) for name, text in tags.items() if had.tags.get(name) != text]
    lacking = [Param(k, v) for k, v in _params(picture).items() if k not in had.params]
    if fresh or changed:
        client.log_batch(id, metrics=fresh, tags=changed)
    for start_at in range(0, len(lacking), _AT_ONCE):
        client.log_batch(id, params=lacking[start_at : start_at + _AT_ONCE])
    if run.info.status != "FINISHED":
        client.log_artifact(id, str(picture.path))
        client.set_terminated(id, "FINISHED", end)
    return str(id)


def _params(picture: Told) -> dict[str, str]:
    return {
        (_KEY.sub("_", name) or "_")[:_MAX_KEY]: (f"{v:g}" if isinstance(v, float) else str(v))[:_MAX_TEXT]
        for name, v in picture.params.items()
    }
