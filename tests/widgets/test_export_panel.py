"""ExportPanel: choose placements, set words, read what is wrong with them, let it pass, export, and take the zip along."""

import base64
import io
import threading
import zipfile
from pathlib import Path

import pytest
from making import Painter, shot
from PIL import Image

from sdkit import InputError, LayoutError, PlacementError, Studio
from sdkit.layout.specimen import backdrop
from sdkit.widgets import ExportPanel

PATIENCE = 240
BRAND = Path(__file__).parents[2] / "brand"
CUT = ["instagram-square", "x-post"]  # a square needs no model for these
GOOD, BANNED = "Summer starts here", "Cheap summer"


@pytest.fixture
def panel(painted, tmp_path):
    panel = ExportPanel(painted, backdrop((160, 160)), BRAND, placements=CUT, to=str(tmp_path / "kit"))
    yield panel
    panel.close()


def settled(panel):
    assert panel.settled(PATIENCE)
    return panel


def exported(panel):
    panel.export()
    assert panel.wait(PATIENCE) and panel.state == "done", panel.error
    return panel.kit


def heard(panel, **content):
    """What a message of the page is answered with: [(content, buffers)]."""
    said = []
    panel.send = lambda content, buffers=(): said.append((content, buffers))
    panel._heard(panel, content, [])
    assert panel.settled(PATIENCE)
    del panel.send
    return said


def test_groups_and_platforms_mean_all_of_theirs(panel):
    panel.placements = ["Instagram", "email"]
    assert panel.placements[0] == "instagram-square" and {"email-header", "instagram-story"} <= set(panel.placements)
    settled(panel)
    assert set(panel.fits) == set(panel.placements) and panel.stops == "" and panel.findings == []
    method, reason, invented = panel.fits["email-header"]
    assert method == "outpaint" and reason.endswith(".") and 0.5 < invented < 1
    panel.placements = []
    assert settled(panel).stops == "Choose at least one placement." and panel.fits == {}
    with pytest.raises(InputError, match="placements"):
        panel.export()


def test_what_cannot_be_is_said(panel, painted):
    for name, value, error in (
        ("placements", ["moon"], PlacementError), ("fit", {"moon": "pad"}, PlacementError), ("fit", {"x-post": "stretch"}, InputError),
        ("layout_name", "headlin", LayoutError), ("texts", {"title": "x"}, LayoutError), ("texts", {"headline": 3}, InputError),
        ("waive", {"contrast": ""}, InputError), ("waive", {"moon: contrast": "why"}, InputError), ("copy_side", "up", InputError),
        ("only", "all", InputError), ("to", " ", InputError), ("label", "x" * 41, InputError), ("selected", "moon", PlacementError),
    ):  # fmt: skip
        with pytest.raises(error, match=name.removesuffix("_name")):
            setattr(panel, name, value)
    panel.set_state({"placements": ["moon"]})  # as the page would
    assert "moon" in panel.error and panel.placements == CUT
    with pytest.raises(InputError, match="size"):
        ExportPanel(painted, shot(), size=3)
    with pytest.raises(InputError, match="studio"):
        ExportPanel("studio", shot())


def test_a_choice_of_ones_own_is_previewed_and_exported(panel):
    assert settled(panel).fits["x-post"][0] == "crop"
    panel.fit = {"x-post": "pad", "instagram-square": "auto", "email-header": "crop"}
    assert settled(panel).fits["x-post"][0] == "pad" and panel.fit == {"x-post": "pad", "email-header": "crop"}
    assert panel.call["fit"] == {"x-post": "pad"}  # of what is exported
    exported(panel)
    assert {file["placement"]: file["method"] for file in panel.files} == {"instagram-square": "crop", "x-post": "pad"}


