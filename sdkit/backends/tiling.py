"""A UNet on latents larger than it was trained at: overlapping windows, their answers averaged at every step.

Denoising windows one after the other repeats the picture in each and shows where they meet. Here every step of the whole
canvas is the mean of what the windows say (MultiDiffusion, Bar-Tal et al. 2023), so that it is one picture throughout. The
pipeline does not notice: only `forward` is replaced, for as long as the context lasts.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

Box = tuple[int, int, int, int]


def boxes(size: tuple[int, int], window: tuple[int, int]) -> list[Box]:
    """Windows (left, top, right, bottom) of `window` that cover `size`, both (width, height): evenly spread, so that
    neighbours share at least half."""
    starts = []
    for length, side in zip(size, window, strict=True):
        count = 1 if length <= side else math.ceil((length - side) / max(1, side // 2)) + 1
        starts.append([round(i * max(0, length - side) / max(1, count - 1)) for i in range(count)])
    return [(x, y, min(x + window[0], size[0]), min(y + window[1], size[1])) for y in starts[1] for x in starts[0]]


@contextmanager
def tiled(unet: Any, window: tuple[int, int], wanted: np.ndarray | None = None, control: Any = None) -> Iterator[None]:
    """While it lasts, `unet` sees at most `window` (width, height) latents at a time.

    control  the ControlNet that the pipeline asks before the UNet, if any. It is then asked window by window too, about the
             same latents and their part of the map.
    wanted   (height, width) bools over the latents: windows without a True are left out, and answer 0. Only where what
             they would say is thrown away, as a four-channel inpainting does with what it keeps.
    """
    own = unet.forward

    def forward(sample: torch.Tensor, timestep: Any, encoder_hidden_states: torch.Tensor, *args: Any, **given: Any) -> Any:
        height, width = sample.shape[-2:]
        if width <= window[0] and height <= window[1]:
            return own(sample, timestep, encoder_hidden_states, *args, **given)
        as_value = given.pop("return_dict", True)
        asked = given.get("down_block_additional_residuals")
        total = sample.new_zeros((len(sample), unet.config.out_channels, height, width))
        weight = torch.zeros((height, width), device=sample.device)
        for left, top, right, bottom in boxes((width, height), window):
            if wanted is not None and not wanted[top:bottom, left:right].any():
                continue
            part = sample[..., top:bottom, left:right]
            if isinstance(asked, _Asked):
                given["down_block_additional_residuals"], given["mid_block_additional_residual"] = asked.about(
                    left, top, right, bottom
                )
            said = own(part, timestep, encoder_hidden_states, *args, return_dict=False, **given)[0]
            hat = _hat(right - left, bottom - top, sample.device)
            total[..., top:bottom, left:right] += said * hat.to(said.dtype)
            weight[top:bottom, left:right] += hat
        mean = total / weight.clamp(min=1e-6).to(total.dtype)
        if not as_value:
            return (mean,)
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionOutput

        return UNet2DConditionOutput(sample=mean)

    with contextlib.ExitStack() as stack:
        stack.enter_context(_instead(unet, forward))
        if control is not None:
            stack.enter_context(_instead(control, _later(control.forward, window)))
        yield


@contextmanager
def _instead(module: Any, forward: Any) -> Iterator[None]:
    """While it lasts, `module` answers with `forward`."""
    patched = module.__dict__.get("forward")
    module.forward = forward
    try:
        yield
    finally:
        if patched is None:
            del module.forward
        else:  # an offloading hook, say
            module.forward = patched


@dataclass(frozen=True)
class _Asked:
    """A ControlNet's question that is put once it is known about which window."""

    own: Any
    sample: torch.Tensor
    timestep: Any
    maps: Any
    given: dict[str, Any]

    def about(self, left: int, top: int, right: int, bottom: int) -> tuple[Any, Any]:
        """Its answer for one window of latents: residuals for the UNet's blocks on the way down, and in the middle."""

        def cut(one: torch.Tensor) -> torch.Tensor:
            grid = one.shape[-1] // self.sample.shape[-1]  # pixels a latent
            return one[..., top * grid : bottom * grid, left * grid : right * grid]

        maps = [cut(one) for one in self.maps] if isinstance(self.maps, list) else cut(self.maps)
        part = self.sample[..., top:bottom, left:right]
        return self.own(part, self.timestep, controlnet_cond=maps, **self.given)


def _later(own: Any, window: tuple[int, int]) -> Any:
    """A ControlNet's forward that waits for the UNet's windows, where there are several."""

    def forward(sample: torch.Tensor, timestep: Any, controlnet_cond: Any, **given: Any) -> Any:
        height, width = sample.shape[-2:]
        if width <= window[0] and height <= window[1]:
            return own(sample, timestep, controlnet_cond=controlnet_cond, **given)
        return _Asked(own, sample, timestep, controlnet_cond, given), None

    return forward


def _hat(width: int, height: int, device: Any) -> torch.Tensor:
    """A window's say, (height, width): most in its middle, least at its border, where it sees least."""

    def ramp(length: int) -> torch.Tensor:
        places = torch.arange(length, device=device, dtype=torch.float32)
        return torch.minimum(places + 1, length - places) / length

    return ramp(height)[:, None] * ramp(width)[None, :]
