import math
import time

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sdkit.errors import PromptError
from sdkit.prompt import Prompt, Template, expand, parse, prompts


def texts(template, **slots):
    return [prompt.text for prompt in expand(template, **slots)]


# -- what comes out -------------------------------------------------------------------------------------------------


def test_every_combination_comes_once_the_last_choice_fastest():
    assert texts("a {red|blue} {shoe|hat}") == ["a red shoe", "a red hat", "a blue shoe", "a blue hat"]


def test_slots_take_a_text_or_several():
    assert texts("{colour} {product}", product=["shoe", "hat"], colour="red") == ["red shoe", "red hat"]
    assert texts("a {product}", product=pd.Series(["shoe", "hat"])) == ["a shoe", "a hat"]


def test_slot_values_are_taken_as_they_are():
    assert texts("a {x}", x=["{red|blue}", r"\(b\)", "(c:1.2)"]) == ["a {red|blue}", r"a \(b\)", "a (c:1.2)"]


def test_a_keyword_replaces_the_options_of_a_name():
    assert texts("a {product=shoe|hat}") == ["a shoe", "a hat"]
    assert texts("a {product=shoe|hat}, {product}", product="cap") == ["a cap, cap"]


def test_a_name_is_the_same_choice_wherever_it_stands():
    assert texts("{x} and {x=a|b}") == ["a and a", "b and b"]
    assert texts("{c} shoe on {c}", c=["red", "blue"]) == ["red shoe on red", "blue shoe on blue"]
    assert texts("{x=a|{p|q} b} or {x}") == ["a or a", "p b or p b", "q b or q b"]


def test_a_choice_inside_an_option_counts_only_where_the_option_is_taken():
    expansion = expand("a {tall {red|blue} box|hat}")
    assert [p.text for p in expansion] == ["a tall red box", "a tall blue box", "a hat"]
    assert expansion.columns == ("v1", "v2")
    assert expansion[0].choices == (("v1", "tall red box"), ("v2", "red"))
    assert expansion[2].choices == (("v1", "hat"),)


def test_a_name_in_options_that_may_both_be_taken_is_still_one_choice():
    assert texts("{{x=1|2}|-} {{x}|.}") == ["1 1", "1 .", "2 2", "2 .", "- 1", "- 2", "- ."]


def test_a_prompt_tells_how_it_came_about():
    expansion = expand("a {red|blue} {product}, {style=flat|3d}", product="shoe")
    assert expansion.columns == ("v1", "product", "style")
    assert expansion[1] == Prompt(
        "a red shoe, 3d",
        "a {red|blue} {product}, {style=flat|3d}",
        (("v1", "red"), ("product", "shoe"), ("style", "3d")),
    )


def test_an_option_or_value_said_twice_counts_once():
    assert texts("{a|b|a}") == ["a", "b"]
    assert texts("{x}", x=["a", "a", "b"]) == ["a", "b"]


def test_weights_and_brackets_reach_the_model_untouched():
    assert texts(r"({red|dark blue} shoe:1.2), \(c\)") == [r"(red shoe:1.2), \(c\)", r"(dark blue shoe:1.2), \(c\)"]


@pytest.mark.parametrize(
    ("template", "last"),
    [
        ("a {big|} shoe", "a shoe"),
        ("a {big |}shoe", "a shoe"),
        ("a shoe, {big|}, red", "a shoe, red"),
        ("a shoe {big|}, red", "a shoe, red"),
        ("a shoe, {big|}", "a shoe"),
        ("{big|}, a shoe", "a shoe"),
        ("a shoe, {big|}.", "a shoe."),
        ("({very|} big:1.2) shoe", "(big:1.2) shoe"),
        ("(big {very|}:1.2) shoe", "(big:1.2) shoe"),
        ("a, {b|}, {c|}, {d|}, e", "a, e"),
        ("x{ {a|}b|}y", "xy"),
        ("a { red | blue } shoe", "a blue shoe"),
        ("{a|}  two  spaces,, kept", "two  spaces,, kept"),
        ("two  spaces,, kept {a|}", "two  spaces,, kept"),
    ],
)
def test_an_empty_choice_leaves_no_hole(template, last):
    assert expand(template)[-1].text == last


def test_values_in_columns_are_without_the_spaces_around_them():
    assert [p.choices for p in expand("a{ red | blue |} shoe")] == [(("v1", "red"),), (("v1", "blue"),), (("v1", ""),)]


# -- a lazy sequence ----------------------------------------------------------------------------------------------------


def test_an_expansion_is_a_sequence():
    expansion = expand("{a|b|c}{1|2}")
    assert (len(expansion), expansion[-1].text, expansion[4].text) == (6, "c2", "c1")
    assert [p.text for p in expansion[1:5:2]] == ["a2", "b2"]
    assert expand("b{1|2}", limit=2)[0] in list(expand("b{1|2}"))
    with pytest.raises(IndexError):
        expansion[6]


