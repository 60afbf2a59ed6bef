"""Layout templates: SVG files of a small vocabulary (templates/layouts/README.md) -> frozen values.

A template is read, never rendered: what is drawn is written anew from these values, so that nothing else a file may hold
(scripts, entities, links to files or hosts) reaches the renderer. What is not of the vocabulary is refused by name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..data import folder
from ..errors import LayoutError, near

SHAPES = {
    "tower": 0.42,
    "tall": 0.8,
    "square": 1.25,
    "wide": 2.3,
    "band": 4.8,
    "strip": float("inf"),
}  # widths over heights, up to
SIDES = ("left", "right", "top", "bottom")
COLOURS = ("auto", "ink", "paper", "primary", "accent", "on-primary")
GROUNDS = ("none", "scrim", "card", "block")
_LARGEST = 200_000  # bytes
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PATH = re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9eE+\-.,\s]+")


@dataclass(frozen=True)
class Text:
    """Words of one slot. Sizes in hundredths of the shorter side; leading and tracking in ems."""

    slot: str
    size: float
    least: float
    lines: int
    heading: bool
    fill: str
    leading: float
    tracking: float
    align: str
    upper: bool
    leave: int  # 0: never left out; else the turn in which it may be


@dataclass(frozen=True)
class Logo:
    """The brand's logo, as large as fits into width x height."""

    width: float
    height: float
    leave: int


@dataclass(frozen=True)
class Mark:
    """A small drawing of the template's own: a bar, a quotation mark. `path` is drawn in `box`; without, a rectangle."""

    width: float
    height: float
    fill: str
    path: str
    box: tuple[float, float, float, float]
    rx: float


@dataclass(frozen=True)
class Behind:
    """The shape behind a group: "rect" follows its box, "circle" and "path" go around it."""

    kind: str
    fill: str
    path: str
    box: tuple[float, float, float, float]
    inner: float  # the share of the drawing's width that is free for the group
    rx: float  # -1: as the theme rounds
    turn: float  # degrees


@dataclass(frozen=True)
class Group:
    """Parts one under the other or side by side. `pad` around them is in ems of the largest words inside."""

    flow: str
    gap: float
    align: str
    pad: tuple[float, float]
    behind: Behind | None
    parts: tuple[Part, ...]
    fixed: bool


Part = Text | Logo | Mark | Group


@dataclass(frozen=True)
class Zone:
    """A part of the banner: docked to the calmest of its sides, or the rest that other zones leave."""

    dock: tuple[str, ...]
    share: float
    place: tuple[str, str]
    ground: str
    fill: str
    pad: float
    group: Group


@dataclass(frozen=True)
class Arrangement:
    """The zones for banners of some shapes."""

    shapes: tuple[str, ...]
    margin: float
    gap: float
    zones: tuple[Zone, ...]


