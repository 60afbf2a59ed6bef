"""What generate returns: a sequence that shows itself as a sheet, prompts down and seeds across."""

import io

import pytest
from PIL import Image

from sdkit import Request, Result, ResultSet
from sdkit.result import Made
from sdkit.sheet import contact_sheet


def shot(prompt, seed, **rest):
    request = Request(prompt=prompt, seed=seed, size=(64, 48), **rest)
    return Result(Image.new("RGB", (64, 48), "orange"), request, Made("pocket"), seconds=1.0)


SHOTS = ResultSet([shot(p, s) for p in ("a rocket", "a <lemon>") for s in (4, 9)])


def test_is_a_sequence():
    assert (
        len(SHOTS) == 4 and SHOTS[-1].request.seed == 9 and isinstance(SHOTS[:2], ResultSet) and next(iter(SHOTS)) is SHOTS[0]
    )


def test_prompts_down_seeds_across():
    rows, columns, cells = SHOTS.grid()
    assert (rows, columns) == (["a rocket", "a <lemon>"], ["seed 4", "seed 9"])
    assert cells[1, 0] is SHOTS[2]


def test_pictures_that_differ_in_something_else_get_rows_of_their_own():
    rows, columns, cells = ResultSet([shot("a rocket", 4), shot("a rocket", 4, steps=9)]).grid()
    assert (rows, columns, len(cells)) == (["a rocket", "a rocket"], ["seed 4"], 2)


def test_the_notebook_view_shows_each_picture_with_alternative_text_and_escapes_words():
    html = SHOTS._repr_html_()
    assert html.count("<img ") == 4 and html.count('alt="a &lt;lemon&gt;, seed 4"') == 1 and "<lemon>" not in html
    assert "Stopped early" in ResultSet(SHOTS, interrupted=True)._repr_html_()


def test_the_terminal_view_is_a_summary():
    assert repr(SHOTS).splitlines()[0] == "4 pictures of 64 x 48 by pocket: 2 prompts x 2 seeds, 1.0 s each"
    assert repr(ResultSet()) == "ResultSet: no pictures" and "stopped" in repr(ResultSet(interrupted=True))


def test_one_picture_shows_itself():
    assert Image.open(io.BytesIO(SHOTS[0]._repr_png_())).size == (64, 48)


def test_a_sheet_holds_labels_and_pictures_and_survives_gaps():
    sheet = SHOTS.sheet(side=64)
    colours = {colour for _, colour in sheet.getcolors(1 << 20)}
    assert (255, 165, 0) in colours and (255, 255, 255) in colours and len(colours) > 3
    gaps = contact_sheet(["a very long label " * 12, "b"], ["one", "two"], {(1, 1): Image.new("RGB", (500, 900))}, side=100)
    assert gaps.height > 200
    assert contact_sheet([], [], {}).size[0] > 0


def test_pictures_side_by_side_and_what_a_patch_writes(tmp_path):
    from sdkit import ExportError, Patched, show

    html = show({"a <b>": Image.new("RGBA", (500, 20))}, after=Image.new("CMYK", (8, 8)))._repr_html_()
    assert html.count("<img ") == 2 and "<b>" not in html
    photo = Image.new("CMYK", (2000, 30))
    patched = Patched(photo, Request(prompt="x"), Made("pocket"))
    assert patched._repr_png_().startswith(b"\x89PNG")
    patched.save(tmp_path / "a.jpg")
    assert Image.open(tmp_path / "a.jpg").mode == "CMYK"
    for name in ("a.png", "a.nothing", "none/a.jpg"):  # PNG has no CMYK
        with pytest.raises(ExportError, match="CMYK"):
            patched.save(tmp_path / name)
