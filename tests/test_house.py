"""The rules of the house, kept by reading the source: who imports whom, how long files are, notebooks without outputs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sdkit"

# Each room, and the rooms of ours that it may import. What is not named here may import nothing of ours.
BASE = {"errors", "codecs", "data"}
VALUES = BASE | {"prompt", "canvas", "sheet", "request", "result", "sources", "findings"}
MAY_IMPORT = {
    "__init__": {"brand", "errors", "export", "layout", "prompt", "request", "result", "sheet", "studio", "widgets"},
    "__main__": {"cli"},
    "errors": set(),
    "data": {"errors"},
    "findings": {"errors"},
    "codecs": {"errors"},
    "prompt": BASE,
    "canvas": BASE,
    "sheet": BASE,
    "request": BASE | {"prompt"},
    "result": BASE | {"prompt", "request", "sheet"},
    "sources": BASE | {"result"},
    "workshop": VALUES,
    "backends": VALUES,
    "receipts": VALUES,
    "experiments": VALUES | {"workshop"},
    "brand": VALUES,
    "branded": VALUES | {"brand", "layout", "workshop"},
    "moves": VALUES | {"backends", "receipts", "workshop"},
    "attended": BASE | {"backends"},
    "guides": VALUES | {"backends"},
    "export": VALUES,
    "layout": VALUES,
    "masters": VALUES | {"backends", "experiments", "export", "moves", "workshop"},
    "worded": VALUES | {"brand", "branded", "export", "layout"},
    "banners": VALUES | {"backends", "brand", "branded", "export", "layout", "masters", "worded"},
    "upscale": VALUES | {"backends", "export", "workshop"},
    "rights": VALUES,
    "costs": VALUES,
    "proofs": VALUES | {"brand", "branded", "export", "layout", "masters", "upscale", "worded"},
    "edition": VALUES | {"costs", "export", "rights", "upscale", "worded"},
    "exports": VALUES
    | {"attended", "backends", "branded", "edition", "export", "layout", "proofs", "rights", "upscale", "worded"},
    "desk": VALUES | {"costs", "export", "rights"},
    "publish": VALUES,
    "apps": {"widgets"},
    "studio": VALUES
    | {
        "apps",
        "attended",
        "backends",
        "banners",
        "brand",
        "branded",
        "costs",
        "receipts",
        "experiments",
        "export",
        "exports",
        "guides",
    }
    | {"moves", "upscale"},
    "demo": VALUES | {"studio", "export", "experiments"},
    "lab": BASE,
    "widgets": VALUES | {"studio", "experiments", "export", "attended", "backends", "branded", "layout", "proofs"},
    "cli": VALUES | {"brand", "desk", "publish", "studio", "experiments", "demo", "lab"},
}
TORCH = {
    f"backends/{name}.py"
    for name in (
        "local",
        "models",
        "words",
        "noise",
        "tiling",
        "hub",
        "single_file",
        "control",
        "networks",
        "preview",
        "upscaler",
    )
}
FILES = sorted(PACKAGE.rglob("*.py"))


def modules_of(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, wherever in it."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = list(parts[: len(parts) - node.level]) if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names.add(module)
            if module == "sdkit":  # `from . import canvas`
                names |= {f"sdkit.{alias.name}" for alias in node.names}
    return names


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_rooms_import_only_what_lies_before_them(path):
    ours = {name.split(".")[1] for name in modules_of(path) if name.startswith("sdkit.")}
    assert ours - {room_of(path)} <= MAY_IMPORT[room_of(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_torch_stays_in_its_rooms(path):
    heavy = {name.split(".")[0] for name in modules_of(path)} & {"torch", "diffusers", "transformers", "safetensors", "compel"}
    assert not heavy or path.relative_to(PACKAGE).as_posix() in TORCH


def test_importing_sdkit_loads_nothing_heavy():
    code = "import sys, sdkit; print(sorted({'torch', 'diffusers', 'pandas', 'matplotlib', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_nothing_else():
    import sdkit

    assert sorted(sdkit.__all__) == sorted(sdkit._HOME_OF)
    for name in sdkit.__all__:
        assert getattr(sdkit, name).__module__.startswith("sdkit.")
    with pytest.raises(AttributeError, match="Studio"):
        _ = sdkit.Studi0


@pytest.mark.parametrize(
    "path", [*FILES, *sorted((ROOT / "recipes").rglob("*.py"))], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_a_file_is_at_most_four_hundred_lines(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebooks_are_stored_without_outputs(path):
    for cell in json.loads(path.read_text())["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_every_test_file_has_a_name_of_its_own():
    """pytest imports them by their bare names, and stops at the second of a kind, minutes into a run."""
    names = sorted(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert names == sorted(set(names))
