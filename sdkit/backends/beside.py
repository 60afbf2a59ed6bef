"""What is loaded beside a model to guide it, found and checked without loading: ControlNets and style adapters. No torch.

Each comes from a folder or from the Hugging Face hub, in the layout that diffusers writes or that the publisher chose:

    ControlNet       config.json ("_class_name": "ControlNetModel") and diffusion_pytorch_model*.safetensors
    style adapter    an IP-Adapter: one .safetensors with image_proj.* and ip_adapter.* keys, and a folder image_encoder/ with
                     a CLIP vision model, beside it or in ../models/ as in the hub's h94/IP-Adapter
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ModelError, UnsafeFileError, short
from .checkpoints import PICKLES, Source, content_hash, read_header, read_json
from .hub import explained, fetch

_HUB = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(?:/([\w./-]+\.safetensors))?")
_WIDTHS = {768: "Stable Diffusion 1.5", 1024: "Stable Diffusion 2", 2048: "SDXL"}  # of text states
_NET_FILES = ("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors")
# In h94/IP-Adapter: the adapter that a family takes where none is named. Both look with the same image encoder.
_ADAPTERS = {"sd1": "models/ip-adapter_sd15.safetensors", "sdxl": "sdxl_models/ip-adapter_sdxl_vit-h.safetensors"}
_SHARED_ENCODER = "models/image_encoder"
_ENCODER_FILES = ("model.safetensors", "model.fp16.safetensors")


@dataclass(frozen=True)
class Found:
    """One thing to load beside a model.

    name      as a person gave it.
    folder    of a ControlNet: config.json and weights. Of an adapter: its image encoder's.
    config    the folder's config.json.
    file      of an adapter, its weights.
    place     where it comes from; a hub's `revision` is a git commit.
    """

    name: str
    folder: Path
    config: dict[str, Any] = field(repr=False)
    place: Source
    file: Path | None = None
    revision: str = ""

    @property
    def hash(self) -> str:
        """The hub's revision, or SHA-256 (hex, first 16) over the weights."""
        return self.revision or content_hash([self.file] if self.file else self.weights())

    def weights(self, half: bool = False) -> list[Path]:
        """The .safetensors files in `folder` that loading reads; a hub's are downloaded now, `half` the size where it has such."""
        if self.place.kind == "hub":
            wanted = (_ENCODER_FILES if self.file else _NET_FILES)[:: -1 if half else 1]
            inside = "" if not self.file else self.folder.relative_to(_root(self.folder)).as_posix() + "/"
            with explained(self.place, self.name):
                return [fetch(self.place.name, [inside + name for name in wanted], self.revision)]
        found = sorted(self.folder.glob("*.safetensors"))
        return [file for file in found if ".fp16." not in file.name] or found


def find_control(what: str, source: str | Path, unet: Any) -> Found:
    """The ControlNet in a folder or of a hub id, checked against the UNet's configuration.

    what   how a person named it, for messages: 'controls["canny"]'.

    Raises ModelError when it is missing, damaged, or made for another family, UnsafeFileError for pickles.
    """
    with _called(what):
        return _find_control(what, source, unet)


def find_adapter(source: str | Path, family: str, unet: Any) -> Found:
    """The IP-Adapter in a folder, a .safetensors file, or of a hub id ("h94/IP-Adapter", or that with a file's path after it).

    Raises ModelError when it is missing, damaged, needs a face recogniser or is for another family, UnsafeFileError for pickles.
    """
    with _called("style_adapter"):
        return _find_adapter("style_adapter", source, family, unet)


