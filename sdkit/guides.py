"""Pictures that guide a picture, made ready for a Request: control maps laid over it, and a style image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from PIL import Image, ImageOps

from . import canvas
from .backends.base import Can
from .errors import InputError
from .request import Control
from .result import Result

_STYLE_SIDE = 512  # pixels: an image encoder looks at 224 or 336, and what is larger only makes the receipt heavy


def named(given: object) -> list[tuple[str, Any, float]]:
    """[(kind, image, weight), ...] of `control=`: one ("canny", image) or ("canny", image, weight), or a list of such.

    Raises InputError for anything else.
    """
    if given is None:
        return []
    allowed = '("canny", image), ("canny", image, weight), or a list of such'
    many = (
        [given] if isinstance(given, Control) or (isinstance(given, tuple) and given and isinstance(given[0], str)) else given
    )
    if isinstance(many, str | dict) or not isinstance(many, Iterable):
        raise InputError("control", given, allowed)
    out: list[tuple[str, Any, float]] = []
    for one in many:
        parts = (one.kind, one.image, one.weight) if isinstance(one, Control) else one
        if not isinstance(parts, tuple | list) or len(parts) not in (2, 3) or not isinstance(parts[0], str):
            raise InputError("control", one, allowed)
        out.append((parts[0], parts[1], parts[2] if len(parts) == 3 else 1.0))
    return out


def check_same(result: Result, backend: Any) -> None:
    """Raise InputError when the backend would draw the result again with other ControlNets or another style adapter."""
    beside = getattr(backend, "beside", None)
    if beside is None or not result.made.guides:
        return
    now = beside(result.request)
    for name, wanted in result.made.guides.items():
        if now.get(name) != wanted:
            parameter = "style_adapter" if name == "style" else "controls"
            raise InputError(
                "what",
                f"a picture with {name} weights {wanted}",
                f"{name} weights {now.get(name)}",
                f"Give Studio the same {parameter}.",
            )


@dataclass(frozen=True)
class Guide:
    """The guides of one call, checked: its controls by name, the size that they suggest, and the style image as it is kept."""

    controls: list[tuple[str, Image.Image, float]]
    size: tuple[int, int] | None
    style: Mapping[str, Any]
    made: dict[tuple[int, int], tuple[Control, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, given: Mapping[str, Any], can: Can, opened: Callable[[Any], Image.Image]) -> Self:
        """From what `generate` was given. `opened` makes a picture of whatever a person may name one by.

        Raises InputError for a kind that the model does not follow, before any image is opened.
        """
        wanted, style = named(given.get("control")), given.get("style_image")
        can.check_guides([kind for kind, _, _ in wanted], style is not None)
        controls = [(kind, _plain(opened(image)), weight) for kind, image, weight in wanted]
        size = can.nearest(_with_area(controls[0][1].size, can.native)) if controls else None
        about = {} if style is None else {"style_image": _small(opened(style)), "style_weight": given.get("style_weight")}
        return cls(controls, size, about)

    def values(self, size: tuple[int, int], drawn_on: Image.Image | None) -> dict[str, Any]:
        """Fields of a Request of `size` (width, height), which starts from the picture `drawn_on`, if any.

        A control of the size of that picture is stretched as it is; one of other proportions is cropped about its middle. A
        "canny" image becomes its edges; one of mode "1" is edges already. Every other kind is taken as it is.
        """
        if size not in self.made:
            like = drawn_on.size if drawn_on is not None else None
            self.made[size] = tuple(_laid_over(*one, size, like) for one in self.controls)
        return {"control": self.made[size], **self.style}


def _laid_over(kind: str, image: Image.Image, weight: float, size: tuple[int, int], like: tuple[int, int] | None) -> Control:
    if image.size != size:
        image = image.resize(size) if image.size == like else ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return Control(kind, canvas.edges(image) if kind == "canny" else image, weight)


def _with_area(size: tuple[int, int], native: tuple[int, int]) -> tuple[int, int]:
    """`size`, scaled to the area of `native`."""
    scale = (native[0] * native[1] / (size[0] * size[1])) ** 0.5
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _small(image: Image.Image) -> Image.Image:
    """A style image as it is kept: RGB on white, at most 512 pixels a side, for nothing that looks at it sees more."""
    small = canvas.Photo(image).view((0, 0, *image.size))
    small = small.copy() if small is image else small
    small.thumbnail((_STYLE_SIDE, _STYLE_SIDE), Image.Resampling.LANCZOS)
    return small


def _plain(image: Image.Image) -> Image.Image:
    """The picture in a mode that a map may have: black and white, grey, or RGB on white."""
    return image if image.mode in ("1", "L", "RGB") else canvas.Photo(image).view((0, 0, *image.size))
