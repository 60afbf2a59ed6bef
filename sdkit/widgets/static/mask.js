// MaskCanvas: strokes are recorded in pixels of the whole picture; what is drawn here is a smaller copy of the same.

const MARK = "#5b4cf0";
const TOOLS = { brush: "Brush (B)", erase: "Eraser (E)", box: "Box (R)", lasso: "Lasso (L)" };
const KEYS = { b: "brush", e: "erase", r: "box", l: "lasso" };
const HELP = [
  ["B E R L", "brush, eraser, box, lasso"], ["[ ]", "brush size"], ["arrows", "move the cross, with Shift by one pixel"],
  ["Enter", "a dab, or a corner of the box or lasso"], ["Space", "put the brush down or lift it; close the lasso"], ["Esc", "give up the stroke"],
  ["Alt", "box and lasso take away"], ["Ctrl Z", "undo, with Shift redo"], ["I", "invert"], ["Delete", "clear"], ["+ - 0", "zoom; Ctrl and wheel too"],
  ["middle button, or two fingers", "move the picture"],
];

function plain(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  return canvas;
}

/** A grey picture's white as an opaque layer in the mark's colour. */
function layerOf(image, width, height) {
  const canvas = plain(width, height);
  if (!image) return canvas;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    pixels.data[i + 3] = pixels.data[i] >= 128 ? 255 : 0;
    [pixels.data[i], pixels.data[i + 1], pixels.data[i + 2]] = [91, 76, 240];
  }
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

