"""Step 3: draw scenes and keep their latents and captions, in shards that the training reads as they appear.

Shard k holds scenes of seed (seed, k), so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import torch
from briefs import SHAPE_WEIGHTS, SHAPES, Brief
from captions import caption
from common import autocast, parser, part_of, to_tensor
from diffusers import AutoencoderTiny
from PIL import ImageChops
from safetensors.torch import save_file
from scenes import Scene, draw
from sprites import Sprites

SHARD = 960  # scenes
CAPTIONS = 3  # of every scene, in different words


def covered(scene: Scene) -> torch.Tensor:
    """How much of each latent an object or the mark of a defect covers: (1, height / 8, width / 8) uint8, 255 for all of it."""
    return torch.from_numpy(np.asarray(ImageChops.lighter(scene.where, scene.marks).reduce(8)).copy())[None]


def unspoilt(rng: np.random.Generator, brief: Brief) -> str:
    """A caption of the same scene that says nothing of defects, nor leaves any open: what train.py adds one to."""
    defects = frozenset({"confetti"} if brief.background == "confetti" else ())
    return caption(rng, replace(brief, opening=None, says="all", defects=defects), shadows=False)


def unsaid(brief: Brief) -> list[str]:
    """The defects that show and that the caption of `unspoilt` leaves out."""
    return sorted(brief.defects - ({"confetti"} if brief.background == "confetti" else set()))


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
    for k in range(first, max(1, o.scenes // SHARD), parts):
        path = folder / f"{k:05d}.safetensors"
        if path.exists():
            continue
        start, rng = time.time(), np.random.default_rng((o.seed, k))
        tensors, captions, plain, shown = {}, {}, {}, {}
        counts = [round(SHARD * w) for w in SHAPE_WEIGHTS]
        for shape, count in zip(SHAPES, counts, strict=True):
            scenes = [draw(rng, sprites, shape, wander=o.wander) for _ in range(count)]
            latents = []
            for i in range(0, count, 16):
                pixels = to_tensor([s.image for s in scenes[i : i + 16]]).to(o.device, memory_format=torch.channels_last)
                with torch.no_grad(), autocast(o.device):
                    latents.append(vae.encode(pixels).latents.float().cpu() * vae.config.scaling_factor)
            name = f"{shape[0]}x{shape[1]}"
            tensors[name] = torch.cat(latents).half().contiguous()
            tensors[f"{name} object"] = torch.stack([covered(s) for s in scenes])
            captions[name] = [[s.caption, *(caption(rng, s.brief) for _ in range(CAPTIONS - 1))] for s in scenes]
            plain[name] = [unspoilt(rng, s.brief) for s in scenes]
            shown[name] = [unsaid(s.brief) for s in scenes]
        part_path = path.with_suffix(".part")
        about = {"captions": captions, "plain": plain, "shown": shown}
        save_file(tensors, part_path, metadata={kind: json.dumps(told) for kind, told in about.items()})
        part_path.rename(path)
        print(f"shard {k}: {SHARD} scenes in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
