"""A Request: everything that decides one picture. Frozen; changed by `replace`; with a stable key."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from PIL import Image

from .codecs import pixel_hash
from .errors import InputError
from .prompt import Prompt

MAX_SIDE = 4096  # pixels
MAX_STEPS = 500
MAX_GUIDANCE = 50.0
MAX_SEED = 2**63 - 1
_CALLED = {"source": "image", "mask_source": "mask"}
MAX_CONTROLS = 8
STYLE_WEIGHT = 0.6  # at 1 an IP-Adapter takes over the content too, and the prompt counts for little


_IMAGES = ("image", "mask", "style_image")  # the fields that hold one picture


@dataclass(frozen=True)
class Control:
    """A picture that says what goes where: an edge map, a depth map, a scribble. What a ControlNet of that kind reads.

    kind    the name under which the Studio was given the ControlNet: "canny", "depth", ...
    image   the map itself, laid over the whole picture. Not the photograph it was made from.
    weight  how strictly it is followed, 0 (not at all) to 2; 1 is what ControlNets are trained at
            [controlnet_conditioning_scale].
    """

    kind: str
    image: Image.Image = field(repr=False)
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or not self.kind:
            raise InputError("control", self.kind, 'the name of a kind, such as "canny", then its image')
        if not isinstance(self.image, Image.Image):
            raise InputError("control", self.image, "an image after the kind's name")
        object.__setattr__(self, "weight", real("control", self.weight, 0.0, 2.0))


@dataclass(frozen=True, kw_only=True)
class Request:
    """One picture asked for. The words in brackets are diffusers' names.

    prompt      what to draw; a plain string becomes a Prompt.
    negative    what to keep out [negative_prompt].
    seed        0 to 2**63 - 1; one CPU generator an image, so that a picture does not depend on its batch.
    size        (width, height) in pixels, each 1 to 4096. A model may allow fewer; it says the nearest it can.
    steps       denoising steps, 1 to 500 [num_inference_steps].
    guidance    how strictly the prompt is followed, 0 to 50; 1 and below switch the negative off [guidance_scale].
    scheduler   a diffusers scheduler class name, or "" for the checkpoint's own.
    image       the picture to start from, with `strength`: img2img, or with `mask`: inpainting.
    mask        white = repaint; of the size of `image`.
    strength    how much of `image` is given up, over 0 up to 1.
    loras       ((path or name, weight), ...), in order of loading.
    control     Controls, or (kind, image) and (kind, image, weight) pairs; at most 8.
    style_image a picture whose look is taken over; its content need not be [ip_adapter_image].
    style_weight    how much of it, 0 to 2; unused without a style image [set_ip_adapter_scale].
    subseed, subseed_strength   a second seed, and how far the first one's noise is turned towards the second's, 0 to 1: a
                little gives a variation of the same picture. Unused at 0; `subseed` is then 0 too.
    source, mask_source   what `image` and `mask` are called, to tell them apart in a table; see `sdkit.sources.label`. They
                decide no pixel, so two requests that differ in them alone are equal and have one key.
    """

    prompt: Prompt
    negative: str = ""
    seed: int = 0
    size: tuple[int, int] = (512, 512)
    steps: int = 20
    guidance: float = 5.0
    scheduler: str = ""
    image: Image.Image | None = field(default=None, repr=False)
    mask: Image.Image | None = field(default=None, repr=False)
    strength: float = 0.75
    loras: tuple[tuple[str, float], ...] = ()
    subseed: int = 0
    subseed_strength: float = 0.0
    source: str = field(default="", compare=False)
    mask_source: str = field(default="", compare=False)
    control: tuple[Control, ...] = ()
    style_image: Image.Image | None = field(default=None, repr=False)
    style_weight: float = STYLE_WEIGHT

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        if not isinstance(self.prompt, Prompt):
            set_(self, "prompt", Prompt.literal(self.prompt))
        if not isinstance(self.negative, str):
            raise InputError("negative", self.negative, "text (a str)")
        set_(self, "seed", whole("seed", self.seed, 0, MAX_SEED))
        set_(self, "steps", whole("steps", self.steps, 1, MAX_STEPS))
        set_(self, "guidance", real("guidance", self.guidance, 0.0, MAX_GUIDANCE))
        set_(self, "strength", real("strength", self.strength, 0.0, 1.0, open_low=True))
        set_(self, "subseed_strength", real("subseed_strength", self.subseed_strength, 0.0, 1.0))
        set_(self, "subseed", whole("subseed", self.subseed, 0, MAX_SEED) if self.subseed_strength else 0)
        set_(self, "size", pair_of_pixels("size", self.size))
        if self.mask is not None:
            if self.image is None:
                raise InputError("mask", self.mask, "a mask only together with image=")
            if self.mask.size != self.image.size:
                raise InputError("mask", f"{self.mask.size} pixels", f"the size of image, {self.image.size}")
        for name, of in _CALLED.items():
            if not isinstance(getattr(self, name), str):
                raise InputError(name, getattr(self, name), "text (a str)")
            if getattr(self, of) is None:
                set_(self, name, "")
        set_(self, "loras", tuple((str(name), real("loras", weight, -10.0, 10.0)) for name, weight in self.loras))
        set_(self, "control", controls_of(self.control))
        weight = real("style_weight", self.style_weight, 0.0, 2.0)
        set_(self, "style_weight", STYLE_WEIGHT if self.style_image is None else weight)

    @property
    def kind(self) -> str:
        """What is asked of the model: "text2img", "img2img" or "inpaint"."""
        return "text2img" if self.image is None else "img2img" if self.mask is None else "inpaint"

    def replace(self, **changes: Any) -> Self:
        """A copy with `changes`; an unknown name is an InputError that lists the fields."""
        known = [f.name for f in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise InputError(name, changes[name], "a Request field: " + ", ".join(known))
        for name, of in _CALLED.items():
            if of in changes:
                changes.setdefault(name, "")  # another picture has another name
        return dataclasses.replace(self, **changes)

    @property
    def sources(self) -> dict[str, Image.Image]:
        """Every picture that it is made from, by name: "image", "mask", "style_image", "control-0", "control-1", ..."""
        named = {name: getattr(self, name) for name in _IMAGES} | {f"control-{i}": c.image for i, c in enumerate(self.control)}
        return {name: image for name, image in named.items() if image is not None}

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values that describe the request; images by the SHA-256 of their pixels."""
        out: dict[str, Any] = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        out["prompt"] = self.prompt.to_dict()
        out["size"] = list(self.size)
        out["loras"] = [list(pair) for pair in self.loras]
        for name in _IMAGES:
            out[name] = None if out[name] is None else pixel_hash(out[name])
        out["control"] = [{"kind": c.kind, "image": pixel_hash(c.image), "weight": c.weight} for c in self.control]
        # What is not used is left out, so that a request is written, and keyed, as it was before there were any.
        for used, names in (
            (self.subseed_strength, ("subseed", "subseed_strength")),
            (self.control, ("control",)),
            (self.style_image, ("style_image", "style_weight")),
            *((out[name], (name,)) for name in _CALLED),
        ):
            if not used:
                out = {name: value for name, value in out.items() if name not in names}
        return out

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], *, image: Image.Image | None = None, mask: Image.Image | None = None,
        style_image: Image.Image | None = None, control: Sequence[Image.Image] = (),
    ) -> Self:  # fmt: skip
        """The request that `to_dict` described. Its images must be handed in, and are checked against their hashes.

        control   the images of its controls, in order.

        Raises InputError when a field is missing, unknown or out of range, or an image is not the one described.
        """
        values = dict(data)
        for name, one in zip(_IMAGES, (image, mask, style_image), strict=True):
            _check_hash(name, one, values.pop(name, None))
        said = values.pop("control", ())
        if not isinstance(said, list | tuple) or len(said) != len(control):
            raise InputError("control", list(control), f"{len(said) if isinstance(said, list | tuple) else 'no'} images")
        known = {f.name for f in dataclasses.fields(cls)} - {*_IMAGES, "control"}
        if unknown := set(values) - known:
            raise InputError("request", sorted(unknown), "only the fields " + ", ".join(sorted(known)))
        try:
            values["prompt"] = Prompt.from_dict(values["prompt"])
            values["size"] = tuple(values["size"])
            values["loras"] = tuple(tuple(pair) for pair in values.get("loras", ()))
            for one, about in zip(control, said, strict=True):
                _check_hash("control", one, about["image"])
            values["control"] = tuple(
                Control(about["kind"], one, about["weight"]) for one, about in zip(control, said, strict=True)
            )
            return cls(**values, image=image, mask=mask, style_image=style_image)
        except InputError:
            raise
        except (KeyError, TypeError, ValueError) as error:  # ValueError: a pair that is not two
            raise InputError("request", data, "a mapping as Request.to_dict() writes it") from error

    @property
    def key(self) -> str:
        """SHA-256 (hex) over everything that decides the pixels, and nothing else: not how the prompt was written."""
        plain = {**self.to_dict(), "prompt": self.prompt.text}
        for name in _CALLED:
            plain.pop(name, None)
        if self.image is None:
            del plain["strength"]
        return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def controls_of(given: object) -> tuple[Control, ...]:
    """Controls from Controls, or from (kind, image) and (kind, image, weight). Raises InputError for anything else."""
    try:
        many = [one if isinstance(one, Control) else Control(*one) for one in given]  # type: ignore[attr-defined]
    except TypeError:
        raise InputError("control", given, '("canny", image), ("canny", image, weight), or a list of such') from None
    if len(many) > MAX_CONTROLS:
        raise InputError("control", f"{len(many)} controls", f"at most {MAX_CONTROLS}")
    return tuple(many)


