"""The report in a real browser: nothing is loaded, nothing runs, everything is there in light and dark and on paper."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser_cases import make_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>\u202eevil\x1b[31m'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan a small migration of hostile data and render its report."""
    return make_report(tmp_path_factory.mktemp("report"), HOSTILE)


@pytest.fixture(scope="module")
def browser(report: Path) -> Iterator["Browser"]:
    """Start the distribution's Chromium on what is rendered by then; skip where it or Playwright is absent."""
    assert report.is_file()
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_loads_nothing_and_runs_nothing(browser: Any, report: Path, scheme: str) -> None:
    """Markup in data stays text: no dialog, no request, no error on the console."""
    page = browser.new_page(color_scheme=scheme)
    seen: list[str] = []
    page.on("dialog", lambda dialog: seen.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    url = report.as_uri()
    page.goto(url)
    assert seen == [url]
    assert page.locator("script, img, iframe, link, object").count() == 0
    page.close()


def test_report_shows_verdict_counts_problems_and_samples(browser: Any, report: Path) -> None:
    """What a person looks for first is on the page, in words."""
    page = browser.new_page()
    page.goto(report.as_uri())
    assert page.locator(".verdict strong").inner_text() == "Ready, with rejects"
    assert (
        "Plan: 2 to create, 0 to update, 0 unchanged, 0 skipped, 1 rejected." in page.locator(".verdict").inner_text()
    )
    problems = " ".join(page.locator("article").all_inner_texts())
    assert "E120" in problems
    assert "LastName is required and blank" in problems
    assert page.locator("svg").count() == 2
    assert page.locator("svg").first.get_attribute("aria-label") == "create 1, update 0, unchanged 0, skip 0, reject 0"
    page.close()


def test_report_has_no_sideways_scroll_on_a_small_screen(browser: Any, report: Path) -> None:
    """On a telephone only the tables scroll, inside their own cards."""
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
