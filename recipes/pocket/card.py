"""The model card and the licence that `assemble.py` puts beside the weights; what it can draw comes from vocabulary.py."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from briefs import SHAPES
from vocabulary import (
    BACKGROUNDS,
    COLOURED,
    COLOURS,
    COUNTS,
    DEFECTS,
    OBJECT_NAMES,
    PAINTABLE,
    PAINTS,
    PLACES,
    SCENES,
    SIZES,
    STYLES,
    TIMES,
    TIMES_OF,
)

BEGIN, END = "<!-- figures: begin (evaluate.py --card writes this) -->", "<!-- figures: end -->"

UNMEASURED = """\
Not measured yet: `make pocket-eval`. The lists above are what training showed. Until it is measured, count on backgrounds
and colours, but not on every object, nor on counts, pairs and places: many still come out rough."""

LICENCE = """\
The weights in this folder
--------------------------
Copyright 2026 the sdkit authors

Licensed under the Apache License, Version 2.0 (the "License"); you may not use these files except in compliance with
the License. You may obtain a copy of the License at

    https://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software distributed under the License is distributed on an
"AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
language governing permissions and limitations under the License.

The pictures they were trained on
---------------------------------
Object renders and drawings: Fluent Emoji by Microsoft, packed as npm `@lobehub/fluent-emoji-3d` 1.1.0 and
`@lobehub/fluent-emoji-flat` 1.1.0 (Copyright (c) 2023 LobeHub, MIT); line art is drawn from the latter's shapes.
Backgrounds, layout and captions: this repository, recipes/pocket. The notice of Fluent Emoji:

MIT License

Copyright (c) Microsoft Corporation.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

CARD = """\
---
license: apache-2.0
library_name: diffusers
pipeline_tag: text-to-image
language: en
tags: [stable-diffusion, text-to-image, marketing]
---

# pocket

A Stable Diffusion pipeline of {millions:.1f} million parameters ({megabytes:.1f} MB) that draws one to four objects on a
designed background, at {shapes} pixels. It is small enough to travel
inside the sdkit wheel, so that every feature can be tried offline and without a GPU. It is a stand-in for a large model, not
a replacement of one.

| part | class | parameters | on disk |
|---|---|---:|---:|
{parts}

## Use
```python
import torch
from diffusers import StableDiffusionPipeline

pipeline = StableDiffusionPipeline.from_pretrained("sdkit/assets/pocket")
image = pipeline(
    "a rocket on a mint gradient background, on the left",
    num_inference_steps={inference_steps}, guidance_scale={guidance:g}, width=384, height=192,
    generator=torch.Generator().manual_seed(7),
).images[0]
```
For a quick look in four steps: `Studio("pocket-fast")`, or in plain diffusers `load_lora_weights` of `few-steps/`,
`LCMScheduler.from_config(pipeline.scheduler.config)`, 4 steps, guidance 1 (no negative prompt then).

An ordinary folder: no custom code, no pickle. It predicts v with a noise schedule that ends in pure noise, so keep the
scheduler's `timestep_spacing="trailing"` and `rescale_betas_zero_snr=True` when you change the scheduler. Weights are
stored in float16 and load as float32 unless a dtype is given.

What it draws, 64 times, picked by nobody (`recipes/pocket/evaluate.py --sheet`):

![64 pictures of seeds 0 to 63, with prompts as training writes them](../../../recipes/pocket/sheet.webp)

## What it can draw
A prompt reads like "a small rocket on a mint gradient background, on the left". Every object also answers to other names
("gift box", "present"), which `recipes/pocket/objects.txt` lists.

- **{object_count} objects:** {objects}.
- **How many:** one, {counts} of the same, or two different ones ("a dog and a balloon").
- **Sizes:** {sizes}; medium goes unsaid.
- **Places** of one object: {places} (left and right where a picture is not taller than wide, top and bottom where it is not
  wider than tall and has no ground to stand on).
- **Styles:** {styles}; 3d goes unsaid.
- **Paint:** {paint_count} of the objects in {paints} ("a blue balloon"): {paintable}.
- **{colour_count} background colours:** {colours}.
- **{background_count} backgrounds:** with a colour: {coloured} (a gradient also between two); with colours of their own:
  {scenes}. {timed} also {times}. An empty one: "empty navy gradient".
- **Defects** that training showed and named, for negative prompts to keep away: {defects}.
  Of these "blurry", "cropped" and "shadow" help in most pictures, and "jpeg artifacts" hardly ever come up yet.
- **Words without effect** that it knows to pass over, such as "stunning hero shot of" and "studio lighting".

## What it can't
People, hands, objects and animals other than those above (a noun that it does not know leaves the background empty), text and
logos, more than four things or more than two kinds, things that act on each other, a material or a paint of your choice,
photographs, scenes that are not listed, fine detail. It knows no brand and no artist. Objects look like emoji because they
are.

## Figures
{begin}
{figures}
{end}

## Data and licences
Every training picture was rendered by `recipes/pocket/scenes.py`: Fluent Emoji by Microsoft, 3D renders and flat drawings
(MIT, from npm `@lobehub/fluent-emoji-3d` and `@lobehub/fluent-emoji-flat` 1.1.0), composited over backgrounds that the recipe
draws, with captions that it writes. No picture was scraped, no person is depicted. Weights: Apache-2.0. Both notices are in `LICENSE`.

## How it was made
`recipes/pocket/README.md` has the steps, one command each. In short: an AutoencoderTiny 32 wide on crops of scenes; a
CLIP-shaped text encoder that first learns the mean picture of a caption; then a UNet from scratch on cached latents, the text
encoder beside it, with v-prediction, zero terminal SNR and an exponential average of the weights, {steps:,} steps. One
object-background pair in eight was kept out of training; what is right of single objects is measured on those pairs.
"""


