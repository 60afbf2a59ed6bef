"""Hostile names and words: nothing outside the target folder, nothing executed, nothing that leaves it when unpacked."""

import csv
import json
import re
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from test_bundle import Page

from sdkit.errors import ExportError, InputError
from sdkit.export import Item, Papers, Placement, encode_under, plan, read, write

BAD = [
    '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'><svg/onload=alert(1)>", "</style><script>alert(1)</script>",
    "javascript:alert(1)", "=HYPERLINK(\"http://evil.example\")", "../../../etc/passwd", "a\0b", "\ud800", "‮gpj.exe", "]]><!--",
]  # fmt: skip


def item(words="A lemon.", *, name="own", platform="Own", **more):
    p = Placement(name, platform, "web", words, 64, 64, note=words, source=words, checked_on=words, confidence="own")
    image = Image.new("RGB", (64, 64), "teal")
    [fit] = plan((64, 64), [p]).fits
    return Item(replace(fit, reason=words), encode_under(image, p), None, words, **more)


def everything(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


@pytest.mark.parametrize("words", BAD)
def test_words_are_words_wherever_they_stand(tmp_path, words):
    papers = Papers(licence=words)
    one = item(words, alt=words, papers=papers, upscaler=words, label=words, platform=words, archive=item(words).encoded)
    kit = write(tmp_path / "kit", [one], title=words, rights=words, zipped=True)
    text = kit.page.read_text("utf-8")
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "iframe", "object", "embed", "link", "form", "base", "foreignobject"}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    links = [a.get("href") or a.get("src") for _, a in page.tags if "href" in a or "src" in a]
    assert all(re.fullmatch(r"[a-z0-9-]+/own\.jpg|alt\.csv|contact-sheet\.jpg", link) for link in links)
    json.loads((kit.folder / "manifest.json").read_text("utf-8"))
    with (kit.folder / "alt.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert not [cell for row in csv.reader(stream) for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert everything(tmp_path) == ["kit", *(f"kit/{name}" for name in everything(kit.folder))]
    with zipfile.ZipFile(kit.zip) as archive:
        names = archive.namelist()
    assert all(not n.startswith(("/", "archive")) and ".." not in n and "\\" not in n and ":" not in n for n in names)
    assert len(set(names)) == len(names) == 5


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/b", "a\\b", "C:evil", "", "..", "con", "x" * 81, "Ü", "a b", 7])
def test_a_placement_that_would_name_another_path_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="placement"):
        write(tmp_path / "kit", [item(name=name)])
    assert everything(tmp_path) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(platform=st.text(max_size=90))
def test_any_platform_is_one_plain_folder(tmp_path_factory, platform):
    folder = tmp_path_factory.mktemp("any")
    kit = write(folder / "kit", [item(platform=platform)])
    [entry] = kit.entries
    part, _, file = entry.path.partition("/")
    assert file == "own.jpg" and part and len(part) <= 70 and all(c.isascii() and (c.isalnum() or c == "-") for c in part)
    assert part.lower() not in ("con", "nul", "aux", "prn", "archive") and sorted(p.name for p in folder.iterdir()) == ["kit"]


@pytest.mark.parametrize("place", ["own", "archive", "archive/own"])
def test_a_link_that_leads_out_is_not_followed(tmp_path, place):
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / "kit" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(outside, target_is_directory=True)
    with pytest.raises(ExportError, match="left alone"):
        write(tmp_path / "kit", [item(archive=item().encoded)])
    assert everything(outside) == [] and link.is_symlink()


def test_a_picture_that_is_a_link_is_replaced_not_written_through(tmp_path):
    kit = write(tmp_path / "kit", [item()])
    victim = tmp_path / "victim.jpg"
    victim.write_text("mine")
    kit.path("own").unlink()
    kit.path("own").symlink_to(victim)
    write(tmp_path / "kit", [item()])
    assert victim.read_text() == "mine" and not kit.path("own").is_symlink()


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../x/y"},
        {"path": "own/../../y"},
        {"bytes": "many"},
        {"seed": [1]},
        {"path": 7},
        {"alt": None},
        {"more": 1},
        {"width": -1},
    ],
)
def test_a_forged_manifest_is_no_kit(tmp_path, change):
    kit = write(tmp_path, [item()])
    [entry] = json.loads((kit.folder / "manifest.json").read_text())
    (kit.folder / "manifest.json").write_text(json.dumps([{**entry, **change}]))
    with pytest.raises(ExportError, match="holds no manifest"):
        read(tmp_path)
    with pytest.raises(ExportError, match="left alone"):
        write(tmp_path, [item()])
