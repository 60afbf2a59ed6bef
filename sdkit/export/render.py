"""A master and its fits -> finished pictures, from memory: each is one resize of one box."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageFilter

from ..errors import InputError
from .fit import Extension, Fit
from .subject import Box

_LOW = 128  # pixels: the longest side at which a pad's background is made; it is blurred anyway
_SHARPEN_FROM = 1.6  # enlarged more than this, a picture gets its edges back with a mild unsharp mask


def prepared(master: Image.Image) -> Image.Image:
    """The master as plain sRGB: its colour profile applied, transparency laid on white.

    What else the file said (a prompt, a comment, Exif) is left behind: Pillow would write some of it into copies.
    """
    image = master
    image.load()  # Pillow reads a file at its first use, and several threads will use it
    profile = image.info.get("icc_profile")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    if profile and image.mode in ("RGB", "L", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a broken or mismatched profile: the numbers are taken as sRGB, as browsers do
    if image.mode != "RGB":
        image = image.convert("RGB")
    if image.info:
        image = image.copy()
        image.info = {}
    return image


Sharp = Mapping[Extension | None, Image.Image]  # the master (None) and canvases as an upscaler enlarged them


def render(
    master: Image.Image, fits: Iterable[Fit], extended: Mapping[Extension, Image.Image] | None = None,
    sharp: Sharp | None = None,
) -> Iterator[Image.Image]:  # fmt: skip
    """One RGB picture a fit, in order, each of exactly the placement's pixels; made when it is asked for.

    extended   the generated canvas of each Extension, of its size or any multiple of it.
    sharp      the master (under None) and canvases as an upscaler enlarged them: what a fit that enlarges is cut from.
    """
    source, canvases = prepared(master), {k: prepared(v) for k, v in (extended or {}).items()}
    large = {k: prepared(v) for k, v in (sharp or {}).items()}
    return (draw(source, fit, canvases, large) for fit in fits)


def draw(
    master: Image.Image, fit: Fit, extended: Mapping[Extension, Image.Image], sharp: Sharp | None = None
) -> Image.Image:  # fmt: skip
    """The picture of one fit, from images that `prepared` returned. Raises InputError when its canvas is missing."""
    source = master if fit.extension is None else extended.get(fit.extension)
    if source is None:
        raise InputError("extended", list(extended), f"an image for {fit.extension}, which {fit.placement.name} is cut from")
    wide, high = fit.extension.size if fit.extension else master.size
    if sharp and fit.enlarged:
        source = sharp.get(fit.extension, source)
    x, y = source.width / wide, source.height / high
    left, top, right, bottom = fit.box
    return (padded if fit.method == "pad" else resized)(source, (left * x, top * y, right * x, bottom * y), fit.placement.size)


def resized(image: Image.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    """`box` of the image at `size` pixels; large enlargements are sharpened a little."""
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    box = (left, top, min(max(box[2], left + 1e-3), image.width), min(max(box[3], top + 1e-3), image.height))
    if (left, top, box[2], box[3]) == (0, 0, *image.size) and size == image.size:
        return image.copy()
    scale = size[0] / (box[2] - box[0])
    if scale <= _SHARPEN_FROM:
        return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    # Sharpened before it grows, on few pixels; bicubic, because Lanczos rings on flat colours when it enlarges.
    x, y = math.floor(max(left - 4, 0)), math.floor(max(top - 4, 0))
    part = image.crop((x, y, min(math.ceil(box[2]) + 4, image.width), min(math.ceil(box[3]) + 4, image.height)))
    low, high = part.filter(ImageFilter.MinFilter(3)), part.filter(ImageFilter.MaxFilter(3))
    part = part.filter(ImageFilter.UnsharpMask(radius=0.7, percent=80, threshold=2))
    part = ImageChops.darker(ImageChops.lighter(part, low), high)  # steeper edges, but no halo beside them
    return part.resize(size, Image.Resampling.BICUBIC, box=(left - x, top - y, box[2] - x, box[3] - y))


def padded(image: Image.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    """`box`, which may reach beyond the image, at `size` pixels; outside, the image's edges continue, blurred."""
    inner = (max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(image.width)), min(box[3], float(image.height)))
    if inner[2] - inner[0] < 1 or inner[3] - inner[1] < 1:
        raise InputError("box", box, f"a box that shows some of the image's {image.size} pixels")
    scale = size[0] / (box[2] - box[0])
    left, top = round((inner[0] - box[0]) * scale), round((inner[1] - box[1]) * scale)
    right, bottom = round((inner[2] - box[0]) * scale), round((inner[3] - box[1]) * scale)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    sharp = resized(image, inner, (right - left, bottom - top))
    out = _continued(sharp, (left, top, size[0] - right, size[1] - bottom), size)
    out.paste(sharp, (left, top), _feather(sharp.size, (left > 0, top > 0, right < size[0], bottom < size[1])))
    return out


def _continued(sharp: Image.Image, margins: tuple[int, int, int, int], size: tuple[int, int]) -> Image.Image:
    """`size` pixels with the edges of `sharp` drawn out over `margins` (left, top, right, bottom), softly."""
    low = min(1.0, _LOW / max(size))
    small = sharp.resize((max(1, round(sharp.width * low)), max(1, round(sharp.height * low))), Image.Resampling.BOX)
    left, top, right, bottom = (round(m * low) for m in margins)
    pixels = np.pad(np.asarray(small), ((top, bottom), (left, right), (0, 0)), mode="edge")
    soft = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(max(1.5, 0.04 * min(pixels.shape[:2]))))
    return soft.resize(size, Image.Resampling.BICUBIC)


def _feather(size: tuple[int, int], open_sides: tuple[bool, bool, bool, bool]) -> Image.Image:
    """A mask that fades toward the sides where the picture goes on, over 5 % of its shorter side."""
    width, height = size
    fade = max(1, round(0.05 * min(size)))
    masks = []
    for length, (first, last) in ((width, open_sides[::2]), (height, open_sides[1::2])):
        ramp = np.full(length, 255.0)
        n = min(fade, length)
        slope = np.linspace(0, 255, n + 2)[1:-1]
        if first:
            ramp[:n] = np.minimum(ramp[:n], slope)
        if last:
            ramp[length - n :] = np.minimum(ramp[length - n :], slope[::-1])
        masks.append(ramp.astype(np.uint8))
    across = Image.fromarray(masks[0][None, :]).resize(size, Image.Resampling.NEAREST)
    down = Image.fromarray(masks[1][:, None]).resize(size, Image.Resampling.NEAREST)
    return ImageChops.multiply(across, down)


def stretched(master: Image.Image, extension: Extension) -> Image.Image:
    """The canvas of `extension` with the master in its place and its edges drawn out around it.

    What an outpaint can start from, and a stand-in for it where a quick look is enough.
    """
    master = prepared(master)
    (width, height), (x, y) = extension.size, extension.offset
    out = padded(master, (-x, -y, width - x, height - y), extension.size)
    out.paste(master, (x, y))
    return out


__all__ = ["Sharp", "draw", "padded", "prepared", "render", "resized", "stretched"]
