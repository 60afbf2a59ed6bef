"""The language of the dynamic-prompts community: its public examples parse, and mean what they mean there."""

import random
from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdkit.errors import PromptError, SdkitError
from sdkit.prompt import expand, parse, prompts

ICES = ["chocolate", "vanilla", "mint"]
SEASONS = ["summer", "autumn", "winter", "spring"]


def texts(template, **given):
    return [prompt.text for prompt in expand(template, **given)]


@pytest.fixture
def own(tmp_path):
    """A templates folder of one's own."""
    files = {
        "season": "# a remark\nsummer\n{autumn|fall}\n\nwinter\n  spring\n",
        "flavours": "chocolate\nvanilla\nstrawberry",
        "tints-cold": "blue\ngreen",
        "tints-warm": "red\nyellow",
        "world": "__world/africa__\n__world/asia__",
        "world/africa": "Zimbabwean\nNamibian",
        "world/asia": "Thai",
        "rare": "9::often\n1::seldom\n0::never",
        "loop": "a\n__loop__",
        "lone": "only",
        "empty": "# nothing",
    }
    for name, lines in files.items():
        path = tmp_path / "wildcards" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines, encoding="utf-8")
    return tmp_path


# -- their examples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{summer|autumn|winter|spring} is coming", {f"{s} is coming" for s in SEASONS}),
        ("{0.5::summer|0.1::autumn|0.3::winter|0.1::spring}", set(SEASONS)),
        ("I like {2$$chocolate|vanilla|mint}", {f"I like {a}, {b}" for a in ICES for b in ICES if a != b}),
        ("{2$$ and $$a|b|c}", {"a and b", "a and c", "b and a", "b and c", "c and a", "c and b"}),
        ("{1-2$$ and $$a|b}", {"a", "b", "a and b", "b and a"}),
        ("{-2$$a|b}", {"a", "b", "a, b", "b, a"}),
        ("{1-$$a|b}", {"a", "b", "a, b", "b, a"}),
        ("{4$$a|b}", {"a, b", "b, a"}),
        ("A {{rose|yellow} gold|platinum} band", {"A rose gold band", "A yellow gold band", "A platinum band"}),
        ("${s=!{summer|winter}} In ${s}, I wear ${s} shirts", {"In summer, I wear summer shirts", "In winter, I wear winter shirts"}),
        ("${s={a|b}}${s} and ${s}", {"a and a", "a and b", "b and a", "b and b"}),
        ("In ${s:summer} and ${s:summer}", {"In summer and summer"}),
        ("${s={a|b}} ${s:summer}", {"a", "b"}),
        ("${p={tall|short}, {old|young}} A ${p} man", {f"A {a}, {b} man" for a in ("tall", "short") for b in ("old", "young")}),
        ("# one\n${s={\n  summer\n\t|autumn\n\t# | fall    # not this one\n}}\n\nIn ${s:x}, I", {"In summer, I", "In autumn, I"}),
    ],
)  # fmt: skip
def test_a_public_example_means_what_it_means_there(template, expected):
    made = texts(template)
    assert len(made) == len(set(made)) and set(made) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("__season__ is coming", [f"{s} is coming" for s in ("summer", "autumn", "fall", "winter", "spring")]),
        ("a __tints*__ shirt", ["a blue shirt", "a green shirt", "a red shirt", "a yellow shirt"]),
        ("__world__", ["Zimbabwean", "Namibian", "Thai"]),
        ("__world/africa__", ["Zimbabwean", "Namibian"]),
        ("{__lone__|two}", ["only", "two"]),
        ("{__lone__}", ["only"]),
        ("${s=!__flavours__}${s}-${s}", ["chocolate-chocolate", "vanilla-vanilla", "strawberry-strawberry"]),
    ],
)
def test_wildcards_are_lines_of_files(own, template, expected):
    assert texts(template, templates=own) == expected


def test_several_of_a_wildcard_are_different_ones(own):
    made = texts("{2$$__flavours__}", templates=own)
    assert len(made) == 6 and all(len(set(text.split(", "))) == 2 for text in made)


def test_each_choice_is_a_column(own):
    expansion = expand("__flavours__ and __flavours__, {season=__season__} {2$$ + $$x|y}", templates=own)
    assert expansion.columns == ("flavours", "flavours_2", "season", "v1", "v2")  # v1: {autumn|fall}, a line of its own
    assert dict(expansion[0].choices) == {"flavours": "chocolate", "flavours_2": "chocolate", "season": "summer", "v2": "x + y"}
    assert expand("{flavours} __flavours__", flavours="mint", templates=own).columns == ("flavours", "flavours_2")


def test_ones_own_file_replaces_the_shipped_one_and_others_stay(own):
    (own / "wildcards" / "moods.txt").write_text("grumpy", encoding="utf-8")
    assert texts("__moods__", templates=own) == ["grumpy"] and len(texts("__moods__")) > 5
    assert texts("__seasons__", templates=own) == texts("__seasons__")


@pytest.mark.parametrize("template", ["__nothing__", "__loop__", "__empty__", "__flavours(a=b)__", "__nothing*__"])
def test_a_wildcard_that_cannot_be_read_is_refused(own, template):
    with pytest.raises(PromptError, match="prompt: got"):
        texts(template, templates=own)


@pytest.mark.parametrize("templates", ["/no/such/folder", 3, "a\0b"])
def test_a_templates_folder_has_to_be_there(templates):
    with pytest.raises(PromptError, match="templates"):
        expand("a", templates=templates)


# -- drawn at random ----------------------------------------------------------------------------------------------------


