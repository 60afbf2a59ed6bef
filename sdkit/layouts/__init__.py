"""Banner layouts: SVG templates people edit, filled with words over a picture. No torch; nothing here generates."""

from .banner import Banner, Block
from .render import render
from .template import Layout, find, layouts, parse
from .theme import Theme

__all__ = ["Banner", "Block", "Layout", "Theme", "find", "layouts", "parse", "render"]
