"""Previews: the colours of the finished picture, on the way there, whatever the model."""

import numpy as np
import pytest
import torch

from sdkit.backends.preview import Previews
from sdkit.request import Request


class Watch:
    """A Progress that looks at every step."""

    def __init__(self):
        self.seen = []
        self.steps = 0

    def __call__(self, done, total):
        self.steps += 1

    def preview(self, picture):
        self.seen.append(picture())


def small(image):
    return np.asarray(image.convert("RGB").resize((16, 16)), float).ravel()


@pytest.mark.slow
def test_a_preview_comes_with_every_step_and_ends_near_the_picture(pocket):
    watch = Watch()
    (done,) = pocket.run([Request(prompt="a lemon on a navy gradient background", size=(256, 256), steps=4)], progress=watch)
    assert len(watch.seen) == watch.steps == 4 and max(watch.seen[0].size) <= 256
    apart = [np.abs(small(seen) - small(done.image)).mean() for seen in watch.seen]
    assert apart[-1] < 25 and apart[-1] < apart[0]


def test_a_matrix_stands_in_for_a_larger_decoder(pocket, monkeypatch):
    """The pocket's decoder taken as if it were large: the matrix knows its colours."""
    monkeypatch.setattr(Previews, "_tiny", False)
    previews = Previews(pocket._loaded.pipe)
    for colour in ([0.9, 0.3, 0.1], [0.1, 0.2, 0.8], [0.9, 0.9, 0.9]):
        shown = np.asarray(previews.picture(latents_of(pocket, colour)), float)[64:-64, 64:-64].mean((0, 1)) / 255
        assert np.argmax(shown) == np.argmax(colour) or max(colour) == min(colour)
        assert np.abs(shown - colour).mean() < 0.3
    assert previews.picture(torch.zeros(1, 4, 32, 32)).size == (256, 256)


def test_latents_of_other_shapes_have_no_preview(pocket):
    previews = Previews(pocket._loaded.pipe)
    assert previews.picture(None) is None and previews.picture(torch.zeros(1, 64, 4)) is None
    assert previews.picture(torch.zeros(1, 16, 8, 8)) is None
    assert previews.picture(torch.zeros(1, 4, 8, 16)).size == (256, 128)


def test_encoding_and_looking_shows_the_colours(pocket):
    shown = np.asarray(Previews(pocket._loaded.pipe).picture(latents_of(pocket, [0.9, 0.3, 0.1])), float).mean((0, 1)) / 255
    assert np.abs(shown - [0.9, 0.3, 0.1]).max() < 0.2


def latents_of(pocket, colour):
    vae = pocket._loaded.pipe.vae
    with torch.no_grad():
        pixels = torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 256, 256)
        return vae.encode(pixels * 2 - 1).latents * vae.config.scaling_factor
