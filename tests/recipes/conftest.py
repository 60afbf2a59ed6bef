import sys
from functools import lru_cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

# The steps are scripts that import each other by their plain names.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "recipes" / "pocket"))


@pytest.fixture(scope="session")
def sprites():
    """Sprites whose originals are drawn, a two-coloured disc for every object, so that scenes need no download."""
    from sprites import Sprites
    from vocabulary import OBJECT_NAMES

    class Discs(Sprites):
        def __init__(self) -> None:
            self.folder, self.vector = Path("nowhere"), False
            self.original = lru_cache(maxsize=None)(self._original)
            self.body = lru_cache(maxsize=4096)(self._body)

        def _original(self, name: str, style: str, pixels: int) -> Image.Image:
            i = OBJECT_NAMES.index(name)
            fill = (i * 37 % 200, 230 - i * 11 % 200, 128, 255)
            image = Image.new("RGBA", (pixels, round(pixels * 0.8)), (0, 0, 0, 0))
            pen = ImageDraw.Draw(image)
            pen.ellipse(
                (0, 0, image.width - 1, image.height - 1), fill="white" if style == "line art" else fill, outline="black"
            )
            pen.ellipse((pixels * 0.3, pixels * 0.2, pixels * 0.6, pixels * 0.5), fill=(i * 53 % 256, i * 17 % 256, 90, 255))
            return image

        def has(self, name: str, style: str) -> bool:
            return True

    return Discs()