def _list(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)


def write(
    folder: Path, parts: list[tuple[str, str, int, int]], steps: int, inference_steps: int = 20, guidance: float = 4.0
) -> None:
    """README.md and LICENSE. `parts`: (folder, class, parameters, bytes) of each part; `steps` of training."""
    rows = "\n".join(f"| {name} | `{kind}` | {count / 1e6:.2f} M | {size / 1e6:.2f} MB |" for name, kind, count, size in parts)
    text = CARD.format(
        millions=sum(p[2] for p in parts) / 1e6,
        megabytes=sum(p[3] for p in parts) / 1e6,
        parts=rows,
        shapes=_list(f"{width}x{height}" for width, height in SHAPES),
        object_count=len(OBJECT_NAMES),
        objects=_list(OBJECT_NAMES),
        counts=_list(COUNTS.values()),
        sizes=_list(SIZES),
        places=_list(PLACES),
        styles=_list(STYLES),
        paint_count=len(PAINTABLE),
        paints=_list(PAINTS),
        paintable=_list(name for name in OBJECT_NAMES if name in PAINTABLE),
        colour_count=len(COLOURS),
        colours=_list(COLOURS),
        background_count=len(BACKGROUNDS),
        coloured=_list(COLOURED),
        scenes=_list(SCENES),
        timed=_list(TIMES_OF).capitalize(),
        times=_list(words[0] for words in TIMES.values()),
        defects=_list(DEFECTS),
        steps=steps,
        inference_steps=inference_steps,
        guidance=guidance,
        begin=BEGIN,
        figures=UNMEASURED,
        end=END,
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    (folder / "LICENSE").write_text(LICENCE, encoding="utf-8")


def set_figures(path: Path, figures: str) -> None:
    """Replace what stands between the card's markers; ValueError where the markers are missing."""
    text = path.read_text(encoding="utf-8")
    head, found, rest = text.partition(BEGIN)
    _, found_end, tail = rest.partition(END)
    if not (found and found_end):
        raise ValueError(f"{path} has no figures section: expected {BEGIN} … {END}")
    part = path.with_suffix(".part")
    part.write_text(f"{head}{BEGIN}\n{figures.strip()}\n{END}{tail}", encoding="utf-8")
    os.replace(part, path)
