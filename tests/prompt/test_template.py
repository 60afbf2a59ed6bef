import time
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdkit.errors import PromptError
from sdkit.prompt import escape, expand, parse
from sdkit.prompt.template import MAX_DEPTH, MAX_LENGTH, Choice, Many, Slot, Text

SPECIALS = st.text("{}|\\=:$2 abv_#!-\n", max_size=40)  # dense in everything that means something
TOKENS = st.lists(st.sampled_from([*"{{||}} ", "{w=", "{colour}", "{ p }", "a", "b=", "2\\::", "\\{", "\\|", "\\\\"]))


def balanced(tokens):
    """The template nearest to `tokens`: what is open gets closed, and every brace holds two options."""
    out, depth = [], 0
    for token in tokens:
        if token == "}" and not depth:
            continue
        depth += (token in ("{", "{w=")) - (token == "}")
        out.append("|..}" if token == "}" else token)
    return "".join(out) + "|..}" * depth


def test_a_template_reads_into_a_tree():
    assert parse(r"a {red|dark {blue|green}} {product}, (big:1.2) \{ok\}").parts == (
        Text("a "),
        Choice(((Text("red"),), (Text("dark "), Choice(((Text("blue"),), (Text("green"),)))))),
        Text(" "),
        Slot("product"),
        Text(", (big:1.2) {ok}"),
    )


def test_options_may_be_empty_and_may_have_a_name():
    assert parse("{big|}").parts == (Choice(((Text("big"),), ())),)
    assert parse("{ size = big|}").parts == (Choice(((Text(" big"),), ()), name="size"),)
    assert parse("{size=big}").parts == (Choice(((Text("big"),),), name="size"),)


def test_weights_and_how_many_are_read():
    assert parse("{3::a|b|0.5::c}").parts == (Choice(((Text("a"),), (Text("b"),), (Text("c"),)), weights=(3, 1, 0.5)),)
    assert parse("{2::a|2::b}") == parse("{a|b}")
    many = [parse(f"{{{head}a|b|c}}").parts[0].many for head in ("2$$", "1-2$$ and $$", "-2$$", "1-$$", "2-$$$$")]
    assert many == [Many(2, 2), Many(1, 2, " and "), Many(1, 2), Many(1, None), Many(2, None, "")]
    assert parse("{x=2$$a|b}").named["x"].many == Many(2, 2)


def test_a_template_tells_its_names():
    template = parse("a {colour} {kind=tall {shape}|{colour=red|blue} thing} {product}")
    assert template.slots == ("shape", "product")
    assert list(template.named) == ["kind", "colour"]


def test_the_same_options_said_again_are_the_same_choice():
    assert parse("{x=a|{b|c}} {x=a|{b|c}}") == parse("{x=a|{b|c}} {x}")


@pytest.mark.parametrize(
    ("template", "position", "says"),
    [
        ("a {red|blue", 3, "never closed"),
        ("a {red|{blue|green}", 3, "never closed"),
        ("a } b", 3, "closes nothing"),
        ("a {} b", 3, "hold nothing"),
        ("a {  }", 3, "hold nothing"),
        ("{x=}", 1, "one option only"),
        ("{red shoe}", 1, "one option only"),
        ("{{name}}", 1, "one option only"),
        ("{x=a|b} and {x=a|c}", 13, "one set of options for 'x'"),
        ("{v2}", 1, "without a name"),
        ("a {1.2.3::red|blue}", 4, "weights from 0"),
        ("a {0::red|0::blue}", 3, "weight over 0"),
        ("a {$$red|blue}", 4, "how many"),
        ("a {x=2-1$$red|blue}", 6, "from low to high"),
        ("a {red|2$$blue}", 8, "2$$"),
        ("a ${red|blue}", 3, "${name}"),
        ("a __no/such-file__", 3, "file wildcards/no/such-file.txt"),
        ("a __moods(x=y)__", 3, "Parameters of wildcards"),
        ("{x=a|b} ${x=!a|c}", 9, "one set of options for 'x'"),
        ("{" * (MAX_DEPTH + 1), MAX_DEPTH + 1, "8 deep"),
    ],
)
def test_what_does_not_parse_is_shown_with_a_caret(template, position, says):
    with pytest.raises(PromptError) as caught:
        parse(template)
    message = str(caught.value)
    line, caret = message.splitlines()[-2:]
    assert says in message and f"At character {position}:" in message
    assert caret.index("^") == 4 + position - 1 and line.strip() == template.strip()


def test_the_caret_is_right_in_the_middle_of_a_long_template():
    with pytest.raises(PromptError) as caught:
        parse("word " * 50 + "}" + " word\n" * 50)
    line, caret = str(caught.value).splitlines()[-2:]
    assert line[caret.index("^")] == "}" and len(line) < 80 and line.strip().startswith("…") and line.endswith("…")


def test_too_long_and_no_text_are_refused():
    with pytest.raises(PromptError, match="10,001 characters"):
        parse("a" * (MAX_LENGTH + 1))
    for value in (None, 3, b"a", ["a"]):
        with pytest.raises(PromptError, match="text"):
            parse(value)
        with pytest.raises(PromptError, match="text"):
            escape(value)


@pytest.mark.parametrize(
    "text",
    [r"\(a\)", "a\\", "a | b", "((a:1.2), b)", "[a]", "__a", "a__ b", "___", "#1 pick in #ff8800", "$ 2:: 2$$ a=b", "C:\\new"],
)
def test_everything_else_is_plain_text(text):
    assert parse(text).parts == (Text(text),)


@given(TOKENS.map(balanced))
def test_writing_a_template_back_says_the_same(text):
    try:
        template = parse(text)
    except PromptError:
        return  # two sets of options for w, or too deep
    assert parse(str(template)) == template
    assert str(parse(str(template))) == str(template)


@settings(max_examples=200)
@given(SPECIALS | st.text())
@example(r"{\2::a|b}")
@example(r"{3\::a|b\=c|\$$}")
@example(r"{x\=a|b}")
@example("{2$$2$$x|1::__moods__|0.5::_}")
@example("${a=!{3::x|__moods__}}${a}${b=x|y}${b}${b}${c:d} # e")
def test_any_text_parses_or_is_a_prompt_error(text):
    try:
        template = parse(text)
    except PromptError as error:
        assert str(error)
    else:
        assert parse(str(template)) == template


@given(SPECIALS | st.text())
def test_escaped_text_stands_for_itself(text):
    assert str(parse(escape(text))) == escape(text)
    assert parse(escape(text)).parts == ((Text(text),) if text else ())
    if text.strip():
        (prompt,) = expand(escape(text))
        assert prompt.text == text and prompt.choices == ()


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "}",
        "|",
        "\\",
        "{ ",
        "{a",
        "{a|",
        "{a|b}",
        "{a=b|c",
        "{1",
        " ",
        "{aaaaaaaa   ",
        "a",
        "_",
        "__a",
        "__a-",
        "# ",
        "#",
        "${a=",
        "${a}",
        "${a=b}",
        "2$$",
        "{2$$",
        "1::",
    ],
)
def test_time_grows_with_the_length_only(piece):
    start = time.process_time()
    for text in (piece * (MAX_LENGTH // len(piece)), "{a|" + " " * 9_000 + piece, "{" + "x" * 9_000 + piece):
        with suppress(PromptError):
            parse(text)
    assert time.process_time() - start < 2
