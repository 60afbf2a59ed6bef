"""What is painted around a picture: its background, without a second subject."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.prompt.surroundings import surroundings


@pytest.mark.parametrize(
    ("text", "around", "subject"),
    [
        ("a rocket on a navy gradient background", "empty navy gradient background", "rocket"),
        ("a rocket on the left, on a navy background, 3d render", "empty navy background, 3d render", "rocket"),
        ("gift box on the right side, copy space on the left, on a beach", "empty beach", "gift box"),
        ("a girl in a hat on a beach", "empty beach", "girl in a hat"),
        ("the trophy against a purple sunburst", "empty purple sunburst", "trophy"),
        ("a sneaker in front of mountains", "empty mountains", "sneaker"),
        ("a lemon, mint background with confetti", "empty mint background with confetti", "lemon"),
        ("a lemon, 3d render", "empty background, 3d render", "lemon"),
        ("rocket", "empty background", "rocket"),
    ],
)
def test_the_background_without_the_subject(text, around, subject):
    assert surroundings(text) == (around, subject)


@given(st.text(min_size=1, max_size=200))
def test_any_text_has_surroundings(text):
    around, _ = surroundings(text)
    assert around.startswith("empty")
