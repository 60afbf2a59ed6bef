"""Tiny pipelines with random weights, in the layouts that real ones have: diffusers folders and single .safetensors files."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxFillPipeline,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

from sdkit.backends.single_file import write_tokenizer

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def tiny_sd1(folder: Path, *, channels: int = 4, seed: int = 0) -> Path:
    """Stable Diffusion 1's layout, 64 pixels native, about 2 MB; nine channels: its inpainting variant. Returns `folder`."""
    torch.manual_seed(seed)
    pipe = (StableDiffusionPipeline if channels == 4 else StableDiffusionInpaintPipeline)(
        unet=_unet(in_channels=channels, cross_attention_dim=16),
        vae=_vae(),
        text_encoder=CLIPTextModel(_clip(16)),
        tokenizer=_tokenizer(folder),
        scheduler=DDIMScheduler(**BETAS, steps_offset=1, clip_sample=False, set_alpha_to_one=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.save_pretrained(folder)
    return folder


def tiny_sdxl(folder: Path, *, channels: int = 4) -> Path:
    """SDXL's layout: two text encoders of unlike width, pooled text and sizes added to the time embedding."""
    torch.manual_seed(1)
    unet = _unet(
        in_channels=channels,
        cross_attention_dim=16 + 24,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + 24,
    )
    pipe = (StableDiffusionXLPipeline if channels == 4 else StableDiffusionXLInpaintPipeline)(
        unet=unet,
        vae=_vae(force_upcast=True),
        text_encoder=CLIPTextModel(_clip(16)),
        text_encoder_2=CLIPTextModelWithProjection(_clip(24, hidden_act="gelu", projection_dim=24)),
        tokenizer=_tokenizer(folder),
        tokenizer_2=_tokenizer(folder, "!"),
        scheduler=EulerDiscreteScheduler(**BETAS, steps_offset=1, timestep_spacing="leading"),
    )
    pipe.save_pretrained(folder)
    return folder


def tiny_sd3(folder: Path) -> Path:
    """SD 3's layout: three text encoders and a transformer."""
    torch.manual_seed(2)
    pipe = StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=32, patch_size=2, in_channels=16, out_channels=16, num_layers=2, attention_head_dim=8,
            num_attention_heads=4, joint_attention_dim=40, caption_projection_dim=32, pooled_projection_dim=16 + 24,
            pos_embed_max_size=16,
        ),
        vae=_vae(latent_channels=16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06),
        text_encoder=_identity_projection(CLIPTextModelWithProjection(_clip(16, projection_dim=16))),
        text_encoder_2=CLIPTextModelWithProjection(_clip(24, hidden_act="gelu", projection_dim=24)),
        text_encoder_3=_t5(40),
        tokenizer=_tokenizer(folder),
        tokenizer_2=_tokenizer(folder, "!"),
        tokenizer_3=T5TokenizerFast(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def tiny_flux(folder: Path, *, guidance: bool = False) -> Path:
    """FLUX's layout: CLIP and T5, a transformer with double and single blocks. guidance: as dev has it, and schnell has not."""
    torch.manual_seed(3)
    pipe = FluxPipeline(
        transformer=FluxTransformer2DModel(
            in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=40, pooled_projection_dim=16, guidance_embeds=guidance, axes_dims_rope=(4, 4, 8),
        ),
        vae=_vae(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1),
        text_encoder=CLIPTextModel(_clip(16)),
        text_encoder_2=_t5(40),
        tokenizer=_tokenizer(folder),
        tokenizer_2=T5TokenizerFast(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def tiny_flux_fill(folder: Path) -> Path:
    """FLUX.1 Fill's layout: a transformer that reads 384 channels (64 of latents, 64 of masked ones, 256 of mask) and says 64."""
    torch.manual_seed(4)
    pipe = FluxFillPipeline(
        transformer=FluxTransformer2DModel(
            in_channels=384, out_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=40, pooled_projection_dim=16, guidance_embeds=True, axes_dims_rope=(4, 4, 8),
        ),
        vae=_vae(latent_channels=16, levels=4, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1),
        text_encoder=CLIPTextModel(_clip(16)),
        text_encoder_2=_t5(40),
        tokenizer=_tokenizer(folder),
        tokenizer_2=T5TokenizerFast(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
    )  # fmt: skip
    pipe.save_pretrained(folder)
    return folder


def single_file(folder: Path, target: Path, *, dtype: torch.dtype = torch.float32, leave_out: str = "") -> Path:
    """The SD1, SDXL or SD3 pipeline in `folder` as one file with the original keys, without T5. leave_out: a key pattern."""
    names = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2")
    weights = original_keys({name: _read(folder / name) for name in names if (folder / name).exists()})
    weights = {k: v.to(dtype).contiguous() for k, v in weights.items() if not (leave_out and re.search(leave_out, k))}
    save_file(weights, target, metadata={"format": "pt"})
    return target


def original_keys(parts: dict[str, dict[str, torch.Tensor]], *, openclip: bool = False) -> dict[str, torch.Tensor]:
    """The weights of a pipeline's parts under the keys of single files. openclip: SD2, whose text encoder is OpenCLIP's."""
    text = {k.removeprefix("text_model."): v for k, v in parts["text_encoder"].items() if k != "text_projection.weight"}
    if "transformer" in parts:
        denoiser, first = _original_sd3(parts["transformer"]), "text_encoders.clip_l.transformer."
        second = {f"text_encoders.clip_g.transformer.{k}": v for k, v in parts["text_encoder_2"].items()}
    elif "text_encoder_2" in parts:
        denoiser, first = _ldm_unet(parts["unet"]), "conditioner.embedders.0.transformer."
        second = {f"conditioner.embedders.1.model.{k}": v for k, v in _open_clip(parts["text_encoder_2"]).items()}
    elif openclip:
        denoiser, first = _ldm_unet(parts["unet"]), ""
        second = {f"cond_stage_model.model.{k}": v for k, v in _open_clip(parts["text_encoder"]).items()}
    else:
        denoiser, first, second = _ldm_unet(parts["unet"]), "cond_stage_model.transformer.", {}
    weights = {f"model.diffusion_model.{k}": v for k, v in denoiser.items()} | second
    weights |= {f"first_stage_model.{k}": v for k, v in _ldm_vae(parts["vae"]).items()}
    return weights | {f"{first}text_model.{k}": v for k, v in text.items() if first}


def _unet(**settings) -> UNet2DConditionModel:
    """A UNet of two levels; every choice can be overridden."""
    return UNet2DConditionModel(
        **{
            "sample_size": 32, "in_channels": 4, "out_channels": 4, "layers_per_block": 1, "block_out_channels": (16, 32),
            "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"), "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
            "norm_num_groups": 8, "attention_head_dim": 4, **settings,
        }
    )  # fmt: skip


def _vae(latent_channels: int = 4, levels: int = 2, **settings) -> AutoencoderKL:
    """An autoencoder of factor 2, so that pictures of 64 pixels have latents of 32; of four levels, the usual factor 8."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=(8, 16, 16, 16)[:levels],
        layers_per_block=1,
        norm_num_groups=4,
        latent_channels=latent_channels,
        sample_size=64,
        **settings,
    )


def _clip(width: int, **settings) -> CLIPTextConfig:
    """A text encoder of two layers over the full vocabulary."""
    ids = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    return CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2, num_attention_heads=2,
        **ids, **settings,
    )  # fmt: skip


def _identity_projection(encoder: CLIPTextModelWithProjection) -> CLIPTextModelWithProjection:
    """As SD 3's CLIP-L has it: its files leave the projection out."""
    torch.nn.init.eye_(encoder.text_projection.weight)
    return encoder


def _t5(width: int) -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=128, d_model=width, d_kv=8, d_ff=32, num_layers=1, num_heads=2))


def _tokenizer(folder: Path, pad: str = "<|endoftext|>") -> CLIPTokenizer:
    write_tokenizer(folder / "tokenizer", pad)
    return CLIPTokenizer.from_pretrained(folder / "tokenizer")


def _read(folder: Path) -> dict[str, torch.Tensor]:
    (path,) = folder.glob("*.safetensors")
    return load_file(path)


# diffusers' key -> the original key.
RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection",
}  # fmt: skip
OUTER = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2", "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1", "mid_block.resnets.1": "middle_block.2",
}  # fmt: skip


