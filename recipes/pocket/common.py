"""What the steps share: the working folder, resumable checkpoints, scene batches."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
SHIPPED = REPOSITORY / "sdkit" / "assets" / "pocket"


def parser(about: str) -> argparse.ArgumentParser:
    """Options every step takes."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--work", type=Path, default=REPOSITORY / "out" / "pocket", help="working folder (default out/pocket)")
    options.add_argument("--device", default="cpu", help="cpu or cuda")
    options.add_argument("--seed", type=int, default=0)
    return options


def part_of(work: Path, name: str) -> Path:
    """The folder of a finished part, such as "vae" or "tokenizer": the one made in `work`, else that of the model which ships."""
    return work / name if (work / name).exists() else SHIPPED / name


def sprites_folder(work: Path) -> Path:
    return work / "data" / "fluent-emoji-3d" / "assets"


def save_state(path: Path, **state: object) -> None:
    """Write a checkpoint whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def load_state(path: Path) -> dict | None:
    """The last checkpoint of our own making, tensors only."""
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def to_tensor(images: list) -> torch.Tensor:
    """PIL RGB images of one size -> (n, 3, height, width) float32 in -1..1."""
    pixels = np.stack([np.asarray(image) for image in images])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


class MuonOfConvolutions(torch.optim.Muon):
    """torch's Muon, which takes matrices only, on convolutions too: a kernel is a matrix of one row an output channel."""

    def __init__(self, weights: list[torch.nn.Parameter], lr: float) -> None:
        self.pairs = [(w, torch.nn.Parameter(_as_matrix(w.data))) for w in weights]
        super().__init__([matrix for _, matrix in self.pairs], lr=lr, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")

    def step(self, closure: None = None) -> None:
        for weight, matrix in self.pairs:
            matrix.grad = _as_matrix(weight.grad.contiguous(memory_format=_format(weight))) if weight.grad is not None else None
        super().step(closure)

    def zero_grad(self, set_to_none: bool = True) -> None:
        super().zero_grad(set_to_none)
        for weight, _ in self.pairs:
            weight.grad = None


def _format(weight: torch.Tensor) -> torch.memory_format:
    return torch.channels_last if weight.dim() == 4 else torch.contiguous_format


def _as_matrix(weight: torch.Tensor) -> torch.Tensor:
    """A view (rows, the rest); shares its memory with `weight`, which is channels-last where it is a kernel."""
    return weight.permute(0, 2, 3, 1).flatten(1) if weight.dim() == 4 else weight


OUTER = ("embed", "queries", "conv_in", "conv_out")


def optimisers(model: torch.nn.Module, rate: float, outer: tuple[str, ...] = OUTER) -> list[torch.optim.Optimizer]:
    """Muon for the inner weights, AdamW for embeddings, norms, biases, and the first and last layer.

    `outer`: what stands in the names of embeddings, first and last layers.

    Each group remembers its own highest rate as "peak". Muon learns about twice as much a step as AdamW alone here.
    """
    inner, rest = [], []
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        plain = weight.dim() not in (2, 4) or any(word in name for word in outer)
        (rest if plain else inner).append(weight)
    found = [MuonOfConvolutions(inner, rate), torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)]
    for optimiser in found:
        for group in optimiser.param_groups:
            group["peak"] = rate
    return found
