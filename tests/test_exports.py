"""A Studio's export with all its papers: kept files, edited alt texts, labels, licences, credentials, interruptions."""

import csv
import io
import json
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
from certificates import chain
from PIL import Image

from sdkit import Brand, RightsWarning, Studio, papers
from sdkit.data import folder
from sdkit.errors import ExportError, InputError, Interrupted
from sdkit.export import COMPOSITE, GENERATED, read
from sdkit.prompt import Prompt
from sdkit.request import Request
from sdkit.result import Made, Result

NAMES = ["instagram-square", "iab-mobile-banner-320x50", "email-header", "web-article"]
CROPS = dict.fromkeys(NAMES, "crop")


@pytest.fixture
def quiet(tmp_path):
    """A Studio whose model is never loaded: what is cropped needs none."""
    return Studio(store=tmp_path / "store", backend=object())


@pytest.fixture
def shot():
    image = Image.fromarray(np.random.default_rng(1).integers(90, 160, (8, 8, 3), np.uint8)).resize((512, 512))
    request = Request(prompt=Prompt.literal("a (red:1.2) rocket, masterpiece"), negative="dull", seed=7, size=(512, 512))
    return Result(image, request, Made("org/secret-model", "0123456789abcdef", "sd1", "cpu"), 2.0)


def export(quiet, shot, to, names=NAMES, **more):
    given = {"fit": {n: "crop" for n in names}, "upscaler": "", "acknowledge": "asked the maker", "progress": False}
    return quiet.export(shot, names, to=to, **{**given, **more})


def test_every_file_carries_its_papers_and_none_its_prompt(quiet, shot, tmp_path):
    given = {"creator": "Acme", "rights": "© 2026 Acme", "terms": "Ask", "statement": "https://acme.example/terms"}
    kit = export(quiet, shot, tmp_path / "kit", papers=given)
    assert {e.format for e in kit.entries} == {"JPEG", "WEBP"}
    for entry in kit.entries:
        found = papers(kit.folder / entry.path).papers
        assert (found.source, found.alt, found.creator) == (GENERATED, "A red rocket.", "Acme")
        assert (
            found.rights == "© 2026 Acme" and found.statement == "https://acme.example/terms" and found.tool.startswith("sdkit")
        )
        assert found.licence == entry.licence == "unknown licence: ask first (acknowledged: asked the maker)"
        assert not found.prompt and not found.model and not found.recipe
        assert b"masterpiece" not in kit.path(entry.placement).read_bytes()
        assert entry.cost == pytest.approx(2 * 90 / 3_600_000 * 0.25, rel=0.01) and "masterpiece" in entry.prompt


def test_the_archive_has_all_of_them(quiet, shot, tmp_path):
    kit = export(quiet, shot, tmp_path / "kit", NAMES[:2], archive=True, zipped=True)
    for entry in read(kit.archive).entries:
        found = papers(kit.archive / entry.path).papers
        assert "masterpiece" in found.prompt and found.model == "org/secret-model" and found.version == "0123456789abcdef"
        assert json.loads(found.recipe)["seed"] == 7 and json.loads(found.recipe)["negative"] == "dull" and entry.seed == 7
        public = papers(kit.path(entry.placement)).papers
        assert public.alt == found.alt and not public.prompt
    for file in kit.folder.rglob("*"):
        if file.is_file() and "archive" not in file.parts:
            assert b"masterpiece" not in file.read_bytes(), file
    again = export(quiet, shot, tmp_path / "kit", NAMES[:2], archive=True, zipped=True)
    assert len(again.kept) == 2


def edit(kit, placement, words):
    with kit.alt_texts.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        if row["placement"] == placement:
            row["alt"] = words
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    kit.alt_texts.write_text(out.getvalue(), "utf-8")


def test_an_edited_alt_text_is_kept_and_goes_into_the_file(quiet, shot, tmp_path):
    kit = export(quiet, shot, tmp_path / "kit")
    edit(kit, "email-header", "Unsere Rakete, rot")
    kit = export(quiet, shot, tmp_path / "kit")
    assert set(kit.kept) == set(NAMES) - {"email-header"}
    assert papers(kit.path("email-header")).papers.alt == "Unsere Rakete, rot"
    assert 'alt="Unsere Rakete, rot"' in kit.page.read_text()
    other = replace(shot, request=shot.request.replace(prompt=Prompt.literal("a blue boat")))
    kit = export(quiet, other, tmp_path / "kit", alt={"web-article": "A boat."})
    said = {e.placement: (e.alt, e.alt_edited) for e in kit.entries}
    assert said["email-header"] == ("Unsere Rakete, rot", True) and said["instagram-square"] == ("A blue boat.", False)
    assert said["web-article"] == ("A boat.", False)
    assert len(export(quiet, other, tmp_path / "kit", alt={"web-article": "A boat."}).kept) == 4
    kit.alt_texts.write_text("what is this")
    with pytest.raises(InputError, match=r"alt\.csv"):
        export(quiet, other, tmp_path / "kit")


