"""ControlNets and a style adapter beside a loaded pipeline: loaded when first used, and out of the way when not.

A picture without controls and style image is drawn by the very pipeline that would draw it if none had been given.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from ..errors import InputError, ModelError
from ..request import Request
from .beside import Found, find_adapter, find_control
from .checkpoints import read_header
from .hub import explained
from .models import Loaded, quiet, view
from .painting import fitted

_PIPELINES = {"sd1": "StableDiffusionControlNet", "sd2": "StableDiffusionControlNet", "sdxl": "StableDiffusionXLControlNet"}
_KINDS = {"text2img": "", "img2img": "Img2Img", "inpaint": "Inpaint"}


class Guides:
    """What guides one loaded pipeline.

    controls        {kind: folder or hub id} of ControlNets.
    style_adapter   folder, file or hub id of an IP-Adapter, or "".

    Raises ModelError when one is missing, damaged or for another family, UnsafeFileError for pickles; nothing is loaded yet.
    """

    def __init__(
        self, loaded: Loaded, controls: Mapping[str, str | Path] | None = None, style_adapter: str | Path = ""
    ) -> None:
        self._loaded = loaded
        if controls is not None and not isinstance(controls, Mapping):
            raise InputError("controls", controls, 'a dict such as {"canny": "folder or hub id"}')
        if controls and loaded.family not in _PIPELINES:
            raise ModelError(
                f"controls: got {', '.join(controls)} for {loaded.name!r}, a model of the family {loaded.family}; "
                "allowed: with Stable Diffusion 1.5, 2 and SDXL."
            )
        config = loaded.pipe.unet.config if hasattr(loaded.pipe, "unet") else None
        self._controls = {
            kind: find_control(f"controls[{kind!r}]", source, config) for kind, source in (controls or {}).items()
        }
        self._style = find_adapter(style_adapter, loaded.family, config) if str(style_adapter) else None
        if self._style and loaded.settings.offload == "sequential":
            raise ModelError('style_adapter: not together with memory="sequential"; allowed: "auto", "resident", "model".')
        self._nets: dict[str, Any] = {}
        self._pipes: dict[tuple[str, ...], Any] = {}
        self._adapter: _Adapter | None = None
        self.can = replace(loaded.can, controls=frozenset(self._controls), style=self._style is not None)

    def used(self, request: Request) -> dict[str, str]:
        """What the request uses of it: {"canny": hash or revision of the weights, "style": ...}. The request passed `can.check`."""
        out = {control.kind: self._controls[control.kind].hash for control in request.control}
        return out if request.style_image is None or self._style is None else {**out, "style": self._style.hash}

    def view(self, request: Request) -> Any:
        """The pipeline for the request: that of `models.view`, or one over the same weights that asks ControlNets too."""
        if not request.control:
            return view(self._loaded, request.kind)
        kinds = tuple(control.kind for control in request.control)
        key = (request.kind, *kinds)
        if key not in self._pipes:
            nets = [self._net(kind) for kind in kinds]
            with quiet():
                self._pipes[key] = self._pipeline(request.kind, nets[0] if len(nets) == 1 else nets)
        return self._pipes[key]

    def given(self, request: Request, size: tuple[int, int], laid: Any = None) -> dict[str, Any]:
        """Keywords for the pipeline of `view`: maps of `size` (width, height) and their weights.

        laid   what places a map under the picture, where that is not a matter of size alone.
        """
        if not request.control:
            return {}
        maps = [(laid or fitted)(control.image, size) for control in request.control]
        weights = [control.weight for control in request.control]
        one = len(maps) == 1
        name = "image" if request.kind == "text2img" else "control_image"
        return {name: maps[0] if one else maps, "controlnet_conditioning_scale": weights[0] if one else weights}

    def net(self, request: Request) -> Any:
        """The ControlNet, or several as one module, that the pipeline of `view` asks; None without controls."""
        return self.view(request).controlnet if request.control else None

    @contextmanager
    def styled(self, request: Request) -> Iterator[dict[str, Any]]:
        """While it lasts the UNet looks at the style image too; gives keywords for the pipeline."""
        if request.style_image is None:
            yield {}
            return
        if self._adapter is None:
            assert self._style is not None
            with quiet(), explained(self._style.place, self._style.name):
                self._adapter = _Adapter(self._loaded, self._style)
        # As the pipelines have it: a whole LCM takes guidance as an input, and draws once a step.
        twice = request.guidance > 1 and self._loaded.pipe.unet.config.time_cond_proj_dim is None
        with self._adapter.looking(request.style_image, request.style_weight, twice) as embeddings:
            yield {"ip_adapter_image_embeds": [embeddings]}

    def _net(self, kind: str) -> Any:
        if kind not in self._nets:
            from diffusers import ControlNetModel

            found = self._controls[kind]
            files = found.weights(self._loaded.dtype == "float16")
            with quiet(), explained(found.place, found.name):
                net = ControlNetModel.from_pretrained(
                    str(files[0].parent), torch_dtype=getattr(torch, self._loaded.dtype), use_safetensors=True,
                    local_files_only=True, variant="fp16" if ".fp16." in files[0].name else None,
                )  # fmt: skip
                _check_complete(found, files, net)
                if self._loaded.settings.offload == "sequential":
                    from accelerate import cpu_offload

                    cpu_offload(net, torch.device(self._loaded.device))
                elif self._loaded.settings.offload == "none":
                    net.to(self._loaded.device)
            self._nets[kind] = net.eval()
        return self._nets[kind]

    def _pipeline(self, kind: str, nets: Any) -> Any:
        """A pipeline over the loaded parts. Not `from_pipe`, which turns them into float32 on the way."""
        import diffusers

        loaded = self._loaded
        cls = getattr(diffusers, f"{_PIPELINES[loaded.family]}{_KINDS[kind]}Pipeline")
        takes = inspect.signature(cls.__init__).parameters
        parts = {name: part for name, part in {**loaded.pipe.config, **loaded.pipe.components}.items() if name in takes}
        made = cls(**parts, controlnet=nets)
        made.set_progress_bar_config(disable=True)
        if loaded.settings.offload == "model":
            made.enable_model_cpu_offload(device=loaded.device)
        return made


class _Adapter:
    """A loaded IP-Adapter: attention that a UNet is given for a call, and taken again.

    With it in place a UNet cannot draw without a style image, so it is never left there.
    """

    def __init__(self, loaded: Loaded, found: Found) -> None:
        from safetensors.torch import load_file
        from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

        assert found.file is not None
        self._device, self._dtype = loaded.device, getattr(torch, loaded.dtype)
        files = found.weights(loaded.dtype == "float16")
        variant: Any = {"variant": "fp16"} if ".fp16." in files[0].name else {}
        encoder = CLIPVisionModelWithProjection.from_pretrained(
            str(files[0].parent), dtype=self._dtype, use_safetensors=True, local_files_only=True, **variant
        )
        _check_complete(found, files, encoder)
        self._encoder = encoder.eval()
        side = encoder.config.image_size
        self._processor = CLIPImageProcessor(size=side, crop_size=side)
        weights: dict[str, dict[str, Any]] = {"image_proj": {}, "ip_adapter": {}}
        for key, value in load_file(found.file).items():
            group, _, rest = key.partition(".")
            weights[group][rest] = value
        pipe, self._unet = loaded.pipe, loaded.pipe.unet
        self._plain, extractor = dict(self._unet.attn_processors), pipe.feature_extractor
        before = (self._unet.encoder_hid_proj, self._unet.config.encoder_hid_dim_type)
        try:
            pipe.load_ip_adapter(weights, subfolder="", weight_name="", image_encoder_folder=None)
            self._projection = self._unet.encoder_hid_proj
            # That of the "plus" kind has attention of its own, which the UNet counts among its processors.
            self._ours = {k: v for k, v in self._unet.attn_processors.items() if k in self._plain}
        finally:
            pipe.register_modules(feature_extractor=extractor)
            self._put(self._plain, *before)
        self._before = before
        kind = type(self._projection.image_projection_layers[0]).__name__
        self._hidden = kind != "ImageProjection"  # "plus" and "full" read the encoder's last hidden states but one

    @contextmanager
    def looking(self, image: Image.Image, weight: float, guided: bool) -> Iterator[torch.Tensor]:
        """The UNet looks at `image` while it lasts; gives its embeddings, those of no image first where `guided`."""
        embeddings = self._embeddings(image, guided)
        for part in (*self._ours.values(), self._projection):
            if isinstance(part, torch.nn.Module):
                part.to(self._device, self._dtype)
            if hasattr(part, "to_k_ip"):
                part.scale = [weight]
        self._put(self._ours, self._projection, "ip_image_proj")
        try:
            yield embeddings
        finally:
            self._put(self._plain, *self._before)

    @torch.no_grad()
    def _embeddings(self, image: Image.Image, guided: bool) -> torch.Tensor:
        """(2 or 1, 1, width) or (2 or 1, 1, tokens, width)."""
        pixels = self._processor(images=image.convert("RGB"), return_tensors="pt").pixel_values.to(self._device, self._dtype)
        self._encoder.to(self._device)
        try:
            if self._hidden:
                seen = self._encoder(pixels, output_hidden_states=True).hidden_states[-2]
                nothing = (
                    self._encoder(torch.zeros_like(pixels), output_hidden_states=True).hidden_states[-2] if guided else None
                )
            else:
                seen = self._encoder(pixels).image_embeds
                nothing = torch.zeros_like(seen) if guided else None
        finally:
            self._encoder.to("cpu")  # it is asked once a picture, and large
        return (seen if nothing is None else torch.cat([nothing, seen]))[:, None]

    def _put(self, processors: Mapping[str, Any], projection: Any, kind: str | None) -> None:
        self._unet.encoder_hid_proj = None  # so that only the UNet's own attention is counted
        self._unet.set_attn_processor(dict(processors))
        self._unet.encoder_hid_proj = projection
        self._unet.config.encoder_hid_dim_type = kind  # as diffusers itself does when it unloads an adapter


def _check_complete(found: Found, files: list[Path], part: Any) -> None:
    """ModelError when the files hold fewer numbers than the part has: the libraries would fill up with noise, silently."""
    held = sum(math.prod(e["shape"]) for file in files for key, e in read_header(file).items() if key != "__metadata__")
    if held < sum(p.numel() for p in part.parameters()):
        raise ModelError(f"{found.name}: {str(files[0].parent)!r} lacks some of its weights. Download it again.")
