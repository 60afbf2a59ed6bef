"""Compare: everything that can be held against each other, and 500 pictures without a stutter."""

import numpy as np
import pytest
from making import shot
from PIL import Image, ImageDraw

from sdkit import ImageError, InputError
from sdkit.result import ResultSet
from sdkit.widgets import Compare
from sdkit.widgets.pictures import gather, places


def shots(prompts=2, seeds=3, **more):
    return ResultSet(
        [shot(f"a {'red' if p else 'blue'} rocket no {p}", s, **more) for p in range(prompts) for s in range(seeds)]
    )


def heard(widget, monkeypatch):
    """What the widget sends, as (content, buffers)."""
    sent = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    return sent


def test_anything_that_is_a_picture(tmp_path, painted):
    Image.new("RGB", (9, 9)).save(tmp_path / "one.png")
    kept = painted.generate("a {rocket|lemon}", seeds=2, steps=1, progress=False)
    for what, names in (
        ([Image.new("L", (4, 4)), tmp_path / "one.png"], ["picture 1", "one"]),
        ({"before": kept[0], "after": Image.new("RGB", (3, 3))}, ["before", "after"]),
        (kept, ["a rocket, seed 0", "a rocket, seed 1", "a lemon, seed 0", "a lemon, seed 1"]),
        (painted.experiments.frame(), ["a rocket, seed 0", "a rocket, seed 1", "a lemon, seed 0", "a lemon, seed 1"]),
    ):
        found = gather(what)
        assert [p.name for p in found] == names and all(p.open().size[0] > 1 for p in found)
    assert places(gather(painted.experiments.frame()))[:2] == (["a rocket", "a lemon"], ["seed 0", "seed 1"])
    for bad in ([], 3, None, b"x", {"a": 3}):
        with pytest.raises(InputError, match="results"):
            Compare(bad)
    with pytest.raises(ImageError):
        Compare([tmp_path / "none.png"])


def test_the_mode_suits_the_number():
    assert [Compare(shots(1, n)).mode for n in (1, 2, 3, 6, 7)] == ["sheet", "slider", "side", "side", "sheet"]
    assert Compare(shots(1, 500)).chosen == [0, 1]


def test_traits_are_set_and_read_back_and_wrong_ones_refused():
    one = Compare(shots(), mode="side", chosen=[4, 1])
    assert [p.tobytes() for p in one.pictures] == [shots()[i].image.tobytes() for i in (4, 1)]
    one.zoom, one.centre, one.split = 4, [0.2, 0.9], 0.25
    for name, value in (
        ("chosen", [6]),
        ("mode", "sidd"),
        ("zoom", 0.5),
        ("split", 2),
        ("centre", [2, 0]),
        ("chosen", list(range(7))),
    ):
        with pytest.raises(InputError, match=name):
            setattr(one, name, value)
    assert (one.chosen, one.mode, one.zoom, one.split) == ([4, 1], "side", 4, 0.25)


def test_words_and_settings_that_differ_are_noted():
    one = Compare([shot("a red rocket", 1, steps=4), shot("a blue rocket at night", 1, steps=8, negative="blurry")])
    first, second = one._notes
    assert list(second["prompt"]) == [("same", "a"), ("gone", "red"), ("new", "blue"), ("same", "rocket"), ("new", "at night")]
    assert list(second["negative"]) == [("new", "blurry")] and second["settings"] == [["steps", "4", "8"]]
    one.chosen = [1]
    assert one._notes[0]["settings"][0][0] == "seed" and first["settings"]


