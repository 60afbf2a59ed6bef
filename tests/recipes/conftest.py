import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

# The steps are scripts that import each other by their plain names.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "recipes" / "pocket"))


@pytest.fixture(scope="session")
def sprites() -> dict[str, Image.Image]:
    """A drawn disc for every object, so that scenes need no download."""
    from vocabulary import OBJECT_NAMES

    drawn = {}
    for i, name in enumerate(OBJECT_NAMES):
        image = Image.new("RGBA", (48, 40), (0, 0, 0, 0))
        ImageDraw.Draw(image).ellipse((0, 0, 47, 39), fill=(i * 4, 255 - i * 3, 128, 255))
        drawn[name] = image
    return drawn
