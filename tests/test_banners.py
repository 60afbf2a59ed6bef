"""studio.banner and studio.banners: the picture fitted to the placement, words in its safe area, a campaign's table checked first."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from sdkit import Brand, ExportError, InputError, LayoutError, PlacementError, Theme


class NoModel:
    """A backend that may say what it can do, but that must not be asked to draw."""

    class can:
        kinds = frozenset({"txt2img"})
        native, multiple, steps, guidance = (256, 256), 8, 4, 2.0

    def run(self, *_, **__):
        raise AssertionError("nothing should have been drawn")


@pytest.fixture
def still(tmp_path):
    """A Studio that can only crop and pad."""
    from sdkit import Studio

    return Studio(store=tmp_path / "store", backend=NoModel())


@pytest.fixture
def picture():
    image = Image.new("RGB", (900, 600), "#e8ded0")
    ImageDraw.Draw(image).ellipse((560, 180, 800, 420), fill="#a03020")
    return image


def test_a_banner_of_a_placement(still, picture):
    banner = still.banner(picture, "button", placement="instagram-story", headline="Hello", button="Go")
    assert banner.size == (1080, 1920) and banner.safe == (0, 270, 1080, 1540)
    assert all(b.box[1] >= 270 and b.box[3] <= 1540 for b in banner.blocks)


def test_words_stand_beside_the_subject(still, picture):
    banner = still.banner(picture, size=(1200, 628), headline="A line beside it")
    assert banner.side == "left"
    red = np.asarray(banner.image).astype(int)
    _, xs = np.nonzero((red[..., 0] - red[..., 1] > 80) & (red[..., 0] > 120))
    assert banner.blocks[0].box[2] < np.median(xs)


def test_a_brand_gives_its_colours_fonts_and_logo(still, picture):
    brand = Brand.default()
    banner = still.banner(picture, "logo", size=(1200, 628), headline="Good things", brand=brand)
    assert {family for b in banner.blocks for family in b.families} <= {"Fraunces", "Figtree"}
    assert banner.logo and any(colour in banner.svg for colour in brand.roles.values())
    same = still.banner(picture, "logo", size=(1200, 628), headline="Good things", brand=brand.folder)
    assert np.array_equal(np.asarray(banner.image), np.asarray(same.image))


def test_a_theme_or_a_brand_but_not_both(still, picture):
    once = still.banner(picture, "plain", size=(600, 314), headline="Hi", theme=Theme(primary="#005544"))
    assert "#005544" in once.svg
    with pytest.raises(InputError, match="not both"):
        still.banner(picture, size=(600, 314), headline="Hi", brand=Brand.default(), theme=Theme())
    with pytest.raises(InputError, match="brand"):
        still.banner(picture, size=(600, 314), headline="Hi", brand="nowhere/")
    with pytest.raises(InputError, match="theme"):
        still.banner(picture, size=(600, 314), headline="Hi", theme="dark")


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"headline": "x"}, InputError, "placement"),
        ({"headline": "x", "placement": "moon"}, PlacementError, "moon"),
        ({"headline": "x", "placement": "social"}, InputError, "one placement"),
        ({"headline": "x", "size": (100, 2000)}, LayoutError, "1:5"),
        ({"headline": "x", "size": (600, 314), "layout": "hedline"}, LayoutError, "headline"),
        ({"subline": "x", "size": (600, 314)}, LayoutError, "slots of 'headline'"),
        ({"headline": "long words " * 60, "size": (320, 50)}, LayoutError, "Shorten it"),
    ],
)
def test_bad_input_is_told_before_anything_is_drawn(still, picture, given, kind, said):
    with pytest.raises(kind, match=said):
        still.banner(picture, **given)


def test_a_campaign(still, picture, tmp_path):
    rows = pd.DataFrame(
        [
            {"headline": "Hello", "language": "en", "product": "cup"},
            {"headline": "Guten Tag", "language": "de", "product": "cup", "layout": "button", "button": "Los"},
        ]
    )
    made = still.banners(rows, ["x-post", "instagram-square"], image=picture)
    assert [(m.row.number, m.placement.name) for m in made] == [
        (1, "instagram-square"),
        (1, "x-post"),
        (2, "instagram-square"),
        (2, "x-post"),
    ]
    assert list(made.frame["layout"]) == ["headline", "headline", "button", "button"] and (made.frame["contrast"] >= 4.5).all()
    folder = made.save(tmp_path / "out")
    assert sorted(p.name for p in folder.iterdir()) == [
        "001-instagram-square.png",
        "001-x-post.png",
        "002-instagram-square.png",
        "002-x-post.png",
        "banners.csv",
    ]
    assert Image.open(folder / "002-x-post.png").size == (1200, 675)
    assert len(made[:2]) == 2 and "Guten Tag" in made._repr_html_()


def test_a_campaign_that_does_not_fit_is_told_whole(still, picture):
    rows = [{"headline": "ok"}, {"headline": "far too long " * 50}, {"headline": "ok", "layout": "nope"}]
    with pytest.raises(LayoutError, match="row 3"):
        still.banners(rows, "x-post", image=picture)
    with pytest.raises(LayoutError, match=r"row 2, google-mobile-banner, headline|row 2, .*headline"):
        still.banners(rows[:2], ["google-320x50"] if _has("google-320x50") else [_smallest()], image=picture)
    with pytest.raises(LayoutError, match="row 1, image"):
        still.banners([{"headline": "ok"}], "x-post")


def _has(name):
    from sdkit.export import load

    return name in load()


def _smallest():
    from sdkit.export import load

    return min(load().values(), key=lambda p: p.width * p.height).name


@pytest.mark.slow
def test_a_wide_banner_is_outpainted_by_the_studio(studio):
    shot = studio.generate("a lemon on plain mint background", seeds=[0], steps=3, progress=False)[0]
    banner = studio.banner(
        shot, "button", placement="linkedin-page-cover", headline="Fresh today", button="Order", progress=False
    )
    assert banner.size == (1128, 191) and banner.contrast >= 4.5
    assert len(studio.experiments) == 2  # the picture, and the one extended for it


def test_findings_of_a_banner_are_those_of_its_brand(still, picture):
    plain = still.banner(picture, size=(1200, 628), headline="A cheap cup")
    assert not plain.findings
    banner = still.banner(picture, size=(1200, 628), headline="A cheap cup", brand=Brand.default(), waive={"banned": "quoted"})
    assert [(row.rule, row.placement, row.waived) for row in banner.findings] == [("banned", "own-1200x628", "quoted")]
    with pytest.raises(InputError, match="waive"):
        still.banner(picture, size=(600, 314), headline="Hi", waive={"nothing": "why"})


def test_a_banner_without_room_may_stay_plain(still, picture):
    banner = still.banner(picture, size=(320, 50), headline="long words " * 60, waive={"room": "the picture is enough"})
    assert (
        banner.size == (320, 50) and not banner.blocks and [row.waived for row in banner.findings] == ["the picture is enough"]
    )


def test_a_placement_without_words_is_told(still, picture):
    with pytest.raises(InputError, match=r"carries words.*size=\(2000, 2000\)"):
        still.banner(picture, placement="amazon-product", headline="x")
    with pytest.raises(LayoutError, match="none of them carries words"):
        still.banners([{"headline": "ok"}], "amazon-product", image=picture)


def test_a_campaign_is_not_saved_while_errors_are_left(still, picture, tmp_path):
    rows = [{"headline": "A cheap cup"}, {"headline": "A calm cup", "product": '=HYPERLINK("http://x")'}]
    given = {"image": picture, "brand": Brand.default()}
    made = still.banners(rows, ["x-post", "instagram-square"], **given)
    assert {row.placement for row in made.findings.errors} == {"001-x-post", "001-instagram-square"}
    with pytest.raises(ExportError, match=r"banned, headline: “cheap”.*001-instagram-square"):
        made.save(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    one = still.banners(rows, ["x-post", "instagram-square"], waive={"001-x-post: banned": "a quotation"}, **given)
    assert [row.placement for row in one.findings.errors] == ["001-instagram-square"]
    passed = still.banners(rows, ["x-post", "instagram-square"], waive={"banned": "a quotation"}, **given)
    folder = passed.save(tmp_path / "out")
    table = pd.read_csv(folder / "banners.csv", dtype=str, keep_default_na=False)
    assert "a quotation" in table["findings"][0] and table["product"][2] == '\'=HYPERLINK("http://x")'
    with pytest.raises(InputError, match=r"003-x-post|002-x-post"):
        still.banners(rows, ["x-post"], waive={"003-x-post: banned": "why"}, **given)


def test_the_studios_brand_counts_unless_another_look_is_given(tmp_path, picture):
    from sdkit import Studio

    studio = Studio(store=tmp_path / "store", backend=NoModel(), brand=Brand.default())
    assert studio.banner(picture, size=(1200, 628), headline="A cheap cup").findings.errors
    assert not studio.banner(picture, size=(1200, 628), headline="A cheap cup", brand="").findings
    assert not studio.banner(picture, size=(1200, 628), headline="A cheap cup", theme=Theme()).findings