def _find_control(what: str, source: str | Path, unet: Any) -> Found:
    place, _ = _place(what, source)
    folder, revision = place.path, ""
    if folder is None:
        with explained(place, what):
            folder = fetch(place.name, ["config.json"]).parent
        revision = folder.name
    else:
        if not (folder / "config.json").is_file():
            raise ModelError(
                f"{what}: {str(folder)!r} holds no config.json. Allowed: the folder of a ControlNet, as diffusers saves it."
            )
        _check_safe(what, folder, "diffusers", "ControlNetModel")
    config = read_json(folder / "config.json", folder)
    name = config.get("_class_name")
    if name != "ControlNetModel":
        raise ModelError(
            f"{what}: {place.name} is a {short(name)}; allowed: a ControlNetModel of {', '.join(_WIDTHS.values())}."
        )
    theirs, ours = config.get("cross_attention_dim"), unet.cross_attention_dim
    if theirs != ours:
        raise ModelError(
            f"{what}: {place.name} is for {_family(theirs)}; allowed: a ControlNet for {_family(ours)}, as the model is."
        )
    for key in ("block_out_channels", "layers_per_block"):
        if not _same(config.get(key), getattr(unet, key)):
            raise ModelError(
                f"{what}: {place.name} has {key} {config.get(key)}; allowed: {getattr(unet, key)}, as the model's UNet has."
            )
    return Found(what, folder, config, place, revision=revision)


def _find_adapter(what: str, source: str | Path, family: str, unet: Any) -> Found:
    if family not in _ADAPTERS:
        raise ModelError(
            f"{what}: got one for a model of the family {family}; allowed: with Stable Diffusion 1.5 and SDXL only."
        )
    place, inside = _place(what, source)
    revision = ""
    if place.path is None:
        with explained(place, what):
            file = fetch(place.name, [inside or _ADAPTERS[family]])
            root = _root(file)
            revision = root.name
            beside = (file.parent / "image_encoder").relative_to(root).as_posix()
            fetch(place.name, [f"{beside}/config.json", f"{_SHARED_ENCODER}/config.json"], revision)
            if beside != _SHARED_ENCODER:
                fetch(place.name, [f"{_SHARED_ENCODER}/config.json", f"{beside}/config.json"], revision)
    else:
        file = place.path if place.path.is_file() else _adapter_in(what, place.path, family)
    shapes = {key: tuple(entry["shape"]) for key, entry in read_header(file).items() if key != "__metadata__"}
    looks_at, width = _adapter_shape(what, file, shapes)
    if width != unet.cross_attention_dim:
        raise ModelError(
            f"{what}: {file.name} is for {_family(width)}; allowed: one for {_family(unet.cross_attention_dim)}, as the model is."
        )
    folder, config = _encoder(what, file, *looks_at)
    if place.path is not None:
        _check_safe(what, folder, "transformers", "CLIPVisionModelWithProjection")
    return Found(what, folder, config, place, file, revision)


@contextmanager
def _called(what: str) -> Iterator[None]:
    """Name the parameter that it is about in errors of the functions that read models."""
    try:
        yield
    except ModelError as error:
        if not str(error).startswith("model: "):
            raise
        raise type(error)(what + str(error).removeprefix("model")) from error


def _place(what: str, source: object) -> tuple[Source, str]:
    """(place, path inside a hub repository or "") of a folder, a .safetensors file or a hub id."""
    allowed = 'a folder, or a Hugging Face id such as "lllyasviel/sd-controlnet-canny" or "h94/IP-Adapter"'
    if not isinstance(source, str | Path) or not str(source).strip():
        raise ModelError(f"{what}: got {short(source)}; allowed: {allowed}.")
    path = Path(source).expanduser()
    if path.is_dir():
        return Source("folder", str(source), path), ""
    if path.suffix.lower() in PICKLES:
        raise UnsafeFileError(
            f"{what}: {path.name} is a pickle, which can run code when it is opened. Allowed: .safetensors, in {allowed}."
        )
    if path.is_file() and what == "style_adapter":
        return Source("file", str(source), path), ""
    if path.is_file():
        raise ModelError(f"{what}: {path.name} is a file; allowed: {allowed}.")
    if isinstance(source, str) and (match := _HUB.fullmatch(source)) and ".." not in source:
        return Source("hub", match[1]), match[2] or ""
    raise ModelError(f"{what}: there is no {str(source)!r}. Allowed: {allowed}.")


