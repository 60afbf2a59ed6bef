"""Photographs of any mode and rotation: what is not painted stays bit for bit, and a part is read without the whole."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from sdkit import canvas
from sdkit.canvas import Photo
from sdkit.errors import ImageError, InputError

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16", "I;16B"]


def picture(rng, mode, size):
    """Noise of that mode; of a palette, with fewer colours than it could have."""
    width, height = size
    if mode == "P":
        image = Image.frombytes("P", size, rng.integers(0, 40, (height, width), dtype=np.uint8).tobytes())
        image.putpalette(rng.integers(0, 256, 120, dtype=np.uint8).tobytes())
        return image
    if mode in ("I", "F", "I;16", "I;16B"):
        kind = {"I": "<i4", "F": "<f4", "I;16": "<u2", "I;16B": ">u2"}[mode]
        return Image.frombytes(mode, size, rng.integers(0, 65536, (height, width)).astype(kind).tobytes())
    bands = len(Image.new(mode, (1, 1)).getbands())
    if mode == "1":
        return Image.fromarray(rng.random((height, width)) < 0.5)
    return Image.frombytes(mode, size, rng.integers(0, 256, (height, width, bands), dtype=np.uint8).tobytes())


def turned(image, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.info["exif"] = exif.tobytes()
    return image


@settings(max_examples=500)
@given(
    st.integers(0, 10**9), st.sampled_from(MODES), st.integers(1, 8), st.integers(1, 48), st.integers(1, 48),
    st.integers(0, 6), st.integers(-2, 3), st.booleans(),
)  # fmt: skip
def test_no_pixel_outside_the_mask_or_under_protection_changes(seed, mode, orientation, width, height, feather, grow, invert):
    """Random pictures, masks, protected regions, sizes and feathers, in every mode and rotation: 0 changed pixels."""
    rng = np.random.default_rng(seed)
    stored = turned(picture(rng, mode, (width, height)), orientation)
    before, photo = stored.copy(), Photo.of(stored)
    w, h = photo.size
    mask, safe = rng.random((h, w)) < rng.random() * 0.4, rng.random((h, w)) < rng.random() * 0.4
    x, y = int(rng.integers(0, w)), int(rng.integers(0, h))
    box = (x, y, int(rng.integers(x, w)) + 1, int(rng.integers(y, h)) + 1)
    try:
        wanted = np.asarray(canvas.mask_of(mask, Image.new("L", (w, h)), grow=grow, invert=invert)) > 0
        wanted &= ~safe
        wanted[box[1] : box[3], box[0] : box[2]] = False
        found, white = canvas.region_of(mask, photo, grow=grow, invert=invert, protect=[safe, box])
    except InputError:
        return
    whole = np.zeros((h, w), bool)
    whole[found[1] : found[3], found[0] : found[2]] = white
    assert np.array_equal(whole, wanted)  # the region is the mask, read a part at a time

    region = canvas.surrounded(found, photo.size, (16, 16))
    assert region[0] <= found[0] and region[1] <= found[1] and region[2] >= found[2] and region[3] >= found[3]
    inside = whole[region[1] : region[3], region[0] : region[2]]
    scale = rng.choice([1.0, 0.5])
    size = tuple(max(1, round((region[i + 2] - region[i]) * scale)) for i in (0, 1))
    photo.put(region, picture(rng, "RGB", size), inside, feather)
    assert (photo.image.mode, photo.image.size) == (before.mode, before.size)
    was, now = (
        np.asarray(ImageOps.exif_transpose(i)) if i.mode != "I;16B" else upright(i, orientation) for i in (before, stored)
    )
    changed = was != now
    assert not (changed.any(axis=2) if changed.ndim == 3 else changed)[~whole].any()


def upright(image, orientation):
    """As `exif_transpose`, on the array."""
    a = np.asarray(image)
    return {
        1: a, 2: a[:, ::-1], 3: a[::-1, ::-1], 4: a[::-1], 5: a.T, 6: a.T[:, ::-1], 7: a[::-1, ::-1].T, 8: a.T[::-1],
    }[orientation]  # fmt: skip


@given(st.integers(1, 8), st.integers(1, 30), st.integers(1, 30), st.data())
def test_a_part_of_the_upright_picture_is_found_in_the_stored_one(orientation, width, height, data):
    image = turned(picture(np.random.default_rng(0), "RGB", (width, height)), orientation)
    photo, straight = Photo.of(image), ImageOps.exif_transpose(image)
    assert photo.size == straight.size
    left, top = data.draw(st.integers(0, photo.size[0] - 1)), data.draw(st.integers(0, photo.size[1] - 1))
    right, bottom = data.draw(st.integers(left + 1, photo.size[0])), data.draw(st.integers(top + 1, photo.size[1]))
    box = (left, top, right, bottom)
    assert photo.crop(box).tobytes() == straight.crop(box).tobytes() == photo.view(box).tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_what_is_painted_looks_as_painted_in_every_mode(mode):
    rng = np.random.default_rng(1)
    photo = Photo(picture(rng, mode, (32, 32)))
    if mode == "P":
        photo.image.putpalette([v for i in range(256) for v in (i, i, i)])
    photo.put((8, 8, 24, 24), Image.new("RGB", (16, 16), (255, 255, 255)), np.ones((16, 16), bool))
    assert np.asarray(photo.view((8, 8, 24, 24))).min() >= 250
    photo.put((8, 8, 24, 24), Image.new("RGB", (16, 16), (0, 0, 0)), np.ones((16, 16), bool))
    assert np.asarray(photo.view((8, 8, 24, 24))).max() <= 5


def test_a_profile_is_read_and_written_and_kept():
    """In a profile with red and green exchanged, so to say: gamma 1 here, so that a value means another brightness."""
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    image = Image.new("RGB", (16, 16), (100, 120, 140))
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = Photo(image)
    photo.put((0, 0, 16, 16), Image.new("RGB", (16, 16), (10, 200, 30)), np.ones((16, 16), bool))
    assert np.abs(np.asarray(image, int)[0, 0] - (10, 200, 30)).max() <= 2 and image.info["icc_profile"]
    for odd in (xyz, b"no profile at all"):  # of another kind, or damaged: carried along
        image.info["icc_profile"] = odd
        assert Photo(image).view((0, 0, 4, 4)).mode == "RGB"


def test_transparency_is_seen_on_white_and_painted_opaque():
    image = Image.new("RGBA", (20, 10), (255, 0, 0, 0))
    photo = Photo(image)
    assert photo.view(photo.box).getpixel((3, 3)) == (255, 255, 255)
    box, white = canvas.region_of("alpha", photo, protect=(0, 0, 10, 10))
    assert box == (10, 0, 20, 10)
    photo.put(box, Image.new("RGB", (10, 10), "navy"), white, feather=3)
    assert image.getpixel((15, 5)) == (0, 0, 128, 255) and image.getpixel((3, 3)) == (255, 0, 0, 0)


def test_a_large_photo_is_worked_on_in_strips(monkeypatch):
    monkeypatch.setattr("sdkit.canvas.photo._BAND", 97)
    rng = np.random.default_rng(5)
    image = picture(rng, "RGB", (61, 47))
    small, mask = picture(rng, "RGB", (30, 23)), rng.random((47, 61)) < 0.7
    strips, once = Photo(image.copy()), Photo(image.copy())
    strips.put(strips.box, small, mask, 3)
    monkeypatch.setattr("sdkit.canvas.photo._BAND", 10**6)
    once.put(once.box, small, mask, 3)
    assert np.abs(np.asarray(strips.image, int) - np.asarray(once.image, int)).max() <= 1
    assert canvas.region_of(mask, strips)[0] == canvas.region_of(mask, once)[0]


def test_modes_that_are_not_known_are_named():
    with pytest.raises(ImageError, match="LAB"):
        Photo(Image.new("LAB", (4, 4)))
    with pytest.raises(InputError, match="protect"):
        canvas.region_of((0, 0, 2, 2), Photo(Image.new("RGB", (4, 4))), protect=(0, 0, 4, 4))


@given(st.integers(1, 6000), st.integers(1, 6000), st.data())
def test_the_surroundings_of_a_mask_hold_it_and_are_no_strip(width, height, data):
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height))
    x, y, r, b = canvas.surrounded((left, top, right, bottom), (width, height), (256, 256))
    assert 0 <= x <= left < right <= r <= width and 0 <= y <= top < bottom <= b <= height
    assert r - x >= min(width, 256) and b - y >= min(height, 256)
    assert (r - x) * 2 + 16 >= min(b - y, 2 * width) and (b - y) * 2 + 16 >= min(r - x, 2 * height)


def test_a_palette_with_a_clear_colour_never_paints_it():
    image = Image.frombytes("P", (4, 4), bytes(16))
    image.putpalette([255, 0, 0, 250, 0, 0])
    image.info["transparency"] = 0
    Photo(image).put((0, 0, 4, 4), Image.new("RGB", (4, 4), (255, 0, 0)), np.ones((4, 4), bool))
    assert set(image.tobytes()) == {1}
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
