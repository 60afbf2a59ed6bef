import pytest
import torch
from common import SHIPPED
from latents import Batch, tokens_of
from negatives import (
    HARDER,
    LOST,
    MENDS,
    MOVES,
    OPENING_OF,
    OPENS,
    SPOILS,
    STEEPEST,
    STRENGTH,
    TAKES_BACK,
    Teacher,
    steepness,
    task,
    taught,
)
from train import scheduler
from transformers import CLIPTokenizer
from vocabulary import DEFECTS

NAMES = tuple(DEFECTS)


@pytest.fixture(scope="module")
def tokenizer():
    return CLIPTokenizer.from_pretrained(SHIPPED / "tokenizer")


def scenes(tokenizer, gone: str | None, shown: tuple[str, ...] = (), count: int = 400) -> Batch:
    """Latents of ones, without the defect of zeros."""
    latents = torch.ones(count, 4, 2, 2)
    rows, there = [tokens_of(tokenizer, [words] * count) for words in ("said", "plain")], [name in shown for name in NAMES]
    which = torch.full((count,), NAMES.index(gone) if gone else -1)
    clean = torch.zeros_like(latents) if gone else latents.clone()
    return Batch(
        "16x16", latents, rows[0], torch.ones(count, 1, 2, 2), rows[1], torch.tensor(there).expand(count, -1), clean, which
    )


def words_of(tokenizer, row) -> list[str]:
    return tokenizer.decode(row, skip_special_tokens=True).replace(" ,", ",").strip().split(", ")


def lessons_of(tokenizer, *about):
    return Teacher(tokenizer, 3).lessons(scenes(tokenizer, *about))


def naming(tokenizer, lessons, defect: str) -> torch.Tensor:
    return torch.tensor([bool({*words_of(tokenizer, row)} & {*DEFECTS[defect]}) for row in lessons.negative])


def flat(values: torch.Tensor) -> torch.Tensor:
    return values.flatten(1).mean(1)


def test_a_lesson_adds_the_defect_only_where_it_shows_and_is_named(tokenizer):
    lessons = lessons_of(tokenizer, "text", ("text", "shadow"))
    named, looks_clean = naming(tokenizer, lessons, "text"), flat(lessons.under) == 0
    assert torch.equal(flat(lessons.besides), STRENGTH * (named & ~looks_clean).float())
    assert 0.7 < named.float().mean() < 0.9
    assert 0.15 < looks_clean[named].float().mean() < 0.35
    assert not looks_clean[~named].any()
    assert torch.allclose(lessons.scale[named].unique(), torch.tensor([STRENGTH * MOVES["text"]]))
    assert not lessons.back.any()


@pytest.mark.parametrize("defect", [*TAKES_BACK])
def test_what_pixels_do_not_tell_is_also_learnt_from_what_the_opening_does(tokenizer, defect):
    lessons = lessons_of(tokenizer, defect, (defect,))
    words, looks_clean = flat(lessons.back) > 0, flat(lessons.under) == 0
    assert words.all() if defect == LOST else 0.4 < words.float().mean() < 0.6
    assert torch.allclose(lessons.back[words].unique(), torch.tensor([TAKES_BACK[defect]]))
    assert naming(tokenizer, lessons, defect)[words].all()
    assert {", ".join(words_of(tokenizer, row)) for row in lessons.opened[words]} == {f"{OPENING_OF[defect]} plain"}
    assert 0.4 < looks_clean[words].float().mean() < 0.6
    assert lessons.besides[words].count_nonzero() == 0
    if defect != LOST:
        added = flat(lessons.besides)[~words & ~looks_clean]
        assert set(added.tolist()) == {0.0, STRENGTH}
        assert (added > 0).float().mean() > 0.6


def test_scenes_of_the_harder_defects_are_taken_first():
    torch.manual_seed(0)
    gone = torch.tensor([NAMES.index("cropped"), -1, NAMES.index("text")]).repeat(40)
    few = gone[taught(gone, 40)]
    assert HARDER["cropped"] > 4
    assert (few == NAMES.index("cropped")).sum() > 2 * (few == -1).sum()
    assert (few == -1).any()
    assert len(set(taught(gone, 40).tolist())) == 40
    assert set(MOVES) == set(DEFECTS)


