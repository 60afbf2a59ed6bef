"""Grading: towards the palette, gently, back on request; greys and skin spared, and no new edges."""

import numpy as np
import pytest
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit.brand import grade
from sdkit.brand.grade import oklab
from sdkit.errors import ImageError, InputError
from sdkit.experiments.measures import measure

BRAND = ("#0d6b6b", "#f08a3c", "#f7c948", "#a9dcc9", "#c43b30", "#14213d", "#fbf5ea")


def noise(mode="RGB", side=24, seed=0):
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(seed).integers(0, 256, (side, side, channels), np.uint8)
    return Image.fromarray(values.squeeze(), mode if channels in (1, 3, 4) else None)


def pixels(image):
    return np.asarray(image.convert("RGB"), np.int16)


def test_oklab_is_that_of_coloraide():
    for colour in BRAND:
        ours = oklab(np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]]))[0]
        assert ours == pytest.approx(Color(colour).convert("oklab").coords(), abs=1e-4)


@settings(max_examples=20)
@given(st.sampled_from(["RGB", "RGBA", "L", "LA"]), st.integers(0, 99), st.floats(0.01, 1))
def test_it_can_be_undone_bit_for_bit(mode, seed, strength):
    picture = noise(mode if mode != "LA" else "L", seed=seed).convert(mode)
    before = picture.tobytes()
    done = grade(picture, BRAND, strength)
    assert done.undo().tobytes() == picture.tobytes() == before and done.undo().mode == mode
    assert done.again(0).image.tobytes() == before
    assert done.again(strength).image.tobytes() == done.image.tobytes()
    assert done.image.size == picture.size and done.image.mode == mode


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1", "CMYK"])
def test_strength_0_is_the_original(mode):
    picture = noise().convert(mode)
    done = grade(picture, BRAND, 0)
    assert done.image.mode == mode and done.image.tobytes() == picture.tobytes() and done.image is not picture


def test_greys_stay(demo):
    ramp = Image.fromarray(np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2))
    assert np.abs(pixels(demo.grade(ramp, 1.0).image) - pixels(ramp)).max() <= 1


@pytest.mark.parametrize("skin", ["#ffdbac", "#f1c27d", "#e0ac69", "#c68642", "#8d5524", "#5c3a21", "#3b2219"])
def test_skin_moves_less_than_paint(demo, skin):
    flat = Image.new("RGB", (4, 4), skin)
    moved = Color("srgb", pixels(demo.grade(flat, 0.3).image)[0, 0] / 255).delta_e(Color(skin), method="2000")
    paint = Image.new("RGB", (4, 4), "#ff00ff")
    far = Color("srgb", pixels(demo.grade(paint, 0.3).image)[0, 0] / 255).delta_e(Color("#ff00ff"), method="2000")
    assert moved < 3 < far


def test_the_more_the_nearer(demo):
    hues = Image.merge("HSV", [Image.linear_gradient("L"), Image.new("L", (256, 256), 200), Image.new("L", (256, 256), 220)])
    picture = hues.convert("RGB")
    distances = [demo.palette_distance(measure(demo.grade(picture, s).image).palette) for s in (0, 0.25, 0.5, 0.75, 1)]
    assert distances == sorted(distances, reverse=True) and distances[-1] < 0.75 * distances[0]


def test_no_edge_appears_in_a_smooth_picture(demo):
    hue, light = np.meshgrid(np.linspace(0, 255, 512), np.linspace(60, 250, 512))
    smooth = Image.fromarray(np.dstack([hue, np.full_like(hue, 180), light]).astype(np.uint8), "HSV").convert("RGB")
    steps = [np.abs(np.diff(pixels(image), axis=1)).max() for image in (smooth, demo.grade(smooth, 1.0).image)]
    assert steps[1] <= 2 * steps[0] + 2


def test_the_shapes_stay(demo):
    """Lightness keeps its order: what was much lighter is still lighter."""
    picture = noise(side=64)
    before, after = (oklab(pixels(i).reshape(-1, 3) / 255)[:, 0] for i in (picture, demo.grade(picture, 0.3).image))
    assert np.corrcoef(before, after)[0, 1] > 0.99


def test_transparency_and_profile_are_kept(demo):
    picture = noise("RGBA")
    picture.info["icc_profile"] = b"profile"
    done = demo.grade(picture, 0.6)
    assert done.image.getchannel("A").tobytes() == picture.getchannel("A").tobytes()
    assert done.image.info["icc_profile"] == b"profile" and done.image.tobytes() != picture.tobytes()


def test_a_brand_of_greys_pulls_nothing():
    picture = noise()
    assert grade(picture, ["#000000", "#777777", "#ffffff"], 1.0).image.tobytes() == picture.tobytes()


def test_it_says_what_it_did(demo, tmp_path):
    noise().save(tmp_path / "a.png")
    done = demo.grade(tmp_path / "a.png", 0.4)
    assert done.to_dict() == {"brand": "Morrowday", "strength": 0.4, "palette": list(demo.palette)}
    assert done._repr_png_()[:4] == b"\x89PNG"


@pytest.mark.parametrize("strength", [-0.1, 1.1, "much", True, None, float("nan")])
def test_a_wrong_strength(demo, strength):
    with pytest.raises(InputError, match="strength: got"):
        demo.grade(noise(), strength)


def test_what_is_no_picture_for_it(demo):
    with pytest.raises(ImageError, match="8 bits a channel"):
        demo.grade(Image.new("I;16", (4, 4)))
    with pytest.raises(ImageError):
        demo.grade("nowhere.png")
    with pytest.raises(InputError, match="palette"):
        grade(noise(), ["red"])
