"""Real loads of tiny models: from folders, from single files in the original layout, and what is refused on the way."""

import importlib
import json
import logging
import re
import shlex
import shutil
import sys
from importlib.resources import files

import numpy as np
import pytest
import tiny
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from test_checkpoints import write

from sdkit.backends.models import load, probe, quiet, view
from sdkit.backends.single_file import write_tokenizer
from sdkit.errors import InputError, ModelError, UnsafeFileError

PROMPT = "a photo of a cat"


def draw(pipe, **more):
    generator = torch.Generator().manual_seed(7)
    more = {"width": 64, "height": 64, "num_inference_steps": 2, "guidance_scale": 3.0, **more}
    return np.asarray(pipe(PROMPT, generator=generator, **more).images[0])


@pytest.fixture
def copy(tmp_path, models):
    """copy(name) -> a folder of the tiny model that the test may change."""
    return lambda name, to="copy", **settings: shutil.copytree(models(name, **settings), tmp_path / to)


@pytest.mark.parametrize(
    ("name", "family", "steps"), [("sd1", "sd1", 25), ("sdxl", "sdxl", 25), ("sd3", "sd3", 28), ("flux", "flux", 4)]
)
def test_a_folder_loads_and_draws(models, name, family, steps):
    loaded = load(models(name), device="cpu")
    assert (loaded.family, loaded.name, loaded.device, loaded.dtype) == (family, str(models(name)), "cpu", "float32")
    assert re.fullmatch("[0-9a-f]{16}", loaded.hash)
    assert loaded.can.kinds == {"text2img", "img2img", "inpaint"}
    assert loaded.can.steps == steps
    assert loaded.can.guidance == (0.0 if name == "flux" else pytest.approx(6, abs=1))
    assert draw(loaded.pipe).std() > 10
    assert load(models(name), device="cpu").hash == loaded.hash


def test_native_size_and_multiple(models):
    assert (load(models("sd1")).can.native, load(models("sd1")).can.multiple) == ((64, 64), 8)
    assert load(models("sd3")).can.multiple == 4  # a tiny VAE of factor 2, and patches of 2


@pytest.mark.parametrize("name", ["sd1", "sdxl"])
def test_a_single_file_draws_what_its_folder_draws_bit_for_bit(models, tmp_path, name):
    folder = load(models(name), device="cpu")
    file = load(tiny.single_file(models(name), tmp_path / "m.safetensors"), device="cpu", config=models(name))
    assert (draw(file.pipe) == draw(folder.pipe)).all()
    assert (file.can, file.family) == (folder.can, folder.family)
    assert file.hash != folder.hash
    other = load(models(name), device="cpu")
    with torch.no_grad():
        next(other.pipe.unet.parameters()).add_(0.1)
    assert (draw(other.pipe) != draw(folder.pipe)).any()  # the comparison can fail


def test_an_sd3_file_draws_without_t5_and_borrows_it(copy, models, tmp_path):
    folder = copy("sd3")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, "text_encoder_3": [None, None], "tokenizer_3": [None, None]}))
    path = tiny.single_file(models("sd3"), tmp_path / "m.safetensors")
    alone = load(path, device="cpu", config=models("sd3"))
    assert alone.pipe.text_encoder_3 is None
    assert (draw(alone.pipe) == draw(load(folder, device="cpu").pipe)).all()
    lent = load(path, device="cpu", config=models("sd3"), parts=models("sd3"))
    whole = draw(load(models("sd3"), device="cpu").pipe)
    assert (draw(lent.pipe) == whole).all()
    assert (draw(alone.pipe) != whole).any()


def test_a_nine_channel_model_only_inpaints(models, tmp_path):
    folder = load(models("sd1", channels=9), device="cpu")
    file = load(tiny.single_file(models("sd1", channels=9), tmp_path / "m.safetensors"), config=models("sd1", channels=9))
    assert folder.can.kinds == file.can.kinds == {"inpaint"}
    with pytest.raises(InputError, match=r"kind: got 'text2img'; allowed: for this model inpaint"):
        view(folder, "text2img")
    images = {"image": Image.new("RGB", (64, 64), "red"), "mask_image": Image.new("L", (64, 64), 255)}
    assert (draw(view(folder, "inpaint"), **images) == draw(view(file, "inpaint"), **images)).all()