def test_a_file_is_made_again_when_anything_about_it_changes(quiet, shot, tmp_path, monkeypatch):
    export(quiet, shot, tmp_path / "kit")
    drawn = []
    monkeypatch.setattr("sdkit.export.encode.draw", lambda *a: drawn.append(a) or pytest.fail("drawn again"))
    assert set(export(quiet, shot, tmp_path / "kit").kept) == set(NAMES)
    monkeypatch.undo()
    assert not export(quiet, shot, tmp_path / "kit", label=True).kept
    assert not export(quiet, shot, tmp_path / "kit", papers={"creator": "Acme"}).kept
    own = {"email-header": {"max_bytes": 5000}}
    kit = export(quiet, shot, tmp_path / "kit", papers={"creator": "Acme"}, own=own)
    assert set(kit.kept) == set(NAMES) - {"email-header"} and kit.path("email-header").stat().st_size <= 5000
    other = replace(shot, image=shot.image.rotate(90))
    assert not export(quiet, other, tmp_path / "kit", papers={"creator": "Acme"}).kept


def test_labels_are_drawn_where_asked_and_recorded(quiet, shot, tmp_path):
    kit = export(quiet, shot, tmp_path / "kit", label={"social": "KI-generiert"})
    assert {e.placement: e.label for e in kit.entries if e.label} == {"instagram-square": "KI-generiert"}
    with Image.open(kit.path("instagram-square")) as image:
        assert np.asarray(image.convert("L")).min() < 40
    photo = Image.new("RGB", (512, 512), "white")
    assert {e.label for e in export(quiet, photo, tmp_path / "photo", label=True).entries} == {""}


def test_credentials_are_in_the_files_with_room_for_them(quiet, shot, tmp_path):
    certificates, key, root = chain()
    (tmp_path / "chain.pem").write_bytes(certificates)
    (tmp_path / "key.pem").write_bytes(key)
    sign = (tmp_path / "chain.pem", tmp_path / "key.pem")
    kit = export(quiet, shot, tmp_path / "kit", sign=sign, own={"email-header": {"max_bytes": 9000}})
    signed = {e.placement: e.signed for e in kit.entries}
    assert signed == {n: n != "email-header" for n in NAMES}
    for entry in kit.entries:
        found = papers(kit.folder / entry.path, trust=root)
        assert bool(found.credentials) == entry.signed and entry.bytes <= entry.byte_limit
        if entry.signed:
            assert found.credentials["state"] == "Trusted" and found.credentials["source"] == GENERATED
    assert len(export(quiet, shot, tmp_path / "kit", sign=sign, own={"email-header": {"max_bytes": 9000}}).kept) == 4
    photo = Image.new("RGB", (512, 512), "white")
    assert not any(e.signed for e in export(quiet, photo, tmp_path / "photo", sign=sign).entries)


def test_a_licence_that_asks_is_said_and_an_answer_recorded(quiet, shot, tmp_path):
    with pytest.warns(RightsWarning, match=r"Nothing is known of the licence of the model org/secret-model.*acknowledge="):
        export(quiet, shot, tmp_path / "kit", NAMES[:1], acknowledge="")
    known = replace(shot, made=replace(shot.made, model="stabilityai/stable-diffusion-3.5-large"))
    kit = export(quiet, known, tmp_path / "kit", NAMES[:1], acknowledge="", revenue=50_000)
    assert kit.entries[0].licence == "Stability AI Community License: yes, with conditions"
    assert "with conditions" in kit.page.read_text() and "not legal advice" in kit.page.read_text()
    with pytest.warns(RightsWarning, match="you need a paid licence"):
        export(quiet, known, tmp_path / "kit", NAMES[:1], acknowledge="", revenue=5e6)
    with pytest.raises(InputError, match="papers"):
        export(quiet, known, tmp_path / "kit", papers={"author": "x"})


