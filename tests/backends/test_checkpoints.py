"""What a source is, told from names and headers alone: no torch in this file."""

import hashlib
import json
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sdkit.backends.checkpoints import content_hash, detect, read_header, resolve, weight_files
from sdkit.backends.hardware import Settings, settings
from sdkit.backends.single_file import clip_vocabulary, shapes
from sdkit.errors import ModelError, UnsafeFileError

U = "model.diffusion_model."
SD1 = {
    U + "input_blocks.0.0.weight": (320, 4, 3, 3),
    U + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 768),
    "cond_stage_model.transformer.text_model.embeddings.position_embedding.weight": (77, 768),
    "first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3),
}
SD2 = {
    U + "input_blocks.0.0.weight": (320, 4, 3, 3),
    U + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": (320, 1024),
    "cond_stage_model.model.positional_embedding": (77, 1024),
}
BIAS = U + "output_blocks.11.1.transformer_blocks.0.norm1.bias"
SDXL = {
    U + "input_blocks.0.0.weight": (320, 4, 3, 3),
    U + "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": (640, 2048),
    "conditioner.embedders.0.transformer.text_model.embeddings.position_embedding.weight": (77, 768),
    "conditioner.embedders.1.model.positional_embedding": (77, 1280),
}
REFINER = {
    U + "input_blocks.0.0.weight": (384, 4, 3, 3),
    U + "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": (768, 1280),
    "conditioner.embedders.0.model.positional_embedding": (77, 1280),
}
SD3 = {
    U + "joint_blocks.0.context_block.adaLN_modulation.1.bias": (9216,),
    U + "joint_blocks.23.x_block.mlp.fc1.weight": (6144, 1536),
    U + "x_embedder.proj.weight": (1536, 16, 2, 2),
    U + "pos_embed": (1, 36864, 1536),
}
SD35_LARGE = {
    "joint_blocks.0.x_block.attn.ln_k.weight": (64,),
    "joint_blocks.37.x_block.mlp.fc1.weight": (9728, 2432),
    "x_embedder.proj.weight": (2432, 16, 2, 2),
    "pos_embed": (1, 36864, 2432),
}
SD35_MEDIUM = {
    **{f"joint_blocks.{i}.x_block.attn2.qkv.weight": (4608, 1536) for i in range(13)},
    "joint_blocks.0.x_block.attn.ln_k.weight": (64,),
    "joint_blocks.23.x_block.mlp.fc1.weight": (6144, 1536),
    "x_embedder.proj.weight": (1536, 16, 2, 2),
    "pos_embed": (1, 147456, 1536),
}
FLUX = {"double_blocks.0.img_attn.qkv.weight": (9216, 3072), "single_blocks.0.linear1.weight": (21504, 3072)}
DEV = {**FLUX, "guidance_in.in_layer.weight": (3072, 256)}
FILL = {**DEV, "img_in.weight": (3072, 384)}
MISSING_KIND = {"x": (1,)}


