"""The model card and the licence that `assemble.py` puts beside the weights; what it can draw comes from vocabulary.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from vocabulary import BACKGROUNDS, COLOURED, COLOURS, DEFECTS, OBJECTS, SCENES, SIDES

BEGIN, END = "<!-- figures: begin (evaluate.py --card writes this) -->", "<!-- figures: end -->"

UNMEASURED = """\
Not measured yet: `make pocket-eval`. The lists above are what training showed. Until it is measured, count on backgrounds
and colours, but not on every object, nor on its side: many still come out rough."""

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
Object renders: Fluent Emoji by Microsoft, packed as npm `@lobehub/fluent-emoji-3d` 1.1.0 (Copyright (c) 2023 LobeHub,
MIT). Backgrounds, layout and captions: this repository, recipes/pocket. The notice of Fluent Emoji:

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

A Stable Diffusion pipeline of {millions:.1f} million parameters ({megabytes:.1f} MB) that draws one object on a designed
background, at 256x256, 384x192 and 192x384 pixels. It is small enough to travel inside the sdkit wheel, so that every
feature can be tried offline and without a GPU. It is a stand-in for a large model, not a replacement of one.

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
An ordinary folder: no custom code, no pickle. It predicts v with a noise schedule that ends in pure noise, so keep the
scheduler's `timestep_spacing="trailing"` and `rescale_betas_zero_snr=True` when you change the scheduler. Weights are
stored in float16 and load as float32 unless a dtype is given.

## What it can draw
A prompt reads like "a rocket on a mint gradient background, on the left". Each object also answers to the names in
brackets. No other words but a few fillers ("hero shot of", "studio lighting") were in the training captions.

- **{object_count} objects:** {objects}.
- **{colour_count} background colours:** {colours}.
- **{background_count} backgrounds:** with a colour: {coloured}; with colours of their own: {scenes}.
- **Sides:** {sides} (in tall pictures always the centre). An empty background: "empty navy gradient".
- **Defects** that training showed and named, for negative prompts to keep away: {defects}.

## What it can't
People, hands, animals other than those above, text and logos, several objects, objects in a colour or a material of
your choice, photographs, scenes that are not listed, fine detail. It knows no brand and no artist. Objects look like 3D
emoji because they are.

## Figures
{begin}
{figures}
{end}

## Data and licences
Every training picture was rendered by `recipes/pocket/scenes.py`: Fluent Emoji 3D renders by Microsoft (MIT, from npm
`@lobehub/fluent-emoji-3d` 1.1.0), composited over backgrounds that the recipe draws, with captions that it writes. No
picture was scraped, no person is depicted. Weights: Apache-2.0. Both notices are in `LICENSE`.

## How it was made
`recipes/pocket/README.md` has the steps, one command each. In short: an AutoencoderTiny 32 wide on crops of scenes; a
CLIP-shaped text encoder that first learns the mean picture of a caption; then a UNet from scratch on cached latents, with
v-prediction, zero terminal SNR and an exponential average of the weights, {steps:,} steps. One
object-background pair in eight was kept out of training; the figures are measured on those pairs only.
"""


def _list(words: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{names[0]} ({', '.join(names[1:])})" if names[1:] else names[0] for names in words.values())


def write(
    folder: Path, parts: list[tuple[str, str, int, int]], steps: int, inference_steps: int = 20, guidance: float = 4.0
) -> None:
    """README.md and LICENSE. `parts`: (folder, class, parameters, bytes) of each part; `steps` of training."""
    rows = "\n".join(f"| {name} | `{kind}` | {count / 1e6:.2f} M | {size / 1e6:.2f} MB |" for name, kind, count, size in parts)
    text = CARD.format(
        millions=sum(p[2] for p in parts) / 1e6,
        megabytes=sum(p[3] for p in parts) / 1e6,
        parts=rows,
        object_count=len(OBJECTS),
        objects=_list(OBJECTS),
        colour_count=len(COLOURS),
        colours=", ".join(COLOURS),
        background_count=len(BACKGROUNDS),
        coloured=", ".join(COLOURED),
        scenes=", ".join(SCENES),
        sides=", ".join(SIDES),
        defects=", ".join(DEFECTS),
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