@pytest.mark.parametrize("name", ["sd1", "sdxl", "sd3", "flux"])
def test_views_share_their_weights_and_are_made_once(models, name, capfd):
    loaded = load(models(name), device="cpu")
    assert view(loaded, "text2img") is loaded.pipe
    image, mask = Image.new("RGB", (64, 64), "red"), Image.new("L", (64, 64), 255)
    for kind, given in (("img2img", {"image": image}), ("inpaint", {"image": image, "mask_image": mask})):
        made = view(loaded, kind)
        assert view(loaded, kind) is made
        assert made.vae is loaded.pipe.vae
        assert (made.unet is loaded.pipe.unet) if hasattr(made, "unet") else (made.transformer is loaded.pipe.transformer)
        assert draw(made, strength=1.0, **given).shape == (64, 64, 3)
    with pytest.raises(InputError, match="img2img, inpaint, text2img"):
        view(loaded, "video")
    assert capfd.readouterr() == ("", "")


def test_the_shipped_tokenizer_is_clips(models, tmp_path):
    folder = tmp_path / "bare"  # the configuration without any vocabulary: the shipped one fills in
    shutil.copytree(models("sdxl"), folder, ignore=shutil.ignore_patterns("vocab.json", "merges.txt", "tokenizer.json"))
    loaded = load(tiny.single_file(models("sdxl"), tmp_path / "m.safetensors"), config=folder)
    cat = [49406, 320, 1125, 539, 320, 2368, 49407]
    assert loaded.pipe.tokenizer(PROMPT).input_ids == cat
    words = loaded.pipe.tokenizer(
        "Don't stop: “naïve café” x100, 3.14!  東京 🎉", padding="max_length", max_length=32
    ).input_ids
    assert words[:4] == [49406, 847, 713, 1691]  # don 't stop
    assert loaded.pipe.tokenizer_2(PROMPT, padding="max_length", max_length=9).input_ids == [*cat, 0, 0]
    assert loaded.pipe.tokenizer(PROMPT, padding="max_length", max_length=9).input_ids == [*cat, 49407, 49407]
    assert loaded.pipe.tokenizer.model_max_length == 77


KNOWN = {  # parameters of the published models
    "sd1": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sdxl": {"unet": 2_567_463_684, "vae": 83_653_863, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840},
    "sd3": {"transformer": 2_028_328_000, "vae": 83_819_683, "text_encoder": 123_650_304, "text_encoder_2": 694_659_840},
    "flux": {"transformer": 11_901_408_320, "vae": 83_819_683, "text_encoder": 123_060_480, "text_encoder_2": 4_762_310_656},
}


def full_size(family, names):
    """{part: model} of the shipped configuration, without memory."""
    conf = json.loads((files("sdkit") / "assets" / "configs" / f"{family}.json").read_text())
    made = {}
    for name in names:
        library, cls = conf["model_index"][name]
        kind = getattr(importlib.import_module(library), cls)
        with torch.device("meta"):
            made[name] = kind.from_config(conf[name]) if library == "diffusers" else kind(kind.config_class(**conf[name]))
    return made


@pytest.mark.parametrize("family", KNOWN)
def test_the_shipped_configurations_have_the_known_sizes(family):
    found = {name: sum(p.numel() for p in part.parameters()) for name, part in full_size(family, KNOWN[family]).items()}
    assert found == KNOWN[family]


@pytest.mark.slow
@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_a_file_of_full_size_loads_with_what_is_shipped(tmp_path, family):
    """A checkpoint of true shape, 2 to 7 GB of zeros that take no room on disk."""
    parts = {name: part.state_dict() for name, part in full_size(family, KNOWN[family]).items()}
    keys = {key: tuple(value.shape) for key, value in tiny.original_keys(parts, openclip=family == "sd2").items()}
    loaded = load(write(tmp_path / "m.safetensors", keys), device="cpu", dtype="bf16")
    assert loaded.family == family
    assert loaded.can.native == ((1024, 1024) if family == "sdxl" else (512, 512))
    assert {name: sum(p.numel() for p in getattr(loaded.pipe, name).parameters()) for name in parts} == KNOWN[family]
    assert loaded.pipe.tokenizer(PROMPT).input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]


def test_a_file_of_unusual_shape_says_what_helps(models, tmp_path):
    with pytest.raises(ModelError, match=r"cannot be loaded.*unusual shape needs config="):
        load(tiny.single_file(models("sd1"), tmp_path / "m.safetensors"))


