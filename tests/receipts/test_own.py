import io
import json
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from sdkit.codecs import encode, pixel_hash
from sdkit.errors import ImageError, InputError, SdkitError
from sdkit.prompt import Prompt
from sdkit.receipts import Receipt, own, png_text, read, write
from sdkit.request import Request
from sdkit.result import Made, Result

PICTURE = Image.linear_gradient("L").resize((24, 16)).convert("RGB")
MADE = Made("pocket", "0123456789abcdef", "sd1", "cpu", "float32", "DDIMScheduler", {"torch": "2.13.0"}, 2)


def result(request: Request | None = None, **changes) -> Result:
    return Result(
        PICTURE, request or Request(prompt="a rocket", seed=7, size=(24, 16)), **{"made": MADE, "seconds": 1.5, **changes}
    )


def png_with(text: str, key: str = "sdkit", *more: tuple[str, str]) -> bytes:
    chunks = PngInfo()
    for name, value in ((key, text), *more):
        chunks.add_itxt(name, value)
    return encode(PICTURE, pnginfo=chunks)


def altered(change) -> bytes:
    """A good receipt after `change` has been at its JSON."""
    about = json.loads(png_text.read_texts(write(result()))["sdkit"])
    change(about)
    return png_with(json.dumps(about))


texts = st.text(max_size=40)
prompts = st.builds(
    Prompt,
    st.text(min_size=1, max_size=60).filter(str.strip),
    texts,
    st.lists(st.tuples(texts, texts), max_size=4).map(tuple),
)
images = st.builds(
    lambda mode, size, data: Image.frombytes("RGBA", size, (data * (size[0] * size[1]))[: size[0] * size[1] * 4]).convert(mode),
    st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "F", "HSV", "YCbCr", "RGBa"]),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.binary(min_size=4, max_size=40),
)
requests = st.builds(
    lambda image, masked, **rest: Request(
        image=image, mask=Image.new("L", image.size, 255) if image and masked else None, **rest
    ),
    image=st.none() | images,
    masked=st.booleans(),
    prompt=prompts,
    negative=texts,
    seed=st.integers(0, 2**63 - 1),
    size=st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
    steps=st.integers(1, 500),
    guidance=st.floats(0, 50),
    scheduler=texts,
    strength=st.floats(0, 1, exclude_min=True),
    loras=st.lists(st.tuples(texts, st.floats(-10, 10)), max_size=2).map(tuple),
)
mades = st.builds(Made, texts, texts, texts, texts, texts, texts, st.dictionaries(texts, texts, max_size=3), st.integers(1, 64))


@settings(max_examples=80)
@given(requests, mades, st.floats(0, 1e6))
def test_a_receipt_round_trips(request_, made, seconds):
    receipt = read(write(Result(PICTURE, request_, made, seconds)))
    assert receipt.request.to_dict() == request_.to_dict()
    assert receipt.request.key == request_.key
    assert (receipt.made, receipt.seconds) == (made, seconds)


def test_text_that_is_no_unicode_round_trips():
    prompt = "a \ud800 rocket \0 \U0001f680"
    assert read(write(result(Request(prompt=prompt)))).request.prompt.text == prompt


def test_read_takes_path_bytes_and_image_alike(tmp_path):
    data = write(result())
    (tmp_path / "a.png").write_bytes(data)
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert pixel_hash(image) == pixel_hash(PICTURE)
        expected = Receipt(result().request, MADE, 1.5)
        assert read(tmp_path / "a.png") == read(str(tmp_path / "a.png")) == read(data) == read(image) == expected


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr", "LAB", "HSV", "La"])
def test_sources_come_back_pixel_for_pixel_in_their_mode(mode):
    source = Image.effect_noise((33, 7), 90) if mode != "LAB" else Image.new("LAB", (33, 7), (9, 8, 7))
    if mode in ("P", "HSV", "YCbCr", "CMYK"):
        source = source.convert("RGB")
    source = source.convert("LA").convert("La") if mode == "La" else source if mode == "LAB" else source.convert(mode)
    back = read(write(result(Request(prompt="x", image=source, mask=Image.new("1", (33, 7), 1))))).request
    assert back.image.mode == mode and pixel_hash(back.image) == pixel_hash(source)
    assert back.mask.mode == "1" and back.kind == "inpaint"
    if mode == "P":
        assert back.image.convert("RGB").tobytes() == source.convert("RGB").tobytes()


def test_other_tools_open_a_file_with_a_large_source():
    source = Image.effect_noise((1500, 1200), 90)  # over Pillow's 1 MiB limit for a compressed chunk
    data = write(result(Request(prompt="x", image=source)))
    with Image.open(io.BytesIO(data)) as image:
        image.load()
    assert len(data) > 2**20


def test_a_source_too_large_to_embed_is_asked_for(monkeypatch):
    source = Image.effect_noise((64, 64), 90)
    monkeypatch.setattr(own, "MAX_SOURCES", 1000)
    data = write(result(Request(prompt="x", image=source)))
    with pytest.raises(ImageError, match="hand it in with image="):
        read(data)
    assert pixel_hash(read(data, image=source).request.image) == pixel_hash(source)
    with pytest.raises(InputError, match="pixel hash"):
        read(data, image=PICTURE)


