"""What to load, where to hold it and how: a name, a folder or a file becomes a diffusers pipeline, and its views."""

from __future__ import annotations

import contextlib
import logging
import math
import tempfile
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError, ModelError, near
from .base import Can
from .checkpoints import FEW_STEPS, Source, components, content_hash, detect, read_header, read_json, resolve, weight_files
from .defaults import defaults, distilled, said
from .hardware import Hardware, Settings, settings
from .hub import download, explained
from .single_file import assemble

DTYPES = {
    "fp32": "float32",
    "fp16": "float16",
    "bf16": "bfloat16",
    "float32": "float32",
    "float16": "float16",
    "bfloat16": "bfloat16",
}
MEMORY = {"resident": "none", "model": "model", "sequential": "sequential"}

# A folder's pipeline class -> family; the class it is loaded with follows from the family and the denoiser's channels.
CLASSES = {
    "LatentConsistencyModelPipeline": "sd1",
    **{f"StableDiffusion{kind}Pipeline": "sd1" for kind in ("", "Img2Img", "Inpaint")},
    **{f"StableDiffusionXL{kind}Pipeline": "sdxl" for kind in ("", "Img2Img", "Inpaint")},
    **{f"StableDiffusion3{kind}Pipeline": "sd3" for kind in ("", "Img2Img", "Inpaint")},
    **{f"Flux{kind}Pipeline": "flux" for kind in ("", "Img2Img", "Inpaint", "Fill")},
}
STEMS = {
    "sd1": "StableDiffusion",
    "sd2": "StableDiffusion",
    "sdxl": "StableDiffusionXL",
    "sd3": "StableDiffusion3",
    "flux": "Flux",
}

_quiet_lock = threading.RLock()


@dataclass(frozen=True)
class Loaded:
    """A pipeline ready to draw.

    pipe        the diffusers pipeline: text to image, or for a nine-channel UNet or FLUX Fill inpainting.
    name        as the person gave it; family: "sd1", "sd2", "sdxl", "sd3" or "flux".
    hash        SHA-256 (hex, first 16) over the weight files; of a hub model the revision (a git commit).
    device, dtype   where and in what it computes: "cpu", "float32".
    can         kinds, native size, multiple, and the steps and guidance to use when a person names none.
    settings    the memory settings in force.
    """

    pipe: Any = field(repr=False)
    name: str
    family: str
    hash: str
    device: str
    dtype: str
    can: Can
    settings: Settings
    _views: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


def probe(device: str = "auto") -> Hardware:
    """The machine as torch sees it. device: "auto" (CUDA, else MPS, else CPU), "cpu", "mps", "cuda" or "cuda:1".

    Raises InputError for a device that is not there.
    """
    cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = torch.backends.mps.is_available()
    there = [f"cuda:{i}" for i in range(cuda)] + ["cuda"] * bool(cuda) + ["mps"] * mps + ["cpu"]
    if device == "auto":
        device = "cuda" if cuda else "mps" if mps else "cpu"
    if device not in there:
        raise InputError("device", device, ", ".join(['"auto"', *(f'"{d}"' for d in there)]) + " on this machine")
    if device.startswith("cuda"):
        found = torch.cuda.get_device_properties(torch.device(device))
        return Hardware(device, found.name, found.total_memory, (found.major, found.minor))
    if device == "mps":
        return Hardware(device, "Apple GPU", torch.mps.recommended_max_memory())
    return Hardware()