def write(path: Path, keys, *, values=None, metadata=None) -> Path:
    """A .safetensors file of fp16 zeros (a hole on disk) with these shapes; `values`: key -> numbers."""
    header, end = {}, 0
    for key, shape in keys.items():
        size = 2 * int(np.prod(shape))
        header[key] = {"dtype": "F16", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    if metadata:
        header["__metadata__"] = metadata
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
        for key, numbers in (values or {}).items():
            file.seek(8 + len(text) + header[key]["data_offsets"][0])
            file.write(np.asarray(numbers, "<f2").tobytes())
    return path


@pytest.mark.parametrize(
    ("keys", "family", "inpaint", "prediction"),
    [
        (SD1, "sd1", False, "epsilon"),
        (SD1 | {U + "input_blocks.0.0.weight": (320, 9, 3, 3)}, "sd1", True, "epsilon"),
        (SD2, "sd2", False, "epsilon"),
        (SD2 | {U + "input_blocks.0.0.weight": (320, 9, 3, 3)}, "sd2", True, "epsilon"),
        (SDXL, "sdxl", False, "epsilon"),
        (SDXL | {"v_pred": (0,)}, "sdxl", False, "v_prediction"),
        (SDXL | {U + "input_blocks.0.0.weight": (320, 9, 3, 3)}, "sdxl", True, "epsilon"),
        (SD3, "sd3", False, "flow"),
        (SD35_LARGE, "sd3", False, "flow"),
        (FLUX, "flux", False, "flow"),
        ({U + k: s for k, s in FLUX.items()}, "flux", False, "flow"),
        (DEV | {"img_in.weight": (3072, 64)}, "flux", False, "flow"),
        (FILL, "flux", True, "flow"),
        ({U + k: s for k, s in FILL.items()}, "flux", True, "flow"),
    ],
)
def test_detect_tells_families_from_headers(tmp_path, keys, family, inpaint, prediction):
    found = detect(write(tmp_path / "m.safetensors", keys))
    assert (found.family, found.layout, found.inpaint, found.prediction) == (family, "ldm", inpaint, prediction)


def test_detect_tells_schnell_from_dev_and_zero_snr(tmp_path):
    assert detect(write(tmp_path / "a.safetensors", FLUX)).distilled
    assert not detect(write(tmp_path / "b.safetensors", DEV)).distilled
    assert detect(write(tmp_path / "c.safetensors", SDXL | {"v_pred": (0,), "ztsnr": (0,)})).zero_snr


def test_detect_names_the_parts_inside(tmp_path):
    assert detect(write(tmp_path / "a.safetensors", SD1)).parts == {"unet", "vae", "text_encoder"}
    assert detect(write(tmp_path / "b.safetensors", SDXL)).parts == {"unet", "text_encoder", "text_encoder_2"}


@pytest.mark.parametrize(("spread", "prediction"), [(0.2, "v_prediction"), (0.02, "epsilon")])
def test_sd2_v_prediction_is_read_from_one_small_tensor(tmp_path, spread, prediction):
    numbers = np.random.default_rng(0).normal(0, spread, 320)
    path = write(tmp_path / "m.safetensors", SD2 | {BIAS: (320,)}, values={BIAS: numbers})
    assert detect(path).prediction == prediction


@pytest.mark.parametrize(
    ("metadata", "prediction"),
    [
        ({"modelspec.architecture": "stable-diffusion-v2-768-v"}, "v_prediction"),
        ({"modelspec.prediction_type": "epsilon"}, "epsilon"),
        ({"modelspec.prediction_type": "v"}, "v_prediction"),
    ],
)
def test_what_the_file_says_of_itself_wins(tmp_path, metadata, prediction):
    spread = 0.02 if prediction == "v_prediction" else 0.2  # what the tensor would say is the opposite
    numbers = np.random.default_rng(0).normal(0, spread, 320)
    path = write(tmp_path / "m.safetensors", SD2 | {BIAS: (320,)}, values={BIAS: numbers}, metadata=metadata)
    assert detect(path).prediction == prediction


def test_detect_tells_diffusers_keys(tmp_path):
    keys = {"conv_in.weight": (320, 4, 3, 3), "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (320, 768)}
    found = detect(write(tmp_path / "diffusion_pytorch_model.safetensors", keys))
    assert (found.family, found.layout) == ("sd1", "diffusers")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"lora_unet_down_blocks_0_attentions_0_proj_in.lora_up.weight": (320, 8)}, "LoRA.*loras="),
        ({"unet.down_blocks.0.attentions.0.to_q.lora_A.weight": (8, 320)}, "LoRA.*loras="),
        ({"lora_te1_text_model_encoder_layers_0_mlp_fc1.hada_w1_a": (8, 320)}, "LoRA.*loras="),
        (REFINER, "refiner"),
        ({"control_model.time_embed.0.weight": (1280, 320)}, "ControlNet.*controls="),
        ({"image_proj.proj.weight": (3072, 1024), "ip_adapter.1.to_k_ip.weight": (320, 768)}, "IP-Adapter.*style_adapter="),
        ({"emb_params": (4, 768)}, "textual inversion"),
        ({"decoder.conv_in.weight": (512, 4, 3, 3), "encoder.conv_in.weight": (128, 3, 3, 3)}, "autoencoder"),
        ({"text_model.final_layer_norm.bias": (768,)}, "text encoder"),
        (MISSING_KIND, "no family"),
        (DEV | {"img_in.weight": (3072, 128)}, "128 channels; allowed: 64 .*or 384"),
        (SD1 | {U + "input_blocks.0.0.weight": (320, 8, 3, 3)}, "8 channels.*4, or 9"),
        ({U + "input_blocks.0.0.weight": (320, 4, 3, 3), U + "input_blocks.1.1.attn2.to_k.weight": (320, 5)}, r"width \[5\]"),
    ],
)  # fmt: skip
def test_files_that_are_no_model_are_refused_by_name(tmp_path, keys, words):
    with pytest.raises(ModelError, match=words):
        detect(write(tmp_path / "thing.safetensors", keys))


def test_resolve_tells_hub_ids_folders_and_files(tmp_path):
    assert resolve("stabilityai/sdxl-turbo").kind == "hub"
    file = write(tmp_path / "m.safetensors", SD1)
    assert resolve(file) == resolve(str(file))
    assert (resolve(file).kind, resolve(file).path) == ("file", file)
    assert resolve(resolve(file)) == resolve(file)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    assert resolve(tmp_path / "own").kind == "folder"


