"""The two networks that most upscalers are, by the names their files use, and how to tell them from names and shapes alone.

compact   SRVGGNetCompact of Real-ESRGAN: 3 x 3 convolutions in a row at the small size, then one pixel shuffle, added to
          the picture enlarged by repetition. Keys `body.0.weight`, `body.1.weight` (PReLU), `body.2.weight`, ...
esrgan    RRDBNet of ESRGAN and Real-ESRGAN: residual dense blocks at the small size, then enlarged twofold by twofold.
          Keys `conv_first.weight`, `body.0.rdb1.conv1.weight`, or those of the older layouts, which are renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

Shapes = Mapping[str, tuple[int, ...]]
ESRGAN_REACH = 32  # pixels: what is further away could count (its blocks see 350), but hardly does, and would cost tenfold
_WRAPPERS = ("params_ema.", "params.", "state_dict.", "model_state_dict.", "module.", "generator.", "netG.")
_OLD = (  # ESRGAN's second layout -> Real-ESRGAN's
    (r"^RRDB_trunk\.", "body."), (r"\.RDB(\d)\.", r".rdb\1."), (r"^trunk_conv\.", "conv_body."), (r"^upconv(\d)\.", r"conv_up\1."),
    (r"^HRconv\.", "conv_hr."),
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What an upscaler's file holds.

    family   "compact" or "esrgan".
    scale    how many times larger its pictures are, 1 to 16.
    width    channels inside; blocks: convolutions between the first and the last, or residual blocks.
    growth   channels that each convolution of a residual block adds; 0 for "compact".
    learnt   whether the activations have weights (PReLU); always for those of Real-ESRGAN.
    ups      enlargements by two at the end of an "esrgan"; what lies above `scale` its first layer takes back.
    """

    family: str
    scale: int
    width: int
    blocks: int
    growth: int = 0
    learnt: bool = False
    ups: int = 0

    @property
    def reach(self) -> int:
        """Pixels of the small picture, on each side, that a pixel of the large one depends on."""
        return self.blocks + 2 if self.family == "compact" else ESRGAN_REACH