def load(
    source: str | Path | Source,
    *,
    device: str = "auto",
    dtype: str = "auto",
    memory: str = "auto",
    parts: str | Path = "",
    config: str | Path = "",
) -> Loaded:
    """Load a model.

    source  what `resolve` takes: "pocket", a diffusers folder, a .safetensors file or a hub id. Only a hub id uses the network.
    device  what `probe` takes.
    dtype   "auto", "fp32", "fp16" or "bf16".
    memory  "auto", "resident", "model" (offload part by part) or "sequential" (layer by layer); the last two need CUDA.
    parts   for a single file that lacks its text encoders or VAE (FLUX and SD 3, mostly): a folder or hub id that lends them.
    config  for a single file of unusual shape: a diffusers folder whose configuration to use; its weights are not read.

    Raises ModelError, UnsafeFileError, InputError.
    """
    place = resolve(source)
    if dtype != "auto" and dtype not in DTYPES:
        raise InputError("dtype", dtype, '"auto", "fp32", "fp16" or "bf16"', near(dtype, DTYPES))
    if memory != "auto" and memory not in MEMORY:
        raise InputError("memory", memory, '"auto", "resident", "model" or "sequential"', near(memory, MEMORY))
    machine = probe(device)
    if MEMORY.get(memory, "none") != "none" and not machine.device.startswith("cuda"):
        raise InputError("memory", memory, f'"auto" or "resident" on {machine.device}; offloading needs CUDA')
    if place.kind != "file" and (parts or config):
        raise InputError("parts" if parts else "config", parts or config, "only together with a single .safetensors file")

    def choose(family: str) -> Settings:
        chosen = settings(machine.device, machine.vram_bytes, machine.capability, family)
        if dtype != "auto":
            chosen = replace(chosen, dtype=DTYPES[dtype])
        return chosen if memory == "auto" else replace(chosen, offload=MEMORY[memory])

    with quiet(), explained(place):
        if place.kind == "file":
            pipe, family, model_hash, chosen = _load_file(place, choose, str(parts), str(config))
        else:
            folder, model_hash = (place.path, "") if place.path else download(place, choose("sdxl").dtype == "float16")
            assert folder is not None
            pipe, family, chosen = _load_folder(folder, choose)
            files = weight_files(folder)
            if place.few:
                files = [*files, _draw_in_few_steps(pipe, folder)]
            model_hash = model_hash or content_hash(files)
        _hold(pipe, chosen, machine.device)
    return Loaded(
        pipe=pipe,
        name=place.name,
        family=family,
        hash=model_hash,
        device=machine.device,
        dtype=chosen.dtype,
        can=replace(_can(pipe, *defaults(place, pipe, family)), outpaint=float(said(place).get("outpaint", Can.outpaint))),
        settings=chosen,
    )