def _check_hash(name: str, given: Image.Image | None, wanted: object) -> None:
    """Raise InputError when an image is not the one described."""
    if wanted != (None if given is None else pixel_hash(given)):
        raise InputError(name, given, "no image" if wanted is None else f"the image with pixel hash {str(wanted)[:12]}…")


def whole(parameter: str, value: object, low: int, high: int) -> int:
    """`value` as an int in low..high; bools and fractions are refused."""
    try:
        number = int(value)  # type: ignore[call-overload]
        same = number == value and not isinstance(value, bool | str)
    except (TypeError, ValueError, OverflowError):
        same = False
    if not same or not low <= number <= high:
        raise InputError(parameter, value, f"a whole number from {low} to {high}")
    return number


def seeds_of(seeds: object) -> list[int]:
    """How many (3 means 0, 1, 2), or which. Raises InputError for what is neither."""
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        return list(range(whole("seeds", seeds, 1, 10_000)))
    try:
        many = [whole("seeds", seed, 0, MAX_SEED) for seed in seeds]  # type: ignore[attr-defined]
    except TypeError:
        many = []
    if not many:
        raise InputError("seeds", seeds, "how many (a whole number from 1), or a list of whole numbers from 0")
    return many


def real(parameter: str, value: object, low: float, high: float, *, open_low: bool = False) -> float:
    """`value` as a finite float in low..high (`open_low`: over low)."""
    try:
        number = float(value) if not isinstance(value, bool | str) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (low < number if open_low else low <= number) or not number <= high:
        raise InputError(
            parameter, value, f"a number {'over' if open_low else 'from'} {low:g} {'up ' if open_low else ''}to {high:g}"
        )
    return number


def pair_of_pixels(parameter: str, value: object) -> tuple[int, int]:
    """`value` as (width, height), each 1 to 4096 pixels."""
    hint = "(width, height) in pixels, such as (1080, 1350)"
    pair: tuple[object, ...] = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if len(pair) != 2:
        raise InputError(parameter, value, hint)
    try:
        return whole(parameter, pair[0], 1, MAX_SIDE), whole(parameter, pair[1], 1, MAX_SIDE)
    except InputError:
        raise InputError(parameter, value, f"(width, height), each a whole number from 1 to {MAX_SIDE}") from None
