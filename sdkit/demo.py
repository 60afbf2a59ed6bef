"""The demo: a small launch, from a prompt of two variants to every placement, on the embedded model and offline."""

from __future__ import annotations

import time
from pathlib import Path

from .codecs import encode, write_atomic
from .errors import ExportError
from .export import Kit
from .studio import Studio

PROMPT = "a {rocket|gift box} on a plain purple background"
NEGATIVE = "@clean"
SEEDS = (1, 2)
CHOSEN = 0  # of the four pictures, along the rows: a person would look at the sheet and say


def run(to: Path, *, progress: bool = True) -> Kit:
    """Make the launch in the folder `to`; prints what it does. Raises as `Studio.generate` and `Studio.export` do."""
    start = time.perf_counter()
    studio = Studio(store=to / "experiments")
    print(f'1. Draw "{PROMPT}" with {len(SEEDS)} seeds, keeping out {NEGATIVE}.', flush=True)
    shots = studio.generate(PROMPT, negative=NEGATIVE, seeds=SEEDS, experiment="demo", progress=progress)
    print(f"   {len(shots)} pictures, {sum(r.seconds for r in shots):.1f} s, each recorded with all that made it.", flush=True)

    print("2. Export one of them to every placement; what is much wider or taller is painted on by the model.", flush=True)
    kit = studio.export(shots[CHOSEN], "all", to=to, progress=progress)
    try:
        write_atomic(to / "sheet.png", encode(shots.sheet(), "PNG"))
        frame = studio.experiments.frame(session=studio.experiments.store.session)
        write_atomic(to / "experiments.csv", frame.to_csv(index=False).encode())
    except OSError as error:
        raise ExportError(f"{to}: could not be written: {error.strerror or error}.") from error

    print(f"\n{_table(kit)}\n")
    print(f"{to / 'sheet.png'}         the prompts side by side")
    print(f"{to / 'experiments.csv'}   every picture made, one row each")
    print(f"{to / 'manifest.json'}     every file, with its method and reason")
    print(f"Done in {time.perf_counter() - start:.0f} s. Look at all placements on one page:\n\n    {_opener()} {kit.page}\n")
    return kit


def _table(kit: Kit) -> str:
    """Methods and what they came to: a few lines, not one a file."""
    rows = [("method", "files", "bytes", "largest share of a byte limit")]
    for method in ("crop", "pad", "outpaint"):
        if chosen := [entry for entry in kit.entries if entry.method == method]:
            fullest = max(chosen, key=lambda entry: entry.bytes / entry.byte_limit)
            share = f"{fullest.bytes / fullest.byte_limit:.0%}  {fullest.placement}"
            rows.append((method, str(len(chosen)), f"{sum(entry.bytes for entry in chosen):,}", share))
    return "\n".join(f"  {a:<9}{b:>6}{c:>12}   {d}" for a, b, c, d in rows)


def _opener() -> str:
    """The command that opens a page on this system."""
    import sys

    return {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")