/** Draw one stroke on the mask's layer, whose context is scaled to pixels of the picture. */
function draw(pen, stroke, width, height) {
  pen.save();
  pen.globalCompositeOperation = stroke.add === false ? "destination-out" : "source-over";
  pen.fillStyle = pen.strokeStyle = MARK;
  const points = stroke.points || [];
  if (stroke.tool === "clear") pen.clearRect(0, 0, width, height);
  else if (stroke.tool === "invert") {
    pen.globalCompositeOperation = "xor";
    pen.fillRect(0, 0, width, height);
  } else if (stroke.tool === "box") {
    const [[ax, ay], [bx, by]] = points;
    pen.fillRect(Math.min(ax, bx), Math.min(ay, by), Math.abs(bx - ax), Math.abs(by - ay));
  } else {
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (stroke.tool === "lasso") pen.fill("evenodd");
    else {
      pen.lineWidth = stroke.size;
      pen.lineCap = pen.lineJoin = "round";
      if (points.length === 1) pen.lineTo(points[0][0] + 0.001, points[0][1]);
      pen.stroke();
    }
  }
  pen.restore();
}

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-mask", "Mask canvas");
  const width = () => model.get("_width"), height = () => model.get("_height");
  let image = null, base = null, kept = null, layer = plain(1, 1), outline = plain(1, 1);
  let dirty = true, queued = false, closed = false;
  let view = { scale: 1, x: 0, y: 0 }, fit = 1;
  let cross = null, corners = [], current = null, down = false, taking = false;
  const fingers = new Map();
  let pinch = null, panning = null;

  // -- what is on the page ------------------------------------------------------------------------------------------
  const tools = Object.entries(TOOLS).map(([name, words]) => iconButton(name, words, () => ui.set({ tool: name }), { "data-tool": name }));
  const size = make("input", { type: "range", min: 0, max: 100, "aria-label": "brush size", oninput: () => ui.set({ size: sizeAt(Number(size.value)) }) });
  const sizeSaid = make("output");
  const feather = make("input", { type: "range", min: 0, max: 64, "aria-label": "feather", oninput: () => ui.set({ feather: Number(feather.value) }) });
  const featherSaid = make("output");
  const takeAway = make("button", { type: "button", title: "box and lasso take away from the mask (or hold Alt)", onclick: () => ui.set({ subtract: !model.get("subtract") }) }, "Take away");
  const undo = iconButton("undo", "Undo (Ctrl+Z)", () => step("strokes", "undone"));
  const redo = iconButton("redo", "Redo (Ctrl+Shift+Z)", () => step("undone", "strokes"));
  const zoomSaid = make("output", {}, "100 %");
  const covered = make("span");
  const canvas = make("canvas", { tabindex: 0, role: "application", "aria-roledescription": "painting area" });
  const stage = make("div", { class: "stage well" }, canvas);
  const hatched = make("span", { class: "legend" }, make("span", { class: "swatch kept", "aria-hidden": "true" }), "protected");
  ui.root.append(
    make("div", { class: "row", role: "toolbar", "aria-label": "tools" },
      make("div", { class: "group", role: "group", "aria-label": "tool" }, ...tools), takeAway,
      make("label", {}, make("span", {}, "size"), size, sizeSaid),
      make("label", {}, make("span", {}, "feather"), feather, featherSaid),
      make("div", { class: "group", role: "group", "aria-label": "history" }, undo, redo,
        iconButton("invert", "Invert (I)", () => commit({ tool: "invert" })), iconButton("clear", "Clear (Delete)", () => commit({ tool: "clear" })))),
    stage,
    make("div", { class: "row" }, make("span", { class: "legend" }, make("span", { class: "swatch", "aria-hidden": "true" }), covered), hatched, make("span", { class: "grow" }),
      make("div", { class: "group", role: "group", "aria-label": "zoom" },
        iconButton("minus", "Zoom out (-)", () => zoomBy(1 / 1.5)), zoomSaid, iconButton("plus", "Zoom in (+)", () => zoomBy(1.5)), iconButton("fit", "Whole picture (0)", () => zoomTo(1)))),
    make("details", { class: "help" }, make("summary", {}, "Keys"), make("p", {}, ...HELP.flatMap(([keys, words]) => [make("kbd", {}, keys), ` ${words}   `]))),
  );

  // The slider is logarithmic: half of it is for brushes up to the geometric mean.
  const largest = () => Math.max(16, Math.min(width(), height()));
  const sizeAt = (share) => Math.max(1, Math.round(Math.exp((share / 100) * Math.log(largest()))));
  const shareOf = (pixels) => (100 * Math.log(Math.max(1, pixels))) / Math.log(largest());

  // -- strokes ------------------------------------------------------------------------------------------------------
  function commit(stroke) {
    ui.set({ strokes: [...model.get("strokes"), stroke], undone: [] });
  }
  function step(from, to) {
    const there = model.get(from);
    if (there.length) ui.set({ [from]: there.slice(0, -1), [to]: [...model.get(to), there[there.length - 1]] });
  }
  const adds = () => (model.get("tool") === "brush" ? true : model.get("tool") === "erase" ? false : !(taking || model.get("subtract")));
  const kind = () => (model.get("tool") === "erase" ? "brush" : model.get("tool"));
  const rounded = ([x, y]) => [Math.round(x * 100) / 100, Math.round(y * 100) / 100];

  function begin(point) {
    current = { tool: kind(), add: adds(), points: [rounded(point)] };
    if (current.tool === "brush") current.size = model.get("size");
    if (current.tool === "box") current.points.push(rounded(point));
    extend(point);
  }
  function extend(point) {
    if (!current) return;
    const next = rounded(point), last = current.points[current.points.length - 1];
    if (current.tool === "box") current.points[1] = next;
    else if (Math.hypot(next[0] - last[0], next[1] - last[1]) * view.scale >= 0.7) current.points.push(next);
    if (current.tool === "brush") {
      draw(scaled(layer), { ...current, points: current.points.slice(-2) }, width(), height());
      dirty = true;
    }
    paint();
  }
  function end() {
    const stroke = current;
    current = null;
    if (!stroke) return;
    const [[ax, ay], [bx, by] = [ax, ay]] = stroke.points;
    const enough = { brush: true, box: Math.abs(ax - bx) >= 0.5 && Math.abs(ay - by) >= 0.5, lasso: stroke.points.length >= 3 };
    if (enough[stroke.tool]) commit(stroke);
    else paint();
  }
  function giveUp() {
    const had = current || corners.length;
    current = null; corners = []; down = false;
    if (had) rebuild();
  }

  // -- drawing ------------------------------------------------------------------------------------------------------
  function scaled(target) {
    const pen = target.getContext("2d");
    pen.setTransform(target.width / width(), 0, 0, target.height / height(), 0, 0);
    return pen;
  }
  function rebuild() {
    if (closed) return;
    const [w, h] = image ? [image.width, image.height] : [width(), height()];
    layer = plain(w, h);
    if (base) layer.getContext("2d").drawImage(base, 0, 0);
    const pen = scaled(layer);
    for (const stroke of model.get("strokes")) draw(pen, stroke, width(), height());
    dirty = true;
    undo.disabled = !model.get("strokes").length;
    redo.disabled = !model.get("undone").length;
    tellShare();
    paint();
  }
  function tellShare() {
    const small = plain(96, 96), pen = small.getContext("2d", { willReadFrequently: true });
    pen.drawImage(layer, 0, 0, 96, 96);
    if (kept) { pen.globalCompositeOperation = "destination-out"; pen.drawImage(kept, 0, 0, 96, 96); }
    const { data } = pen.getImageData(0, 0, 96, 96);
    let sum = 0;
    for (let i = 3; i < data.length; i += 4) sum += data[i];
    const share = sum / (255 * 96 * 96);
    covered.textContent = share === 0 ? "nothing is to be repainted yet" : share < 0.01 ? "under 1 % is to be repainted" : `${Math.round(share * 100)} % is to be repainted`;
    ui.say(covered.textContent);
    canvas.setAttribute("aria-label", `${model.get("alt")}: ${covered.textContent}. Arrow keys move the cross, Enter paints.`);
  }
  function paint() {
    if (queued || closed) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; if (!closed) paintNow(); });
  }
  function shown() {
    if (kept) { const pen = layer.getContext("2d"); pen.save(); pen.setTransform(1, 0, 0, 1, 0, 0); pen.globalCompositeOperation = "destination-out"; pen.drawImage(kept, 0, 0); pen.restore(); }
    if (outline.width !== layer.width || outline.height !== layer.height) outline = plain(layer.width, layer.height);
    const pen = outline.getContext("2d"), by = Math.max(1, 1.5 / (view.scale * (width() / layer.width)));
    pen.globalCompositeOperation = "source-over";
    pen.clearRect(0, 0, outline.width, outline.height);
    for (const [x, y] of [[by, 0], [-by, 0], [0, by], [0, -by]]) pen.drawImage(layer, x, y);
    pen.globalCompositeOperation = "destination-out";
    pen.drawImage(layer, 0, 0);
    dirty = false;
  }
  function paintNow() {
    const ratio = devicePixelRatio || 1, pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (!image) return;
    if (dirty) shown();
    const at = [view.x, view.y, width() * view.scale, height() * view.scale];
    pen.imageSmoothingEnabled = view.scale < 3;
    pen.drawImage(image, ...at);
    pen.save();
    pen.globalAlpha = 0.45;
    if (model.get("feather")) pen.filter = `blur(${(model.get("feather") * view.scale) / 2}px)`;
    pen.drawImage(layer, ...at);
    pen.restore();
    pen.drawImage(outline, ...at);
    if (kept) hatch(pen, at);
    sketch(pen);
  }
  function hatch(pen, at) {
    const over = plain(at[2], at[3]), ink = over.getContext("2d");
    ink.drawImage(kept, 0, 0, over.width, over.height);
    ink.globalCompositeOperation = "source-in";
    const tile = plain(10, 10), line = tile.getContext("2d");
    line.fillStyle = "rgb(255 255 255 / 38%)";
    line.fillRect(0, 0, 10, 10);
    line.strokeStyle = "#14161c";
    line.lineWidth = 1.8;
    line.beginPath();
    for (const shift of [-10, 0, 10]) { line.moveTo(shift, 10); line.lineTo(shift + 10, 0); }
    line.stroke();
    ink.fillStyle = ink.createPattern(tile, "repeat");
    ink.fillRect(0, 0, over.width, over.height);
    pen.drawImage(over, at[0], at[1]);
  }
  const onScreen = ([x, y]) => [view.x + x * view.scale, view.y + y * view.scale];
  function twice(pen, path) {
    for (const [colour, line] of [["rgb(255 255 255 / 90%)", 3], ["#14161c", 1.4]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = line;
      pen.beginPath();
      path();
      pen.stroke();
    }
  }
  /** The stroke in the making, and where the next one would begin. */
  function sketch(pen) {
    const open = current && current.tool !== "brush" ? current : corners.length ? { tool: kind(), points: [...corners, cross] } : null;
    if (open) {
      pen.save();
      pen.setLineDash([6, 4]);
      const points = open.points.map(onScreen);
      twice(pen, () => {
        if (open.tool === "box") pen.rect(points[0][0], points[0][1], points[1][0] - points[0][0], points[1][1] - points[0][1]);
        else points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      });
      pen.restore();
    }
    if (!cross) return;
    const [x, y] = onScreen(cross);
    if (kind() === "brush") twice(pen, () => pen.arc(x, y, Math.max(1.5, (model.get("size") * view.scale) / 2), 0, 7));
    twice(pen, () => { pen.moveTo(x - 6, y); pen.lineTo(x + 6, y); pen.moveTo(x, y - 6); pen.lineTo(x, y + 6); });
    if (!adds()) twice(pen, () => { pen.moveTo(x + 8, y + 9); pen.lineTo(x + 16, y + 9); });
  }

  // -- where it is looked at ----------------------------------------------------------------------------------------
  function resize() {
    stage.style.height = `${clamp((stage.clientWidth * height()) / width(), 160, 520)}px`;
    const box = stage.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    if (!box.width) return;
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    fit = Math.min(box.width / width(), box.height / height());
    place();
  }
  function place(around) {
    const box = stage.getBoundingClientRect(), scale = fit * model.get("zoom");
    const [px, py] = around || [box.width / 2, box.height / 2];
    const x = px - ((px - view.x) * scale) / view.scale, y = py - ((py - view.y) * scale) / view.scale;
    view.scale = scale;
    moveTo(x, y);
    zoomSaid.textContent = `${Math.round(model.get("zoom") * 100)} %`;
    dirty = true;
  }
  function moveTo(x, y) {
    const box = stage.getBoundingClientRect();
    const within = (at, room, long) => (long <= room ? (room - long) / 2 : clamp(at, room - long, 0));
    view.x = within(x, box.width, width() * view.scale);
    view.y = within(y, box.height, height() * view.scale);
    paint();
  }
  let around = null;
  function zoomTo(value, at) {
    around = at || null;
    ui.set({ zoom: clamp(value, 1, 32) });
  }
  const zoomBy = (factor, at) => zoomTo(model.get("zoom") * factor, at);
  const pointOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left - view.x) / view.scale, (event.clientY - box.top - view.y) / view.scale];
  };

  // -- mouse, touch and pen -----------------------------------------------------------------------------------------
  function grip() {
    const [a, b] = [...fingers.values()], box = canvas.getBoundingClientRect();
    return { far: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2 - box.left, y: (a.y + b.y) / 2 - box.top };
  }
  ui.on(canvas, "pointerdown", (event) => {
    canvas.focus({ preventScroll: true });
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    taking = event.altKey;
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (fingers.size === 2) {
        if (current) { current = null; rebuild(); }
        pinch = { ...grip(), zoom: model.get("zoom") };
        return;
      }
    }
    if (event.button === 1) {
      panning = { x: event.clientX - view.x, y: event.clientY - view.y };
      stage.dataset.panning = "";
    } else if (event.button === 0 || event.button === 5) {
      cross = pointOf(event);
      corners = [];
      down = false;
      begin(cross);
      if (event.button === 5 || event.buttons & 32) current.add = false; // the pen's other end
    }
  });
  ui.on(canvas, "pointermove", (event) => {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pinch && fingers.size === 2) {
      const now = grip();
      const zoom = clamp((pinch.zoom * now.far) / pinch.far, 1, 32);
      view.x += now.x - pinch.x;
      view.y += now.y - pinch.y;
      [pinch.x, pinch.y] = [now.x, now.y];
      zoomTo(zoom, [now.x, now.y]);
    } else if (panning) moveTo(event.clientX - panning.x, event.clientY - panning.y);
    else {
      taking = event.altKey;
      const passed = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const one of passed.length ? passed : [event]) if (current) extend(pointOf(one));
      cross = pointOf(event);
      paint();
    }
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = null;
    panning = null;
    delete stage.dataset.panning;
    if (event.type === "pointercancel") giveUp();
    else end();
  };
  ui.on(canvas, "pointerup", lift);
  ui.on(canvas, "pointercancel", lift);
  ui.on(canvas, "pointerleave", () => { if (!current && document.activeElement !== canvas) { cross = null; paint(); } });
  ui.on(canvas, "wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls as it does elsewhere
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 300), [event.clientX - box.left, event.clientY - box.top]);
  }, { passive: false });
  ui.on(canvas, "contextmenu", (event) => event.stopPropagation());

  // -- keys ---------------------------------------------------------------------------------------------------------
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function key(event) {
    const command = event.ctrlKey || event.metaKey, letter = event.key.toLowerCase();
    if (command && letter === "z") return step(...(event.shiftKey ? ["undone", "strokes"] : ["strokes", "undone"])), true;
    if (command && letter === "y") return step("undone", "strokes"), true;
    if (command) return false;
    taking = event.altKey;
    if (KEYS[letter]) return ui.set({ tool: KEYS[letter] }), true;
    if (letter === "i") return commit({ tool: "invert" }), true;
    if (event.key === "Delete" || event.key === "Backspace") return commit({ tool: "clear" }), true;
    if (event.key === "[" || event.key === "]") {
      return ui.set({ size: clamp(Math.round(model.get("size") * (event.key === "[" ? 0.8 : 1.25)) + (event.key === "]" ? 1 : 0), 1, largest()) }), true;
    }
    if (event.key === "+" || event.key === "=") return zoomBy(1.5), true;
    if (event.key === "-") return zoomBy(1 / 1.5), true;
    if (event.key === "0") return zoomTo(1), true;
    if (event.key === "Escape") return giveUp(), true;
    cross = cross || [width() / 2, height() / 2];
    if (ARROWS[event.key]) {
      const by = event.shiftKey ? 1 : Math.max(1, kind() === "brush" ? model.get("size") / 3 : 12 / view.scale);
      cross = [clamp(cross[0] + ARROWS[event.key][0] * by, 0, width()), clamp(cross[1] + ARROWS[event.key][1] * by, 0, height())];
      if (down) extend(cross);
      const [x, y] = onScreen(cross), box = stage.getBoundingClientRect(); // the cross stays in sight
      moveTo(view.x - Math.min(0, x - 20) - Math.max(0, x - box.width + 20), view.y - Math.min(0, y - 20) - Math.max(0, y - box.height + 20));
      return true;
    }
    if (event.key === "Enter" || event.key === " ") return mark(event.key === " "), true;
    return false;
  }
  function mark(space) {
    if (kind() === "brush") {
      if (!down) begin(cross);
      if (space && !down) { down = true; ui.say("brush down"); return; }
      down = false;
      end();
    } else if (kind() === "box") {
      if (!corners.length) { corners = [cross]; ui.say("first corner"); paint(); return; }
      current = { tool: "box", add: adds(), points: [rounded(corners[0]), rounded(cross)] };
      corners = [];
      end();
    } else if (!space) { corners = [...corners, cross]; ui.say(`corner ${corners.length}`); paint(); } else {
      current = { tool: "lasso", add: adds(), points: corners.map(rounded) };
      corners = [];
      end();
    }
  }
  ui.on(canvas, "keydown", (event) => { if (key(event)) event.preventDefault(); });
  ui.on(canvas, "blur", () => { if (down) { down = false; end(); } cross = null; paint(); });

  // -- the model ----------------------------------------------------------------------------------------------------
  ui.listen((message) => { if (message.kind === "all") ui.send("all", ["strokes", "undone", "feather"]); });
  ui.watch(["tool", "subtract"], () => {
    for (const button of tools) button.setAttribute("aria-pressed", String(button.dataset.tool === model.get("tool")));
    takeAway.setAttribute("aria-pressed", String(model.get("subtract")));
    takeAway.disabled = kind() === "brush";
    paint();
  });
  ui.watch(["size", "feather"], () => {
    size.value = shareOf(model.get("size"));
    sizeSaid.textContent = `${Math.round(model.get("size"))} px`;
    feather.value = model.get("feather");
    featherSaid.textContent = `${model.get("feather")} px`;
    paint();
  });
  ui.watch(["zoom"], () => { place(around); around = null; });
  ui.watch(["strokes", "undone"], () => { if (!current) rebuild(); });
  let loads = 0;
  ui.watch(["_view", "_base", "_protect"], async () => {
    const mine = ++loads;
    const [seen, start, keep] = await Promise.all(["_view", "_base", "_protect"].map((name) => imageOf(model.get(name))));
    if (mine !== loads || closed) return;
    image = seen;
    base = start && layerOf(start, seen.width, seen.height);
    kept = keep && layerOf(keep, seen.width, seen.height);
    hatched.hidden = !kept;
    resize();
    rebuild();
    canvas.dataset.ready = "";
  });
  const eyes = new ResizeObserver(resize);
  eyes.observe(stage);
  return () => { closed = true; eyes.disconnect(); ui.close(); };
}

export default { render };
