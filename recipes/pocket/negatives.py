"""What a negative prompt means, taught by scenes drawn twice: with a defect, and the same without it.

Guidance pushes away from what the model would draw for the negative prompt. Scenes of the caption "watermark" alone would teach it
little: they show any object on any ground, and all of that is noise to learn through. So the prediction for "watermark" is drawn
to that for no words, plus the very pixels that the watermark changed (the direction of a Concept Slider, Gandikota et al., 2023,
known here instead of guessed). Of a scene without a watermark nothing is added: the push ends when the defect has gone. What pixels
do not tell, words do (`TAKES_BACK`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from latents import Batch, caption_of, tokens_of
from transformers import CLIPTokenizer
from vocabulary import AMBIGUOUS, DEFECTS

# Of what the defect changed, how much: guidance of 3 takes away twice this. It may be more than all of it, since the push ends
# when nothing shows any more.
STRENGTH = 2.0
# How far a defect moves latents, root mean square: the large ones are not to be learnt first, and alone. Of blur, how far the words
# do that it is taught from.
MOVES = {
    "blurry": 0.05, "jpeg artifacts": 0.18, "low contrast": 0.33, "dark": 0.59, "watermark": 0.26, "text": 0.45, "cluttered": 0.31,
    "cropped": 0.35, "confetti": 0.28, "shadow": 0.1,
}  # fmt: skip
# Shares of scenes with such a defect. `SPOILS`: learnt from noise over the scene without it, or a picture that looks clean half
# way stays clean, whatever the prompt left open. `MENDS`: the other way round, told a prompt that says nothing of defects.
# `OPENS`: told the opening that leaves it open, and nothing more: few scenes have each opening, and these show small changes.
SPOILS = {"jpeg artifacts": 0.4, "blurry": 0.4, "dark": 0.15, "low contrast": 0.15}
OPENS = {"jpeg artifacts": 0.6, "blurry": 0.5}
MENDS = {"jpeg artifacts": 0.15, "blurry": 0.2}
# How much sooner than others scenes of these are taken.
HARDER = {
    "cropped": 8.0, "blurry": 8.0, "jpeg artifacts": 3.0, "shadow": 2.0, "low contrast": 3.0, "dark": 3.0, "confetti": 3.0,
}  # fmt: skip
# Where all of a cropped object would be hardly shows in what is left, and what a blurred picture has lost its pixels do not tell.
# But the model itself draws what is opened by "tightly framed", and the negative may take back what these words did: this many times
# as much. Where a picture is sharp already they should do nothing, nor the negative. They must stand for one defect: while
# "snapshot of" also stood for darkness, "blurry" learnt to brighten, and ruined clean pictures.
TAKES_BACK = {"low contrast": 1.0, "cropped": 2.5, "blurry": 2.0}
LOST = "blurry"  # taught by words only, wherever there is an object
OPENING_OF = {name: opening for opening, shares in AMBIGUOUS.items() for name in shares}
STEEPEST = 3.0
# The encoder marks the right border: its last two columns of latents lie 2 to 5 away from all others, in every picture. Told nothing,
# or a negative, the model smears a twentieth of that into its neighbours, which guidance makes a pale streak: there errors count more.
EDGE, BORDER = 3, 5.0


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


def task(batch: Batch, tokenizer: CLIPTokenizer) -> Task:
    """Draw what is there; of some defects also the way there from the scene without it, and back."""
    rows = (*DEFECTS, None)  # the last where nothing can go
    mends, spoils, opens = (
        torch.tensor([shares.get(name, 0.0) for name in rows])[batch.gone] for shares in (MENDS, SPOILS, OPENS)
    )
    roll = torch.rand(len(batch.gone))
    mended, spoilt = (some.view(-1, 1, 1, 1) for some in (roll < mends, roll > 1 - spoils))
    tokens = torch.where(mended.view(-1, 1), batch.plain, batch.words)
    opened = (torch.rand(len(batch.gone)) < opens) & (roll >= mends)
    if opened.any():
        said = zip(batch.gone[opened].tolist(), batch.plain[opened], strict=True)
        tokens[opened] = tokens_of(tokenizer, [f"{OPENING_OF[rows[gone]]} {caption_of(tokenizer, row)}" for gone, row in said])
    return Task(torch.where(spoilt, batch.clean, batch.latents), torch.where(mended, batch.clean, batch.latents), tokens)


@dataclass(frozen=True)
class Lessons:
    """Negative prompts, token rows (n, 77), and latents (n, 4, h, w) that noise is laid over. The prediction of the picture should
    have besides that for no words `besides` (n, 4, h, w), the defect times STRENGTH; and `back` times (n, 1, 1, 1) what the
    words `opened` (n, 77) add to `plain` (n, 77), with the model as it is. `scale` (n, 1, 1, 1) is the size of what is usually
    added; for words, half way to it: by all of it lessons drown the scenes."""

    negative: torch.Tensor
    under: torch.Tensor
    besides: torch.Tensor
    scale: torch.Tensor
    back: torch.Tensor
    opened: torch.Tensor
    plain: torch.Tensor


def taught(gone: torch.Tensor, count: int) -> torch.Tensor:
    """Which scenes, int64 (count,), get a lesson: more likely those of HARDER."""
    return torch.multinomial(torch.tensor([HARDER.get(name, 1.0) for name in (*DEFECTS, None)])[gone], count)


class Teacher:
    """Makes lessons of scenes, some of them drawn twice."""

    def __init__(self, tokenizer: CLIPTokenizer, seed: int = 0) -> None:
        self.tokenizer, self.chance = tokenizer, random.Random(seed)

    def lessons(self, batch: Batch) -> Lessons:
        """One of each scene. Four in five of those that were drawn twice name what went, alone or in a list,
        and every fourth of these looks at the scene without it; all others name what is not there. What else shows is never
        named. Of TAKES_BACK half (all of LOST), and half of the scenes that have nothing to lose, are lessons from words instead,
        some of which name more of these: of a list, each is to count a part."""
        negative, clean, there, scale, back, opened = [], [], [], [], [], []
        empty = (batch.objects.flatten(1).amax(1) == 0).tolist()
        for i, (shown, gone) in enumerate(zip(batch.shown.tolist(), batch.gone.tolist(), strict=True)):
            name = tuple(DEFECTS)[gone] if gone >= 0 else None
            named, plain = self._named(shown, name), caption_of(self.tokenizer, batch.plain[i])
            from_words = 0.0
            often = 1.0 if name == LOST else 0.5
            if (name is None or name in TAKES_BACK) and not empty[i] and self.chance.random() < often:
                could = [k for k in TAKES_BACK if k != name and not shown[tuple(DEFECTS).index(k)]]
                self.chance.shuffle(could)
                wanted = name or could.pop()
                named[0], from_words = wanted, TAKES_BACK[wanted]
                named += could[: self.chance.choice((0, 0, 1, 2))]
            counts = name is not None and named[0] == name
            clean.append(counts and self.chance.random() < (0.5 if from_words else 0.25))
            there.append(counts and not from_words and not clean[-1])
            back.append(from_words)
            opened.append(f"{OPENING_OF[named[0]]} {plain}" if from_words else plain)
            scale.append((STRENGTH * (from_words or STRENGTH)) ** 0.5 * MOVES[named[0]])
            negative.append(self._listed(named))
        from_clean, there, scale, back = (torch.tensor(x).view(-1, 1, 1, 1) for x in (clean, there, scale, back))
        return Lessons(
            tokens_of(self.tokenizer, negative),
            torch.where(from_clean, batch.clean, batch.latents),
            STRENGTH * there * (batch.latents - batch.clean),
            scale,
            back,
            tokens_of(self.tokenizer, opened),
            batch.plain,
        )

    def _named(self, shown: list[bool], gone: str | None) -> list[str]:
        """Defects for a negative prompt, the one that went first if it is said at all."""
        chance = self.chance
        absent = [name for name, there in zip(DEFECTS, shown, strict=True) if not there and name not in TAKES_BACK]
        named = chance.sample(absent, 1 if chance.random() < 0.6 else chance.randrange(2, min(5, len(absent))))
        return [gone, *named[1:]] if gone and chance.random() < 0.8 else named

    def _listed(self, named: list[str]) -> str:
        words = [self.chance.choice(DEFECTS[name]) for name in named]
        self.chance.shuffle(words)
        return ", ".join(dict.fromkeys(words))