def test_a_photograph_says_only_what_is_known(quiet, tmp_path):
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).resize((700, 700))
    photo.save(tmp_path / "holiday.png")
    kit = export(quiet, tmp_path / "holiday.png", tmp_path / "kit", NAMES[:2], alt="Beach at noon.")
    found = papers(kit.path("instagram-square")).papers
    assert (found.source, found.alt, found.licence, found.tool) == ("", "Beach at noon.", "", "") and kit.entries[
        0
    ].cost is None


def test_ctrl_c_and_stop_leave_the_earlier_kit(quiet, shot, tmp_path, monkeypatch):
    export(quiet, shot, tmp_path / "kit")
    before = {p: p.read_bytes() for p in (tmp_path / "kit").rglob("*") if p.is_file()}

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sdkit.export.encode.draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(quiet, shot, tmp_path / "kit", label=True)
    assert {p: p.read_bytes() for p in (tmp_path / "kit").rglob("*") if p.is_file()} == before
    assert not [t for t in threading.enumerate() if t.name.startswith("sdkit-e")]


@pytest.mark.slow
def test_outpaints_are_painted_once_marked_composite_on_a_photo_and_encoded_beside(studio, tmp_path):
    photo = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)).resize((256, 256)).save(photo)
    names = ["linkedin-page-cover", "instagram-square"]
    first = studio.export(photo, names, to=tmp_path / "kit", progress=False)
    assert papers(first.path("linkedin-page-cover")).papers.source == COMPOSITE
    assert papers(first.path("instagram-square")).papers.source == ""
    count = len(studio.experiments)
    again = studio.export(photo, names, to=tmp_path / "kit", progress=False)
    assert set(again.kept) == set(names) and len(studio.experiments) == count
    shutil.rmtree(tmp_path / "kit")
    third = studio.export(photo, names, to=tmp_path / "kit", progress=False)
    assert len(studio.experiments) == count and third.path(names[0]).is_file()
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        studio.export(photo, ["x-header"], to=tmp_path / "new", progress=False, stop=stop)
    assert not (tmp_path / "new").exists()


# -- words, and the brand's rules ------------------------------------------------------------------------------------


def worded(quiet, shot, to, **more):
    given = {"layout": "button", "headline": "Coffee, but calmer", "button": "Order now", "brand": folder("brand")}
    return export(quiet, shot, to, ["instagram-square", "email-header"], **{**given, **more})


def test_words_stand_on_every_picture_and_in_its_alt_text(quiet, shot, tmp_path):
    plain, said = export(quiet, shot, tmp_path / "plain", ["email-header"]), worded(quiet, shot, tmp_path / "kit")
    a, b = (np.asarray(Image.open(kit.path("email-header")).convert("RGB"), int) for kit in (plain, said))
    assert (np.abs(a - b).max(axis=2) > 40).mean() > 0.02
    assert {entry.alt for entry in said.entries} == {"A red rocket. Text: Coffee, but calmer. Order now."}
    assert not said.findings.errors and set(said.findings.frame()["placement"]) <= {"instagram-square", "email-header"}
    again = worded(quiet, shot, tmp_path / "kit")
    assert len(again.kept) == 2 and again.findings == said.findings
    other = worded(quiet, shot, tmp_path / "kit", headline="Tea, but calmer")
    assert not other.kept


def test_an_error_of_the_rules_stops_the_export_before_a_file_is_written(quiet, shot, tmp_path):
    with pytest.raises(ExportError, match=r"banned, headline: “cheap”.*email-header(.*\n)*.*waive=\{\"banned\": \"…\"\}"):
        worded(quiet, shot, tmp_path / "kit", headline="Cheap coffee")
    assert not (tmp_path / "kit").exists()


def test_a_waiver_lets_it_pass_and_is_recorded(quiet, shot, tmp_path):
    why = "quoted from <a customer>"
    kit = worded(quiet, shot, tmp_path / "kit", headline="Cheap coffee", waive={"banned": why})
    rows = [row for row in kit.findings if row.rule == "banned"]
    assert len(rows) == 2 and {row.waived for row in rows} == {why} and not kit.findings.errors
    entry = json.loads((kit.folder / "manifest.json").read_text())[0]
    assert any(one["rule"] == "banned" and one["waived"] == why for one in entry["findings"])
    page = kit.page.read_text()
    assert "quoted from &lt;a customer&gt;" in page and "<a customer>" not in page
    assert read(kit.folder).findings == kit.findings
    with pytest.raises(ExportError, match="banned"):  # kept files do not keep the waiver
        worded(quiet, shot, tmp_path / "kit", headline="Cheap coffee")
    one = {"email-header: banned": "quoted"}
    with pytest.raises(ExportError, match=r"banned, headline.*\[instagram-square\]"):
        worded(quiet, shot, tmp_path / "kit", headline="Cheap coffee", waive=one)


