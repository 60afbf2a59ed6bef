"""Lines of text: measured in the fonts that draw them, broken where a reader expects, in every direction and script."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sdkit.errors import LayoutError
from sdkit.layout import Theme, fonts, render
from sdkit.layout.draw import n, page, pixels
from sdkit.layout.runs import bidi_levels, line_of
from sdkit.layout.template import find
from sdkit.layout.wrap import Setting, balanced, cleaned, wrap

THEME = Theme.default()
HEADING, BODY = fonts.face(THEME.heading), fonts.face(THEME.body)
HOW = Setting("headline", (HEADING, BODY))


def system(package, character):
    """Skips where no font of the system has a character; Debian's package is named."""
    if fonts.system_face(character, 400, fonts._EMOJI.search(character) is not None) is None:
        pytest.skip(f"no installed font has {character!r}: apt-get install {package}")


def alpha(line, size=80, width=2400):
    """The opacity of one line drawn by resvg, its baseline at 120 and its start at 100."""
    runs = [
        f'<text x="{n(100 + r.x * size)}" y="120" font-family="{r.face.family}" font-weight="{r.face.weight}" font-size="{size}">'
        + (f"\u2067{r.text}\u2069" if r.rtl else r.text)
        + "</text>"
        for r in line.runs
    ]
    return np.asarray(pixels(page((width, 200), runs), [r.face for r in line.runs]))[..., 3]


@pytest.mark.parametrize(
    "text", ["AVATAR Tüfte", "The quick brown fox", "WAVE To, Yo.", "1,234.50 €", "Øresund ąęłż", "Привет Γειά", "ffi fl ft"]
)
@pytest.mark.parametrize("face", [HEADING, BODY], ids=lambda f: f.family)
def test_pillow_measures_what_resvg_draws(text, face):
    line, last = (line_of(t, (face,), False, "headline") for t in (text + "l", "l"))
    drawn, end = alpha(line) > 40, np.nonzero((alpha(last) > 40).any(0))[0].max()
    assert abs((np.nonzero(drawn.any(0))[0].max() - end) - (line.width - last.width) * 80) < 1.5  # pixels of 80 an em
    ys = np.nonzero(drawn.any(1))[0]
    assert abs(ys.min() - (120 + line.top * 80)) < 2 and abs(ys.max() - (120 + line.bottom * 80)) < 2


@settings(max_examples=60)
@given(st.text("abcdefghij  -äöß\u00ad,.", min_size=1, max_size=90), st.floats(4, 30))
def test_no_line_is_wider_than_asked_and_no_letter_is_lost(text, width):
    text = cleaned("headline", text)
    for lines in (wrap(text, width, HOW), balanced(text, width, HOW)):
        if lines is None:
            continue
        assert all(HOW.line(line).width <= width + 1e-6 for line in lines)
        kept = "".join(lines).replace(" ", "").replace("-", "")
        assert kept == text.replace(" ", "").replace("-", "").replace("\u00ad", "").replace("\n", "")


def test_lines_are_balanced():
    text = "One more word than fits on lines"
    greedy, even = wrap(text, 9.0, HOW), balanced(text, 9.0, HOW)
    assert len(greedy) == len(even)
    spread = [max(map(len, lines)) - min(map(len, lines)) for lines in (greedy, even)]
    assert spread[1] <= spread[0]


def test_soft_hyphens_break_only_a_word_too_wide_for_a_line():
    word = "Donau\u00addampf\u00adschiff"
    assert wrap(word, 20.0, HOW) == ["Donaudampfschiff"]
    assert wrap(word, 6.5, HOW) == ["Donau-", "dampfschiff"]
    assert wrap(word, 4.2, HOW) == ["Donau-", "dampf-", "schiff"]
    assert wrap("Donaudampfschiff", 6.5, HOW) is None


def test_german_compounds_get_hyphens_of_their_language_where_nothing_else_fits():
    picture, words = Image.new("RGB", (300, 250), "#334455"), {"headline": "Rechtsschutzversicherungsgesellschaften"}
    banner = render(find("button"), picture, (300, 250), words, language="de")
    assert len(banner.blocks[0].lines) > 1 and all(line.endswith("-") for line in banner.blocks[0].lines[:-1])
    assert "".join(line.rstrip("-") for line in banner.blocks[0].lines) == words["headline"]
    wide = render(find("button"), picture.resize((1200, 300)), (1200, 300), words, language="de")
    assert wide.blocks[0].lines == (words["headline"],)
    with pytest.raises(LayoutError, match="language"):
        render(find("price"), picture.resize((60, 150)), (60, 150), words)


def test_a_line_break_of_the_writer_stays():
    banner = render(find("headline"), Image.new("RGB", (600, 314), "#334455"), (600, 314), {"headline": "One\nTwo words"})
    assert banner.blocks[0].lines == ("One", "Two words")


def test_no_break_inside_numbers_with_units():
    assert wrap("now 20\u00a0% off", 3.4, HOW) == ["now", "20\u00a0%", "off"]


