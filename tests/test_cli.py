"""The command line as a shell script uses it: files on stdout, messages on stderr, exit statuses."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from sdkit.cli import main
from sdkit.data import folder


@pytest.fixture
def store(tmp_path):
    return str(tmp_path / "store")


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_generate_outpaint_export_frame(capsys, store, tmp_path):
    status, out, err = run(
        capsys, "generate", "a {rocket|lemon} on {colour}", "--slot", "colour=navy", "--negative", "@clean", "--seeds", "4,7",
        "--steps", 1, "--store", store, "--quiet", "--sheet", tmp_path / "sheet.png", "--experiment", "cli",
    )  # fmt: skip
    files = out.splitlines()
    assert status == 0 and len(files) == 4 and all(Image.open(f).size == (256, 256) for f in files)
    assert "4 pictures" in err and Image.open(tmp_path / "sheet.png").width > 500

    wide = tmp_path / "wide.jpg"
    status, out, _ = run(
        capsys,
        "outpaint",
        files[0],
        "--size",
        "500x200",
        "--anchor",
        "right",
        "--steps",
        1,
        "--store",
        store,
        "--quiet",
        "-o",
        wide,
    )
    assert (status, out) == (0, f"{wide}\n") and Image.open(wide).size == (500, 200)

    status, out, err = run(
        capsys,
        "export",
        files[0],
        "--placements",
        "instagram-square,open-graph",
        "--to",
        tmp_path / "kit",
        "--store",
        store,
        "--quiet",
    )
    assert status == 0 and Path(out.strip()).read_text().startswith("<!doctype html>")
    assert len(json.loads((tmp_path / "kit" / "manifest.json").read_text())) == 2

    status, out, _ = run(capsys, "frame", "--store", store, "--format", "csv", "--experiment", "cli")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0 and [(r["colour"], r["seed"]) for r in rows] == [("navy", "4"), ("navy", "7")] * 2
    status, out, _ = run(capsys, "frame", "--store", store, "--format", "json", "--last", 2)
    assert len(json.loads(out)) == 2
    status, out, _ = run(capsys, "frame", "--store", store)
    assert "a lemon on navy" in out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["generate", ""], 1, "sdkit generate: prompt"),
        (["generate", "a {rocket"], 1, "sdkit generate: prompt"),
        (["generate", "a rocket", "--seeds", "many"], 1, "--seeds: got 'many'"),
        (["generate", "a rocket", "--set", "colour"], 1, "--set: got 'colour'"),
        (["generate", "a rocket", "--model", "x.ckpt"], 1, "sdkit generate: model"),
        (["generate", "a rocket", "--size", "12by12"], 2, "write it as 1200x630"),
        (["export", "none.png"], 1, "sdkit export: image"),
        (["frame", "--store", "nowhere"], 1, "sdkit frame: --store: got 'nowhere'"),
        (["export", "x.png", "--waive", "lines"], 1, "--waive: got 'lines'; allowed: RULE=REASON"),
        (["export", "x.png", "--text", "headline"], 1, "--text: got 'headline'; allowed: SLOT=WORDS"),
        (["banners", "none.csv", "--placements", "x-post"], 1, "sdkit banners: rows"),
        (["generate", "a rocket", "--brand", "nowhere"], 1, "sdkit generate: brand"),
        (["frame", "--colour"], 2, "unrecognized arguments: --colour"),
        (["paint"], 2, "invalid choice: 'paint'"),
        ([], 2, "required"),
    ],
)
def test_wrong_use_is_said_in_a_line_on_stderr(capsys, tmp_path, monkeypatch, arguments, status, said):
    monkeypatch.chdir(tmp_path)
    try:
        got = main(arguments)
    except SystemExit as stop:  # argparse
        got = stop.code
    out, err = capsys.readouterr()
    assert (got, out) == (status, "") and said in err and "Traceback" not in err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    out = capsys.readouterr().out
    assert stop.value.code == 0
    for command in ("demo", "generate", "outpaint", "export", "banners", "frame", "lab"):
        assert command in out


@pytest.mark.slow
def test_ctrl_c_gives_130_and_keeps_what_is_finished(store):
    process = subprocess.Popen(
        [sys.executable, "-m", "sdkit", "generate", "a rocket", "--seeds", "500", "--steps", "2", "--store", store, "--quiet"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a job in the background inherits deaf ears
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(Path(store).rglob("*.png")) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "kept" in err and "Traceback" not in err
    done = subprocess.run(
        [sys.executable, "-m", "sdkit", "frame", "--store", store, "--format", "csv"], capture_output=True, text=True
    )
    assert done.returncode == 0 and len(done.stdout.splitlines()) >= 2


@pytest.mark.slow
def test_a_closed_pipe_is_no_error(store, capsys):
    run(capsys, "generate", "a rocket", "--steps", 1, "--seeds", 3, "--store", store, "--quiet")
    line = f"{sys.executable} -m sdkit frame --store {store} --format csv | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "" and done.stdout.startswith("id,")


def test_prompts_are_listed_searched_and_drawn(capsys, store):
    status, out, _ = run(capsys, "prompts")
    assert status == 0 and len(out.splitlines()) > 40
    status, out, _ = run(capsys, "prompts", "sale", "banner", "--for", "pocket", "--format", "json")
    assert status == 0 and [row["id"] for row in json.loads(out)] == ["sale-banner"]
    status, out, err = run(capsys, "prompts", "zzz")
    assert (status, out) == (0, "") and "No curated prompt" in err
    status, out, _ = run(
        capsys, "generate", "--template", "sale-banner", "--set", "product=sneaker", "--set", "colour=red", "--set",
        "side=on the left", "--steps", 1, "--store", store, "--quiet",
    )  # fmt: skip
    assert status == 0 and len(out.splitlines()) == 1
    assert run(capsys, "generate", "--store", store)[0] == 1  # neither a prompt nor a template


def test_what_a_prompt_does_to_itself_is_said_in_a_line(capsys, store):
    _, _, err = run(capsys, "generate", "a lemon, lemon --chaos 3", "--steps", 1, "--store", store, "--quiet")
    assert "--chaos 3: varies more there" in err and "PromptWarning" not in err


def test_brand_checks_a_folder_and_starts_one(capsys, tmp_path):
    new = tmp_path / "acme"
    assert run(capsys, "brand", "--new", new, "--name", "Acme") == (0, f"{new}\n", "")
    status, out, err = run(capsys, "brand", new)
    assert status == 0 and "Acme" in out and "role primary      #0d6b6b" in out and not err
    (new / "logo-dark.svg").write_text("<svg/>")
    (new / "rules.toml").write_text((new / "rules.toml").read_text().replace("clear_space", "clearspace"))
    status, out, err = run(capsys, "brand", new)
    assert status == 1 and [line.split(":")[0] for line in out.splitlines()] == ["logo-dark.svg", "rules.toml"]
    assert "2 problems" in err
    status, out, err = run(capsys, "brand", "--new", new)
    assert (status, out) == (1, "") and "empty or not there" in err


def test_brand_takes_its_colours_from_a_logo(capsys, tmp_path):
    Image.new("RGB", (9, 9), "#8a1c7c").save(tmp_path / "logo.png")
    assert run(capsys, "brand", "--new", tmp_path / "new", "--logo", tmp_path / "logo.png")[0] == 0
    assert "role primary      #8a1c7c" in run(capsys, "brand", tmp_path / "new")[1]


@pytest.fixture
def picture(tmp_path):
    image = Image.new("RGB", (512, 512), "#a9dcc9")
    image.paste("#7a1f2b", (330, 200, 450, 330))
    image.save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_a_kit_with_words_at_the_shell(capsys, store, tmp_path, picture):
    given = [
        "--placements",
        "x-post,instagram-square",
        "--brand",
        folder("brand"),
        "--layout",
        "button",
        "--text",
        "button=Order now",
    ]
    given = ["export", picture, *given, "--to", tmp_path / "kit", "--store", store, "--upscaler", "", "--quiet"]
    status, out, err = run(capsys, *given, "--text", "headline=Cheap coffee")
    assert (status, out) == (1, "") and "banned, headline: “cheap”" in err and '--waive "banned=why"' in err
    assert len(err.splitlines()) <= 5 and not (tmp_path / "kit").exists()
    status, out, err = run(capsys, *given, "--text", "headline=Cheap coffee", "--waive", "banned=quoted, a = b")
    assert status == 0 and out == f"{tmp_path / 'kit' / 'index.html'}\n" and "waived: quoted, a = b" in err
    status, out, err = run(capsys, *given, "--text", "headline=Coffee, but calmer")
    assert status == 0 and not [line for line in err.splitlines() if line.startswith("error")]


def test_a_campaign_at_the_shell(capsys, store, tmp_path, picture):
    (tmp_path / "table.csv").write_text("headline,language\nGood coffee,en\nA cheap cup,en\n")
    given = [
        "banners",
        tmp_path / "table.csv",
        "--image",
        picture,
        "--placements",
        "x-post,email-header",
        "--brand",
        folder("brand"),
    ]
    given += ["--to", tmp_path / "out", "--store", store, "--quiet"]
    status, out, err = run(capsys, *given)
    assert (status, out) == (1, "") and "002-x-post" in err and "001-" not in err and not (tmp_path / "out").exists()
    status, out, err = run(capsys, *given, "--waive", "banned=a quotation")
    files = out.splitlines()
    assert status == 0 and [Path(f).name[:4] for f in files] == ["001-", "001-", "002-", "002-"]
    assert {Image.open(f).size for f in files} == {(1200, 675), (600, 200)} and "waived: a quotation" in err


def test_a_brand_joins_prompts_at_the_shell(capsys, store):
    status, out, _ = run(
        capsys, "generate", "a cup", "--brand", folder("brand"), "--steps", 1, "--store", store, "--quiet"
    )  # fmt: skip
    assert status == 0 and len(out.splitlines()) == 1
    assert "soft shadow" in run(capsys, "frame", "--store", store, "--format", "csv")[1]