class Compact(nn.Module):
    """SRVGGNetCompact: (n, 3, h, w) in 0..1 -> (n, 3, scale h, scale w)."""

    def __init__(self, width: int, blocks: int, scale: int, learnt: bool = True) -> None:
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = []
        for i in range(blocks + 1):
            layers += [nn.Conv2d(width if i else 3, width, 3, padding=1), nn.PReLU(width) if learnt else nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, 3 * scale**2, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return F.pixel_shuffle(self.body(x), self.scale) + F.interpolate(x, scale_factor=self.scale, mode="nearest")


class _Dense(nn.Module):
    """Five convolutions, each of which sees all before it."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for i in range(5):
            setattr(self, f"conv{i + 1}", nn.Conv2d(width + i * growth, growth if i < 4 else width, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = [x]
        for i in range(4):
            seen.append(F.leaky_relu(getattr(self, f"conv{i + 1}")(torch.cat(seen, 1)), 0.2))
        return x + 0.2 * self.get_submodule("conv5")(torch.cat(seen, 1))


class _Block(nn.Module):
    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(width, growth) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + 0.2 * self.rdb3(self.rdb2(self.rdb1(x)))


class Esrgan(nn.Module):
    """RRDBNet: (n, 3, h, w) in 0..1 -> (n, 3, scale h, scale w); h and w are whole multiples of `fold`."""

    def __init__(self, width: int, growth: int, blocks: int, ups: int, scale: int) -> None:
        super().__init__()
        self.ups, self.fold = ups, 2**ups // scale
        self.conv_first = nn.Conv2d(3 * self.fold**2, width, 3, padding=1)
        self.body = nn.Sequential(*(_Block(width, growth) for _ in range(blocks)))
        for name in ("body", *(f"up{i + 1}" for i in range(ups)), "hr", "last"):
            setattr(self, f"conv_{name}", nn.Conv2d(width, 3 if name == "last" else width, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        x = self.conv_first(F.pixel_unshuffle(x, self.fold))
        x = x + self.get_submodule("conv_body")(self.body(x))
        for i in range(self.ups):
            x = F.leaky_relu(getattr(self, f"conv_up{i + 1}")(F.interpolate(x, scale_factor=2.0, mode="nearest")), 0.2)
        last, high = self.get_submodule("conv_last"), self.get_submodule("conv_hr")
        return last(F.leaky_relu(high(x), 0.2))


def renamed(names: Iterable[str]) -> dict[str, str]:
    """{name in the file: name that the networks here use}: wrappers stripped, older layouts of ESRGAN brought to the new."""
    own = list(names)
    plain = own
    while plain and (wrapper := next((w for w in _WRAPPERS if all(name.startswith(w) for name in plain)), None)):
        plain = [name.removeprefix(wrapper) for name in plain]
    if any(name.startswith("model.1.sub.") for name in plain):
        plain = _from_first_layout(plain)
    for pattern, new in _OLD:
        plain = [re.sub(pattern, new, name) for name in plain]
    return dict(zip(own, plain, strict=True))


def _from_first_layout(names: list[str]) -> list[str]:
    """`model.0`, `model.1.sub.3.RDB1.conv1.0`, `model.3`, ...: which number is which depends on depth and scale."""
    subs = sorted({int(name.split(".")[3]) for name in names if name.startswith("model.1.sub.")})
    after = sorted({int(name.split(".")[1]) for name in names if re.match(r"model\.\d+\.(weight|bias)$", name)} - {0})
    new = {"model.0.": "conv_first.", f"model.1.sub.{subs[-1]}.": "conv_body."}
    new |= {f"model.{n}.": f"conv_up{i + 1}." for i, n in enumerate(after[:-2])}
    new |= {f"model.{n}.": f"conv_{name}." for n, name in zip(after[-2:], ("hr", "last"), strict=False)}
    out = []
    for name in names:
        start = next((old for old in new if name.startswith(old)), "")
        name = new[start] + name.removeprefix(start) if start else name
        out.append(re.sub(r"^model\.1\.sub\.(\d+)\.(RDB\d\.conv\d)\.0\.", r"body.\1.\2.", name))
    return out


def kind_of(shapes: Shapes) -> Kind | None:
    """What network the shapes by `renamed` names are of; None for any other."""
    try:
        if "conv_first.weight" in shapes:
            return _esrgan(shapes)
        return _compact(shapes)
    except (KeyError, IndexError, ValueError):
        return None


def _compact(shapes: Shapes) -> Kind | None:
    first = shapes["body.0.weight"]
    kernels = sorted(
        int(name.split(".")[1]) for name, shape in shapes.items() if re.match(r"body\.\d+\.weight$", name) and len(shape) == 4
    )
    out = shapes[f"body.{kernels[-1]}.weight"][0]
    scale = round((out / 3) ** 0.5)
    plain = first[1:] == (3, 3, 3) and kernels == list(range(0, kernels[-1] + 1, 2)) and out == 3 * scale**2
    return Kind("compact", scale, first[0], len(kernels) - 2, learnt="body.1.weight" in shapes) if plain else None


def _esrgan(shapes: Shapes) -> Kind | None:
    width, channels = shapes["conv_first.weight"][:2]
    blocks = 1 + max(int(name.split(".")[1]) for name in shapes if re.match(r"body\.\d+\.rdb1\.conv1\.weight$", name))
    ups = sum(bool(re.match(r"conv_up\d\.weight$", name)) for name in shapes)
    fold = round((channels / 3) ** 0.5)
    if channels != 3 * fold**2 or 2**ups % fold:
        return None
    return Kind("esrgan", 2**ups // fold, width, blocks, shapes["body.0.rdb1.conv1.weight"][0], ups=ups)


def build(kind: Kind) -> nn.Module:
    """The network of a kind, with random weights."""
    if kind.family == "compact":
        return Compact(kind.width, kind.blocks, kind.scale, kind.learnt)
    return Esrgan(kind.width, kind.growth, kind.blocks, kind.ups, kind.scale)
