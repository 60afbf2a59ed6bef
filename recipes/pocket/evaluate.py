"""How well the embedded model draws what it is asked: 300 held-out prompts, judged by a network that only knows renders.

Prompts pair objects with backgrounds that training never saw together (`questions.py`); seeds are fixed; the pipeline
is plain diffusers. Shares come with 95 % Wilson intervals. The last column is the ceiling: what the same judge says of
rendered scenes of the same prompts that went through the autoencoder only. `all three` asks object, colour and side of
one picture; backgrounds with colours of their own (beach, ...) stand in for the colour. Stop it with Ctrl-C for the table
of what there is so far.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import card
import numpy as np
import torch
from common import REPOSITORY, parser, sprites_folder, to_tensor
from judge import WEIGHTS, Judge, Verdict, load_judge, two_colours
from PIL import Image, ImageDraw, ImageFont
from questions import Question, questions, wilson
from scenes import draw, load_sprites
from tqdm import tqdm

MODEL = REPOSITORY / "sdkit" / "assets" / "pocket"
ASPECTS = ("object", "colour", "background", "side", "all three")
NAMES = {
    "object": "right object", "colour": "right background colour", "background": "right kind of background",
    "side": "right side", "all three": "all three right",
}  # fmt: skip
Marks = dict[str, bool | None]


def mark(asked: Question, seen: Verdict) -> Marks:
    """Right or wrong for each aspect; None where it was not asked."""
    marks: Marks = {name: getattr(seen, name) == getattr(asked, name) for name in ("object", "background", "side")}
    marks["colour"] = seen.colour == asked.colour if asked.colour else None
    surroundings = marks["background"] if marks["colour"] is None else marks["colour"]
    marks["all three"] = bool(marks["object"] and marks["side"] and surroundings)
    return marks


def tally(marks: Sequence[Marks]) -> dict[str, tuple[int, int]]:
    """(right, asked) of each aspect."""
    return {
        aspect: (sum(bool(m[aspect]) for m in marks), sum(m[aspect] is not None for m in marks)) for aspect in ASPECTS
    }  # fmt: skip


def load(model: Path, device: str):
    from diffusers import StableDiffusionPipeline

    if not (model / "model_index.json").exists():
        raise SystemExit(f"{model} holds no pipeline: run assemble.py, or name one with --model")
    pipeline = StableDiffusionPipeline.from_pretrained(model).to(device)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def artist(pipeline, size: tuple[int, int], steps: int, guidance: float) -> Callable[[Sequence[Question]], list[Image.Image]]:
    """Questions -> pictures; one CPU generator each, so that a picture does not depend on its neighbours."""

    def make(asked: Sequence[Question]) -> list[Image.Image]:
        return pipeline(
            [q.prompt for q in asked],
            width=size[0], height=size[1], num_inference_steps=steps, guidance_scale=guidance,
            generator=[torch.Generator().manual_seed(q.seed) for q in asked],
        ).images  # fmt: skip

    return make


@torch.no_grad()
def through(vae, images: list[Image.Image]) -> list[Image.Image]:
    """What the autoencoder leaves of pictures of one size."""
    out = []
    for i in range(0, len(images), 8):
        pixels = to_tensor(images[i : i + 8]).to(vae.device)
        got = vae.decode(vae.encode(pixels).latents).sample.clamp(-1, 1).add(1).mul(127.5).round().byte()
        out += [Image.fromarray(a) for a in got.permute(0, 2, 3, 1).cpu().numpy()]
    return out


def renders(asked: Sequence[Question], sprites: dict, size: tuple[int, int]) -> list[Image.Image]:
    """The pictures that the questions describe, as the recipe draws them."""
    images = []
    for q in asked:
        rng = np.random.default_rng(q.seed)
        wanted = {"object_name": q.object, "background": q.background, "colour": q.colour, "side": q.side}
        while two_colours(scene := draw(rng, sprites, size, defects=0.0, everything=True, **wanted)):
            pass  # a second colour was not asked for
        images.append(scene.image)
    return images


def seconds(make: Callable, asked: Sequence[Question]) -> list[float]:
    """What single pictures take, after one that warms up."""
    make(asked[:1])
    spent = []
    for q in tqdm(asked, desc="timing", unit="image"):
        start = time.perf_counter()
        make([q])
        spent.append(time.perf_counter() - start)
    return spent


def contact_sheet(asked: Sequence[Question], images: Sequence[Image.Image], seen: Sequence[Verdict]) -> Image.Image:
    """Pictures with what was asked in grey and each word that the judge sees, green where right, red where wrong."""
    columns, cell, text = 8, 160, 40
    scale = cell / max(images[0].size)
    wide, tall = round(images[0].width * scale), round(images[0].height * scale)
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * (cell + 4), rows * (tall + text + 4)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for i, (q, image, verdict) in enumerate(zip(asked, images, seen, strict=True)):
        x, y = i % columns * (cell + 4), i // columns * (tall + text + 4)
        sheet.paste(image.resize((wide, tall), Image.Resampling.LANCZOS), (x + (cell - wide) // 2, y))
        pen.text((x + 2, y + tall), f"{q.object}, {q.colour or ''} {q.background}, {q.side}", "dimgrey", font)
        marks, left = mark(q, verdict), x + 2
        for line, aspects in enumerate((("object", "side"), ("colour", "background"))):
            left = x + 2
            for aspect in aspects:
                word = f"{getattr(verdict, aspect) or 'none'}  "
                fill = {True: "green", False: "red", None: "grey"}[marks[aspect]]
                pen.text((left, y + tall + 12 * (line + 1)), word, fill, font)
                left += pen.textlength(word, font)
    return sheet


def figures_of(counts: dict, ceiling: dict | None, spent: Sequence[float]) -> dict[str, dict]:
    """Figure name -> value, unit, n, low, high; shares with Wilson's interval, seconds with the range of all."""
    found = {}
    for suffix, table in (("", counts), (", ceiling", ceiling or {})):
        for aspect, (right, n) in table.items():
            if n:
                low, high = wilson(right, n)
                name = f"pocket: {NAMES[aspect]}{suffix}"
                found[name] = {"value": right / n, "unit": "share", "n": n, "low": low, "high": high}
    if spent:
        found["pocket: seconds an image"] = {
            "value": statistics.median(spent), "unit": "s", "n": len(spent), "low": min(spent), "high": max(spent),
        }  # fmt: skip
    return found


