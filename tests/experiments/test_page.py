import itertools
import re

import pytest
from PIL import Image

from sdkit import InputError, StoreError
from sdkit.experiments import Experiments
from sdkit.experiments.compare import words


@pytest.fixture
def experiments(store, keep):
    for seed, steps, g in itertools.product((3, 5), (2, 4), (1.0, 8.0)):
        picture = Image.new("RGB", (32, 24), (seed * 20, steps * 30, int(g) * 20))
        keep(store, picture, seed, "a <b>'rocket'</b> & co", "e", steps=steps, guidance=g)
    return Experiments(store)


def test_a_sheet_has_a_place_for_every_picture(experiments):
    sheet = experiments.sheet("e", side=32)
    for seed, steps, g in itertools.product((3, 5), (2, 4), (1.0, 8.0)):
        assert sum(1 for p in sheet.get_flattened_data() if p == (seed * 20, steps * 30, int(g) * 20)) >= 32 * 24
    tall = experiments.sheet("e", x="steps", y="guidance", side=32)  # seeds become blocks
    assert tall.height > sheet.height and tall.width <= sheet.width
    with pytest.raises(InputError, match="what varies here: steps, guidance, seed"):
        experiments.sheet("e", x="stesp")
    with pytest.raises(InputError, match="side"):
        experiments.sheet("e", side=3)


def test_a_page_needs_nothing_else_and_escapes_what_people_wrote(experiments, tmp_path):
    path = experiments.page(tmp_path / "p.html", "e", x="guidance", y="steps", z="seed", title="<Tests> & co")
    html = path.read_text()
    assert html.count('<img src="data:image/jpeg;base64,') == 8 and html.count("<section>") == 2
    assert "<b>" not in html and "&lt;b&gt;&#x27;rocket&#x27;" in html and "<title>&lt;Tests&gt; &amp; co</title>" in html
    assert not re.search(r"(src|href)=\"(?!data:)|https?://|@import|url\(", html)
    assert '<th scope="col" data-column="1">guidance: 8</th>' in html and "<h2>seed 3</h2>" in html
    assert 'data-key="k0"><option value="">all</option><option value="2">' in html
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="page"):
        experiments.page(tmp_path / "file" / "p.html", "e")


def test_an_empty_experiment_is_an_empty_page(experiments, tmp_path):
    assert "0 pictures" in experiments.page(tmp_path / "p.html", "none").read_text()


def test_words_that_differ():
    assert words("a red rocket on navy", "a rocket, bright, on navy") == (
        ("same", "a"), ("gone", "red rocket"), ("new", "rocket, bright,"), ("same", "on navy"),
    )  # fmt: skip
    assert words("", "") == () and words("", "x y") == (("new", "x y"),)


def test_comparing_two_pictures(store, keep):
    one = Image.new("RGB", (32, 32), "black")
    other = one.copy()
    other.paste((0, 90, 0), (16, 0, 32, 32))
    first = keep(store, one, 0, "a red <rocket>", negative="blurry")
    second = keep(store, other, 1, "a blue <rocket>", steps=5, loras=(("ink", 1),))
    found = Experiments(store).compare(first, second.id)
    assert found.changed == 0.5 and found.mean == 15.0 and found.difference.getpixel((20, 3)) == (0, 90, 0)
    assert found.settings == (("seed", "0", "1"), ("steps", "20", "5"), ("loras", "-", "(('ink', 1.0),)"))
    assert found.negative == (("gone", "blurry"),)
    html = found._repr_html_()
    assert html.count("<img ") == 3 and "<del>red</del> <ins>blue</ins> &lt;rocket&gt;" in html
    assert found.picture().width > 3 * 32
    assert Experiments(store).compare(first, first).changed == 0
