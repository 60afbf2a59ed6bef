"""Step 5: train the UNet on cached latents, told by the text encoder of step 4, which learns on beside it. Resumes.

v-prediction with zero terminal SNR (solid black and white backgrounds need it), less weight for little noise, one caption in ten
left empty for classifier-free guidance, an exponential average of the weights. Later on half of every batch also teaches what
negative prompts mean (`negatives.py`); the average says what is drawn for no words.
"""

from __future__ import annotations

import copy
import math
import time
from functools import partial
from pathlib import Path

import torch
from common import autocast, load_state, optimisers, parser, part_of, save_state
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from latents import Latents, tokens_of
from negatives import BORDER, EDGE, Teacher, steepness, task, taught
from transformers import CLIPTextModel, CLIPTokenizer

WIDTHS = (32, 96, 192, 256)
LESSONS = 0.5  # what a lesson about negatives counts beside a scene


def scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=True,
        steps_offset=0, prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing",
    )  # fmt: skip


def build_unet() -> UNet2DConditionModel:
    """17.1 M parameters, most of them where a picture is 8 or 4 latents wide and they cost little; there also is the
    attention to the words, whose pooled states go into every residual block besides."""
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=4, out_channels=4, block_out_channels=WIDTHS, layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"), time_embedding_dim=256,
        cross_attention_dim=192, attention_head_dim=(1, 2, 3, 4), norm_num_groups=16, use_linear_projection=True,
        addition_embed_type="text", addition_embed_type_num_heads=4, resnet_time_scale_shift="scale_shift",
    )  # fmt: skip
    torch.nn.init.zeros_(unet.conv_out.weight)
    torch.nn.init.zeros_(unet.conv_out.bias)
    return unet


