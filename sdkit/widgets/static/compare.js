// Compare: panes that move together, a slider, the difference, and a sheet of which only what is in sight exists.

const MODES = { side: "Side by side", slider: "Before and after", difference: "Difference", sheet: "Sheet" };
const MOST = 6;
const HEAD = 30;

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-compare", "Compare pictures");
  const made = urls();
  const large = new Map(); // place -> {url, size}
  const asked = new Set();
  const items = () => model.get("_items"), name = (place) => (items()[place] || [""])[0];
  const chosen = () => model.get("chosen");

  // -- the bar ------------------------------------------------------------------------------------------------------
  const modes = Object.entries(MODES).map(([mode, words]) => make("button", { type: "button", "data-mode": mode, onclick: () => ui.set({ mode }) }, words));
  const zoomSaid = make("output");
  const zooming = make("div", { class: "group", role: "group", "aria-label": "zoom" },
    iconButton("minus", "Zoom out (-)", () => zoomBy(1 / 1.5)), zoomSaid, iconButton("plus", "Zoom in (+)", () => zoomBy(1.5)),
    iconButton("fit", "Whole picture (0)", () => ui.set({ zoom: 1, centre: [0.5, 0.5] })));
  const gain = make("input", { type: "range", min: 1, max: 20, step: 1, "aria-label": "amplify the difference", oninput: () => ui.set({ gain: Number(gain.value) }) });
  const gainSaid = make("output");
  const gaining = make("label", {}, make("span", {}, "amplified"), gain, gainSaid);
  const swap = make("button", { type: "button", onclick: () => ui.set({ chosen: [...chosen()].reverse() }) }, "Swap");
  const side = make("input", { type: "range", min: 64, max: 224, step: 4, "aria-label": "size of the pictures", oninput: () => ui.set({ side: Number(side.value) }) });
  const siding = make("label", {}, make("span", {}, "size"), side);
  const count = make("span", { class: "quiet" });
  const view = make("div", { class: "view" });
  ui.root.append(
    make("div", { class: "row", role: "toolbar", "aria-label": "view" }, make("div", { class: "group", role: "group", "aria-label": "mode" }, ...modes), zooming, gaining, swap, siding, count),
    view,
    make("details", { class: "help" }, make("summary", {}, "Keys"), make("p", {},
      ...[["+ - 0", "zoom all pictures together; Ctrl and wheel too"], ["arrows, or drag", "move them"], ["on the sheet: arrows", "go from picture to picture"], ["Space", "choose up to six"], ["Enter", "look at the chosen side by side"], ["double-click", "look at this one"]]
        .flatMap(([keys, words]) => [make("kbd", {}, keys), ` ${words}   `]))),
  );

  // -- pictures in panes --------------------------------------------------------------------------------------------
  let images = [], sheet = null, differences = null;
  const wanted = () => (model.get("mode") === "side" ? chosen() : chosen().slice(0, 2));

  function ask() {
    const missing = wanted().filter((place) => !large.has(place) && !asked.has(place));
    missing.forEach((place) => asked.add(place));
    if (missing.length) model.send({ kind: "large", places: missing });
  }
  function imageFor(place, more = {}) {
    const image = make("img", { alt: name(place), draggable: "false", "data-large": place, ...more });
    if (large.has(place)) fill(image);
    images.push(image);
    return image;
  }
  function fill(image) {
    const { url, size } = large.get(Number(image.dataset.large));
    image.src = url;
    (image.closest(".alone") || image.closest(".pane"))?.style.setProperty("--shape", `${size[0]} / ${size[1]}`);
  }
  function pane(...inside) {
    const node = make("div", { class: "pane", tabindex: 0, role: "group", "aria-label": "picture; plus and minus zoom, arrows move" }, ...inside);
    const first = node.querySelector("img");
    if (first && large.has(Number(first.dataset.large))) fill(first);
    let from = null;
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      node.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, centre: model.get("centre") };
    });
    node.addEventListener("pointermove", (event) => {
      if (!from) return;
      const box = node.getBoundingClientRect(), zoom = model.get("zoom");
      look([from.centre[0] - (event.clientX - from.x) / box.width / zoom, from.centre[1] - (event.clientY - from.y) / box.height / zoom], false);
    });
    for (const kind of ["pointerup", "pointercancel"]) node.addEventListener(kind, () => { if (from) { from = null; model.save_changes(); } });
    node.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = node.getBoundingClientRect();
      zoomBy(Math.exp(-event.deltaY / 300), [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
    }, { passive: false });
    node.addEventListener("dblclick", () => (model.get("zoom") > 1 ? ui.set({ zoom: 1, centre: [0.5, 0.5] }) : zoomBy(3)));
    node.addEventListener("keydown", (event) => {
      const by = 0.1 / model.get("zoom"), [x, y] = model.get("centre");
      const keys = {
        "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: () => ui.set({ zoom: 1, centre: [0.5, 0.5] }),
        ArrowLeft: () => look([x - by, y]), ArrowRight: () => look([x + by, y]), ArrowUp: () => look([x, y - by]), ArrowDown: () => look([x, y + by]),
      };
      if (event.ctrlKey || event.metaKey || event.target !== node || !keys[event.key]) return;
      keys[event.key]();
      event.preventDefault();
    });
    return node;
  }
  function within([x, y], zoom) {
    const half = 0.5 / zoom;
    return [clamp(x, half, 1 - half), clamp(y, half, 1 - half)];
  }
  function look(centre, save = true) {
    model.set("centre", within(centre, model.get("zoom")));
    if (save) model.save_changes();
  }
  /** Zoom; what lies at `at` (shares of the pane) stays there. */
  function zoomBy(factor, at = [0.5, 0.5]) {
    const old = model.get("zoom"), zoom = clamp(old * factor, 1, 32), centre = model.get("centre");
    const next = centre.map((c, i) => c + (at[i] - 0.5) * (1 / old - 1 / zoom));
    ui.set({ zoom, centre: within(next, zoom) });
  }
  function transform() {
    const zoom = model.get("zoom"), [x, y] = within(model.get("centre"), zoom);
    for (const image of images) {
      image.style.transform = `translate(${(0.5 - x * zoom) * 100}%, ${(0.5 - y * zoom) * 100}%) scale(${zoom})`;
      image.classList.toggle("deep", zoom >= 6);
    }
    zoomSaid.textContent = `${Math.round(zoom * 100)} %`;
  }

  // -- words --------------------------------------------------------------------------------------------------------
  function marked(parts) {
    const tags = { same: "span", gone: "del", new: "ins" };
    return parts.flatMap(([state, words]) => [make(tags[state], {}, words), " "]);
  }
  function caption(at) {
    const [found, letter] = [model.get("_notes")[at], "ABCDEF"[at]];
    const note = found && found.of[0] === chosen()[0] && found.of[1] === chosen()[at] ? found : null; // else it is yet to come
    const node = make("figcaption", {}, make("b", {}, letter));
    if (!note || !note.prompt.length) node.append(name(chosen()[at]));
    else node.append(...marked(note.prompt));
    if (note && note.negative.some(([state]) => !at || state !== "same")) node.append(make("div", {}, make("span", { class: "quiet" }, "without: "), ...marked(note.negative)));
    if (note && note.settings.length) {
      node.append(make("div", { class: "facts" }, note.settings.filter(([, , value]) => value !== "-").map(([what, before, value]) => (before === value || !at ? `${what} ${value}` : `${what} ${before} → ${value}`)).join("  ·  ")));
    }
    return node;
  }

  // -- the four views -----------------------------------------------------------------------------------------------
  const VIEWS = {
    side() {
      const places = chosen();
      const across = places.length <= 3 ? places.length : places.length === 4 ? 2 : 3;
      const panes = places.map((place, i) => make("figure", {}, pane(imageFor(place), make("span", { class: "badge a", "aria-hidden": "true" }, "ABCDEF"[i])), caption(i)));
      return make("div", { class: "panes", style: `--across: ${across || 1}` }, ...panes);
    },
    slider() {
      const [a, b = a] = chosen();
      const upper = make("div", { class: "slide" }, imageFor(a)), edge = make("div", { class: "edge" });
      const across = make("input", { class: "across", type: "range", min: 0, max: 1, step: 0.005, "aria-label": "how much of the first picture is shown", oninput: () => ui.set({ split: Number(across.value) }) });
      const box = pane(imageFor(b), upper, edge, make("span", { class: "badge a", "aria-hidden": "true" }, "A"), make("span", { class: "badge b", "aria-hidden": "true" }, "B"));
      box.addEventListener("pointermove", (event) => {
        if (!(event.buttons & 1) || model.get("zoom") > 1) return; // zoomed in, dragging moves the picture
        const at = box.getBoundingClientRect();
        ui.set({ split: clamp((event.clientX - at.left) / at.width, 0, 1) });
      });
      slid = () => {
        const split = model.get("split");
        upper.style.clipPath = `inset(0 ${(1 - split) * 100}% 0 0)`;
        edge.style.left = `${split * 100}%`;
        across.value = split;
        across.setAttribute("aria-valuetext", `${Math.round(split * 100)} % of A`);
      };
      slid();
      return make("div", { class: "alone" }, box, across, caption(0), b === a ? null : caption(1));
    },
    difference() {
      const [a, b = a] = chosen(), key = `${a} ${b}`;
      const image = make("img", { alt: `difference of ${name(a)} and ${name(b)}` });
      const words = make("p", { role: "status" }, "…");
      images.push(image);
      const box = pane(image);
      differences = { key, show({ url, said, shape }) { image.src = url; words.textContent = said; box.closest(".alone").style.setProperty("--shape", shape); } };
      gained = () => { image.style.filter = `brightness(${model.get("gain")})`; };
      gained();
      model.send({ kind: "difference", first: a, second: b });
      return make("div", { class: "alone" }, box, words, make("p", { class: "quiet" }, "Black is the same in both."), caption(0), b === a ? null : caption(1));
    },
    sheet() { sheet = sheetOf(); return sheet.node; },
  };
  let slid = () => {}, gained = () => {};

  function build() {
    const mode = model.get("mode"), had = view.contains(document.activeElement);
    images = [];
    differences = null;
    slid = gained = () => {};
    if (sheet) sheet.close();
    sheet = null;
    view.replaceChildren(VIEWS[mode]());
    for (const image of images) if (large.has(Number(image.dataset.large))) fill(image); // what lies around it takes its shape
    if (mode !== "sheet") ask();
    transform();
    for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    zooming.hidden = mode === "sheet";
    gaining.hidden = mode !== "difference";
    swap.hidden = mode === "sheet" || chosen().length < 2;
    siding.hidden = mode !== "sheet";
    count.textContent = mode === "sheet" ? `${items().length} picture${items().length === 1 ? "" : "s"}, ${chosen().length} chosen` : "";
    if (sheet) sheet.lay();
    if (had) view.querySelector("[tabindex='0']")?.focus({ preventScroll: true });
  }

  // -- the sheet ----------------------------------------------------------------------------------------------------
  const thumbs = new Map(); // place -> url
  const thumbsAsked = new Set();
  let focus = 0;

  function sheetOf() {
    const rows = model.get("_rows"), columns = model.get("_columns");
    const at = new Map(items().map(([, row, column], place) => [`${row} ${column}`, place]));
    const corner = make("div", { class: "corner" }), heads = make("div", { class: "heads" }), sides = make("div", { class: "sides" }), cells = make("div", { class: "cells" });
    const table = make("div", { class: "table" }, corner, heads, sides, cells);
    for (const node of [corner, heads, sides]) node.setAttribute("aria-hidden", "true"); // each picture's name says both
    const node = make("div", { class: "sheet", role: "listbox", "aria-multiselectable": "true", "aria-label": `${items().length} pictures; Space chooses, Enter compares` }, table);
    table.setAttribute("role", "presentation");
    cells.setAttribute("role", "presentation");
    const there = { heads: new Map(), sides: new Map(), cells: new Map() };
    let step = 0, label = 0, frameAsked = 0, wait = 0;

    function lay() {
      step = model.get("side") + 8;
      label = rows.some(Boolean) ? clamp(node.clientWidth * 0.22, 110, 210) : 0;
      const wide = columns.length * step, high = rows.length * step;
      const sizes = [[corner, label, HEAD], [heads, wide, HEAD], [sides, label, high], [cells, wide, high]];
      for (const [one, w, h] of sizes) { one.style.width = `${w}px`; one.style.height = `${h}px`; }
      for (const kind of Object.values(there)) { for (const one of kind.values()) one.remove(); kind.clear(); }
      node.style.height = `${Math.min(480, high + HEAD + 18)}px`;
      show();
    }
    function range(start, room, count) {
      return [clamp(Math.floor(start / step) - 1, 0, count), clamp(Math.ceil((start + room) / step) + 1, 0, count)];
    }
    function keep(kind, parent, keys, build) {
      for (const [key, one] of kind) if (!keys.has(key)) { if (one.contains(document.activeElement)) node.focus(); one.remove(); kind.delete(key); }
      const fresh = document.createDocumentFragment();
      for (const key of keys) if (!kind.has(key)) { const one = build(key); kind.set(key, one); fresh.append(one); }
      if (fresh.childNodes.length) parent.append(fresh);
    }
    function show() {
      const [r0, r1] = range(node.scrollTop - HEAD, node.clientHeight, rows.length), [c0, c1] = range(node.scrollLeft, node.clientWidth - label, columns.length);
      const span = (a, b) => Array.from({ length: Math.max(0, b - a) }, (_, i) => a + i);
      keep(there.heads, heads, new Set(span(c0, c1)), (c) => make("span", { style: `left:${c * step}px;width:${step}px`, title: columns[c] }, columns[c]));
      keep(there.sides, sides, new Set(span(r0, r1)), (r) => make("span", { style: `top:${r * step}px;height:${step}px;width:${label}px`, title: rows[r] }, rows[r]));
      const places = new Set();
      for (const r of span(r0, r1)) for (const c of span(c0, c1)) { const place = at.get(`${r} ${c}`); if (place !== undefined) places.add(place); }
      keep(there.cells, cells, places, cell);
      clearTimeout(wait);
      wait = setTimeout(request, 20);
    }
    function cell(place) {
      const [words, row, column] = items()[place];
      const one = make("div", {
        class: "cell", role: "option", "aria-label": words, title: words, tabindex: place === focus ? 0 : -1, "data-at": place,
        "aria-setsize": items().length, "aria-posinset": place + 1, style: `left:${column * step}px;top:${row * step}px;width:${step}px;height:${step}px`,
      }, make("div"));
      pick(one, place);
      if (thumbs.has(place)) lit(one, place);
      return one;
    }
    function lit(one, place) {
      one.firstChild.style.backgroundImage = `url(${thumbs.get(place)})`;
      one.firstChild.style.backgroundColor = "transparent";
    }
    function pick(one, place) {
      const order = chosen().indexOf(place);
      one.setAttribute("aria-selected", String(order >= 0));
      one.dataset.place = "ABCDEF"[order] || "";
    }
    function request() {
      const missing = [...there.cells.keys()].filter((place) => !thumbs.has(place) && !thumbsAsked.has(place));
      for (let i = 0; i < missing.length; i += 12) {
        const some = missing.slice(i, i + 12);
        some.forEach((place) => thumbsAsked.add(place));
        model.send({ kind: "thumbs", places: some });
      }
    }
    function toggle(place) {
      const before = chosen();
      const next = before.includes(place) ? before.filter((one) => one !== place) : [...before, place].slice(-MOST);
      ui.set({ chosen: next });
      ui.say(`${next.length} chosen`);
    }
    function go(place) {
      focus = clamp(place, 0, items().length - 1);
      const [, row, column] = items()[focus];
      const top = row * step, left = column * step;
      if (top < node.scrollTop) node.scrollTop = top;
      if (top + step + HEAD > node.scrollTop + node.clientHeight) node.scrollTop = top + step + HEAD - node.clientHeight;
      if (left < node.scrollLeft) node.scrollLeft = left;
      if (left + step + label > node.scrollLeft + node.clientWidth) node.scrollLeft = left + step + label - node.clientWidth;
      show();
      for (const [key, one] of there.cells) one.tabIndex = key === focus ? 0 : -1;
      there.cells.get(focus)?.focus({ preventScroll: true });
    }
    function next(row, column) {
      const [, r, c] = items()[focus];
      for (let k = 1; k < Math.max(rows.length, columns.length); k++) {
        const place = at.get(`${r + row * k} ${c + column * k}`);
        if (place !== undefined) return place;
      }
      return focus;
    }
    node.addEventListener("scroll", () => { if (!frameAsked) frameAsked = requestAnimationFrame(() => { frameAsked = 0; show(); }); }, { passive: true });
    node.addEventListener("click", (event) => {
      const one = event.target.closest(".cell");
      if (one) { go(Number(one.dataset.at)); if (event.detail < 2) toggle(focus); } // the second click is the double one's
    });
    node.addEventListener("dblclick", (event) => { const one = event.target.closest(".cell"); if (one) ui.set({ chosen: [Number(one.dataset.at)], mode: "side" }); });
    node.addEventListener("keydown", (event) => {
      const keys = {
        ArrowRight: () => go(next(0, 1)), ArrowLeft: () => go(next(0, -1)), ArrowDown: () => go(next(1, 0)), ArrowUp: () => go(next(-1, 0)),
        Home: () => go(0), End: () => go(items().length - 1), " ": () => toggle(focus),
        Enter: () => ui.set({ chosen: chosen().length ? chosen() : [focus], mode: "side" }),
      };
      if (event.ctrlKey || event.metaKey || !keys[event.key]) return;
      keys[event.key]();
      event.preventDefault();
    });
    return {
      node, lay,
      chose() { for (const [place, one] of there.cells) pick(one, place); },
      came(place) { const one = there.cells.get(place); if (one) lit(one, place); },
      close() { clearTimeout(wait); cancelAnimationFrame(frameAsked); },
    };
  }

  // -- the model ----------------------------------------------------------------------------------------------------
  ui.listen((message, parts) => {
    if (message.kind === "thumbs") message.places.forEach((place, i) => { thumbs.set(place, made.of(parts[i])); sheet?.came(place); });
    if (message.kind === "large") {
      large.set(message.place, { url: made.of(parts[0]), size: message.size });
      images.filter((image) => Number(image.dataset.large) === message.place).forEach(fill);
    }
    if (message.kind === "difference" && differences?.key === `${message.first} ${message.second}`) {
      const url = made.of(parts[0], "image/png");
      createImageBitmap(new Blob([bytesOf(parts[0])])).then((image) => differences?.show({ url, said: message.words, shape: `${image.width} / ${image.height}` }));
    }
  });
  ui.watch(["zoom", "centre"], transform);
  ui.watch(["split"], () => slid());
  ui.watch(["gain"], () => { gain.value = model.get("gain"); gainSaid.textContent = `${model.get("gain")} ×`; gained(); });
  ui.watch(["side"], () => { side.value = model.get("side"); sheet?.lay(); });
  ui.watch(["mode", "_items"], build);
  ui.watch(["chosen", "_notes"], () => {
    if (model.get("mode") === "sheet") { sheet?.chose(); count.textContent = `${items().length} picture${items().length === 1 ? "" : "s"}, ${chosen().length} chosen`; } else if (model.get("_notes").length === chosen().length) build();
  });
  let wide = 0;
  const eyes = new ResizeObserver(() => { if (view.clientWidth !== wide) { wide = view.clientWidth; sheet?.lay(); } });
  eyes.observe(view);
  return () => { eyes.disconnect(); sheet?.close(); made.clear(); ui.close(); };
}

export default { render };
