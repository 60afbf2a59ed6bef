"""Likeness: the SSIM of scikit-image, and a measure that sees lost colour."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data, metrics

from sdkit.export.likeness import likeness, ssim


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(0, 60), st.integers(7, 40), st.integers(7, 40))
def test_it_is_scikit_images(seed, noise, width, height):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 256, (height, width)).astype(np.uint8)
    b = np.clip(a + rng.normal(0, noise, a.shape), 0, 255).astype(np.uint8)
    assert ssim(a, b) == pytest.approx(metrics.structural_similarity(a, b), abs=2e-5)


def test_it_falls_with_blur_noise_and_lost_colour_and_is_one_for_equals():
    photo = Image.fromarray(data.chelsea())
    assert likeness(photo, photo) == pytest.approx(1, abs=1e-6)
    small = photo.resize((photo.width // 4, photo.height // 4)).resize(photo.size)
    smaller = photo.resize((photo.width // 8, photo.height // 8)).resize(photo.size)
    grey = photo.convert("L").convert("RGB")
    assert likeness(photo, smaller) < likeness(photo, small) < 0.9
    assert likeness(photo, grey) < 0.99
