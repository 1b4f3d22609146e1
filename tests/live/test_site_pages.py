"""The documentation site, built strictly and opened from its files in Chromium: its search, its code, its widths."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import browser

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("furo", reason="the docs extra is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "doctrees")]
    subprocess.run([*command, str(ROOT / "docs"), str(folder / "site")], check=True, timeout=1500)
    return folder / "site"


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Any]:
    """The start page, without a network; the pages must ask for nothing but files."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    opened, asked = context.new_page(), []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto((site / "index.html").as_uri())
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("certificate", "exactness.html"),
        ("reverse_words", "api/programs.html"),
        ("radius", "api/models.html"),
        ("what things cost", "costs.html"),
    ],
)
def test_the_search_finds_pages(words: str, found: str, page: Any) -> None:
    field = page.locator("input[name=q]:visible")
    field.fill(words)
    field.press("Enter")
    page.wait_for_selector("#search-results li a")
    links = [a.get_attribute("href") for a in page.locator("#search-results li a").all()]
    at = next(i for i, link in enumerate(links) if link.partition("?")[0].partition("#")[0].endswith(found))
    page.locator("#search-results li a").nth(at).click()
    page.wait_for_load_state()
    assert words.split()[0] in page.locator("article").inner_text().lower()


def test_a_search_that_finds_nothing_says_so(page: Any) -> None:
    field = page.locator("input[name=q]:visible")
    field.fill("zzyzx")
    field.press("Enter")
    page.wait_for_selector("text=did not match any documents")


def test_code_is_copied_without_prompts(page: Any, site: Path) -> None:
    page.goto((site / "api" / "language.html").as_uri())
    page.evaluate("() => addEventListener('copy', () => { window.copied = document.activeElement.value; }, true)")
    code = page.locator(".highlight:has-text('>>>')").first
    assert code.inner_text().startswith(">>> ")
    code.hover()
    code.locator("button.copybtn").click()
    assert page.evaluate("window.copied").startswith("from hardwire import tokens, indices\n(tokens == ")


@pytest.mark.parametrize("width", [360, 1280, 2560])
def test_pages_fit_the_screen(width: int, page: Any, site: Path) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("index", "tutorial", "gallery/README", "live", "api/language", "costs", "comparison", "errors"):
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_the_first_screen_has_a_picture_and_a_page_that_moves(page: Any) -> None:
    picture, live = page.locator(".first img"), page.locator(".first iframe")
    for part in (picture, live):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= 900
    frame = page.frame_locator(".first iframe")
    frame.locator("input[type=text]").fill("hole")
    assert frame.locator(".top .cell.result").all_inner_texts() == list("eloh")
