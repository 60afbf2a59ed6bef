"""Step 6b: train the upscaler (a Real-ESRGAN compact network, four times) on crops of scenes drawn large.

What it learns to make sharp is, by halves, a scene scaled down, and that scene through the autoencoder with some noise on its
latents, as pictures are that a UNet made. Flat and line art are drawn at full size from the vectors; of the 3D renders there
is nothing larger than 256 pixels, so those scenes are drawn twice as large only. Resumes from its checkpoint.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from autoencoder import loss_of
from common import autocast, load_state, optimisers, parser, part_of, save_state
from diffusers import AutoencoderTiny
from safetensors.torch import save_file
from scenes import draw
from sharpness import figures
from sprites import Sprites
from torch.nn import functional as F

from sdkit.backends.networks import Compact

SCALE, WIDTH, BLOCKS = 4, 48, 10  # 0.23 million weights, 0.5 MB; a picture of 256 pixels takes 0.2 s on one core
SIDE = 48  # pixels of a small crop
POOL = 48  # scenes that crops are taken from at any time
OUTER = ("body.0.", f"body.{2 * BLOCKS + 2}.")


def build() -> Compact:
    """Starts as a plain enlargement by repetition: inner layers near the identity, the last one at zero."""
    network = Compact(WIDTH, BLOCKS, SCALE)
    kernels = [layer for layer in network.body if isinstance(layer, torch.nn.Conv2d)]
    for kernel in kernels[1:-1]:
        start = torch.zeros_like(kernel.weight)
        kernel.weight.data.mul_(0.5).add_(torch.nn.init.dirac_(start))
    torch.nn.init.zeros_(kernels[-1].weight)
    torch.nn.init.zeros_(kernels[-1].bias)
    return network


@torch.no_grad()
def fit_last(network: Compact, pairs: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """Give the last layer what is best for the others as they are, by least squares over `pairs` (small, large).

    Seconds of it are worth hundreds of steps: training then starts near Lanczos instead of at repeated pixels.
    """
    size = 9 * WIDTH + 1
    products, sums = torch.zeros(size, size, dtype=torch.float64), torch.zeros(size, 3 * SCALE**2, dtype=torch.float64)
    for small, large in pairs:
        seen = F.unfold(network.body[:-1](small), 3, padding=1).transpose(1, 2).flatten(0, 1)
        rows = torch.cat([seen, seen.new_ones(len(seen), 1)], 1)
        missing = F.pixel_unshuffle(large - F.interpolate(small, scale_factor=SCALE, mode="nearest"), SCALE)
        products += (rows.T @ rows).double().cpu()
        sums += (rows.T @ missing.permute(0, 2, 3, 1).flatten(0, 2)).double().cpu()
    solved = torch.linalg.solve(products + 1e-6 * products.diagonal().mean() * torch.eye(size, dtype=torch.float64), sums)
    last = network.body[-1]
    last.weight.copy_(solved[:-1].T.reshape(last.weight.shape))
    last.bias.copy_(solved[-1])


def spot(rng: np.random.Generator, where: np.ndarray, side: int) -> tuple[int, int]:
    """The corner (x, y) of a crop: mostly one with an edge of an object in it, else anywhere."""
    high, wide = where.shape
    corner = rng.integers(0, (wide - side + 1, high - side + 1))
    if rng.random() < 0.7:
        inside = where[::8, ::8] > 127
        y, x = np.nonzero(inside[:, 1:] != inside[:, :-1])
        if len(y):
            i = int(rng.integers(len(y)))
            middle = 8 * np.array([x[i], y[i]]) - rng.integers(side // 8, side - side // 8, 2)
            corner = np.clip(middle, 0, (wide - side, high - side))
    return int(corner[0]), int(corner[1])


def scene(rng: np.random.Generator, renders: Sprites, vectors: Sprites) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (h, w, 3) and where its objects are (h, w), both uint8: what a small crop should look like when enlarged."""
    if rng.random() < 0.6:
        drawn = draw(rng, vectors, (256, 256), zoom=4, wander=1.0)
    else:
        style = ("3d", "sticker")[int(rng.random() < 0.15)]
        drawn = draw(rng, renders, (256, 256), zoom=2, wander=1.0, style=style)
    return np.asarray(drawn.image), np.asarray(drawn.where)


