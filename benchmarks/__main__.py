"""Run every benchmark, print one table each, and write out/figures/."""

from __future__ import annotations

import os
import platform

from . import export, figures, generate, memory

if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}; medians of 5 runs, then lowest to highest.\n")
    for name, benchmark in (("generate", generate), ("export", export), ("memory", memory)):
        found = benchmark.run()
        figures.save(f"bench-{name}", found)
        print(figures.table(name, found), end="\n\n", flush=True)
