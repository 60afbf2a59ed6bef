"""App: the widgets of one Studio in tabs, each opening what was chosen in the others."""

from __future__ import annotations

from typing import Any

import ipywidgets
from PIL import Image

from ..errors import InputError
from ..result import Result
from ..studio import Studio
from .closing import put_away
from .compare import Compare
from .export_panel import ExportPanel
from .mask import MaskCanvas
from .outpaint import OutpaintFrame
from .prompt_lab import PromptLab
from .rate import Rate
from .repaint import Repaint
from .stills import Stilled, view_of
from .table import ExperimentTable
from .worker import sentence
from .working import checked

TABS = ("Make", "Experiments", "Compare", "Rate", "Repaint", "Outpaint", "Export")
_PLACES = {"compare": 2, "rate": 3, "mask": 4, "outpaint": 5, "export": 6}


class App(Stilled, ipywidgets.VBox):
    """A Studio as an app. What is chosen under Experiments opens under the other tabs; so does `show(widget)`.

    `.lab`, `.table`, `.compare`, `.rate`, `.repaint`, `.outpaint` and `.export` are the widgets;
    the last five are None until something is there to see. Another picture that is opened under Export keeps placements and words.
    `settings` are PromptLab's.
    """

    def __init__(self, studio: Studio, **settings: Any) -> None:
        self.studio = checked(studio)
        self.lab = PromptLab(studio, **settings)
        self.table = ExperimentTable(studio, on_open=self.show)
        self.compare: Compare | None = None
        self.rate: Rate | None = None
        self.repaint: Repaint | None = None
        self.outpaint: OutpaintFrame | None = None
        self.export: ExportPanel | None = None
        hints = [ipywidgets.HTML("Choose pictures under Experiments, then open them here.") for _ in TABS[2:]]
        self.tabs = ipywidgets.Tab(children=[self.lab, self.table, *hints])
        for i, title in enumerate(TABS):
            self.tabs.set_title(i, title)
        self.tabs.observe(self._turned, "selected_index")
        self.lab.observe(lambda _: self._restill(), "selected")
        super().__init__([self.tabs])

    def show(self, widget: str) -> None:
        """Open the rows chosen in the table under "compare", "rate", "mask", "outpaint" or "export"; what is wrong is said in the table."""
        try:
            opened = self._opened(widget)
        except Exception as error:
            self.table.error = sentence(error)
            return
        self.table.error = ""
        if isinstance(opened, MaskCanvas):
            opened = Repaint(self.studio, opened)
        place = _PLACES[widget]
        setattr(self, TABS[place].lower(), opened)
        old = self.tabs.children[place]
        self.tabs.children = (*self.tabs.children[:place], opened, *self.tabs.children[place + 1 :])
        self.tabs.selected_index = place
        if old is not opened:
            put_away(old)

    def _opened(self, widget: str) -> Any:
        """The widget with what was chosen in it."""
        if widget == "outpaint":
            return OutpaintFrame(self.studio, self._first())
        if widget != "export":
            return self.table.show_in(widget)
        if self.export is None:
            return ExportPanel(self.studio, self._first())
        self.export.picture = self._first()
        return self.export

    def _first(self) -> Result:
        """The first of the chosen rows, or of those shown."""
        ids = self.table.chosen or self.table._ids
        if not ids:
            raise InputError("chosen", ids, "at least one row")
        return self.studio.experiments.open(ids[0])

    def _turned(self, change: Any) -> None:
        if change["new"] == TABS.index("Experiments"):
            self.table.refresh()

    def still(self) -> Image.Image | None:
        """The picture looked at, or the first rows of the experiments."""
        return self.lab.still() or self.table.still()

    def _alt(self) -> str:
        return self.lab._alt() if self.lab.still() else self.table._alt()

    def _token(self) -> str:
        return self.lab._token()  # which is live wherever the app is

    def _live(self) -> Any:
        return view_of(self), {}

    def close(self) -> None:
        """Stop, and take all widgets away. What is finished is in the store."""
        for child in self.tabs.children:
            child.close()
        self.tabs.close()
        super().close()

    def __repr__(self) -> str:
        return f"App({self.studio!r})"
