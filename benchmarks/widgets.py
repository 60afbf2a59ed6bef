"""What the widgets promise: paint at once, scroll and type without a stutter, stop within a step, leave nothing behind.

    python -m benchmarks.widgets [share]

Compare and PromptLab are timed in real JupyterLab in headless Chromium, from the key that a person presses to the frame that
they see; the rest in Python, on the embedded model. `share` below 1 takes fewer runs. On a machine that does other things too,
look at the frames of the page at rest first: what is late there is not the widget's.
"""

from __future__ import annotations

import gc
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets
import psutil

from sdkit import Studio
from sdkit.widgets import PromptLab, Worker
from sdkit.widgets.drawing import Watch

from .figures import Figure, median, ratio, save, table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "widgets"))

TEXT = "a {rocket|gift box} on a {colour} gradient (background:1.2)" + ", with ((soft)) (light:1.1) and [shadow]" * 24
CELLS = [
    """import numpy as np
from PIL import Image
from sdkit import Studio
from sdkit.request import Request
from sdkit.result import Made, Result
from sdkit.widgets import Compare, PromptLab
chance = np.random.default_rng(0)
def picture():
    return Image.fromarray(chance.integers(0, 256, (9, 9, 3), np.uint8)).resize((256, 256), Image.Resampling.BICUBIC)
shots = [Result(picture(), Request(prompt=f"a thing no {row} on a mint background", seed=seed), Made("pocket"), 1.0)
         for row in range(50) for seed in range(10)]""",
    "Compare(shots)",
    f"lab = PromptLab(Studio(store='store'), {TEXT!r}, slots={{'colour': 'mint'}})\nlab",
]
# Each looks once a frame, from the key on: a frame later than another is what a person sees.
PAINT = """() => {
  const seen = (window.seen = {});
  addEventListener("keydown", (event) => { if (event.key === "Enter") seen.start ??= event.timeStamp; }, true);
  const old = new Set(document.querySelectorAll(".sdkit-compare"));
  const look = () => {
    const compare = [...document.querySelectorAll(".sdkit-compare")].find((one) => !old.has(one));
    const box = compare?.querySelector(".sheet")?.getBoundingClientRect();
    const cells = box ? [...compare.querySelectorAll(".cell > div")].filter((one) => {
      const at = one.getBoundingClientRect();
      return at.top < box.bottom && at.left < box.right && at.bottom > box.top;
    }) : [];
    const lit = cells.filter((one) => one.style.backgroundImage).length;
    requestAnimationFrame((now) => {
      if (lit) seen.first ??= now;
      if (lit && lit === cells.length) seen.all = now; else look();
    });
  };
  look();
}"""
FRAMES = """(on) => {
  if (!on) { window.counting = false; return window.frames; }
  const frames = (window.frames = []);
  window.counting = true;
  let last = performance.now();
  const next = (now) => { frames.push(now - last); last = now; if (window.counting) requestAnimationFrame(next); };
  requestAnimationFrame(next);
}"""
KEYS = """() => {
  const [behind, words] = ["pre", "textarea"].map((one) => document.querySelector(`.sdkit-lab .editor ${one}`));
  const keys = (window.keys = []);
  let start = 0;
  words.addEventListener("keydown", (event) => { start = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!start) return; // Python has told something
    behind.offsetHeight; // laid out, and drawn in this very frame
    const key = [performance.now() - start], from = start;
    start = 0;
    requestAnimationFrame((now) => setTimeout(() => keys.push([...key, performance.now() - from])));
  }).observe(behind, { childList: true, characterData: true, subtree: true });
  words.focus();
  words.setSelectionRange(500, 500);
}"""


