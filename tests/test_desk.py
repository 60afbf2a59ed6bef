"""Commands that only look."""

import json

import pytest
from PIL import Image

from sdkit.cli import main
from sdkit.export import GENERATED, Papers, choose, load
from sdkit.export.xmp import packet


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_papers(capsys, tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (20, 10)).save(tmp_path / "plain.jpg")
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", xmp=packet(Papers(source=GENERATED, alt="A line.")))
    path = tmp_path / "a.jpg"
    status, out, _ = run(capsys, "papers", path, tmp_path / "plain.jpg")
    assert status == 0 and "made by a model" in out and "A line." in out and "the file says nothing of it" in out
    status, out, _ = run(capsys, "papers", "--json", path)
    assert json.loads(out)["papers"]["alt"] == "A line." and json.loads(out)["size"] == [20, 10]
    status, out, err = run(capsys, "papers", tmp_path / "none.jpg")
    assert (status, out) == (1, "") and "There is no such file" in err


def test_placements(capsys, tmp_path):
    status, out, err = run(capsys, "placements")
    assert status == 0 and len(out.splitlines()) == len(load()) + 1 and "270/0/380/0" in out and err == ""
    status, out, _ = run(capsys, "placements", "email", "--json")
    assert [p["name"] for p in json.loads(out)] == [p.name for p in choose("email")]
    own = tmp_path / "own"
    own.mkdir()
    (own / "shop.json").write_text(json.dumps({"shop-hero": {"width": 900, "height": 300}}))
    (own / "old.json").write_text(json.dumps([{"name": "open-graph", "checked_on": "2024-01-01"}]))
    status, out, err = run(capsys, "placements", "web", "own", "--own", own)
    assert status == 0 and "shop-hero" in out and "2024-01-01 OLD" in out
    assert err == "Looked up over a year ago, check before you rely on them: open-graph.\n"
    status, out, _ = run(capsys, "placements", "--draw", tmp_path / "all.png", "--own", own)
    assert status == 0 and out == f"{tmp_path / 'all.png'}\n"
    with Image.open(tmp_path / "all.png") as image:
        assert image.width == 2000 and image.height > 2000
    assert run(capsys, "placements", "--draw", tmp_path / "all.txt")[0] == 1
    assert run(capsys, "placements", "instagrm")[0] == 1


@pytest.mark.parametrize(("arguments", "said"), [(["pocket"], "Yes, you may"), (["x.safetensors", "--lora", "y"], "Ask first")])
def test_rights(capsys, arguments, said):
    status, out, _ = run(capsys, "rights", *arguments)
    assert status == 0 and out.startswith(said) and "not legal advice" in out