@pytest.mark.parametrize("pattern", [r"output_blocks\.2\.0\.in_layers\.2\.weight", r"final_layer_norm\.bias"])
def test_a_file_that_lacks_weights(models, tmp_path, pattern):
    path = tiny.single_file(models("sd1"), tmp_path / "m.safetensors", leave_out=pattern)
    with pytest.raises(ModelError, match=r"m\.safetensors lacks some of the weights of a sd1 model"):
        load(path, config=models("sd1"))


@pytest.mark.parametrize("part", ["vae", "text_encoder"])
def test_a_file_that_lacks_a_part_and_one_that_borrows_it(models, tmp_path, part):
    keys = {"vae": "first_stage_model", "text_encoder": "cond_stage_model"}[part]
    path = tiny.single_file(models("sd1"), tmp_path / "m.safetensors", leave_out=keys)
    if part == "text_encoder":  # widths of tiny models say nothing, so the family must be told by what is left
        with pytest.raises(ModelError, match="width"):
            load(path, config=models("sd1"))
        return
    with pytest.raises(ModelError, match=r"lacks vae.*parts="):
        load(path, config=models("sd1"))
    borrowed = load(path, config=models("sd1"), parts=models("sd1"))
    assert (draw(borrowed.pipe) == draw(load(models("sd1")).pipe)).all()
    with pytest.raises(InputError, match=r"parts.*family sd1"):
        load(path, config=models("sd1"), parts=models("sdxl"))


def test_flux_and_sd3_files_without_text_encoders_say_who_lends_them(tmp_path):
    save_file(
        {"double_blocks.0.img_attn.qkv.weight": torch.zeros(3, 1), "single_blocks.0.linear1.weight": torch.zeros(3, 1)},
        tmp_path / "flux.safetensors",
    )
    with pytest.raises(
        ModelError, match=r"flux\) lacks text_encoder, text_encoder_2, vae, tokenizer_2.*parts=.*FLUX.1-schnell"
    ):
        load(tmp_path / "flux.safetensors")


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_a_folder_that_lacks_weights(copy, part):
    (path,) = (copy("sd1") / part).glob("*.safetensors")
    weights = load_file(path)
    del weights[next(key for key in weights if key.endswith("weight"))]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=f"lacks some of the weights of its {part}"):
        load(path.parent.parent)


def test_a_truncated_folder(copy):
    (path,) = (copy("sd1") / "vae").glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match="cut short"):
        load(path.parent.parent)


def test_folders_that_sdkit_does_not_run(copy):
    folder = copy("sdxl")
    index = json.loads((folder / "model_index.json").read_text())
    for changes, words in (
        ({"_class_name": "KandinskyPipeline"}, r"KandinskyPipeline.*Allowed: StableDiffusionPipeline"),
        ({"_class_name": "StableDiffusionXLImg2ImgPipeline", "text_encoder": [None, None]}, "refiner"),
    ):
        (folder / "model_index.json").write_text(json.dumps({**index, **changes}))
        with pytest.raises(ModelError, match=words):
            load(folder)


def test_a_folder_with_an_fp16_file_only(copy, models):
    folder = copy("sd1")
    plain = folder / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({k: v.half() for k, v in load_file(plain).items()}, folder / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    plain.unlink()
    loaded = load(folder, device="cpu")
    assert loaded.pipe.unet.dtype == torch.float32
    assert np.abs(draw(loaded.pipe).astype(int) - draw(load(models("sd1")).pipe)).mean() < 2


def test_dtype_as_asked(models):
    assert load(models("sd1"), device="cpu", dtype="bf16").pipe.unet.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"device": "tpu"}, r'device: got \'tpu\'; allowed: "auto".*"cpu" on this machine'),
        ({"dtype": "int8"}, r'dtype: got \'int8\'; allowed: "auto", "fp32", "fp16" or "bf16"'),
        ({"memory": "small"}, r'memory: got \'small\'; allowed: "auto", "resident"'),
        ({"memory": "model", "device": "cpu"}, r"memory.*needs CUDA"),
        ({"parts": "x/y"}, r"parts.*single \.safetensors file"),
    ],
)
def test_wrong_parameters(models, given, words):
    with pytest.raises(InputError, match=words):
        load(models("sd1"), **given)


def test_probe_of_a_cpu():
    assert (probe("cpu").device, probe("cpu").vram_bytes) == ("cpu", 0)
    assert probe("auto").device in ("cpu", "cuda", "mps")


