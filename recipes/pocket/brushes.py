"""What backgrounds are drawn with: the frame, tones of a colour, and ways between pixels and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

Colour = np.ndarray  # (3,) in 0..255


@dataclass(frozen=True)
class Frame:
    """width, height  in pixels of the picture; `zoom` of them make one pixel of the layout.
    focus            where the object stands, shares of width and height.
    spread           how wide the group of objects is, in layout pixels.
    """

    width: int
    height: int
    zoom: float = 1.0
    focus: tuple[float, float] = (0.5, 0.48)
    spread: float = 148.0

    @property
    def area(self) -> float:
        """In layout pixels."""
        return self.width * self.height / self.zoom**2


@lru_cache(maxsize=8)
def grid(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y, each (height, width), 0..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x / max(width - 1, 1), y / max(height - 1, 1)


def tint(colour: Colour, amount: float) -> Colour:
    """Toward white (amount > 0) or black (amount < 0)."""
    goal = 255.0 if amount > 0 else 0.0
    return colour + (goal - colour) * abs(amount)


def is_light(colour: Colour) -> bool:
    """Whether there is too little room above it for a tone that would stand off."""
    return float(np.linalg.norm(255.0 - colour)) < 190


def standing_off(colour: Colour, amount: float) -> Colour:
    """A tone that can be told from any colour: a lighter one, of light colours a deeper one, which a power gives more of the
    colour (times black would be mud)."""
    if not is_light(colour):
        return tint(colour, min(0.85, amount * max(1.0, 290.0 / float(np.linalg.norm(255.0 - colour)))))
    deep = 204.0 * (colour / 255.0) ** 3
    return colour + (deep - colour) * min(1.0, amount * 230.0 / float(np.linalg.norm(colour - deep)))


def mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a + (b - a) * t[..., None]


def rgb(colour: Colour) -> tuple[int, ...]:
    return tuple(int(c) for c in np.clip(colour, 0, 255))


def canvas(colour: Colour, f: Frame) -> Image.Image:
    return Image.new("RGB", (f.width, f.height), rgb(colour))


def as_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def as_array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float32)


def soft(image: Image.Image, f: Frame, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius * f.zoom))


def ramp(top: tuple, bottom: tuple, f: Frame, end: float = 1.0) -> np.ndarray:
    _, y = grid(f.width, f.height)
    return mix(np.array(top, np.float32), np.array(bottom, np.float32), np.clip(y / end, 0, 1))


def lights(rng, f, count, radii, strength) -> np.ndarray:
    """Soft discs of light, (height, width) in 0..1."""
    layer = np.zeros((f.height, f.width), np.float32)
    for _ in range(count):
        r = rng.uniform(*radii) * f.zoom
        cx, cy, bright = rng.random() * f.width, rng.random() * f.height, rng.uniform(*strength)
        x0, y0 = max(int(cx - r), 0), max(int(cy - r), 0)
        x1, y1 = min(int(cx + r) + 2, f.width), min(int(cy + r) + 2, f.height)
        if x1 > x0 and y1 > y0:
            yy, xx = np.ogrid[y0:y1, x0:x1]
            layer[y0:y1, x0:x1] += bright * np.clip((r - np.hypot(xx - cx, yy - cy)) / (2 * f.zoom), 0, 1)
    return np.clip(layer, 0, 1)
