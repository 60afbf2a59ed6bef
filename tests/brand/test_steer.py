"""The words that a brand adds, when, and how that is recorded."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.brand import negatives_for, palette_words, steered, words_for
from sdkit.prompt import Ready, expand, midjourney, prepare


def ready(text, negative="", **slots):
    [prompt] = expand(text, **slots)
    return Ready(prompt, negative, midjourney(text))


@pytest.fixture(scope="module")
def loud(demo):
    """The same brand with two colours and three words."""
    rules = dataclasses.replace(
        demo.rules, colours=("color.teal", "color.mint", "color.teal"), tone=("soft shadow", "calm", "3d")
    )
    return dataclasses.replace(demo, rules=rules)


def test_palette_words_are_plain_and_said_once(demo, loud):
    assert palette_words(demo) == ("mint",) and palette_words(loud) == ("teal", "mint")
    none = dataclasses.replace(demo, rules=dataclasses.replace(demo.rules, colours=()))
    assert palette_words(none) == ("teal",)  # the primary


def test_colours_join_only_prompts_that_name_none(demo, loud):
    assert words_for("a cup on a gradient background", loud) == ("teal and mint", "soft shadow", "calm", "3d")
    assert words_for("a cup on a Red gradient background", loud) == ("soft shadow", "calm", "3d")
    assert words_for("a calm red cup, SOFT  shadow", loud) == ("3d",)
    assert words_for("a calmer cup in beige", demo) == ("soft shadow",)


def test_negatives_that_are_there_are_not_said_again(demo):
    assert negatives_for("", demo) == demo.rules.negatives
    assert negatives_for("blurry, Watermark, low  quality", demo) == ("text",)
    assert negatives_for("texture", demo) == demo.rules.negatives


def test_what_was_added_is_recorded(demo):
    done = steered(ready("a {thing}, plain background", "blurry, text", thing="cup"), demo)
    assert done.prompt.text == "a cup, plain background, mint, soft shadow"
    assert done.prompt.template == "a {thing}, plain background, mint, soft shadow"
    assert done.negative == "blurry, text, watermark, low quality"
    assert dict(done.prompt.choices) == {
        "thing": "cup", "brand": "Morrowday", "brand_words": "mint, soft shadow", "brand_negative": "watermark, low quality",
    }  # fmt: skip


def test_nothing_added_is_recorded_as_nothing(demo):
    done = steered(ready("a mint cup, soft shadow", "watermark, text, low quality"), demo)
    assert done.prompt.text == "a mint cup, soft shadow" and dict(done.prompt.choices) == {"brand": "Morrowday"}


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip), st.text(max_size=30))
def test_twice_is_once_and_the_words_stay(demo, text, negative):
    from sdkit.prompt import Prompt

    once = steered(Ready(Prompt.literal(text), negative, midjourney("a cup")), demo)
    assert once.prompt.text.startswith(text) and steered(once, demo) == once
    assert not negatives_for(once.negative, demo)


def test_prepare_lays_it_over_every_prompt_and_looks_at_the_whole(demo):
    ready, notes = prepare("a {cup|red clock}, no-brainer", negative="soft shadow", banned=demo.rules.banned, steer=demo.steer)
    assert [one.prompt.text for one in ready] == [
        "a cup, no-brainer, mint, soft shadow",
        "a red clock, no-brainer, soft shadow",
    ]
    assert any("no-brainer" in note and "banned" in note for note in notes)
    assert any("“soft shadow” is in the prompt and in the negative" in note for note in notes)
