"""Every error of ours is an SdkitError, and its message says what to do."""

import pytest

from sdkit import InputError, MissingExtraError, errors
from sdkit.errors import short


def test_one_name_catches_all_and_the_usual_ones_work_too():
    kinds = [
        k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception) and not issubclass(k, Warning)
    ]
    assert all(issubclass(k, errors.SdkitError) for k in kinds)
    assert issubclass(errors.ImageError, ValueError) and issubclass(errors.MissingExtraError, ImportError)
    assert all(k.__name__ in errors.__doc__ for k in kinds)  # the tree in the docstring is whole


def test_messages():
    assert (
        str(InputError("steps", 0, "a whole number from 1", "Try 20."))
        == "steps: got 0; allowed: a whole number from 1. Try 20."
    )
    assert 'pip install "sdkit[notebook]"' in str(MissingExtraError("jupyterlab", "notebook", "sdkit lab"))
    assert len(str(InputError("prompt", "x" * 10_000, "less"))) < 200


@pytest.mark.parametrize(("name", "said"), [("instagram", "Did you mean 'instagrams'"), ("zzz", "Known: instagrams, tiktok")])
def test_near_names(name, said):
    assert said in errors.near(name, ["tiktok", "instagrams"])


def test_a_long_value_is_cut_in_its_middle_so_that_a_path_keeps_its_name():
    assert short("x") == "'x'"
    cut = short("/home/someone/" + "folder/" * 20 + "bad.toml")
    assert len(cut) == 80 and cut.startswith("'/home/someone/") and cut.endswith("/bad.toml'")