def predict(model: torch.nn.ModuleDict, noisy: torch.Tensor, times: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """v for noisy latents (n, 4, h, w) at times (n,), told token rows (n, 77)."""
    with autocast(noisy.device):
        return model["unet"](noisy, times, model["encoder"](tokens).last_hidden_state).sample.float()


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=100.0)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--hold", type=float, default=0.3, help="share of the time before the rate falls")
    options.add_argument("--encoder-rate", type=float, default=4e-4, help="of the text encoder; 0 leaves it as it is")
    options.add_argument("--object-weight", type=float, default=3.0, help="of the object's latents; the background's is 1")
    options.add_argument("--negatives", type=float, default=0.35, help="share of the time before negatives are taught, too")
    options.add_argument("--start", type=Path, help="a UNet to go on from, such as ../../sdkit/assets/pocket/unet")
    options.add_argument("--steps", type=int, default=0, help="stop after this many steps (for a dry run)")
    o = options.parse_args()
    torch.manual_seed(o.seed)
    kind = o.device.split(":")[0]
    tokenizer = CLIPTokenizer.from_pretrained(part_of(o.work, "tokenizer"))
    encoder = CLIPTextModel.from_pretrained(part_of(o.work, "text_encoder"), dtype=torch.float32).to(o.device)
    data, empty = Latents(o.work / "latents", partial(tokens_of, tokenizer), o.seed), tokens_of(tokenizer, [""])[0]
    data.refresh()
    teacher = Teacher(tokenizer, o.seed)
    unet = UNet2DConditionModel.from_pretrained(o.start) if o.start else build_unet()
    unet = unet.to(o.device, memory_format=torch.channels_last)
    if kind == "cpu":
        unet.set_attn_processor(AttnProcessor())  # a tenth faster than torch's own attention on so few places
    print(f"unet {unet.num_parameters() / 1e6:.1f} M, {len(data)} scenes", flush=True)
    encoder.requires_grad_(o.encoder_rate > 0)
    model = torch.nn.ModuleDict({"unet": unet, "encoder": encoder})
    average = copy.deepcopy(model).requires_grad_(False)
    steppers = optimisers(unet, o.rate) + (optimisers(encoder, o.encoder_rate) if o.encoder_rate else [])
    noise_of = scheduler()
    snr = noise_of.alphas_cumprod / (1 - noise_of.alphas_cumprod)
    # Of the steps with little noise less (by 12 / (SNR + 1), as min-SNR does), of the noisiest all: they decide what is drawn.
    weights = (12 / (snr + 1)).clamp(max=1).to(o.device)

    state_path, step, samples, spent = o.work / "train.pt", 0, 0, 0.0
    running = pushed = None
    if state := load_state(state_path):
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        for stepper, kept in zip(steppers, state["optimisers"], strict=True):
            stepper.load_state_dict(kept)
        step, samples, spent = state["step"], state["samples"], state["spent"]
        torch.manual_seed(o.seed + step)
        data.chance.seed(o.seed + step)
        teacher.chance.seed(o.seed + step)

    def save() -> None:
        kept = [stepper.state_dict() for stepper in steppers]
        save_state(
            state_path, model=model.state_dict(), average=average.state_dict(), optimisers=kept, step=step, samples=samples,
            spent=spent,
        )  # fmt: skip

    last = saved = time.time()
    while (share := spent / (60 * o.minutes)) < 1 and not (o.steps and step >= o.steps):
        rate = min(1, (step + 1) / 100) * (1 if share < o.hold else 0.01 + 0.99 * (1 - share) / (1 - o.hold))
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = group["peak"] * rate
        batch = data.batch(o.batch)
        asked, count = task(batch, tokenizer), len(batch.latents)
        under, wanted = (x.to(o.device, memory_format=torch.channels_last) for x in (asked.under, asked.wanted))
        untold = torch.rand(count) < 0.1
        asked.tokens[untold] = empty
        noise = torch.randn_like(under)
        # Stratified times: the same spread in every batch, so a quieter gradient.
        times = ((torch.arange(count) + torch.rand(count)) / count * 1000).long().clamp(max=999).to(o.device)
        steep = steepness(noise_of.alphas_cumprod[times.cpu()]).to(o.device)
        noisy, target = noise_of.add_noise(under, noise, times), noise_of.get_velocity(under, noise, times)
        square = (predict(model, noisy, times, asked.tokens.to(o.device)) - target + steep * (wanted - under)).pow(2)
        value = square.mean().item()
        # An object is a fifth of its picture, and what people look at: its latents count more.
        where = 1 + (o.object_weight - 1) * batch.objects.to(o.device)
        where[untold, :, :, -EDGE:] *= BORDER
        each = (square * where / where.mean()).mean((1, 2, 3))
        loss = (each * weights[times]).mean() / weights.mean()
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss.backward()
        if share >= o.negatives:
            few = taught(batch.gone, max(1, count // 2))
            steep, times = steep[few], times[few]
            lessons = teacher.lessons(batch.some(few))
            under, besides, scale, back = (
                x.to(o.device) for x in (lessons.under, lessons.besides, lessons.scale, lessons.back)
            )
            noisy = noise_of.add_noise(under, noise[few], times)
            words = (back > 0).flatten()
            with torch.no_grad():
                drawn = predict(average, noisy, times, empty.to(o.device).expand(len(few), -1))
                wanted = drawn - steep * besides
                if words.any():
                    opened, plain = (
                        predict(average, noisy[words], times[words], rows[words.cpu()].to(o.device))
                        for rows in (lessons.opened, lessons.plain)
                    )
                    wanted[words] += back[words] * (opened - plain)
            apart = predict(model, noisy, times, lessons.negative.to(o.device)) - wanted
            apart = apart / (steep * scale)  # as shares of the defect: every step and every one counts alike
            apart[..., -EDGE:] *= BORDER**0.5
            missed = apart.pow(2).mean()
            (LESSONS * missed).backward()
            pushed = missed.item() if pushed is None else 0.98 * pushed + 0.02 * missed.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        decay = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        step += 1
        now = time.time()
        spent, last = spent + min(now - last, 20), now  # a machine asleep is no training
        if not math.isfinite(value):
            raise SystemExit(f"step {step}: the loss is {value}; start again from {state_path} with a lower --rate")
        samples += count
        running = value if running is None else 0.98 * running + 0.02 * value
        if step % 25 == 0:
            told = f"step {step} {spent / 60:.1f} min loss {running:.4f} negatives {pushed or 0:.4f}"
            print(f"{told} rate {o.rate * rate:.1e} scenes {len(data)}", flush=True)
            data.refresh()
        if now - saved > 180:
            save()
            saved = now
    save()
    print(f"done: {step} steps, {samples} samples, loss {running if running else 0:.4f}", flush=True)


if __name__ == "__main__":
    main()
