"""The linter names what works against itself, and is quiet otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.errors import PromptError
from sdkit.prompt import lint


def kinds(prompt, negative="", **more):
    return [finding.kind for finding in lint(prompt, negative, **more)]


@pytest.mark.parametrize(
    ("prompt", "negative", "kind", "words"),
    [
        ("a shoe, red, glossy, Red", "", "duplicate", "Red"),
        ("a beach at noon, night sky", "", "contradiction", "noon, night"),
        ("minimal desk, intricate details", "", "contradiction", "minimal, intricate details"),
        ("a shoe, blurry", "blurry, text", "negated", "blurry"),
        ("a dark room", "dark, text", "negated", "dark"),
        ("a NIKE shoe", "", "trademark", "Nike"),
        ("a shoe by greg  rutkowski", "", "living artist", "Greg Rutkowski"),
        ("a (shoe:2.5)", "", "weight", "shoe"),
        ("a shoe", "(blurry:3)", "weight", "blurry"),
        ("a (shoe", "", "bracket", "("),
        ("a shoe]", "", "bracket", "]"),
        ("a shoe --chaos 20", "", "midjourney", "--chaos 20"),
        ("a [red:blue:0.5] shoe", "", "syntax", "[red:blue:0.5]"),
        ("a [red|blue] shoe", "", "syntax", "[red|blue]"),
        ("a shoe <lora:shoes:0.8>", "", "syntax", "<lora:shoes:0.8>"),
        ("a shoe AND a hat", "", "syntax", "AND"),
    ],
)
def test_it_finds(prompt, negative, kind, words):
    (finding,) = [f for f in lint(prompt, negative) if f.kind == kind]
    assert finding.words == words and finding.severity in ("note", "warning") and finding.says.endswith((".", "out."))
    if finding.position >= 0:
        assert prompt[finding.position :].casefold().startswith(finding.words.split(", ")[0].split()[0].casefold()[:3])


def test_banned_words_are_ones_own():
    (finding,) = lint("a shoe by Acme Corp", banned=["acme corp", "other"])
    assert (finding.kind, finding.position) == ("banned", 10) and "banned" in str(finding)
    assert not lint("acmecorp", banned="acme")  # whole words only


@pytest.mark.parametrize(
    "prompt",
    [
        "a rocket on a navy gradient background", r"a shoe \(new\), (red:1.2), [grey]", "a nightstand beside a sofa",
        "a sofa, no people", "studio photograph of a mug, 85mm lens, f/1.8", "daylily on mint",
    ],
)  # fmt: skip
def test_it_is_quiet_about_what_is_fine(prompt):
    assert lint(prompt, "blurry, text, watermark") == ()


@pytest.mark.parametrize(
    "given_",
    [{"prompt": 3}, {"prompt": "a", "negative": None}, {"prompt": "a", "banned": [3]}, {"prompt": "a", "banned": [" "]}],
)
def test_words_are_text(given_):
    with pytest.raises(PromptError):
        lint(**given_)


@given(st.text("()[]:|,.-< >abANDlora12", max_size=60) | st.text(), st.text("()[], ab", max_size=20))
def test_any_text_can_be_linted(prompt, negative):
    for finding in lint(prompt, negative):
        assert -1 <= finding.position <= len(prompt)
