"""`sdkit lab` serves the notebooks; an installed sdkit copies them to where they can be saved."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from sdkit import lab
from sdkit.data import folder


@pytest.mark.slow
def test_jupyterlab_opens_the_first_notebook(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "sdkit",
        "lab",
        "--no-browser",
        f"--port={port}",
        "--IdentityProvider.token=t",
        "--allow-root",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/api/contents/notebooks/00_start.ipynb?token=t"
        for _ in range(240):
            try:
                with urllib.request.urlopen(url, timeout=5) as reply:
                    assert json.load(reply)["type"] == "notebook"
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert process.poll() is None, "JupyterLab ended"
                time.sleep(0.25)
        else:
            pytest.fail("JupyterLab did not answer within a minute")
    finally:
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.terminate()
        process.wait(30)


def test_an_installed_sdkit_copies_the_notebooks_and_keeps_what_a_person_changed(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages" / "sdkit" / "notebooks"
    installed.mkdir(parents=True)
    for notebook in folder("notebooks").glob("*.ipynb"):
        (installed / notebook.name).write_text(notebook.read_text())
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    copied = lab._writable(installed)
    assert copied == tmp_path / "work" / "notebooks" and (copied / "00_start.ipynb").exists()
    (copied / "00_start.ipynb").write_text("mine")
    lab._writable(installed)
    assert (copied / "00_start.ipynb").read_text() == "mine"
