"""The page in a real browser: typing, stepping, pointing, the keyboard, narrow and dark screens."""

from __future__ import annotations

import random
from typing import Any

import pytest
from chromium import Open, browser, open_page
from contrast import too_pale

import hardwire as hw
from hardwire import key, query, tokens

pytest.importorskip("safetensors")

ANSWER = ".top .cell.result"
MARKS = {True: "✓", False: "·", " ": "␣"}
MOST_MS = 150
"""The most that a keystroke may take for an input of 20 tokens, in milliseconds; it takes far less."""


def shown(value: Any) -> str:
    return MARKS[value] if isinstance(value, bool) or value == " " else str(value)


def answer(page: Any) -> list[str]:
    texts: list[str] = page.locator(ANSWER).all_inner_texts()
    return texts


@pytest.mark.parametrize("name", ["flip", "add", "histogram", "dyck", "sort", "caesar"])
def test_typing_gives_the_answers_of_the_model(name: str, open_page: Open) -> None:
    program = hw.programs.get(name)
    explorer = hw.explore(program)
    assert explorer.model is not None
    page = open_page(explorer).page
    assert answer(page) == [shown(v) for v in explorer.model(program.example)]
    rng = random.Random(name)
    for _ in range(12):
        x = program.sample(rng, 14)
        page.locator("input[type=text]").fill(x if isinstance(x, str) else " ".join(map(str, x)))
        assert answer(page) == [shown(v) for v in explorer.model(x)], x


def test_an_input_that_the_model_does_not_take(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.flip, "hello")).page
    page.locator("input[type=text]").fill("help")
    assert "'p' at position 3 is not in the vocabulary" in page.locator("[role=alert]").inner_text()
    assert page.locator("input[type=text]").get_attribute("aria-invalid") == "true"
    assert answer(page) == ["o", "l", "l", "e", "h"]  # the last input that it takes
    page.locator("input[type=text]").fill("h" * 101)
    assert "at most 100 tokens" in page.locator("[role=alert]").inner_text()
    page.get_by_text("clear").click()
    assert answer(page) == []
    page.locator(".chips button").nth(1).click()
    assert (page.locator("input[type=text]").input_value(), answer(page)) == ("h", ["h"])


def test_arrow_keys_and_the_slider_step_through_the_layers(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.add)).page

    def title() -> str:
        text: str = page.locator("h2").inner_text().split("\n")[0]
        return text

    assert title() == "Layer 1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert title() == "Layer 3"
    page.keyboard.press("ArrowLeft")
    assert title() == "Layer 2"
    slider = page.locator("input[type=range]")
    assert slider.get_attribute("aria-valuetext") == "Layer 2"
    slider.fill("7")
    assert title() == "Answer"
    assert page.locator(".cell.wins").count() == len("683+345")
    slider.fill("0")
    assert title() == "Embedding"
    page.locator("input[type=text]").click()
    page.keyboard.press("ArrowRight")  # moves the cursor, not the layer
    assert title() == "Embedding"
    page.get_by_label("Next layer").click()
    assert title() == "Layer 1"


def test_pointing_lights_the_query_the_key_the_value_and_the_output(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.flip, "hello")).page
    page.keyboard.press("ArrowRight")
    matrix = page.locator(".matrix")
    box = matrix.bounding_box()
    query = page.locator(".queries button[aria-label^='Position 0']").bounding_box()
    matrix.hover(position={"x": box["width"] - 5, "y": query["y"] + 5 - box["y"]})  # the first token, the last key
    lit = {
        kind: page.locator(f".head .cell.{kind}.lit").all_inner_texts() for kind in ("query", "key", "value", "result")
    }
    assert lit == {"query": ["0"], "key": ["0"], "value": ["o"], "result": ["o"]}
    assert page.locator(".sentence").inner_text() == (
        "Position 0 (h), query 0, looks at 4 (o), key 0, takes o: flip = o."
    )
    page.mouse.move(2, 2)
    assert page.locator(".head .cell.lit").count() == 0
    page.locator(".top .cell.input").nth(1).click()  # pinned: it stays
    page.mouse.move(2, 2)
    assert page.locator(".head .cell.result.lit").inner_text() == "l"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.locator(".head .cell.result.lit").inner_text() == "e"
    page.keyboard.press("Escape")
    assert page.locator(".head .cell.lit").count() == 0