def _ldm_unet(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The UNet's weights under their original names: blocks counted through, one more a level than it has layers."""
    layers = 1 + max(int(m[1]) for key in weights if (m := re.match(r"down_blocks\.\d+\.resnets\.(\d+)\.", key)))
    attended = {m[1] for key in weights if (m := re.match(r"(up_blocks\.\d+)\.attentions", key))}
    out = {}
    for key, value in weights.items():
        new = key
        if m := re.match(
            r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(conv(?=\.\w+$))?", key
        ):
            side, block, what, layer = m[1], int(m[2]), m[3], int(m[4])
            if side == "down":
                number = 1 + block * (layers + 1) + (layers if what == "downsamplers" else layer)
                place = f"input_blocks.{number}." + {"resnets": "0.", "attentions": "1.", "downsamplers": "0.op"}[what]
            else:
                number = block * (layers + 1) + (layers if what == "upsamplers" else layer)
                last = "2.conv" if f"up_blocks.{block}" in attended else "1.conv"
                place = f"output_blocks.{number}." + {"resnets": "0.", "attentions": "1.", "upsamplers": last}[what]
            new = place + key[m.end() :]
        else:
            for old, original in OUTER.items():
                if key.startswith(old + "."):
                    new = original + key[len(old) :]
        if ".resnets." in key:
            for old, original in RESNET.items():
                new = new.replace(f".{old}.", f".{original}.")
        out[new] = value
    assert len(out) == len(weights)
    return out


def _ldm_vae(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The autoencoder's weights under their original names: the decoder counts down, attention is convolutions."""
    levels = 1 + max(int(m[1]) for key in weights if (m := re.match(r"decoder\.up_blocks\.(\d+)", key)))
    out = {}
    for key, value in weights.items():
        new = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", key)
        new = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0\.", r"down.\1.downsample.", new)
        new = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda m: f"up.{levels - 1 - int(m[1])}.block.", new)
        new = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0\.", lambda m: f"up.{levels - 1 - int(m[1])}.upsample.", new)
        new = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", new)
        new = new.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
        if "mid_block.attentions.0" in new:
            new = (
                new.replace("mid_block.attentions.0", "mid.attn_1")
                .replace("group_norm", "norm")
                .replace("to_out.0", "proj_out")
            )
            new = re.sub(r"to_([qkv])\.", r"\1.", new)
            value = value[:, :, None, None] if value.ndim == 2 else value
        out[new] = value
    assert len(out) == len(weights)
    return out


def _open_clip(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A text encoder's weights under OpenCLIP's names: query, key and value in one, the projection transposed."""
    names = {
        "embeddings.token_embedding.weight": "token_embedding.weight",
        "embeddings.position_embedding.weight": "positional_embedding",
        "final_layer_norm.": "ln_final.", "encoder.layers.": "transformer.resblocks.", "self_attn.out_proj": "attn.out_proj",
        "layer_norm1": "ln_1", "layer_norm2": "ln_2", "fc1": "c_fc", "fc2": "c_proj",
    }  # fmt: skip
    out = {}
    for key, value in weights.items():
        new = key.removeprefix("text_model.")
        for old, original in names.items():
            new = new.replace(old, original)
        if m := re.search(r"self_attn\.q_proj\.(weight|bias)", new):
            parts = [weights[key.replace("q_proj", f"{one}_proj")] for one in "qkv"]
            out[new.replace(m[0], f"attn.in_proj_{m[1]}")] = torch.cat(parts)
        elif new == "text_projection.weight":
            out["text_projection"] = value.T
        elif "_proj" not in new or "out_proj" in new or "c_proj" in new:
            out[new] = value
    return out


SD3_OUTER = {
    "pos_embed.pos_embed": "pos_embed", "pos_embed.proj": "x_embedder.proj", "context_embedder": "context_embedder",
    "time_text_embed.timestep_embedder.linear_1": "t_embedder.mlp.0",
    "time_text_embed.timestep_embedder.linear_2": "t_embedder.mlp.2",
    "time_text_embed.text_embedder.linear_1": "y_embedder.mlp.0",
    "time_text_embed.text_embedder.linear_2": "y_embedder.mlp.2",
    "proj_out": "final_layer.linear", "norm_out.linear": "final_layer.adaLN_modulation.1",
}  # fmt: skip
SD3_BLOCK = {
    "attn.to_out.0": "x_block.attn.proj", "attn.to_add_out": "context_block.attn.proj",
    "norm1.linear": "x_block.adaLN_modulation.1", "norm1_context.linear": "context_block.adaLN_modulation.1",
    "ff.net.0.proj": "x_block.mlp.fc1", "ff.net.2": "x_block.mlp.fc2",
    "ff_context.net.0.proj": "context_block.mlp.fc1", "ff_context.net.2": "context_block.mlp.fc2",
}  # fmt: skip


def _original_sd3(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """An SD 3 transformer's weights under their original names: joint query, key, value; last, shift before scale."""
    last = max(int(m[1]) for key in weights if (m := re.match(r"transformer_blocks\.(\d+)\.", key)))
    swapped = ("norm_out.linear.", f"transformer_blocks.{last}.norm1_context.linear.")
    out = {}
    for key, value in weights.items():
        stem, _, leaf = key.rpartition(".")
        if key.startswith(swapped):
            value = torch.cat(value.chunk(2)[::-1])
        if key in SD3_OUTER:
            out[SD3_OUTER[key]] = value
        elif stem in SD3_OUTER:
            out[f"{SD3_OUTER[stem]}.{leaf}"] = value
        else:
            _, number, inner = stem.split(".", 2)
            if inner in SD3_BLOCK:
                out[f"joint_blocks.{number}.{SD3_BLOCK[inner]}.{leaf}"] = value
            elif inner in ("attn.to_q", "attn.add_q_proj"):
                joint = torch.cat([weights[key.replace(inner, inner.replace("_q", f"_{one}"))] for one in "qkv"])
                side = "x_block" if inner == "attn.to_q" else "context_block"
                out[f"joint_blocks.{number}.{side}.attn.qkv.{leaf}"] = joint
            else:
                assert inner in ("attn.to_k", "attn.to_v", "attn.add_k_proj", "attn.add_v_proj"), key
    return out


def tiny_controlnet(folder: Path, *, of: str = "sd1", seed: int = 5) -> Path:
    """A ControlNet for the tiny model of a family, in diffusers' layout. Its last convolutions are not zero, as in a trained one."""
    torch.manual_seed(seed)
    with tempfile.TemporaryDirectory() as temporary:
        parent = Path(temporary) / "model"
        {"sd1": tiny_sd1, "sdxl": tiny_sdxl}[of](parent)
        unet = UNet2DConditionModel.from_pretrained(parent / "unet")
    torch.manual_seed(seed)
    # Maps are eight times as large as latents in real ones, twice as large here: one convolution with a stride.
    net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=(8, 8))
    for block in (*net.controlnet_down_blocks, net.controlnet_mid_block, net.controlnet_cond_embedding.conv_out):
        torch.nn.init.normal_(block.weight, std=0.3)
    net.save_pretrained(folder)
    return folder


def tiny_ip_adapter(folder: Path, *, of: str = "sd1", family: str = "", plus: bool = False) -> Path:
    """An IP-Adapter in h94/IP-Adapter's layout, named as that of `family`: one file of two groups of keys, and image_encoder/."""
    torch.manual_seed(8)
    width = {"sd1": 16, "sdxl": 40}[of]
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8,
            projection_dim=12,
        )
    )  # fmt: skip
    encoder.save_pretrained(folder / "image_encoder")
    # Where the tiny UNets attend to words, in diffusers' order; numbers count self-attention too, so they are odd.
    channels = {"sd1": [16, 16, 16, 32], "sdxl": [32, 32, 32, 32, 32, 32, 32, 32]}[of]
    weights = {}
    for i, hidden in enumerate(channels):
        for one in ("k", "v"):
            weights[f"ip_adapter.{2 * i + 1}.to_{one}_ip.weight"] = torch.randn(hidden, width)
    weights |= {f"image_proj.{key}": value for key, value in (_resampler(width) if plus else _projection(width)).items()}
    name = "ip-adapter_sdxl_vit-h" if (family or of) == "sdxl" else "ip-adapter_sd15"
    save_file(weights, folder / f"{name}.safetensors")
    return folder


