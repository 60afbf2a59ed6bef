"""A UNet shown a large canvas in windows: covered, averaged, and left as it was afterwards."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdkit.backends.tiling import boxes, tiled

lengths = st.integers(1, 200)


@given(lengths, lengths, st.integers(4, 64), st.integers(4, 64))
def test_windows_cover_everything_and_neighbours_share_half(width, height, across, down):
    covered = np.zeros((height, width), bool)
    found = boxes((width, height), (across, down))
    for left, top, right, bottom in found:
        assert right - left == min(across, width) and bottom - top == min(down, height)
        covered[top:bottom, left:right] = True
    assert covered.all()
    starts = sorted({box[0] for box in found})
    assert all(b - a <= -(-across // 2) for a, b in pairwise(starts))


class Doubler(torch.nn.Module):
    """Says twice what it sees, and remembers the sizes it was shown."""

    def __init__(self):
        super().__init__()
        self.config = type("Config", (), {"out_channels": 4})()
        self.shown = []

    def forward(self, sample, timestep, encoder_hidden_states, return_dict=True):
        self.shown.append(tuple(sample.shape[-2:]))
        return (2 * sample,) if not return_dict else None


def test_what_all_windows_agree_on_comes_back_exactly():
    unet, sample = Doubler(), torch.randn(2, 4, 16, 70)
    with tiled(unet, (32, 16)):
        (said,) = unet(sample, 0, None, return_dict=False)
    assert torch.allclose(said, 2 * sample, atol=1e-4)
    assert len(unet.shown) > 3 and set(unet.shown) == {(16, 32)}


def test_windows_where_nothing_is_wanted_are_left_out():
    unet, sample = Doubler(), torch.randn(1, 4, 16, 96)
    wanted = np.zeros((16, 96), bool)
    wanted[:, 80:] = True
    with tiled(unet, (32, 16), wanted):
        (said,) = unet(sample, 0, None, return_dict=False)
    assert torch.allclose(said[..., 80:], 2 * sample[..., 80:], atol=1e-4)
    assert not said[..., :32].any() and len(unet.shown) < len(boxes((96, 16), (32, 16)))


def test_a_small_canvas_is_seen_whole_and_the_model_is_as_it_was_afterwards():
    unet = Doubler()
    with pytest.raises(RuntimeError), tiled(unet, (32, 32)):
        unet(torch.randn(1, 4, 16, 16), 0, None, return_dict=False)
        raise RuntimeError
    assert unet.shown == [(16, 16)]
    assert "forward" not in unet.__dict__
    hook = lambda *a, **k: "hooked"  # noqa: E731 - what an offloading hook leaves on the module
    unet.forward = hook
    with tiled(unet, (8, 8)):
        pass
    assert unet.forward is hook


class Follower(Doubler):
    """Says what its control told it, added up."""

    def forward(self, sample, timestep, encoder_hidden_states, return_dict=True, **told):
        self.shown.append(tuple(sample.shape[-2:]))
        return (told["down_block_additional_residuals"][0] + told["mid_block_additional_residual"],)


class Control(torch.nn.Module):
    """Tells the mean of its map over each latent, and the latents."""

    def forward(self, sample, timestep, encoder_hidden_states, controlnet_cond, conditioning_scale, return_dict=True):
        maps = controlnet_cond if isinstance(controlnet_cond, list) else [controlnet_cond]
        small = sum(torch.nn.functional.avg_pool2d(one, 8) for one in maps)
        assert small.shape[-2:] == sample.shape[-2:]
        return [conditioning_scale * small], sample


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("window", [(32, 16), (70, 16)])
def test_a_control_is_asked_about_what_the_unet_sees(several, window):
    unet, control = Follower(), Control()
    sample, lines = torch.randn(2, 4, 16, 70), torch.randn(2, 4, 128, 560)
    maps = [lines, lines] if several else lines
    with tiled(unet, window, None, control):
        # As pipelines ask; a nine-channel UNet sees more than its control does.
        down, middle = control(
            sample, 0, encoder_hidden_states=None, controlnet_cond=maps, conditioning_scale=0.5, return_dict=False
        )
        wide = torch.cat([sample, torch.randn(2, 5, 16, 70)], 1)
        (said,) = unet(
            wide, 0, encoder_hidden_states=None, down_block_additional_residuals=down, mid_block_additional_residual=middle,
            return_dict=False,
        )  # fmt: skip
    wanted = 0.5 * torch.nn.functional.avg_pool2d(lines, 8) * (2 if several else 1) + sample
    assert torch.allclose(said, wanted, atol=1e-4)
    assert set(unet.shown) == {window[::-1]}
    assert "forward" not in unet.__dict__ and "forward" not in control.__dict__
