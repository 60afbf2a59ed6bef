"""The words that a brand adds to a prompt, and the negatives that it asks for. Pure functions over words.

What is added stands in the prompt's choices, and so in the picture's receipt and the columns of the experiments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..prompt import Prompt, Ready, escape
from ..prompt.negatives import merged
from .colours import names_a_colour, plain_name
from .rules import banned_in

if TYPE_CHECKING:
    from .value import Brand


def palette_words(brand: Brand) -> tuple[str, ...]:
    """The brand's colours in plain words, each once: those that its rules name, or its primary alone.

    ("mint", "teal"); words that every model knows, the embedded one too, so an exact shade has the name of its neighbour. Models
    paint the background in them: of two they make a gradient, so two that go well together are better than a strong accent.
    """
    named = [brand.colours[path] for path in brand.rules.colours] or [brand.roles["primary"]]
    return tuple(dict.fromkeys(plain_name(colour) for colour in named))


def words_for(prompt: str, brand: Brand) -> tuple[str, ...]:
    """What joins this prompt: the palette where it names no colour itself, and the tone words that it lacks.

    The palette is one phrase, "mint and teal".
    """
    tone = [word for word in brand.rules.tone if not banned_in(prompt, (word,))]
    return tuple(tone if names_a_colour(prompt) else [" and ".join(palette_words(brand)), *tone])


def negatives_for(negative: str, brand: Brand) -> tuple[str, ...]:
    """The required negatives that this one lacks."""
    return tuple(word for word in brand.rules.negatives if not banned_in(negative, (word,)))


def steered(ready: Ready, brand: Brand) -> Ready:
    """The prompt with the brand's words at its end, the negative with what it requires; all else as it was.

    Three choices record it: "brand", its name; "brand_words" and "brand_negative", what was added, left out where nothing was.
    A prompt that the same brand has already steered comes back as it is.
    """
    prompt = ready.prompt
    if ("brand", brand.name) in prompt.choices:
        return ready
    words, unwanted = words_for(prompt.text, brand), negatives_for(ready.negative, brand)
    added = ", ".join(words)
    noted = (("brand", brand.name), ("brand_words", added), ("brand_negative", ", ".join(unwanted)))
    template = f"{prompt.template or escape(prompt.text)}, {escape(added)}" if added else prompt.template
    text = f"{prompt.text}, {added}" if added else prompt.text
    choices = (*prompt.choices, *((name, value) for name, value in noted if value))
    return replace(ready, prompt=Prompt(text, template, choices), negative=merged([ready.negative, ", ".join(unwanted)]))
