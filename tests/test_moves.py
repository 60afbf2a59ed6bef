"""The moves on a picture that is there, on the embedded model in few steps: exactness, not art."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from sdkit import InputError, Studio, canvas
from sdkit.receipts import read

QUICK = {"steps": 1, "progress": False}


@pytest.fixture
def shot(studio):
    return studio.generate("a rocket on a navy gradient background", **QUICK)[0]


def noise(size, mode="RGB", seed=0):
    grain = np.random.default_rng(seed).integers(0, 256, (size[1] // 8 + 1, size[0] // 8 + 1, 3), dtype=np.uint8)
    return Image.fromarray(grain).resize(size).convert(mode)


def changed(before, after):
    """(height, width) bools."""
    a, b = np.asarray(before), np.asarray(after)
    assert a.shape == b.shape and a.dtype == b.dtype
    return (a != b).reshape(*a.shape[:2], -1).any(2)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "L", "P", "I;16"])
def test_inpainting_a_photo_changes_the_mask_alone(studio, mode):
    photo = (
        noise((700, 500), mode) if mode != "I;16" else Image.fromarray(np.asarray(noise((700, 500), "L")).astype("u2") * 200)
    )
    before, mask = photo.copy(), np.zeros((500, 700), bool)
    mask[100:180, 600:690] = True
    done = studio.inpaint(photo, mask, "a lemon on mint", protect=(610, 110, 640, 130), **QUICK)
    assert (done.image.mode, done.image.size) == (mode, (700, 500))
    assert photo.tobytes() == before.tobytes()  # the caller's own is left alone
    allowed = mask.copy()
    allowed[110:130, 610:640] = False
    where = changed(before, done.image)
    assert where.any() and not where[~allowed].any()
    assert done.part.size == done.request.size == (256, 256)
    assert done.box[0] <= 600 and done.box[2] - done.box[0] == 256


def test_a_file_keeps_its_mode_profile_and_rotation(studio, tmp_path):
    exif, colours = Image.Exif(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif[0x0112] = 6
    noise((600, 400)).save(tmp_path / "photo.png", exif=exif, icc_profile=colours, dpi=(300, 300))
    done = studio.inpaint(tmp_path / "photo.png", (0.1, 0.5, 0.3, 0.7), "a lemon", **QUICK)
    with Image.open(tmp_path / "photo.png") as stored:
        where = changed(ImageOps.exif_transpose(stored), ImageOps.exif_transpose(done.image))
        rows, columns = np.nonzero(where)
        assert where.shape == (600, 400) and rows.min() >= 300 and rows.max() < 420
        assert columns.min() >= 40 and columns.max() < 120
        done.save(tmp_path / "out.png")
        with Image.open(tmp_path / "out.png") as again:
            assert again.getexif()[0x0112] == 6 and again.size == (600, 400) and again.info["icc_profile"] == colours
            assert changed(stored, again).sum() == where.sum()
    twice = studio.inpaint(done, (0.1, 0.0, 0.3, 0.1), "a lemon", **QUICK)  # and once more, on what came back
    assert not changed(ImageOps.exif_transpose(done.image), ImageOps.exif_transpose(twice.image))[60:].any()


def test_the_store_holds_the_part_and_it_can_be_made_again(studio, shot, tmp_path):
    done = studio.inpaint(shot, (0, 0, 64, 64), **QUICK)
    again = studio.reproduce(Path(done.path), progress=False)
    assert again.image.tobytes() == done.part.tobytes() == studio.reproduce(done, progress=False).image.tobytes()
    assert read(Path(done.path)).request.key == done.request.key
    assert "rocket" not in done.request.prompt.text and "rocket" in done.request.negative  # by default it removes
    assert done.of is shot and studio.outpaint(done, (512, 256), **QUICK).image.size == (512, 256)
    from_file = studio.inpaint(Path(shot.path), (0, 0, 64, 64), **QUICK)
    assert from_file.request.key == done.request.key and from_file.image.tobytes() == done.image.tobytes()
    assert done._repr_png_().startswith(b"\x89PNG")


def test_a_photo_larger_than_any_request(studio):
    photo = noise((4200, 1200))
    done = studio.inpaint(photo, (0.0, 0.2, 1.0, 0.8), "a beach", only_masked=False, start="picture", **QUICK)
    assert max(done.request.size) <= 4096 and done.image.size == (4200, 1200)
    where = changed(photo, done.image)
    assert where[300:900].mean() > 0.9 and not where[:240].any() and not where[960:].any()


def test_start_from_the_picture_or_from_around_it(studio, shot):
    given = {"strength": 0.3, "steps": 20, "progress": False}
    some = [studio.inpaint(shot, (90, 90, 170, 170), "a rocket", start=start, **given) for start in ("picture", "around")]
    off = [np.abs(np.asarray(s.image, int) - np.asarray(shot.image, int)).mean() for s in some]
    assert off[0] < off[1]


def test_bad_moves_are_named_and_keep_nothing(studio, shot, tmp_path):
    many = len(studio.experiments)
    for parameter, call in (
        ("mask", lambda: studio.inpaint(shot, (0, 0, 999, 9), "x")),
        ("mask", lambda: studio.inpaint(shot, np.zeros((9, 9)), "x")),
        ("protect", lambda: studio.inpaint(shot, (0, 0, 9, 9), "x", protect=(0, 0, 20, 20))),
        ("feather", lambda: studio.inpaint(shot, (0, 0, 9, 9), "x", feather=-1)),
        ("start", lambda: studio.inpaint(shot, (0, 0, 9, 9), "x", start="white")),
        ("strength", lambda: studio.vary(shot, strength=[])),
        ("strength", lambda: studio.vary(shot, strength=0)),
        ("prompt", lambda: studio.vary(noise((64, 64)))),
        ("frames", lambda: studio.interpolate("a lemon", 1, 2, 1)),
        ("prompt", lambda: studio.interpolate("a {lemon|rocket}", 1, 2)),
        ("size", lambda: studio.outpaint(shot)),
        ("size", lambda: studio.outpaint(shot, (512, 256), left=9)),
        ("left", lambda: studio.outpaint(shot, left=-1)),
        ("left", lambda: studio.outpaint(shot, left=4000)),
        ("anchor", lambda: studio.outpaint(shot, (512, 256), anchor=(2, 0))),
        ("scale", lambda: studio.hires(shot, 17)),
        ("scale", lambda: studio.hires(noise((3000, 64)), 2, prompt="x")),
        ("picture", lambda: studio.seam(shot)),
    ):
        with pytest.raises(InputError, match=parameter):
            call()
    assert len(studio.experiments) == many


def test_a_sweep_of_strengths_is_a_sheet_of_rows(studio, shot):
    other = "a lemon on a pink background"  # the less of the shot is kept, the more of this is followed
    sheet = studio.vary(shot, prompt=other, strength=[0.2, 0.8], seeds=[1, 2], steps=5, progress=False)
    rows, columns, cells = sheet.grid()
    assert len(cells) == 4 and columns == ["seed 1", "seed 2"] and [r[-3:] for r in rows] == ["0.2", "0.8"]
    off = [np.abs(np.asarray(s.image, int) - np.asarray(shot.image, int)).mean() for s in sheet]
    assert max(off[:2]) < min(off[2:])
    assert studio.reproduce(sheet[3].path, progress=False).image.tobytes() == sheet[3].image.tobytes()


def test_varying_keeps_what_is_protected(studio, shot):
    sheet = studio.vary(shot, strength=[0.3, 0.6], protect=[(0, 0, 100, 100), (0.9, 0.9, 1.0, 1.0)], **QUICK)
    for varied in sheet:
        where = changed(shot.image, varied.image)
        assert not where[:100, :100].any() and not where[230:, 230:].any() and where.mean() > 0.5


def test_a_large_photo_is_varied_at_what_the_model_draws(studio):
    varied = studio.vary(noise((1600, 800)), "a beach", **QUICK)[0]
    assert varied.image.size == (724, 362)  # no multiple of anything, and in proportion


def test_a_second_seed_turns_the_picture(studio):
    plain, same, turned, other = (
        studio.generate("a lemon on mint", seeds=[3], steps=3, progress=False, **more)[0]
        for more in ({}, {"subseed": 9}, {"subseed": 9, "subseed_strength": 0.2}, {"subseed": 9, "subseed_strength": 1})
    )
    off = [np.abs(np.asarray(p.image, int) - np.asarray(plain.image, int)).mean() for p in (same, turned, other)]
    assert off[0] == 0 < off[1] < off[2] and same.request.key == plain.request.key != turned.request.key
    ninth = studio.generate("a lemon on mint", seeds=[9], steps=3, progress=False)[0]
    assert other.image.tobytes() == ninth.image.tobytes()
    assert studio.reproduce(turned.path, progress=False).image.tobytes() == turned.image.tobytes()


def test_a_strip_between_two_seeds(studio):
    strip = studio.interpolate("a lemon on mint", 3, 9, 4, **QUICK)
    _, columns, cells = strip.grid()
    assert columns == ["seed 3", "seed 3 + 33% of 9", "seed 3 + 67% of 9", "seed 9"] and len(cells) == 4
    ends = studio.generate("a lemon on mint", seeds=[3, 9], **QUICK)
    assert [strip[0].image.tobytes(), strip[-1].image.tobytes()] == [e.image.tobytes() for e in ends]


def test_outpaint_by_pixels_and_to_a_point(studio, shot):
    wide = studio.outpaint(shot, left=100, down=21, **QUICK)
    assert wide.image.size == (356, 277) and wide.image.crop((100, 0, 356, 256)).tobytes() == shot.image.tobytes()
    third = studio.outpaint(shot, (768, 256), anchor=(2 / 3, 0.5), **QUICK)
    assert third.image.crop((384, 0, 640, 256)).tobytes() == shot.image.tobytes()
    seam = studio.seam(third)
    assert seam.pixels == 512 and seam == studio.seam(third.id) == studio.seam(third.path)


@pytest.mark.parametrize(("size", "scale"), [((256, 256), 2), ((130, 77), 3), ((200, 300), 1.37)])
def test_hires_is_exact_and_shows_no_tiles(studio, size, scale):
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    ramp = Image.fromarray(np.stack([40 + x * 150 / size[0], 60 + y * 150 / size[1], 120 + 0 * x], -1).astype(np.uint8))
    large = studio.hires(ramp, scale, prompt="a plain gradient background", steps=4, progress=False)
    assert large.image.size == (round(size[0] * scale), round(size[1] * scale))
    w, h = large.image.size
    for edge in range(128, w, 128):  # where windows of 256 that share half begin and end
        half = Image.new("L", (w, h), 0)
        half.paste(255, (edge, 0, w, h))
        assert canvas.seam(large.image, half).gradient < 1.5
    assert studio.reproduce(large, progress=False).image.tobytes() == large.image.tobytes()


def test_a_checkpoint_that_only_inpaints_says_so(tmp_path):
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "backends"))
    from tiny import tiny_sd1

    studio = Studio(tiny_sd1(tmp_path / "nine", channels=9), store=tmp_path / "store")
    photo = noise((300, 200))
    done = studio.inpaint(photo, (100, 50, 180, 120), "a lemon", protect=(120, 60, 130, 70), steps=2, progress=False)
    where = changed(photo, done.image)
    assert where[50:120, 100:180].any() and where.sum() == where[50:120, 100:180].sum() and not where[60:70, 120:130].any()
    assert studio.outpaint(photo.crop((0, 0, 64, 64)), (160, 64), steps=2, progress=False).image.size == (160, 64)
    for call in (
        lambda: studio.generate("a lemon"),
        lambda: studio.vary(photo, "a lemon"),
        lambda: studio.hires(photo, prompt="x"),
    ):
        with pytest.raises(InputError, match="only inpaints"):
            call()


def test_a_backend_without_inpainting_says_what_to_use(studio, pocket, monkeypatch):
    import dataclasses

    monkeypatch.setattr(pocket, "can", dataclasses.replace(pocket.can, kinds=frozenset({"text2img"})))
    with pytest.raises(InputError, match=r"mask: got 'inpaint'.*Inpaint with Studio"):
        studio.inpaint(noise((64, 64)), (0, 0, 32, 32), "a lemon")


def test_what_was_painted_around_is_still_what_the_picture_shows(studio, tmp_path):
    shot = studio.generate("a rocket on a navy gradient background", steps=2, seeds=[1], progress=False)[0]
    wide = studio.outpaint(studio.outpaint(shot, left=64, steps=2, progress=False), up=64, steps=2, progress=False)
    assert "rocket" not in wide.request.prompt.text and "rocket" in wide.request.negative  # both times kept out
    kit = studio.export(
        wide, "instagram-square", to=tmp_path / "kit", upscaler="", fit={"instagram-square": "crop"}, progress=False
    )
    assert kit.entries[0].alt == "A rocket on a navy gradient background."