def test_pictures_travel_small_and_only_when_asked_for(monkeypatch):
    one = Compare(shots(10, 50, size=(512, 256)))
    assert len(str(one.get_state())) < 150_000 and not any(isinstance(v, bytes) and v for v in one.get_state().values())
    sent = heard(one, monkeypatch)
    one._heard(one, {"kind": "thumbs", "places": [3, 499, 500, -1, "x"]}, [])
    ((content, buffers),) = sent
    assert content["places"] == [3, 499] and [max(open_(b).size) for b in buffers] == [224, 224] and len(buffers[0]) < 20_000
    one._heard(one, {"kind": "large", "places": [7]}, [])
    assert sent[1][0]["size"] == [512, 256] and open_(sent[1][1][0]).size == (512, 256)
    one.as_text = True
    one._heard(one, {"kind": "thumbs", "places": [3]}, [])
    assert sent[2][1] is None and isinstance(sent[2][0]["texts"][0], str)
    one._heard(one, {"kind": "difference", "first": 0, "second": 999}, [])
    assert one.error.startswith("IndexError")
    one._heard(one, {"kind": "__class__"}, [])
    one._heard(one, "nonsense", [])


def open_(data):
    import io

    return Image.open(io.BytesIO(data))


def test_the_still_of_each_mode():
    for mode in ("sheet", "side", "slider"):
        data, _ = Compare(shots(), mode=mode)._repr_mimebundle_()
        assert "data:image/jpeg" in data["text/html"] and 'alt="Compared: 6 pictures"' in data["text/html"]


# -- in the page -------------------------------------------------------------------------------------------------------


def drawing(text, colour, size=(400, 300)):
    picture = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((100, 80, 180, 160), fill="white")
    pen.text((20, 20), text, fill="black", font_size=30)
    return picture


@pytest.mark.slow
def test_panes_zoom_and_move_together(shown):
    one = shown(lambda: Compare([drawing("one", "gold"), drawing("two", "skyblue"), drawing("three", "salmon")]))
    one.until(lambda: one.page.locator("img[src]").count() == 3)
    images = one.page.locator(".pane img")
    one.page.locator(".pane").nth(1).focus()
    one.page.keyboard.press("+")
    one.page.keyboard.press("+")
    one.page.keyboard.press("ArrowLeft")
    one.until(lambda: one.widget.zoom == pytest.approx(2.25) and one.widget.centre[0] < 0.5)
    assert len({images.nth(i).evaluate("n => n.style.transform") for i in range(3)}) == 1
    box = one.page.locator(".pane").nth(2).bounding_box()
    before = one.widget.centre
    one.page.mouse.move(box["x"] + 100, box["y"] + 100)
    one.page.mouse.down()
    one.page.mouse.move(box["x"] + 60, box["y"] + 100, steps=4)
    one.page.mouse.up()
    one.until(lambda: one.widget.centre[0] > before[0] + 0.01)
    assert one.widget.centre[0] - before[0] == pytest.approx(40 / box["width"] / 2.25, abs=0.01)
    one.page.keyboard.press("0")
    one.until(lambda: one.widget.zoom == 1)
    assert one.axe() == []


@pytest.mark.slow
def test_before_and_after_and_their_difference(shown):
    first = drawing("same", "gold")
    second = first.copy()
    ImageDraw.Draw(second).rectangle((200, 150, 299, 249), fill="navy")
    one = shown(lambda: Compare({"before": first, "after": second}))
    one.until(lambda: one.page.locator("img[src]").count() == 2)

    def colour(x, y):
        image = open_(one.page.locator(".pane").screenshot()).convert("RGB")
        return image.getpixel((int(x / 400 * image.width), int(y / 300 * image.height)))

    one.page.get_by_role("slider", name="how much of the first").press("Home")
    one.until(lambda: one.widget.split == 0)
    assert colour(250, 200)[2] > 100 > colour(250, 200)[0]  # navy: the second
    one.page.get_by_role("slider", name="how much of the first").press("End")
    one.until(lambda: one.widget.split == 1)
    assert colour(250, 200)[0] > 200
    box = one.page.locator(".pane").bounding_box()
    one.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 40)
    one.page.mouse.down()
    one.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40, steps=3)
    one.page.mouse.up()
    one.until(lambda: abs(one.widget.split - 0.3) < 0.01)
    one.page.get_by_role("button", name="Difference").click()
    one.until(lambda: "8.3% of pixels differ" in one.page.locator(".view").inner_text())
    one.page.wait_for_timeout(300)
    assert sum(colour(250, 200)) > 150 and sum(colour(50, 200)) < 30
    assert one.axe() == []


