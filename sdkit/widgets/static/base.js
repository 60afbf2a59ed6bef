// What all widgets share. It stands before each widget's module, in the same file: there is nothing to import.

/** An element: make("button", {class: "main", onclick}, "Stop"). Names that begin with "on" are listeners. */
function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const ICONS = {
  brush: "M4 20c2 0 4-1 4-3a2.5 2.5 0 0 0-4-2c0 3-2 3-2 4 0 .6 1 1 2 1zM8.5 14.5 19 3.5c.7-.7 1.8-.5 2 .5.1.5 0 .9-.4 1.3L10.5 16.5",
  erase: "M9 20h11M4.5 14.5l8-9a2 2 0 0 1 2.9-.1l4 3.9a2 2 0 0 1 .1 2.8L12 20H8.5l-4-3.5a1.4 1.4 0 0 1 0-2zM9 9.5l6.5 6.5",
  box: "M4 6.5v11A1.5 1.5 0 0 0 5.5 19h13a1.5 1.5 0 0 0 1.5-1.5v-11A1.5 1.5 0 0 0 18.5 5h-13A1.5 1.5 0 0 0 4 6.5z",
  lasso: "M7 16.5c-2.5-.9-4-2.5-4-4.5C3 8.5 7 6 12 6s9 2.5 9 6-4 5.5-9 5.5c-1.2 0-2.3-.1-3.3-.3M6.5 15a2 2 0 1 1 0 4 2 2 0 0 1 0-4zm1 4c.3 1.5-.5 2.5-2 3",
  undo: "M9 7 4.5 11.5 9 16M5 11.5h9a5 5 0 0 1 0 10h-2",
  redo: "M15 7l4.5 4.5L15 16M19 11.5h-9a5 5 0 0 0 0 10h2",
  clear: "M5 7h14M10 11v6M14 11v6M6.5 7l1 12.5h9l1-12.5M9.5 7V4.5h5V7",
  invert: "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17",
  plus: "M12 5.5v13M5.5 12h13", minus: "M5.5 12h13", fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  left: "M14.5 5.5 8 12l6.5 6.5", right: "M9.5 5.5 16 12l-6.5 6.5",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon, its words as tooltip and name. */
function iconButton(name, words, onclick, more = {}) {
  return make("button", { type: "button", title: words, "aria-label": words, onclick, ...more }, icon(name));
}

/** The bytes behind a trait or a message's buffer: a DataView, or base64 text where binary buffers are not to be trusted. */
function bytesOf(value) {
  if (!value) return new Uint8Array();
  if (typeof value === "string") return Uint8Array.from(atob(value), (c) => c.charCodeAt(0));
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** The picture behind bytes, decoded; null for none. */
async function imageOf(value) {
  const bytes = bytesOf(value);
  return bytes.length ? createImageBitmap(new Blob([bytes])) : null;
}

/** Object URLs that are given back together. */
function urls() {
  const made = new Set();
  return {
    of(value, type = "image/jpeg") {
      const url = URL.createObjectURL(new Blob([bytesOf(value)], { type }));
      made.add(url);
      return url;
    },
    drop(url) { if (made.delete(url)) URL.revokeObjectURL(url); },
    clear() { made.forEach((url) => URL.revokeObjectURL(url)); made.clear(); },
  };
}

/** Buffers of a message, wherever they travelled. */
const partsOf = (message, buffers) => (message.texts && message.texts.length ? message.texts : buffers || []);

/** Whether the page around is dark: what the notebook says, else how bright is what lies behind. */
function isDark(node) {
  const body = document.body.dataset.jpThemeLight;
  if (body) return body === "false";
  const classes = document.body.classList;
  if (classes.contains("vscode-dark") || classes.contains("vscode-high-contrast")) return true;
  if (classes.contains("vscode-light")) return false;
  const said = document.documentElement.getAttribute("theme");
  if (said) return said === "dark";
  for (let at = node.parentElement; at; at = at.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    if (a > 0.5) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return false;
}

/**
 * The frame of a widget: theme, error sentence, announcements, and keys that stay inside.
 * Listeners that are added by `on`, `watch` and `listen` go when `close` is called.
 */
function frame(model, el, name, label) {
  const ends = [];
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const said = make("div", { class: "away", role: "status", "aria-live": "polite" });
  // JupyterLab would take "b" for "insert a cell below" otherwise.
  const root = make("section", { class: `sdkit ${name}`, "aria-label": label, "data-lm-suppress-shortcuts": "true", "data-jp-suppress-context-menu": "" }, error, said);
  const themed = () => { root.dataset.theme = isDark(root) ? "dark" : "light"; };
  const eyes = new MutationObserver(themed);
  for (const node of [document.body, document.documentElement]) {
    eyes.observe(node, { attributes: true, attributeFilter: ["class", "theme", "style", "data-jp-theme-light"] });
  }
  ends.push(() => eyes.disconnect());
  // It looks from the focused node upwards, and asks for its shortcut before it asks for this: so the focused node says it too.
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.addEventListener("keypress", (event) => event.stopPropagation());
  root.addEventListener("paste", (event) => event.stopPropagation());
  el.append(root);
  themed();
  requestAnimationFrame(themed); // the output may be put into the page after this
  const self = {
    root,
    ends,
    say(words) { said.textContent = words; },
    on(node, kind, listener, options) {
      node.addEventListener(kind, listener, options);
      ends.push(() => node.removeEventListener(kind, listener, options));
    },
    /** Call now and whenever one of these traits changes. */
    watch(names, listener) {
      for (const one of names) {
        model.on(`change:${one}`, listener);
        ends.push(() => model.off(`change:${one}`, listener));
      }
      listener();
    },
    /**
     * Say something to Python. The traits that it is about go along: as long as a cell runs, changes of traits are held back,
     * and what is said overtakes them.
     */
    send(kind, traits = [], more = {}) {
      model.send({ kind, ...more, state: Object.fromEntries(traits.map((name) => [name, model.get(name)])) });
    },
    listen(listener) {
      const heard = (message, buffers) => listener(message, partsOf(message, buffers));
      model.on("msg:custom", heard);
      ends.push(() => model.off("msg:custom", heard));
    },
    set(values) {
      for (const [trait, value] of Object.entries(values)) model.set(trait, value);
      model.save_changes();
    },
    close() { ends.splice(0).forEach((end) => end()); },
  };
  // While this is live, the still that stands beside it for a notebook without a kernel is not to be seen.
  const still = `.sdkit-still-${model.get("_still")}`, away = make("style", {}, `${still}, .jp-OutputArea-child:has(${still}) { display: none !important }`);
  document.head.append(away);
  ends.push(() => away.remove());
  self.watch(["error"], () => {
    error.textContent = model.get("error");
    error.hidden = !model.get("error");
  });
  return self;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
