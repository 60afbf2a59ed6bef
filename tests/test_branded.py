"""A Studio with a brand: its words join prompts and plans, its banned words are warned of, and all of it is recorded."""

from pathlib import Path

import pytest

from sdkit import Brand, BrandError, InputError, PromptWarning, Studio, receipts
from sdkit.data import folder


@pytest.fixture
def branded(pocket, tmp_path):
    return Studio(store=tmp_path / "store", backend=pocket, brand=folder("brand"))


def test_a_brand_joins_prompts_and_is_recorded(branded):
    assert branded.brand == Brand.default()
    [mint, red] = branded.generate(["a coffee cup, plain background", "a red umbrella"], steps=1, progress=False)
    assert mint.request.prompt.text == "a coffee cup, plain background, mint, soft shadow"
    assert red.request.prompt.text == "a red umbrella, soft shadow"
    assert mint.request.negative == red.request.negative == "watermark, text, low quality"
    assert dict(receipts.read(Path(mint.path)).request.prompt.choices)["brand"] == "Morrowday"
    table = branded.experiments.frame()
    assert list(table["brand_words"]) == ["mint, soft shadow", "soft shadow"] and table["palette_distance"].notna().all()
    assert branded.reproduce(mint, progress=False).image.tobytes() == mint.image.tobytes()  # the words are not added again


def test_one_call_may_have_another_brand_or_none(studio, branded, tmp_path):
    Brand.scaffold(tmp_path / "acme", "Acme")
    [plain] = branded.generate("a cup", steps=1, progress=False, brand="")
    [acme] = branded.generate("a cup", steps=1, progress=False, brand=tmp_path / "acme")
    [given] = studio.generate("a cup", steps=1, progress=False, brand=Brand.load(tmp_path / "acme"))
    assert plain.request.prompt.text == "a cup" and not plain.request.prompt.choices
    assert acme.request.prompt.text == given.request.prompt.text == "a cup, teal"
    assert dict(acme.request.prompt.choices)["brand"] == "Acme"


def test_its_banned_words_join_ones_own(pocket, tmp_path):
    studio = Studio(store=tmp_path / "store", backend=pocket, brand=Brand.default(), banned="rival")
    with pytest.warns(PromptWarning) as said:
        studio.generate("a cheap mint cup by rival", steps=1, progress=False)
    assert {word for word in ("cheap", "rival") for note in said if f"“{word}”" in str(note.message)} == {"cheap", "rival"}


def test_experiments_are_steered_and_go_on(branded):
    def plan():
        return branded.plan("neg", "a {cup|red rocket}", axes={"negative": ["", "blurry"]}, seeds=[3], steps=1)

    first = plan()
    assert {t.request.prompt.text for t in first.trials} == {"a cup, mint, soft shadow", "a red rocket, soft shadow"}
    assert {t.request.negative for t in first.trials} == {
        "watermark, text, low quality",
        "blurry, watermark, text, low quality",
    }
    branded.experiment(first, progress=False)
    assert plan().missing == 0
    effects = branded.experiments.effects(of="palette_distance", experiment="neg")
    assert {(row.kind, row.what) for row in effects} == {("negative term", "blurry"), ("variant", "red rocket")}  # no brand's


@pytest.mark.parametrize("brand", [3, ["brand"], object()])
def test_what_is_no_brand(pocket, tmp_path, brand):
    with pytest.raises(InputError, match="brand: got"):
        Studio(store=tmp_path / "store", backend=pocket, brand=brand)
    assert not (tmp_path / "store").exists()


def test_a_broken_folder_is_said_at_once(studio, tmp_path):
    (tmp_path / "tokens.json").write_text("{}")
    with pytest.raises(BrandError, match=r"rules.toml: is missing"):
        studio.generate("a cup", brand=tmp_path)
