"""A browser for the tests of the page: Debian's Chromium, driven by Playwright; without both, they are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")


@dataclass
class Opened:
    """A page in the browser, the errors of its console, and the requests that it made."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for a module. It must be gone before other tests run: its driver keeps an event loop running."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser extra is not installed: playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM} (Debian: chromium)")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=str(CHROMIUM), chromium_sandbox=False, args=["--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a saved page from its file, without a network; it must end without an error in the console."""
    contexts = []
    opened = []

    def start(explorer: Any, *, width: int = 1280, height: int = 900, dark: bool = False) -> Opened:
        path = tmp_path / f"{len(contexts)}.html"
        explorer.save(path)
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, offline=True)
        contexts.append(context)
        found = Opened(context.new_page())
        opened.append(found)
        found.page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on("request", lambda asked: found.requests.append(asked.url))
        found.page.goto(path.as_uri())
        found.page.wait_for_selector(".top")
        return found

    yield start
    for context in contexts:
        context.close()
    for each in opened:
        assert each.errors == []
        assert [url for url in each.requests if not url.startswith("file:")] == []
