"""The README's pictures of the widgets: the real thing, driven in JupyterLab with the embedded model. `make shots`.

    python docs/shots.py [name ...]

Needs Chromium (apt-get install chromium, or playwright install chromium). Writes docs/widget-<name>.webp.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests" / "widgets"))

from driving import opened, ready, run, served  # noqa: E402

WIDE, SCALE, MOST = 1180, 1.5, 120_000  # CSS pixels, device pixels for one of them, bytes
CELLS = [
    """from sdkit import Studio
from sdkit.widgets import MaskCanvas, OutpaintFrame, PromptLab
studio = Studio(store="store")
lab = PromptLab(studio, negative="@clean")
lab""",
    """shot = studio.generate("a sneaker on a teal gradient background", negative="@clean", seeds=[3], progress=False)[0]
mask = MaskCanvas(shot, protect=(14, 14, 85, 45), size=34)
mask""",
    """rocket = studio.generate("a rocket on a navy gradient background", negative="@clean", seeds=[2], progress=False)[0]
frame = OutpaintFrame(studio, rocket, placement="email-header", anchor=[1.0, 0.5])
frame""",
    f"""from sdkit.widgets import ExportPanel
panel = ExportPanel(studio, shot, {str(DOCS.parent / "brand")!r}, placements=["Instagram", "LinkedIn", "email"], layout="button")
panel""",
]


def prompt_lab(page: Any, output: Any) -> Any:
    """Words in their colours, and the pictures that they made."""
    lab = output.locator(".sdkit-lab")
    lab.get_by_role("textbox", name="prompt").click()
    page.keyboard.type("a {rocket|cactus|gift box|sneaker} on a (mint:1.2) gradient background")
    lab.get_by_role("button", name="Generate 4 pictures").click()
    lab.locator(".strip img[src]").nth(3).wait_for()
    lab.get_by_role("button", name="Stop").and_(lab.locator(":disabled, [hidden]")).first.wait_for(state="attached")
    return lab


def mask_canvas(page: Any, output: Any) -> Any:
    """A brush round the shoe, and a hatched corner that stays."""
    mask = output.locator(".sdkit-mask")
    canvas = mask.locator("canvas[data-ready]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    side = min(box["width"], box["height"])
    left, top = box["x"] + (box["width"] - side) / 2, box["y"] + (box["height"] - side) / 2
    for path in ([(0.16, 0.70), (0.30, 0.74), (0.62, 0.75), (0.86, 0.70)], [(0.2, 0.6), (0.5, 0.66), (0.82, 0.62)]):
        page.mouse.move(left + path[0][0] * side, top + path[0][1] * side)
        page.mouse.down()
        for x, y in path[1:]:
            page.mouse.move(left + x * side, top + y * side, steps=12)
        page.mouse.up()
    mask.get_by_text("% is to be repainted").first.wait_for()
    return mask


def outpaint_frame(page: Any, output: Any) -> Any:
    """A header around a square, painted."""
    frame = output.locator(".sdkit-outpaint")
    frame.get_by_role("button", name="Generate").click()
    frame.get_by_role("button", name="Accept").and_(frame.locator(":enabled")).wait_for()
    return frame


def export_panel(page: Any, output: Any) -> Any:
    """A headline on every placement, and a finding."""
    panel = output.locator(".sdkit-export")
    panel.get_by_role("textbox", name="headline").click()
    page.keyboard.type("Run like it is a must-have")
    panel.get_by_role("textbox", name="button").click()
    page.keyboard.type("Shop now")
    panel.locator(".status", has_text="errors in").wait_for()
    panel.locator(".previews .head", has_text="looking").wait_for(state="detached")
    return panel


SHOTS: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "prompt-lab": (0, prompt_lab), "mask": (1, mask_canvas), "outpaint": (2, outpaint_frame), "export": (3, export_panel),
}  # fmt: skip


def save(png: bytes, path: Path) -> None:
    """As WebP, as good as `MOST` bytes allow."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(90, 30, -10):
        image.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size <= MOST:
            break
    print(f"{path.name}: {image.width} x {image.height}, {path.stat().st_size:,} bytes")


def main(names: list[str]) -> None:
    """Make these pictures, by default all."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), CELLS) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with opened(browser, address, size=(WIDE + 380, 1500), scale=SCALE) as page:
            ready(page)
            for number in range(len(CELLS)):  # the later ones need what the first one imports
                output = run(page, number)
                for name, (cell, act) in SHOTS.items():
                    if cell == number and name in (names or SHOTS):
                        widget = act(page, output)
                        page.mouse.move(2, 2)  # no button looks hovered over
                        page.wait_for_timeout(1500)
                        save(widget.screenshot(), DOCS / f"widget-{name}.webp")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
