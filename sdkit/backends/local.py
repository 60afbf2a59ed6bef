"""diffusers on this machine: Request -> Result.

One picture at a time, each from its own CPU generator, so that a picture depends on its request and on nothing else.
"""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from threading import Event
from typing import Any

import torch
from PIL import Image

from .. import canvas
from ..errors import InputError, Interrupted, PromptWarning, near
from ..prompt.tokens import Tokens
from ..request import Request
from ..result import Made, Result
from .base import Can, Progress
from .models import Loaded, load, view
from .words import Words

_LIBRARIES = ("torch", "diffusers", "transformers", "safetensors")
_CONTEXT = 0.34  # share of a window that is known before it is painted: less shows as repeats, more costs windows


class LocalBackend:
    """A diffusers pipeline as a Backend.

    source   "pocket", a diffusers folder, a single .safetensors file, or a hub id; see `models.resolve`.
    device, dtype, memory, parts     as `models.load` takes them; "auto" chooses by the hardware.

    Raises ModelError when the checkpoint cannot be loaded.
    """

    def __init__(
        self, source: str = "pocket", *, device: str = "auto", dtype: str = "auto", memory: str = "auto", parts: str = ""
    ) -> None:
        self._loaded: Loaded = load(source, device=device, dtype=dtype, memory=memory, parts=parts)
        self._words = Words(self._loaded.pipe, self._loaded.family)
        libraries = {name: version(name) for name in _LIBRARIES}
        self.can = self._loaded.can
        self.made = Made(
            model=self._loaded.name, model_hash=self._loaded.hash, family=self._loaded.family, device=self._loaded.device,
            dtype=self._loaded.dtype, scheduler=type(self._loaded.pipe.scheduler).__name__, libraries=libraries,
        )  # fmt: skip

    def steps_of(self, request: Request) -> int:
        """Denoising steps that the request will take, windows included; for a progress bar's total."""
        if request.kind == "text2img":
            return request.steps
        each = min(int(request.steps * _strength(request)), request.steps)
        return each if request.kind == "img2img" else each * len(_Painting(request, self.can).boxes)

    def tokens(self, text: str) -> Tokens:
        """How many tokens a prompt has for each text encoder, and what is cut."""
        return self._words.count(text)

    def run(
        self, requests: Sequence[Request], *, progress: Progress | None = None, stop: Event | None = None
    ) -> Iterator[Result]:
        """Yield one Result a Request, in order, each as soon as it is finished; see `Backend.run`."""
        for request in requests:
            self.can.check(request)
            self._scheduler(request)  # a wrong name is said before the first picture, not after the tenth
        done, total = 0, sum(self.steps_of(r) for r in requests)
        for request in requests:
            start = time.perf_counter()
            before = done

            def step(pipe: Any, i: int, t: Any, kept: dict[str, Any]) -> dict[str, Any]:
                nonlocal done
                done += 1
                if progress is not None:
                    progress(min(done, total), total)
                if stop is not None and stop.is_set():
                    raise Interrupted("Stopped. The pictures that were finished are kept.")
                return kept

            image = self._inpaint(request, step) if request.kind == "inpaint" else self._call(request, step)
            done = before + self.steps_of(request)  # schedulers of second order call back more often than they step
            seconds = time.perf_counter() - start
            scheduler = request.scheduler or self.made.scheduler
            yield Result(image, request, _with(self.made, scheduler), seconds)

    def _call(self, request: Request, step: Any, generator: torch.Generator | None = None) -> Image.Image:
        """One call of the pipeline."""
        pipe = view(self._loaded, request.kind)
        words, notes = self._words.given(request.prompt.text, request.negative)
        for note in notes:
            warnings.warn(note, PromptWarning, stacklevel=2)
        given: dict[str, Any] = {
            **words,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance,
            "width": request.size[0],
            "height": request.size[1],
            "generator": generator or torch.Generator("cpu").manual_seed(request.seed),
        }
        if request.image is not None:
            given |= {"image": _fit(request.image, request.size), "strength": _strength(request)}
        if request.mask is not None:
            given["mask_image"] = request.mask
        takes = inspect.signature(pipe.__call__).parameters
        if request.negative and "negative_prompt" not in takes:
            raise InputError("negative", request.negative, f'"" for {self.made.family}, which takes no negative prompt')
        pipe.set_progress_bar_config(disable=True)  # ours spans all pictures
        own, pipe.scheduler = pipe.scheduler, self._scheduler(request)
        try:
            out = pipe(**{k: v for k, v in given.items() if k in takes}, callback_on_step_end=step)
        finally:
            pipe.scheduler = own
        return out.images[0]

    def _inpaint(self, request: Request, step: Any) -> Image.Image:
        """Repaint the mask's white, in windows of the model's native size where the picture is larger."""
        painting = _Painting(request, self.can)
        generator = torch.Generator("cpu").manual_seed(request.seed)
        for box in painting.boxes:
            size = (box[2] - box[0], box[3] - box[1])
            part = request.replace(image=painting.image.crop(box), mask=painting.mask.crop(box), size=size)
            painting.take(box, self._call(part, step, generator))
        return painting.finished()

    def _scheduler(self, request: Request) -> Any:
        """A fresh scheduler for each picture: some keep state from one run to the next."""
        own = self._loaded.pipe.scheduler
        if not request.scheduler or request.scheduler == type(own).__name__:
            return own.from_config(own.config)
        kinds = {kind.__name__: kind for kind in own.compatibles}
        if request.scheduler not in kinds:
            allowed = f"{type(own).__name__} or one of {', '.join(sorted(kinds))}"
            raise InputError("scheduler", request.scheduler, allowed, near(request.scheduler, kinds))
        return kinds[request.scheduler].from_config(own.config)


