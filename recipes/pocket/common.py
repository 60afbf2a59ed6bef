"""What the steps share: the working folder, resumable checkpoints, scene batches."""

from __future__ import annotations

import argparse
import math
import os
from functools import lru_cache
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


@lru_cache
def multiplies_bfloat16(kind: str) -> bool:
    """Whether bfloat16 is the faster one: a processor without instructions for it takes more than twice as long as for float32."""
    return kind != "cpu" or torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()


def autocast(device: str | torch.device) -> torch.autocast:
    """bfloat16 where the device multiplies it, plain float32 elsewhere."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=multiplies_bfloat16(kind))


class Muon(torch.optim.Optimizer):
    """Muon (Jordan et al., 2024; scaled as Moonshot does) for matrices and convolutions: a kernel is a matrix of one row an
    output channel. torch's own takes matrices only, and always multiplies in bfloat16."""

    def __init__(self, weights: list[torch.nn.Parameter], lr: float) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": 0.01, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                matrix, gradient = _as_matrix(weight, weight), _as_matrix(weight.grad, weight)
                memory = self.state[weight].setdefault("momentum", torch.zeros_like(gradient))
                memory.lerp_(gradient, 1 - group["momentum"])
                update = orthogonal(gradient.lerp(memory, group["momentum"]))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-0.2 * math.sqrt(max(matrix.shape)) * group["lr"])


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The nearest matrix of orthogonal rows or columns, roughly: five Newton-Schulz steps with Jordan's coefficients."""
    x = matrix.bfloat16() if multiplies_bfloat16(matrix.device.type) else matrix
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
    return (x.T if tall else x).to(matrix.dtype)


def _as_matrix(tensor: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """(rows, the rest), in the order in which `like` lies in memory: of a weight a view, of its gradient perhaps a copy."""
    if tensor.dim() != 4:
        return tensor
    last = like.is_contiguous(memory_format=torch.channels_last)
    return (tensor.permute(0, 2, 3, 1) if last else tensor).flatten(1)


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
    found = [Muon(inner, rate), torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)]
    for optimiser in found:
        for group in optimiser.param_groups:
            group["peak"] = rate
    return found
