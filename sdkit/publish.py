"""Commands that write what is published: a picture in every placement, and the banners of a campaign."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .errors import InputError


def add(
    command: Callable[..., argparse.ArgumentParser], parents: Sequence[argparse.ArgumentParser],
    studio: Callable[[argparse.Namespace], Any],
) -> None:  # fmt: skip
    """Add the commands; `command(name, run, about)` makes one, `studio(options)` the Studio that it works with."""
    words = argparse.ArgumentParser(add_help=False)
    words.add_argument("--brand", metavar="DIR", help="a brand's folder: its look, and the rules that stop what is not by them")
    words.add_argument(
        "--waive", action="append", default=[], metavar="RULE=REASON",
        help='let a rule pass and say why; "x-post: RULE=REASON" in one placement; several times for several',
    )  # fmt: skip

    sub = command("export", lambda options: _export(studio(options), options),
                  "write a picture in every placement; prints the folder's page", parents=[*parents, words])  # fmt: skip
    sub.add_argument("picture", help="an image file, or the id of a recorded picture")
    sub.add_argument("--placements", default="all", help='"all" (default), or groups, platforms and names with commas between')
    sub.add_argument("--to", default="out/export", metavar="DIR", help="folder for the files (default out/export)")
    sub.add_argument("--layout", default="", metavar="NAME", help='sets words over every picture: "headline", "button", ...')
    sub.add_argument(
        "--text", action="append", default=[], metavar="SLOT=WORDS", help='such as headline="Summer sale"; several times'
    )
    sub.add_argument("--language", default="", metavar="CODE", help='of the words, such as "de", for hyphens')
    sub.add_argument("--copy-side", metavar="SIDE", help="where the words go: left, right, top, bottom (default: the calmest)")
    sub.add_argument(
        "--focus", type=_focus, metavar="X,Y", help="what must stay in view, as shares of width and height: 0.5,0.4"
    )
    sub.add_argument(
        "--anchor", help="where the subject sits in wide ones: left, centre, right (default, unless --copy-side says)"
    )
    sub.add_argument("--upscaler", metavar="FILE", help='what enlarges it, "" for nothing (default: what suits the picture)')
    sub.add_argument("--own", metavar="FILE", help="your own placements, a JSON file or a folder of them")
    sub.add_argument("--label", action="store_true", help='draw "AI generated" on what a model made')
    sub.add_argument("--alt", default="", metavar="TEXT", help="what the picture shows (default: a draft from the prompt)")
    sub.add_argument("--creator", default="", help="written into each file, as are the next two")
    sub.add_argument("--copyright", default="", metavar="LINE", help='such as "© 2026 Acme"')
    sub.add_argument("--statement", default="", metavar="URL", help="the page that says what others may do with it")
    sub.add_argument("--acknowledge", default="", metavar="TEXT", help="what you found out about a licence that asks; recorded")
    sub.add_argument("--sign", nargs=2, metavar=("CHAIN", "KEY"), help="PEM files: content credentials (C2PA) in each file")
    sub.add_argument(
        "--archive", action="store_true", help="also a copy with all papers, in archive/; the rest without prompts"
    )
    sub.add_argument("--zip", action="store_true", help="also kit.zip, without prompts")

    sub = command("banners", lambda options: _banners(studio(options), options),
                  "a banner for each row of a campaign table in each placement; prints the files", parents=[*parents, words])  # fmt: skip
    sub.add_argument(
        "table", metavar="TABLE.csv", help="columns: the texts of the layout; layout, placement, language, image, product"
    )
    sub.add_argument("--image", metavar="FILE", help="an image file or the id of a recorded picture, for rows that name none")
    sub.add_argument(
        "--placements", default="", help="groups, platforms and names with commas between, for rows that name none"
    )
    sub.add_argument("--layout", default="headline", metavar="NAME", help="for rows that name none (default headline)")
    sub.add_argument("--to", default="out/banners", metavar="DIR", help="folder for the files (default out/banners)")


def _export(studio: Any, options: argparse.Namespace) -> int:
    given = {"creator": options.creator, "rights": options.copyright, "statement": options.statement}
    kit = studio.export(
        options.picture, _listed(options.placements), to=options.to, focus=options.focus,
        anchor=options.anchor or (None if options.copy_side else "right"), upscaler=options.upscaler, progress=not options.quiet,
        own=options.own, label=options.label, alt=options.alt, acknowledge=options.acknowledge,
        sign=tuple(options.sign) if options.sign else None, papers={k: v for k, v in given.items() if v}, archive=options.archive,
        zipped=options.zip, layout=options.layout, texts=_pairs("--text", options.text, "SLOT=WORDS"), language=options.language,
        copy_side=options.copy_side, waive=_pairs("--waive", options.waive, "RULE=REASON"),
    )  # fmt: skip
    print(kit, file=sys.stderr)
    _say(kit.findings)
    print(kit.page)
    return 0


def _banners(studio: Any, options: argparse.Namespace) -> int:
    made = studio.banners(
        options.table, _listed(options.placements), image=options.image, layout=options.layout,
        waive=_pairs("--waive", options.waive, "RULE=REASON"), progress=not options.quiet,
    )  # fmt: skip
    folder = made.save(options.to)
    _say(made.findings)
    print("\n".join(str(folder / f"{one.name}.png") for one in made))
    return 0


def _say(findings: Any) -> None:
    for line in findings.lines():
        print(line, file=sys.stderr)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _pairs(parameter: str, given: Sequence[str], form: str) -> dict[str, str]:
    """{name: text} of arguments such as headline=Hello. Raises InputError for one without "=", or twice the same name."""
    found: dict[str, str] = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip() or name.strip() in found:
            raise InputError(parameter, pair, f"{form}, each name once")
        found[name.strip()] = text
    return found


def _focus(text: str) -> tuple[float, float]:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"got {text!r}; write it as 0.5,0.4") from None
    return x, y


__all__ = ["add"]
