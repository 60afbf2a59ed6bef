"""What the judge learns from: scenes with their labels, spoilt a little, drawn by a worker and kept in a pool."""

from __future__ import annotations

import io
import multiprocessing
from pathlib import Path

import numpy as np
import torch
from briefs import SHAPE_WEIGHTS, SHAPES, STANDING, Brief, Shape, compose, pick
from judging import CELL, LABELS, NO_LABEL
from PIL import Image, ImageFilter
from scenes import render
from sprites import Sprites
from vocabulary import DEFECTS, OBJECT_NAMES, PAINTABLE, PAINTS

# What each defect leaves no fair answer about.
HIDES: dict[str, tuple[str, ...]] = {
    "blurry": ("objects", "style", "background", "shadow"),
    "jpeg artifacts": ("objects", "style", "paint", "background", "colour", "shadow"),
    "low contrast": ("paint", "background", "colour", "shadow"),
    "dark": ("paint", "background", "colour", "time", "shadow"),
    "cluttered": ("count", "style", "shadow"),
    "cropped": ("size", "place", "shadow"),
}
POOL = 4000  # scenes kept, square ones; the others in proportion
CHUNK = 32


def unfair(brief: Brief, shape: Shape) -> set[str]:
    """The tasks that a picture of this brief has no fair answer to."""
    hidden = {task for defect in brief.defects for task in HIDES.get(defect, ())}
    if brief.paint is None:  # its own colour may be any: a red apple is red whether or not it was asked for so
        hidden.add("paint")
    if brief.second:
        hidden.add("colour")
    if brief.background == "plain" and "confetti" in brief.defects:
        hidden.add("background")  # it is the confetti background
    if brief.style in ("3d", "sticker") and brief.colour == "white":
        hidden.add("style")  # a sticker's border is white
    if brief.colour == "white":
        hidden.add("watermark")  # so is its writing
    if brief.colour in ("black", "navy") or brief.background in ("night sky", "halloween") or brief.time == "night":
        hidden.add("shadow")
    if not brief.objects:  # there is nothing to tell dark red from dark, or blurred from plain
        hidden |= {"dark", "low contrast", "blurry", "jpeg artifacts"}
        if "cluttered" in brief.defects:
            hidden.add("objects")  # those strewn about are what there is
    if brief.background in STANDING and shape[1] > shape[0]:
        hidden.add("place")  # the ground is at the bottom, and that is where the centre is there
    return hidden


def truth(brief: Brief, shape: Shape) -> list[int]:
    """The label of each of LABELS as an index, of each defect as 0 or 1, and of the objects, first and second, as indices;
    NO_LABEL where there is none."""
    hidden = unfair(brief, shape)
    found = [NO_LABEL if task in hidden else words.index(getattr(brief, task)) for task, words in LABELS.items()]
    found += [NO_LABEL if defect in hidden else int(defect in brief.defects) for defect in DEFECTS]
    names = () if "objects" in hidden else brief.objects
    return found + [OBJECT_NAMES.index(name) for name in names] + [NO_LABEL] * (2 - len(names))


def spoil(rng: np.random.Generator, image: Image.Image) -> Image.Image:
    """What an autoencoder does to a picture, more or less; never as much as the defects "blurry" and "jpeg artifacts"."""
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.4)))
    if rng.random() < 0.3:
        share = rng.uniform(0.5, 0.9)
        small = image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.BILINEAR)
        image = small.resize(image.size, Image.Resampling.BICUBIC)
    if rng.random() < 0.2:
        data = io.BytesIO()
        image.save(data, "JPEG", quality=int(rng.integers(25, 80)))
        image = Image.open(data).convert("RGB")
    return image


