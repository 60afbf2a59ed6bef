"""A kit on disk: what the manifest says is there; a failure leaves the earlier kit; other files are never touched."""

import json
import os
import resource
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sdkit.errors import ExportError, InputError
from sdkit.export import Entry, Item, Placement, encode_all, load, plan, read, stretched, write

ALL = load()
SMALL = ["google-medium-rectangle-300x250", "iab-leaderboard-728x90", "email-header", "iab-mobile-banner-320x50"]

BESIDE = {"manifest.json", "index.html", "alt.csv", "contact-sheet.jpg"}


@pytest.fixture
def items(scene):
    """items(names, seed): rendered and encoded, ready to write."""

    def make(names=SMALL, seed=7, prompt="a red ball", box=(0.3, 0.25, 0.7, 0.75)):
        master = scene(box=box)
        planned = plan(master.size, [ALL[n] for n in names], image=master)
        canvases = {e: stretched(master, e) for e in planned.extensions}
        made = encode_all(master, planned.fits, canvases)
        return [Item(f, e, seed, prompt) for f, e in zip(planned.fits, made, strict=True)]

    return make


def snapshot(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_manifest_tells_the_truth(tmp_path, items):
    kit = write(tmp_path / "out" / "kit", items())
    manifest = json.loads((kit.folder / "manifest.json").read_text())
    assert [m["placement"] for m in manifest] == SMALL and len(kit) == 4
    for entry in manifest:
        assert list(entry) == list(Entry.__dataclass_fields__)
        path = kit.folder / entry["path"]
        with Image.open(path) as image:
            image.load()
            assert image.size == (entry["width"], entry["height"]) == ALL[entry["placement"]].size
        assert path.stat().st_size == entry["bytes"] <= entry["byte_limit"] == ALL[entry["placement"]].max_bytes
        assert entry["path"] == f"{ALL[entry['placement']].folder}/{entry['placement']}.jpg"
        assert entry["seed"] == 7 and entry["prompt"] == "a red ball" and entry["method"] in ("crop", "pad", "outpaint")
    assert kit.page.is_file() and kit.path("email-header").is_file()
    assert set(snapshot(kit.folder)) == BESIDE | {m["path"] for m in manifest}
    assert read(kit.folder) == kit


def test_a_kit_shows_itself(tmp_path, items):
    kit = write(tmp_path / "<b>kit", items(prompt="<script>alert(1)</script>"))
    assert repr(kit).startswith("4 files, ") and "728 x 90" in repr(kit)
    html = kit._repr_html_()
    assert html.count("<img ") == 4 and 'src="data:image/jpeg' in html and "<b>kit" not in html and "<script" not in html
    frame = kit.frame()
    assert (
        isinstance(frame, pd.DataFrame)
        and list(frame.placement) == SMALL
        and frame.bytes.sum() == sum(e.bytes for e in kit.entries)
    )
    kit.path("email-header").unlink()
    assert "file gone" in kit._repr_html_()
    with pytest.raises(InputError, match="email-header"):
        kit.path("nope")


def test_a_second_export_replaces_its_own_and_drops_what_is_no_longer_made(tmp_path, items):
    write(tmp_path, items())
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "email" / "brief.txt").write_text("mine")
    kit = write(tmp_path, items(SMALL[:2], seed=8, box=(0.1, 0.2, 0.5, 0.6)))
    assert set(snapshot(tmp_path)) == BESIDE | {"notes.txt", "email/brief.txt"} | {e.path for e in kit.entries}
    assert all(e.seed == 8 for e in read(tmp_path).entries)
    write(tmp_path, items(["email-header"]))
    assert not (tmp_path / "google").exists() and (tmp_path / "email" / "brief.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["index.html", "manifest.json", "google/google-medium-rectangle-300x250.jpg", "email/email-header.jpg/x"]
)
def test_a_file_that_is_not_ours_is_never_touched(tmp_path, items, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text('["a person\'s own"]')
    before = snapshot(tmp_path)
    with pytest.raises(ExportError, match="left alone"):
        write(tmp_path, items())
    assert snapshot(tmp_path) == before and sorted(p.name for p in tmp_path.iterdir()) == [name.split("/")[0]]


def test_a_manifest_that_lists_others_files_gives_no_right_to_them(tmp_path, items):
    kit, victim = tmp_path / "kit", tmp_path / "victim.jpg"
    victim.write_text("mine")
    write(kit, items())
    for path in ("../victim.jpg", str(victim), "a/../../victim.jpg", "..\\victim.jpg"):
        listed = json.loads((kit / "manifest.json").read_text())
        listed[0]["path"] = path
        (kit / "manifest.json").write_text(json.dumps(listed))
        with pytest.raises(ExportError):
            write(kit, items(SMALL[:1]))
        assert victim.read_text() == "mine"
        listed[0]["path"] = f"google/{SMALL[0]}.jpg"
        (kit / "manifest.json").write_text(json.dumps(listed))
    write(kit, items(SMALL[:1]))


def test_a_failing_disk_leaves_the_earlier_kit(tmp_path, items):
    write(tmp_path / "kit", items())
    before, second = snapshot(tmp_path), items(seed=8, box=(0.1, 0.2, 0.5, 0.6))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = sorted(len(i.encoded.data) for i in second)[-1] - 1  # every file but the largest can be written
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        with pytest.raises(ExportError, match=r"could not be written: File too large\. Earlier files are unchanged"):
            write(tmp_path / "kit", second)
        with pytest.raises(ExportError):
            write(tmp_path / "new" / "kit", second)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert snapshot(tmp_path) == before and sorted(os.listdir(tmp_path)) == ["kit"]


def test_a_swap_that_fails_half_way_is_undone(tmp_path, items):
    write(tmp_path, items(SMALL[:2]))
    before, blocked = snapshot(tmp_path), tmp_path / "iab"
    (tmp_path / "email").write_text("a file where a folder must go")
    with pytest.raises(ExportError, match="email"):
        write(tmp_path, items(SMALL))
    (tmp_path / "email").unlink()
    assert snapshot(tmp_path) == before and blocked.is_dir() and not list(tmp_path.glob(".export*"))


@pytest.mark.parametrize("place", ["file", "file/kit"])
def test_a_file_in_place_of_the_folder(tmp_path, items, place):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="file"):
        write(tmp_path / place, items())
    assert (tmp_path / "file").read_text() == "mine"


