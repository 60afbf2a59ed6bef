"""A brand on a card, for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from ..codecs import to_base64
from .colours import contrast

if TYPE_CHECKING:
    from .value import Brand

_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


def swatches(colours: Mapping[str, str]) -> str:
    """A row of named colours, each with its name in ink that reads on it."""
    cells = []
    for name, colour in colours.items():
        ink = "#000000" if contrast(colour, "#000000") >= contrast(colour, "#ffffff") else "#ffffff"
        css = f"background:{escape(colour)};color:{ink};padding:26px 10px 8px;min-width:76px;font:12px sans-serif"
        cells.append(f'<div style="{css}">{escape(name)}<br>{escape(colour)}</div>')
    css = "display:flex;flex-wrap:wrap;gap:4px;margin:6px 0;border-radius:8px;overflow:hidden"
    return f'<div style="{css}">{"".join(cells)}</div>'


def card(brand: Brand) -> str:
    """Both logos, the colours, the roles, the fonts and the words, as HTML."""
    logos = []
    for logo, ground in ((brand.logo, brand.roles["paper"]), (brand.logo_dark, brand.roles["ink"])):
        url = f"data:{_TYPES[logo.path.suffix.lower()]};base64,{to_base64(logo.path.read_bytes())}"
        image = f'<img src="{url}" alt="{escape(brand.name, quote=True)}" style="height:44px;max-width:100%">'
        logos.append(f'<div style="background:{ground};padding:18px 26px;border-radius:8px">{image}</div>')
    names = ((path.split(".")[-1], colour) for path, colour in brand.colours.items())
    own = {
        name: colour for name, colour in names if colour in brand.palette and name not in brand.roles
    }  # roles have their row
    fonts = ", ".join(f"{role}: {family.name}" for role, family in brand.fonts.items())
    rules = brand.rules
    lines = [
        ("fonts", fonts), ("tone", ", ".join(rules.tone)), ("keeps out", ", ".join(rules.negatives)),
        ("banned", ", ".join(rules.banned)), ("alt texts", rules.alt_style),
    ]  # fmt: skip
    said = "".join(f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in lines if v)
    return (
        f"<div><strong>{escape(brand.name)}</strong> {escape(brand.about)}"
        f'<div style="display:flex;flex-wrap:wrap;gap:8px;margin:8px 0">{"".join(logos)}</div>'
        f"{swatches(own) if own else ''}{swatches(brand.roles)}<table>{said}</table></div>"
    )
