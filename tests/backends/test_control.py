"""ControlNets and style adapters on tiny random weights, saved in the layouts that real ones have."""

import json
import shutil

import numpy as np
import pytest
import tiny
from PIL import Image, ImageDraw

from sdkit import InputError, Request
from sdkit.backends.local import LocalBackend
from sdkit.errors import ModelError, UnsafeFileError


def drawing(seed=0, size=(64, 64)):
    """Black lines on white."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size)
    for _ in range(5):
        ImageDraw.Draw(image).line([tuple(map(int, rng.integers(0, min(size), 2))) for _ in range(2)], "white", 2)
    return image


@pytest.fixture(scope="module")
def guided(models):
    """guided(family) -> a backend with two ControlNets and a style adapter."""
    made = {}

    def make(family):
        if family not in made:
            controls = {"canny": models("controlnet", of=family), "depth": models("controlnet", of=family, seed=6)}
            made[family] = LocalBackend(
                str(models(family)), controls=controls, style_adapter=models("ip_adapter", of=family, family=family)
            )
        return made[family]

    return make


def asked(**more):
    return Request(**{"prompt": "a cat", "size": (64, 64), "steps": 2, "guidance": 3.0, **more})


def drawn(backend, request):
    (result,) = backend.run([request])
    return np.asarray(result.image)


STARTS = {
    "text2img": {},
    "img2img": {"image": drawing(7), "strength": 0.6},
    "inpaint": {"image": drawing(7), "mask": Image.new("L", (64, 64), 255), "strength": 1.0},
}


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
@pytest.mark.parametrize("kind", STARTS)
def test_a_control_image_changes_the_picture_and_weight_0_does_not(guided, family, kind):
    backend, start = guided(family), STARTS[kind]
    plain = drawn(backend, asked(**start))
    one, same, other = (
        drawn(backend, asked(**start, control=[("canny", image)])) for image in (drawing(1), drawing(1), drawing(2))
    )
    assert (one == same).all()
    assert (plain != one).any() and (one != other).any()
    assert (drawn(backend, asked(**start, control=[("canny", drawing(1), 0)])) == plain).all()
    assert (drawn(backend, asked(**start)) == plain).all()


def test_several_controls_add_up(guided):
    backend = guided("sd1")
    one, both, first = (
        drawn(backend, asked(control=control))
        for control in (
            [("canny", drawing(1))],
            [("canny", drawing(1)), ("depth", drawing(2))],
            [("canny", drawing(1)), ("depth", drawing(2), 0)],
        )
    )
    assert (one != both).any() and (one == first).all()


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
@pytest.mark.parametrize("kind", STARTS)
def test_a_style_image_changes_the_picture_and_weight_0_does_not(guided, family, kind):
    backend, start = guided(family), STARTS[kind]
    plain = drawn(backend, asked(**start))
    one, other = (drawn(backend, asked(**start, style_image=image, style_weight=1)) for image in (drawing(1), drawing(2)))
    assert (plain != one).any() and (one != other).any()
    assert (drawn(backend, asked(**start, style_image=drawing(1), style_weight=0)) == plain).all()
    assert (drawn(backend, asked(**start)) == plain).all()  # the adapter is out of the way again


def test_a_control_and_a_style_together_and_what_made_them(guided):
    backend = guided("sd1")
    (result,) = backend.run([asked(control=[("depth", drawing(1))], style_image=drawing(2))])
    assert set(result.made.guides) == {"depth", "style"} and all(len(hash) == 16 for hash in result.made.guides.values())
    assert (np.asarray(result.image) != drawn(backend, asked(control=[("depth", drawing(1))]))).any()
    (plain,) = backend.run([asked()])
    assert plain.made.guides == {}


def test_a_large_picture_is_controlled_window_by_window(guided):
    backend, size = guided("sd1"), (200, 120)
    start = {"size": size, "image": drawing(7, size), "strength": 0.6}
    plain = drawn(backend, asked(**start))
    one = drawn(backend, asked(**start, control=[("canny", drawing(1, size))]))
    assert one.shape == (120, 200, 3) and (one != plain).any()
    for control in ([("canny", drawing(1, size), 0)], [("canny", drawing(1, size), 0), ("depth", drawing(2, size), 0)]):
        assert (drawn(backend, asked(**start, control=control)) == plain).all()
    net = backend._guides._nets["canny"]
    assert "forward" not in net.__dict__ and "forward" not in backend._loaded.pipe.unet.__dict__


def test_what_is_kept_is_kept_with_a_control(guided):
    image, mask = drawing(7), Image.new("L", (64, 64), 0)
    mask.paste(255, (8, 8, 40, 40))
    out = drawn(guided("sd1"), asked(image=image, mask=mask, control=[("canny", drawing(1))]))
    where = (out != np.asarray(image)).any(2)
    assert where.any() and not where[np.asarray(mask) == 0].any()


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_a_nine_channel_model_takes_a_control(models, family):
    backend = LocalBackend(str(models(family, channels=9)), controls={"canny": models("controlnet", of=family)})
    start = STARTS["inpaint"]
    plain = drawn(backend, asked(**start))
    assert (drawn(backend, asked(**start, control=[("canny", drawing(1))])) != plain).any()
    assert (drawn(backend, asked(**start, control=[("canny", drawing(1), 0)])) == plain).all()


@pytest.mark.parametrize("plus", [False, True])
def test_adapters_are_found_where_their_publisher_puts_them(models, tmp_path, plus):
    folder = shutil.copytree(models("ip_adapter", of="sd1", plus=plus), tmp_path / "models")
    file = folder / "ip-adapter_sd15.safetensors"
    places = [folder, file, tmp_path]
    pictures = [drawn(LocalBackend(str(models("sd1")), style_adapter=one), asked(style_image=drawing(1))) for one in places[:2]]
    assert (pictures[0] == pictures[1]).all() and (pictures[0] != drawn(LocalBackend(str(models("sd1"))), asked())).any()
    LocalBackend(str(models("sd1")), style_adapter=tmp_path)  # a copy of the hub's repository
    (folder / "image_encoder").rename(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"style_adapter: .* reads an image encoder of \w+ \d+; found beside it: none"):
        LocalBackend(str(models("sd1")), style_adapter=file)


def test_what_was_not_given_is_refused(models, guided):
    plain = LocalBackend(str(models("sd1")))
    with pytest.raises(InputError, match=r"control: got 'canny'; allowed: none: no ControlNet.*controls=\{\"canny\""):
        list(plain.run([asked(control=[("canny", drawing())])]))
    with pytest.raises(InputError, match=r"style_image: .*no style adapter.*style_adapter="):
        list(plain.run([asked(style_image=drawing())]))
    with pytest.raises(InputError, match=r"control: got 'cany'; allowed: .canny., .depth..*mean 'canny'"):
        list(guided("sd1").run([asked(control=[("cany", drawing())])]))


def test_guides_of_another_family_are_refused(models):
    for family, other in (("sd1", "sdxl"), ("sdxl", "sd1")):
        with pytest.raises(ModelError, match=r"controls\['canny'\]: .* is for .*; allowed: a ControlNet for"):
            LocalBackend(str(models(family)), controls={"canny": models("controlnet", of=other)})
        with pytest.raises(ModelError, match=r"style_adapter: .* is for .*; allowed: one for"):
            LocalBackend(str(models(family)), style_adapter=models("ip_adapter", of=other, family=family))
    with pytest.raises(ModelError, match=r"controls: got canny .* family flux; allowed: with Stable Diffusion 1.5, 2 and SDXL"):
        LocalBackend(str(models("flux")), controls={"canny": models("controlnet", of="sd1")})
    with pytest.raises(ModelError, match=r"style_adapter: .* family sd3"):
        LocalBackend(str(models("sd3")), style_adapter=models("ip_adapter", of="sd1"))


def test_damaged_and_unsafe_guides(models, tmp_path):
    def refused(error, words, source):
        with pytest.raises(error, match=words):
            LocalBackend(str(models("sd1")), controls={"canny": source})

    net = models("controlnet", of="sd1")
    weights = "diffusion_pytorch_model.safetensors"
    refused(ModelError, r"controls\['canny'\]: there is no", tmp_path / "nowhere")
    refused(ModelError, r"controls\['canny'\]: .* no config.json", tmp_path)
    bare = shutil.copytree(net, tmp_path / "bare")
    (bare / weights).write_bytes((net / weights).read_bytes()[:-100])
    refused(ModelError, r"controls\['canny'\]: .* is cut short", bare)
    (bare / weights).unlink()
    refused(ModelError, r"controls\['canny'\]: .* no .safetensors", bare)
    (bare / "diffusion_pytorch_model.bin").write_bytes(b"PK\x03\x04")
    refused(UnsafeFileError, r"controls\['canny'\]: .*pickles(?s:.*)ControlNetModel", bare)
    other = shutil.copytree(net, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "_class_name": "FluxControlNetModel"}))
    refused(ModelError, "is a 'FluxControlNetModel'; allowed: a ControlNetModel", other)
    (other / "config.json").write_text(json.dumps({**config, "block_out_channels": [8, 8]}))
    refused(ModelError, "block_out_channels", other)
    with pytest.raises(InputError, match="controls: got 'canny'"):
        LocalBackend(str(models("sd1")), controls="canny")


def test_a_controlnet_that_lacks_weights(models, tmp_path):
    from safetensors.torch import load_file, save_file

    net = shutil.copytree(models("controlnet", of="sd1"), tmp_path / "net")
    file = net / "diffusion_pytorch_model.safetensors"
    save_file({k: v for k, v in load_file(file).items() if "controlnet_mid" not in k}, file)
    with pytest.raises(ModelError, match=r"controls\['canny'\]: .* lacks some of its weights"):
        list(LocalBackend(str(models("sd1")), controls={"canny": net}).run([asked(control=[("canny", drawing())])]))


def test_faces_need_another_tool(models, tmp_path):
    from safetensors.torch import save_file

    save_file(tiny.face_adapter(), tmp_path / "ip-adapter-faceid_sd15.safetensors")
    with pytest.raises(ModelError, match="for faces, which needs a face recogniser"):
        LocalBackend(str(models("sd1")), style_adapter=tmp_path)


def test_the_hub_without_a_network(models, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # the variable is read when it is imported
    for given in ({"controls": {"canny": "lllyasviel/sd-controlnet-canny"}}, {"style_adapter": "h94/IP-Adapter"}):
        with pytest.raises(ModelError, match=r"(controls\['canny'\]|style_adapter): '.*' is not on this machine"):
            LocalBackend(str(models("sd1")), **given)


def test_what_the_hub_sends(models, monkeypatch, tmp_path):
    """Nothing but what is needed is asked for, at one revision."""
    import huggingface_hub

    from sdkit.backends.beside import find_adapter

    asked_for, cache = [], tmp_path / "snapshots" / "abc123"
    shutil.copytree(models("controlnet", of="sd1"), cache)
    shutil.copytree(models("ip_adapter", of="sd1"), cache / "models")
    shutil.copytree(models("ip_adapter", of="sdxl"), cache / "sdxl_models")
    shutil.rmtree(cache / "sdxl_models" / "image_encoder")  # that of models/ serves both

    def hf_hub_download(name, file, revision=None):
        asked_for.append((name, file, revision))
        if not (cache / file).exists():
            raise huggingface_hub.errors.LocalEntryNotFoundError(file)
        return str(cache / file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hf_hub_download)
    backend = LocalBackend(str(models("sd1")), controls={"canny": "org/net"}, style_adapter="h94/IP-Adapter")
    assert not [file for _, file, _ in asked_for if file in ("diffusion_pytorch_model.safetensors", "model.safetensors")]
    (result,) = backend.run([asked(control=[("canny", drawing(1))], style_image=drawing(2))])
    assert result.made.guides == {"canny": "abc123", "style": "abc123"}
    assert asked_for[-2:] == [
        ("org/net", "diffusion_pytorch_model.safetensors", "abc123"),
        ("h94/IP-Adapter", "models/image_encoder/model.safetensors", "abc123"),
    ]
    found = find_adapter("h94/IP-Adapter", "sdxl", LocalBackend(str(models("sdxl")))._loaded.pipe.unet.config)
    assert found.folder == cache / "models" / "image_encoder" and found.file.parent.name == "sdxl_models"
