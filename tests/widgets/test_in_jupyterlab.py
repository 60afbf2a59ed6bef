"""The widgets in real JupyterLab, Notebook 7 and Voila: a person runs the cells, types, generates, paints, and reads on in Python."""

from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from driving import CELL, NAME, drag, opened, points, ready, run, served
from nbformat.sign import NotebookNotary

MAKE = f"""import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from making import Painter
from sdkit import Studio
from sdkit.widgets import Compare, MaskCanvas, PromptLab
painter = Painter()
studio = Studio("painter", store="store", backend=painter)
lab = PromptLab(studio, steps=4)
lab"""
PAINT = "from PIL import Image; canvas = MaskCanvas(Image.new('RGB', (300, 200), 'white'), size=20); canvas"
CELLS = [
    MAKE,
    PAINT,
    "print('box', canvas.mask.getbbox(), len(lab.history), lab.state)",
    "painter.pace = 0.2; lab.count = 50; lab.generate(); print('responsive', lab.state)",
]


def generates(page, output):
    """Type a prompt for two pictures, and have them made."""
    lab = output.locator(".sdkit-lab")
    lab.get_by_role("textbox", name="prompt").click()
    page.keyboard.type("a {rocket|lemon} by the sea, b")  # b, a, y and the like are commands of the notebook
    lab.get_by_role("button", name="Generate 2 pictures").click()
    lab.locator(".strip img[src]").nth(1).wait_for()
    return lab


def paints(page, output):
    """Draw a line from (50, 60) to (200, 60) on the picture of 300 x 200."""
    canvas = output.locator(".sdkit-mask canvas[data-ready]")
    at = points(canvas, (300, 200))
    drag(page, canvas, at(50, 60), at(200, 60))
    output.get_by_text("% is to be repainted").first.wait_for()


def goes_on_in_python(page, tmp_path, more=0):
    """A person's way through CELLS, with so many more after them; what is typed into a widget adds none."""
    many = len(CELLS) + more
    ready(page)
    lab = generates(page, run(page, 0))
    assert page.locator(CELL).count() == many
    breaks = lab.locator(".editor :is(pre, textarea)").evaluate_all(
        "(all) => all.map((one) => getComputedStyle(one).wordBreak)"
    )
    assert breaks == [
        "normal",
        "normal",
    ]  # the colours lie under their words: JupyterLab would break the lines of a <pre> anywhere
    paints(page, run(page, 1))
    for key in ("e", "b", "i", "Control+z"):
        page.keyboard.press(key)
    assert page.locator(CELL).count() == many
    said = run(page, 2).inner_text()
    numbers = [int(n) for n in said.split("(")[1].split(")")[0].split(",")]
    assert all(abs(a - b) <= 1 for a, b in zip(numbers, (40, 50, 210, 70), strict=True)) and said.strip().endswith("2 done")

    assert "responsive" in run(page, 3).inner_text()  # the cell ended, the pictures go on
    lab.locator(".status", has_text="left").wait_for()
    page.screenshot(path=tmp_path / "lab.png")
    lab.get_by_role("button", name="Stop").click()
    lab.get_by_text("Stopped. The pictures that were finished are kept.").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize(("app", "theme"), [("jupyterlab", "light"), ("jupyterlab", "dark"), ("notebook", "light")])
def test_a_person_generates_paints_and_goes_on_in_python(app, theme, tmp_path, chromium):
    if find_spec(app) is None:
        pytest.skip(f"pip install {app}")
    with served(tmp_path, CELLS, app, theme=theme) as address, opened(chromium, address) as page:
        goes_on_in_python(page, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("app", ["jupyterlab", "notebook"])
def test_a_saved_notebook_shows_stills_where_no_kernel_runs(app, tmp_path, chromium):
    if find_spec(app) is None:
        pytest.skip(f"pip install {app}")
    saved = tmp_path / "work" / NAME
    with (
        served(
            tmp_path, [MAKE, PAINT, "app = studio.app(steps=4); app.lab.prompt = 'a mug'; app.lab.generate(); app"], app
        ) as address,
        opened(chromium, address) as page,
    ):
        ready(page)
        outputs = [run(page, number) for number in range(3)]
        generates(page, outputs[0])
        paints(page, outputs[1])
        outputs[2].locator(".sdkit-lab").first.wait_for()
        assert page.locator(".sdkit-still:visible").count() == 0  # while the widgets are live
        page.locator(CELL).nth(0).locator(".cm-content").click()  # keys that are pressed in a widget stay there
        for _ in range(60):
            page.keyboard.press("Control+s")
            page.wait_for_timeout(1000)
            if saved.read_text("utf-8").count("data:image/jpeg") == 3:
                break
        else:
            raise AssertionError("the stills were not saved")
    notebook = nbformat.read(saved, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "gone", "display_name": "gone", "language": "python"}
    NotebookNotary().sign(notebook)  # JupyterLab did, for the person who ran it
    nbformat.write(notebook, saved)
    with served(tmp_path, None, app) as address, opened(chromium, address) as page:  # without the kernel of before
        page.locator(".sdkit-still").nth(2).wait_for(state="attached")
        page.locator(".jp-OutputArea-output.jupyter-widgets").nth(2).wait_for(state="attached")  # where the widgets failed
        page.screenshot(path=tmp_path / "still.png")
        assert page.locator(".sdkit").count() == 0
        assert page.locator(".sdkit-still:visible").count() == 3
        assert page.locator(".sdkit-still img:visible").count() == 3
        assert page.get_by_text("model not found").locator("visible=true").count() == 0


@pytest.mark.slow
def test_voila_serves_the_widgets_without_a_cell(tmp_path, chromium):
    if find_spec("voila") is None:
        pytest.skip("pip install voila")
    icons = ["@fortawesome/fontawesome-free"]  # Voila's own template asks for them
    with served(tmp_path, [MAKE, PAINT], "voila") as address, opened(chromium, address, own=icons) as page:
        page.locator(".sdkit-mask canvas[data-ready]").wait_for()
        generates(page, page.locator("body"))
        paints(page, page.locator("body"))
        assert page.locator(".sdkit-still:visible").count() == 0
        page.screenshot(path=tmp_path / "voila.png", full_page=True)
