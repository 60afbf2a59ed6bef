"""Step 8: a LoRA that draws in four steps without guidance, for live previews; taught by the UNet of step 5 itself.

The teacher draws pictures of captions with its twenty steps and its guidance, and keeps what it saw at the four noise levels that
LCMScheduler visits. The LoRA then learns to go from each of them straight to the end. That is consistency distillation with
the trajectory solved instead of estimated, which is affordable here and leaves no bias. Used as any LCM LoRA is: load it, take
LCMScheduler, 4 steps, guidance 1. Resumes: trajectories are kept in shards, the LoRA in its checkpoint.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import torch
from assemble import pipeline_of
from briefs import SHAPE_WEIGHTS, SHAPES, compose
from captions import caption
from common import autocast, load_state, parser, save_state
from diffusers import LCMScheduler, StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from train import scheduler

STEPS = 4
SHARD = 64  # trajectories
TARGETS = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "conv1",
    "conv2",
    "proj_in",
    "proj_out",
    "ff.net.0.proj",
    "ff.net.2",
    "time_emb_proj",
)


def times() -> list[int]:
    """The noise levels of four LCM steps, noisiest first."""
    lcm = LCMScheduler.from_config(scheduler().config)
    lcm.set_timesteps(STEPS)
    return lcm.timesteps.tolist()


def prompts(seed: tuple[int, int], shape: tuple[int, int]) -> list[str]:
    rng = np.random.default_rng(seed)
    return [caption(rng, compose(rng, shape, clean=True)) for _ in range(SHARD)]


@torch.no_grad()
def trajectories(
    pipeline: StableDiffusionPipeline, captions: list[str], shape: tuple[int, int], guidance: float, steps: int, seed: int
) -> dict[str, torch.Tensor]:
    """ "{t}": latents (n, 4, h, w) at each of `times()`, interpolated between the teacher's steps; "end"; float16."""
    solver = pipeline.scheduler
    solver.set_timesteps(steps)
    device = pipeline.device
    words, empty = pipeline.encode_prompt(captions, device, 1, True)
    z = torch.randn(len(captions), 4, shape[1] // 8, shape[0] // 8, generator=torch.Generator().manual_seed(seed)).to(device)
    found, wanted = {}, times()
    for t in solver.timesteps.tolist():
        for level in [w for w in wanted if w >= t and str(w) not in found]:
            found[str(level)] = z.half().cpu()
        with autocast(device):
            told, untold = pipeline.unet(torch.cat([z, z]), t, torch.cat([words, empty])).sample.float().chunk(2)
        z = solver.step(untold + guidance * (told - untold), t, z).prev_sample
    return {**found, "end": z.half().cpu()}


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--trajectories", type=int, default=1024)
    options.add_argument("--minutes", type=float, default=6.0, help="of training, after the trajectories")
    options.add_argument("--rank", type=int, default=16)
    options.add_argument("--batch", type=int, default=48)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--guidance", type=float, default=3.0)
    o = options.parse_args()
    torch.manual_seed(o.seed)
    state = load_state(o.work / "train.pt")
    if state is None:
        raise SystemExit(f"{o.work / 'train.pt'} is not there: run train.py first")
    pipeline = pipeline_of(o.work, state["average"]).to(o.device, torch.float32)
    folder = o.work / "trajectories"
    folder.mkdir(parents=True, exist_ok=True)
    shapes = [SHAPES[int(i)] for i in np.random.default_rng(o.seed).choice(len(SHAPES), 4096, p=SHAPE_WEIGHTS)]
    for k in range(o.trajectories // SHARD):
        path = folder / f"{k:04d}.safetensors"
        if path.exists():
            continue
        start, captions = time.time(), prompts((o.seed, k), shapes[k])
        save_file(trajectories(pipeline, captions, shapes[k], o.guidance, 20, o.seed * 10_000 + k), path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
        print(f"trajectories {k}: {SHARD} of {shapes[k]} in {time.time() - start:.0f} s", flush=True)

    shards = []
    for k in range(o.trajectories // SHARD):
        words, _ = pipeline.encode_prompt(prompts((o.seed, k), shapes[k]), pipeline.device, 1, False)
        shards.append((load_file(folder / f"{k:04d}.safetensors"), words.detach()))
    unet, levels = pipeline.unet, times()
    unet.requires_grad_(False)
    unet.add_adapter(LoraConfig(r=o.rank, lora_alpha=o.rank, target_modules=list(TARGETS), init_lora_weights="gaussian"))
    weights = [p for p in unet.parameters() if p.requires_grad]
    print(f"LoRA of {sum(p.numel() for p in weights) / 1e6:.2f} M on {len(shards) * SHARD} trajectories", flush=True)
    stepper = torch.optim.AdamW(weights, lr=o.rate, weight_decay=0.0)
    alphas = scheduler().alphas_cumprod
    state_path, step, spent, running = o.work / "few_steps.pt", 0, 0.0, None
    if kept := load_state(state_path):
        with torch.no_grad():
            for weight, value in zip(weights, kept["lora"], strict=True):
                weight.copy_(value)
        stepper.load_state_dict(kept["optimiser"])
        step, spent = kept["step"], kept["spent"]

    def save() -> None:
        lora = [w.detach().cpu() for w in weights]
        save_state(state_path, lora=lora, optimiser=stepper.state_dict(), step=step, spent=spent)

    last = saved = time.time()
    while (share := spent / (60 * o.minutes)) < 1:
        for group in stepper.param_groups:
            group["lr"] = o.rate * min(1, (step + 1) / 20) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        latents, words = shards[int(torch.randint(len(shards), ()))]
        area = latents["end"][0, 0].numel() / 1024
        rows = torch.randint(SHARD, (max(1, round(o.batch / area)),))
        end = latents["end"][rows].float().to(o.device)
        level = torch.tensor(levels)[torch.randint(STEPS, (len(rows),))]
        seen = torch.stack([latents[str(int(t))][i] for t, i in zip(level, rows, strict=True)]).float().to(o.device)
        # Later steps see the noise that LCMScheduler adds to its own last guess, not the teacher's path: half of the time, so.
        a = alphas[level].view(-1, 1, 1, 1).to(o.device)
        renoised = a.sqrt() * end + (1 - a).sqrt() * torch.randn_like(end)
        seen = torch.where((torch.rand(len(rows), 1, 1, 1) < 0.5).to(o.device) & (a > 0.001), renoised, seen)
        with autocast(o.device):
            v = unet(seen, level.to(o.device), words[rows]).sample.float()
        guess = a.sqrt() * seen - (1 - a).sqrt() * v
        loss = ((guess - end).pow(2) + 0.01).sqrt().mean() - 0.1  # pseudo-Huber: a wrong object must not rule the batch
        stepper.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        stepper.step()
        step += 1
        now = time.time()
        spent, last = spent + min(now - last, 20), now
        running = loss.item() if running is None else 0.97 * running + 0.03 * loss.item()
        if step % 20 == 0:
            print(f"step {step} {spent / 60:.1f} min loss {running:.4f}", flush=True)
        if now - saved > 60:
            save()
            saved = now
    save()
    write(unet, o.work / "few-steps")
    print(f"done: {step} steps, loss {running or 0:.4f}; {o.work / 'few-steps'}", flush=True)


def write(unet, folder: Path) -> None:
    """The adapter as diffusers' `load_lora_weights` reads it, float16."""
    lora = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers={k: v.half().contiguous() for k, v in lora.items()})


if __name__ == "__main__":
    main()
