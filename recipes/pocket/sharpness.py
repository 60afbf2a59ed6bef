"""How much nearer to the truth the upscaler comes than Lanczos: held-out scenes of 1024 pixels, scaled to 256 and back.

PSNR over the whole picture, in pairs: the same scene both ways. A scene is held out when one of its objects never stood on its
background in training (vocabulary.held_out). `make upscaler-eval` prints the rows; `figures` returns them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from briefs import allowed, compose
from common import REPOSITORY, parser, part_of
from diffusers import AutoencoderTiny
from PIL import Image
from scenes import Drawn, render
from scipy import stats
from sprites import Sprites

from sdkit.backends.upscaler import Upscaler

SEED = 20_000_000  # none that training uses
SIDE, SCALE = 256, 4


def held_out_scenes(n: int, sprites: Sprites) -> Iterator[Drawn]:
    """n large pictures (PIL, SCALE SIDE square) with where their objects are."""
    rng = np.random.default_rng(SEED)
    while n:
        brief = compose(rng, (SIDE, SIDE), everything=True, clean=True)
        if not allowed(brief.objects, brief.background):
            n -= 1
            yield render(rng, brief, sprites, (SIDE, SIDE), zoom=SCALE)


def psnr(got: Image.Image, want: Image.Image, where: np.ndarray | None = None) -> float:
    """dB; over the True of `where` alone if given."""
    apart = (np.asarray(got, np.float32) - np.asarray(want, np.float32)) ** 2
    return float(-10 * np.log10(max((apart if where is None else apart[where]).mean() / 255**2, 1e-10)))


def edges(where: Image.Image) -> np.ndarray:
    """(height, width) bools: within 6 pixels of an object's outline."""
    inside = np.asarray(where.reduce(2)) > 127
    line = np.zeros_like(inside)
    for axis in (0, 1):
        for by in (-3, 3):
            line |= inside != np.roll(inside, by, axis)
    return line.repeat(2, 0).repeat(2, 1)


@torch.no_grad()
def decoded(vae: AutoencoderTiny, small: Image.Image) -> Image.Image:
    """The picture through the autoencoder."""
    pixels = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    back = vae(pixels).sample[0].clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return Image.fromarray(back.permute(1, 2, 0).numpy())


def _row(apart: list[float]) -> dict[str, object]:
    values = np.array(apart)
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    mean = values.mean()
    row = {"value": mean, "low": mean - half, "high": mean + half}
    return {**{name: round(float(number), 3) for name, number in row.items()}, "unit": "dB", "n": len(values)}


def figures(weights: Path, work: Path, n: int = 60, sprites: Sprites | None = None) -> dict[str, dict[str, object]]:
    """{name: {"value", "unit", "n", "low", "high"}}, of n scenes; intervals are of 95 % (Student's t).

    weights   the upscaler's .safetensors; work: the folder with the sprites, unless others are given. Raises FileNotFoundError
    without sprites.
    """
    upscaler = Upscaler(str(weights), device="cpu")
    sprites = sprites or Sprites(work / "data", vector=True)
    vae = AutoencoderTiny.from_pretrained(part_of(work, "vae"))
    rows: dict[str, list[float]] = {
        "upscaler over Lanczos": [], "upscaler over Lanczos, at edges": [], "upscaler over Lanczos, decoded": []
    }  # fmt: skip
    for large, where, _ in held_out_scenes(n, sprites):
        small = large.reduce(SCALE)
        sharp, plain = upscaler.enlarge(small), small.resize(large.size, Image.Resampling.LANCZOS)
        line = edges(where)
        through = decoded(vae, small)
        pairs = (
            psnr(sharp, large) - psnr(plain, large),
            psnr(sharp, large, line) - psnr(plain, large, line),
            psnr(upscaler.enlarge(through), large) - psnr(through.resize(large.size, Image.Resampling.LANCZOS), large),
        )
        for row, apart in zip(rows.values(), pairs, strict=True):
            row.append(apart)
    return {name: _row(apart) for name, apart in rows.items()}


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--scenes", type=int, default=60)
    o = options.parse_args()
    options = [o.work / "upscaler", REPOSITORY / "sdkit" / "assets" / "pocket" / "upscaler"]
    weights = next(folder for folder in options if folder.is_dir()) / "model.safetensors"
    found = figures(weights, o.work, o.scenes)
    for name, row in found.items():
        print(f"{name}: {row['value']:+.2f} dB ({row['low']:+.2f} to {row['high']:+.2f}), n = {row['n']}")
    path = REPOSITORY / "out" / "figures" / "upscaler-eval.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
