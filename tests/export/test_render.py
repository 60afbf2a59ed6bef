"""Rendering: exact pixels of the right part, quietly continued edges, sRGB."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from sdkit.errors import InputError
from sdkit.export import Extension, choose, load, plan, render, stretched
from sdkit.export.render import prepared

ALL = load()


def quadrants(size=(256, 256)):
    """Red, green, blue and yellow quarters."""
    image = Image.new("RGB", (2, 2))
    image.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)])
    return image.resize(size, Image.Resampling.NEAREST)


def test_every_picture_has_exactly_its_pixels(scene):
    master = scene()
    planned = plan(master.size, choose(["ads", "email", "web"]), image=master)
    canvases = {e: stretched(master, e) for e in planned.extensions}
    for fit, image in zip(planned.fits, render(master, planned.fits, canvases), strict=True):
        assert image.size == fit.placement.size and image.mode == "RGB"


def test_a_crop_shows_its_box():
    (fit,) = plan(
        (256, 256), [ALL["google-half-page-300x600"]], focus=(0.5, 0.5), fit={"google-half-page-300x600": "crop"}
    ).fits
    pixels = np.asarray(next(render(quadrants(), [fit])))
    assert (pixels[10, 10], pixels[-10, -10]) == (pytest.approx((255, 0, 0), abs=6), pytest.approx((255, 255, 0), abs=6))


@pytest.mark.parametrize("factor", [0.5, 1, 2])
def test_an_outpaint_is_cut_from_its_canvas_whatever_its_resolution(factor):
    (fit,) = plan((256, 256), [ALL["x-header"]], focus=(0.5, 0.5)).fits
    width, height = (round(s * factor) for s in fit.extension.size)
    canvas = Image.merge("RGB", [Image.linear_gradient("L").rotate(90).resize((width, height))] * 3)
    pixels = np.asarray(next(render(quadrants(), [fit], {fit.extension: canvas})))[:, :, 0].astype(float)
    for x in (5, 700, 1490):
        at = fit.box[0] + (x + 0.5) / 1500 * (fit.box[2] - fit.box[0])
        assert pixels[250, x] == pytest.approx(255 * at / fit.extension.size[0], abs=4)


def test_a_missing_canvas_is_named():
    (fit,) = plan((256, 256), [ALL["x-header"]]).fits
    with pytest.raises(InputError, match=r"extended.*x-header"):
        list(render(quadrants(), [fit]))


def test_a_pad_keeps_the_middle_and_continues_the_edges():
    master = Image.new("RGB", (200, 200), (40, 90, 160))
    master.paste((250, 240, 10), (80, 80, 120, 120))
    (fit,) = plan(master.size, [ALL["x-header"]], focus=(0.5, 0.5), can_outpaint=False, fit={"x-header": "pad"}).fits
    image = next(render(master, [fit]))
    left, top, right, bottom = fit.subject
    assert image.getpixel((round((left + right) / 2), round((top + bottom) / 2))) == pytest.approx((250, 240, 10), abs=3)
    assert all(image.getpixel(p) == pytest.approx((40, 90, 160), abs=2) for p in ((0, 0), (1499, 499), (10, 250), (1490, 250)))


def test_a_stretched_canvas_holds_the_master_untouched(scene):
    master = scene()
    canvas = stretched(master, Extension((512, 320), (128, 64)))
    assert canvas.size == (512, 320)
    assert canvas.crop((128, 64, 384, 320)).tobytes() == master.tobytes()


def test_enlarging_flat_colours_leaves_no_halo():
    master = Image.new("RGB", (256, 256), (60, 60, 60))
    master.paste((200, 200, 200), (64, 64, 192, 192))
    (fit,) = plan(master.size, [ALL["instagram-square"]]).fits
    pixels = np.asarray(next(render(master, [fit])))
    assert pixels.min() >= 45 and pixels.max() <= 225


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "CMYK", "I;16"])
def test_any_mode_becomes_rgb(mode):
    assert prepared(Image.new(mode, (20, 20))).mode == "RGB"


def test_transparency_is_laid_on_white():
    assert prepared(Image.new("RGBA", (8, 8), (255, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)


def test_a_colour_profile_is_applied_and_a_broken_one_ignored(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 100, 50)).save(buffer, "PNG", icc_profile=lab)
    assert prepared(Image.open(buffer)).getpixel((0, 0)) == pytest.approx((200, 100, 50), abs=1)
    broken = Image.new("RGB", (8, 8), (200, 100, 50))
    broken.info["icc_profile"] = b"no profile"
    assert prepared(broken).getpixel((0, 0)) == (200, 100, 50)


def test_what_an_upscaler_enlarged_is_shown_where_a_fit_enlarges_and_nowhere_else(scene):
    master = scene()
    planned = plan(master.size, choose(["ads", "social"]), image=master)
    canvases = {e: stretched(master, e) for e in planned.extensions}
    sharp = {k: Image.new("RGB", (4 * v.width, 4 * v.height), "lime") for k, v in ({None: master} | canvases).items()}
    plain = render(master, planned.fits, canvases)
    for fit, image, before in zip(planned.fits, render(master, planned.fits, canvases, sharp), plain, strict=True):
        assert image.size == fit.placement.size
        green = (np.asarray(image) == (0, 255, 0)).all()
        assert green if fit.enlarged else image.tobytes() == before.tobytes()
    assert {fit.enlarged for fit in planned.fits} == {True, False}
