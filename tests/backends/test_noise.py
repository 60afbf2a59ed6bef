"""Two seeds' noise, mixed: still noise, and on the way from one to the other."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from sdkit.backends.noise import slerp


@given(st.floats(0, 1), st.integers(0, 10**6))
def test_mixed_noise_is_as_strong_as_either_and_lies_between(share, seed):
    draw = torch.Generator().manual_seed(seed)
    a, b = torch.randn((1, 4, 32, 32), generator=draw), torch.randn((1, 4, 32, 32), generator=draw)
    mixed = slerp(a, b, share)
    assert abs(float(mixed.std()) - 1) < 0.06  # a plain mean of two noises has 0.71

    def angle(x, y):
        return float(torch.arccos((torch.sum(x * y) / (x.norm() * y.norm())).clamp(-1, 1)))

    assert abs(angle(a, mixed) - share * angle(a, b)) < 0.03  # their lengths differ a little
    assert torch.equal(slerp(a, b, 0.0), a) and torch.equal(slerp(a, b, 1.0), b)
    assert torch.allclose(slerp(a, a, share), a)
