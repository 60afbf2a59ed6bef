"""The widgets on the versions that Google Colab has: every test of theirs that needs no browser, once more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PINS = ["ipywidgets==7.7.1", "anywidget==0.9.21", "ipykernel==6.17.1", "traitlets==5.7.1", "ipython==7.34.0"]


@pytest.mark.slow
def test_every_widget_works_on_the_versions_of_colab(tmp_path):
    """Installed beside this environment, and put before it."""
    target = tmp_path / "colab"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(target), *PINS]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    if installed.returncode:
        pytest.skip(f"they cannot be installed here: {installed.stderr.strip().splitlines()[-1]}")
    folders = [str(target), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders))}
    here = subprocess.run(
        [sys.executable, "-c", "import ipywidgets, anywidget; print(ipywidgets.__version__, anywidget.__version__)"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert here.stdout.split() == ["7.7.1", "0.9.21"], here.stderr
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", str(Path(__file__).parent)],
        env=environment, capture_output=True, text=True, timeout=3000,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
