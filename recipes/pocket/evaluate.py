"""How well the embedded model draws what it is asked, judged by a network that only knows renders.

The questions are fixed, with their seeds (`questions.py`); what counts as right stands in `suites.py`; the pipeline is plain
diffusers. Shares come with 95 % Wilson intervals. The ceiling is what the same judge says of rendered scenes of the same
questions that went through the autoencoder only. Stop it with Ctrl-C for the table of what there is so far.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import card
import numpy as np
import torch
from briefs import Brief
from common import REPOSITORY, SHIPPED, parser, to_tensor
from judging import WEIGHTS, Judge, Verdict, load_judge
from measures import OTHERS, joins, megabytes, seconds, sharper
from PIL import Image, ImageDraw, ImageFont
from questions import Question, singles, uncurated
from scenes import render
from sprites import Sprites
from suites import CEILING, MEGABYTES, PREFIX, SECONDS, SUITES, Figure, Suite, figures_of, table
from tqdm import tqdm

FEW_STEPS = Path("few-steps") / "pytorch_lora_weights.safetensors"
SHEET = Path(__file__).resolve().parent / "sheet.webp"
Artist = Callable[[Sequence[Question]], list[Image.Image]]


def load(model: Path, device: str):
    from diffusers import StableDiffusionPipeline

    if not (model / "model_index.json").exists():
        raise SystemExit(f"{model} holds no pipeline: run assemble.py, or name one with --model")
    pipeline = StableDiffusionPipeline.from_pretrained(model).to(device)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def artist(pipeline, steps: int, guidance: float) -> Artist:
    """Questions of one shape -> pictures; one CPU generator each, so that a picture does not depend on its neighbours."""

    def make(asked: Sequence[Question]) -> list[Image.Image]:
        width, height = asked[0].shape
        return pipeline(
            [q.prompt for q in asked], negative_prompt=[q.negative for q in asked],
            width=width, height=height, num_inference_steps=steps, guidance_scale=guidance,
            generator=[torch.Generator().manual_seed(q.seed) for q in asked],
        ).images  # fmt: skip

    return make


@contextlib.contextmanager
def quick(pipeline, model: Path, guidance: float) -> Iterator[tuple[Artist, str]]:
    """Four steps: with the LoRA that was distilled for them and its scheduler where the model has one, plain otherwise; and
    which of the two it is."""
    if not (model / FEW_STEPS).exists():
        yield artist(pipeline, 4, guidance), "4 steps: no few-steps LoRA in the folder, plain pipeline"
        return
    from diffusers import LCMScheduler

    before = pipeline.scheduler
    try:
        pipeline.load_lora_weights(model / FEW_STEPS.parent, weight_name=FEW_STEPS.name)
    except ValueError as missing:  # diffusers loads LoRAs by way of peft
        yield artist(pipeline, 4, guidance), f"4 steps: plain pipeline, the few-steps LoRA did not load ({missing})"
        return
    pipeline.scheduler = LCMScheduler.from_config(before.config)
    try:
        yield artist(pipeline, 4, 1.0), "4 steps: with the few-steps LoRA, LCM, guidance 1"
    finally:
        pipeline.unload_lora_weights()
        pipeline.scheduler = before


@torch.no_grad()
def through(vae, images: Sequence[Image.Image]) -> list[Image.Image]:
    """What the autoencoder leaves of pictures of one size."""
    out = []
    for i in range(0, len(images), 8):
        pixels = to_tensor(images[i : i + 8]).to(vae.device)
        got = vae.decode(vae.encode(pixels).latents).sample.clamp(-1, 1).add(1).mul(127.5).round().byte()
        out += [Image.fromarray(a) for a in got.permute(0, 2, 3, 1).cpu().numpy()]
    return out


def rendered(asked: Question, sprites: Sprites) -> Image.Image:
    """The picture that a question describes, as the recipe draws it."""
    return render(np.random.default_rng(asked.seed), asked.brief, sprites, asked.shape)[0]


def batches(asked: Sequence[Question], size: int) -> Iterator[Sequence[Question]]:
    """In order, `size` at most, of one shape each."""
    start = 0
    while start < len(asked):
        end = start + 1
        while end < min(start + size, len(asked)) and asked[end].shape == asked[start].shape:
            end += 1
        yield asked[start:end]
        start = end


class Run:
    """What a suite has given so far: questions, verdicts, the first pictures, and whether it is whole."""

    def __init__(self, suite: Suite, share: float = 1.0) -> None:
        self.suite, self.questions = suite, suite.ask()[:: max(1, round(1 / share))]
        self.whole, self.done = share >= 1, 0
        self.seen: list[Verdict] = []
        self.tops: list[Verdict] = []
        self.pictures: list[Image.Image] = []

    def go(self, make: Artist, judge: Judge, batch: int) -> None:
        with tqdm(total=len(self.questions), desc=self.suite.name, unit="image") as bar:
            for some in batches(self.questions, batch):
                images = make(some)
                self.seen += judge.look(images)
                self.pictures += images[: max(0, 64 - len(self.pictures))]
                bar.update(len(some))

    def top(self, vae, judge: Judge, sprites: Sprites) -> None:
        """The ceiling: the same questions, rendered, through the autoencoder."""
        for some in batches(self.questions, 8):
            self.tops += judge.look(through(vae, [rendered(q, sprites) for q in some]))

    def figures(self) -> dict[str, Figure]:
        found = figures_of([self.suite.mark(q, v) for q, v in zip(self.questions, self.seen, strict=False)])
        return found | figures_of([self.suite.mark(q, v) for q, v in zip(self.questions, self.tops, strict=False)], CEILING)

    def finished(self) -> bool:
        return self.whole and len(self.seen) == len(self.questions)


def _lines(pen: ImageDraw.ImageDraw, text: str, font, width: int, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines[:most]


def contact_sheet(
    images: Sequence[Image.Image], words: Sequence[str], fills: Sequence[str] = (), columns: int = 8
) -> Image.Image:
    """Square cells of pictures with words below; `fills` are the words' colours."""
    cell, text = 176, 36
    sheet = Image.new("RGB", (columns * (cell + 4), -(-len(images) // columns) * (cell + text + 4)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(9)
    for i, (image, said) in enumerate(zip(images, words, strict=True)):
        x, y = i % columns * (cell + 4), i // columns * (cell + text + 4)
        scale = cell / max(image.size)
        size = round(image.width * scale), round(image.height * scale)
        sheet.paste(image.resize(size, Image.Resampling.LANCZOS), (x + (cell - size[0]) // 2, y + (cell - size[1]) // 2))
        for k, line in enumerate(_lines(pen, said, font, cell - 2, 3)):
            pen.text((x + 2, y + cell + 1 + 11 * k), line, fills[i] if fills else "dimgrey", font)
    return sheet


def judged_sheet(run: Run) -> Image.Image:
    """The first pictures of a suite, with prompt and verdict, green where all is right."""
    n = len(run.pictures)
    words, fills = [], []
    for q, v in zip(run.questions[:n], run.seen[:n], strict=True):
        words.append(f"{q.prompt} -> {v.count} {' + '.join(v.objects)}, {v.colour or ''} {v.background}, {v.place}")
        fills.append("green" if all(run.suite.mark(q, v).values()) else "firebrick")
    return contact_sheet(run.pictures, words, fills)


WHAT: dict[str, Callable[[Brief | Verdict], str]] = {
    "objects": lambda of: " + ".join(sorted(of.objects)) or "none",
    "backgrounds": lambda of: of.background,
    "colours": lambda of: of.colour or "of its own",
}


def worst(asked: Sequence[Question], seen: Sequence[Verdict], what: str, count: int = 12) -> str:
    """Of WHAT, those drawn wrong most often, with what the judge took them for."""
    name = WHAT[what]
    total = Counter(name(q.brief) for q in asked[: len(seen)])
    wrong: dict[str, Counter] = {}
    for q, v in zip(asked, seen, strict=False):
        if name(v) != name(q.brief):
            wrong.setdefault(name(q.brief), Counter())[name(v)] += 1
    order = sorted(wrong, key=lambda told: (-wrong[told].total() / total[told], told))[:count]
    lines = [
        f"  {told:<16} {wrong[told].total()} of {total[told]} wrong: {', '.join(w for w, _ in wrong[told].most_common(3))}"
        for told in order
    ]
    return "\n".join(lines) or "  none"


def fingerprint(model: Path, judge: Path) -> str:
    """Of everything that figures depend on: figures of other weights are never mixed in. The few-steps LoRA is left out, for one
    suite of two dozen seconds depends on it: ask that again (`--suites four-steps speed`) when the LoRA is another."""
    digest = hashlib.sha256()
    for path in [*sorted(p for p in model.rglob("*.safetensors") if p.parent.name != FEW_STEPS.parent.name), judge]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def keep(path: Path, key: str, figures: dict[str, Figure]) -> dict[str, Figure]:
    """Add figures to those of earlier runs about the same model, judge and settings; all of them."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    earlier = kept["figures"] if kept.get("of") == key else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"of": key, "figures": earlier | figures}, indent=1) + "\n")
    return earlier | figures


def draw_sheet(make: Artist, batch: int, path: Path = SHEET) -> None:
    """64 pictures that nobody picked, with their prompts."""
    asked, images = uncurated(), []
    with tqdm(total=len(asked), desc="sheet", unit="image") as bar:
        for some in batches(asked, batch):
            images += make(some)
            bar.update(len(some))
    sheet = contact_sheet(images, [q.prompt for q in asked])
    for quality in (84, 76, 68, 60, 50):
        sheet.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size <= 600_000:
            break
    print(f"{path}: {path.stat().st_size / 1e3:.0f} KB")


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--model", type=Path, default=SHIPPED, help="a diffusers folder (default sdkit/assets/pocket)")
    options.add_argument("--judge", type=Path, default=WEIGHTS)
    options.add_argument("--suites", nargs="+", choices=[*SUITES, *OTHERS], default=[*SUITES, *OTHERS], metavar="SUITE",
                         help=f"of {', '.join([*SUITES, *OTHERS])} (default: all)")  # fmt: skip
    options.add_argument("--share", type=float, default=1.0, help="of the questions, for a quick look: 0.1 asks every tenth")
    options.add_argument("--steps", type=int, help="default: what the model's sdkit.json says")
    options.add_argument("--guidance", type=float, help="likewise")
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--card", action="store_true", help="also write the figures into the model card")
    options.add_argument("--sheet", action="store_true", help=f"only draw {SHEET.name}: 64 uncurated pictures")
    o = options.parse_args()
    told = o.model / "sdkit.json"
    told = json.loads(told.read_text()) if told.exists() else {"steps": 20, "guidance": 2.0}
    o.steps, o.guidance = o.steps or told["steps"], told["guidance"] if o.guidance is None else o.guidance
    if not o.judge.exists() and not o.sheet:
        raise SystemExit(f"{o.judge} is not there: run judge.py first")
    pipeline = load(o.model, o.device)
    make = artist(pipeline, o.steps, o.guidance)
    if o.sheet:
        draw_sheet(make, o.batch)
        return
    judge, *own = load_judge(o.judge)
    evaluate(o, pipeline, make, judge.to(o.device), own)


def evaluate(o, pipeline, make: Artist, judge: Judge, own: Sequence[dict[str, tuple[float, int]]]) -> None:
    """Run the suites, print, and write the files; only whole suites go into those."""
    runs: list[Run] = []
    extra: dict[str, Figure] = {PREFIX + MEGABYTES: megabytes(o.model)}
    notes: list[str] = []
    try:
        if "speed" in o.suites:
            extra[PREFIX + SECONDS] = seconds(make, singles(10))
        if "sharpness" in o.suites:
            extra |= sharper(o.model, o.work, o.share)
        if "seams" in o.suites:
            extra |= joins(o.model, o.share)
        for suite in (SUITES[name] for name in SUITES if name in o.suites):
            runs.append(Run(suite, o.share))
            if suite.quick:
                with quick(pipeline, o.model, o.guidance) as (fast, how):
                    notes.append(how)
                    runs[-1].go(fast, judge, o.batch)
            else:
                runs[-1].go(make, judge, o.batch)
            if suite.ceiling:
                try:
                    runs[-1].top(pipeline.vae, judge, Sprites(o.work / "data"))
                except FileNotFoundError as missing:
                    print(f"no ceiling: {missing}")
    except KeyboardInterrupt:
        print("stopped: this is what there is")
    report(o, runs, extra, notes, own)


def report(
    o, runs: Sequence[Run], extra: dict[str, Figure], notes: Sequence[str], own: Sequence[dict[str, tuple[float, int]]]
) -> None:
    """The table of this run; figures, and with --card the card, of all whole runs of this model."""
    everything: dict[str, Figure] = {}
    whole = dict(extra)
    for run in runs:
        everything |= run.figures()
        if run.finished():
            whole |= run.figures()
    about = f"{o.steps} steps, guidance {o.guidance:g}"
    print(f"\n{table(everything | extra, about)}\n")
    for note in notes:
        print(note)
    for run in runs:
        if run.suite.name == "single":
            for what in WHAT:
                print(f"{what} missed most:\n{worst(run.questions, run.seen, what)}")
        if run.pictures:
            path = o.work / f"eval-{run.suite.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            judged_sheet(run).save(path)
            print(f"look at {path}")
    said = [
        f"The judge on fresh renders {of}: {', '.join(f'{task} {share:.1%}' for task, (share, _) in shares.items())}."
        for of, shares in zip(("of such questions", "of all kinds of scenes, spoilt ones too"), own, strict=True)
    ]
    print("\n".join(said))
    key = f"{fingerprint(o.model, o.judge)} {o.steps} {o.guidance}"
    figures = keep(o.work / "eval.json", key, whole)
    path = REPOSITORY / "out" / "figures" / "pocket-eval.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"{len(figures)} figures of whole suites in {path}")
    if not o.card:
        return
    if not all(PREFIX + name in figures for name in ("right object", SECONDS)):
        print("the card stays as it is: it takes at least the whole suites single and speed")
        return
    note = (
        f"Fixed prompts and seeds, plain diffusers, default scheduler, guidance {o.guidance:g}; shares with 95 % Wilson intervals.\n"
        "The first four lines ask for object-background pairs that were held out of training. Seconds on\n"
        f"{o.device} with {os.cpu_count()} cores, float32, one image of 256x256 at a time, from fastest to slowest. The judge\n"
        "(`recipes/pocket/judge.py`) was trained on rendered scenes only; the ceiling is what it says of rendered scenes that\n"
        f"went through the autoencoder. {' '.join(f'{n[0].upper()}{n[1:]}.' for n in notes)} `make pocket-eval` measures anew.\n\n"
        + "\n\n".join(said)
    )
    card.set_figures(o.model / "README.md", f"{table(figures, about)}\n\n{note}")
    print(f"wrote the figures into {o.model / 'README.md'}")


if __name__ == "__main__":
    main()