@dataclass(frozen=True)
class Layout:
    """One template: its name, what a person calls it, when to use it, and an arrangement for every shape."""

    name: str
    title: str
    about: str
    arrangements: tuple[Arrangement, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        """The texts that it takes, in the order of its first arrangement."""
        found = (p.slot for a in self.arrangements for z in a.zones for p in parts_of(z.group) if isinstance(p, Text))
        return tuple(dict.fromkeys(found))

    @property
    def has_logo(self) -> bool:
        """Whether it has a place for a logo."""
        return any(isinstance(p, Logo) for a in self.arrangements for z in a.zones for p in parts_of(z.group))

    def of(self, ratio: float) -> Arrangement:
        """The arrangement for a width over height."""
        shape = shape_of(ratio)
        return next((a for a in self.arrangements if shape in a.shapes), self.arrangements[-1])


def shape_of(ratio: float) -> str:
    """The name of a shape: "tower", "tall", "square", "wide", "band" or "strip"."""
    return next(name for name, limit in SHAPES.items() if ratio < limit)


def parts_of(group: Group) -> Iterator[Part]:
    """Every part inside, groups themselves included."""
    for part in group.parts:
        yield part
        if isinstance(part, Group):
            yield from parts_of(part)


def layouts(templates: str | os.PathLike[str] | None = None) -> dict[str, Layout]:
    """Name -> layout: those of templates/layouts, with those of `templates`/layouts added or in their place.

    Raises LayoutError that names the file and the element when a template is wrong.
    """
    found = {}
    for root in (folder("templates"), *([Path(templates)] if templates else [])):
        for path in sorted((root / "layouts").glob("*.svg")):
            if path.resolve().parent != (root / "layouts").resolve():
                raise LayoutError("templates", path.name, "files of the folder itself, no links out of it")
            found[path.stem] = _read(path, path.stat().st_mtime_ns)
    return found


def find(name: object, templates: str | os.PathLike[str] | None = None) -> Layout:
    """The layout of that name. Raises LayoutError, with near names, when there is none."""
    known = layouts(templates)
    if isinstance(name, Layout):
        return name
    if not isinstance(name, str) or name not in known:
        raise LayoutError("layout", name, f"the name of one of {len(known)} layouts", near(str(name), known))
    return known[name]


@lru_cache(maxsize=128)
def _read(path: Path, changed: int) -> Layout:
    if not _NAME.fullmatch(path.stem):
        raise LayoutError("templates", path.name, "names of lower-case letters, digits and hyphens, such as quote.svg")
    if path.stat().st_size > _LARGEST:
        raise LayoutError(path.name, f"{path.stat().st_size:,} bytes", f"a template of at most {_LARGEST:,} bytes")
    return parse(path.read_bytes(), path.stem)


def parse(source: bytes | str, name: str) -> Layout:
    """The layout of a template's text. Raises LayoutError for anything outside the vocabulary."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    where = f"{name}.svg"
    try:
        root = fromstring(source, forbid_dtd=True)
    except DefusedXmlException as error:
        raise LayoutError(where, type(error).__name__, "an SVG without DOCTYPE or entities", "Remove them.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise LayoutError(where, str(error), "well-formed XML") from error
    top = _Element(root, where)
    top.check("svg", ("viewBox", "width", "height", "data-title", "data-about"))
    arrangements = tuple(_arrangement(child) for child in top.children())
    if not arrangements:
        raise LayoutError(where, "no arrangement", '<g data-shape="..."> groups inside <svg>')
    missing = [s for s in SHAPES if not any(s in a.shapes for a in arrangements)]
    if missing:
        raise LayoutError(where, f"no arrangement for {', '.join(missing)}", "one for each shape: " + ", ".join(SHAPES))
    return Layout(name, top.text("data-title", name), top.text("data-about", ""), arrangements)


@dataclass(frozen=True)
class _Element:
    """An element with its place for messages; every attribute is read through a check."""

    node: Any
    where: str

    @property
    def tag(self) -> str:
        return str(self.node.tag).rpartition("}")[2]

    def wrong(self, attribute: str, allowed: str, hint: str = "") -> LayoutError:
        return LayoutError(f"{self.where} <{self.tag} {attribute}>", self.node.get(attribute), allowed, hint)

    def check(self, tag: str, attributes: tuple[str, ...]) -> None:
        if self.tag != tag:
            raise LayoutError(self.where, f"<{self.tag}>", f"<{tag}> here")
        for name in self.node.attrib:
            if name not in attributes:
                raise self.wrong(name, "the attributes " + ", ".join(attributes), near(name, attributes))

    def children(self) -> list[_Element]:
        return [_Element(c, self.where) for c in self.node if self.tag_of(c) not in ("title", "desc")]

    @staticmethod
    def tag_of(node: Any) -> str:
        return str(node.tag).rpartition("}")[2]

    def text(self, name: str, default: str) -> str:
        return str(self.node.get(name, default))[:300]

    def number(self, name: str, default: float | None = None, low: float = 0.0, high: float = 400.0) -> float:
        given = self.node.get(name)
        if given is None and default is not None:
            return default
        try:
            value = float(given)
        except (TypeError, ValueError):
            raise self.wrong(name, "a number") from None
        if not low <= value <= high:
            raise self.wrong(name, f"{low:g} to {high:g}")
        return value

    def numbers(self, name: str, count: int, default: tuple[float, ...]) -> tuple[float, ...]:
        given = self.node.get(name)
        if given is None:
            return default
        try:
            values = tuple(float(v) for v in given.split())
        except ValueError:
            values = ()
        if len(values) != count or not all(abs(v) <= 10_000 for v in values):
            raise self.wrong(name, f"{count} numbers with spaces between them")
        return values

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = str(self.node.get(name, default))
        if value not in allowed:
            raise self.wrong(name, ", ".join(map(repr, allowed)), near(value, allowed))
        return value


def _arrangement(at: _Element) -> Arrangement:
    at.check("g", ("data-shape", "data-margin", "data-gap"))
    shapes = tuple(at.text("data-shape", " ".join(SHAPES)).split())
    for shape in shapes:
        if shape not in SHAPES:
            raise at.wrong("data-shape", ", ".join(SHAPES), near(shape, SHAPES))
    margin = at.number("data-margin", 7.0, 0, 25)
    return Arrangement(shapes, margin, at.number("data-gap", margin, 0, 50), tuple(_zone(c) for c in at.children()))


_GROUP = ("data-flow", "data-gap", "data-align", "data-pad", "data-fixed")


def _zone(at: _Element) -> Zone:
    at.check("g", ("data-dock", "data-share", "data-place", "data-ground", "fill", *_GROUP))
    dock = tuple(word.strip() for word in at.text("data-dock", "rest").split("|"))
    if dock != ("rest",) and any(side not in SIDES for side in dock):
        raise at.wrong("data-dock", "rest, or " + ", ".join(SIDES) + ' with "|" between them')
    place = tuple(at.text("data-place", "start middle").split())
    if (
        len(place) != 2
        or place[0] not in ("start", "middle", "end", "apart")
        or place[1] not in ("top", "middle", "bottom", "apart")
    ):
        raise at.wrong("data-place", 'start, middle, end or apart, then top, middle, bottom or apart, such as "start bottom"')
    ground = at.choice("data-ground", GROUNDS, "scrim")
    fill = at.choice("fill", COLOURS, "paper" if ground == "card" else "primary")
    share, pad = at.number("data-share", 100.0, 5, 100) / 100, at.number("data-pad", 0.0, 0, 30)
    return Zone(dock, share, (place[0], place[1]), ground, fill, pad, _group(at, zone=True))


def _group(at: _Element, zone: bool = False) -> Group:
    if not zone:
        at.check("g", _GROUP)
    behind, parts = None, []
    for child in at.children():
        if child.node.get("data-behind") is not None:
            behind = _behind(child)
        else:
            parts.append(_part(child))
    pad = (0.0, 0.0) if zone else at.numbers("data-pad", 2, (0.0, 0.0))
    return Group(
        at.choice("data-flow", ("column", "row"), "column"), at.number("data-gap", 4.0, 0, 60),
        at.choice("data-align", ("start", "middle", "end"), "start"), (pad[0], pad[1]), behind, tuple(parts),
        at.choice("data-fixed", ("yes", "no"), "yes" if behind else "no") == "yes",
    )  # fmt: skip


def _part(at: _Element) -> Part:
    if at.tag == "g":
        return _group(at)
    if at.tag == "image":
        at.check("image", ("data-slot", "width", "height", "data-leave"))
        at.choice("data-slot", ("logo",), "")
        return Logo(at.number("width"), at.number("height"), int(at.number("data-leave", 0, 0, 9)))
    if at.tag == "text":
        at.check("text", (
            "data-slot", "font-size", "data-min-size", "data-max-lines", "font-family", "fill", "data-line-height", "letter-spacing",
            "text-anchor", "data-case", "data-leave",
        ))  # fmt: skip
        slot = at.text("data-slot", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", slot) or slot == "logo":
            raise at.wrong("data-slot", "a name of lower-case letters, such as headline")
        size = at.number("font-size", None, 0.5, 100)
        heading = at.choice("font-family", ("heading", "body"), "body") == "heading"
        return Text(
            slot, size, at.number("data-min-size", size / 2, 0.1, size), int(at.number("data-max-lines", 1, 1, 20)), heading,
            at.choice("fill", COLOURS, "auto"), at.number("data-line-height", 1.06 if heading else 1.34, 0.8, 3),
            at.number("letter-spacing", 0.0, -0.1, 0.5), at.choice("text-anchor", ("start", "middle", "end", "inherit"), "inherit"),
            at.choice("data-case", ("upper", "as-is"), "as-is") == "upper", int(at.number("data-leave", 0, 0, 9)),
        )  # fmt: skip
    if at.tag in ("rect", "path"):
        at.check(at.tag, ("width", "height", "fill", "d", "data-box", "rx"))
        return Mark(
            at.number("width"),
            at.number("height"),
            at.choice("fill", COLOURS, "accent"),
            _path(at),
            _box(at),
            at.number("rx", 0.0),
        )
    raise LayoutError(at.where, f"<{at.tag}>", "<g>, <text>, <image>, <rect> or <path> here")


def _behind(at: _Element) -> Behind:
    if at.tag not in ("rect", "circle", "path"):
        raise LayoutError(at.where, f"<{at.tag} data-behind>", "<rect>, <circle> or <path>")
    at.check(at.tag, ("data-behind", "fill", "d", "data-box", "data-inner", "rx", "data-turn"))
    return Behind(
        at.tag, at.choice("fill", COLOURS, "accent"), _path(at), _box(at), at.number("data-inner", 1.0, 0.3, 1), at.number("rx", -1.0),
        at.number("data-turn", 0.0, -30, 30),
    )  # fmt: skip


def _path(at: _Element) -> str:
    d = str(at.node.get("d", ""))
    if at.tag == "path" and (not _PATH.fullmatch(d) or len(d) > 20_000):
        raise at.wrong("d", "path commands and numbers")
    return d if at.tag == "path" else ""


def _box(at: _Element) -> tuple[float, float, float, float]:
    left, top, width, height = at.numbers("data-box", 4, (0.0, 0.0, 100.0, 100.0))
    if width <= 0 or height <= 0:
        raise at.wrong("data-box", "left top width height, the last two over 0")
    return left, top, width, height


def given(layout: Layout, texts: Mapping[str, object]) -> None:
    """Raises LayoutError for a text that the layout has no slot for."""
    for name in texts:
        if name not in layout.slots:
            raise LayoutError(
                name, texts[name], f"the slots of {layout.name!r}: {', '.join(layout.slots)}", near(name, layout.slots)
            )
