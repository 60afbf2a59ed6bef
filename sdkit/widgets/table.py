"""ExperimentTable: the store as a table to sort, filter, search and tag, and the way from there into any other widget."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets
from PIL import Image

from ..codecs import open_image
from ..errors import InputError, SdkitError, near
from ..experiments import Experiments, Store
from ..experiments.measures import NUMBERS
from ..sheet import contact_sheet
from .panel import Panel, css, esm, typed
from .pictures import Thumbnails, gather

_SIDE = 120  # pixels
_STILL = 8  # pictures
_HIDDEN = {"path", "session", "template", "palette", "dhash", "model_hash", "batch", "dtype", "mask_source"}
_FIRST = ("prompt", "seed", "rating", "kept", "tags")  # the columns to begin with, then what varies
_MOST = 10  # columns to begin with
_TAG = 60  # letters


class ExperimentTable(Panel):
    """The pictures of a store, one a row, newest first.

    store        a Store, the experiments of a Studio, or the Studio.
    experiment   only pictures of this experiment; `last`, only the newest so many.
    columns      those to show, by the names of the frame; by default prompt, seed, what people said, and what varies.
    sort         a column; `descending`, the other way round.
    search       words that must all stand in the prompt, the negative, the notes or the tags, by their beginnings.
    filters      {column: value}: only rows of that value.
    chosen       ids of the rows that were picked, in order.

    A double-click opens that row, Enter the chosen ones, where `on_open` says: a function of the widget's name; see `Studio.app()`.
    `.frame()` is what is shown, as a DataFrame; `.results` are the chosen pictures, opened; `.show_in("compare")`, "rate" or "mask"
    gives them in that widget. `.tag(words)` and `.untag(words)` tag the chosen, `.refresh()` reads the store again.
    """

    _esm = esm("table")
    _css = css("table")

    columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sort = traitlets.Unicode("id").tag(sync=True)
    descending = traitlets.Bool(True).tag(sync=True)
    search = typed(traitlets.Unicode(""))
    filters = traitlets.Dict().tag(sync=True)
    chosen = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _known = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _choices = traitlets.Dict().tag(sync=True)
    _ids = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _cells: Any = traitlets.List().tag(sync=True)
    _total = traitlets.Int(0).tag(sync=True)
    _opens = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, store: object, *, experiment: str | None = None, last: int | None = None, columns: Sequence[str] = (),
        on_open: Callable[[str], None] | None = None, **traits: Any,
    ) -> None:  # fmt: skip
        found = getattr(store, "experiments", store)
        if isinstance(found, Store):
            found = Experiments(found)
        if not isinstance(found, Experiments):
            raise InputError("store", store, "a Store, a Studio, or its experiments")
        self._experiments = found
        self._on_opening = on_open
        self._of: dict[str, Any] = {"experiment": experiment, "last": last}
        self._ready, self._shown = False, found.frame(last=0)
        super().__init__(_opens=on_open is not None)
        self._read()
        self.columns = list(columns) or self._telling_columns()
        self._ready = True
        for name, value in traits.items():
            if not self.has_trait(name):
                raise InputError(name, value, "a trait of ExperimentTable")
            setattr(self, name, value)
        self._arrange()

    # -- rows ----------------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the store again: pictures made, rated and tagged meanwhile."""
        self._read()
        self._arrange()

    def frame(self) -> Any:
        """The rows shown, in order, as a DataFrame."""
        return self._shown

    @property
    def results(self) -> list[Any]:
        """The chosen pictures, opened."""
        return [self._experiments.open(id) for id in self.chosen]

    def show_in(self, widget: str, **more: Any) -> Any:
        """The chosen rows, or where none is chosen all that are shown, in another widget: "compare", "rate" or "mask"."""
        from . import Compare, MaskCanvas, Rate

        rows = self._table.set_index("id", drop=False)
        picked = rows.loc[self.chosen] if self.chosen else self._shown
        if widget not in ("compare", "rate", "mask"):
            raise InputError("widget", widget, '"compare", "rate" or "mask"', near(widget, ["compare", "rate", "mask"]))
        if not len(picked):
            raise InputError("chosen", self.chosen, "at least one row")
        if widget == "mask":
            return MaskCanvas(self._experiments.open(str(picked.iloc[0]["id"])), **more)
        return (Compare if widget == "compare" else Rate)(picked.reset_index(drop=True), **more)

    def tag(self, words: str) -> None:
        """Put a tag on the chosen rows."""
        self._tagged(self._experiments.tag, words)

    def untag(self, words: str) -> None:
        """Take a tag off the chosen rows."""
        self._tagged(self._experiments.untag, words)

    def _tagged(self, say: Any, words: str) -> None:
        if not self.chosen:
            raise InputError("chosen", self.chosen, "at least one row", "Pick the rows to tag first.")
        if len(words) > _TAG:
            raise InputError("tag", words, f"at most {_TAG} letters")
        for id in self.chosen:
            say(id, words)
        self.refresh()

    def _read(self) -> None:
        self._table = self._experiments.frame(**self._of)
        self._known = [str(c) for c in self._table.columns if c not in _HIDDEN and c not in ("id", "note")]
        self._choices = {
            c: values for c in self._known
            if 2 <= len(values := sorted({_said(v) for v in self._table[c]} - {""})) <= 24 and c not in (*NUMBERS, "created", "seconds")
        }  # fmt: skip

    def _telling_columns(self) -> list[str]:
        varies = [c for c in self._choices if c not in _FIRST]
        return [*(c for c in _FIRST if c in self._known), *varies][:_MOST]

    @traitlets.observe("sort", "descending", "search", "filters", "columns")
    def _arrange(self, _: Any = None) -> None:
        """The rows that are looked for, in order."""
        if not self._ready:
            return
        table = self._table
        if self.search.strip():
            found = set(self._experiments.search(self.search)["id"])
            table = table[table["id"].isin(found)]
        for column, value in self.filters.items():
            if value:
                table = table[np.array([_said(v) == value for v in table[column]], bool)]
        table = table.sort_values(self.sort, ascending=not self.descending, kind="stable", na_position="last")
        self._shown = table.reset_index(drop=True)
        self._thumbs = Thumbnails(gather(self._shown) if len(self._shown) else [], _SIDE)
        with self.hold_sync():
            self._total = len(self._table)
            self.chosen = [id for id in self.chosen if id in set(self._table["id"])]
            self._ids = list(self._shown["id"])
            self._cells = [[_said(v) for v in self._shown[c]] for c in self.columns]
        self._restill()

    # -- what the page asks for ----------------------------------------------------------------------------------------

    def _on_thumbs(self, ids: Sequence[str]) -> None:
        place = {id: i for i, id in enumerate(self._ids)}
        wanted = [id for id in ids if id in place]
        self.tell("thumbs", [self._thumbs[place[id]] for id in wanted], ids=wanted)

    def _on_open(self, widget: str) -> None:
        if self._on_opening is not None:
            self._on_opening(widget)

    def _on_tag(self, words: str) -> None:
        self.tag(words)

    def _on_untag(self, words: str) -> None:
        self.untag(words)

    def _on_refresh(self) -> None:
        self.refresh()

    # -- how it is shown -----------------------------------------------------------------------------------------------

    def still(self) -> Image.Image | None:
        """The first pictures of the table."""
        images = []
        for path in self._shown["path"].head(_STILL):
            with contextlib.suppress(SdkitError):  # a file that is gone
                images.append(open_image(str(path)))
        cells = {(0, i): image for i, image in enumerate(images)}
        return contact_sheet([""], [""] * len(images), cells, side=140, label_width=1) if images else None

    def _alt(self) -> str:
        return f"Experiments: {len(self._shown)} of {len(self._table)} pictures"

    @traitlets.validate("sort")
    def _sort(self, proposal: Any) -> str:
        known = [*self._known, "id"] if self._ready else ["id"]
        if proposal["value"] not in known:
            raise InputError("sort", proposal["value"], "a column of the table", near(proposal["value"], known))
        return str(proposal["value"])

    @traitlets.validate("columns", "filters")
    def _columns(self, proposal: Any) -> Any:
        for name in proposal["value"]:
            if name not in self._known:
                raise InputError(proposal["trait"].name, name, "columns of the table", near(name, self._known))
        return proposal["value"]

    @traitlets.validate("chosen")
    def _chosen(self, proposal: Any) -> list[str]:
        there = set(self._table["id"]) if self._ready else set()
        if missing := [id for id in proposal["value"] if id not in there]:
            raise InputError("chosen", missing[0], "the ids of rows in the table")
        return list(dict.fromkeys(proposal["value"]))

    def __repr__(self) -> str:
        return f"ExperimentTable({self._alt()})"


def _said(value: object) -> str:
    """A value as the table shows it."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)
