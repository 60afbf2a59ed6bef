"""What a brand gives to a banner: colours, font files, logos. A value; nothing here knows how a brand is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

from ..data import folder
from ..errors import LayoutError
from ..request import real

COLOURS = ("ink", "paper", "primary", "accent", "on_primary")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Theme:
    """The look of banners.

    ink, paper     the dark and the light colour of text, and of what is laid behind it, as "#rrggbb".
    primary        the brand's colour, of panels; on_primary, of words on it; accent, of buttons and price bursts.
    heading, body  font files (TTF or OTF, no collection) of headlines, and of all other words.
    fallbacks      font files for characters that those two lack, in order; after them come the fonts of the system.
    logo           SVG or PNG bytes for light grounds; logo_on_dark, for dark ones; either stands in for the other.
    logo_grounds   colours that the logo may stand on, each "#rrggbb"; elsewhere it gets a plate of one. None: anywhere.
    roundness      of buttons and cards: 0 square to 1 fully round.

    Raises LayoutError for a colour, file or logo of another kind.
    """

    ink: str = "#12161f"
    paper: str = "#ffffff"
    primary: str = "#2438d6"
    accent: str = "#ffb31f"
    on_primary: str = "#ffffff"
    heading: Path = Path()
    body: Path = Path()
    fallbacks: tuple[Path, ...] = ()
    logo: bytes | None = None
    logo_on_dark: bytes | None = None
    logo_grounds: tuple[str, ...] = ()
    roundness: float = 0.4

    def __post_init__(self) -> None:
        for name in COLOURS:
            value = getattr(self, name)
            if not isinstance(value, str) or not _HEX.fullmatch(value):
                raise LayoutError(f"theme.{name}", value, 'a colour as "#rrggbb"')
            object.__setattr__(self, name, value.lower())
        object.__setattr__(self, "logo_grounds", tuple(self.logo_grounds))
        for value in self.logo_grounds:
            if not isinstance(value, str) or not _HEX.fullmatch(value):
                raise LayoutError("theme.logo_grounds", value, 'colours, each as "#rrggbb"')
        fonts = folder("templates") / "fonts"
        for name, own in (("heading", "InterDisplay-ExtraBold.ttf"), ("body", "Inter-Medium.ttf")):
            given = getattr(self, name)
            object.__setattr__(self, name, fonts / own if given == Path() else Path(given))
        object.__setattr__(self, "fallbacks", tuple(map(Path, self.fallbacks)))
        for name in ("logo", "logo_on_dark"):
            if not isinstance(getattr(self, name), bytes | None) or getattr(self, name) == b"":
                raise LayoutError(f"theme.{name}", getattr(self, name), "the bytes of an SVG or PNG file, or None")
        object.__setattr__(self, "roundness", real("theme.roundness", self.roundness, 0.0, 1.0))

    @classmethod
    def default(cls) -> Theme:
        """A calm theme without any brand, in Inter (SIL Open Font License), which ships with sdkit."""
        return cls()

    def __repr__(self) -> str:
        shown = ((f.name, getattr(self, f.name)) for f in fields(self))
        return f"Theme({', '.join(f'{k}={len(v)} bytes' if isinstance(v, bytes) else f'{k}={v}' for k, v in shown if v)})"
