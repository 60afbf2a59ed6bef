import shutil

import pytest

from sdkit.brand import Brand
from sdkit.data import folder


@pytest.fixture(scope="session")
def demo():
    """The demo brand, as it ships."""
    return Brand.default()


@pytest.fixture
def copy(tmp_path):
    """A copy of the demo brand's folder, to break."""
    return shutil.copytree(folder("brand"), tmp_path / "brand")