def test_words_without_room_are_named_or_let_pass(quiet, shot, tmp_path):
    long = "Donaudampfschifffahrtsgesellschaftskapitän " * 12
    names = ["instagram-square", "iab-mobile-banner-320x50"]
    with pytest.raises(ExportError, match=r"room, headline.*iab-mobile-banner-320x50"):
        export(quiet, shot, tmp_path / "kit", names, layout="headline", headline=long)
    kit = export(
        quiet, shot, tmp_path / "kit", names, layout="headline", headline=long, waive={"room": "the picture is enough"}
    )
    assert {row.rule for row in kit.findings} == {"room"}


def test_product_pictures_carry_no_words(quiet, shot, tmp_path):
    kit = export(quiet, shot, tmp_path / "kit", ["amazon-product"], layout="headline", headline="Now")
    plain = export(quiet, shot, tmp_path / "plain", ["amazon-product"])
    assert kit.path("amazon-product").read_bytes() == plain.path("amazon-product").read_bytes()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"upscalr": ""}, "upscaler"), ({"layout": "headline", "headlin": "x"}, "headline"), ({"layout": "headlines"}, "headline"),
        ({"layout": "headline", "headline": "x", "waive": {"nothing": "x"}}, "waive"),
        ({"layout": "headline", "headline": "x", "waive": {"room": ""}}, "reason"), ({"layout": "headline"}, "words"),
        ({"layout": "headline", "headline": "x", "theme": "dark"}, "Theme"), ({"layout": "headline", "headline": "\ue000"}, "headline"),
    ],
)  # fmt: skip
def test_what_is_misspelt_is_named(quiet, shot, tmp_path, more, said):
    with pytest.raises(InputError, match=said):
        export(quiet, shot, tmp_path / "kit", ["instagram-square"], **more)
    assert not (tmp_path / "kit").exists()


def test_the_label_keeps_off_the_words(quiet, shot, tmp_path):
    marked = worded(quiet, shot, tmp_path / "a", label=True)
    plain = worded(quiet, shot, tmp_path / "b")
    for entry in marked.entries:
        a, b = (np.asarray(Image.open(kit.path(entry.placement)).convert("RGB"), int) for kit in (marked, plain))
        ys, xs = np.nonzero(np.abs(a - b).max(axis=2) > 60)
        tab = xs.min(), ys.min(), xs.max(), ys.max()
        proof = quiet.proof(shot, entry.placement, fit={entry.placement: "crop"}, brand=folder("brand"), layout="button",
                            headline="Coffee, but calmer", button="Order now")[0]  # fmt: skip
        for left, top, right, bottom in (block.box for block in proof.banner.blocks):
            assert tab[2] < left or tab[0] > right or tab[3] < top or tab[1] > bottom


class Painter:
    """A model that could paint on, and must not be asked to."""

    class can:
        kinds = frozenset({"txt2img", "img2img", "inpaint"})
        native, multiple, steps, guidance, outpaint = (256, 256), 8, 4, 2.0, 1.0

    def run(self, *_, **__):
        raise AssertionError("it painted")


def strict():
    """Morrowday, with a contrast that nothing has."""
    brand = Brand.load(folder("brand"))
    return replace(brand, rules=replace(brand.rules, contrast=21.0, large_contrast=21.0))


def test_what_is_known_stops_an_export_before_a_model_paints(shot, tmp_path):
    studio = Studio(store=tmp_path / "store", backend=Painter(), brand=strict())
    given = {"layout": "headline", "headline": "Coffee", "acknowledge": "asked", "upscaler": "", "progress": False}
    with pytest.raises(ExportError, match=r"contrast, headline.*\[instagram-square\]"):
        studio.export(shot, ["instagram-square", "x-header"], to=tmp_path / "kit", **given)
    assert not (tmp_path / "kit").exists()
    with pytest.raises(AssertionError, match="it painted"):  # what is behind the words of a painted picture is not known yet
        studio.export(shot, ["x-header"], to=tmp_path / "kit", **given)
    assert not (tmp_path / "kit").exists()


