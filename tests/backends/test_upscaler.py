"""Upscalers: told from their files alone, exact across tiles, and what is no upscaler is refused with a reason."""

import re
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from torch.nn import functional as F

from sdkit import InputError, Interrupted, ModelError, Request, UnsafeFileError
from sdkit.backends import upscaler as module
from sdkit.backends.checkpoints import detect, embedded
from sdkit.backends.networks import Compact, Esrgan, Kind
from sdkit.backends.upscaler import Upscaler


def noise(size, mode="RGB"):
    shape = (size[1], size[0], len(mode))
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), mode)


def written(path, network, rename=lambda name: name):
    save_file({rename(name): value.contiguous() for name, value in network.state_dict().items()}, path)
    return str(path)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def compact(tmp_path):
    return written(tmp_path / "compact.safetensors", Compact(8, 3, 4))


@pytest.mark.parametrize("wrapper", ["", "params.", "params_ema.", "module.", "params_ema.module."])
def test_a_compact_network_is_read_from_its_keys_whatever_wraps_them(tmp_path, wrapper):
    path = written(tmp_path / "x.safetensors", Compact(8, 3, 2), lambda name: wrapper + name)
    assert Upscaler(path).kind == Kind("compact", 2, 8, 3, learnt=True)


def test_a_compact_network_computes_what_its_layout_says(compact):
    image, up = noise((20, 12)), Upscaler(compact)
    weights = {name: value for name, value in up._network.state_dict().items()}
    given = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None] / 255
    x = given
    for i in range(0, 10, 2):
        x = F.conv2d(x, weights[f"body.{i}.weight"], weights[f"body.{i}.bias"], padding=1)
        if i < 8:
            x = F.prelu(x, weights[f"body.{i + 1}.weight"])
    # Pixel (4 y + a, 4 x + b) of colour c comes from channel 16 c + 4 a + b.
    x = x.reshape(1, 3, 4, 4, 12, 20).permute(0, 1, 4, 2, 5, 3).reshape(1, 3, 48, 80)
    wanted = (x + given.repeat_interleave(4, 2).repeat_interleave(4, 3)).clamp(0, 1)[0].permute(1, 2, 0)
    assert np.abs(np.asarray(up.enlarge(image)) - wanted.numpy() * 255).max() < 0.51


def test_without_weights_of_their_own_activations_are_plain(tmp_path):
    assert not Upscaler(written(tmp_path / "x.safetensors", Compact(8, 3, 4, learnt=False))).kind.learnt


def second_layout(name):
    for new, old in (
        (r"^body\.", "RRDB_trunk."), (r"rdb(\d)", r"RDB\1"), (r"^conv_body", "trunk_conv"), (r"^conv_up", "upconv"),
        (r"^conv_hr", "HRconv"),
    ):  # fmt: skip
        name = re.sub(new, old, name)
    return name


def first_layout(name):
    name = re.sub(r"^body\.(\d+)\.rdb(\d)\.(conv\d)\.", r"model.1.sub.\1.RDB\2.\3.0.", name)
    numbers = {"first": "0", "body": "1.sub.2", "up1": "3", "up2": "6", "hr": "8", "last": "10"}
    return re.sub(r"^conv_(\w+)\.", lambda found: f"model.{numbers[found[1]]}.", name)


@pytest.mark.parametrize("rename", [lambda name: "params_ema." + name, second_layout, first_layout])
def test_esrgan_is_one_network_in_three_layouts(tmp_path, rename):
    network = Esrgan(8, 4, 2, 2, 4)
    plain = Upscaler(written(tmp_path / "plain.safetensors", network))
    other = Upscaler(written(tmp_path / "other.safetensors", network, rename))
    assert plain.kind == other.kind == Kind("esrgan", 4, 8, 2, growth=4, ups=2)
    image = noise((24, 16))
    large = plain.enlarge(image)
    assert large.size == (96, 64) and large.tobytes() == other.enlarge(image).tobytes()


def test_esrgan_of_two_times_folds_pixels_and_takes_odd_sizes(tmp_path):
    up = Upscaler(written(tmp_path / "x2.safetensors", Esrgan(8, 4, 1, 2, 2)))
    assert up.kind.scale == 2 and up.enlarge(noise((23, 17))).size == (46, 34)


def test_tiles_do_not_show(compact, monkeypatch):
    image, up = noise((150, 90)), Upscaler(compact)
    whole = np.asarray(up.enlarge(image)).astype(int)
    monkeypatch.setattr(module, "TILE", 32)
    assert up.tiles_of(image) == 15
    assert np.abs(np.asarray(up.enlarge(image)).astype(int) - whole).max() <= 1  # of 255: rounding


