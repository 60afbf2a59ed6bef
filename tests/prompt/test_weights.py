r"""Weights are read as AUTOMATIC1111 reads them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.prompt.weights import parse_weights, plain, weighted


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a shoe", [("a shoe", 1)]),
        ("", []),
        ("a (red:1.2) shoe", [("a ", 1), ("red", 1.2), (" shoe", 1)]),
        ("((a)) [b]", [("a", 1.21), (" ", 1), ("b", 0.909091)]),
        ("(a (b:1.5):2)", [("a ", 2), ("b", 3)]),
        ("([a])", [("a", 1)]),
        (r"\(a\) \[b\]", [("(a) [b]", 1)]),
        ("(a", [("a", 1.1)]),
        ("[a", [("a", 0.909091)]),
        ("a)", [("a)", 1)]),
        ("a]", [("a]", 1)]),
        ("12:30, a: b", [("12:30, a: b", 1)]),
        ("(a:x)", [("a:x", 1.1)]),
        ("(a: 1.3 )", [("a", 1.3)]),
        ("(a:.5)", [("a", 0.5)]),
        ("(a:-1)", [("a", 0)]),
        ("(a, b:1.2), c", [("a, b", 1.2), (", c", 1)]),
    ],
)
def test_spans(text, spans):
    assert [(span.text, span.weight) for span in parse_weights(text)] == spans


def test_break_is_named():
    assert [(s.text, s.breaks) for s in parse_weights("a BREAK b BREAKFAST")] == [("a", False), ("b BREAKFAST", True)]


def test_plain_words_and_whether_any_are_weighted():
    assert plain(r"a (red:1.2) \(x\) BREAK b") == "a red (x) b"
    assert weighted("(a)") and weighted("a BREAK b") and not weighted("a") and not weighted(r"\(a\)") and not weighted("(a:1)")


@given(st.text("()[]:\\. 12ab-", max_size=60) | st.text())
def test_any_text_has_weights(text):
    spans = parse_weights(text)
    assert all(0 <= span.weight <= 1000 for span in spans)
    assert all(a.weight != b.weight or b.breaks for a, b in pairwise(spans))


@given(st.text("ab ,", min_size=1), st.floats(0.1, 9))
def test_one_bracket_is_one_weight(text, weight):
    (span,) = parse_weights(f"({text}:{weight:.2f})")
    assert span.text == text and span.weight == float(f"{weight:.2f}")
