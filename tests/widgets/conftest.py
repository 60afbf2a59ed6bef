import pytest
from making import Painter

from sdkit import Studio


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
def painted(tmp_path, painter):
    """A Studio on the painter."""
    return Studio("painter", store=tmp_path / "painted", backend=painter)


@pytest.fixture(scope="session")
def chromium():
    """Debian's chromium, or Playwright's own."""
    import shutil

    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as play:
        try:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"], timeout=300_000
            )
        except Error as error:
            pytest.skip(f"no Chromium here: apt-get install chromium ({str(error).splitlines()[0]})")
        yield browser
        browser.close()


@pytest.fixture
def shown(chromium):
    """shown(build, dark=False, width=1000, buffers="DataView") -> the widget that `build` makes, on a page of its own.

    Nothing may go wrong there.
    """
    from widget_page import Shown

    opened = []

    def show(build, *, dark=False, width=1000, height=900, buffers="DataView", **more):
        page = chromium.new_page(viewport={"width": width, "height": height}, **more)
        page.set_default_timeout(120_000)
        opened.append(Shown(page, build, dark=dark, buffers=buffers))
        return opened[-1]

    yield show
    for one in opened:
        one.page.close()
        assert one.problems == []
