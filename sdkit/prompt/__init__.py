"""Words: templates with variants and slots, and named negatives. No torch here."""

from .value import Prompt

__all__ = ["Prompt"]
