"""Upscalers: a small network that enlarges pictures, our own or a community's, as a Backend.

Files are `.safetensors` of the "compact" and "esrgan" kinds (`networks.py`); what kind, how deep and how many times larger is
read from the names and shapes in them. Pictures are worked on in tiles, so that memory does not grow with the picture.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from threading import Event

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from .. import canvas
from ..errors import InputError, Interrupted, ModelError, short
from ..request import MAX_SIDE, Request
from ..result import Made, Result
from .base import Can, Progress
from .checkpoints import PICKLES, content_hash, embedded, read_header, unsafe
from .models import probe
from .networks import Kind, build, kind_of, renamed

OWN = "pocket/upscaler"  # as it is recorded
TILE = 192  # pixels a side of the small picture, without what is seen around
ALLOWED = '"pocket" (the embedded upscaler), or a .safetensors file of a Real-ESRGAN compact (SRVGGNetCompact) or ESRGAN (RRDBNet) network'


class Upscaler:
    """An upscaling network: the image of a Request -> a Result of the Request's size.

    source   "pocket", the embedded one, or a `.safetensors` file.
    device   "auto", "cpu", "cuda", "cuda:1" or "mps". It computes in float32.

    `kind` says what the network is, `made` what receipts record of it. Raises ModelError when the file is missing, damaged or
    of another architecture, UnsafeFileError for a pickle.
    """

    def __init__(self, source: str = "pocket", *, device: str = "auto") -> None:
        own = source in ("", "pocket", OWN)
        path = embedded("upscaler/model.safetensors") if own else Path(source).expanduser()
        self._device = probe(device).device
        self.kind, network = load(path, OWN if own else source)
        self._network = network.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.can = Can(
            frozenset({"img2img"}), (256, 256), 1, 1, MAX_SIDE, steps=1, guidance=1.0, any_size=frozenset({"img2img"})
        )  # fmt: skip
        self.made = Made(
            OWN if own else source, content_hash([path]), self.kind.family, self._device, "float32",
            libraries={name: version(name) for name in ("torch", "safetensors")},
        )  # fmt: skip

    def run(
        self, requests: Sequence[Request], *, progress: Progress | None = None, stop: Event | None = None
    ) -> Iterator[Result]:
        """Yield one Result a Request; see `Backend.run`. `progress` counts tiles, and `stop` is looked at after each."""
        images = []
        for request in requests:
            self.can.check(request)
            assert request.image is not None
            images.append(request.image)
        counts = [self.tiles_of(image) for image in images]
        done, total = 0, sum(counts)
        for request, image, count in zip(requests, images, counts, strict=True):
            start = time.perf_counter()

            def report(tiles: int, _: int, before: int = done) -> None:
                if progress is not None:
                    progress(before + tiles, total)

            large = self.enlarge(image, progress=report, stop=stop)
            if large.size != request.size:
                large = large.resize(request.size, Image.Resampling.LANCZOS)
            done += count
            yield Result(large, request, self.made, time.perf_counter() - start)

    def tiles_of(self, image: Image.Image) -> int:
        """In how many steps the picture is enlarged."""
        once = len(_tiles(image.size))
        return 2 * once if image.mode == "RGBA" else once

    def enlarge(self, image: Image.Image, *, progress: Progress | None = None, stop: Event | None = None) -> Image.Image:
        """The picture `kind.scale` times larger; RGB, or RGBA with its transparency.

        progress gets (tiles done, tiles in all). Raises InputError for another mode, Interrupted when `stop` is set.
        """
        if image.mode not in ("RGB", "RGBA"):
            raise InputError("image", f"mode {image.mode}", '"RGB" or "RGBA"', 'Use .convert("RGB").')
        done, total = 0, self.tiles_of(image)

        def step() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total)
            if stop is not None and stop.is_set():
                raise Interrupted("Stopped before the picture was enlarged.")

        if image.mode == "RGB":
            return Image.fromarray(self._pixels(np.asarray(image), step))
        alpha = image.getchannel("A")
        # What is hidden has any colour, often black: what lies beside it takes its place, or edges would go dark.
        seen = canvas.stretch(image.convert("RGB"), alpha.point(lambda value: 255 * (value == 0)))
        colours = self._pixels(np.asarray(seen), step)
        veil = self._pixels(np.repeat(np.asarray(alpha)[..., None], 3, 2), step).mean(2).round().astype(np.uint8)
        return Image.fromarray(np.dstack([colours, veil]))

    @torch.inference_mode()
    def _pixels(self, pixels: np.ndarray, step) -> np.ndarray:  # type: ignore[no-untyped-def]
        """(h, w, 3) uint8 -> (scale h, scale w, 3) uint8, tile by tile; each sees its reach around, so that none shows."""
        (height, width), scale, reach = pixels.shape[:2], self.kind.scale, self.kind.reach
        out = np.empty((height * scale, width * scale, 3), np.uint8)
        for left, top, right, bottom in _tiles((width, height)):
            x, y = max(0, left - reach), max(0, top - reach)
            part = pixels[y : min(height, bottom + reach), x : min(width, right + reach)]
            large = self._large(part)
            at = slice((top - y) * scale, (bottom - y) * scale), slice((left - x) * scale, (right - x) * scale)
            out[top * scale : bottom * scale, left * scale : right * scale] = large[at]
            step()
        return out

    def _large(self, part: np.ndarray) -> np.ndarray:
        fold = getattr(self._network, "fold", 1)
        high, wide = part.shape[:2]
        even = np.pad(part, ((0, -high % fold), (0, -wide % fold), (0, 0)), mode="edge")
        given = torch.from_numpy(even).to(self._device).permute(2, 0, 1)[None].float().div_(255)
        got = self._network(given.contiguous(memory_format=torch.channels_last))[0].clamp_(0, 1).mul_(255).round_()
        large = got.to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return large[: high * self.kind.scale, : wide * self.kind.scale]


def load(path: Path, name: str) -> tuple[Kind, torch.nn.Module]:
    """What an upscaler's file holds, and the network with its weights, on the CPU in float32. Raises as `Upscaler` does."""
    if not path.is_file():
        if name == OWN:
            raise ModelError("model: the embedded upscaler is not in this installation. Name a .safetensors file instead.")
        raise ModelError(f"model: there is no file {name!r}. Allowed: {ALLOWED}.")
    if path.suffix.lower() in PICKLES:
        raise unsafe(path)
    header = read_header(path, ALLOWED)
    names = renamed(key for key in header if key != "__metadata__")
    kind = kind_of({new: tuple(header[old]["shape"]) for old, new in names.items()})
    if kind is None or not 1 <= kind.scale <= 16:
        found = ", ".join(f"{key} {header[key]['shape']}" for key in list(names)[:3])
        raise ModelError(
            f"model: {path.name} is no upscaler that sdkit knows: it holds {short(found, 160)}. Allowed: {ALLOWED}."
        )
    network = build(kind)
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    got = {new: tuple(header[old]["shape"]) for old, new in names.items()}
    if wanted != got:
        odd = sorted(key for key in wanted.keys() | got.keys() if wanted.get(key) != got.get(key))
        raise ModelError(
            f"model: {path.name} looks like {_words(kind)}, but differs in {short(', '.join(odd[:3]), 120)}. Allowed: {ALLOWED}."
        )
    weights = load_file(path)
    network.load_state_dict({new: weights[old].float() for old, new in names.items()})
    return kind, network.eval().requires_grad_(False)


def _words(kind: Kind) -> str:
    what = "convolutions" if kind.family == "compact" else "residual blocks"
    return f"a {kind.family} upscaler ({kind.scale} times, {kind.width} channels, {kind.blocks} {what})"


def _tiles(size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) side by side that cover a picture of `size` (width, height)."""
    edges = []
    for length in size:
        count = max(1, -(-length // TILE))
        edges.append([round(i * length / count) for i in range(count + 1)])
    return [
        (x, y, x1, y1)
        for y, y1 in zip(edges[1], edges[1][1:], strict=False)
        for x, x1 in zip(edges[0], edges[0][1:], strict=False)
    ]
