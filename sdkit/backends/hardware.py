"""From a machine and a model family to dtype and memory settings: one pure function over a small table."""

from __future__ import annotations

from dataclasses import dataclass

GB = 10**9

# Bytes of fp16 weights plus room to draw at the native size: to hold all of it, and to hold the largest part alone.
# Weights are two bytes a parameter (the counts in tests/backends/test_models.py); the rest is activations and the VAE.
NEEDS = {
    "sd1": (4 * GB, 3 * GB),
    "sd2": (5 * GB, 3 * GB),
    "sdxl": (11 * GB, 7 * GB),
    "sd3": (19 * GB, 11 * GB),
    "flux": (38 * GB, int(24.5 * GB)),
}


@dataclass(frozen=True)
class Hardware:
    """The machine. device: "cpu", "mps" or "cuda[:n]"; vram_bytes: 0 for a CPU; capability: CUDA's, such as (7, 5) for a T4."""

    device: str = "cpu"
    name: str = "CPU"
    vram_bytes: int = 0
    capability: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Settings:
    """How a pipeline is held and run.

    dtype              "float32", "float16" or "bfloat16".
    offload            "none" (all of it on the device), "model" (one part at a time) or "sequential" (one layer at a time).
    vae_tiling         decode pictures over the native size in tiles.
    vae_slicing        decode a batch picture by picture.
    attention_slicing  attend in slices: less memory, slower.
    compile            compile the repeated blocks: the first picture of each size waits, the others come faster.
    """

    dtype: str = "float32"
    offload: str = "none"
    vae_tiling: bool = False
    vae_slicing: bool = True
    attention_slicing: bool = False
    compile: bool = False


def settings(device: str, vram_bytes: int, capability: tuple[int, int], family: str) -> Settings:
    """The settings for a family on a device; a pure function.

    CPU is float32: bf16 is slower on most of them, and pictures would differ from machine to machine. bf16 needs compute
    capability 8: `torch.cuda.is_bf16_supported()` says True on a T4, which only emulates it. SD 3 and FLUX were trained in
    bf16, so they get it wherever it is; the others get it in a data centre (40 GB and up), fp16 elsewhere.
    """
    everything, largest = NEEDS.get(family, NEEDS["sdxl"])
    kind = device.partition(":")[0]
    if kind == "mps":
        # On MPS attention slicing turns SDXL's pictures black; for the small families it is what fits 8 GB machines.
        small = family in ("sd1", "sd2") and vram_bytes < 12 * GB
        return Settings("float16", vae_tiling=vram_bytes < 12 * GB, attention_slicing=small)
    if kind != "cuda":
        return Settings()
    modern = capability >= (8, 0)
    centre = modern and vram_bytes >= 40 * GB
    offload = "none" if vram_bytes >= everything else "model" if vram_bytes >= largest else "sequential"
    return Settings(
        dtype="bfloat16" if centre or (modern and family in ("sd3", "flux")) else "float16",
        offload=offload,
        vae_tiling=vram_bytes < 12 * GB or offload != "none",
        vae_slicing=not centre,
        attention_slicing=False,  # SDPA already needs no more memory than slices do
        compile=centre and offload == "none",
    )
