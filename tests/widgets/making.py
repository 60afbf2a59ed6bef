"""Small real things for the tests of widgets: a backend that paints at once, and finished pictures."""

import threading
import time

from PIL import Image

from sdkit.backends.base import Can
from sdkit.errors import Interrupted
from sdkit.request import Request
from sdkit.result import Made, Result
from sdkit.widgets import Compare, ExperimentTable, ExportPanel, MaskCanvas, OutpaintFrame, PromptLab, Rate


class Painter:
    """A backend that paints a flat colour from the request in `steps` steps of `pace` seconds each.

    What it is up to can be looked at.
    """

    can = Can(kinds=frozenset({"text2img", "img2img", "inpaint"}), native=(64, 64), steps=4, guidance=3.0)

    def __init__(self, pace=0.0):
        self.made = Made("painter", "hash of painter", device="cpu")
        self.pace = pace
        self.at_once = self.most_at_once = 0
        self.steps = 0
        self.stepped = threading.Event()

    def run(self, requests, *, progress=None, stop=None):
        total, done = sum(r.steps for r in requests), 0
        for request in requests:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            colour = tuple(int(request.key[i : i + 2], 16) for i in (0, 2, 4))
            look = getattr(progress, "preview", None)
            try:
                for step in range(request.steps):
                    time.sleep(self.pace)
                    done += 1
                    self.steps += 1
                    self.stepped.set()
                    if progress is not None:
                        progress(done, total)
                    if look is not None:
                        share = (step + 1) / request.steps  # the colour comes out of the dark
                        shade = tuple(round(c * share) for c in colour)
                        look(lambda shade=shade: Image.new("RGB", (32, 32), shade))
                    if stop is not None and stop.is_set():
                        raise Interrupted("Stopped. The pictures that were finished are kept.")
            finally:
                self.at_once -= 1
            yield Result(Image.new("RGB", request.size, colour), request, self.made, 0.1)


def every(studio):
    """Each widget with a module of its own, as (build, what is there once its pictures have come); the studio has some."""
    picture = Image.new("RGB", (64, 48), "gold")
    return {
        "sheet": (lambda: Compare([shot(seed=i) for i in range(9)]), ".cell > div[style*=blob]"),
        "side": (lambda: Compare([shot(seed=i) for i in range(5)]), ".pane img[src]"),
        "difference": (lambda: Compare([shot(seed=i) for i in range(2)], mode="difference"), ".pane img[src]"),
        "table": (lambda: ExperimentTable(studio, on_open=print), ".thumb[style*=blob]"),
        "rate": (lambda: Rate(studio), "img[src]"),
        "lab": (lambda: PromptLab(studio, "a mug", steps=1), ".editor pre"),
        "outpaint": (lambda: OutpaintFrame(studio, picture, placement="email-header"), ".photo img[src]"),
        "export": (lambda: ExportPanel(studio, picture, placements=["x-post"]), ".shot img[src]"),
        "mask": (lambda: MaskCanvas(picture, protect=(1, 1, 9, 9)), "canvas[data-ready]"),
    }


def shot(prompt="a rocket", seed=0, size=(64, 48), **more):
    """A small Result of a colour of its own."""
    request = Request(prompt=prompt, seed=seed, size=size, **more)
    colour = tuple(int(request.key[i : i + 2], 16) for i in (0, 2, 4))
    return Result(Image.new("RGB", size, colour), request, Made("painter", "ab"), 1.0)
