"""OutpaintFrame: the frame as it is dragged is the frame that is painted."""

import numpy as np
import pytest
from making import shot
from PIL import Image

from sdkit import InputError, PlacementError
from sdkit.widgets import OutpaintFrame

PATIENCE = 120
GREEN = (10, 200, 90)


@pytest.fixture
def frame(painted):
    frame = OutpaintFrame(painted, Image.new("RGB", (96, 64), GREEN))
    yield frame
    frame.close()


def test_a_frame_of_ones_own(frame, painted):
    assert frame.invented == 0
    with pytest.raises(InputError, match="size"):
        frame.generate()
    frame.extend = [32, 0, 64, 16]
    assert frame.invented == pytest.approx(1 - 96 * 64 / (192 * 80))
    frame.generate()
    assert frame.wait(PATIENCE) and frame.state == "done", frame.error
    asked = frame.result.request
    assert frame.result.image.size == (192, 80) and len(painted.experiments) == 1
    inside = np.zeros((80, 192), bool)
    inside[:64, 32:128] = True
    assert (np.asarray(asked.image)[inside] == GREEN).all() and ((np.asarray(asked.mask) == 0) == inside).all()


def test_a_placement_and_where_the_picture_stands_in_it(frame, painted):
    frame.placement, frame.anchor = "linkedin-page-cover", [1.0, 0.5]
    size = frame._places["linkedin-page-cover"].size
    assert frame.placed.size == size and frame.placed.box[2] == size[0] and frame.invented > 0.5
    frame.anchor = [0.0, 0.5]
    assert frame.placed.offset == (0, 0)
    frame.generate()
    assert frame.wait(PATIENCE) and frame.result.image.size == size
    frame.retry()
    assert frame.wait(PATIENCE) and frame.seed == 1 and len(frame.history) == 2
    frame.selected = 0
    frame.accept()
    assert frame.accepted.id == frame.history[0] and painted.experiments.frame()["kept"][0] == 1


def test_what_cannot_be_is_said(frame, painted):
    for name, value, error in (
        ("placement", "moon", PlacementError), ("extend", [-1, 0, 0, 0], InputError), ("extend", [4090, 0, 9, 0], InputError),
        ("anchor", [2, 0], InputError),
    ):  # fmt: skip
        with pytest.raises(error, match=name):
            setattr(frame, name, value)
    with pytest.raises(InputError, match="Generate one first"):
        frame.accept()
    frame._heard(frame, {"kind": "generate"}, [])
    assert "size" in frame.error
    assert (
        OutpaintFrame(painted, shot("a mug")).alt == "a mug" and "data:image/jpeg" in frame._repr_mimebundle_()[0]["text/html"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_person_drags_the_frame(shown, painted, dark, tmp_path):
    one = shown(lambda: OutpaintFrame(painted, Image.new("RGB", (96, 64), GREEN)), dark=dark)
    frame, page = one.widget, one.page
    edge = page.get_by_role("slider", name="right")
    one.until(lambda: (page.locator(".photo").bounding_box() or {"width": 0})["width"] > 50)
    scale = page.locator(".photo").bounding_box()["width"] / 96
    box = edge.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40 * scale, y, steps=5)
    page.mouse.up()
    one.until(lambda: frame.extend[2] > 0)
    assert abs(frame.extend[2] - 40) <= 1
    page.get_by_role("slider", name="up").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    one.until(lambda: frame.extend[1] == 16)
    page.keyboard.press("Home")
    one.until(lambda: frame.extend[1] == 0)
    page.get_by_role("button", name="Generate").click()
    one.until(lambda: frame.state == "done" and page.get_by_alt_text("the painted picture").count() == 1)
    assert frame.result.image.size == (96 + frame.extend[2], 64)
    page.get_by_label("placement").select_option("instagram-reel" if "instagram-reel" in frame._places else "instagram-story")
    photo = page.locator(".photo")
    one.until(lambda: frame.placement)
    photo.focus()
    page.keyboard.press("ArrowUp")
    one.until(lambda: frame.anchor[1] == pytest.approx(0.4))
    box = photo.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + 500, steps=4)
    page.mouse.up()
    one.until(lambda: frame.anchor[1] == 1)
    assert "% of it invented" in page.locator(".told").inner_text() and page.get_by_text("safe area").is_visible()
    page.get_by_role("button", name="Accept").click()
    one.until(lambda: frame.accepted is not None)
    assert one.axe() == []
    page.screenshot(path=tmp_path / "outpaint.png", full_page=True)
