"""sdkit's own receipt: a PNG that alone is enough to make its picture again.

PNG text chunks, none of them compressed: Pillow refuses a whole picture for one compressed chunk that grows over
1 MiB, so a compressed source image would make the file unreadable in other tools.

    sdkit         iTXt, JSON: {"format": 1, "request": ..., "made": ..., "seconds": ..., "sdkit": "0.1.0"}, and "packed"
                  where a source image has a mode that PNG lacks
    sdkit-image   tEXt, base64 of a PNG: the picture started from (img2img, inpaint), pixel for pixel, mode kept
    sdkit-mask    tEXt, base64 of a PNG: the mask
    sdkit-style   likewise the style image; sdkit-control-0, sdkit-control-1, ...   the maps of its controls, in order

A file comes from anywhere: everything in it is checked, and nothing in it is run.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..codecs import MAX_PIXELS, encode, open_image, read_file, to_base64
from ..errors import ImageError, InputError, SdkitError
from ..request import MAX_CONTROLS, Request, real, whole
from ..result import Made, Result
from .png_text import MAX_TEXT, SIGNATURE, read_texts

FORMAT = 1
KEY = "sdkit"
SOURCES = {"image": "sdkit-image", "mask": "sdkit-mask", "style_image": "sdkit-style"}  # of controls: "sdkit-control-0", ...
MAX_FILE = 512 * 2**20  # bytes of a file that is read
MAX_JSON = 8 * 2**20  # characters
MAX_SOURCES = MAX_TEXT - MAX_JSON - 2**20  # characters of base64 in one file; with the JSON under Pillow's limit

# Run-length matches only: on 1 Mpx of photograph-like noise 66 ms and 1.45 MB, where level 1 takes 75 ms and 1.72 MB, and
# Pillow's default, level 6, 370 ms and 1.46 MB (Pillow 13, one core). On a screenshot it costs 16 % more bytes.
_FAST = {"compress_level": 1, "compress_type": zlib.Z_RLE}
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
_PACKED_MODES = ("I", "I;16", "I;16L", "I;16B", "F", "PA", "CMYK", "YCbCr", "LAB", "HSV", "RGBX", "RGBa", "La")


@dataclass(frozen=True)
class Receipt:
    """What a file says about its making.

    request  what was asked for, its image and mask included.
    made     by what: model, device, library versions.
    seconds  wall time of the picture's share of its batch.
    """

    request: Request
    made: Made
    seconds: float = 0.0


def write(result: Result) -> bytes:
    """The result as a PNG file with its receipt.

    Source images are embedded up to 55 MiB of base64 in all; larger ones are left out, and named by their pixels' hash:
    `read` then asks for them. Raises ImageError when the picture's mode is none that PNG has, or the receipt's text is
    over 8 million characters.
    """
    if result.image.mode not in _PNG_MODES:
        raise ImageError("result.image", f"mode {result.image.mode}", "one of " + ", ".join(_PNG_MODES), 'Use .convert("RGB").')
    about: dict[str, Any] = {
        "format": FORMAT,
        "request": result.request.to_dict(),
        "made": result.made.to_dict(),
        "seconds": float(result.seconds),
        "sdkit": _version(),
    }
    chunks = PngInfo()
    room = MAX_SOURCES
    packed = {}
    for name, source in result.request.sources.items():
        text = to_base64(_encode_source(source, name))
        if len(text) > room:
            continue
        room -= len(text)
        chunks.add_text(_chunk(name), text)
        if source.mode not in _PNG_MODES:
            packed[name] = {"mode": source.mode, "size": list(source.size)}
    if packed:
        about["packed"] = packed
    body = json.dumps(about, allow_nan=False)
    if len(body) > MAX_JSON:
        raise ImageError("result.request", f"{len(body):,} characters of text", f"at most {MAX_JSON:,} in a receipt")
    chunks.add_itxt(KEY, body)
    return _encode(result.image, "result.image", pnginfo=chunks)


def read(
    source: str | Path | bytes | Image.Image, *, image: Image.Image | None = None, mask: Image.Image | None = None,
    style_image: Image.Image | None = None, control: Sequence[Image.Image | None] = (),
) -> Receipt:  # fmt: skip
    """The receipt in an image file that `write` made, given as its path, its bytes, or opened by Pillow.

    `image`, `mask`, `style_image` and `control` (the maps, in order) stand in for sources that were too large to embed;
    those in the file go first. Raises ImageError when the file is missing, damaged, too large or carries no receipt that this
    sdkit can read, and InputError when the request in it has a value out of range or a stand-in is not the image described.
    """
    name, texts = _texts(source)
    try:
        maps = {f"control-{i}": one for i, one in enumerate(control)}
        return _receipt(texts, name, {"image": image, "mask": mask, "style_image": style_image, **maps})
    except RecursionError as error:
        raise _broken(name, "it is nested too deeply") from error


def _receipt(texts: Mapping[Any, Any], name: str, given: dict[str, Image.Image | None]) -> Receipt:
    about = _json(texts, name)
    packed = _mapping(about.get("packed", {}), "packed", name)
    request = _mapping(about.get("request"), "request", name)
    wanted = {part: request.get(part) for part in SOURCES} | _maps(request, name)
    for part, key in wanted.items():
        if key is None:
            given[part] = None
        elif _chunk(part) in texts:
            given[part] = _decode_source(texts[_chunk(part)], packed.get(part), part, name)
        elif given.get(part) is None:
            raise ImageError(
                part, None, f"the image with pixel hash {str(key)[:12]}…",
                f"It was too large to travel in {name}: hand it in with {part.partition('-')[0]}=.",
            )  # fmt: skip
    given = {part: given[part] for part in wanted}
    seconds = real("seconds", about.get("seconds"), 0.0, 1e9)
    return Receipt(_request(request, given, name), _made(about.get("made"), name), seconds)


def _chunk(source: str) -> str:
    """The keyword of the chunk that holds a source."""
    return SOURCES.get(source, f"sdkit-{source}")


def _maps(request: Mapping[str, Any], name: str) -> dict[str, Any]:
    """{"control-0": the hash of its map, ...} of a request's controls."""
    control = request.get("control", [])
    if not isinstance(control, list) or len(control) > MAX_CONTROLS:
        raise _broken(name, f"its control is no list of at most {MAX_CONTROLS}")
    return {f"control-{i}": str(_mapping(one, "control", name).get("image")) for i, one in enumerate(control)}


