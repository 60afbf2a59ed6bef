"""What a backend is: something that turns Requests into Results, and says what it can do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from PIL import Image

from ..errors import InputError, near
from ..request import Request
from ..result import Result

Progress = Callable[[int, int], None]  # (denoising steps done, steps in all) over the whole call


class Watching(Protocol):
    """A Progress that also sees the pictures come. A backend or Studio looks for each of these, and does without."""

    def __call__(self, done: int, total: int, /) -> None:
        """As a Progress."""

    def preview(self, picture: Callable[[], Image.Image | None], /) -> None:
        """Told after each denoising step: `picture()` is a small RGB picture of how far it is, or None where there is none."""

    def finished(self, result: Result, /) -> None:
        """Told of each Result as soon as it is kept."""


UPSCALERS = ("compact", "esrgan")  # families of Made whose pictures an upscaler enlarged

_INSTEAD = (
    'Inpaint with Studio("pocket"), with any Stable Diffusion 1.5, 2, SDXL, SD3 or FLUX checkpoint, or with an inpainting one: '
    '"stable-diffusion-v1-5/stable-diffusion-inpainting", "diffusers/stable-diffusion-xl-1.0-inpainting-0.1", '
    '"black-forest-labs/FLUX.1-Fill-dev".'
)
_CONTROLS = 'Studio(model, controls={{"{0}": "folder or hub id"}}) gives it one.'
_STYLE = 'Studio(model, style_adapter="h94/IP-Adapter") gives it one, for Stable Diffusion 1.5 and SDXL.'
_ONLY_INPAINTS = "This checkpoint only inpaints: give it image= and mask=, or use the model that it was made from."


@dataclass(frozen=True)
class Can:
    """What a backend can do.

    kinds      of "text2img", "img2img", "inpaint".
    native     (width, height) in pixels at which it draws best.
    multiple   width and height must be whole multiples of this many pixels, from min_side to max_side.
    steps, guidance   what to use when a person names none.
    outpaint   likewise, the strength for painting around a picture: low goes on as its edge is, high draws anew.
    loras      whether it applies the Request's loras; one that does not refuses them.
    controls   kinds of the Request's controls that it follows: the ControlNets that were given.
    style      whether it takes a style image: whether an IP-Adapter was given.
    any_size   those kinds that take any size at all: they are painted in windows, or on a little more and cropped.
    """

    kinds: frozenset[str]
    native: tuple[int, int]
    multiple: int = 8
    min_side: int = 64
    max_side: int = 4096
    steps: int = 20
    guidance: float = 5.0
    outpaint: float = 0.85
    loras: bool = False
    controls: frozenset[str] = frozenset()
    style: bool = False
    any_size: frozenset[str] = frozenset({"inpaint"})

    def nearest(self, size: tuple[int, int]) -> tuple[int, int]:
        """The nearest (width, height) that it can draw."""

        def fit(side: int) -> int:
            rounded = max(1, round(side / self.multiple)) * self.multiple
            low = -(-self.min_side // self.multiple) * self.multiple
            return min(max(rounded, low), self.max_side // self.multiple * self.multiple)

        return fit(size[0]), fit(size[1])

    def shaped(self, ratio: float, widest: float = 3.0) -> tuple[int, int]:
        """(width, height) of about the native area with width over height nearest to `ratio`, at most `widest` either way."""
        ratio = min(max(ratio, 1 / widest), widest)
        high = max((self.native[0] * self.native[1] / ratio) ** 0.5, self.min_side * max(1.0, 1 / ratio))
        return self.nearest((round(high * ratio), round(high)))

    def check(self, request: Request) -> None:
        """Raise InputError when it cannot do the request."""
        if request.kind not in self.kinds:
            raise InputError(
                "image" if request.mask is None else "mask", request.kind, "for this model " + ", ".join(sorted(self.kinds)),
                _INSTEAD if request.kind == "inpaint" else _ONLY_INPAINTS if self.kinds == {"inpaint"} else "",
            )  # fmt: skip
        if request.loras and not self.loras:
            raise InputError("loras", request.loras, "none: this backend does not apply LoRAs yet")
        self.check_guides([control.kind for control in request.control], request.style_image is not None)
        best = request.size if request.kind in self.any_size else self.nearest(request.size)
        if best != request.size:
            raise InputError(
                "size", request.size,
                f"for this model multiples of {self.multiple} from {self.min_side} to {self.max_side}",
                f"The nearest it can do is {best}.",
            )  # fmt: skip

    def check_guides(self, kinds: Collection[str], style: bool) -> None:
        """Raise InputError when it does not follow controls of these kinds, or a style image."""
        for kind in kinds:
            if kind not in self.controls:
                there = ", ".join(f'"{one}"' for one in sorted(self.controls))
                raise InputError(
                    "control", kind, there or "none: no ControlNet was given with this model",
                    (f"{near(kind, self.controls)} " if there else "") + _CONTROLS.format(kind),
                )  # fmt: skip
        if style and not self.style:
            raise InputError("style_image", "an image", "none: no style adapter was given with this model", _STYLE)


class Backend(Protocol):
    """Request -> Result."""

    @property
    def can(self) -> Can:
        """What it can do."""
        ...

    def run(
        self, requests: Sequence[Request], *, progress: Progress | None = None, stop: Event | None = None
    ) -> Iterator[Result]:
        """Yield one Result a Request, in order, each as soon as it is finished.

        A set `stop` raises Interrupted within one denoising step; Results already yielded stay valid.
        """
        ...
