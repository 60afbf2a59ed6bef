"""Backgrounds with colours of their own, some of them by night or in winter: each (height, width, 3) float32 in 0..255."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from brushes import as_array, as_image, grid, lights, mix, ramp, rgb, soft
from PIL import Image, ImageDraw

_SKIES = {
    None: ((110, 190, 248), (214, 236, 252)),
    "sunset": ((92, 60, 140), (255, 168, 92)),
    "night": ((10, 14, 42), (46, 50, 112)),
    "winter": ((176, 196, 220), (238, 243, 250)),
}
_LIGHT = {None: 1.0, "sunset": 0.74, "night": 0.36, "winter": 1.0}


def _sky(rng, time, f, end) -> np.ndarray:
    out = ramp(*_SKIES[time], f, end)
    x, y = grid(f.width, f.height)
    if time == "sunset":
        r = np.hypot((x - 0.5) * f.width, (y - end * 0.86) * f.height) / f.zoom
        out = mix(out, np.array([255.0, 226.0, 150.0]), np.clip((26 - r) / 2, 0, 1) * 0.95 + np.exp(-((r / 70) ** 2)) * 0.4)
    if time == "night":
        out = _stars(rng, out, f, end)
    return out


def _stars(rng, pixels, f, end=1.0) -> np.ndarray:
    image = as_image(pixels)
    pen = ImageDraw.Draw(image)
    for _ in range(int(f.area * end // 1300)):
        cx, cy, r = rng.random() * f.width, rng.random() * f.height * end, rng.choice([0.7, 1.0, 1.6]) * f.zoom
        pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(255, 250, 225))
    return as_array(image)


def _lit(tone: tuple, time: str | None) -> np.ndarray:
    """A tone of the ground at that time of the day or year."""
    colour = np.array(tone, np.float32)
    if time == "winter":
        return colour + (np.array([236.0, 241.0, 248.0]) - colour) * 0.8
    if time == "sunset":
        colour = colour * np.array([1.1, 0.92, 0.86])
    return colour * _LIGHT[time]


def night_sky(rng, time, f):
    return _stars(rng, ramp((10, 14, 42), (52, 46, 120), f), f)


def sunset(rng, time, f):
    out = ramp((74, 48, 128), (255, 150, 84), f, 0.8)
    x, y = grid(f.width, f.height)
    r = np.hypot((x - 0.5) * f.width, (y - 0.8) * f.height) / f.zoom
    out = mix(out, np.array([255.0, 222.0, 140.0]), np.exp(-((r / 90) ** 2)) * 0.9)
    for _ in range(5):
        cx, cy, half = rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.1, 0.3)
        band = np.exp(-(((x - cx) / half) ** 2) - (((y - cy) / 0.022) ** 2))
        out = mix(out, np.array([255.0, 190.0, 170.0]), band * 0.5)
    return out


def beach(rng, time, f):
    x, y = grid(f.width, f.height)
    out = _sky(rng, time, f, 0.5)
    out = mix(out, _lit((30, 150, 200), time), np.clip((y - 0.50) * f.height, 0, 1))
    shore = 0.68 + 0.015 * np.sin(x * f.width / f.zoom / 256 * 9 + rng.random() * 6.28)
    out = mix(out, _lit((240, 250, 250), time), np.clip((y - shore + 0.02) * f.height * 0.5, 0, 1))
    return mix(out, _lit((244, 220, 168), time), np.clip((y - shore) * f.height * 0.5, 0, 1))


def mountains(rng, time, f):
    x, y = grid(f.width, f.height)
    out = _sky(rng, time, f, 0.6) if time else ramp((150, 190, 235), (250, 226, 205), f, 0.6)
    for k, tone in enumerate(((150, 165, 205), (100, 125, 170), (58, 88, 118))):
        px = x * f.width / f.zoom / 256 * (1.6 + 0.5 * k) + rng.random()
        ridge = 0.46 + 0.14 * k - 0.14 * (1 - np.abs((px % 1.0) * 2 - 1)) - 0.04 * (1 - np.abs(((px * 2.3) % 1.0) * 2 - 1))
        body = _lit(tone, None if time == "winter" else time)
        out = mix(out, body, np.clip((y - ridge) * f.height, 0, 1))
        if time == "winter":
            snow = np.clip((y - ridge) * f.height, 0, 1) * np.clip((ridge + 0.07 - y) * f.height / 4, 0, 1)
            out = mix(out, np.array([244.0, 247.0, 252.0]), snow)
    return out


def city(rng, time, f):
    out = _sky(rng, time, f, 0.78)
    image, z = as_image(out), f.zoom
    pen = ImageDraw.Draw(image)
    ground = int(f.height * 0.80)
    for tone, low, high in (((150, 172, 200), 0.40, 0.62), ((92, 112, 146), 0.26, 0.46)):
        x = -rng.random() * 20 * z
        while x < f.width:
            wide, tall = rng.uniform(18, 34) * z, rng.uniform(low, high) * f.height
            pen.rectangle((x, ground - tall, x + wide, ground), fill=rgb(_lit(tone, time if time != "winter" else None)))
            if time == "winter":
                pen.rectangle((x, ground - tall, x + wide, ground - tall + 3 * z), fill=(244, 247, 252))
            lit = (255, 220, 120) if time == "night" else rgb(_lit((205, 222, 238), time if time != "winter" else None))
            for row in np.arange(ground - tall + 8 * z, ground - 8 * z, 12 * z):
                for column in np.arange(x + 4 * z, x + wide - 5 * z, 8 * z):
                    if rng.random() < 0.6:
                        pen.rectangle((column, row, column + 3 * z, row + 5 * z), fill=lit)
            x += wide + rng.uniform(0, 4) * z
    pen.rectangle((0, ground, f.width, f.height), fill=rgb(_lit((122, 128, 138), time)))
    pen.rectangle((0, ground, f.width, ground + 4 * z), fill=rgb(_lit((176, 180, 188), time)))
    return as_array(soft(image, f, 0.5))


def desk(rng, time, f):
    """A wall, and a wooden top with boards."""
    _, y = grid(f.width, f.height)
    out = ramp((236, 230, 220), (218, 208, 196), f, 0.66)
    edge, base = 0.66, np.array([186.0, 130.0, 80.0], np.float32)
    tall, wide = f.height / f.zoom, f.width / f.zoom
    grain = rng.random((max(2, int(tall // 3)), max(2, int(wide // 40)))).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize((f.width, f.height), Image.Resampling.BICUBIC)) - 0.5
    wood = base + grain[..., None] * 26
    board = np.abs(((y - edge) * tall / 22) % 1.0 - 0.5)
    wood = wood * (1 - 0.25 * np.clip((board - 0.46) * 30, 0, 1))[..., None]
    out = mix(out, wood, np.clip((y - edge) * f.height, 0, 1))
    return mix(out, np.array([120.0, 78.0, 44.0]), np.clip(2.0 * f.zoom - np.abs(y - edge) * f.height, 0, 1) * 0.8)


def winter(rng, time, f):
    x, y = grid(f.width, f.height)
    out = ramp((150, 184, 220), (222, 236, 248), f, 0.7)
    across = x * f.width / f.zoom / 256
    for k, tone in enumerate(((206, 222, 240), (226, 237, 248), (246, 250, 254))):
        line = 0.60 + 0.12 * k + 0.04 * np.sin(across * (4 + k) + rng.random() * 6.28)
        out = mix(out, np.array(tone, np.float32), np.clip((y - line) * f.height * 0.6, 0, 1))
    flakes = lights(rng, f, int(f.area // 900), (1.2, 3.0), (0.7, 1.0))
    return mix(out, np.array([255.0, 255.0, 255.0], np.float32), flakes)


def halloween(rng, time, f):
    x, y = grid(f.width, f.height)
    out = ramp((52, 20, 74), (240, 116, 24), f, 0.95)
    r = np.hypot((x - 0.78) * f.width, (y - 0.2) * f.height) / f.zoom
    out = mix(out, np.array([255.0, 226.0, 150.0]), np.clip((24 - r) / 2, 0, 1))
    image, z = as_image(out), f.zoom
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
    return as_array(soft(image, f, 0.5))


def christmas(rng, time, f):
    """Deep red with blurred lights and falling snow, fir green below."""
    x, y = grid(f.width, f.height)
    out = ramp((120, 12, 28), (176, 26, 38), f)
    line = 0.86 + 0.035 * np.abs(((x * f.width / f.zoom / 22 + rng.random()) % 1.0) * 2 - 1)
    out = mix(out, np.array([18.0, 84.0, 50.0]), np.clip((y - line) * f.height * 0.6, 0, 1))
    out = mix(out, np.array([255.0, 214.0, 110.0]), lights(rng, f, int(f.area // 4200), (5.0, 12.0), (0.35, 0.7)) * 0.9)
    return mix(out, np.array([255.0, 255.0, 255.0]), lights(rng, f, int(f.area // 1500), (1.0, 2.4), (0.7, 1.0)))


def spring(rng, time, f):
    """A light sky, a meadow, and pink and white blossoms in it."""
    x, y = grid(f.width, f.height)
    out = ramp((168, 216, 250), (232, 246, 240), f, 0.62)
    across = x * f.width / f.zoom / 256
    for k, tone in enumerate(((160, 212, 110), (128, 194, 86))):
        line = 0.62 + 0.1 * k + 0.03 * np.sin(across * (4 + 2 * k) + rng.random() * 6.28)
        out = mix(out, np.array(tone, np.float32), np.clip((y - line) * f.height * 0.6, 0, 1))
    image, z = as_image(out), f.zoom
    pen = ImageDraw.Draw(image)
    for _ in range(int(f.area // 1100)):
        cx, cy, s = rng.random() * f.width, rng.uniform(0.68, 1.0) * f.height, rng.uniform(2.0, 3.6) * z
        petal = ((255, 170, 205), (255, 250, 250), (255, 224, 110))[int(rng.integers(3))]
        for u, v in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            px, py = cx + u * s * 0.8, cy + v * s * 0.8
            pen.ellipse((px - s * 0.8, py - s * 0.8, px + s * 0.8, py + s * 0.8), fill=petal)
        pen.ellipse((cx - s * 0.5, cy - s * 0.5, cx + s * 0.5, cy + s * 0.5), fill=(250, 200, 60))
    return as_array(soft(image, f, 0.4))


SCENERY: dict[str, Callable] = {
    "night sky": night_sky, "sunset": sunset, "beach": beach, "mountains": mountains, "city": city, "desk": desk,
    "winter": winter, "halloween": halloween, "christmas": christmas, "spring": spring,
}  # fmt: skip
# Where the foot of an object is, as a share of the height.
STANDS_AT = {
    "podium": 0.785, "beach": 0.86, "mountains": 0.88, "city": 0.90, "desk": 0.86, "winter": 0.88, "spring": 0.88,
}  # fmt: skip