def test_everything_can_be_reached_by_keyboard_and_has_a_name(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.flip, "hello")).page
    page.keyboard.press("ArrowRight")
    names = page.evaluate(
        """() => [...document.querySelector('#hardwire-explore').shadowRoot.querySelectorAll('button, input, summary')]
        .map(e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText)"""
    )
    assert names
    assert all(names)
    queries = page.locator(".queries button[aria-label^='Position']")  # without BOS
    assert queries.nth(0).get_attribute("aria-label").startswith("Position 0 (h), query 0, looks at 4 (o)")
    queries.nth(0).focus()
    assert page.locator(".head .cell.result.lit").inner_text() == "o"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.querySelector('#hardwire-explore').shadowRoot.activeElement.innerText") == "1"
    assert page.locator(".head .cell.result.lit").inner_text() == "l"
    assert page.locator("[role=status]").inner_text() == "h e l l o: o l l e h"
    assert page.locator("[role=img]").first.get_attribute("aria-label").startswith("The attention of flip, ")


def test_weights_on_demand(open_page: Open) -> None:
    explorer = hw.explore(hw.programs.flip, "hello")
    page = open_page(explorer).page
    assert page.locator(".map").count() == 0
    page.get_by_role("button", name="Weights").click()
    assert page.locator(".map").count() == 4
    assert explorer.model is not None
    [head] = explorer.model.layers[0].heads
    rows = int((head.w_v != 0).any(axis=1).sum())
    assert page.locator(".map").nth(2).locator("rect").count() == rows * head.d_v


def test_the_certificate_and_the_lines_of_the_program(open_page: Open) -> None:
    explorer = hw.explore(hw.programs.add)
    page = open_page(explorer).page
    assert page.locator(".badge.proved").inner_text() == "exact up to length 41"
    page.locator(".proof summary").click()
    assert explorer.model is not None
    assert explorer.model.certificate is not None
    assert page.locator(".proof tbody tr").count() == len(explorer.model.certificate.margins)
    for _ in range(explorer.model.depth - 1):
        page.keyboard.press("ArrowRight")
    lines = page.locator(".code li.on code").all_inner_texts()
    assert lines
    assert all(line.startswith(("gets =", "carry =", "return")) for line in lines)
    page.locator(".code .tags button").first.click()
    assert page.locator("h2").inner_text().startswith("Layer 1")


@pytest.mark.parametrize("width", [360, 1280, 2560])
@pytest.mark.parametrize("name", ["flip", "add", "dyck", "frac_prevs"])
def test_nothing_is_wider_than_the_screen(name: str, width: int, open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.get(name)), width=width).page
    for _ in range(hw.programs.get(name)().layers + 2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("ArrowRight")


def test_no_name_is_cut_on_a_phone(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.add), width=360).page
    page.keyboard.press("ArrowRight")
    cut = page.evaluate(
        """() => [...document.querySelector('#hardwire-explore').shadowRoot.querySelectorAll('.label .name')]
        .filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"""
    )
    assert cut == []


def test_columns_are_aligned(open_page: Open) -> None:
    """The cell of a token stands above what is computed at its position, in every row of every layer."""
    for width in (360, 1280):
        page = open_page(hw.explore(hw.programs.add), width=width).page
        for _ in range(8):
            lefts = page.evaluate(
                """() => [...document.querySelector('#hardwire-explore').shadowRoot
                .querySelectorAll('.line .cell[data-at="2"]')].map(e => Math.round(e.getBoundingClientRect().left))"""
            )
            assert len(lefts) >= 2
            assert max(lefts) - min(lefts) <= 1
            page.keyboard.press("ArrowRight")


def brightness(page: Any, selector: str, what: str) -> float:
    colour = page.locator(selector).first.evaluate(f"e => getComputedStyle(e).{what}")
    red, green, blue = (float(x) for x in colour.partition("(")[2].rstrip(")").split(",")[:3])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def test_dark_and_light(open_page: Open) -> None:
    explorer = hw.explore(hw.programs.flip)
    light, dark = open_page(explorer).page, open_page(explorer, dark=True).page
    assert brightness(light, ".hx", "backgroundColor") > 0.9 > 0.2 > brightness(light, ".hx", "color")
    assert brightness(dark, ".hx", "backgroundColor") < 0.2 < 0.8 < brightness(dark, ".hx", "color")
    dark.get_by_role("button", name="Light").click()
    dark.locator("#hardwire-explore[data-theme=light]").wait_for()
    assert brightness(dark, ".hx", "backgroundColor") > 0.9


@pytest.mark.parametrize("dark", [False, True])
def test_texts_have_contrast(dark: bool, open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.add), dark=dark).page
    page.locator(".proof summary").click()
    for _ in range(5):
        if page.get_by_role("button", name="Weights").count():
            page.get_by_role("button", name="Weights").first.click()
        assert too_pale(page) == []
        page.keyboard.press("ArrowRight")
    assert too_pale(page, 21.1)  # no text has more


