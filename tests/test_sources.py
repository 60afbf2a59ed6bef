"""What a picture started from: called by its name, its id or its pixels, told apart, and never a part of what is asked."""

import pytest
from PIL import Image

from sdkit import InputError
from sdkit.codecs import pixel_hash
from sdkit.request import Request
from sdkit.result import Made, Result
from sdkit.sources import Opened, label, told_apart

NAVY = Image.new("RGB", (8, 8), "navy")
DIGITS = pixel_hash(NAVY)[:8]


def test_labels(tmp_path):
    NAVY.save(tmp_path / "photo.png")
    assert label(tmp_path / "photo.png", NAVY) == label(str(tmp_path / "photo.png"), NAVY) == f"photo.png#{DIGITS}"
    with Image.open(tmp_path / "photo.png") as image:
        assert label(image, image) == f"photo.png#{DIGITS}"
    assert label(NAVY, NAVY) == DIGITS
    made = Result(NAVY, Request(prompt="x"), Made("m"))
    assert label(made, NAVY) == DIGITS
    assert label(Result(NAVY, made.request, made.made, id="x1m"), NAVY) == label("x1m", NAVY) == "x1m"


def test_a_name_alone_where_it_is_enough():
    assert told_apart(["a.png#1", "b.png#2", "b.png#3", "x1m", "", "#ff0000", "a.png#1"]) == {
        "a.png#1": "a.png", "b.png#2": "b.png (2)", "b.png#3": "b.png (3)", "x1m": "x1m", "": "", "#ff0000": "#ff0000",
    }  # fmt: skip
    assert str(Opened(NAVY, "a.png#1")) == "a.png#1" and str(Opened(NAVY, "a.png#1", "a.png")) == "a.png"
    assert Opened(NAVY, "a.png#1") == Opened(NAVY.copy(), "a.png#1", "a.png") != Opened(NAVY, "a.png#2")


def test_a_name_decides_no_pixel():
    plain = Request(prompt="x", image=NAVY)
    named = plain.replace(source="photo.png#1")
    assert named.key == plain.key and named == plain and "source" not in plain.to_dict()
    assert Request.from_dict(named.to_dict(), image=NAVY).source == "photo.png#1"
    assert named.replace(steps=3).source == "photo.png#1"
    assert named.replace(image=NAVY).source == "" and Request(prompt="x", source="y", mask_source="z").source == ""
    with pytest.raises(InputError, match="source"):
        Request(prompt="x", source=3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16", "F", "CMYK"])
def test_pixels_hashed_in_strips_hash_as_before(mode, monkeypatch):
    import hashlib

    image = (
        Image.effect_noise((37, 23), 90).convert("RGB").convert(mode) if mode not in ("I;16",) else Image.new(mode, (37, 23), 7)
    )
    before = hashlib.sha256(f"{mode}:37x23:".encode() + image.tobytes()).hexdigest()
    assert pixel_hash(image) == before
    monkeypatch.setattr("sdkit.codecs._HASHED_AT_ONCE", 100)
    assert pixel_hash(image) == before
