"""Step 7: train the judge, a small network that looks at a picture and says what a brief would: which objects, how many, how
large, where, in what style and paint, on what background, and which defects show.

It learns from rendered scenes only, never from pictures that a model made, and sees all pairs, held out or not, so that
it has no opinion about which of them are likely. Pictures are spoilt a little on the way in (blur, rescaling, JPEG,
noise), because what it will judge went through an autoencoder. Resumes from its checkpoint.

The renderer also says where objects stand (`Scene.where`), so that every place of the picture is a lesson of its own: is
there an object, and which. That is what makes 341 names learnable in minutes, finds two objects as well as one, and takes
nothing amiss where a picture is cluttered: places without the object asked for teach no name at all.

Where no answer would be fair there is no label (`truth`): what a defect hides, colours that cannot be told apart, a shadow
on black. A word needs half of the probability, otherwise the verdict is "unsure", which counts as wrong.

The length is counted in steps, and every second step takes a fixed chunk of new scenes, so that the result does not depend
on how busy the machine was. One process draws while another learns: about what two cores can do side by side.
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
from briefs import SHAPE_WEIGHTS, SHAPES, STANDING, Brief, Shape, compose, pick
from common import HERE, load_state, optimisers, parser, save_state, to_tensor
from PIL import Image, ImageFilter
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from scenes import render
from sprites import Sprites
from torch import nn
from vocabulary import BACKGROUNDS, COLOURS, DEFECTS, OBJECT_NAMES, PAINTABLE, PAINTS, PLACES, SIZES, STYLES, TIMES

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

# What each defect leaves no fair answer about.
HIDES: dict[str, tuple[str, ...]] = {
    "blurry": ("objects", "style", "background", "shadow"),
    "jpeg artifacts": ("objects", "style", "paint", "background", "colour", "shadow"),
    "low contrast": ("paint", "background", "colour", "shadow"),
    "dark": ("paint", "background", "colour", "time", "shadow"),
    "cluttered": ("count", "style", "shadow"),
    "cropped": ("size", "place", "shadow"),
}
POOL = 6000  # scenes kept, square ones; the others in proportion
CHUNK = 32


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
    """Half-size pictures (n, 3, height, width) in -1..1 -> a dict of logits. Any shape: everything is pooled.

    "cover"    (n, h, w): whether a place (CELL pixels of the whole picture) belongs to an object.
    "names"    (n, 341, h, w): which one, there.
    "defects"  (n, 10): whether each shows.
    others     (n, words): one answer, from what is on the object, around it, and how it lies.
    """

    def __init__(self, width: int = 144) -> None:
        super().__init__()
        self.body = nn.Sequential(_halve(3, 16), _halve(16, 32), Block(32), _halve(32, 64), Block(64), _halve(64, width - 2))
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
        x = self.body(pixels)
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
            logits = self(to_tensor([halved(image) for image in some]).to(device))
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


def load_judge(path: Path = WEIGHTS) -> tuple[Judge, dict[str, float]]:
    """The trained judge and its own measured accuracies."""
    with safe_open(path, "pt") as file:
        about = file.metadata()
        if json.loads(about["labels"]) != _labels():
            raise ValueError(f"{path} was trained on another vocabulary; run judge.py again")
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    judge = Judge()
    judge.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()})
    return judge.eval(), json.loads(about["accuracies"])


def _labels() -> dict[str, list]:
    return {"objects": list(OBJECT_NAMES), "defects": list(DEFECTS), **{task: list(names) for task, names in LABELS.items()}}


def halved(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)


def unfair(brief: Brief, shape: Shape) -> set[str]:
    """The tasks that a picture of this brief has no fair answer to."""
    hidden = {task for defect in brief.defects for task in HIDES.get(defect, ())}
    if brief.paint is None:  # its own colour may be any: a red apple is red whether or not it was asked for so
        hidden.add("paint")
    if brief.second:
        hidden.add("colour")
    if brief.background == "plain" and "confetti" in brief.defects:
        hidden.add("background")  # it is the confetti background
    if brief.style in ("3d", "sticker") and brief.colour == "white":
        hidden.add("style")  # a sticker's border is white
    if brief.colour == "white":
        hidden.add("watermark")  # so is its writing
    if brief.colour in ("black", "navy") or brief.background in ("night sky", "halloween") or brief.time == "night":
        hidden.add("shadow")
    if not brief.objects:  # there is nothing to tell dark red from dark, or blurred from plain
        hidden |= {"dark", "low contrast", "blurry", "jpeg artifacts"}
        if "cluttered" in brief.defects:
            hidden.add("objects")  # those strewn about are what there is
    if brief.background in STANDING and shape[1] > shape[0]:
        hidden.add("place")  # the ground is at the bottom, and that is where the centre is there
    return hidden


def truth(brief: Brief, shape: Shape) -> list[int]:
    """The label of each of LABELS as an index, of each defect as 0 or 1, and of the objects, first and second, as indices;
    NO_LABEL where there is none."""
    hidden = unfair(brief, shape)
    found = [NO_LABEL if task in hidden else words.index(getattr(brief, task)) for task, words in LABELS.items()]
    found += [NO_LABEL if defect in hidden else int(defect in brief.defects) for defect in DEFECTS]
    names = () if "objects" in hidden else brief.objects
    return found + [OBJECT_NAMES.index(name) for name in names] + [NO_LABEL] * (2 - len(names))


def spoil(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """What an autoencoder does to a picture, more or less; never as much as the defects "blurry" and "jpeg artifacts"."""
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.4)))
    if rng.random() < 0.3:
        share = rng.uniform(0.5, 0.9)
        small = image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    if rng.random() < 0.2:
        data = io.BytesIO()
        image.save(data, "JPEG", quality=int(rng.integers(25, 80)))
        image = Image.open(data).convert("RGB")
    return image


def lesson(rng: np.random.Generator, shape: Shape) -> Brief:
    """A brief to learn from: as scenes.draw(everything=True) has them, but with a defect in two of five, and more paint."""
    wanted: dict[str, object] = {}
    if rng.random() < 0.4:
        shown = {pick(rng, tuple(DEFECTS))} | ({"shadow"} if rng.random() < 0.5 else set())
        wanted["defects"] = shown
        if "cropped" in shown:
            wanted["count"] = 1
    elif rng.random() < 0.15:
        wanted |= {"objects": (pick(rng, sorted(PAINTABLE)),), "paint": pick(rng, PAINTS)}
        wanted["style"] = pick(rng, ("3d", "3d", "flat", "sticker"))
    if rng.random() < 0.03:
        wanted = {"count": 0}
    return compose(rng, shape, everything=True, **wanted)


def draw_chunk(rng: np.random.Generator, sprites: Sprites) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CHUNK lessons of one shape: half-size pictures uint8 (n, h, w, 3), labels int16 (n, tasks), and how much of each place
    objects cover, uint8 (n, h / 16, w / 16)."""
    shape = SHAPES[int(rng.choice(len(SHAPES), p=SHAPE_WEIGHTS))]
    pixels, labels, covers = [], [], []
    for _ in range(CHUNK):
        brief = lesson(rng, shape)
        image, where = render(rng, brief, sprites, shape, wander=float(rng.random() < 0.3))
        pixels.append(np.asarray(halved(spoil(rng, image))))
        labels.append(truth(brief, shape))
        covers.append(np.asarray(where.reduce(CELL)))
    return np.stack(pixels), np.array(labels, np.int16), np.stack(covers)


