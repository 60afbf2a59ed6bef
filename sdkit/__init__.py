"""sdkit: a marketing asset kit on Stable Diffusion, for notebooks first.

>>> from sdkit import Studio
>>> studio = Studio()
>>> shots = studio.generate("a {rocket|gift box} on a {mint|navy} gradient background", negative="@clean", seeds=3)

The names below load what they need when they are first used: `import sdkit` loads neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .brand import Brand
    from .errors import (
        BrandError,
        ExportError,
        ImageError,
        InputError,
        Interrupted,
        LayoutError,
        MissingExtraError,
        ModelError,
        PlacementError,
        PromptError,
        PromptWarning,
        RightsWarning,
        SdkitError,
        StoreError,
        UnsafeFileError,
    )  # fmt: skip
    from .export import Kit, Placement, papers
    from .layout import Banner, Theme
    from .layout.specimen import table as layouts
    from .prompt import Prompt
    from .prompt.curated import table as prompts
    from .prompt.lint import lint
    from .request import Request
    from .result import Patched, Result, ResultSet
    from .sheet import show
    from .studio import Studio

_HOMES = {
    "brand": ("Brand",),
    "errors": (
        "BrandError", "ExportError", "ImageError", "InputError", "Interrupted", "LayoutError", "MissingExtraError", "ModelError",
        "PlacementError", "PromptError", "PromptWarning", "RightsWarning", "SdkitError", "StoreError", "UnsafeFileError",
    ),
    "export": ("Kit", "Placement", "papers"),
    "layout": ("Banner", "Theme"),
    "layout.specimen": ("layouts",),
    "prompt": ("Prompt", "lint"),
    "prompt.curated": ("prompts",),
    "request": ("Request",),
    "result": ("Patched", "Result", "ResultSet"),
    "sheet": ("show",),
    "studio": ("Studio",),
}  # fmt: skip
_OTHERWISE = {"prompts": "table", "layouts": "table"}  # what a name is called at home
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Banner", "Brand", "BrandError", "ExportError", "ImageError", "InputError", "Interrupted", "Kit", "LayoutError",
    "MissingExtraError", "ModelError", "Patched", "Placement", "PlacementError", "Prompt", "PromptError", "PromptWarning",
    "Request", "Result", "ResultSet", "RightsWarning", "SdkitError", "StoreError", "Studio", "Theme", "UnsafeFileError",
    "layouts", "lint", "papers", "prompts", "show",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("sdkit")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'sdkit' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), _OTHERWISE.get(name, name))
    globals()[name] = value
    return value


def load_ipython_extension(shell: object) -> None:
    """`%load_ext sdkit`: the cell magic %%sd, completion of the kit's names, `frame.sdkit` on DataFrames."""
    from .widgets.magics import load

    load(shell)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
