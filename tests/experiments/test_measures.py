import time

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from sdkit.errors import InputError
from sdkit.experiments import Experiments
from sdkit.experiments.measures import NUMBERS, Measures, distance, measure


def scene(size=(256, 256)):
    """A red disc with black stripes on the right of a white picture."""
    picture = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((150, 60, 240, 200), fill=(210, 30, 20))
    for x in range(155, 235, 8):
        pen.line((x, 70, x, 190), fill="black", width=3)
    return picture.resize(size)


def test_blur_lowers_sharpness_and_nothing_else_much():
    sharp, blurred = measure(scene()), measure(scene().filter(ImageFilter.GaussianBlur(3)))
    assert blurred.sharpness < 0.2 * sharp.sharpness
    assert blurred.brightness == pytest.approx(sharp.brightness, abs=0.01)


def test_known_values():
    black_white = Image.new("L", (256, 256))
    black_white.paste(255, (128, 0, 256, 256))
    found = measure(black_white)
    assert found.contrast == pytest.approx(0.5) and found.brightness == pytest.approx(0.5) and found.colourfulness < 0.01
    assert dict(found.palette) == {"#000000": 0.5, "#ffffff": 0.5}
    red, blue = Image.new("RGB", (64, 64), (255, 0, 0)), (0, 0, 255)
    red.paste(blue, (32, 0, 64, 64))
    rg, yb = np.array([255.0, 0.0]), np.array([127.5, -255.0])  # the definition, worked by hand
    assert measure(red).colourfulness == pytest.approx(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def test_copy_space_is_where_nothing_is():
    found = measure(scene())
    assert found.copy_left == 1.0 and found.copy_right < 0.6
    flipped = measure(scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert flipped.copy_right == 1.0 and flipped.copy_left < 0.6
    turned = measure(scene().transpose(Image.Transpose.ROTATE_90))  # what was on the right is on top
    assert turned.copy_bottom == 1.0 and turned.copy_top < 0.6


def test_the_same_picture_larger_measures_the_same():
    small, large = measure(scene()), measure(scene().resize((1024, 1024), Image.Resampling.NEAREST))
    for name in NUMBERS:
        assert getattr(large, name) == pytest.approx(getattr(small, name), rel=0.02, abs=0.01), name
    assert distance(small.dhash, large.dhash) <= 1


@pytest.mark.parametrize(
    ("picture", "flaw"),
    [
        (Image.new("RGB", (64, 64)), "black"),
        (Image.new("RGB", (64, 64), "white"), "white"),
        (Image.new("RGB", (64, 64), "navy"), "blank"),
        (Image.new("RGBA", (64, 64), (9, 9, 9, 0)), "white"),
        (Image.new("F", (64, 64), float("nan")), "nan"),
        (Image.new("RGB", (1, 1), "navy"), "blank"),
        (scene(), ""),
    ],
)
def test_flaws(picture, flaw):
    assert measure(picture).flaw == flaw


def test_measures_come_back_from_the_store_as_they_went(store, add):
    add(store)
    with store.database.reading() as connection:
        columns = ", ".join(Measures.__dataclass_fields__)
        record = connection.execute(f"SELECT {columns} FROM measures").fetchone()
    assert Measures.read(record) == measure(Image.new("RGB", (16, 8), (0, 0, 0)))
    row = Experiments(store).frame().iloc[0]
    assert row.flaw == "black" and row.sharpness == 0 and row.palette == "#000000:1"


def test_near_duplicates(store, keep):
    one, same = keep(store, scene()), keep(store, scene().filter(ImageFilter.GaussianBlur(1)), seed=1)
    keep(store, scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT), seed=2)
    experiments = Experiments(store)
    assert [pair[:2] for pair in experiments.duplicates()] == [(one.id, same.id)]
    assert len(experiments.duplicates(64)) == 3 and experiments.duplicates(experiment="none") == []
    with pytest.raises(InputError, match="within"):
        experiments.duplicates(65)


def test_measuring_is_a_hundredth_of_a_pocket_generation():
    picture = Image.effect_noise((256, 256), 60).convert("RGB")
    spent = []
    for _ in range(9):
        start = time.process_time()
        measure(picture)
        spent.append(time.process_time() - start)
    assert sorted(spent)[4] < 0.01
