"""Licence verdicts: the strictest part counts, a limit is a limit, what is not known asks."""

import json
from datetime import date

import pytest

from sdkit import rights
from sdkit.errors import InputError
from sdkit.result import Made


@pytest.mark.parametrize(
    ("model", "licence", "answer"),
    [
        ("pocket", "Apache License 2.0", "yes"),
        ("stable-diffusion-v1-5/stable-diffusion-v1-5", "CreativeML OpenRAIL-M", "conditions"),
        ("stabilityai/stable-diffusion-xl-base-1.0", "CreativeML OpenRAIL++-M", "conditions"),
        ("StabilityAI/Stable-Diffusion-3.5-medium", "Stability AI Community License", "conditions"),
        ("black-forest-labs/FLUX.1-dev", "FLUX.1 [dev] Non-Commercial License", "ask"),
        ("black-forest-labs/FLUX.1-Fill-dev", "FLUX.1 [dev] Non-Commercial License", "ask"),
        ("black-forest-labs/FLUX.1-schnell", "Apache License 2.0", "yes"),
        ("/home/jane/models/dream.safetensors", "unknown licence", "ask"),
        ("pocketful/of-rye", "unknown licence", "ask"),
    ],
)
def test_known_models(model, licence, answer):
    found = rights.verdict(model)
    assert (found.parts[0][1].name, found.answer) == (licence, answer)
    assert "not legal advice" in str(found) and found.checked_on in str(found) and "jane" not in str(found) + found.short


def test_the_strictest_part_counts():
    plain = rights.verdict("pocket", guides=["lllyasviel/sd-controlnet-canny"])
    assert plain.answer == "conditions" and "OpenRAIL-M" in plain.short and "Apache" in plain.short
    lora = rights.verdict("pocket", loras=["ink.safetensors"])
    assert lora.answer == "ask" and lora.asks and "LoRA ink.safetensors" in lora.why
    noted = rights.verdict("pocket", loras=["ink.safetensors"], acknowledge=" bought,\n order 12 ")
    assert not noted.asks and noted.short.endswith("(acknowledged: bought, order 12)")


def test_a_revenue_limit():
    model = "stabilityai/stable-diffusion-3.5-large"
    assert "say yours" in rights.verdict(model).why
    assert rights.verdict(model, revenue=999_999).answer == "conditions"
    over = rights.verdict(model, revenue=1_000_000)
    assert over.answer == "no" and over.asks and "1,000,000" in over.why and str(over).startswith("No, you may not")
    for wrong in (-1, float("nan"), "much"):
        with pytest.raises(InputError, match="revenue"):
            rights.verdict(model, revenue=wrong)


def test_a_picture_of_ones_own():
    found = rights.verdict(None)
    assert found.answer == "yes" and str(found).startswith("No model's licence applies") and not found.asks


def test_made_says_its_family():
    assert "SDXL family" in rights.verdict(Made("mine.safetensors", family="sdxl")).why


def test_the_shipped_table_is_dated_and_sourced():
    table = rights.load()
    for one in table.licences.values():
        assert one.source and date.fromisoformat(one.checked_on) and one.confidence in ("high", "medium", "low"), one.id
        assert one.url.startswith("https://") or one.id in ("own", "unknown")
        assert "memory" not in one.source or one.confidence != "high"
    assert rights.stale(table, date(2028, 1, 1)) and not rights.stale(table, date(2026, 12, 1))


def test_ones_own_table_adds_and_replaces(tmp_path):
    file = tmp_path / "licences.toml"
    file.write_text("""
[licence.house]
name = "House licence"
outputs = "no"
model = "yes"
checked_on = "2026-01-01"
[[model]]
pattern = "dream*"
licence = "house"
[[model]]
pattern = "pocket"
licence = "mit"
""")
    for own in (file, tmp_path):
        assert rights.verdict("dream.safetensors", own=own).answer == "no"
        assert rights.verdict("pocket", own=own).parts[0][1].id == "mit"
        assert rights.verdict("black-forest-labs/FLUX.1-schnell", own=own).answer == "yes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[licence", "TOML"), ("[licence.a]\nname='A'\noutputs='maybe'\nmodel='yes'", "outputs: got 'maybe'"),
        ("[licence.a]\nname='A'\noutputs='yes'\nmodel='yes'\nchecked_on='soon'", "checked_on"),
        ("[licence.a]\nname='A'\noutputs='yes'\nmodel='yes'\nchecked_on='2026-01-01'\ncolour=1", "colour"),
        ("[[model]]\npattern='x'\nlicence='none'", "id of a licence"), ("model = 3", "pattern"), ("licence = 3", "tables"),
        ("[licence.a]\nname='A'\noutputs='yes'\nmodel='yes'\nchecked_on='2026-01-01'\nkeep=[3]", "sentences"),
    ],
)  # fmt: skip
def test_a_broken_table_is_named(tmp_path, text, said):
    (tmp_path / "licences.toml").write_text(text)
    with pytest.raises(InputError, match=said):
        rights.load(tmp_path)
    with pytest.raises(InputError, match="readable"):
        rights.load(tmp_path / "none.toml")


def test_it_is_plain_data():
    assert json.dumps(rights.verdict("pocket").short)
