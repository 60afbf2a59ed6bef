"""What a kit has beside its pictures: a contact sheet, a zip, an archive copy; and what a second export leaves alone."""

import io
import json
import os
import zipfile
from dataclasses import replace

import pytest
from PIL import Image
from test_bundle import SMALL, snapshot
from test_bundle import items as items

from sdkit.errors import ExportError
from sdkit.export import Earlier, Papers, read, write
from sdkit.export.encode import encode_under
from sdkit.export.xmp import GENERATED, packet

WHOLE = Papers(source=GENERATED, alt="A red ball.", prompt="a red ball", model="pocket", recipe='{"seed": 7}')


def times(folder):
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_a_second_export_of_the_same_touches_nothing(tmp_path, items):
    write(tmp_path, items(), zipped=True)
    for path in tmp_path.rglob("*"):
        os.utime(path, (1_000_000, 1_000_000))
    before = times(tmp_path)
    kit = write(tmp_path, items(), zipped=True)
    assert times(tmp_path) == before and set(kit.kept) == set(SMALL) and "0 written, 4 kept" in repr(kit)
    changed = [*items()[:3], *items(SMALL[3:], box=(0.1, 0.2, 0.5, 0.6))]
    kit = write(tmp_path, changed, zipped=True)
    after = times(tmp_path)
    assert {name for name in before if after[name] != before[name]} == {
        "manifest.json", "index.html", "contact-sheet.jpg", "kit.zip", "iab/iab-mobile-banner-320x50.jpg"
    }  # fmt: skip
    assert set(kit.kept) == set(SMALL[:3])


def test_the_archive_says_all_and_the_rest_nothing(tmp_path, items, scene):
    whole = [
        replace(
            i, papers=WHOLE,
            archive=encode_under(Image.open(io.BytesIO(i.encoded.data)), i.fit.placement, xmp=packet(WHOLE)),
        )
        for i in items(prompt="a secret ball")
    ]  # fmt: skip
    kit = write(tmp_path, whole, zipped=True, title="Launch")
    assert kit.archive == tmp_path / "archive" and kit.zip == tmp_path / "kit.zip"
    for name, data in snapshot(tmp_path).items():
        if not name.startswith("archive/"):  # but the alt text, whose draft is the prompt's words: "A secret ball."
            assert b"a secret ball" not in data and b'"seed": 7' not in data and b"AIPrompt" not in data, name
    listed = json.loads((tmp_path / "archive" / "manifest.json").read_text())
    assert {e["prompt"] for e in listed} == {"a secret ball"} and {e["seed"] for e in listed} == {7}
    assert {e.prompt for e in read(tmp_path).entries} == {""} and {e.seed for e in read(tmp_path).entries} == {None}
    assert b"AIPromptInformation" in (tmp_path / "archive" / listed[0]["path"]).read_bytes()
    with zipfile.ZipFile(kit.zip) as packed:
        assert {n for n in packed.namelist()} == {"index.html", "manifest.json", "alt.csv", "contact-sheet.jpg"} | {
            e.path for e in kit.entries
        }
        assert packed.testzip() is None and b"a secret ball" not in packed.read("index.html")
    again = write(tmp_path, items())
    assert again.archive is None and again.zip is None and not (tmp_path / "archive").exists()


def test_a_zip_without_an_archive_keeps_the_prompt_at_home(tmp_path, items):
    kit = write(tmp_path, items(prompt="a (secret:1.2) ball, for our launch of 3 May, on a table of marble"), zipped=True)
    assert "(secret:1.2)" in kit.page.read_text() and "(secret:1.2)" in (tmp_path / "manifest.json").read_text()
    with zipfile.ZipFile(kit.zip) as packed:
        assert not [n for n in packed.namelist() if b"(secret:1.2)" in packed.read(n)]


def test_another_file_in_the_place_of_an_extra_is_left_alone(tmp_path, items):

    for name in ("kit.zip", "alt.csv", "contact-sheet.jpg", "archive/manifest.json"):
        folder = tmp_path / name.replace("/", "-")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(b"mine")
        made = items(SMALL[:1])
        made = [replace(made[0], archive=made[0].encoded)]
        with pytest.raises(ExportError, match="left alone"):
            write(folder, made, zipped=True)
        assert (folder / name).read_bytes() == b"mine" and len(list(folder.rglob("*"))) == 1 + name.count("/")


def test_the_contact_sheet_shows_all(tmp_path, items):
    kit = write(tmp_path, items())
    with Image.open(tmp_path / "contact-sheet.jpg") as sheet:
        sheet.load()
        assert sheet.width == 1680 and sheet.height > 300
    assert len(kit.entries) == 4


def test_a_file_is_reused_only_while_it_is_as_it_was(tmp_path, items):

    kit = write(tmp_path, [replace(i, key=f"key-{i.fit.placement.name}") for i in items()])
    earlier = Earlier(tmp_path)
    found = earlier.file(SMALL[0], f"key-{SMALL[0]}")
    assert found is not None and found.data == kit.path(SMALL[0]).read_bytes() and found.size == (300, 250)
    assert (
        earlier.file(SMALL[0], "another") is None and earlier.file(SMALL[0], "") is None and earlier.file("none", "key") is None
    )
    kit.path(SMALL[0]).write_bytes(found.data + b"x")
    kit.path(SMALL[1]).unlink()
    assert earlier.file(SMALL[0], f"key-{SMALL[0]}") is None and earlier.file(SMALL[1], f"key-{SMALL[1]}") is None
