"""What a Studio does with an upscaler: enlarge a picture on its own, or for the placements of an export that are larger."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import Image

from . import canvas
from .backends.base import UPSCALERS, Progress
from .backends.checkpoints import EMBEDDED, embedded
from .errors import InputError
from .prompt import Prompt
from .request import MAX_SIDE, Request, real
from .result import Result
from .workshop import Workshop

if TYPE_CHECKING:
    from .backends.upscaler import Upscaler
    from .export import Extension, Fit

PHOTO = "photograph"  # the prompt of a picture that had none: a Request has some words
_MOST = 2048 * 2048  # pixels of a master that an export enlarges: a larger one has enough of them, and would take minutes


class Upscales(Workshop, Protocol):
    """The part of a Studio that knows upscalers: networks that make a picture larger and sharp in one pass, without words."""

    _options: dict[str, Any]

    def upscale(
        self, picture: str | os.PathLike[str] | Image.Image | Result, scale: float | None = None, *,
        model: str | os.PathLike[str] | None = None, experiment: str = "", note: str = "upscale",
        progress: bool | Progress = True, stop: Event | None = None,
    ) -> Result:  # fmt: skip
        """The picture enlarged by an upscaler: edges sharp, nothing drawn anew. A quarter of a second for 256 pixels on a CPU.

        scale      over 1 up to the upscaler's own (mostly 4, the default); the result has exactly the rounded size, at most 4096
                   pixels a side.
        model      a `.safetensors` file of a community upscaler (Real-ESRGAN's compact networks, ESRGAN); by default the
                   embedded one, which knows the embedded model's pictures best.

        Transparency is kept. The picture and what made it are recorded, and `reproduce` makes it again. Raises InputError for
        a wrong scale, ModelError for a file of another kind, UnsafeFileError for a pickle.
        """
        upscaler = self._upscaler(model)
        own = upscaler.kind.scale
        scale = float(own) if scale is None else real("scale", scale, 1.0, own, open_low=True)
        source, image = self._picture(picture)
        size = (round(image.width * scale), round(image.height * scale))
        if max(size) > MAX_SIDE:
            most = MAX_SIDE / max(image.size)
            raise InputError("scale", scale, f"at most {most:.4g} for this picture, {MAX_SIDE} pixels a side", "Crop it first.")
        asked = source.request if source else None
        request = Request(
            prompt=asked.prompt if asked else Prompt.literal(PHOTO), negative=asked.negative if asked else "",
            seed=asked.seed if asked else 0, size=size, image=_seen(image), strength=1.0, steps=1, guidance=1.0,
        )  # fmt: skip
        return self._one(request, experiment, note, progress, stop, upscaler)

    def _upscaler(self, model: str | os.PathLike[str] | None) -> Upscaler:
        from .backends.upscaler import Upscaler  # torch takes seconds to import

        return Upscaler("pocket" if model is None else os.fspath(model), device=self._options["device"])

    def _sharp(
        self, source: Result | None, wanted: str | os.PathLike[str] | None, fits: Iterable[Fit],
        pictures: Mapping[Extension | None, Image.Image], progress: Progress | None, stop: Event | None,
    ) -> tuple[dict[Extension | None, Image.Image], Callable[[Fit], str]]:  # fmt: skip
        """What an export's fits that enlarge are cut from, each picture enlarged once; and what to record of a fit."""
        larger = dict.fromkeys(f.extension for f in fits if f.enlarged)
        keys = [key for key in larger if pictures[key].width * pictures[key].height <= _MOST]
        if (
            wanted is None
            and source is not None
            and source.made.model in EMBEDDED
            and embedded("upscaler/model.safetensors").is_file()
        ):
            wanted = "pocket"
        if not (wanted and keys):
            return {}, lambda fit: ""
        upscaler = self._upscaler(wanted)
        flat = {key: pictures[key].convert("RGB") for key in keys}
        done, total = 0, sum(upscaler.tiles_of(image) for image in flat.values())

        def report(tiles: int, _: int) -> None:
            if progress is not None:
                progress(done + tiles, total)

        sharp: dict[Extension | None, Image.Image] = {}
        for key, image in flat.items():
            sharp[key] = upscaler.enlarge(image, progress=report, stop=stop)
            done += upscaler.tiles_of(image)
        name = f"{upscaler.made.model} {upscaler.made.model_hash}"
        return sharp, lambda fit: name if fit.enlarged and fit.extension in sharp else ""


def is_photo(source: Result | None) -> bool:
    """Whether nothing in the picture is a model's own: it has no receipt, or it was enlarged and had none before."""
    return source is None or (source.made.family in UPSCALERS and source.request.prompt.text == PHOTO)


def _seen(image: Image.Image) -> Image.Image:
    """As a person sees it: sRGB, RGBA where anything is transparent."""
    photo = canvas.Photo(image)
    alpha = photo.alpha(photo.box)
    if alpha is None or alpha.min() == 255:
        return photo.view(photo.box)
    colours = canvas.Photo(image.convert("RGBA").convert("RGB"))  # without the white that a view lays beneath
    return Image.fromarray(np.dstack([np.asarray(colours.view(colours.box)), alpha]))
