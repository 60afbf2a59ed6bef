"""Logos, looked at without running or fetching anything: SVG by an XML parser that resolves no entity, PNG by its pixels."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from ..codecs import open_image
from ..errors import ImageError
from .problems import Report

MAX_SVG = 1_000_000  # bytes
MAX_RASTER = 10_000_000  # bytes
MAX_SIDE = 4096  # pixels
MAX_ELEMENTS = 20_000
MAX_DEPTH = 64
_SVG = "http://www.w3.org/2000/svg"
_RUNS = ("script", "foreignobject", "iframe", "object", "embed", "audio", "video", "handler", "listener")
_MOVES = ("set", "animate", "animatemotion", "animatetransform", "animatecolor", "discard")
_OUTSIDE = re.compile(r"url\s*\(\s*['\"]?\s*(?!['\"]?\s*#)|@import", re.IGNORECASE)
_LENGTH = re.compile(r"\s*([\d.]+)(?:px)?\s*")


@dataclass(frozen=True)
class Logo:
    """One logo file: its path, and its size in pixels (of an SVG, units of its view box)."""

    path: Path
    width: float
    height: float

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def vector(self) -> bool:
        """Whether it is an SVG."""
        return self.path.suffix.lower() == ".svg"


def read(path: Path, name: str) -> tuple[Logo | None, Report]:
    """The logo, or None where something is wrong with it, and what is wrong."""
    report = Report(name)
    kind = path.suffix.lower()
    most = MAX_SVG if kind == ".svg" else MAX_RASTER
    if kind not in (".svg", ".png", ".webp"):
        report.add(0, "is no kind of file that a logo can be; allowed: SVG, PNG, WebP.")
    elif path.stat().st_size > most:
        report.add(0, f"has {path.stat().st_size:,} bytes; allowed: at most {most:,}.")
    else:
        size = _svg(path, report) if kind == ".svg" else _raster(path, report)
        if size and not report.problems:
            return Logo(path, *size), report
    return None, report


def _raster(path: Path, report: Report) -> tuple[float, float] | None:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "WEBP")) as image:
                size = image.size  # before a pixel of it is decoded
        if max(size) <= MAX_SIDE:
            return open_image(path, "logo").size
        report.add(0, f"is {size[0]} x {size[1]} pixels; allowed: at most {MAX_SIDE} a side. Save it smaller, or as SVG.")
    except Image.DecompressionBombError:
        report.add(0, f"has too many pixels; allowed: at most {MAX_SIDE} a side. Save it smaller, or as SVG.")
    except (ImageError, OSError, ValueError, SyntaxError):
        report.add(0, "is no PNG or WebP picture that opens, whatever its name says.")
    return None


def _svg(path: Path, report: Report) -> tuple[float, float] | None:
    """Its size, each element looked at."""
    parser = expat.ParserCreate(namespace_separator=" ")
    size: list[tuple[float, float] | None] = []
    open_: list[str] = []
    count = 0

    def say(what: str) -> None:
        report.add(parser.CurrentLineNumber, what)

    def refused(*_: object) -> None:
        say("has a document type or an entity, which can blow up or read files; take it out.")
        raise _Stop

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        namespace, _, element = tag.rpartition(" ")
        count += 1
        if count > MAX_ELEMENTS or len(open_) > MAX_DEPTH:
            say(f"has too many elements; allowed: {MAX_ELEMENTS:,}, {MAX_DEPTH} deep.")
            raise _Stop
        if not open_:
            if element != "svg" or namespace != _SVG:
                say(f'begins with <{element}>; an SVG begins with <svg xmlns="{_SVG}">.')
                raise _Stop
            size.append(_size(attributes))
        open_.append(element.lower())
        _element(element, attributes, say)

    def text(words: str) -> None:
        if open_ and open_[-1] == "style" and _OUTSIDE.search(words):
            say("has a style that fetches from outside; only url(#name) within the file is allowed.")

    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.EndElementHandler = lambda tag: open_.pop()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refused
    parser.ProcessingInstructionHandler = lambda target, data: say(f"has a processing instruction, <?{target}?>; take it out.")
    try:
        parser.Parse(path.read_bytes(), True)
    except _Stop:
        return None
    except expat.ExpatError as error:
        report.add(error.lineno, f"is no XML from here on: {expat.ErrorString(error.code)}.")
        return None
    except (ValueError, LookupError):  # an encoding that nobody knows
        report.add(1, "is no XML in UTF-8.")
        return None
    if size[0] is None:
        report.add(1, 'says no size; <svg> needs viewBox="0 0 width height", both over 0 and at most 100,000.')
    return size[0]


class _Stop(Exception):
    """Enough was seen."""


def _element(element: str, attributes: dict[str, str], say: Callable[[str], None]) -> None:
    kind = element.lower()
    if kind in _RUNS:
        say(f"holds <{element}>, which can run code or load pages; take it out.")
    elif kind in _MOVES:
        say(f"holds <{element}>, an animation; a logo stands still.")
    elif kind in ("text", "tspan"):
        say(f"holds <{element}>, which looks otherwise where its font is missing; turn text into paths.")
    for full, value in attributes.items():
        _, _, name = full.rpartition(" ")
        lower = name.lower()
        if lower.startswith("on"):
            say(f"has {name}=, which runs code; take it out.")
        elif lower in ("href", "src") and not value.strip().startswith("#"):
            say(f"refers to {value.strip()[:60]!r}; only #names within the file are allowed. Draw it as shapes.")
        elif _OUTSIDE.search(value):
            say(f"has {name}= that fetches from outside; only url(#name) within the file is allowed.")


def _size(attributes: dict[str, str]) -> tuple[float, float] | None:
    """Width and height of the view box, or of the attributes where there is none."""
    try:
        box = [float(part) for part in attributes.get("viewBox", "").replace(",", " ").split()]
    except ValueError:
        return None
    if not box:
        sides = [_LENGTH.fullmatch(attributes.get(side, "")) for side in ("width", "height")]
        try:
            box = [0.0, 0.0, *(float(side.group(1)) for side in sides if side)]
        except ValueError:
            return None
    if len(box) != 4 or not all(math.isfinite(n) for n in box) or not (0 < box[2] <= 1e5 and 0 < box[3] <= 1e5):
        return None
    return box[2], box[3]
