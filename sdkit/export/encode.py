"""Pictures -> files in memory: exact pixels, under the placement's byte limit, as like the picture as that allows."""

from __future__ import annotations

import io
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..codecs import encode
from ..errors import ExportError, InputError
from .fit import Extension, Fit
from .likeness import likeness
from .placements import Placement
from .render import Sharp, draw, prepared
from .xmp import COMPOSITE, ENHANCED, GENERATED, KINDS, Papers, packet

METHOD = 2  # counts up when the same picture and settings come to other bytes: earlier files are then not kept
BEST = {"JPEG": 92, "WEBP": 92, "AVIF": 85}  # the quality tried first, at which no difference is seen
WORST = 20  # below it only where nothing else is under the limit: noise, a page of small type
LAST = 5  # the last one tried
POOR = 45  # under it flat colours break into blocks, and the page says so
SUFFIX = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "AVIF": ".avif"}
_BETTER = 0.003  # by so much a less preferred format must be more like the picture to be taken
_COLOURS = (256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8)  # of a PNG with a palette
_FLAT = 0.7  # bytes a pixel of a PNG below which it is a drawing rather than a photograph
_PATIENT = 400_000  # pixels up to which WebP takes its slowest, smallest way


@dataclass(frozen=True)
class Encoded:
    """One file in memory.

    format    "JPEG", "PNG", "WEBP" or "AVIF"; size, (width, height) in pixels.
    quality   5 to 92; of a PNG 100, or its number of colours over 256 as a percentage where it has a palette.
    colour    what becomes of colour beside brightness: "4:4:4" keeps every pixel's, "4:2:0" one in four; "64 colours".
    likeness  to the picture, 0 to 1 (see likeness.py), where the limit asked for a choice; None where nothing was given up.
    """

    data: bytes = field(repr=False)
    format: str
    quality: int
    size: tuple[int, int]
    colour: str = ""
    likeness: float | None = None

    @property
    def suffix(self) -> str:
        """The file's ending, with the dot."""
        return SUFFIX[self.format]


class Seal(Protocol):
    """What is done to a finished file, last of all: content credentials."""

    def room(self, fit: Fit) -> int:
        """Bytes it needs under the limit; 0 where this file is left as it is."""

    def put(self, file: Encoded, fit: Fit) -> Encoded:
        """The sealed file."""


def ai_mark(kind: str = GENERATED) -> bytes:
    """XMP that says a picture was made by a model, as IPTC's DigitalSourceType asks, and no more; about 400 bytes.

    `kind` is GENERATED, COMPOSITE where a model filled a part of a photograph, or ENHANCED where one only enlarged it.
    Source: https://cv.iptc.org/newscodes/digitalsourcetype/ (checked 2026-11-24).
    """
    if kind not in KINDS:
        raise InputError("kind", kind, ", ".join(map(repr, KINDS)))
    return packet(Papers(source=kind))


def encode_under(image: Image.Image, placement: Placement, *, xmp: bytes | None = None, room: int = 0) -> Encoded:
    """The picture as a file that the placement takes, the most like it that stays under the limit.

    The preferred format at its best quality, where that fits. Where not, every allowed format is searched for the best
    quality under the limit, JPEG with and without full colour, PNG with fewer colours, and the file most like the picture is
    taken; a less preferred format only where it is clearly better.

    xmp    the papers; by default `ai_mark()`; b"" leaves them out. Nothing else about how it was made is written.
    room   bytes of the limit to leave free.

    Raises ExportError that names the placement and the limit when even quality 5 is too large, or when the picture has other
    pixels than the placement.
    """
    if image.size != placement.size:
        wanted = f"{placement.width} x {placement.height}"
        raise ExportError(f"{placement.name}: the picture has {image.width} x {image.height} pixels, not {wanted}.")
    press = _Press(prepared(image), ai_mark() if xmp is None else xmp, placement.dpi, placement.max_bytes - room)
    first = press.best(placement.formats[0])
    if first is not None:
        return first
    found: Encoded | None = None
    for format in placement.formats:
        for file in press.candidates(format):
            if found is None or (file.likeness or 0) > (found.likeness or 0) + _BETTER * (file.format != found.format):
                found = file
    if found is not None:
        return found
    raise ExportError(
        f"{placement.name}: {press.smallest:,} bytes is the least that {' or '.join(placement.formats)} needs at quality {LAST}, "
        f"over its limit of {placement.max_bytes:,}. Allow another format or a higher max_bytes, or use a plainer picture."
    )


def encode_all(
    master: Image.Image,
    fits: Iterable[Fit],
    extended: Mapping[Extension, Image.Image] | None = None,
    *,
    sharp: Sharp | None = None,
    finish: Callable[[Image.Image, Fit], Image.Image] | None = None,
    xmp: bytes | Callable[[Fit], bytes] | None = None,
    seal: Seal | None = None,
    workers: int | None = None,
) -> Iterator[Encoded]:
    """Render and encode every fit, in order, on a few threads (Pillow resizes and encodes without the interpreter lock).

    `extended` and `sharp` are as `render` takes them.
    `finish` (text, a logo) gets each picture and its fit and returns the picture to encode; it runs on the threads.
    `xmp` is what `encode_under` takes, or says it for each fit; `seal` signs the finished file.
    `workers` defaults to the cores this process may use, at most 4; only about twice as many pictures are in memory.
    Raises as `draw` and `encode_under` do.
    """
    source, canvases = prepared(master), {key: prepared(image) for key, image in (extended or {}).items()}
    large = {key: prepared(image) for key, image in (sharp or {}).items()}

    def one(fit: Fit) -> Encoded:
        image = draw(source, fit, canvases, large)
        image = finish(image, fit) if finish else image
        file = encode_under(image, fit.placement, xmp=xmp(fit) if callable(xmp) else xmp, room=seal.room(fit) if seal else 0)
        return sealed(file, fit, seal)

    threads = workers or min(4, _cores())
    with ThreadPoolExecutor(threads, thread_name_prefix="sdkit-export") as pool:
        waiting: deque[Future[Encoded]] = deque()
        try:
            for fit in fits:
                waiting.append(pool.submit(one, fit))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def sealed(file: Encoded, fit: Fit, seal: Seal | None) -> Encoded:
    """The file with its seal, still under the limit. Raises ExportError when it is not."""
    if seal is None or not seal.room(fit):
        return file
    done = seal.put(file, fit)
    if len(done.data) > fit.placement.max_bytes:
        raise ExportError(
            f"{fit.placement.name}: signed, the file has {len(done.data):,} bytes, over its limit of {fit.placement.max_bytes:,}."
        )
    return done


