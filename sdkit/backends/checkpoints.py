"""What a checkpoint is, told without loading it: names, paths, file headers. No torch, and nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import ModelError, UnsafeFileError, short

EMBEDDED = ("pocket", "pocket-fast")
FEW_STEPS = "few-steps/pytorch_lora_weights.safetensors"  # in the embedded model's folder
ALLOWED = (
    '"pocket" (the embedded model; "pocket-fast" in four steps), a folder that holds model_index.json, a .safetensors file, '
    'or a Hugging Face id such as "stabilityai/sdxl-turbo"'
)
PICKLES = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle")
MAX_HEADER = 100_000_000  # bytes; what the safetensors library itself accepts
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_PICKLE = re.compile(rb"\x80[\x00-\x05]|PK\x03\x04", re.S)
_LORA = re.compile(r"lora_(up|down|A|B)\b|\.lora\.(up|down)|^lora_(unet|te|transformer)|\.(hada_w1_a|lokr_w1|dora_scale)\b")


@dataclass(frozen=True)
class Source:
    """Where a model comes from.

    kind   "folder", "file" or "hub"; path: of a folder or file; name: as it will be recorded.
    few    draw in few steps, by the LoRA in the folder's few-steps/.
    """

    kind: str
    name: str
    path: Path | None = None
    few: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """What one .safetensors file holds, read from its header.

    family      "sd1", "sd2", "sdxl", "sd3" or "flux".
    layout      "ldm" (the original single-file keys) or "diffusers" (one model of a pipeline folder).
    inpaint     True for a UNet with nine input channels: latents, mask, masked latents; and for FLUX Fill, with 384.
    prediction  "epsilon", "v_prediction" or "flow".
    zero_snr    True when it was trained to zero terminal SNR.
    parts       of "unet", "vae", "text_encoder", "text_encoder_2", "text_encoder_3" (T5), those whose weights are inside.
    distilled   True for FLUX without a guidance input (schnell).
    shapes      key -> shape, for what follows from them.
    """

    family: str
    layout: str
    inpaint: bool
    prediction: str
    zero_snr: bool
    parts: frozenset[str]
    distilled: bool
    shapes: Mapping[str, tuple[int, ...]]


def embedded(part: str = "") -> Path:
    """Where the embedded model lies, or a file or folder of it, whether or not this installation has it."""
    return Path(str(files("sdkit") / "assets" / "pocket")) / part


def resolve(source: str | Path | Source) -> Source:
    """The place that `source` means: "pocket" (or "") or "pocket-fast", a folder, a .safetensors file, or a hub id, in that order.

    Raises ModelError when it is none of these or is damaged, UnsafeFileError for pickles; each says what to do.
    """
    if isinstance(source, Source):
        return source
    if not isinstance(source, str | Path):
        raise ModelError(f"model: got {short(source)}; allowed: {ALLOWED}.")
    text = str(source).strip()
    if text in ("", ".", *EMBEDDED):  # Path("") is "."
        path = embedded()
        name, few = (text if text in EMBEDDED else "pocket"), text == "pocket-fast"
        if not (path / (FEW_STEPS if few else "model_index.json")).is_file():
            raise ModelError(
                f"model: the embedded model {name!r} is not in this installation. Reinstall sdkit, or name another model."
            )
        return Source("folder", name, check_folder(path), few=few)
    path = Path(text).expanduser()
    if path.is_dir():
        return Source("folder", text, check_folder(path))
    if path.suffix.lower() in PICKLES:
        raise unsafe(path) if path.is_file() else ModelError(f"model: there is no file {text!r}. Allowed: {ALLOWED}.")
    if path.is_file():
        read_header(path)
        return Source("file", text, path)
    if isinstance(source, str) and _HUB_ID.fullmatch(text) and path.suffix.lower() != ".safetensors" and ".." not in text:
        return Source("hub", text)
    if path.suffix or text.startswith(("/", "~", ".")) or "\\" in text or isinstance(source, Path):
        raise ModelError(f"model: there is no file or folder {text!r}. Allowed: {ALLOWED}.")
    raise ModelError(f"model: got {text!r}; allowed: {ALLOWED}.")


def read_header(path: Path, allowed: str = ALLOWED) -> dict[str, Any]:
    """The header of a .safetensors file: {key: {"dtype", "shape", "data_offsets"}} and maybe "__metadata__".

    allowed: what would do instead, for the messages.

    Raises UnsafeFileError for a pickle under whatever name, ModelError for a damaged file.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(9)
            length = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else 0
            if head[8:] != b"{" and _PICKLE.match(head):
                raise unsafe(path)
            if head[8:] != b"{" or not 2 <= length <= MAX_HEADER:
                raise ModelError(f"model: {path.name} is not a .safetensors file ({size} bytes). Allowed: {allowed}.")
            if 8 + length > size:
                raise _truncated(path, 8 + length, size)
            header = json.loads(b"{" + file.read(length - 1))
        ends = [8 + length + entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        for key, entry in header.items():
            if key != "__metadata__" and not all(isinstance(n, int) and n >= 0 for n in entry["shape"]):
                raise ValueError(key)
    except OSError as error:
        raise ModelError(f"model: {path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ModelError(f"model: the header of {path.name} is damaged. Download the file again.") from error
    if not ends:
        raise ModelError(f"model: {path.name} holds no weights. Download the file again.")
    if max(ends) > size:
        raise _truncated(path, max(ends), size)
    return header


def detect(path: str | Path) -> Checkpoint:
    """What kind of model a .safetensors file holds, from the names and shapes in its header; no weights are loaded.

    Raises ModelError for a LoRA, an SDXL refiner, a part of a model, or an unknown family; UnsafeFileError for a pickle.
    """
    path = Path(path)
    header = read_header(path)
    metadata = header.pop("__metadata__", None) or {}
    shapes = {key: tuple(entry["shape"]) for key, entry in header.items()}
    if refusal := _not_a_model(shapes):
        raise ModelError(f"model: {path.name} is {refusal}")
    ldm = "model.diffusion_model.input_blocks.0.0.weight" in shapes
    keys = {key.removeprefix("model.diffusion_model.") for key in shapes}
    layout, inpaint, prediction, zero_snr = "ldm", False, "flow", False
    if any(key.startswith("joint_blocks.0.") for key in keys):
        family = "sd3"
    elif "double_blocks.0.img_attn.qkv.weight" in keys:
        family = "flux"
        channels = next((shape[1] for key, shape in shapes.items() if key.endswith("img_in.weight")), 64)
        if channels not in (64, 384):
            raise ModelError(
                f"model: the transformer of {path.name} takes {channels} channels; allowed: 64 (FLUX.1 dev and schnell), or 384 (Fill)."
            )
        inpaint = channels == 384
    elif ldm or "conv_in.weight" in shapes:
        layout = "ldm" if ldm else "diffusers"
        family = _unet_family(path, shapes)
        channels = shapes["model.diffusion_model.input_blocks.0.0.weight" if ldm else "conv_in.weight"][1]
        if channels not in (4, 9):
            raise ModelError(f"model: the UNet of {path.name} takes {channels} channels; allowed: 4, or 9 for inpainting.")
        inpaint = channels == 9
        prediction = _prediction(path, header, metadata, family, inpaint)
        zero_snr = "ztsnr" in shapes
    elif "pos_embed.proj.weight" in shapes and any(key.startswith("transformer_blocks.0.") for key in shapes):
        layout, family = "diffusers", "sd3"
    elif "single_transformer_blocks.0.attn.to_q.weight" in shapes and "x_embedder.weight" in shapes:
        layout, family = "diffusers", "flux"
    else:
        raise ModelError(
            f"model: {path.name} is of no family that sdkit knows (its keys begin {short(next(iter(shapes)))}). "
            "Allowed: Stable Diffusion 1.x, 2.x, SDXL, 3.x and FLUX.1."
        )
    distilled = family == "flux" and not any("guidance_in." in k or "guidance_embedder" in k for k in keys)
    return Checkpoint(family, layout, inpaint, prediction, zero_snr, _parts(shapes), distilled, shapes)


def check_folder(path: Path, *, without: Collection[str] = ()) -> Path:
    """`path`, when it is a diffusers folder whose parts, save `without`, load without running foreign code; else ModelError."""
    index = read_json(path / "model_index.json", path)
    for name, value in components(index).items():
        library = value[0]
        if library and ((path / name / f"{library}.py").exists() or (path / f"{library}.py").exists()):
            raise UnsafeFileError(
                f"model: {path.name} brings its own code ({library}.py), which sdkit does not run. Allowed: {ALLOWED}."
            )
        if not (path / name).is_dir():
            if library and name not in without:
                raise ModelError(f"model: {path} lacks the folder {name!r} that its model_index.json names. Download it again.")
            continue
        weights = [file for file in sorted((path / name).iterdir()) if file.is_file()]
        safe = [file for file in weights if file.suffix == ".safetensors"]
        unsafe = [file for file in weights if file.suffix.lower() in PICKLES and file.name != "training_args.bin"]
        if unsafe and not safe:
            raise _unsafe_folder(path, unsafe[0].relative_to(path))
        for file in safe:
            read_header(file)
    if not isinstance(index["_class_name"], str):
        raise UnsafeFileError(f"model: {path.name} brings its own pipeline code, which sdkit does not run. Allowed: {ALLOWED}.")
    return path


def components(index: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The {name: [library, class]} part of a model_index.json."""
    return {k: v for k, v in index.items() if isinstance(v, list) and len(v) == 2 and not k.startswith("_")}


def read_json(path: Path, folder: Path) -> dict[str, Any]:
    """A JSON object of a model folder; ModelError when it is missing or broken."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if path.name == "model_index.json" and "_class_name" not in value:
            raise ValueError("_class_name is missing")
        return dict(value)
    except FileNotFoundError:
        raise ModelError(f"model: the folder {str(folder)!r} holds no {path.name}. Allowed: {ALLOWED}.") from None
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"model: {path} cannot be read: {error}. Download it again.") from error


def weight_files(folder: Path, variant: str = "") -> list[Path]:
    """The .safetensors files that loading `folder` reads: of each part the `variant` where it is, else the plain ones."""
    out = []
    for name in components(read_json(folder / "model_index.json", folder)):
        found = sorted((folder / name).glob("*.safetensors"))
        varied = [file for file in found if variant and f".{variant}" in file.name]
        plain = [file for file in found if not re.search(r"\.(fp16|bf16|non_ema|fp32)[.-]", file.name)]
        out += varied or plain or found
    return out


def content_hash(paths: Iterable[Path]) -> str:
    """SHA-256 (hex, first 16) over the contents of `paths`: of one file, the file's own, as other tools print it."""
    digests = [_file_hash(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]
    return (digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest())[:16]


@lru_cache(maxsize=256)
def _file_hash(path: str, size: int, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unet_family(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The family of a UNet: by the width of its text states, or for an unusual width by which text encoders lie beside it."""
    widths = {shape[1] for key, shape in shapes.items() if key.endswith("attn2.to_k.weight") and len(shape) == 2}
    bigg = any(key.startswith("conditioner.embedders.1.model.") for key in shapes)
    if not bigg and (widths == {1280} or "conditioner.embedders.0.model.positional_embedding" in shapes):
        raise ModelError(
            f"model: {path.name} is an SDXL refiner, which finishes pictures of SDXL and draws none. Name an SDXL base model."
        )
    for family, width, told in (
        ("sdxl", 2048, bigg),
        ("sd1", 768, any(key.startswith("cond_stage_model.transformer.") for key in shapes)),
        ("sd2", 1024, any(key.startswith("cond_stage_model.model.") for key in shapes)),
    ):
        if widths == {width} or (told and not widths & {768, 1024, 2048}):
            return family
    raise ModelError(
        f"model: the UNet in {path.name} reads text states of width {sorted(widths)}; "
        "allowed: 768 (SD 1.x), 1024 (SD 2.x), 2048 (SDXL)."
    )


def _prediction(path: Path, header: Mapping[str, Any], metadata: Mapping[str, str], family: str, inpaint: bool) -> str:
    """ "epsilon" or "v_prediction": by what the file says of itself, else for SD 2 by one small tensor."""
    said = " ".join(
        str(metadata.get(f"modelspec.{key}", "")) for key in ("prediction_type", "predict_key", "architecture")
    ).lower()
    if "v_pred" in header or re.search(r"\bv(_prediction)?\b|768-v", said):
        return "v_prediction"
    if "eps" in said or family != "sd2" or inpaint:
        return "epsilon"
    # 768-v and base of SD 2.x have the same shapes; the spread of this bias tells them apart (a rule of thumb of ComfyUI).
    for key in ("model.diffusion_model.output_blocks.11.1", "up_blocks.3.attentions.2"):
        entry = header.get(f"{key}.transformer_blocks.0.norm1.bias")
        if entry and entry["dtype"] in ("F16", "F32"):
            return "v_prediction" if _spread(path, entry) > 0.09 else "epsilon"
    return "epsilon"


def _spread(path: Path, entry: Mapping[str, Any]) -> float:
    """The standard deviation of one tensor of an opened header."""
    import numpy as np

    begin, end = entry["data_offsets"]
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        file.seek(8 + length + begin)
        return float(np.frombuffer(file.read(end - begin), "<f2" if entry["dtype"] == "F16" else "<f4").astype("f4").std())


def _parts(shapes: Mapping[str, tuple[int, ...]]) -> frozenset[str]:
    prefixes = {
        "unet": ("model.diffusion_model.", "joint_blocks.", "double_blocks."),
        "vae": ("first_stage_model.", "vae."),
        "text_encoder": ("cond_stage_model.", "conditioner.embedders.0.", "text_encoders.clip_l."),
        "text_encoder_2": ("conditioner.embedders.1.", "text_encoders.clip_g."),
        "text_encoder_3": ("text_encoders.t5xxl.",),
    }
    return frozenset(part for part, starts in prefixes.items() if any(key.startswith(starts) for key in shapes))


def _not_a_model(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """What a file is that holds no whole model, as the end of a sentence; "" for anything else."""
    if any(_LORA.search(key) for key in shapes):
        return "a LoRA: it changes a model and is none. Name a model, and give this file as loras=."
    if any(key.startswith(("control_model.", "controlnet_", "control_")) for key in shapes):
        return 'a ControlNet: it guides a model and is none. Name a model, and give the folder of this as controls={"kind": folder}.'
    if any(key.startswith("ip_adapter.") for key in shapes):
        return "an IP-Adapter: it guides a model and is none. Name a model, and give this file as style_adapter=."
    if "emb_params" in shapes or set(shapes) <= {"clip_l", "clip_g", "t5xxl"}:
        return "a textual inversion embedding, which sdkit does not use. Name a model."
    if all(key.startswith(("encoder.", "decoder.", "quant_conv.", "post_quant_conv.", "first_stage_model.")) for key in shapes):
        return "an autoencoder (VAE) only. Name a whole model."
    if any(
        re.search(r"^(params(_ema)?\.)?(conv_first|RRDB_trunk\.0\.RDB1|model\.1\.sub\.0\.RDB1|body\.0)\b", key)
        for key in shapes
    ):
        return "an upscaler, which enlarges pictures and draws none. Use it with studio.upscale(picture, model=...)."
    if all(key.startswith(("text_model.", "text_projection.", "shared.", "encoder.block.")) for key in shapes):
        return "a text encoder only. Name a whole model."
    return ""


def _truncated(path: Path, wanted: int, size: int) -> ModelError:
    return ModelError(f"model: {path.name} is cut short: it should have {wanted:,} bytes and has {size:,}. Download it again.")


def unsafe(path: Path) -> UnsafeFileError:
    """What to raise for a pickle: says how to convert it, out of the wrappers that training tools save weights in."""
    out = path.with_name(path.stem + ("-safe" if path.suffix == ".safetensors" else "") + ".safetensors")
    code = (
        "import sys, torch, safetensors.torch as s; "
        "d = torch.load(open(sys.argv[1], 'rb'), map_location='cpu', weights_only=True); "
        "d = next((d[k] for k in ('state_dict', 'params_ema', 'params') if k in d), d); "
        "s.save_file({k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, sys.argv[2])"
    )
    return UnsafeFileError(
        f"model: {path.name} is a pickle, which can run code when it is opened, so sdkit does not open it. "
        f"Allowed: .safetensors. Look for one of the same model, or convert it:\n"
        f'  python -c "{code}" {shlex.quote(str(path))} {shlex.quote(str(out))}'
    )


def _unsafe_folder(path: Path, found: Path) -> UnsafeFileError:
    code = (
        "import sys; from diffusers import DiffusionPipeline as P; "
        "P.from_pretrained(sys.argv[1], use_safetensors=False).save_pretrained(sys.argv[2])"
    )
    return UnsafeFileError(
        f"model: the weights in {str(path)!r} are pickles ({found}), which can run code when opened. "
        f"Allowed: folders with .safetensors. Convert it:\n"
        f'  python -c "{code}" {shlex.quote(str(path))} {shlex.quote(str(path) + "-safe")}'
    )
