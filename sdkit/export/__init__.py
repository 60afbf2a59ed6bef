"""One master, every placement: image -> fit -> encode -> files with their papers. No torch; nothing here generates."""

from .bundle import Entry, Item, Kit, read, write
from .credentials import Signer
from .earlier import Earlier
from .encode import Encoded, Seal, ai_mark, encode_all, encode_under
from .fit import Extension, Fit, Plan, masters, plan
from .papers import Carried, papers
from .placements import Placement, Safe, choose, load
from .render import draw, prepared, render, stretched
from .subject import Subject, find
from .xmp import COMPOSITE, ENHANCED, GENERATED, Papers

__all__ = [
    "COMPOSITE", "ENHANCED", "GENERATED", "Carried", "Earlier", "Encoded", "Entry", "Extension", "Fit", "Item", "Kit", "Papers",
    "Placement", "Plan", "Safe", "Seal", "Signer", "Subject", "ai_mark", "choose", "draw", "encode_all", "encode_under", "find",
    "load", "masters", "papers", "plan", "prepared", "read", "render", "stretched", "write",
]  # fmt: skip
