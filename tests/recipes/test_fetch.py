import base64
import hashlib
import io
import tarfile

import pytest
from fetch import MARK, PACKAGES, Package, WrongBytes, bring, check, unpack


@pytest.fixture
def tarball(tmp_path):
    """An npm tarball with one file, and its integrity."""
    path = tmp_path / "thing-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/assets/1f680.webp")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"bytes"))
    return path, "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def test_the_right_tarball_is_unpacked_and_marked(tarball, tmp_path):
    path, integrity = tarball
    target = tmp_path / "data" / "thing"
    assert unpack(path, target, integrity) == 1
    assert (target / "assets" / "1f680.webp").read_bytes() == b"bytes"
    assert (target / MARK).read_text().strip() == integrity
    assert [p.name for p in target.parent.iterdir()] == ["thing"]  # no scratch is left


def test_a_wrong_tarball_is_refused_and_what_is_there_stays(tarball, tmp_path):
    path, integrity = tarball
    target = tmp_path / "data" / "thing"
    unpack(path, target, integrity)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(WrongBytes, match="not the pinned"):
        unpack(path, target, integrity)
    assert (target / "assets" / "1f680.webp").read_bytes() == b"bytes"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.folder)
def test_another_package_is_not_a_pinned_one(tarball, package):
    with pytest.raises(WrongBytes):
        check(tarball[0], package.integrity)


def test_both_sets_of_sprites_are_pinned():
    assert {p.folder for p in PACKAGES} == {"fluent-emoji-3d", "fluent-emoji-flat"}
    assert len({p.integrity for p in PACKAGES}) == 2
    assert all(p.integrity.startswith("sha512-") and p.version in p.url for p in PACKAGES)


def test_what_is_there_is_not_brought_again(tarball, tmp_path):
    path, integrity = tarball
    package, target = Package("@some/thing", "1.0.0", integrity), tmp_path / "thing"
    bring(package, target, path)
    path.unlink()
    bring(package, target, path)
    assert (target / "assets" / "1f680.webp").read_bytes() == b"bytes"


def test_a_path_that_leads_out_is_refused(tmp_path):
    path = tmp_path / "evil.tgz"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/../../outside")
        archive.addfile(entry, io.BytesIO(b""))
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    with pytest.raises(WrongBytes, match="leads out"):
        unpack(path, tmp_path / "data" / "thing", integrity)
    assert not list((tmp_path / "data").iterdir())
