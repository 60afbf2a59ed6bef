"""PIL images <-> bytes and base64, and safe opening of files from outside. The only copy of either."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import ImageError

MAX_PIXELS = 100_000_000  # 100 Mpx: larger files are refused before they are decoded
_HASHED_AT_ONCE = 4_000_000  # pixels
_READABLE = ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")  # nothing that calls another program; JPEG covers MPO


def open_image(source: str | Path | bytes | Image.Image, parameter: str = "image", *, upright: bool = True) -> Image.Image:
    """An image from a path, encoded bytes, or a PIL image (returned as it is); fully decoded, upright by its EXIF tag.

    upright   False leaves it as it is stored, with its tag.

    Raises ImageError when the file is missing, is no image, is cut short, or holds more than 100 Mpx.
    """
    if isinstance(source, Image.Image):
        _check_pixels(source, source, parameter)
        return source
    name: object = source if isinstance(source, str | Path) else f"<{len(source)} bytes>"
    try:
        stream: Any = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise ImageError(parameter, str(name), "a readable image file", f"({error.strerror or error})") from error
    with stream, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            image = Image.open(stream, formats=_READABLE)
            _check_pixels(image, name, parameter)
            image.load()
        except ImageError:
            raise
        except Image.DecompressionBombError as error:
            raise ImageError(parameter, name, "at most 100 megapixels", "Scale the image down first.") from error
        except UnidentifiedImageError as error:
            raise ImageError(parameter, name, "PNG, JPEG, WebP, AVIF, TIFF, BMP or GIF", "This is no such file.") from error
        except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:  # RuntimeError: a damaged AVIF
            raise ImageError(parameter, name, "a whole image file", f"This one is damaged ({error}).") from error
    if not upright:
        return image
    turned = ImageOps.exif_transpose(image)
    turned.info = image.info
    return turned


def read_file(path: str | Path, most: int) -> bytes:
    """The bytes of an image file. Raises ImageError when it is missing, cannot be read, or holds more than `most` bytes."""
    try:
        if not Path(path).is_file():
            raise ImageError("image", str(path), "a readable image file", "There is no such file.")
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
    except ImageError:
        raise
    except (OSError, ValueError) as error:
        raise ImageError("image", str(path), "a readable image file", f"({error})") from error
    if len(data) > most:
        raise ImageError("image", str(path), f"a file of at most {most >> 20} MiB")
    return data


def _check_pixels(image: Image.Image, name: object, parameter: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(parameter, f"{width} x {height} pixels", "at most 100 megapixels", "Scale the image down first.")


def encode(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """The image as an encoded file in memory; `options` go to `PIL.Image.Image.save`."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def to_base64(data: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """The bytes behind base64 text. Raises ImageError for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise ImageError("text", text[:40], "base64", f"({error})") from error


def data_url(image: Image.Image, format: str = "PNG", **options: Any) -> str:
    """The image as a `data:` URL."""
    return f"data:image/{format.lower()};base64,{to_base64(encode(image, format, **options))}"


def thumbnail(image: Image.Image, side: int = 192) -> Image.Image:
    """A copy of at most `side` pixels a side."""
    small = image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small


def pixel_hash(image: Image.Image) -> str:
    """SHA-256 (hex) of mode, size and pixels: equal for equal pictures however they are encoded."""
    digest = hashlib.sha256(f"{image.mode}:{image.width}x{image.height}:".encode())
    rows = max(1, _HASHED_AT_ONCE // max(1, image.width))
    for top in range(0, image.height, rows):  # a large photograph is not held twice
        digest.update(image.crop((0, top, image.width, min(image.height, top + rows))).tobytes())
    return digest.hexdigest()


def write_atomic(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write `data` to `path` whole or not at all; `durable` also waits until the disk has it.

    Raises OSError as `open` does; no partial file is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
