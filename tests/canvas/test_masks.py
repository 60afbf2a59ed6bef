"""Masks from whatever a person has at hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdkit.canvas import mask_of
from sdkit.errors import InputError

PHOTO = Image.new("RGB", (40, 20), "white")


def white(mask):
    return np.asarray(mask) >= 128


def test_a_box_in_pixels_or_as_shares():
    mask = mask_of((10, 5, 20, 15), PHOTO)
    assert mask.mode == "L" and mask.size == PHOTO.size and set(np.unique(mask)) == {0, 255}
    assert white(mask).sum() == 100 and white(mask)[5:15, 10:20].all()
    assert np.array_equal(mask_of((0.25, 0.25, 0.5, 0.75), PHOTO), mask)


@pytest.mark.parametrize("values", [np.eye(20, 40, dtype=bool), np.eye(20, 40), np.eye(20, 40, dtype=np.uint8) * 255])
def test_an_array_of_bools_or_numbers(values):
    assert np.array_equal(white(mask_of(values, PHOTO)), np.eye(20, 40, dtype=bool))


def test_a_picture_and_its_path(tmp_path):
    drawn = Image.new("L", PHOTO.size, 0)
    drawn.paste(200, (0, 0, 5, 20))
    drawn.save(tmp_path / "mask.png")
    for what in (drawn, tmp_path / "mask.png", str(tmp_path / "mask.png")):
        assert white(mask_of(what, PHOTO)).sum() == 100


def test_alpha_repaints_what_is_transparent():
    cut = Image.new("RGBA", (40, 20), (255, 0, 0, 255))
    cut.paste((0, 0, 0, 0), (0, 0, 10, 20))
    assert white(mask_of("alpha", cut))[:, :10].all() and white(mask_of("alpha", cut)).sum() == 200
    with pytest.raises(InputError, match="transparency"):
        mask_of("alpha", PHOTO)


def test_a_colour_by_name_or_hex():
    picture = PHOTO.copy()
    picture.paste((10, 250, 5), (0, 0, 4, 20))
    assert white(mask_of("#00ff00", picture)).sum() == 80
    assert np.array_equal(mask_of("lime", picture), mask_of("#00ff00", picture))


def test_polygons_from_a_text_file(tmp_path):
    path = tmp_path / "shapes.txt"
    path.write_text("# a box, then a triangle\n0,0 9,0 9,9 0,9\n\n30,0 39,0 39,19  # corner\n")
    mask = white(mask_of(path, PHOTO))
    assert mask[:10, :10].all() and mask[5, 38] and not mask[15, 31]


@given(st.integers(0, 6), st.integers(0, 6))
def test_growing_and_shrinking_a_box(grow, shrink):
    box = (10, 7, 30, 13)
    bigger = white(mask_of(box, PHOTO, grow=grow))
    assert bigger[10, max(0, 10 - grow) : 30 + grow].all() and bigger.sum() >= 120
    if shrink < 3:
        smaller = white(mask_of(box, PHOTO, grow=-shrink))
        assert smaller.sum() == (20 - 2 * shrink) * (6 - 2 * shrink)


def test_inverted():
    mask = white(mask_of((0, 0, 10, 20), PHOTO, invert=True))
    assert not mask[:, :10].any() and mask[:, 10:].all()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ((0, 0, 50, 10), "inside 40 x 20"), ((5, 5, 5, 9), "inside 40 x 20"), (np.zeros((20, 40)), "repaints something"),
        (np.ones((4, 4)), "size of the picture"), (np.array([["a"]]), "bools or numbers"), ("nothing.png", "readable image"),
        ("none.txt", "readable text"), (7, "polygons"), (Image.new("L", (3, 3)), "size of the picture"),
    ],
)  # fmt: skip
def test_anything_else_is_named(what, says):
    with pytest.raises(InputError, match=says):
        mask_of(what, PHOTO)


@pytest.mark.parametrize("line", ["1,2 3,4", "a,b c,d e,f", "1 2 3", "nan,1 2,2 3,3"])
def test_a_polygon_that_is_none_names_its_line(tmp_path, line):
    path = tmp_path / "p.txt"
    path.write_text(f"0,0 1,0 1,1\n{line}\n")
    with pytest.raises(InputError, match=r"line 2 of p\.txt"):
        mask_of(path, PHOTO)
