"""The cached latents of step 3, in memory, as training reads them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from transformers import CLIPTokenizer


def tokens_of(tokenizer: CLIPTokenizer, captions: list[str]) -> torch.Tensor:
    """Token ids, int64 (n, 77)."""
    return tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids


class Latents:
    """The shards on disk, in memory; `refresh` takes in new ones.

    words     captions -> a tensor of one row each: tokens, or what a frozen text encoder makes of them.
    pools     shape ("384x192") -> shards of (latents float16 (n, 4, h, w), words (n, ...), objects uint8 (n, 1, h, w)).
    """

    def __init__(self, folder: Path, words: Callable[[list[str]], torch.Tensor], seed: int = 0) -> None:
        self.folder, self.words, self.seen = folder, words, set()
        self.pools: dict[str, list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]] = {}
        self.chance = random.Random(seed)

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("*.safetensors")):
            if path in self.seen:
                continue
            self.seen.add(path)
            with safe_open(path, "pt") as shard:
                for name, captions in json.loads(shard.metadata()["captions"]).items():
                    part = shard.get_tensor(name), self.words(captions), shard.get_tensor(f"{name} object")
                    self.pools.setdefault(name, []).append(part)

    def batch(self, size: int) -> tuple[str, torch.Tensor, torch.Tensor, torch.Tensor]:
        """A shape, as often as it occurs, and `size` scenes of it: latents, words, object masks (0 to 1)."""
        names = list(self.pools)
        counts = [sum(len(latents) for latents, *_ in self.pools[n]) for n in names]
        name = self.chance.choices(names, counts)[0]
        shards = [self.chance.choice(self.pools[name]) for _ in range(size)]
        picks = [(shard, self.chance.randrange(len(shard[0]))) for shard in shards]
        latents, words, objects = (torch.stack([shard[kind][i] for shard, i in picks]) for kind in range(3))
        return name, latents.float(), words, objects.float() / 255

    def __len__(self) -> int:
        return sum(len(latents) for shards in self.pools.values() for latents, *_ in shards)
