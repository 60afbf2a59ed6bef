"""The words that ship: every one usable, and those for the embedded model within the words it was taught."""

import json
import runpy
import tomllib
from pathlib import Path

import pytest

from sdkit.data import folder
from sdkit.prompt import curated, expand, lint, negative, negative_names, parse, styles

VOCABULARY = runpy.run_path(str(Path(__file__).parents[2] / "recipes" / "pocket" / "vocabulary.py"))
PLACEMENTS = {row["name"] for row in json.loads((folder("templates") / "placements.json").read_text(encoding="utf-8"))}
ALL = curated()
PROMPTS = {name: entry for name, entry in ALL.items() if "pocket" in entry.models}
FILL = {"product": "ceramic mug", "dish": "ramen"}
NEGATIVES = tomllib.loads((folder("templates") / "negatives.toml").read_text(encoding="utf-8"))


def phrases():
    """Every phrase that training captions are made of, and the little words between them."""
    coloured = [form.replace("{c}", "") for forms in VOCABULARY["COLOURED"].values() for form in forms]
    worlds = ("OBJECTS", "SCENES", "PLACES", "SIZES", "TIMES")
    named = [phrase for world in worlds for phrases in VOCABULARY[world].values() for phrase in phrases]
    styled = [phrase for forms in VOCABULARY["STYLES"].values() for phrases in forms for phrase in phrases]
    flat = [phrase for words in ("COLOURS", "FILLERS_BEFORE", "FILLERS_AFTER") for phrase in VOCABULARY[words]]
    counted = VOCABULARY["COUNTS"].values()
    return " ".join([*coloured, *named, *styled, *flat, *counted, "a an and empty no objects on at the in front of with to"])


KNOWN = set(phrases().replace(",", " ").split())


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_of_the_embedded_models_world_uses_words_it_was_taught(name):
    expansion = expand(PROMPTS[name].template)
    assert 4 <= len(expansion) <= 24
    for prompt in expansion:
        chosen = dict(prompt.choices)
        assert chosen.get("product", "rocket") in VOCABULARY["OBJECT_NAMES"]
        assert chosen.get("colour", "red") in VOCABULARY["COLOURS"]
        assert set(prompt.text.replace(",", " ").split()) <= KNOWN


@pytest.mark.parametrize("name", ALL)
def test_a_curated_prompt_is_whole_and_contradicts_nothing(name):
    entry = ALL[name]
    assert entry.title and entry.placement in PLACEMENTS
    assert entry.about.endswith((".", ".)")) and len(entry.about) > 20
    kept_out = negative(entry.negative)
    expansion = expand(entry.template, **{slot: FILL[slot] for slot in parse(entry.template).slots})
    for prompt in (*expansion[:4], expansion[-1]):
        assert not [f.says for f in lint(prompt.text, kept_out) if f.severity == "warning"]


def test_there_are_forty_and_a_dozen_with_names_to_fill():
    assert len(ALL) >= 40 and len(ALL) - len(PROMPTS) >= 28
    assert len(PROMPTS) >= 12
    assert len({(entry.title, entry.models) for entry in ALL.values()}) == len(ALL)
    assert sum("product" in parse(entry.template).named for entry in PROMPTS.values()) >= 10
    for family in ("sd1", "sdxl", "flux"):
        assert sum(family in entry.models for entry in ALL.values()) >= 28


def test_styles_are_whole_and_lint_clean():
    assert len(styles()) >= 12
    for style in styles().values():
        assert style.title and style.before and style.after and style.negative and style.about.endswith(".")
        assert not [f for f in lint(f"{style.before} a mug, {style.after}", style.negative) if f.severity == "warning"]


@pytest.mark.parametrize("path", sorted((folder("templates") / "wildcards").rglob("*.txt")), ids=lambda p: p.stem)
def test_a_wildcard_file_expands(path):
    name = path.relative_to(folder("templates") / "wildcards").with_suffix("").as_posix()
    assert len(expand(f"__{name}__", limit=1000)) >= 3


def test_the_wildcards_of_the_embedded_model_are_its_vocabulary():
    assert {p.text for p in expand("__pocket/objects__")} == set(VOCABULARY["OBJECT_NAMES"])
    assert {p.text for p in expand("__pocket/colours__")} == set(VOCABULARY["COLOURS"])
    assert all(set(p.text.split()) <= KNOWN for p in expand("__pocket/backgrounds__", limit=1000))


@pytest.mark.parametrize("name", NEGATIVES)
def test_a_negative_has_words_and_says_when_to_use_them(name):
    assert set(NEGATIVES[name]) == {"words", "about", "models", "why"} and NEGATIVES[name]["about"].endswith(".")
    assert set(NEGATIVES[name]["models"]) <= {"pocket", "sd1", "sdxl"}
    assert list(NEGATIVES[name]["why"]) == NEGATIVES[name]["words"].split(", ")  # a reason for every term
    assert negative(f"@{name}") == NEGATIVES[name]["words"]  # each term once, tidy
    assert name in negative_names()


@pytest.mark.parametrize("name", ["clean", "sharp", "bright", "unmarked", "pocket-all"])
def test_negatives_for_the_embedded_model_name_defects_it_was_taught(name):
    taught = {word for words in VOCABULARY["DEFECTS"].values() for word in words}
    assert set(negative(f"@{name}").split(", ")) <= taught
