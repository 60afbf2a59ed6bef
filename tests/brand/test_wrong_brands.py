"""Wrong and hostile brands: each has its problem, with the file and line, and nothing is run or fetched."""

import json
import os
import random
import struct
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdkit.brand import Brand
from sdkit.brand.problems import Report, json_lines, toml_lines
from sdkit.brand.tokens import read
from sdkit.errors import BrandError, InputError, SdkitError


def problems(folder):
    with pytest.raises(BrandError) as caught:
        Brand.load(folder)
    return [str(problem) for problem in caught.value.problems]


# -- tokens.json: what is put in the place of the demo brand's -----------------------------------------------------------

WRONG_TOKENS = {  # in a group "color" of type color, from line 4 on: the token "x", and what is said
    "no object": ('"teal"', "'teal'; a group or token is an object"),
    "no colour": ('{"$value": "teal"}', "color.x: got 'teal'; allowed: {\"colorSpace\""),
    "a list": ('{"$value": [1, 2, 3]}', "got [1, 2, 3]"),
    "unknown space": ('{"$value": {"colorSpace": "sRGB", "components": [0, 0, 0]}}', "colorSpace 'sRGB' is none of DTCG's. Known: a98-rgb"),
    "no space": ('{"$value": {"components": [0, 0, 0]}}', "colorSpace None"),
    "two components": ('{"$value": {"colorSpace": "srgb", "components": [0, 0]}}', "three numbers"),
    "0 to 255": ('{"$value": {"colorSpace": "srgb", "components": [13, 107, 107]}}', "component 13 of srgb; allowed: 0 to 1"),
    "negative hue": ('{"$value": {"colorSpace": "hsl", "components": [-1, 50, 50]}}', "component -1 of hsl"),
    "word": ('{"$value": {"colorSpace": "srgb", "components": [0, "half", 0]}}', "got 'half'; allowed: a number"),
    "true": ('{"$value": {"colorSpace": "srgb", "components": [0, true, 0]}}', "got True"),
    "NaN": ('{"$value": {"colorSpace": "srgb", "components": [0, NaN, 0]}}', "got nan"),
    "infinite": ('{"$value": {"colorSpace": "lab", "components": [50, 1e999, 0]}}', "got inf"),
    "alpha 2": ('{"$value": {"colorSpace": "srgb", "components": [0, 0, 0], "alpha": 2}}', "alpha 2; allowed: 0 to 1"),
    "hex of another": ('{"$value": {"colorSpace": "srgb", "components": [0, 0, 0], "hex": "#ff0000"}}', "are two colours"),
    "hex that is none": ('{"$value": {"colorSpace": "srgb", "components": [0, 0, 0], "hex": "red"}}', "hex 'red'"),
    "odd key": ('{"$value": {"colorSpace": "srgb", "components": [0, 0, 0], "name": "x"}}', "'name' has no place in a colour"),
    "old key": ('{"$value": "#000000", "description": "x"}', "'description' has no place in a token"),
    "alias of nothing": ('{"$value": "{color.tael}"}', "no token {color.tael}. Did you mean 'color.teal'"),
    "alias of itself": ('{"$value": "{color.x}"}', "round in a circle: color.x -> color.x"),
    "alias of a group": ('{"$value": "{role}"}', "no token {role}"),
    "alias of a font": ('{"$value": "{font.body}"}', "{font.body} is of type fontFamily, and color.x of type color"),
    "$ref": ('{"$ref": "#/color/teal"}', "$ref is not read here"),
    "unknown type": ('{"$type": "colour", "$value": "#000000"}', "$type 'colour' is none of DTCG's. Did you mean 'color'"),
    "type that is a list": ('{"$type": ["color"], "$value": "#000000"}', "is none of DTCG's"),
    "size without unit": ('{"$type": "dimension", "$value": 12}', 'allowed: {"value": 16, "unit": "px"}'),
    "size in cm": ('{"$type": "dimension", "$value": {"value": 1, "unit": "cm"}}', "'unit': 'cm'"),
    "weight": ('{"$type": "fontWeight", "$value": "fat"}', "got 'fat'; allowed: 1 to 1000"),
    "weight 1001": ('{"$type": "fontWeight", "$value": 1001}', "allowed: a font weight from 1 to 1000"),
    "no family": ('{"$type": "fontFamily", "$value": []}', "got []; allowed: a font family's name"),
    "family not there": ('{"$type": "fontFamily", "$value": "Comic Sans"}', "the family 'Comic Sans'; there are 'Figtree', 'Fraunces'"),
    "half a typography": ('{"$type": "typography", "$value": {"fontFamily": "Figtree"}}', "fontSize is missing"),
    "typography of a colour": (
        '{"$type": "typography", "$value": {"fontFamily": "{color.teal}", "fontSize": {"value": 1, "unit": "px"}}}',
        "fontFamily must be of type fontFamily; {color.teal} is of type color",
    ),
    "time in hours": ('{"$type": "duration", "$value": {"value": 1, "unit": "h"}}', "allowed: {\"value\": 200"),
    "number": ('{"$type": "number", "$value": "12"}', "got '12'; allowed: a number"),
}  # fmt: skip


