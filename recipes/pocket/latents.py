"""The cached latents of step 3, in memory, as training reads them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import safe_open
from transformers import CLIPTokenizer
from vocabulary import DEFECTS


def tokens_of(tokenizer: CLIPTokenizer, captions: list[str]) -> torch.Tensor:
    """Token ids, int64 (n, 77)."""
    return tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids


def caption_of(tokenizer: CLIPTokenizer, row: torch.Tensor) -> str:
    """The words of one row of tokens_of."""
    return tokenizer.decode(row, skip_special_tokens=True).replace(" ,", ",").strip()


class Batch(NamedTuple):
    """Scenes of one shape ("384x192").

    latents  (n, 4, h, w); `clean`, the same without one of their defects, and `gone`, which of DEFECTS that is, int64 (n,):
             -1 where none could go, and both are the same.
    words    (n, ...) of one caption each; `plain`, of a caption that says nothing of defects.
    objects  how much of each latent is an object's or a defect's own, (n, 1, h, w) in 0..1.
    shown    which of DEFECTS show, bool (n, 10).
    """

    shape: str
    latents: torch.Tensor
    words: torch.Tensor
    objects: torch.Tensor
    plain: torch.Tensor
    shown: torch.Tensor
    clean: torch.Tensor
    gone: torch.Tensor

    def some(self, which: torch.Tensor) -> Batch:
        """Those scenes of it."""
        return Batch(self.shape, *(part[which] for part in self[1:]))


class Latents:
    """The shards on disk, in memory; `refresh` takes in new ones.

    words     captions -> a tensor of one row each: tokens, or what a frozen text encoder makes of them.
    pools     shape ("384x192") -> shards, each a Batch with all captions of a scene in words (n, captions, ...), latents and
              clean ones float16, objects uint8.
    """

    def __init__(self, folder: Path, words: Callable[[list[str]], torch.Tensor], seed: int = 0) -> None:
        self.folder, self.words, self.seen = folder, words, set()
        self.pools: dict[str, list[Batch]] = {}
        self.chance = random.Random(seed)

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("*.safetensors")):
            if path in self.seen:
                continue
            self.seen.add(path)
            with safe_open(path, "pt") as shard:
                plain, shown = (json.loads(shard.metadata()[kind]) for kind in ("plain", "shown"))
                for name, captions in json.loads(shard.metadata()["captions"]).items():
                    words = self.words([words for each in captions for words in each]).unflatten(0, (len(captions), -1))
                    there = torch.tensor([[defect in some for defect in DEFECTS] for some in shown[name]])
                    latents, objects, clean, gone = (
                        shard.get_tensor(name + kind) for kind in ("", " object", " clean", " gone")
                    )
                    told = Batch(name, latents, words, objects, self.words(plain[name]), there, clean, gone.long())
                    self.pools.setdefault(name, []).append(told)

    def batch(self, size: int) -> Batch:
        """`size` of them where they are 256x256, of a larger shape fewer, so that every batch has about as many latents; and
        shapes come up so that every scene is seen equally often.
        """
        names = list(self.pools)
        areas = [self.pools[n][0].latents[0, 0].numel() / 1024 for n in names]
        counts = [sum(len(shard.latents) for shard in self.pools[n]) * area for n, area in zip(names, areas, strict=True)]
        name = self.chance.choices(names, counts)[0]
        size = max(1, round(size / areas[names.index(name)]))
        shards = [self.chance.choice(self.pools[name]) for _ in range(size)]
        picks = [(shard, self.chance.randrange(len(shard.latents))) for shard in shards]
        kinds = range(1, len(Batch._fields))
        batch = Batch(name, *(torch.stack([shard[kind][i] for shard, i in picks]) for kind in kinds))
        return batch._replace(
            latents=batch.latents.float(),
            clean=batch.clean.float(),
            objects=batch.objects.float() / 255,
            words=batch.words[torch.arange(size), torch.randint(batch.words.shape[1], (size,))],  # one caption of each scene's
        )

    def __len__(self) -> int:
        return sum(len(shard.latents) for shards in self.pools.values() for shard in shards)