def test_a_million_prompts_cost_nothing_until_they_are_asked_for():
    start = time.process_time()
    expansion = expand(" ".join(["{0|1|2|3|4|5|6|7|8|9}"] * 6), limit=1_000_000)
    assert len(expansion) == 1_000_000 and expansion[123_456].text == "1 2 3 4 5 6"
    assert time.process_time() - start < 1


def test_it_shows_its_size_its_columns_and_the_first_prompts():
    shown = repr(expand("a {colour=red|blue} {1|2|3|4|5|6}"))
    assert shown.splitlines()[:2] == ["12 prompts over colour, v1", "  a red 1"] and shown.endswith("…")
    assert repr(expand("a shoe")) == "1 prompt\n  a shoe"


# -- what is refused ----------------------------------------------------------------------------------------------------


def test_more_than_the_limit_says_how_many_and_how_to_allow_them():
    with pytest.raises(PromptError, match=r"4,096 combinations.*at most 500.*limit=4096"):
        expand("{a|b}" * 12)
    assert len(expand("{a|b}" * 12, limit=4096)) == 4096
    with pytest.raises(PromptError, match=r"about 10\^151"):
        expand("{a|b}" * 500)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "9", None, 10**10])
def test_a_limit_is_a_whole_number(limit):
    with pytest.raises(PromptError, match="limit"):
        expand("a", limit=limit)


def test_slots_and_keywords_must_meet():
    with pytest.raises(PromptError, match=r"product=…"):
        expand("a {product}")
    with pytest.raises(PromptError, match=r"prodct.*Did you mean 'product'"):
        expand("a {product}", prodct="shoe")
    with pytest.raises(PromptError, match=r"write \{product\}"):
        expand("a shoe", product="shoe")
    with pytest.raises(PromptError, match="another name"):
        expand("a {limit}")


@pytest.mark.parametrize("value", [3, None, math.nan, b"shoe", [], ["shoe", None], ["shoe", 3], {"a": "b"}, {"a"}, [["a"]]])
def test_a_slot_value_that_is_no_text_is_named(value):
    with pytest.raises(PromptError, match="product: got"):
        expand("a {product}", product=value)


def test_a_slot_value_has_a_length():
    with pytest.raises(PromptError, match="10,001 characters"):
        expand("a {product}", product="a" * 10_001)


@pytest.mark.parametrize("template", ["", "  \n", "{a|}", "{a|}, {b|}", "{x=a|} {x}", "{a|{b|}}"])
def test_a_prompt_without_words_is_refused_before_any_is_made(template):
    with pytest.raises(PromptError, match="prompt"):
        list(prompts(template))
    with pytest.raises(PromptError):
        expand("{x}", x=["shoe", " "])


@pytest.mark.parametrize("template", ["{x=a {x}|b}", "{x={y}|1} {y={x}|2}"])
def test_a_name_inside_itself_is_refused(template):
    with pytest.raises(PromptError, match="inside themselves"):
        expand(template)


@pytest.mark.parametrize(
    "template",
    [
        "".join(f"{{n{i}={{n{i + 1}}}{{n{i + 1}}}|{{n{i + 1}}}q|{{n{i + 1}}}}}" for i in range(30)) + "{n30=a|b}",
        "".join(f"{{{{n{i}=a|b}}|c}}" for i in range(60)) + "".join(f"{{n{i}}}" for i in range(60)) * 20,
        "{x=" + "|".join(f"a{i}" for i in range(1000)) + "}" + "{{x}|b}" * 700,
    ],
)
def test_a_tangled_template_is_refused_in_good_time(template):
    start = time.process_time()
    with pytest.raises(PromptError):
        expand(template, limit=10**9)
    assert time.process_time() - start < 8


# -- prompts: whatever a person hands in --------------------------------------------------------------------------------


def test_prompts_takes_templates_and_prompts_alone_or_in_a_list():
    done = Prompt.literal("a {plain} brace")
    assert list(prompts("a {b|c}")) == list(expand("a {b|c}"))
    assert list(prompts(parse("a {b|c}"))) == list(expand("a {b|c}"))
    assert list(prompts(done)) == [done]
    mixed = prompts(["a {b|c}", done, "{x} d"], x=["e", "f"])
    assert [p.text for p in mixed] == ["a b", "a c", "a {plain} brace", "e d", "f d"]
    assert mixed.columns == ("v1", "x")
    assert list(prompts(list(mixed))) == list(mixed) and prompts(mixed).columns == mixed.columns