def test_an_error_stops_the_export_until_it_is_mended_or_let_pass(panel):
    panel.layout_name, panel.texts = "headline", {"headline": BANNED}
    settled(panel)
    wrong = [(row["rule"], row["severity"], row["where"]) for row in panel.findings if row["severity"] == "error"]
    assert wrong == [("banned", "error", "headline")] * 2 and {row["placement"] for row in panel.findings} >= set(CUT)
    assert panel.stops == "2 errors in 2 placements (banned): mend them, or let them pass with a reason."
    panel.export()
    assert panel.wait(PATIENCE) and panel.state == "failed" and "banned" in panel.error and panel.kit is None
    panel.waive = {"x-post: banned": "legal said so"}
    assert panel.stops.startswith("1 error in ")
    panel.waive = {"banned": "legal said so"}
    assert panel.stops == ""
    kit = exported(panel)
    assert {row.waived for row in kit.findings if row.rule == "banned"} == {"legal said so"}
    panel.waive, panel.texts = {}, {"headline": GOOD}
    assert settled(panel).stops == "" and not [row for row in panel.findings if row["severity"] == "error"]


def test_words_that_cannot_be_drawn_are_told_in_a_sentence(panel):
    panel.layout_name = "headline"
    panel.texts = {"headline": "Ω\U0001f9ff ሀ"}
    settled(panel)
    assert panel.stops and "headline" in panel.stops
    panel.texts = {"headline": GOOD}
    assert settled(panel).trouble == "" and panel.stops == ""


def test_a_layout_without_words_says_what_it_waits_for(painted):
    panel = ExportPanel(painted, backdrop((96, 96)), placements=["x-post"], layout="headline")
    assert "Write something" in settled(panel).stops
    panel.layout_name = ""
    assert settled(panel).stops == "" and "layout" not in panel.call
    panel.close()


def test_only_what_is_in_sight_is_drawn_and_sent(panel):
    panel.placements = ["social"]
    settled(panel)
    said = heard(panel, kind="see", names=["x-post", "instagram-story", "email-header"], have=[])
    seen = {name: buffers[0] for content, buffers in said if content["kind"] == "seen" for name in content["names"]}
    assert set(seen) == {"x-post", "instagram-story"} == set(panel._seen)  # the third is not chosen
    wide, tall = (Image.open(io.BytesIO(seen[name])) for name in ("x-post", "instagram-story"))
    assert wide.width / wide.height == pytest.approx(1200 / 675, abs=0.02) and tall.height == 320
    assert heard(panel, kind="see", names=["x-post"], have=["x-post"]) == []
    assert len(heard(panel, kind="see", names=["x-post"], have=[])) == 1  # a page that was loaded anew
    panel.selected = "x-post"
    settled(panel)
    assert panel._large_of == "x-post" and Image.open(io.BytesIO(panel._large)).size == (1200, 675)


def test_previews_follow_the_words(panel):
    heard(panel, kind="see", names=CUT, have=[])
    plain = panel._seen["x-post"].thumb
    for text in ("S", "Su", "Summer"):
        panel.layout_name, panel.texts = "headline", {"headline": text}
    settled(panel)
    assert panel.checked == 2 and panel._seen["x-post"].thumb != plain
    worded = panel._seen["x-post"].thumb
    panel.texts = {"headline": "Summer", "subline": "of another layout"}
    assert settled(panel)._seen["x-post"].thumb is worded and panel.call["texts"] == {"headline": "Summer"}


def test_the_files_the_kit_and_the_zip_in_parts(panel, monkeypatch):
    monkeypatch.setattr("sdkit.widgets.export_panel._PART", 4000)
    panel.label, panel.alt, panel.archive = True, "A ball on a warm ground", True
    kit = exported(panel)
    assert panel.files == [
        {"placement": e.placement, "path": e.path, "bytes": e.bytes, "limit": e.byte_limit, "method": e.method, "kept": False}
        for e in kit.entries
    ]  # fmt: skip
    assert all(one.alt == "A ball on a warm ground" for one in kit.entries) and kit.archive
    written = panel._written
    assert written["page"] == str(kit.page) and written["total"] == sum(e.bytes for e in kit.entries)
    assert written["zip"] == kit.zip.stat().st_size
    (first, got), *_ = heard(panel, kind="zip", part=0)
    data = got[0] + b"".join(heard(panel, kind="zip", part=i)[0][1][0] for i in range(1, first["parts"]))
    assert first["parts"] > 1 and first["size"] == len(data) and data == kit.zip.read_bytes()
    assert "x/x-post.jpg" in zipfile.ZipFile(io.BytesIO(data)).namelist() and panel._zip == b""
    panel.as_text = True
    assert base64.b64decode(heard(panel, kind="zip", part=0)[0][0]["texts"][0]) == data[:4000]
    assert heard(panel, kind="zip", part=10**6) == [] and panel.error.startswith("part: got")
    panel.zipped, panel.error = False, ""
    exported(panel)
    assert heard(panel, kind="zip", part=0) == [] and "no kit.zip" in panel.error
    assert all(file["kept"] for file in panel.files) and panel.still().size == Image.open(kit.folder / "contact-sheet.jpg").size


