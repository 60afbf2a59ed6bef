"""The widgets on older versions: on Google Colab's, without a browser; on these and on an older kernel, in real JupyterLab 4."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from driving import opened, ready, run, served
from test_in_jupyterlab import CELLS, goes_on_in_python

ROOT = Path(__file__).parents[2]
KERNEL = ["ipykernel==6.17.1"]
PINS = ["ipywidgets==7.7.1", "anywidget==0.9.21", *KERNEL, "traitlets==5.7.1", "ipython==7.34.0"]
NEEDED = ["backcall", "decorator", "ipython_genutils", "pickleshare"]  # by that ipython; the rest is here
PAGE = "jupyterlab_widgets==1.1.11"  # what JupyterLab 4 needs for a kernel with ipywidgets 7; pip by itself takes 3
VERSIONS = "import ipykernel, ipywidgets, anywidget; print(*(m.__version__ for m in (ipykernel, ipywidgets, anywidget)))"


def install(folder, packages):
    """Beside this environment, to be put before it."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target"]
    installed = subprocess.run([*command, str(folder), *packages], capture_output=True, text=True, timeout=1200)
    if installed.returncode:
        pytest.skip(f"they cannot be installed here: {installed.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    return install(tmp_path_factory.mktemp("colab"), [*PINS, *NEEDED, PAGE])


def before(folder):
    """A PYTHONPATH in which the folder comes first."""
    return os.pathsep.join(filter(None, [str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.slow
def test_every_widget_works_on_the_versions_of_colab(colab):
    """Every test of theirs that needs no browser, once more."""
    environment = {**os.environ, "PYTHONPATH": before(colab)}
    here = subprocess.run([sys.executable, "-c", VERSIONS], env=environment, capture_output=True, text=True)
    assert here.stdout.split() == ["6.17.1", "7.7.1", "0.9.21"], here.stderr
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", str(Path(__file__).parent)],
        env=environment, capture_output=True, text=True, timeout=3000,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


def share(folder, packages, page=None):
    """A share/jupyter folder with a kernel on these packages, and with what their page needs."""
    kernel = folder / "share" / "kernels" / "other"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "env": {"PYTHONPATH": before(packages)},
        "display_name": "Python 3 (ipykernel)", "language": "python",
    }))  # fmt: skip
    for name in page or []:
        shutil.copytree(packages / "share" / "jupyter" / "labextensions" / name, folder / "share" / "labextensions" / name)
    return folder / "share"


@pytest.mark.slow
def test_an_older_kernel_in_jupyterlab(tmp_path, chromium):
    """ipykernel 6.17, before the package comm, with the newest ipywidgets."""
    mine = share(tmp_path, install(tmp_path / "kernel", KERNEL))
    with served(tmp_path, [*CELLS, VERSIONS], share=mine) as address, opened(chromium, address) as page:
        goes_on_in_python(page, tmp_path, more=1)
        assert run(page, len(CELLS)).inner_text().split()[0] == "6.17.1"


@pytest.mark.slow
def test_the_versions_of_colab_in_jupyterlab(colab, tmp_path, chromium):
    mine = share(tmp_path, colab, ["anywidget", "@jupyter-widgets/jupyterlab-manager"])
    with served(tmp_path, [*CELLS, VERSIONS], share=mine) as address, opened(chromium, address) as page:
        goes_on_in_python(page, tmp_path, more=1)
        assert run(page, len(CELLS)).inner_text().split() == ["6.17.1", "7.7.1", "0.9.21"]


@pytest.mark.slow
def test_a_page_without_their_part_says_what_is_missing(colab, tmp_path, chromium):
    """ipywidgets 7 in the kernel, the page of ipywidgets 8: no widget at all can be shown, so the still says why."""
    cells = ["from PIL import Image; from sdkit.widgets import MaskCanvas; MaskCanvas(Image.new('RGB', (60, 40), 'teal'))"]
    with served(tmp_path, cells, share=share(tmp_path, colab)) as address, opened(chromium, address) as page:
        ready(page)
        output = run(page, 0)
        output.locator(".sdkit-still img").wait_for()
        said = output.inner_text()
        assert "ipywidgets 7.7.1" in said and "anywidget 0.9.21" in said and "jupyterlab_widgets<2" in said
        assert "error" not in said.lower() and output.locator(".sdkit").count() == 0
