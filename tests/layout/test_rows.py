"""A campaign's table: read from frames and CSV files, and wrong cells told all at once."""

import pandas as pd
import pytest

from sdkit.errors import InputError, LayoutError, PlacementError
from sdkit.layout import layouts, read

FOUND = layouts()


def known(name):
    if name not in ("x-post", "story"):
        raise PlacementError("placements", name, "a placement")


def table(source, layout="headline", placements=("x-post",)):
    return read(source, FOUND, layout, placements, known)


def test_a_frame_and_a_csv_give_the_same_rows(tmp_path):
    frame = pd.DataFrame(
        [
            {
                "headline": "Größe, Farbe",
                "subline": None,
                "language": "de",
                "layout": "subline",
                "placement": "x-post; story",
                "product": "A",
            },
            {"headline": "夏", "subline": "two\nlines", "language": "ja", "layout": "", "placement": None, "product": "B"},
        ]
    )
    frame.loc[1, "layout"] = "subline"
    frame.to_csv(tmp_path / "rows.csv", index=False)
    rows = table(frame)
    assert rows == table(str(tmp_path / "rows.csv")) == table(frame.to_dict("records"))
    assert rows[0].placements == ("x-post", "story") and rows[1].placements == ("x-post",)
    assert rows[0].texts == {"headline": "Größe, Farbe"} and rows[1].texts["subline"] == "two\nlines"
    assert [r.number for r in rows] == [1, 2] and rows[1].product == "B"


def test_every_wrong_cell_is_told_at_once():
    rows = [
        {"headline": "ok"},
        {"headline": "", "layout": "headline"},
        {"headline": "x", "layout": "hedline", "placement": "moon"},
        {"headline": "x", "price": "€9", "copy_side": "up"},
        {"headline": "x\x00"},
        {"headline": "x", "colour": "red"},
    ]
    with pytest.raises(LayoutError) as told:
        table(rows)
    said = str(told.value)
    for part in (
        "row 2: no words",
        "row 3, layout: got 'hedline'",
        "row 3, placement",
        "'moon'",
        "row 4, price",
        "row 4, copy_side",
        "row 5",
        "'colour'",
    ):
        assert part in said
    assert "row 1" not in said


@pytest.mark.parametrize("source", [[], 3, ["x"], "none.csv", pd.DataFrame()])
def test_no_table(source):
    with pytest.raises(InputError, match="rows"):
        table(source)


def test_a_broken_csv(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("headline,subline\na,b,c\n")
    with pytest.raises(InputError, match="as many cells"):
        table(path)
    path.write_bytes(b"headline\n\xff\xfe\n")
    with pytest.raises(InputError, match="UTF-8"):
        table(path)


def test_words_that_look_like_formulas_or_paths_are_words(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('headline\n=cmd()\n../../etc\n"<b>x</b>"\n')
    assert [r.texts["headline"] for r in table(path)] == ["=cmd()", "../../etc", "<b>x</b>"]
