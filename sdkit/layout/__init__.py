"""Banner layouts: SVG templates people edit, filled with words over a picture. No torch; nothing here generates."""

from .banner import Banner, Block
from .flow import Least
from .places import NoRoom
from .render import RATIOS, check, render
from .rows import Row, read
from .specimen import Layouts, table
from .template import Layout, find, layouts, parse
from .theme import Theme

__all__ = [
    "RATIOS",
    "Banner",
    "Block",
    "Layout",
    "Layouts",
    "Least",
    "NoRoom",
    "Row",
    "Theme",
    "check",
    "find",
    "layouts",
    "parse",
    "read",
    "render",
    "table",
]
