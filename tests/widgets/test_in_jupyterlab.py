"""The widgets in real JupyterLab: a person runs the cells, types, generates, paints, and reads the result in the next cell."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

PATIENCE = 180_000  # milliseconds, on a machine that does other things too
CELLS = [
    f"""import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from making import Painter
from sdkit import Studio
from sdkit.widgets import Compare, MaskCanvas, PromptLab
painter = Painter()
studio = Studio("painter", store="store", backend=painter)
lab = PromptLab(studio, steps=4)
lab""",
    "from PIL import Image; canvas = MaskCanvas(Image.new('RGB', (300, 200), 'white'), size=20); canvas",
    "print('box', canvas.mask.getbbox(), len(lab.history), lab.state)",
    "painter.pace = 0.2; lab.count = 50; lab.generate(); print('responsive', lab.state)",
]


@pytest.fixture(params=["light", "dark"])
def lab_page(request, tmp_path, chromium):
    """A notebook with these cells, open in JupyterLab."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    work, settings = tmp_path / "work", tmp_path / "settings"
    work.mkdir()
    settings.mkdir()
    nbformat.write(notebook, work / "widgets.ipynb")
    overrides = {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        "@jupyterlab/apputils-extension:themes": {"theme": f"JupyterLab {request.param.title()}"},
    }
    (settings / "overrides.json").write_text(json.dumps(overrides))
    folders = {f"JUPYTER{name}_DIR": str(tmp_path / name) for name in ("_CONFIG", "LAB_SETTINGS", "LAB_WORKSPACES")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=t",
               "--allow-root", f"--LabApp.app_settings_dir={settings}", f"--ServerApp.root_dir={work}"]  # fmt: skip
    server = subprocess.Popen(
        command, env={**os.environ, **folders}, cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    page = chromium.new_page(viewport={"width": 1280, "height": 1500})
    page.set_default_timeout(PATIENCE)
    left = []
    page.on("request", lambda r: left.append(r.url) if r.url.startswith("http") and "127.0.0.1" not in r.url else None)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token=t", timeout=20).read()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert server.poll() is None, "JupyterLab ended"
                time.sleep(0.5)
        page.goto(f"http://127.0.0.1:{port}/lab/tree/widgets.ipynb?token=t", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # the indicator says idle before there is a kernel
        yield page
        assert left == []  # no request leaves the page
    finally:
        page.close()
        server.terminate()
        server.wait(120)


def run(page, number):
    """Run one cell, and give its output."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    cell.locator(".jp-InputPrompt", has_text="]:").and_(cell.locator(".jp-InputPrompt", has_not_text="*")).and_(
        cell.locator(".jp-InputPrompt", has_not_text="[ ]")
    ).wait_for()
    return cell.locator(".jp-OutputArea").first


@pytest.mark.slow
def test_a_person_generates_paints_and_goes_on_in_python(lab_page, tmp_path):
    page = lab_page
    lab = run(page, 0).locator(".sdkit-lab")
    lab.get_by_role("textbox", name="prompt").click()
    page.keyboard.type("a {rocket|lemon} by the sea, b")  # b, a, y and the like are commands of the notebook
    lab.get_by_role("button", name="Generate 2 pictures").click()
    lab.locator(".strip img[src]").nth(1).wait_for()
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == len(CELLS)

    canvas = run(page, 1).locator(".sdkit-mask canvas[data-ready]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scale = min(box["width"] / 300, box["height"] / 200)
    left, top = box["x"] + (box["width"] - 300 * scale) / 2, box["y"] + (box["height"] - 200 * scale) / 2
    page.mouse.move(left + 50 * scale, top + 60 * scale)
    page.mouse.down()
    page.mouse.move(left + 200 * scale, top + 60 * scale, steps=6)
    page.mouse.up()
    page.get_by_text("% is to be repainted").first.wait_for()
    for key in ("e", "b", "i", "Control+z"):
        page.keyboard.press(key)
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == len(CELLS)
    said = run(page, 2).inner_text()
    numbers = [int(n) for n in said.split("(")[1].split(")")[0].split(",")]
    assert all(abs(a - b) <= 1 for a, b in zip(numbers, (40, 50, 210, 70), strict=True)) and said.strip().endswith("2 done")

    assert "responsive" in run(page, 3).inner_text()  # the cell ended, the pictures go on
    lab.locator(".status", has_text="left").wait_for()
    page.screenshot(path=tmp_path / "lab.png")
    lab.get_by_role("button", name="Stop").click()
    lab.get_by_text("Stopped. The pictures that were finished are kept.").wait_for()
