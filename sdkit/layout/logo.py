"""A logo's bytes -> a picture of the size it is shown at. Logos come from outside: no script, link or entity of theirs is followed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from PIL import Image

from ..codecs import open_image
from ..errors import ImageError, LayoutError
from .draw import pixels

_LARGEST = 4_000_000  # bytes
_SIDE = 8192  # pixels of a PNG
_REFUSED = ("script", "foreignobject", "iframe", "audio", "video", "use-external", "handler", "animate", "set")
_LENGTH = re.compile(r"\s*([0-9.]+)\s*(?:px)?\s*")


def ratio(data: bytes, parameter: str = "theme.logo") -> float:
    """The width over the height of a logo. Raises LayoutError for what is no safe SVG or PNG."""
    return _opened(data, parameter)[1]


@lru_cache(maxsize=64)
def at(data: bytes, width: int, height: int, parameter: str = "theme.logo") -> Image.Image:
    """The logo as RGBA of exactly these pixels."""
    source = _opened(data, parameter)[0]
    if isinstance(source, Image.Image):
        return source.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    from xml.etree import ElementTree

    box = source.get("viewBox") or "0 0 {} {}".format(*_size(source))
    inner = "".join(ElementTree.tostring(child, encoding="unicode") for child in source)
    kept = {k: v for k, v in source.attrib.items() if k in ("fill", "stroke", "style", "stroke-width", "fill-rule")}
    root = ElementTree.Element("g", kept)
    shell = ElementTree.tostring(root, encoding="unicode").removesuffix(" />")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{box}">{shell}>{inner}</g></svg>'
    return pixels(svg)


@lru_cache(maxsize=16)
def _opened(data: bytes, parameter: str) -> tuple[Any, float]:
    """(an Image or a checked SVG element, width over height)."""
    if len(data) > _LARGEST:
        raise LayoutError(parameter, f"{len(data):,} bytes", f"a logo of at most {_LARGEST:,} bytes")
    if b"<svg" in data[:4096].lower() or data.lstrip()[:1] == b"<":
        return _svg(data, parameter)
    try:
        image = open_image(data, parameter)
    except ImageError as error:
        raise LayoutError(parameter, error.received, "an SVG or PNG file of at most 100 megapixels", error.hint) from error
    if max(image.size) > _SIDE:
        raise LayoutError(
            parameter, f"{image.width} x {image.height} pixels", f"at most {_SIDE} pixels a side", "Scale it down."
        )
    image = image.convert("RGBA")
    visible = image.getchannel("A").getbbox()
    if visible is None:
        raise LayoutError(parameter, "a picture that is transparent all over", "a logo that can be seen")
    image = image.crop(visible)
    return image, image.width / image.height


def _svg(data: bytes, parameter: str) -> tuple[Any, float]:
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(data, forbid_dtd=False)
    except DefusedXmlException as error:
        raise LayoutError(parameter, type(error).__name__, "an SVG without entities", "Export it as plain SVG.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise LayoutError(parameter, str(error), "well-formed SVG") from error
    for element in root.iter():
        tag = str(element.tag).rpartition("}")[2].lower()
        if tag in _REFUSED:
            raise LayoutError(parameter, f"<{tag}>", "shapes alone", "Export it as plain SVG.")
        if tag == "text":
            raise LayoutError(parameter, "<text>", "shapes alone", "Turn its words into paths: a logo brings no font.")
        for name, value in element.attrib.items():
            plain = name.rpartition("}")[2].lower()
            if plain == "href" and not value.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,")):
                raise LayoutError(parameter, f"{plain}={value[:60]!r}", "links within the file itself", "Embed what it shows.")
            if plain.startswith("on") or re.search(r"url\(\s*['\"]?(?!#)", value):
                raise LayoutError(parameter, f"{plain}={value[:60]!r}", "no scripts and no links out of the file")
        if tag == "style" and re.search(r"@import|url\(\s*['\"]?(?!#)", element.text or ""):
            raise LayoutError(parameter, "a style that loads something", "no links out of the file")
    wide, high = _size(root) if not root.get("viewBox") else _view(root, parameter)
    if not 0.02 < wide / high < 50:
        raise LayoutError(parameter, f"{wide:g} x {high:g}", "a logo less than 50 times as wide as high")
    return root, wide / high


def _view(root: Any, parameter: str) -> tuple[float, float]:
    try:
        _, _, wide, high = (float(v) for v in root.get("viewBox").replace(",", " ").split())
    except ValueError:
        wide = high = 0.0
    if not (0 < wide < 1e7 and 0 < high < 1e7):
        raise LayoutError(parameter, root.get("viewBox"), "a viewBox of four numbers, the last two over 0")
    return wide, high


def _size(root: Any) -> tuple[float, float]:
    sides = [_LENGTH.fullmatch(root.get(name) or "100") for name in ("width", "height")]
    wide, high = (float(m[1]) if m else 100.0 for m in sides)
    return wide or 100.0, high or 100.0
