"""The distance to a brand's palette as a column and as an outcome, of old rows too."""

import math

import pytest
from PIL import Image

from sdkit.brand import Brand
from sdkit.errors import InputError
from sdkit.experiments import Experiments
from sdkit.experiments.frame import BASE
from sdkit.experiments.tracking import told
from sdkit.prompt import Prompt


@pytest.fixture(scope="module")
def brand():
    return Brand.default()


def flat(colour, seed=0):
    picture = Image.new("RGB", (64, 64), colour)
    picture.paste((seed, seed, seed), (0, 0, 8 + seed % 5, 8))
    return picture


def prompt(colour):
    return Prompt(f"a cup on {colour}", "a cup on {colour}", (("colour", colour),))


def test_it_is_measured_from_the_stored_palettes(store, keep, brand):
    keep(store, Image.new("RGB", (64, 64), "#0d6b6b"))
    keep(store, Image.new("RGB", (64, 64), "#ff00ff"), 1)
    experiments = Experiments(store)
    assert "palette_distance" not in experiments.frame()
    table = experiments.frame(brand=brand)  # the rows are older than the brand
    assert table["palette_distance"].dtype == "float64" and list(table["palette_distance"] < 1) == [True, False]
    assert table["palette_distance"][1] == pytest.approx(brand.palette_distance([("#ff00ff", 1.0)]))
    assert [c for c in table if c != "palette_distance"] == list(experiments.frame())
    assert list(table.columns).index("palette_distance") == list(table.columns).index("flaw") + 1


def test_a_picture_that_never_was_measured_has_none(store, keep, brand):
    keep(store, flat("navy"))
    with store.database.writing() as connection:
        connection.execute("DELETE FROM measures")
    experiments = Experiments(store, brand=brand)
    assert math.isnan(experiments.frame()["palette_distance"][0])
    experiments.measure()
    assert experiments.frame()["palette_distance"][0] > 0
    assert list(Experiments(store, brand=brand).search("rocket")["palette_distance"] > 0) == [True]


def test_an_empty_store_has_the_column_too(store, brand):
    assert list(Experiments(store, brand=brand).frame().columns) == [
        *list(BASE)[: list(BASE).index("flaw") + 1], "palette_distance", *list(BASE)[list(BASE).index("flaw") + 1 :],
    ]  # fmt: skip


def test_a_slot_of_its_name_makes_way(store, keep, brand):
    keep(store, flat("navy"), prompt=Prompt("a cup", "a cup", (("palette_distance", "near"),)))
    for table in (Experiments(store).frame(), Experiments(store, brand=brand).frame()):
        assert list(table["slot_palette_distance"]) == ["near"]


def test_effects_take_it_for_an_outcome_and_less_is_better(store, keep, brand):
    for seed in range(8):
        keep(store, flat("#a9dcc9", seed), seed, prompt("mint"))
        keep(store, flat("#ff9ec4", seed), seed, prompt("pink"))
    found = Experiments(store).effects(of="palette_distance", brand=brand)
    assert found.better == "lower" and found["pink"].verdict == "hurts" and found["pink"].effect > 5
    assert Experiments(store, brand=brand).effects(of="palette_distance")["pink"].pairs == 8
    with pytest.raises(InputError, match=r"Studio\(brand=folder\)"):
        Experiments(store).effects(of="palette_distance")
    with pytest.raises(InputError, match="palette_distance"):
        Experiments(store).effects(of="palete_distance")


def test_what_is_no_brand(store):
    with pytest.raises(InputError, match=r"Brand\.load"):
        Experiments(store).frame(brand="brand/")


def test_trackers_get_it_where_it_is_there(store, keep, brand):
    keep(store, flat("navy"))
    assert "palette_distance" not in told(Experiments(store).frame())[0].metrics
    assert told(Experiments(store).frame(brand=brand))[0].metrics["palette_distance"] > 0