def table(figures: dict[str, dict], about: str) -> str:
    """A Markdown table that also reads well in a terminal."""
    lines = [f"| {about:<24} |  right | 95 % interval |   n | ceiling |", "|---|---:|---:|---:|---:|"]
    for aspect in ASPECTS:
        f, top = figures.get(f"pocket: {NAMES[aspect]}"), figures.get(f"pocket: {NAMES[aspect]}, ceiling")
        if f:
            interval = f"{f['low']:.1%} to {f['high']:.1%}"
            limit = f"{top['value']:.1%}" if top else "-"
            lines.append(f"| {NAMES[aspect]:<24} | {f['value']:>6.1%} | {interval} | {f['n']} | {limit} |")
    if f := figures.get("pocket: seconds an image"):
        lines.append(f"| seconds an image, median | {f['value']:.2f} s | {f['low']:.2f} to {f['high']:.2f} s | {f['n']} | |")
    return "\n".join(lines)


def worst(asked: Sequence[Question], seen: Sequence[Verdict], count: int = 12) -> str:
    """The objects drawn wrong most often, with what the judge took them for."""
    total, wrong = Counter(q.object for q in asked), Counter()
    taken: dict[str, Counter] = {}
    for q, v in zip(asked, seen, strict=True):
        if v.object != q.object:
            wrong[q.object] += 1
            taken.setdefault(q.object, Counter())[v.object or "none"] += 1
    order = sorted(wrong, key=lambda name: (-wrong[name] / total[name], name))[:count]
    lines = [f"  {n:<16} {wrong[n]} of {total[n]} wrong: {', '.join(w for w, _ in taken[n].most_common(3))}" for n in order]
    return "\n".join(lines) or "  none"


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--model", type=Path, default=MODEL, help="a diffusers folder (default sdkit/assets/pocket)")
    options.add_argument("--judge", type=Path, default=WEIGHTS)
    options.add_argument("--pictures", type=int, default=300, help="fewer for a quick look")
    options.add_argument("--size", type=int, nargs=2, default=(256, 256), metavar=("WIDTH", "HEIGHT"))
    options.add_argument("--steps", type=int, help="default: what the model's sdkit.json says")
    options.add_argument("--guidance", type=float, help="likewise")
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--card", action="store_true", help="also write the figures into the model card")
    o = options.parse_args()
    if not o.judge.exists():
        raise SystemExit(f"{o.judge} is not there: run judge.py first")
    told = o.model / "sdkit.json"
    told = json.loads(told.read_text()) if told.exists() else {"steps": 20, "guidance": 4.0}
    o.steps, o.guidance = o.steps or told["steps"], told["guidance"] if o.guidance is None else o.guidance
    judge, own = load_judge(o.judge)
    judge = judge.to(o.device)
    pipeline = load(o.model, o.device)
    make = artist(pipeline, tuple(o.size), o.steps, o.guidance)
    asked = questions(o.pictures)
    spent = seconds(make, asked[:10])

    images: list[Image.Image] = []
    whole = True
    try:
        with tqdm(total=len(asked), desc="pictures", unit="image") as bar:
            for i in range(0, len(asked), o.batch):
                images += make(asked[i : i + o.batch])
                bar.update(len(images) - bar.n)
    except KeyboardInterrupt:
        whole = False
        asked = asked[: len(images)]
        print(f"stopped after {len(images)} pictures")
    if images:
        official = whole and len(asked) >= 300 and tuple(o.size) == (256, 256)
        report(o, judge, own, pipeline.vae, asked, images, spent, official)


