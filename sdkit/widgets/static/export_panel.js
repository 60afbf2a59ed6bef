// ExportPanel: placements on the left with words and options, previews and findings on the right, the files below.

Object.assign(ICONS, {
  crop: "M7 3v14h14M3 7h14v14", pad: "M8 5h8v14H8zM4 5v14M20 5v14", outpaint: ICONS.brush, maybe: "M12 4 21.3 20H2.7zM12 10v4.6M12 17.2v.1",
  error: "M8.2 3.5h7.6l4.7 4.7v7.6l-4.7 4.7H8.2l-4.7-4.7V8.2zM12 7.8v5M12 16.2v.1", warning: "M12 4 21.3 20H2.7zM12 10v4.6M12 17.2v.1",
  waived: "M4.5 12.5 9.5 17.5 19.5 7", safe: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z", download: "M12 4v11.5M7 10.5l5 5 5-5M5 20h14",
  copy: "M9 9h10v11H9zM5 15V4h10", open: "M9.5 6 15.5 12 9.5 18",
});
const GROUPS = { social: "Social", ads: "Ads", web: "Web", email: "E-mail", "print-proof": "Print proofs" };
const METHODS = { crop: "Crop", pad: "Pad", outpaint: "Outpaint" };
const SEVERITY = { error: "Error", maybe: "Perhaps", warning: "Warning", waived: "Let pass" };
/** What a finding comes to: "maybe" is an error that depends on what a model will paint. */
const kind = (row) => (row.waived ? "waived" : row.severity === "error" && !row.sure ? "maybe" : row.severity);
const LANGUAGES = ["cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "nl", "pl", "pt", "sv"];
// What Export is about.
const ASKED = ["placements", "fit", "layout_name", "texts", "language", "copy_side", "waive", "label", "alt", "archive", "zipped", "to"];
const MOST = 150; // rows of findings in the page
const PATIENCE = 300; // milliseconds after a key before previews follow

const many = (count, one, several = `${one}s`) => `${count} ${count === 1 ? one : several}`;
const bytes = (count) => (count >= 999500 ? `${(count / 1e6).toFixed(1).replace(/\.0$/, "")} MB` : `${Math.max(1, Math.round(count / 1000))} KB`);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
/** Words to search by: lower case, sizes as 1080x1350, a space before each. */
const spaced = (text) => ` ${text.toLowerCase().replace(/(\d)\s*[x×]\s*(\d)/g, "$1x$2").replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-export", "Export");
  const made = urls(), thumbs = new Map(), cards = new Map(), boxes = [], specimens = new Map();
  const busy = () => ["queued", "running"].includes(model.get("state"));
  const chosen = () => model.get("placements");
  const table = model.get("_placements").map(([group, platform, name, title, width, height, insets, limit]) => ({
    group, platform, name, title, width, height, insets, limit, called: `${platform} ${title}`, words: spaced(`${group} ${platform} ${title} ${name} ${width}x${height} ${width} ${height}`),
  }));
  const known = new Map(table.map((one) => [one.name, one]));
  const button = (words, onclick, more = {}, ...inside) => make("button", { type: "button", onclick, ...more }, ...inside, words);
  const heading = (words, ...more) => make("div", { class: "head" }, make("h3", {}, words), ...more);
  let typing = 0, waiting = 0, pulling = 0;

  // -- placements -------------------------------------------------------------------------------------------------------
  const count = make("span", { class: "quiet", role: "status" });
  const search = make("input", { type: "search", placeholder: "name or pixels, such as 1080 × 1350", "aria-label": "search placements", oninput: () => { model.set("search", search.value); clearTimeout(typing); typing = setTimeout(() => model.save_changes(), PATIENCE); } });
  const none = button("None", () => ui.set({ placements: [] }), { class: "small", title: "choose none" });
  const tree = make("div", { class: "tree", role: "group", "aria-label": "placements" }), nothing = make("p", { class: "quiet empty" }, "No placement is called so.");
  const listed = () => { const words = spaced(model.get("search")).split(" ").filter(Boolean); return new Set(table.filter((one) => words.every((word) => one.words.includes(` ${word}`))).map((one) => one.name)); };
  let found = listed();
  function branch(level, label, members, children) {
    const box = make("input", { type: "checkbox" }), figures = make("span", { class: "quiet figures" }), list = children.length ? make("div", { class: "branch" }, ...children.map((one) => one.node)) : null;
    const opener = list && make("button", { type: "button", class: "opener", "aria-label": `placements of ${label}`, "aria-expanded": "false", onclick: () => { self.open = !self.open; self.show(); } }, icon("open"));
    const node = make("div", { class: `node level${level}` }, make("div", { class: "line" }, opener, make("label", {}, box, make("span", { class: "called" }, label), figures)), list);
    const self = {
      node, open: false,
      shown: () => members.filter((name) => found.has(name)),
      show() {
        const mine = self.shown(), there = new Set(chosen()), taken = mine.filter((name) => there.has(name)).length, open = self.open || Boolean(model.get("search").trim());
        node.hidden = !mine.length;
        box.checked = taken > 0 && taken === mine.length;
        box.indeterminate = taken > 0 && taken < mine.length;
        if (list) { list.hidden = !open; opener.setAttribute("aria-expanded", String(open)); figures.textContent = taken ? `${taken} of ${mine.length}` : `${mine.length}`; }
        else { const { width, height } = known.get(members[0]); figures.textContent = `${width} × ${height}`; }
      },
    };
    box.addEventListener("change", () => {
      const mine = new Set(self.shown()), rest = new Set(chosen());
      for (const name of mine) if (box.checked) rest.add(name); else rest.delete(name);
      ui.set({ placements: table.map((one) => one.name).filter((name) => rest.has(name)) });
      self.show();
    });
    boxes.push(self);
    return self;
  }
  for (const group of new Set(table.map((one) => one.group))) {
    const mine = table.filter((one) => one.group === group);
    const platforms = [...new Set(mine.map((one) => one.platform))].map((platform) => {
      const here = mine.filter((one) => one.platform === platform);
      return branch(2, platform, here.map((one) => one.name), here.map((one) => branch(3, one.title, [one.name], [])));
    });
    // A group of one platform needs no level for it.
    const children = platforms.length === 1 ? mine.map((one) => branch(3, one.title, [one.name], [])) : platforms;
    tree.append(branch(1, GROUPS[group] || group, mine.map((one) => one.name), children).node);
  }
  tree.append(nothing);
  const where = make("section", { class: "card" }, heading("Placements", count, none), search, tree);

  // -- words ------------------------------------------------------------------------------------------------------------
  const picker = make("fieldset", { class: "layouts" }, make("legend", { class: "away" }, "layout")), form = make("div", { class: "form" }), name = `layout-${Math.random().toString(36).slice(2)}`;
  for (const one of [{ name: "", title: "No words", about: "the picture alone" }, ...model.get("_layouts")]) {
    const radio = make("input", { type: "radio", name, value: one.name, onchange: () => ui.set({ layout_name: one.name }) }), picture = make("span", { class: "specimen" });
    specimens.set(one.name, picture);
    picker.append(make("label", { class: "layout", title: one.about }, radio, picture, make("span", { class: "called" }, one.title)));
  }
  const languages = make("datalist", { id: `${name}-languages` }, ...LANGUAGES.map((value) => make("option", { value })));
  const language = make("input", { type: "text", list: languages.id, placeholder: "de", style: "width: 64px", title: "of the words: long ones may then be hyphenated", onchange: () => ui.set({ language: language.value.trim() }) });
  const side = make("select", { onchange: () => ui.set({ copy_side: side.value }) }, ...[["", "calmest"], ["left", "left"], ["right", "right"], ["top", "top"], ["bottom", "bottom"]].map(([value, words]) => make("option", { value }, words)));
  const more = make("div", { class: "row" }, make("label", {}, make("span", {}, "language"), language, languages), make("label", {}, make("span", {}, "side"), side));
  const branded = make("span", { class: "quiet" }, model.get("_brand") ? `in ${model.get("_brand")}` : "");
  const said = make("section", { class: "card" }, heading("Words", branded), picker, form, more);
  const fields = new Map();
  function ask() {
    const layout = model.get("_layouts").find((one) => one.name === model.get("layout_name"));
    more.hidden = !layout;
    for (const radio of picker.querySelectorAll("input")) radio.checked = radio.value === model.get("layout_name");
    const slots = layout ? layout.slots : [];
    if (!same([...fields.keys()], slots.map((one) => one.slot)) || [...fields.values()].some((one) => one.of !== model.get("layout_name"))) {
      fields.clear();
      form.replaceChildren(...slots.map(({ slot, lines, leaves }) => {
        const id = `${name}-${slot}`, tall = lines > 1;
        const input = make(tall ? "textarea" : "input", { ...(tall ? { rows: Math.min(lines, 3) } : { type: "text" }), maxlength: 2000, "aria-describedby": id, autocomplete: "off", oninput: () => {
          model.set("texts", { ...model.get("texts"), [slot]: input.value });
          clearTimeout(typing);
          typing = setTimeout(() => model.save_changes(), PATIENCE);
        } });
        const hint = make("span", { class: "hint quiet", id });
        fields.set(slot, { input, hint, of: model.get("layout_name"), limits: `up to ${many(lines, "line")}${leaves ? "; left out where there is no room" : ""}` });
        return make("label", { class: "field" }, make("span", {}, slot.replaceAll("_", " ")), input, hint);
      }));
    }
    fields.forEach(({ input }, slot) => { const value = model.get("texts")[slot] || ""; if (input.value !== value) input.value = value; });
    hints();
  }
  function hints() {
    fields.forEach(({ input, hint, limits }, slot) => {
      const wrong = model.get("findings").filter((one) => one.where === slot && kind(one) === "error"), places = new Set(wrong.map((one) => one.placement));
      input.setAttribute("aria-invalid", String(Boolean(wrong.length)));
      hint.classList.toggle("bad", Boolean(wrong.length));
      hint.replaceChildren(...(wrong.length ? [icon("error"), `${[...new Set(wrong.map((one) => one.rule))].join(", ")} in ${many(places.size, "placement")}`] : [limits]));
    });
  }

  // -- options ----------------------------------------------------------------------------------------------------------
  const labels = make("input", { type: "checkbox", onchange: () => ui.set({ label: labels.checked ? labelled.value.trim() || true : false }) });
  const labelled = make("input", { type: "text", maxlength: 40, placeholder: "AI generated", "aria-label": "words of the label", class: "grow", onchange: () => ui.set({ label: labels.checked || labelled.value.trim() ? labelled.value.trim() || true : false }) });
  const alt = make("textarea", { rows: 2, maxlength: 2000, onchange: () => ui.set({ alt: alt.value }) });
  const to = make("input", { type: "text", spellcheck: "false", onchange: () => ui.set({ to: to.value }) });
  const archive = make("input", { type: "checkbox", onchange: () => ui.set({ archive: archive.checked }) }), zipped = make("input", { type: "checkbox", onchange: () => ui.set({ zipped: zipped.checked }) });
  const options = make("section", { class: "card files-of" }, heading("Files"), make("div", { class: "options" },
    make("label", { class: "field" }, make("span", {}, "folder"), to),
    make("label", { class: "field" }, make("span", {}, "what the picture shows (alt text)"), alt),
    make("div", { class: "field" }, make("div", { class: "row tight", title: "drawn on what a model made; a photograph that was only cut stays as it is" }, make("label", {}, labels, "label it"), labelled), make("label", {}, zipped, "also as one zip"), make("label", {}, archive, "also a copy with prompt, seed and model"))));

  // -- previews ---------------------------------------------------------------------------------------------------------
  const looked = make("span", { class: "quiet", role: "status" });
  const safe = button("Safe areas", () => ui.set({ safe: !model.get("safe") }), { title: "what platforms may cover is hatched" }, icon("safe"));
  const gallery = make("div", { class: "gallery" }), large = make("div", { class: "large", hidden: true });
  const previews = make("section", { class: "previews" }, heading("Previews", looked, safe), gallery, large);
  const sight = new Set();
  const eyes = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) sight.add(one.target.dataset.name); else sight.delete(one.target.dataset.name);
    clearTimeout(waiting);
    waiting = setTimeout(() => model.send({ kind: "see", names: chosen().filter((one) => sight.has(one)), have: [...thumbs.keys()] }), 60);
  });
  /** The picture with what the platform may cover; `most`, its largest height in pixels. */
  function pane(one, most) {
    const [top, right, bottom, left] = one.insets, x = (value) => `${(value / one.width) * 100}%`, y = (value) => `${(value / one.height) * 100}%`;
    const image = make("img", { alt: `preview of ${one.called}`, draggable: "false" });
    const zones = one.insets.some(Boolean) ? [
      make("i", { class: "zone", style: `inset: 0 0 auto 0; height: ${y(top)}` }), make("i", { class: "zone", style: `inset: auto 0 0 0; height: ${y(bottom)}` }),
      make("i", { class: "zone", style: `inset: ${y(top)} auto ${y(bottom)} 0; width: ${x(left)}` }), make("i", { class: "zone", style: `inset: ${y(top)} 0 ${y(bottom)} auto; width: ${x(right)}` }),
      make("i", { class: "clear", style: `inset: ${y(top)} ${x(right)} ${y(bottom)} ${x(left)}` })] : [];
    return make("span", { class: "pane", style: `aspect-ratio: ${one.width} / ${one.height}; width: min(100%, ${Math.round((most * one.width) / one.height)}px)` }, image, ...(zones.length ? [make("span", { class: "areas", "aria-hidden": "true" }, ...zones)] : []));
  }
  const wrongs = (name) => { const mine = model.get("findings").filter((one) => one.placement === name); return { all: mine, errors: mine.filter((one) => kind(one) === "error").length, warnings: mine.filter((one) => ["warning", "maybe"].includes(kind(one))).length }; };
  function lay() {
    const wanted = chosen();
    if (!same([...cards.keys()], wanted)) {
      const focused = document.activeElement?.dataset?.name;
      for (const name of cards.keys()) if (!wanted.includes(name)) { eyes.unobserve(cards.get(name).node); sight.delete(name); }
      const old = new Map(cards);
      cards.clear();
      for (const name of wanted) cards.set(name, old.get(name) || card(known.get(name)));
      gallery.replaceChildren(...[...new Set(wanted.map((name) => known.get(name).group))].map((group) => {
        const mine = wanted.filter((name) => known.get(name).group === group);
        return make("div", { class: "of" }, make("h4", {}, GROUPS[group] || group, make("span", { class: "quiet" }, ` ${mine.length}`)), make("ul", {}, ...mine.map((name) => make("li", { class: known.get(name).width / known.get(name).height > 2.6 ? "wide" : "" }, cards.get(name).node))));
      }), ...(wanted.length ? [] : [make("p", { class: "quiet empty" }, "Choose where the picture will appear: each placement is shown here as it would be exported.")]));
      for (const name of wanted) if (!old.has(name)) eyes.observe(cards.get(name).node);
      [...cards.values()].forEach(({ node }, i) => { node.tabIndex = i ? -1 : 0; });
      cards.get(focused)?.node.focus({ preventScroll: true });
    }
    for (const [name, { facts }] of cards) {
      const [method] = model.get("fits")[name] || [], { errors, warnings } = wrongs(name);
      facts.replaceChildren(...(method ? [make("span", { class: "method" }, icon(method), METHODS[method])] : []),
        ...(errors ? [make("span", { class: "mark bad" }, icon("error"), many(errors, "error"))] : []), ...(warnings ? [make("span", { class: "mark" }, icon("warning"), many(warnings, "warning"))] : []));
    }
    gallery.classList.toggle("safe", model.get("safe"));
    large.classList.toggle("safe", model.get("safe"));
    safe.setAttribute("aria-pressed", String(model.get("safe")));
    const left = wanted.length - model.get("checked");
    looked.textContent = !wanted.length ? "" : left > 0 && model.get("layout_name") ? `looking through them, ${left} to go` : "";
  }
  function card(one) {
    const facts = make("span", { class: "facts" }), picture = pane(one, 116);
    const node = make("button", { type: "button", class: "shot", "data-name": one.name, onclick: () => ui.set({ selected: one.name }) },
      make("span", { class: "light" }, picture), make("span", { class: "called" }, one.called), make("span", { class: "quiet figures" }, `${one.width} × ${one.height}`), facts);
    if (thumbs.has(one.name)) picture.firstChild.src = thumbs.get(one.name);
    return { node, facts, image: picture.firstChild };
  }
  ui.on(gallery, "keydown", (event) => {
    const names = [...cards.keys()], at = names.indexOf(event.target.dataset?.name), step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1, Home: -at, End: names.length - 1 - at }[event.key];
    if (at < 0 || step === undefined) return;
    let next = at + step;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") next = below(names, at, Math.sign(step));
    [...cards.values()].forEach(({ node }, i) => { node.tabIndex = i === clamp(next, 0, names.length - 1) ? 0 : -1; });
    cards.get(names[clamp(next, 0, names.length - 1)]).node.focus();
    event.preventDefault();
  });
  /** The card nearest in the row below (1) or above (-1). */
  function below(names, at, way) {
    const box = (i) => cards.get(names[i]).node.getBoundingClientRect(), here = box(at), off = (i) => Math.abs(box(i).left - here.left) + 4 * Math.abs(box(i).top - here.top);
    const there = names.map((_, i) => i).filter((i) => (box(i).top - here.top) * way > 8);
    return there.length ? there.reduce((a, b) => (off(b) < off(a) ? b : a)) : at;
  }

  // -- one of them, large -----------------------------------------------------------------------------------------------
  let largeUrl = "", was = "";
  const closeLarge = () => { const before = model.get("selected"); ui.set({ selected: "" }); const back = cards.get(before)?.node; if (back) { cards.forEach(({ node }) => { node.tabIndex = -1; }); back.tabIndex = 0; back.focus(); } };
  const back = button("All previews", closeLarge, {}, icon("left"));
  const turn = (by) => { const names = chosen(), at = names.indexOf(model.get("selected")); ui.set({ selected: names[(at + by + names.length) % names.length] }); };
  const before = iconButton("left", "the one before", () => turn(-1)), after = iconButton("right", "the next one", () => turn(1));
  const title = make("strong", {}), pixels = make("span", { class: "quiet figures" }), light = make("div", { class: "light" }), why = make("p", { class: "why" }), its = make("ul", { class: "its" });
  const method = make("select", { onchange: () => { const fit = { ...model.get("fit"), [model.get("selected")]: method.value }; if (method.value === "auto") delete fit[model.get("selected")]; ui.set({ fit }); } }, make("option", { value: "auto" }, "as sdkit chooses"), ...Object.entries(METHODS).map(([value, words]) => make("option", { value }, words)));
  large.append(make("div", { class: "row" }, back, title, pixels, make("span", { class: "grow" }), make("span", { class: "group" }, before, after)), light, make("div", { class: "row" }, make("label", {}, make("span", {}, "how it is fitted"), method)), why, its);
  ui.on(large, "keydown", (event) => { if (event.key === "Escape") { closeLarge(); event.preventDefault(); } });
  let shown = null;
  function enlarge() {
    const one = known.get(model.get("selected"));
    large.hidden = !one;
    gallery.hidden = Boolean(one);
    if (!one) { was = ""; return; }
    if (was !== one.name) {
      shown = pane(one, 400);
      light.replaceChildren(shown);
      title.textContent = one.called;
      pixels.textContent = `${one.width} × ${one.height} pixels, at most ${bytes(one.limit)}`;
      if (!was) back.focus({ preventScroll: true });
      was = one.name;
    }
    if (model.get("_large_of") === one.name && bytesOf(model.get("_large")).length) {
      const url = made.of(model.get("_large"));
      shown.firstChild.src = url;
      made.drop(largeUrl);
      largeUrl = url;
    } else if (thumbs.has(one.name)) shown.firstChild.src = thumbs.get(one.name);
    const [how, reason, share] = model.get("fits")[one.name] || ["", "", 0], { all } = wrongs(one.name);
    method.value = model.get("fit")[one.name] || "auto";
    why.replaceChildren(...(how ? [icon(how), make("span", {}, make("b", {}, METHODS[how]), ` ${reason}${how === "outpaint" && share > 0 ? ` ${Math.round(share * 100)} % of it will be painted; the preview shows the edges drawn out instead.` : ""}`)] : [chosen().includes(one.name) ? "" : "This placement is not chosen."]));
    its.replaceChildren(...all.map((row) => make("li", {}, icon(kind(row)), make("span", {}, make("b", {}, `${SEVERITY[kind(row)]}: ${row.rule}, ${row.where}.`), ` ${row.found}; allowed: ${row.allowed}.${row.waived ? ` ${row.waived}` : ""}`))));
  }

  // -- findings ---------------------------------------------------------------------------------------------------------
  const only = make("select", { "aria-label": "which findings", onchange: () => ui.set({ only: only.value }) });
  const rows = make("tbody"), sheet = make("div", { class: "sheet", tabindex: 0, role: "region", "aria-label": "findings" }, make("table", {}, make("thead", {}, make("tr", {}, ...["", "rule", "placement", "part", "found", "allowed", ""].map((words, i) => make("th", { scope: "col" }, words || make("span", { class: "away" }, i ? "let it pass" : "kind"))))), rows));
  const fine = make("p", { class: "quiet fine" });
  const findings = make("section", { class: "findings" }, heading("Findings", only), fine, sheet);
  let asking = null; // the finding that is about to be waived
  function judge() {
    const all = model.get("findings"), counts = { "": all.length, error: 0, warning: 0, waived: 0 };
    const of = (row) => (kind(row) === "maybe" ? "warning" : kind(row));
    for (const row of all) counts[of(row)]++;
    only.replaceChildren(...[["", "all"], ["error", "errors"], ["warning", "warnings"], ["waived", "let pass"]].map(([value, words]) => make("option", { value }, `${words} (${counts[value]})`)));
    only.value = model.get("only");
    findings.hidden = !model.get("layout_name");
    only.hidden = sheet.hidden = !all.length;
    fine.hidden = Boolean(all.length);
    fine.textContent = model.get("checked") < chosen().length ? "Nothing so far." : "Nothing to complain about.";
    const typed = rows.querySelector("input")?.value, focused = rows.contains(document.activeElement) && document.activeElement.dataset.is;
    const mine = all.filter((row) => !model.get("only") || of(row) === model.get("only"));
    rows.replaceChildren(...mine.slice(0, MOST).flatMap((row) => {
      const key = `${row.placement}: ${row.rule}`, one = known.get(row.placement), open = asking && asking.key === key && asking.where === row.where;
      const act = row.waived ? button("Take back", () => { const waive = { ...model.get("waive") }; delete waive[key in waive ? key : row.rule]; ui.set({ waive }); }, { class: "small" })
        : row.severity === "error" ? button("Let pass\u00a0…", () => { asking = open ? null : { key, rule: row.rule, where: row.where }; judge(); rows.querySelector("input")?.focus(); }, { class: "small", "aria-expanded": String(Boolean(open)), "data-is": `${key} ${row.where}` }) : null;
      const line = make("tr", { class: `is-${kind(row)}` }, make("td", {}, make("span", { class: `mark ${kind(row) === "error" ? "bad" : ""}`, title: kind(row) === "maybe" ? "an error, if what the model paints is like this preview" : "" }, icon(kind(row)), SEVERITY[kind(row)])), make("td", {}, row.rule),
        make("td", {}, one ? button(one.called, () => ui.set({ selected: row.placement }), { class: "link" }) : row.placement), make("td", {}, row.where.replaceAll("_", " ")), make("td", {}, row.found), make("td", {}, row.allowed),
        make("td", {}, act));
      const reason = row.waived ? [make("tr", { class: "reason" }, make("td", {}), make("td", { colspan: 6 }, `let pass: ${row.waived}`))] : [];
      return [line, ...reason, ...(open ? [whyRow(row, key)] : [])];
    }), ...(mine.length > MOST ? [make("tr", {}, make("td", { colspan: 7, class: "quiet" }, `and ${mine.length - MOST} more; choose fewer placements, or one kind of them above`))] : []));
    if (typed !== undefined && rows.querySelector("input")) rows.querySelector("input").value = typed;
    if (focused) rows.querySelector(`[data-is="${CSS.escape(focused)}"]`)?.focus();
  }
  function whyRow(row, key) {
    const input = make("input", { type: "text", class: "grow", "aria-label": `why ${row.rule} may pass`, placeholder: "why it may pass; the reason is recorded in the kit", maxlength: 500, "data-is": "why" });
    const breadth = make("select", { "aria-label": "where it may pass" }, make("option", { value: row.rule }, "everywhere"), make("option", { value: key }, "only here"));
    const done = () => { if (!input.value.trim()) { input.focus(); return; } asking = null; ui.set({ waive: { ...model.get("waive"), [breadth.value]: input.value.trim() } }); judge(); };
    const cancel = () => { asking = null; judge(); };
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") done(); if (event.key === "Escape") cancel(); });
    return make("tr", { class: "ask" }, make("td", { colspan: 7 }, make("div", { class: "row" }, input, breadth, button("Let it pass", done, { class: "main" }), button("Cancel", cancel))));
  }

  // -- export -----------------------------------------------------------------------------------------------------------
  const go = make("button", { type: "button", class: "main", "aria-describedby": `${name}-stops`, onclick: () => { clearTimeout(typing); model.save_changes(); ui.send("export", ASKED); } });
  const stop = button("Stop", () => model.send({ kind: "stop" }));
  const fill = make("i"), bar = make("div", { class: "progress", role: "progressbar", "aria-label": "progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  const status = make("span", { class: "status grow", role: "status", id: `${name}-stops` });
  const notes = make("ul", { class: "notes" }), result = make("section", { class: "result", hidden: true });
  const foot = make("div", { class: "foot" }, options, make("div", { class: "row" }, go, stop, status), bar, notes);
  ui.root.append(make("div", { class: "cols" }, make("div", { class: "side" }, where, said), make("div", { class: "stage" }, previews, findings)), foot, result,
    make("details", { class: "help" }, make("summary", {}, "Keys"), make("p", {}, ...[["Space", "choose a placement"], ["arrows Home End", "from preview to preview"], ["Enter", "look at it large"], ["Esc", "back to all"]].flatMap(([keys, what]) => [make("kbd", {}, keys), ` ${what}   `]))));
  function act() {
    const stops = model.get("stops"), state = model.get("state"), total = model.get("total"), share = total ? model.get("done") / total : 0;
    go.textContent = chosen().length ? `Export ${many(chosen().length, "file")}` : "Export";
    go.disabled = busy() || Boolean(stops);
    stop.hidden = !busy();
    bar.hidden = !busy();
    bar.classList.toggle("unknown", !total || share >= 1);
    fill.style.width = `${share * 100}%`;
    bar.setAttribute("aria-valuenow", Math.round(share * 100));
    const left = model.get("left"), doing = state === "queued" ? "Waiting for its turn." : !total ? "Writing the files …" : share < 1 ? `Painting what is missing …${left >= 1 ? ` about ${Math.round(left)} s left` : ""}` : "Writing the files …";
    const words = busy() ? doing : stops || { stopped: "Stopped; no file was written. What was painted is kept, and is not painted again.", failed: "Nothing was written." }[state] || "";
    const bad = !busy() && Boolean(model.get("trouble") || (stops && model.get("findings").some((row) => kind(row) === "error")));
    if (status.textContent !== words) status.replaceChildren(...(bad ? [icon("error")] : []), words);
    status.classList.toggle("bad", bad);
    notes.replaceChildren(...model.get("notes").map((one) => make("li", {}, one)));
  }
  const saving = make("span", { class: "quiet", role: "status" });
  let parts = null;
  const download = button("", () => { parts = []; download.disabled = true; saving.textContent = "Fetching …"; model.send({ kind: "zip", part: 0 }); }, { class: "main" });
  function tell() {
    const files = model.get("files"), { folder, page, total, zip, archive: papers } = model.get("_written");
    result.hidden = !files.length;
    if (!files.length) return;
    download.replaceChildren(icon("download"), `Download zip (${bytes(zip)})`);
    download.disabled = Boolean(parts);
    const path = (words, value) => {
      const text = make("code", {}, value), copy = iconButton("copy", `copy the path of the ${words}`, async () => {
        getSelection().selectAllChildren(text); // to be copied by hand where the page may not
        await navigator.clipboard?.writeText(value).then(() => ui.say("Copied."), () => {});
      }, { class: "small" });
      return make("div", { class: "path" }, make("span", { class: "quiet" }, words), text, copy);
    };
    const kept = files.filter((one) => one.kept).length;
    result.replaceChildren(
      heading(`${many(files.length, "file")}, ${bytes(total)}`, make("span", { class: "quiet" }, kept ? `${kept} of them were there already and stay as they were` : "")),
      make("div", { class: "paths" }, path("folder", folder), path("page that shows them", page), ...(papers ? [path("copy with all papers", papers)] : [])),
      make("div", { class: "row" }, ...(zip ? [download, saving] : [make("span", { class: "quiet" }, "For a zip to download, choose “also as one zip” under Files, and export again.")])),
      make("ul", { class: "files", "aria-label": "files" }, ...files.map((one) => {
        const share = one.bytes / one.limit;
        return make("li", {}, make("span", { class: "method", title: METHODS[one.method] }, icon(one.method)), make("code", {}, one.path), make("span", { class: "meter", "aria-hidden": "true" }, make("i", { style: `width: ${Math.max(1, share * 100)}%` })), make("span", { class: "figures" }, `${bytes(one.bytes)} of ${bytes(one.limit)}`));
      })),
    );
  }
  function part(message, buffer) {
    if (!parts) return; // another view of the same widget asked for it
    parts[message.part] = bytesOf(buffer).slice();
    saving.textContent = `Fetching ${bytes(Math.min(message.size, (message.part + 1) * parts[0].length))} of ${bytes(message.size)} …`;
    if (message.part + 1 < message.parts) { model.send({ kind: "zip", part: message.part + 1 }); return; }
    const blob = new Blob(parts, { type: "application/zip" });
    parts = null;
    download.disabled = false;
    if (blob.size !== message.size) { saving.textContent = `Only ${bytes(blob.size)} of ${bytes(message.size)} came. Try once more.`; return; }
    // In the page, since VS Code sees only clicks on what is there; for a while, since it reads the link afterwards.
    const link = make("a", { href: URL.createObjectURL(blob), download: message.name, hidden: true });
    const done = () => { URL.revokeObjectURL(link.href); link.remove(); };
    ui.root.append(link);
    link.click();
    setTimeout(done, 60000);
    ui.ends.push(done);
    saving.textContent = `Saved as ${message.name}.`;
  }

  // -- the model --------------------------------------------------------------------------------------------------------
  ui.listen((message, buffers) => {
    if (message.kind === "seen") {
      message.names.forEach((name, i) => {
        const url = made.of(buffers[i]), old = thumbs.get(name);
        thumbs.set(name, url);
        if (cards.has(name)) cards.get(name).image.src = url;
        if (model.get("selected") === name && model.get("_large_of") !== name) shown.firstChild.src = url;
        if (old) setTimeout(() => made.drop(old), 2000);
      });
    }
    if (message.kind === "specimen") specimens.get(message.name)?.replaceChildren(make("img", { alt: "", src: made.of(buffers[0]) }));
    if (message.kind === "zip") part(message, buffers[0]);
  });
  const boxesShow = () => { found = listed(); boxes.forEach((one) => one.show()); nothing.hidden = found.size > 0; count.textContent = `${chosen().length} chosen`; none.disabled = !chosen().length; };
  ui.watch(["search"], () => { if (search.value !== model.get("search")) search.value = model.get("search"); boxesShow(); });
  ui.watch(["placements"], boxesShow);
  ui.watch(["placements", "fits", "findings", "safe", "checked", "layout_name"], lay);
  ui.watch(["layout_name", "texts"], ask);
  ui.watch(["language", "copy_side"], () => { language.value = model.get("language"); side.value = model.get("copy_side"); });
  ui.watch(["findings", "only", "layout_name", "checked", "placements"], () => { judge(); hints(); });
  ui.watch(["selected", "_large", "fits", "fit", "findings", "placements"], enlarge);
  ui.watch(["label", "alt", "_draft", "archive", "zipped", "to"], () => {
    const words = model.get("label");
    labels.checked = Boolean(words);
    labelled.value = typeof words === "string" ? words : "";
    if (alt.value !== model.get("alt")) alt.value = model.get("alt");
    alt.placeholder = model.get("_draft") || "by default, the placement's name";
    to.value = model.get("to");
    archive.checked = model.get("archive");
    zipped.checked = model.get("zipped");
  });
  ui.watch(["state", "done", "total", "left", "notes", "stops", "checked", "placements"], act);
  ui.watch(["files", "_written"], tell);
  // Where nothing can be drawn in the background, the page asks for the rest bit by bit.
  ui.watch(["checked", "findings"], () => { clearTimeout(pulling); if (model.get("_pulls") && model.get("layout_name") && model.get("checked") < chosen().length) pulling = setTimeout(() => model.send({ kind: "more" }), 30); });
  ui.watch(["error"], () => { if (model.get("error") && parts) { parts = null; download.disabled = false; saving.textContent = ""; } });
  model.send({ kind: "specimens" });
  return () => { [typing, waiting, pulling].forEach(clearTimeout); eyes.disconnect(); made.clear(); ui.close(); };
}

export default { render };
