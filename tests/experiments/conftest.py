import sys
from pathlib import Path

import pytest
from PIL import Image

from sdkit import receipts
from sdkit.experiments import Store
from sdkit.request import Request
from sdkit.result import Made, Result

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for benchmarks, whose simulations are tests too

MADE = Made("pocket", "ab0123", "sd1", "cpu", "float32", "DDIMScheduler", {"torch": "2.13.0"}, 2)


def make(seed=0, prompt="a rocket", **more):
    picture = Image.new("RGB", (16, 8), (seed % 256, 0, 0))
    return Result(picture, Request(prompt=prompt, seed=seed, size=(16, 8), **more), MADE, 1.5)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", reader=receipts.read) as store:
        yield store


@pytest.fixture
def result():
    """result(seed, prompt, **request) -> a small finished Result."""
    return make


@pytest.fixture
def add():
    """add(store, seed, prompt, experiment, **request) -> the Result as the store gave it back."""

    def add(store, seed=0, prompt="a rocket", experiment="", **more):
        made = make(seed, prompt, **more)
        return store.add(made, receipts.write(made), experiment=experiment)

    return add


@pytest.fixture
def keep():
    """keep(store, picture, seed, prompt, experiment, **request) -> the Result of this very picture, kept."""

    def keep(store, picture, seed=0, prompt="a rocket", experiment="", **more):
        made = Result(picture, Request(prompt=prompt, seed=seed, size=picture.size, **more), MADE, 1.5)
        return store.add(made, receipts.write(made), experiment=experiment)

    return keep
