"""Joins: what is kept stays bit for bit, shifts of colour leave no seam, and a seam that is there is measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit import canvas
from sdkit.canvas.blend import inward, near


def noise(size, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


def kept(image, mask):
    return np.asarray(image)[np.asarray(mask) < 128]


def right_half(size):
    mask = Image.new("L", size, 0)
    mask.paste(255, (size[0] // 2, 0, *size))
    return mask


@settings(max_examples=100)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 60), st.integers(0, 12))
def test_what_the_mask_keeps_comes_back_bit_for_bit(seed, width, height, feather):
    rng = np.random.default_rng(seed)
    mask = Image.fromarray((rng.random((height, width)) < rng.random()).astype(np.uint8) * 255)
    original, painted = noise(mask.size, seed), noise(mask.size, seed + 1)
    assert np.array_equal(kept(canvas.paste_back(original, painted, mask, feather), mask), kept(original, mask))


def test_a_colour_shift_leaves_no_seam_however_far_the_painted_side_goes():
    original = Image.new("RGB", (192, 96), (120, 180, 90))
    painted = Image.new("RGB", (192, 96), (126, 172, 95))  # shifted everywhere
    row = np.asarray(canvas.paste_back(original, painted, right_half((192, 96))))[48].astype(int)
    assert np.abs(row[95] - row[96]).max() <= 1  # the raw step is 8
    assert np.abs(row - row[0]).max() <= 1


def test_a_gradient_goes_on_across_the_edge():
    ramp = np.linspace(40, 200, 192)[None, :, None].repeat(96, 0).repeat(3, 2)
    drifted = ramp + np.linspace(-6, 14, 96)[:, None, None]  # another shift in every row
    original, painted = (Image.fromarray(a.clip(0, 255).astype(np.uint8)) for a in (ramp, drifted))
    mask = right_half((192, 96))
    raw = Image.fromarray(np.where(np.asarray(mask)[..., None] < 128, np.asarray(original), np.asarray(painted)))
    mixed = canvas.paste_back(original, painted, mask)
    assert canvas.seam(raw, mask).gradient > 2
    assert canvas.seam(mixed, mask).gradient < 1.1


def test_colours_that_do_not_meet_are_made_to_and_different_things_are_left():
    """What the model kept it kept, but what it painted is 20 levels off: there is no shift to read on the kept side."""
    original = Image.new("RGB", (192, 96), (90, 160, 220))
    mask, off = right_half((192, 96)), original.copy()
    off.paste((70, 150, 200), (96, 0, 192, 96))
    mixed = canvas.joined(original, off, mask)
    assert canvas.seam(off, mask).visible and canvas.seam(mixed, mask).gradient < 1.2
    assert np.array_equal(kept(mixed, mask), kept(original, mask))
    other = original.copy()
    other.paste((250, 20, 10), (96, 0, 192, 96))  # another thing altogether
    assert canvas.joined(original, other, mask).tobytes() == other.tobytes()


def test_a_detail_drawn_differently_is_not_taken_for_a_shift():
    """A black bar that the model left out beside the edge must not darken the painted side."""
    original, painted = (Image.new("RGB", (128, 64), (200, 200, 200)) for _ in range(2))
    original.paste((0, 0, 0), (50, 20, 64, 30))
    mixed = np.asarray(canvas.paste_back(original, painted, right_half((128, 64))))
    assert np.abs(mixed[:, 64:].astype(int) - 200).max() <= 1


def test_the_feather_lies_inside_the_mask():
    original, painted = Image.new("RGB", (128, 64), (200, 0, 0)), Image.new("RGB", (128, 64), (0, 0, 200))
    red = np.asarray(canvas.paste_back(original, painted, right_half((128, 64)), feather=16))[32, :, 0].astype(int)
    assert (red[:64] == 200).all()
    assert (np.diff(red[64:80]) < 0).all()
    assert (red[82:] == 0).all()


def test_all_kept_and_all_painted():
    a, b = noise((16, 16), 1), noise((16, 16), 2)
    assert canvas.paste_back(a, b, Image.new("L", (16, 16), 0)).tobytes() == a.tobytes()
    assert canvas.paste_back(a, b, Image.new("L", (16, 16), 255)).tobytes() == b.tobytes()


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_a_membrane_keeps_what_is_known_and_stays_between_its_extremes(seed, width, height):
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 10, (height, width, 2)).astype(np.float32)
    known = rng.random((height, width)) < 0.3
    found = canvas.membrane(values, known)
    assert np.array_equal(found[known], values[known])
    if known.any():
        assert found.min() >= values[known].min() - 1e-3 and found.max() <= values[known].max() + 1e-3


def test_a_membrane_between_two_sides_is_a_ramp():
    values = np.zeros((32, 64, 1), np.float32)
    values[:, -1] = 10
    known = np.zeros((32, 64), bool)
    known[:, [0, -1]] = True
    assert np.abs(canvas.membrane(values, known)[16, :, 0] - np.linspace(0, 10, 64)).max() < 0.6


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_near_is_what_can_be_walked_to(seed, reach):
    where = np.random.default_rng(seed).random((12, 15)) < 0.1
    ys, xs = np.nonzero(where)
    y, x = np.mgrid[0:12, 0:15]
    walked = np.zeros_like(where) if not len(ys) else (
        np.min(np.abs(y[..., None] - ys) + np.abs(x[..., None] - xs), axis=-1) <= reach
    )  # fmt: skip
    assert np.array_equal(near(where, reach), walked)


def test_inward_rises_from_the_edge():
    where = np.zeros((1, 12), bool)
    where[:, 4:] = True
    assert inward(where, 3)[0].tolist() == pytest.approx([0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1])


# -- seam -------------------------------------------------------------------------------------------------------------


def test_no_join_has_no_seam():
    mask = right_half((128, 64))
    for picture in (Image.new("RGB", (128, 64), "navy"), noise((128, 64))):
        found = canvas.seam(picture, mask)
        assert found.gradient == pytest.approx(1, abs=0.1)
        assert not found.visible


def test_a_jump_of_colour_is_seen_and_measured():
    picture = Image.new("RGB", (128, 64), (100, 100, 100))
    picture.paste((112, 100, 100), (64, 0, 128, 64))
    found = canvas.seam(picture, right_half((128, 64)))
    assert found.step == pytest.approx(12)
    assert found.gradient == pytest.approx(5)  # (12 / 3 channels + 1) / (0 + 1)
    assert found.visible and "visible" in str(found)


def test_a_mask_without_an_edge_has_no_seam():
    assert canvas.seam(noise((8, 8)), Image.new("L", (8, 8), 255)) == canvas.Seam(1.0, 0.0, 0)
