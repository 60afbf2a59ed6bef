import io
import json
import warnings

import pandas as pd
from PIL import Image

from sdkit import receipts
from sdkit.experiments import Experiments
from sdkit.experiments.frame import BASE, SHOWN, ExperimentFrame, frame
from sdkit.prompt import Prompt
from sdkit.request import Request
from sdkit.result import Made, Result


def prompt(*choices: tuple[str, str]) -> Prompt:
    return Prompt(" ".join(["a", *(value for _, value in choices)]), "a template", choices)


def test_one_tidy_row_a_picture(store, add):
    for seed in (1, 2):
        for colour in ("mint", "navy"):
            add(store, seed, prompt(("thing", "rocket"), ("colour", colour)), negative="blur")
    table = frame(store)
    assert isinstance(table, pd.DataFrame) and len(table) == 4
    assert list(table.columns[:6]) == ["id", "created", "prompt", "template", "thing", "colour"]
    assert list(table.columns[-6:]) == ["torch", "seconds", "experiment", "note", "session", "path"]
    assert list(table.groupby("colour").seed.sum().items()) == [("mint", 3), ("navy", 3)]
    row = table.iloc[0]
    assert (row.prompt, row.template, row.negative, row.seed) == ("a rocket mint", "a template", "blur", 1)
    assert (row.width, row.height, row.kind, row.torch, row.seconds) == (16, 8, "text2img", "2.13.0", 1.5)
    assert pd.isna(row.strength) and Image.open(row.path).size == (16, 8)
    assert table.created.dt.tz is not None and table.created.is_monotonic_increasing
    assert Experiments(store).open(row).request.seed == 1


def test_an_empty_store_has_the_same_columns_and_types(store, add):
    empty = frame(store)
    add(store)
    full = frame(store).drop(columns="torch")
    assert len(empty) == 0 and list(empty.columns) == list(full.columns) == list(BASE)
    assert list(empty.dtypes.items()) == list(full.dtypes.items())


def test_a_slot_never_takes_the_place_of_another_column(store, add):
    names = ("seed", "torch", "slot_seed", "path", "id", "", "plain")
    add(store, 5, prompt(*((name, f"<{name}>") for name in names)))
    table = frame(store)
    assert table.columns.is_unique
    row = table.iloc[0]
    assert (row.seed, row.torch) == (5, "2.13.0")
    assert row["slot_torch"] == "<torch>" and row["slot_path"] == "<path>" and row["slot_id"] == "<id>"
    assert row["slot_slot_seed"] == "<seed>" and row["slot_seed"] == "<slot_seed>"
    assert row["slot"] == "<>" and row["plain"] == "<plain>"


def test_missing_and_repeated_slots(store, add):
    add(store, 1, prompt(("colour", "mint"), ("colour", "navy"), ("colour", "mint")))
    add(store, 2, prompt(("thing", "rocket")))
    table = frame(store)
    assert table.colour[0] == "mint" and table.colour_2[0] == "navy" and "colour_3" not in table
    assert pd.isna(table.colour[1]) and pd.isna(table.thing[0]) and table.thing[1] == "rocket"


def test_libraries_and_loras(store):
    for libraries in ({"torch": "2.13.0", "seed": "1"}, {"diffusers": "0.42.1"}):
        made = Result(
            Image.new("RGB", (4, 4)), Request(prompt="x", loras=(("ink", 0.8), ("b", 1))), Made("m", libraries=libraries)
        )
        store.add(made, receipts.write(made))
    table = frame(store)
    assert table.library_seed[0] == "1" and pd.isna(table.library_seed[1]) and table.diffusers[1] == "0.42.1"
    assert list(table.loras) == ["ink:0.8, b:1"] * 2


def test_filters(store, add):
    add(store, 1, experiment="a")
    add(store, 2, experiment="b")
    assert list(frame(store, experiment="b").seed) == [2]
    assert list(frame(store, last=1).seed) == [2]
    assert len(frame(store, kind="inpaint")) == 0


def test_csv_round_trips(store, add):
    add(store, 2**63 - 1, prompt(("colour", 'mint, "pale"\nnew line')))
    add(store, 2, prompt(("thing", "Raumschiff 🚀")))
    table = frame(store)
    text = io.StringIO(table.to_csv(index=False))
    back = pd.read_csv(
        text,
        parse_dates=["created"],
        keep_default_na=False,
        na_values={c: [""] for c in ("colour", "thing", "strength", "rating", "kept")},
    )
    pd.testing.assert_frame_equal(pd.DataFrame(table), back, check_dtype=False)


def test_parquet_round_trips(store, tmp_path, add):
    add(store, 2**63 - 1, prompt(("colour", "a \ud800")))
    table = frame(store)
    table.to_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.read_parquet(tmp_path / "t.parquet"))


def test_a_notebook_shows_thumbnails_and_escapes_text(store, add):
    add(store, 1, prompt(("<b>", "<script>alert(1)</script>")))
    html = frame(store)._repr_html_()
    assert html.count("data:image/jpeg;base64,") == 1
    assert "<script>" not in html and "&lt;script&gt;" in html and "<b>" not in html
    Image.open(store.rows()[0].path)
    store.rows()[0].path.unlink()
    assert "file gone" in frame(store)._repr_html_()


def test_a_notebook_shows_the_first_rows_only(store, add):
    kept = add(store)
    table = pd.concat([frame(store)] * (SHOWN + 5), ignore_index=True)
    assert table.path[0] == kept.path
    html = table._repr_html_()
    assert html.count("<img ") == SHOWN and f"the first {SHOWN} of {SHOWN + 5} rows" in html


def test_what_pandas_makes_of_it_still_displays(store, add):
    add(store, 1, prompt(("colour", "mint")))
    table = frame(store)
    assert isinstance(table[table.seed == 1], ExperimentFrame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for made in (
            table[["seed", "colour"]],
            table.describe(),
            table.groupby("colour")[["seed"]].agg(["mean", "std"]),
            table.T,
        ):
            assert "<table" in made._repr_html_()
        assert "<img" in table[["path"]]._repr_html_() and "<img" in table.set_index("id")._repr_html_()
        assert "<img" in table.rename(columns={"prompt": 5})._repr_html_()
    with pd.option_context("display.notebook_repr_html", False):
        assert table._repr_html_() is None
    assert "<img" in Experiments(store)._repr_html_()


def test_row_json_is_plain(store, add):
    row = store.get(add(store, 1, prompt(("colour", "mint"))).id)
    assert json.loads(json.dumps(row.request))["prompt"]["choices"] == [["colour", "mint"]]
