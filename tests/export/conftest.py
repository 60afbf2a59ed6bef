"""Masters drawn on the spot: one object with known edges on a plain or busy background."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw


@pytest.fixture(scope="session")
def scene() -> Callable[..., Image.Image]:
    """scene(size, box): a red ball filling `box` (shares of the size) on a gradient with a little grain."""

    def draw(size=(256, 256), box=(0.3, 0.25, 0.7, 0.75), grain=1.5):
        width, height = size
        ramp = np.linspace((150, 190, 240), (235, 240, 250), height)[:, None, :]
        noise = np.random.default_rng(0).normal(0, grain, (height, width, 3))
        image = Image.fromarray(np.clip(ramp + noise, 0, 255).astype(np.uint8))
        ImageDraw.Draw(image).ellipse([round(v * s) for v, s in zip(box, (*size, *size), strict=True)], fill=(214, 40, 57))
        return image

    return draw
