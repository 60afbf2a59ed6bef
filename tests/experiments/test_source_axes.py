"""Pictures to start from, and masks, as axes: told apart in the frame, in effects and on sheets; kept, and gone on with."""

import sqlite3

import pytest
from PIL import Image, ImageStat

from sdkit import InputError, Studio
from sdkit.backends.base import Can
from sdkit.codecs import pixel_hash
from sdkit.experiments import Experiments, Store
from sdkit.experiments.migrations import APPLICATION_ID, MIGRATIONS
from sdkit.experiments.row import COLUMNS
from sdkit.result import Made, Result


class Copier:
    """A backend that gives the source back, as bright as it is, with a little of the seed."""

    can = Can(kinds=frozenset({"text2img", "img2img", "inpaint"}), native=(64, 64), steps=4, guidance=3.0)
    made = Made("copier", "hash of copier", device="cpu")

    def __init__(self):
        self.painted = 0

    def run(self, requests, *, progress=None, stop=None):
        for request in requests:
            self.painted += 1
            light = 128 if request.image is None else round(ImageStat.Stat(request.image.convert("L")).mean[0])
            picture = Image.new("RGB", request.size, (light,) * 3)
            picture.paste((request.seed,) * 3, (0, 0, 8, 8))
            yield Result(picture, request, self.made, 1.0)


@pytest.fixture
def copier():
    return Copier()


@pytest.fixture
def studio(tmp_path, copier):
    return Studio("copier", store=tmp_path / "store", backend=copier)


@pytest.fixture
def photos(tmp_path):
    """Two files of one name in two folders, and one of another name."""
    paths = [tmp_path / "a" / "photo.png", tmp_path / "b" / "photo.png", tmp_path / "a" / "other.png"]
    for path, light in zip(paths, (40, 90, 220), strict=True):
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (64, 64), (light,) * 3).save(path)
    return paths


def test_sources_are_told_apart_and_gone_on_with(studio, copier, photos, capsys):
    memory = Image.new("RGB", (64, 64), "teal")
    parent = studio.generate("a rocket", progress=False)[0]
    levels = [*photos, memory, parent, None]
    shots = studio.experiment("e", "a {rocket|lemon}", axes={"image": levels}, seeds=6)
    first, second = (pixel_hash(Image.open(p))[:8] for p in photos[:2])
    own = pixel_hash(memory)[:8]
    names = [f"photo.png ({first})", f"photo.png ({second})", "other.png", own, parent.id]
    assert "image: " + " | ".join([*names, "(none)"]) in capsys.readouterr().out
    assert len(shots) == 72 and copier.painted == 73
    table = studio.experiments.frame(experiment="e")
    assert set(table.source) == {*names, ""} and set(table.mask_source) == {""}
    assert table.groupby(["v1", "source"]).seed.nunique().eq(6).all() and len(table.groupby("source")) == 6
    assert (table.source == "").equals(table.kind == "text2img")
    assert studio.experiments.store.rows(last=72)[0].source == f"photo.png#{first}"
    assert studio.experiments.open(table.id[0]).request.source == f"photo.png#{first}"  # and in the picture's receipt

    again = studio.plan("e", "a {rocket|lemon}", axes={"image": [photos[2], str(photos[0]), memory.copy()]}, seeds=6)
    assert (again.images, again.missing) == (36, 0)  # by their pixels, whatever their order
    assert studio.plan("e", "a {rocket|lemon}", axes={"image": [Image.new("RGB", (64, 64), "red")]}, seeds=6).missing == 12

    effects = studio.experiments.effects("brightness", experiment="e")
    assert {e.name for e in effects} == {"v1", "source"}
    assert effects["other.png"].verdict == "helps" and effects[names[0]].verdict == "hurts"
    assert effects["(none)"].name == "source" and effects["lemon"].verdict == "no visible difference"
    grid = studio.experiments.sheet("e", x="image", y="v1", side=16)
    assert grid.size == studio.experiments.sheet("e", x="source", y="v1", side=16).size


