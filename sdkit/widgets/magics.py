"""`%load_ext sdkit`: the cell magic %%sd, completion of the kit's names, and `frame.sdkit` on pandas' DataFrames."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ..errors import InputError
from ..export.placements import GROUPS, choose
from ..prompt import curated, negative_names, parse, styles
from ..result import ResultSet
from ..studio import Studio

_STUDIO = "studio"  # the variable that holds the Studio, where --studio says no other
_CALLS = re.compile(
    r""".*\b(template|style|negative|placements?)\s*=\s*[\[(]?\s*(?:["'][^"']*["']\s*,\s*)*["'][^"']*$""", re.DOTALL
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """A sentence in the cell; the kernel goes on."""
        raise InputError("%%sd", message, "the flags that %%sd --help lists")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """After --help."""
        raise _Told


class _Told(Exception):
    """Help was asked for and given."""


def _parser() -> _Parser:
    parser = _Parser(prog="%%sd", description="Generate what the cell's text says, and show it as a sheet.")
    add = parser.add_argument
    add("--seeds", default="1", help='how many (default 1), or which, with a comma: "7,11" or "7,"')
    add("--negative", "-n", help='what to keep out; "@clean" names a preset')
    add("--template", default="", help="a curated prompt; the cell's text is then name=value lines that fill its slots")
    add("--style", action="append", default=[], help='such as "flat"; several times for several')
    add("--size", help="WIDTHxHEIGHT in pixels, or the name of a placement whose shape it takes")
    add("--steps", type=int, help="denoising steps (default: what suits the model)")
    add("--guidance", type=float, help="guidance scale (default: what suits the model)")
    add("--scheduler", default="", help="a diffusers scheduler class (default: the model's own)")
    add("--experiment", default="", help="a name recorded with each picture")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="fill {NAME}; several times, or a|b, for variants")
    add("--as", dest="name", default="", metavar="NAME", help="the variable that the ResultSet is put in")
    add("--studio", default=_STUDIO, metavar="NAME", help='the variable of the Studio (default "studio", made if missing)')
    add("--quiet", action="store_true", help="no progress bar")
    return parser


class Magic:
    """The %%sd of one shell.

    The cell's text is the prompt, as `Studio.generate` takes it. A slot that --set does not fill takes the variable of its
    name, a text or a list of texts.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def __call__(self, line: str, cell: str) -> ResultSet | None:
        """Run the cell. Raises InputError for wrong flags, and whatever `generate` raises."""
        try:
            options = _parser().parse_args(_split(line))
        except _Told:
            return None
        if options.name and not options.name.isidentifier():
            raise InputError("--as", options.name, "the name of a variable")
        studio = self._studio(options.studio)
        given: dict[str, Any] = {"steps": options.steps, "guidance": options.guidance, "negative": options.negative}
        slots = _pairs("--set", options.set)
        if options.template:
            slots = {**_pairs("the cell", filter(None, map(str.strip, cell.splitlines()))), **slots}
            given["template"] = options.template
        else:
            given["prompt"] = cell.strip()
            slots = {**self._variables(given["prompt"], studio), **slots}
        shots = studio.generate(
            **given, style=options.style, seeds=_seeds(options.seeds), size=_size(options.size, studio), scheduler=options.scheduler,
            experiment=options.experiment, progress=not options.quiet, **slots,
        )  # fmt: skip
        if options.name:
            self.shell.user_ns[options.name] = shots
        return shots

    def _studio(self, name: str) -> Studio:
        found = self.shell.user_ns.get(name)
        if found is None and name == _STUDIO:
            found = self.shell.user_ns[name] = Studio()
        if not isinstance(found, Studio):
            raise InputError("--studio", name, "the name of a variable that holds a Studio")
        return found

    def _variables(self, prompt: str, studio: Studio) -> dict[str, Any]:
        """The slots of a prompt for which there is a variable that can fill them."""
        there = {name: self.shell.user_ns.get(name) for name in parse(prompt, templates=studio.templates).slots}
        return {
            name: value for name, value in there.items()
            if isinstance(value, str) or (isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value))
        }  # fmt: skip


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError("%%sd", line, "flags with quotes that pair", f"({error})") from error


def _pairs(where: str, given: Iterable[str]) -> dict[str, Any]:
    """NAME=VALUE; several values with | between, or by several of a name."""
    out: dict[str, list[str]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip().isidentifier():
            raise InputError(where, one, "NAME=VALUE, as in colour=mint or colour=mint|navy")
        out.setdefault(name.strip(), []).extend(part.strip() for part in value.split("|"))
    return {name: values if len(values) > 1 else values[0] for name, values in out.items()}


def _seeds(text: str) -> int | list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()] if "," in text else int(text)
    except ValueError:
        raise InputError("--seeds", text, 'how many, or which, with a comma: "7,11"') from None


def _size(text: str | None, studio: Studio) -> tuple[int, int] | None:
    if not text:
        return None
    width, cross, height = text.lower().partition("x")
    if cross and width.isdecimal() and height.isdecimal():
        return int(width), int(height)
    (place, *more) = choose([text])
    if more:
        raise InputError("--size", text, "WIDTHxHEIGHT, or the name of one placement")
    return studio.backend.can.shaped(place.ratio)


# -- completion --------------------------------------------------------------------------------------------------------


def _placements() -> list[str]:
    return [*GROUPS, "all", *(p.name for p in choose("all"))]


_NAMES: dict[str, Callable[[Any], Iterable[str]]] = {
    "template": lambda folder: curated(folder), "style": lambda folder: styles(folder), "negative": lambda folder: negative_names(),
    "placement": lambda folder: _placements(), "placements": lambda folder: _placements(),
    "size": lambda folder: [p.name for p in choose("all")],
}  # fmt: skip


def _completer(shell: Any) -> Callable[[Any, Any], list[str]]:
    def complete(_: Any, event: Any) -> list[str]:
        studio = shell.user_ns.get(_STUDIO)
        folder = studio.templates if isinstance(studio, Studio) else None
        before = event.text_until_cursor
        call = _CALLS.match(before)
        if call and not before.lstrip().startswith("%%sd"):
            return list(_NAMES[call[1]](folder))
        said = before.replace("=", " ").split(" ")
        flag = next((word for word in reversed(said[:-1]) if word), "").lstrip("-")
        if flag in _NAMES and not said[-1].startswith("-"):
            return list(_NAMES[flag](folder))
        return [option for action in _parser()._actions for option in action.option_strings if option.startswith("--")]

    return complete


# -- pandas ------------------------------------------------------------------------------------------------------------


class Accessor:
    """`frame.sdkit`: the rows of the experiments in the kit's widgets."""

    def __init__(self, frame: Any) -> None:
        if "path" not in frame.columns:
            raise AttributeError("`.sdkit` needs a frame of the experiments, with a column 'path'")
        self._frame = frame

    def sheet(self, **more: Any) -> Any:
        """All rows on a sheet that scrolls, prompts down and seeds across; `more` as for Compare."""
        from . import Compare

        return Compare(self._frame, **{"mode": "sheet", **more})

    def compare(self, **more: Any) -> Any:
        """The rows held against each other, as Compare chooses."""
        from . import Compare

        return Compare(self._frame, **more)

    def rate(self, **more: Any) -> Any:
        """Rate the rows blind; `more` as for Rate."""
        from . import Rate

        return Rate(self._frame, **more)


def load(shell: Any) -> None:
    """What `%load_ext sdkit` does. Twice does nothing more."""
    import pandas as pd
    from IPython.core.magic import no_var_expand

    magic = Magic(shell)

    @no_var_expand
    def sd(line: str, cell: str) -> ResultSet | None:
        """%%sd [flags]: generate what the cell's text says. %%sd --help lists the flags."""
        return magic(line, cell)

    shell.register_magic_function(sd, magic_kind="cell", magic_name="sd")
    complete = _completer(shell)
    shell.set_hook("complete_command", complete, str_key="%%sd")
    shell.set_hook("complete_command", complete, re_key=_CALLS)
    if not hasattr(pd.DataFrame, "sdkit"):
        pd.api.extensions.register_dataframe_accessor("sdkit")(Accessor)
