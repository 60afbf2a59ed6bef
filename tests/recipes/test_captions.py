import re

import numpy as np
import pytest
from briefs import SHAPES, compose
from cache import unspoilt
from captions import article, caption, is_plural, plural
from vocabulary import (
    AMBIGUOUS,
    COLOUR_SYNONYMS,
    COLOURED,
    COUNTS,
    DEFECTS,
    NAMES_OF,
    PLACES,
    SCENES,
    SIZES,
    STYLES,
    TIMES,
)


@pytest.fixture(scope="module")
def many():
    """(brief, caption) as training has them."""
    rng = np.random.default_rng(1)
    briefs = [compose(rng, shape) for shape in SHAPES for _ in range(600)]
    return [(b, caption(rng, b)) for b in briefs]


def colours(name: str) -> tuple[str, ...]:
    return (name, *COLOUR_SYNONYMS.get(name, ()))


def test_captions_are_lower_case_and_short_enough(many):
    for _, said in many:
        assert said == said.lower().strip()
        assert said
        assert len(said.split()) < 60


def test_captions_name_the_objects(many):
    for b, said in many:
        for name in b.objects:
            words = [
                form
                for n in NAMES_OF[name]
                for form in (n, plural(n), *(n.removeprefix(c) for c in ("red ", "golden ", "pink ")))
            ]
            assert any(word in said for word in words), (name, said)


def test_captions_tell_the_background_where_they_tell_all(many):
    for b, said in many:
        if b.says == "all":
            c = "" if b.colour is None else "|".join(map(re.escape, colours(b.colour)))
            second = rf" (to|and) {b.second}" if b.second else ""
            words = [
                re.escape(w).replace(r"\{c\}", f"({c}){second}") for w in COLOURED.get(b.background) or SCENES[b.background]
            ]
            assert re.search("|".join(words), said), (b, said)
            assert b.time is None or any(word in said for word in TIMES[b.time]), (b, said)


def test_captions_say_the_count_size_place_style_and_paint(many):
    for b, said in many:
        if not b.objects:
            continue
        if b.count > 1 and len(b.objects) == 1:
            assert COUNTS[b.count] in said or str(b.count) in said, said
        if b.size not in (None, "medium"):
            assert any(word in said for word in SIZES[b.size]), (b.size, said)
        if b.place not in (None, "centre"):
            assert any(word in said for word in PLACES[b.place]), (b.place, said)
        if b.style != "3d":
            assert any(word in said for part in STYLES[b.style] for word in part), (b.style, said)
        if b.paint:
            assert any(word in said for word in colours(b.paint)), (b.paint, said)


def test_what_is_not_so_is_not_said(many):
    for b, said in many:
        assert ("no shadow" in said or "without shadow" in said) <= ("shadow" not in b.defects)
        assert any(w in said for w in ("soft shadow", "with a shadow", "drop shadow")) <= ("shadow" in b.defects)
        for defect in ("watermark", "cropped", "jpeg artifacts"):
            assert (defect in said) <= (defect in b.defects), (defect, said)


def test_defects_are_sometimes_named_and_openings_say_nothing_of_theirs(many):
    spoilt = [(b, said, b.defects - {"shadow", "confetti"}) for b, said in many if b.defects - {"shadow", "confetti"}]
    named = [said for b, said, found in spoilt if any(word in said for d in found for word in DEFECTS[d])]
    assert 0.3 < len(spoilt) / len(many) < 0.5
    assert 0 < len(named) < len(spoilt)
    for b, said in many:
        if b.opening:
            assert b.opening in said
    assert {b.opening for b, _ in many} == {None, *AMBIGUOUS}


def test_a_seed_names_a_caption():
    brief = compose(np.random.default_rng(5), (256, 256), count=1)
    one, again = (caption(np.random.default_rng(6), brief) for _ in range(2))
    assert one == again


@pytest.mark.parametrize(
    ("name", "with_article", "several"),
    [
        ("apple", "an apple", "apples"),
        ("cherry", "a cherry", "cherries"),
        ("glass of milk", "a glass of milk", "glasses of milk"),
        ("jeans", "jeans", "jeans"),
        ("popcorn", "popcorn", "popcorn"),
        ("compass", "a compass", "compasses"),
        ("maple leaf", "a maple leaf", "maple leaves"),
        ("toy", "a toy", "toys"),
    ],
)
def test_grammar(name, with_article, several):
    assert article(name) + name == with_article
    assert plural(name) == several
    assert is_plural("socks") and not is_plural("bus")


def test_an_unspoilt_caption_names_no_defect_and_leaves_none_open(many):
    otherwise = {"dark", "text", "letters", "blurred"}  # dark blue, room for text, love letters, blurred bokeh lights
    words = {word for name, some in DEFECTS.items() if name != "confetti" for word in some} - otherwise
    rng = np.random.default_rng(2)
    for b, _ in many:
        said = unspoilt(rng, b)
        assert not any(re.search(rf"\b{word}\b", said) for word in words), said
        assert not any(opening in said for opening in AMBIGUOUS), said
        if b.background != "confetti":
            assert "confetti" not in said
