"""A brand: read from a folder of design tokens, rules, fonts and logos; it steers prompts, scores, grades and checks pictures.

Brand.load("brand/")                    checks all of it; every problem at once, with file and line
brand.steer(ready)                      its words at the end of a prompt
brand.palette_distance(palette)         deltaE 2000 of a picture's colours to its own
brand.grade(image, 0.3)                 colours moved gently towards its own, and back
lint(finished, brand)                   what in a finished banner is not as its rules have it
"""

from ..findings import RULES, Finding, Findings
from .colours import contrast, delta_e, plain_name
from .finished import Block, Finished, Insets, Mark, seen_width
from .fonts import Face, Family
from .grade import Graded, grade
from .lint import lint
from .logos import Logo
from .problems import Problem
from .propose import Palette, Swatch
from .rules import Rules, banned_in
from .score import palette_distance
from .steer import negatives_for, palette_words, steered, words_for
from .tokens import Typography
from .value import Brand

__all__ = [
    "RULES",
    "Block",
    "Brand",
    "Face",
    "Family",
    "Finding",
    "Findings",
    "Finished",
    "Graded",
    "Insets",
    "Logo",
    "Mark",
    "Palette",
    "Problem",
    "Rules",
    "Swatch",
    "Typography",
    "banned_in",
    "contrast",
    "delta_e",
    "grade",
    "lint",
    "negatives_for",
    "palette_distance",
    "palette_words",
    "plain_name",
    "seen_width",
    "steered",
    "words_for",
]  # fmt: skip
