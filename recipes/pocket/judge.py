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

import json
import math
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from briefs import SHAPE_WEIGHTS, SHAPES, Brief, compose
from common import autocast, load_state, optimisers, parser, save_state
from judging import CELL, FULL, LABELS, NO_LABEL, TASKS, WEIGHTS, Judge, _labels
from lessons import CHUNK, Pool, unfair, work
from PIL import Image
from safetensors.torch import load_file, save_file
from scenes import render
from sprites import Sprites
from suites import SUITES, tally
from vocabulary import DEFECTS


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


def answered(judge: Judge, sprites: Sprites, apart: int = 10**6) -> dict[str, tuple[int, int]]:
    """(right answers, answers) of each figure of the evaluation, on renders of its questions that it never saw: a judge is
    good enough where these are. What a negative prompt keeps away is not drawn then, and should not be seen."""
    found: dict[str, tuple[int, int]] = {}
    for suite in SUITES.values():
        asked = suite.ask()
        # By chance: every second one of the defects' questions would be the one without its negative.
        asked = [asked[i] for i in np.random.default_rng(apart).permutation(len(asked))[:400]]
        drawn = [replace(q.brief, defects=q.brief.defects - q.brief.spoilt_by) if q.negative else q.brief for q in asked]
        images = [
            render(np.random.default_rng(q.seed + apart), brief, sprites, q.shape)[0]
            for q, brief in zip(asked, drawn, strict=True)
        ]
        for name, (right, n) in tally([suite.mark(q, v) for q, v in zip(asked, judge.look(images), strict=True)]).items():
            found[name] = (n - right if name.endswith("with the negative") else right, n)
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
        with autocast(o.device):
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
    asked = answered(judge, sprites)
    about = {"labels": json.dumps(_labels()), "steps": str(step)}
    for name, some in (("accuracies", counts), ("answers", asked)):
        about[name] = json.dumps({task: (round(r / n, 4), n) for task, (r, n) in some.items() if n})
    for path in {o.work / "judge.safetensors"} | ({o.to} if not o.dry else set()):
        save_file({k: v.contiguous() for k, v in final.items()}, path, metadata=about)
    for task, (r, n) in [*counts.items(), *asked.items()]:
        print(f"{task:34} {r / max(n, 1):.2%} of {n}", flush=True)
    print(f"done: {step} steps, {path} of {path.stat().st_size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
