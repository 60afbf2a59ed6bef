"""Inpainting at sizes that the model was not made for: worked out at a scale it draws well, exact where it is put back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdkit import Request
from sdkit.backends.base import Can
from sdkit.backends.local import LocalBackend
from sdkit.backends.painting import tile_of, window_of, working_size

CAN = Can(frozenset({"inpaint"}), native=(256, 256))


@given(st.integers(8, 4096), st.integers(8, 4096))
def test_it_works_at_a_short_side_that_the_model_knows(width, height):
    size = working_size((width, height), CAN)
    assert all(side % 8 == 0 for side in size)
    assert 192 <= min(size) <= 256
    window = window_of(size, CAN)
    assert window[0] <= size[0] and window[1] <= size[1]
    assert max(window) <= 2 * min(window) and window[0] * window[1] <= 256 * 256


@given(st.integers(8, 4096), st.integers(8, 4096), st.sampled_from([256, 512, 1024]))
def test_a_unet_sees_a_canvas_whole_up_to_two_megapixels(width, height, native):
    can = Can(frozenset({"inpaint"}), native=(native, native))
    size = working_size((width, height), can)
    tile = tile_of(size, can)
    assert all(t <= s for t, s in zip(tile, size, strict=True))
    assert tile == size if size[0] * size[1] <= 2**21 else tile[0] * tile[1] <= 2**21


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    from tiny import tiny_sd1

    return LocalBackend(str(tiny_sd1(tmp_path_factory.mktemp("tiny"))))


@pytest.mark.parametrize("size", [(64, 64), (201, 67), (40, 300), (500, 90)])
def test_any_size_comes_back_exact_with_what_is_kept_bit_for_bit(tiny, size):
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    mask = Image.new("L", size, 255)
    mask.paste(0, (0, 0, max(8, size[0] // 2), max(8, size[1] // 2)))
    seen = []
    request = Request(prompt="x", size=size, image=image, mask=mask, steps=2, strength=1.0)
    (result,) = tiny.run([request], progress=lambda done, total: seen.append((done, total)))
    assert result.image.size == size
    keep = np.asarray(mask) == 0
    assert np.array_equal(np.asarray(result.image)[keep], np.asarray(image)[keep])
    assert [done for done, _ in seen] == list(range(1, seen[0][1] + 1))


def test_a_scheduler_by_name_changes_the_picture_and_is_recorded(tiny):
    plain, euler = tiny.run([
        Request(prompt="x", size=(64, 64), steps=3),
        Request(prompt="x", size=(64, 64), steps=3, scheduler="EulerDiscreteScheduler"),
    ])  # fmt: skip
    assert plain.image.tobytes() != euler.image.tobytes()
    assert (plain.made.scheduler, euler.made.scheduler) == ("DDIMScheduler", "EulerDiscreteScheduler")
    (again,) = tiny.run([plain.request])
    assert again.image.tobytes() == plain.image.tobytes()
