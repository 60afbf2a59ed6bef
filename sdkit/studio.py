"""The Studio: words in, tracked pictures and finished files out. The only room that knows all the others."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

from PIL import Image

from . import branded, canvas, costs, guides, receipts
from .apps import Apps
from .attended import in_notebook, shown, undisturbed
from .backends.base import UPSCALERS, Backend, Can, Progress
from .banners import BannerMoves
from .codecs import open_image
from .errors import InputError, Interrupted, PromptWarning
from .experiments import Experiments, Store, trial
from .exports import Exports
from .moves import Moves
from .prompt import Prompt, Ready, Tokens, prepare
from .prompt import prompts as prompts_of
from .request import STYLE_WEIGHT, Request, pair_of_pixels, seeds_of
from .result import Patched, Result, ResultSet
from .sources import Opened, label
from .upscale import Upscales

if TYPE_CHECKING:
    from .brand import Brand

_AS_GIVEN = ("scheduler", "strength", "loras", "subseed", "subseed_strength")


class Studio(Moves, Upscales, Exports, BannerMoves, branded.Branded, trial.Trials, Apps):
    """A model, and a store that keeps every picture it makes.

    model      "pocket", the embedded model, or "pocket-fast", the same in four steps for a quick look; "org/name" on the
               Hugging Face hub; a diffusers folder; or one `.safetensors` file of the SD1.5, SD2, SDXL, SD3 or FLUX families.
               Pickles are refused.
    store      folder of the experiments: an SQLite table and the pictures. Made when it does not exist.
    device     "auto", "cpu", "cuda", "cuda:1" or "mps".
    dtype      "auto", "fp32", "fp16" or "bf16".
    memory     "auto", "resident", or where the card is small "model" (one part on it at a time) or "sequential" (one layer).
    parts      for a single file that lacks its text encoders or VAE: a diffusers folder or hub id that lends them.
    controls   ControlNets for generate(control=): {"canny": folder or hub id, "depth": ...}. For SD1.5, SD2 and SDXL.
    style_adapter   an IP-Adapter for generate(style_image=): a folder, a .safetensors file, or "h94/IP-Adapter". SD1.5, SDXL.
    backend    anything else that turns Requests into Results, instead of `model`.
    templates  a folder of your own prompts/, wildcards/, styles.toml, negatives.toml, licences.toml and prices.toml, which add to the
               shipped ones or replace those of the same name.
    banned     words that no prompt should hold, such as a competitor's name; generate() warns of them.
    brand      a Brand or its folder: its words join the prompts of generate() and experiments, its banned words are warned of,
               and the frame has a column `palette_distance`.

    The model is loaded at the first picture. Raises StoreError when the store cannot be opened.
    """

    def __init__(
        self, model: str | os.PathLike[str] = "pocket", *, store: str | os.PathLike[str] = "out/experiments",
        device: str = "auto", dtype: str = "auto", memory: str = "auto", parts: str | os.PathLike[str] = "",
        controls: Mapping[str, str | Path] | None = None, style_adapter: str | os.PathLike[str] = "",
        backend: Backend | None = None, templates: str | os.PathLike[str] | None = None, banned: Iterable[str] = (),
        brand: branded.Given = None,
    ) -> None:  # fmt: skip
        self.model = os.fspath(model)
        self._backend = backend
        self._turn = RLock()  # cells and widgets draw one after the other
        self.templates = templates
        self.banned = (banned,) if isinstance(banned, str) else tuple(banned)
        self._options: dict[str, Any] = {"device": device, "dtype": dtype, "memory": memory, "parts": os.fspath(parts)}
        self._beside: dict[str, Any] = {"controls": controls, "style_adapter": os.fspath(style_adapter)}
        self.brand: Brand | None = branded.brand_of(brand)
        self.experiments = Experiments(Store(store, reader=receipts.read), brand=self.brand)

    @property
    def backend(self) -> Backend:
        """The loaded model. Raises ModelError when it cannot be loaded."""
        if self._backend is None:
            from .backends.local import LocalBackend  # torch and diffusers take seconds to import

            self._backend = LocalBackend(self.model, **self._options, **self._beside)
        return self._backend

    def generate(
        self, prompt: str | Prompt | Sequence[str | Prompt] | None = None, *, template: str = "", style: str | Sequence[str] = "",
        negative: str | None = None, seeds: int | Sequence[int] = 1,
        size: tuple[int, int] | None = None, steps: int | None = None, guidance: float | None = None, scheduler: str = "",
        image: str | os.PathLike[str] | Image.Image | Result | None = None, mask: str | os.PathLike[str] | Image.Image | None = None,
        strength: float = 0.75, control: object = None, style_image: object = None, style_weight: float = STYLE_WEIGHT,
        subseed: int = 0, subseed_strength: float = 0.0, limit: int = 500, sample: int | None = None, sample_seed: int = 0,
        rows: object = None, brand: branded.Given = None, experiment: str = "", note: str = "",
        progress: bool | Progress = True, stop: Event | None = None,
        **slots: str | Sequence[str],
    ) -> ResultSet:  # fmt: skip
        """Make every variant of `prompt` with every seed, and keep each picture the moment it is finished.

        prompt     "a {rocket|gift box} on {colour}": variants in braces, slots filled by keyword (colour=["mint", "navy"]),
                   weights as (words:1.2), wildcards as __colours__; sdkit/prompt/template.py has the whole language.
        template   instead: the id of a curated prompt, such as "sale-banner"; sdkit.prompts() lists them.
        style      the id of a style, such as "flat", or several: every prompt in each.
        negative   what to keep out; "@clean" and other names come from templates/negatives.toml. By default that of `template`.
        seeds      how many (3 means 0, 1, 2), or which: [7, 11].
        size       (width, height) in pixels; by default what the model was trained at, or that of `image`, or in the shape of a control.
        steps, guidance, scheduler     by default what suits the model.
        image      start from this picture (img2img), given up to the share `strength`; with `mask`, repaint its white only.
        control    ("canny", picture), ("depth", map, weight), or a list of such: lines and shapes to follow. Of a "canny" picture
                   the edges are taken, all others are maps already. The kinds are those of Studio(controls=).
        style_image     a picture whose look is taken over, with `style_weight` 0 to 2; needs Studio(style_adapter=).
        subseed, subseed_strength   turn each seed's noise this far, 0 to 1, towards that of a second seed: 0.1 to 0.3 gives
                   variations of the same picture.
        limit      refuse templates of more combinations than this.
        sample     draw this many prompts at random, by weight and from `sample_seed`, instead of every combination.
        rows       a DataFrame: a group of prompts a row, its columns filling the slots of their names.
        brand      a Brand or its folder, in place of the studio's; "" for none. Its words come last, its colours only where a
                   prompt names none; what was added is recorded as brand, brand_words and brand_negative.
        experiment, note     recorded with each picture.
        progress   True shows a bar; a function gets (steps done, steps in all); False is silent.
        stop       an Event that stops the work within a step; so does Ctrl-C, or a notebook's stop button.

        Midjourney's --ar, --no and --seed are followed. A PromptWarning says what was done with them, and names words that
        contradict each other, repeat, are banned, or have no effect.

        Stopped work returns what is finished, with `interrupted` set, in a notebook; elsewhere it raises KeyboardInterrupt,
        or Interrupted for `stop`. Either way nothing finished is lost. Raises InputError, PromptError, ImageError or
        ModelError before anything is drawn.
        """
        for name in {"templates", "banned", "steer"} & set(slots):
            raise InputError(name, slots[name], "a slot of another name", f"It belongs to the studio: Studio({name}=…).")
        ready, notes = prepare(
            prompt, template=template, style=style, negative=negative, templates=self.templates, limit=limit, sample=sample,
            sample_seed=sample_seed, rows=rows, **{**self._guided(brand), **slots},
        )  # fmt: skip
        requests = self._requests(
            self.backend.can, ready, seeds, size=size, steps=steps, guidance=guidance, scheduler=scheduler, image=image,
            mask=mask, strength=strength, subseed=subseed, subseed_strength=subseed_strength, control=control,
            style_image=style_image, style_weight=style_weight,
        )  # fmt: skip
        for sentence in notes:
            warnings.warn(sentence, PromptWarning, stacklevel=2)
        return self.run(requests, experiment=experiment, note=note, progress=progress, stop=stop)

    def tokens(self, prompt: str | Prompt, **slots: Any) -> Tokens:
        """How many tokens a prompt has for each of the model's text encoders, their limit, and what is cut; of a template, the longest.

        Raises PromptError as `generate` does, and InputError when the backend counts no tokens.
        """
        count = getattr(self.backend, "tokens", None)
        if count is None:
            raise InputError("prompt", type(self.backend).__name__, "a backend that counts tokens, as a local model does")
        counted: list[Tokens] = [count(one.text) for one in prompts_of(prompt, templates=self.templates, **slots)]
        return max(counted, key=lambda tokens: tokens.most)

    def run(
        self, requests: Sequence[Request], *, experiment: str = "", note: str = "", progress: bool | Progress = True,
        stop: Event | None = None,
    ) -> ResultSet:  # fmt: skip
        """Make and keep one picture a Request. What `generate` does once the words are requests."""
        return self._run(self.backend, requests, experiment, note, progress, stop)

    def _run(
        self, backend: Backend, requests: Sequence[Request], experiment: str, note: str, progress: bool | Progress,
        stop: Event | None,
    ) -> ResultSet:  # fmt: skip
        finished: list[Result] = []
        try:
            with self._turn, shown(progress, len(requests)) as report:
                for result in backend.run(requests, progress=report, stop=stop):
                    with undisturbed():
                        finished.append(self._keep(result, experiment, note))
                    if (finish := getattr(report, "finished", None)) is not None:
                        finish(finished[-1])
        except (KeyboardInterrupt, Interrupted):
            if not in_notebook():
                raise
            return ResultSet(finished, interrupted=True)
        return ResultSet(finished)

    def reproduce(self, what: object, *, progress: bool | Progress = True) -> Result:
        """Make a picture again from its row, its id, or its PNG alone: bit for bit on the same machine and versions.

        Raises InputError when there is no such picture, or another model than this one made it.
        """
        result = what if isinstance(what, Result) else self._open(what)
        backend = self._upscaler(result.made.model) if result.made.family in UPSCALERS else self.backend
        ours = getattr(backend, "made", None)
        if ours is not None and result.made.model_hash and ours.model_hash != result.made.model_hash:
            raise InputError(
                "what", f"a picture by {result.made.model} ({result.made.model_hash})", f"pictures by {ours.model} ({ours.model_hash})",
                f"Open it with Studio({result.made.model!r})." if backend is self.backend else "That file is another one now.",
            )  # fmt: skip
        if ours is not None:
            guides.check_same(result, backend)
        return self._one(result.request, "", "reproduced", progress, None, backend)

    # -- the steps -----------------------------------------------------------------------------------------------------

    def _requests(self, can: Can, ready: Sequence[Ready], seeds: int | Sequence[int], **given: Any) -> list[Request]:
        """Every prompt with every seed; prompts outermost."""
        numbers = seeds_of(seeds)
        values: dict[str, Any] = {name: given[name] for name in _AS_GIVEN if name in given}
        values["steps"] = can.steps if given["steps"] is None else given["steps"]
        values["guidance"] = can.guidance if given["guidance"] is None else given["guidance"]
        size = given["size"]
        if given["image"] is not None:
            start = self._opened(given["image"], "image")
            values["image"], values["source"] = start.image, start.label
            size = values["image"].size if size is None else size
            if given["mask"] is None:
                size = can.nearest(pair_of_pixels("size", size)) if given["size"] is None else size
        if given["mask"] is not None:
            white = self._opened(given["mask"], "mask")
            values["mask"], values["mask_source"] = white.image, white.label
        guide = guides.Guide.of(given, can, lambda picture: self._picture(picture)[1])
        requests = []
        for one in ready:
            # What the call says counts for more than what the prompt's flags say.
            values["size"] = size or one.idiom.size(can.native, can.multiple) or guide.size or can.native
            values |= guide.values(values["size"], values.get("image"))
            first = one.idiom.seed if isinstance(seeds, int) and one.idiom.seed is not None else 0
            requests += [Request(prompt=one.prompt, negative=one.negative, seed=first + seed, **values) for seed in numbers]
        return requests

    def _source(self, model: str, given: Mapping[str, Any]) -> trial.Source:
        """What an experiment needs to know of a model. It is not held on to: the next one may need its memory."""
        backend = self._of(model).backend
        can, made = backend.can, getattr(backend, "made", None)

        def request(condition: Mapping[str, Any], seed: int) -> Request:
            fields = trial.with_loras({**given, **condition})
            words = {"negative": fields.pop("negative"), "templates": self.templates, **self._guided()}
            [one], _ = prepare(fields.pop("prompt"), **words)
            [made_of] = self._requests(can, [one], [seed], **fields)
            can.check(made_of)
            return made_of

        price = getattr(backend, "price", None)
        local = bool(made and made.device)
        device = made.device if made else ""
        own = None if self.templates is None else Path(self.templates)
        electricity = (lambda seconds: costs.here(1, seconds, device, costs.load(own)).usd) if local else None
        return trial.Source(request, made.model_hash if made else None, local, price, electricity)

    def _opened(self, what: object, parameter: str) -> Opened:
        """A picture to start from, or a mask, with what it is called; what is opened already stays as it is."""
        if isinstance(what, Opened):
            return what
        if parameter != "mask":
            image = self._picture(what)[1]
            return Opened(image, label(what, image))
        image = open_image(what.image if isinstance(what, Result) else what, "mask")  # type: ignore[arg-type]
        return Opened(canvas.as_mask(image), label(what, image))

    def _of(self, model: str) -> Studio:
        """This Studio, or one of another model with the same store."""
        if model == self.model:
            return self
        other = Studio(
            model, store=self.experiments.store.folder, templates=self.templates, banned=self.banned, brand=self.brand, **self._options
        )  # fmt: skip
        other.experiments = self.experiments
        return other

    def _one(
        self, request: Request, experiment: str, note: str, progress: bool | Progress, stop: Event | None,
        backend: Backend | None = None,
    ) -> Result:  # fmt: skip
        """One picture, or Interrupted."""
        results = self._run(backend or self.backend, [request], experiment, note, progress, stop)
        if not results:
            raise Interrupted("Stopped before the picture was finished.")
        return results[0]

    def _keep(self, result: Result, experiment: str, note: str) -> Result:
        return self.experiments.store.add(result, receipts.write(result), experiment=experiment, note=note)

    def _open(self, what: object) -> Result:
        return self.experiments.open(what)

    def _picture(self, what: object) -> tuple[Result | None, Image.Image]:
        """A picture with its Result, where it has one: a Result, a PNG of ours, an id, or any image."""
        if isinstance(what, Patched):
            return what.of, canvas.Photo.of(what.image).upright()
        if isinstance(what, Result):
            return what, what.image
        if isinstance(what, Image.Image):
            return None, open_image(what)
        if isinstance(what, str | os.PathLike) and Path(what).suffix:
            image = open_image(Path(what))
            with contextlib.suppress(InputError):
                receipt = receipts.read(Path(what))
                return Result(image, receipt.request, receipt.made, receipt.seconds), image
            return None, image
        result = self._open(what)
        return result, result.image

    def __repr__(self) -> str:
        return f"Studio({self.model!r}): {len(self.experiments)} pictures in {self.experiments.store.folder}"