def test_a_picture_without_a_receipt_says_so(tmp_path):
    with pytest.raises(ImageError, match="carries no sdkit receipt"):
        read(encode(PICTURE))
    with pytest.raises(ImageError, match="carries no sdkit receipt"):
        read(PICTURE)
    with pytest.raises(ImageError, match="Only PNG files"):
        read(encode(PICTURE, "JPEG"))
    for missing in (tmp_path / "gone.png", tmp_path, "nul\0.png"):
        with pytest.raises(ImageError, match="readable image file"):
            read(missing)


def test_a_newer_format_says_so():
    with pytest.raises(ImageError, match="newer sdkit"):
        read(altered(lambda about: about.update(format=2)))


def test_cut_and_damaged_files_are_refused():
    data = write(result())
    for end in (0, 5, 20, 60, len(data) // 2, len(data) - 1):
        with pytest.raises(ImageError):
            read(data[:end])
    with pytest.raises(ImageError, match="checksum"):
        read(data[:60] + bytes([data[60] ^ 1]) + data[61:])


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_zip_bomb_is_refused_unread(kind):
    packed = zlib.compress(b" " * (own.MAX_TEXT + 2**20), 9)
    body = b"sdkit\0" + (b"\0" if kind == b"zTXt" else b"\1\0\0\0") + packed
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    data = encode(PICTURE)
    with pytest.raises(ImageError, match="at most 64 MiB of text"):
        read(data[:33] + chunk + data[33:])


def test_a_compressed_chunk_is_read():
    chunks = PngInfo()
    chunks.add_itxt("sdkit", png_text.read_texts(write(result()))["sdkit"], zip=True)
    assert read(encode(PICTURE, pnginfo=chunks)).request == result().request


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.clear(),
        lambda a: a.update(format=True),
        lambda a: a.update(format="1"),
        lambda a: a.update(seconds=None),
        lambda a: a.update(seconds=-1),
        lambda a: a.update(made=None),
        lambda a: a["made"].pop("model"),
        lambda a: a["made"].update(device=5),
        lambda a: a["made"].update(libraries=["torch"]),
        lambda a: a["made"].update(libraries={"torch": 2}),
        lambda a: a["made"].update(batch="many"),
        lambda a: a.update(request="a rocket"),
        lambda a: a["request"].update(prompt="a rocket"),
        lambda a: a["request"]["prompt"].update(choices=[["one"]]),
        lambda a: a["request"]["prompt"].update(template=7),
        lambda a: a["request"].update(loras=[[1, 2, 3]]),
        lambda a: a["request"].update(scheduler=[]),
        lambda a: a["request"].update(seed=-1),
        lambda a: a["request"].update(size=5),
        lambda a: a["request"].update(steps=10**400),
        lambda a: a["request"].update(surprise=1),
        lambda a: a["request"].update(image="00" * 32),
        lambda a: a["request"].update(mask="00" * 32),
        lambda a: a.update(packed=[]),
    ],
)
def test_a_wrong_value_is_an_sdkit_error(change):
    with pytest.raises(InputError):
        read(altered(change))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
places = st.sampled_from(
    [("packed",), ("format",), ("request",), ("made",), ("seconds",)]
    + [("request", f) for f in Request.__dataclass_fields__]
    + [("request", "prompt", f) for f in ("text", "template", "choices")]
    + [("made", f) for f in Made.__dataclass_fields__]
)


@settings(max_examples=300)
@given(places, json_values)
def test_any_json_anywhere_raises_only_sdkit_errors(place, value):
    def change(about):
        for step in place[:-1]:
            about = about[step]
        about[place[-1]] = value

    with suppress(SdkitError):
        assert isinstance(read(altered(change)), Receipt)


@settings(max_examples=150)
@given(st.sampled_from([b"tEXt", b"zTXt", b"iTXt"]), st.sampled_from(["sdkit", "sdkit-image"]), st.binary(max_size=200))
@example(b"iTXt", "sdkit", b"\0\0\0\0" + b"[" * 100_000)
@example(b"tEXt", "sdkit", b'{"format": 1, "seconds": ' + b"[" * 900 + b"]" * 900 + b"}")
@example(b"tEXt", "sdkit", b'{"format": ' + b"9" * 5000 + b"}")
def test_random_bytes_in_a_chunk_raise_only_sdkit_errors(kind, key, body):
    body = key.encode() + b"\0" + body
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    source = Image.new("L", (3, 3), 5)
    data = write(result(Request(prompt="x", image=source)))
    at = data.index(b"IDAT") - 4
    with suppress(SdkitError):
        assert isinstance(read(data[:at] + chunk + data[at:]), Receipt)


@settings(max_examples=100)
@given(st.data())
def test_a_damaged_embedded_source_raises_only_sdkit_errors(data):
    good = encode(Image.effect_noise((8, 8), 90))
    at = data.draw(st.integers(8, len(good) - 1))
    bad = good[:at] + data.draw(st.binary(max_size=12)) + good[at + data.draw(st.integers(0, 12)) :]
    about = json.loads(png_text.read_texts(write(result()))["sdkit"])
    about["request"]["image"] = "00" * 32
    with pytest.raises(SdkitError):
        read(png_with(json.dumps(about), "sdkit", ("sdkit-image", own.to_base64(bad))))


def test_a_mode_that_png_lacks_is_refused_on_writing():
    with pytest.raises(ImageError, match="convert"):
        write(Result(PICTURE.convert("CMYK"), Request(prompt="x"), MADE))
