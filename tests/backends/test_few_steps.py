"""The embedded model in four steps, by the LoRA in its folder."""

import shutil

import pytest
from diffusers import LCMScheduler

from sdkit import Studio
from sdkit.backends import checkpoints
from sdkit.backends.models import load
from sdkit.errors import ModelError


def test_it_is_the_embedded_model_with_four_steps_and_no_guidance():
    fast, plain = load("pocket-fast", device="cpu"), load("pocket", device="cpu")
    assert (fast.name, fast.can.steps, fast.can.guidance) == ("pocket-fast", 4, 1.0)
    assert isinstance(fast.pipe.scheduler, LCMScheduler)
    assert (fast.can.native, fast.can.kinds) == (plain.can.native, plain.can.kinds)
    assert fast.hash != plain.hash  # what drew a picture is told apart
    assert plain.pipe.unet.state_dict().keys() == fast.pipe.unet.state_dict().keys()  # fused: as fast a step as without


def test_its_pictures_are_drawn_tracked_and_drawn_again(tmp_path):
    studio = Studio("pocket-fast", store=tmp_path / "store")
    shot = studio.generate("a rocket on a mint gradient background", seeds=[3])[0]
    assert (shot.request.steps, shot.request.guidance, shot.made.model) == (4, 1.0, "pocket-fast")
    assert shot.image.convert("L").getextrema()[1] - shot.image.convert("L").getextrema()[0] > 100  # a thing on a ground
    row = studio.experiments.frame().iloc[0]
    assert (row["model"], row["steps"]) == ("pocket-fast", 4)
    (file,) = (tmp_path / "store").rglob("*.png")
    again = Studio("pocket-fast", store=tmp_path / "other").reproduce(file)
    assert again.image.tobytes() == shot.image.tobytes()


def test_without_its_lora_it_is_refused_and_the_plain_one_is_not(tmp_path, monkeypatch):
    folder = shutil.copytree(checkpoints.embedded(), tmp_path / "pocket", ignore=shutil.ignore_patterns("few-steps"))
    monkeypatch.setattr(checkpoints, "embedded", lambda part="": folder / part)
    with pytest.raises(ModelError, match="'pocket-fast' is not in this installation"):
        checkpoints.resolve("pocket-fast")
    assert checkpoints.resolve("pocket").path == folder
