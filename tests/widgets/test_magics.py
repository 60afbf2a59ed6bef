"""%load_ext sdkit in a real IPython shell: the magic, completion, the accessor."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from sdkit.result import ResultSet


@pytest.fixture
def shell(painted, tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell()
    shell.user_ns["studio"] = painted
    shell.run_line_magic("load_ext", "sdkit")
    yield shell
    shell.history_manager.end_session()


def sd(shell, line, cell):
    return shell.run_cell_magic("sd", line, cell)


def test_the_cell_is_the_prompt_and_flags_do_the_rest(shell, painted):
    shots = sd(
        shell,
        "--seeds 3 --negative @clean --as shots --steps 2 --experiment e --quiet",
        "a {rocket|lemon}\non {colour=mint|navy}\n",
    )
    assert isinstance(shots, ResultSet) and len(shots) == 12 and shell.user_ns["shots"] is shots
    assert "blurry" in shots[0].request.negative and shots[0].request.steps == 2 and len(painted.experiments) == 12
    assert set(painted.experiments.frame()["experiment"]) == {"e"}


def test_slots_are_filled_by_flags_and_by_variables(shell):
    shell.user_ns["product"] = ["mug", "shoe"]
    shots = sd(shell, "--set colour=mint|navy --seeds 7,9 --size 128x64 --quiet", "a {product} on {colour}")
    assert len(shots) == 8 and {s.request.seed for s in shots} == {7, 9} and shots[0].request.size == (128, 64)
    assert str(shots[0].request.prompt) == "a mug on mint"
    (one,) = sd(shell, "--template sale-banner --quiet", "product=mug\ncolour=red\nside=on the left")
    assert str(one.request.prompt).startswith("mug, red sunburst")
    (wide,) = sd(shell, "--size linkedin-page-cover --quiet", "a mug")
    assert wide.request.size[0] == pytest.approx(3 * wide.request.size[1], rel=0.1)


def test_what_is_wrong_is_said_and_help_is_help(shell, capsys, painted):
    for line, words in (
        ("--sede 3", "--sede"), ("--seeds x", "--seeds"), ("--as 1x", "--as"), ("--set a", "NAME=VALUE"), ("--studio no", "--studio"),
        ("--size social", "one placement"), ('--negative "x', "quotes"), ("--size huge", "placements"),
    ):  # fmt: skip
        result = shell.run_cell(f"%%sd {line}\na rocket")
        assert not result.success and words in str(result.error_in_exec), line
    capsys.readouterr()
    assert sd(shell, "--help", "x") is None and "--negative" in capsys.readouterr().out
    assert len(painted.experiments) == 0


@pytest.mark.parametrize(
    "line, has",
    [
        ("%%sd --neg", "--negative"), ("%%sd --template sale-b", "sale-banner"), ("%%sd --seeds 3 --negative @cl", "clean"),
        ("%%sd --size instagram-p", "instagram-portrait"), ('studio.generate(template="sale-b', "sale-banner"),
        ("studio.generate('x', negative='@cl", "clean"), ('studio.export(best, placements="insta', "instagram-portrait"),
        ('studio.export(best, placements=["social", "insta', "instagram-portrait"),
    ],
)  # fmt: skip
def test_names_complete(shell, line, has):
    _, matches = shell.complete(None, line, len(line))
    assert has in [m.rpartition("@")[2] for m in matches]


def test_frames_have_an_accessor(shell, painted):
    painted.generate("a {rocket|lemon}", seeds=3, steps=1, progress=False)
    frame = painted.experiments.frame()
    sheet = frame[frame["seed"] > 0].sdkit.sheet()
    assert sheet.mode == "sheet" and len(sheet._items) == 4 and sheet._columns == ["seed 1", "seed 2"]
    assert frame.sdkit.compare(chosen=[1, 2]).chosen == [1, 2] and frame.sdkit.rate(n=2).total == 2
    with pytest.raises(AttributeError, match="path"):
        _ = frame[["seed"]].sdkit
    shell.run_line_magic("reload_ext", "sdkit")