def test_negatives_are_often_lists_and_never_name_what_shows_but_stays(tokenizer):
    lists = [words_of(tokenizer, row) for row in lessons_of(tokenizer, "dark", ("dark", "shadow")).negative]
    assert 0.3 < sum(len(some) > 1 for some in lists) / len(lists) < 0.5
    unsaid = {"shadow", *TAKES_BACK}  # these are said only where it is known what they do
    assert {word for some in lists for word in some} == {
        word for name, some in DEFECTS.items() if name not in unsaid for word in some
    }


def test_of_a_scene_that_has_no_defect_nothing_is_added(tokenizer):
    lessons = lessons_of(tokenizer, None)
    assert lessons.besides.count_nonzero() == 0
    assert (lessons.under == 1).all()
    assert {round(share, 2) for share in flat(lessons.back).tolist()} == {0.0, *TAKES_BACK.values()}


def test_of_a_picture_without_an_object_nothing_is_cropped(tokenizer):
    batch = scenes(tokenizer, None)._replace(objects=torch.zeros(400, 1, 2, 2))
    assert not Teacher(tokenizer, 3).lessons(batch).back.any()


@pytest.mark.parametrize("gone", ["jpeg artifacts", "blurry", "dark", "shadow", None])
def test_some_defects_are_also_learnt_from_the_scene_without_them_and_back(tokenizer, gone):
    torch.manual_seed(0)
    batch = scenes(tokenizer, gone, count=2000)
    got = task(batch, tokenizer)
    under, wanted = (x.flatten(1).mean(1) for x in (got.under, got.wanted))
    plain = (got.tokens == batch.plain).all(1)
    opened = (got.tokens == tokens_of(tokenizer, [f"{OPENING_OF.get(gone)} plain"])).all(1)
    if gone is None:
        assert (under == 1).all() and (wanted == 1).all() and not plain.any() and not opened.any()
        return
    assert (under == 0).float().mean().item() == pytest.approx(SPOILS.get(gone, 0.0), abs=0.03)
    assert (wanted == 0).float().mean().item() == pytest.approx(MENDS.get(gone, 0.0), abs=0.03)
    assert torch.equal(plain, wanted == 0)
    assert not ((under == 0) & (wanted == 0)).any()
    assert opened.float().mean().item() == pytest.approx(OPENS.get(gone, 0.0) * (1 - MENDS.get(gone, 0.0)), abs=0.04)
    assert not (opened & (wanted == 0)).any()


def test_v_moves_as_steeply_as_the_picture_it_stands_for():
    """v of another picture for the same noisy latents, against the scheduler's own."""
    noise_of, times = scheduler(), torch.tensor([300, 700, 999])
    torch.manual_seed(1)
    here, there, noise = (torch.randn(3, 4, 2, 2) for _ in range(3))
    noisy = noise_of.add_noise(here, noise, times)
    alpha = noise_of.alphas_cumprod[times].sqrt().view(-1, 1, 1, 1)
    other = (noisy - alpha * there) / (1 - alpha**2).sqrt()
    moved = noise_of.get_velocity(there, other, times) - noise_of.get_velocity(here, noise, times)
    assert torch.allclose(moved, -steepness(noise_of.alphas_cumprod[times]) * (there - here), atol=1e-4)
    assert steepness(torch.ones(1)).item() == STEEPEST


def test_of_a_list_any_may_be_what_words_teach_so_that_each_counts_a_part(tokenizer):
    lessons = lessons_of(tokenizer, None)
    words = flat(lessons.back) > 0
    named = [{*words_of(tokenizer, row)} for row in lessons.negative[words]]
    both = [i for i, some in enumerate(named) if some & {"washed out", "low contrast"} and some & {*DEFECTS["cropped"]}]
    opened = [", ".join(words_of(tokenizer, lessons.opened[words][i])) for i in both]
    assert {f"{OPENING_OF[name]} plain" for name in ("low contrast", "cropped")} <= {*opened}
