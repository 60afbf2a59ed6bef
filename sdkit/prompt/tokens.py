"""How long a prompt is for a model: tokens counted by each of its text encoders, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """One encoder's view of a prompt.

    encoder   "CLIP", "CLIP 2" or "T5".
    tokens    those of the words alone, without the marks of beginning and end.
    limit     how many it reads at once.
    parts     how many readings of up to `limit` the prompt takes; 1 where it fits.
    cut       the words past the limit where it reads only once, "" where nothing is lost.
    """

    encoder: str
    tokens: int
    limit: int
    parts: int = 1
    cut: str = ""


@dataclass(frozen=True)
class Tokens:
    """The token counts of a prompt, an encoder each; `cut` are the words that no encoder reads."""

    text: str
    counts: tuple[Count, ...]

    @property
    def most(self) -> int:
        """The largest count."""
        return max((count.tokens for count in self.counts), default=0)

    @property
    def cut(self) -> str:
        """The words that every encoder leaves out; "" where at least one reads them all."""
        return min((count.cut for count in self.counts), key=len, default="")

    def __repr__(self) -> str:
        return "\n".join(
            f"{c.encoder}: {c.tokens} of {c.limit} tokens"
            + (f", read in {c.parts} parts" if c.parts > 1 else "")
            + (f", cut: {c.cut!r}" if c.cut else ", nothing cut")
            for c in self.counts
        )