@pytest.mark.parametrize(
    ("name", "steps", "guidance", "scheduler", "spacing"),
    [
        ("dream_turbo.safetensors", 4, 0.0, "EulerDiscreteScheduler", "trailing"),
        ("some_lightning_2step.safetensors", 2, 0.0, "EulerDiscreteScheduler", "trailing"),
        ("dreamshaper-lcm.safetensors", 6, 1.5, "LCMScheduler", "leading"),
        ("plain.safetensors", 25, 7.0, "DDIMScheduler", "leading"),
    ],
)
def test_distilled_files_are_told_by_their_names(models, tmp_path, name, steps, guidance, scheduler, spacing):
    loaded = load(tiny.single_file(models("sd1"), tmp_path / name), config=models("sd1"))
    assert (loaded.can.steps, loaded.can.guidance) == (steps, guidance)
    assert type(loaded.pipe.scheduler).__name__ == scheduler
    assert loaded.pipe.scheduler.config.timestep_spacing == spacing


def test_distilled_folders_keep_their_scheduler(copy):
    loaded = load(copy("sdxl", "sdxl-turbo"))
    assert (loaded.can.steps, loaded.can.guidance) == (4, 0.0)
    assert loaded.pipe.scheduler.config.timestep_spacing == "leading"


def test_a_folder_may_say_its_own_defaults(copy):
    folder = copy("sd1")
    (folder / "sdkit.json").write_text('{"steps": 12, "guidance": 3.5}')
    loaded = load(folder)
    assert (loaded.can.steps, loaded.can.guidance) == (12, 3.5)


def test_a_hub_model_without_a_network(monkeypatch, tmp_path):
    with pytest.raises(ModelError, match=r"'nobody/no-such-model'.*cannot be reached.*local folder.*pocket"):
        load("nobody/no-such-model")


def test_loading_is_quiet_and_leaves_settings_as_they_were(models, capfd):
    from diffusers.utils import logging as d
    from transformers.utils import logging as t

    before = d.get_verbosity(), t.get_verbosity(), d.is_progress_bar_enabled(), t.is_progress_bar_enabled()
    load(models("sd1"))
    with pytest.raises(RuntimeError, match="stop"), quiet():
        logging.getLogger("diffusers").warning("unheard")
        raise RuntimeError("stop")
    assert capfd.readouterr() == ("", "")
    assert before == (d.get_verbosity(), t.get_verbosity(), d.is_progress_bar_enabled(), t.is_progress_bar_enabled())


def run_command_of(message, monkeypatch):
    """Run the python -c command that a message holds, in this process."""
    words = shlex.split(message[message.index("  python -c") :])
    assert words[:2] == ["python", "-c"]
    monkeypatch.setattr(sys, "argv", ["-c", *words[3:]])
    exec(words[2], {})
    return words[-1]


@pytest.mark.parametrize("name", ["it's a model.ckpt", "renamed.safetensors"])
@pytest.mark.parametrize("wrapped", [True, False])
def test_the_command_that_converts_a_pickle_works(models, tmp_path, monkeypatch, name, wrapped):
    weights = load_file(tiny.single_file(models("sd1"), tmp_path / "m.safetensors"))
    torch.save({"state_dict": weights, "epoch": 3} if wrapped else weights, tmp_path / name)
    with pytest.raises(UnsafeFileError) as caught:
        load(tmp_path / name)
    made = run_command_of(str(caught.value), monkeypatch)
    assert (draw(load(made, config=models("sd1")).pipe) == draw(load(models("sd1")).pipe)).all()


def test_the_command_that_converts_a_folder_works(copy, models, monkeypatch):
    folder = copy("sd1")
    for part, name in (
        ("unet", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("text_encoder", "pytorch_model"),
    ):
        (path,) = (folder / part).glob("*.safetensors")
        torch.save(load_file(path), folder / part / f"{name}.bin")
        path.unlink()
    with pytest.raises(UnsafeFileError) as caught:
        load(folder)
    made = run_command_of(str(caught.value), monkeypatch)
    assert (draw(load(made).pipe) == draw(load(models("sd1")).pipe)).all()


def test_write_tokenizer_makes_a_folder_that_transformers_reads(tmp_path):
    from transformers import CLIPTokenizer

    write_tokenizer(tmp_path / "t")
    again = CLIPTokenizer.from_pretrained(tmp_path / "t")
    assert again.decode(again(PROMPT).input_ids, skip_special_tokens=True) == PROMPT
