"""Step 7: train the judge, a small network that looks at a picture and says object, background, colour and side.

It learns from rendered scenes only, never from pictures that a model made, and sees all pairs, held out or not, so that
it has no opinion about which of them are likely. Pictures are spoilt a little on the way in (blur, rescaling, JPEG,
noise), because what it will judge went through an autoencoder. Resumes from its checkpoint.

Two kinds of scene have no fair colour answer and are left out of that label: gradients between two colours, and pictures
with the "dark" and "low contrast" defects. A word needs half of the probability, otherwise the verdict is "unsure",
which counts as wrong.

The length is counted in steps, and every second step takes a fixed chunk of new scenes, so that the result does not
depend on how busy the machine was.
"""

from __future__ import annotations

import io
import json
import math
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import HERE, load_state, parser, save_state, sprites_folder, to_tensor
from PIL import Image, ImageFilter
from safetensors import safe_open
from safetensors.torch import save_file
from scenes import SIZE_WEIGHTS, SIZES, Scene, draw, load_sprites
from torch import nn
from vocabulary import BACKGROUNDS, COLOURS, OBJECT_NAMES, SIDES

WEIGHTS = HERE / "judge.safetensors"  # the trained judge that evaluate.py uses
LABELS: dict[str, tuple[str | None, ...]] = {
    "object": (*OBJECT_NAMES, None),
    "colour": (*COLOURS, None),
    "background": BACKGROUNDS,
    "side": (*SIDES, None),
}
UNSURE = "unsure"
NO_LABEL = -100  # what cross_entropy ignores
POOL = 6000  # scenes kept, square ones; the others in proportion
CHUNK = 32


@dataclass(frozen=True)
class Verdict:
    """What the judge sees; each a label of LABELS or UNSURE."""

    object: str | None
    colour: str | None
    background: str
    side: str | None


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
    """Half-size pictures (n, 3, height, width) in -1..1 -> a dict of logits. Any shape: everything is pooled.

    One heat map finds the object: what stands there names it, and where it stands says the side. The background is read
    from the average over the whole picture as well.
    """

    def __init__(self, width: int = 144) -> None:
        super().__init__()
        self.body = nn.Sequential(_halve(3, 16), _halve(16, 32), Block(32), _halve(32, 64), Block(64), _halve(64, width - 2))
        self.deep = nn.Sequential(Block(width), Block(width))  # with two coordinate channels
        self.heat = nn.Conv2d(width, 1, 1)
        self.mix = nn.Sequential(nn.Linear(2 * width, 192), nn.SiLU())
        self.heads = nn.ModuleDict({task: nn.Linear(192, len(names)) for task, names in LABELS.items() if task != "side"})
        self.side = nn.Sequential(nn.Linear(width + 1, 64), nn.SiLU(), nn.Linear(64, len(LABELS["side"])))

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.body(pixels)
        n, _, height, width = x.shape
        across = torch.linspace(-1, 1, width, device=x.device, dtype=x.dtype).expand(n, 1, height, width)
        down = torch.linspace(-1, 1, height, device=x.device, dtype=x.dtype)[:, None].expand(n, 1, height, width)
        x = self.deep(torch.cat([x, across, down], 1))
        heat = self.heat(x).flatten(2).softmax(-1)  # (n, 1, places)
        there = (x.flatten(2) * heat).sum(-1)
        where = (across.flatten(2) * heat).sum(-1)
        mixed = self.mix(torch.cat([there, x.mean((2, 3))], 1))
        logits = {task: head(mixed) for task, head in self.heads.items()}
        return {**logits, "side": self.side(torch.cat([there, where], 1))}

    @torch.no_grad()
    def look(self, images: Sequence[Image.Image]) -> list[Verdict]:
        """Verdicts on RGB pictures, which may differ in size. Sizes of training are 256x256, 384x192 and 192x384."""
        device = next(self.parameters()).device
        verdicts = []
        for image in images:
            logits = self(to_tensor([halved(image)]).to(device))
            words = {}
            for task, names in LABELS.items():
                sure, at = logits[task][0].softmax(-1).max(-1)
                words[task] = names[int(at)] if sure >= 0.5 else UNSURE
            verdicts.append(Verdict(**words))
        return verdicts


