import itertools

import pytest
from PIL import Image

from sdkit import InputError, receipts
from sdkit.experiments import Experiments, Store
from sdkit.prompt import Prompt


@pytest.fixture
def full(store, add):
    experiments = Experiments(store)
    for seed, colour in itertools.product((1, 2**63 - 1), ("mint", 'navy, "dark"\nblue', "a \ud800")):
        add(store, seed, Prompt(f"a {colour} rocket", "a {colour} rocket", (("colour", colour),)), "e", negative="blurry")
    image = Image.new("RGB", (16, 8), "navy")
    add(store, 3, "NA", image=image, strength=0.5, loras=(("ink", 0.8),))
    ids = list(experiments.frame().id)
    experiments.rate(ids[0], 4, rater="ann")
    experiments.prefer(ids[1], ids[0], tie=True)
    experiments.tag(ids[2], "hero, really")
    return experiments


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_go_out_and_come_back(full, tmp_path, ending):
    path = full.write(tmp_path / f"rows.{ending}")
    with Store(tmp_path / "other", reader=receipts.read) as store:
        other = Experiments(store)
        assert other.read(path) == 7 and other.read(path) == 0
        assert store.records() == full.store.records()
        assert other.frame().drop(columns="path").equals(full.frame().drop(columns="path"))
        assert [e.__dict__ for e in other.events()] == [e.__dict__ for e in full.events()]
        assert other.open(store.rows()[-1].id).request == full.open(full.store.rows()[-1].id).request or ending
        assert all(row.path.is_file() and row.path.is_relative_to(store.folder) for row in store.rows())


def test_one_experiment_alone(full, tmp_path):
    with Store(tmp_path / "other") as store:
        assert Experiments(store).read(full.write(tmp_path / "rows.csv", experiment="e")) == 6


def test_what_is_no_such_file(full, tmp_path):
    with pytest.raises(InputError, match=r"\.csv or \.parquet"):
        full.write(tmp_path / "rows.xlsx")
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    for name in ("mine.csv", "none.csv", "none.parquet"):
        with pytest.raises(InputError, match="path"):
            full.read(tmp_path / name)
    path = full.write(tmp_path / "rows.csv")
    full.store.rows()[0].path.unlink()
    with Store(tmp_path / "other") as store, pytest.raises(InputError, match="the PNG of row 0"):
        Experiments(store).read(path)
