"""Byte limits: met by how many placements on twelve very different pictures, and how like the picture the file still is.

The baseline is what a script does: a JPEG of one fixed quality, the highest of 95, 90, ... 5 that stays under the limit for this
picture and placement, with the colour at a quarter (Pillow's default). Likeness is the SSIM of scikit-image, on the brightness and on
each colour: not the code that the search uses.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from importlib.resources import as_file, files

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sdkit import export
from sdkit.errors import ExportError

from . import figures
from .figures import Figure

SIDE = 1024


def pictures(side: int = SIDE) -> Iterator[tuple[str, Image.Image]]:
    """Twelve pictures that compress very differently."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side] / side
    yield "noise in colour", Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8))
    yield "noise in grey", Image.fromarray(rng.integers(0, 256, (side, side), np.uint8)).convert("RGB")
    yield "one colour", Image.new("RGB", (side, side), (214, 40, 57))
    yield "gradient", Image.fromarray((np.stack([x, y, 1 - x * y], -1) * 255).astype(np.uint8))
    stripes = np.where(np.arange(side)[:, None] // 3 % 2, (255, 0, 0), (0, 0, 255)).astype(np.uint8)
    yield "stripes of red and blue", Image.fromarray(np.broadcast_to(stripes, (side, side, 3)).copy())
    text = Image.new("RGB", (side, side), "white")
    pen, font = ImageDraw.Draw(text), ImageFont.load_default(18)
    for row in range(0, side, 22):
        pen.text((4, row), "The quick brown fox jumps over the lazy dog. 0123456789 " * 3, "black", font)
    yield "small text", text
    confetti = Image.new("RGB", (side, side), "navy")
    pen = ImageDraw.Draw(confetti)
    for _ in range(4000):
        left, top = rng.integers(0, side, 2)
        pen.rectangle((left, top, left + 7, top + 7), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    yield "confetti", confetti
    yield "soft noise", Image.fromarray(rng.integers(0, 256, (side // 8, side // 8, 3), np.uint8)).resize((side, side))
    for name in ("chelsea.png", "coffee.png", "astronaut.png", "hubble_deep_field.jpg"):
        with as_file(files("skimage") / "data" / name) as path, Image.open(path) as image:
            part = image.convert("RGB")
            short = min(part.size)
            yield name.partition(".")[0], part.crop((0, 0, short, short)).resize((side, side), Image.Resampling.LANCZOS)


def likeness(a: Image.Image, b: Image.Image) -> float:
    """0.8 of the SSIM of the brightness and 0.1 of that of each colour, by scikit-image."""
    from skimage.metrics import structural_similarity

    x, y = (np.asarray(image.convert("RGB").convert("YCbCr")) for image in (a, b))
    return sum(w * float(structural_similarity(x[..., i], y[..., i])) for i, w in enumerate((0.8, 0.1, 0.1)))


def fixed(image: Image.Image, limit: int) -> bytes | None:
    """The baseline."""
    for quality in range(95, 0, -5):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() <= limit:
            return out.getvalue()
    return None


def run(step: int = 1, side: int = SIDE) -> dict[str, Figure]:
    """Every `step`-th placement on the twelve pictures, outpaints left out: each is a crop."""
    wanted = export.choose("all")[::step]
    met = tried = worse = 0
    ours: list[float] = []
    theirs: list[float] = []
    lost: list[str] = []
    seconds: list[float] = []
    for name, picture in pictures(side):
        fits = export.plan(picture.size, wanted, focus=(0.5, 0.5), fit={p.name: "crop" for p in wanted}).fits
        for fit, image in zip(fits, export.render(picture, fits), strict=True):
            tried += 1
            start = time.perf_counter()
            try:
                file = export.encode_under(image, fit.placement)
            except ExportError as error:
                lost.append(f"{name}: {error}")
                continue
            spent = time.perf_counter() - start
            with Image.open(io.BytesIO(file.data)) as seen:
                met += len(file.data) <= fit.placement.max_bytes and seen.size == fit.placement.size
                if file.likeness is None:  # nothing was given up
                    continue
                seconds.append(spent)
                baseline = fixed(image, fit.placement.max_bytes)
                ours.append(likeness(image, seen))
            theirs.append(likeness(image, Image.open(io.BytesIO(baseline))) if baseline else 0.0)
            worse += ours[-1] < theirs[-1] - 0.005
    print("\n".join(lost))
    gained = [a - b for a, b in zip(ours, theirs, strict=True)]
    found = {f"limits met, of {tried} files": Figure(met / tried, "share", tried, met / tried, met / tried)}
    if ours:
        found |= {
            f"SSIM where the limit binds ({len(ours)} files)": figures.median(ours, "SSIM"),
            "SSIM of the fixed qualities there": figures.median(theirs, "SSIM"),
            "SSIM gained": figures.median(gained, "SSIM"),
            "share of those worse by over 0.005": Figure(
                worse / len(ours), "share", len(ours), worse / len(ours), worse / len(ours)
            ),
            "seconds a file where it binds": figures.median(seconds, "s"),
        }
    return found


if __name__ == "__main__":
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    result = run(step)
    figures.save("export-limits", result)
    print(figures.table("limits", result))