def test_the_page_gets_a_small_picture_of_every_layout(panel):
    said = heard(panel, kind="specimens")
    assert [content["name"] for content, _ in said] == ["", *(one["name"] for one in panel._layouts)]
    assert {Image.open(io.BytesIO(buffers[0])).size for _, buffers in said} == {(300, 200)}
    button = next(one for one in panel._layouts if one["name"] == "button")
    assert [one["slot"] for one in button["slots"]][:1] == ["headline"] and all(one["lines"] >= 1 for one in button["slots"])


def test_stop_costs_no_painted_picture(tmp_path):
    painter = Painter(pace=0.05)
    studio = Studio("painter", store=tmp_path / "store", backend=painter)
    panel = ExportPanel(studio, backdrop((64, 64)), placements=["email-header", "instagram-story"], to=str(tmp_path / "kit"))
    panel.fit = {"instagram-story": "outpaint"}
    settled(panel)
    panel.export()
    with pytest.raises(InputError, match="one piece of work"):
        panel.export()
    for _ in range(PATIENCE * 20):
        if len(studio.experiments):
            break
        threading.Event().wait(0.05)
    panel.stop()
    assert panel.wait(PATIENCE) and panel.state == "stopped" and panel.kit is None and not (tmp_path / "kit").exists()
    kept, steps = len(studio.experiments), painter.steps
    assert kept >= 1
    kit = exported(panel)
    masters = len(studio.experiments)
    assert len(kit) == 2 and painter.steps - steps == (masters - kept) * 4  # what was there was not painted again
    panel.close()


def test_stopped_too_late_it_is_done(panel):
    panel.export()
    while panel._kit is None and not panel.wait(0.001):
        panel.stop()  # nothing is painted: by then the files are being written, and are written whole
    assert panel.wait(PATIENCE) and (panel.state, panel.kit is None) in (("done", False), ("stopped", True))
    job = panel.export()
    assert job.wait(PATIENCE)
    job.state = "stopped"  # what the worker says of work that was stopped and ended all the same
    panel._told(job)
    assert panel.state == "done" and len(panel.kit) == 2


def test_two_panels_take_turns(tmp_path):
    painter = Painter(pace=0.02)
    studio = Studio("painter", store=tmp_path / "store", backend=painter)
    panels = [
        ExportPanel(studio, backdrop((64, 64 + 8 * i)), placements=["email-header"], to=str(tmp_path / f"kit{i}"))
        for i in range(2)
    ]
    for panel in panels:
        panel.export()
    assert all(panel.wait(PATIENCE) for panel in panels) and [panel.state for panel in panels] == ["done", "done"]
    assert painter.most_at_once == 1 and len(studio.experiments) == 2
    for panel in panels:
        panel.close()


def test_another_picture_takes_the_same_placements_and_words(panel):
    panel.layout_name, panel.texts = "headline", {"headline": GOOD}
    settled(panel)
    before = panel._seen["x-post"].thumb
    panel.picture = shot("a rocket on navy", size=(96, 64))
    assert settled(panel)._seen["x-post"].thumb != before and panel.texts == {"headline": GOOD}
    plain, panel.label = panel._seen["x-post"].thumb, True
    assert settled(panel)._seen["x-post"].thumb != plain  # what a model drew is labelled, in the preview too
    assert panel._draft == "A rocket on navy." and panel.placements == CUT
    assert "data:image/jpeg" in panel._repr_mimebundle_()[0]["text/html"]


