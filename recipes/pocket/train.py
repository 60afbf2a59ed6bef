"""Step 4: train the UNet and the text encoder together, on cached latents. Resumes from its checkpoint.

v-prediction with zero terminal SNR (solid black and white backgrounds need it), less weight for little noise, one caption in ten
left empty for classifier-free guidance, an exponential average of the weights.
"""

from __future__ import annotations

import copy
import json
import math
import random
import time
from pathlib import Path

import torch
from common import load_state, parser, part_of, save_state
from diffusers import DDIMScheduler, UNet2DConditionModel
from safetensors import safe_open
from text import build_encoder
from transformers import CLIPTextModel, CLIPTokenizer

WIDTHS = (48, 128, 256)


def scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=True,
        steps_offset=0, prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing",
    )  # fmt: skip


def build_unet() -> UNet2DConditionModel:
    """16.8 M parameters: cross-attention at the two lower levels, and the pooled text in every residual block."""
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=4, out_channels=4, block_out_channels=WIDTHS, layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=192, attention_head_dim=(1, 2, 4), norm_num_groups=16, use_linear_projection=True,
        addition_embed_type="text", addition_embed_type_num_heads=4, resnet_time_scale_shift="scale_shift",
    )  # fmt: skip
    torch.nn.init.zeros_(unet.conv_out.weight)
    torch.nn.init.zeros_(unet.conv_out.bias)
    return unet


class Latents:
    """The shards on disk, in memory; `refresh` takes in new ones."""

    def __init__(self, folder, tokenizer) -> None:
        self.folder, self.tokenizer, self.seen = folder, tokenizer, set()
        self.pools: dict[str, tuple[list, list, list]] = {}  # shape -> latents, tokens, where the object is

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("*.safetensors")):
            if path in self.seen:
                continue
            self.seen.add(path)
            with safe_open(path, "pt") as shard:
                captions = json.loads(shard.metadata()["captions"])
                for name, words in captions.items():
                    latents, tokens, objects = self.pools.setdefault(name, ([], [], []))
                    latents.append(shard.get_tensor(name))
                    tokens.append(self.tokenize(words))
                    objects.append(shard.get_tensor(f"{name} object"))

    def tokenize(self, words: list[str]) -> torch.Tensor:
        return self.tokenizer(words, padding="max_length", truncation=True, return_tensors="pt").input_ids.to(torch.int16)

    def batch(self, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Latents, tokens and object masks (0 to 1) of one shape, the shapes as often as they occur."""
        names = list(self.pools)
        counts = [sum(len(x) for x in self.pools[n][0]) for n in names]
        pool = self.pools[random.choices(names, counts)[0]]
        picks = [(s := random.randrange(len(pool[0])), random.randrange(len(pool[0][s]))) for _ in range(size)]
        latents, tokens, objects = (torch.stack([kind[s][i] for s, i in picks]) for kind in pool)
        return latents.float(), tokens.long(), objects.float() / 255

    def __len__(self) -> int:
        return sum(len(x) for latents, *_ in self.pools.values() for x in latents)


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=75.0)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--object-weight", type=float, default=3.0, help="of the object's latents; the background's is 1")
    options.add_argument("--start", type=Path, help="a diffusers folder to go on from, such as ../../sdkit/assets/pocket")
    options.add_argument("--steps", type=int, default=0, help="stop after this many steps (for a dry run)")
    o = options.parse_args()
    torch.manual_seed(o.seed)
    random.seed(o.seed)
    kind = o.device.split(":")[0]
    tokenizer = CLIPTokenizer.from_pretrained(part_of(o.work, "tokenizer"))
    data = Latents(o.work / "latents", tokenizer)
    data.refresh()
    unet, encoder = build_unet().to(o.device, memory_format=torch.channels_last), build_encoder(tokenizer).to(o.device)
    print(
        f"unet {unet.num_parameters() / 1e6:.1f} M, text {encoder.num_parameters() / 1e6:.1f} M, {len(data)} scenes", flush=True
    )
    if o.start:
        unet.load_state_dict(UNet2DConditionModel.from_pretrained(o.start / "unet").state_dict())
        encoder.load_state_dict(CLIPTextModel.from_pretrained(o.start / "text_encoder", dtype=torch.float32).state_dict())
    model = torch.nn.ModuleDict({"unet": unet, "text": encoder})
    average = copy.deepcopy(model).requires_grad_(False)
    optimiser = torch.optim.AdamW(model.parameters(), lr=o.rate, betas=(0.9, 0.99), weight_decay=0.01)
    noise_of = scheduler()
    snr = noise_of.alphas_cumprod / (1 - noise_of.alphas_cumprod)
    # Of the steps with little noise less (by 6 / (SNR + 1), as min-SNR does), of the noisiest all: they decide what is drawn.
    weights = (6 / (snr + 1)).clamp(max=1).to(o.device)
    empty = data.tokenize([""])[0].long()

    state_path, step, spent, running = o.work / "train.pt", 0, 0.0, None
    if state := load_state(state_path):
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
        random.seed(o.seed + step)
        torch.manual_seed(o.seed + step)

    def save() -> None:
        save_state(
            state_path, model=model.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(),
            step=step, spent=spent,
        )  # fmt: skip

    last, saved = time.time(), time.time()
    while (share := spent / (60 * o.minutes)) < 1 and not (o.steps and step >= o.steps):
        rate = o.rate * min(1, (step + 1) / 100) * (1 if share < 0.3 else 0.01 + 0.99 * (1 - (share - 0.3) / 0.7))
        for group in optimiser.param_groups:
            group["lr"] = rate
        latents, tokens, objects = data.batch(o.batch)
        tokens[torch.rand(len(tokens)) < 0.1] = empty
        latents, tokens = latents.to(o.device, memory_format=torch.channels_last), tokens.to(o.device)
        noise = torch.randn_like(latents)
        # Stratified times: the same spread in every batch, so a quieter gradient.
        times = ((torch.arange(o.batch) + torch.rand(o.batch)) / o.batch * 1000).long().clamp(max=999).to(o.device)
        noisy, target = noise_of.add_noise(latents, noise, times), noise_of.get_velocity(latents, noise, times)
        with torch.autocast(kind, torch.bfloat16):
            got = unet(noisy, times, encoder(tokens).last_hidden_state).sample
        square = (got.float() - target).pow(2)
        value = square.mean().item()
        # An object is a fifth of its picture, and what people look at: its latents count more.
        where = 1 + (o.object_weight - 1) * objects.to(o.device)
        each = (square * where / where.mean()).mean((1, 2, 3))
        loss = (each * weights[times]).mean() / weights.mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        decay = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        step += 1
        now = time.time()
        spent, last = spent + min(now - last, 20), now  # a machine asleep is no training
        if not math.isfinite(value):
            raise SystemExit(f"step {step}: the loss is {value}; start again from {state_path} with a lower --rate")
        running = value if running is None else 0.98 * running + 0.02 * value
        if step % 25 == 0:
            print(f"step {step} {spent / 60:.1f} min loss {running:.4f} rate {rate:.1e} scenes {len(data)}", flush=True)
            data.refresh()
        if now - saved > 180:
            save()
            saved = now
    save()
    print(f"done: {step} steps, {step * o.batch} samples, loss {running if running else 0:.4f}", flush=True)


if __name__ == "__main__":
    main()
