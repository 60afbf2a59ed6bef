"""The upscaler's training: a start that enlarges, crops at objects' edges, and a file that the package loads."""

import numpy as np
import torch
from common import SHIPPED
from PIL import Image
from sharpness import edges, figures, psnr
from upscaler import BLOCKS, SCALE, WIDTH, build, fit_last, save, shrunk, spot

from sdkit.backends.upscaler import Upscaler


def test_the_start_is_an_enlargement_by_repetition_and_the_file_is_small(tmp_path):
    save(build(), tmp_path, 0)
    up = Upscaler(str(tmp_path / "model.safetensors"))
    assert (up.kind.scale, up.kind.width, up.kind.blocks, up.kind.learnt) == (SCALE, WIDTH, BLOCKS, True)
    assert (tmp_path / "model.safetensors").stat().st_size < 5e6
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8))
    assert up.enlarge(small).tobytes() == small.resize((64, 64), Image.Resampling.NEAREST).tobytes()


def test_the_last_layer_starts_at_what_is_best_for_the_others():
    torch.manual_seed(0)
    waves = torch.linspace(0, 60, 192)[None, :] * torch.rand(6, 1) + 6 * torch.rand(6, 1)
    large = (0.5 + 0.4 * torch.sin(waves)[:, None, :, None] * torch.cos(waves)[:, None, None, :]).expand(6, 3, 192, 192)
    small, network = shrunk(large), build()

    def apart():
        with torch.no_grad():
            return (network(small) - large).pow(2).mean().item()

    before = apart()
    fit_last(network, [(small, large)])
    assert apart() < 0.2 * before


def test_most_crops_hold_an_edge_of_an_object_and_none_leaves_the_picture():
    rng, side = np.random.default_rng(0), 64
    where = np.zeros((512, 512), np.uint8)
    where[100:200, 300:420] = 255
    held = 0
    for _ in range(200):
        x, y = spot(rng, where, side)
        assert 0 <= x <= 512 - side and 0 <= y <= 512 - side
        held += 0 < (where[y : y + side, x : x + side] > 0).mean() < 1
    assert held > 120


def test_scaling_down_is_by_area_as_pictures_are():
    large = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    small = shrunk(torch.from_numpy(large).permute(2, 0, 1)[None].float() / 255)[0].permute(1, 2, 0) * 255
    plain = np.asarray(Image.fromarray(large).reduce(SCALE), float)
    assert np.abs(small.numpy() - plain).max() <= 1.01


def test_figures_know_equal_pictures_and_where_edges_are():
    grey, lighter = Image.new("RGB", (64, 64), (100,) * 3), Image.new("RGB", (64, 64), (110,) * 3)
    assert psnr(grey, lighter) == psnr(lighter, grey) and 28 < psnr(grey, lighter) < 28.5
    where = Image.new("L", (64, 64), 0)
    where.paste(255, (32, 0, 64, 64))
    line = edges(where)
    assert line[30, 26:38].all() and not line[30, 10:20].any()


def test_the_shipped_upscaler_comes_over_lanczos_on_held_out_scenes(sprites, tmp_path):
    found = figures(SHIPPED / "upscaler" / "model.safetensors", tmp_path, 3, sprites)
    assert found["upscaler over Lanczos"]["value"] > 1  # dB; discs are not what it learnt from
    assert all(row["n"] == 3 and row["low"] < row["value"] < row["high"] for row in found.values())