@pytest.mark.parametrize(
    "source",
    ["a/b/c", "../x", "/no/such/folder", "no such/thing", "one", "missing.safetensors", "org/missing.safetensors", 3, None,
     "org/na..me", "https://huggingface.co/org/name", "x\n/y", "./org/name", "missing.ckpt"],
)  # fmt: skip
def test_anything_else_is_a_model_error_that_lists_what_is_allowed(source):
    with pytest.raises(ModelError, match=r"llowed: .*pocket.*model_index.json.*safetensors.*stabilityai/sdxl-turbo"):
        resolve(source)


def test_a_folder_without_index_or_with_a_broken_one(tmp_path):
    with pytest.raises(ModelError, match=r"model_index\.json"):
        resolve(tmp_path)
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        resolve(tmp_path)
    (tmp_path / "model_index.json").write_text(
        '{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}'
    )
    with pytest.raises(ModelError, match="lacks the folder 'unet'"):
        resolve(tmp_path)


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("/tmp/sdkit-was-unpickled"),))


@pytest.mark.parametrize("name", ["m.ckpt", "m.pt", "m.pth", "m.bin", "m.pkl", "m.CKPT", "m.safetensors"])
@pytest.mark.parametrize("zipped", [False, True])
def test_pickles_under_any_name_are_never_opened(tmp_path, name, zipped):
    path = tmp_path / name
    data = pickle.dumps(Bomb(), protocol=2)
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", data)
    else:
        path.write_bytes(data)
    with pytest.raises(UnsafeFileError, match=r"(?s)pickle.*convert it.*python -c"):
        resolve(path)
    assert not Path("/tmp/sdkit-was-unpickled").exists()


def folder_of(tmp_path, weights, index=None):
    (tmp_path / "unet").mkdir()
    (tmp_path / "model_index.json").write_text(
        json.dumps(index or {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]})
    )
    for name, data in weights.items():
        (tmp_path / "unet" / name).write_bytes(data)
    return tmp_path


def test_folders_of_pickles_are_unsafe(tmp_path):
    with pytest.raises(UnsafeFileError, match=r"(?s)diffusion_pytorch_model.bin.*python -c"):
        resolve(folder_of(tmp_path, {"diffusion_pytorch_model.bin": pickle.dumps(Bomb())}))


def test_a_renamed_pickle_in_a_folder_is_unsafe(tmp_path):
    with pytest.raises(UnsafeFileError, match="pickle"):
        resolve(folder_of(tmp_path, {"diffusion_pytorch_model.safetensors": pickle.dumps(Bomb())}))


@pytest.mark.parametrize("index", [{"_class_name": "StableDiffusionPipeline", "unet": ["mine", "Net"]},
                                   {"_class_name": ["mine", "Pipe"], "unet": ["diffusers", "Net"]}])  # fmt: skip
def test_folders_that_bring_their_own_code_are_unsafe(tmp_path, index):
    with pytest.raises(UnsafeFileError, match=r"own .*code"):
        resolve(folder_of(tmp_path, {"mine.py": b"raise SystemExit"}, index))


def test_damaged_files(tmp_path):
    good = write(tmp_path / "good.safetensors", SD1).read_bytes()
    bad = tmp_path / "bad.safetensors"
    for data, words in (
        (good[:-1], "cut short"),
        (good[:100], "cut short"),
        (b"", "not a .safetensors"),
        (b"abc", "not a .safetensors"),
        (struct.pack("<Q", 2**62) + b"{}", "not a .safetensors"),
        (struct.pack("<Q", 2) + b"{}", "no weights"),
        (struct.pack("<Q", 6) + b'{"a":}', "damaged"),
        (struct.pack("<Q", 7) + b'{"a":1}', "damaged"),
        (b"<html><body>404", "not a .safetensors"),
    ):
        bad.write_bytes(data)
        with pytest.raises(ModelError, match=words):
            resolve(bad)


