"""Step 10: put the trained parts together as an ordinary diffusers folder, prove that it loads and draws, swap it in.

Reads <work>/vae, tokenizer, upscaler and few-steps (where there are any) and the averaged weights of <work>/train.pt
(or --weights). Nothing is replaced before everything has been written, measured, loaded again and has drawn a picture.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from card import write as write_card
from common import SHIPPED, load_state, parser, part_of
from diffusers import AutoencoderTiny, DDIMScheduler, StableDiffusionPipeline
from safetensors.torch import load_file, save_file
from train import build_unet, scheduler
from transformers import CLIPTextModel, CLIPTokenizer

LIMIT = 64_000_000  # bytes, all that travels in the wheel; 40 is the aim
PROBES = ("a rocket on a mint gradient background, on the left", "Zyx! 4k, it's 100% café-über", "", "gift box " * 30)


def pipeline_of(work: Path, average: dict[str, torch.Tensor]) -> StableDiffusionPipeline:
    """The trained parts, in half precision; `average` holds UNet and text encoder."""
    unet, encoder = build_unet(), CLIPTextModel.from_pretrained(part_of(work, "text_encoder"), dtype=torch.float32)
    torch.nn.ModuleDict({"unet": unet, "encoder": encoder}).load_state_dict(average)
    return StableDiffusionPipeline(
        vae=AutoencoderTiny.from_pretrained(part_of(work, "vae")).half(),
        text_encoder=encoder.half(),
        tokenizer=CLIPTokenizer.from_pretrained(part_of(work, "tokenizer")),
        unet=unet.half(),
        # Trailing spacing does not look at the offset, but pipelines warn about any other than 1.
        scheduler=DDIMScheduler.from_config(scheduler().config, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def write_old_tokenizer(folder: Path) -> None:
    """The files that CLIPTokenizer of transformers 4 reads; transformers 5 writes tokenizer.json alone."""
    model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
    start, end = "<|startoftext|>", "<|endoftext|>"
    special = {"bos_token": start, "eos_token": end, "unk_token": end, "pad_token": end}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
    about = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "do_lower_case": True, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(about, indent=2) + "\n")


def tidy(folder: Path) -> None:
    """Configurations that load anywhere, and quietly.

    transformers 5 loads a text encoder in the dtype its configuration names, diffusers the rest as float32; a float16
    encoder before a float32 UNet fails, so the configuration names float32 (in the words of 4 and of 5). And
    AutoencoderTiny writes down a key that it warns of on reading, and the folder that it came from.
    """
    path = folder / "text_encoder" / "config.json"
    config = {**json.loads(path.read_text()), "dtype": "float32", "torch_dtype": "float32"}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    path = folder / "vae" / "config.json"
    config = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("block_out_channels", "_name_or_path")}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def write_old_names(path: Path) -> None:
    """Weights of the text encoder by the names that every transformers reads.

    5.6 and later save without "text_model." before each name and load both; 4 finds nothing of it and goes on with random
    weights, with no more than a warning.
    """
    weights = {f"text_model.{name.removeprefix('text_model.')}": tensor for name, tensor in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def lora_size(folder: Path) -> int:
    return sum(tensor.numel() for path in folder.glob("*.safetensors") for tensor in load_file(path).values())


def prove(folder: Path, made: StableDiffusionPipeline) -> None:
    """Load it as anyone would, compare weights and tokens, draw a picture; AssertionError otherwise."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder)
    for name in ("unet", "text_encoder", "vae"):
        wanted, got = getattr(made, name).state_dict(), getattr(pipeline, name).state_dict()
        assert wanted.keys() == got.keys(), f"{name} changed its names"
        same = (got[k].dtype == torch.float32 and torch.equal(got[k], v.float()) for k, v in wanted.items())
        assert all(same), f"{name} changed its weights"
    for text in PROBES:
        assert pipeline.tokenizer(text).input_ids == made.tokenizer(text).input_ids, f"tokens of {text!r} changed"
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(0)
    picture = pipeline(PROBES[0], num_inference_steps=8, guidance_scale=4.0, generator=generator, output_type="np").images[0]
    assert picture.shape == (256, 256, 3) and np.isfinite(picture).all(), "the picture is not finite"
    print(f"loads with plain diffusers; a picture of mean {picture.mean():.2f} and spread {picture.std():.2f}")


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--to", type=Path, default=SHIPPED, help="the folder to write (default sdkit/assets/pocket)")
    options.add_argument("--steps", type=int, default=20, help="what sdkit takes by default with this model")
    options.add_argument("--guidance", type=float, default=3.0, help="likewise")
    options.add_argument("--outpaint", type=float, default=0.3, help="likewise, of the strength to paint around pictures with")
    options.add_argument(
        "--before", type=int, default=0, help="steps that the weights had which training went on from, for the card"
    )
    options.add_argument("--weights", type=Path, help="of train.py or soup.py (default: train.pt of the working folder)")
    o = options.parse_args()
    weights = o.weights or o.work / "train.pt"
    state = load_state(weights)
    if state is None:
        raise SystemExit(f"{weights} is not there: run train.py first")
    pipeline = pipeline_of(o.work, state["average"])
    o.to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=o.to.parent, prefix=f".{o.to.name}-") as scratch:
        folder = Path(scratch) / "new"
        pipeline.save_pretrained(folder)
        write_old_tokenizer(folder / "tokenizer")
        tidy(folder)
        (folder / "sdkit.json").write_text(
            json.dumps({"steps": o.steps, "guidance": o.guidance, "outpaint": o.outpaint}) + "\n"
        )
        write_old_names(folder / "text_encoder" / "model.safetensors")
        parts = [
            (name, type(module).__name__, sum(p.numel() for p in module.parameters()), size_of(folder / name))
            for name, module in (("unet", pipeline.unet), ("text_encoder", pipeline.text_encoder), ("vae", pipeline.vae))
        ]
        parts.append(("tokenizer", f"CLIPTokenizer, {len(pipeline.tokenizer)} tokens", 0, size_of(folder / "tokenizer")))
        sharpener = next((f for f in (o.work / "upscaler", SHIPPED / "upscaler") if f.is_dir()), None)
        if sharpener:  # no part of the pipeline: sdkit alone looks for it
            shutil.copytree(sharpener, folder / "upscaler")
            count = sum(tensor.numel() for tensor in load_file(folder / "upscaler" / "model.safetensors").values())
            parts.append(("upscaler", "SRVGGNetCompact, 4 times", count, size_of(folder / "upscaler")))
        if (o.work / "few-steps").is_dir():  # of this UNet alone, so never of the model before
            shutil.copytree(o.work / "few-steps", folder / "few-steps")
            parts.append(("few-steps", "LoRA for four steps", lora_size(folder / "few-steps"), size_of(folder / "few-steps")))
        write_card(folder, parts, o.before + state["step"], o.steps, o.guidance)
        total = size_of(folder)
        assert total <= LIMIT, f"{total / 1e6:.1f} MB, more than {LIMIT / 1e6:.0f}"
        prove(folder, pipeline)
        if o.to.exists():
            o.to.rename(Path(scratch) / "old")  # goes with the scratch folder
        folder.rename(o.to)
    for name, kind, count, size in parts:
        print(f"{name:13} {kind:28} {count / 1e6:6.2f} M {size / 1e6:6.2f} MB")
    print(f"{o.to}: {total / 1e6:.1f} MB after {state['step']} steps")


if __name__ == "__main__":
    main()
