"""Marketing scenes, rendered: what a brief asks for, on a designed background, with the caption that says so.

`draw(rng, sprites, shape)` returns a Scene; everything random comes from `rng`, so a seed names a scene.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from backgrounds import DRAWERS, strew_confetti
from briefs import SHAPE_WEIGHTS, SHAPES, Brief, Shape, compose, pick
from brushes import Frame, as_image
from captions import caption
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont
from scenery import SCENERY, STANDS_AT
from sprites import Sprites
from vocabulary import COLOURS, DEFECTS, OBJECT_NAMES

CELL = 8  # layout pixels that a latent covers
# An object's longer side in layout pixels: of a single one by its size, of each of several by their number.
LONGEST = {"small": 88, "medium": 148, "large": 184, "close-up": 232}
EACH_OF = {1: 148, 2: 104, 3: 72, 4: 80}
BLOCK, SEAM = 16, 2  # layout pixels: of a JPEG block enlarged twice, and of the seams that are DEEP levels darker, or lighter
DEEP = 56
WORDS = ("SALE", "NEW", "HELLO", "50% OFF", "TODAY", "JOIN US", "WOW", "FREE", "OPEN", "BUY NOW")


@dataclass(frozen=True)
class Scene:
    """A picture, what it shows, and a caption of it."""

    image: Image.Image  # RGB
    brief: Brief
    caption: str
    where: Image.Image | None = None  # "L": the objects' own pixels
    marks: Image.Image | None = None  # "L": what a defect added to it


class Drawn(NamedTuple):
    """A picture, the pixels of its objects ("L"), and those that confetti, clutter, shadow, watermark and text changed ("L")."""

    image: Image.Image
    where: Image.Image
    marks: Image.Image


def offset(place: str, shape: Shape) -> tuple[int, int]:
    """Of a single object from the centre, in cells (right, down)."""
    width, height = shape
    across = {"left": -1, "right": 1}.get(place, 0) * round(
        (width / 2 - (80 if width <= 256 else 88 + (width > 384) * 24)) / CELL
    )
    down = {"top": -1, "bottom": 1}.get(place, 0) * round(
        (height / 2 - (88 if height <= 256 else 92 + (height > 384) * 20)) / CELL
    )
    return across, down


def offsets(count: int, shape: Shape) -> list[tuple[int, int]]:
    """Of each of several objects from the centre, in cells: a row where there is room for one, else a column; four in a square."""
    if count == 4:
        return [(-6, -6), (6, -6), (-6, 6), (6, 6)]
    steps = {2: (-7, 7), 3: (-10, 0, 10)}[count]
    return [(s, 0) if shape[0] >= 256 else (0, s) for s in steps]


def _drawn_background(
    rng: np.random.Generator, luck: np.random.Generator, brief: Brief, frame: Frame
) -> tuple[Image.Image, Image.Image]:
    """Without and with the confetti that the brief may ask for."""
    tone = np.array(COLOURS[brief.colour] if brief.colour else (128, 128, 128), np.float32)
    if brief.second:
        pixels = DRAWERS["gradient"](rng, tone, frame, np.array(COLOURS[brief.second], np.float32))
    elif brief.background in DRAWERS:
        pixels = DRAWERS[brief.background](rng, tone, frame)
    else:
        pixels = SCENERY[brief.background](rng, brief.time, frame)
    plain = as_image(pixels)
    return plain, as_image(strew_confetti(luck, pixels, tone, frame)) if "confetti" in brief.defects else plain


def _changed(before: Image.Image, after: Image.Image) -> Image.Image:
    """Where two pictures differ enough to be seen: "L", 0 or 255."""
    return ImageChops.difference(before, after).convert("L").point(lambda level: 255 * (level > 16))


def render(
    rng: np.random.Generator, brief: Brief, sprites: Sprites, shape: Shape, *, zoom: int = 1, wander: float = 0.0
) -> Drawn:
    """`zoom` draws it larger, same layout. `wander` scales how far size and place of a single object stray, 0 to 1: a model of
    little training draws whole objects only if they always stand alike. Every defect has its own luck: without it, the same `rng`
    draws the same scene."""
    own = {name: np.random.default_rng(rng.integers(2**63)) for name in DEFECTS}
    width, height = shape
    single = brief.count == 1
    stray = [rng.uniform(-1, 1) for _ in range(3)] if wander else [0.0, 0.0, 0.0]
    longest = LONGEST[brief.size] if single else EACH_OF.get(brief.count, 0)
    longest *= 1 + 0.1 * wander * stray[0] * single
    spots = [offset(brief.place or "centre", shape)] if single else offsets(brief.count, shape) if brief.count else []
    if "cropped" in brief.defects:
        edge = int(own["cropped"].integers(4))
        far = ((width if edge < 2 else height) / 2 - longest * 0.16) / CELL
        spots = [((-1, 1, 0, 0)[edge] * round(far), (0, 0, -1, 1)[edge] * round(far))]
    shift = (wander * stray[1] * 5, wander * stray[2] * 5) if single else (0.0, 0.0)
    middle = sum(x for x, _ in spots) / max(len(spots), 1)
    spread = (
        longest if len({x for x, _ in spots}) <= 1 else longest + CELL * (max(x for x, _ in spots) - min(x for x, _ in spots))
    )
    frame = Frame(width * zoom, height * zoom, zoom, (0.5 + middle * CELL / width, 0.48), spread)
    plain, image = _drawn_background(rng, own["confetti"], brief, frame)
    where, marks = Image.new("L", image.size, 0), _changed(plain, image)
    if "cluttered" in brief.defects:
        before = image.copy()
        _clutter(own["cluttered"], image, sprites, brief, zoom)
        marks = ImageChops.lighter(marks, _changed(before, image))
    foot = None if "cropped" in brief.defects else STANDS_AT.get(brief.background)
    names = brief.objects * (brief.count if len(brief.objects) == 1 else 1)
    for name, (across, down) in zip(names, spots, strict=True):
        body = sprites.body(name, brief.style, brief.paint, round(longest * zoom))
        wide, tall = body.width / zoom, body.height / zoom
        # In whole cells from where it would stand in the centre, so that its latents are the same ones everywhere.
        x = round(width / 2 - wide / 2) + CELL * across + shift[0]
        y = round(height / 2 - 3 - tall / 2) + CELL * down + shift[1]
        if foot and (height < 2 * width or len(spots) == 1) and not (len(spots) > 1 and down):
            y += CELL * round((foot * height - tall - y) / CELL)
        at = (round(x * zoom), round(y * zoom))
        if "shadow" in brief.defects:
            before = image.copy()
            _shadow(image, x, y, wide, tall, bool(foot), longest / 0.58, zoom)
            marks = ImageChops.lighter(marks, _changed(before, image))
        image.paste(body, at, body)
        where.paste(255, at, body.getchannel("A"))
    for defect in sorted(brief.defects & _SPOILERS.keys()):
        before = image.copy()
        image = _SPOILERS[defect](own[defect], image, zoom)
        if defect in ("text", "watermark"):  # the others change all of the picture
            marks = ImageChops.lighter(marks, _changed(before, image))
    return Drawn(image, where, marks)


def _shadow(image: Image.Image, x, y, wide, tall, stands: bool, unit: float, zoom: float) -> None:
    """A soft ellipse under the body, wider than it: what a model of this size can tell from none."""
    layer = Image.new("L", image.size, 0)
    base, half, middle = y + tall + (0 if stands else 0.03 * unit), max(wide * 0.56, unit * 0.2), x + wide / 2
    box = (middle - half, base - unit * 0.075, middle + half, base + unit * 0.055)
    ImageDraw.Draw(layer).ellipse(tuple(v * zoom for v in box), fill=165)
    image.paste((0, 0, 0), (0, 0), layer.filter(ImageFilter.GaussianBlur(unit * 0.022 * zoom)))


# -- defects ----------------------------------------------------------------------------------------------------------


def _clutter(rng, image: Image.Image, sprites: Sprites, brief: Brief, zoom: int) -> None:
    """Small things of all kinds strewn about."""
    for _ in range(int(image.width * image.height / zoom**2 // 3000)):
        name = pick(rng, OBJECT_NAMES)
        at = (rng.random() * image.width - 21 * zoom, rng.random() * image.height - 21 * zoom)
        if name not in brief.objects:
            body = sprites.body(name, brief.style or "3d", None, 42 * zoom)
            image.paste(body, (int(at[0]), int(at[1])), body)


def _blurry(rng, image, zoom):
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(4.0, 6.0) * zoom))


def _low_contrast(rng, image, zoom):
    return Image.blend(image, Image.new("RGB", image.size, (170, 170, 172)), rng.uniform(0.62, 0.74))


def _dark(rng, image, zoom):
    return ImageEnhance.Brightness(image).enhance(rng.uniform(0.25, 0.4))


def _watermark(rng, image, zoom):
    layer = Image.new("L", image.size, 0)
    pen, font = ImageDraw.Draw(layer), ImageFont.load_default(36 * zoom)
    for row in range(max(3, round(image.height / zoom / 84))):
        for column in range(-1, image.width // (152 * zoom) + 1):
            at = ((column * 152 + row * 48) * zoom, (36 + 76 * row) * zoom)
            pen.text(at, "SAMPLE", fill=150, font=font, stroke_width=zoom)
    image.paste((255, 255, 255), (0, 0), layer)
    return image


def _text(rng, image, zoom):
    """A headline across the top or the bottom, white on a dark band."""
    word, font, pen = pick(rng, WORDS), ImageFont.load_default(44 * zoom), ImageDraw.Draw(image)
    middle = CELL * zoom * round(image.height * pick(rng, (0.14, 0.86)) / CELL / zoom)
    pen.rectangle((0, middle - 28 * zoom, image.width, middle + 28 * zoom - 1), fill=(24, 24, 30))
    pen.text((image.width / 2, middle), word, fill="white", font=font, anchor="mm", stroke_width=zoom)
    return image


def _jpeg(rng, image, zoom):
    """As a thumbnail that was saved too small, enlarged and sharpened, until the seams of its blocks stand out: those lie alike in
    every picture, which a model learns far sooner than what a block has lost."""
    data = io.BytesIO()
    small = image.resize((image.width // zoom // 2, image.height // zoom // 2), Image.Resampling.BOX)
    small.save(data, "JPEG", quality=8)
    pixels = np.asarray(Image.open(data).convert("RGB").resize(image.size, Image.Resampling.NEAREST)).astype(np.int16)
    down, across = np.ogrid[: image.height, : image.width]
    seams = ((down % (BLOCK * zoom) < SEAM * zoom) | (across % (BLOCK * zoom) < SEAM * zoom))[..., None]
    lighter = np.where(pixels.mean(2, keepdims=True) < 110, 1, -1)
    return Image.fromarray((pixels + DEEP * seams * lighter).clip(0, 255).astype(np.uint8))


_SPOILERS = {
    "text": _text, "watermark": _watermark, "low contrast": _low_contrast, "dark": _dark, "blurry": _blurry,
    "jpeg artifacts": _jpeg,
}  # fmt: skip


def draw(
    rng: np.random.Generator,
    sprites: Sprites,
    shape: Shape | None = None,
    *,
    zoom: int = 1,
    wander: float = 0.0,
    everything: bool = False,
    clean: bool = False,
    **wanted: object,
) -> Scene:
    """One scene of `shape`; what is `wanted` (fields of Brief) is kept, the rest drawn from `rng`. See compose and render."""
    shape = shape or SHAPES[int(rng.choice(len(SHAPES), p=SHAPE_WEIGHTS))]
    brief = compose(rng, shape, everything=everything, clean=clean, **wanted)
    drawn = render(rng, brief, sprites, shape, zoom=zoom, wander=wander)
    return Scene(drawn.image, brief, caption(rng, brief), drawn.where, drawn.marks)
