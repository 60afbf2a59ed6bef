"""Step 0: bring the sprites (npm `@lobehub/fluent-emoji-3d`, MIT) into the working folder, checked against a pinned hash.

Uses `npm pack` where npm is installed (it knows your proxy and your registry), plain HTTPS otherwise. Whatever the way,
only the very bytes that the pin names are unpacked. Once there, running it again does nothing.
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
from pathlib import Path

PACKAGE, VERSION = "@lobehub/fluent-emoji-3d", "1.1.0"
# `npm view @lobehub/fluent-emoji-3d@1.1.0 dist.integrity`, read on 2026-11-24
INTEGRITY = "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g=="
URL = f"https://registry.npmjs.org/{PACKAGE}/-/{PACKAGE.split('/')[1]}-{VERSION}.tgz"
MARK = ".integrity"  # written last: a folder that has it is whole


class WrongBytes(ValueError):
    """What came is not what the pin names."""


def check(tarball: Path, integrity: str = INTEGRITY) -> None:
    """Raise WrongBytes unless the file has this integrity ("sha512-" and base64, as npm writes it)."""
    kind, _, wanted = integrity.partition("-")
    with tarball.open("rb") as file:
        got = base64.b64encode(hashlib.file_digest(file, kind).digest()).decode()
    if got != wanted:
        raise WrongBytes(f"{tarball.name} has {kind}-{got}, not the pinned {integrity}; nothing was unpacked")


def download(folder: Path) -> Path:
    """The package's tarball, unchecked."""
    if npm := shutil.which("npm"):
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        if done.returncode == 0 and (found := sorted(folder.glob("*.tgz"))):
            print(f"npm pack brought {found[0].name}", flush=True)
            return found[0]
        print(f"npm pack did not work ({done.stderr.strip()[-200:] or done.returncode}); trying {URL}", flush=True)
    path = folder / URL.rsplit("/", 1)[1]
    with urllib.request.urlopen(URL, timeout=60) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file)
    print(f"downloaded {URL}", flush=True)
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


def unpack(tarball: Path, target: Path, integrity: str = INTEGRITY) -> int:
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


def main() -> None:
    from common import parser  # here, so that the functions above import without torch

    options = parser(__doc__.splitlines()[0])
    options.add_argument("--tarball", type=Path, help="unpack this file instead of downloading (still checked)")
    o = options.parse_args()
    target = o.work / "data" / PACKAGE.split("/")[1]
    mark = target / MARK
    if mark.exists() and mark.read_text().strip() == INTEGRITY:
        print(f"{target} already holds {PACKAGE} {VERSION}; nothing to do")
        return
    with tempfile.TemporaryDirectory() as scratch:
        tarball = o.tarball or download(Path(scratch))
        try:
            count = unpack(tarball, target)
        except WrongBytes as wrong:
            raise SystemExit(f"refused: {wrong}") from None
    print(f"sha512 is the pinned one; unpacked {count} files of {PACKAGE} {VERSION} into {target}")


if __name__ == "__main__":
    main()
