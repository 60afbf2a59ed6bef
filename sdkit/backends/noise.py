"""The noise a picture starts from: one seed's, or that of two seeds mixed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ..request import Request


class Noise:
    """The random numbers of one request. `generator` is what a pipeline is given; `mixed` turns its noise to the subseed's."""

    def __init__(self, request: Request) -> None:
        self.generator = torch.Generator("cpu").manual_seed(request.seed)
        self._share = request.subseed_strength
        self._other = torch.Generator("cpu").manual_seed(request.subseed)

    @contextmanager
    def mixed(self, pipe: Any) -> Iterator[None]:
        """While it lasts, noise that `pipe` draws from the generator is slerped with the same draw of the second seed.

        Pipelines of every family and kind draw by `randn_tensor`, in their own shapes: so only that is replaced, in the
        pipeline's module, and only for this generator. What a scheduler adds on the way stays the first seed's.
        """
        if not self._share:
            yield
            return
        module: Any = sys.modules[type(pipe).__module__]
        own = module.randn_tensor

        def randn_tensor(shape: Any, generator: Any = None, **given: Any) -> torch.Tensor:
            noise = own(shape, generator=generator, **given)
            if generator is not self.generator:
                return noise
            return slerp(noise, own(shape, generator=self._other, **given), self._share)

        module.randn_tensor = randn_tensor
        try:
            yield
        finally:
            module.randn_tensor = own


def slerp(a: torch.Tensor, b: torch.Tensor, share: float) -> torch.Tensor:
    """From a (share 0) to b (share 1) along the sphere between them: a plain mean of two noises would be too weak a noise."""
    if share in (0.0, 1.0):
        return b if share else a
    x, y = a.double().flatten(), b.double().flatten()
    angle = torch.arccos((torch.dot(x, y) / (x.norm() * y.norm())).clamp(-1, 1))
    if angle.sin() < 1e-4:
        return torch.lerp(a, b, share)
    mixed = (torch.sin((1 - share) * angle) * x + torch.sin(share * angle) * y) / torch.sin(angle)
    return mixed.reshape(a.shape).to(a.dtype)
