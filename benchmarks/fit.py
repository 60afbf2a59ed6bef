"""What the choice between crop, pad and outpaint is worth: `python -m benchmarks.fit [share of the full counts]`.

Scenes whose subject's box is known to the pixel (drawn by recipes/pocket, whose fetch.py brings the sprites for them) go
through every placement. Is the subject whole, is it inside the safe area; and what does a centre crop make of the same? Then
the outpaints of one picture, planned together, against one outpaint a placement.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from sdkit import Studio, export

from .figures import Figure, ratio, save, share, table

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "pocket"
SCENES, ROUNDS = 60, 3
BACKGROUNDS = ("plain", "gradient", "spotlight", "podium", "beach", "city")
PLACES = ("centre", "left", "right", "top", "bottom")
SIZES = ("medium", "medium", "small", "large")
Box = tuple[float, float, float, float]


def scenes(count: int) -> list[tuple[Image.Image, Box]]:
    """Pictures of 512 pixels with the box of their one object, all places and sizes in turn."""
    sys.path.insert(0, str(RECIPE))
    from briefs import compose, places
    from common import REPOSITORY
    from scenes import render
    from sprites import Sprites

    rng, sprites, found = np.random.default_rng(0), Sprites(REPOSITORY / "out" / "pocket" / "data"), []
    for i in range(count):
        background, place, size = BACKGROUNDS[i % len(BACKGROUNDS)], PLACES[i % len(PLACES)], SIZES[i // 5 % len(SIZES)]
        if size == "large" or place not in places((256, 256), background):
            place = "centre"
        brief = compose(
            rng, (256, 256), everything=True, clean=True, count=1, background=background, place=place, size=size, style="3d"
        )
        drawn = render(rng, brief, sprites, (256, 256), zoom=2)
        found.append((drawn.image, drawn.where.getbbox()))
    return found


def centre_crop(size: tuple[int, int], placement: export.Placement) -> Box:
    """The largest box of the placement's shape in the middle."""
    width, height = min(size[0], size[1] * placement.ratio), min(size[1], size[0] / placement.ratio)
    return (size[0] - width) / 2, (size[1] - height) / 2, (size[0] + width) / 2, (size[1] + height) / 2


def shown(box: Box, subject: Box, placement: export.Placement) -> tuple[bool, bool]:
    """Of a subject, in the pixels of what `box` is cut from: whether all of it shows, and whether all of it is safe."""
    scale = placement.width / (box[2] - box[0])
    left, top = (subject[0] - box[0]) * scale, (subject[1] - box[1]) * scale
    right, bottom = (subject[2] - box[0]) * scale, (subject[3] - box[1]) * scale
    slack, safe = 1.0, placement.safe  # a pixel: the antialiased edge of its edge
    whole = min(left, top) >= -slack and right <= placement.width + slack and bottom <= placement.height + slack
    inside = (
        left >= safe.left - slack and top >= safe.top - slack
        and right <= placement.width - safe.right + slack and bottom <= placement.height - safe.bottom + slack
    )  # fmt: skip
    return whole, inside


def decisions(count: int) -> dict[str, Figure]:
    """Shares over all scenes and placements, ours beside a centre crop's."""
    placements = export.choose("all")
    marks: dict[str, list[bool]] = {}
    for image, subject in scenes(count):
        for fit in export.plan(image.size, placements, image=image).fits:
            x, y = fit.extension.offset if fit.extension else (0, 0)
            moved = (subject[0] + x, subject[1] + y, subject[2] + x, subject[3] + y)
            ours = shown(fit.box, moved, fit.placement)
            theirs = shown(centre_crop(image.size, fit.placement), subject, fit.placement)
            for name, good in zip(
                ("subject whole (at least 98 %)", "subject inside the safe area (at least 95 %)"), ours, strict=True
            ):
                marks.setdefault(name, []).append(good)
            for name, good in zip(("centre crop: subject whole", "centre crop: inside the safe area"), theirs, strict=True):
                marks.setdefault(name, []).append(good)
    return {name: share(good) for name, good in marks.items()}


def generations(rounds: int) -> dict[str, Figure]:
    """How many canvases are generated for all placements, and their wall time over one outpaint a placement."""
    placements, together, apart, counts = export.choose("all"), [], [], []
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(store=Path(folder) / "store")
        for seed in range(rounds):
            shot = studio.generate("a rocket on a navy gradient background", seeds=[seed], progress=False)[0]
            planned = export.plan(shot.image.size, placements, image=shot.image)
            alone = [
                extension
                for placement in placements
                for extension in export.plan(shot.image.size, [placement], image=shot.image).extensions
            ]
            counts.append((len(planned.extensions), len(alone)))
            for extensions, seconds in ((planned.extensions, together), (alone, apart)):
                start = time.perf_counter()
                for extension in extensions:
                    left, up = extension.offset
                    right, down = (extension.size[i] - shot.image.size[i] - extension.offset[i] for i in (0, 1))
                    studio.outpaint(shot, left=left, right=right, up=up, down=down, progress=False)
                seconds.append(time.perf_counter() - start)
    ours, theirs = ([float(pair[k]) for pair in counts] for k in (0, 1))
    return {
        f"generations for {len(placements)} placements (at most 5)": replace(ratio(ours, [1.0] * rounds), unit="pictures"),
        "one a placement: generations": replace(ratio(theirs, [1.0] * rounds), unit="pictures"),
        "wall time, planned together over one a placement": ratio(together, apart),
    }


def run(part: float = 1.0) -> dict[str, Figure]:
    """All of it, or a part of the counts."""
    return {**decisions(max(5, round(SCENES * part))), **generations(max(1, round(ROUNDS * part)))}


if __name__ == "__main__":
    found = run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
    save("fit", found)
    print(table("fit", found))