def test_transparency_is_enlarged_too_and_hidden_colours_do_not_bleed(tmp_path):
    network = Compact(8, 1, 4)
    torch.nn.init.zeros_(network.body[-1].weight)
    torch.nn.init.zeros_(network.body[-1].bias)  # enlarges by repetition
    up = Upscaler(written(tmp_path / "plain.safetensors", network))
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = (200, 100, 50, 255)
    large = np.asarray(up.enlarge(Image.fromarray(pixels)))
    assert large.shape == (32, 32, 4)
    assert (large[:, 16:, 3] == 255).all() and not large[:, :16, 3].any()
    assert (large[..., :3] == (200, 100, 50)).all()


def test_requests_become_results_of_their_size_with_progress_and_a_stop(compact, monkeypatch):
    monkeypatch.setattr(module, "TILE", 32)
    up, seen, stop = Upscaler(compact), [], Event()
    request = Request(prompt="photograph", image=noise((64, 32)), size=(200, 100))
    [result] = up.run([request], progress=lambda done, total: seen.append((done, total)))
    assert result.image.size == (200, 100) and seen == [(1, 2), (2, 2)]
    assert result.made.family == "compact" and len(result.made.model_hash) == 16
    with pytest.raises(Interrupted):
        list(up.run([request], progress=lambda *_: stop.set(), stop=stop))
    with pytest.raises(InputError, match="mode L"):
        up.enlarge(Image.new("L", (8, 8)))
    with pytest.raises(InputError, match="text2img"):
        list(up.run([Request(prompt="a lemon", size=(64, 64))]))


def test_pickles_are_refused_with_the_way_to_convert_them(tmp_path):
    torch.save({"params_ema": Compact(8, 3, 4).state_dict()}, tmp_path / "x.pth")
    with pytest.raises(UnsafeFileError, match="params_ema") as refused:
        Upscaler(str(tmp_path / "x.pth"))
    # What the message says works as it stands.
    import shlex
    import subprocess
    import sys

    command = shlex.split(str(refused.value).splitlines()[-1])
    subprocess.run([sys.executable, *command[1:]], check=True)
    assert Upscaler(str(tmp_path / "x.safetensors")).kind.blocks == 3
    (tmp_path / "x.pth").rename(tmp_path / "hidden.safetensors")
    with pytest.raises(UnsafeFileError):
        Upscaler(str(tmp_path / "hidden.safetensors"))


def test_what_is_no_upscaler_is_named_with_what_is_allowed(tmp_path, compact):
    with pytest.raises(ModelError, match=r"no file.*RRDBNet"):
        Upscaler(str(tmp_path / "none.safetensors"))
    save_file({"layers.0.attn.qkv.weight": torch.zeros(12, 4)}, tmp_path / "swin.safetensors")
    with pytest.raises(ModelError, match=r"layers\.0\.attn\.qkv\.weight \[12, 4\].*SRVGGNetCompact"):
        Upscaler(str(tmp_path / "swin.safetensors"))
    weights = Esrgan(8, 4, 1, 2, 4).state_dict() | {"body.0.rdb1.conv1x1.weight": torch.zeros(4, 8, 1, 1)}
    save_file(weights, tmp_path / "plus.safetensors")
    with pytest.raises(ModelError, match="conv1x1"):
        Upscaler(str(tmp_path / "plus.safetensors"))
    (tmp_path / "text.safetensors").write_text("no weights at all")
    with pytest.raises(ModelError, match=r"not a \.safetensors file.*RRDBNet"):
        Upscaler(str(tmp_path / "text.safetensors"))
    data = (tmp_path / "compact.safetensors").read_bytes()
    (tmp_path / "short.safetensors").write_bytes(data[:-100])
    with pytest.raises(ModelError, match="cut short"):
        Upscaler(str(tmp_path / "short.safetensors"))
    with pytest.raises(ModelError, match=r"an upscaler.*studio\.upscale"):
        detect(compact)  # the other way round: as the model of a Studio


def test_the_embedded_upscaler_is_small_and_draws_edges_sharper_than_lanczos():
    assert embedded("upscaler/model.safetensors").stat().st_size <= 5e6
    large = Image.new("RGB", (1024, 1024), (255, 214, 160))
    ImageDraw.Draw(large).ellipse((812, 812, 3284, 3284), fill=(200, 30, 60))
    pen = ImageDraw.Draw(large)
    pen.polygon([(130, 150), (520, 210), (260, 500)], fill=(40, 90, 200))
    pen.ellipse((560, 90, 900, 430), fill=(20, 130, 90))
    pen.rounded_rectangle((100, 600, 480, 920), 60, fill="white", outline=(30, 30, 36), width=14)
    small = large.reduce(4)

    def apart(got):
        return np.square(np.asarray(got, float) - np.asarray(large, float)).mean()

    assert apart(Upscaler().enlarge(small)) < apart(small.resize(large.size, Image.Resampling.LANCZOS)) / 10**0.2
