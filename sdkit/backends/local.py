"""diffusers on this machine: Request -> Result.

One picture at a time, each from its own CPU generator, so that a picture depends on its request and on nothing else.
"""

from __future__ import annotations

import contextlib
import inspect
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from PIL import Image

from ..errors import InputError, Interrupted, PromptWarning, near
from ..prompt.tokens import Tokens
from ..request import Request
from ..result import Made, Result
from .base import Progress
from .control import Guides
from .models import Loaded, load
from .noise import Noise
from .painting import Painting, fitted, tile_of
from .preview import Previews
from .tiling import tiled
from .words import Words

_WHOLE = 1.5  # of its native side, as a square: up to that area a UNet is shown a picture whole
_LIBRARIES = ("torch", "diffusers", "transformers", "safetensors")


class LocalBackend:
    """A diffusers pipeline as a Backend.

    source   "pocket", a diffusers folder, a single .safetensors file, or a hub id; see `models.resolve`.
    device, dtype, memory, parts     as `models.load` takes them; "auto" chooses by the hardware.
    controls, style_adapter     ControlNets by kind and an IP-Adapter, as `control.Guides` takes them.

    Raises ModelError when one of them cannot be loaded.
    """

    def __init__(
        self, source: str = "pocket", *, device: str = "auto", dtype: str = "auto", memory: str = "auto", parts: str = "",
        controls: Mapping[str, str | Path] | None = None, style_adapter: str | Path = "",
    ) -> None:  # fmt: skip
        self._loaded: Loaded = load(source, device=device, dtype=dtype, memory=memory, parts=parts)
        self._words = Words(self._loaded.pipe, self._loaded.family)
        libraries = {name: version(name) for name in _LIBRARIES}
        self._guides = Guides(self._loaded, controls, style_adapter)
        self._previews = Previews(self._loaded.pipe)
        self.can = self._guides.can
        self.made = Made(
            model=self._loaded.name, model_hash=self._loaded.hash, family=self._loaded.family, device=self._loaded.device,
            dtype=self._loaded.dtype, scheduler=type(self._loaded.pipe.scheduler).__name__, libraries=libraries,
        )  # fmt: skip

    def steps_of(self, request: Request) -> int:
        """Denoising steps that the request will take, windows included; for a progress bar's total."""
        if request.kind == "text2img":
            return request.steps
        each = min(int(request.steps * _strength(request)), request.steps)
        if request.kind == "img2img" or self._tiles:
            return each
        return each * len(Painting(request, self.can).windows)

    def tokens(self, text: str) -> Tokens:
        """How many tokens a prompt has for each text encoder, and what is cut."""
        return self._words.count(text)

    def run(
        self, requests: Sequence[Request], *, progress: Progress | None = None, stop: Event | None = None
    ) -> Iterator[Result]:
        """Yield one Result a Request, in order, each as soon as it is finished; see `Backend.run`."""
        for request in requests:
            self.can.check(request)
        for request in {request.scheduler: request for request in requests}.values():
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
                    if (watch := getattr(progress, "preview", None)) is not None:
                        watch(lambda: self._previews.picture(kept.get("latents")))
                if stop is not None and stop.is_set():
                    raise Interrupted("Stopped. The pictures that were finished are kept.")
                return kept

            drawn = {"text2img": self._call, "img2img": self._img2img, "inpaint": self._inpaint}[request.kind]
            image = drawn(request, step)
            done = before + self.steps_of(request)  # schedulers of second order call back more often than they step
            seconds = time.perf_counter() - start
            scheduler = request.scheduler or self.made.scheduler
            yield Result(image, request, replace(self.made, scheduler=scheduler, guides=self.beside(request)), seconds)

    def beside(self, request: Request) -> dict[str, str]:
        """What the request uses beside the model: {"canny": hash or revision of the ControlNet's weights, "style": ...}.

        Raises InputError when it cannot do the request.
        """
        self.can.check(request)
        return self._guides.used(request)

    def _call(self, request: Request, step: Any, **instead: Any) -> Image.Image:
        """One call of the pipeline; `instead` replaces what it would be given of the request."""
        pipe = self._guides.view(request)
        noise = instead.pop("noise", None) or Noise(request)
        words, notes = self._words.given(request.prompt.text, request.negative)
        for note in notes:
            warnings.warn(note, PromptWarning, stacklevel=2)
        given: dict[str, Any] = {
            **words,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance,
            "width": request.size[0],
            "height": request.size[1],
            "generator": noise.generator,
        }
        if request.image is not None:
            given |= {"image": fitted(request.image, request.size), "strength": _strength(request)}
        if request.mask is not None:
            given["mask_image"] = request.mask
        laid = instead.pop("laid", None)
        given |= instead
        given |= self._guides.given(request, (given["width"], given["height"]), laid)
        takes = inspect.signature(pipe.__call__).parameters
        if request.negative and "negative_prompt" not in takes:
            raise InputError("negative", request.negative, f'"" for {self.made.family}, which takes no negative prompt')
        pipe.set_progress_bar_config(disable=True)  # ours spans all pictures
        own, pipe.scheduler = pipe.scheduler, self._scheduler(request)
        try:
            with noise.mixed(pipe), self._guides.styled(request) as style:
                given |= style
                out = pipe(**{k: v for k, v in given.items() if k in takes}, callback_on_step_end=step)
        finally:
            pipe.scheduler = own
        return out.images[0]

    def _img2img(self, request: Request, step: Any) -> Image.Image:
        """Draw on the picture at its very size: on a little more where the model's grid asks for it, then cropped.

        One much larger than the model draws well is shown to a UNet in overlapping windows, denoised as one.
        """
        assert request.image is not None
        image, multiple, native = fitted(request.image, request.size), self.can.multiple, min(self.can.native)
        width, height = (-(-max(side, self.can.min_side) // multiple) * multiple for side in image.size)

        def laid(picture: Image.Image, _: object = None) -> Image.Image:
            """A picture, or a map of it, of the size drawn."""
            rows, columns = height - image.height, width - image.width
            return Image.fromarray(
                np.pad(np.asarray(fitted(picture, image.size)), ((0, rows), (0, columns), (0, 0)), mode="edge")
            )

        with contextlib.ExitStack() as stack:
            if self._tiles and width * height > (_WHOLE * native) ** 2:
                window = native // self._loaded.pipe.vae_scale_factor
                net = self._guides.net(request)
                stack.enter_context(tiled(self._loaded.pipe.unet, (window, window), control=net))
            drawn = self._call(request, step, image=laid(image), width=width, height=height, laid=laid)
        return drawn.crop((0, 0, *image.size))

    def _inpaint(self, request: Request, step: Any) -> Image.Image:
        """Repaint the mask's white at the scale that the model draws well, all of it at once where the model is a UNet."""
        painting = Painting(request, self.can)

        noise = Noise(request)  # one for all windows: each goes on where the last one left it

        def paint(image: Image.Image, mask: Image.Image) -> Image.Image:
            return self._call(
                request, step, image=image, mask_image=mask, width=image.width, height=image.height, noise=noise
            )  # fmt: skip

        if self._tiles:
            pipe = self._loaded.pipe
            tile = tile_of(painting.size, self.can)
            window = (tile[0] // pipe.vae_scale_factor, tile[1] // pipe.vae_scale_factor)
            # Four channels: what is kept is put back at every step. Nine: every window's answer is used.
            wanted = painting.unknown(pipe.vae_scale_factor) if pipe.unet.config.in_channels == 4 else None
            with tiled(pipe.unet, window, wanted, self._guides.net(request)):
                painting.take(paint(painting.image, painting.mask))
        else:
            for box in painting.windows:
                painting.take(paint(painting.image.crop(box), painting.mask.crop(box)), box)
        return painting.finished()

    @property
    def _tiles(self) -> bool:
        """Whether the model can be shown a canvas in overlapping windows: a UNet can, a transformer cannot."""
        return hasattr(self._loaded.pipe, "unet")

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


def _strength(request: Request) -> float:
    """The strength, but enough for one step: diffusers refuses fewer."""
    return max(request.strength, min(1.0, 1.001 / request.steps))
