import json

import pytest
import torch
from common import SHIPPED, optimisers, save_state
from latents import Latents
from looks import Head
from safetensors.torch import save_file
from soup import between, weights_of
from torch import nn
from vocabulary import DEFECTS


def shard(path, count, shapes=((256, 256), (384, 192))):
    tensors, captions, plain, shown = {}, {}, {}, {}
    for width, height in shapes:
        name = f"{width}x{height}"
        tensors[name] = torch.full((count, 4, height // 8, width // 8), 0.5, dtype=torch.float16)
        tensors[f"{name} object"] = torch.full((count, 1, height // 8, width // 8), 255, dtype=torch.uint8)
        tensors[f"{name} clean"] = torch.full_like(tensors[name], -0.5)
        tensors[f"{name} gone"] = torch.full((count,), list(DEFECTS).index("text"), dtype=torch.int8)
        captions[name] = [[f"{path.stem} {i}"] * 3 for i in range(count)]  # three ways to say it
        plain[name], shown[name] = ["plain"] * count, [["text"]] * count
    about = {"captions": captions, "plain": plain, "shown": shown}
    save_file(tensors, path, metadata={kind: json.dumps(told) for kind, told in about.items()})


def lengths(captions):
    return torch.tensor([[len(c)] for c in captions])


def test_shards_that_appear_are_taken_in_once(tmp_path):
    shard(tmp_path / "00000.safetensors", 3)
    data = Latents(tmp_path, lengths)
    data.refresh()
    data.refresh()
    assert len(data) == 6
    shard(tmp_path / "00001.safetensors", 2)
    data.refresh()
    assert len(data) == 10


def test_a_batch_is_of_one_shape_and_goes_with_its_words(tmp_path):
    shard(tmp_path / "00000.safetensors", 4)
    data = Latents(tmp_path, lengths, seed=1)
    data.refresh()
    names = set()
    for _ in range(20):
        name, latents, words, objects, plain, shown, clean, gone = data.batch(5)
        width, height = map(int, name.split("x"))
        n = round(5 / (width * height / 256**2))  # as many latents in every batch
        assert latents.shape == (n, 4, height // 8, width // 8)
        assert objects.shape == (n, 1, height // 8, width // 8)
        assert objects.max() == 1
        assert (words == len("00000 0")).all()
        assert (plain == len("plain")).all()
        assert [name for name, shows in zip(DEFECTS, shown.all(0), strict=True) if shows] == ["text"]
        assert shown.sum() == n
        assert (latents == 0.5).all() and (clean == -0.5).all()
        assert gone.tolist() == [list(DEFECTS).index("text")] * n
        names.add(name)
    assert names == {"256x256", "384x192"}


def test_some_scenes_of_a_batch_keep_what_is_theirs(tmp_path):
    shard(tmp_path / "00000.safetensors", 4)
    data = Latents(tmp_path, lengths, seed=1)
    data.refresh()
    batch = data.batch(5)
    few = batch.some(torch.tensor([0, 1]))
    assert few.shape == batch.shape
    assert all(torch.equal(part, whole[:2]) for part, whole in zip(few[1:], batch[1:], strict=True))


@pytest.mark.parametrize("name", ["256x256", "384x192", "192x384"])
def test_the_head_paints_latents_of_every_shape(name):
    width, height = map(int, name.split("x"))
    painted = Head(["256x256", "384x192", "192x384"], width=32)(torch.randn(2, 77, 32), name)
    assert painted.shape == (2, 4, height // 8, width // 8)


def test_every_trainable_weight_has_one_optimiser_and_learns():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.Conv2d(8, 4, 3, padding=1))
    model = model.to(memory_format=torch.channels_last)
    frozen = nn.Conv2d(4, 4, 1).requires_grad_(False)
    model.append(frozen)
    steppers = optimisers(model, 1e-2)
    sizes = [sum(p.numel() for g in s.param_groups for p in g["params"]) for s in steppers]
    assert sum(sizes) == sum(p.numel() for p in model.parameters() if p.requires_grad)
    before = [p.clone() for p in model.parameters()]
    picture = torch.randn(2, 4, 8, 8)
    losses = []
    for _ in range(30):
        loss = (model(picture) - picture).pow(2).mean()
        losses.append(loss.item())
        for stepper in steppers:
            stepper.zero_grad()
        loss.backward()
        for stepper in steppers:
            stepper.step()
    assert losses[-1] < 0.7 * losses[0]
    changed = [not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)]
    assert changed == [p.requires_grad for p in model.parameters()]


def test_a_soup_lies_between_its_weights():
    old, new = {"w": torch.tensor([0.0, 2.0]), "n": torch.tensor(3)}, {"w": torch.tensor([4.0, 2.0]), "n": torch.tensor(5)}
    assert between(old, new, 0.25)["w"].tolist() == [1.0, 2.0]
    assert between(old, new, 0.0)["w"].tolist() == old["w"].tolist()
    assert between(old, new, 1.0)["w"].tolist() == new["w"].tolist()
    assert between(old, new, 0.25)["n"] == 5


def test_a_soup_takes_folders_and_checkpoints(tmp_path):
    shipped, steps = weights_of(SHIPPED)
    assert steps == 0
    save_state(tmp_path / "train.pt", average=shipped, step=7)
    again, steps = weights_of(tmp_path / "train.pt")
    assert steps == 7
    assert all(torch.equal(again[name], weight) for name, weight in shipped.items())
    with pytest.raises(SystemExit, match=r"run train\.py first"):
        weights_of(tmp_path / "nowhere.pt")
