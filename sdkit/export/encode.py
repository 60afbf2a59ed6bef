"""Pictures -> files in memory, of exact pixels and under the placement's byte limit."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..codecs import encode
from ..errors import ExportError, InputError
from .fit import Extension, Fit
from .placements import Placement
from .render import Sharp, draw, prepared

BEST, WORST = 92, 45  # the qualities tried first and last; under 45 flat colours break into visible blocks
FULL_COLOUR_FROM = 85  # from this quality on JPEG keeps every pixel's colour (4:4:4): red edges and text stay clean
SUFFIX = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
GENERATED = "trainedAlgorithmicMedia"
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
ENHANCED = "algorithmicallyEnhanced"


@dataclass(frozen=True)
class Encoded:
    """One file in memory. quality, 45 to 92 (100 for PNG, which loses nothing); size, (width, height) in pixels."""

    data: bytes = field(repr=False)
    format: str
    quality: int
    size: tuple[int, int]

    @property
    def suffix(self) -> str:
        """The file's ending, with the dot."""
        return SUFFIX[self.format]


def ai_mark(kind: str = GENERATED) -> bytes:
    """XMP that says a picture was made by a model, as IPTC's DigitalSourceType asks; about 400 bytes.

    `kind` is GENERATED, COMPOSITE where a model filled a part of a photograph, or ENHANCED where one only enlarged it.
    Source: https://cv.iptc.org/newscodes/digitalsourcetype/ (checked 2026-11-24).
    """
    if kind not in (GENERATED, COMPOSITE, ENHANCED):
        raise InputError("kind", kind, f"{GENERATED!r}, {COMPOSITE!r} or {ENHANCED!r}")
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType='
        f'"http://cv.iptc.org/newscodes/digitalsourcetype/{kind}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def encode_under(image: Image.Image, placement: Placement, *, xmp: bytes | None = None) -> Encoded:
    """The picture as a file that the placement takes: its preferred format, or the next one that stays under its limit.

    JPEG and WebP start at quality 92 and give up no more than the limit asks. `xmp` defaults to `ai_mark()`; b"" leaves
    it out. Nothing else about how the picture was made is written. Raises ExportError that names the placement and the
    limit when even quality 45 is too large, or when the picture has other pixels than the placement.
    """
    if image.size != placement.size:
        wanted = f"{placement.width} x {placement.height}"
        raise ExportError(f"{placement.name}: the picture has {image.width} x {image.height} pixels, not {wanted}.")
    image = prepared(image)
    xmp = ai_mark() if xmp is None else xmp
    smallest = 0
    for name in placement.formats:
        found, size = _png(image, placement, xmp) if name == "PNG" else _lossy(image, placement, name, xmp)
        if found is not None:
            return found
        smallest = min(smallest or size, size)
    raise ExportError(
        f"{placement.name}: {smallest:,} bytes is the least that {' or '.join(placement.formats)} needs at quality {WORST}, "
        f"over its limit of {placement.max_bytes:,}. Allow another format or a higher max_bytes, or use a plainer picture."
    )


def encode_all(
    master: Image.Image,
    fits: Iterable[Fit],
    extended: Mapping[Extension, Image.Image] | None = None,
    *,
    sharp: Sharp | None = None,
    finish: Callable[[Image.Image, Fit], Image.Image] | None = None,
    xmp: bytes | None = None,
    workers: int | None = None,
) -> Iterator[Encoded]:
    """Render and encode every fit, in order, on a few threads (Pillow resizes and encodes without the interpreter lock).

    `extended` and `sharp` are as `render` takes them.
    `finish` (text, a logo) gets each picture and its fit and returns the picture to encode; it runs on the threads.
    `workers` defaults to the cores this process may use, at most 4; only about twice as many pictures are in memory.
    Raises as `draw` and `encode_under` do.
    """
    source, canvases = prepared(master), {key: prepared(image) for key, image in (extended or {}).items()}
    large = {key: prepared(image) for key, image in (sharp or {}).items()}

    def one(fit: Fit) -> Encoded:
        image = draw(source, fit, canvases, large)
        return encode_under(finish(image, fit) if finish else image, fit.placement, xmp=xmp)

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


def _lossy(image: Image.Image, placement: Placement, name: str, xmp: bytes) -> tuple[Encoded | None, int]:
    """The best quality under the limit, and the bytes it or the last try took."""

    def at(quality: int, small: bool) -> bytes:
        options: dict[str, Any] = {"quality": quality, "xmp": xmp} if xmp else {"quality": quality}
        if name == "JPEG":
            options["subsampling"] = "4:4:4" if quality >= FULL_COLOUR_FROM else "4:2:0"
            options["dpi"] = (72, 72)
            if small:  # a second pass over the picture: worth its time only where bytes are short
                options |= {"optimize": True, "progressive": True}
        else:
            options["method"] = 6 if small else 4
        try:
            return encode(image, name, **options)
        except OSError:  # Pillow gives these two a byte a pixel, which pure noise can exceed
            return encode(image, name, **{k: v for k, v in options.items() if k not in ("optimize", "progressive")})

    data = at(BEST, small=False)
    if len(data) <= placement.max_bytes:
        return Encoded(data, name, BEST, image.size), len(data)
    low, high = WORST, BEST
    data = at(low, small=True)
    if len(data) > placement.max_bytes:
        return None, len(data)
    best = Encoded(data, name, low, image.size)
    while high - low >= 1:
        middle = (low + high + 1) // 2
        data = at(middle, small=True)
        if len(data) <= placement.max_bytes:
            best, low = Encoded(data, name, middle, image.size), middle
        else:
            high = middle - 1
    return best, len(best.data)


def _png(image: Image.Image, placement: Placement, xmp: bytes) -> tuple[Encoded | None, int]:
    info = PngInfo()
    if xmp:
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    data = encode(image, "PNG", compress_level=6, pnginfo=info)
    if len(data) > placement.max_bytes:
        data = encode(image, "PNG", optimize=True, pnginfo=info)
    return (Encoded(data, "PNG", 100, image.size) if len(data) <= placement.max_bytes else None), len(data)


def _cores() -> int:
    """Cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


__all__ = ["BEST", "COMPOSITE", "ENHANCED", "GENERATED", "WORST", "Encoded", "ai_mark", "encode_all", "encode_under"]
