// PromptLab: words are coloured as they are typed; what they mean, and what they make, Python says.

const SPECIAL = /\\[{}|\\=:$#_()[\]]|\$?\{|[{}|()[\]]|__(?!_)[\w\-*/]+?__|:\s*[+-]?(?:\d+\.?\d*|\.\d+)(?=\s*\))|\bBREAK\b|--(?:ar|no|seed)\b|(?:(?<=\s)|^)#(?=\s|$)[^\n]*/gm;
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const safe = (text) => text.replace(/[&<>]/g, (c) => ESCAPES[c]);

/** The words as HTML, each kind of thing in a span of its class. Brackets that do not pair are left plain. */
function highlight(text, cut) {
  const keep = cut && text.trimEnd().endsWith(cut) ? text.trimEnd().length - cut.length : text.length;
  const out = [], open = [];
  let at = 0;
  const plain = (upto) => { if (upto > at) out.push(safe(text.slice(at, upto))); at = upto; };
  const span = (kind, upto) => { out.push(`<span class="${kind}">${safe(text.slice(at, upto))}</span>`); at = upto; };
  const start = (closes, kind, upto) => { open.push({ closes, place: out.length }); out.push(safe(text.slice(at, upto)), ""); open[open.length - 1].kind = kind; at = upto; };
  const head = text.slice(0, keep);
  for (const found of head.matchAll(SPECIAL)) {
    if (found.index < at) continue;
    plain(found.index);
    const said = found[0], upto = at + said.length, last = open[open.length - 1];
    if (said === "{" || said === "${") {
      const slot = /^\$?\{\s*[^\W\d]\w*\s*\}/.exec(head.slice(at));
      if (slot) span("slot", at + slot[0].length);
      else start("}", "choice", upto);
    } else if (said === "(" || said === "[") start(said === "(" ? ")" : "]", "weight", upto);
    else if (last && said === last.closes) {
      out[last.place] = `<span class="${last.kind}">${out[last.place]}`;
      out.push(`${safe(said)}</span>`);
      at = upto;
      open.pop();
    } else if (said === "|" || said[0] === ":" || said === "BREAK" || said.startsWith("--")) span("mark", upto);
    else if (said.startsWith("__")) span("wild", upto);
    else if (said[0] === "#") span("note", upto);
    else plain(upto);
  }
  plain(keep);
  if (keep < text.length) span("cut", text.length);
  return out.join("") + "\n";
}

// What Generate is about.
const ASKED = ["prompt", "slots", "negative", "seed", "count", "size", "placement", "steps", "guidance", "model"];

const seconds = (left) => (left >= 90 ? `about ${Math.round(left / 60)} min left` : left >= 1 ? `about ${Math.round(left)} s left` : left >= 0 ? "almost there" : "");
const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-lab", "Prompt lab");
  const made = urls();
  let typing = 0, closed = false;

  // -- the form -----------------------------------------------------------------------------------------------------
  const later = (trait, value) => { model.set(trait, value); clearTimeout(typing); typing = setTimeout(() => model.save_changes(), 150); };
  const behind = make("pre", { "aria-hidden": "true" });
  const words = make("textarea", { rows: 5, spellcheck: "false", "aria-label": "prompt", placeholder: "a {rocket|gift box} on a {colour} gradient background" });
  const meterBar = make("i"), meterSaid = make("span"), meter = make("div", { class: "meter" }, make("div", { class: "bar", "aria-hidden": "true" }, meterBar), meterSaid);
  const trouble = make("p", { class: "words", role: "status" });
  const slots = make("div", { class: "fields" });
  const field = (label, control, kind = "") => make("label", { class: `field ${kind}` }, make("span", {}, label), control);
  const options = (groups, first) => {
    const select = make("select");
    if (first) select.append(make("option", { value: "" }, first));
    for (const [group, entries] of groups) {
      const parent = group ? make("optgroup", { label: group }) : select;
      for (const [value, text] of entries) parent.append(make("option", { value }, text));
      if (group) select.append(parent);
    }
    return select;
  };
  const grouped = (rows, entry) => {
    const groups = new Map();
    for (const row of rows) groups.set(row[0], [...(groups.get(row[0]) || []), entry(row)]);
    return [...groups];
  };
  const template = options(grouped(model.get("_templates"), ([, id, title]) => [id, title]), "start from a template …");
  template.setAttribute("aria-label", "template");
  const negative = make("input", { type: "text", oninput: () => later("negative", negative.value) });
  const negatives = options([["", model.get("_negatives").map((name) => [name, name])]], "add …");
  negatives.setAttribute("aria-label", "add a named negative");
  const number = (trait, more, empty) => {
    const input = make("input", { type: "number", ...more, onchange: () => ui.set({ [trait]: input.value === "" ? empty : Number(input.value) }) });
    return input;
  };
  const seed = number("seed", { min: 0, step: 1 }, 0), count = number("count", { min: 1, max: 1000, step: 1 }, 1);
  const dice = make("button", { type: "button", title: "another seed", "aria-label": "another seed", onclick: () => ui.set({ seed: Math.floor(Math.random() * 2 ** 31) }) }, "⚄");
  const steps = number("steps", { min: 1, max: 500, step: 1 }, 0), guidance = number("guidance", { min: 0, max: 50, step: 0.5 }, -1);
  const placement = options(grouped(model.get("_placements"), ([, name, title, w, h]) => [name, `${title}, ${w} × ${h}`]), "the model's own size");
  const width = make("input", { type: "number", min: 1, max: 4096, step: 8, "aria-label": "width in pixels" }), height = make("input", { type: "number", min: 1, max: 4096, step: 8, "aria-label": "height in pixels" });
  const chooser = options([["", model.get("_models").map((name) => [name, name])]]);
  for (const side of [width, height]) side.addEventListener("change", () => { if (width.value && height.value) ui.set({ size: [Number(width.value), Number(height.value)] }); });
  template.addEventListener("change", () => {
    const found = model.get("_templates").find(([, id]) => id === template.value);
    clearTimeout(typing);
    if (found) ui.set({ prompt: found[3], negative: found[4] });
    template.value = "";
    words.focus();
  });
  negatives.addEventListener("change", () => {
    const before = model.get("negative").trim().replace(/,$/, "");
    if (negatives.value && !before.includes(negatives.value)) ui.set({ negative: before ? `${before}, ${negatives.value}` : negatives.value });
    negatives.value = "";
  });
  placement.addEventListener("change", () => ui.set({ placement: placement.value }));
  chooser.addEventListener("change", () => ui.set({ model: chooser.value }));

  const go = make("button", { type: "button", class: "main", title: "Ctrl+Enter", onclick: () => start() }, "Generate");
  const stop = make("button", { type: "button", title: "within one step (Esc)", onclick: () => model.send({ kind: "stop" }) }, "Stop");
  const fill = make("i"), bar = make("div", { class: "progress", role: "progressbar", "aria-label": "progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const status = make("div", { class: "status" });

  const screen = make("div", { class: "screen well" });
  const keep = make("button", { type: "button", onclick: () => ui.send("keep", [], { id: model.get("history")[model.get("selected")] }) });
  const name = make("div", { class: "grow quiet" });
  const strip = make("div", { class: "strip", role: "group", "aria-label": "pictures made here" });
  const code = make("pre", { tabindex: 0, "aria-label": "Python code" });
  const copy = make("button", { type: "button", onclick: () => copied() }, "Copy as code");
  const shownCode = make("details", { class: "code" }, make("summary", {}, "The same in Python"), code);

  ui.root.append(
    make("div", { class: "cols" },
      make("div", { class: "form" },
        template,
        make("div", { class: "editor" }, behind, words), meter, trouble, slots,
        make("div", { class: "field" }, make("span", { class: "quiet" }, "what to keep out"), make("div", { class: "pair" }, negative, negatives)),
        make("div", { class: "fields" },
          field("placement", placement, "wide"), make("div", { class: "field wide" }, make("span", { class: "quiet" }, "size, pixels"), make("div", { class: "pair" }, width, height)),
          make("div", { class: "field wide" }, make("span", { class: "quiet" }, "first seed"), make("div", { class: "pair" }, seed, dice)), field("how many seeds", count),
          field("steps", steps), field("guidance", guidance), field("model", chooser, "wide")),
        make("div", { class: "row" }, go, stop, copy)),
      make("div", { class: "stage" }, screen, make("div", { class: "row", style: "flex-wrap: nowrap; align-items: flex-start" }, name, keep), bar, status)),
    strip, shownCode,
  );
  negative.setAttribute("aria-label", "what to keep out");
  seed.setAttribute("aria-label", "first seed");
  negatives.style.flex = "0 0 84px";
  dice.style.padding = "0 6px";

  // -- words --------------------------------------------------------------------------------------------------------
  const cut = () => (model.get("tokens").length ? model.get("tokens").map((one) => one.cut).sort((a, b) => a.length - b.length)[0] : "");
  function paint() {
    behind.innerHTML = highlight(words.value, cut());
    behind.scrollTop = words.scrollTop;
  }
  words.addEventListener("input", () => { paint(); later("prompt", words.value); });
  words.addEventListener("scroll", () => { behind.scrollTop = words.scrollTop; });
  const eyes = new ResizeObserver(() => { behind.style.width = `${words.clientWidth}px`; });
  eyes.observe(words);
  ui.on(ui.root, "keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); start(); }
    if (event.key === "Escape" && busy()) model.send({ kind: "stop" });
  });
  const busy = () => ["queued", "running"].includes(model.get("state"));
  function start() {
    clearTimeout(typing);
    model.save_changes();
    if (!go.disabled) ui.send("generate", ASKED);
  }
  async function copied() {
    try {
      await navigator.clipboard.writeText(model.get("code"));
      copy.textContent = "Copied";
      ui.say("copied");
    } catch {
      shownCode.open = true; // no clipboard here: the code can be selected
      getSelection().selectAllChildren(code);
    }
    setTimeout(() => { copy.textContent = "Copy as code"; }, 1500);
  }

  // -- the model ----------------------------------------------------------------------------------------------------
  ui.watch(["prompt"], () => { if (words.value !== model.get("prompt")) words.value = model.get("prompt"); paint(); });
  ui.watch(["negative"], () => { if (negative.value !== model.get("negative")) negative.value = model.get("negative"); });
  ui.watch(["tokens"], () => {
    const counts = model.get("tokens"), most = counts.reduce((a, b) => (b.tokens > a.tokens ? b : a), { tokens: 0, limit: 0 });
    meter.style.visibility = most.limit ? "visible" : "hidden";
    meter.classList.toggle("over", most.tokens > most.limit);
    meterBar.style.width = `${Math.min(100, (100 * most.tokens) / (most.limit || 1))}%`;
    const parts = most.parts > 1 ? `, read in ${most.parts} parts` : "";
    meterSaid.textContent = `${most.tokens} of ${most.limit} tokens${parts}${cut() ? `; the model does not read: “${cut().slice(0, 60)}”` : ""}`;
    paint();
  });
  ui.watch(["trouble", "advice"], () => {
    trouble.textContent = model.get("trouble") || model.get("advice").join("\n");
    trouble.classList.toggle("wrong", Boolean(model.get("trouble")));
    trouble.hidden = !trouble.textContent;
  });
  ui.watch(["_open_slots"], () => {
    const names = model.get("_open_slots");
    if ([...slots.querySelectorAll("input")].map((one) => one.name).join() !== names.join()) {
      slots.replaceChildren(...names.map((one) => {
        const input = make("input", { type: "text", name: one, placeholder: "one|or more", oninput: () => later("slots", { ...model.get("slots"), [one]: input.value }) });
        return field(`{${one}}`, input);
      }));
    }
    slots.hidden = !names.length;
  });
  ui.watch(["slots", "_open_slots"], () => {
    for (const input of slots.querySelectorAll("input")) { const value = String(model.get("slots")[input.name] ?? ""); if (input.value !== value) input.value = value; }
  });
  ui.watch(["seed", "count", "steps", "guidance", "size", "placement", "model", "_can"], () => {
    const can = model.get("_can"), own = can.native || ["", ""];
    seed.value = model.get("seed");
    count.value = model.get("count");
    steps.value = model.get("steps") || "";
    guidance.value = model.get("guidance") >= 0 ? model.get("guidance") : "";
    steps.placeholder = can.steps ?? "";
    guidance.placeholder = can.guidance ?? "";
    [width.value, height.value] = model.get("size").length ? model.get("size") : ["", ""];
    [width.placeholder, height.placeholder] = own;
    placement.value = model.get("placement");
    chooser.value = model.get("model");
  });
  ui.watch(["state", "done", "total", "left", "pictures", "trouble", "_can"], () => {
    const state = model.get("state"), share = model.get("total") ? model.get("done") / model.get("total") : 0;
    go.textContent = model.get("pictures") > 1 ? `Generate ${model.get("pictures")} pictures` : "Generate";
    go.disabled = busy() || !model.get("pictures");
    stop.disabled = !busy();
    bar.style.visibility = busy() ? "visible" : "hidden";
    fill.style.width = `${share * 100}%`;
    bar.setAttribute("aria-valuenow", Math.round(share * 100));
    const running = model.get("total") ? `step ${model.get("done")} of ${model.get("total")}${model.get("left") >= 0 ? `, ${seconds(model.get("left"))}` : ""}` : "getting ready …";
    const ended = { idle: model.get("_can").native ? "" : "The model is being loaded.", done: `Done: ${plural(model.get("history").length, "picture")} here so far, all of them tracked.`, stopped: "Stopped. The pictures that were finished are kept.", failed: "" };
    status.textContent = state === "queued" ? "Waiting for its turn." : state === "running" ? running : ended[state];
  });
  let before = model.get("state");
  ui.watch(["state"], () => { if (before !== model.get("state")) { before = model.get("state"); ui.say({ running: "generating", done: "done", stopped: "stopped", failed: "failed" }[before] || ""); } });
  let stageUrl = "";
  ui.watch(["_stage", "_preview", "selected", "kept", "history"], () => {
    const live = bytesOf(model.get("_preview")).length > 0, data = live ? model.get("_preview") : model.get("_stage"), at = model.get("selected");
    const words_ = model.get("_names")[at] || "";
    if (bytesOf(data).length) {
      const url = made.of(data), image = make("img", { alt: live ? "the picture as far as it is" : words_, src: url });
      image.decode().catch(() => {}).then(() => {
        if (closed) return;
        screen.replaceChildren(image, ...(live ? [make("span", { class: "badge" }, "live")] : []));
        made.drop(stageUrl);
        stageUrl = url;
      });
    } else screen.replaceChildren("What you generate appears here.");
    const id = model.get("history")[at], isKept = model.get("kept").includes(id);
    keep.textContent = isKept ? "★ Kept" : "☆ Keep";
    keep.setAttribute("aria-pressed", String(isKept));
    keep.disabled = at < 0;
    name.textContent = words_;
  });
  ui.watch(["history", "selected", "kept"], () => {
    const ids = model.get("history");
    while (strip.children.length > ids.length) strip.lastChild.remove();
    const missing = [];
    for (let i = strip.children.length; i < ids.length; i++) {
      strip.append(make("button", { type: "button", onclick: () => ui.set({ selected: i }) }, make("img", { alt: model.get("_names")[i] || "" })));
      missing.push(i);
    }
    if (missing.length) model.send({ kind: "thumbs", places: missing });
    strip.hidden = !ids.length;
    [...strip.children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === model.get("selected")));
      button.toggleAttribute("data-kept", model.get("kept").includes(ids[i]));
      button.title = (model.get("_names")[i] || "") + (model.get("kept").includes(ids[i]) ? ", kept" : "");
    });
    strip.children[model.get("selected")]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  ui.listen((message, parts) => {
    if (message.kind === "thumbs") message.places.forEach((place, i) => { const image = strip.children[place]?.firstChild; if (image) image.src = made.of(parts[i]); });
  });
  ui.watch(["code", "pictures"], () => {
    code.textContent = model.get("code");
    copy.disabled = shownCode.hidden = !model.get("code");
    if (!model.get("code")) shownCode.hidden = true;
  });
  return () => { closed = true; clearTimeout(typing); eyes.disconnect(); made.clear(); ui.close(); };
}

export { highlight };
export default { render };
