"""Pictures in MLflow and Weights & Biases: the real packages, offline, read back by their own clients."""

import builtins
import hashlib
import json
import struct
from base64 import b64decode
from pathlib import Path

import pytest

from sdkit import InputError, MissingExtraError, StoreError
from sdkit.errors import ExportError
from sdkit.experiments import Experiments
from sdkit.experiments.tracking import told
from sdkit.prompt import Prompt


def rocket(colour):
    return Prompt(f"a {colour} rocket", "a {colour} rocket", (("colour", colour),))


@pytest.fixture
def experiments(store, add):
    for seed in (3, 5):
        for colour in ("mint", "navy"):
            add(store, seed, rocket(colour), "colours", negative="blur")
    made = Experiments(store)
    ids = list(made.frame().id)
    made.rate(ids[0], 4)
    made.prefer(ids[1], ids[0])
    made.note(ids[2], "for the launch")
    return made


def test_what_is_told_of_a_picture(experiments, store, add):
    first, *_ = pictures = told(experiments.frame())
    assert len(pictures) == 4 and first.path.is_file() and first.id == experiments.frame().id[0]
    assert first.params["colour"] == "mint" and first.params["prompt"] == "a mint rocket" and first.params["seed"] == 3
    assert first.params["torch"] == "2.13.0" and first.params["scheduler"] == "DDIMScheduler" and "strength" not in first.params
    assert first.metrics["rating"] == 4 and first.metrics["losses"] == 1 and "kept" not in first.metrics
    assert first.metrics["seconds"] == 1.5 and {"sharpness", "copy_left"} <= set(first.metrics)
    assert (first.labels["experiment"], first.labels["seed"], first.labels["model"]) == ("colours", "3", "pocket")
    assert pictures[2].labels["note"] == "for the launch" and "note" not in first.labels
    first.path.unlink()
    with pytest.raises(StoreError, match=f"{first.id} is gone"):
        told(experiments.frame())


