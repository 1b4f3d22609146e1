"""The playground in a real browser: editing, mistakes in their place, puzzles, links, and other sites."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from chromium import browser
from contrast import too_pale

import hardwire as hw
from hardwire.play.pool import Pool
from hardwire.play.server import Playground

pytest.importorskip("safetensors")

ANSWER = ".top .cell.result"


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))  # where solved puzzles are recorded
        made = Playground(pool=Pool())
        made.start()
        yield made
        made.close()


@pytest.fixture
def page(browser: Any, playground: Playground) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    found, errors, foreign = context.new_page(), [], []
    found.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    found.on("pageerror", lambda error: errors.append(str(error)))
    found.on("request", lambda asked: foreign.append(asked.url))
    found.goto(playground.url)
    found.wait_for_selector(".badge.proved")
    yield found
    context.close()
    assert errors == []
    own = (f"http://127.0.0.1:{playground.port}/", "blob:")
    assert [url for url in foreign if not url.startswith(own)] == []


def typed(page: Any, code: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)


def test_what_is_typed_is_run_compiled_and_proved(page: Any, playground: Playground) -> None:
    assert page.url == f"http://127.0.0.1:{playground.port}/"  # the token does not stay in the address
    assert page.locator(ANSWER).all_inner_texts() == list("olleh")
    typed(page, "from hardwire import tokens\n\ndef shifted():\n    return tokens.shift(1, '-').name('moved')\n")
    page.wait_for_selector("h1:text-is('shifted')")
    page.wait_for_selector(".badge.proved")
    assert page.locator(ANSWER).all_inner_texts() == ["-", *"hell"]
    page.locator(".hx input[type=text]").fill("hole")
    assert page.locator(ANSWER).all_inner_texts() == ["-", *"hol"]


def test_an_input_with_other_tokens_leads_to_another_model(page: Any) -> None:
    field = page.locator(".hx input[type=text]")
    field.fill("")
    for letter in "abcab":  # none of them is in the vocabulary of the first model
        page.keyboard.type(letter)
        page.wait_for_timeout(120)
    page.wait_for_selector(".chips button:text-is('c')")
    page.wait_for_selector(".badge.proved")
    assert field.input_value() == "abcab"
    assert page.locator(ANSWER).all_inner_texts() == list("bacba")
    page.keyboard.type("c")  # the field kept its focus
    assert page.locator(ANSWER).all_inner_texts() == list("cbacba")
    typed(page, "from hardwire import tokens\n\ndef shifted():\n    return tokens.shift(1, '-')\n")
    page.wait_for_selector("h1:text-is('shifted')")
    page.wait_for_selector(".badge.proved")
    assert page.locator(ANSWER).all_inner_texts() == list("-abcab")  # and a change of the program keeps the input


def test_a_mistake_is_shown_at_its_line(page: Any) -> None:
    typed(page, "from hardwire import tokens\n\ndef f():\n    return tokens + nothing\n")
    page.wait_for_selector(".left .problem")
    assert page.locator(".left .problem").inner_text() == "Line 4: NameError: name 'nothing' is not defined"
    assert page.locator(".cm-lintRange-error").inner_text().strip() == "return tokens + nothing"
    assert page.locator(".stale .notice").inner_text() == "Below is the last program that ran, flip."
    typed(page, "from hardwire import tokens\nf = tokens\n")
    page.wait_for_selector(".left .problem", state="detached")


def test_names_are_completed(page: Any) -> None:
    typed(page, "from hardwire import tokens\nf = tokens.")
    page.keyboard.type("shi")
    page.wait_for_selector(".cm-tooltip-autocomplete")
    assert "shift" in page.locator(".cm-tooltip-autocomplete li").all_inner_texts()


def test_a_puzzle_with_hints_and_a_checker(page: Any) -> None:
    puzzle = hw.puzzles.get("index")
    page.get_by_label("Choose a puzzle").select_option("index")
    assert puzzle.statement in page.locator(".puzzle").inner_text()
    page.get_by_role("button", name="Hint 1").click()
    assert page.locator(".tip").inner_text() == puzzle.hints[0]
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector(".verdict:has-text('not solved yet')")
    typed(page, "from hardwire import indices, key, query, tokens\nf = (key(indices) == query(1)).value(tokens)\n")
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector(".verdict.solved:has-text('gold')")
    assert "✓ 2. " in page.get_by_label("Choose a puzzle").inner_text()
    page.reload()  # the record outlives the page
    page.wait_for_selector("option:text-matches('^✓ 2')", state="attached")
    page.get_by_label("Choose a puzzle").select_option("index")
    assert "1 of 31 solved" in page.locator(".puzzle h2").inner_text()
    typed(page, "from hardwire import indices, key, query, tokens\nf = (key(indices) == query(1)).value(tokens)\n")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Next: ").click()
    assert page.locator(".puzzle h2").inner_text().startswith("1. ")


def test_the_library(page: Any) -> None:
    page.get_by_label("Start from a program").select_option("histogram")
    page.wait_for_selector("h1:text-is('histogram')")
    assert "(key(seq) == query(seq)).width()" in page.locator(".cm-content").inner_text()
    program = hw.programs.histogram
    page.wait_for_selector(".badge.proved")
    assert page.locator(ANSWER).all_inner_texts() == [str(v) for v in program(program.example)]


def test_exports_are_downloads(page: Any) -> None:
    page.locator("summary:has-text('Export')").click()
    for name, file in (("Live page (.html)", "flip.html"), ("Hugging Face", "flip.zip"), ("Model", "flip.safetensors")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=name).click()
        assert saved.value.suggested_filename == file
        page.wait_for_selector(f".menu [role=status]:has-text('{file} is saved.')")
    page.keyboard.press("Escape")
    assert not page.locator(".menu > div").is_visible()
    page.locator("summary:has-text('Export')").click()
    page.locator("h1").last.click()
    assert not page.locator(".menu > div").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast(scheme: str, page: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.get_by_label("Choose a puzzle").select_option("index")
    page.get_by_role("button", name="Hint 1").click()
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_selector(".verdict:has-text('not solved yet')")
    page.wait_for_selector(".badge.proved")
    page.locator("summary:has-text('Export')").click()
    assert too_pale(page) == []
    typed(page, "from hardwire import tokens\nf = 'text' + tokns  # a comment\n")
    page.wait_for_selector(".left .problem")
    assert too_pale(page) == []


@pytest.mark.parametrize("width", [360, 2560])
def test_it_fits_the_screen(width: int, page: Any) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_label("Choose a puzzle").select_option("flip")
    page.locator("summary:has-text('Export')").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".menu > div").bounding_box()
    assert 0 <= box["x"] < box["x"] + box["width"] <= width


def test_a_link_holds_the_program_and_is_not_run_unasked(page: Any, playground: Playground) -> None:
    typed(page, "from hardwire import tokens\nlinked = tokens.name('lïnked')\n")
    page.wait_for_selector("h1:text-is('tokens'), h1:text-is('lïnked')")
    page.get_by_role("button", name="Link").click()
    address = page.url
    assert "#" in address
    other = page.context.new_page()
    asked: list[str] = []
    other.on("request", lambda sent: asked.append(sent.method))
    other.goto(address)  # with the cookie of this playground
    other.wait_for_selector(".trust")
    assert "lïnked" in other.locator(".cm-content").inner_text()
    other.wait_for_timeout(700)
    assert "POST" not in asked
    other.get_by_role("button", name="Run it").click()
    other.wait_for_selector(ANSWER)
    assert "POST" in asked
    other.close()


def test_another_site_can_neither_show_nor_use_it(
    browser: Any, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of another origin in the same browser, which has the playground's cookie and knows its token."""
    address = f"http://127.0.0.1:{playground.port}"
    evil = f"""<iframe src="{playground.url}"></iframe><script>
    const ask = (options) => fetch("{address}/api", {{method: "POST", ...options}}).then(x => x.text(), e => "refused");
    const body = JSON.stringify({{action: "run", code: "x = 1", input: ""}});
    window.results = Promise.all([
      ask({{body, mode: "no-cors", credentials: "include"}}),
      ask({{body, credentials: "include", headers: {{"Content-Type": "application/json",
        "X-Hardwire-Token": "{playground.token}"}}}}),
      fetch("{playground.url}", {{credentials: "include"}}).then(x => x.text(), e => "refused"),
    ]);</script>"""

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(evil.encode())

        def log_message(self, format: str, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Evil)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    try:
        own = context.new_page()
        own.goto(playground.url)
        own.wait_for_selector(".badge.proved")
        other = context.new_page()  # of another host, and another port
        asked: list[Any] = []
        monkeypatch.setattr(playground.pool, "ask", lambda request: asked.append(request) or {})
        other.goto(f"http://localhost:{server.server_address[1]}/")
        assert other.evaluate("window.results") == ["refused"] * 3
        assert asked == []  # no code ran
        frame = other.frames[1]
        assert frame.locator("#hardwire-play").count() == 0
    finally:
        context.close()
        server.shutdown()
        server.server_close()
