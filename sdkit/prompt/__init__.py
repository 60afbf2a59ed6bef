"""Words: templates with variants and slots, and named negatives. No torch here.

expand("a {red|blue} {product}", product=["shoe", "hat"])      4 Prompts, made as they are asked for
prompts([...])                                                  the same for several templates and Prompts
negative("@clean, extra words")                                 the words behind a name, each once
"""

from .expand import Expansion, expand, prompts
from .negatives import names as negative_names
from .negatives import negative
from .surroundings import surroundings
from .template import escape, parse
from .tree import Template
from .value import Prompt

__all__ = [
    "Expansion",
    "Prompt",
    "Template",
    "escape",
    "expand",
    "negative",
    "negative_names",
    "parse",
    "prompts",
    "surroundings",
]
