"""What the layouts promise: `python -m benchmarks.layouts [share of the cases]`.

Every layout in every placement with words that strain it, over four kinds of pictures. What counts is read from the pixels of
the words alone, drawn without anything else: no ink outside the boxes that a banner reports or outside the safe area, no
two boxes that overlap, a contrast of 4.5 or a finding that says so; and words that do not fit are refused by a LayoutError
that names their slot.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sdkit.errors import LayoutError
from sdkit.export import load
from sdkit.layout import Theme, find, layouts, render
from sdkit.layout.draw import page, pixels
from sdkit.layout.fonts import system_face
from sdkit.layout.specimen import _LOGO, WORDS, backdrop

from .figures import Figure, save

LONG = "We looked at everything that slows a marketing team down and built one quiet tool for it."
STRESS = {
    "plain": (WORDS["headline"], "en"),
    "long": (LONG, "en"),
    "200 characters": ((LONG + " " + LONG + " " + LONG)[:200].rsplit(" ", 1)[0].ljust(200, "."), "en"),
    "right to left": ("خصم 50% على كل شيء (لفترة محدودة) SALE!", "ar"),
    "Hebrew": ("מבצע קיץ: 50% הנחה (עד יום שישי)!", "he"),
    "CJK": ("夏のセール開催中。今だけ最大50％オフ！", "ja"),
    "emoji": ("Summer party 🎉👍🏽🇩🇪 at six", "en"),
    "empty": ("", "en"),
    "compound": ("Donaudampfschifffahrtsgesellschaft", "de"),
    "one word": ("Sale", "en"),
}
NEEDS = {"right to left": "خ", "Hebrew": "ש", "CJK": "夏", "emoji": "🎉"}
THEME = Theme(logo=_LOGO.format("#12161f").encode(), logo_on_dark=_LOGO.format("#ffffff").encode())


@dataclass(frozen=True)
class Case:
    kind: str
    layout: str
    place: str
    picture: int


@dataclass(frozen=True)
class Seen:
    """What one case came to; None where it was refused."""

    case: Case
    refused: str
    named: bool = False
    overflow: bool = False
    overlap: bool = False
    contrast: float = 21.0
    told: bool = True
    left_out: int = 0
    seconds: float = 0.0


def picture(which: int, size: tuple[int, int]) -> Image.Image:
    """A drawn scene, two photographs, and coloured squares that no word is readable on."""
    if which == 0:
        return backdrop(size)
    if which < 3:
        from skimage import data

        return Image.fromarray(data.coffee() if which == 1 else data.astronaut())
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(size, Image.Resampling.NEAREST)


def look(case: Case) -> Seen:
    layout, place = find(case.layout), load()[case.place]
    words, language = STRESS[case.kind]
    lead = "quote" if "quote" in layout.slots else "headline"
    texts = {slot: WORDS[slot] for slot in layout.slots} | {lead: words}
    safe = place.safe.top, place.safe.right, place.safe.bottom, place.safe.left
    start = time.perf_counter()
    try:
        banner = render(layout, picture(case.picture, place.size), place.size, texts, THEME, safe_area=safe, language=language)
    except LayoutError as error:
        clear = error.parameter in layout.slots and "characters" in str(error)
        return Seen(case, str(error), named=clear, seconds=time.perf_counter() - start)
    seconds = time.perf_counter() - start
    lines = [line for line in banner.svg.splitlines() if line.startswith("<text")]
    ink = np.asarray(pixels(page(banner.size, lines), banner.faces))[..., 3] > 24
    # Edges are soft: a pixel, or a hundredth of the letters, counts as within.
    slack = max([1, *(math.ceil(b.size / 100) for b in banner.blocks)])
    left, top, right, bottom = banner.safe
    outside = ink.copy()
    y0, x0 = max(0, math.floor(top) - slack), max(0, math.floor(left) - slack)
    outside[y0 : math.ceil(bottom) + slack, x0 : math.ceil(right) + slack] = False
    beyond = bool(outside.any())
    for box in (b.box for b in banner.blocks):
        x0, y0 = max(0, math.floor(box[0]) - slack), max(0, math.floor(box[1]) - slack)
        ink[y0 : math.ceil(box[3]) + slack, x0 : math.ceil(box[2]) + slack] = False
    boxes = [b.box for b in banner.blocks] + ([banner.logo] if banner.logo else [])
    overlap = any(
        min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1
        for a, b in itertools.combinations(boxes, 2)
    )
    told = banner.contrast >= 4.5 or any(f.rule == "contrast" for f in banner.findings)
    return Seen(case, "", True, beyond or bool(ink.any()), overlap, banner.contrast, told, len(banner.left_out), seconds)


def share(hits: int, n: int, unit: str = "%") -> Figure:
    """A share in per cent, with Wilson's 95 % interval."""
    if not n:
        return Figure(math.nan, unit, 0, math.nan, math.nan)
    p, z = hits / n, 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Figure(100 * p, unit, n, 100 * min(p, max(0.0, middle - half)), 100 * max(p, min(1.0, middle + half)))


