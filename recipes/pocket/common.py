"""What the steps share: the working folder, resumable checkpoints, scene batches."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


def parser(about: str) -> argparse.ArgumentParser:
    """Options every step takes."""
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--work", type=Path, default=REPOSITORY / "out" / "pocket", help="working folder (default out/pocket)")
    options.add_argument("--device", default="cpu", help="cpu or cuda")
    options.add_argument("--seed", type=int, default=0)
    return options


def part_of(work: Path, name: str) -> Path:
    """The folder of a finished part, "vae" or "tokenizer": the one made in `work`, else the one that ships."""
    return work / name if (work / name).exists() else REPOSITORY / "sdkit" / "assets" / "pocket" / name


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
