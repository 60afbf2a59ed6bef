"""A real Chromium page that shows a real widget: its module runs as anywidget runs it, its messages go to the Python object."""

from __future__ import annotations

import base64

import comm
from comm.base_comm import BaseComm

_MODEL = """
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const text = (view) => { let out = ""; const all = view instanceof ArrayBuffer ? new Uint8Array(view) : new Uint8Array(view.buffer, view.byteOffset, view.byteLength); for (const b of all) out += String.fromCharCode(b); return btoa(out); };
class Model {
  constructor(state) { this.state = state; this.changed = {}; this.heard = {}; this.rounds = 0; }
  get(name) { return this.state[name]; }
  set(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value; this.changed[name] = value;
    this.fire(`change:${name}`); this.fire("change");
  }
  on(name, f) { (this.heard[name] ||= new Set()).add(f); }
  off(name, f) { if (f) this.heard[name]?.delete(f); else delete this.heard[name]; }
  fire(name, ...given) { for (const f of [...(this.heard[name] || [])]) f(...given); }
  async save_changes() { const state = this.changed; this.changed = {}; this.rounds++; this.receive(await toPython({ method: "update", state })); }
  async send(content, callbacks, buffers = []) { this.receive(await toPython({ method: "custom", content, buffers: buffers.map(text) })); }
  receive(messages) {
    for (const { data, buffers } of messages) {
      const views = buffers.map(bytes);
      if (data.method === "custom") { this.fire("msg:custom", data.content, views); continue; }
      if (data.method !== "update") continue;
      (data.buffer_paths || []).forEach((path, i) => { let at = data.state; for (const step of path.slice(0, -1)) at = at[step]; at[path.at(-1)] = views[i]; });
      const names = Object.keys(data.state).filter((name) => !(name in this.changed));
      for (const name of names) this.state[name] = data.state[name];
      for (const name of names) this.fire(`change:${name}`);
    }
  }
}
window.start = async (esm, css, opened) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  window.model = new Model({}); model.receive(opened);
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const module = await import(url);
  const el = document.getElementById("widget");
  await module.default.initialize?.({ model });
  window.stop = await module.default.render({ model, el });
};
"""
_PAGE = """<!doctype html><html lang="en"><head><title>a widget</title><style>
body{margin:0;padding:16px;font:14px sans-serif;background:%(paper)s;color:%(ink)s;--jp-layout-color1:%(paper)s;--jp-ui-font-color1:%(ink)s}
</style></head><body data-jp-theme-light="%(light)s"><main id="widget"></main></body></html>"""
_LIGHT = {"paper": "#ffffff", "ink": "#212121", "light": "true"}
_DARK = {"paper": "#111111", "ink": "#ffffff", "light": "false"}


class PageComm(BaseComm):
    """What leads to the page: what is published waits until the page takes it."""

    waiting: list = []  # noqa: RUF012 - of one page at a time

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        if msg_type == "comm_msg" or msg_type == "comm_open":
            packed = [base64.b64encode(bytes(b)).decode() for b in buffers or []]
            data = {"method": "update", **(data or {})}
            if metadata is None or "buffer_paths" not in data:
                data.setdefault("buffer_paths", [])
            PageComm.waiting.append((self.comm_id, {"data": data, "buffers": packed}))


class Shown:
    """A widget on a page. `page` is Playwright's."""

    def __init__(self, page, build, *, dark=False):
        before = comm.create_comm
        PageComm.waiting = []
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
        page.evaluate("([esm, css, opened]) => start(esm, css, opened)", [str(self.widget._esm), str(self.widget._css), self._take()])

    def _heard(self, data):
        buffers = [memoryview(base64.b64decode(b)) for b in data.pop("buffers", [])]
        self.widget._handle_msg({"content": {"data": data}, "buffers": buffers})
        return self._take()

    def _take(self):
        mine = [m for id, m in PageComm.waiting if id == self.widget.comm.comm_id]
        PageComm.waiting = []
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
        from importlib.resources import files

        self.page.evaluate(files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
        found = self.page.evaluate("() => axe.run('#widget', {resultTypes: ['violations']})")
        return [
            (v["id"], v["impact"], [n["html"][:160] for n in v["nodes"]])
            for v in found["violations"] if v["impact"] in ("serious", "critical")
        ]  # fmt: skip
