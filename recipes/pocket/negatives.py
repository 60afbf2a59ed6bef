"""What a negative prompt means, taught by scenes drawn twice: with a defect, and the same without it.

Guidance pushes away from what the model would draw for the negative prompt. Scenes of the caption "watermark" alone would teach it
little: they show any object on any ground, and all of that is noise to learn through. So the prediction for "watermark" is drawn
to that for no words, plus the very pixels that the watermark changed (the direction of a Concept Slider, Gandikota et al., 2023,
known here instead of guessed). Of a scene without a watermark nothing is added: the push ends when the defect has gone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from latents import Batch, tokens_of
from transformers import CLIPTokenizer
from vocabulary import DEFECTS

# Of what the defect changed, how much: guidance of 3 takes away twice this. It may be more than all of it, since the push ends
# when nothing shows any more.
STRENGTH = 2.0
# How far a defect moves latents, root mean square: the large ones are not to be learnt first, and alone.
MOVES = {
    "blurry": 0.18, "jpeg artifacts": 0.18, "low contrast": 0.33, "dark": 0.59, "watermark": 0.26, "text": 0.45, "cluttered": 0.31,
    "cropped": 0.35, "confetti": 0.28, "shadow": 0.1,
}  # fmt: skip
# Shares of scenes with such a defect. `SPOILS`: learnt from noise over the scene without it, or a picture that looks clean half
# way stays clean, whatever the prompt left open. `MENDS`: the other way round, told a prompt that says nothing of defects.
SPOILS = {"jpeg artifacts": 0.5, "dark": 0.15, "low contrast": 0.15}
MENDS = {"jpeg artifacts": 0.15, "blurry": 0.15}
HARDER = ("blurry", "jpeg artifacts", "low contrast", "dark", "cropped")  # to learn, so scenes of these are taken first
STEEPEST = 3.0


def steepness(signal: torch.Tensor) -> torch.Tensor:
    """How far v moves, (n, 1, 1, 1), where the picture moves by one and the noisy one stays: 1 / sigma, of `signal` alpha squared
    (n,); of little noise less, where it would be a large number."""
    return (1 - signal).clamp(min=1e-6).rsqrt().clamp(max=STEEPEST).view(-1, 1, 1, 1)


@dataclass(frozen=True)
class Task:
    """What the model is shown and should draw: latents (n, 4, h, w) that noise is laid over, those that are wanted, and token
    rows (n, 77)."""

    under: torch.Tensor
    wanted: torch.Tensor
    tokens: torch.Tensor


def task(batch: Batch) -> Task:
    """Draw what is there; of some defects also the way there from the scene without it, and back."""
    roll = torch.rand(len(batch.gone))
    rows = (*DEFECTS, None)  # the last where nothing can go
    mends, spoils = (torch.tensor([shares.get(name, 0.0) for name in rows])[batch.gone] for shares in (MENDS, SPOILS))
    mended, spoilt = (some.view(-1, 1, 1, 1) for some in (roll < mends, roll > 1 - spoils))
    return Task(
        torch.where(spoilt, batch.clean, batch.latents),
        torch.where(mended, batch.clean, batch.latents),
        torch.where(mended.view(-1, 1), batch.plain, batch.words),
    )


@dataclass(frozen=True)
class Lessons:
    """Negative prompts, token rows (n, 77); latents (n, 4, h, w) that noise is laid over; and what the prediction of the picture
    should have besides that for no words (n, 4, h, w): the defect, times STRENGTH. `scale` (n, 1, 1, 1) is its usual size."""

    negative: torch.Tensor
    under: torch.Tensor
    besides: torch.Tensor
    scale: torch.Tensor


def taught(gone: torch.Tensor, count: int) -> torch.Tensor:
    """Which scenes, int64 (count,), get a lesson: six times as likely those of HARDER."""
    harder = torch.tensor([6.0 if name in HARDER else 1.0 for name in (*DEFECTS, None)])[gone]
    return torch.multinomial(harder, count)


class Teacher:
    """Makes lessons of scenes drawn twice."""

    def __init__(self, tokenizer: CLIPTokenizer, seed: int = 0) -> None:
        self.tokenizer, self.chance = tokenizer, random.Random(seed)

    def lessons(self, batch: Batch) -> Lessons:
        """One of each scene. Four in five of those that were drawn twice name what went, alone or in a list, and every fourth of
        these looks at the scene without it; all others name what is not there. What else shows is never named."""
        chance, negative, counts, gone_already, first = self.chance, [], [], [], []
        for shown, gone in zip(batch.shown.tolist(), batch.gone.tolist(), strict=True):
            absent = [name for name, there in zip(DEFECTS, shown, strict=True) if not there]
            named = chance.sample(absent, 1 if chance.random() < 0.6 else chance.randrange(2, min(5, len(absent))))
            counted = gone >= 0 and chance.random() < 0.8
            if counted:
                named[0] = tuple(DEFECTS)[gone]
            counts.append(counted)
            gone_already.append(counted and chance.random() < 0.25)
            first.append(named[0])
            words = [chance.choice(DEFECTS[name]) for name in named]
            chance.shuffle(words)
            negative.append(", ".join(dict.fromkeys(words)))
        cleaned = torch.tensor(gone_already).view(-1, 1, 1, 1)
        there = torch.tensor(counts).view(-1, 1, 1, 1) & ~cleaned
        scale = STRENGTH * torch.tensor([MOVES[name] for name in first]).view(-1, 1, 1, 1)
        under = torch.where(cleaned, batch.clean, batch.latents)
        return Lessons(tokens_of(self.tokenizer, negative), under, STRENGTH * there * (batch.latents - batch.clean), scale)
