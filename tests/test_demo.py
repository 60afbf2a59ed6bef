"""`sdkit demo`: everything it promises is there, and is what it says."""

import csv
import json

import pytest
from PIL import Image

from sdkit import demo
from sdkit.export import placements


@pytest.mark.slow
def test_the_demo_writes_every_placement_as_promised(tmp_path, capsys):
    demo.run(tmp_path / "demo", progress=False)
    folder = tmp_path / "demo"
    manifest = json.loads((folder / "manifest.json").read_text())
    known = {p.name: p for p in placements.choose("all")}
    assert {entry["placement"] for entry in manifest} == set(known) and len(known) >= 30
    for entry in manifest:
        placement, path = known[entry["placement"]], folder / entry["path"]
        with Image.open(path) as image:
            assert image.size == (placement.width, placement.height) == (entry["width"], entry["height"])
        assert path.stat().st_size == entry["bytes"] <= entry["byte_limit"] == placement.max_bytes
        assert entry["method"] in ("crop", "pad", "outpaint") and entry["reason"] and entry["prompt"]
        if placement.width >= 3 * placement.height:
            assert entry["method"] == "outpaint"
    rows = list(csv.DictReader((folder / "experiments.csv").open()))
    assert len({r["prompt"] for r in rows if r["kind"] == "text2img"}) == 2
    assert sum(r["kind"] == "text2img" for r in rows) == 4 and all(r["negative"] for r in rows)
    page = (folder / "index.html").read_text()
    assert all(entry["path"] in page for entry in manifest)
    assert 'src="http' not in page and "<link" not in page and "@import" not in page  # works from a file, offline
    assert Image.open(folder / "sheet.png").width > 500
    assert "index.html" in capsys.readouterr().out
