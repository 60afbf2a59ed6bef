"""What is closed is gone: its thread, its models and parts in the kernel, its listeners and pictures in the page."""

import gc
import threading
import weakref

import ipywidgets
import pytest
from making import every

from sdkit import Studio
from sdkit.widgets import Worker

PATIENCE = 120


def alive():
    """Ids of the widgets that ipywidgets holds, 7 or 8."""
    held = getattr(ipywidgets.widgets.widget, "_instances", None)
    return set(ipywidgets.Widget.widgets if held is None else held)


def test_an_app_and_all_it_opened_leave_nothing(tmp_path, painter):
    studio = Studio("painter", store=tmp_path / "s", backend=painter)
    before, threads = alive(), threading.active_count()
    for _ in range(3):
        app = studio.app(prompt="a {rocket|lemon}", steps=1)
        app.lab.generate()
        assert app.lab.wait(PATIENCE) and app.lab.state == "done"
        app.table.refresh()
        for widget in ("compare", "rate", "mask", "outpaint", "export"):
            app.show(widget)
            assert app.table.error == ""
        app.repaint.canvas.add({"tool": "box", "points": [[10, 10], [40, 40]]})
        app.repaint.run()
        assert app.repaint.wait(PATIENCE) and len(app.repaint.children) == 3
        app.show("mask")  # over the one before
        app.export.placements = ["x-post", "email-header"]
        assert app.export.settled(PATIENCE)
        app.close()
        Worker.of(studio).close(PATIENCE)
        assert alive() == before and threading.active_count() == threads
    gone = [weakref.ref(one) for one in (studio, app, app.lab)]
    del studio, app
    gc.collect()
    assert [one() for one in gone] == [None] * 3


@pytest.mark.slow
def test_a_view_that_goes_leaves_no_listener_no_style_and_no_picture_in_the_page(shown, painted):
    painted.generate("a {rocket|lemon}", seeds=2, steps=1, progress=False)
    for name, (build, there) in every(painted).items():
        one = shown(build)
        if name == "lab":
            one.widget.generate()
            there = ".screen img"
        one.until(lambda one=one, there=there: one.page.locator(there).count() > 0)
        assert one.page.evaluate("Object.values(model.heard).some((all) => all.size)")
        left = one.page.evaluate("""async () => {
          await stop();
          await new Promise((done) => setTimeout(done, 300));
          const heard = Object.entries(model.heard).filter(([, all]) => all.size).map(([name]) => name);
          const styles = [...document.head.querySelectorAll("style")].filter((one) => one.textContent.includes("sdkit-still-"));
          return [heard, styles.length, pictures.size];
        }""")
        assert left == [[], 0, 0], name
