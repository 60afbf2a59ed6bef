"""ExperimentTable: sorting, filtering, searching, tagging, and the way into the other widgets."""

import pytest

from sdkit import InputError
from sdkit.widgets import Compare, ExperimentTable, MaskCanvas, Rate


@pytest.fixture
def filled(painted):
    painted.generate("a {rocket|lemon} on {colour=mint|navy}", seeds=3, steps=1, progress=False, experiment="one")
    painted.generate("a star at night", seeds=[9], steps=2, progress=False, experiment="two")
    return painted


def test_rows_are_sorted_filtered_and_searched(filled):
    table = ExperimentTable(filled)
    assert len(table.frame()) == 13 and table.frame()["prompt"][0] == "a star at night" and "colour" in table.columns
    table.sort, table.descending = "seed", False
    assert list(table.frame()["seed"])[:4] == [0, 0, 0, 0]
    table.filters = {"colour": "mint", "seed": "2"}
    assert set(table.frame()["colour"]) == {"mint"} and len(table.frame()) == 2
    table.search = "lem"
    assert list(table.frame()["prompt"]) == ["a lemon on mint"] and table._ids == list(table.frame()["id"])
    table.search, table.filters = "zebra", {}
    assert len(table.frame()) == 0 and table.still() is None and table._total == 13
    table.columns = ["seed", "guidance"]
    table.search = ""
    assert table._cells[0][0] == "0" and table._cells[1][0] == "3"
    assert len(ExperimentTable(filled.experiments.store, experiment="two")._ids) == 1


def test_tags_are_events_and_new_pictures_come_by_refresh(filled):
    table = ExperimentTable(filled.experiments)
    with pytest.raises(InputError, match="Pick the rows"):
        table.tag("hero")
    table.chosen = table._ids[:2]
    table.tag("hero")
    table.chosen = table._ids[:1]
    table.untag("hero")
    assert list(table.frame()["tags"])[:3] == ["", "hero", ""]
    table.search = "hero"
    assert 1 <= len(table.frame()) <= 2  # the search knows what was said, the tag that was taken off too
    table.search = ""
    filled.generate("a mug", steps=1, progress=False)
    assert len(table.frame()) == 13
    table.refresh()
    assert len(table.frame()) == 14 and table.frame()["prompt"][0] == "a mug"


def test_the_chosen_open_in_other_widgets(filled):
    table = ExperimentTable(filled)
    table.chosen = [table._ids[3], table._ids[1]]
    compare = table.show_in("compare")
    assert isinstance(compare, Compare) and [p.id for p in compare._shown] == table.chosen
    assert isinstance(table.show_in("rate", n=1), Rate) and isinstance(table.show_in("mask"), MaskCanvas)
    assert [r.id for r in table.results] == table.chosen
    for call, words in (
        (lambda: table.show_in("moon"), "widget"),
        (lambda: ExperimentTable(3), "store"),
        (lambda: ExperimentTable(filled, nope=1), "nope"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    for name, value in (("sort", "sede"), ("columns", ["moon"]), ("filters", {"moon": 1}), ("chosen", ["x"])):
        with pytest.raises(InputError, match=name):
            setattr(table, name, value)


def test_an_empty_store_and_the_still(painted, filled):
    assert "data:image/jpeg" in ExperimentTable(filled)._repr_mimebundle_()[0]["text/html"]
    empty = ExperimentTable(filled, experiment="none")
    assert empty._ids == [] and "text/html" not in empty._repr_mimebundle_()[0]


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_person_sorts_filters_chooses_and_tags(shown, filled, dark, tmp_path):
    filled.generate([f"thing number {i}" for i in range(60)], steps=1, progress=False)
    opened = []
    one = shown(lambda: ExperimentTable(filled, on_open=opened.append), dark=dark)
    table, page = one.widget, one.page
    one.until(lambda: page.locator(".thumb[style*=blob]").count() >= 6)
    assert page.locator(".rows .line").count() < 20
    page.get_by_role("searchbox").fill("rocket")
    one.until(lambda: page.locator(".rows .line").count() == 6)
    page.get_by_label("colour").select_option("navy")
    one.until(lambda: page.locator(".rows .line").count() == 3)
    page.get_by_role("button", name="seed").click()
    one.until(lambda: table.sort == "seed" and list(table.frame()["seed"]) == [0, 1, 2])
    page.locator(".grid").focus()
    for key in ("ArrowDown", "Space", "ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
    one.until(lambda: table.chosen == [table._ids[0], table._ids[2]])
    page.get_by_label("tag").fill("hero")
    page.get_by_role("button", name="Tag", exact=True).click()
    one.until(lambda: list(table.frame()["tags"]) == ["hero", "", "hero"])
    page.get_by_role("button", name="Compare").click()
    one.until(lambda: opened == ["compare"])
    assert one.axe() == []
    table.search, table.filters = "", {}
    one.push()
    one.until(lambda: page.locator(".thumb[style*=blob]").count() >= 6)
    page.screenshot(path=tmp_path / "table.png", full_page=True)
    page.evaluate("document.getElementById('widget').hidden = true")
    table.search = "rocket"
    one.push()
    page.evaluate("document.getElementById('widget').hidden = false")  # as a tab that is turned to
    one.until(lambda: page.locator(".rows .line").count() == 6)


@pytest.mark.slow
def test_a_double_click_opens_the_row_and_enter_the_chosen_ones(shown, filled):
    opened = []
    one = shown(lambda: ExperimentTable(filled, on_open=lambda widget: opened.append((widget, list(table.chosen)))))
    table, page = one.widget, one.page
    rows = page.locator(".rows .line")
    one.until(lambda: rows.count() >= 4)
    rows.nth(2).dblclick()
    one.until(lambda: opened == [("compare", [table._ids[2]])])
    rows.nth(0).click()
    page.keyboard.press("Enter")
    one.until(lambda: opened[1:] == [("compare", [table._ids[2], table._ids[0]])])
    rows.nth(0).dblclick()  # one of those that are chosen
    one.until(lambda: opened[2:] == [("compare", [table._ids[0]])])
    rows.nth(0).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # none is chosen
    one.until(lambda: opened[3:] == [("compare", [table._ids[1]])])


@pytest.mark.slow
def test_columns_are_in_line_whatever_stands_in_them(shown, filled):
    filled.generate(
        "a lighthouse on a rock in the evening, waves and gulls around it, as a poster", seeds=[2**32], steps=1, progress=False
    )
    one = shown(lambda: ExperimentTable(filled), width=880)
    one.until(lambda: one.page.locator(".rows .line").count() >= 5)
    lines = one.page.locator(".line").evaluate_all(
        "(all) => all.map((line) => [...line.children].map((cell) => cell.getBoundingClientRect().left))"
    )
    assert len(lines) > 5 and all(line == pytest.approx(lines[0], abs=1) for line in lines)
    seed = one.page.get_by_role("gridcell", name="4294967296", exact=True)
    assert seed.bounding_box()["height"] < 30  # in one line
