"""What the moves on a picture promise: `python -m benchmarks.canvas [share of the full counts]`.

Protected pixels that change; how visible the joins of outpaints are, and whether they repeat the subject (as the judge of
recipes/pocket sees it); what a 20 megapixel inpaint of a small mask costs in memory and time beyond the photograph itself.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from sdkit import Result, Studio

from .figures import Figure, median, ratio, save, share, table
from .memory import _peak

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "pocket"
CASES, OUTPAINTS, TIMES = 500, 40, 5
WORDS = ("a rocket", "a lemon", "a gift box", "a cactus", "a trophy")
PLACES = ("on a navy gradient background", "on a mint gradient background", "on plain yellow background", "on a pink spotlight")
SIZES = ((640, 256), (1128, 191), (256, 512), (480, 360))


def one(value: float, unit: str, n: int = 1) -> Figure:
    return Figure(value, unit, n, value, value)


def photograph(megapixels: float) -> Image.Image:
    """Smooth with a little grain, 4:3."""
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    size = (width, width * 3 // 4)
    small = np.random.default_rng(0).integers(60, 200, (24, 32, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def protected(studio: Studio, cases: int) -> dict[str, Figure]:
    """Pixels changed outside the mask or under protection, over random pictures, masks, sizes and feathers."""
    rng, changed, cases_changed = np.random.default_rng(0), 0, 0
    for _ in range(cases):
        width, height = (int(v) for v in rng.integers(16, 420, 2))
        image = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        mask = np.zeros((height, width), bool)
        x, y = int(rng.integers(0, width - 8)), int(rng.integers(0, height - 8))
        mask[y : y + int(rng.integers(4, height)), x : x + int(rng.integers(4, width))] = True
        safe = rng.random((height, width)) < 0.3
        done = studio.inpaint(
            image, mask, "a lemon on mint", protect=safe, feather=int(rng.integers(0, 12)), steps=1, seed=0, progress=False
        )
        differs = (np.asarray(image) != np.asarray(done.image)).any(axis=2) & ~(mask & ~safe)
        changed += int(differs.sum())
        cases_changed += bool(differs.any())
    return {
        f"protected pixels changed in {cases} inpaints (0)": one(changed, "pixels", cases),
        "cases with a changed pixel (0)": one(cases_changed, "cases", cases),
    }


def widened(studio: Studio, outpaints: int) -> list[Result]:
    """Outpaints of several subjects, backgrounds, shapes and sides."""
    found = []
    for i in range(outpaints):
        words = f"{WORDS[i % len(WORDS)]} {PLACES[i % len(PLACES)]}"
        shot = studio.generate(words, negative="@clean", seeds=[i], progress=False)[0]
        anchor = ("left", "right", "centre")[i % 3]
        found.append(studio.outpaint(shot, SIZES[i % len(SIZES)], anchor=anchor, progress=False))
    return found


def middle(wide: Result) -> tuple[int, int, int, int]:
    """The box of the picture that an outpaint was made around."""
    assert wide.request.mask is not None
    was = np.asarray(wide.request.mask.resize(wide.image.size, Image.Resampling.NEAREST)) == 0
    columns, rows = np.flatnonzero(was.any(axis=0)), np.flatnonzero(was.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def kept(wide: Result) -> Image.Image:
    """That picture, at the 256 pixels that the judge knows."""
    return wide.image.crop(middle(wide)).resize((256, 256), Image.Resampling.LANCZOS)


def new_areas(wide: Result) -> list[Image.Image]:
    """The rectangles that an outpaint added beside or above the picture, 256 pixels on the shorter side, at most 3:1."""
    left, top, right, bottom = middle(wide)
    width, height = wide.image.size
    found = []
    for x0, y0, x1, y1 in (
        (0, 0, left, height), (right, 0, width, height), (left, 0, right, top), (left, bottom, right, height),
    ):  # fmt: skip
        across, down = x1 - x0, y1 - y0
        if min(across, down) < 48:  # a strip in which nothing could be told
            continue
        parts = -(-max(across, down) // (3 * min(across, down)))
        for k in range(parts):
            box = (
                (x0 + across * k // parts, y0, x0 + across * (k + 1) // parts, y1) if across >= down
                else (x0, y0 + down * k // parts, x1, y0 + down * (k + 1) // parts)
            )  # fmt: skip
            part = wide.image.crop(box)
            scale = 256 / min(part.size)
            sides = (max(256, round(side * scale / 32) * 32) for side in part.size)
            found.append(part.resize((next(sides), next(sides)), Image.Resampling.LANCZOS))
    return found


def seams(studio: Studio, outpaints: int) -> dict[str, Figure]:
    """How visible the join is, and whether what was painted around is free of things."""
    sys.path.insert(0, str(RECIPE))
    from judging import OBJECT_NAMES, load_judge

    judge, known, made = load_judge()[0], set(OBJECT_NAMES), widened(studio, outpaints)
    found = [studio.seam(wide) for wide in made]
    areas = [parts for wide in made if (parts := new_areas(wide))]
    clear = [all(known.isdisjoint(seen.objects) for seen in judge.look(parts)) for parts in areas]
    # A judge that sees nothing anywhere would be content: so it is also asked about the pictures that were widened.
    there = [not known.isdisjoint(seen.objects) for seen in judge.look([kept(wide) for wide in made])]
    return {
        "seam, gradient over nearby (median at most 1.15, none over 1.5)": median([s.gradient for s in found], "ratio"),
        "seam, colour step": median([s.step for s in found], "levels"),
        "outpaints without a second subject (at least 38 of 40)": share(clear),
        "control: the judge sees the subject itself": share(there),
    }


def large(times: int) -> dict[str, Figure]:
    """Memory and time of a small mask on photographs of 1, 5 and 20 megapixels, as uncompressed files."""
    found: dict[str, Figure] = {}
    seconds: dict[int, list[float]] = {1: [], 5: [], 20: []}
    own: dict[int, list[float]] = {1: [], 5: [], 20: []}
    shares = []
    with tempfile.TemporaryDirectory() as folder:
        for size in seconds:
            photograph(size).save(f"{folder}/{size}.bmp")
        for _ in range(times):
            for size in seconds:
                command = [sys.executable, "-m", "benchmarks.canvas", "work", f"{folder}/{size}.bmp", folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
                took, opening, kilobytes, bytes_ = (float(v) for v in done[-4:])
                seconds[size].append(took)
                own[size].append(took - opening)
                if size == 20:
                    shares.append(kilobytes * 1024 / bytes_)
    found["peak memory of a 20 Mpx inpaint over the image's bytes in Pillow (at most 1.3)"] = median(shares, "ratio")
    for size in seconds:
        found[f"inpaint of a small mask, {size} Mpx"] = median(seconds[size], "s")
    found["the same beyond decoding, 5 Mpx / 1 Mpx (about 1)"] = ratio(own[5], own[1])
    found["the same beyond decoding, 20 Mpx / 1 Mpx (about 1)"] = ratio(own[20], own[1])
    return found


def _work(path: str, folder: str) -> None:
    """One inpaint in a process of its own: seconds, seconds of decoding alone, peak kilobytes above the model's, image bytes."""
    studio = Studio(store=f"{folder}/store")
    box = (16, 16, 80, 80)  # as large at every size
    photograph(0.2).save(f"{folder}/warm.bmp")
    studio.inpaint(f"{folder}/warm.bmp", box, "a lemon on mint", steps=4, progress=False)
    before = _peak()
    start = time.perf_counter()
    with Image.open(path) as image:
        size = image.size
        if size[0] * size[1] <= 5e6:  # the largest one's memory is measured, so nothing else opens it
            image.load()
    opening = time.perf_counter() - start
    start = time.perf_counter()
    studio.inpaint(path, box, "a lemon on mint", steps=4, progress=False)
    took = time.perf_counter() - start
    peak = _peak() - before
    if size[0] * size[1] > 5e6:
        start = time.perf_counter()
        with Image.open(path) as image:
            image.load()
        opening = time.perf_counter() - start
    print(took, opening, peak, size[0] * size[1] * 4)  # Pillow holds RGB in four bytes a pixel


def run(share: float = 1.0) -> dict[str, Figure]:
    """All of it, or a share of the counts."""

    def count(full: int) -> int:
        return max(1, round(full * share))

    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(store=Path(folder) / "store")
        return {**protected(studio, count(CASES)), **seams(studio, count(OUTPAINTS)), **large(count(TIMES))}


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        _work(*sys.argv[2:4])
    else:
        found = run(float(sys.argv[1]) if len(sys.argv) > 1 else 0.1)
        save("canvas", found)
        print(table("canvas", found))