def with_token(folder, token):
    tokens = (folder / "tokens.json").read_text()
    head, rest = tokens.split('"$type": "color",\n', 1)
    (folder / "tokens.json").write_text(f'{head}"$type": "color",\n    "x": {token},\n{rest}')


@pytest.mark.parametrize("name", WRONG_TOKENS)
def test_a_wrong_token(copy, name):
    token, says = WRONG_TOKENS[name]
    with_token(copy, token)
    found = problems(copy)
    assert len(found) == 1 and found[0].startswith("tokens.json:5: ") and says in found[0]


WRONG_FILES = {
    "cut": ('{"color": {', "tokens.json:1: is no JSON from here on"),
    "no JSON": ("\n\ncolor: teal", "tokens.json:3: is no JSON from here on"),
    "a list": ("[]", "tokens.json:1: must be an object"),
    "empty": ("{}", "has no colour"),
    "no roles": ('{"color": {"$type": "color", "a": {"$value": "#000000"}}}', "role.primary is missing"),
    "no type anywhere": ('{"color": {"a": {"$value": "#000000"}}}', "tokens.json:1: color.a has no $type"),
    "unknown property": ('{"$colour": 1}', "$colour is no property of a group"),
    "dot in a name": ('{"a.b": {}}', "'a.b' is no name"),
    "half a surrogate": ('{"\\ud800": {}}', r"'\ud800' is no name"),
    "extends": ('{"a": {"$extends": "{b}"}}', "$extends is not read here"),
    "twice": ('{"color": {},\n"color": {}}', "tokens.json:2: color stands here a second time"),
    "deep": ('{"a":' * 20_000 + "1" + "}" * 20_000, "can't be read as JSON"),
    "deep groups": ('{"a":' * 60 + "{}" + "}" * 60, "groups go 32 deep at most"),
    "digits": ('{"a": ' + "9" * 6000 + "}", "can't be read as JSON"),
    "long": (" " * 1_100_000 + "{}", "tokens.json: has 1,100,002 bytes"),
    "many": (json.dumps({"c": {f"a{i}": {"$type": "color", "$value": "#000000"} for i in range(5001)}}), "has 5,001 tokens"),
    "a circle": (
        '{"c": {"$type": "color",\n"a": {"$value": "{c.b}"},\n"b": {"$value": "{c.d}"},\n"d": {"$value": "{c.a}"}}}',
        "round in a circle: c.a -> c.b -> c.d -> c.a",
    ),
    "a long chain": (
        json.dumps({"c": {"$type": "color", **{f"a{i}": {"$value": f"{{c.a{i + 1}}}"} for i in range(400)}, "a400": {"$value": "#000"}}}),
        "aliases of aliases go 32 deep at most",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_token_file(copy, name):
    text, says = WRONG_FILES[name]
    (copy / "tokens.json").write_text(text)
    assert any(says in problem for problem in problems(copy))


def test_a_circle_is_said_once(copy):
    (copy / "tokens.json").write_text(WRONG_FILES["a circle"][0])
    assert sum("circle" in problem for problem in problems(copy)) == 1


# -- rules.toml --------------------------------------------------------------------------------------------------------

WRONG_RULES = {  # (what stands there, what is put in its place, what is said)
    "no name": ('name = "Morrowday"', "", "rules.toml:1: name is missing"),
    "empty name": ('"Morrowday"', '"  "', "rules.toml:2: name is '  '; allowed: a line of text"),
    "name of lines": ('"Morrowday"', r'"a\nb"', "rules.toml:2: name is"),
    "no logo": ('light = "logo-light.svg"', "", "rules.toml:5: [logo] light is missing"),
    "unknown key": ("clear_space =", "clearspace =", "rules.toml:8: [logo] has no 'clearspace'. Did you mean 'clear_space'"),
    "unknown table": ("[alt]", "[alts]", "'alts' is no rule. Did you mean 'alt'"),
    "space in words": ("clear_space = 0.35", 'clear_space = "much"', "rules.toml:8: [logo] clear_space is 'much'; allowed: 0 to 4"),
    "space of true": ("clear_space = 0.35", "clear_space = true", "clear_space is True"),
    "negative height": ("min_height = 20", "min_height = -20", "rules.toml:9: [logo] min_height is -20; allowed: 1 to 1000"),
    "contrast of 0.5": ("\ncontrast = 4.5", "\ncontrast = 0.5", "[text] contrast is 0.5; allowed: 1 to 21"),
    "contrast nan": ("\ncontrast = 4.5", "\ncontrast = nan", "[text] contrast is nan"),
    "unknown background": ('"color.cream", "color.mint", ', '"color.creme", ', "no colour token 'color.creme'. Did you mean 'color.cream'"),
    "a word": ('tone = ["soft shadow"]', 'tone = "soft shadow"', "[words] tone is 'soft shadow'; allowed: a list of words"),
    "banned tone": ('tone = ["soft shadow"]', 'tone = ["Cheap look"]', "'cheap' is banned, and stands in tone"),
    "undone": ('tone = ["soft shadow"]', 'tone = ["Watermark"]', "'watermark' is in tone and in negatives"),
    "no lines": ("headline = 3", "headline = 0", "[text] lines is"),
    "no table": ("[text.lines]", "[text]", "is no TOML here"),
    "syntax": ("[logo]", "[logo", "rules.toml:5: is no TOML here"),
    "logo outside": ('"logo-light.svg"', '"../../etc/passwd"', "rules.toml:6: [logo] light: '../../etc/passwd' leads out"),
    "absolute logo": ('"logo-light.svg"', '"/etc/passwd"', "leads out of the brand's folder"),
    "logo not there": ('"logo-light.svg"', '"logo.svg"', "there is no file 'logo.svg'"),
    "logo of another kind": ('"logo-light.svg"', '"README.md"', "README.md: is no kind of file that a logo can be"),
    "logo is a folder": ('"logo-light.svg"', '"fonts"', "there is no file 'fonts'"),
    "long logo": ('"logo-light.svg"', '"' + "a" * 900 + '"', "no file"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_RULES)
def test_wrong_rules(copy, name):
    before, after, says = WRONG_RULES[name]
    rules = (copy / "rules.toml").read_text()
    assert before in rules
    (copy / "rules.toml").write_text(rules.replace(before, after, 1))
    assert any(says in problem for problem in problems(copy)), problems(copy)


# -- logos -------------------------------------------------------------------------------------------------------------

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">\n{}\n</svg>'
WRONG_LOGOS = {
    "script": (SVG.format("<script>alert(1)</script>"), ":2: holds <script>"),
    "prefixed script": ('<s:svg xmlns:s="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><s:script/></s:svg>', "holds <script>"),
    "onload": (SVG.format('<path onload="alert(1)"/>'), ":2: has onload="),
    "foreign": (SVG.format("<foreignObject/>"), "holds <foreignObject>"),
    "image from the net": (SVG.format('<image href="http://example.org/a.png"/>'), "refers to 'http://example.org/a.png'"),
    "image from the disk": (SVG.format('<image xlink:href="file:///etc/passwd"/>'), "refers to 'file:///etc/passwd'"),
    "image inside": (SVG.format('<image href="data:image/png;base64,AAAA"/>'), "Draw it as shapes"),
    "link": (SVG.format('<a href=" javascript:alert(1)"><path/></a>'), "refers to 'javascript:alert(1)'"),
    "use": (SVG.format('<use href="other.svg#a"/>'), "refers to 'other.svg#a'"),
    "import": (SVG.format("<style>@import 'http://example.org/a.css';</style>"), ":2: has a style that fetches"),
    "fill": (SVG.format('<path fill="url( \'http://example.org/a#b\')"/>'), "has fill= that fetches"),
    "style": (SVG.format('<path style="fill:url(//example.org/a)"/>'), "has style= that fetches"),
    "animation": (SVG.format('<set attributeName="href" to="http://example.org"/>'), "holds <set>, an animation"),
    "text": (SVG.format("<text>Morrowday</text>"), "turn text into paths"),
    "entities": ('<!DOCTYPE svg [<!ENTITY a "aaaa">]>\n' + SVG.format("&a;"), "has a document type"),
    "external entity": ('<!DOCTYPE svg SYSTEM "file:///etc/passwd">\n' + SVG.format(""), "has a document type"),
    "stylesheet": ('<?xml-stylesheet href="http://example.org/a.css"?>\n' + SVG.format(""), "has a processing instruction"),
    "HTML": ("<html><body/></html>", "begins with <html>"),
    "no XML": ("\x89PNG", "is no XML from here on"),
    "nothing": ("", "is no XML from here on"),
    "encoding": ('<?xml version="1.0" encoding="klingon"?><svg/>', "is no XML"),
    "no size": (SVG.replace('viewBox="0 0 10 10"', "").format(""), "says no size"),
    "no width": (SVG.replace("0 0 10 10", "0 0 0 10").format(""), "says no size"),
    "endless": (SVG.replace("0 0 10 10", "0 0 inf 10").format(""), "says no size"),
    "deep": (SVG.format("<g>" * 100 + "</g>" * 100), "too many elements"),
    "many": (SVG.format("<g/>" * 20_001), "too many elements"),
    "long": (SVG.format(" " * 1_000_001), "bytes; allowed: at most 1,000,000"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_LOGOS)
def test_a_wrong_svg(copy, name):
    text, says = WRONG_LOGOS[name]
    (copy / "logo-light.svg").write_text(text, "utf-8")
    found = problems(copy)
    assert all(problem.startswith("logo-light.svg") for problem in found) and any(says in problem for problem in found), found


def png(width, height):
    """The head of a PNG of any size, which weighs nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data, says",
    [
        (png(50_000, 50_000), "at most 4096 a side"), (png(50_000, 10), "is 50000 x 10 pixels; allowed: at most 4096 a side"),
        (png(100, 100), "is no PNG or WebP picture that opens"), (b"<svg/>", "is no PNG"), (b"", "is no PNG"),
        (b"GIF89a" + bytes(50), "is no PNG"),
    ],
    ids=["huge", "wide", "cut", "svg", "empty", "gif"],
)  # fmt: skip
def test_a_wrong_png(copy, data, says):
    (copy / "logo-light.png").write_bytes(data)
    rules = (copy / "rules.toml").read_text()
    (copy / "rules.toml").write_text(rules.replace("logo-light.svg", "logo-light.png"))
    [found] = problems(copy)
    assert found.startswith("logo-light.png: ") and says in found


# -- fonts -------------------------------------------------------------------------------------------------------------


def broken(data, at):
    return data[:at] + bytes(64) + data[at + 64 :]


@pytest.mark.parametrize(
    "name, change, says",
    [
        ("x.ttf", lambda font: b"#!/bin/sh\nrm -rf /\n", "is no font: a TTF or OTF begins otherwise"),
        ("x.otf", lambda font: b"", "is no font"), ("x.ttf", lambda font: font[:3000], "is a damaged font"),
        ("x.ttf", lambda font: font[:12] + bytes(len(font) - 12), "is a damaged font"),
        ("x.ttf", lambda font: b"OTTO" + b"\xff" * 500, "is a damaged font"),
        ("x.woff2", lambda font: font, "is no TTF or OTF"), ("x.ttc", lambda font: font, "is no TTF or OTF"),
        ("x.ttf", lambda font: font + bytes(20_000_000), "bytes; allowed: at most 20,000,000"),
    ],
    ids=["script", "empty", "cut", "zeros", "noise", "woff2", "collection", "huge"],
)  # fmt: skip
def test_a_wrong_font(copy, name, change, says):
    font = (copy / "fonts" / "Figtree-Bold.ttf").read_bytes()
    (copy / "fonts" / name).write_bytes(change(font))
    [found] = problems(copy)
    assert found.startswith(f"fonts/{name}: ") and says in found


def test_damage_anywhere_in_a_font_is_no_crash(copy):
    font = (copy / "fonts" / "Figtree-Bold.ttf").read_bytes()
    rng = random.Random(1)
    for _ in range(25):
        (copy / "fonts" / "x.ttf").write_bytes(broken(font, rng.randrange(len(font) - 64)))
        try:
            Brand.load(copy)
        except BrandError as error:
            assert all(problem.file == "fonts/x.ttf" for problem in error.problems)


def test_links_lead_nowhere_outside(copy, tmp_path):
    outside = tmp_path / "outside.ttf"
    outside.write_bytes((copy / "fonts" / "Figtree-Bold.ttf").read_bytes())
    (copy / "fonts" / "link.ttf").symlink_to(outside)
    (copy / "logo-light.svg").unlink()
    (copy / "logo-light.svg").symlink_to(tmp_path / "nowhere.svg")
    found = problems(copy)
    assert any("fonts/link.ttf: " in p and "leads out of the brand's folder" in p for p in found)
    assert any("'logo-light.svg' leads out" in p for p in found)


# -- all of it at once -------------------------------------------------------------------------------------------------


def test_every_problem_is_listed_at_once_in_order(copy):
    with_token(copy, '{"$value": "teal"}')
    rules = (copy / "rules.toml").read_text()
    (copy / "rules.toml").write_text(rules.replace("min_size = 11", "min_size = 0").replace('tone = ["soft', 'tune = ["soft'))
    (copy / "logo-dark.svg").write_text(SVG.format("<script/>"))
    (copy / "fonts" / "bad.ttf").write_bytes(b"no")
    with pytest.raises(BrandError) as caught:
        Brand.load(copy)
    found = caught.value.problems
    assert [p.file for p in found] == ["fonts/bad.ttf", "logo-dark.svg", "rules.toml", "rules.toml", "tokens.json"]
    lines = (copy / "rules.toml").read_text().splitlines()
    assert "tune" in lines[found[2].line - 1] and "min_size" in lines[found[3].line - 1]
    assert "5 problems" in str(caught.value) and all(str(p) in str(caught.value) for p in found)


@pytest.mark.parametrize("name", ["tokens.json", "rules.toml"])
def test_a_missing_or_unreadable_file(copy, name):
    (copy / name).write_bytes(b"\xff\xfe{")
    assert any(p.startswith(f"{name}: is no UTF-8 text") for p in problems(copy))
    (copy / name).unlink()
    assert f"{name}: is missing." in problems(copy)
    os.mkdir(copy / name)
    assert any(p.startswith(f"{name}: can't be read") for p in problems(copy))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_nothing_is_waited_for_or_read_outside(copy, tmp_path):
    (copy / "tokens.json").unlink()
    os.mkfifo(copy / "tokens.json")
    outside = tmp_path / "rules.toml"
    (copy / "rules.toml").rename(outside)
    (copy / "rules.toml").symlink_to(outside)
    (copy / "logo-light.svg").unlink()
    os.mkfifo(copy / "logo-light.svg")
    os.mkfifo(copy / "fonts" / "x.ttf")
    found = problems(copy)
    assert "tokens.json: can't be read: it is no file." in found
    assert any(p.startswith("rules.toml: is a link that leads out of the brand's folder") for p in found)


@pytest.mark.parametrize("folder", ["", "nowhere", "a\0b"])
def test_what_is_no_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((BrandError, InputError)):
        Brand.load(folder)


@pytest.mark.parametrize("role", ["primary", "accent", "ink", "paper"])
def test_each_role_is_asked_for(copy, role):
    tokens = json.loads((copy / "tokens.json").read_text())
    del tokens["role"][role]
    tokens["role"].pop("on-primary")
    (copy / "tokens.json").write_text(json.dumps(tokens, indent=1))
    [found] = problems(copy)
    assert (
        f"role.{role} is missing" in found
        and '"role": {' in json.dumps(tokens, indent=1).splitlines()[int(found.split(":")[1]) - 1]
    )


def test_ink_that_does_not_read_on_paper(copy):
    tokens = (copy / "tokens.json").read_text()
    (copy / "tokens.json").write_text(
        tokens.replace('"ink": { "$value": "{color.navy}" }', '"ink": { "$value": "{color.sun}" }')
    )
    [found] = problems(copy)
    assert "role.ink on role.paper has a contrast of 1.4" in found


# -- any text at all -----------------------------------------------------------------------------------------------------

_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8) | st.sampled_from(["{a.b}", "#fff"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["a", "b", "$value", "$type", "$root", "role", "colorSpace", "components"]) | st.text(max_size=3), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@example({"$value": {"$value": None}})
@given(_json)
def test_no_tree_breaks_the_reader(tree):
    report = Report("tokens.json")
    found = read(json.dumps(tree), report)
    assert all(problem.line >= 0 for problem in report.problems)
    assert found or not isinstance(tree, dict) or report.problems or not any("$value" in str(v) for v in tree.values())


@settings(max_examples=150)
@given(_json, st.sampled_from([None, 1, "\t"]))
def test_lines_are_those_of_the_keys(tree, indent):
    text = json.dumps(tree, indent=indent)
    lines, twice = json_lines(text)
    assert not twice
    rows = text.splitlines()
    for path, line in lines.items():
        if path and isinstance(path[-1], str):
            assert json.dumps(path[-1]) in rows[line - 1]
    keys = {path for path in lines if path and isinstance(path[-1], str)}
    assert keys == set(_paths(tree, ()))


def _paths(tree, path):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        if isinstance(tree, dict):
            yield (*path, key)
        yield from _paths(value, (*path, key))


def test_lines_of_toml():
    text = 'name = "x"\n\n[text]\nmin_size = 3\n[text.lines] # how many\nheadline = 2\n"a-b" = 1\n'
    found = toml_lines(text)
    assert found["name",] == 1 and found["text", "min_size"] == 4
    assert found["text", "lines"] == 5 and found["text", "lines", "headline"] == 6 and found["text", "lines", "a-b"] == 7


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_no_text_is_more_than_an_error(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any")
    for name in ("tokens.json", "rules.toml"):
        (folder / name).write_text(text, "utf-8", errors="replace")
    with pytest.raises(SdkitError):
        Brand.load(folder)