def test_nothing_is_left_over_when_it_is_closed(painted):
    for _ in range(5):
        panel = ExportPanel(
            painted, backdrop((96, 96)), BRAND, placements=["social"], layout="headline", texts={"headline": GOOD}
        )
        panel.close()
        assert panel.settled(PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sdkit-newest") and thread.is_alive()]


def test_where_nothing_runs_in_the_background_the_page_asks_for_more(painted, monkeypatch):
    monkeypatch.setattr("sdkit.widgets.looks.in_colab", lambda: True)
    panel = ExportPanel(
        painted, backdrop((96, 96)), BRAND, placements=["Instagram"], layout="headline", texts={"headline": GOOD}
    )
    assert panel._pulls and 0 < panel.checked < len(panel.placements) and panel.stops.startswith("Looking through")
    heard(panel, kind="more")
    assert panel.checked == len(panel.placements) and panel.stops == ""
    panel.close()


def opening(painted, tmp_path):
    return lambda: ExportPanel(painted, backdrop((160, 160)), BRAND, to=str(tmp_path / "kit"))


@pytest.mark.slow
@pytest.mark.parametrize(("dark", "width"), [(False, 1180), (True, 800)], ids=["light", "dark and narrow"])
def test_a_person_chooses_writes_lets_pass_exports_and_downloads(shown, painted, tmp_path, dark, width):
    one = shown(opening(painted, tmp_path), dark=dark, width=width, accept_downloads=True)
    panel, page = one.widget, one.page
    go = page.get_by_role("button", name="Export", exact=False).first
    assert go.is_disabled() and page.get_by_text("Choose at least one placement.").is_visible()
    one.until(lambda: page.locator(".specimen img").count() == page.locator(".layout").count() == len(panel._layouts) + 1)

    # by pixels, by name, and by the boxes of groups
    page.get_by_role("searchbox", name="search placements").fill("1080 × 1080")
    page.get_by_role("checkbox", name="Instagram", exact=False).check()
    one.until(lambda: panel.placements == ["instagram-square"])
    page.get_by_role("searchbox", name="search placements").fill("x post")
    page.get_by_role("checkbox", name="Post", exact=False).first.check()
    one.until(lambda: panel.placements == CUT and panel.search == "x post")
    page.get_by_role("searchbox", name="search placements").fill("")
    social = page.locator(".level1", has_text="Social").get_by_role("checkbox").first
    assert social.evaluate("(box) => box.indeterminate") and page.get_by_text("2 chosen").is_visible()
    cards = page.locator(".shot")
    one.until(lambda: page.locator(".shot img[src]").count() == 2)
    assert "Crop" in cards.nth(1).inner_text() and "1200 × 675" in cards.nth(1).inner_text()

    # a headline, and the preview follows
    plain = page.locator(".shot img").nth(1).get_attribute("src")
    page.get_by_role("radio", name="Headline", exact=True).check()
    one.until(lambda: panel.layout_name == "headline")
    page.get_by_role("textbox", name="headline").fill(BANNED)
    one.until(lambda: page.locator(".shot img").nth(1).get_attribute("src") != plain and len(panel.findings) >= 2)
    one.until(lambda: page.get_by_text("2 errors in 2 placements").is_visible())
    assert (
        go.is_disabled() and "1 error" in cards.nth(0).inner_text() and page.get_by_text("banned in 2 placements").is_visible()
    )
    for allowed, button in page.locator(".sheet tbody tr").evaluate_all(
        "(all) => all.map((row) => [...row.children].slice(-2).map((cell) => cell.getBoundingClientRect()))"
    ):
        assert allowed["right"] <= button["left"] + 1  # the button, which stays in view, covers nothing
    assert one.axe() == []
    page.screenshot(path=tmp_path / "errors.png", full_page=True)

    # one of them large, with another fit, by keyboard
    cards.nth(0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    one.until(lambda: panel.selected == "x-post" == panel._large_of and page.locator(".large .pane img[src]").count() == 1)
    assert page.locator(".large").get_by_text("“Cheap”").is_visible()
    page.get_by_label("how it is fitted").select_option("pad")
    one.until(lambda: panel.fits["x-post"][0] == "pad" and page.locator(".large .why", has_text="Pad").is_visible())
    page.get_by_role("button", name="Safe areas").click()
    one.until(lambda: panel.safe)
    assert one.axe() == []
    page.locator(".large select").press("Escape")
    one.until(lambda: panel.selected == "")
    assert page.evaluate("document.activeElement.dataset.name") == "x-post"

    # let pass, and take along
    page.get_by_role("button", name="Let pass").first.click()
    page.get_by_role("textbox", name="why banned may pass").fill("legal said so")
    page.keyboard.press("Enter")
    one.until(lambda: panel.waive == {"banned": "legal said so"} and go.is_enabled())
    go.click()
    zip_ = page.get_by_role("button", name="Download zip")
    one.until(lambda: panel.state == "done" and zip_.is_visible(), PATIENCE)  # the page has heard of it, too
    with page.expect_download() as download:
        assert zip_.inner_text() == f"Download zip ({round(panel._written['zip'] / 1000)} KB)"
        zip_.click()
        one.until(lambda: page.get_by_text("Saved as kit.zip").is_visible())
    assert download.value.suggested_filename == "kit.zip"
    assert Path(download.value.path()).read_bytes() == panel.kit.zip.read_bytes()
    assert page.get_by_text(str(panel.kit.page)).is_visible() and page.locator(".files li").count() == 2
    assert one.axe() == []
    page.screenshot(path=tmp_path / "done.png", full_page=True)


@pytest.mark.slow
def test_the_page_follows_python(shown, painted, tmp_path):
    one = shown(opening(painted, tmp_path), reduced_motion="reduce")
    panel, page = one.widget, one.page
    panel.placements, panel.search, panel.safe = ["x-post"], "x", True
    panel.layout_name, panel.texts, panel.language, panel.copy_side = (
        "button",
        {"headline": GOOD, "button": "Shop now"},
        "en",
        "left",
    )
    panel.label, panel.alt, panel.archive, panel.zipped, panel.to = "Made by a model", "A ball", True, False, "somewhere"
    one.until(lambda: panel.settled(0) and page.locator(".shot img[src]").count() == 1)
    value = {
        name: page.get_by_role("textbox", name=name).first.input_value() for name in ("headline", "button", "folder", "label")
    }
    assert value == {"headline": GOOD, "button": "Shop now", "folder": "somewhere", "label": "Made by a model"}
    assert page.get_by_label("language").input_value() == "en" and page.get_by_label("side").input_value() == "left"
    assert page.get_by_label("also as one zip").is_checked() is False and page.get_by_label("also a copy").is_checked()
    assert page.get_by_role("radio", name="Call to action").is_checked()
    panel.error = "Something is wrong."
    one.until(lambda: page.get_by_role("alert").is_visible())
    panel.selected = "x-post"
    one.until(lambda: page.locator(".large").is_visible())
    assert page.evaluate("stop(); document.querySelectorAll('.sdkit-still').length") == 0


@pytest.mark.slow
def test_a_person_stops_an_export(shown, painted, painter, tmp_path):
    painter.pace = 2
    one = shown(opening(painted, tmp_path))
    panel, page = one.widget, one.page
    panel.placements = ["email-header"]
    go = page.locator("button.main:enabled", has_text="Export 1 file")
    one.until(lambda: go.count() == 1)
    go.click()
    one.until(lambda: page.get_by_text("Painting what is missing").is_visible() and panel.done > 0)
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") != "0" and one.axe() == []
    page.get_by_role("button", name="Stop").click()
    one.until(lambda: page.get_by_text("Stopped; no file was written.").is_visible())
    assert go.count() == 1 and not (tmp_path / "kit").exists()