@pytest.mark.slow
def test_five_hundred_pictures_on_a_sheet(shown):
    rng = np.random.default_rng(0)
    pictures = [shot(f"a thing no {p} on a mint background", s, size=(64, 64)) for p in range(50) for s in range(10)]
    for picture in pictures[:40]:
        picture.image.paste(Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)))
    one = shown(lambda: Compare(pictures))
    one.until(lambda: one.page.locator(".cell > div[style*=blob]").count() >= 12)
    assert one.page.locator(".cell").count() < 90
    assert one.page.get_by_text("500 pictures, 2 chosen").is_visible()

    sheet = one.page.locator(".sheet")
    there, times = sheet.evaluate("""async (node) => {
      const times = [];
      for (let i = 0; i < 60; i++) {
        node.scrollTop += 97; node.scrollLeft += 11;
        await new Promise(requestAnimationFrame);  // ours ran just before this one
        const start = performance.now();
        node.dispatchEvent(new Event("scroll"));
        await new Promise((done) => requestAnimationFrame(() => { node.offsetHeight; done(); }));
        times.push(performance.now() - start);
      }
      return [node.querySelectorAll(".cell").length, times.sort((a, b) => a - b)];
    }""")
    print("a frame of scrolling, ms: median", times[30], "longest", times[-1])
    assert there < 90 and times[30] < 50  # what has scrolled out of sight is no longer there
    one.until(lambda: one.page.locator(".cell > div[style*=blob]").count() >= 12)
    heads, box = one.page.locator(".heads").bounding_box(), sheet.bounding_box()
    sides = one.page.locator(".sides > span").first.bounding_box()
    assert abs(heads["y"] - box["y"]) <= 2 and abs(sides["x"] - box["x"]) <= 2  # both stay in view

    one.page.locator(".cell[tabindex='0']").or_(sheet).first.focus()
    sheet.evaluate("(node) => { node.scrollTop = 0; node.scrollLeft = 0; }")
    one.page.locator(".cell[data-at='0']").click()
    one.until(lambda: one.widget.chosen == [1])
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", " ", "End", " "):
        one.page.keyboard.press(key)
    one.until(lambda: one.widget.chosen == [1, 21, 499])
    assert one.axe() == []
    one.page.keyboard.press("Enter")
    one.until(lambda: one.widget.mode == "side" and one.page.locator("img[src]").count() == 3)


@pytest.mark.slow
def test_a_double_click_on_the_sheet_looks_at_that_one(shown):
    one = shown(lambda: Compare(shots(2, 4)))
    cell = one.page.locator(".cell")
    one.until(lambda: cell.count() == 8)
    cell.nth(5).dblclick()
    one.until(lambda: one.widget.mode == "side" and one.widget.chosen == [5])
    one.until(lambda: one.page.locator(".pane img[src]").count() == 1)


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_right(shown, tmp_path, dark):
    pictures = [
        shot(f"a {what} on a {where} gradient background", s, size=(256, 192))
        for what in ("rocket", "red gift box")
        for where in ("mint", "navy")
        for s in range(8)
    ]
    one = shown(lambda: Compare(pictures, as_text=dark), dark=dark)  # as text, as on Colab
    one.until(lambda: one.page.locator(".cell > div[style*=blob]").count() >= 12)
    one.page.screenshot(path=tmp_path / "sheet.png")
    one.widget.chosen = [0, 9, 27]
    one.widget.mode = "side"
    one.push()
    one.until(lambda: one.page.locator("img[src]").count() == 3)
    assert one.axe() == []
    one.page.screenshot(path=tmp_path / "side.png")
    one.widget.mode = "slider"
    one.push()
    one.until(lambda: one.page.locator("img[src]").count() == 2)
    one.page.screenshot(path=tmp_path / "slider.png")