def in_jupyterlab(times: int = 5, keys: int = 40) -> dict[str, Figure]:
    """Compare with 500 pictures and PromptLab with 1,000 characters, as a person has them."""
    from driving import CELL, opened, ready, run, served
    from playwright.sync_api import sync_playwright

    first, every, late, longest, idle = ([] for _ in range(5))  # type: ignore[var-annotated]
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), CELLS) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        with opened(browser, address, size=(1280, 900)) as page:
            ready(page)
            run(page, 0)
            for _ in range(times):
                page.locator(CELL).nth(1).locator(".cm-content").click()
                page.evaluate(PAINT)
                page.keyboard.press("Control+Enter")
                page.wait_for_function("seen.all")
                seen = page.evaluate("seen")
                first.append((seen["first"] - seen["start"]) / 1000)
                every.append((seen["all"] - seen["start"]) / 1000)
                sheet = page.locator(".sdkit-compare .sheet").last
                sheet.scroll_into_view_if_needed()
                page.wait_for_timeout(1000)
                page.evaluate(FRAMES, True)
                page.wait_for_timeout(3000)
                rest = page.evaluate(FRAMES, False)
                sheet.hover()
                page.evaluate(FRAMES, True)
                for _ in range(62):  # to the end
                    page.mouse.wheel(0, 120)
                    page.wait_for_timeout(16)
                frames = page.evaluate(FRAMES, False)
                assert sheet.evaluate("(node) => node.scrollTop + node.clientHeight > node.scrollHeight - 200")
                idle.append(sum(one > 50 for one in rest) / len(rest))
                late.append(sum(one > 50 for one in frames))
                longest.append(max(frames))
            run(page, 2)
            page.locator(
                ".sdkit-lab .meter", has_text=re.compile(r"\d of [1-9]")
            ).wait_for()  # the model is there: the kernel rests
            page.locator(".sdkit-lab .editor textarea").scroll_into_view_if_needed()
            page.evaluate(KEYS)
            page.keyboard.type("soft (light:1.1) on {red|blue} paper, of "[:keys].ljust(keys, "e"), delay=60)
            page.wait_for_timeout(1000)
            spent = page.evaluate("keys")
        browser.close()
    return {
        "Compare, 500 pictures: from the key to the first of them (under 1)": median(first, "s"),
        "Compare, 500 pictures: until all in sight are there": median(every, "s"),
        "Compare: frames over 50 ms, scrolling through all (0)": median(late, "frames"),
        "Compare: the longest frame then": median(longest, "ms"),
        "the same page at rest: share of frames over 50 ms": median(idle, "share"),
        "PromptLab, 1,000 characters: key to highlight (under 16)": median([done for done, _ in spent], "ms"),
        "PromptLab, 1,000 characters: key to the frame that shows it": median([shown for _, shown in spent], "ms"),
    }


class Blind(Watch):
    """Progress without previews."""

    preview = None  # type: ignore[assignment]


class Timed(Watch):
    """Progress that knows what its previews took."""

    spent = 0.0

    def preview(self, picture: Callable[[], Any]) -> None:
        start = time.perf_counter()
        super().preview(picture)
        self.spent += time.perf_counter() - start


def preview(studio: Studio, pairs: int = 15) -> dict[str, Figure]:
    """The same two pictures with and without previews, by turns. In CPU time, which other work on the machine hardly moves."""
    lab = PromptLab(studio, "a rocket on a mint gradient background", count=2)
    spent: dict[type[Watch], list[float]] = {Watch: [], Blind: []}
    shares = []

    def generate(watch: Watch) -> float:
        start = time.process_time()
        job = lab.worker.submit(lambda stop: studio.generate(**lab.call, progress=watch, stop=stop), lab._told)
        job.wait()
        assert job.state == "done", job.error
        return time.process_time() - start

    generate(Watch(lab))  # loads the model, and learns the colours of its latents
    for number in range(pairs):
        for kind in (Watch, Blind) if number % 2 else (Blind, Watch):
            spent[kind].append(generate(kind(lab)))
        start, timed = time.perf_counter(), Timed(lab)
        generate(timed)
        shares.append(timed.spent / (time.perf_counter() - start))
    lab.close()
    return {
        "generation with the preview / without (at most 1.03)": ratio(spent[Watch], spent[Blind]),
        "share of a generation spent in its previews (at most .03)": median(shares, "share"),
    }


