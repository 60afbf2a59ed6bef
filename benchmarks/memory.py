"""Peak memory of each way, in a process of its own: `python -m benchmarks.memory generate ours DIR` prints kilobytes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from sdkit import Studio

from . import export
from .figures import Figure, median, ratio


def run(times: int = 5) -> dict[str, Figure]:
    """Peak resident memory of generating four pictures and of exporting one master, ours and the plain way."""
    found: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory() as folder:
        export.master(folder)  # here, so that making it is not measured
        for work, plain in (("generate", "bare diffusers"), ("export", "naive loop")):
            peaks: dict[str, list[float]] = {"bare": [], "ours": []}
            for _ in range(times):
                for way in peaks:
                    command = [sys.executable, "-m", "benchmarks.memory", work, way, folder]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    peaks[way].append(int(done.stdout.split()[-1]) / 1024)
            found[f"peak memory of {work}, {plain}"] = median(peaks["bare"], "MiB")
            found[f"peak memory of {work}, sdkit"] = median(peaks["ours"], "MiB")
            found[f"peak memory of {work}, sdkit / {plain}"] = ratio(peaks["ours"], peaks["bare"])
    return found


def _work(work: str, way: str, folder: str) -> None:
    if work == "export":
        export.work(way, folder)
    else:
        from . import generate  # torch

        if way == "bare":
            generate.bare(generate.load_bare())
        else:
            generate.ours(Studio(store=f"{folder}/store"))
    print(_peak())


def _peak() -> int:
    """Kilobytes. Not `ru_maxrss` where it can be helped: on Linux a process inherits that of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


if __name__ == "__main__":
    _work(*sys.argv[1:4])
