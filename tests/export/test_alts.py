"""Alt texts: drafts that say what is shown, and a table whose edits are never lost."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.errors import InputError
from sdkit.export.alts import LONGEST, Alt, draft, is_ours, kept, table


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("a rocket on a mint background", "A rocket on a mint background."),
        ("a ((red:1.3) fox) in [snow], masterpiece, best quality, 8k, cinematic lighting", "A red fox in snow."),
        ("<lora:ink:0.8> a lighthouse, gulls above, trending on artstation", "A lighthouse, gulls above."),
        ("a lemon, a lemon, a bowl", "A lemon, a bowl."), ("", ""), (" , ,", ""), ("masterpiece", "Masterpiece."),
        ("Is it a bird?", "Is it a bird?"), ("猫, 窓辺", "猫, 窓辺."),
    ],
)  # fmt: skip
def test_a_draft_says_what_is_shown(prompt, said):
    assert draft(prompt) == said


@given(st.text(max_size=600))
def test_any_prompt_has_a_short_draft(prompt):
    assert len(draft(prompt)) <= LONGEST


ROWS = [("x/a.jpg", "a", Alt("A rocket.")), ("x/b.jpg", "b", Alt("Mine", True)), ("x/c.jpg", "c", Alt("A rocket."))]


def test_what_a_person_wrote_is_kept_and_a_draft_is_not(tmp_path):
    data = table(ROWS)
    assert is_ours(data) and data.startswith(b"\xef\xbb\xbf")
    path = tmp_path / "alt.csv"
    path.write_bytes(data)
    earlier = {"a": "A rocket.", "c": "A rocket."}
    assert kept(tmp_path, earlier) == {"b": "Mine"}
    path.write_bytes(data.replace(b"x/a.jpg,a,A rocket.", 'x/a.jpg,a,"Die Rakete, müde"'.encode()))
    assert kept(tmp_path, earlier) == {"a": "Die Rakete, müde", "b": "Mine"}
    assert kept(tmp_path / "none", {}) == {}


def test_what_spreadsheets_make_of_it_is_read(tmp_path):
    rows = list(csv.reader(io.StringIO(table(ROWS).decode("utf-8-sig"))))
    rows[1][2] = "Größe; schön"
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    for encoding in ("cp1252", "utf-8", "utf-8-sig"):
        (tmp_path / "alt.csv").write_bytes(out.getvalue().encode(encoding))
        assert kept(tmp_path, {"a": "A rocket.", "c": "A rocket."})["a"] == "Größe; schön"
        assert is_ours((tmp_path / "alt.csv").read_bytes())


@pytest.mark.parametrize("alt", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'quoted'", 'a, "b"\nc'])
def test_no_cell_is_a_formula_and_all_come_back(tmp_path, alt):
    data = table([("x", "a", Alt(alt, True))])
    cell = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1][2]
    assert not cell.startswith(("=", "+", "-", "@"))
    (tmp_path / "alt.csv").write_bytes(data)
    assert kept(tmp_path, {}) == {"a": " ".join(alt.split())}


@pytest.mark.parametrize("bad", [b"nothing", b"file,alt\nx,y\n", b"\0\0\0\0", b"placement,alt\n" * 1])
def test_a_table_that_does_not_read_is_not_overwritten_in_silence(tmp_path, bad):
    (tmp_path / "alt.csv").write_bytes(bad)
    with pytest.raises(InputError, match=r"alt\.csv"):
        kept(tmp_path, {})
