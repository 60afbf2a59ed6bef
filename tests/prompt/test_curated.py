"""Curated prompts and styles by name, and those of one's own folder."""

import pytest

import sdkit
from sdkit.errors import PromptError
from sdkit.prompt import find, find_style, prepare, styles


@pytest.fixture
def own(tmp_path):
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "ours.toml").write_text(
        '[sale-banner]\ntitle = "Ours"\ntemplate = "our {product}"\nnegative = "@ours"\n[launch-day]\ntemplate = "a day, __ours__"\n',
        encoding="utf-8",
    )
    (tmp_path / "wildcards").mkdir()
    (tmp_path / "wildcards" / "ours.txt").write_text("red\nblue", encoding="utf-8")
    (tmp_path / "styles.toml").write_text('[flat]\nbefore = "our flat"\n[house]\nafter = "in house style"\n', encoding="utf-8")
    (tmp_path / "negatives.toml").write_text('[ours]\nwords = "competitor"\n', encoding="utf-8")
    return tmp_path


def test_the_table_lists_and_searches():
    table = sdkit.prompts()
    assert len(table) >= 40 and table.index.name == "id" and {"title", "slots", "models", "placement"} <= set(table)
    found = sdkit.prompts("SALE banner")
    assert "sale-banner" in found.index and 0 < len(found) < len(table)
    assert len(sdkit.prompts("zzz")) == 0 and set(sdkit.prompts("zzz")) == set(table)
    assert set(sdkit.prompts(model="pocket")["models"]) == {"pocket"}
    with pytest.raises(PromptError, match="Did you mean 'sdxl'"):
        sdkit.prompts(model="sdx")


def test_a_prompt_by_name_brings_its_negative_and_takes_its_slots():
    ready, notes = prepare(None, template="sale-banner", product="sneaker")
    assert {one.prompt.text.split(",")[0] for one in ready} == {"sneaker"} and not notes
    assert all("blurry" in one.negative for one in ready)
    assert prepare(None, template="sale-banner", negative="", product="sneaker")[0][0].negative == ""


def test_a_style_stands_around_the_words_and_is_a_column():
    ready, _ = prepare("a {red|blue} mug", style=["flat", "clay"], negative="dark, photo")
    assert len(ready) == 4 and [dict(one.prompt.choices)["style"] for one in ready] == ["flat", "clay"] * 2
    flat = find_style("flat")
    assert ready[0].prompt.text == f"{flat.before} a red mug, {flat.after}"
    terms = ready[0].negative.split(", ")
    assert len(terms) == len(set(terms)) and "dark" in terms and "shading" in terms


def test_ones_own_folder_replaces_and_adds(own):
    ready, _ = prepare(None, template="sale-banner", product="hat", templates=own)
    assert [(one.prompt.text, one.negative) for one in ready] == [("our hat", "competitor")]
    assert [one.prompt.text for one in prepare(None, template="launch-day", templates=own)[0]] == ["a day, red", "a day, blue"]
    assert prepare("a mug", style="house", templates=own)[0][0].prompt.text == "a mug, in house style"
    assert find("product-hero", own) and find("sale-banner").title == "Sale banner"
    assert styles(own)["flat"].before == "our flat" and "clay" in styles(own)


def test_flags_go_where_they_belong():
    ready, notes = prepare("a {red|blue} mug --ar 3:2 --no text --seed 7", negative="blurry")
    assert [(one.prompt.text, one.negative, one.idiom.seed) for one in ready] == [
        ("a red mug", "blurry, text", 7), ("a blue mug", "blurry, text", 7),
    ]  # fmt: skip
    assert len(notes) == 3 and dict(ready[0].prompt.choices) == {"v1": "red"}


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": None}, {"prompt": "a", "template": "sale-banner"}, {"prompt": None, "template": "sale-baner"},
        {"prompt": "a", "style": "flatt"}, {"prompt": "--ar 3:2"}, {"prompt": "a {1|2}", "style": ["flat", "clay"], "limit": 3},
        {"prompt": "a", "templates": "/no/such"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given):
    with pytest.raises(PromptError):
        prepare(**given)


@pytest.mark.parametrize(
    "text",
    [
        "[a",
        "a = 3",
        "[a]\ntemplate = 3",
        '[a]\ntitle = "x"',
        '[a]\ntemplate = "x"\nmodels = ["gpt"]',
        '[a]\ntemplate = "x"\nmodels = []',
    ],
)
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PromptError, match=r"bad\.toml"):
        sdkit.prompts(templates=tmp_path)