def lesson(rng: np.random.Generator, shape: Shape) -> Brief:
    """A brief to learn from: as scenes.draw(everything=True) has them, but with a defect in two of five, most often one of
    those that are hard to see, and with more paint, flat drawings, sizes and several of a kind."""
    wanted: dict[str, object] = {}
    if rng.random() < 0.4:
        shown = {pick(rng, (*DEFECTS, *2 * ("blurry", "jpeg artifacts")))} | ({"shadow"} if rng.random() < 0.5 else set())
        wanted["defects"] = shown
        if "cropped" in shown:
            wanted["count"] = 1
    elif rng.random() < 0.15:
        wanted |= {"objects": (pick(rng, sorted(PAINTABLE)),), "paint": pick(rng, PAINTS)}
        wanted["style"] = pick(rng, ("3d", "3d", "flat", "sticker"))
    elif rng.random() < 0.25:
        wanted |= {"style": "flat", "count": 1}
    elif rng.random() < 0.2:
        wanted["size"] = pick(rng, ("small", "medium", "large", "close-up" if min(shape) >= 256 else "large"))
    elif rng.random() < 0.2:
        wanted["count"] = int(rng.integers(2, 5))
    if rng.random() < 0.03:
        wanted = {"count": 0}
    return compose(rng, shape, everything=True, **wanted)


def draw_chunk(rng: np.random.Generator, sprites: Sprites) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CHUNK lessons of one shape: pictures uint8 (n, h, w, 3), labels int16 (n, tasks), and how much of each place
    objects cover, uint8 (n, h / 16, w / 16)."""
    shape = SHAPES[int(rng.choice(len(SHAPES), p=SHAPE_WEIGHTS))]
    pixels, labels, covers = [], [], []
    for _ in range(CHUNK):
        brief = lesson(rng, shape)
        image, where, _ = render(rng, brief, sprites, shape, wander=float(rng.random() < 0.3))
        pixels.append(np.asarray(spoil(rng, image)))
        labels.append(truth(brief, shape))
        covers.append(np.asarray(where.reduce(CELL)))
    return np.stack(pixels), np.array(labels, np.int16), np.stack(covers)


def work(seed: tuple[int, ...], folder: Path, queue: multiprocessing.Queue) -> None:
    """Worker: chunks, forever."""
    torch.set_num_threads(1)
    sprites, rng = Sprites(folder), np.random.default_rng(seed)
    while True:
        queue.put(draw_chunk(rng, sprites))


class Pool:
    """The newest scenes of each shape; every one is seen a few times, each time with other noise."""

    def __init__(self) -> None:
        self.chunks: dict[tuple, list] = {}
        # Noise enough for a while, read from a place by chance: to draw it anew took a third of every step.
        self.noise = torch.empty(0)

    def add(self, pixels: np.ndarray, labels: np.ndarray, covers: np.ndarray) -> None:
        chunks = self.chunks.setdefault(pixels.shape, [])
        chunks.append((torch.from_numpy(pixels), torch.from_numpy(labels).long(), torch.from_numpy(covers)))
        share = SHAPE_WEIGHTS[SHAPES.index((pixels.shape[2], pixels.shape[1]))] / SHAPE_WEIGHTS[0]
        del chunks[: max(0, len(chunks) - max(1, int(POOL / CHUNK * share)))]

    def batch(self, size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of one shape: pictures in -1..1, labels, covers in 0..1; `size` of them, fewer where pictures are large."""
        shapes = list(self.chunks)
        areas = np.array([s[1] * s[2] / 256**2 for s in shapes])
        counts = np.array([len(self.chunks[s]) for s in shapes], float) * areas
        k = int(rng.choice(len(shapes), p=counts / counts.sum()))
        chunks, n = self.chunks[shapes[k]], max(1, round(size / areas[k]))
        picks = [(int(rng.integers(len(chunks))), int(rng.integers(CHUNK))) for _ in range(n)]
        pixels, labels, covers = (torch.stack([chunks[c][part][i] for c, i in picks]) for part in range(3))
        if len(self.noise) < 2 * pixels.numel():
            self.noise = torch.randn(2 * pixels.numel())
        start = int(rng.integers(pixels.numel()))
        noise = self.noise[start : start + pixels.numel()].view(pixels.shape)
        gain = 1 + 0.05 * torch.randn(n, 1, 1, 1)
        pixels = pixels.float().mul_(gain / 127.5).add_(0.02 * torch.randn(n, 1, 1, 3) - gain)
        pixels = pixels.addcmul_(noise, 0.05 * torch.rand(n, 1, 1, 1)).clamp_(-1, 1)
        return pixels.permute(0, 3, 1, 2), labels, covers.float() / 255

    def __len__(self) -> int:
        return CHUNK * sum(len(chunks) for chunks in self.chunks.values())
