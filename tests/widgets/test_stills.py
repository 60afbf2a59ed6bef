"""What a notebook keeps of a widget: the live one, and a still that follows what is seen."""

from IPython.testing.globalipapp import start_ipython
from IPython.utils.capture import capture_output
from PIL import Image

from sdkit.widgets import MaskCanvas, PromptLab

VIEW = "application/vnd.jupyter.widget-view+json"


def kept(widget):
    start_ipython()
    with capture_output() as told:
        widget._ipython_display_()
    return [output.data for output in told.outputs]


def test_a_widget_leaves_a_still_in_an_output_of_its_own():
    canvas = MaskCanvas(Image.new("RGB", (64, 48), "teal"), mask=(0, 0, 32, 48))
    live, still = kept(canvas)
    assert VIEW in live and "<img" not in live["text/html"]  # who shows no widgets shows one picture, not two
    assert VIEW not in still and "data:image/jpeg" in still["text/html"] and "50% is to be repainted" in still["text/html"]
    assert f"sdkit-still-{canvas._still}" in still["text/html"] and MaskCanvas(canvas.image)._still != canvas._still


def test_the_still_follows_what_is_made(painted):
    lab = PromptLab(painted, prompt='a mug & a "<b>"', steps=1)
    _, before = kept(lab)
    assert "<img" not in before["text/html"] and "Run the cell" in before["text/html"]
    said = []
    lab._restill = lambda at_once=False: said.append((at_once, lab._still_html()))
    lab.generate()
    assert lab.wait(60)
    lab._job.wait(60)
    assert "<img" in said[-1][1] and 'alt="a mug &amp; a &quot;&lt;b&gt;' in said[-1][1]