def test_cjk_breaks_between_characters_but_never_before_a_full_stop():
    system("fonts-droid-fallback", "夏")
    text = "夏のセール、開催中。今だけ（最大）オフ！"
    for width in np.arange(2.2, 9, 0.4):
        lines = wrap(text, float(width), HOW)
        assert "".join(lines) == text and len(lines) > 1
        assert not any(line[0] in "、。）！ー" for line in lines) and not any(line.endswith("（") for line in lines)


@pytest.mark.parametrize(
    ("text", "rtl", "levels"),
    [
        ("abc אבג", False, "0000111"),
        ("אבג abc", True, "1111222"),
        ("אבג (abc)", True, "111112221"),
        ("abc (אבג) d", False, "00000111000"),
        ("אבג 50%", True, "1111222"),
    ],
)
def test_directions(text, rtl, levels):
    assert "".join(map(str, bidi_levels(text, rtl))) == levels


def test_right_to_left_words_stand_right_and_run_left():
    system("culmus", "ש")
    text = "שלום 50% abc (עולם)!"
    line = line_of(text, (HEADING, BODY), True, "headline")
    assert (
        text.startswith("שלום") and line.runs[-1].rtl and line.runs[-1].text.startswith("שלום")
    )  # the first word is the rightmost
    order = [r.text for r in line.runs]
    assert order.index("50%") > order.index("abc")
    starts = [r.x for r in line.runs]
    assert starts == sorted(starts)
    banner = render(find("headline"), Image.new("RGB", (600, 600), "#203040"), (600, 600), {"headline": "שלום\nעולם טוב"})
    ys, xs = np.nonzero(np.abs(np.asarray(banner.image, int) - (32, 48, 64)).sum(2) > 60)
    assert xs.max() > 530 and xs[ys < ys.min() + 30].min() > 300


def test_arabic_is_joined():
    system("fonts-hosny-amiri", "خ")
    face = fonts.system_face("خ", 400)
    joined = line_of("خصم", (face,), True, "headline").width
    assert joined < 0.95 * sum(line_of(c, (face,), True, "headline").width for c in "خصم")
    xs = np.nonzero((alpha(line_of("خصم", (face,), True, "headline")) > 40).any(0))[0]
    assert np.diff(xs).max() == 1  # one connected stroke, from left to right


@pytest.mark.parametrize("emoji", ["🎉", "👍🏽", "🇩🇪", "❤️"])
def test_emoji_are_drawn_in_colour_inside_their_box(emoji):
    system("fonts-noto-color-emoji", "🎉")
    banner = render(find("headline"), Image.new("RGB", (400, 400), "#808080"), (400, 400), {"headline": f"Hi {emoji}"})
    block = banner.blocks[0]
    assert any("Emoji" in family for family in block.families)
    lines = [line for line in banner.svg.splitlines() if line.startswith("<text")]
    drawn = np.asarray(pixels(page(banner.size, lines), banner.faces)).astype(int)
    coloured = (drawn[..., 3] > 200) & (np.ptp(drawn[..., :3], axis=2) > 60)
    assert coloured.sum() > 100
    ys, xs = np.nonzero(drawn[..., 3] > 24)
    left, top, right, bottom = block.box
    assert xs.min() >= left - 2 and xs.max() <= right + 2 and ys.min() >= top - 2 and ys.max() <= bottom + 2


def test_a_family_of_emoji_is_one_character():
    assert fonts.clusters("a👨‍👩‍👧b🇩🇪é") == ["a", "👨‍👩‍👧", "b", "🇩🇪", "é"]


def test_characters_that_no_font_has_are_named(monkeypatch):
    monkeypatch.setattr(fonts, "system_face", lambda *_: None)
    for text, code in (("Sale 夏", "U+590F"), ("Party 🎉", "U+1F389"), ("خصم", "U+062E")):
        with pytest.raises(LayoutError, match=rf"subline: .*{code.replace('+', '[+]')}.*fallbacks"):
            render(find("subline"), Image.new("RGB", (600, 600)), (600, 600), {"headline": "Fine", "subline": text})


def test_a_fallback_of_the_theme_comes_before_the_system(monkeypatch):
    system("culmus", "ש")
    own = fonts.system_face("ש", 400)
    monkeypatch.setattr(fonts, "system_face", lambda *_: None)
    banner = render(
        find("headline"), Image.new("RGB", (600, 600)), (600, 600), {"headline": "שלום"}, Theme(fallbacks=(Path(own.path),))
    )
    assert banner.blocks[0].families == (own.family,)


def test_what_ships_is_small_and_has_its_licence():
    folder = THEME.heading.parent
    assert sum(p.stat().st_size for p in folder.iterdir()) < 1_000_000
    assert "SIL OPEN FONT LICENSE" in (folder / "Inter-OFL.txt").read_text()
    for text in ("Größe café naïve", "Žluťoučký kůň", "Ελληνικά", "Русский", "Tiếng Việt", "“€£” – … © ™"):
        assert HEADING.has(text) and BODY.has(text)


def test_no_fontconfig_is_no_error(monkeypatch):
    def gone(*_, **__):
        raise OSError("gone")

    monkeypatch.setattr(subprocess, "run", gone)
    fonts._installed.cache_clear()
    assert fonts._installed("\U000f1234") == ()
    fonts._installed.cache_clear()
