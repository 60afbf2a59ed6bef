"""Export of one master to every placement against the naive loop, which opens, resizes and saves it anew for each."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from sdkit import export

from .figures import Figure, median, ratio

MASTER = "master.png"
SIDE = 2048  # pixels: what an SDXL picture has after a twofold upscaling


def master(folder: str | Path) -> Path:
    """A picture with gradients, edges and some grain, as a PNG file."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    base = np.stack([80 + 120 * x, 60 + 90 * y, 200 - 80 * x * y], axis=-1)
    base[((x - 0.5) ** 2 + (y - 0.5) ** 2) < 0.05] = (240, 130, 40)
    pixels = np.clip(base + rng.normal(0, 3, base.shape), 0, 255).astype(np.uint8)
    path = Path(folder) / MASTER
    Image.fromarray(pixels).save(path, compress_level=1)
    return path


def fits_of(path: Path) -> list[export.Fit]:
    """Every placement, cropped: so that both ways do the very same resizes."""
    with Image.open(path) as image:
        placements = export.choose("all")
        crops = {p.name: "crop" for p in placements}
        return list(export.plan(image.size, placements, focus=(0.5, 0.5), fit=crops).fits)


def naive(path: Path, fits: list[export.Fit], files: dict[str, export.Encoded], folder: Path) -> None:
    """What a script does: open, crop, resize, save; at the sizes and qualities that ours has."""
    for fit in fits:
        made = files[fit.placement.name]
        box = tuple(round(side) for side in fit.box)
        with Image.open(path) as image:
            small = image.convert("RGB").crop(box).resize(fit.placement.size, Image.Resampling.LANCZOS)
        colour = {"subsampling": "4:4:4" if made.quality >= 85 else "4:2:0"} if made.format == "JPEG" else {}
        small.save(folder / f"{fit.placement.name}{made.suffix}", made.format, quality=made.quality, **colour)


def ours(path: Path, fits: list[export.Fit], folder: Path) -> dict[str, export.Encoded]:
    with Image.open(path) as image:
        encoded = list(export.encode_all(image, fits))
    export.write(folder, [export.Item(fit, file) for fit, file in zip(fits, encoded, strict=True)])
    return {fit.placement.name: file for fit, file in zip(fits, encoded, strict=True)}


def work(way: str, folder: str) -> None:
    """One export of the master in `folder`, for the measure of memory. The naive way takes quality 92 throughout."""
    path = Path(folder) / MASTER
    fits = fits_of(path)
    if way == "ours":
        ours(path, fits, Path(folder) / "kit")
    else:
        files = {f.placement.name: export.Encoded(b"", "JPEG", 92, f.placement.size) for f in fits}
        naive(path, fits, files, Path(folder))


def run(times: int = 5) -> dict[str, Figure]:
    """Taking turns; ours includes the manifest and the page."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = master(folder)
        fits = fits_of(path)
        files = ours(path, fits, folder / "kit")
        seconds: dict[str, list[float]] = {"naive": [], "ours": []}
        (folder / "naive").mkdir()
        for i in range(times):
            for name in ("naive", "ours") if i % 2 else ("ours", "naive"):
                start = time.perf_counter()
                if name == "naive":
                    naive(path, fits, files, folder / "naive")
                else:
                    ours(path, fits, folder / "kit")
                seconds[name].append(time.perf_counter() - start)
        theirs = sum(f.stat().st_size for f in (folder / "naive").iterdir())
        kit = sum(len(f.data) for f in files.values())
    return {
        f"export of {len(fits)} placements, naive loop": median(seconds["naive"], "s"),
        f"export of {len(fits)} placements, sdkit": median(seconds["ours"], "s"),
        "naive loop / sdkit (at least 3)": ratio(seconds["naive"], seconds["ours"]),
        "bytes, sdkit / naive loop": Figure(kit / theirs, "ratio", 1, kit / theirs, kit / theirs),
    }
