"""Checkpoints that only inpaint, on tiny random weights in the real layouts, through `studio.inpaint`: what is kept is kept."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from sdkit import InputError, Studio
from sdkit.backends.local import LocalBackend
from sdkit.errors import ModelError

ONLY = [("sd1", {"channels": 9}), ("sdxl", {"channels": 9}), ("flux_fill", {})]
PLAIN = [("sd1", {}), ("sdxl", {}), ("flux", {})]


def photo(size=(150, 110)):
    grain = np.random.default_rng(0).integers(0, 256, (size[1] // 4 + 1, size[0] // 4 + 1, 3), dtype=np.uint8)
    return Image.fromarray(grain).resize(size)


@pytest.fixture(scope="module")
def backend(models):
    made = {}

    def make(name, settings):
        key = (name, *settings)
        if key not in made:
            made[key] = LocalBackend(str(models(name, **settings)))
            if name.startswith("flux"):  # its transformer does not say what it was trained at: a megapixel, which takes long
                made[key].can = dataclasses.replace(made[key].can, native=(64, 64))
        return made[key]

    return make


@pytest.mark.parametrize(("name", "settings"), [*ONLY, *PLAIN])
def test_protected_pixels_come_back_bit_for_bit(backend, tmp_path, name, settings):
    studio, before = Studio(backend=backend(name, settings), store=tmp_path / "store"), photo()
    done = studio.inpaint(before, (40, 30, 100, 80), "a lemon", protect=(50, 40, 70, 60), steps=2, progress=False)
    where = (np.asarray(done.image) != np.asarray(before)).any(2)
    allowed = np.zeros_like(where)
    allowed[30:80, 40:100] = True
    allowed[40:60, 50:70] = False
    assert where.any() and not where[~allowed].any()
    again = studio.reproduce(done.id, progress=False)
    assert again.image.tobytes() == done.part.tobytes()


@pytest.mark.parametrize(("name", "settings"), ONLY)
def test_what_only_inpaints_says_so(backend, tmp_path, name, settings):
    only = backend(name, settings)
    assert only.can.kinds == {"inpaint"}
    with pytest.raises(InputError, match=r"text2img.*only inpaints: give it image= and mask="):
        Studio(backend=only, store=tmp_path / "store").generate("a lemon", progress=False)


def test_flux_fill_has_its_own_guidance_and_its_mask_matters(backend):
    fill = backend("flux_fill", {})
    assert (fill.can.steps, fill.can.guidance, fill.can.multiple) == (50, 30.0, 16)
    assert fill.made.family == "flux" and type(fill._loaded.pipe).__name__ == "FluxFillPipeline"
    from sdkit import Request

    mask = Image.new("L", (64, 64), 255)
    half = mask.copy()
    half.paste(0, (0, 0, 32, 64))
    common = {"prompt": "a lemon", "size": (64, 64), "image": photo((64, 64)), "steps": 2, "strength": 1.0}
    whole, part = fill.run([Request(**common, mask=mask), Request(**common, mask=half)])
    right = (slice(None), slice(32, None))
    assert (np.asarray(whole.image)[right] != np.asarray(part.image)[right]).any()  # it sees what is kept


@pytest.mark.parametrize(("kind", "channels"), [("FluxPipeline", (384, 64)), ("FluxFillPipeline", (64, None))])
def test_a_flux_whose_channels_are_not_its_classes_is_refused(models, tmp_path, kind, channels):
    folder = shutil.copytree(models("flux_fill"), tmp_path / "copy")
    for path, changes in (
        ("model_index.json", {"_class_name": kind}),
        ("transformer/config.json", dict(zip(("in_channels", "out_channels"), channels, strict=True))),
    ):
        about = json.loads((folder / path).read_text())
        (folder / path).write_text(json.dumps({**about, **changes}))
    with pytest.raises(ModelError, match=r"takes \d+ channels, as no .* does\. Allowed: .*Fill \(384\)"):
        LocalBackend(str(folder))


def test_a_backend_that_cannot_inpaint_names_those_that_can(backend, tmp_path, monkeypatch):
    plain = backend("sd1", {})
    monkeypatch.setattr(plain, "can", dataclasses.replace(plain.can, kinds=frozenset({"text2img"})))
    with pytest.raises(InputError, match=r"mask: got 'inpaint'.*stable-diffusion-xl-1.0-inpainting-0.1.*FLUX.1-Fill-dev"):
        Studio(backend=plain, store=tmp_path / "store").inpaint(photo(), (0, 0, 32, 32), "a lemon", progress=False)
