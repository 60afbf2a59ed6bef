"""A Request is checked when it is made, changed by copy, and named by a key that only the pixels' causes move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdkit import InputError, Prompt, Request

RED, WHITE = Image.new("RGB", (8, 8), "red"), Image.new("L", (8, 8), 255)


def test_words_become_a_prompt_and_numbers_their_own_type():
    request = Request(prompt="a rocket", seed=3.0, guidance=4, size=[64, 32])
    assert request.prompt == Prompt("a rocket", "a rocket") and request.size == (64, 32)
    assert isinstance(request.seed, int) and isinstance(request.guidance, float)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prompt": "  "}, "prompt"),
        ({"prompt": b"rocket"}, "prompt"),
        ({"negative": None}, "negative"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"seed": "7"}, "seed"),
        ({"size": (0, 8)}, "size"),
        ({"size": (8, 4097)}, "4096"),
        ({"size": (8.5, 8)}, "size"),
        ({"size": "8x8"}, "size"),
        ({"size": (8, 8, 8)}, "size"),
        ({"steps": 0}, "steps"),
        ({"steps": 501}, "1 to 500"),
        ({"guidance": 51}, "0 to 50"),
        ({"guidance": float("inf")}, "guidance"),
        ({"guidance": None}, "guidance"),
        ({"strength": 0}, "over 0"),
        ({"strength": 1.01}, "up to 1"),
        ({"mask": WHITE}, "mask"),
        ({"image": RED, "mask": WHITE.resize((9, 8))}, r"mask.*\(9, 8\).*\(8, 8\)"),
        ({"loras": (("x.safetensors", "strong"),)}, "loras"),
    ],
)
def test_each_field_says_what_came_and_what_is_allowed(given, said):
    with pytest.raises(InputError, match=said) as caught:
        Request(**{"prompt": "a rocket", **given})
    assert "allowed" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_replace_copies_and_names_an_unknown_field():
    request = Request(prompt="a rocket")
    assert request.replace(seed=9).seed == 9 and request.seed == 0
    with pytest.raises(InputError, match=r"sede.*a Request field: prompt, negative, seed"):
        request.replace(sede=9)


def test_what_is_asked_of_the_model():
    assert Request(prompt="x").kind == "text2img"
    assert Request(prompt="x", image=RED).kind == "img2img"
    assert Request(prompt="x", image=RED, mask=WHITE).kind == "inpaint"


requests = st.builds(
    lambda text, **rest: Request(prompt=Prompt(text, "{a}", (("a", text),)), **rest),
    st.text(min_size=1).filter(lambda t: t.strip() and t.isprintable()),
    negative=st.text(max_size=20), seed=st.integers(0, 2**63 - 1), size=st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
    steps=st.integers(1, 500), guidance=st.floats(0, 50), strength=st.floats(0.01, 1), image=st.sampled_from([None, RED]),
)  # fmt: skip


@given(requests)
def test_a_round_trip_through_json_is_the_same_request(request):
    import json

    again = Request.from_dict(json.loads(json.dumps(request.to_dict())), image=request.image)
    assert again == request and again.key == request.key


def test_the_key_moves_with_the_pixels_and_not_with_how_it_was_written():
    base = Request(prompt="a rocket")
    assert base.key == Request(prompt=Prompt("a rocket", "a {rocket|car}", (("v1", "rocket"),))).key
    assert base.key == base.replace(strength=0.1).key  # there is no image to which strength could apply
    others = [
        {"seed": 1},
        {"negative": "x"},
        {"size": (8, 8)},
        {"steps": 3},
        {"guidance": 1},
        {"image": RED},
        {"scheduler": "DDIMScheduler"},
    ]
    assert len({base.key, *(base.replace(**o).key for o in others)}) == 1 + len(others)


@pytest.mark.parametrize(
    "data", [{}, {"prompt": "x"}, {"prompt": {"text": "x"}, "sise": 3}, {"prompt": {"text": "x"}, "loras": [[1]]}]
)
def test_a_damaged_description_is_an_input_error(data):
    with pytest.raises(InputError):
        Request.from_dict(data)


def test_another_image_than_the_one_described_is_refused():
    told = Request(prompt="x", image=RED).to_dict()
    with pytest.raises(InputError, match="pixel hash"):
        Request.from_dict(told, image=Image.new("RGB", (8, 8), "blue"))
    with pytest.raises(InputError, match="pixel hash"):
        Request.from_dict(told)


def test_a_second_seed_counts_only_when_it_is_used():
    plain = Request(prompt="a lemon", seed=3)
    unused, used = plain.replace(subseed=9), plain.replace(subseed=9, subseed_strength=0.2)
    assert unused == plain and unused.key == plain.key and not {"subseed", "subseed_strength"} & set(plain.to_dict())
    assert used.key != plain.key and used.key != used.replace(subseed=8).key
    assert Request.from_dict(used.to_dict()) == used and Request.from_dict(plain.to_dict()) == plain
    for bad in ({"subseed_strength": 1.1}, {"subseed_strength": 0.5, "subseed": -1}):
        with pytest.raises(InputError, match="subseed"):
            plain.replace(**bad)
