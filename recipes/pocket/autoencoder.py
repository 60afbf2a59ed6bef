"""Step 2: train the autoencoder (a 32-wide AutoencoderTiny) on crops of rendered scenes.

Latents are pushed toward mean 0 and standard deviation 1 per channel; what the standard deviation still is over whole
scenes becomes the configuration's `scaling_factor`. (Folding it into the weights instead pushes latents into the
decoder's tanh and costs 10 dB.) Resumes from its checkpoint.

`--decoder` trains the decoder alone, so that latents already cached stay true. Half of its scenes have their objects where
training puts them, on the 8-pixel grid: there the decoder may learn the very sprites, and draw them sharp from latents that
are a little off, as a UNet's are.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from pathlib import Path

import numpy as np
import torch
from common import autocast, load_state, optimisers, parser, part_of, save_state, to_tensor
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from scenes import draw
from sprites import Sprites

CROP = 64


def build() -> AutoencoderTiny:
    """32 wide, 4 latent channels, factor 8. Residual blocks start at the identity, so that the loss starts low and the
    depth does not blow the signal up."""
    vae = AutoencoderTiny(
        encoder_block_out_channels=(32,) * 4, decoder_block_out_channels=(32,) * 4,
        num_encoder_blocks=(1, 2, 2, 3), num_decoder_blocks=(4, 3, 2, 1),
    )  # fmt: skip
    for module in vae.modules():
        if isinstance(module, AutoencoderTinyBlock):
            last = [m for m in module.conv if isinstance(m, torch.nn.Conv2d)][-1]
            torch.nn.init.zeros_(last.weight)
            torch.nn.init.zeros_(last.bias)
    for half in (vae.encoder, vae.decoder):
        for module in half.layers:
            if isinstance(module, torch.nn.Conv2d):
                start = torch.zeros_like(module.weight)
                torch.nn.init.dirac_(start)
                module.weight.data.mul_(0.3).add_(start)
    return vae


def crops(seed: int, folder: Path, batch: int, queue: multiprocessing.Queue, side: int = CROP, grid: int = 1) -> None:
    """Worker: batches of crops of rendered scenes, at whole multiples of `grid` pixels, forever."""
    torch.set_num_threads(1)
    sprites = Sprites(folder)
    rng = np.random.default_rng(seed)
    while True:
        out: list = []
        while len(out) < batch:
            wander = 1.0 if grid == 1 else float(rng.integers(2))
            image = draw(rng, sprites, wander=wander).image
            for _ in range(6 if side == CROP else 2):
                x = grid * int(rng.integers(0, (image.width - side) // grid + 1))
                y = grid * int(rng.integers(0, (image.height - side) // grid + 1))
                out.append(image.crop((x, y, x + side, y + side)))
        queue.put(np.stack([np.asarray(i) for i in out[:batch]]))


def loss_of(got: torch.Tensor, want: torch.Tensor) -> torch.Tensor:
    """L1 on pixels and on their differences along x and y."""
    d = got - want
    dx, dy = d[..., 1:] - d[..., :-1], d[..., 1:, :] - d[..., :-1, :]
    return d.abs().mean() + dx.abs().mean() + dy.abs().mean()


@torch.no_grad()
def psnr(vae, sprites, device, n=24) -> float:
    """Mean over scenes as the UNet is taught them, dB."""
    rng = np.random.default_rng(10**6)
    pixels = to_tensor([draw(rng, sprites, (256, 256), clean=True).image for _ in range(n)]).to(device)
    got = vae(pixels).sample.clamp(-1, 1)
    mse = ((got - pixels) / 2).pow(2).mean((1, 2, 3))
    return float((-10 * torch.log10(mse)).mean())


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=25.0)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--noise", type=float, default=0.03, help="most noise on latents, as a share of their deviation")
    options.add_argument("--start", type=Path, help="an AutoencoderTiny to go on from, such as ../../sdkit/assets/pocket/vae")
    options.add_argument("--decoder", action="store_true", help="train the decoder alone")
    o = options.parse_args()
    torch.manual_seed(o.seed)
    state_path = o.work / ("decoder.pt" if o.decoder else "autoencoder.pt")
    start = o.start or (part_of(o.work, "vae") if o.decoder else None)
    vae = AutoencoderTiny.from_pretrained(start) if start else build()
    vae = vae.to(o.device, memory_format=torch.channels_last)
    vae.encoder.requires_grad_(not o.decoder)
    steppers = optimisers(vae, o.rate)
    step, spent = 0, 0.0
    if state := load_state(state_path):
        vae.load_state_dict(state["vae"])
        for stepper, kept in zip(steppers, state["optimisers"], strict=True):
            stepper.load_state_dict(kept)
        step, spent = state["step"], state["spent"]
    queue: multiprocessing.Queue = multiprocessing.Queue(8)
    shape = (2 * CROP, 8) if o.decoder else (CROP, 1)  # larger crops: the decoder sees the object around a pixel
    batch = max(1, o.batch // 4) if o.decoder else o.batch
    work = (o.seed + step, o.work / "data", batch, queue, *shape)
    multiprocessing.Process(target=crops, args=work, daemon=True).start()
    sprites = Sprites(o.work / "data")
    print(f"at first: psnr {psnr(vae, sprites, o.device):.2f} dB", flush=True)

    def save() -> None:
        kept = [stepper.state_dict() for stepper in steppers]
        save_state(state_path, vae=vae.state_dict(), optimisers=kept, step=step, spent=spent)

    last, saved, running = time.time(), time.time(), None
    while (share := spent / (60 * o.minutes)) < 1:
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = group["peak"] * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        pixels = torch.from_numpy(queue.get()).to(o.device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with autocast(o.device):
            with torch.set_grad_enabled(not o.decoder):
                latents = vae.encode(pixels).latents
            mean, std = latents.float().mean((0, 2, 3)), latents.float().std((0, 2, 3))
            # The UNet's latents will not be exact either: the decoder learns to draw clean edges from them all the same.
            amount = o.noise * torch.rand(len(latents), 1, 1, 1, device=latents.device)
            noisy = latents + amount * torch.randn_like(latents)
            got = vae.decode(noisy).sample
        loss = loss_of(got.float(), pixels)
        regular = 0.1 * (mean.pow(2).mean() + (std - 1).pow(2).mean())
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        (loss + regular).backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        step += 1
        now = time.time()
        spent, last = spent + now - last, now
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 0:
            print(
                f"step {step} {spent / 60:.1f} min loss {running:.4f} std {std.detach().numpy(force=True).round(2)}", flush=True
            )
        if step % 1000 == 0:
            print(f"step {step} psnr {psnr(vae, sprites, o.device):.2f} dB", flush=True)
            last = time.time()
        if now - saved > 60:
            save()
            saved = now
    save()
    if not o.decoder:
        rng = np.random.default_rng(7)
        with torch.no_grad():
            pixels = to_tensor([draw(rng, sprites, (256, 256)).image for _ in range(64)]).to(o.device)
            latents = vae.encode(pixels).latents
        print(f"latents: mean {latents.mean((0, 2, 3)).tolist()} std {latents.std((0, 2, 3)).tolist()}", flush=True)
        vae.register_to_config(scaling_factor=round(1 / float(latents.std()), 4))
    vae.save_pretrained(o.work / "vae")
    print(f"done: {step} steps, psnr {psnr(vae, sprites, o.device):.2f} dB", flush=True)


if __name__ == "__main__":
    main()