def view(loaded: Loaded, kind: str) -> Any:
    """The pipeline for "text2img", "img2img" or "inpaint" over the same weights; made once, then kept.

    Raises InputError for a kind that is not in `loaded.can.kinds`.
    """
    if kind not in loaded.can.kinds:
        raise InputError("kind", kind, "for this model " + ", ".join(sorted(loaded.can.kinds)))
    if kind == "text2img" or loaded.can.kinds == {"inpaint"}:
        return loaded.pipe
    if kind not in loaded._views:
        with quiet():
            from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

            auto = AutoPipelineForImage2Image if kind == "img2img" else AutoPipelineForInpainting
            made = auto.from_pipe(loaded.pipe)
            made.set_progress_bar_config(disable=True)
            if loaded.settings.offload == "model":  # each pipeline keeps the order in which its own parts take turns
                made.enable_model_cpu_offload(device=loaded.device)
        loaded._views[kind] = made
    return loaded._views[kind]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and warnings of diffusers and transformers inside; what was set before comes back after.

    The bars of huggingface_hub stay: a person waits for gigabytes.
    """
    import diffusers.utils.logging as diffusers_logging
    import transformers.utils.logging as transformers_logging

    with _quiet_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rooms: list[Any] = [diffusers_logging, transformers_logging]
        before = [(room.get_verbosity(), room._tqdm_active) for room in rooms]
        for room in rooms:
            room.set_verbosity(logging.CRITICAL)
            room._tqdm_active = False  # not disable_progress_bar(): that of transformers also switches the hub's bars
        try:
            yield
        finally:
            for room, (verbosity, bars) in zip(rooms, before, strict=True):
                room.set_verbosity(verbosity)
                room._tqdm_active = bars


def _load_folder(folder: Path, choose: Any) -> tuple[Any, str, Settings]:
    """(pipeline, family, settings) of a diffusers folder that `check_folder` passed."""
    index = read_json(folder / "model_index.json", folder)
    family, inpaint = _folder_family(folder, index)
    chosen = choose(family)
    # What the folder was saved without must be said again: SD 3 without T5, SD 1 without its safety checker.
    extra: dict[str, Any] = {name: None for name, (library, _) in components(index).items() if library is None}
    if family in ("sd1", "sd2") and not (index.get("safety_checker") or [None])[0]:
        extra |= {"safety_checker": None, "requires_safety_checker": False}
    pipe = _pipeline_class(family, inpaint).from_pretrained(
        str(folder),
        torch_dtype=getattr(torch, chosen.dtype),
        variant=_variant(folder, chosen.dtype) or None,
        use_safetensors=True,
        local_files_only=True,
        low_cpu_mem_usage=True,
        **extra,
    )
    _check_complete(folder, pipe, _variant(folder, chosen.dtype))
    return pipe, family, chosen


def _draw_in_few_steps(pipe: Any, folder: Path) -> Path:
    """Fuse the folder's few-step LoRA into the UNet and give the pipeline the scheduler that it was distilled for; the LoRA's file."""
    from diffusers import LCMScheduler

    path = folder / FEW_STEPS
    pipe.load_lora_weights(str(path.parent), weight_name=path.name, local_files_only=True)
    pipe.fuse_lora(components=["unet"])
    pipe.unload_lora_weights()
    pipe.scheduler = LCMScheduler.from_config(pipe.scheduler.config)
    return path


def _folder_family(folder: Path, index: dict[str, Any]) -> tuple[str, bool]:
    """(family, whether it only inpaints) of a diffusers folder, from its JSON."""
    family = CLASSES.get(index["_class_name"])
    if family is None:
        known = ", ".join(dict.fromkeys(f"{stem}Pipeline" for stem in STEMS.values()))
        raise ModelError(
            f"model: {folder.name} is a {index['_class_name']}, which sdkit does not run. Allowed: {known} and their kin."
        )
    if family == "flux":
        conf = read_json(folder / "transformer" / "config.json", folder)
        fill, channels = index["_class_name"] == "FluxFillPipeline", conf.get("in_channels", 64)
        if fill == ((conf.get("out_channels") or channels) == channels):  # Fill reads more than it answers, the others do not
            raise ModelError(
                f"model: the transformer of {folder.name} takes {channels} channels, as no {index['_class_name']} does. "
                "Allowed: FLUX.1 dev and schnell (64), and Fill (384) for inpainting."
            )
        return family, fill
    if family not in ("sd1", "sdxl"):
        return family, False
    if family == "sdxl" and not (index.get("text_encoder") or [None])[0]:
        raise ModelError(
            f"model: {folder.name} is an SDXL refiner, which finishes pictures of SDXL and draws none. Name an SDXL base."
        )
    unet = read_json(folder / "unet" / "config.json", folder)
    if family == "sd1" and unet.get("cross_attention_dim") == 1024:
        family = "sd2"
    channels = unet.get("in_channels", 4)
    if channels not in (4, 9):
        raise ModelError(f"model: the UNet of {folder.name} takes {channels} channels; allowed: 4, or 9 for inpainting.")
    return family, channels == 9


def _load_file(place: Source, choose: Any, parts: str, config: str) -> tuple[Any, str, str, Settings]:
    """(pipeline, family, hash, settings) of a single .safetensors file."""
    path = place.path
    assert path is not None
    found = detect(path)
    chosen = choose(found.family)
    lent = _lent(parts, found.family, chosen) if parts else {}
    with tempfile.TemporaryDirectory(prefix="sdkit-") as temporary:
        given = assemble(path, found, Path(temporary), Path(config).expanduser() if config else None, lent)
        lacks = ModelError(f"model: {path.name} lacks some of the weights of a {found.family} model. Download it again.")
        try:
            pipe = _pipeline_class(found.family, found.inpaint).from_single_file(
                str(path), config=temporary, local_files_only=True, torch_dtype=getattr(torch, chosen.dtype), **given
            )
        except NotImplementedError as error:  # torch: "Cannot copy out of meta tensor", where a weight never came
            raise lacks from error
    parts_made = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    if any(p.is_meta for part in parts_made for p in part.parameters()):
        raise lacks
    if few_steps := distilled(place.name):
        import diffusers

        # The checkpoint cannot carry its sampler, and a distilled one draws well with its own only.
        few = diffusers.LCMScheduler if few_steps[1] > 0 else diffusers.EulerDiscreteScheduler
        if found.prediction != "flow":
            pipe.scheduler = few.from_config(
                pipe.scheduler.config, timestep_spacing="leading" if few_steps[1] > 0 else "trailing"
            )
    return pipe, found.family, content_hash([path]), chosen


def _lent(parts: str, family: str, chosen: Settings) -> dict[str, Any]:
    """Text encoders, tokenizers and VAE of another folder or hub model of the same family."""
    place = resolve(parts)
    if place.kind == "file":
        raise InputError("parts", parts, "a diffusers folder or a hub id of the same family")
    leave_out: dict[str, Any] = {"transformer": None} if family in ("sd3", "flux") else {"unet": None}
    folder = place.path or download(place, chosen.dtype == "float16", leave_out)[0]
    index = read_json(folder / "model_index.json", folder)
    if _folder_family(folder, index)[0] != family:
        raise InputError("parts", parts, f"a model of the family {family}, as the file is")
    pipe = _pipeline_class(family, False).from_pretrained(
        str(folder), torch_dtype=getattr(torch, chosen.dtype), variant=_variant(folder, chosen.dtype) or None,
        use_safetensors=True, local_files_only=True, low_cpu_mem_usage=True, **leave_out,
    )  # fmt: skip
    wanted = ("vae", "text_encoder", "text_encoder_2", "text_encoder_3", "tokenizer", "tokenizer_2", "tokenizer_3")
    return {name: part for name, part in pipe.components.items() if name in wanted and part is not None}


def _pipeline_class(family: str, inpaint: bool) -> Any:
    import diffusers

    kind = "" if not inpaint else "Fill" if family == "flux" else "Inpaint"
    return getattr(diffusers, f"{STEMS[family]}{kind}Pipeline")


def _variant(folder: Path, dtype: str) -> str:
    """ "fp16" when the folder's fp16 files are wanted, or are all that it has; else ""."""
    index = read_json(folder / "model_index.json", folder)
    half = only = False
    for name in components(index):
        names = [file.name for file in (folder / name).glob("*.safetensors")]
        half |= any(".fp16" in n for n in names)
        only |= bool(names) and all(".fp16" in n for n in names)
    return "fp16" if half and (only or dtype == "float16") else ""


