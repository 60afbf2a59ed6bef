"""Words: templates with variants and slots, and named negatives. No torch here.

expand("a {red|blue} {product}", product=["shoe", "hat"])      4 Prompts, made as they are asked for
prompts([...])                                                  the same for several templates and Prompts
negative("@clean, extra words")                                 the words behind a name, each once
find("sale-banner"), table("sale")                              the curated prompts, one or all that fit
lint("day and night")                                           what contradicts itself, or should not be there
"""

from .curated import Curated, Style, curated, find, find_style, styles, table
from .expand import Expansion, expand, prompts
from .lint import Finding, lint
from .midjourney import Idiom, midjourney
from .negatives import names as negative_names
from .negatives import negative
from .prepare import Ready, prepare
from .surroundings import surroundings
from .template import escape, parse
from .tokens import Count, Tokens
from .tree import Template
from .value import Prompt
from .weights import Span, parse_weights

__all__ = [
    "Count",
    "Curated",
    "Expansion",
    "Finding",
    "Idiom",
    "Prompt",
    "Ready",
    "Span",
    "Style",
    "Template",
    "Tokens",
    "curated",
    "escape",
    "expand",
    "find",
    "find_style",
    "lint",
    "midjourney",
    "negative",
    "negative_names",
    "parse",
    "parse_weights",
    "prepare",
    "prompts",
    "styles",
    "surroundings",
    "table",
]
