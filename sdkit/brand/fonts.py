"""Font files, read for their names and glyphs. What they are called is in them, so that no list of them is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..errors import short
from .problems import Problem, inside

MAX_BYTES = 20_000_000  # a font of all Chinese characters has about ten
MAX_FILES = 60
_MAGIC = (b"\0\1\0\0", b"OTTO", b"true")
_FONTS = (".ttf", ".otf")
_OTHERS = (".ttc", ".otc", ".woff", ".woff2", ".eot", ".pfb", ".fon", ".dfont")


@dataclass(frozen=True)
class Face:
    """One font file: its family, weight 1 to 1000, and whether it slants."""

    path: Path
    family: str
    weight: int
    italic: bool

    def lacks(self, text: str) -> str:
        """The characters of `text` that it has no glyph for, each once; white space and controls aside."""
        has = _glyphs(self.path)
        seen = dict.fromkeys(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf", "Mn"))
        return "".join(c for c in seen if ord(c) not in has)


@dataclass(frozen=True)
class Family:
    """A font family and its faces, from light to bold."""

    name: str
    faces: tuple[Face, ...]

    def face(self, weight: int = 400, *, italic: bool = False) -> Face:
        """The face nearest to a weight, upright unless `italic`; of the other slant where there is none."""
        return min(self.faces, key=lambda f: (f.italic != italic, abs(f.weight - weight), -f.weight))


def read(folder: Path) -> tuple[dict[str, Family], list[Problem]]:
    """Family name -> Family of the TTF and OTF files in fonts/ of a brand's folder, and what is wrong with them."""
    problems: list[Problem] = []
    faces: list[Face] = []
    home = folder / "fonts"
    files = sorted(p for p in home.iterdir() if p.is_file() or p.is_symlink()) if home.is_dir() else []
    files = [p for p in files if p.suffix.lower() in (*_FONTS, *_OTHERS)]
    if len(files) > MAX_FILES:
        problems.append(Problem("fonts", 0, f"holds {len(files)} font files; at most {MAX_FILES} are read."))
    for path in files[:MAX_FILES]:
        name = f"fonts/{path.name}"
        try:
            inside(folder, name)
            faces.append(_face(path))
        except ValueError as error:
            problems.append(Problem(name, 0, str(error)))
    families: dict[str, list[Face]] = {}
    for face in faces:
        families.setdefault(face.family, []).append(face)
    ordered = {name: tuple(sorted(of, key=lambda f: (f.italic, f.weight))) for name, of in families.items()}
    return {name: Family(name, of) for name, of in ordered.items()}, problems


def _face(path: Path) -> Face:
    """The face in a file. Raises ValueError, its message a sentence, when it is no font to be used here."""
    from fontTools.ttLib import TTFont
    from PIL import ImageFont

    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"has {size:,} bytes; allowed: at most {MAX_BYTES:,}.")
    if path.suffix.lower() in _OTHERS:
        raise ValueError("is no TTF or OTF; fonts are drawn from these. fontTools converts a WOFF.")
    with path.open("rb") as stream:
        if stream.read(4) not in _MAGIC:
            raise ValueError("is no font: a TTF or OTF begins otherwise, whatever its name says.")
    try:
        with TTFont(path, lazy=True) as font:
            names, os2 = font["name"], font["OS/2"]
            family = names.getDebugName(16) or names.getDebugName(1) or ""
            weight, italic = int(os2.usWeightClass), bool(os2.fsSelection & 1)
            characters = len(font.getBestCmap() or {})
        ImageFont.truetype(str(path), 16).getbbox("a")  # FreeType, which draws it later, takes it too
    except (
        Exception
    ) as error:  # fontTools fails in as many ways as files are broken: struct.error, KeyError, AssertionError ...
        raise ValueError(f"is a damaged font ({type(error).__name__}: {short(str(error), 60)}).") from error
    if not family.strip() or not family.isprintable() or not characters:
        raise ValueError("is a font without a family name or without characters.")
    return Face(path, family.strip(), min(1000, max(1, weight)), italic)


@lru_cache(64)
def _glyphs(path: Path) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def names_of(families: Iterable[Family]) -> str:
    """Their names as a phrase."""
    return ", ".join(repr(family.name) for family in families) or "none"
