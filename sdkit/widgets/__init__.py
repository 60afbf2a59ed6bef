"""The studio inside the notebook: paint, compare, prompt and rate without leaving the cell. Thin over Studio.

MaskCanvas(image)          paint what a move may change; `.mask` is the PIL mask
Compare(results)           side by side, before and after, the difference, or all of them on a sheet
PromptLab(studio)          words, settings, a live preview and the strip of what was made
Rate(results)              blind pairs and one to five, by keyboard
OutpaintFrame(studio, image)   drag a frame, or pick a placement, and have the rest painted
ExportPanel(studio, picture)   placements, words, what is wrong with them, and the files
Repaint(studio, image)     a MaskCanvas with what paints it anew
App(studio)                all of them in tabs; also studio.app()
ExperimentTable(store)     sort, filter, search and tag what was made, and open it in the others

The names load when they are first used. Raises MissingExtraError without anywidget: pip install "sdkit[notebook]".
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import MissingExtraError

if TYPE_CHECKING:
    from .app import App
    from .compare import Compare
    from .export_panel import ExportPanel
    from .mask import MaskCanvas
    from .outpaint import OutpaintFrame
    from .prompt_lab import PromptLab
    from .rate import Rate
    from .repaint import Repaint
    from .table import ExperimentTable
    from .worker import Job, Worker

_HOMES = {
    "App": "app",
    "Compare": "compare",
    "ExperimentTable": "table",
    "ExportPanel": "export_panel",
    "Job": "worker",
    "MaskCanvas": "mask",
    "OutpaintFrame": "outpaint",
    "PromptLab": "prompt_lab",
    "Rate": "rate",
    "Repaint": "repaint",
    "Worker": "worker",
}

__all__ = [
    "App",
    "Compare",
    "ExperimentTable",
    "ExportPanel",
    "Job",
    "MaskCanvas",
    "OutpaintFrame",
    "PromptLab",
    "Rate",
    "Repaint",
    "Worker",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'sdkit.widgets' has no attribute {name!r}; it has {', '.join(__all__)}")
    try:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    except ModuleNotFoundError as error:
        if error.name not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        raise MissingExtraError(str(error.name), "notebook", f"sdkit.widgets.{name}") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
