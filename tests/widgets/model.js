// A widget's model as Jupyter gives it to a module; what it saves and sends goes to the Python object behind the page.
// Buffers as Jupyter gives them; as Colab does in messages; as some servers do; and as a part of a larger one, as in VS Code.
const KINDS = {
  DataView: (all) => new DataView(all.buffer), Uint8Array: (all) => all, ArrayBuffer: (all) => all.buffer,
  part: (all) => { const more = new Uint8Array(all.length + 24).fill(7); more.set(all, 8); return new DataView(more.buffer, 8, all.length); },
};
const bytes = (text) => KINDS[window.kind || "DataView"](Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
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
  const pictures = (window.pictures = new Set()), { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (what) => { const url = createObjectURL(what); pictures.add(url); return url; };
  URL.revokeObjectURL = (url) => { pictures.delete(url); revokeObjectURL(url); };
  const el = document.getElementById("widget");
  await module.default.initialize?.({ model });
  window.stop = await module.default.render({ model, el });
};
