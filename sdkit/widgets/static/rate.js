// Rate: one key an answer. What the pictures are is never in the page.

function render({ model, el }) {
  const ui = frame(model, el, "sdkit-rate", "Rate pictures");
  const made = urls();
  const pairs = () => model.get("mode") === "pairs";
  const fill = make("i"), track = make("div", { class: "track", role: "progressbar", "aria-label": "rated so far", "aria-valuemin": 0 }, fill);
  const count = make("span", { class: "quiet" });
  const undo = make("button", { type: "button", title: "Backspace, U or Ctrl+Z", onclick: () => back() }, icon("undo"), "Back");
  const skip = make("button", { type: "button", title: "S", onclick: () => forward() }, "Skip");
  const board = make("div", { class: "board", tabindex: 0, role: "group" });
  const answers = make("div", { class: "row answers", role: "group" });
  const body = make("div");
  const effects = make("details", { class: "effects", ontoggle: () => effects.open && model.send({ kind: "effects" }) }, make("summary", {}, "Effects so far"), body);
  ui.root.append(
    make("div", { class: "row head" }, track, count, undo, skip), board, answers, effects,
    make("details", { class: "help" }, make("summary", {}, "Keys"), make("p", {},
      ...(pairs() ? [["← →", "the left, the right one is better"], ["↓ or 0", "neither"]] : [["1 to 5", "how good it is"]]).concat([["S", "skip"], ["Backspace or U", "go back; what you say then counts"]])
        .flatMap(([keys, words]) => [make("kbd", {}, keys), ` ${words}   `]))),
  );

  let waiting = -1;
  // All by messages, which keep their order among themselves; and none about what is not seen yet.
  function ask(kind, more = {}) {
    const at = model.get("at");
    if (at >= model.get("total") || waiting === at || Number(board.dataset.at) !== at) return;
    waiting = at;
    model.send({ kind, at, ...more });
  }
  const answer = (value) => ask("answer", { value });
  const forward = () => ask("skip");
  const back = () => model.send({ kind: "undo", at: model.get("at") + (waiting === model.get("at") ? 1 : 0) });

  ui.on(ui.root, "keydown", (event) => {
    if (/^(input|select|textarea|summary)$/i.test(event.target.tagName)) return;
    const key = event.key.toLowerCase(), command = event.ctrlKey || event.metaKey;
    let mine = true;
    if (event.repeat); // a key held down would rate what no one has seen
    else if (key === "backspace" || (key === "u" && !command) || (key === "z" && command)) back();
    else if (command || event.altKey) mine = false;
    else if (key === "s") forward();
    else if (pairs() && { arrowleft: 1, arrowright: 1, arrowdown: 1, 0: 1 }[key]) answer({ arrowleft: "left", arrowright: "right", arrowdown: "tie", 0: "tie" }[key]);
    else if (!pairs() && /^[1-5]$/.test(key)) answer(Number(key));
    else mine = false;
    if (mine) event.preventDefault();
  });

  const WORDS = ["", "bad", "poor", "fair", "good", "excellent"];
  function choices() {
    const given = model.get("answers")[model.get("at")];
    const list = pairs() ? [["left", "← Left is better"], ["tie", "↓ Neither"], ["right", "Right is better →"]] : [1, 2, 3, 4, 5].map((stars) => [stars, `${stars} ${"★".repeat(stars)}`]);
    return list.map(([value, words]) => make("button", { type: "button", "aria-pressed": String(given === value), "aria-label": pairs() ? words : `${value} of 5, ${WORDS[value]}`, onclick: () => { answer(value); board.focus({ preventScroll: true }); } }, words));
  }

  let loaded = 0, focusWanted = false;
  function show() {
    const at = model.get("at"), total = model.get("total"), done = at >= total;
    const given = model.get("answers").filter((one) => one !== null).length;
    fill.style.width = `${(100 * at) / total}%`;
    track.setAttribute("aria-valuenow", at);
    track.setAttribute("aria-valuemax", total);
    count.textContent = done ? `${given} of ${total} rated` : `${pairs() ? "pair" : "picture"} ${at + 1} of ${total}`;
    undo.disabled = at === 0;
    skip.disabled = done;
    board.classList.toggle("single", !pairs());
    board.setAttribute("aria-label", pairs() ? "which is better? arrow left or right; arrow down for neither" : "how good is it? one to five");
    focusWanted = board.contains(document.activeElement) || answers.contains(document.activeElement);
    answers.replaceChildren(...(done ? [] : choices()));
    if (done) {
      made.clear();
      board.replaceChildren(make("p", { class: "done" }, `That was all: ${given} of ${total} rated. Thank you.`));
      ui.say("all are rated");
      if (focusWanted) board.focus({ preventScroll: true });
    } else pictures();
    if (effects.open) model.send({ kind: "effects" });
  }
  async function pictures() {
    const mine = ++loaded, at = model.get("at"), old = [...board.querySelectorAll("img")].map((image) => image.src);
    const images = ["_first", "_second"].map((name) => model.get(name)).filter((value) => bytesOf(value).length)
      .map((value, i) => make("img", { src: made.of(value), alt: pairs() ? `${["left", "right"][i]} picture of pair ${at + 1}` : `picture ${at + 1}`, draggable: "false" }));
    await Promise.all(images.map((image) => image.decode().catch(() => {})));
    if (mine !== loaded) return;
    board.replaceChildren(...images.map((image, i) => {
      if (!pairs()) return image;
      const side = ["left", "right"][i];
      return make("button", { type: "button", tabindex: -1, "aria-pressed": String(model.get("answers")[at] === side), onclick: () => { answer(side); board.focus({ preventScroll: true }); } }, image);
    }));
    board.dataset.at = at;
    old.forEach((url) => made.drop(url));
    if (focusWanted) board.focus({ preventScroll: true });
    ui.say(`${pairs() ? "pair" : "picture"} ${at + 1} of ${model.get("total")}`);
  }

  function table({ rows, of, unit, zero }) {
    if (!rows.length) return make("p", { class: "quiet" }, "Nothing varies in these pictures but the seed.");
    const percent = (share) => `${share * 100}%`;
    const head = make("thead", {}, make("tr", {}, ...["what", "against", `${of}, with 95 % interval`, "verdict"].map((words) => make("th", { scope: "col" }, words))));
    const lines = rows.map((row) => {
      const [low, mid, high] = row.share;
      const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("b", { style: `left:${percent(zero)}` }), make("i", { style: `left:${percent(low)};width:${percent(high - low)}` }), row.number === "-" ? null : make("u", { style: `left:${percent(mid)}` }));
      const verdict = row.more ? `${row.verdict}: about ${row.more} more ${unit}` : row.verdict;
      return make("tr", {}, make("th", { scope: "row" }, row.what), make("td", {}, row.against), make("td", {}, make("span", { class: "row" }, bar, row.number)), make("td", {}, verdict));
    });
    return make("table", {}, head, make("tbody", {}, ...lines));
  }
  ui.listen((message) => { if (message.kind === "effects") body.replaceChildren(table(message)); });
  let last = "";
  ui.watch(["at", "answers", "_first", "_second", "mode", "total"], () => {
    const now = JSON.stringify([model.get("at"), model.get("answers"), bytesOf(model.get("_first")).length, bytesOf(model.get("_second")).length]);
    if (now === last) return;
    last = now;
    waiting = -1;
    show();
  });
  ui.watch(["error"], () => { if (model.get("error")) waiting = -1; });
  return () => { loaded++; made.clear(); ui.close(); };
}

export default { render };