def test_a_sample_depends_on_its_seed_alone_and_says_nothing_twice():
    drawn = texts("{a|b|c|d} {1|2|3|4}", sample=10, seed=7)
    assert drawn == texts("{a|b|c|d} {1|2|3|4}", sample=10, seed=7) != texts("{a|b|c|d} {1|2|3|4}", sample=10, seed=8)
    assert len(set(drawn)) == 10
    assert sorted(texts("{a|b} {1|2}", sample=400)) == sorted(texts("{a|b} {1|2}"))


def test_a_sample_follows_the_weights_and_counting_does_not():
    first = Counter(expand("{8::a|b|0::c} {x}", x=[str(i) for i in range(50)], sample=1, seed=s)[0].text[0] for s in range(400))
    assert first["c"] == 0 and 0.8 < first["a"] / 400 < 0.97
    assert len(expand("{8::a|b|0::c}")) == 3
    assert {p.text for p in expand("{2$$8::a|b|0::c}", sample=9)} == {"a, b", "b, a"}


def test_a_sample_reaches_where_counting_cannot(own):
    template = "{5-9$$__moods__}, __lighting__, __lenses__, __places__" + ", {a|b|c|d}" * 40
    with pytest.raises(PromptError):
        expand(template)
    assert len(expand(template, sample=20, seed=1)) == 20


def test_a_sample_fills_slots_and_keeps_columns():
    expansion = expand("{product} in {colour=red|blue}, {colour}", product=["shoe", "hat"], sample=4)
    assert {p.text for p in expansion} == {f"{p} in {c}, {c}" for p in ("shoe", "hat") for c in ("red", "blue")}
    assert expansion.columns == ("product", "colour")


@pytest.mark.parametrize("sample", [0, -1, 1.5, True, "3", 501])
def test_a_sample_is_a_whole_number_up_to_the_limit(sample):
    with pytest.raises(PromptError, match="sample"):
        expand("{a|b}", sample=sample)


def test_a_sample_of_nothing_is_refused():
    with pytest.raises(PromptError):
        expand("{|}", sample=2)


# -- rows of a table ----------------------------------------------------------------------------------------------------


def test_each_row_makes_its_group_of_prompts():
    frame = pd.DataFrame({"product": ["shoe", "hat"], "price": [20, 9.5], "note": [None, "x"]})
    expansion = expand("a {product} for {price}, {red|blue}", rows=frame)
    assert [p.text for p in expansion] == [
        "a shoe for 20, red", "a shoe for 20, blue", "a hat for 9.5, red", "a hat for 9.5, blue",
    ]  # fmt: skip
    assert expansion.columns == ("product", "price", "v1")
    assert texts("a {product}", rows=[{"product": "shoe"}, {"product": "shoe"}]) == ["a shoe"] * 2
    assert len(expand("{product} {a|b|c}", rows=frame, sample=2)) == 4
    assert [p.text for p in prompts(["a {product}", "b {x}"], rows=frame, x="1")] == ["a shoe", "a hat", "b 1", "b 1"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (3, "DataFrame"), ("abc", "DataFrame"), ([], "0 rows"), ([1], "DataFrame"), ({"product": "a"}, "DataFrame"),
        ([{"x": "a"}], "names of slots"), ([{"product": None}], "row 0"), ([{"product": float("nan")}], "row 0"),
        ([{"product": "a", "colour": "b"}], "not both"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_named(rows, says):
    with pytest.raises(PromptError, match=says):
        expand("a {product} {colour}", rows=rows, colour="red")


# -- nothing breaks it --------------------------------------------------------------------------------------------------

ALPHABET = [
    *"{{{}}}|||$!=:-#\\_ \n,.()[]12abxy",
    "2$$",
    "$$",
    "${",
    "::",
    "3::",
    "__",
    "__moods__",
    "{x}",
    "{x=",
    "${x=",
    "é",
    "\0",
]


def test_ten_thousand_random_strings_expand_or_are_refused():
    chance = random.Random(5)
    made = 0
    for number in range(10_000):
        text = "".join(chance.choices(ALPHABET, k=chance.randint(0, 40)))
        try:
            expansion = expand(text, limit=50) if number % 2 else expand(text, limit=50, sample=3)
        except SdkitError:
            continue
        made += 1
        assert 1 <= len(expansion) <= 50
        assert all(len(expansion[i].text) < 10_000 for i in (0, -1))
    assert made > 500


@settings(max_examples=300)
@given(st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join))
def test_a_template_written_back_is_the_same_template(text):
    try:
        tree = parse(text)
    except PromptError:
        return
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    "template",
    [
        "{a0=xy|z}" + "".join(f"{{a{i}={{a{i - 1}}}{{a{i - 1}}}|z}}" for i in range(1, 60)),
        "${a0=xy}" + "".join(f"${{a{i}=${{a{i - 1}}}${{a{i - 1}}}}}" for i in range(1, 60)) + "${a59}",
        "{-$$" + "|".join("abcdefghijklmnopqrstuvwxyz") + "}",
        "{1-$$" + "|".join(f"w{i}" for i in range(2_000)) + "}",
        "__*__" * 400,
        "${a=${a}}${a}",
        "${a=!{a}}${a}",
    ],
)
@pytest.mark.parametrize("sample", [None, 5])
def test_what_grows_without_end_is_refused_in_good_time(template, sample):
    try:
        made = expand(template, sample=sample)[:3]
    except PromptError as error:
        assert str(error)
    else:  # drawing some of very many is fine
        assert sample and all(len(prompt.text) < 100_000 for prompt in made)