def crops(seed: int, folder: Path, batch: int, queue: multiprocessing.Queue) -> None:
    """Worker: batches (n, SCALE SIDE, SCALE SIDE, 3) uint8 of large crops, forever; a new scene joins the pool for each."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    renders, vectors = Sprites(folder), Sprites(folder, vector=True)
    side, pool = SCALE * SIDE, []
    while True:
        pool = [*pool[-POOL + 1 :], scene(rng, renders, vectors)]
        out = []
        for _ in range(batch):
            pixels, where = pool[int(rng.integers(len(pool)))]
            x, y = spot(rng, where, side)
            crop = pixels[y : y + side, x : x + side]
            crop = np.rot90(crop, int(rng.integers(4)))[..., rng.permutation(3)]  # colours are for learning edges only
            out.append(crop[:, ::-1] if rng.random() < 0.5 else crop)
        queue.put(np.stack(out))


def shrunk(large: torch.Tensor) -> torch.Tensor:
    """(n, 3, h, w) in 0..1 at a quarter, by area, in whole steps of 1/255 as pictures have them."""
    return torch.nn.functional.avg_pool2d(large, SCALE).mul(255).round().div(255)


@torch.no_grad()
def through(vae: AutoencoderTiny, small: torch.Tensor, noise: float) -> torch.Tensor:
    """What becomes of pictures in 0..1 on the way through the latents, with up to `noise` of their deviation on them."""
    latents = vae.encode(2 * small - 1).latents
    amount = noise * torch.rand(len(latents), 1, 1, 1, device=latents.device)
    return (vae.decode(latents + amount * torch.randn_like(latents)).sample.clamp(-1, 1) / 2 + 0.5).float()


def save(network: Compact, folder: Path, steps: int) -> None:
    """model.safetensors, in half precision, by the names that the community uses; and a line on what it is."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"architecture": "SRVGGNetCompact", "num_feat": WIDTH, "num_conv": BLOCKS, "upscale": SCALE, "act_type": "prelu"}
    weights = {name: value.detach().half().contiguous().cpu() for name, value in network.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={key: str(value) for key, value in about.items()})
    (folder / "model.safetensors").chmod(0o644)  # safetensors writes for its owner alone; this one ships
    (folder / "config.json").write_text(json.dumps({**about, "steps": steps}, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--noise", type=float, default=0.15, help="most noise on latents, as a share of their deviation")
    options.add_argument("--steps", type=int, default=0, help="stop after so many steps, for a dry run")
    o = options.parse_args()
    torch.manual_seed(o.seed)
    state_path = o.work / "upscaler.pt"
    network = build().to(o.device, memory_format=torch.channels_last)
    vae = AutoencoderTiny.from_pretrained(part_of(o.work, "vae")).to(o.device, memory_format=torch.channels_last)
    vae.requires_grad_(False)
    steppers = optimisers(network, o.rate, OUTER)
    step, spent = 0, 0.0
    if state := load_state(state_path):
        network.load_state_dict(state["network"])
        for stepper, kept in zip(steppers, state["optimisers"], strict=True):
            stepper.load_state_dict(kept)
        step, spent = state["step"], state["spent"]
        print(f"goes on from step {step}, {spent / 60:.1f} minutes", flush=True)
    queue: multiprocessing.Queue = multiprocessing.Queue(8)

    def pair() -> tuple[torch.Tensor, torch.Tensor]:
        """A batch in 0..1, (n, 3, h, w): as it will be seen, and as it should become."""
        large = torch.from_numpy(queue.get()).to(o.device).permute(0, 3, 1, 2).float().div(255)
        small, half = shrunk(large), o.batch // 2
        with autocast(o.device):
            small = torch.cat([small[:half], through(vae, small[half:], o.noise)])
        layout = torch.channels_last
        return small.contiguous(memory_format=layout), large.contiguous(memory_format=layout)

    multiprocessing.Process(target=crops, args=(o.seed + step, o.work / "data", o.batch, queue), daemon=True).start()

    def keep() -> None:
        kept = [stepper.state_dict() for stepper in steppers]
        save_state(state_path, network=network.state_dict(), optimisers=kept, step=step, spent=spent)
        save(network, o.work / "upscaler", step)

    if not step:
        fit_last(network, (pair() for _ in range(8)))
    last, saved, running, first = time.time(), time.time(), None, step
    while (share := spent / (60 * o.minutes)) < 1 and not (o.steps and step - first >= o.steps):
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = group["peak"] * min(1, (step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        small, large = pair()
        with autocast(o.device):
            got = network(small)
        loss = loss_of(got.float(), large)
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        step += 1
        now = time.time()
        spent, last = spent + now - last, now
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if step % (10 if o.steps else 100) == 0:
            print(f"step {step} {spent / 60:.1f} min loss {running:.4f} waiting {queue.qsize()}", flush=True)
        if now - saved > 60:
            keep()
            saved = now
    keep()
    if not o.steps:
        for name, row in figures(o.work / "upscaler" / "model.safetensors", o.work).items():
            print(f"{name}: {row['value']:+.2f} {row['unit']} ({row['low']:+.2f} to {row['high']:+.2f}), n = {row['n']}")
    print(f"done: {step} steps", flush=True)


if __name__ == "__main__":
    main()
