"""Step 0: bring the sprites (npm `@lobehub/fluent-emoji-3d` and `-flat`, MIT) into the working folder, checked against pinned
hashes.

Uses `npm pack` where npm is installed (it knows your proxy and your registry), plain HTTPS otherwise. Whatever the way,
only the very bytes that the pins name are unpacked. Once there, running it again does nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """An npm package, pinned: `integrity` is "sha512-" and base64, as npm writes it."""

    name: str
    version: str
    integrity: str

    @property
    def folder(self) -> str:
        return self.name.split("/")[1]

    @property
    def url(self) -> str:
        return f"https://registry.npmjs.org/{self.name}/-/{self.folder}-{self.version}.tgz"


# `npm view @lobehub/fluent-emoji-3d@1.1.0 dist.integrity` and likewise, read on 2026-11-24
PACKAGES: tuple[Package, ...] = (
    Package(
        "@lobehub/fluent-emoji-3d",
        "1.1.0",
        "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
    ),
    Package(
        "@lobehub/fluent-emoji-flat",
        "1.1.0",
        "sha512-lPYCg8+N56MIj+iOgeBeH6AF0tneXxJCvgi41rOTjAWpA5rU2WUcmU1fiIXouEe8GrSTarWCYLY2ML+rdLRHsg==",
    ),
)
MARK = ".integrity"  # written last: a folder that has it is whole


class WrongBytes(ValueError):
    """What came is not what the pin names."""


def check(tarball: Path, integrity: str) -> None:
    """Raise WrongBytes unless the file has this integrity."""
    kind, _, wanted = integrity.partition("-")
    with tarball.open("rb") as file:
        got = base64.b64encode(hashlib.file_digest(file, kind).digest()).decode()
    if got != wanted:
        raise WrongBytes(f"{tarball.name} has {kind}-{got}, not the pinned {integrity}; nothing was unpacked")


def download(package: Package, folder: Path) -> Path:
    """The package's tarball, unchecked."""
    if npm := shutil.which("npm"):
        command = [npm, "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode == 0 and (found := sorted(folder.glob("*.tgz"))):
            print(f"npm pack brought {found[0].name}", flush=True)
            return found[0]
        print(f"npm pack did not work ({done.stderr.strip()[-200:] or done.returncode}); trying {package.url}", flush=True)
    path = folder / package.url.rsplit("/", 1)[1]
    with urllib.request.urlopen(package.url, timeout=60) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file)
    print(f"downloaded {package.url}", flush=True)
    return path


def write_files(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the archive's plain files into `folder`: no links, no devices, no rights. tarfile's own filters say the same, but came
    with Python 3.11.4 only. Raises WrongBytes for a path that leads out."""
    for member in archive:
        path = Path(os.path.normpath(folder / member.name))
        if not path.is_relative_to(folder):
            raise WrongBytes(f"{member.name!r} leads out of the package; nothing was unpacked")
        if member.isfile() and (content := archive.extractfile(member)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, path.open("wb") as file:
                shutil.copyfileobj(content, file)


def unpack(tarball: Path, target: Path, integrity: str) -> int:
    """Unpack a checked npm tarball as `target`, whole or not at all; how many files."""
    check(tarball, integrity)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        with tarfile.open(tarball) as archive:
            write_files(archive, Path(scratch))
        package = Path(scratch) / "package"  # npm puts everything below this
        count = sum(path.is_file() for path in package.rglob("*"))
        (package / MARK).write_text(integrity + "\n")
        if target.exists():
            target.rename(Path(scratch) / "old")  # goes with the scratch folder
        package.rename(target)
    return count


def bring(package: Package, target: Path, tarball: Path | None = None) -> None:
    """The package as `target`, unless it is there already; WrongBytes where it is not what the pin names."""
    mark = target / MARK
    if mark.exists() and mark.read_text().strip() == package.integrity:
        print(f"{target} already holds {package.name} {package.version}; nothing to do")
        return
    with tempfile.TemporaryDirectory() as scratch:
        count = unpack(tarball or download(package, Path(scratch)), target, package.integrity)
    print(f"sha512 is the pinned one; unpacked {count} files of {package.name} {package.version} into {target}")


def main() -> None:
    from common import parser  # here, so that the functions above import without torch

    options = parser(__doc__.splitlines()[0])
    options.add_argument("--tarballs", type=Path, metavar="FOLDER", help="take NAME-VERSION.tgz from here, still checked")
    o = options.parse_args()
    for package in PACKAGES:
        tarball = None
        if o.tarballs:
            ending = package.url.rsplit("/", 1)[1]
            # `npm pack` puts the scope before the name.
            tarball = next((path for path in sorted(o.tarballs.glob("*.tgz")) if path.name.endswith(ending)), None)
            if tarball is None:
                raise SystemExit(f"{o.tarballs} has no {ending}")
        try:
            bring(package, o.work / "data" / package.folder, tarball)
        except WrongBytes as wrong:
            raise SystemExit(f"refused: {wrong}") from None


if __name__ == "__main__":
    main()