def work(seed: tuple[int, ...], folder: Path, queue: multiprocessing.Queue) -> None:
    """Worker: chunks, forever."""
    torch.set_num_threads(1)
    sprites, rng = Sprites(folder), np.random.default_rng(seed)
    while True:
        queue.put(draw_chunk(rng, sprites))


class Pool:
    """The newest scenes of each shape; every one is seen a few times, each time with other noise."""

    def __init__(self) -> None:
        self.chunks: dict[tuple, list] = {}
        # Noise enough for a while, read from a place by chance: to draw it anew took a third of every step.
        self.noise = torch.empty(0)

    def add(self, pixels: np.ndarray, labels: np.ndarray, covers: np.ndarray) -> None:
        chunks = self.chunks.setdefault(pixels.shape, [])
        chunks.append((torch.from_numpy(pixels), torch.from_numpy(labels).long(), torch.from_numpy(covers)))
        share = SHAPE_WEIGHTS[SHAPES.index((2 * pixels.shape[2], 2 * pixels.shape[1]))] / SHAPE_WEIGHTS[0]
        del chunks[: max(0, len(chunks) - max(1, int(POOL / CHUNK * share)))]

    def batch(self, size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of one shape: pictures in -1..1, labels, covers in 0..1; `size` of them, fewer where pictures are large."""
        shapes = list(self.chunks)
        areas = np.array([s[1] * s[2] / 128**2 for s in shapes])
        counts = np.array([len(self.chunks[s]) for s in shapes], float) * areas
        k = int(rng.choice(len(shapes), p=counts / counts.sum()))
        chunks, n = self.chunks[shapes[k]], max(1, round(size / areas[k]))
        picks = [(int(rng.integers(len(chunks))), int(rng.integers(CHUNK))) for _ in range(n)]
        pixels, labels, covers = (torch.stack([chunks[c][part][i] for c, i in picks]) for part in range(3))
        if len(self.noise) < 2 * pixels.numel():
            self.noise = torch.randn(2 * pixels.numel())
        start = int(rng.integers(pixels.numel()))
        noise = self.noise[start : start + pixels.numel()].view(pixels.shape)
        gain = 1 + 0.05 * torch.randn(n, 1, 1, 1)
        pixels = pixels.float().mul_(gain / 127.5).add_(0.02 * torch.randn(n, 1, 1, 3) - gain)
        pixels = pixels.addcmul_(noise, 0.05 * torch.rand(n, 1, 1, 1)).clamp_(-1, 1)
        return pixels.permute(0, 3, 1, 2), labels, covers.float() / 255

    def __len__(self) -> int:
        return CHUNK * sum(len(chunks) for chunks in self.chunks.values())


def named(labels: torch.Tensor, covers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Which object each place belongs to, and how much that counts: (n, h, w) each.

    Of two the first stands left, or above in narrow pictures. The places of one object count 1 together.
    """
    height, width = covers.shape[1:]
    first, second = labels[:, -2], labels[:, -1]
    row = CELL * width >= 256  # as scenes.offsets has it
    later = torch.arange(width) >= width / 2 if row else torch.arange(height)[:, None] >= height / 2
    later = later.to(covers.device).expand(height, width)
    pair = (second != NO_LABEL)[:, None, None]
    which = torch.where(pair & later, second[:, None, None], first[:, None, None])
    part = torch.where(pair, later, torch.zeros_like(later)).long()  # 0 or 1
    weight = torch.zeros_like(covers)
    for half in (0, 1):
        own = covers.clamp(max=FULL) * (part == half)
        weight = weight + own / own.sum((1, 2), keepdim=True).clamp(min=0.1)
    return which, weight * (which != NO_LABEL)


def loss_of(logits: dict[str, torch.Tensor], labels: torch.Tensor, covers: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """(loss to learn from, what names alone add to it)."""
    which, weight = named(labels, covers)
    each = F.cross_entropy(logits["names"].float(), which, ignore_index=NO_LABEL, reduction="none")
    names = (each * weight).sum() / weight.sum().clamp(min=1)
    loss = 2 * names + F.binary_cross_entropy_with_logits(logits["cover"].float(), covers)
    for i, task in enumerate(LABELS):
        if (labels[:, i] != NO_LABEL).any():
            loss = loss + F.cross_entropy(logits[task].float(), labels[:, i], ignore_index=NO_LABEL)
    shown = labels[:, len(LABELS) : -2]
    known = (shown != NO_LABEL).float()
    bits = F.binary_cross_entropy_with_logits(logits["defects"].float(), shown.clamp(min=0).float(), reduction="none")
    return loss + len(DEFECTS) * (bits * known).sum() / known.sum().clamp(min=1), names


@dataclass(frozen=True)
class Shown:
    """A picture and what it shows."""

    image: Image.Image
    brief: Brief


def accuracies(judge: Judge, shown: Sequence[Shown]) -> dict[str, tuple[int, int]]:
    """(right answers, answers) of each of TASKS, where an answer is fair."""
    counts = {task: [0, 0] for task in TASKS}
    for one, seen in zip(shown, judge.look([s.image for s in shown]), strict=True):
        hidden = unfair(one.brief, one.image.size)
        for task in TASKS:
            if task in hidden:
                continue
            if task in DEFECTS:
                right = (task in seen.defects) == (task in one.brief.defects)
            elif task == "objects":
                right = set(seen.objects) == set(one.brief.objects)
            else:
                right = getattr(seen, task) == getattr(one.brief, task)
            counts[task][0] += right
            counts[task][1] += 1
    return {task: (right, asked) for task, (right, asked) in counts.items()}


def fresh(sprites: Sprites, clean: int, each: int, seed: int = 10**6) -> list[Shown]:
    """Scenes that training never drew, of all pairs and shapes: `clean` ones without defects, and `each` of every defect
    (of shadows too), beside which the same number has none."""
    rng = np.random.default_rng(seed)
    found = []
    for wanted in [None] * clean + [name for name in DEFECTS for _ in range(each)] + [""] * (len(DEFECTS) * each // 2):
        shape = SHAPES[int(rng.choice(len(SHAPES), p=SHAPE_WEIGHTS))]
        if wanted is None:
            brief = compose(rng, shape, everything=True, clean=True)
        else:
            brief = compose(rng, shape, everything=True, count=1, defects={wanted} - {""})
        found.append(Shown(render(rng, brief, sprites, shape)[0], brief))
    return found


def told(counts: dict[str, tuple[int, int]]) -> str:
    return "; ".join(f"{task} {right / asked:.1%}" for task, (right, asked) in counts.items() if asked)


def begin(judge: Judge, path: Path) -> int:
    """Take over what an older judge has of the same names and sizes; how many tensors."""
    own = judge.state_dict()
    old = {k: v.to(own[k].dtype) for k, v in load_file(path).items() if k in own and own[k].shape == v.shape}
    judge.load_state_dict({**own, **old})
    return len(old)


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--steps", type=int, default=4500)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--start", type=Path, help="a judge of another vocabulary, whose body to go on from")
    options.add_argument("--workers", type=int, default=1, help="processes that render")
    options.add_argument("--threads", type=int, default=1, help="torch's threads; more than there are idle cores is slow")
    options.add_argument("--to", type=Path, default=WEIGHTS, help="a second place for the result (default: beside this file)")
    options.add_argument(
        "--dry", action="store_true", help="measure little, write only to the working folder: to see that it works"
    )
    o = options.parse_args()
    torch.manual_seed(o.seed)
    torch.set_num_threads(o.threads)
    kind = o.device.split(":")[0]
    judge = Judge()
    print(f"{sum(p.numel() for p in judge.parameters()) / 1e6:.2f} M parameters", flush=True)
    if o.start:
        print(f"{begin(judge, o.start)} tensors from {o.start}", flush=True)
    judge = judge.to(o.device, memory_format=torch.channels_last)
    steppers = optimisers(judge, o.rate)
    state_path, step, spent = o.work / "judge.pt", 0, 0.0
    if not o.dry and (state := load_state(state_path)):
        judge.load_state_dict(state["judge"])
        for stepper, kept in zip(steppers, state["optimisers"], strict=True):
            stepper.load_state_dict(kept)
        step, spent = state["step"], state["spent"]
    folder = o.work / "data"
    sprites = Sprites(folder)
    held = fresh(sprites, *((20, 1) if o.dry else (240, 6)), 10**6 + 1)
    queues = []
    for worker in range(o.workers):
        queues.append(multiprocessing.Queue(16))
        told_to = (o.seed, step, worker), folder, queues[-1]  # other scenes after a resume
        multiprocessing.Process(target=work, args=told_to, daemon=True).start()
    pool, rng, drawn = Pool(), np.random.default_rng((o.seed, step)), 0
    torch.manual_seed(o.seed + step)

    def save() -> None:
        if not o.dry:
            kept = [stepper.state_dict() for stepper in steppers]
            save_state(state_path, judge=judge.state_dict(), optimisers=kept, step=step, spent=spent)

    last, saved, running, busy = time.time(), time.time(), None, time.process_time()
    first = step
    while step < o.steps:
        if len(pool) < 8 * CHUNK or step % 2 == 0:
            pool.add(*queues[drawn % o.workers].get())
            drawn += 1
            if len(pool) < 8 * CHUNK:
                continue
        rate = min(1, (step + 1) / 100) * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * step / o.steps)))
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = group["peak"] * rate
        pixels, labels, covers = (part.to(o.device) for part in pool.batch(o.batch, rng))
        with torch.autocast(kind, torch.bfloat16):
            logits = judge(pixels.to(memory_format=torch.channels_last))
        loss, names = loss_of(logits, labels, covers)
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss.backward()
        for stepper in steppers:
            stepper.step()
        step += 1
        got = torch.stack([loss.detach(), names.detach()]).cpu()
        running = got if running is None else 0.98 * running + 0.02 * got
        now = time.time()
        spent, last = spent + now - last, now
        if step % (5 if o.dry else 50) == 0:
            cost = (time.process_time() - busy) / (step - first)
            print(
                f"step {step} {spent / 60:.1f} min ({cost:.2f} s of processor a step) loss {running[0]:.3f} "
                f"names {running[1]:.3f} scenes drawn {drawn * CHUNK}", flush=True,
            )  # fmt: skip
        if step % 500 == 0:
            judge.eval()
            print(told(accuracies(judge, held)), flush=True)
            judge.train()
            last = time.time()
        if now - saved > 60:
            save()
            saved = now
    save()
    final = {k: v.half() if v.is_floating_point() else v for k, v in judge.cpu().state_dict().items()}
    judge.load_state_dict(final)  # measure what is saved, rounded
    counts = accuracies(judge.eval(), held if o.dry else fresh(sprites, 1500, 100))
    about = {
        "labels": json.dumps(_labels()),
        "accuracies": json.dumps({task: round(r / n, 4) for task, (r, n) in counts.items() if n}),
        "measured_on": json.dumps({task: n for task, (_, n) in counts.items()}), "steps": str(step),
    }  # fmt: skip
    for path in {o.work / "judge.safetensors"} | ({o.to} if not o.dry else set()):
        save_file({k: v.contiguous() for k, v in final.items()}, path, metadata=about)
    for task, (r, n) in counts.items():
        print(f"{task:16} {r / max(n, 1):.2%} of {n}", flush=True)
    print(f"done: {step} steps, {path} of {path.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