def cases(part: float) -> list[Case]:
    """One picture a case, taken in turn; placements of equal pixels and safe area once."""
    places = list({(p.size, p.safe): p.name for p in reversed(load().values())}.values())[::-1]
    kinds = [k for k in STRESS if k not in NEEDS or system_face(NEEDS[k], 700, k == "emoji")]
    for kind in STRESS:
        if kind not in kinds:
            print(f"{kind}: left out, no installed font has {NEEDS[kind]!r}")
    every = [Case(k, name, place, 0) for k in kinds for name in layouts() for place in places]
    every = [Case(c.kind, c.layout, c.place, i % 4) for i, c in enumerate(every)]
    return [c for i, c in enumerate(every) if int((i + 1) * part) > int(i * part)]


def run(part: float = 1.0) -> dict[str, Figure]:
    todo = cases(part)
    with ProcessPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        seen = list(pool.map(look, todo, chunksize=16))
    drawn = [s for s in seen if not s.refused]
    refused = [s for s in seen if s.refused]
    print(f"{len(seen)} cases: {len(layouts())} layouts, {len({c.place for c in todo})} placements\n")
    print(
        f"{'words':<16}{'cases':>7}{'drawn':>7}{'refused':>9}{'overflow':>10}{'overlap':>9}{'contrast < 4.5':>16}{'left out':>10}"
    )
    for kind in dict.fromkeys(c.kind for c in todo):
        of = [s for s in seen if s.case.kind == kind]
        ok = [s for s in of if not s.refused]
        low = sum(s.contrast < 4.5 for s in ok)
        bad = f"{sum(s.overflow for s in ok):>10}{sum(s.overlap for s in ok):>9}{low:>16}"
        print(f"{kind:<16}{len(of):>7}{len(ok):>7}{len(of) - len(ok):>9}{bad}"
              f"{sum(s.left_out > 0 for s in ok):>10}")  # fmt: skip
    for s in [*(s for s in drawn if s.overflow or s.overlap or s.contrast < 4.5), *(s for s in refused if not s.named)][:12]:
        print("  look at:", s.case, f"overflow={s.overflow} overlap={s.overlap} contrast={s.contrast:.2f} {s.refused[:120]}")
    print()
    times = sorted(s.seconds for s in drawn)
    middle = times[len(times) // 2]
    return {
        "drawn, no ink outside its boxes and the safe area (100)": share(sum(not s.overflow for s in drawn), len(drawn)),
        "drawn, no two boxes overlap (100)": share(sum(not s.overlap for s in drawn), len(drawn)),
        "drawn, contrast at least 4.5": share(sum(s.contrast >= 4.5 for s in drawn), len(drawn)),
        "drawn, contrast at least 4.5 or told (100)": share(sum(s.told for s in drawn), len(drawn)),
        "refused, naming the slot and what would fit (100)": share(sum(s.named for s in refused), len(refused)),
        "cases drawn": share(len(drawn), len(seen)),
        "drawn with every slot": share(sum(not s.left_out for s in drawn), len(drawn)),
        "time of a banner": Figure(middle, "s", len(times), times[len(times) // 20], times[-1 - len(times) // 20]),
    }


if __name__ == "__main__":
    found = run(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
    save("layouts", found)
    wide = max(map(len, found))
    for name, f in found.items():
        print(f"  {name:<{wide}}  {f.value:8.2f} {f.unit:<3} n={f.n:<5} {f.low:.2f} to {f.high:.2f}")
