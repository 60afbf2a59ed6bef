"""Protected pixels on real photographs, which ship in packages of the development environment: none of them changes."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

PHOTOS = {
    "grace_hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", (0.3, 0.05, 0.7, 0.4)),
    "chelsea": ("skimage", "data/chelsea.png", (0.1, 0.5, 0.45, 0.9)),
    "coffee": ("skimage", "data/coffee.png", (0.05, 0.05, 0.4, 0.5)),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_no_pixel_outside_the_mask_or_under_protection_changes(studio, name):
    package, path, box = PHOTOS[name]
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None, f"pip install {package}"
    file = Path(spec.origin).parent / path
    with Image.open(file) as opened:
        before = ImageOps.exif_transpose(opened)
        before.load()
    left, top, right, bottom = (round(share * side) for share, side in zip(box, before.size * 2, strict=True))
    middle = ((left + right) // 2, (top + bottom) // 2)
    logo = (left + 10, top + 10, *middle)
    done = studio.inpaint(
        file, (left, top, right, bottom), "a lemon on a mint background", protect=logo, steps=1, progress=False
    )
    old, new = np.asarray(before), np.asarray(done.image)
    assert (old.shape, old.dtype, done.image.mode) == (new.shape, new.dtype, before.mode)
    changed = (old != new).reshape(*old.shape[:2], -1).any(2)
    allowed = np.zeros_like(changed)
    allowed[top:bottom, left:right] = True
    allowed[logo[1] : logo[3], logo[0] : logo[2]] = False
    assert changed[allowed].any() and changed[~allowed].sum() == 0
