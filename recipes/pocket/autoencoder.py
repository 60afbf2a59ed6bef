"""Step 2: train the autoencoder (a 32-wide AutoencoderTiny) on crops of rendered scenes.

Latents are pushed toward mean 0 and standard deviation 1 per channel; what is left is folded into the encoder's last
convolution at three quarters of the time, after which only the decoder trains. Resumes from its checkpoint.
"""

from __future__ import annotations

import multiprocessing
import time

import numpy as np
import torch
import torch.nn.functional as F
from common import load_state, parser, save_state, sprites_folder, to_tensor
from diffusers import AutoencoderTiny
from scenes import draw, load_sprites

CROP = 64


def build() -> AutoencoderTiny:
    """32 wide, 4 latent channels, factor 8; started near the identity, without which the loss starts four times higher."""
    vae = AutoencoderTiny(
        encoder_block_out_channels=(32,) * 4, decoder_block_out_channels=(32,) * 4,
        num_encoder_blocks=(1, 2, 2, 3), num_decoder_blocks=(4, 3, 2, 1),
    )  # fmt: skip
    for module in vae.modules():
        if isinstance(module, torch.nn.Conv2d) and module.kernel_size == (3, 3):
            start = torch.zeros_like(module.weight)
            torch.nn.init.dirac_(start)
            module.weight.data.mul_(0.3).add_(start)
    return vae


def crops(seed: int, sprites_path, batch: int, queue) -> None:
    """Worker: batches of crops, taken near the object three times in four, forever."""
    torch.set_num_threads(1)
    sprites = load_sprites(sprites_path)
    rng = np.random.default_rng(seed)
    while True:
        out = []
        while len(out) < batch:
            image = draw(rng, sprites, defects=0.15).image
            for _ in range(6):
                x = int(rng.integers(0, image.width - CROP + 1))
                y = int(rng.integers(0, image.height - CROP + 1))
                out.append(image.crop((x, y, x + CROP, y + CROP)))
        queue.put(np.stack([np.asarray(i) for i in out[:batch]]))


def loss_of(got: torch.Tensor, want: torch.Tensor) -> torch.Tensor:
    """L1 on pixels and on their differences along x and y."""
    d = got - want
    dx, dy = d[..., 1:] - d[..., :-1], d[..., 1:, :] - d[..., :-1, :]
    return d.abs().mean() + dx.abs().mean() + dy.abs().mean()


@torch.no_grad()
def fold_normalisation(vae: AutoencoderTiny, pixels: torch.Tensor) -> None:
    """Make the latents of `pixels` mean 0, std 1 per channel by changing the encoder's last convolution."""
    latents = vae.encode(pixels).latents.float()
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    last = [m for m in vae.encoder.modules() if isinstance(m, torch.nn.Conv2d)][-1]
    last.weight.div_(std[:, None, None, None])
    last.bias.sub_(mean).div_(std)
    print(f"folded mean {mean.tolist()} std {std.tolist()}", flush=True)


@torch.no_grad()
def psnr(vae, sprites, device, n=24) -> float:
    rng = np.random.default_rng(10**6)
    pixels = to_tensor([draw(rng, sprites, (256, 256), defects=0.0).image for _ in range(n)]).to(device)
    got = vae(pixels).sample.clamp(-1, 1)
    mse = ((got - pixels) / 2).pow(2).mean((1, 2, 3))
    return float((-10 * torch.log10(mse)).mean())


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=25.0)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--rate", type=float, default=2e-3)
    o = options.parse_args()
    torch.manual_seed(o.seed)
    state_path = o.work / "autoencoder.pt"
    vae = build().to(o.device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(vae.parameters(), lr=o.rate, betas=(0.9, 0.99), weight_decay=1e-4)
    step, spent, folded = 0, 0.0, False
    if state := load_state(state_path):
        vae.load_state_dict(state["vae"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent, folded = state["step"], state["spent"], state["folded"]
    queue = multiprocessing.Queue(8)
    multiprocessing.Process(target=crops, args=(o.seed + step, sprites_folder(o.work), o.batch, queue), daemon=True).start()
    sprites = load_sprites(sprites_folder(o.work))

    last, saved, running = time.time(), time.time(), None
    while (share := spent / (60 * o.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = o.rate * min(1, (step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * share)))
        pixels = torch.from_numpy(queue.get()).to(o.device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        if share > 0.75 and not folded:
            rng = np.random.default_rng(7)
            fold_normalisation(vae, to_tensor([draw(rng, sprites, (256, 256)).image for _ in range(64)]).to(o.device))
            vae.encoder.requires_grad_(False)
            folded = True
        with torch.autocast(o.device.split(":")[0], torch.bfloat16):
            latents = vae.encode(pixels).latents
            mean, std = latents.float().mean((0, 2, 3)), latents.float().std((0, 2, 3))
            noisy = latents + 0.03 * torch.randn_like(latents)  # the UNet's latents will not be exact either
            got = vae.decode(noisy).sample
        loss = loss_of(got.float(), pixels)
        regular = 0.0 if folded else 0.05 * (mean.pow(2).mean() + (std - 1).pow(2).mean())
        optimiser.zero_grad(set_to_none=True)
        (loss + regular).backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimiser.step()
        step += 1
        now = time.time()
        spent, last = spent + now - last, now
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 0:
            print(f"step {step} {spent / 60:.1f} min loss {running:.4f} std {std.detach().numpy(force=True).round(2)}", flush=True)
        if step % 1000 == 0:
            print(f"step {step} psnr {psnr(vae, sprites, o.device):.2f} dB", flush=True)
            last = time.time()
        if now - saved > 60:
            save_state(state_path, vae=vae.state_dict(), optimiser=optimiser.state_dict(), step=step, spent=spent, folded=folded)
            saved = now
    save_state(state_path, vae=vae.state_dict(), optimiser=optimiser.state_dict(), step=step, spent=spent, folded=folded)
    vae.save_pretrained(o.work / "vae")
    print(f"done: {step} steps, psnr {psnr(vae, sprites, o.device):.2f} dB", flush=True)


if __name__ == "__main__":
    main()
