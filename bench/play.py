"""The playground in Chromium: the time from a keystroke to the picture, and to the model with its proof."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from .measure import shown

CHROMIUM = Path("/usr/bin/chromium")
INPUT = "abcdefghijklmnopqrst"
"""Twenty tokens."""
CHANGED = "jihgfedcba" + "0" * 10
"""The answer with K = 11."""
RUNS = 15
PROGRAM = """from hardwire import indices, key, length, query, tokens

def flip():
    return (key(length - indices - K) == query(indices)).value(tokens)

K = 1"""
"""Typed at its end, a digit changes every answer, and Backspace changes it back."""
PREPARE = """() => {
  const root = [...document.querySelectorAll("*")].find((e) => e.shadowRoot).shadowRoot;
  const answer = () => [...root.querySelectorAll(".top .cell.result")].map((e) => e.innerText).join("");
  const proved = () => root.querySelector(".badge.proved") !== null;
  const until = (ready) => new Promise((done) => {
    const look = () => (ready() ? setTimeout(() => done(performance.now())) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
  let start = null;
  addEventListener("keydown", (e) => { start ??= e.timeStamp; }, { capture: true });
  window.watch = (wanted) => {
    start = null;
    window.picture = until(() => start !== null && answer() === wanted).then((end) => end - start);
    window.proof = until(() => start !== null && answer() === wanted && proved()).then((end) => end - start);
  };
  window.settled = (wanted) => until(() => answer() === wanted && proved());
}"""


def missing() -> str:
    """Return why this cannot be measured here."""
    if importlib.util.find_spec("playwright") is None:
        return "the extra `browser` is not installed"
    return "" if CHROMIUM.exists() else f"there is no {CHROMIUM}"


def tables() -> Iterator[Table]:
    table = Table("from a keystroke to", "median", "slowest", title=f"the playground: flip on {len(INPUT)} tokens")
    for name, times in measured().items():
        table.add_row(name, shown(statistics.median(times)), shown(max(times)))
    yield table


def measured() -> dict[str, list[float]]:
    """Return the times of `RUNS` keystrokes, in seconds."""
    from playwright.sync_api import sync_playwright

    from hardwire.play.pool import Pool
    from hardwire.play.server import Playground

    playground = Playground(pool=Pool())
    playground.start()
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=str(CHROMIUM), chromium_sandbox=False)
            found = keystrokes(browser.new_page(viewport={"width": 1400, "height": 900}), playground.url)
            browser.close()
        return found
    finally:
        playground.close()


def keystrokes(page: Any, url: str) -> dict[str, list[float]]:
    """Type a digit and delete it again, and measure until the page shows the reversed input."""
    page.goto(url)
    page.wait_for_selector(".badge.proved")
    page.evaluate(PREPARE)
    page.locator(".hx input[type=text]").fill(INPUT)
    page.evaluate("(wanted) => settled(wanted)", INPUT[::-1])
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(PROGRAM)
    found: dict[str, list[float]] = {"the picture (interpreter)": [], "the model and its proof": []}
    for _ in range(RUNS):
        page.evaluate("(wanted) => settled(wanted)", INPUT[::-1])
        page.keyboard.press("1")
        page.evaluate("(wanted) => settled(wanted)", CHANGED)
        page.evaluate("(wanted) => watch(wanted)", INPUT[::-1])
        page.keyboard.press("Backspace")
        for name, promise in zip(found, ("window.picture", "window.proof"), strict=True):
            found[name].append(page.evaluate(promise) / 1000)
    return found
