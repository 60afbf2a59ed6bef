"""Encoding: exact pixels, under the limit, marked, and nothing private inside."""

import io
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit.errors import ExportError, InputError
from sdkit.export import COMPOSITE, Placement, ai_mark, encode_all, encode_under, load, plan

ALL = load()


def noise(size, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8))


def test_a_plain_picture_keeps_the_best_quality_and_every_pixels_colour():
    made = encode_under(Image.new("RGB", (300, 250), "teal"), ALL["iab-medium-rectangle-300x250"])
    image = Image.open(io.BytesIO(made.data))
    assert (made.format, made.quality, image.format, image.size) == ("JPEG", 92, "JPEG", (300, 250))
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


@settings(max_examples=10)
@given(st.integers(22_500, 80_000))
def test_a_busy_picture_gives_up_no_more_quality_than_the_limit_asks(limit):
    placement = replace(ALL["google-medium-rectangle-300x250"], max_bytes=limit, formats=("JPEG",))
    picture = noise((150, 125)).resize(placement.size, Image.Resampling.BICUBIC)
    made = encode_under(picture, placement)
    assert len(made.data) <= limit and 20 <= made.quality <= 92
    if made.likeness is not None:
        roomier = encode_under(picture, replace(placement, max_bytes=limit + 40_000))
        assert roomier.likeness is None or roomier.likeness > made.likeness


def test_even_pure_noise_is_brought_under_a_generous_limit():
    placement = Placement("own", "Own", "web", "Own", 200, 200, max_bytes=45_000, formats=("JPEG",))
    made = encode_under(noise((200, 200)), placement)
    assert made.likeness > 0.85 and len(made.data) <= 45_000


def test_below_quality_20_only_where_nothing_else_is_under_the_limit():
    base = Placement("own", "Own", "web", "Own", 200, 200, max_bytes=6_000, formats=("JPEG",))
    poor = encode_under(noise((200, 200)), base)
    assert 5 <= poor.quality < 20 and len(poor.data) <= 6_000
    assert encode_under(noise((200, 200)), replace(base, max_bytes=12_000)).quality >= 20


def test_an_impossible_limit_names_placement_and_limit():
    with pytest.raises(ExportError, match=r"tight: [\d,]+ bytes is the least.*quality 5.*limit of 2,000"):
        encode_under(noise((400, 400)), Placement("tight", "Own", "web", "Tight", 400, 400, max_bytes=2000))


def test_the_next_format_is_taken_where_the_first_is_too_large():
    limit = 200_000
    picture = noise((300, 300)).resize((600, 600), Image.Resampling.BICUBIC)
    base = Placement("own", "Own", "web", "Own", 600, 600, max_bytes=limit, formats=("PNG", "WEBP"))
    assert encode_under(picture, base).format == "WEBP"


@pytest.mark.parametrize(("format", "quality"), [("PNG", 100), ("WEBP", 92), ("JPEG", 92)])
def test_the_preferred_format_is_written_with_the_ai_mark_and_nothing_else(scene, format, quality):
    master = scene()
    master.info |= {"parameters": "secret prompt", "comment": b"secret prompt", "icc_profile": b""}
    master.text = {"prompt": "secret prompt"}
    made = encode_under(master, Placement("own", "Own", "web", "Own", 256, 256, formats=(format,)))
    assert made.quality == quality and made.suffix in (".png", ".webp", ".jpg")
    image = Image.open(io.BytesIO(made.data))
    image.load()
    assert "digitalsourcetype/trainedAlgorithmicMedia" in str(image.info.get("xmp") or image.info.get("XML:com.adobe.xmp"))
    assert b"secret" not in made.data
    if format == "PNG":
        assert image.convert("RGB").tobytes() == master.tobytes()


def test_the_mark_can_be_another_or_none(scene):
    placement = Placement("own", "Own", "web", "Own", 256, 256)
    assert COMPOSITE.encode() in encode_under(scene(), placement, xmp=ai_mark(COMPOSITE)).data
    assert b"digitalsourcetype" not in encode_under(scene(), placement, xmp=b"").data
    assert 200 < len(ai_mark()) < 600
    with pytest.raises(InputError, match="kind"):
        ai_mark('"/><script>')


def test_a_picture_of_other_pixels_is_refused():
    with pytest.raises(ExportError, match="x-post: the picture has 10 x 10 pixels, not 1200 x 675"):
        encode_under(Image.new("RGB", (10, 10)), ALL["x-post"])


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_all_are_encoded_in_order_on_any_number_of_threads(scene, workers):
    master = scene()
    fits = plan(master.size, [ALL[n] for n in ("email-header", "google-half-page-300x600", "iab-mobile-banner-320x50")] * 1,
                image=master, can_outpaint=False).fits * 4  # fmt: skip
    made = list(encode_all(master, fits, workers=workers))
    assert [e.size for e in made] == [f.placement.size for f in fits]
    assert made[0].data == made[3].data


def test_finish_draws_on_every_picture_and_its_errors_arrive(scene):
    master = scene()
    fits = plan(master.size, [ALL["google-medium-rectangle-300x250"]]).fits
    (made,) = encode_all(master, fits, finish=lambda image, fit: Image.new("RGB", fit.placement.size, "black"))
    assert Image.open(io.BytesIO(made.data)).getpixel((5, 5)) == (0, 0, 0)

    def broken(image, fit):
        raise RuntimeError("no font")

    with pytest.raises(RuntimeError, match="no font"):
        list(encode_all(master, fits * 9, finish=broken))


def test_an_export_can_be_left_half_way(scene):
    master = scene()
    fits = plan(master.size, [ALL["google-medium-rectangle-300x250"]]).fits * 20
    stream = encode_all(master, fits, workers=2)
    next(stream)
    stream.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("sdkit-export")]  # no thread goes on working


def test_a_file_that_is_opened_but_not_yet_read_is_read_once(tmp_path):
    """Pillow reads at first use; two threads reading one file at once break it."""
    noise((1500, 1500)).save(tmp_path / "master.png")
    fits = plan((1500, 1500), ALL.values(), focus=(0.5, 0.5), fit=dict.fromkeys(ALL, "crop")).fits
    with Image.open(tmp_path / "master.png") as image:
        assert len(list(encode_all(image, fits[:6], workers=4))) == 6
