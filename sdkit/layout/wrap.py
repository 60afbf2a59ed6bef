"""Words -> lines. Where a line may break is Unicode's UAX 14 (uniseg: CJK between characters, kinsoku); the filling is ours."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ..errors import LayoutError
from .fonts import Face
from .runs import Line, line_of

SOFT = "\u00ad"
_LONGEST = 2000  # characters of one text
_WORD = 9  # letters: shorter words are never hyphenated


@dataclass(frozen=True)
class Setting:
    """How a text is set: its slot (for messages), faces, base direction, tracking in ems, language for hyphenation."""

    slot: str
    faces: tuple[Face, ...]
    rtl: bool = False
    tracking: float = 0.0
    language: str = ""

    def line(self, text: str) -> Line:
        """`text` as one line, without the spaces at its end."""
        return line_of(text.rstrip().replace(SOFT, ""), self.faces, self.rtl, self.slot, self.tracking)


def cleaned(slot: str, text: object) -> str:
    """A user's text, in NFC and with plain spaces; line breaks stay. Raises LayoutError for what no banner can show."""
    if text is None or (isinstance(text, float) and text != text):  # an empty cell of a table
        return ""
    if not isinstance(text, str | int | float):
        raise LayoutError(slot, text, "words (a str)")
    text = unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if len(text) > _LONGEST:
        raise LayoutError(slot, text, f"at most {_LONGEST} characters; these are {len(text)}", "Shorten it.")
    for c in text:
        if c != "\n" and (unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in "\u2028\u2029\ufffe\uffff"):
            raise LayoutError(slot, text, f"characters that can be drawn; U+{ord(c):04X} cannot", "Remove it.")
    return "\n".join(" ".join(part.split(" ")).strip() for part in text.split("\n")).strip()


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[tuple[str, ...], ...]:
    """The unbreakable parts of one paragraph; parts that soft hyphens join stand in one tuple."""
    from uniseg.linebreak import line_break_units

    words: list[tuple[str, ...]] = []
    for unit in line_break_units(text):
        if words and words[-1][-1].endswith(SOFT):
            words[-1] = (*words[-1], unit)
        else:
            words.append((unit,))
    return tuple(words)


@lru_cache(maxsize=4096)
def _hyphenated(word: str, language: str) -> tuple[str, ...]:
    """The parts of a long word, at the language's hyphenation points."""
    import pyphen

    chosen = pyphen.language_fallback(language.replace("-", "_"))
    if not chosen or len(word) < _WORD:
        return (word,)
    marked = pyphen.Pyphen(lang=chosen, left=4, right=4).inserted(word.rstrip(), SOFT)
    parts = [p + SOFT for p in marked.split(SOFT)]
    return (*parts[:-1], parts[-1][:-1] + word[len(word.rstrip()) :])


def wrap(text: str, width: float, how: Setting, *, hyphenate: bool = False) -> list[str] | None:
    """`text` in lines of at most `width` ems, filled one after the other; None when some word is wider.

    A soft hyphen is used only where its word would not fit on a line by itself; with `hyphenate`, words that hold none are
    broken at the points of the language, under the same condition.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for parts in _words(paragraph):
            word = "".join(parts)
            if how.line(line + word).width <= width:
                line += word
                continue
            if line.strip():
                lines.append(line)
            line = word
            if how.line(word).width <= width:
                continue
            if len(parts) == 1 and hyphenate:
                parts = _hyphenated(word, how.language)
            line = ""
            for part in parts:
                if how.line(line + part + ("-" if part.endswith(SOFT) else "")).width <= width:
                    line += part
                    continue
                if line:
                    lines.append(line.removesuffix(SOFT) + "-")
                line = part
                if how.line(part + ("-" if part.endswith(SOFT) else "")).width > width:
                    return None
        if line.strip():
            lines.append(line)
    return [line.replace(SOFT, "").strip() for line in lines]


def balanced(text: str, width: float, how: Setting, *, hyphenate: bool = False) -> list[str] | None:
    """As `wrap`, with as many lines but as even as they come: no single word left over on the last."""
    lines = wrap(text, width, how, hyphenate=hyphenate)
    if not lines or not 1 < len(lines) <= 8:
        return lines
    low, best = width / 2, lines
    high = width
    for _ in range(6):
        middle = (low + high) / 2
        tried = wrap(text, middle, how, hyphenate=hyphenate)
        if tried is not None and len(tried) <= len(lines) and _breaks(tried) <= _breaks(lines):
            best, high = tried, middle
        else:
            low = middle
    return best


def _breaks(lines: list[str]) -> int:
    return sum(line.endswith("-") for line in lines)