def load_judge(path: Path = WEIGHTS) -> tuple[Judge, dict[str, float]]:
    """The trained judge and its own measured accuracies."""
    with safe_open(path, "pt") as file:
        about = file.metadata()
        if json.loads(about["labels"]) != {task: list(names) for task, names in LABELS.items()}:
            raise ValueError(f"{path} was trained on another vocabulary; run judge.py again")
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    judge = Judge()
    judge.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()})
    return judge.eval(), json.loads(about["accuracies"])


def halved(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)


def two_colours(scene: Scene) -> bool:
    """Whether it is a gradient between two colours; only the caption knows."""
    return any(f" {joint} {c} gradient" in scene.caption for joint in ("to", "and") for c in COLOURS)


def truth(scene: Scene) -> list[int]:
    """The scene's label of each task, as an index; NO_LABEL where no answer would be fair."""
    words = {"object": scene.object, "colour": scene.colour, "background": scene.background, "side": scene.side}
    found = [LABELS[task].index(word) for task, word in words.items()]
    if two_colours(scene) or scene.defect in ("dark", "low contrast"):
        found[1] = NO_LABEL
    return found


def spoil(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """What an autoencoder does to a picture, more or less."""
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 2.0)))
    if rng.random() < 0.3:
        share = rng.uniform(0.35, 0.9)
        small = image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    if rng.random() < 0.2:
        data = io.BytesIO()
        image.save(data, "JPEG", quality=int(rng.integers(20, 80)))
        image = Image.open(data).convert("RGB")
    return image


def render(seed: tuple[int, ...], sprites_path: Path, queue) -> None:
    """Worker: chunks of (half-size pictures uint8, labels) of one shape, forever."""
    torch.set_num_threads(1)
    sprites, rng = load_sprites(sprites_path), np.random.default_rng(seed)
    while True:
        size = SIZES[int(rng.choice(len(SIZES), p=SIZE_WEIGHTS))]
        scenes = [draw(rng, sprites, size, everything=True) for _ in range(CHUNK)]
        queue.put((np.stack([np.asarray(halved(spoil(rng, s.image))) for s in scenes]), np.array([truth(s) for s in scenes])))


