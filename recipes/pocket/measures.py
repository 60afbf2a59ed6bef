"""What the evaluation measures besides shares of right pictures: seconds, megabytes, sharpness, joins."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import sharpness
from assemble import size_of
from common import REPOSITORY
from PIL import Image
from questions import Question
from suites import PREFIX, Figure
from tqdm import tqdm

from sdkit import Studio
from sdkit.errors import SdkitError

sys.path.append(str(REPOSITORY))
from benchmarks.canvas import OUTPAINTS, widened

OTHERS = ("speed", "sharpness", "seams")
Artist = Callable[[Sequence[Question]], list[Image.Image]]


def seconds(make: Artist, asked: Sequence[Question]) -> Figure:
    """What single pictures take, after one that warms up: the median, the fastest and the slowest."""
    make(asked[:1])
    spent = []
    for q in tqdm(asked, desc="timing", unit="image"):
        start = time.perf_counter()
        make([q])
        spent.append(time.perf_counter() - start)
    return {"value": statistics.median(spent), "unit": "s", "n": len(spent), "low": min(spent), "high": max(spent)}


def megabytes(model: Path) -> Figure:
    size = size_of(model) / 1e6
    return {"value": size, "unit": "MB", "n": 1, "low": size, "high": size}


def sharper(model: Path, work: Path, share: float) -> dict[str, Figure]:
    """How far the model's upscaler comes over Lanczos; nothing where it has none, or the sprites are not there."""
    weights = model / "upscaler" / "model.safetensors"
    try:
        found = sharpness.figures(weights, work, max(4, round(60 * share)))
    except (FileNotFoundError, SdkitError) as missing:
        print(f"no upscaler measured: {missing}")
        return {}
    return {PREFIX + name: figure for name, figure in found.items()}


def joins(model: Path, share: float) -> dict[str, Figure]:
    """How visible the joins of outpaints are, through sdkit as people use it: 40 pictures widened, as `make bench-canvas`."""
    with tempfile.TemporaryDirectory() as store:
        studio = Studio(str(model), store=store)
        gradients = [studio.seam(wide).gradient for wide in widened(studio, max(4, round(OUTPAINTS * share)))]
    low, middle, high = (float(q) for q in np.quantile(gradients, (0.25, 0.5, 0.75)))
    value = {"unit": "ratio", "n": len(gradients)}
    return {
        f"{PREFIX}outpaint: gradient across the seam": {"value": middle, **value, "low": low, "high": high},
        f"{PREFIX}outpaint: worst seam": {"value": max(gradients), **value, "low": min(gradients), "high": max(gradients)},
    }