def test_an_error_of_many_placements_is_a_line(quiet, shot, tmp_path):
    names = ["instagram-square", "email-header", "web-article", "x-post", "open-graph", "linkedin-post"]
    with pytest.raises(ExportError) as stopped:
        export(quiet, shot, tmp_path / "kit", names, layout="headline", headline="Cheap coffee", brand=folder("brand"))
    assert len(str(stopped.value).splitlines()) == 3 and "and 2 more" in str(stopped.value)
    assert stopped.value.rules == ("banned",) and not (tmp_path / "kit").exists()


def test_words_of_any_kind_stay_words(quiet, shot, tmp_path):
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    why = "=HYPERLINK(1)</dd><script>alert(3)</script>"
    given = {
        "layout": "button",
        "headline": evil,
        "button": '=1+1";DROP',
        "brand": folder("brand"),
        "waive": {"lines": why, "banned": why},
    }
    kit = export(quiet, shot, tmp_path / "kit", ["instagram-square", "email-header"], alt='=cmd|"/c calc"!A1', **given)
    page = kit.page.read_text()
    assert "<script" not in page and "onerror=alert" not in page.replace("&lt;img src=x onerror=alert(2)&gt;", "")
    entries = json.loads((kit.folder / "manifest.json").read_text())
    assert all(evil in entry["alt"] for entry in entries)
    with kit.alt_texts.open(encoding="utf-8-sig", newline="") as stream:
        assert all(not row["alt"].startswith(("=", "+", "-", "@")) for row in csv.DictReader(stream))
    assert "<script" not in kit._repr_html_() and "<script" not in kit.findings._repr_html_()
    assert (
        len(export(quiet, shot, tmp_path / "kit", ["instagram-square", "email-header"], alt='=cmd|"/c calc"!A1', **given).kept)
        == 2
    )


def test_an_alt_text_says_the_words_that_are_there_and_no_others(quiet, shot, tmp_path):
    long = "Donaudampfschifffahrtsgesellschaftskapitän " * 12
    names = ["instagram-square", "iab-mobile-banner-320x50"]
    kit = export(quiet, shot, tmp_path / "a", names, layout="headline", headline=long, waive={"room": "the picture is enough"})
    assert {e.placement: "Donau" in e.alt for e in kit.entries} == {names[0]: False, names[1]: False} | {
        e.placement: True for e in kit.entries if not any(row.rule == "room" for row in e.findings)
    }
    kit = export(quiet, shot, tmp_path / "b", ["x-post"], layout="headline", headline="Now open", alt="A rocket, red.")
    assert kit.entries[0].alt == "A rocket, red. Text: Now open."
    kit = export(quiet, shot, tmp_path / "c", ["x-post"], layout="headline", headline="Now open", alt="A poster: now open.")
    assert kit.entries[0].alt == "A poster: now open."


def test_a_name_that_is_none_is_told_with_its_neighbour(quiet, shot, tmp_path):
    for more, near in (({"focsu": (0.5, 0.5)}, "'focus'"), ({"headlin": "x"}, "'headline'")):
        with pytest.raises(InputError, match=f"{next(iter(more))}: got .*Did you mean {near}"):
            export(quiet, shot, tmp_path / "kit", ["x-post"], layout="headline", headline="x", **more)
    for waive, said in (({"x-pots: room": "why"}, "x-post"), ({"romm": "why"}, "room")):
        for layout in ("", "headline"):
            words = {"headline": "x"} if layout else {}
            with pytest.raises(InputError, match=said):
                export(quiet, shot, tmp_path / "kit", ["x-post"], layout=layout, waive=waive, **words)


def test_words_on_a_side_send_the_subject_to_the_other(shot, tmp_path):
    studio = Studio(store=tmp_path / "store", backend=Painter())
    given = {"layout": "headline", "headline": "Coffee"}
    left, right = (studio.proof(shot, "x-header", copy_side=side, **given)[0] for side in ("left", "right"))
    assert left.fit.subject[0] > right.fit.subject[2] and (left.banner.side, right.banner.side) == ("left", "right")


def test_a_proof_shows_the_label_where_the_export_draws_it(quiet, shot, tmp_path):
    given = {"layout": "headline", "headline": "Coffee", "label": True, "fit": {"web-article": "crop"}}
    proof = quiet.proof(shot, "web-article", **given)[0]
    kit = export(quiet, shot, tmp_path / "kit", ["web-article"], **given)
    written = np.asarray(Image.open(kit.path("web-article")).convert("RGB"), float)
    assert np.abs(written - np.asarray(proof.image, float)).mean() < 6
    photo = quiet.proof(shot.image, "web-article", **given)[0]
    assert not photo.label and proof.label == "AI generated"
