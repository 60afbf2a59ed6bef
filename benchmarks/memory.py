"""Peak memory of each way, in a process of its own: `python -m benchmarks.memory generate ours` prints kilobytes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

from .figures import Figure, median, ratio


def run(times: int = 5) -> dict[str, Figure]:
    """Peak resident memory of generating four pictures and of exporting one master, ours and the plain way."""
    found: dict[str, Figure] = {}
    for work in ("generate", "export"):
        peaks: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(times):
            for way in peaks:
                done = subprocess.run(
                    [sys.executable, "-m", "benchmarks.memory", work, way], capture_output=True, text=True, check=True
                )
                peaks[way].append(int(done.stdout.split()[-1]) / 1024)
        plain = {"generate": "bare diffusers", "export": "naive loop"}[work]
        found[f"peak memory of {work}, {plain}"] = median(peaks["bare"], "MiB")
        found[f"peak memory of {work}, sdkit"] = median(peaks["ours"], "MiB")
        found[f"peak memory of {work}, sdkit / {plain}"] = ratio(peaks["ours"], peaks["bare"])
    return found


def _work(work: str, way: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if work == "generate":
            from . import generate

            if way == "bare":
                generate.bare(generate.load_bare())
            else:
                from sdkit import Studio

                generate.ours(Studio(store=folder))
        else:
            from . import export

            export.work(way, folder)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    _work(*sys.argv[1:3])