def test_masks_are_an_axis_too(studio, photos, tmp_path):
    left, right = Image.new("L", (64, 64)), Image.new("L", (64, 64))
    left.paste(255, (0, 0, 32, 64))
    right.paste(255, (32, 0, 64, 64))
    left.save(tmp_path / "left.png")
    axes = {"mask": [tmp_path / "left.png", right, None]}
    shots = studio.experiment("m", "a rocket", axes=axes, seeds=2, image=photos[0], progress=False)
    assert [s.request.kind for s in shots] == ["inpaint"] * 4 + ["img2img"] * 2
    table = studio.experiments.frame(experiment="m")
    assert list(table.mask_source) == ["left.png", pixel_hash(right)[:8], ""] * 2 and set(table.source) == {"photo.png"}
    with pytest.raises(InputError, match="mask"):
        studio.plan("m", "a rocket", axes={"mask": [Image.new("L", (8, 8))]}, image=photos[0])
    with pytest.raises(InputError, match="axes"):
        studio.plan("m", "a rocket", axes={"image": str(photos[0])})


def test_each_picture_is_opened_once(studio, photos, monkeypatch):
    opened = []
    real = Studio._picture
    monkeypatch.setattr(Studio, "_picture", lambda self, what: opened.append(what) or real(self, what))
    plan = studio.plan("o", "a {rocket|lemon}", axes={"image": photos, "steps": [2, 4]}, seeds=8)
    assert plan.images == 96 and opened == photos


def test_sources_that_say_nothing_new_are_no_factor(studio):
    shots = studio.generate("a {rocket|lemon}", seeds=6, progress=False)
    studio.vary(shots[0], seeds=6, experiment="v", progress=False)
    studio.vary(shots[6], seeds=6, experiment="v", progress=False)
    assert set(studio.experiments.frame(experiment="v").source) == {shots[0].id, shots[6].id}
    assert {e.name for e in studio.experiments.effects("brightness", experiment="v")} == {"v1"}  # which says more
    for shot in shots[:6]:
        studio.vary(shot, strength=[0.3, 0.6], experiment="w", progress=False)
    assert {e.name for e in studio.experiments.effects("brightness", experiment="w")} == {"strength"}  # a source each seed


def test_a_move_names_the_picture_it_began_with(studio, photos):
    shot = studio.generate("a rocket", progress=False)[0]
    common = {"progress": False, "prompt": "a lemon"}
    studio.outpaint(shot, size=(96, 64), progress=False)
    studio.inpaint(photos[0], (0, 0, 32, 32), **common)
    studio.hires(shot.id, 1.5, **common)
    table = studio.experiments.frame()
    assert list(table.source) == ["", shot.id, "photo.png", shot.id]
    assert list(table.mask_source) == ["", "around", "0, 0, 32, 32", ""]


def test_a_store_of_before_opens(tmp_path, store, add):
    image = Image.new("RGB", (16, 8), "navy")
    add(store, 1)
    add(store, 2, image=image)
    add(store, 3, image=image, mask=Image.new("L", (16, 8), 255))
    rows = store.records(COLUMNS[:-2])
    old = tmp_path / "old"
    old.mkdir()
    with sqlite3.connect(old / "experiments.sqlite") as connection:
        for step in MIGRATIONS[:4]:
            step(connection)
        connection.execute("PRAGMA user_version = 4")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO images ({', '.join(COLUMNS[:-2])}) VALUES ({marks})", rows)
    connection.close()
    digits, white = pixel_hash(image)[:8], pixel_hash(Image.new("L", (16, 8), 255))[:8]
    with Store(old) as opened:
        assert [(r.seed, r.source, r.mask_source) for r in opened.rows()] == [(1, "", ""), (2, digits, ""), (3, digits, white)]
        assert list(Experiments(opened).frame().source) == ["", digits, digits]


def test_a_table_file_of_before_is_read(tmp_path, store, add):
    import pandas as pd

    add(store, 2, image=Image.new("RGB", (16, 8), "navy"))
    path = Experiments(store).write(tmp_path / "rows.csv")
    pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=["source", "mask_source"]).to_csv(path, index=False)
    with Store(tmp_path / "other") as other:
        assert Experiments(other).read(path) == 1 and other.rows()[0].source == store.rows()[0].source != ""
