"""What a backend says it can do, and how it says that it can't."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdkit import InputError, Request
from sdkit.backends.base import Can

CAN = Can(frozenset({"text2img", "inpaint"}), native=(256, 256), multiple=8, min_side=64, max_side=1024)


@given(st.integers(1, 4096), st.integers(1, 4096))
def test_the_nearest_size_is_one_that_it_can_do(width, height):
    near = CAN.nearest((width, height))
    CAN.check(Request(prompt="x", size=near))
    for got, wanted in zip(near, (width, height), strict=True):
        assert got % 8 == 0 and 64 <= got <= 1024
        assert abs(got - wanted) <= 4 or wanted < 64 or wanted > 1020


def test_a_size_it_cannot_do_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"size: got \(1080, 1350\).*nearest it can do is \(1024, 1024\)"):
        CAN.check(Request(prompt="x", size=(1080, 1350)))


def test_an_inpainting_may_have_a_size_that_a_plain_picture_may_not():
    image = Image.new("RGB", (1128, 191))
    assert CAN.nearest(image.size) != image.size
    CAN.check(Request(prompt="x", size=image.size, image=image, mask=image.convert("L")))  # raises nothing


def test_a_kind_it_cannot_do_is_named():
    with pytest.raises(InputError, match="image: got 'img2img'; allowed: for this model inpaint, text2img"):
        CAN.check(Request(prompt="x", size=(64, 64), image=Image.new("RGB", (64, 64))))
