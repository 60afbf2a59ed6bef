"""`studio.generate` against the bare diffusers call of the same work: seconds, and whether the pictures are the same."""

from __future__ import annotations

import tempfile
import time

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from sdkit import Studio
from sdkit.backends.models import quiet, resolve

from .figures import Figure, median, ratio

PROMPTS = ("a rocket on a navy gradient background", "a gift box on a mint gradient background")
NEGATIVE, SEEDS, STEPS, GUIDANCE = "blurry, watermark", (0, 1), 20, 4.0


def bare(pipe: StableDiffusionPipeline) -> list[Image.Image]:
    return [
        pipe(
            prompt, negative_prompt=NEGATIVE, num_inference_steps=STEPS, guidance_scale=GUIDANCE,
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]
        for prompt in PROMPTS for seed in SEEDS
    ]  # fmt: skip


def ours(studio: Studio) -> list[Image.Image]:
    shots = studio.generate(list(PROMPTS), negative=NEGATIVE, seeds=SEEDS, steps=STEPS, guidance=GUIDANCE, progress=False)
    return [shot.image for shot in shots]


def load_bare() -> StableDiffusionPipeline:
    with quiet():
        pipe = StableDiffusionPipeline.from_pretrained(resolve("pocket").path)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def run(times: int = 5) -> dict[str, Figure]:
    """Four pictures a run, taking turns. Each of ours is also encoded, recorded and on disk when the clock stops."""
    pipe = load_bare()
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(store=folder)
        bare(pipe), ours(studio)  # the first call of each also warms caches
        seconds: dict[str, list[float]] = {"bare": [], "ours": []}
        same = True
        for i in range(times):
            pictures = {}
            for name in ("bare", "ours") if i % 2 else ("ours", "bare"):
                start = time.perf_counter()
                pictures[name] = bare(pipe) if name == "bare" else ours(studio)
                seconds[name].append(time.perf_counter() - start)
            same &= all(a.tobytes() == b.tobytes() for a, b in zip(pictures["bare"], pictures["ours"], strict=True))
    return {
        "generate, bare diffusers": median(seconds["bare"], "s"),
        "generate, sdkit": median(seconds["ours"], "s"),
        "generate, sdkit / bare (at most 1.03)": ratio(seconds["ours"], seconds["bare"]),
        "pictures bit-identical (1 = yes)": Figure(float(same), "", times, float(same), float(same)),
    }
