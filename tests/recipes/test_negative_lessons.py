import pytest
import torch
from common import SHIPPED
from hypothesis import given
from hypothesis import strategies as st
from latents import tokens_of
from negatives import STRENGTH, Lessons, Teacher, after
from transformers import CLIPTokenizer
from vocabulary import DEFECTS

END = 9


@pytest.fixture(scope="module")
def tokenizer():
    return CLIPTokenizer.from_pretrained(SHIPPED / "tokenizer")


def read(tokenizer, row) -> str:
    return tokenizer.decode(row, skip_special_tokens=True).replace(" ,", ",").strip()


@given(st.lists(st.integers(1, 8), max_size=10), st.lists(st.integers(1, 8), min_size=1, max_size=5), st.integers(0, 5))
def test_words_go_before_the_end_and_a_row_keeps_its_length(said, more, pads):
    row = [*said, END, *[END] * (pads + len(more))]
    told = after(row, more, END)
    assert told == [*said, *more, END, *[END] * pads]


def test_a_row_that_is_full_makes_room():
    assert after([1, 2, 3, 4, END], [7, 8], END) == [1, 2, 7, 8, END]


def test_a_lesson_tells_a_caption_from_the_same_with_a_defect(tokenizer):
    words = {word for some in DEFECTS.values() for word in some}
    plain = tokens_of(tokenizer, ["a cup on blue"] * 200)
    lessons = Teacher(tokenizer, 3).lessons(plain, torch.zeros(200, len(DEFECTS), dtype=torch.bool))
    named, lists = set(), 0
    for negative, without, having, strength in zip(
        lessons.negative, lessons.without, lessons.having, lessons.strength, strict=True
    ):
        listed = read(tokenizer, negative).split(", ")
        assert set(listed) <= words
        added = read(tokenizer, having).removeprefix("a cup on blue, ")
        assert added in listed
        assert read(tokenizer, without) == ("a cup on blue, no shadow" if added in DEFECTS["shadow"] else "a cup on blue")
        names = [name for name, some in DEFECTS.items() if added in some]
        assert any(strength.item() == pytest.approx(STRENGTH[name] * len(listed) ** 0.5) for name in names)
        named |= set(names)
        lists += len(listed) > 1
    assert named == set(DEFECTS)
    assert 40 < lists < 120


def test_most_lessons_are_about_the_defect_that_shows(tokenizer):
    shown = torch.tensor([name == "cropped" for name in DEFECTS]).expand(200, -1)
    lessons = Teacher(tokenizer, 3).lessons(tokens_of(tokenizer, ["a cup on blue"] * 200), shown)
    about = [read(tokenizer, row).removeprefix("a cup on blue, ") in DEFECTS["cropped"] for row in lessons.having]
    assert 130 < sum(about) < 190


def test_guidance_from_the_wanted_prediction_takes_the_defect_away():
    """Where one picture in two has the defect, and guidance is 3."""
    untold, clean, defect = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2), torch.tensor([[[[0.0, 1.0], [0.0, 0.0]]]])
    rows = torch.zeros(1, 1)
    lessons = Lessons(rows, rows, rows, torch.tensor([1.0]))
    negative = lessons.wanted(torch.cat([untold, clean, clean + defect]))
    ambiguous = clean + 0.5 * defect
    guided = negative + 3 * (ambiguous - negative)
    assert torch.all(guided <= untold + 3 * (clean - untold))
