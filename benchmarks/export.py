"""Export of one master to thirty placements against the naive loop, which opens, resizes and saves it anew for each.

Beside it the same loop by pyvips (libvips), where that is installed: a person who scripts exports may well use it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from sdkit import export

from .figures import Figure, median, ratio

MASTER = "master.png"
SIDE = 2048  # pixels: what an SDXL picture has after a twofold upscaling
COUNT = 30  # placements: what a launch on the usual platforms needs


def master(folder: str | Path, side: int = SIDE) -> Path:
    """A picture with gradients, edges and some grain, as a PNG file."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:side, 0:side] / side
    base = np.stack([80 + 120 * x, 60 + 90 * y, 200 - 80 * x * y], axis=-1)
    base[((x - 0.5) ** 2 + (y - 0.5) ** 2) < 0.05] = (240, 130, 40)
    pixels = np.clip(base + rng.normal(0, 3, base.shape), 0, 255).astype(np.uint8)
    path = Path(folder) / MASTER
    Image.fromarray(pixels).save(path, compress_level=1)
    return path


def placements(format: str) -> list[export.Placement]:
    """Thirty of those for screens, each in this format alone, PNG without a limit that it would not meet."""
    wanted = [p for p in export.choose(["social", "ads", "email"]) if p.width * p.height <= 2_100_000][:COUNT]
    most = 60_000_000 if format == "PNG" else 0
    return [replace(p, formats=(format,), max_bytes=max(p.max_bytes, most)) for p in wanted]


def fits_of(path: Path, format: str = "JPEG") -> list[export.Fit]:
    """Every placement, cropped: so that both ways do the very same resizes."""
    with Image.open(path) as image:
        wanted = placements(format)
        crops = {p.name: "crop" for p in wanted}
        return list(export.plan(image.size, wanted, focus=(0.5, 0.5), fit=crops).fits)


def naive(path: Path, fits: list[export.Fit], files: dict[str, export.Encoded], folder: Path) -> None:
    """What a script does: open, crop, resize, save; at the sizes and qualities that ours has."""
    for fit in fits:
        made = files[fit.placement.name]
        box = tuple(round(side) for side in fit.box)
        with Image.open(path) as image:
            small = image.convert("RGB").crop(box).resize(fit.placement.size, Image.Resampling.LANCZOS)
        colour = {"subsampling": made.colour} if made.format == "JPEG" else {}
        small.save(folder / f"{fit.placement.name}{made.suffix}", made.format, quality=made.quality, **colour)


def vips(path: Path, fits: list[export.Fit], files: dict[str, export.Encoded], folder: Path) -> None:
    """The same loop by libvips, on its own threads, at the same qualities; the master is read once."""
    import pyvips

    image = pyvips.Image.new_from_file(str(path)).copy_memory()
    for fit in fits:
        made = files[fit.placement.name]
        left, top, right, bottom = (round(side) for side in fit.box)
        part = image.crop(left, top, right - left, bottom - top)
        small = part.resize(fit.placement.width / part.width, vscale=fit.placement.height / part.height)
        small = small.crop(0, 0, min(small.width, fit.placement.width), min(small.height, fit.placement.height))
        options = {"compression": 6} if made.format == "PNG" else {
            "Q": made.quality, "subsample_mode": "off" if made.colour == "4:4:4" else "on"
        }  # fmt: skip
        small.write_to_file(str(folder / f"{fit.placement.name}{made.suffix}"), **options)


def ours(path: Path, fits: list[export.Fit], folder: Path) -> dict[str, export.Encoded]:
    """A kit, with its manifest, page, contact sheet and alt texts."""
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
        files = {f.placement.name: export.Encoded(b"", "JPEG", 92, f.placement.size, "4:4:4") for f in fits}
        naive(path, fits, files, Path(folder))


def run(times: int = 5, side: int = SIDE) -> dict[str, Figure]:
    """Taking turns; ours includes all that a kit has beside its pictures, written anew each time."""
    found: dict[str, Figure] = {}
    for format, floor in (("JPEG", 3), ("PNG", 4)):
        found |= _compared(format, floor, times, side)
    return found


def _compared(format: str, floor: int, times: int, side: int) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = master(folder, side)
        fits = fits_of(path, format)
        files = ours(path, fits, folder / "kit-first")
        for name in ("naive", "vips"):
            (folder / name).mkdir()
        ways: dict[str, Callable[[int], object]] = {
            "naive": lambda i: naive(path, fits, files, folder / "naive"),
            "ours": lambda i: ours(path, fits, folder / f"kit-{i}"),
        }
        if _has_vips():
            ways["vips"] = lambda i: vips(path, fits, files, folder / "vips")
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for i in range(times):
            for name in list(ways) if i % 2 else reversed(list(ways)):
                start = time.perf_counter()
                ways[name](i)
                seconds[name].append(time.perf_counter() - start)
        theirs = sum(f.stat().st_size for f in (folder / "naive").iterdir())
        kit = sum(len(f.data) for f in files.values())
    what = f"{len(fits)} {format}s"
    found = {
        f"{what}, naive loop": median(seconds["naive"], "s"),
        f"{what}, sdkit": median(seconds["ours"], "s"),
        f"{what}, naive loop / sdkit (at least {floor})": ratio(seconds["naive"], seconds["ours"]),
        f"{what}, bytes, sdkit / naive loop": Figure(kit / theirs, "ratio", 1, kit / theirs, kit / theirs),
    }
    if "vips" in seconds:
        found[f"{what}, pyvips"] = median(seconds["vips"], "s")
        found[f"{what}, pyvips / sdkit"] = ratio(seconds["vips"], seconds["ours"])
    return found


def _has_vips() -> bool:
    try:
        import pyvips  # noqa: F401
    except (ImportError, OSError):
        print("pyvips is not installed: its times are left out.")
        return False
    return True
