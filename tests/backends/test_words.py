"""Weights, and prompts longer than an encoder reads at once, on every layout of text encoders."""

import warnings

import numpy as np
import pytest

from sdkit import Request
from sdkit.backends.local import LocalBackend
from sdkit.errors import PromptWarning

LONG = ", ".join(f"a red rocket number {i} on a mint background" for i in range(20))  # some two hundred tokens


@pytest.fixture(scope="module", params=["sd1", "sdxl"])
def clip(request, models):
    return LocalBackend(str(models(request.param)))


def drawn(backend, prompt, negative="", **more):
    request = Request(prompt=prompt, negative=negative, size=(64, 64), steps=2, guidance=5.0, **more)
    return np.asarray(next(iter(backend.run([request]))).image)


def same(one, other):
    return np.array_equal(one, other)


def test_weights_change_the_picture_and_a_weight_of_one_does_not(clip):
    usual = drawn(clip, "a red rocket")
    assert same(usual, drawn(clip, "a (red:1.0) rocket"))
    heavy, light, both = drawn(clip, "a (red:1.6) rocket"), drawn(clip, "a (red:0.3) rocket"), drawn(clip, "a (red rocket)")
    assert not same(usual, heavy) and not same(usual, light) and not same(heavy, light) and not same(usual, both)
    assert same(drawn(clip, "a ((red)) rocket"), drawn(clip, "a (red:1.21) rocket"))
    assert not same(drawn(clip, "a rocket", "(blurry:1.5)"), drawn(clip, "a rocket", "blurry"))


def test_embeddings_of_plain_words_are_those_of_the_pipeline(clip):
    """The road over compel, taken by force, draws what the pipeline draws from the text itself."""
    text = "a red rocket, mint background"
    made = clip._words._embedded(text, "blurry")
    pipe = clip._loaded.pipe
    expected = pipe.encode_prompt(
        prompt=text, negative_prompt="blurry", device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=True
    )
    names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    for name, wanted in zip(names, expected, strict=False):
        assert np.allclose(made[name].detach().numpy(), wanted.detach().numpy(), atol=1e-4)


def test_words_past_the_first_seventy_five_tokens_count(clip):
    assert not same(drawn(clip, LONG), drawn(clip, LONG + ", in front of mountains"))
    assert not same(drawn(clip, "a rocket", LONG), drawn(clip, "a rocket", LONG + ", mountains"))
    (count, *_) = (tokens := clip.tokens(LONG)).counts
    assert count.tokens > 75 and count.parts > 1 and not tokens.cut and "nothing cut" in repr(tokens)


def test_break_begins_a_new_part(clip):
    assert clip.tokens("a rocket BREAK mint").counts[0].parts == 2
    assert not same(drawn(clip, "a rocket BREAK mint"), drawn(clip, "a rocket mint"))


@pytest.mark.parametrize(
    "prompt", ["(:1.2)", "( )", "[]", "a ( :0.5) b", "BREAK", "(BREAK:0.5)", "(\U0001f680:0.4)", "(a:0)", "(a:-2)"]
)
def test_odd_weights_draw_all_the_same(clip, prompt):
    assert drawn(clip, prompt).shape == (64, 64, 3)


def test_escaped_brackets_are_words_and_weigh_nothing(clip):
    escaped = drawn(clip, r"a \(red\) rocket")
    assert not same(escaped, drawn(clip, "a (red) rocket")) and not same(escaped, drawn(clip, "a red rocket"))


def test_inpainting_takes_weights_too(clip):
    from PIL import Image

    image, mask = Image.new("RGB", (64, 64), "white"), Image.new("L", (64, 64), 255)
    assert drawn(clip, "a (red:1.4) rocket", LONG, image=image, mask=mask).shape == (64, 64, 3)


@pytest.mark.parametrize("family", ["sd3", "flux"])
def test_t5_families_say_that_weights_are_left_out(family, models):
    backend = LocalBackend(str(models(family)))
    with pytest.warns(PromptWarning, match="reads no weights"):
        weighted = drawn(backend, "a (red:1.4) rocket")
    with warnings.catch_warnings():
        warnings.simplefilter("error", PromptWarning)
        assert same(weighted, drawn(backend, "a red rocket"))
    labels = [count.encoder for count in backend.tokens("a rocket").counts]
    assert "T5" in labels and "CLIP" in labels[0]


def test_the_embedded_model_weighs_words(pocket):
    assert pocket.tokens("a rocket").counts[0].limit == 75
    plain, heavy = (pocket._words.given(text, "")[0] for text in ("a rocket", "a (rocket:1.3)"))
    assert plain["prompt"] == "a rocket" and "prompt_embeds" in heavy