def _texts(source: str | Path | bytes | Image.Image) -> tuple[str, Mapping[Any, Any]]:
    """A name for messages, and keyword -> text."""
    if isinstance(source, Image.Image):
        return "this image", source.info
    if isinstance(source, bytes):
        return "these bytes", read_texts(source)
    name = Path(source).name
    return name, read_texts(read_file(source, MAX_FILE), name)


def _json(texts: Mapping[Any, Any], name: str) -> Mapping[str, Any]:
    """The checked outer layer of the receipt."""
    text = texts.get(KEY)
    if not isinstance(text, str):
        raise ImageError(
            "image", name, "a PNG that sdkit wrote",
            "It carries no sdkit receipt; sites and editors often strip them. Use the file as it was saved.",
        )  # fmt: skip
    if len(text) > MAX_JSON:
        raise ImageError("image", name, f"a receipt of at most {MAX_JSON:,} characters")
    try:
        about = _mapping(json.loads(text, parse_constant=_no_constant), "receipt", name)
    except (ValueError, RecursionError) as error:
        if isinstance(error, SdkitError):
            raise
        raise _broken(name, "it is not JSON") from error
    number = about.get("format")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise _broken(name, "it names no format")
    if number > FORMAT:
        raise ImageError(
            "image", f"a receipt of format {number}", f"format {FORMAT}",
            f'{name} was written by a newer sdkit. Upgrade with: pip install --upgrade "sdkit"',
        )  # fmt: skip
    return about


