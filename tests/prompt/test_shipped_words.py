"""The words that ship: every one usable, and those for the embedded model within the words it was taught."""

import runpy
import tomllib
from pathlib import Path

import pytest

from sdkit.data import folder
from sdkit.prompt import expand, negative, negative_names, parse

VOCABULARY = runpy.run_path(str(Path(__file__).parents[2] / "recipes" / "pocket" / "vocabulary.py"))
PROMPTS = tomllib.loads((folder("templates") / "prompts.toml").read_text(encoding="utf-8"))
NEGATIVES = tomllib.loads((folder("templates") / "negatives.toml").read_text(encoding="utf-8"))


def phrases():
    """Every phrase that training captions are made of, and the little words between them."""
    coloured = [form.replace("{c}", "") for forms in VOCABULARY["COLOURED"].values() for form in forms]
    named = [phrase for world in ("OBJECTS", "SCENES", "SIDES") for phrases in VOCABULARY[world].values() for phrase in phrases]
    flat = [phrase for words in ("COLOURS", "FILLERS_BEFORE", "FILLERS_AFTER") for phrase in VOCABULARY[words]]
    return " ".join([*coloured, *named, *flat, "empty no objects on at the in front of with to"])


KNOWN = set(phrases().replace(",", " ").split())


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_of_the_embedded_models_world_uses_words_it_was_taught(name):
    entry = PROMPTS[name]
    assert set(entry) == {"title", "template", "about"} and all(entry.values()) and entry["about"].endswith(".")
    expansion = expand(entry["template"])
    assert 4 <= len(expansion) <= 24
    for prompt in expansion:
        chosen = dict(prompt.choices)
        assert chosen.get("product", "rocket") in VOCABULARY["OBJECT_NAMES"]
        assert chosen.get("colour", "red") in VOCABULARY["COLOURS"]
        assert set(prompt.text.replace(",", " ").split()) <= KNOWN


def test_there_is_a_dozen_with_names_to_fill():
    assert len(PROMPTS) >= 12
    assert len({entry["title"] for entry in PROMPTS.values()}) == len(PROMPTS)
    assert sum("product" in parse(entry["template"]).named for entry in PROMPTS.values()) >= 10


@pytest.mark.parametrize("name", NEGATIVES)
def test_a_negative_has_words_and_says_when_to_use_them(name):
    assert set(NEGATIVES[name]) == {"words", "about"} and NEGATIVES[name]["about"].endswith(".")
    assert negative(f"@{name}") == NEGATIVES[name]["words"]  # each term once, tidy
    assert name in negative_names()


@pytest.mark.parametrize("name", ["clean", "sharp", "bright", "unmarked"])
def test_negatives_for_the_embedded_model_name_defects_it_was_taught(name):
    taught = {word for words in VOCABULARY["DEFECTS"].values() for word in words}
    assert set(negative(f"@{name}").split(", ")) <= taught