class Pool:
    """The newest scenes of each shape; every one is seen a few times, each time with other noise."""

    def __init__(self) -> None:
        self.chunks: dict[tuple, list] = {}

    def add(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        chunks = self.chunks.setdefault(pixels.shape, [])
        chunks.append((torch.from_numpy(pixels), torch.from_numpy(labels)))
        square = pixels.shape[1] == pixels.shape[2]
        del chunks[: max(0, len(chunks) - int(POOL / CHUNK * (1 if square else SIZE_WEIGHTS[1] / SIZE_WEIGHTS[0])))]

    def batch(self, size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        shapes = list(self.chunks)
        counts = np.array([len(self.chunks[s]) for s in shapes], float)
        chunks = self.chunks[shapes[int(rng.choice(len(shapes), p=counts / counts.sum()))]]
        picks = [(int(rng.integers(len(chunks))), int(rng.integers(CHUNK))) for _ in range(size)]
        pixels = torch.stack([chunks[c][0][i] for c, i in picks]).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)
        n = len(pixels)
        pixels = pixels * (1 + 0.05 * torch.randn(n, 1, 1, 1)) + 0.02 * torch.randn(n, 3, 1, 1)
        pixels = pixels + 0.05 * torch.rand(n, 1, 1, 1) * torch.randn_like(pixels)
        return pixels.clamp(-1, 1), torch.stack([chunks[c][1][i] for c, i in picks])

    def __len__(self) -> int:
        return CHUNK * sum(len(chunks) for chunks in self.chunks.values())


def accuracies(judge: Judge, scenes: Sequence[Scene], images: Sequence[Image.Image] | None = None) -> dict[str, tuple]:
    """Right answers and answers, of each task and of all together; `images` where they are not the scenes' own."""
    right, asked, wholly = dict.fromkeys(LABELS, 0), dict.fromkeys(LABELS, 0), 0
    for scene, verdict in zip(scenes, judge.look(images or [s.image for s in scenes]), strict=True):
        answers = [
            getattr(verdict, task) == names[index]
            for (task, names), index in zip(LABELS.items(), truth(scene), strict=True) if index != NO_LABEL
        ]  # fmt: skip
        wholly += all(answers)
        for task, index in zip(LABELS, truth(scene), strict=True):
            if index != NO_LABEL:
                asked[task] += 1
                right[task] += getattr(verdict, task) == LABELS[task][index]
    return {**{task: (right[task], asked[task]) for task in LABELS}, "all": (wholly, len(scenes))}


def fresh(sprites: dict, count: int, seed: int = 10**6) -> list[Scene]:
    """Scenes that training never drew: of all pairs and shapes, without defects."""
    rng = np.random.default_rng(seed)
    return [draw(rng, sprites, everything=True, defects=0.0) for _ in range(count)]


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--steps", type=int, default=2400)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--rate", type=float, default=3e-3)
    options.add_argument("--workers", type=int, default=1, help="processes that render")
    options.add_argument("--threads", type=int, default=1, help="torch's threads; more than there are idle cores is slow")
    options.add_argument("--to", type=Path, default=WEIGHTS, help="a second place for the result (default: beside this file)")
    o = options.parse_args()
    torch.manual_seed(o.seed)
    torch.set_num_threads(o.threads)
    kind = o.device.split(":")[0]
    judge = Judge().to(o.device, memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in judge.parameters()) / 1e6:.2f} M parameters", flush=True)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=o.rate, weight_decay=0.02)
    state_path, step, spent = o.work / "judge.pt", 0, 0.0
    if state := load_state(state_path):
        judge.load_state_dict(state["judge"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
    folder = sprites_folder(o.work)
    sprites = load_sprites(folder)
    held = fresh(sprites, 300, 10**6 + 1)
    queues = []
    for worker in range(o.workers):
        queues.append(multiprocessing.Queue(16))
        work = (o.seed, step, worker), folder, queues[-1]  # other scenes after a resume
        multiprocessing.Process(target=render, args=work, daemon=True).start()
    pool, rng, drawn = Pool(), np.random.default_rng((o.seed, step)), 0
    torch.manual_seed(o.seed + step)

    def save() -> None:
        save_state(state_path, judge=judge.state_dict(), optimiser=optimiser.state_dict(), step=step, spent=spent)

    last, saved, running = time.time(), time.time(), None
    while step < o.steps:
        if len(pool) < 8 * CHUNK or step % 2 == 0:
            pool.add(*queues[drawn % o.workers].get())
            drawn += 1
            if len(pool) < 8 * CHUNK:
                continue
        share = step / o.steps
        for group in optimiser.param_groups:
            group["lr"] = o.rate * min(1, (step + 1) / 100) * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * share)))
        pixels, labels = pool.batch(o.batch, rng)
        pixels, labels = pixels.to(o.device, memory_format=torch.channels_last), labels.to(o.device)
        with torch.autocast(kind, torch.bfloat16):
            logits = judge(pixels)
        loss = sum(F.cross_entropy(logits[task].float(), labels[:, i]) for i, task in enumerate(LABELS))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        step += 1
        running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
        now = time.time()
        spent, last = spent + now - last, now
        if step % 50 == 0:
            print(f"step {step} {spent / 60:.1f} min loss {running:.3f} scenes drawn {drawn * CHUNK}", flush=True)
        if step % 500 == 0:
            judge.eval()
            print("; ".join(f"{task} {r / n:.1%}" for task, (r, n) in accuracies(judge, held).items()), flush=True)
            judge.train()
            last = time.time()
        if now - saved > 60:
            save()
            saved = now
    save()
    final = {k: v.half() if v.is_floating_point() else v for k, v in judge.cpu().state_dict().items()}
    judge.load_state_dict(final)  # measure what is saved, rounded
    counts = accuracies(judge.eval(), fresh(sprites, 2000))
    about = {
        "labels": json.dumps(LABELS), "accuracies": json.dumps({task: round(r / n, 4) for task, (r, n) in counts.items()}),
        "measured_on": json.dumps({task: n for task, (_, n) in counts.items()}), "steps": str(step),
    }  # fmt: skip
    for path in (o.work / "judge.safetensors", o.to):
        save_file({k: v.contiguous() for k, v in final.items()}, path, metadata=about)
    for task, (r, n) in counts.items():
        print(f"{task:12} {r / n:.2%} of {n}", flush=True)
    print(f"done: {step} steps, {o.to} of {o.to.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