def test_a_header_as_long_as_a_pickle_mark_is_no_pickle(tmp_path):
    text = json.dumps({"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}).encode().ljust(0x0280)
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    assert set(read_header(tmp_path / "m.safetensors")) == {"a"}


def test_hash_of_one_file_is_the_one_that_other_tools_print(tmp_path):
    path = write(tmp_path / "m.safetensors", SD1)
    assert content_hash([path]) == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    other = write(tmp_path / "n.safetensors", SD2)
    assert content_hash([path, other]) != content_hash([other, path])


def test_weight_files_takes_the_variant_where_it_is(tmp_path):
    data = write(tmp_path / "x.safetensors", SD1).read_bytes()
    names = (
        "diffusion_pytorch_model.safetensors",
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.non_ema.safetensors",
    )
    folder = folder_of(tmp_path, dict.fromkeys(names, data))
    assert [file.name for file in weight_files(folder)] == [names[0]]
    assert [file.name for file in weight_files(folder, "fp16")] == [names[1]]


@pytest.mark.parametrize(
    ("machine", "family", "wanted"),
    [
        (("cpu", 0, (0, 0)), "sd1", Settings("float32")),
        (("cpu", 0, (0, 0)), "flux", Settings("float32")),
        (("mps", 10_000_000_000, (0, 0)), "sd1", Settings("float16", vae_tiling=True, attention_slicing=True)),
        (("mps", 10_000_000_000, (0, 0)), "sdxl", Settings("float16", vae_tiling=True)),  # sliced, SDXL is black on MPS
        (("mps", 48_000_000_000, (0, 0)), "sdxl", Settings("float16")),
        (("cuda", 15_800_000_000, (7, 5)), "sd1", Settings("float16")),  # T4: never bf16, whatever torch says
        (("cuda", 15_800_000_000, (7, 5)), "sdxl", Settings("float16")),
        (("cuda", 15_800_000_000, (7, 5)), "sd3", Settings("float16", "model", vae_tiling=True)),
        (("cuda", 8_500_000_000, (8, 6)), "sd1", Settings("float16", vae_tiling=True)),
        (("cuda", 8_500_000_000, (8, 6)), "sdxl", Settings("float16", "model", vae_tiling=True)),
        (("cuda", 8_500_000_000, (8, 6)), "sd3", Settings("bfloat16", "sequential", vae_tiling=True)),
        (("cuda:1", 8_500_000_000, (8, 6)), "flux", Settings("bfloat16", "sequential", vae_tiling=True)),
        (("cuda", 25_300_000_000, (8, 9)), "sdxl", Settings("float16")),
        (("cuda", 25_300_000_000, (8, 9)), "sd3", Settings("bfloat16")),
        (("cuda", 25_300_000_000, (8, 9)), "flux", Settings("bfloat16", "model", vae_tiling=True)),
        (("cuda", 85_000_000_000, (9, 0)), "sdxl", Settings("bfloat16", vae_slicing=False, compile=True)),
        (("cuda", 85_000_000_000, (9, 0)), "flux", Settings("bfloat16", vae_slicing=False, compile=True)),
        (("cuda", 34_000_000_000, (7, 0)), "sdxl", Settings("float16")),  # V100: large, but no bf16
    ],
)
def test_settings_by_machine_and_family(machine, family, wanted):
    assert settings(*machine, family) == wanted


def test_clip_vocabulary_is_the_known_one():
    vocabulary, merges = clip_vocabulary()
    assert (len(vocabulary), len(merges)) == (49408, 48894)
    known = {
        "!": 0,
        "a</w>": 320,
        "photo</w>": 1125,
        "of</w>": 539,
        "cat</w>": 2368,
        "<|startoftext|>": 49406,
        "<|endoftext|>": 49407,
    }
    assert {token: vocabulary[token] for token in known} == known


def test_shapes_follow_the_header(tmp_path):
    def fitted(keys):
        return shapes(detect(write(tmp_path / "m.safetensors", keys)))

    assert fitted(SD1 | {U + "input_blocks.0.0.weight": (320, 9, 3, 3)})["unet"]["in_channels"] == 9
    v = fitted(SD2 | {"v_pred": (0,)})
    assert (v["scheduler"]["prediction_type"], v["unet"]["sample_size"]) == ("v_prediction", 96)
    large, medium = fitted(SD35_LARGE)["transformer"], fitted(SD35_MEDIUM)["transformer"]
    assert (large["num_layers"], large["num_attention_heads"], large["qk_norm"]) == (38, 38, "rms_norm")
    assert (medium["pos_embed_max_size"], medium["dual_attention_layers"]) == (384, list(range(13)))
    assert "qk_norm" not in fitted(SD3)["transformer"]
    assert not fitted(FLUX)["transformer"]["guidance_embeds"]
    assert fitted(DEV)["transformer"]["guidance_embeds"]
    fill = fitted(FILL)
    assert (fill["transformer"]["in_channels"], fill["transformer"]["out_channels"]) == (384, 64)
    assert fill["model_index"]["_class_name"] == "FluxFillPipeline"


def test_telling_what_a_file_is_needs_no_torch(tmp_path):
    path = write(tmp_path / "m.safetensors", SD1)
    code = (
        "import sys; from sdkit.backends.checkpoints import detect; print(detect(sys.argv[1]).family, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sd1", "False"]
