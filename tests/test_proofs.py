"""An export before it is made: cuts, words and findings without a model and without a file."""

import numpy as np
import pytest
from PIL import Image

from sdkit import Studio
from sdkit.data import folder
from sdkit.errors import InputError

NAMES = ["instagram-square", "x-header", "amazon-product"]


class Unloadable:
    """A model that must not be touched."""

    def __getattr__(self, name):
        raise AssertionError(f"the model was asked for {name}")


@pytest.fixture
def studio(tmp_path):
    return Studio(store=tmp_path / "store", brand=folder("brand"))


@pytest.fixture
def picture():
    image = Image.new("RGB", (512, 512), "#f2b8a0")
    image.paste("#7a1f2b", (330, 200, 450, 330))
    return image


def test_it_shows_every_placement_in_its_pixels_and_loads_nothing(studio, picture, tmp_path):
    proofs = studio.proof(picture, NAMES, layout="headline", headline="Coffee, but calmer")
    assert studio._backend is None and [proof.image.size for proof in proofs] == [(1080, 1080), (1500, 500), (2000, 2000)]
    square, header, product = proofs
    assert square.invented == 0 and 0.5 < header.invented < 0.9 and header.fit.method == "outpaint"
    assert square.banner.blocks[0].text == "Coffee, but calmer" and product.banner is None
    assert not proofs.findings.errors and proofs["x-header"] is header
    assert list(proofs.frame()["placement"]) == NAMES and "<img" in proofs._repr_html_()
    assert studio._backend is None and len(studio.experiments) == 0


def test_the_words_are_those_that_the_export_writes(studio, picture, tmp_path):
    given = {"layout": "headline", "headline": "Coffee, but calmer"}
    proof = studio.proof(picture, "instagram-square", **given)[0]
    kit = studio.export(picture, "instagram-square", to=tmp_path / "kit", upscaler="", progress=False, **given)
    written = np.asarray(Image.open(kit.path("instagram-square")).convert("RGB"), float)
    assert np.abs(written - np.asarray(proof.image, float)).mean() < 2
    assert kit.findings == proof.findings


def test_findings_are_told_not_raised(studio, picture):
    proofs = studio.proof(picture, NAMES, layout="headline", headline="A must-have cup")
    assert {row.rule for row in proofs[0].known()} == {"banned"}
    assert [row.placement for row in proofs.findings.errors] == NAMES[:2]
    passed = studio.proof(picture, NAMES, layout="headline", headline="A must-have cup", waive={"banned": "a quotation"})
    assert not passed.findings.errors and len(passed.findings) >= 2


def test_without_a_layout_there_are_no_words(studio, picture):
    proofs = studio.proof(picture, "instagram-square")
    assert proofs[0].banner is None and not proofs.findings
    with pytest.raises(InputError, match="layout"):
        studio.proof(picture, "instagram-square", headline="x")
    with pytest.raises(InputError, match="instagram-square"):
        proofs["instagram-squre"]
