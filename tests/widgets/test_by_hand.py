"""Each widget in real JupyterLab, as a person uses it: by mouse, by keyboard, by pen; and what the store and Python have of it then.

One server and one page for all: each test runs the cells of its widgets anew.
"""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from driving import CELL, begin, drag, opened, points, ready, run, serious, served, until
from PIL import Image

from sdkit.experiments import Experiments, Store

pytestmark = pytest.mark.slow
BRAND = Path(__file__).parents[2] / "brand"

SETUP = f"""import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import ipywidgets, time
from pathlib import Path
from PIL import Image
from making import Painter
from sdkit import Studio
from sdkit.layout.specimen import backdrop
from sdkit.widgets import *
painter = Painter()
studio = Studio("painter", store="store", backend=painter)
shots = studio.generate("a {{rocket|lemon|star}} on {{colour=mint|navy}}", seeds=3, steps=1, progress=False, experiment="shots")"""
WIDGETS = {
    "rate": "rate = Rate(shots, n=10, seed=5); rate",
    "outpaint": "frame = OutpaintFrame(studio, Image.new('RGB', (96, 64), (10, 200, 90)), prompt='a meadow'); frame",
    "table": """below = ipywidgets.VBox()
def show(widget): below.children = [table.show_in(widget)]
table = ExperimentTable(studio, experiment="shots", on_open=show)
ipywidgets.VBox([table, below])""",
    "compare": "compare = Compare(shots[:6]); compare",
    "repaint": "repaint = Repaint(studio, Image.new('RGB', (160, 120), (10, 200, 90))); repaint.canvas.size = 24; repaint",
    "lab": "lab = PromptLab(studio, 'a mug', steps=8, experiment='lab'); lab",
    "mask": "canvas = MaskCanvas(Image.new('RGB', (300, 200), 'white'), size=20); canvas",
    "export": f"""panel = ExportPanel(studio, backdrop((160, 160)), {str(BRAND)!r}, to="kit", placements=["instagram-square"])
panel""",
}
SAID = {
    "repainted": "repaint.result.image.save('after.png'); print('after.png')",
    "painted": "print(canvas.mask.getbbox(), len(canvas.strokes))",
    "exported": "print(panel.state, len(panel.kit))",
    "slow": "painter.pace = 0.15",
    "soon": "painter.pace = 0.0",
    "busy": """while not Path("go-on").exists(): time.sleep(0.05)""",
}
CELLS = [SETUP, *WIDGETS.values(), *SAID.values()]
PLACE = {name: place for place, name in enumerate(["setup", *WIDGETS, *SAID])}


class Desk:
    """A person's JupyterLab."""

    def __init__(self, page, work):
        self.page, self.work = page, work
        self.there = set()

    def show(self, name, anew=True):
        """The widget of this cell, which is run; `anew`: even where it was before."""
        if anew or name not in self.there:
            run(self.page, PLACE[name])
            self.there.add(name)
        shown = self.cell(name).locator(".jp-Cell-outputArea .sdkit").first
        shown.scroll_into_view_if_needed()
        return shown

    def cell(self, name):
        """The cell."""
        return self.page.locator(CELL).nth(PLACE[name])

    def say(self, name):
        """What running this cell prints."""
        return run(self.page, PLACE[name]).inner_text().strip()

    def until(self, true, say=""):
        until(self.page, true, say)

    @property
    def kept(self):
        """The experiments, read from the disk beside the kernel."""
        return Experiments(Store(self.work / "store"))


