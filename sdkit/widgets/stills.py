"""What a saved notebook shows of a widget where no kernel runs: a still, in an output of its own.

A notebook shows one kind of data of each output, and prefers the widget; without a kernel that is "model not found". So the
still is a second output. While the widget is live its module hides the still (static/base.js), wherever that is: JupyterLab,
Notebook, Voila, VS Code, Colab. In JupyterLab and Notebook the still in turn hides the broken widget before it. Converters and
pages that run nothing, GitHub's among them, show an empty first output and the still.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from PIL import Image

from ..codecs import data_url, thumbnail
from .closing import Whole

SIDE = 640  # pixels a side
_VIEW = "application/vnd.jupyter.widget-view+json"
_SHARE = 1 / 10  # of the time that keeping the still up to date may take
_BROKEN = ".jp-OutputArea-child:not(:has(.sdkit)):has(+ .jp-OutputArea-child .sdkit-still-{0})"
_QUIET = "margin:4px 0 0;font:12px/1.4 system-ui,sans-serif;opacity:.75"


def token() -> str:
    """A name that no other still has; a letter first, as classes want it."""
    return f"s{secrets.token_hex(8)}"


def img(image: Image.Image, alt: str) -> str:
    """The picture as an <img> that needs no file."""
    source, words = data_url(thumbnail(image, SIDE), "JPEG", quality=85), escape(alt, quote=True)
    return f'<img src="{source}" alt="{words}" title="{words}" style="max-width:100%;border-radius:8px">'


def _missing() -> str:
    """What to do where running the cell changes nothing: the page comes from another environment than the kernel's."""
    import anywidget
    import ipywidgets

    page = ' and "jupyterlab_widgets<2"' if ipywidgets.__version__.startswith("7.") else ""
    versions = f"ipywidgets {ipywidgets.__version__}, anywidget {anywidget.__version__}"
    return f"If that changes nothing, install {versions}{page} where the notebook server runs, and load the page anew."


def view_of(widget: Any) -> dict[str, Any]:
    """The bundle of a widget made of others, on ipywidgets 7 too."""
    return {"text/plain": repr(widget), _VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


class Stilled(Whole):
    """A widget that leaves a still in the notebook. It has `still()` and `_alt()`."""

    _token: Callable[[], str]  # gives the name of its still, by which the live widget hides it
    _display = ""  # the id of the output with the still, "" before there is one
    _next = 0.0

    def still(self) -> Image.Image | None:
        """What the widget shows now, as a picture; None where there is nothing to see."""
        return None

    def _alt(self) -> str:
        return type(self).__name__

    def _live(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """(data, metadata) of the live widget."""
        found = super()._repr_mimebundle_()  # type: ignore[misc]
        return found if isinstance(found, tuple) else (found or {}, {})

    def _still_html(self) -> str:
        image, name = self.still(), type(self).__name__
        said = f'<p style="{_QUIET}">{escape(name)}, as it was saved. Run the cell to use it. {escape(_missing())}</p>'
        style = f"<style>{_BROKEN.format(self._token())}{{display:none}}</style>"
        shown = img(image, self._alt()) if image is not None else ""
        return f'<div class="sdkit-still sdkit-still-{self._token()}">{style}{shown}{said}</div>'

    def _repr_mimebundle_(self, **_: Any) -> Any:
        """For who shows a widget without IPython's display: the still beside it, in one bundle."""
        data, about = self._live()
        image = self.still() if data else None
        return {**data, **({"text/html": img(image, self._alt())} if image is not None else {})}, dict(about)

    def _ipython_display_(self, **_: Any) -> None:
        """The live widget, and its still."""
        from IPython.display import publish_display_data

        data, about = self._live()
        if _VIEW in data:
            data = {**data, "text/html": "<span></span>"}  # for who shows no widgets: the still follows
        publish_display_data(dict(data), dict(about))
        if _VIEW in data:
            self._display = token()
            publish_display_data({"text/html": self._still_html()}, transient={"display_id": self._display})

    def _restill(self, at_once: bool = False) -> None:
        """Show in the notebook what is to be seen now, unless that was done just before."""
        start = time.monotonic()
        if self._display and (at_once or start >= self._next):
            from IPython.display import publish_display_data

            publish_display_data({"text/html": self._still_html()}, transient={"display_id": self._display}, update=True)
            self._next = time.monotonic() + (time.monotonic() - start) / _SHARE