def test_items_must_be_sound(tmp_path, items):
    good = items(SMALL[:1])[0]
    with pytest.raises(InputError, match="items"):
        write(tmp_path / "kit", [])
    with pytest.raises(InputError, match="google-medium"):
        write(tmp_path / "kit", [good, good])
    with pytest.raises(ExportError, match="encode_under"):
        write(tmp_path / "kit", [replace(good, encoded=replace(good.encoded, size=(1, 1)))])
    assert not (tmp_path / "kit").exists()
    with pytest.raises(ExportError, match="holds no manifest"):
        read(tmp_path)


def test_odd_words_survive_the_manifest_and_the_page(tmp_path, items):
    prompt = 'naïve 🚀 "quoted" & <i> \ud800'
    write(tmp_path, items(prompt=prompt))
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8"))[0]["prompt"].startswith('naïve 🚀 "quoted" & <i> ')
    assert "<i> " not in (tmp_path / "index.html").read_text("utf-8")


class Page(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


def test_the_page_shows_every_file_by_relative_path_with_words(tmp_path, items):
    names = [*SMALL, "instagram-story"]
    kit = write(tmp_path, items(names), title="Spring & Co <b>", rights="Yes <i>")
    text = kit.page.read_text("utf-8")
    page = Page(text)
    shown = [i["src"] for i in page.all("img")]
    mocked = ["instagram/instagram-story.jpg", f"google/{SMALL[0]}.jpg", "email/email-header.jpg"]
    assert shown == mocked + [e.path for e in sorted(kit.entries, key=lambda e: order(kit, e))]
    assert all((tmp_path / i["src"]).is_file() and i["alt"] == "A red ball." for i in page.all("img"))
    assert not page.all("script") and not page.all("link") and "://" not in text and "url(" not in text
    assert any("default-src 'none'" in i.get("content", "") for i in page.all("meta"))
    assert "Spring &amp; Co &lt;b&gt;" in text and "<b>\n" not in text and "Yes &lt;i&gt;" in text
    boxes = [i for i in page.all("input") if i["type"] == "checkbox"]
    assert len(boxes) == 1 and boxes[0]["role"] == "switch"
    assert {i["id"] for i in page.all("input") if i["type"] == "radio"} == {"g-all", "g-social", "g-ads", "g-email"}
    assert sum(s.get("class") == "safe" for s in page.all("span")) == 2  # only the story has covered areas, here and in a phone
    assert "prefers-color-scheme:dark" in text and "prefers-reduced-motion" in text
    for entry in kit.entries:
        assert entry.reason in text


def order(kit, entry):
    """Cards stand by platform, in order of the platforms' first pictures."""
    folders = list(dict.fromkeys(e.path.split("/")[0] for e in kit.entries))
    return folders.index(entry.path.split("/")[0])


def test_own_words_in_placements_are_escaped(tmp_path):
    bad = "<img src=x onerror=alert(1)>"
    own = Placement("own", bad, "web", bad, 64, 64, note=bad, source=bad, checked_on=bad, confidence="own")
    fits = plan((64, 64), [own]).fits
    master = Image.fromarray(np.zeros((64, 64, 3), np.uint8))
    (made,) = encode_all(master, fits)
    kit = write(tmp_path, [Item(fits[0], made, None, bad, bad)], title=bad)
    assert [set(i) for i in Page(kit.page.read_text()).all("img")] == [{"src", "width", "height", "alt", "loading", "decoding"}]
