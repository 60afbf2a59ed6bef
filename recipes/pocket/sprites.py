"""The objects' pictures in four styles: Fluent Emoji 3D renders, and the flat vector set of the same designs.

3d        the render as it is
flat      the vector drawing
line art  the vector drawing's shapes, white with dark outlines
sticker   the render with a white border cut around it
"""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from vocabulary import COLOURS, OBJECTS

SOURCE = 256  # pixels that sprites are kept at


def _file(folder: Path, emoji: str, ending: str) -> Path | None:
    code = "-".join(f"{ord(c):x}" for c in emoji if c != "\ufe0f")
    return next((p for p in (folder / f"{code}.{ending}", folder / f"{code}-fe0f.{ending}") if p.exists()), None)


def _cropped(image: Image.Image) -> Image.Image:
    return image.crop(image.getchannel("A").point(lambda a: 255 * (a > 8)).getbbox())


def _outlined(svg: str) -> str:
    """Every filled shape white with a dark outline."""
    drawn = re.sub(r'fill="(?!none)[^"]*"', 'fill="white" stroke="#26262c" stroke-width="0.9" stroke-linejoin="round"', svg)
    return re.sub(r'(viewBox=")0 0 32 32', r"\1-0.5 -0.5 33 33", drawn)


def raster(svg: str, pixels: int) -> Image.Image:
    """RGBA, `pixels` square."""
    import resvg_py

    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels)))).convert("RGBA")


def painted(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The pixels of the ruling hue in another colour; light and shade stay. RGBA in and out."""
    pixels = np.asarray(image).astype(np.float32)
    rgb, alpha = pixels[..., :3], pixels[..., 3]
    hue, saturation, value = (np.asarray(image.convert("RGB").convert("HSV")).astype(np.float32)[..., i] for i in range(3))
    solid = (alpha > 128) & (saturation > 60) & (value > 50)
    if solid.sum() < 0.05 * (alpha > 128).sum():
        ruled = alpha > 0  # a grey thing: all of it
    else:
        # The hues' circle in 32 parts, each with its neighbours: the fullest rules.
        counts = np.bincount((hue[solid] / 8).astype(int), weights=saturation[solid], minlength=32)
        ruling = np.argmax(counts + np.roll(counts, 1) + np.roll(counts, -1)) * 8 + 4
        apart = np.abs((hue - ruling + 128) % 256 - 128)
        ruled = (apart < 30) & (saturation > 40)
    light = rgb @ np.array([0.3, 0.59, 0.11], np.float32)
    strong = ruled & (alpha > 128)
    middle = np.median(light[strong]) if strong.any() else 128.0
    shade = (light / max(middle, 30.0))[..., None]
    target = np.array(colour, np.float32)
    dark, bright = target * np.clip(shade, 0, 1), target + (255 - target) * np.clip(shade - 1, 0, 1) * 0.7
    new = np.where(shade <= 1, dark, bright)
    if target.mean() > 235:  # white keeps shade soft, or it would look grey
        new = 255 - (255 - new) * 0.6
    soft = np.asarray(Image.fromarray((ruled * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7)))[..., None] / 255
    out = np.concatenate([rgb + (new - rgb) * soft, alpha[..., None]], -1)
    return Image.fromarray(np.clip(out, 0, 255).astype(np.uint8))


def with_border(image: Image.Image) -> Image.Image:
    """A white border around what is there, as on a die-cut sticker."""
    edge = max(3, round(0.045 * max(image.size)))
    size = (image.width + 2 * edge, image.height + 2 * edge)
    alpha = Image.new("L", size, 0)
    alpha.paste(image.getchannel("A"), (edge, edge))
    cut = alpha.filter(ImageFilter.GaussianBlur(edge / 2)).point(lambda a: min(255, int(max(0, a - 10) * 12)))
    out = Image.new("RGBA", size, (252, 252, 252, 0))
    out.putalpha(cut)
    out.alpha_composite(image, (edge, edge))
    return out


class Sprites:
    """RGBA pictures by name, style, paint and size; each made once.

    `folder`  holds fluent-emoji-3d/assets (WebP) and fluent-emoji-flat/assets (SVG), as fetch.py lays them.
    `vector`  takes the vector drawing where the render would be too small, for pictures larger than those trained on.
    """

    def __init__(self, folder: Path, *, vector: bool = False) -> None:
        self.folder, self.vector = folder, vector
        self.emoji = {names[0]: emoji for emoji, names in OBJECTS.items()}
        missing = [n for n, e in self.emoji.items() if not _file(folder / "fluent-emoji-3d" / "assets", e, "webp")]
        if missing:
            raise FileNotFoundError(f"no sprite for {', '.join(missing[:5])} in {folder}; run fetch.py first")
        self.original = lru_cache(maxsize=None)(self._original)
        self.body = lru_cache(maxsize=4096)(self._body)

    def _svg(self, name: str) -> str | None:
        path = _file(self.folder / "fluent-emoji-flat" / "assets", self.emoji[name], "svg")
        return path.read_text(encoding="utf-8") if path else None

    def _original(self, name: str, style: str, pixels: int) -> Image.Image:
        svg = self._svg(name)
        if style in ("flat", "line art") or (self.vector and svg):
            if svg is None:
                return self.original(name, "3d", pixels)
            return _cropped(raster(_outlined(svg) if style == "line art" else svg, pixels))
        return _cropped(Image.open(_file(self.folder / "fluent-emoji-3d" / "assets", self.emoji[name], "webp")).convert("RGBA"))

    def has(self, name: str, style: str) -> bool:
        return style in ("3d", "sticker") or self._svg(name) is not None

    def _body(self, name: str, style: str, paint: str | None, longest: int) -> Image.Image:
        """The object with `longest` pixels on its longer side."""
        image = self.original(name, style, SOURCE if longest <= SOURCE else longest)
        if paint and style != "line art":
            image = painted(image, COLOURS[paint])
        if style == "sticker":
            image = with_border(image)
        scale = longest / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.resize(size, Image.Resampling.LANCZOS)
