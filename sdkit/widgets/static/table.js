// ExperimentTable: Python sorts and filters; of the rows only those in sight are in the page.

const HIGH = 64;
// Pixels that a column has at least, and its share of what is left. A seed may have ten digits.
const WIDE = { prompt: [210, 3], negative: [140, 2], tags: [92, 1], seed: [108, 1], rating: [76, 1], kept: [92, 1] };
const OTHER = [96, 1], THUMB = 72;
const SIGNS = { kept: { 1: "★ kept", 0: "✕ rejected" } };

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-table", "Experiments");
  const made = urls(), thumbs = new Map(), asked = new Set();
  const ids = () => model.get("_ids"), columns = () => model.get("columns");
  const open = (widget = "compare") => model.get("_opens") && ui.send("open", ["chosen", "search", "filters", "sort", "descending"], { widget });
  let typing = 0, at = 0, waiting = 0, queued = 0;

  const search = make("input", { type: "search", placeholder: "search words, notes, tags …", "aria-label": "search", oninput: () => { clearTimeout(typing); typing = setTimeout(() => ui.set({ search: search.value }), 200); } });
  const filters = make("div", { class: "row bar filters" });
  const count = make("span", { class: "quiet", role: "status" });
  const head = make("div", { class: "line head", role: "row" }), rows = make("div", { class: "rows", role: "rowgroup" });
  const grid = make("div", { class: "grid", role: "grid", "aria-label": "pictures", "aria-multiselectable": "true", tabindex: 0 }, make("div", { role: "rowgroup" }, head), rows);
  const words = make("input", { type: "text", "aria-label": "tag", placeholder: "tag", maxlength: 60, style: "width: 140px" });
  const tag = (kind) => { if (words.value.trim()) ui.send(kind, ["chosen"], { words: words.value.trim() }); };
  const tagging = [make("button", { type: "button", onclick: () => tag("tag") }, "Tag"), make("button", { type: "button", onclick: () => tag("untag") }, "Untag")];
  const opening = [["compare", "Compare"], ["rate", "Rate"], ["mask", "Repaint"], ["outpaint", "Outpaint"], ["export", "Export"]].map(([widget, label]) => make("button", { type: "button", onclick: () => open(widget) }, label));
  ui.root.append(...[
    make("div", { class: "row bar" }, search, make("button", { type: "button", onclick: () => { asked.clear(); model.send({ kind: "refresh" }); } }, "Refresh")), filters, grid,
    make("div", { class: "row foot" }, count, make("span", { class: "grow" }), words, ...tagging, make("button", { type: "button", onclick: () => ui.set({ chosen: [] }) }, "Choose none")),
    model.get("_opens") ? make("div", { class: "row foot", role: "group", "aria-label": "open the chosen" }, make("span", { class: "quiet" }, "open in"), ...opening) : null,
    make("details", { class: "help" }, make("summary", {}, "Keys"), make("p", {},
      ...[["↑ ↓ Home End", "from row to row"], ["Space", "choose it"], ["Enter", "open the chosen ones; where none is, this one"]].flatMap(([keys, what]) => [make("kbd", {}, keys), ` ${what}   `]))),
  ].filter(Boolean));
  words.addEventListener("keydown", (event) => { if (event.key === "Enter") tag("tag"); });

  function heads() {
    const sort = model.get("sort"), down = model.get("descending");
    // Each row is a grid of its own: they are in line since all of them know the widths beforehand.
    const wide = columns().map((name) => WIDE[name] || OTHER);
    grid.style.setProperty("--columns", `${THUMB}px ${wide.map(([least, share]) => `minmax(${least}px, ${share}fr)`).join(" ")}`);
    grid.style.setProperty("--wide", `${wide.reduce((sum, [least]) => sum + least, THUMB)}px`);
    head.replaceChildren(make("div", { role: "columnheader" }, make("span", { class: "away" }, "picture")), ...columns().map((name) => {
      const sorted = name === sort, arrow = sorted ? (down ? " ↓" : " ↑") : "";
      return make("div", { role: "columnheader", "aria-sort": sorted ? (down ? "descending" : "ascending") : "none" },
        make("button", { type: "button", "data-column": name, onclick: () => { ui.set({ sort: name, descending: sorted ? !down : false }); head.querySelector(`[data-column="${CSS.escape(name)}"]`)?.focus(); } }, name.replaceAll("_", " ") + arrow));
    }));
    const choices = model.get("_choices"), set = model.get("filters");
    filters.replaceChildren(...Object.keys(choices).filter((name) => columns().includes(name) && name !== "prompt").slice(0, 6).map((name) => {
      const select = make("select", { onchange: () => ui.set({ filters: { ...model.get("filters"), [name]: select.value } }) }, make("option", { value: "" }, "all"), ...choices[name].map((value) => make("option", { value }, SIGNS[name]?.[value] || value)));
      select.value = set[name] || "";
      return make("label", {}, make("span", {}, name.replaceAll("_", " ")), select);
    }));
  }
  const there = new Map();
  function lay() {
    there.forEach((row) => row.remove());
    there.clear();
    at = clamp(at, 0, Math.max(0, ids().length - 1));
    for (const id of asked) if (!thumbs.has(id)) asked.delete(id); // what was asked of rows that went may not have been answered
    rows.style.height = `${ids().length * HIGH}px`;
    grid.style.height = `${Math.min(440, ids().length * HIGH + 54) + (ids().length ? 0 : 80)}px`;
    grid.setAttribute("aria-rowcount", ids().length + 1);
    rows.querySelector(".empty")?.remove();
    if (!ids().length) rows.append(make("div", { class: "empty", role: "row" }, make("div", { role: "gridcell" }, model.get("_total") ? "No picture fits. Search for less, or set a filter to all." : "Nothing was made yet.")));
    show();
    tell();
  }
  function show() {
    const from = clamp(Math.floor((grid.scrollTop - 36) / HIGH) - 2, 0, ids().length), to = clamp(Math.ceil((grid.scrollTop + grid.clientHeight) / HIGH) + 2, 0, ids().length);
    for (const [place, row] of there) if (place < from || place >= to) { if (row === document.activeElement) grid.focus({ preventScroll: true }); row.remove(); there.delete(place); }
    for (let place = from; place < to; place++) if (!there.has(place)) { const row = rowOf(place); there.set(place, row); rows.append(row); }
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const missing = [...there.keys()].map((place) => ids()[place]).filter((id) => !thumbs.has(id) && !asked.has(id));
      missing.forEach((id) => asked.add(id));
      if (missing.length) model.send({ kind: "thumbs", ids: missing });
    }, 25);
  }
  function rowOf(place) {
    const id = ids()[place], cells = model.get("_cells");
    const thumb = make("div", { class: "thumb" });
    if (thumbs.has(id)) lit(thumb, id);
    return make("div", { class: "line", role: "row", tabindex: place === at ? 0 : -1, "data-at": place, "aria-rowindex": place + 2, "aria-selected": String(model.get("chosen").includes(id)), style: `top:${place * HIGH}px` },
      make("div", { role: "gridcell", style: "padding: 0" }, thumb), ...columns().map((name, c) => { const value = cells[c]?.[place] ?? ""; return make("div", { role: "gridcell", title: value }, SIGNS[name]?.[value] || value); }));
  }
  function lit(thumb, id) { thumb.style.backgroundImage = `url(${thumbs.get(id)})`; thumb.style.backgroundColor = "transparent"; }
  function toggle(place) {
    const id = ids()[place], before = model.get("chosen");
    if (id) ui.set({ chosen: before.includes(id) ? before.filter((one) => one !== id) : [...before, id] });
  }
  function go(place) {
    at = clamp(place, 0, ids().length - 1);
    const top = at * HIGH;
    if (top < grid.scrollTop) grid.scrollTop = top;
    if (top + HIGH + 36 > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + HIGH + 36 - grid.clientHeight;
    show();
    for (const [key, row] of there) row.tabIndex = key === at ? 0 : -1;
    there.get(at)?.focus({ preventScroll: true });
  }
  function tell() {
    const picked = model.get("chosen").length;
    count.textContent = `${ids().length} of ${model.get("_total")} picture${model.get("_total") === 1 ? "" : "s"}${picked ? `, ${picked} chosen` : ""}`;
    for (const button of tagging) button.disabled = !picked;
    for (const button of opening) button.disabled = !ids().length;
  }
  ui.on(grid, "scroll", () => { if (!queued) queued = requestAnimationFrame(() => { queued = 0; show(); }); }, { passive: true });
  /** Pick this row alone, and open it. */
  function openOne(place) {
    if (ids()[place]) { ui.set({ chosen: [ids()[place]] }); open(); }
  }
  const placeOf = (event) => Number(event.target.closest(".line[data-at]")?.dataset.at ?? -1);
  ui.on(rows, "click", (event) => { if (placeOf(event) >= 0) { go(placeOf(event)); if (event.detail < 2) toggle(at); } }); // the second click is the double one's
  ui.on(rows, "dblclick", (event) => model.get("_opens") && openOne(placeOf(event)));
  ui.on(grid, "keydown", (event) => {
    if (head.contains(event.target) || event.ctrlKey || event.metaKey) return;
    const inside = rows.contains(event.target);
    const keys = { ArrowDown: () => go(inside ? at + 1 : at), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(ids().length - 1), " ": () => inside && toggle(at), Enter: () => (inside && !model.get("chosen").length ? openOne(at) : open()) };
    if (!keys[event.key] || !ids().length) return;
    keys[event.key]();
    event.preventDefault();
  });
  ui.listen((message, parts) => {
    if (message.kind !== "thumbs") return;
    message.ids.forEach((id, i) => thumbs.set(id, made.of(parts[i])));
    for (const [place, row] of there) if (thumbs.has(ids()[place])) lit(row.querySelector(".thumb"), ids()[place]);
  });
  ui.watch(["search"], () => { if (search.value !== model.get("search")) search.value = model.get("search"); });
  ui.watch(["columns", "sort", "descending", "filters", "_choices"], heads);
  ui.watch(["_ids", "_cells", "_total"], lay);
  ui.watch(["chosen"], () => { for (const [place, row] of there) row.setAttribute("aria-selected", String(model.get("chosen").includes(ids()[place]))); tell(); });
  const eyes = new ResizeObserver(show); // it may be laid out before it has a size: in a tab, or outside the page
  eyes.observe(grid);
  return () => { eyes.disconnect(); clearTimeout(typing); clearTimeout(waiting); cancelAnimationFrame(queued); made.clear(); ui.close(); };
}

export default { render };
