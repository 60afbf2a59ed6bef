"""A picture of a kit as its page shows it: the image with its alt text, and over it what the platform covers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from .entry import Entry
from .placements import Placement


@dataclass(frozen=True)
class Shown:
    """One card: the manifest's entry and its placement."""

    entry: Entry
    placement: Placement


def picture(shown: Shown) -> str:
    """The picture as an img element, with its alt text."""
    entry, p = shown.entry, shown.placement
    alt = escape(entry.alt or f"{p.platform}, {p.title}", quote=True)
    return (
        f'<img src="{quote(entry.path)}" width="{p.width}" height="{p.height}" alt="{alt}" loading="lazy" decoding="async">'
    )  # fmt: skip


def overlay(p: Placement) -> str:
    """The keep-out zones and the safe area's outline, in per cent of the picture; nothing where all of it is safe."""
    if not p.safe:
        return ""
    top, right = p.safe.top / p.height * 100, p.safe.right / p.width * 100
    bottom, left = p.safe.bottom / p.height * 100, p.safe.left / p.width * 100
    middle = f"top:{top:.3f}%;bottom:{bottom:.3f}%"
    zones = [
        f"left:0;right:0;top:0;height:{top:.3f}%" if top else "",
        f"left:0;right:0;bottom:0;height:{bottom:.3f}%" if bottom else "",
        f"{middle};left:0;width:{left:.3f}%" if left else "",
        f"{middle};right:0;width:{right:.3f}%" if right else "",
    ]
    out = "".join(f'<span class="keep" style="{zone}"></span>' for zone in zones if zone)
    out += f'<span class="safe" style="{middle};left:{left:.3f}%;right:{right:.3f}%"></span>'
    return f'<span class="areas" aria-hidden="true">{out}</span>'


def size(count: int) -> str:
    """Bytes for people: "84 KB", "1.2 MB" (1 KB = 1000 bytes, as the platforms' limits count)."""
    return f"{count / 1e6:.1f} MB".replace(".0 MB", " MB") if count >= 999_500 else f"{max(1, round(count / 1000))} KB"


__all__ = ["Shown", "overlay", "picture", "size"]
