"""Backgrounds that take a colour: each (height, width, 3) float32 in 0..255.

Every drawer takes a Frame, so that a scene can be drawn four times as large with the same layout (for the upscaler).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from brushes import as_array, as_image, canvas, grid, is_light, lights, mix, rgb, soft, standing_off, tint
from PIL import Image, ImageDraw
from vocabulary import COLOURS


def plain(rng, colour, f):
    return np.broadcast_to(colour, (f.height, f.width, 3)).astype(np.float32)


def gradient(rng, colour, f, second=None):
    x, y = grid(f.width, f.height)
    t = y if rng.random() < 0.5 else (x + y) / 2
    return mix(standing_off(colour, 0.42), colour, t) if second is None else mix(colour, second, t)


def spotlight(rng, colour, f):
    x, y = grid(f.width, f.height)
    unit = max(min(f.width, f.height), 256 * f.zoom)
    r2 = ((x - f.focus[0]) * f.width / unit) ** 2 + ((y - f.focus[1]) * f.height / unit) ** 2
    dark = tint(colour, -0.35) if colour.mean() > 60 else colour
    return mix(dark, tint(colour, 0.45), np.exp(-r2 / 0.09))


def podium(rng, colour, f):
    wall, floor, z = standing_off(colour, 0.25), colour, f.zoom
    image = canvas(wall, f)
    ImageDraw.Draw(image).rectangle((0, int(f.height * 0.72), f.width, f.height), fill=rgb(tint(floor, -0.08)))
    image = soft(image, f, 1.5)
    pen = ImageDraw.Draw(image)
    cx, top, rx = f.focus[0] * f.width, f.height * 0.76, max(92.0, f.spread * 0.56) * z
    ry, deep = 24 * z, f.height * 0.13
    side = rgb(standing_off(floor, 0.18))
    lid = rgb(tint(floor, 0.55))
    pen.ellipse((cx - rx, top + deep - ry, cx + rx, top + deep + ry), fill=side)
    pen.rectangle((cx - rx, top, cx + rx, top + deep), fill=side)
    pen.ellipse((cx - rx, top - ry, cx + rx, top + ry), fill=lid)
    return as_array(soft(image, f, 0.6))


def strew_confetti(rng, pixels, colour, f):
    """Confetti over any picture, in colours that stand off from `colour`."""
    image, z = as_image(pixels), f.zoom
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
    return as_array(soft(image, f, 0.5))


def confetti(rng, colour, f):
    return plain(rng, colour, f)  # strewn by scenes.py, as over any background


def bokeh(rng, colour, f):
    _, y = grid(f.width, f.height)
    deep = standing_off(colour, 0.45) if is_light(colour) else tint(colour, -0.25)
    base = mix(deep, deep + (colour - deep) * 0.7, y)
    light = lights(rng, f, max(10, int(f.area // 4000)), (11.0, 28.0), (0.35, 0.65))
    return mix(base, np.array([255.0, 252.0, 240.0], np.float32), light * 0.85)


def stripes(rng, colour, f):
    x, y = grid(f.width, f.height)
    band = (x * f.width + y * f.height) / (26.0 * f.zoom)
    edge = np.clip((np.abs((band % 2.0) - 1.0) - 0.5) * 12.0 * f.zoom + 0.5, 0, 1)
    return mix(colour, standing_off(colour, 0.30), edge)


def sunburst(rng, colour, f):
    x, y = grid(f.width, f.height)
    angle = np.arctan2((y - f.focus[1]) * f.height, (x - f.focus[0]) * f.width) / (2 * np.pi)
    edge = np.clip((np.abs((angle * 16.0) % 1.0 - 0.5) - 0.25) * 14.0 * f.zoom + 0.5, 0, 1)
    return mix(colour, standing_off(colour, 0.34), edge)


def waves(rng, colour, f):
    x, y = grid(f.width, f.height)
    light = is_light(colour)
    sky, *tones = (standing_off(colour, amount) for amount in ((0.0, 0.14, 0.25, 0.36) if light else (0.45, 0.3, 0.15, 0.0)))
    out = np.broadcast_to(sky, (f.height, f.width, 3)).astype(np.float32)
    phase, across = rng.random() * 6.28, x * f.width / f.zoom / 256
    for k, tone in enumerate(tones):
        line = 0.55 + 0.15 * k + 0.06 * np.sin(across * 5.5 + phase + 1.9 * k)
        out = mix(out, tone * (1 if light else 1 - 0.12 * k), np.clip((y - line) * f.height * 0.7, 0, 1))
    return out


def paper_texture(rng, colour, f):
    """A sheet that was folded and opened again: every panel goes from light to dark up to its folds, on whose edges the light
    lies; and a little grain. The folds always lie alike, and are as broad as what the model can draw."""
    x, y = grid(f.width, f.height)
    wide, tall = max(2, round(f.width / f.zoom / 85)), max(2, round(f.height / f.zoom / 128))
    across, down = x * wide, y * tall
    turned = 1 - 2 * (np.floor(down) % 2)  # the light falls on every second row of panels from the other side
    lit = 0.5 + 0.38 * turned * (2 * (across % 1.0) - 1) - 0.12 * (2 * (down % 1.0) - 1)
    out = mix(standing_off(colour, 0.42), colour, lit if is_light(colour) else 1 - lit)
    fold = np.minimum(
        np.abs(across - np.round(across).clip(1, wide - 1)) * f.width / wide,
        np.abs(down - np.round(down).clip(1, tall - 1)) * f.height / tall,
    )
    edge = np.clip(1.6 - fold / f.zoom / 1.6, 0, 1) * 0.6
    grain = rng.random((max(2, round(f.height / f.zoom / 5)), max(2, round(f.width / f.zoom / 5)))).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize((f.width, f.height), Image.Resampling.BICUBIC))
    return mix(out, tint(colour, 0.8), edge) + 10.0 * (grain[..., None] - 0.5)


DRAWERS: dict[str, Callable] = {
    "plain": plain, "gradient": gradient, "spotlight": spotlight, "podium": podium, "confetti": confetti, "bokeh": bokeh,
    "stripes": stripes, "sunburst": sunburst, "waves": waves, "paper texture": paper_texture,
}  # fmt: skip
