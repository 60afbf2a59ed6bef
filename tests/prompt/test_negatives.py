import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdkit.errors import PromptError
from sdkit.prompt import negative, negative_names
from sdkit.prompt.negatives import names

OWN = {"mine": "red, (big, loud:1.2), Blurry", "other": {"words": "text, red", "about": "for a test"}}


def test_clean_names_the_commonest_defects():
    assert {"blurry", "low contrast", "dark", "watermark", "jpeg artifacts"} <= set(negative("@clean").split(", "))


def test_names_resolve_anywhere_and_terms_come_once_in_order():
    assert negative("ugly, @mine, BLURRY, a  word, A word", table=OWN) == "ugly, red, (big, loud:1.2), Blurry, a  word"
    assert negative("blurry @mine grain", table=OWN) == "blurry, red, (big, loud:1.2), grain"
    assert negative("@other,@mine", table=OWN) == "text, red, (big, loud:1.2), Blurry"


def test_plain_words_stay_and_empty_terms_go():
    assert negative("blurry") == "blurry"
    assert negative("") == negative(" , ,, ") == ""
    assert negative("(a, b:1.2), [c, d], a") == "(a, b:1.2), [c, d], a"
    assert negative(r"\(a, b\), c") == r"\(a, b\), c"


def test_a_name_in_brackets_stays_in_the_brackets():
    assert negative("(@other:1.3), red", table=OWN) == "(text, red:1.3), red"


def test_an_escaped_at_is_plain():
    assert negative(r"me\@example, \@clean") == "me@example, @clean"


def test_words_behind_a_name_are_taken_as_they_are():
    assert negative("@handle, b", table={"handle": r"@someone, c\@d"}) == r"@someone, c\@d, b"


def test_an_unknown_name_lists_near_ones():
    with pytest.raises(PromptError, match=r"'@claen'.*'clean'.*write \\@"):
        negative("@claen")
    for words in ("a, @", "@1", "(@zzz:1.2)"):
        with pytest.raises(PromptError, match=r"Known: .*clean"):
            negative(words)


def test_own_names_come_beside_the_shipped_ones_or_in_their_place(tmp_path):
    file = tmp_path / "negatives.toml"
    file.write_text('[clean]\nwords = "noise"\n[brand]\nwords = "competitor"\n', encoding="utf-8")
    for table in (file, str(file)):
        assert negative("@clean, @brand", table=table) == "noise, competitor"
        assert names(table=table) == (*negative_names(), "brand")
    assert "brand" not in negative_names() and "clean" in negative_names()


@pytest.mark.parametrize(
    "table",
    [3, "/no/such/file.toml", "a\0b", {"a": 3}, {"a": {}}, {"a": " "}, {"a b": "c"}, {3: "a"}, {"": "a"}, {"a": {"words": 1}}],
)
def test_a_table_of_another_form_is_refused(table):
    with pytest.raises(PromptError, match="table: got"):
        negative("a", table=table)


@pytest.mark.parametrize("content", [b"[clean", b"\xff\xfe", b"clean = 3"])
def test_a_broken_file_is_refused(tmp_path, content):
    (tmp_path / "n.toml").write_bytes(content)
    with pytest.raises(PromptError, match="table: got"):
        negative("a", table=tmp_path / "n.toml")


@pytest.mark.parametrize("words", [None, 3, b"a", ["a"]])
def test_words_are_text(words):
    with pytest.raises(PromptError, match="negative"):
        negative(words)


@given(st.text("@\\,()[] acelnr:1-_", max_size=40) | st.text())
def test_any_text_resolves_or_is_a_prompt_error(text):
    try:
        negative(text)
    except PromptError:
        assert "@" in text


@given(st.lists(st.text("abAB ", min_size=1, max_size=5), max_size=8))
def test_terms_are_unique_whatever_comes(terms):
    out = negative("@clean, " + ", ".join(terms)).split(", ")
    assert len({" ".join(t.casefold().split()) for t in out}) == len(out)
    assert negative(", ".join(out)) == ", ".join(out)