def _adapter_in(what: str, folder: Path, family: str) -> Path:
    """The adapter in a folder: the family's own in a copy of the hub's repository, else the only .safetensors there."""
    standard = folder / _ADAPTERS[family]
    for place in (standard, folder / standard.name):
        if place.is_file():
            return place
    found = sorted(folder.glob("*.safetensors"))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or ("pickles only" if list(folder.glob("*.bin")) else "none")
        raise ModelError(f"{what}: {folder} holds {names}; allowed: one .safetensors, or the path of the one to use.")
    return found[0]


def _adapter_shape(what: str, file: Path, shapes: dict[str, tuple[int, ...]]) -> tuple[tuple[str, int], int]:
    """((what of the image encoder's configuration says the width it reads, that width), width of the UNet's text states)."""
    width = next((shape[1] for key, shape in shapes.items() if re.fullmatch(r"ip_adapter\.\d+\.to_k_ip\.weight", key)), None)
    for key, says in (("proj", "projection_dim"), ("proj_in", "hidden_size"), ("proj.0", "hidden_size")):
        shape = shapes.get(f"image_proj.{key}.weight")
        face = "image_proj.perceiver_resampler.proj_in.weight" in shapes or (
            key == "proj.0" and "image_proj.proj.3.weight" not in shapes
        )
        if shape and width and not face:
            return (says, shape[1]), width
    kind = "an IP-Adapter for faces, which needs a face recogniser" if width else "no IP-Adapter"
    raise ModelError(f"{what}: {file.name} is {kind}; allowed: an IP-Adapter, as in h94/IP-Adapter.")


def _encoder(what: str, file: Path, says: str, width: int) -> tuple[Path, dict[str, Any]]:
    """(folder, configuration) of the image encoder that an adapter reads."""
    places = [file.parent / "image_encoder", file.parent.parent / _SHARED_ENCODER, file.parent / _SHARED_ENCODER]
    there = [(place, read_json(place / "config.json", place)) for place in places if (place / "config.json").is_file()]
    for place, config in there:
        if config.get(says) == width:
            return place, config
    found = ", ".join(f"{place.parent.name}/image_encoder ({says} {config.get(says)})" for place, config in there) or "none"
    raise ModelError(f"{what}: {file.name} reads an image encoder of {says} {width}; found beside it: {found}.")


def _check_safe(what: str, folder: Path, library: str, kind: str) -> None:
    """UnsafeFileError for a folder with pickles only, ModelError for one without weights or with damaged ones."""
    files = sorted(folder.glob("*.safetensors"))
    for file in files:
        read_header(file)
    unsafe = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in PICKLES]
    if unsafe and not files:
        code = (
            f"import sys; from {library} import {kind} as M; "
            "M.from_pretrained(sys.argv[1], use_safetensors=False).save_pretrained(sys.argv[2])"
        )
        raise UnsafeFileError(
            f"{what}: the weights in {str(folder)!r} are pickles ({unsafe[0].name}), which can run code when opened. "
            f'Allowed: .safetensors. Convert it:\n  python -c "{code}" {shlex.quote(str(folder))} {shlex.quote(str(folder) + "-safe")}'
        )
    if not files:
        raise ModelError(f"{what}: {str(folder)!r} holds no .safetensors file. Allowed: a folder with config.json and weights.")


def _root(path: Path) -> Path:
    """The folder of a revision in the hub's cache: .../snapshots/<revision>."""
    return next(p for p in (path, *path.parents) if p.parent.name == "snapshots")


def _family(width: object) -> str:
    return f"{_WIDTHS[width]}" if width in _WIDTHS else f"a UNet with text states of width {width}"  # type: ignore[index]


def _same(a: Any, b: Any) -> bool:
    return (list(a) if isinstance(a, list | tuple) else a) == (list(b) if isinstance(b, list | tuple) else b)