def face_adapter() -> dict[str, torch.Tensor]:
    """The keys by which a face adapter is told."""
    keys = {"image_proj.proj.0.weight": (1024, 512), "image_proj.proj.2.weight": (3072, 1024), "image_proj.norm.weight": (768,)}
    return {key: torch.zeros(shape) for key, shape in {**keys, "ip_adapter.1.to_k_ip.weight": (320, 768)}.items()}


def _projection(width: int) -> dict[str, torch.Tensor]:
    return {
        "proj.weight": torch.randn(4 * width, 12), "proj.bias": torch.zeros(4 * width), "norm.weight": torch.ones(width),
        "norm.bias": torch.zeros(width),
    }  # fmt: skip


def _resampler(width: int) -> dict[str, torch.Tensor]:
    """The "plus" kind's, of four layers, under its published names."""
    inner = 64
    shapes = {
        "latents": (1, 4, inner), "proj_in.weight": (inner, 24), "proj_in.bias": (inner,), "proj_out.weight": (width, inner),
        "proj_out.bias": (width,), "norm_out.weight": (width,), "norm_out.bias": (width,),
    }  # fmt: skip
    for i in range(4):
        shapes |= {f"layers.{i}.0.{key}": (inner,) for key in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias")}
        shapes |= {f"layers.{i}.0.{key}.weight": shape for key, shape in (("to_q", (64, inner)), ("to_kv", (128, inner)))}
        shapes |= {
            f"layers.{i}.0.to_out.weight": (inner, 64),
            f"layers.{i}.1.0.weight": (inner,),
            f"layers.{i}.1.0.bias": (inner,),
        }
        shapes |= {f"layers.{i}.1.1.weight": (4 * inner, inner), f"layers.{i}.1.3.weight": (inner, 4 * inner)}
    return {key: torch.randn(shape) * 0.2 for key, shape in shapes.items()}
