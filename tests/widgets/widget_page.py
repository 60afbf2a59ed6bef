"""A real Chromium page that shows a real widget: its module runs as anywidget runs it, its messages go to the Python object."""

from __future__ import annotations

import base64
from collections import deque
from pathlib import Path
from typing import ClassVar

import comm
from comm.base_comm import BaseComm
from driving import serious

_MODEL = Path(__file__).with_name("model.js").read_text("utf-8")
_PAGE = """<!doctype html><html lang="en"><head><title>a widget</title><style>
body{margin:0;padding:16px;font:14px sans-serif;background:%(paper)s;color:%(ink)s;--jp-layout-color1:%(paper)s;--jp-ui-font-color1:%(ink)s}
</style></head><body data-jp-theme-light="%(light)s"><main id="widget"></main></body></html>"""
_LIGHT = {"paper": "#ffffff", "ink": "#212121", "light": "true"}
_DARK = {"paper": "#111111", "ink": "#ffffff", "light": "false"}


class PageComm(BaseComm):
    """What leads to the page: what is published waits until the page takes it."""

    waiting: ClassVar[deque] = deque()  # of one page at a time

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        if msg_type == "comm_msg" or msg_type == "comm_open":
            packed = [base64.b64encode(bytes(b)).decode() for b in buffers or []]
            data = {"method": "update", **(data or {})}
            if metadata is None or "buffer_paths" not in data:
                data.setdefault("buffer_paths", [])
            PageComm.waiting.append((self.comm_id, {"data": data, "buffers": packed}))


class Shown:
    """A widget on a page. `page` is Playwright's; `buffers` is one of the kinds in model.js."""

    def __init__(self, page, build, *, dark=False, buffers="DataView"):
        before = comm.create_comm
        PageComm.waiting.clear()
        comm.create_comm = lambda **keys: PageComm(**keys)
        try:
            self.widget = build()
        finally:
            comm.create_comm = before
        self.page = page
        self.problems = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: self.problems.append(request.url) if request.url.startswith("http") else None)
        page.set_content(_PAGE % (_DARK if dark else _LIGHT))
        page.expose_function("toPython", self._heard)
        page.add_script_tag(content=_MODEL)
        page.evaluate("(kind) => { window.kind = kind; }", buffers)
        page.evaluate(
            "([esm, css, opened]) => start(esm, css, opened)", [str(self.widget._esm), str(self.widget._css), self._take()]
        )

    def _heard(self, data):
        buffers = [memoryview(base64.b64decode(b)) for b in data.pop("buffers", [])]
        self.widget._handle_msg({"content": {"data": data}, "buffers": buffers})
        return self._take()

    def _take(self):
        mine = []
        while PageComm.waiting:  # one by one: other threads add to it meanwhile
            id, message = PageComm.waiting.popleft()
            if id == self.widget.comm.comm_id:
                mine.append(message)
        return mine

    def push(self):
        """Bring what Python changed to the page."""
        self.page.evaluate("(messages) => model.receive(messages)", self._take())

    def until(self, true, seconds=60, say=""):
        """Wait, the page at work meanwhile, until `true()`; what Python changes by itself reaches the page."""
        for _ in range(seconds * 20):
            if true():
                return
            self.page.wait_for_timeout(50)
            self.push()
        raise AssertionError(f"{say or 'what was waited for'} did not come within {seconds} s; {self.problems}")

    def axe(self):
        """Serious accessibility violations, as axe-core finds them."""
        return serious(self.page, "#widget")