class _Press:
    """One picture, tried in several formats; `smallest` is the least that any try came to, in bytes."""

    def __init__(self, image: Image.Image, xmp: bytes, dpi: int, limit: int) -> None:
        self.image, self.xmp, self.dpi, self.limit = image, xmp, dpi, limit
        self.smallest = 0

    def best(self, format: str) -> Encoded | None:
        """The file that gives nothing up, or None where it is over the limit."""
        if format == "PNG":
            return self._kept(Encoded(self._png_quickly(), "PNG", 100, self.image.size))
        return self._kept(self._lossy(format, BEST[format], "4:4:4", small=False))

    def candidates(self, format: str) -> Iterator[Encoded]:
        """Files under the limit, each with its likeness."""
        if format == "PNG":
            yield from self._pngs()
            return
        if format != "JPEG" and (whole := self.best(format)):
            yield self._measured(whole)
            return
        for colour in ("4:4:4", "4:2:0") if format == "JPEG" else ("4:2:0",):
            low, high = WORST, BEST[format]
            found = self._kept(self._lossy(format, low, colour, small=True))
            if not found:
                low, high = LAST, WORST - 1
                found = self._kept(self._lossy(format, low, colour, small=True))
            while found and low < high:
                middle = (low + high + 1) // 2
                better = self._kept(self._lossy(format, middle, colour, small=True))
                if better:
                    found, low = better, middle
                else:
                    high = middle - 1
            if found:
                yield self._measured(found)

    def _pngs(self) -> Iterator[Encoded]:
        whole = self._kept(Encoded(self._png(self.image, optimize=True), "PNG", 100, self.image.size))
        if whole:
            yield replace(whole, likeness=1.0)
            return
        for dither in (Image.Dither.NONE, Image.Dither.FLOYDSTEINBERG):
            for colours in _COLOURS:
                few = self.image.quantize(colours, Image.Quantize.MEDIANCUT)
                if dither:
                    few = self.image.quantize(palette=few, dither=dither)
                quality = round(100 * colours / 256)
                file = self._kept(Encoded(self._png(few, optimize=True), "PNG", quality, self.image.size, f"{colours} colours"))
                if file:
                    yield self._measured(file, few)
                    break

    def _lossy(self, format: str, quality: int, colour: str, *, small: bool) -> Encoded:
        options: dict[str, Any] = {"quality": quality} | ({"xmp": self.xmp} if self.xmp else {})
        if format == "JPEG":
            options |= {"subsampling": colour, "dpi": (self.dpi, self.dpi)}
            if small:  # a second pass over the picture: worth its time only where bytes are short
                options |= {"optimize": True, "progressive": True}
        elif format == "AVIF":
            options |= {"subsampling": colour, "speed": 8, "max_threads": 1}
        else:
            options["method"] = 6 if small and self.image.width * self.image.height <= _PATIENT else 4
            colour = "4:2:0"  # WebP has no other
        try:
            data = encode(self.image, format, **options)
        except OSError:  # Pillow gives these two a byte a pixel, which pure noise can exceed
            data = encode(self.image, format, **{k: v for k, v in options.items() if k not in ("optimize", "progressive")})
        return Encoded(data, format, quality, self.image.size, colour)

    def _png_quickly(self) -> bytes:
        """Run-length matches alone are as small as any on photographs and grain, in a fifth of the time; flat drawings, which
        they leave larger, are also tried with the usual way, which is quick on those."""
        data = self._png(self.image, compress_level=1, compress_type=zlib.Z_RLE)
        if len(data) > _FLAT * self.image.width * self.image.height:
            return data
        return min(data, self._png(self.image, compress_level=6), key=len)

    def _png(self, image: Image.Image, **options: Any) -> bytes:
        info = PngInfo()
        if self.xmp:
            info.add_itxt("XML:com.adobe.xmp", self.xmp.decode())
        if self.dpi != 72:
            options["dpi"] = (self.dpi, self.dpi)
        return encode(image, "PNG", pnginfo=info, **options)

    def _kept(self, file: Encoded) -> Encoded | None:
        self.smallest = min(self.smallest or len(file.data), len(file.data))
        return file if len(file.data) <= self.limit else None

    def _measured(self, file: Encoded, seen: Image.Image | None = None) -> Encoded:
        if seen is None:
            seen = Image.open(io.BytesIO(file.data))
        return replace(file, likeness=round(likeness(self.image, seen), 4))


def _cores() -> int:
    """Cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


__all__ = [
    "BEST", "COMPOSITE", "ENHANCED", "GENERATED", "LAST", "METHOD", "POOR", "Encoded", "Seal", "ai_mark", "encode_all", "encode_under",
    "sealed",
]  # fmt: skip
