import numpy as np
from cache import twins
from PIL import ImageChops
from vocabulary import DEFECTS


def test_twins_differ_in_the_defect_that_went_and_in_nothing_else(sprites):
    rng, gone, alone, unseen = np.random.default_rng(1), {}, 0, 0
    for _ in range(120):
        scene = twins(rng, sprites, (256, 256))
        changed = np.asarray(ImageChops.difference(scene.drawn.image, scene.clean).convert("L"))
        if scene.gone is None:
            assert not changed.any()
            continue
        gone[scene.gone] = gone.get(scene.gone, 0) + 1
        assert scene.gone in scene.brief.defects
        unseen += not changed.any()
        if scene.gone in ("watermark", "text") and scene.brief.defects <= {scene.gone, "shadow", "confetti"}:
            alone += 1
            assert changed[np.asarray(scene.drawn.marks) == 0].max() <= 16  # what `marks` takes for no change
    assert alone > 3
    assert unseen < 5  # a shadow on black
    assert len(gone) > len(DEFECTS) - 3
    assert gone["shadow"] < 60
