"""One master, every placement: image -> fit -> encode -> files. No torch; nothing here generates."""

from .bundle import Entry, Item, Kit, read, write
from .encode import COMPOSITE, ENHANCED, GENERATED, Encoded, ai_mark, encode_all, encode_under
from .fit import Extension, Fit, Plan, masters, plan
from .placements import Placement, Safe, choose, load
from .render import draw, prepared, render, stretched
from .subject import Subject, find

__all__ = [
    "COMPOSITE", "ENHANCED", "GENERATED", "Encoded", "Entry", "Extension", "Fit", "Item", "Kit", "Placement", "Plan", "Safe", "Subject",
    "ai_mark", "choose", "draw", "encode_all", "encode_under", "find", "load", "masters", "plan", "prepared", "read", "render", "stretched",
    "write",
]  # fmt: skip
