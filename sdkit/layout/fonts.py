"""Font files: which characters they hold, and how wide words are in them. Measured in the very files that resvg draws with."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex
from PIL import ImageFont, features

from ..errors import LayoutError

_EM = 1000  # pixels at which outlines are measured, so that rounding and hinting do not count
_LARGEST = 64_000_000  # bytes of a font file: the largest CJK families stay below
_UNDRAWN = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufe0e\ufe0f\u200e\u200f\u2066\u2067\u2068\u2069")  # a font may lack them
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\ufe0f|[\U0001F1E6-\U0001F1FF]")
_CLUSTER = regex.compile(r"\X")
_PLAIN = regex.compile(r"[\s\p{P}]+")


@dataclass(frozen=True)
class Face:
    """One font file, read once.

    family, weight, italic    as resvg knows it.
    cap, ascent, descent      of a capital, and of the line, in ems over and under the baseline.
    strike                    pixels of its bitmaps where it holds pictures (colour emoji), else 0.
    """

    path: str
    family: str
    weight: int
    italic: bool
    cap: float
    ascent: float
    descent: float
    strike: int
    chars: frozenset[int]

    def has(self, cluster: str) -> bool:
        """Whether every visible character of a grapheme cluster has a glyph."""
        return all(ord(c) in self.chars or c in _UNDRAWN for c in cluster)

    def __hash__(self) -> int:
        return hash(self.path)


def face(path: str | Path, parameter: str = "font") -> Face:
    """The font file at `path`. Raises LayoutError when it is missing, too large, or no TTF or OTF font."""
    path = Path(path)
    try:
        stat = path.stat()
    except OSError as error:
        raise LayoutError(parameter, str(path), "a readable font file", f"({error.strerror})") from error
    if stat.st_size > _LARGEST:
        raise LayoutError(parameter, f"{stat.st_size:,} bytes", f"a font file of at most {_LARGEST:,} bytes")
    return _face(str(path), stat.st_mtime_ns, parameter)


@lru_cache(maxsize=64)
def _face(path: str, changed: int, parameter: str) -> Face:
    from fontTools.ttLib import TTFont

    try:
        with TTFont(path, lazy=True, fontNumber=0) as font:
            names, os2, head, hhea = font["name"], font["OS/2"], font["head"], font["hhea"]
            em = float(head.unitsPerEm)
            chars = frozenset(font.getBestCmap())
            if not chars or not 16 <= em <= 16384:
                raise ValueError("no characters, or an absurd size")
            family = names.getBestFamilyName() or names.getDebugName(1)
            strikes = [s.bitmapSizeTable.ppemY for s in font["CBLC"].strikes] if "CBLC" in font else []
            cap = getattr(os2, "sCapHeight", 0) / em or 0.7
            found = Face(
                path, str(family), int(os2.usWeightClass), bool(os2.fsSelection & 1), cap if 0.3 < cap < 1.2 else 0.7,
                hhea.ascent / em, -hhea.descent / em, max(strikes, default=0), chars,
            )  # fmt: skip
        _pillow(path, found.strike or _EM)
    except LayoutError:
        raise
    except Exception as error:  # fontTools answers broken files with errors of many kinds
        raise LayoutError(parameter, path, "a TTF or OTF font", f"This file is none, or is damaged ({error}).") from error
    return found


@lru_cache(maxsize=64)
def _pillow(path: str, size: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
    return ImageFont.truetype(path, size, layout_engine=engine)


@lru_cache(maxsize=100_000)
def advance(of: Face, text: str, rtl: bool = False) -> float:
    """The width of a run in ems, kerning and ligatures counted."""
    em = of.strike or _EM
    return _pillow(of.path, em).getlength(text, **_direction(rtl)) / em


@lru_cache(maxsize=20_000)
def ink(of: Face, text: str, rtl: bool = False) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of what is drawn of a run, in ems from the start of its baseline; y runs down."""
    em = of.strike or _EM
    left, top, right, bottom = _pillow(of.path, em).getbbox(text, anchor="ls", **_direction(rtl))
    return left / em, top / em, right / em, bottom / em


def _direction(rtl: bool) -> dict[str, Any]:
    return {"direction": "rtl" if rtl else "ltr"} if features.check("raqm") else {}


def clusters(text: str) -> list[str]:
    """What a reader takes for one character each: letters with their marks, emoji with their modifiers."""
    return _CLUSTER.findall(text)


