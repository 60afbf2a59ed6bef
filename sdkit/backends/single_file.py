"""What a single .safetensors file leaves out: configurations and CLIP's vocabulary, both shipped, so that loading one is local.

A checkpoint of the original layout holds weights only. The shapes of the families are in `assets/configs/<family>.json`, one
object a part, and what differs inside a family (inpainting, v-prediction, depth) is read from the file's own header.
"""

from __future__ import annotations

import gzip
import json
import math
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .checkpoints import Checkpoint, check_folder, components, read_json

LENDERS = {"sd3": "stabilityai/stable-diffusion-3.5-medium", "flux": "black-forest-labs/FLUX.1-schnell"}


def clip_vocabulary() -> tuple[dict[str, int], list[str]]:
    """CLIP's ({token: id}, merges in order of rank): 49,408 tokens, 48,894 merges. Source: openai/CLIP."""
    packed = (files("sdkit") / "assets" / "clip" / "merges.txt.gz").read_bytes()
    merges = gzip.decompress(packed).decode("utf-8").splitlines()
    # GPT-2's way to write bytes as printable characters: those that print stand for themselves, the others move above 255.
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]
    tokens = letters + [letter + "</w>" for letter in letters] + [merge.replace(" ", "") for merge in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}, merges


def write_tokenizer(folder: Path, pad: str = "<|endoftext|>") -> None:
    """CLIP's tokenizer as a folder that transformers reads. pad: "!" (id 0) for the OpenCLIP encoders."""
    vocabulary, merges = clip_vocabulary()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": pad}
    more = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, "add_prefix_space": False}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    (folder / "tokenizer_config.json").write_text(json.dumps({**special, **more}))


def shapes(found: Checkpoint) -> dict[str, Any]:
    """The shipped configuration of a family, {part: config}, fitted to what the file's header says."""
    conf = json.loads((files("sdkit") / "assets" / "configs" / f"{found.family}.json").read_text("utf-8"))
    if found.family in ("sd1", "sd2", "sdxl"):
        conf["unet"]["in_channels"] = 9 if found.inpaint else 4
        if found.prediction == "v_prediction":
            conf["scheduler"].update(prediction_type="v_prediction")
            if found.family == "sd2":
                conf["unet"]["sample_size"] = 96  # 768 pixels
        if found.zero_snr:
            conf["scheduler"].update(rescale_betas_zero_snr=True, timestep_spacing="trailing")
    elif found.family == "sd3":
        _fit_sd3(conf["transformer"], {key.removeprefix("model.diffusion_model."): s for key, s in found.shapes.items()})
    elif found.distilled:  # FLUX.1 schnell
        conf["transformer"]["guidance_embeds"] = False
        conf["scheduler"].update(shift=1.0, use_dynamic_shifting=False)
    elif found.inpaint:  # FLUX.1 Fill: latents, masked latents and 256 pixels of mask for each
        conf["transformer"].update(in_channels=384, out_channels=64)
        conf["model_index"]["_class_name"] = "FluxFillPipeline"
    return conf


def assemble(path: Path, found: Checkpoint, folder: Path, config: Path | None, lent: dict[str, Any]) -> dict[str, Any]:
    """Fill `folder` with the configuration for `from_single_file(config=folder)`; return the parts to pass to it.

    config: a diffusers folder to use instead of what is shipped. lent: parts from elsewhere, for what the file lacks.
    Raises ModelError, naming what is missing and what helps.
    """
    if found.layout != "ldm":
        raise ModelError(
            f"model: {path.name} is one part of a diffusers folder. Name the folder, the one that holds model_index.json."
        )
    if config is None:
        conf = shapes(found)
        for name, value in conf.items():
            target = folder / "model_index.json"
            if name != "model_index":
                (folder / name).mkdir()
                target = folder / name / ("scheduler_config.json" if name == "scheduler" else "config.json")
            target.write_text(json.dumps(value))
    else:
        check_folder(config)
        for file in config.rglob("*"):
            if file.suffix in (".json", ".txt", ".model") and file.is_file():
                (folder / file.relative_to(config).parent).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, folder / file.relative_to(config))
    index = read_json(folder / "model_index.json", folder)
    wanted = components(index)
    for name, (_, cls) in wanted.items():
        if (
            cls == "CLIPTokenizer"
            and not (folder / name / "vocab.json").exists()
            and not (folder / name / "tokenizer.json").exists()
        ):
            write_tokenizer(folder / name, "!" if _is_openclip(found.family, name) else "<|endoftext|>")
    given = {
        name: part
        for name, part in lent.items()
        if name in wanted and (name.startswith("tokenizer") or name not in found.parts)
    }
    if found.family == "sd3":
        # Without T5 SD 3 draws, with less text in the picture. Its tokenizer is not shipped, so a T5 inside needs parts= too.
        if "tokenizer_3" in lent:
            given["text_encoder_3"] = lent["text_encoder_3"]
        else:
            given |= {"text_encoder_3": None, "tokenizer_3": None}
    elif found.family == "flux" and "tokenizer_2" in lent:
        given |= {"text_encoder_2": lent["text_encoder_2"]}
    _check_whole(path, found, wanted, given)
    return given


def _check_whole(path: Path, found: Checkpoint, wanted: dict[str, Any], given: dict[str, Any]) -> None:
    missing = [
        name for name in wanted if name.startswith(("text_encoder", "vae")) and name not in given and name not in found.parts
    ]
    if found.family == "flux":
        missing += [name for name in ("text_encoder_2", "tokenizer_2") if name not in given and name not in missing]
    if missing:
        lender = LENDERS.get(found.family, "path/to/folder")
        raise ModelError(
            f"model: {path.name} ({found.family}) lacks {', '.join(missing)}. Name a folder or hub id that lends them, "
            f'such as parts="{lender}", or load that instead of the file.'
        )


def _is_openclip(family: str, tokenizer: str) -> bool:
    return family == "sd2" or (family in ("sdxl", "sd3") and tokenizer == "tokenizer_2")


def _fit_sd3(transformer: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> None:
    """Depth, width and variant of an SD 3 or 3.5 transformer, from its shapes: heads of 64, one more head each layer deeper."""
    depth = 1 + max(int(key.split(".")[1]) for key in shapes if key.startswith("joint_blocks."))
    width = shapes["x_embedder.proj.weight"][0]
    transformer.update(num_layers=depth, num_attention_heads=width // 64, caption_projection_dim=width)
    transformer["pos_embed_max_size"] = math.isqrt(shapes["pos_embed"][1])
    if "joint_blocks.0.x_block.attn.ln_k.weight" in shapes:
        transformer["qk_norm"] = "rms_norm"
    dual = [i for i in range(depth) if f"joint_blocks.{i}.x_block.attn2.qkv.weight" in shapes]
    if dual:
        transformer["dual_attention_layers"] = dual
