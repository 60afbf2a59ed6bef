"""What a widget's module may rely on, so that VS Code and Colab show it as JupyterLab does."""

import io
import re
from pathlib import Path

import pytest
from making import every
from PIL import Image

import sdkit.widgets
from sdkit.widgets import Compare, MaskCanvas

STATIC = sorted((Path(sdkit.widgets.__file__).parent / "static").iterdir())


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path.name)
def test_a_module_uses_nothing_of_jupyterlab_alone_and_asks_no_one(path):
    text = path.read_text("utf-8")
    assert re.findall(r"var\(\s*--(?:jp|vscode|colab)-[\w-]+\s*\)", text) == []  # each has a fallback
    assert re.findall(r"(?:https?:)?//(?!www\.w3\.org/(?:1999|2000)/)[\w-]+\.\w+|@import|url\((?!\$)", text) == []
    asks = r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|require|define)\s*\(|\bimport[\s(]"
    assert path.suffix != ".js" or re.findall(asks + r"|\bJupyter\b|_JUPYTERLAB", text) == []


@pytest.mark.slow
@pytest.mark.parametrize("buffers", ["DataView", "Uint8Array", "ArrayBuffer", "part", "text"])
def test_pictures_arrive_in_whatever_the_front_end_puts_them(shown, buffers):
    """Those in the state and those in messages: as views, as plain buffers, as parts of larger ones, and as base64 text."""
    more = {"as_text": True} if buffers == "text" else {}
    kind = "DataView" if buffers == "text" else buffers
    one = shown(lambda: MaskCanvas(Image.new("RGB", (300, 200), (0, 128, 128)), **more), buffers=kind)
    one.page.locator("canvas[data-ready]").wait_for()
    pixel = Image.open(io.BytesIO(one.page.locator("canvas").screenshot())).convert("RGB")
    assert max(abs(a - b) for a, b in zip(pixel.getpixel((pixel.width // 2, 40)), (0, 128, 128), strict=True)) < 6
    pictures = [Image.new("RGB", (60, 40), "teal"), Image.new("RGB", (60, 40), "gold")]
    two = shown(lambda: Compare(pictures, mode="side", **more), buffers=kind)
    two.until(lambda: two.page.locator(".pane img[src]").count() == 2)
    two.until(lambda: two.page.evaluate("[...document.querySelectorAll('.pane img')].every((one) => one.naturalWidth === 60)"))


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 480, 800])
def test_nothing_sticks_out_of_a_narrow_notebook(shown, painted, width):
    painted.generate("a {rocket|lemon}", seeds=2, steps=1, progress=False)
    for name, (build, there) in every(painted).items():
        one = shown(build, width=width)
        one.until(lambda one=one, there=there: one.page.locator(there).count() > 0)
        room, needed = one.page.locator(".sdkit").evaluate("(all) => [all.clientWidth, all.scrollWidth]")
        assert needed <= room, name
