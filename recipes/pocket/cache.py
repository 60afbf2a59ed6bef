"""Step 3: draw scenes, those with a defect also without it, and keep their latents and captions, in shards that the training
reads as they appear.

Shard k holds scenes of seed (seed, k), so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from briefs import SHAPE_WEIGHTS, SHAPES, Brief, Shape, compose, pick
from captions import caption
from common import autocast, parser, part_of, to_tensor
from diffusers import AutoencoderTiny
from PIL import Image, ImageChops
from safetensors.torch import save_file
from scenes import Drawn, render
from sprites import Sprites
from vocabulary import DEFECTS

SHARD = 960  # scenes
CAPTIONS = 3  # of every scene, in different words


class Twins(NamedTuple):
    """A scene; `clean`, the same without one of its defects, and which one `gone` is (None: the scene has none that can go)."""

    brief: Brief
    drawn: Drawn
    clean: Image.Image
    gone: str | None


def twins(rng: np.random.Generator, sprites: Sprites, shape: Shape, wander: float = 0.0) -> Twins:
    """A shadow goes in one of four that have another defect, and of the many that have none in two of five."""
    brief, luck, roll = compose(rng, shape), int(rng.integers(2**63)), rng.random()
    drawn = render(np.random.default_rng(luck), brief, sprites, shape, wander=wander)
    others = sorted(brief.spoilt_by - {"shadow"})
    gone = pick(rng, others) if others else None
    if "shadow" in brief.defects and roll < (0.25 if others else 0.4):
        gone = "shadow"
    if gone is None:
        return Twins(brief, drawn, drawn.image, None)
    without = replace(brief, defects=brief.defects - {gone})
    return Twins(brief, drawn, render(np.random.default_rng(luck), without, sprites, shape, wander=wander).image, gone)


def covered(drawn: Drawn) -> torch.Tensor:
    """How much of each latent an object or the mark of a defect covers: (1, height / 8, width / 8) uint8, 255 for all of it."""
    return torch.from_numpy(np.asarray(ImageChops.lighter(drawn.where, drawn.marks).reduce(8)).copy())[None]


def unspoilt(rng: np.random.Generator, brief: Brief) -> str:
    """A caption of the same scene that says nothing of defects, nor leaves any open."""
    return caption(rng, replace(brief, opening=None, says="all", defects=brief.defects - brief.spoilt_by), shadows=False)


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--scenes", type=int, default=40_320)
    options.add_argument("--wander", type=float, default=0.0, help="how far objects stray, 0 to 1; see scenes.render")
    options.add_argument("--part", default="0/1", help="i/n: this process makes every n-th shard")
    o = options.parse_args()
    first, parts = (int(x) for x in o.part.split("/"))
    if parts > 1:
        torch.set_num_threads(1)
    folder = o.work / "latents"
    folder.mkdir(parents=True, exist_ok=True)
    sprites = Sprites(o.work / "data")
    vae = AutoencoderTiny.from_pretrained(part_of(o.work, "vae")).to(o.device, memory_format=torch.channels_last).eval()

    def encode(images: list[Image.Image]) -> torch.Tensor:
        """float16 (n, 4, height / 8, width / 8)."""
        latents = []
        for i in range(0, len(images), 16):
            pixels = to_tensor(images[i : i + 16]).to(o.device, memory_format=torch.channels_last)
            with torch.no_grad(), autocast(o.device):
                latents.append(vae.encode(pixels).latents.float().cpu() * vae.config.scaling_factor)
        return torch.cat(latents).half().contiguous()

    for k in range(first, max(1, o.scenes // SHARD), parts):
        path = folder / f"{k:05d}.safetensors"
        if path.exists():
            continue
        start, rng = time.time(), np.random.default_rng((o.seed, k))
        tensors, captions, plain, shown = {}, {}, {}, {}
        counts = [round(SHARD * w) for w in SHAPE_WEIGHTS]
        for shape, count in zip(SHAPES, counts, strict=True):
            scenes = [twins(rng, sprites, shape, o.wander) for _ in range(count)]
            name = f"{shape[0]}x{shape[1]}"
            gone = [tuple(DEFECTS).index(s.gone) if s.gone else -1 for s in scenes]
            tensors[name] = encode([s.drawn.image for s in scenes])
            tensors[f"{name} clean"] = tensors[name].clone()
            twice = [i for i, defect in enumerate(gone) if defect >= 0]
            tensors[f"{name} clean"][twice] = encode([scenes[i].clean for i in twice])
            tensors[f"{name} gone"] = torch.tensor(gone, dtype=torch.int8)
            tensors[f"{name} object"] = torch.stack([covered(s.drawn) for s in scenes])
            captions[name] = [[caption(rng, s.brief) for _ in range(CAPTIONS)] for s in scenes]
            plain[name] = [unspoilt(rng, s.brief) for s in scenes]
            shown[name] = [sorted(s.brief.spoilt_by) for s in scenes]
        part_path = path.with_suffix(".part")
        about = {"captions": captions, "plain": plain, "shown": shown}
        save_file(tensors, part_path, metadata={kind: json.dumps(told) for kind, told in about.items()})
        part_path.rename(path)
        print(f"shard {k}: {SHARD} scenes in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
