"""The app: tabs that open in each other what was chosen; and painting anew what a mask covers."""

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from sdkit.widgets import App, Repaint

PATIENCE = 120


def test_the_tabs_open_in_each_other(painted):
    app = painted.app(prompt="a {rocket|lemon}", steps=1, count=2)
    assert isinstance(app, App) and [type(c).__name__ for c in app.tabs.children[:2]] == ["PromptLab", "ExperimentTable"]
    app.show("compare")
    assert "at least one row" in app.table.error and app.compare is None
    app.lab.generate()
    assert app.lab.wait(PATIENCE)
    app.tabs.selected_index = 1
    assert len(app.table.frame()) == 4 and app.table.chosen == []
    app.table.chosen = app.table._ids[:3]
    app.table._heard(app.table, {"kind": "open", "widget": "compare"}, [])
    assert app.table.error == "" and app.tabs.selected_index == 2 and len(app.compare._shown) == 3
    app.show("rate")
    assert app.rate.total >= 1 and app.tabs.children[3] is app.rate
    app.show("mask")
    assert app.repaint.canvas.image.size == (64, 64) and app.tabs.selected_index == 4
    app.show("outpaint")
    assert app.outpaint.alt in ("a rocket", "a lemon") and app.tabs.selected_index == 5
    app.show("export")
    assert app.export.picture.id == app.table._ids[0] and app.tabs.children[6] is app.export and app.tabs.selected_index == 6
    app.export.placements, app.table.chosen = ["x-post"], app.table._ids[1:2]
    app.show("export")  # another picture, the same placements
    assert app.export.picture.id == app.table.chosen[0] and app.export.placements == ["x-post"]
    assert app.tabs.children[6] is app.export and app.export.settled(PATIENCE) and "x-post" in app.export.fits
    assert "data:image/jpeg" in app._repr_mimebundle_()[0]["text/html"]
    app.close()


def test_repainting_changes_what_is_marked_and_nothing_else(painted):
    before = Image.new("RGB", (160, 120), (10, 200, 90))
    repaint = Repaint(painted, before)
    assert repaint.run() is None and "Mark something" in repaint.status.value
    repaint.canvas.add({"tool": "box", "points": [[40, 30], [100, 90]]})
    repaint.prompt.value = "a lemon"
    repaint.run()
    assert repaint.wait(PATIENCE) and repaint.status.value.startswith("Done")
    after, box = np.asarray(repaint.result.image), np.zeros((120, 160), bool)
    box[30:90, 40:100] = True
    assert (after[~box] == (10, 200, 90)).all() and (after[box] != (10, 200, 90)).any()
    assert (np.asarray(repaint.canvas.image) == (10, 200, 90)).all() and len(painted.experiments) == 1
    assert repaint.children[2].mode == "slider" and isinstance(repaint.children[1], ipywidgets.HBox)
    repaint.seed.value = -1
    repaint.run()
    assert repaint.wait(PATIENCE) and repaint.status.value.startswith("seed: got -1") and not repaint.go.disabled
    repaint.close()


def test_a_missing_extra_names_its_command():
    """In a Python that has no anywidget, which nothing else here may notice."""
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['anywidget'] = None\n"
        "from sdkit import MissingExtraError\n"
        "import sdkit.widgets\n"
        "try: sdkit.widgets.MaskCanvas\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert 'pip install "sdkit[notebook]"' in done.stdout, done.stderr
    with pytest.raises(AttributeError, match="MaskCanvas"):
        import sdkit.widgets

        _ = sdkit.widgets.MaskCanva
