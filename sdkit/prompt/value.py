"""The Prompt value: resolved words, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..errors import PromptError


@dataclass(frozen=True)
class Prompt:
    """One resolved prompt.

    text        the words as the model gets them; not empty.
    template    the words as the person wrote them.
    choices     ((column, value), ...): what each variant or slot of the template became, in order of appearance.
    """

    text: str
    template: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip():
            raise PromptError("prompt", self.text, "text that is not empty")

    @classmethod
    def literal(cls, text: object) -> Self:
        """A prompt of just these words: braces and the like are not interpreted."""
        if not isinstance(text, str):
            raise PromptError("prompt", text, "text that is not empty")
        return cls(text=text, template=text)

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"text": self.text, "template": self.template, "choices": [list(pair) for pair in self.choices]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The prompt that `to_dict` described."""
        return cls(data["text"], data.get("template", ""), tuple((str(k), str(v)) for k, v in data.get("choices", ())))
