"""Midjourney's flags, pasted by newcomers: understood where they have a meaning here, and named where they have none."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FLAG = re.compile(r"(?:(?<=\s)|\A)(?:--|—)([a-z]+)(?=[\s,]|\Z)\s*((?:(?!\s(?:--|—)[a-z])[^\n])*)", re.IGNORECASE)
_RATIO = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*[:x/]\s*(\d{1,3}(?:\.\d+)?)")
_PART = re.compile(r"::\s*(-?\d+(?:\.\d+)?)?(?=\s|\Z|,)")
MAX_SEED = 2**63 - 1

_STEPS, _CHOOSE, _SEEDS = "here that is steps=", 'here choose a checkpoint, Studio("…")', "here that is seeds="
# What a flag does there, and the way to it here.
_NOTES = {
    "chaos": "varies more there; here draw more seeds, or write variants, {a|b}",
    "stylize": 'adds the house style there; here name a style, style="flat", or change guidance=',
    "quality": f"spends more time there; {_STEPS}",
    "stop": f"ends early there; {_STEPS}",
    "iw": "weighs a picture in the prompt there; here pass image= and strength=",
    "niji": f"chooses a model for anime there; {_CHOOSE}",
    "version": f"chooses a model there; {_CHOOSE}",
    "hd": f"chooses a model there; {_CHOOSE}",
    "style": "chooses a house style there; here style= takes a name from styles.toml",
    "raw": "switches the house style off there; there is none here",
    "sref": "copies the style of a picture there; here start from it with image=",
    "cref": "copies a person there; here start from a picture with image=",
    "repeat": f"draws again there; {_SEEDS}",
    "tile": "makes patterns that repeat there; there is no such thing here",
    "weird": "makes odd pictures there; there is no such thing here",
    "p": "names your taste there; there is no such thing here",
    "video": "makes a film there; there is no such thing here",
    "fast": "chooses a queue there; there is none here",
    "uplight": "chooses an upscaler there; there is none here",
}
_SAME = {
    "c": "chaos", "s": "stylize", "q": "quality", "v": "version", "w": "weird", "r": "repeat", "cw": "cref", "sw": "sref",
    "relax": "fast", "turbo": "fast", "draft": "fast", "upbeta": "uplight", "profile": "p",
}  # fmt: skip
_KNOWN = frozenset({*_NOTES, *_SAME, "ar", "aspect", "no", "seed", "sameseed"})


@dataclass(frozen=True)
class Idiom:
    """A prompt with its flags read.

    text      the words without them.
    aspect    width over height as (width, height), or None where no --ar was given.
    negative  the words of --no, "" where there are none.
    seed      of --seed, or None.
    notes     a sentence for every flag: what was done with it, or what to do instead.
    """

    text: str
    aspect: tuple[float, float] | None = None
    negative: str = ""
    seed: int | None = None
    notes: tuple[str, ...] = ()

    def size(self, native: tuple[int, int], multiple: int = 8) -> tuple[int, int] | None:
        """(width, height) in pixels of this aspect, with about the area of `native`; None without --ar."""
        if self.aspect is None:
            return None
        ratio = self.aspect[0] / self.aspect[1]
        area = native[0] * native[1]
        width, height = (area * ratio) ** 0.5, (area / ratio) ** 0.5
        return max(multiple, round(width / multiple) * multiple), max(multiple, round(height / multiple) * multiple)


def midjourney(text: str) -> Idiom:
    """Read the flags in a prompt: `--ar 16:9`, `--no text`, `--seed 5`, `--chaos 20`, `::2` and their kin. Never raises.

    Words that begin with -- and are no flag of Midjourney stay where they are.
    """
    found: dict[str, object] = {"aspect": None, "negative": [], "seed": None}
    notes: list[str] = []

    def flag(match: re.Match[str]) -> str:
        name, value = match[1].lower(), match[2].strip().rstrip(",")
        if name not in _KNOWN:
            return match[0]
        said = f"--{name} {value}".strip()
        if name in ("ar", "aspect"):
            ratio = _RATIO.fullmatch(value)
            sides = (float(ratio[1]), float(ratio[2])) if ratio else (0.0, 0.0)
            if min(sides) > 0 and 0.1 <= sides[0] / sides[1] <= 10:
                found["aspect"] = sides
                notes.append(f"{said}: the size follows it.")
            else:
                notes.append(f"{said}: no aspect from 1:10 to 10:1, such as 16:9; left out.")
        elif name == "no":
            if value:
                found["negative"].append(value)  # type: ignore[attr-defined]
                notes.append(f"{said}: taken into the negative.")
        elif name in ("seed", "sameseed"):
            if value.isascii() and value.isdigit() and int(value[:20]) <= MAX_SEED:
                found["seed"] = int(value[:20])
                notes.append(f"{said}: taken as the seed; it draws another picture here than there.")
            else:
                notes.append(f"{said}: no whole number; left out.")
        else:
            notes.append(f"{said}: {_NOTES[_SAME.get(name, name)]}; left out.")
        return " "

    words = _FLAG.sub(flag, text)
    if parts := _PART.findall(words):
        words = _PART.sub(" ", words)
        shown = ", ".join(f"::{part}" for part in parts)
        notes.append(f"{shown}: weighs parts of a prompt there; here write (words:1.2); left out.")
    if not notes:
        return Idiom(text)
    tidy = re.sub(r"\s+([,.])", r"\1", " ".join(words.split())).strip(" ,")
    return Idiom(tidy, found["aspect"], ", ".join(found["negative"]), found["seed"], tuple(notes))  # type: ignore[arg-type]