def test_everything_is_still_if_one_asks_for_less_motion(open_page: Open) -> None:
    """What moves is what `prefers-reduced-motion` leaves: nothing."""
    page = open_page(hw.explore(hw.programs.flip, "hello")).page
    moving = """() => [...document.querySelector('#hardwire-explore').shadowRoot.querySelectorAll('*')]
        .map(e => getComputedStyle(e))
        .filter(s => s.animationName !== 'none' || parseFloat(s.transitionDuration)).length"""
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


def test_the_tab_key_leads_through_the_whole_page(open_page: Open) -> None:
    """Every control is reached in the order of the page, and shows that it has the focus."""
    page = open_page(hw.explore(hw.programs.flip, "hello")).page
    where = """() => {
      const at = document.querySelector('#hardwire-explore').shadowRoot.activeElement;
      if (!at) return null;
      const s = getComputedStyle(at);
      const shown = s.outlineStyle !== 'none' || s.boxShadow !== 'none' || at.type === 'range';
      const y = at.getBoundingClientRect().top + scrollY;
      return [at.getAttribute('aria-label') || at.innerText || at.type, shown, y];
    }"""
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(where)
        if found is None:
            break
        name, shown, _ = found
        assert shown, name
        names.append(name.split("\n")[0])
    assert names[:2] == ["Dark", "text"]
    assert names[2:9] == ["add 'e'", "add 'h'", "add 'l'", "add 'o'", "clear", "Previous layer", "Layer"]
    assert names[9] == "Next layer"
    assert any(n.startswith("Position 0") for n in names)
    assert any(n == "Weights" for n in names)
    assert names[-1].startswith("Certificate")


def test_input_and_answer_stay_in_sight(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.add)).page
    page.evaluate("scrollTo(0, 900)")
    box = page.locator(".top").bounding_box()
    assert 0 <= box["y"] < 20


def test_a_keystroke_is_fast(open_page: Open) -> None:
    page = open_page(hw.explore(hw.programs.add)).page
    took = page.evaluate(
        """async () => {
          const field = document.querySelector('#hardwire-explore').shadowRoot.querySelector('input[type=text]');
          const times = [];
          for (let i = 0; i < 20; i++) {
            const start = performance.now();
            field.value = '123456789' + i % 10 + '+987654321';
            field.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[10];
        }"""
    )
    print(f"a keystroke takes {took:.1f} ms")
    assert took < MOST_MS


def test_a_model_that_writes_goes_on_token_by_token(open_page: Open) -> None:
    program = hw.writers.add()
    explorer = hw.explore(program, "68+34=")
    assert explorer.model is not None
    text = hw.generate(program, "68+34=").finish()
    page = open_page(explorer).page
    field = page.locator("input[type=text]")
    forward, back = page.get_by_role("button", name="next token"), page.get_by_role("button", name="take back")
    assert forward.inner_text() == f"next token: {text[0]} ›"
    forward.click()
    page.keyboard.press("Shift+ArrowRight")
    assert field.input_value() == "68+34=" + text[:2]
    back.click()
    page.keyboard.press("Shift+ArrowLeft")
    assert field.input_value() == "68+34="
    page.get_by_role("button", name="write »").click()
    assert field.input_value() == "68+34=" + text
    assert forward.is_disabled()  # the next one would end the text


def test_long_inputs(open_page: Open) -> None:
    explorer = hw.explore(hw.programs.flip)
    assert explorer.model is not None
    page = open_page(explorer).page
    text = "".join(random.Random(1).choices("ehlo", k=100))
    page.locator("input[type=text]").fill(text)
    assert "".join(answer(page)) == text[::-1]
    page.keyboard.press("Tab")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_program_without_a_model(open_page: Open) -> None:
    wild = (key(tokens.map(lambda t: t * 1.5)) < query(0.1)).width().name("few")
    page = open_page(hw.explore(wild, [1, 2, -3], vocab=[1, 2, -3], max_len=10_000_000)).page
    assert "The program is not compiled" in page.locator(".notice").inner_text()
    assert answer(page) == ["1", "1", "1"]
    assert page.locator("input[type=text]").get_attribute("readonly") is not None
    page.locator(".top .cell.input").nth(1).click()
    assert page.locator(".sentence").inner_text().startswith("Position 1 (2)")
    assert page.locator(".badge.open").inner_text() == "not compiled"


def test_a_frame_in_a_notebook_without_widgets(browser: Any, tmp_path: Any) -> None:
    """Without anywidget a notebook shows the page in a frame."""
    frame = hw.explore(hw.programs.flip, "hello")._frame()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><body>{frame}</body>", "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    inner = page.frame_locator("iframe")
    inner.locator(ANSWER).first.wait_for()
    assert inner.locator(ANSWER).all_inner_texts() == ["o", "l", "l", "e", "h"]
    page.close()
