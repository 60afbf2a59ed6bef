"""The judge: a small network that looks at a picture and says what a brief would, and its labels. judge.py trains it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from common import HERE, to_tensor
from PIL import Image
from safetensors import safe_open
from torch import nn
from vocabulary import BACKGROUNDS, COLOURS, DEFECTS, OBJECT_NAMES, PAINTS, PLACES, SIZES, STYLES, TIMES

WEIGHTS = HERE / "judge.safetensors"  # the trained judge that evaluate.py uses
# One answer each. The objects come besides (one or two of OBJECT_NAMES), and each defect, which shows or does not.
LABELS: dict[str, tuple] = {
    "count": (0, 1, 2, 3, 4),
    "size": (*SIZES, None),
    "place": (*PLACES, None),
    "style": (*STYLES, None),
    "paint": PAINTS,
    "background": BACKGROUNDS,
    "colour": (*COLOURS, None),
    "time": (*TIMES, None),
}
UNSURE = "unsure"
NO_LABEL = -100  # what cross_entropy ignores
TASKS = ("objects", *LABELS, *DEFECTS)
CELL = 32  # pixels of the picture to a place that the judge names
SECOND = 0.12  # of the places with several things on them, the share that another kind has at least
FULL = 0.2  # of a place covered, which counts as much as all of it


@dataclass(frozen=True)
class Verdict:
    """What the judge sees: the words of a Brief, or UNSURE. `objects` are in no order; of a single kind one name."""

    objects: tuple[str, ...] = ()
    count: int | str = 0
    size: str | None = None
    place: str | None = None
    style: str | None = None
    paint: str | None = None
    background: str = UNSURE
    colour: str | None = None
    time: str | None = None
    defects: frozenset[str] = frozenset()


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.silu(x + self.body(x))


def _halve(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.SiLU())


class Judge(nn.Module):
    """Pictures (n, 3, height, width), sides even, in -1..1 -> a dict of logits. Any shape: everything is pooled.

    Four pixels come in as channels of one, so that it costs as much as pictures of half the size and still sees what only
    single pixels show (blur, JPEG).

    "cover"    (n, h, w): whether a place (CELL pixels of the whole picture) belongs to an object.
    "names"    (n, 341, h, w): which one, there.
    "defects"  (n, 10): whether each shows.
    others     (n, words): one answer, from what is on the object, around it, and how it lies.
    """

    def __init__(self, width: int = 144) -> None:
        super().__init__()
        self.body = nn.Sequential(_halve(12, 16), _halve(16, 32), Block(32), _halve(32, 64), Block(64), _halve(64, width - 2))
        self.deep = nn.Sequential(Block(width), Block(width))  # with two coordinate channels
        self.heat = nn.Conv2d(width, 1, 1)
        # "conv_out": the last layer, which optimisers() leaves to AdamW.
        self.names = nn.Sequential()
        self.names.add_module("conv_mix", nn.Conv2d(width, 256, 1))
        self.names.add_module("bend", nn.SiLU())
        self.names.add_module("conv_out", nn.Conv2d(256, len(OBJECT_NAMES), 1))
        seen = 3 * width + 5
        self.thing = nn.Sequential(nn.Linear(seen, 192), nn.SiLU())
        self.around = nn.Sequential(nn.Linear(seen, 192), nn.SiLU())
        sizes = {task: len(words) for task, words in LABELS.items()} | {"defects": len(DEFECTS)}
        self.heads = nn.ModuleDict({task: nn.Linear(192, size) for task, size in sizes.items()})

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.body(F.pixel_unshuffle(pixels, 2))
        n, _, height, width = x.shape
        across = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype).expand(n, 1, height, width)
        down = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype)[:, None].expand(n, 1, height, width)
        x = self.deep(torch.cat([x, across, down], 1))
        cover = self.heat(x)
        names = self.names(x)
        # Taught where objects are and nothing else: what is read there does not pull at it.
        heat = cover.detach().float().sigmoid().flatten(2)  # (n, 1, places)
        flat = x.float().flatten(2)
        total = heat.sum(-1, keepdim=True)
        on = (flat * heat).sum(-1) / (total[..., 0] + 0.1)
        off = (flat * (1 - heat)).sum(-1) / (heat.shape[-1] - total[..., 0] + 0.1)
        spot = torch.cat([across * width / 8, down * height / 8], 1).float().flatten(2)  # 1 is 4 places, in any shape
        middle = (spot * heat).sum(-1, keepdim=True) / (total + 0.1)
        spread = (((spot - middle) ** 2 * heat).sum(-1) / (total[..., 0] + 0.1) + 1e-4).sqrt()
        relative = middle[..., 0] * 8 / torch.tensor([width, height], device=x.device)
        seen = torch.cat([on, off, flat.amax(-1), total[..., 0] / 16, spread, relative], 1)
        thing, around = self.thing(seen), self.around(seen)
        logits = {
            task: head(thing if task in ("count", "size", "place", "style", "paint") else around)
            for task, head in self.heads.items()
        }
        return {**logits, "cover": cover[:, 0], "names": names}

    @torch.no_grad()
    def look(self, images: Sequence[Image.Image]) -> list[Verdict]:
        """Verdicts on RGB pictures, which may differ in size; SHAPES are those of training."""
        device = next(self.parameters()).device
        verdicts: list[Verdict] = []
        while len(verdicts) < len(images):
            some = images[len(verdicts) :][:16]
            some = some[: next((i for i, image in enumerate(some) if image.size != some[0].size), len(some))]
            logits = self(to_tensor(some).to(device))
            verdicts += [verdict_of({task: value[i].float() for task, value in logits.items()}) for i in range(len(some))]
        return verdicts


def verdict_of(logits: dict[str, torch.Tensor]) -> Verdict:
    """Of one picture: logits as Judge gives them, without the first axis."""
    words = {}
    for task, names in LABELS.items():
        sure, at = logits[task].softmax(-1).max(-1)
        words[task] = names[int(at)] if sure >= 0.5 else UNSURE
    found: tuple[str, ...] = ()
    if words["count"] != 0:
        # A place that is a fifth covered counts in full, so that a pencil has a say beside a house.
        heat = (logits["cover"].sigmoid() - 0.05).clamp(0, FULL)
        shares = (logits["names"].softmax(0) * heat).sum((1, 2)) / (heat.sum() + 1e-6)
        (first, second), (one, other) = (part.tolist() for part in shares.topk(2))
        if words["count"] == 1 or second < SECOND:
            found = (OBJECT_NAMES[one],) if first >= 0.5 else (UNSURE,)
        else:
            found = (OBJECT_NAMES[one], OBJECT_NAMES[other]) if first + second >= 0.5 else (UNSURE,)
    else:
        words["paint"] = None
    shown = frozenset(defect for defect, logit in zip(DEFECTS, logits["defects"], strict=True) if logit > 0)
    return Verdict(objects=found, defects=shown, **words)


def load_judge(path: Path = WEIGHTS) -> tuple[Judge, dict[str, tuple[float, int]], dict[str, tuple[float, int]]]:
    """The trained judge; (share right, of how many) on fresh renders of each figure's questions; and of each task on scenes of
    all kinds, spoilt ones too."""
    with safe_open(path, "pt") as file:
        about = file.metadata()
        if json.loads(about["labels"]) != _labels():
            raise ValueError(f"{path} was trained on another vocabulary; run judge.py again")
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    judge = Judge()
    judge.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()})
    return judge.eval(), json.loads(about["answers"]), json.loads(about["accuracies"])


def _labels() -> dict[str, list]:
    return {"objects": list(OBJECT_NAMES), "defects": list(DEFECTS), **{task: list(names) for task, names in LABELS.items()}}
