"""An experiment over several models, on tiny checkpoints."""

from sdkit import Studio


def test_several_models_one_after_the_other(tmp_path, models):
    one, two = str(models("sd1")), str(models("sd1", seed=1))
    studio = Studio(one, store=tmp_path / "store")
    given = {"axes": {"model": [one, two]}, "seeds": 2, "steps": 1, "size": (64, 64), "progress": False}
    shots = studio.experiment("models", "a rocket", **given)
    assert [s.made.model for s in shots] == [one, one, two, two] and len({s.made.model_hash for s in shots}) == 2
    again = studio.experiment("models", "a rocket", **given)
    assert [s.id for s in again] == [s.id for s in shots] and len(studio.experiments) == 4
    assert [row.name for row in studio.experiments.effects(of="sharpness")] == ["model"]
