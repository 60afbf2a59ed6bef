"""Compare: pictures held against each other, and all of them on a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets
from PIL import Image

from ..codecs import encode
from ..errors import InputError
from ..experiments.compare import apart, words
from ..request import real
from ..sheet import contact_sheet
from .panel import Panel, css, esm, jpeg, one_of
from .pictures import Shown, Thumbnails, gather, places

MODES = ("side", "slider", "difference", "sheet")
MOST = 6  # pictures side by side
_THUMB, _LARGE = 224, 1280  # pixels a side
_STILL = 6  # rows and columns of the saved notebook's sheet


class Compare(Panel):
    """Pictures side by side, before and after, their difference, or all of them on a sheet whose labels stay in view.

    results   a ResultSet, Results, PIL images, paths, {name: picture}, or a frame of the experiments; hundreds if need be.
    mode      "side" (2 to 6, zoomed and moved together), "slider" (before and after), "difference", or "sheet". By default
              the slider for two pictures, side by side up to six, and the sheet for more.
    chosen    places in `results` of those that are compared; 0 is the first. Picked on the sheet, or set here.

    `.zoom` (1 to 32), `.centre` ((x, y), shares of the picture) and `.split` (0 to 1, the slider) can be read and set too;
    `.pictures` are the chosen ones, as PIL images. Raises InputError for what holds no picture.
    """

    _esm = esm("compare")
    _css = css("compare")

    mode = traitlets.Unicode("sheet").tag(sync=True)
    chosen = traitlets.List(traitlets.Int()).tag(sync=True)
    zoom = traitlets.Float(1.0).tag(sync=True)
    centre = traitlets.List(traitlets.Float(), [0.5, 0.5], minlen=2, maxlen=2).tag(sync=True)
    split = traitlets.Float(0.5).tag(sync=True)
    gain = traitlets.Float(4.0).tag(sync=True)
    side = traitlets.Int(140).tag(sync=True)
    _items: Any = traitlets.List().tag(sync=True)
    _rows: Any = traitlets.List().tag(sync=True)
    _columns: Any = traitlets.List().tag(sync=True)
    _notes: Any = traitlets.List().tag(sync=True)

    def __init__(self, results: object, *, mode: str | None = None, chosen: Sequence[int] | None = None, **traits: Any) -> None:
        self._shown: list[Shown] = gather(results)
        count = len(self._shown)
        if not count:
            raise InputError("results", results, "at least one picture")
        self._thumbs = Thumbnails(self._shown, _THUMB)
        rows, columns, at = places(self._shown)
        if mode is None:
            mode = "sheet" if count == 1 or count > MOST else "slider" if count == 2 else "side"
        super().__init__(
            mode=mode, chosen=list(range(min(count, 2 if count > MOST else MOST))) if chosen is None else list(chosen),
            _rows=rows, _columns=columns, _items=[[p.name, *place] for p, place in zip(self._shown, at, strict=True)], **traits,
        )  # fmt: skip
        self._noted()

    @property
    def pictures(self) -> list[Image.Image]:
        """The chosen pictures, at full size."""
        return [self._shown[i].open() for i in self.chosen]

    # -- what the page asks for ----------------------------------------------------------------------------------------

    def _on_thumbs(self, places: Sequence[int]) -> None:
        wanted = [i for i in places if isinstance(i, int) and 0 <= i < len(self._shown)]
        self.tell("thumbs", [self._thumbs[i] for i in wanted], places=wanted)

    def _on_large(self, places: Sequence[int]) -> None:
        wanted = [i for i in places if isinstance(i, int) and 0 <= i < len(self._shown)]
        for i in wanted:
            image = self._shown[i].open()
            self.tell("large", [jpeg(image, _LARGE, 92)], place=i, size=list(image.size))

    def _on_difference(self, first: int, second: int) -> None:
        one, other = self._shown[first].open(), self._shown[second].open()
        difference, changed, mean = apart(one, other)
        difference.thumbnail((_LARGE, _LARGE))
        words = f"{changed:.1%} of pixels differ, by {mean:.1f} of 255 on average"
        self.tell("difference", [encode(difference)], first=first, second=second, words=words)

    # -- how it is shown -----------------------------------------------------------------------------------------------

    @traitlets.observe("chosen")
    def _noted(self, _: Any = None) -> None:
        """What each chosen picture's words and settings have that the first one's do not."""
        notes = []
        for i in self.chosen:
            first, one = self._shown[self.chosen[0]], self._shown[i]
            notes.append({
                "of": [self.chosen[0], i],
                "prompt": words(first.prompt, one.prompt), "negative": words(first.negative, one.negative),
                "settings": [
                    [name, first.settings.get(name, "-"), value] for name, value in one.settings.items()
                    if (i == self.chosen[0] and not _idle(name, one.settings)) or first.settings.get(name, "-") != value
                ],
            })  # fmt: skip
        self._notes = notes

    def still(self) -> Image.Image:
        """The chosen pictures, or of the sheet the first rows, as the saved notebook shows them."""
        if self.mode != "sheet":
            return contact_sheet(
                [""], [self._shown[i].name for i in self.chosen],
                {(0, k): self._shown[i].open() for k, i in enumerate(self.chosen)}, label_width=1,
            )  # fmt: skip
        from io import BytesIO

        cells = {
            (row, column): Image.open(BytesIO(self._thumbs[i])) for i, (_, row, column) in enumerate(self._items)
            if row < _STILL and column < _STILL
        }  # fmt: skip
        return contact_sheet(self._rows[:_STILL], self._columns[:_STILL], cells, side=160)

    def _alt(self) -> str:
        return f"Compared: {len(self._shown)} picture{'s' * (len(self._shown) != 1)}"

    @traitlets.observe("mode", "chosen")
    def _turned(self, _: Any) -> None:
        self._restill()

    @traitlets.validate("mode")
    def _mode(self, proposal: Any) -> str:
        return one_of("mode", proposal["value"], MODES)

    @traitlets.validate("chosen")
    def _chosen(self, proposal: Any) -> list[int]:
        value = list(dict.fromkeys(proposal["value"]))
        if len(value) > MOST or any(not 0 <= i < len(self._shown) for i in value):
            raise InputError("chosen", proposal["value"], f"up to {MOST} places from 0 to {len(self._shown) - 1}")
        return value

    @traitlets.validate("zoom")
    def _zoom(self, proposal: Any) -> float:
        return real("zoom", proposal["value"], 1.0, 32.0)

    @traitlets.validate("split")
    def _split(self, proposal: Any) -> float:
        return real("split", proposal["value"], 0.0, 1.0)

    @traitlets.validate("centre")
    def _centre(self, proposal: Any) -> list[float]:
        return [real("centre", value, 0.0, 1.0) for value in proposal["value"]]

    def __repr__(self) -> str:
        return f"Compare({len(self._shown)} pictures, {self.mode})"


def _idle(name: str, settings: Mapping[str, str]) -> bool:
    """Whether a setting says nothing of a picture: a strength without a picture to start from, say."""
    plain = settings.get("kind", "text2img") == "text2img"
    return settings[name] == "-" or (plain and name in ("kind", "strength"))
