"""The folders of editable data are found."""

import pytest

from sdkit.data import folder
from sdkit.errors import InputError


def test_templates_are_found_and_hold_the_placements():
    assert (folder("templates") / "placements.json").is_file()


@pytest.mark.parametrize("name", ["", "..", "tests", "templates/..", "/etc"])
def test_no_other_folder_is(name):
    with pytest.raises(InputError, match="'templates' or 'brand'"):
        folder(name)
