"""What many tests need: the embedded model, loaded once, and no network at all."""

import socket

import pytest
from hypothesis import settings

from sdkit import Studio

# A busy machine is no defect: hypothesis would fail a first call that takes longer than 200 ms.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Any connection to another machine fails at once: nothing here may need one."""
    real = socket.socket.connect

    def connect(self, address):
        if self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost"):
            return real(self, address)
        raise OSError(f"the tests have no network, and something wanted {address}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(scope="session")
def pocket():
    """The embedded model as a backend, shared by the tests that draw."""
    from sdkit.backends.local import LocalBackend

    return LocalBackend("pocket")


@pytest.fixture
def studio(pocket, tmp_path):
    """A Studio on the embedded model, with a store of its own."""
    return Studio(store=tmp_path / "store", backend=pocket)
