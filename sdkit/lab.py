"""JupyterLab on the course, by one command."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .data import folder
from .errors import ExportError, MissingExtraError

_OVERRIDES = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def open_lab(more: Sequence[str] = ()) -> int:
    """Run JupyterLab on 00_start.ipynb until it is stopped; `more` goes to JupyterLab. Returns its exit status.

    From a checkout the notebooks open where they are; an installed sdkit copies them to ./notebooks first, and leaves a
    notebook that is already there alone. Raises MissingExtraError when JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("jupyterlab", "notebook", "sdkit lab")
    notebooks = _writable(folder("notebooks"))
    # JupyterLab refuses to run as root, as one is in most containers; it listens on this machine only, behind its token.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="sdkit-lab-") as settings:
        (Path(settings) / "overrides.json").write_text(json.dumps(_OVERRIDES))
        return subprocess.call([
            sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebooks.parent}",
            f"--LabApp.default_url=/lab/tree/{notebooks.name}/00_start.ipynb", f"--LabApp.app_settings_dir={settings}", *root, *more,
        ])  # fmt: skip


def _writable(source: Path) -> Path:
    """The notebooks, where their outputs can be saved."""
    if (source.parent / "pyproject.toml").exists():
        return source
    here = Path.cwd() / "notebooks"
    try:
        here.mkdir(exist_ok=True)
        for notebook in source.glob("*.ipynb"):
            if not (here / notebook.name).exists():
                shutil.copy(notebook, here)
    except OSError as error:
        raise ExportError(f"{here}: the notebooks could not be copied here: {error.strerror or error}.") from error
    return here
