"""sdkit.layouts(): a table of the layouts, and a sheet in the notebook."""

import sdkit


def test_layouts_as_a_table():
    found = sdkit.layouts()
    assert "quote" in found and len(found) >= 8
    assert list(found.frame.columns) == ["title", "slots", "logo", "about"]
    assert found.frame.loc["quote", "slots"] == "quote, author, role"
    assert "quote" in repr(found)


def test_the_sheet_shows_them_all():
    found = sdkit.layouts()
    assert found.sheet.width > 1000 and found.sheet.height > 8 * 150
    page = found._repr_html_()
    assert "data:image/png;base64," in page and "<table" in page
