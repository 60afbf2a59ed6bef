"""Marketing scenes, rendered: one object (or none) on a designed background, with the caption that says so.

`draw(rng, sprites, size)` returns a Scene; everything random comes from `rng`, so a seed names a scene.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont
from vocabulary import (
    BACKGROUNDS,
    COLOUR_SYNONYMS,
    COLOURED,
    COLOURS,
    DEFECTS,
    FILLERS_AFTER,
    FILLERS_BEFORE,
    OBJECTS,
    SCENES,
    SIDES,
    held_out,
)

SIZES = ((256, 256), (384, 192), (192, 384))  # width, height in pixels: the buckets trained on
SIZE_WEIGHTS = (0.7, 0.15, 0.15)


@dataclass(frozen=True)
class Scene:
    """A picture and everything that is true of it. `object` and `colour` are None where the scene has none."""

    image: Image.Image  # RGB
    caption: str
    object: str | None
    background: str
    colour: str | None
    side: str | None
    defect: str | None
    where: Image.Image | None = None  # "L": the object's own pixels


def load_sprites(folder: Path) -> dict[str, Image.Image]:
    """Canonical object name -> RGBA sprite cropped to its own pixels, from the `assets` folder of fluent-emoji-3d."""
    sprites = {}
    for code, names in OBJECTS.items():
        path = next((p for p in (folder / f"{code}.webp", folder / f"{code}-fe0f.webp") if p.exists()), None)
        if path is None:
            raise FileNotFoundError(f"no sprite for {names[0]!r} ({code}) in {folder}; run fetch.py first")
        image = Image.open(path).convert("RGBA")
        sprites[names[0]] = image.crop(image.getchannel("A").point(lambda a: 255 * (a > 8)).getbbox())
    return sprites


# -- backgrounds: (height, width, 3) float32 in 0..255 ----------------------------------------------------------------


@lru_cache(maxsize=8)
def _grid(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y, each (height, width), 0..1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x / max(width - 1, 1), y / max(height - 1, 1)


def _reach(width: int, height: int) -> float:
    """The side of the square that the object is scaled for: an object is as large in 384x192 and 192x384 as in 256x256, and
    stands on the same 8-pixel grid, so that its latents are the same in all of them."""
    return min(width, height) * (1 if width == height else 4 / 3)


def _tint(colour: np.ndarray, amount: float) -> np.ndarray:
    """Toward white (amount > 0) or black (amount < 0)."""
    goal = 255.0 if amount > 0 else 0.0
    return colour + (goal - colour) * abs(amount)


def _lighter_or_darker(colour: np.ndarray, amount: float) -> np.ndarray:
    """A tone that stands off from the colour: lighter for dark and mid colours, darker for very light ones."""
    return _tint(colour, amount if colour.mean() < 190 else -amount * 0.55)


def _mix(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a + (b - a) * t[..., None]


def _canvas(colour: np.ndarray, width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), tuple(int(c) for c in np.clip(colour, 0, 255)))


def _array(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float32)


def _plain(rng, colour, width, height, focus):
    return np.broadcast_to(colour, (height, width, 3)).astype(np.float32)


def _gradient(rng, colour, width, height, focus, other=None):
    x, y = _grid(width, height)
    t = y if rng.random() < 0.5 else (x + y) / 2
    if other is None:
        other = _lighter_or_darker(colour, 0.55)
        return _mix(other, colour, t)
    return _mix(colour, other, t)


def _spotlight(rng, colour, width, height, focus):
    x, y = _grid(width, height)
    unit = max(width, height)
    r2 = ((x - focus[0]) * width / unit) ** 2 + ((y - focus[1]) * height / unit) ** 2
    glow = np.exp(-r2 / 0.09)
    dark = _tint(colour, -0.35) if colour.mean() > 60 else colour
    return _mix(dark, _tint(colour, 0.45), glow)


def _podium(rng, colour, width, height, focus):
    wall, floor = _lighter_or_darker(colour, 0.25), colour
    horizon = int(height * 0.72)
    image = _canvas(wall, width, height)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, horizon, width, height), fill=tuple(int(c) for c in np.clip(_tint(floor, -0.08), 0, 255)))
    image = image.filter(ImageFilter.GaussianBlur(1.5))
    pen = ImageDraw.Draw(image)
    cx, top, rx = focus[0] * width, height * 0.76, _reach(width, height) * 0.36
    ry, deep = rx * 0.26, height * 0.13
    side = tuple(int(c) for c in np.clip(_lighter_or_darker(_tint(floor, -0.02), 0.18), 0, 255))
    lid = tuple(int(c) for c in np.clip(_tint(_lighter_or_darker(floor, 0.35), 0.15), 0, 255))
    pen.ellipse((cx - rx, top + deep - ry, cx + rx, top + deep + ry), fill=side)
    pen.rectangle((cx - rx, top, cx + rx, top + deep), fill=side)
    pen.ellipse((cx - rx, top - ry, cx + rx, top + ry), fill=lid)
    return _array(image.filter(ImageFilter.GaussianBlur(0.6)))


def _confetti(rng, colour, width, height, focus):
    image = _canvas(colour, width, height)
    pen = ImageDraw.Draw(image)
    palette = [c for c in COLOURS.values() if sum(abs(int(a) - b) for a, b in zip(colour, c, strict=True)) > 150]
    for _ in range(width * height // 1100):
        cx, cy, s = rng.random() * width, rng.random() * height, rng.uniform(3.0, 5.5)
        fill = palette[rng.integers(len(palette))]
        if rng.random() < 0.4:
            pen.ellipse((cx - s, cy - s, cx + s, cy + s), fill=fill)
        else:
            a = rng.random() * np.pi
            u, v = np.array([np.cos(a), np.sin(a)]) * s * 1.5, np.array([-np.sin(a), np.cos(a)]) * s * 0.7
            c = np.array([cx, cy])
            pen.polygon([tuple(p) for p in (c + u + v, c + u - v, c - u - v, c - u + v)], fill=fill)
    return _array(image.filter(ImageFilter.GaussianBlur(0.5)))


def _bokeh(rng, colour, width, height, focus):
    _, y = _grid(width, height)
    base = _mix(_tint(colour, -0.25), colour, y)
    layer = Image.new("L", (width, height), 0)
    for _ in range(max(10, width * height // 4500)):
        disc = Image.new("L", (width, height), 0)
        r = rng.uniform(0.03, 0.11) * min(width, height)
        cx, cy = rng.random() * width, rng.random() * height
        box = (int(cx - r), int(cy - r), int(cx + r), int(cy + r))
        ImageDraw.Draw(disc).ellipse(box, fill=int(rng.uniform(30, 95)))
        area = (max(box[0], 0), max(box[1], 0), min(box[2] + 1, width), min(box[3] + 1, height))
        if area[2] > area[0] and area[3] > area[1]:
            old, new = np.asarray(layer.crop(area), np.uint16), np.asarray(disc.crop(area), np.uint16)
            layer.paste(Image.fromarray(np.minimum(old + new, 255).astype(np.uint8)), area)
    light = _array(layer.filter(ImageFilter.GaussianBlur(1.5))) / 255.0
    return _mix(base, np.array([255.0, 252.0, 240.0], np.float32), light * 0.8)


def _stripes(rng, colour, width, height, focus):
    x, y = _grid(width, height)
    band = (x * width + y * height) / 26.0
    edge = np.clip((np.abs((band % 2.0) - 1.0) - 0.5) * 12.0 + 0.5, 0, 1)
    return _mix(colour, _lighter_or_darker(colour, 0.18), edge)


def _sunburst(rng, colour, width, height, focus):
    x, y = _grid(width, height)
    angle = np.arctan2((y - focus[1]) * height, (x - focus[0]) * width) / (2 * np.pi)
    edge = np.clip((np.abs((angle * 16.0) % 1.0 - 0.5) - 0.25) * 14.0 + 0.5, 0, 1)
    return _mix(colour, _lighter_or_darker(colour, 0.22), edge)


def _waves(rng, colour, width, height, focus):
    x, y = _grid(width, height)
    out = np.broadcast_to(_lighter_or_darker(colour, 0.5), (height, width, 3)).astype(np.float32)
    phase = rng.random() * 6.28
    for k in range(3):
        line = 0.55 + 0.15 * k + 0.06 * np.sin(x * width / 256 * 5.5 + phase + 1.9 * k)
        out = _mix(out, _lighter_or_darker(colour, 0.34 - 0.17 * k), np.clip((y - line) * height * 0.7, 0, 1))
    return out


def _night_sky(rng, colour, width, height, focus):
    _, y = _grid(width, height)
    sky = _mix(np.array([10.0, 14.0, 42.0]), np.array([52.0, 46.0, 120.0]), y)
    image = Image.fromarray(sky.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(width * height // 1300):
        cx, cy, r = rng.random() * width, rng.random() * height, rng.choice([0.7, 1.0, 1.6])
        pen.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(255, 250, 225))
    return _array(image)


def _beach(rng, colour, width, height, focus):
    x, y = _grid(width, height)
    out = _mix(np.array([110.0, 190.0, 248.0]), np.array([210.0, 236.0, 252.0]), np.clip(y / 0.5, 0, 1))
    out = _mix(out, np.array([30.0, 150.0, 200.0]), np.clip((y - 0.50) * height, 0, 1))
    shore = 0.68 + 0.015 * np.sin(x * width / 256 * 9 + rng.random() * 6.28)
    out = _mix(out, np.array([240.0, 250.0, 250.0]), np.clip((y - shore + 0.02) * height * 0.5, 0, 1))
    return _mix(out, np.array([244.0, 220.0, 168.0]), np.clip((y - shore) * height * 0.5, 0, 1))


def _mountains(rng, colour, width, height, focus):
    x, y = _grid(width, height)
    out = _mix(np.array([150.0, 190.0, 235.0]), np.array([250.0, 226.0, 205.0]), np.clip(y / 0.6, 0, 1))
    for k, tone in enumerate(((150, 165, 205), (100, 125, 170), (58, 88, 118))):
        px = x * width / 256 * (1.6 + 0.5 * k) + rng.random()
        ridge = 0.46 + 0.14 * k - 0.14 * (1 - np.abs((px % 1.0) * 2 - 1)) - 0.04 * (1 - np.abs(((px * 2.3) % 1.0) * 2 - 1))
        out = _mix(out, np.array(tone, np.float32), np.clip((y - ridge) * height, 0, 1))
    return out


_DRAWERS = {
    "plain": _plain, "gradient": _gradient, "spotlight": _spotlight, "podium": _podium, "confetti": _confetti,
    "bokeh": _bokeh, "stripes": _stripes, "sunburst": _sunburst, "waves": _waves,
    "night sky": _night_sky, "beach": _beach, "mountains": _mountains,
}  # fmt: skip
_STANDS_AT = {"podium": 0.785, "beach": 0.86, "mountains": 0.88}  # where the object's foot is, share of the height


# -- the object -------------------------------------------------------------------------------------------------------


def _place(rng, image: Image.Image, sprite: Image.Image, background: str, centre_x: float, wander: float) -> Image.Image:
    """Paste the sprite and its shadow into `image`; returns where the sprite is, "L"."""
    width, height = image.size
    unit = _reach(width, height)
    scale = (0.58 + wander * rng.uniform(-0.08, 0.04)) * unit / max(sprite.size)
    body = sprite.resize((max(1, round(sprite.width * scale)), max(1, round(sprite.height * scale))), Image.Resampling.LANCZOS)
    if background not in _STANDS_AT and rng.random() < 0.5 * wander:
        body = body.rotate(wander * rng.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True)
    foot = _STANDS_AT.get(background)
    x = round(centre_x * width - body.width / 2)
    y = round(height / 2 + unit * (-0.012 + wander * rng.uniform(-0.03, 0.03)) - body.height / 2)
    if foot:  # in whole latents (8 pixels) from where it would float, so that its latents are the same ones
        y += 8 * round((foot * height - body.height - y) / 8)
    x, y = min(max(x, 4), width - body.width - 4), max(y, 2)

    shadow = Image.new("L", image.size, 0)
    base = y + body.height + (0 if foot else round(0.03 * unit))
    half = body.width * 0.42
    ImageDraw.Draw(shadow).ellipse(
        (x + body.width / 2 - half, base - unit * 0.03, x + body.width / 2 + half, base + unit * 0.03), fill=105
    )
    shadow = shadow.filter(ImageFilter.GaussianBlur(unit * 0.022))
    image.paste((0, 0, 0), (0, 0), shadow)
    image.paste(body, (x, y), body)
    where = Image.new("L", image.size, 0)
    where.paste(body.getchannel("A"), (x, y))
    return where


# -- defects ----------------------------------------------------------------------------------------------------------


def _spoil(rng, image: Image.Image, defect: str) -> Image.Image:
    if defect == "blurry":
        return image.filter(ImageFilter.GaussianBlur(rng.uniform(2.5, 4.5)))
    if defect == "low contrast":
        return Image.blend(image, Image.new("RGB", image.size, (170, 170, 172)), rng.uniform(0.55, 0.7))
    if defect == "dark":
        return ImageEnhance.Brightness(image).enhance(rng.uniform(0.25, 0.4))
    if defect == "watermark":
        layer = Image.new("L", image.size, 0)
        pen, font = ImageDraw.Draw(layer), ImageFont.load_default(18)
        for row in range(3):
            for column in range(-1, image.width // 96 + 1):
                pen.text((column * 96 + row * 34, image.height * (0.2 + 0.3 * row)), "SAMPLE", fill=120, font=font)
        image.paste((255, 255, 255), (0, 0), layer)
        return image
    data = io.BytesIO()
    image.save(data, "JPEG", quality=4)
    return Image.open(data).convert("RGB")


# -- the scene --------------------------------------------------------------------------------------------------------


def _pick(rng, words):
    return words[int(rng.integers(len(words)))]


def _article(name: str) -> str:
    if (name.endswith("s") and name not in {"cactus", "dress", "summer dress"}) or name in {
        "popcorn",
        "coffee",
        "ice cream",
        "mail",
    }:
        return ""
    return "an " if name[0] in "aeiou" else "a "


def _caption(rng, object_name, background, colour, other, side, side_said, defect_word) -> str:
    colour_word = None
    if colour is not None:
        colour_word = _pick(rng, (colour, colour, colour, *COLOUR_SYNONYMS.get(colour, ())))
        if other is not None:
            colour_word = f"{colour_word} {_pick(rng, ('to', 'and'))} {other}"
    where = _pick(rng, COLOURED.get(background) or SCENES[background]).format(c=colour_word)
    if object_name is None:
        text = _pick(rng, ("empty {w}", "{w}", "{w}, nothing else", "abstract {w}", "empty {w}, no objects")).format(w=where)
        parts = [text]
    else:
        names = next(names for names in OBJECTS.values() if names[0] == object_name)
        name = names[0] if rng.random() < 0.6 else _pick(rng, names)
        filler = _pick(rng, FILLERS_BEFORE) + " " if rng.random() < 0.3 else ""
        what = filler + (_article(name) if rng.random() < 0.75 else "") + name
        if filler and not filler.endswith("of ") and rng.random() < 0.7:
            what = _article(filler) + filler + name
        on = (
            _pick(rng, (" on {a}{w}", ", {w}", " in front of {a}{w}"))
            if background in COLOURED
            else _pick(rng, (" at the {w}", ", {w}", " in front of {w}", " with {w}"))
        )
        parts = [what + on.format(a=_pick(rng, (_article(where), "")), w=where)]
        if side_said:
            parts.insert(1 if rng.random() < 0.8 else 0, _pick(rng, SIDES[side]))
    for _ in range(int(rng.choice([0, 0, 1, 1, 2, 3]))):
        parts.append(_pick(rng, FILLERS_AFTER))
    if defect_word:
        parts.insert(int(rng.integers(len(parts) + 1)), defect_word)
    return ", ".join(parts).lower()


def draw(
    rng: np.random.Generator,
    sprites: dict[str, Image.Image],
    size: tuple[int, int] | None = None,
    *,
    object_name: str | None = "random",
    background: str | None = None,
    colour: str | None = None,
    side: str | None = None,
    defects: float = 0.10,
    wander: float = 1.0,
    everything: bool = False,
) -> Scene:
    """One scene of `size` (width, height); the rest is drawn from `rng` where it is not given.

    `defects` is the share of spoiled pictures. `wander` scales how far size, place and tilt of the object stray, 0 to 1: a
    model of little training draws whole objects only if they always stand alike. `everything=True` also draws the held-out
    pairs (for the judge).
    """
    width, height = size or SIZES[int(rng.choice(len(SIZES), p=SIZE_WEIGHTS))]
    names = tuple(sprites)
    if object_name == "random":
        object_name = None if rng.random() < 0.07 else _pick(rng, names)
    if background and object_name and not everything and held_out(object_name, background):
        raise ValueError(f"{object_name} on {background} is kept for the evaluation; pass everything=True")
    while background is None or (object_name and not everything and held_out(object_name, background)):
        background = _pick(rng, BACKGROUNDS)
    if background in SCENES:
        colour = None
    elif colour is None:
        colour = _pick(rng, tuple(COLOURS))
    side = side or ("left", "centre", "centre", "right")[int(rng.integers(4))]
    if height > width:
        side = "centre"
    centre_x = {"left": 72 / 256, "centre": 0.5, "right": 184 / 256}[side] + wander * rng.uniform(-0.02, 0.02)
    if width > height:
        centre_x = {"left": 88 / 384, "centre": 0.5, "right": 296 / 384}[side] + wander * rng.uniform(-0.03, 0.03)

    tone = np.array(COLOURS[colour] if colour else (0, 0, 0), np.float32)
    other = None
    if background == "gradient" and rng.random() < 0.3:
        other = _pick(rng, tuple(c for c in COLOURS if c != colour))
        pixels = _gradient(rng, tone, width, height, (centre_x, 0.5), np.array(COLOURS[other], np.float32))
    else:
        pixels = _DRAWERS[background](rng, tone, width, height, (centre_x if object_name else 0.5, 0.48))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    where = None
    if object_name:
        where = _place(rng, image, sprites[object_name], background, centre_x, wander)

    defect = defect_word = None
    if rng.random() < defects:
        defect = _pick(rng, tuple(DEFECTS))
        image = _spoil(rng, image, defect)
        if rng.random() < 0.6:
            defect_word = _pick(rng, DEFECTS[defect])
    side_said = side != "centre" or rng.random() < 0.4
    caption = _caption(rng, object_name, background, colour, other, side, side_said, defect_word)
    return Scene(image, caption, object_name, background, colour, side if object_name else None, defect, where)
