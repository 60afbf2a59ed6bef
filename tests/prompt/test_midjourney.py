"""Prompts pasted from Midjourney: followed where that means something here, named where not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdkit.prompt import midjourney


def test_what_has_a_meaning_is_taken_out_and_followed():
    idiom = midjourney("a red shoe, studio --ar 16:9 --no text, people --seed 5 --v 6")
    assert (idiom.text, idiom.aspect, idiom.negative, idiom.seed) == ("a red shoe, studio", (16, 9), "text, people", 5)
    assert len(idiom.notes) == 4 and "Studio(" in idiom.notes[-1]
    width, height = idiom.size((512, 512))
    assert width % 8 == height % 8 == 0 and width / height == pytest.approx(16 / 9, rel=0.03)
    assert width * height == pytest.approx(512 * 512, rel=0.03)


@pytest.mark.parametrize(
    "flag", ["--chaos 20", "--s 250", "--q 2", "--iw 1.5", "--niji 6", "--v 6.1", "--tile", "--style raw", "—ar 3:2"]
)
def test_every_flag_is_named_and_none_is_left_in(flag):
    idiom = midjourney(f"a shoe {flag}, red")
    assert idiom.text.startswith("a shoe") and "--" not in idiom.text and "—" not in idiom.text and len(idiom.notes) == 1


def test_parts_with_weights_are_named():
    idiom = midjourney("hot::2 dog:: food")
    assert idiom.text == "hot dog food" and "(words:1.2)" in idiom.notes[0]


@pytest.mark.parametrize("text", ["a shoe", "a -- b", "--unknown 3", "well-known, e-mail --", "a:b", "C++::vector"])
def test_other_words_stay_as_they_are(text):
    assert midjourney(text).text == text and not midjourney(text).notes


@pytest.mark.parametrize(
    "flag", ["--ar", "--ar wide", "--ar 0:1", "--ar 100:1", "--seed", "--seed x", "--seed -3", "--seed ²", f"--seed {10**40}"]
)
def test_a_value_that_makes_no_sense_is_named_and_has_no_effect(flag):
    idiom = midjourney(f"a {flag}")
    assert (idiom.text, idiom.aspect, idiom.seed) == ("a", None, None) and "left out" in idiom.notes[0]


@example("a cup --ar 16:9 --seed 5")
@given(st.text("-arnoseed :0123456789,—\n", max_size=60) | st.text())
def test_any_text_is_read_and_what_comes_of_it_can_be_used(text):
    idiom = midjourney(text)
    assert idiom.aspect is None or min(idiom.aspect) > 0
    assert idiom.seed is None or 0 <= idiom.seed < 2**63
    assert len(idiom.text) <= len(text)
