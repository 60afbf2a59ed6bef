"""Files from outside open whole and upright, or say what is wrong; files of ours are written whole or not at all."""

import io
import os
import struct
import zlib

import pytest
from PIL import Image

from sdkit import codecs
from sdkit.errors import ImageError


def file_of(format, size=(20, 10), mode="RGB", **options):
    data = io.BytesIO()
    Image.new(mode, size, 120).save(data, format, **options)
    return data.getvalue()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
def test_opens_what_people_have(format, tmp_path):
    (tmp_path / "x").write_bytes(file_of(format))
    assert codecs.open_image(tmp_path / "x").size == (20, 10)
    assert codecs.open_image((tmp_path / "x").read_bytes()).size == (20, 10)


def test_a_photo_taken_sideways_comes_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert codecs.open_image(file_of("JPEG", exif=exif.tobytes())).size == (10, 20)


def huge_png():
    """A PNG of 20,000 x 20,000 pixels that takes 400 kB: only its header says so."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.png", "nowhere.png"),
        (b"", "no such file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no such file"),  # would start another program
        (b"GIF89a and nothing more", "PNG, JPEG|damaged"),
        (file_of("PNG", (300, 300))[:-60], "damaged"),
        (file_of("JPEG", (300, 300))[:200], "damaged"),
        (huge_png(), "100 megapixels"),
        (os.path.dirname(__file__), "directory"),
    ],
)
def test_anything_else_is_an_image_error_that_names_the_parameter(source, said):
    with pytest.raises(ImageError, match=f"(?i)^photo: .*({said})"):
        codecs.open_image(source, "photo")


def test_a_picture_in_memory_is_measured_too():
    with pytest.raises(ImageError, match="100 megapixels"):
        codecs.open_image(Image.new("1", (20_000, 20_000)))


def test_equal_pixels_have_equal_hashes_however_they_are_encoded():
    picture = Image.effect_noise((32, 32), 50).convert("RGB")
    again = Image.open(io.BytesIO(codecs.encode(picture, "PNG", compress_level=1)))
    assert codecs.pixel_hash(picture) == codecs.pixel_hash(again)
    assert codecs.pixel_hash(picture) != codecs.pixel_hash(picture.transpose(Image.Transpose.ROTATE_90))
    assert codecs.pixel_hash(picture.convert("L")) != codecs.pixel_hash(picture)


def test_a_data_url_is_the_picture():
    import base64

    kind, _, text = codecs.data_url(Image.new("RGB", (3, 2), "red")).partition(",")
    assert kind == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(text))).getpixel((0, 0)) == (255, 0, 0)


def test_an_atomic_write_makes_folders_and_leaves_no_parts(tmp_path):
    codecs.write_atomic(tmp_path / "a" / "b.txt", b"new", durable=True)
    codecs.write_atomic(tmp_path / "a" / "b.txt", b"newer")
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"newer"
    (tmp_path / "a" / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        codecs.write_atomic(tmp_path / "a" / "folder", b"x")
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["b.txt", "folder"]