@pytest.mark.parametrize(("package", "extra"), [("mlflow", "mlflow"), ("wandb", "wandb")])
def test_a_missing_package_is_named_with_the_command(experiments, monkeypatch, package, extra):
    real = builtins.__import__

    def without(name, *given):
        if name.split(".")[0] == package:
            raise ImportError(name)
        return real(name, *given)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=rf'pip install "sdkit\[{extra}\]"'):
        getattr(experiments, f"to_{package}")()


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """(client, uri) of an MLflow folder of its own."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    from mlflow import MlflowClient

    uri = (tmp_path / "mlruns").as_uri()
    return MlflowClient(tracking_uri=uri), uri


def test_mlflow_has_a_run_a_picture(experiments, store, mlflow, tmp_path):
    client, uri = mlflow
    (sent,) = experiments.to_mlflow("colours", uri=uri)
    assert (sent.name, sent.where, sent.new, len(sent.runs)) == ("colours", uri, 4, 4)
    row = experiments.frame().iloc[0]
    run = client.get_run(sent.runs[0])
    assert run.data.params["colour"] == "mint" and run.data.params["negative"] == "blur" and run.data.params["steps"] == "20"
    assert run.data.metrics["sharpness"] == row.sharpness and run.data.metrics["rating"] == 4
    assert "kept" not in run.data.metrics
    tags = run.data.tags
    assert (tags["sdkit.experiment"], tags["sdkit.seed"], tags["sdkit.model"]) == ("colours", "3", "pocket")
    assert (tags["sdkit.id"], run.info.run_name, run.info.status) == (row.id, row.id, "FINISHED")
    assert run.info.end_time - run.info.start_time == 1500
    assert client.get_run(sent.runs[2]).data.tags["mlflow.note.content"] == "for the launch"
    [artifact] = client.list_artifacts(run.info.run_id)
    got = client.download_artifacts(run.info.run_id, artifact.path, str(tmp_path))
    assert experiments.open(got).request == experiments.open(row.id).request  # the PNG, receipt and all


def test_mlflow_brought_again_has_no_second_run(experiments, store, add, mlflow):
    client, uri = mlflow
    (before,) = experiments.to_mlflow(uri=uri)
    id = experiments.frame().id[0]
    experiments.rate(id, 2)
    experiments.keep(id)
    client.set_terminated(before.runs[1], "RUNNING")  # as an export that was cut off leaves it
    added = add(store, 9, rocket("mint"), "colours")
    add(store, 9, rocket("mint"))
    again, loose = experiments.to_mlflow(uri=uri)
    assert (again.runs[:4], again.new) == (before.runs, 1) and (loose.name, loose.new) == ("sdkit", 1)
    runs = client.search_runs([client.get_experiment_by_name("colours").experiment_id])
    assert len(runs) == 5 and {r.info.status for r in runs} == {"FINISHED"}
    assert sum(r.data.tags["sdkit.id"] == added.id for r in runs) == 1
    first = client.get_run(before.runs[0]).data.metrics
    assert (first["rating"], first["kept"]) == (2, 1)
    assert [m.value for m in client.get_metric_history(before.runs[0], "seconds")] == [1.5]  # said once, not twice
    (one,) = experiments.to_mlflow(uri=uri, name="all of it")
    assert (one.name, one.new, len(one.runs)) == ("all of it", 6, 6)


def test_what_mlflow_refuses_says_what_to_do(experiments, tmp_path):
    with pytest.raises(ExportError, match=r"nowhere://x: MLflow did not take.*pip install mlflow"):
        experiments.to_mlflow(uri="nowhere://x")


@pytest.mark.slow
def test_wandb_has_a_run_an_experiment(experiments, store, add, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    for name in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(tmp_path / name))
    (sent,) = experiments.to_wandb("colours", project="p", folder=tmp_path)
    assert sent.name == "colours" and sent.new is None
    (run,) = (tmp_path / "wandb").glob("offline-run-*")
    assert run.name.endswith(sent.runs[0])
    (path,) = (run / "files" / "media" / "table").glob("*.table.json")
    table = json.loads(path.read_text())
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    frame = experiments.frame()
    assert [r["id"] for r in rows] == list(frame.id) and [r["colour"] for r in rows] == ["mint", "navy"] * 2
    assert [r["seed"] for r in rows] == [3, 3, 5, 5] and rows[0]["rating"] == 4 and rows[1]["rating"] is None
    assert rows[0]["sharpness"] == pytest.approx(frame.sharpness[0]) and rows[2]["note"] == "for the launch"
    written = list(records(run))
    (artifact,) = (r.artifact for r in written if r.HasField("artifact"))
    pngs = {b64decode(e.digest) for e in artifact.manifest.contents if e.path.endswith(".png")}
    assert pngs == {hashlib.md5(Path(p).read_bytes()).digest() for p in frame.path}  # the files, receipts and all
    config = "".join(str(r.run.config) for r in written if r.HasField("run"))
    assert "blur" in config and "mint" not in config  # what all pictures share, and no more
    summary = "".join(str(r.summary) for r in written if r.HasField("summary"))
    assert "mean rating" in summary and "pictures in all" in summary
    add(store, 7, rocket("mint"), "colours")
    (again,) = experiments.to_wandb("colours", project="p", folder=tmp_path)
    assert again.runs == sent.runs  # the same run, however often


def records(run):
    """What an offline run's log holds: LevelDB's log format, blocks of 32 KiB with a head of 7 bytes for each piece."""
    from wandb.proto.wandb_internal_pb2 import Record

    log, at, whole = next(run.glob("*.wandb")).read_bytes(), 7, b""
    while at + 7 <= len(log):
        if 32768 - at % 32768 < 7:  # too little for a head: padding
            at += 32768 - at % 32768
            continue
        length, kind = struct.unpack_from("<HB", log, at + 4)
        whole += log[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # all of a record, or its last piece
            yield Record.FromString(whole)
            whole = b""


def test_an_unknown_mode_is_refused_before_anything_is_loaded(experiments):
    with pytest.raises(InputError, match="mode"):
        experiments.to_wandb(mode="later")
