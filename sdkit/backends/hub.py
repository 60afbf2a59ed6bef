"""The Hugging Face hub: download a model once, and say in plain words why one cannot be had."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError, ModelError
from .checkpoints import Source, check_folder

NO_NETWORK = {"ConnectionError", "NetworkError", "TimeoutException", "OfflineModeIsEnabled", "LocalEntryNotFoundError"}


def download(place: Source, half: bool, leave_out: Mapping[str, Any] | None = None) -> tuple[Path, str]:
    """(folder in the hub's cache, revision) of a hub id, downloaded where it is not there yet; .safetensors only.

    half: ask for the files in fp16, half the size; whoever has none sends the plain ones. leave_out: {part: None} not to fetch.
    """
    from diffusers import DiffusionPipeline

    variants = ["fp16", None] if half else [None]
    for variant in variants:
        try:
            found = DiffusionPipeline.download(place.name, variant=variant, use_safetensors=True, **(leave_out or {}))
            break
        except ValueError:  # diffusers: "no such modeling files are available"
            if variant is None:
                raise
    folder = Path(found)
    return check_folder(folder, without=leave_out or ()), folder.name


def fetch(name: str, files: Sequence[str], revision: str = "") -> Path:
    """One file of a hub repository, in the hub's cache: the first of `files` that is there."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    for file in files[:-1]:
        with contextlib.suppress(EntryNotFoundError):
            return Path(hf_hub_download(name, file, revision=revision or None))
    return Path(hf_hub_download(name, files[-1], revision=revision or None))


@contextlib.contextmanager
def explained(place: Source, parameter: str = "model") -> Iterator[None]:
    """Turn what the libraries raise inside into a ModelError that says what to do."""
    try:
        yield
    except (ModelError, InputError):
        raise
    except Exception as error:
        raise ModelError(f"{parameter}: {place.name!r} {_reason(place, error)}") from error


def _reason(place: Source, error: Exception) -> str:
    """Why a model cannot be had and what to do about it, as the end of a sentence. The cause may lie deep in the chain."""
    kinds: set[str] = set()
    cause: BaseException | None = error
    while cause is not None:
        kinds |= {cls.__name__ for cls in type(cause).__mro__}
        cause = cause.__cause__ or cause.__context__
    if kinds & {"OutOfMemoryError", "MemoryError"}:
        return 'does not fit into memory. Try memory="model", then memory="sequential" (both need CUDA), or a smaller model.'
    if place.kind == "hub":
        if "GatedRepoError" in kinds:
            return f"is behind a licence. Accept it at https://huggingface.co/{place.name}, then run: hf auth login"
        if "RepositoryNotFoundError" in kinds:
            return "is not on huggingface.co, or is private. Check the spelling; for a private one run: hf auth login"
        if kinds & NO_NETWORK:
            return (
                "is not on this machine, and huggingface.co cannot be reached. Check the network and HF_HUB_OFFLINE, "
                'name a local folder or a .safetensors file, or use "pocket".'
            )
    said = re.sub(r"\s+", " ", str(error)).strip().rstrip(".") or type(error).__name__
    return f"cannot be loaded: {said[:300]}." + (" A file of unusual shape needs config=." if place.kind == "file" else "")