@pytest.fixture(scope="module")
def desk(chromium, tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, CELLS) as address, opened(chromium, address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        ready(page)
        run(page, 0)
        yield Desk(page, folder / "work")


def painted(desk, canvas, start, end, size):
    """Draw from one point of a picture of this size to another; points are in its pixels."""
    canvas.and_(desk.page.locator("[data-ready]")).wait_for()
    at = points(canvas, size)
    drag(desk.page, canvas, at(*start), at(*end))


def test_ten_pairs_are_rated_by_keyboard(desk):
    rate, press = desk.show("rate"), desk.page.keyboard.press
    board = rate.locator(".board")

    def at(place):
        board.and_(desk.page.locator(f"[data-at='{place}']")).wait_for()

    at(0)
    board.focus()
    names = {"ArrowLeft": "left", "ArrowRight": "right", "ArrowDown": "tie", "0": "tie"}
    keys = ["ArrowLeft", "ArrowRight", "ArrowDown", "ArrowRight", "0", "ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight"]
    for place, key in enumerate(keys):
        press(key)
        at(place + 1)
    press("Backspace")  # the ninth was a slip
    at(8)
    press("ArrowLeft")
    at(9)
    rate.get_by_text("Effects so far").click()
    rate.locator(".effects tbody tr").first.wait_for()
    board.focus()
    press("ArrowDown")
    rate.get_by_text("That was all: 10 of 10 rated").wait_for()

    events = [event for event in desk.kept.events() if event.kind == "pair"]
    assert [event.value for event in events] == [0.5 if names[key] == "tie" else 1 for key in keys] + [1, 0.5]
    slip, mended = events[8:10]
    assert (slip.id, slip.other) == (mended.other, mended.id)  # the other one is the better
    assert len({frozenset((event.id, event.other)) for event in events}) == 10  # ten pairs


def test_the_frame_is_dragged_and_accepted(desk):
    frame, page = desk.show("outpaint"), desk.page
    photo, right = frame.locator(".photo"), frame.get_by_role("slider", name="right")
    desk.until(lambda: (photo.bounding_box() or {"width": 0})["width"] > 50)
    scale, told = photo.bounding_box()["width"] / 96, frame.locator(".told")
    drag(page, right, (15, 15), (15 + 40 * scale, 15))
    desk.until(lambda: int(right.get_attribute("aria-valuenow")) > 0)
    wide = 96 + int(right.get_attribute("aria-valuenow"))
    assert abs(wide - 136) <= 1 and told.inner_text().startswith(f"{wide} × 64 pixels")
    frame.get_by_role("button", name="Generate").click()
    frame.get_by_text("try 1 of 1").wait_for()

    frame.get_by_label("placement").select_option("email-header")
    desk.until(lambda: not told.inner_text().startswith(f"{wide} ×"))
    frame.get_by_role("button", name="Generate").click()
    frame.get_by_text("try 2 of 2").wait_for()
    frame.get_by_role("button", name="Accept").click()
    frame.get_by_role("button", name="✓ Accepted").wait_for()
    frame.get_by_role("button", name="Try again").click()
    frame.get_by_text("try 3 of 3").wait_for()
    rows = desk.kept.frame().query("prompt == 'a meadow'").sort_values("id")
    size = tuple(int(n) for n in re.findall(r"\d+", told.inner_text())[:2])
    assert list(zip(rows["width"], rows["height"], rows["seed"], strict=True)) == [(wide, 64, 0), (*size, 0), (*size, 1)]
    assert list(rows["kept"] == 1) == [False, True, False]
    assert [Image.open(path).size for path in rows["path"]] == [(wide, 64), size, size]


def test_the_table_is_sorted_searched_tagged_and_opened(desk):
    table, page = desk.show("table"), desk.page
    rows = table.locator(".rows .line")
    table.locator(".thumb[style*=blob]").nth(3).wait_for()
    table.get_by_role("searchbox").click()
    page.keyboard.type("lemon")
    desk.until(lambda: rows.count() == 6)
    table.get_by_label("colour").select_option("navy")
    desk.until(lambda: rows.count() == 3)
    for way in ("ascending", "descending"):
        table.get_by_role("button", name="seed").click()
        table.locator(f"[aria-sort={way}]", has_text="seed").wait_for()
        wanted = ["0", "1", "2"][:: -1 if way == "descending" else 1]
        desk.until(lambda wanted=wanted: rows.locator("[role=gridcell]:nth-child(3)").all_inner_texts() == wanted)
    rows.nth(0).click()
    rows.nth(2).click()
    table.get_by_role("textbox", name="tag").click()
    page.keyboard.type("hero")
    page.keyboard.press("Enter")
    rows.nth(0).get_by_text("hero").wait_for()
    kept = desk.kept.frame().query("prompt == 'a lemon on navy'").sort_values("seed")
    assert list(kept["tags"]) == ["hero", "", "hero"]
    table.get_by_role("button", name="Compare").click()
    compare = desk.cell("table").locator(".sdkit-compare")
    compare.locator(".pane img[src]").nth(1).wait_for()
    assert "seed 2 → 0" in compare.locator("figcaption").nth(1).inner_text()

    rows.nth(1).dblclick()  # another one is looked at alone
    compare.get_by_text("1 picture, ").wait_for()
    assert rows.nth(1).get_attribute("aria-selected") == "true" and rows.nth(0).get_attribute("aria-selected") == "false"


def test_six_are_held_against_each_other(desk):
    compare, page = desk.show("compare"), desk.page
    images = compare.locator(".pane img[src]")
    images.nth(5).wait_for()

    def seen():
        return images.evaluate_all("(all) => [...new Set(all.map((one) => one.style.transform))]")

    assert len(seen()) == 1
    compare.locator(".pane").nth(3).focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    desk.until(lambda: seen()[0].endswith("scale(2.25)"))
    before = seen()
    drag(page, compare.locator(".pane").nth(2), (90, 60), (50, 40))
    assert len(seen()) == 1 and seen() != before  # all six in step
    captions = compare.locator("figcaption").all_inner_texts()
    assert "rocket" in captions[0] and compare.locator("figcaption").nth(3).locator("ins").inner_text() == "navy"
    assert compare.locator("figcaption").nth(3).locator("del").inner_text() == "mint" and "seed 0 → 1" in captions[1]

    compare.get_by_role("button", name="Before and after").click()
    slider, edge = compare.get_by_role("slider", name="how much of the first"), compare.locator(".edge")
    slider.press("Home")
    desk.until(lambda: edge.get_attribute("style").startswith("left: 0%"))
    compare.get_by_role("button", name="Whole picture").click()
    pane = compare.locator(".pane")
    wide = pane.bounding_box()["width"]
    desk.show("mask")  # which brings its own style sheet along
    assert abs(slider.bounding_box()["width"] - wide) <= 1
    pane.scroll_into_view_if_needed()
    drag(page, pane, (wide * 0.1, 60), (wide * 0.7, 60))
    desk.until(lambda: abs(float(re.search(r"[\d.]+", edge.get_attribute("style"))[0]) - 70) < 1)

    compare.get_by_role("button", name="Difference").click()
    compare.get_by_text("of pixels differ").wait_for()
    compare.get_by_role("button", name="Sheet").click()
    cells = compare.locator(".cell")
    compare.locator(".cell > div[style*=blob]").nth(5).wait_for()
    assert compare.locator(".heads").inner_text().split("\n") == ["seed 0", "seed 1", "seed 2"]
    cells.and_(page.locator("[data-at='4']")).dblclick()  # this one alone
    images.first.wait_for()
    assert images.count() == 1
    compare.locator("figcaption", has_text="a rocket on navy").get_by_text("seed 1").wait_for()


def test_repainting_leaves_all_else_as_it_was(desk):
    repaint, page = desk.show("repaint"), desk.page
    painted(desk, repaint.locator("canvas"), (50, 60), (110, 60), (160, 120))
    form = desk.cell("repaint").locator(".widget-hbox")
    form.get_by_label("paint").click()
    page.keyboard.type("a big lemon")
    form.get_by_role("button", name="Repaint").click()
    form.get_by_text("Done, and kept in the store.").wait_for()
    desk.cell("repaint").locator(".sdkit-compare .pane img[src]").nth(1).wait_for()
    after = Image.open(desk.work / desk.say("repainted")).convert("RGB")
    changed = np.argwhere((np.asarray(after) != (10, 200, 90)).any(2))
    (top, left), (bottom, right) = changed.min(0), changed.max(0) + 1
    assert all(abs(a - b) <= 1 for a, b in zip((left, top, right, bottom), (38, 48, 122, 72), strict=True))
    assert list(desk.kept.frame().query("prompt == 'a big lemon'")["kind"]) == ["inpaint"]


def test_the_preview_moves_and_stop_keeps_what_is_finished(desk):
    desk.say("slow")
    lab, page = desk.show("lab"), desk.page
    words = lab.get_by_role("textbox", name="prompt")
    words.fill("")
    words.click()
    page.keyboard.type("a blue balloon")
    lab.get_by_label("how many seeds").fill("40")
    words.click()
    go = lab.get_by_role("button", name="Generate 40 pictures").and_(lab.locator(":enabled"))
    go.click()
    live = lab.locator(".screen:has(.badge) img")
    live.wait_for()
    seen = set()
    desk.until(lambda: seen.add(live.get_attribute("src") if live.count() else "") or len(seen - {""}) >= 3, "live previews")
    lab.locator(".strip img[src]").nth(1).wait_for()
    lab.locator(".status", has_text="left").wait_for()
    lab.get_by_role("button", name="Stop").click()
    lab.get_by_text("Stopped. The pictures that were finished are kept.").wait_for()
    rows, shown = desk.kept.frame().query("prompt == 'a blue balloon'"), lab.locator(".strip button").count()
    assert 2 <= len(rows) == shown < 40
    assert all(Path(path).is_file() for path in rows["path"])
    desk.say("soon")

    lab.get_by_role("button", name="Copy as code").click()
    lab.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    (call,) = [
        node for node in ast.walk(ast.parse(copied)) if isinstance(node, ast.Call) and "generate" in ast.unparse(node.func)
    ]
    assert ast.literal_eval(call.args[0]) == "a blue balloon"
    assert {one.arg: ast.literal_eval(one.value) for one in call.keywords} == {"seeds": 40, "steps": 8, "experiment": "lab"}

    lab.get_by_role("button", name="Keep").click()
    lab.get_by_role("button", name="Kept").wait_for()
    assert list(desk.kept.frame().query("kept == 1 and prompt == 'a blue balloon'")["id"]) == [rows["id"].iloc[-1]]
    lab.get_by_label("template").select_option("sale-banner")
    assert "sunburst" in words.input_value()
    lab.get_by_role("button", name="Generate 720 pictures").wait_for()  # Python has read them: 18 prompts, 40 seeds


def test_long_numbers_are_read_whole(desk):
    """At the width that JupyterLab leaves beside its file browser."""
    lab, frame = desk.show("lab"), desk.show("outpaint")
    for field, number in (("width in pixels", 1024), ("height in pixels", 1024), ("first seed", 4294967295), ("steps", 100)):
        lab.get_by_label(field).fill(str(number))
    frame.get_by_label("seed").fill("4294967295")
    for widget in (lab, frame):
        rooms = widget.locator("input[type=number]").evaluate_all(
            "(all) => all.map((one) => [one.getAttribute('aria-label'), one.value, one.clientWidth - one.scrollWidth])"
        )
        assert [room for room in rooms if room[2] < 0] == []


def test_a_pen_paints(desk):
    canvas, page = desk.show("mask").locator("canvas"), desk.page
    canvas.and_(page.locator("[data-ready]")).wait_for()
    canvas.evaluate("(node) => node.addEventListener('pointerdown', (event) => { window.by = event.pointerType; })")
    at, box = points(canvas, (300, 200)), canvas.bounding_box()
    pen = page.context.new_cdp_session(page)
    for kind, x in [("mousePressed", 50), *(("mouseMoved", x) for x in range(60, 201, 20)), ("mouseReleased", 200)]:
        pen.send("Input.dispatchMouseEvent", {
            "type": kind, "x": box["x"] + at(x, 60)[0], "y": box["y"] + at(x, 60)[1], "button": "left", "buttons": 1,
            "clickCount": 1, "pointerType": "pen", "force": 0.5,
        })  # fmt: skip
    desk.page.get_by_text("% is to be repainted").first.wait_for()
    assert page.evaluate("window.by") == "pen"
    *found, strokes = (int(n) for n in re.findall(r"\d+", desk.say("painted")))
    assert strokes == 1 and all(abs(a - b) <= 1 for a, b in zip(found, (40, 50, 210, 70), strict=True))


def test_the_files_are_exported_and_downloaded(desk):
    panel, page = desk.show("export"), desk.page
    panel.locator(".shot img[src]").first.wait_for()
    panel.get_by_role("radio", name="Headline", exact=True).check()
    panel.get_by_role("textbox", name="headline").click()
    page.keyboard.type("a big blue ball")  # a and b are commands of the notebook
    panel.get_by_role("button", name="Export 1 file").and_(panel.locator(":enabled")).click()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download zip").click()
    assert Path(download.value.path()).read_bytes() == (desk.work / "kit" / "kit.zip").read_bytes()
    assert desk.say("exported") == "done 1"


def test_what_is_done_while_a_cell_runs_counts_as_it_was_seen(desk):
    """Jupyter lets what a button says overtake what was typed just before, as long as a cell runs."""
    page = desk.page
    lab, frame, repaint, table = (desk.show(name) for name in ("lab", "outpaint", "repaint", "table"))
    form = desk.cell("repaint").locator(".widget-hbox")
    table.get_by_role("searchbox").fill("star")
    desk.until(lambda: table.locator(".rows .line").count() == 6)
    before = len(desk.kept.frame())
    begin(page, PLACE["busy"])

    def typed(field, *parts):
        field.fill("")
        for part in parts:  # the first part is on its way before the second one is typed
            field.press_sequentially(part)
            page.wait_for_timeout(250)

    rows = table.locator(".rows .line")
    rows.nth(0).click()
    rows.nth(1).click()
    rows.nth(2).click()
    table.get_by_role("textbox", name="tag").fill("three")
    table.get_by_role("button", name="Tag", exact=True).click()
    painted(desk, repaint.locator("canvas"), (20, 20), (40, 20), (160, 120))
    painted(desk, repaint.locator("canvas"), (20, 100), (40, 100), (160, 120))
    typed(form.get_by_label("paint"), "a", " pear tree")
    form.get_by_role("button", name="Repaint").click()
    frame.get_by_label("placement").select_option("")
    typed(frame.get_by_label("paint"), "a", " wide sea")
    frame.get_by_role("slider", name="left").press("ArrowLeft")
    frame.get_by_role("slider", name="up").press("ArrowUp")
    framed = [int(n) for n in re.findall(r"\d+", frame.locator(".told").inner_text())[:2]]
    frame.get_by_role("button", name="Generate").click()
    typed(lab.get_by_role("textbox", name="prompt"), "a", " balloon")
    lab.get_by_role("button", name="Generate").click()
    (desk.work / "go-on").touch()
    desk.until(lambda: len(desk.kept.frame()) == before + 3)

    kept = desk.kept.frame().tail(3).set_index("prompt")
    assert set(kept.index) == {"a pear tree", "a wide sea", "a balloon"}
    assert list(kept.loc["a wide sea", ["width", "height"]]) == framed and framed[1] == 72
    desk.until(lambda: sum(desk.kept.frame()["tags"] == "three") == 3)
    form.get_by_text("Done, and kept in the store.").wait_for()
    after = np.asarray(Image.open(desk.work / desk.say("repainted")).convert("RGB"))
    assert (after[20, 30] != (10, 200, 90)).any() and (after[100, 30] != (10, 200, 90)).any()  # both strokes


def test_light_and_dark_and_no_serious_violation(desk, tmp_path):
    page = desk.page
    shown = {name: desk.show(name, anew=False) for name in WIDGETS}
    for theme in ("light", "dark"):
        if theme == "dark":
            page.get_by_role("menuitem", name="Settings").click()
            page.locator(".lm-Menu-item", has_text="Theme").first.hover()
            page.get_by_role("menuitem", name="JupyterLab Dark", exact=True).click()
        for name, widget in shown.items():
            widget.scroll_into_view_if_needed()
            widget.and_(page.locator(f"[data-theme={theme}]")).wait_for()
            cell = desk.cell(name)
            cell.evaluate("(node) => { node.dataset.by = 'hand'; }")
            wrong = serious(page, "[data-by=hand] .jp-OutputArea-output:has(.sdkit)")
            cell.evaluate("(node) => { delete node.dataset.by; }")
            assert wrong == [], (name, theme)
            page.screenshot(path=tmp_path / f"{name}-{theme}.png")