def test_a_keyword_needs_to_fit_one_template_of_the_list_and_the_limit_holds_for_all():
    assert [p.text for p in prompts(["a {x}", "b {y}"], x="1", y="2")] == ["a 1", "b 2"]
    with pytest.raises(PromptError, match="z"):
        prompts(["a {x}", "b {y}"], x="1", y="2", z="3")
    with pytest.raises(PromptError, match="6 combinations"):
        prompts(["{a|b|c}", "{d|e|f}"], limit=5)
    with pytest.raises(PromptError, match="x"):
        prompts(Prompt("a"), x="1")


@pytest.mark.parametrize("source", [None, 3, b"a", [], {"a": 1}, {"a"}, [None], [["a"]], (p for p in "ab")])
def test_prompts_refuses_what_is_neither(source):
    with pytest.raises(PromptError, match="prompt"):
        prompts(source)


def test_expand_is_for_one_template():
    with pytest.raises(PromptError, match=r"prompts\(\)"):
        expand(["a", "b"])


# -- for any template ---------------------------------------------------------------------------------------------------

PIECES = ["{", "{", "|", "}", "}", "a", "b ", ", d", "(", "x{s}", "{t}", "{n=p|q}", "{n}", "{m=i {n}|j}", "{m}"]


@st.composite
def templates(draw):
    """What is open gets closed, and every brace holds two options."""
    out, depth = [], 0
    for piece in draw(st.lists(st.sampled_from(PIECES), max_size=16)):
        if piece == "}" and not depth:
            continue
        depth += (piece == "{") - (piece == "}")
        out.append("|e}" if piece == "}" else piece)
    return "".join(out) + "|}" * depth


def expanded(template):
    try:
        tree = parse(template)
        values = {"s": ["1", "2", "1"], "t": "z", "n": ["p", "q"], "m": ["i"]}
        return expand(tree, limit=60, **{name: values[name] for name in tree.slots if name in values})
    except PromptError:
        assume(False)


@settings(max_examples=200)
@given(templates())
def test_length_index_and_iteration_agree(template):
    expansion = expanded(template)
    made = list(expansion)
    assert len(made) == len(expansion)
    assert [expansion[i] for i in range(len(expansion))] == made == [expansion[i - len(made)] for i in range(len(made))]
    assert len({p.choices for p in made}) == len(made)
    for prompt in made:
        columns = [column for column, _ in prompt.choices]
        assert len(set(columns)) == len(columns) and set(columns) <= set(expansion.columns)
        assert Prompt.from_dict(prompt.to_dict()) == prompt


def resolve(parts, chosen, named, script):
    """Choose as `script` says (a list of option numbers, lengthened by 0 where it ends); the plain way to expand."""
    for part in parts:
        options = getattr(part, "options", None)
        if not hasattr(part, "text"):
            column = getattr(part, "column", "") or part.name
            if column in chosen:
                continue
            options = list(dict.fromkeys(options or named[column]))
            at = len(script["taken"])
            pick = script["plan"][at] if at < len(script["plan"]) else 0
            script["taken"].append((pick, len(options)))
            chosen[column] = pick
            resolve(options[pick], chosen, named, script)


@settings(max_examples=150)
@given(templates())
def test_the_count_is_that_of_trying_every_choice_one_after_the_other(template):
    expansion = expanded(template)
    tree: Template = parse(template)
    named = {name: choice.options for name, choice in tree.named.items()}
    lone = {"s": 2, "t": 1, "n": 2, "m": 1}
    named |= {name: tuple(parse(f"{name}{i}").parts for i in range(lone[name])) for name in tree.slots}
    count, plan = 0, []
    while True:
        script = {"plan": plan, "taken": []}
        resolve(tree.parts, {}, named, script)
        count += 1
        taken = script["taken"]
        while taken and taken[-1][0] + 1 == taken[-1][1]:
            taken.pop()
        if not taken:
            break
        plan = [pick for pick, _ in taken[:-1]] + [taken[-1][0] + 1]
    assert count == len(expansion)


@settings(max_examples=200)
@given(st.text("{}|\\=:$2 abxy,()", max_size=30) | st.text(max_size=60))
def test_any_text_expands_or_is_a_prompt_error(text):
    try:
        expansion = expand(text)
    except PromptError:
        return
    assert 1 <= len(expansion) <= 500
    for prompt in (expansion[0], expansion[-1]):
        assert prompt.text.strip() and prompt.template == text


@given(st.text(min_size=1, max_size=60), st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_any_slot_value_arrives_unchanged(text, several):
    assume(text.replace(",", " ").strip() and all(value.replace(",", " ").strip() for value in several))
    assert texts("{x}", x=text) == [text]
    assert texts("a-{x}-b", x=several) == [f"a-{value}-b" for value in dict.fromkeys(several)]
