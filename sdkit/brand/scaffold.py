"""A new brand's folder, complete from the start, so that it loads and shows what goes where."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coloraide import Color

from ..codecs import write_atomic
from ..data import folder as data_folder
from ..errors import ExportError, InputError

if TYPE_CHECKING:
    from .propose import Palette

_DEFAULT = {"teal": "#0d6b6b", "orange": "#f08a3c", "navy": "#14213d", "white": "#fbf5ea"}
_ROLES = {"primary": "teal", "accent": "orange", "ink": "navy", "paper": "white"}
_RULES = """\
# What {about} allows. Every key has a default but the name and the two logos.
name = {name}
about = ""

[logo]
light = "logo-light.svg" # for light backgrounds; put your own in its place: SVG with text as paths, PNG or WebP
dark = "logo-dark.svg"   # for dark ones
clear_space = 0.5        # free on every side, in times the logo's height
min_height = 20          # CSS pixels, as seen
backgrounds = []         # colour tokens that the logo may stand on, as ["color.white"]; none means any

[words]
banned = []    # in prompts and in copy, as ["cheap"]
tone = []      # joins every prompt, as ["soft shadow", "studio lighting"]
negatives = [] # what every negative keeps out, as ["watermark", "text"]
colours = []   # colour tokens named by prompts that name no colour; none means the primary

[alt]
style = "One plain sentence: the thing, its colour, what is behind it."
max_length = 125
avoid = ["image of", "picture of"]

[text]
contrast = 4.5       # WCAG 2.1, level AA
large_contrast = 3.0 # from 24 CSS pixels, or 18.66 in bold
min_size = 11        # CSS pixels, as seen

[text.lines]
headline = 3
subline = 3
button = 1
"""
_LOGO = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">
  <rect width="100" height="100" rx="24" fill="{ground}"/>
  <circle cx="50" cy="50" r="24" fill="{mark}"/>
</svg>
"""


def scaffold(folder: Path, name: str, palette: Palette | None) -> None:
    """Write the folder. Raises InputError for one with something in it or a wrong name, ExportError when it can't be written."""
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 200:
        raise InputError("name", name, "a line of text of at most 200 letters")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("folder", str(folder), "a folder that is empty or not there yet")
    colours, roles = _DEFAULT, _ROLES
    if palette is not None:
        colours = palette.names()
        called = {colour: name for name, colour in colours.items()}
        roles = {role: called[getattr(palette, role)] for role in _ROLES}
    primary, accent, paper = (colours[roles[role]] for role in ("primary", "accent", "paper"))
    text = {
        "tokens.json": json.dumps(_tokens(colours, roles), indent=2) + "\n",
        "rules.toml": _RULES.format(name=json.dumps(name.strip(), ensure_ascii=False), about=name.strip()),
        "logo-light.svg": _LOGO.format(ground=primary, mark=paper),
        "logo-dark.svg": _LOGO.format(ground=paper, mark=accent),
    }
    try:
        for file, words in text.items():
            write_atomic(folder / file, words.encode())
        (folder / "fonts").mkdir(exist_ok=True)
        for font in sorted((data_folder("brand") / "fonts").iterdir()):
            shutil.copyfile(font, folder / "fonts" / font.name)
    except OSError as error:
        raise ExportError(f"{folder} could not be written: {error.strerror or error}.") from error


def _tokens(colours: dict[str, str], roles: dict[str, str]) -> dict[str, Any]:
    def colour(hex: str) -> dict[str, Any]:
        return {"$value": {"colorSpace": "srgb", "components": [round(c, 4) for c in Color(hex).coords()], "hex": hex}}

    return {
        "color": {"$type": "color", **{name: colour(hex) for name, hex in colours.items()}},
        "role": {"$type": "color", **{role: {"$value": f"{{color.{name}}}"} for role, name in roles.items()}},
        "font": {
            "$type": "fontFamily", "heading": {"$value": ["Fraunces", "serif"]}, "body": {"$value": ["Figtree", "sans-serif"]},
        },
        "size": {
            "$type": "dimension",
            "headline": {"$value": {"value": 64, "unit": "px"}}, "subline": {"$value": {"value": 28, "unit": "px"}},
        },
    }  # fmt: skip
