"""What a Studio does with a picture that is there: vary it, repaint a part, widen it, enlarge it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import numpy as np
from PIL import Image

from . import canvas, receipts
from .backends.base import Backend, Progress
from .codecs import open_image
from .errors import InputError, SdkitError
from .prompt import Prompt, prepare
from .prompt import negative as negative_words
from .prompt.surroundings import surroundings
from .request import MAX_SIDE, Request, pair_of_pixels, real, seeds_of, whole
from .result import Patched, Result, ResultSet
from .sources import label
from .workshop import Workshop

Picture = str | os.PathLike[str] | Image.Image | Result

_NEW = 0.85  # strength with which another thing is painted under a mask: enough to draw it, not so much as to forget the light
_REGION = 2048 * 2048  # pixels of a Request about a region; a larger one is painted smaller, then enlarged into the photo
_VARIED = 2.0  # of the native side, as a square: a picture larger than that area is varied smaller
AROUND = "around"  # what the mask of an outpaint is called: the picture and the size say the rest
_KEPT_INFO = ("icc_profile", "exif", "dpi", "transparency", "gamma", "xmp")  # not another tool's text: it is about before


class Moves(Workshop, Protocol):
    """The moves of a Studio. Each returns Results that are kept in its store, and raises as `generate` does."""

    @property
    def backend(self) -> Backend:
        """The loaded model."""

    def inpaint(
        self, picture: Picture, mask: canvas.MaskSource, prompt: str | None = None, *, negative: str | None = None,
        grow: int = 0, feather: int = 4, invert: bool = False, protect: object = None, only_masked: bool = True,
        start: str = "around", strength: float | None = None, seed: int | None = None, steps: int | None = None,
        guidance: float | None = None, experiment: str = "", note: str = "inpaint", progress: bool | Progress = True,
        stop: Event | None = None,
    ) -> Patched:  # fmt: skip
        """Repaint what `mask` covers. Every other pixel comes back bit for bit, whatever the picture's size and mode.

        picture      up to 100 megapixels of any mode; of a file's rotation, colour profile and mode nothing changes either.
        mask         a picture or its path, an array (height, width), a box (left, top, right, bottom) in pixels or shares,
                     "alpha" for what is transparent, a colour, or a .txt file of polygons; all on the upright picture.
        prompt       what to paint there. By default what is around: the thing under the mask is removed.
        grow         pixels by which the mask grows, or shrinks where negative; invert: repaint all but that.
        feather      pixels over which the painted fades in, inside the mask.
        protect      what no move may touch: a mask of any of these kinds, or a list of them. It is taken out of the mask.
        only_masked  True works on a region around the mask, at the model's full resolution; False on the whole picture.
        start        "around": from the colours beside the mask, to replace or remove; "picture": from what lies under it, to
                     fix or restyle, with a `strength` of about 0.5.
        strength     how much of the start is given up, over 0 up to 1; by default 0.85 with a prompt, and without one what
                     suits the model for going on with what is around.
        seed         by default the picture's own, or 0.

        The Request is about the region (at most 4 megapixels; a larger one is painted smaller and enlarged), and so are its
        receipt, the store's row and file, and what `reproduce` makes again. The Patched that is returned holds the whole
        picture, as `image`; its `save` writes it. Where a seam shows, colours are made to meet there; `seam` says how visible
        it still is. Of a file only the region is worked on, in place; of a picture in memory
        one copy is made.
        """
        if start not in ("around", "picture"):
            raise InputError("start", start, '"around" or "picture"')
        if strength is None and prompt is not None:
            strength = _NEW
        feather = whole("feather", feather, 0, 1000)
        grow = whole("grow", grow, -1000, 1000)
        source, photo, ours = self._photo(picture)
        box, white = canvas.region_of(mask, photo, grow=grow, invert=invert, protect=protect)
        can = self.backend.can
        region = canvas.surrounded(box, photo.size, can.native, can.multiple) if only_masked else photo.box
        white = np.pad(white, ((box[1] - region[1], region[3] - box[3]), (box[0] - region[0], region[2] - box[2])))
        size = _within((region[2] - region[0], region[3] - region[1]), _REGION)
        wanted = Image.fromarray(white.astype(np.uint8) * 255)
        if wanted.size != size:  # what is to be painted in part is to be painted
            wanted = wanted.resize(size, Image.Resampling.BOX).point(lambda value: 255 * (value > 0))
        seen = photo.view(region, size)
        request = self._around(
            source, canvas.stretch(seen, wanted) if start == "around" else seen, wanted, prompt, negative, seed, strength, steps,
            guidance, label(picture, photo.image), _mask_label(mask),
        )  # fmt: skip
        part = self._one(request, experiment, note, progress, stop)
        whole_picture = photo if ours else canvas.Photo(photo.image.copy(), photo.orientation)
        whole_picture.put(region, part.image, white, feather)
        whole_picture.image.info = {k: v for k, v in photo.image.info.items() if k in _KEPT_INFO}
        return Patched(
            whole_picture.image, part.request, part.made, part.seconds, part.id, part.path, part.image, region, source
        )

    def vary(
        self, picture: Picture, prompt: str | None = None, *, strength: float | Sequence[float] = 0.5,
        seeds: int | Sequence[int] | None = None, negative: str | None = None, size: tuple[int, int] | None = None,
        protect: object = None, subseed: int = 0, subseed_strength: float = 0.0, steps: int | None = None,
        guidance: float | None = None, experiment: str = "", note: str = "vary", progress: bool | Progress = True,
        stop: Event | None = None,
    ) -> ResultSet:  # fmt: skip
        """Draw the picture anew, from itself: the higher the strength, the further from it. Several make a sheet.

        prompt     by default the picture's own; a photograph needs one.
        strength   over 0 up to 1, or several: [0.2, 0.4, 0.6, 0.8], a row each.
        seeds      how many, or which; by default the picture's own, or 0.
        size       (width, height) in pixels; by default the picture's own, less where it is far more than the model draws.
        protect    regions that stay bit for bit, as for `inpaint`; the picture then keeps its size and mode.
        subseed, subseed_strength     a second seed that the noise is turned to, as for `generate`.
        """
        strengths = [strength] if isinstance(strength, int | float) else list(strength)
        strengths = [real("strength", one, 0.0, 1.0, open_low=True) for one in strengths]
        if not strengths:
            raise InputError("strength", strength, "a number over 0 up to 1, or several of them")
        source, image = self._picture(picture)
        numbers = [source.request.seed if source else 0] if seeds is None else seeds_of(seeds)
        words = self._own_words(source, prompt, negative)
        common: dict[str, Any] = {"experiment": experiment, "note": note, "progress": progress, "stop": stop}
        if protect is not None:
            if size is not None or subseed_strength:
                raise InputError("protect", protect, "no protected region together with size= or subseed_strength=")
            return ResultSet([
                self.inpaint(
                    picture, (0.0, 0.0, 1.0, 1.0), words[0].text, negative=words[1], protect=protect, only_masked=False,
                    start="picture", strength=one, seed=seed, steps=steps, guidance=guidance, **common,
                )
                for one in strengths for seed in numbers
            ])  # fmt: skip
        can = self.backend.can
        native = min(can.native)
        size = _within(image.size, int((_VARIED * native) ** 2)) if size is None else pair_of_pixels("size", size)
        seen, called = canvas.Photo(image).view((0, 0, *image.size), size), label(picture, image)
        requests = [
            Request(
                prompt=words[0], negative=words[1], seed=seed, size=size, image=seen, source=called, strength=one,
                subseed=subseed, subseed_strength=subseed_strength, steps=can.steps if steps is None else steps,
                guidance=can.guidance if guidance is None else guidance,
            )
            for one in strengths for seed in numbers
        ]  # fmt: skip
        return self.run(requests, **common)

    def interpolate(
        self, prompt: str | Prompt, seed_a: int, seed_b: int, frames: int = 7, *, negative: str | None = None,
        size: tuple[int, int] | None = None, steps: int | None = None, guidance: float | None = None, experiment: str = "",
        note: str = "interpolate", progress: bool | Progress = True, stop: Event | None = None,
    ) -> ResultSet:  # fmt: skip
        """A strip of pictures on the way from one seed to the other, in equal steps; the first and last are those seeds' own.

        frames   2 to 200. Raises InputError for a prompt of more than one variant too.
        """
        frames = whole("frames", frames, 2, 200)
        ready, _ = prepare(prompt, negative=negative, templates=self.templates)
        if len(ready) != 1:
            raise InputError("prompt", str(prompt), "a prompt without variants", f"This one has {len(ready)}.")
        can = self.backend.can
        first = Request(
            prompt=ready[0].prompt, negative=ready[0].negative, seed=seed_a, size=can.native if size is None else size,
            steps=can.steps if steps is None else steps, guidance=can.guidance if guidance is None else guidance,
        )  # fmt: skip
        between = [first.replace(subseed=seed_b, subseed_strength=i / (frames - 1)) for i in range(frames - 1)]
        last = first.replace(seed=seed_b)
        return self.run([*between, last], experiment=experiment, note=note, progress=progress, stop=stop)

    def outpaint(
        self, picture: Picture, size: tuple[int, int] | None = None, *, anchor: str | tuple[float, float] = "centre",
        left: int = 0, right: int = 0, up: int = 0, down: int = 0, prompt: str | None = None, negative: str | None = None,
        seed: int | None = None, strength: float | None = None, steps: int | None = None, guidance: float | None = None,
        experiment: str = "", note: str = "outpaint", progress: bool | Progress = True, stop: Event | None = None,
    ) -> Result:  # fmt: skip
        """The picture, fitted whole into `size` and painted on around it.

        size      (width, height) in pixels of what comes back. Where the picture needs no scaling, its pixels stay as they are.
        anchor    where the picture sits: left, centre, right, top or bottom; the room for words is on the other side. Or
                  (x, y), shares of the canvas: the picture's middle comes as near to that point as it can, whole.
        left, right, up, down   instead of `size`: so many pixels more on each side; the picture is not scaled.
        prompt    what to paint around. By default the picture's own prompt without its subject, which goes into the negative.
        seed      by default the picture's own; strength, steps, guidance by default what suits the model.

        `seam` says how visible the join is. Raises as `generate` does.
        """
        source, image = self._picture(picture)
        if size is None:
            placed = canvas.widened(image.size, left=left, right=right, up=up, down=down)
            if max(placed.size) > MAX_SIDE:
                raise InputError("left, right, up, down", placed.size, f"at most {MAX_SIDE} pixels a side in all")
        elif left or right or up or down:
            raise InputError("size", size, "no size together with left=, right=, up= or down=")
        else:
            placed = canvas.place(image.size, pair_of_pixels("size", size), anchor)
        wide, mask = canvas.extend(image, placed)
        request = self._around(
            source, wide, mask, prompt, negative, seed, strength, steps, guidance, label(picture, image), AROUND
        )
        return self._one(request, experiment, note, progress, stop)

    def hires(
        self, picture: Picture, scale: float = 2, *, strength: float = 0.2, prompt: str | None = None,
        negative: str | None = None, seed: int | None = None, steps: int | None = None, guidance: float = 1.0,
        experiment: str = "", note: str = "hires", progress: bool | Progress = True, stop: Event | None = None,
    ) -> Result:  # fmt: skip
        """The picture enlarged, its details drawn anew: by a UNet in overlapping windows, denoised as one picture.

        scale      over 1 up to 16; the result has exactly the rounded size, at most 4096 pixels a side.
        strength   how much is drawn anew: 0.2 sharpens, over 0.4 the model invents.
        guidance   1 by default: more of it draws the prompt's subject again in every window.
        prompt     by default the picture's own; a photograph needs one.
        """
        scale = real("scale", scale, 1.0, 16.0, open_low=True)
        source, image = self._picture(picture)
        size = (round(image.width * scale), round(image.height * scale))
        if max(size) > MAX_SIDE:
            most = MAX_SIDE / max(image.size)
            raise InputError("scale", scale, f"at most {most:.4g} for this picture, {MAX_SIDE} pixels a side", "Crop it first.")
        words, can = self._own_words(source, prompt, negative), self.backend.can
        large = canvas.Photo(image).view((0, 0, *image.size)).resize(size, Image.Resampling.LANCZOS)
        request = Request(
            prompt=words[0], negative=words[1], seed=seed if seed is not None else source.request.seed if source else 0,
            size=size, image=large, source=label(picture, image), strength=strength,
            steps=can.steps if steps is None else steps, guidance=guidance,
        )  # fmt: skip
        return self._one(request, experiment, note, progress, stop)

    def seam(self, picture: Result | str | os.PathLike[str]) -> canvas.Seam:
        """How visible the join in an inpainted or outpainted picture is: a Result, an id of the store, or a PNG of it.

        Raises InputError for a picture that was not painted beside something kept.
        """
        if isinstance(picture, Patched):
            assert picture.request.mask is not None
            seen = canvas.Photo.of(picture.image).view(picture.box, picture.request.size)
            return canvas.seam(seen, picture.request.mask)
        source, image = self._picture(picture)
        if source is None or source.request.mask is None:
            raise InputError("picture", picture, "a picture that inpaint or outpaint made")
        return canvas.seam(image, source.request.mask.resize(image.size, Image.Resampling.NEAREST))

    # -- the steps -----------------------------------------------------------------------------------------------------

    def _around(
        self, source: Result | None, wide: Image.Image, mask: Image.Image, prompt: str | None, negative: str | None,
        seed: int | None, strength: float | None, steps: int | None, guidance: float | None, called: str, mask_called: str,
    ) -> Request:  # fmt: skip
        """The request that paints the white of `mask` on the canvas `wide`; `called`, what the picture on it is."""
        source = self._shown(source)
        words, subject = surroundings(source.request.prompt.text) if source else ("empty background", "")
        kept_out = [negative_words(negative)] if negative is not None else [subject, source.request.negative if source else ""]
        can = self.backend.can
        return Request(
            prompt=Prompt.literal(prompt or words), negative=", ".join(filter(None, kept_out)) if prompt is None or negative else "",
            seed=seed if seed is not None else source.request.seed if source else 0, size=wide.size, image=wide, mask=mask,
            source=called, mask_source=mask_called, strength=can.outpaint if strength is None else strength,
            steps=can.steps if steps is None else steps, guidance=can.guidance if guidance is None else guidance,
        )  # fmt: skip

    def _shown(self, source: Result | None) -> Result | None:
        """The one whose words say what a picture shows: of an outpaint, what it was painted around."""
        passed: set[str] = set()  # a store from elsewhere may lead in a circle
        while source is not None and source.request.mask_source == AROUND and source.request.source not in passed:
            passed.add(source.request.source)
            try:
                source = self._open(source.request.source)
            except SdkitError:
                break  # not of this store
        return source

    def _own_words(self, source: Result | None, prompt: str | None, negative: str | None) -> tuple[Prompt, str]:
        """A prompt and a negative; of the picture's own what is not given."""
        if prompt is None and source is None:
            raise InputError("prompt", None, "words for what the picture shows", "It has no receipt that says them.")
        own = source.request.negative if source and prompt is None else ""
        kept_out = own if negative is None else negative_words(negative)
        return (source.request.prompt if prompt is None and source else Prompt.literal(prompt or "")), kept_out

    def _photo(self, what: object) -> tuple[Result | None, canvas.Photo, bool]:
        """A picture with its Result, where it has one, as it is stored; and whether it is ours alone, to be painted in."""
        if isinstance(what, Result):
            return (what.of if isinstance(what, Patched) else what), canvas.Photo.of(what.image), False
        if isinstance(what, str | os.PathLike) and Path(what).suffix:
            source, image = None, open_image(Path(what), upright=False)
            with contextlib.suppress(InputError):
                receipt = receipts.read(image)  # from what was decoded: the file is not read twice
                source = Result(image, receipt.request, receipt.made, receipt.seconds)
            return source, canvas.Photo.of(image), source is None
        if isinstance(what, Image.Image):
            return None, canvas.Photo.of(open_image(what)), False
        source, image = self._picture(what)
        return source, canvas.Photo(image), False


def _mask_label(mask: object) -> str:
    """What a mask that a person wrote or named is called; "" of pixels, which have their hash."""
    if isinstance(mask, str | os.PathLike):
        return Path(mask).name
    return ", ".join(f"{side:g}" for side in mask) if isinstance(mask, tuple) else ""


def _within(size: tuple[int, int], pixels: int) -> tuple[int, int]:
    """`size`, or where it has more than so many pixels, or a side over the largest of a Request, less in its proportions."""
    scale = min(1.0, (pixels / (size[0] * size[1])) ** 0.5, MAX_SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
