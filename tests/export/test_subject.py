"""The subject: found where it stands out, a person's point wins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit.errors import InputError
from sdkit.export import find
from sdkit.export.subject import standing_out


@pytest.mark.parametrize("box", [(0.1, 0.2, 0.5, 0.7), (0.55, 0.3, 0.95, 0.8), (0.35, 0.4, 0.6, 0.65)])
@pytest.mark.parametrize("size", [(256, 256), (384, 192), (450, 600)])
def test_a_lone_object_is_found(scene, size, box):
    found = find(scene(size, box))
    assert found.box == pytest.approx(box, abs=0.05)
    assert found.focus == pytest.approx(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), abs=0.03)


def test_what_is_thin_or_faint_belongs_to_the_object_it_hangs_on():
    pixels = np.full((400, 400, 3), (120, 170, 140), np.uint8)
    pixels[180:300, 120:280] = (180, 40, 60)
    pixels[100:180, 196:201] = (180, 40, 60)  # a handle
    pixels[220:260, 280:330] = (145, 120, 118)  # a side in the shade
    assert standing_out(Image.fromarray(pixels)) == pytest.approx((0.3, 0.25, 0.825, 0.75), abs=0.03)


def test_a_point_on_the_object_means_the_object(scene):
    found = find(scene(box=(0.1, 0.2, 0.5, 0.7)), (0.2, 0.4))
    assert found.focus == (0.2, 0.4) and found.box == pytest.approx((0.1, 0.2, 0.5, 0.7), abs=0.05)


def test_a_point_elsewhere_wins_over_the_object(scene):
    found = find(scene(box=(0.05, 0.2, 0.4, 0.7)), (0.8, 0.5))
    assert found.focus == (0.8, 0.5) and found.box == pytest.approx((0.6, 0.3, 1.0, 0.7))


@pytest.mark.parametrize(
    "image", [None, Image.new("RGB", (300, 200), "navy"), Image.new("L", (1, 1)), Image.new("P", (9, 400))]
)
def test_nothing_to_see_leaves_a_usable_subject(image):
    found = find(image)
    assert 0 <= found.box[0] < found.box[2] <= 1 and 0 <= found.box[1] < found.box[3] <= 1


def test_a_picture_full_of_detail_goes_to_smartcrop():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8))
    assert standing_out(noise) is None and 0.2 < find(noise).focus[0] < 0.8


@pytest.mark.parametrize(
    "focus", [(2, 0), (0.5,), (0.5, 0.5, 0.5), "ab", 0.5, (float("nan"), 0), (True, 0), (-0.1, 0.5), [None, 0]]
)
def test_a_focus_is_two_shares(focus):
    with pytest.raises(InputError, match="focus"):
        find(None, focus)


@settings(max_examples=15)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_the_focus_lies_in_the_box(width, height, seed, x, y):
    image = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8))
    for found in (find(image), find(image, (x, y)), find(None, (x, y))):
        left, top, right, bottom = found.box
        assert 0 <= left <= found.focus[0] <= right <= 1 and 0 <= top <= found.focus[1] <= bottom <= 1
        assert right > left and bottom > top