def _check_complete(folder: Path, pipe: Any, variant: str) -> None:
    """ModelError when a part's files hold fewer numbers than the part has: the libraries would fill up with noise, silently."""
    files = weight_files(folder, variant)
    for name, part in pipe.components.items():
        if isinstance(part, torch.nn.Module):
            headers = [read_header(file) for file in files if file.parent.name == name]
            held = sum(math.prod(e["shape"]) for header in headers for key, e in header.items() if key != "__metadata__")
            if held < sum(p.numel() for p in part.parameters()):
                raise ModelError(
                    f"model: the folder {str(folder)!r} lacks some of the weights of its {name}. Download it again."
                )


def _hold(pipe: Any, chosen: Settings, device: str) -> None:
    """Put the pipeline where `chosen` wants it."""
    pipe.set_progress_bar_config(disable=True)
    for wanted, switch in ((chosen.vae_slicing, "enable_slicing"), (chosen.vae_tiling, "enable_tiling")):
        if wanted and hasattr(pipe.vae, switch):
            getattr(pipe.vae, switch)()
    if chosen.attention_slicing:
        pipe.enable_attention_slicing()
    if chosen.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    elif chosen.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=device)
    else:
        pipe.to(device)
    if chosen.compile:
        (getattr(pipe, "unet", None) or pipe.transformer).compile_repeated_blocks()


def _can(pipe: Any, steps: int, guidance: float) -> Can:
    """What the pipeline can do; its native size is the one that its denoiser was trained at."""
    factor = pipe.vae_scale_factor  # pixels a latent, each way
    if hasattr(pipe, "unet"):
        inpaint_only = pipe.unet.config.in_channels == 9
        side, multiple = pipe.unet.config.sample_size or 64, max(8, factor)
    else:
        inpaint_only = pipe.transformer.config.in_channels != pipe.transformer.out_channels
        side, multiple = getattr(pipe.transformer.config, "sample_size", None) or pipe.default_sample_size, 2 * factor
    height, width = (side, side) if isinstance(side, int) else side
    native = (width * factor, height * factor)
    kinds = frozenset(["inpaint"] if inpaint_only else ["text2img", "img2img", "inpaint"])
    any_size = frozenset(["inpaint", "img2img"])
    side = min(2048, 4 * max(native))
    return Can(kinds, native, multiple, max_side=side, steps=steps, guidance=guidance, any_size=any_size)
