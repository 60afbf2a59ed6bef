"""Backgrounds, drawn: each (height, width, 3) float32 in 0..255.

Every drawer takes a Frame, so that a scene can be drawn four times as large with the same layout (for the upscaler).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from vocabulary import COLOURS

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
def _grid(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y, each (height, width), 0..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x / max(width - 1, 1), y / max(height - 1, 1)


def _tint(colour: Colour, amount: float) -> Colour:
    """Toward white (amount > 0) or black (amount < 0)."""
    goal = 255.0 if amount > 0 else 0.0
    return colour + (goal - colour) * abs(amount)


def _is_light(colour: Colour) -> bool:
    """Whether there is too little room above it for a tone that would stand off."""
    return float(np.linalg.norm(255.0 - colour)) < 190


def _standing_off(colour: Colour, amount: float) -> Colour:
    """A tone that can be told from any colour: a lighter one, of light colours a deeper one, which a power gives more of the
    colour (times black would be mud)."""
    if not _is_light(colour):
        return _tint(colour, min(0.85, amount * max(1.0, 290.0 / float(np.linalg.norm(255.0 - colour)))))
    deep = 204.0 * (colour / 255.0) ** 3
    return colour + (deep - colour) * min(1.0, amount * 230.0 / float(np.linalg.norm(colour - deep)))


def _mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a + (b - a) * t[..., None]


def _rgb(colour: Colour) -> tuple[int, ...]:
    return tuple(int(c) for c in np.clip(colour, 0, 255))


def _canvas(colour: Colour, f: Frame) -> Image.Image:
    return Image.new("RGB", (f.width, f.height), _rgb(colour))


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float32)


def _soft(image: Image.Image, f: Frame, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius * f.zoom))


def _ramp(top: tuple, bottom: tuple, f: Frame, end: float = 1.0) -> np.ndarray:
    _, y = _grid(f.width, f.height)
    return _mix(np.array(top, np.float32), np.array(bottom, np.float32), np.clip(y / end, 0, 1))


# -- backgrounds that take a colour -----------------------------------------------------------------------------------


def plain(rng, colour, f):
    return np.broadcast_to(colour, (f.height, f.width, 3)).astype(np.float32)


def gradient(rng, colour, f, second=None):
    x, y = _grid(f.width, f.height)
    t = y if rng.random() < 0.5 else (x + y) / 2
    return _mix(_standing_off(colour, 0.42), colour, t) if second is None else _mix(colour, second, t)


def spotlight(rng, colour, f):
    x, y = _grid(f.width, f.height)
    unit = max(min(f.width, f.height), 256 * f.zoom)
    r2 = ((x - f.focus[0]) * f.width / unit) ** 2 + ((y - f.focus[1]) * f.height / unit) ** 2
    dark = _tint(colour, -0.35) if colour.mean() > 60 else colour
    return _mix(dark, _tint(colour, 0.45), np.exp(-r2 / 0.09))


def podium(rng, colour, f):
    wall, floor, z = _standing_off(colour, 0.25), colour, f.zoom
    image = _canvas(wall, f)
    ImageDraw.Draw(image).rectangle((0, int(f.height * 0.72), f.width, f.height), fill=_rgb(_tint(floor, -0.08)))
    image = _soft(image, f, 1.5)
    pen = ImageDraw.Draw(image)
    cx, top, rx = f.focus[0] * f.width, f.height * 0.76, max(92.0, f.spread * 0.56) * z
    ry, deep = 24 * z, f.height * 0.13
    side = _rgb(_standing_off(floor, 0.18))
    lid = _rgb(_tint(floor, 0.55))
    pen.ellipse((cx - rx, top + deep - ry, cx + rx, top + deep + ry), fill=side)
    pen.rectangle((cx - rx, top, cx + rx, top + deep), fill=side)
    pen.ellipse((cx - rx, top - ry, cx + rx, top + ry), fill=lid)
    return _array(_soft(image, f, 0.6))


def strew_confetti(rng, pixels, colour, f):
    """Confetti over any picture, in colours that stand off from `colour`."""
    image, z = _image(pixels), f.zoom
    pen = ImageDraw.Draw(image)
    palette = [c for c in COLOURS.values() if sum(abs(int(a) - b) for a, b in zip(colour, c, strict=True)) > 150]
    for _ in range(int(f.area // 1500)):
        cx, cy, s = rng.random() * f.width, rng.random() * f.height, rng.uniform(6.0, 10.0) * z
        fill = palette[rng.integers(len(palette))]
        if rng.random() < 0.4:
            pen.ellipse((cx - s, cy - s, cx + s, cy + s), fill=fill)
        else:
            a = rng.random() * np.pi
            u, v = np.array([np.cos(a), np.sin(a)]) * s * 1.5, np.array([-np.sin(a), np.cos(a)]) * s * 0.7
            c = np.array([cx, cy])
            pen.polygon([tuple(p) for p in (c + u + v, c + u - v, c - u - v, c - u + v)], fill=fill)
    return _array(_soft(image, f, 0.5))


def confetti(rng, colour, f):
    return plain(rng, colour, f)  # strewn by scenes.py, as over any background


def _lights(rng, f, count, radii, strength) -> np.ndarray:
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


def bokeh(rng, colour, f):
    _, y = _grid(f.width, f.height)
    deep = _standing_off(colour, 0.45) if _is_light(colour) else _tint(colour, -0.25)
    base = _mix(deep, deep + (colour - deep) * 0.7, y)
    light = _lights(rng, f, max(10, int(f.area // 4000)), (11.0, 28.0), (0.35, 0.65))
    return _mix(base, np.array([255.0, 252.0, 240.0], np.float32), light * 0.85)


def stripes(rng, colour, f):
    x, y = _grid(f.width, f.height)
    band = (x * f.width + y * f.height) / (26.0 * f.zoom)
    edge = np.clip((np.abs((band % 2.0) - 1.0) - 0.5) * 12.0 * f.zoom + 0.5, 0, 1)
    return _mix(colour, _standing_off(colour, 0.30), edge)


def sunburst(rng, colour, f):
    x, y = _grid(f.width, f.height)
    angle = np.arctan2((y - f.focus[1]) * f.height, (x - f.focus[0]) * f.width) / (2 * np.pi)
    edge = np.clip((np.abs((angle * 16.0) % 1.0 - 0.5) - 0.25) * 14.0 * f.zoom + 0.5, 0, 1)
    return _mix(colour, _standing_off(colour, 0.34), edge)


def waves(rng, colour, f):
    x, y = _grid(f.width, f.height)
    light = _is_light(colour)
    sky, *tones = (_standing_off(colour, amount) for amount in ((0.0, 0.14, 0.25, 0.36) if light else (0.45, 0.3, 0.15, 0.0)))
    out = np.broadcast_to(sky, (f.height, f.width, 3)).astype(np.float32)
    phase, across = rng.random() * 6.28, x * f.width / f.zoom / 256
    for k, tone in enumerate(tones):
        line = 0.55 + 0.15 * k + 0.06 * np.sin(across * 5.5 + phase + 1.9 * k)
        out = _mix(out, tone * (1 if light else 1 - 0.12 * k), np.clip((y - line) * f.height * 0.7, 0, 1))
    return out


def paper_texture(rng, colour, f):
    """A sheet that was folded and opened again: every panel goes from light to dark up to its folds, on whose edges the light
    lies; and a little grain. The folds always lie alike, and are as broad as what the model can draw."""
    x, y = _grid(f.width, f.height)
    wide, tall = max(2, round(f.width / f.zoom / 85)), max(2, round(f.height / f.zoom / 128))
    across, down = x * wide, y * tall
    turned = 1 - 2 * (np.floor(down) % 2)  # the light falls on every second row of panels from the other side
    lit = 0.5 + 0.38 * turned * (2 * (across % 1.0) - 1) - 0.12 * (2 * (down % 1.0) - 1)
    out = _mix(_standing_off(colour, 0.42), colour, lit if _is_light(colour) else 1 - lit)
    fold = np.minimum(
        np.abs(across - np.round(across).clip(1, wide - 1)) * f.width / wide,
        np.abs(down - np.round(down).clip(1, tall - 1)) * f.height / tall,
    )
    edge = np.clip(1.6 - fold / f.zoom / 1.6, 0, 1) * 0.6
    grain = rng.random((max(2, round(f.height / f.zoom / 5)), max(2, round(f.width / f.zoom / 5)))).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize((f.width, f.height), Image.Resampling.BICUBIC))
    return _mix(out, _tint(colour, 0.8), edge) + 10.0 * (grain[..., None] - 0.5)


# -- backgrounds with colours of their own ----------------------------------------------------------------------------

_SKIES = {
    None: ((110, 190, 248), (214, 236, 252)),
    "sunset": ((92, 60, 140), (255, 168, 92)),
    "night": ((10, 14, 42), (46, 50, 112)),
    "winter": ((176, 196, 220), (238, 243, 250)),
}
_LIGHT = {None: 1.0, "sunset": 0.74, "night": 0.36, "winter": 1.0}


def _sky(rng, time, f, end) -> np.ndarray:
    out = _ramp(*_SKIES[time], f, end)
    x, y = _grid(f.width, f.height)
    if time == "sunset":
        r = np.hypot((x - 0.5) * f.width, (y - end * 0.86) * f.height) / f.zoom
        out = _mix(out, np.array([255.0, 226.0, 150.0]), np.clip((26 - r) / 2, 0, 1) * 0.95 + np.exp(-((r / 70) ** 2)) * 0.4)
    if time == "night":
        out = _stars(rng, out, f, end)
    return out


def _stars(rng, pixels, f, end=1.0) -> np.ndarray:
    image = _image(pixels)
    pen = ImageDraw.Draw(image)
    for _ in range(int(f.area * end // 1300)):
        cx, cy, r = rng.random() * f.width, rng.random() * f.height * end, rng.choice([0.7, 1.0, 1.6]) * f.zoom
        pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(255, 250, 225))
    return _array(image)


def _lit(tone: tuple, time: str | None) -> np.ndarray:
    """A tone of the ground at that time of the day or year."""
    colour = np.array(tone, np.float32)
    if time == "winter":
        return colour + (np.array([236.0, 241.0, 248.0]) - colour) * 0.8
    if time == "sunset":
        colour = colour * np.array([1.1, 0.92, 0.86])
    return colour * _LIGHT[time]


def night_sky(rng, time, f):
    return _stars(rng, _ramp((10, 14, 42), (52, 46, 120), f), f)


def sunset(rng, time, f):
    out = _ramp((74, 48, 128), (255, 150, 84), f, 0.8)
    x, y = _grid(f.width, f.height)
    r = np.hypot((x - 0.5) * f.width, (y - 0.8) * f.height) / f.zoom
    out = _mix(out, np.array([255.0, 222.0, 140.0]), np.exp(-((r / 90) ** 2)) * 0.9)
    for _ in range(5):
        cx, cy, half = rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.3)
        band = np.exp(-(((x - cx) / half) ** 2) - (((y - cy) / 0.022) ** 2))
        out = _mix(out, np.array([255.0, 190.0, 170.0]), band * 0.5)
    return out


def beach(rng, time, f):
    x, y = _grid(f.width, f.height)
    out = _sky(rng, time, f, 0.5)
    out = _mix(out, _lit((30, 150, 200), time), np.clip((y - 0.50) * f.height, 0, 1))
    shore = 0.68 + 0.015 * np.sin(x * f.width / f.zoom / 256 * 9 + rng.random() * 6.28)
    out = _mix(out, _lit((240, 250, 250), time), np.clip((y - shore + 0.02) * f.height * 0.5, 0, 1))
    return _mix(out, _lit((244, 220, 168), time), np.clip((y - shore) * f.height * 0.5, 0, 1))


def mountains(rng, time, f):
    x, y = _grid(f.width, f.height)
    out = _sky(rng, time, f, 0.6) if time else _ramp((150, 190, 235), (250, 226, 205), f, 0.6)
    for k, tone in enumerate(((150, 165, 205), (100, 125, 170), (58, 88, 118))):
        px = x * f.width / f.zoom / 256 * (1.6 + 0.5 * k) + rng.random()
        ridge = 0.46 + 0.14 * k - 0.14 * (1 - np.abs((px % 1.0) * 2 - 1)) - 0.04 * (1 - np.abs(((px * 2.3) % 1.0) * 2 - 1))
        body = _lit(tone, None if time == "winter" else time)
        out = _mix(out, body, np.clip((y - ridge) * f.height, 0, 1))
        if time == "winter":
            snow = np.clip((y - ridge) * f.height, 0, 1) * np.clip((ridge + 0.07 - y) * f.height / 4, 0, 1)
            out = _mix(out, np.array([244.0, 247.0, 252.0]), snow)
    return out


def city(rng, time, f):
    out = _sky(rng, time, f, 0.78)
    image, z = _image(out), f.zoom
    pen = ImageDraw.Draw(image)
    ground = int(f.height * 0.80)
    for tone, low, high in (((150, 172, 200), 0.40, 0.62), ((92, 112, 146), 0.26, 0.46)):
        x = -rng.random() * 20 * z
        while x < f.width:
            wide, tall = rng.uniform(18, 34) * z, rng.uniform(low, high) * f.height
            pen.rectangle((x, ground - tall, x + wide, ground), fill=_rgb(_lit(tone, time if time != "winter" else None)))
            if time == "winter":
                pen.rectangle((x, ground - tall, x + wide, ground - tall + 3 * z), fill=(244, 247, 252))
            lit = (255, 220, 120) if time == "night" else _rgb(_lit((205, 222, 238), time if time != "winter" else None))
            for row in np.arange(ground - tall + 8 * z, ground - 8 * z, 12 * z):
                for column in np.arange(x + 4 * z, x + wide - 5 * z, 8 * z):
                    if rng.random() < 0.6:
                        pen.rectangle((column, row, column + 3 * z, row + 5 * z), fill=lit)
            x += wide + rng.uniform(0, 4) * z
    pen.rectangle((0, ground, f.width, f.height), fill=_rgb(_lit((122, 128, 138), time)))
    pen.rectangle((0, ground, f.width, ground + 4 * z), fill=_rgb(_lit((176, 180, 188), time)))
    return _array(_soft(image, f, 0.5))


def desk(rng, time, f):
    """A wall, and a wooden top with boards."""
    _, y = _grid(f.width, f.height)
    out = _ramp((236, 230, 220), (218, 208, 196), f, 0.66)
    edge, base = 0.66, np.array([186.0, 130.0, 80.0], np.float32)
    tall, wide = f.height / f.zoom, f.width / f.zoom
    grain = rng.random((max(2, int(tall // 3)), max(2, int(wide // 40)))).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize((f.width, f.height), Image.Resampling.BICUBIC)) - 0.5
    wood = base + grain[..., None] * 26
    board = np.abs(((y - edge) * tall / 22) % 1.0 - 0.5)
    wood = wood * (1 - 0.25 * np.clip((board - 0.46) * 30, 0, 1))[..., None]
    out = _mix(out, wood, np.clip((y - edge) * f.height, 0, 1))
    return _mix(out, np.array([120.0, 78.0, 44.0]), np.clip(2.0 * f.zoom - np.abs(y - edge) * f.height, 0, 1) * 0.8)


def winter(rng, time, f):
    x, y = _grid(f.width, f.height)
    out = _ramp((150, 184, 220), (222, 236, 248), f, 0.7)
    across = x * f.width / f.zoom / 256
    for k, tone in enumerate(((206, 222, 240), (226, 237, 248), (246, 250, 254))):
        line = 0.60 + 0.12 * k + 0.04 * np.sin(across * (4 + k) + rng.random() * 6.28)
        out = _mix(out, np.array(tone, np.float32), np.clip((y - line) * f.height * 0.6, 0, 1))
    flakes = _lights(rng, f, int(f.area // 900), (1.2, 3.0), (0.7, 1.0))
    return _mix(out, np.array([255.0, 255.0, 255.0], np.float32), flakes)


def halloween(rng, time, f):
    x, y = _grid(f.width, f.height)
    out = _ramp((52, 20, 74), (240, 116, 24), f, 0.95)
    r = np.hypot((x - 0.78) * f.width, (y - 0.2) * f.height) / f.zoom
    out = _mix(out, np.array([255.0, 226.0, 150.0]), np.clip((24 - r) / 2, 0, 1))
    image, z = _image(out), f.zoom
    pen = ImageDraw.Draw(image)
    for _ in range(max(4, int(f.area // 9000))):
        cx, cy, s = rng.random() * f.width, rng.random() * f.height * 0.6, rng.uniform(6, 11) * z
        wing = [(-2, -0.5), (-1, -0.7), (-0.4, 0), (0, -0.3), (0.4, 0), (1, -0.7), (2, -0.5), (1.2, 0.4), (0, 0.5), (-1.2, 0.4)]
        pen.polygon([(cx + u * s, cy + v * s) for u, v in wing], fill=(24, 10, 34))
    hill = [(0, f.height)]
    phase = rng.random() * 6.28
    for t in np.linspace(0, 1, 40):
        hill.append((t * f.width, f.height * (0.9 + 0.03 * np.sin(t * f.width / z / 40 + phase))))
    pen.polygon([*hill, (f.width, f.height)], fill=(24, 10, 34))
    return _array(_soft(image, f, 0.5))


def christmas(rng, time, f):
    """Deep red with blurred lights and falling snow, fir green below."""
    x, y = _grid(f.width, f.height)
    out = _ramp((120, 12, 28), (176, 26, 38), f)
    line = 0.86 + 0.035 * np.abs(((x * f.width / f.zoom / 22 + rng.random()) % 1.0) * 2 - 1)
    out = _mix(out, np.array([18.0, 84.0, 50.0]), np.clip((y - line) * f.height * 0.6, 0, 1))
    out = _mix(out, np.array([255.0, 214.0, 110.0]), _lights(rng, f, int(f.area // 4200), (5.0, 12.0), (0.35, 0.7)) * 0.9)
    return _mix(out, np.array([255.0, 255.0, 255.0]), _lights(rng, f, int(f.area // 1500), (1.0, 2.4), (0.7, 1.0)))


def spring(rng, time, f):
    """A light sky, a meadow, and pink and white blossoms in it."""
    x, y = _grid(f.width, f.height)
    out = _ramp((168, 216, 250), (232, 246, 240), f, 0.62)
    across = x * f.width / f.zoom / 256
    for k, tone in enumerate(((160, 212, 110), (128, 194, 86))):
        line = 0.62 + 0.1 * k + 0.03 * np.sin(across * (4 + 2 * k) + rng.random() * 6.28)
        out = _mix(out, np.array(tone, np.float32), np.clip((y - line) * f.height * 0.6, 0, 1))
    image, z = _image(out), f.zoom
    pen = ImageDraw.Draw(image)
    for _ in range(int(f.area // 1100)):
        cx, cy, s = rng.random() * f.width, rng.uniform(0.68, 1.0) * f.height, rng.uniform(2.0, 3.6) * z
        petal = ((255, 170, 205), (255, 250, 250), (255, 224, 110))[int(rng.integers(3))]
        for u, v in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            px, py = cx + u * s * 0.8, cy + v * s * 0.8
            pen.ellipse((px - s * 0.8, py - s * 0.8, px + s * 0.8, py + s * 0.8), fill=petal)
        pen.ellipse((cx - s * 0.5, cy - s * 0.5, cx + s * 0.5, cy + s * 0.5), fill=(250, 200, 60))
    return _array(_soft(image, f, 0.4))


DRAWERS: dict[str, Callable] = {
    "plain": plain, "gradient": gradient, "spotlight": spotlight, "podium": podium, "confetti": confetti, "bokeh": bokeh,
    "stripes": stripes, "sunburst": sunburst, "waves": waves, "paper texture": paper_texture,
}  # fmt: skip
SCENERY: dict[str, Callable] = {
    "night sky": night_sky, "sunset": sunset, "beach": beach, "mountains": mountains, "city": city, "desk": desk,
    "winter": winter, "halloween": halloween, "christmas": christmas, "spring": spring,
}  # fmt: skip
# Where the foot of an object is, as a share of the height.
STANDS_AT = {
    "podium": 0.785, "beach": 0.86, "mountains": 0.88, "city": 0.90, "desk": 0.86, "winter": 0.88, "spring": 0.88,
}  # fmt: skip
