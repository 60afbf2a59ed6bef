"""MaskCanvas: what is painted comes back as a mask of the picture's size, within a pixel."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import shot
from PIL import Image, ImageDraw

from sdkit import InputError
from sdkit.widgets import MaskCanvas
from sdkit.widgets.strokes import checked, paint

W, H = 640, 400


def scene(size=(W, H)):
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    ImageDraw.Draw(picture).ellipse((size[0] * 0.3, size[1] * 0.3, size[0] * 0.7, size[1] * 0.8), fill=(230, 120, 60))
    return picture


def white(canvas):
    return np.asarray(canvas.mask) == 255


def near(mask, pixels=1):
    """The mask grown by so many pixels, in all directions."""
    padded = np.pad(mask, pixels)
    out = np.zeros_like(mask)
    for dy in range(2 * pixels + 1):
        for dx in range(2 * pixels + 1):
            out |= padded[dy : dy + mask.shape[0], dx : dx + mask.shape[1]]
    return out


def within(one, other, pixels=1):
    """Whether neither mask has anything more than so many pixels from the other, nor lacks it."""
    return not (one & ~near(other, pixels)).any() and not (other & ~near(one, pixels)).any()


# -- in Python ---------------------------------------------------------------------------------------------------------


def test_strokes_are_the_mask():
    canvas = MaskCanvas(scene())
    assert canvas.mask.size == (W, H) and canvas.mask.mode == "L" and not white(canvas).any()
    canvas.add({"tool": "box", "points": [[10, 20], [110, 70]]})
    assert np.argwhere(white(canvas)).min(0).tolist() == [20, 10] and white(canvas).sum() == 100 * 50
    canvas.add({"tool": "brush", "size": 20, "points": [[300, 200]]})
    assert abs(white(canvas).sum() - 5000 - np.pi * 100) < 15
    canvas.add({"tool": "brush", "add": False, "size": 300, "points": [[300, 200], [310, 210]]})
    assert white(canvas).sum() == 5000
    canvas.undo()
    canvas.undo()
    canvas.redo()
    assert len(canvas.strokes) == 2 and len(canvas.undone) == 1
    canvas.clear()
    assert not white(canvas).any() and canvas.undone == []
    canvas.undo()
    canvas.invert()
    assert white(canvas).sum() == W * H - 5000 - round(np.pi * 100) or abs(white(canvas).mean() - 0.979) < 0.01
    twin = MaskCanvas(scene())
    twin.strokes = canvas.strokes
    assert (white(twin) == white(canvas)).all()


def test_masks_are_taken_and_given_back():
    given_ = Image.new("L", (W, H), 0)
    ImageDraw.Draw(given_).ellipse((50, 60, 200, 180), fill=255)
    canvas = MaskCanvas(scene(), mask=given_)
    assert canvas.mask.tobytes() == given_.tobytes()
    canvas.mask = (0.25, 0.0, 0.5, 1.0)
    assert white(canvas).sum() == 160 * H and canvas.strokes == []
    canvas.mask = None
    assert not white(canvas).any()
    canvas.mask = canvas.mask
    with pytest.raises(InputError, match="mask"):
        canvas.mask = Image.new("L", (3, 3), 255)


def test_protected_pixels_are_in_no_mask():
    canvas = MaskCanvas(scene(), protect=[(0, 0, 100, 100), (500, 300, 640, 400)])
    canvas.invert()
    assert white(canvas).sum() == W * H - 100 * 100 - 140 * 100


def test_a_feathered_mask_fades_inside():
    canvas = MaskCanvas(scene(), mask=(100, 100, 300, 300), feather=8)
    soft = np.asarray(canvas.soft)
    assert soft[200, 200] == 255 and soft[200, 99] == 0 and 0 < soft[200, 101] < soft[200, 106] < 255
    assert not np.setdiff1d(np.asarray(canvas.mask), [0, 255]).size


def test_pictures_of_any_size_mode_and_rotation(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    scene().save(tmp_path / "turned.jpg", exif=exif)
    assert MaskCanvas(tmp_path / "turned.jpg").mask.size == (H, W)
    for mode in ("L", "RGBA", "CMYK", "I;16", "P"):
        assert MaskCanvas(Image.new(mode, (70, 30))).mask.size == (70, 30)
    large = MaskCanvas(Image.new("RGB", (7000, 5000)))
    large.add({"tool": "box", "points": [[3, 5], [6001, 4003]]})
    assert large.mask.getbbox() == (3, 5, 6001, 4003) and len(large._view) < 300_000
    assert MaskCanvas(shot("a blue shoe")).alt == "a blue shoe"


def test_what_cannot_be_is_said():
    canvas = MaskCanvas(scene())
    with pytest.raises(InputError, match=r"tool: got 'brish'.*Did you mean 'brush'"):
        canvas.tool = "brish"
    with pytest.raises(InputError, match=r"strokes\[0\].*at least 3"):
        canvas.strokes = [{"tool": "lasso", "points": [[1, 2]]}]
    for bad in (
        "brush",
        [1],
        [{"tool": "brush", "points": [[float("nan"), 1]]}],
        [{"tool": "brush", "size": 0, "points": [[1, 1]]}],
    ):
        with pytest.raises(InputError):
            canvas.strokes = bad
    assert canvas.strokes == [] and canvas.tool == "brush"


def test_the_saved_notebook_shows_a_still():
    canvas = MaskCanvas(scene(), mask=(0.0, 0.0, 0.5, 1.0))
    data, _ = canvas._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and "data:image/jpeg;base64," in data["text/html"]
    assert "50% is to be repainted" in data["text/html"] and "<script" not in data["text/html"]


points = st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=3, max_size=7)


@settings(max_examples=60)
@given(points, st.floats(0.5, 60))
def test_a_brush_covers_what_is_within_its_radius_and_nothing_else(line, size):
    mask = paint(checked([{"tool": "brush", "size": size, "points": line}]), np.zeros((90, 100), bool))
    y, x = np.mgrid[0:90, 0:100] + 0.5
    far = np.full(mask.shape, np.inf)
    for (ax, ay), (bx, by) in pairwise(line):
        d = np.array([bx - ax, by - ay])
        t = np.clip(((x - ax) * d[0] + (y - ay) * d[1]) / max(d @ d, 1e-12), 0, 1)
        far = np.minimum(far, np.hypot(x - ax - t * d[0], y - ay - t * d[1]))
    assert not (mask & (far > size / 2 + 0.01)).any() and not (~mask & (far < size / 2 - 0.01)).any()


@settings(max_examples=60)
@given(st.lists(st.sampled_from([
    {"tool": "box", "points": [[3, 4], [40, 30]]}, {"tool": "lasso", "points": [[1, 1], [60, 5], [30, 50]]}, {"tool": "invert"},
    {"tool": "brush", "add": False, "size": 9, "points": [[5, 5], [50, 40]]}, {"tool": "clear"},
]), max_size=8))  # fmt: skip
def test_undoing_everything_and_doing_it_again_is_the_same(strokes):
    canvas = MaskCanvas(Image.new("RGB", (64, 52)))
    for one in strokes:
        canvas.add(one)
    before = canvas.mask.tobytes()
    for _ in strokes:
        canvas.undo()
    assert not white(canvas).any()
    for _ in strokes:
        canvas.redo()
    assert canvas.mask.tobytes() == before


# -- in the page -------------------------------------------------------------------------------------------------------


class At:
    """Where a point of the picture lies on the page."""

    def __init__(self, shown, size=(W, H)):
        shown.page.wait_for_selector("canvas[data-ready]")
        box = shown.page.locator("canvas").bounding_box()
        self.scale = min(box["width"] / size[0], box["height"] / size[1])
        self.left = box["x"] + (box["width"] - size[0] * self.scale) / 2
        self.top = box["y"] + (box["height"] - size[1] * self.scale) / 2

    def __call__(self, x, y):
        return self.left + x * self.scale, self.top + y * self.scale


def drag(shown, at, *points):
    mouse = shown.page.mouse
    mouse.move(*at(*points[0]))
    mouse.down()
    for point in points[1:]:
        mouse.move(*at(*point), steps=4)
    mouse.up()


def on_page(shown, size=(W, H)):
    """The mask as the page shows it: where its colour lies over the picture."""
    import io

    with_ = Image.open(io.BytesIO(shown.page.locator("canvas").screenshot())).convert("RGB")
    return np.asarray(with_.resize(size))


@pytest.mark.slow
def test_a_person_paints_a_mask(shown):
    one = shown(lambda: MaskCanvas(scene(), size=40, protect=(560, 0, 640, 80)))
    at = At(one)
    drag(one, at, (100, 100), (220, 100), (220, 180))
    want = paint(
        checked([{"tool": "brush", "size": 40, "points": [[100, 100], [220, 100], [220, 180]]}]), np.zeros((H, W), bool)
    )
    one.until(lambda: len(one.widget.strokes) == 1)
    assert within(white(one.widget), want)

    one.page.get_by_role("button", name="Box").click()
    drag(one, at, (300, 50), (420, 150))
    one.until(lambda: len(one.widget.strokes) == 2)
    want[50:150, 300:420] = True
    assert within(white(one.widget), want)

    one.page.get_by_role("button", name="Lasso").click()
    drag(one, at, (450, 200), (600, 210), (520, 380), (450, 200))
    one.until(lambda: len(one.widget.strokes) == 3)
    lasso = Image.new("1", (W, H))
    ImageDraw.Draw(lasso).polygon([(450, 200), (600, 210), (520, 380)], fill=1)
    want |= np.asarray(lasso)
    assert within(white(one.widget), want)

    one.page.get_by_role("button", name="Eraser").click()
    drag(one, at, (360, 0), (360, 200))
    one.until(lambda: len(one.widget.strokes) == 4)
    want &= ~paint(checked([{"tool": "brush", "size": 40, "points": [[360, 0], [360, 200]]}]), np.zeros((H, W), bool))
    assert within(white(one.widget), want)

    one.page.keyboard.press("Control+z")
    one.until(lambda: len(one.widget.strokes) == 3)
    one.page.get_by_role("button", name="Redo").click()
    one.until(lambda: len(one.widget.strokes) == 4)
    assert one.axe() == []


@pytest.mark.slow
def test_a_person_paints_by_keyboard_alone(shown):
    one = shown(lambda: MaskCanvas(scene(), size=30))
    At(one)
    one.page.locator("canvas").focus()
    press = one.page.keyboard.press
    press("Enter")  # a dab in the middle
    one.until(lambda: len(one.widget.strokes) == 1)
    assert one.widget.strokes[0]["points"] == [[W / 2, H / 2]]
    press("r")
    press("Shift+ArrowRight")
    press("Enter")
    for _ in range(5):
        press("ArrowRight")
        press("ArrowDown")
    press("Enter")
    one.until(lambda: len(one.widget.strokes) == 2)
    (left, top), (right, bottom) = one.widget.strokes[1]["points"]
    assert one.widget.strokes[1]["tool"] == "box" and left == W / 2 + 1 and right > left + 20 and bottom > top + 20
    press("b")
    press("]")
    press("Space")
    press("ArrowUp")
    press("ArrowUp")
    press("Space")
    one.until(lambda: len(one.widget.strokes) == 3)
    assert one.widget.size > 30 and len(one.widget.strokes[2]["points"]) == 3
    press("Delete")
    one.until(lambda: not white(one.widget).any())
    press("Control+z")
    one.until(lambda: white(one.widget).any())


@pytest.mark.slow
def test_a_large_picture_zoomed_and_touched(shown):
    size = (6000, 3000)
    one = shown(lambda: MaskCanvas(scene(size), size=300), has_touch=True)
    at = At(one, size)
    one.page.mouse.move(*at(3000, 1500))
    one.page.keyboard.down("Control")
    one.page.mouse.wheel(0, -500)
    one.page.keyboard.up("Control")
    one.until(lambda: one.widget.zoom > 3)
    # Zoomed around the pointer, which stays over the same pixel.
    one.page.mouse.down()
    one.page.mouse.up()
    one.until(lambda: one.widget.strokes)
    ((px, py),) = one.widget.strokes[0]["points"]
    assert abs(px - 3000) < 12 and abs(py - 1500) < 12
    one.widget.zoom = 1.0
    one.push()
    one.page.touchscreen.tap(*at(1000, 1000))
    one.until(lambda: len(one.widget.strokes) == 2)
    ((px, py),) = one.widget.strokes[1]["points"]
    assert abs(px - 1000) <= 4 and abs(py - 1000) <= 4  # half a pixel of the page is three of the picture


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_python_sets_is_seen(shown, dark, tmp_path):
    one = shown(lambda: MaskCanvas(scene(), mask=(40, 40, 240, 200), protect=(420, 220, 620, 380), as_text=dark), dark=dark)
    At(one)
    one.page.wait_for_timeout(300)
    before = on_page(one)
    one.widget.add({"tool": "lasso", "points": [[300, 60], [520, 60], [410, 190]]})
    one.push()
    one.page.wait_for_timeout(300)
    after = on_page(one)
    apart = np.abs(before.astype(int) - after).sum(2) > 30
    assert apart[90, 410] and not apart[300, 100] and not apart[100, 100]
    assert one.page.get_by_text(
        "is to be repainted"
    ).first.inner_text() == f"{white(one.widget).mean():.0%} is to be repainted".replace("%", " %")
    assert one.axe() == []
    one.page.screenshot(path=tmp_path / "mask.png", full_page=True)