def report(
    o, judge: Judge, own: dict, vae, asked: list[Question], images: list[Image.Image], spent: list[float], official: bool
) -> None:
    """Judge, print, and write the files: figures and card only of a whole run at the size of all runs."""
    seen = judge.look(images)
    counts, ceiling = tally([mark(q, v) for q, v in zip(asked, seen, strict=True)]), None
    try:
        sprites = load_sprites(sprites_folder(o.work))
        shown = through(vae, renders(asked, sprites, tuple(o.size)))
        ceiling = tally([mark(q, v) for q, v in zip(asked, judge.look(shown), strict=True)])
    except FileNotFoundError as missing:
        print(f"no ceiling: {missing}")
    figures = figures_of(counts, ceiling, spent)
    about = f"{o.size[0]}x{o.size[1]}, {o.steps} steps"
    text = table(figures, about)
    print(f"\n{text}\n\nobjects missed most:\n{worst(asked, seen)}")
    print("the judge on fresh renders: " + ", ".join(f"{task} {share:.1%}" for task, share in own.items()))

    sheet = o.work / "eval.png"
    sheet.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(asked[:64], images[:64], seen[:64]).save(sheet)
    print(f"look at {sheet}")
    if not official:
        print("figures and card stay as they are: they take 300 pictures of 256x256")
        return
    path = REPOSITORY / "out" / "figures" / "pocket-eval.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n")
    if o.card:
        note = (
            f"{len(asked)} prompts of held-out object-background pairs, fixed seeds, plain diffusers, default scheduler,\n"
            f"guidance {o.guidance:g}; shares with 95 % Wilson intervals; seconds on {o.device} with {os.cpu_count()} cores,\n"
            "float32, one image at a time, from fastest to slowest. The judge (`recipes/pocket/judge.py`) was trained on\n"
            "rendered scenes only; the ceiling is what it says of rendered scenes that went through the autoencoder.\n"
            "`make pocket-eval` measures anew."
        )
        card.set_figures(o.model / "README.md", f"{text}\n\n{note}")
        print(f"wrote the figures into {o.model / 'README.md'}")


if __name__ == "__main__":
    main()
