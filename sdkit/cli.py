"""The `sdkit` command: thin over Studio.

Files go to stdout, one a line, so that it works in a pipe; progress and messages go to stderr. Exit status: 0 done, 1 an
error that is said in one line, 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import publish
from .desk import add, save
from .errors import BrandError, InputError, Interrupted, PromptWarning, RightsWarning, SdkitError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command != "lab":  # what we don't know of `lab` is for JupyterLab
        parser.error("unrecognized arguments: " + " ".join(rest))
    options.rest = rest
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _say  # type: ignore[assignment]
            status = options.run(options)
        sys.stdout.flush()
        return status or 0
    except SdkitError as error:
        print(f"sdkit {options.command}: {error}", file=sys.stderr)
        for rule in getattr(error, "rules", ()):
            print(f'  here: --waive "{rule}=why"', file=sys.stderr)
        return 130 if isinstance(error, Interrupted) else 1
    except KeyboardInterrupt:
        print(f"sdkit {options.command}: stopped. What was finished is kept.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `sdkit frame | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _say(message: Warning | str, category: type[Warning], *place: Any) -> None:
    """A warning as a sentence: where in our code it was raised is of no use to a person at a shell."""
    print(
        message if issubclass(category, PromptWarning | RightsWarning) else f"{category.__name__}: {message}", file=sys.stderr
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdkit", description="Marketing pictures with Stable Diffusion, tracked and in every size."
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, about: str, **more: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about, **more)
        sub.set_defaults(run=run)
        return sub

    model = argparse.ArgumentParser(add_help=False)
    model.add_argument(
        "--model", default="pocket", help='"pocket" (default), org/name, a diffusers folder, or a .safetensors file'
    )
    model.add_argument("--device", default="auto", help="auto (default), cpu, cuda, mps")
    model.add_argument("--store", default="out/experiments", metavar="DIR", help="experiments folder (default out/experiments)")
    model.add_argument("--quiet", action="store_true", help="no progress bar")
    draw = argparse.ArgumentParser(add_help=False)
    draw.add_argument("--negative", "-n", default=None, help='what to keep out; "@clean" names a preset')
    draw.add_argument("--steps", type=int, help="denoising steps (default: what suits the model)")
    draw.add_argument("--guidance", type=float, help="guidance scale (default: what suits the model)")
    draw.add_argument("--experiment", default="", help="a name recorded with each picture")

    sub = command("demo", _demo, "a small launch from prompts to every placement, offline")
    sub.add_argument("--to", default="out/demo", metavar="DIR", help="folder for the files (default out/demo)")
    sub.add_argument("--quiet", action="store_true", help="no progress bar")

    sub = command("generate", _generate, "make and record pictures; prints the files", parents=[model, draw])
    sub.add_argument("prompt", nargs="?", help='such as "a {rocket|gift box} on a mint gradient background"')
    sub.add_argument("--template", default="", metavar="ID", help="instead: a curated prompt; `sdkit prompts` lists them")
    sub.add_argument("--style", action="append", default=[], metavar="ID", help='such as "flat"; several times for several')
    sub.add_argument("--templates", metavar="DIR", help="a folder of your own prompts, wildcards, styles and negatives")
    sub.add_argument("--sample", type=int, metavar="N", help="draw N prompts at random instead of every combination")
    sub.add_argument("--seeds", default="1", help='how many (default 1), or which, with a comma: "7,11" or "7,"')
    sub.add_argument("--size", type=_size, metavar="WxH", help="pixels (default: what the model was trained at)")
    sub.add_argument("--image", metavar="FILE", help="start from this picture (img2img)")
    sub.add_argument("--mask", metavar="FILE", help="with --image: repaint the white of this one only")
    sub.add_argument("--strength", type=float, default=0.75, help="how much of --image is given up, over 0 to 1 (default 0.75)")
    sub.add_argument("--scheduler", default="", help="a diffusers scheduler class (default: the model's own)")
    sub.add_argument("--limit", type=int, default=500, help="refuse prompts of more combinations (default 500)")
    sub.add_argument(
        "--set",
        "--slot",
        dest="slot",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="fill {NAME}; several times for variants",
    )
    sub.add_argument("--brand", metavar="DIR", help="a brand's folder: its words join the prompts")
    sub.add_argument("--sheet", metavar="FILE", help="also write a labelled side-by-side sheet")

    sub = command("prompts", _prompts, "list the curated prompts, or those that fit some words")
    sub.add_argument("search", nargs="*", help='words that must all occur, such as "sale"')
    sub.add_argument("--for", dest="model", default="", metavar="CLASS", help="only those for pocket, sd1, sdxl or flux")
    sub.add_argument("--templates", metavar="DIR", help="a folder of your own prompts, beside the shipped ones")
    sub.add_argument("--format", choices=["table", "csv", "json"], default="table", help="default table")

    sub = command("brand", _brand, "check a brand's folder, or start a new one")
    sub.add_argument("folder", help="with tokens.json, rules.toml, logos and fonts/")
    sub.add_argument("--new", action="store_true", help="write a new brand there, complete, to edit")
    sub.add_argument("--name", default="My brand", help="with --new: what it is called")
    sub.add_argument("--logo", metavar="FILE", help="with --new: a logo or picture to take the colours from")

    sub = command("outpaint", _outpaint, "paint on around a picture; prints the file", parents=[model, draw])
    sub.add_argument("picture", help="an image file, or the id of a recorded picture")
    sub.add_argument("--size", type=_size, metavar="WxH", required=True, help="pixels of what comes out")
    sub.add_argument("--anchor", default="centre", help="where the picture sits: left, centre (default), right, top, bottom")
    sub.add_argument("--prompt", help="what to paint around (default: the picture's prompt without its subject)")
    sub.add_argument("--seed", type=int, help="default: the picture's own")
    sub.add_argument("--out", "-o", metavar="FILE", help="also write the picture here")

    sub = command("upscale", _upscale, "enlarge a picture, its edges sharp; prints the file", parents=[model])
    sub.add_argument("picture", help="an image file, or the id of a recorded picture")
    sub.add_argument("--scale", type=float, help="over 1 up to the upscaler's own (default: that, mostly 4)")
    sub.add_argument("--upscaler", metavar="FILE", help="a community upscaler, .safetensors (default: the embedded one)")
    sub.add_argument("--experiment", default="", help="a name recorded with the picture")
    sub.add_argument("--out", "-o", metavar="FILE", help="also write the picture here")

    publish.add(command, [model], _studio)
    add(command)

    sub = command("frame", _frame, "the experiments as a table")
    sub.add_argument("--store", default="out/experiments", metavar="DIR", help="experiments folder (default out/experiments)")
    sub.add_argument("--format", choices=["table", "csv", "json"], default="table", help="default table")
    sub.add_argument("--experiment", help="only this experiment")
    sub.add_argument("--last", type=int, help="only the newest N")

    command("lab", _lab, "open JupyterLab on the first notebook; more options go to JupyterLab, such as --no-browser")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"got {text!r}; write it as 1200x630")
    return int(width), int(height)


def _studio(options: argparse.Namespace) -> Any:
    from .studio import Studio

    return Studio(options.model, store=options.store, device=options.device, templates=getattr(options, "templates", None),
                  brand=getattr(options, "brand", None))  # fmt: skip


def _demo(options: argparse.Namespace) -> int:
    from .demo import run

    run(Path(options.to), progress=not options.quiet)
    return 0


def _generate(options: argparse.Namespace) -> int:
    try:
        seeds = [int(s) for s in options.seeds.split(",") if s.strip()] if "," in options.seeds else int(options.seeds)
    except ValueError:
        raise InputError("--seeds", options.seeds, 'how many, as 3, or which, as "7,11"') from None
    slots: dict[str, list[str]] = {}
    for pair in options.slot:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise InputError("--set", pair, "NAME=VALUE, such as colour=navy")
        slots.setdefault(name, []).append(value)
    shots = _studio(options).generate(
        options.prompt, template=options.template, style=options.style, sample=options.sample, negative=options.negative,
        seeds=seeds, size=options.size, steps=options.steps,
        guidance=options.guidance, scheduler=options.scheduler, image=options.image, mask=options.mask, strength=options.strength,
        limit=options.limit, experiment=options.experiment, progress=not options.quiet, **slots,
    )  # fmt: skip
    if options.sheet:
        save(shots.sheet(), options.sheet)
    print(shots, file=sys.stderr)
    print("\n".join(result.path for result in shots))
    return 0


def _prompts(options: argparse.Namespace) -> int:
    from .prompt import table

    found = table(" ".join(options.search), model=options.model, templates=options.templates)
    if options.format == "csv":
        found.to_csv(sys.stdout)
    elif options.format == "json":
        json.dump(found.reset_index().to_dict("records"), sys.stdout, indent=1, ensure_ascii=False)
        print()
    elif len(found):
        print(found[["title", "slots", "models", "placement"]].to_string(max_colwidth=48))
    else:
        print("No curated prompt holds these words.", file=sys.stderr)
    return 0


def _brand(options: argparse.Namespace) -> int:
    from .brand import Brand, palette_words

    if options.new:
        palette = Brand.from_image(options.logo) if options.logo else None
        Brand.scaffold(options.folder, options.name, palette=palette)
        print(options.folder)
        return 0
    try:
        brand = Brand.load(options.folder)
    except BrandError as error:
        print("\n".join(map(str, error.problems)))
        print(f"sdkit brand: {len(error.problems)} problem{'s' * (len(error.problems) != 1)}", file=sys.stderr)
        return 1
    rules = brand.rules
    lines = [("name", brand.name), ("about", brand.about), *((f"role {role}", colour) for role, colour in brand.roles.items())]
    lines += [("palette", ", ".join(brand.palette)), ("logos", f"{brand.logo.path.name}, {brand.logo_dark.path.name}")]
    lines += [
        (f"font {role}", f"{of.name}, weights {', '.join(str(f.weight) for f in of.faces)}") for role, of in brand.fonts.items()
    ]
    lines += [
        ("prompts get", ", ".join((" and ".join(palette_words(brand)), *rules.tone))),
        ("keeps out", ", ".join(rules.negatives)),
    ]
    lines += [("banned", ", ".join(rules.banned))]
    print("\n".join(f"{name:<18}{value}" for name, value in lines if value))
    return 0


def _outpaint(options: argparse.Namespace) -> int:
    result = _studio(options).outpaint(
        options.picture, options.size, anchor=options.anchor, prompt=options.prompt, negative=options.negative, seed=options.seed,
        steps=options.steps, guidance=options.guidance, experiment=options.experiment, progress=not options.quiet,
    )  # fmt: skip
    if options.out:
        save(result.image, options.out)
    print(options.out or result.path)
    return 0


def _upscale(options: argparse.Namespace) -> int:
    result = _studio(options).upscale(
        options.picture, options.scale, model=options.upscaler, experiment=options.experiment, progress=not options.quiet
    )
    if options.out:
        save(result.image, options.out)
    print(options.out or result.path)
    return 0


def _frame(options: argparse.Namespace) -> int:
    from .experiments import Experiments, Store

    if not (Path(options.store) / "experiments.sqlite").exists():
        raise InputError("--store", options.store, "a folder with experiments in it; `sdkit generate` makes one")
    frame = Experiments(Store(options.store)).frame(experiment=options.experiment, last=options.last)
    if options.format == "csv":
        frame.to_csv(sys.stdout, index=False)
    elif options.format == "json":
        json.dump(json.loads(frame.to_json(orient="records", date_format="iso")), sys.stdout, indent=1, ensure_ascii=False)
        print()
    else:
        columns = ["id", "experiment", "prompt", "negative", "seed", "width", "height", "steps", "seconds", "model"]
        print(frame[[c for c in columns if c in frame]].to_string(index=False, max_colwidth=48))
    return 0


def _lab(options: argparse.Namespace) -> int:
    from .lab import open_lab

    return open_lab(options.rest)


def _version() -> str:
    from importlib.metadata import version

    return f"sdkit {version('sdkit')}"