def _request(data: Mapping[str, Any], given: Mapping[str, Image.Image | None], name: str) -> Request:
    prompt = _mapping(data.get("prompt"), "prompt", name)
    for field, value in (("template", prompt.get("template", "")), ("scheduler", data.get("scheduler", ""))):
        if not isinstance(value, str):
            raise _broken(name, f"its {field} is no text")
    try:
        maps = [one for part, one in given.items() if part.startswith("control-") and one is not None]
        return Request.from_dict(data, control=maps, **{part: given[part] for part in SOURCES})
    except InputError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise _broken(name, f"its request does not read ({type(error).__name__})") from error


def _made(value: object, name: str) -> Made:
    data = dict(_mapping(value, "made", name))
    libraries, guides = (_mapping(data.get(key, {}), f"made.{key}", name) for key in ("libraries", "guides"))
    data["batch"] = whole("made.batch", data.get("batch", 1), 1, 2**31)
    if not isinstance(data.get("model"), str):
        raise _broken(name, "it names no model")
    texts = [f for f in Made.__dataclass_fields__ if f in data and f not in ("batch", "libraries", "guides")]
    if not all(isinstance(item, str) for item in [*(data[f] for f in texts), *libraries.values(), *guides.values()]):
        raise _broken(name, "what it says of the model is no text")
    data |= {"libraries": dict(libraries), "guides": dict(guides)}
    return Made.from_dict(data)


def _encode(image: Image.Image, parameter: str, **options: Any) -> bytes:
    try:
        return encode(image, "PNG", **_FAST, **options)
    except (OSError, ValueError, TypeError, SystemError, OverflowError) as error:
        raise ImageError(parameter, image, "a picture that can be saved as PNG", f"({error})") from error


def _encode_source(image: Image.Image, parameter: str) -> bytes:
    """A PNG with exactly these pixels; a mode that PNG lacks is laid out as bytes in a grey picture, a line a row."""
    if image.mode not in _PNG_MODES:
        if image.mode not in _PACKED_MODES or not image.width or not image.height:
            raise ImageError(parameter, image, "a picture with pixels, of mode " + ", ".join(_PNG_MODES + _PACKED_MODES))
        data = image.tobytes()
        return _encode(Image.frombytes("L", (len(data) // image.height, image.height), data), parameter)
    bare = image.copy()  # pixels only: no profile or transparent colour from another tool's file
    clear = image.info.get("transparency") if image.mode == "P" else None
    bare.info = {"transparency": clear} if isinstance(clear, int | bytes) else {}
    return _encode(bare, parameter, **({"bits": 8} if image.mode == "P" else {}))


def _decode_source(text: object, packed: object, parameter: str, name: str) -> Image.Image:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True) if isinstance(text, str) else b""
    except (UnicodeEncodeError, binascii.Error):
        data = b""
    if not data.startswith(SIGNATURE):
        raise _broken(name, f"its embedded {parameter} is no PNG")
    try:
        image = open_image(data, parameter)
        image.info = {k: v for k, v in image.info.items() if k == "transparency"}
        return image if packed is None else _unpack(image, _mapping(packed, "packed", name))
    except SdkitError:
        raise
    except Exception as error:  # whatever a decoder makes of hostile bytes
        raise _broken(name, f"its embedded {parameter} does not decode ({type(error).__name__})") from error


def _unpack(laid_out: Image.Image, packed: Mapping[str, Any]) -> Image.Image:
    mode, size = packed["mode"], packed["size"]
    width, height = (whole("packed.size", side, 1, MAX_PIXELS) for side in size)
    if mode not in _PACKED_MODES or laid_out.mode != "L" or height != laid_out.height or width > laid_out.width:
        raise ValueError("its layout is not the one described")
    return Image.frombytes(mode, (width, height), laid_out.tobytes())


def _mapping(value: object, what: str, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _broken(name, f"its {what} is no JSON object")
    return value


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _broken(name: str, why: str) -> ImageError:
    return ImageError("image", name, "a PNG with a whole sdkit receipt", f"The receipt in this one is damaged: {why}.")


@cache
def _version() -> str:
    try:
        return version("sdkit")
    except PackageNotFoundError:
        return ""