def assign(text: str, faces: Sequence[Face], slot: str, *, weight: int = 400) -> list[tuple[str, Face]]:
    """(run, face) pairs, in the order of reading: each cluster in the first face that has it, then in a font of the system.

    Punctuation stays with its word where that face has it. Raises LayoutError that names what no font has.
    """
    parts = clusters(text)
    found: list[Face | None] = []
    missing: dict[str, None] = {}
    for cluster in parts:
        picture = bool(_EMOJI.search(cluster))
        wanted = sorted(faces, key=lambda f: not f.strike) if picture else faces
        one = next((f for f in wanted if f.has(cluster) and not (picture and not f.strike)), None)
        one = one or system_face(cluster, weight, picture) or next((f for f in wanted if f.has(cluster)), None)
        found.append(one)
        if one is None:
            missing[cluster] = None
    if missing:
        shown = ", ".join(f"{c} ({' '.join(f'U+{ord(x):04X}' for x in c if x not in _UNDRAWN)})" for c in list(missing)[:12])
        raise LayoutError(
            slot, text, f"characters that the fonts have; none has {shown}",
            "Give a font that does: Theme(fallbacks=[...]), or install one"
            + (", such as Debian's fonts-noto-color-emoji." if any(_EMOJI.search(c) for c in missing) else "."),
        )  # fmt: skip
    runs: list[tuple[str, Face]] = []
    for cluster, of in zip(parts, _companied(parts, found), strict=True):
        if runs and runs[-1][1] == of:
            runs[-1] = (runs[-1][0] + cluster, of)
        else:
            runs.append((cluster, of))
    return runs


def _companied(parts: Sequence[str], found: Sequence[Face | None]) -> list[Face]:
    """The faces of clusters, with punctuation in that of its word: an opening bracket's after it, all others' before it."""
    out = [f for f in found if f is not None]
    order = range(len(parts))
    for opening, places, step in ((False, order, -1), (True, reversed(order), 1)):
        for i in places:
            neighbour = out[i + step] if 0 <= i + step < len(out) else None
            is_opening = unicodedata.category(parts[i][0]) in ("Ps", "Pi")
            if (
                _PLAIN.fullmatch(parts[i])
                and is_opening == opening
                and neighbour
                and not neighbour.strike
                and neighbour.has(parts[i])
            ):
                out[i] = neighbour
    return out


@lru_cache(maxsize=4096)
def system_face(cluster: str, weight: int, picture: bool = False) -> Face | None:
    """An installed font that has the whole cluster, of the nearest weight, or None. fontconfig is asked, else matplotlib."""
    options = []
    for path, of_weight in _installed(max(cluster, key=lambda c: (c not in _UNDRAWN, ord(c)))):
        name = Path(path).name.lower()
        poor = (
            ("emoji" in name) != picture,
            any(w in name for w in ("mono", "math", "italic", "oblique", "slanted", "condensed")),
        )
        options.append((poor, "notosans" not in name, abs(of_weight - weight), path))
    for *_, path in sorted(options):
        try:
            found = face(path)
        except LayoutError:
            continue
        if found.has(cluster):
            return found
    return None


@lru_cache(maxsize=1024)
def _installed(character: str) -> tuple[tuple[str, int], ...]:
    """(path, weight) of the fonts of the system that have a character."""
    if shutil.which("fc-list"):
        asked = ["fc-list", "--format", "%{file}\t%{weight}\t%{index}\n", f":charset={ord(character):x}"]
        try:
            said = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False).stdout
        except (OSError, subprocess.SubprocessError):
            said = ""
        rows = [line.split("\t") for line in said.splitlines() if line.count("\t") == 2]
        return tuple(
            (p, 700 if _number(w) >= 180 else 400)
            for p, w, i in rows
            if i == "0" and p.lower().endswith((".ttf", ".otf", ".ttc"))
        )
    from matplotlib.font_manager import findSystemFonts

    return tuple((p, 700 if "bold" in p.lower() else 400) for p in findSystemFonts() if _holds(p, ord(character)))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # a range, of a variable font
        return 0.0


def _holds(path: str, code: int) -> bool:
    try:
        return code in face(path).chars
    except LayoutError:
        return False


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left (rule P2 of the Unicode bidirectional algorithm)."""
    for c in text:
        kind = unicodedata.bidirectional(c)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def files(faces: Iterable[Face]) -> list[str]:
    """The paths of the faces, each once, for resvg."""
    return sorted({f.path for f in faces})
