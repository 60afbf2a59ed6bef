"""Nothing in these tests may leave the machine, and the tiny models are made once."""

import socket

import pytest

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every connection but those to this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self, address):
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in LOOPBACK:
            raise ConnectionRefusedError(f"the tests have no network: {address}")
        return connect(self, address)

    def guarded_look_up(host, *args, **kwargs):
        if host not in LOOPBACK:
            raise socket.gaierror(f"the tests have no network: {host}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """make(name, **settings) -> the folder of `tiny_<name>(**settings)`, made at its first use. Not to be changed."""
    import tiny

    root = tmp_path_factory.mktemp("models")

    def make(name, **settings):
        folder = root / "-".join([name, *(f"{key}{value}" for key, value in settings.items())])
        if not folder.exists():
            getattr(tiny, f"tiny_{name}")(folder, **settings)
        return folder

    return make
