"""Steps and guidance that suit a model when a person names none: by its folder, its name, or its family."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .checkpoints import Source, read_json

STEPS_GUIDANCE = {"sd1": (25, 7.0), "sd2": (25, 7.0), "sdxl": (25, 6.0), "sd3": (28, 5.0), "flux": (28, 3.5)}
FILL = (50, 30.0)  # FLUX.1 Fill, by its model card: https://huggingface.co/black-forest-labs/FLUX.1-Fill-dev
# Distilled models, told by their names, draw in few steps and without guidance; an LCM wants a little of it.
DISTILLED = (
    (re.compile(r"\blcm\b|latent.consistency", re.I), 6, 1.5),
    (re.compile(r"lightning|hyper.?sd|\bdmd2?\b", re.I), 8, 0.0),
    (re.compile(r"turbo|schnell|\bflash\b", re.I), 4, 0.0),
)


def distilled(name: str) -> tuple[int, float] | None:
    """(steps, guidance) of a model whose name says that it is distilled; "8step" in it wins over the usual count."""
    stem = re.sub(r"[_-]+", " ", Path(name).name)
    for pattern, steps, guidance in DISTILLED:
        if pattern.search(stem):
            count = re.search(r"(\d+) ?steps?", stem, re.I)
            return (int(count[1]) if count and 1 <= int(count[1]) <= 50 else steps), guidance
    return None


def said(place: Source) -> dict[str, Any]:
    """What the folder's sdkit.json says suits the model: steps, guidance, outpaint."""
    there = place.kind == "folder" and place.path and (place.path / "sdkit.json").is_file()
    return read_json(place.path / "sdkit.json", place.path) if there and place.path else {}


def defaults(place: Source, pipe: Any, family: str) -> tuple[int, float]:
    """(steps, guidance): what the folder's sdkit.json says, else by the name, else by the family."""
    if place.few:
        return 4, 1.0
    if own := said(place):
        return int(own.get("steps", STEPS_GUIDANCE[family][0])), float(own.get("guidance", STEPS_GUIDANCE[family][1]))
    if type(pipe).__name__ == "FluxFillPipeline":
        return FILL
    if family == "flux" and not pipe.transformer.config.guidance_embeds:
        return 4, 0.0  # schnell, and whatever is distilled from it
    if hasattr(pipe, "unet") and pipe.unet.config.time_cond_proj_dim:
        return 6, 8.0  # a whole LCM takes guidance as an input, so it costs nothing
    return distilled(place.name) or STEPS_GUIDANCE[family]