class _Painting:
    """An inpainting at the size that the model draws well: the picture so far, what is unknown, the windows to paint."""

    def __init__(self, request: Request, can: Can) -> None:
        assert request.image is not None and request.mask is not None
        self.original = _fit(request.image, request.size)
        self.original_mask = canvas.as_mask(request.mask).resize(request.size, Image.Resampling.NEAREST)
        size = _working_size(request.size, can)
        filled = canvas.stretch(self.original, self.original_mask)
        self.image = filled.resize(size, Image.Resampling.LANCZOS)
        # Box, then "anything at all": a pixel that is unknown in part is unknown.
        self.mask = self.original_mask.resize(size, Image.Resampling.BOX).point(lambda v: 255 * (v > 0))
        self.boxes = list(canvas.windows(self.mask, _window(size, can), context=_CONTEXT, step=can.multiple))

    def take(self, box: canvas.Box, painted: Image.Image) -> None:
        """Put a painted window where it belongs, and start what is still unknown from its edges."""
        mask = self.mask.crop(box)
        self.image.paste(canvas.paste_back(self.image.crop(box), painted, mask), box)
        self.mask.paste(0, box)
        self.image = canvas.stretch(self.image, self.mask)

    def finished(self) -> Image.Image:
        whole = self.image.resize(self.original.size, Image.Resampling.LANCZOS)
        return canvas.paste_back(self.original, whole, self.original_mask)


def _working_size(size: tuple[int, int], can: Can) -> tuple[int, int]:
    """`size` scaled so that its short side is what the model draws well, in whole multiples of its grid."""
    short, native = min(size), min(can.native)
    scale = min(max(short, 0.75 * native), native) / short
    return tuple(max(1, round(side * scale / can.multiple)) * can.multiple for side in size)  # type: ignore[return-value]


def _window(size: tuple[int, int], can: Can) -> tuple[int, int]:
    """The largest window inside `size` with about the area of the native size, at most twice as long as high."""
    native = min(can.native)
    short = min(min(size), native)
    long = min(native * native // short, 2 * short) // can.multiple * can.multiple
    return (min(long, size[0]), short) if size[0] >= size[1] else (short, min(long, size[1]))


def _strength(request: Request) -> float:
    """The strength, but enough for one step: diffusers refuses fewer."""
    return max(request.strength, min(1.0, 1.001 / request.steps))


def _fit(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    image = image.convert("RGB")
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _with(made: Made, scheduler: str) -> Made:
    return Made(**{**made.__dict__, "scheduler": scheduler})
