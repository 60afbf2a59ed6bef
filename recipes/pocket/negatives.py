"""What a negative prompt means, taught by the model itself.

Guidance pushes away from what the model would draw for the negative prompt, but scenes of the caption "watermark" alone say
little about watermarks: they show any object on any ground, and all of that is noise to learn through. Of the model's own
predictions for "a cup on blue" and "a cup on blue, watermark" everything cancels but the watermark. So the prediction for
"watermark" alone is drawn to that for no words plus this difference (as in Concept Sliders, Gandikota et al., 2023).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from transformers import CLIPTokenizer
from vocabulary import DEFECTS

# Of the difference, how much: at guidance 3 half of it takes away again what one picture in three shows. A list that names
# what changes all colours at a strength above 1 turns them neon.
STRENGTH = {defect: 1.0 if defect in ("dark", "low contrast") else 1.6 for defect in DEFECTS}
HARDER = ("blurry", "cropped", "jpeg artifacts", "shadow", "text")  # to learn, so they come twice as often
WITHOUT = {"shadow": "no shadow"}  # what stands against a defect that goes unsaid; against the others nothing does


def after(row: list[int], more: list[int], end: int) -> list[int]:
    """A row of token ids with `more` before its end, as long as it was."""
    told = row[: row.index(end)][: len(row) - len(more) - 1] + more
    return told + [end] * (len(row) - len(told))


@dataclass(frozen=True)
class Lessons:
    """Token rows (n, 77) of one lesson each: the negative prompt, and a caption without and with one of the defects it names;
    `strength` (n,) of the difference between these two."""

    negative: torch.Tensor
    without: torch.Tensor
    having: torch.Tensor
    strength: torch.Tensor

    def to(self, device: str) -> Lessons:
        return Lessons(self.negative.to(device), self.without.to(device), self.having.to(device), self.strength.to(device))

    def asked(self, empty: torch.Tensor) -> torch.Tensor:
        """What the teacher predicts for: rows (3 n, 77) of no words, of captions without, and with the defect."""
        return torch.cat([empty.expand_as(self.negative), self.without, self.having])

    def wanted(self, told: torch.Tensor) -> torch.Tensor:
        """What the negatives' predictions (n, ...) should be, of the teacher's answers (3 n, ...)."""
        untold, without, having = told.chunk(3)
        return untold + self.strength.view(-1, 1, 1, 1) * (having - without)


class Teacher:
    """Makes lessons of captions that say nothing of defects."""

    def __init__(self, tokenizer: CLIPTokenizer, seed: int = 0) -> None:
        self.tokenizer, self.chance = tokenizer, random.Random(seed)

    def _ids(self, words: str) -> list[int]:
        return self.tokenizer(words, add_special_tokens=False).input_ids

    def lessons(self, plain: torch.Tensor, shown: torch.Tensor) -> Lessons:
        """One each of `plain` (n, 77), where `shown` (n, 10) of DEFECTS show all the same. Three in four name one of these first:
        guidance has to push where a defect is about to show, and of a picture that is plainly without one, both captions
        predict the same. A negative is often a list: each of its defects is the one that counts equally often, by
        the root of their number, so that a list pushes as far in all as one defect does (their differences have little in
        common, and add up like sides at right angles)."""
        end, chance = self.tokenizer.eos_token_id, self.chance
        negative, without, having, strengths = [], [], [], []
        for row, here in zip(plain.tolist(), shown.tolist(), strict=True):
            several = chance.choices((*DEFECTS, *HARDER), k=1 if chance.random() < 0.6 else chance.randrange(2, 5))
            there = [name for name, shows in zip(DEFECTS, here, strict=True) if shows]
            if there and chance.random() < 0.75:
                several[0] = chance.choice(there)
            named = list(dict.fromkeys(several))
            words = [chance.choice(DEFECTS[name]) for name in named]
            counts = words[0]
            without.append(after(row, self._ids(f", {WITHOUT[named[0]]}"), end) if named[0] in WITHOUT else row)
            having.append(after(row, self._ids(f", {counts}"), end))
            chance.shuffle(words)
            nothing = [row[0]] + [end] * (len(row) - 1)
            negative.append(after(nothing, self._ids(", ".join(words)), end))
            strengths.append(STRENGTH[named[0]] * len(words) ** 0.5)
        return Lessons(*(torch.tensor(rows) for rows in (negative, without, having)), torch.tensor(strengths))
