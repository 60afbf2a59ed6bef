"""The app outside JupyterLab: in Notebook 7, and served by Voila; a person makes a picture there, and takes the files home."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from driving import opened, ready, run, serious, served

from sdkit.experiments import Experiments, Store

APP = f"""import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from making import Painter
from sdkit import Studio
Studio("painter", store="store", backend=Painter()).app(steps=2)"""


def readable(page):
    """The tabs have no serious violation; too little contrast is one."""
    assert serious(page, ".widget-tab") == []


@pytest.mark.slow
@pytest.mark.parametrize(("app", "theme"), [("notebook", "light"), ("voila", "dark")])
def test_a_person_makes_exports_and_downloads(app, theme, tmp_path, chromium):
    if find_spec(app) is None:
        pytest.skip(f"pip install {app}")
    own = ["@fortawesome/fontawesome-free"] if app == "voila" else []  # Voila's own template asks for them
    with served(tmp_path, [APP], app, theme=theme) as address, opened(chromium, address, own=own) as page:
        if app == "notebook":
            ready(page)
            run(page, 0)
        lab = page.locator(".sdkit-lab")
        lab.get_by_role("textbox", name="prompt").click()
        page.keyboard.type("a big blue ball")
        lab.get_by_role("button", name="Generate").and_(lab.locator(":enabled")).click()
        lab.locator(".strip img[src]").wait_for()
        readable(page)

        page.get_by_role("tab", name="Experiments").click()
        table = page.locator(".sdkit-table")
        row = table.locator(".rows .line", has_text="a big blue ball")
        row.click()
        table.get_by_text("1 of 1 picture, 1 chosen").wait_for()
        readable(page)
        table.get_by_role("button", name="Export").click()

        panel = page.locator(".sdkit-export")
        panel.get_by_role("searchbox", name="search placements").fill("1200 x 675")
        panel.get_by_role("checkbox", name="Social").check()
        panel.locator(".shot img[src]").first.wait_for()
        panel.get_by_role("button", name="Export 1 file").and_(panel.locator(":enabled")).click()
        with page.expect_download() as download:
            panel.get_by_role("button", name="Download zip").click()
        panel.get_by_text("Saved as kit.zip.").wait_for()
        readable(page)
        page.screenshot(path=tmp_path / "exported.png")
        work = tmp_path / "work"
        assert Path(download.value.path()).read_bytes() == (work / "out" / "export" / "kit.zip").read_bytes()
        rows = Experiments(Store(work / "store")).frame()
        assert list(zip(rows["prompt"], rows["steps"], strict=True)) == [("a big blue ball", 2)]
