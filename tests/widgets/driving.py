"""A notebook, open in real JupyterLab, Notebook 7 or Voila, in a real browser."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat

PATIENCE = 90_000  # milliseconds, on a machine that does other things too
CELL, NAME = ".jp-Notebook .jp-CodeCell", "widgets.ipynb"


def write(path: Path, cells: Sequence[str], kernel: str = "python3") -> None:
    """A notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


@contextmanager
def served(
    folder: Path, cells: Sequence[str] | None, app: str = "jupyterlab", *, theme: str = "light", share: Path | None = None
) -> Iterator[str]:
    """A server on the notebook of these cells: "jupyterlab", "notebook" or "voila"; the address to open it at.

    cells   None for the notebook that is there already.
    share   a share/jupyter folder that goes before this environment's: its extensions of the page, and its kernel "other".
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    work, settings = folder / "work", folder / "settings"
    for one in (work, settings):
        one.mkdir(exist_ok=True)
    if cells is not None:
        write(work / NAME, cells, "other" if share and (share / "kernels" / "other").is_dir() else "python3")
    overrides: Mapping[str, Any] = {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        "@jupyterlab/apputils-extension:themes": {"theme": f"JupyterLab {theme.title()}"},
    }
    (settings / "overrides.json").write_text(json.dumps(overrides))
    root = f"http://127.0.0.1:{port}"
    if app == "voila":
        more, probe, address = [NAME, f"--Voila.port={port}", f"--theme={theme}"], None, root
    else:
        which = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}[app]
        more = [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=t", "--allow-root",
                f"--{which}.app_settings_dir={settings}", f"--ServerApp.root_dir={work}"]  # fmt: skip
        probe = f"{root}/api/status?token=t"
        address = f"{root}/{'lab/tree' if app == 'jupyterlab' else 'notebooks'}/{NAME}?token=t"
    folders = {f"JUPYTER{name}_DIR": str(folder / name) for name in ("_CONFIG", "LAB_SETTINGS", "LAB_WORKSPACES")}
    if share is not None:
        folders["JUPYTER_PATH"] = str(share)
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", app, "--no-browser", *more], env={**os.environ, **folders}, cwd=work, stdout=log, stderr=log
        )
    try:
        for _ in range(600):
            assert server.poll() is None, (folder / "server.log").read_text()[-2000:]
            try:
                if probe:
                    urllib.request.urlopen(probe, timeout=20).read()
                else:
                    socket.create_connection(("127.0.0.1", port), timeout=20).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(60)
        if server.poll() is None:
            server.kill()
            server.wait(60)


@contextmanager
def opened(
    browser: Any, address: str, *, size: tuple[int, int] = (1280, 1500), scale: float = 1, own: Sequence[str] = ()
) -> Iterator[Any]:
    """A page at the address, which may ask no other machine for anything; `own`: but what the server's page itself asks for."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale)
    page.set_default_timeout(PATIENCE)
    left: list[str] = []
    page.on(
        "request",
        lambda r: (
            left.append(r.url) if r.url.startswith("http") and not any(host in r.url for host in ("127.0.0.1", *own)) else None
        ),
    )
    try:
        page.goto(address, wait_until="domcontentloaded")
        yield page
        assert not left, left  # no request leaves the page
    finally:
        page.close()


def ready(page: Any) -> None:
    """Wait until the notebook is there and its kernel idle."""
    page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    # The indicator says idle before there is a kernel.
    page.get_by_text("Python 3 (ipykernel)").first.wait_for()


def run(page: Any, number: int) -> Any:
    """Run one cell to its end, and give its outputs."""
    begin(page, number)
    cell = page.locator(CELL).nth(number)
    cell.locator(".jp-InputPrompt", has_text="]:").and_(cell.locator(".jp-InputPrompt", has_not_text="*")).wait_for()
    return cell.locator(".jp-Cell-outputArea")


def begin(page: Any, number: int) -> None:
    """Have one cell taken by the kernel, and do not wait for its end."""
    from playwright.sync_api import TimeoutError as TooLate

    cell = page.locator(CELL).nth(number)
    taken = cell.locator(".jp-InputPrompt", has_text="]:").and_(cell.locator(".jp-InputPrompt", has_not_text="[ ]"))
    for _ in range(PATIENCE // 10_000):  # keys that come before the page knows its shortcuts are lost
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        with suppress(TooLate):
            taken.wait_for(timeout=10_000)
            return
    taken.wait_for()


def until(page: Any, true: Callable[[], object], say: str = "") -> None:
    """Wait, the page at work meanwhile, until `true()`."""
    for _ in range(PATIENCE // 100):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError(say or "what was waited for did not come")


def points(canvas: Any, size: tuple[int, int]) -> Callable[[float, float], tuple[float, float]]:
    """Where a pixel of a picture of this size is from the corner of the canvas that shows it whole."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left, top = (box["width"] - size[0] * scale) / 2, (box["height"] - size[1] * scale) / 2
    return lambda x, y: (left + x * scale, top + y * scale)


def drag(page: Any, locator: Any, *way: tuple[float, float]) -> None:
    """Press the mouse at the first of these points, (x, y) pixels from the corner of what is located, and let go at the last."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    page.mouse.move(box["x"] + way[0][0], box["y"] + way[0][1])
    page.mouse.down()
    for x, y in way[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
    page.mouse.up()


def serious(page: Any, within: str) -> list[tuple[str, str, list[str]]]:
    """Serious accessibility violations within what this selector finds, as axe-core sees them."""
    from importlib.resources import files

    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("(within) => axe.run(within, {resultTypes: ['violations']})", within)
    return [
        (v["id"], v["impact"], [n["html"][:160] for n in v["nodes"]])
        for v in found["violations"] if v["impact"] in ("serious", "critical")
    ]  # fmt: skip