class Counting(Watch):
    """Progress that notes when each step ended."""

    def __init__(self, widget: PromptLab) -> None:
        super().__init__(widget)
        self.ends: list[float] = []
        self.due, self.reached = 0, threading.Event()

    def __call__(self, done: int, total: int) -> None:
        self.ends.append(time.perf_counter())
        super().__call__(done, total)
        if len(self.ends) == self.due:
            self.reached.set()


def stop(studio: Studio, times: int = 20) -> dict[str, Figure]:
    """From asking to the worker being free, at moments of chance in a generation."""
    lab, chance = PromptLab(studio, "a rocket on a mint gradient background", count=2), random.Random(0)
    steps, spent, beyond = [], [], []
    for _ in range(times):
        watch = Counting(lab)
        watch.due = chance.randint(3, 30)
        lab._job = lab.worker.submit(
            lambda halt, watch=watch: studio.generate(**lab.call, progress=watch, stop=halt), lab._told
        )
        watch.reached.wait()
        time.sleep(chance.random() * (watch.ends[-1] - watch.ends[-2]))
        before, start = len(watch.ends), time.perf_counter()
        lab.stop()
        lab.worker.submit(lambda halt: None).wait()  # its turn comes when the worker is free
        spent.append(1000 * (time.perf_counter() - start))
        assert lab.state == "stopped", lab.state
        steps.append(len(watch.ends) - before)
        each = statistics.median(b - a for a, b in zip(watch.ends, watch.ends[1:], strict=False))
        beyond.append(spent[-1] - 1000 * each)
    kept = [many <= 1 and more <= 200 for many, more in zip(steps, beyond, strict=True)]
    lab.close()
    return {
        "Stop: steps that still end (at most 1)": median(steps, "steps"),
        "Stop: from asking to the worker being free": median(spent, "ms"),
        "Stop: time beyond one step until the worker is free (at most 200)": median(beyond, "ms"),
        f"Stop: within one step and 200 ms, of {times} times ({times})": Figure(
            sum(kept), "times", times, sum(kept), sum(kept)
        ),
    }


def rounds(many: int) -> dict[str, list[float]]:
    """Open the app, generate, look at all in Compare, and close; what is left after each time."""
    left: dict[str, list[float]] = {"threads": [], "widgets": [], "MiB": []}
    registry = getattr(ipywidgets.widgets.widget, "_instances", None)
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(store=folder)
        for _ in range(many):
            app = studio.app(prompt="a rocket", steps=2, size=[64, 64])
            app.lab.generate()
            app.lab.wait()
            assert app.lab.state == "done", app.lab.error
            app.table.refresh()
            app.show("compare")
            app.close()
            Worker.of(studio).close()
            gc.collect()
            left["threads"].append(sum(one.name == "sdkit-worker" for one in threading.enumerate()))
            left["widgets"].append(len(ipywidgets.Widget.widgets if registry is None else registry))
            left["MiB"].append(psutil.Process().memory_info().rss / 2**20)
    return left


def left_over(many: int = 50) -> dict[str, Figure]:
    """What rounds of open, generate and close leave, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.widgets", "rounds", str(many)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    left = json.loads(done.stdout.splitlines()[-1])
    warm = many // 5  # rounds, in which libraries fill their caches
    start = statistics.median(left["MiB"][warm : warm + 5])
    grown = [one / start for one in left["MiB"][-5:]]
    found = {
        f"{name} left after {many} rounds of open, generate, close (0)": Figure(left[name][-1], name, many, 0, max(left[name]))
        for name in ("threads", "widgets")
    }
    return found | {f"memory after {many} rounds / after {warm} (.95 to 1.05)": median(grown, "ratio")}


def run(share: float = 1.0) -> dict[str, Figure]:
    """All of it."""
    found = in_jupyterlab(max(1, round(5 * share)), max(10, round(40 * share)))
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(store=folder)
        found |= preview(studio, max(2, round(15 * share)))
        found |= stop(studio, max(2, round(20 * share)))
    return {**found, **left_over(max(10, round(50 * share)))}


if __name__ == "__main__":
    if sys.argv[1:2] == ["rounds"]:
        print(json.dumps(rounds(int(sys.argv[2]))))
    else:
        result = run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
        save("bench-widgets", result)
        print(table("widgets", result))
