"""Outpaint geometry: the picture lies whole, what is unknown gets painted, once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit import canvas
from sdkit.errors import InputError

sides = st.integers(1, 300)


def noise(size, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def kept(image, mask):
    return np.asarray(image)[np.asarray(mask) < 128]


@given(st.tuples(sides, sides), st.tuples(sides, sides), st.sampled_from(sorted(canvas.ANCHORS)))
def test_a_placed_picture_lies_whole_on_the_canvas_and_touches_two_opposite_sides(image_size, size, anchor):
    placed = canvas.place(image_size, size, anchor)
    left, top, right, bottom = placed.box
    assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    assert (right - left == size[0]) or (bottom - top == size[1])


def test_anchor_right_leaves_the_room_on_the_left():
    assert canvas.place((256, 256), (1024, 256), "right").box == (768, 0, 1024, 256)
    assert canvas.place((256, 256), (256, 512), "top").box == (0, 0, 256, 256)


def test_an_unknown_anchor_is_named():
    with pytest.raises(InputError, match=r"anchor: got 'middle'.*left"):
        canvas.place((8, 8), (16, 8), "middle")


@given(st.integers(8, 80), st.integers(8, 80), st.sampled_from(["left", "right", "top", "bottom", "centre"]))
def test_extending_keeps_the_picture_bit_for_bit_and_fills_the_rest_from_its_edge(width, height, anchor):
    image = noise((24, 24))
    size = (24 + width, 24) if anchor in ("left", "right") else (24, 24 + height) if anchor != "centre" else (24 + width, 24)
    placed = canvas.place(image.size, size, anchor)
    wide, mask = canvas.extend(image, placed)
    assert np.array_equal(np.asarray(wide.crop(placed.box)), np.asarray(image))
    assert kept(wide, mask).shape[0] == 24 * 24
    colours = {tuple(c) for c in np.asarray(image).reshape(-1, 3)}
    assert {tuple(c) for c in np.asarray(wide).reshape(-1, 3)} <= colours  # nothing invented


@settings(max_examples=40)
@given(st.integers(64, 400), st.integers(64, 300), st.data())
def test_windows_cover_all_that_is_unknown_and_lie_inside(width, height, data):
    mask = np.full((height, width), 255, np.uint8)
    x0, x1 = sorted(data.draw(st.tuples(st.integers(0, width), st.integers(0, width))))
    y0, y1 = sorted(data.draw(st.tuples(st.integers(0, height), st.integers(0, height))))
    mask[y0:y1, x0:x1] = 0
    left = mask.copy()
    boxes = list(canvas.windows(Image.fromarray(mask), (96, 96)))
    for a, b, c, d in boxes:
        assert 0 <= a < c <= width and 0 <= b < d <= height
        assert left[b:d, a:c].any(), "a window that paints nothing"
        left[b:d, a:c] = 0
    assert not left.any()


def test_windows_grow_outward_with_context():
    """On a strip, each window after the first sees a third of what is known."""
    _, mask = canvas.extend(noise((256, 256)), canvas.place((256, 256), (1512, 256), "right"))
    known = np.asarray(mask) < 128
    for a, b, c, d in canvas.windows(mask, (256, 256), context=0.33):
        assert known[b:d, a:c].mean() >= 0.3
        known[b:d, a:c] = True
    assert known.all()
