"""Commands that only look: what a file carries, which placements there are, what a licence says."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands; `command(name, run, about)` makes one."""
    sub = command("papers", _papers, "what a picture file says of itself: AI mark, alt text, licence, content credentials")
    sub.add_argument("files", nargs="+", metavar="FILE", help="JPEG, PNG, WebP or AVIF files")
    sub.add_argument("--trust", metavar="PEM", help="certificates whose signatures count as trusted")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")

    sub = command("placements", _placements, "where pictures can go: pixels, safe areas, byte limits, and how sure that is")
    sub.add_argument("names", nargs="*", metavar="NAME", help="only these groups, platforms or names")
    sub.add_argument("--own", metavar="FILE", help="your own placements, a JSON file or a folder of them")
    sub.add_argument("--draw", metavar="FILE", help="draw them to scale, with their safe areas, as .png or .jpg")
    sub.add_argument("--json", action="store_true", help="the records, sources and all")

    sub = command("rights", _rights, "may pictures of a model be published commercially, on what terms")
    sub.add_argument("model", help='"pocket", org/name, or a file')
    sub.add_argument("--lora", action="append", default=[], metavar="NAME", help="a LoRA beside it; several times for several")
    sub.add_argument("--revenue", type=float, metavar="USD", help="your firm's, a year: some licences are free up to a limit")
    sub.add_argument("--own", metavar="FILE", help="your own licences.toml, which adds to the shipped one")


def _papers(options: argparse.Namespace) -> int:
    from .export import papers

    for i, file in enumerate(options.files):
        found = papers(file, trust=options.trust)
        if options.json:
            print(json.dumps(found.to_dict(), ensure_ascii=False))
        else:
            print(("\n" if i else "") + str(found))
    return 0


def _placements(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from .export import choose, load
    from .export.chart import chart, old, table

    known = load(own=options.own)
    chosen = choose(options.names, known) if options.names else list(known.values())
    if options.draw:
        save(chart(chosen), options.draw, "--draw")
        print(options.draw)
    elif options.json:
        print(json.dumps([asdict(p) for p in chosen], indent=1, ensure_ascii=False))
    else:
        print(table(chosen))
    if warning := old(chosen):
        print(warning, file=sys.stderr)
    return 0


def _rights(options: argparse.Namespace) -> int:
    from .rights import verdict

    print(verdict(options.model, loras=options.lora, revenue=options.revenue, own=options.own))
    return 0


def save(image: Any, path: str, parameter: str = "--out") -> None:
    """Write a picture by its file name's ending; whole or not at all."""
    from .codecs import encode, write_atomic
    from .errors import ExportError, InputError

    formats = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
    format = formats.get(Path(path).suffix.lower())
    if format is None:
        raise InputError(parameter, path, "a name that ends in " + ", ".join(formats))
    try:
        write_atomic(Path(path), encode(image, format, quality=92))
    except OSError as error:
        raise ExportError(f"{path} could not be written: {error.strerror or error}.") from error


__all__ = ["add", "save"]
