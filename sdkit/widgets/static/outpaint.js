// OutpaintFrame: the frame's edges, or in a placement the picture itself, are dragged; all in pixels of the picture.

const SIDES = ["left", "up", "right", "down"];
const ARROWS = { left: "↔", right: "↔", up: "↕", down: "↕" };

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-outpaint", "Outpaint");
  const made = urls();
  const width = () => model.get("_width"), height = () => model.get("_height");
  let scale = 1, held = null, closed = false;

  const select = make("select", { onchange: () => ui.set({ placement: select.value }) }, make("option", { value: "" }, "a frame of my own"));
  const groups = new Map();
  for (const [group, name, title, w, h] of model.get("_placements")) {
    if (!groups.has(group)) { groups.set(group, make("optgroup", { label: group })); select.append(groups.get(group)); }
    groups.get(group).append(make("option", { value: name }, `${title}, ${w} × ${h}`));
  }
  let typing = 0;
  const prompt = make("input", { type: "text", placeholder: "the picture's own words", oninput: () => { model.set("prompt", prompt.value); clearTimeout(typing); typing = setTimeout(() => model.save_changes(), 150); } });
  const seed = make("input", { type: "number", min: 0, step: 1, style: "width: 116px", onchange: () => ui.set({ seed: Number(seed.value) }) });
  const box = make("div", { class: "frame" }), photo = make("div", { class: "photo", role: "group" }, make("img", { alt: "" })), safe = make("div", { class: "safe" }, make("span", {}, "safe area"));
  const edges = SIDES.map((side) => make("div", { class: `edge ${side}`, role: "slider", tabindex: 0, "aria-label": `pixels more: ${side}`, "aria-valuemin": 0, "aria-valuemax": 4096 }, make("span", { "aria-hidden": "true" }, ARROWS[side])));
  const stage = make("div", { class: "stage well" }, box, photo, safe, ...edges);
  const told = make("div", { class: "told", role: "status" });
  const start = () => { clearTimeout(typing); model.save_changes(); ui.send("generate", ["extend", "placement", "anchor", "prompt", "seed"]); };
  const go = make("button", { type: "button", class: "main", onclick: start }, "Generate");
  const stop = make("button", { type: "button", onclick: () => model.send({ kind: "stop" }) }, "Stop");
  const retry = make("button", { type: "button", title: "with the next seed", onclick: () => { model.set("seed", model.get("seed") + 1); start(); } }, "Try again");
  const accept = make("button", { type: "button", onclick: () => ui.send("accept", ["selected"]) });
  const screen = make("div", { class: "screen well" }), fill = make("i"), status = make("div", { class: "status", role: "status" });
  const bar = make("div", { class: "progress", role: "progressbar", "aria-label": "progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const back = iconButton("left", "the one before", () => ui.set({ selected: model.get("selected") - 1 })), next = iconButton("right", "the next one", () => ui.set({ selected: model.get("selected") + 1 }));
  ui.root.append(
    make("div", { class: "row" }, make("label", { class: "place" }, make("span", {}, "placement"), select), make("label", { class: "grow" }, make("span", {}, "paint"), prompt), make("label", {}, make("span", {}, "seed"), seed)),
    make("div", { class: "cols" }, make("div", {}, stage, told), make("div", { class: "side" }, screen, bar, status, make("div", { class: "row" }, go, stop, retry, accept, back, next))),
    make("details", { class: "help" }, make("summary", {}, "Keys"), make("p", {}, make("kbd", {}, "Tab"), " from edge to edge   ", make("kbd", {}, "arrows"), " move it by 8 pixels, with Shift by 64   ", make("kbd", {}, "Home"), " back to the picture")),
  );
  prompt.style.flex = "1";

  const place = () => model.get("_placements").find(([, name]) => name === model.get("placement"));
  /** The canvas in pixels of the picture: its size, and where the picture lies in it. */
  function geometry() {
    const found = place();
    if (!found) {
      const [left, up, right, down] = model.get("extend");
      return { w: width() + left + right, h: height() + up + down, x: left, y: up };
    }
    const [, , , pw, ph] = found, shrink = Math.min(pw / width(), ph / height()), w = pw / shrink, h = ph / shrink, [ax, ay] = model.get("anchor");
    return { w, h, x: (w - width()) * ax, y: (h - height()) * ay, insets: found[5].map((one) => one / shrink), out: [pw, ph] };
  }
  function lay() {
    if (closed) return;
    const { w, h, x, y, insets, out } = geometry(), room = stage.getBoundingClientRect();
    if (!room.width) return;
    if (!held) scale = Math.min((room.width - 60) / (place() ? w : w * 1.25), (room.height - 60) / (place() ? h : h * 1.25));
    // While an edge is dragged the picture stays where it is.
    const left = held && !place() ? held.x - x * scale : (room.width - w * scale) / 2, top = held && !place() ? held.y - y * scale : (room.height - h * scale) / 2;
    const put = (node, l, t, a, b) => Object.assign(node.style, { left: `${l}px`, top: `${t}px`, width: `${a}px`, height: `${b}px` });
    put(box, left - 2, top - 2, w * scale + 4, h * scale + 4);
    put(photo, left + x * scale, top + y * scale, width() * scale, height() * scale);
    const at = { left: [left, top + (h * scale) / 2], right: [left + w * scale, top + (h * scale) / 2], up: [left + (w * scale) / 2, top], down: [left + (w * scale) / 2, top + h * scale] };
    edges.forEach((edge, i) => {
      [edge.style.left, edge.style.top] = at[SIDES[i]].map((one) => `${one}px`);
      edge.hidden = Boolean(place());
      edge.setAttribute("aria-valuenow", model.get("extend")[i]);
    });
    safe.hidden = !insets || !insets.some(Boolean);
    if (insets) put(safe, left + insets[3] * scale, top + insets[0] * scale, (w - insets[1] - insets[3]) * scale, (h - insets[0] - insets[2]) * scale);
    photo.tabIndex = place() ? 0 : -1;
    photo.setAttribute("aria-label", place() ? "the picture; arrow keys move it in the frame" : model.get("alt"));
    const share = 1 - (width() * height()) / (w * h);
    told.textContent = `${out ? out.join(" × ") : `${Math.round(w)} × ${Math.round(h)}`} pixels, ${Math.round(share * 100)} % of it invented`;
    go.disabled = busy() || share <= 0;
    retry.disabled = go.disabled || !model.get("history").length;
  }
  const busy = () => ["queued", "running"].includes(model.get("state"));

  // -- dragging -----------------------------------------------------------------------------------------------------
  function pull(side, pixels, save = true) {
    const i = SIDES.indexOf(side), now = [...model.get("extend")], other = now[(i + 2) % 4], long = i % 2 ? height() : width();
    now[i] = clamp(Math.round(pixels), 0, Math.max(0, 4096 - long - other));
    model.set("extend", now);
    if (save) model.save_changes();
  }
  edges.forEach((edge, i) => {
    const side = SIDES[i], axis = i % 2 ? "clientY" : "clientX", sign = i < 2 ? -1 : 1;
    edge.addEventListener("pointerdown", (event) => {
      edge.setPointerCapture(event.pointerId);
      held = { from: event[axis], before: model.get("extend")[i], x: parseFloat(photo.style.left), y: parseFloat(photo.style.top) };
      edge.focus({ preventScroll: true });
      event.preventDefault();
    });
    edge.addEventListener("pointermove", (event) => { if (held) pull(side, held.before + (sign * (event[axis] - held.from)) / scale, false); });
    for (const kind of ["pointerup", "pointercancel"]) edge.addEventListener(kind, () => { if (held) { held = null; model.save_changes(); lay(); } });
    edge.addEventListener("keydown", (event) => {
      const by = (event.shiftKey ? 64 : 8) * sign, now = model.get("extend")[i];
      const keys = { [i % 2 ? "ArrowDown" : "ArrowRight"]: now + by, [i % 2 ? "ArrowUp" : "ArrowLeft"]: now - by, Home: 0 };
      if (!(event.key in keys)) return;
      pull(side, keys[event.key]);
      event.preventDefault();
    });
  });
  function anchor(x, y, save = true) {
    model.set("anchor", [clamp(x, 0, 1), clamp(y, 0, 1)]);
    if (save) model.save_changes();
  }
  photo.addEventListener("pointerdown", (event) => {
    if (!place()) return;
    photo.setPointerCapture(event.pointerId);
    held = { px: event.clientX, py: event.clientY, before: model.get("anchor") };
    photo.focus({ preventScroll: true });
    event.preventDefault();
  });
  photo.addEventListener("pointermove", (event) => {
    if (!held || !place()) return;
    const { w, h } = geometry(), free = [(w - width()) * scale, (h - height()) * scale];
    const moved = (i, by) => (free[i] > 1 ? held.before[i] + by / free[i] : held.before[i]);
    anchor(moved(0, event.clientX - held.px), moved(1, event.clientY - held.py), false);
  });
  for (const kind of ["pointerup", "pointercancel"]) photo.addEventListener(kind, () => { if (held) { held = null; model.save_changes(); lay(); } });
  photo.addEventListener("keydown", (event) => {
    const by = event.shiftKey ? 0.01 : 0.1, [x, y] = model.get("anchor");
    const keys = { ArrowLeft: [x - by, y], ArrowRight: [x + by, y], ArrowUp: [x, y - by], ArrowDown: [x, y + by], Home: [0.5, 0.5] };
    if (!place() || !keys[event.key]) return;
    anchor(...keys[event.key]);
    event.preventDefault();
  });

  // -- the model ----------------------------------------------------------------------------------------------------
  ui.watch(["_view"], () => { photo.firstChild.src = made.of(model.get("_view")); });
  ui.watch(["placement", "extend", "anchor", "_width", "_height"], () => { select.value = model.get("placement"); lay(); });
  ui.watch(["prompt"], () => { if (prompt.value !== model.get("prompt")) prompt.value = model.get("prompt"); });
  ui.watch(["seed"], () => { seed.value = model.get("seed"); });
  ui.watch(["state", "done", "total", "left", "history", "selected", "_accepted"], () => {
    const share = model.get("total") ? model.get("done") / model.get("total") : 0, id = model.get("history")[model.get("selected")], taken = id && id === model.get("_accepted");
    fill.style.width = `${share * 100}%`;
    bar.setAttribute("aria-valuenow", Math.round(share * 100));
    bar.style.visibility = busy() ? "visible" : "hidden";
    stop.disabled = !busy();
    status.textContent = { idle: "", queued: "Waiting for its turn.", running: model.get("left") >= 1 ? `about ${Math.round(model.get("left"))} s left` : "painting …", done: `try ${model.get("selected") + 1} of ${model.get("history").length}; all of them are kept in the store`, stopped: "Stopped.", failed: "" }[model.get("state")];
    accept.textContent = taken ? "✓ Accepted" : "Accept";
    accept.setAttribute("aria-pressed", String(Boolean(taken)));
    accept.disabled = !id || busy();
    back.disabled = model.get("selected") <= 0;
    next.disabled = model.get("selected") >= model.get("history").length - 1;
    lay();
  });
  let stageUrl = "";
  ui.watch(["_stage", "_preview"], () => {
    const live = bytesOf(model.get("_preview")).length > 0, data = live ? model.get("_preview") : model.get("_stage");
    if (!bytesOf(data).length) { screen.replaceChildren("What you generate appears here."); return; }
    const url = made.of(data), image = make("img", { src: url, alt: live ? "the picture as far as it is" : "the painted picture" });
    image.decode().catch(() => {}).then(() => {
      if (closed) return;
      screen.replaceChildren(image, ...(live ? [make("span", { class: "badge" }, "live")] : []));
      made.drop(stageUrl);
      stageUrl = url;
    });
  });
  const eyes = new ResizeObserver(lay);
  eyes.observe(stage);
  return () => { closed = true; clearTimeout(typing); eyes.disconnect(); made.clear(); ui.close(); };
}

export default { render };
