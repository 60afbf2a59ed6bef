"""The visible label: legible, in the safe area, off the subject."""

import numpy as np
import pytest
from PIL import Image

from sdkit.errors import InputError
from sdkit.export import choose, load, plan
from sdkit.export.label import labelled, words_for

ALL = load()


def test_the_narrowest_choice_counts():
    story, square = ALL["instagram-story"], ALL["instagram-square"]
    assert words_for(True, story) == "AI generated" and words_for(False, story) == "" and words_for("KI", story) == "KI"
    labels = {"instagram-story": "Made with AI", "instagram": True, "social": "no"}
    assert (words_for(labels, story), words_for(labels, square)) == ("Made with AI", "AI generated")
    assert words_for(labels, ALL["pinterest-pin"]) == "no" and words_for(labels, ALL["open-graph"]) == ""
    for wrong in (7, "x" * 41, "a\nb", {"all": 3}):
        with pytest.raises(InputError, match="label"):
            words_for(wrong, story)


@pytest.mark.parametrize("placement", choose("all"), ids=lambda p: p.name)
def test_it_lies_in_the_safe_area_and_can_be_read(placement):
    for ground in ("white", "black"):
        image = Image.new("RGB", placement.size, ground)
        [fit] = plan(placement.size, [placement], focus=(0.5, 0.5)).fits
        changed = np.abs(np.asarray(labelled(image, fit, "AI generated"), int) - np.asarray(image, int)).sum(axis=2) > 60
        ys, xs = np.nonzero(changed)
        s = placement.safe
        assert len(xs) > 60, "something is drawn"
        assert xs.min() >= s.left and ys.min() >= s.top
        assert xs.max() < placement.width - s.right and ys.max() < placement.height - s.bottom


def test_it_leaves_the_subject_alone_where_it_can(scene):
    p = ALL["instagram-square"]
    image = scene(p.size, box=(0.0, 0.5, 0.5, 1.0))
    [fit] = plan(p.size, [p], image=image).fits
    changed = np.asarray(labelled(image, fit, "AI")) != np.asarray(image)
    assert not changed[540:, :540].any() and changed.any()
