"""Step 4: the text encoder learns what words look like, before any diffusion.

At the noisiest steps a diffusion model can do no better than draw the mean picture of its caption. That part needs neither
noise nor UNet: here the encoder and a small head, thrown away afterwards, regress the latents of a scene from its caption.
Minutes of this spare the UNet most of the time it would take to find out which words matter. Resumes from its checkpoint.
"""

from __future__ import annotations

import math
import time
from functools import partial
from pathlib import Path

import torch
from common import autocast, load_state, optimisers, parser, part_of, save_state
from latents import Latents, tokens_of
from text import build_encoder
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

PATCH = 4  # latents: the head paints patches of 4 x 4


class Head(nn.Module):
    """Token states (n, 77, width) -> mean latents (n, 4, height, width) of one shape, by a learned query a patch."""

    def __init__(self, shapes: list[str], width: int = 192, heads: int = 4) -> None:
        super().__init__()
        self.grids = {name: tuple(side // 8 // PATCH for side in map(int, name.split("x"))) for name in shapes}
        self.queries = nn.ParameterDict({name: 0.5 * torch.randn(w * h, width) for name, (w, h) in self.grids.items()})
        self.norm = nn.LayerNorm(width)
        self.look = nn.MultiheadAttention(width, heads, batch_first=True)
        self.paint = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, 4 * width), nn.GELU(),
            nn.Linear(4 * width, 4 * PATCH * PATCH),
        )  # fmt: skip

    def forward(self, states: torch.Tensor, name: str) -> torch.Tensor:
        across, down = self.grids[name]
        query = self.queries[name].expand(len(states), -1, -1)
        found, _ = self.look(self.norm(query), states, states, need_weights=False)
        patches = self.paint(query + found).view(len(states), down, across, 4, PATCH, PATCH)
        return patches.permute(0, 3, 1, 4, 2, 5).reshape(len(states), 4, down * PATCH, across * PATCH)


def start_from(encoder: CLIPTextModel, tokenizer: CLIPTokenizer, folder: Path) -> int:
    """Take over the weights of a pipeline's text encoder, and the embedding of every token that both vocabularies have (how
    many). A UNet that listened to that encoder then still understands much of what the new one says."""
    known = CLIPTokenizer.from_pretrained(folder / "tokenizer").get_vocab()
    weights = CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32).state_dict()
    name = next(n for n in weights if n.endswith("token_embedding.weight"))
    old, new = weights[name], encoder.state_dict()[name].clone()
    shared = [(mine, known[token]) for token, mine in tokenizer.get_vocab().items() if token in known]
    mine, theirs = (torch.tensor(ids) for ids in zip(*shared, strict=True))
    new[mine] = old[theirs]
    encoder.load_state_dict({**weights, name: new})
    return len(shared)


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=8.0)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--start", type=Path, help="a pipeline to go on from, such as ../../sdkit/assets/pocket")
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    o = options.parse_args()
    torch.manual_seed(o.seed)
    torch.set_num_threads(o.threads)
    tokenizer = CLIPTokenizer.from_pretrained(part_of(o.work, "tokenizer"))
    data = Latents(o.work / "latents", partial(tokens_of, tokenizer), o.seed)
    data.refresh()
    encoder = build_encoder(tokenizer)
    if o.start:
        print(f"{start_from(encoder, tokenizer, o.start)} of {len(tokenizer)} tokens were known", flush=True)
    model = nn.ModuleDict({"text": encoder, "head": Head(sorted(data.pools))}).to(o.device)
    steppers = optimisers(model, o.rate)
    state_path, step, spent, running = o.work / "looks.pt", 0, 0.0, None
    if state := load_state(state_path):
        model.load_state_dict(state["model"])
        for stepper, kept in zip(steppers, state["optimisers"], strict=True):
            stepper.load_state_dict(kept)
        step, spent = state["step"], state["spent"]

    def save() -> None:
        kept = [stepper.state_dict() for stepper in steppers]
        save_state(state_path, model=model.state_dict(), optimisers=kept, step=step, spent=spent)

    last = saved = time.time()
    while (share := spent / (60 * o.minutes)) < 1:
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = group["peak"] * min(1, (step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        name, latents, tokens, objects, *_ = data.batch(o.batch)
        latents, tokens = latents.to(o.device), tokens.to(o.device)
        with autocast(o.device):
            got = model["head"](model["text"](tokens).last_hidden_state, name)
        where = 1 + 2 * objects.to(o.device)
        loss = ((got.float() - latents).pow(2) * where).mean() / where.mean()
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        step += 1
        now = time.time()
        spent, last = spent + min(now - last, 20), now
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"step {step} {spent / 60:.1f} min loss {running:.4f} scenes {len(data)}", flush=True)
            data.refresh()
        if now - saved > 60:
            save()
            saved = now
    save()
    model["text"].save_pretrained(o.work / "text_encoder")
    print(f"done: {step} steps, loss {running or 0:.4f}; {o.work / 'text_encoder'}", flush=True)


if __name__ == "__main__":
    main()
