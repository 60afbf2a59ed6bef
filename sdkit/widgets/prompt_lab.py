"""PromptLab: words and settings on the left, what they make on the right, and all that was made below."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import traitlets

from ..errors import InputError, PlacementError, SdkitError, near
from ..export.placements import Placement, choose
from ..prompt import curated, find, negative_names, parse, prepare
from ..prompt.wildcards import template_folders
from ..request import MAX_SEED, pair_of_pixels, real, whole
from ..studio import Studio
from .drawing import Draws, Watch
from .panel import css, esm, typed
from .worker import Job
from .working import checked


class PromptLab(Draws):
    """Try words: generate, look, keep, and take the Python call along.

    studio     what makes and keeps the pictures. Everything made here is in `studio.experiments`.
    models     others to choose from, as Studio takes them; the Studio's own comes first.
    prompt     "a {rocket|gift box} on {colour}": variants, slots and weights as `Studio.generate` reads them.
    slots      {"colour": "mint|navy"}: what fills the slots; several values with | between.
    negative   words, or names such as "@clean".
    seed, count     the first seed, and how many from there.
    size       (width, height) in pixels, or () for the model's own; `placement`, a name that sets the size to its shape.
    steps, guidance     0 and -1 stand for what suits the model.
    experiment      a name recorded with each picture.

    `.generate()`, `.stop()`, `.keep()` and `.wait()` do what the buttons do; `.code` is the call that makes the same pictures,
    `.results` and `.result` are what was made. Prompts that do not parse are told in `.trouble`, at no cost.
    """

    _esm = esm("prompt_lab")
    _css = css("prompt_lab")

    prompt = typed(traitlets.Unicode(""))
    slots = typed(traitlets.Dict())
    negative = typed(traitlets.Unicode(""))
    seed = traitlets.Int(0).tag(sync=True)
    count = traitlets.Int(1).tag(sync=True)
    size = traitlets.List(traitlets.Int()).tag(sync=True)
    placement = traitlets.Unicode("").tag(sync=True)
    steps = traitlets.Int(0).tag(sync=True)
    guidance = traitlets.Float(-1.0).tag(sync=True)
    model = traitlets.Unicode("").tag(sync=True)
    experiment = traitlets.Unicode("").tag(sync=True)
    code = traitlets.Unicode("").tag(sync=True)
    trouble = traitlets.Unicode("").tag(sync=True)
    advice = traitlets.List(traitlets.Unicode()).tag(sync=True)
    pictures = traitlets.Int(0).tag(sync=True)
    tokens: Any = traitlets.List().tag(sync=True)
    _open_slots = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _models: Any = traitlets.List().tag(sync=True)
    _templates: Any = traitlets.List().tag(sync=True)
    _negatives: Any = traitlets.List().tag(sync=True)
    _placements: Any = traitlets.List().tag(sync=True)
    _can = traitlets.Dict().tag(sync=True)

    def __init__(self, studio: Studio, prompt: str = "", *, models: Sequence[str] = (), **traits: Any) -> None:
        self._ready = False
        self._other: Studio | None = None
        self._counting: Job | None = None
        folder = checked(studio).templates
        own = template_folders(folder)[-1] / "negatives.toml" if folder is not None else None
        self._places: dict[str, Placement] = {p.name: p for p in choose("all")}
        super().__init__(
            studio,
            _models=list(dict.fromkeys([studio.model, *models])),
            _templates=[[c.use, c.id, c.title, c.template, c.negative, c.placement, c.about] for c in curated(studio.templates).values()],
            _negatives=[f"@{name}" for name in negative_names(table=own if own and own.is_file() else None)],
            _placements=[[p.group, p.name, f"{p.platform}: {p.title}", p.width, p.height] for p in self._places.values()],
        )  # fmt: skip
        self.model = studio.model
        self._ready = True
        for name, value in {"prompt": prompt, **traits}.items():
            if not self.has_trait(name):
                raise InputError(name, value, "a trait of PromptLab")
            setattr(self, name, value)
        self._read()
        self._load()

    # -- making --------------------------------------------------------------------------------------------------------

    def generate(self) -> Job:
        """Make the pictures that the settings say, in the background; `.wait()` waits for them.

        Raises InputError while earlier work of this widget goes on. Everything else that is wrong is told in `.error`.
        """
        call, studio = self.call, self._studio()

        def work(watch: Watch, stop: threading.Event) -> Any:
            return studio.generate(**call, progress=watch, stop=stop)

        return self._draw(work)

    @property
    def call(self) -> dict[str, Any]:
        """What `Studio.generate` is called with."""
        call: dict[str, Any] = {"prompt": self.prompt}
        if self.negative:
            call["negative"] = self.negative
        if self.seed:
            call["seeds"] = [self.seed + i for i in range(self.count)]
        elif self.count > 1:
            call["seeds"] = self.count
        if self.size:
            call["size"] = tuple(self.size)
        if self.steps:
            call["steps"] = self.steps
        if self.guidance >= 0:
            call["guidance"] = self.guidance
        if self.experiment:
            call["experiment"] = self.experiment
        return call | self._filled()

    def _filled(self) -> dict[str, Any]:
        """The slots of this prompt with their values; several as a list."""
        out: dict[str, Any] = {}
        for name in self._open_slots:
            values = [v.strip() for v in str(self.slots.get(name, "")).split("|")]
            out[name] = values if len(values) > 1 else values[0]
        return out

    def _studio(self) -> Studio:
        """The Studio of the chosen model; of others than its own, one is held."""
        if self._other is None or self._other.model != self.model:
            self._other = self.studio._of(self.model)
        return self._other

    def use(self, template: str) -> None:
        """Take the words, and the negative, of a curated prompt. Raises PromptError, with near ids, for an unknown one."""
        found = find(template, self.studio.templates)
        with self.hold_sync():
            self.prompt, self.negative = found.template, found.negative

    # -- reading the words ---------------------------------------------------------------------------------------------

    @traitlets.observe("prompt", "slots", "negative", "seed", "count", "size", "steps", "guidance", "model", "experiment")
    def _read(self, _: Any = None) -> None:
        """What the words come to: how many pictures, advice, or what is wrong with them; and the code."""
        if not self._ready:
            return
        with self.hold_sync():
            self.code, self.trouble, self.advice, self.pictures = "", "", [], 0
            try:
                if not self.prompt.strip():
                    self._open_slots = []
                    return
                template = parse(self.prompt, templates=self.studio.templates)
                self._open_slots = list(template.slots)
                empty = [name for name, value in self._filled().items() if not value]
                if empty:
                    self.trouble = f"Fill in {' and '.join(empty)}."
                    return
                ready, self.advice = prepare(
                    self.prompt, negative=self.negative or None, templates=self.studio.templates, banned=self.studio.banned,
                    **self._filled(),
                )  # fmt: skip
                self.pictures = len(ready) * self.count
                longest = max((one.prompt.text for one in ready[:100]), key=len)
            except SdkitError as error:
                self.trouble = str(error)
                return
            self.code = self._written()
        self._count(longest)

    def _written(self) -> str:
        """The call as Python."""
        about = "" if self.model == "pocket" else repr(self.model)
        call = self.call
        given = [repr(call.pop("prompt")), *(f"{name}={value!r}" for name, value in call.items())]
        lines = ["from sdkit import Studio", "", f"studio = Studio({about})"]
        one = f"studio.generate({', '.join(given)})"
        return "\n".join([*lines, one if len(one) <= 100 else "studio.generate(\n    " + ",\n    ".join(given) + ",\n)"])

    def _count(self, text: str) -> None:
        """Count tokens when the worker is free: tokenizers do not like two threads."""
        if self._counting is not None and not self._counting.over:
            self._counting.stop()  # only the newest words matter
        studio = self._studio()

        def work(stop: threading.Event) -> None:
            if stop.is_set() or not hasattr(studio.backend, "tokens"):
                self.tokens = []
                return
            found = studio.backend.tokens(text)
            if not stop.is_set():
                self.tokens = [
                    {"encoder": c.encoder, "tokens": c.tokens, "limit": c.limit, "parts": c.parts, "cut": c.cut}
                    for c in found.counts
                ]

        self._counting = self.worker.submit(work, self._failed)

    def _failed(self, job: Job) -> None:
        if job.error:
            self.error = job.error

    def _load(self) -> None:
        """Load the model in the background, and learn what suits it."""
        studio, model = self._studio(), self.model

        def work(stop: threading.Event) -> None:
            can = studio.backend.can
            if self.model == model:
                self._can = {"native": list(can.native), "multiple": can.multiple, "steps": can.steps, "guidance": can.guidance}

        self.worker.submit(work, self._failed)

    # -- traits --------------------------------------------------------------------------------------------------------

    @traitlets.observe("placement", "_can")
    def _shaped(self, change: Any) -> None:
        """The size in which the model draws a placement's shape best."""
        if not self._can:
            return
        if not self.placement:
            if change["name"] == "placement":
                self.size = []
            return
        self.size = list(self._studio().backend.can.shaped(self._places[self.placement].ratio))

    @traitlets.observe("model")
    def _other_model(self, _: Any) -> None:
        if self._ready:
            self._can = {}
            self._load()

    @traitlets.validate("placement")
    def _placement(self, proposal: Any) -> str:
        name = proposal["value"]
        if name and name not in self._places:
            raise PlacementError("placement", name, "the name of a placement", near(name, self._places))
        return str(name)

    @traitlets.validate("model")
    def _model(self, proposal: Any) -> str:
        if proposal["value"] not in self._models:
            raise InputError(
                "model", proposal["value"], "one of " + ", ".join(map(repr, self._models)), "Pass others as models=."
            )
        return str(proposal["value"])

    @traitlets.validate("size")
    def _size(self, proposal: Any) -> list[int]:
        return list(pair_of_pixels("size", proposal["value"])) if proposal["value"] else []

    @traitlets.validate("seed")
    def _seed(self, proposal: Any) -> int:
        return whole("seed", proposal["value"], 0, MAX_SEED)

    @traitlets.validate("count")
    def _counted(self, proposal: Any) -> int:
        return whole("count", proposal["value"], 1, 1000)

    @traitlets.validate("steps")
    def _steps(self, proposal: Any) -> int:
        return whole("steps", proposal["value"], 0, 500)

    @traitlets.validate("guidance")
    def _guidance(self, proposal: Any) -> float:
        return real("guidance", proposal["value"], -1.0, 50.0)

    def _on_generate(self) -> None:
        self.generate()

    def __repr__(self) -> str:
        return f"PromptLab({self.prompt!r}, {len(self.history)} pictures)"


__all__ = ["PromptLab"]
