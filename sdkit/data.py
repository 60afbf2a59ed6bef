"""Where the folders of editable data (`templates`, `brand`, `notebooks`) are: in a source checkout or inside the installed wheel."""

from __future__ import annotations

from pathlib import Path

from .errors import InputError

_PACKAGE = Path(__file__).resolve().parent
_NAMES = ("templates", "brand", "notebooks")
_INSIDE = {"brand": "assets/brand"}  # sdkit/brand is the room that reads such folders


def folder(name: str) -> Path:
    """The data folder `name`: "templates", "brand" or "notebooks".

    The wheel carries them inside the package; a source checkout has them beside it, next to pyproject.toml.
    Raises InputError when the name is another or the folder is not there.
    """
    if name not in _NAMES:
        raise InputError("name", name, " or ".join(map(repr, _NAMES)))
    inside, beside = _PACKAGE / _INSIDE.get(name, name), _PACKAGE.parent / name
    if inside.is_dir():
        return inside
    if beside.is_dir() and (beside.parent / "pyproject.toml").is_file():  # not some other package's folder of that name
        return beside
    raise InputError("name", name, "a data folder that is installed", "This installation lacks it; install sdkit again.")


__all__ = ["folder"]
