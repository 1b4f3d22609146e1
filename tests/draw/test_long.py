"""Long inputs: heat maps with ticks, and rows that go on in another line."""

from __future__ import annotations

import numpy as np
import pytest
from reading import Picture

import hardwire as hw
from hardwire import before, full, indices, key, programs, query, same_token, tokens
from hardwire.draw.heat import heat_map, tick_step
from hardwire.draw.shapes import picture as document
from hardwire.errors import InputError


def test_forty_cells_a_side_are_cells_and_more_a_heat_map() -> None:
    at, beyond = (Picture(hw.draw(before, "a" * n).svg) for n in (40, 41))
    assert (at.grids[0].rows, len(at.heatmaps)) == (40, 0)
    assert (len(beyond.grids), beyond.heatmaps[0]["rows"]) == (0, "41")


def test_up_to_a_hundred_tokens_stand_in_cells_beside_their_matrix() -> None:
    for n in (41, 60, 100):
        picture = Picture(hw.draw(same_token, ("abc" * n)[:n]).svg)
        assert "".join(picture.row("input").cells) == "".join(picture.row("key").cells) == ("abc" * n)[:n]
        assert len({a.left for a in picture.row("query").areas}) == 1
        keys = picture.row("key").areas
        matrix = next(r.area for r in picture.rects if "hw-heatmap" in r.classes)
        assert keys[0].left == pytest.approx(matrix.left)
        assert keys[-1].right == pytest.approx(matrix.right)
        assert min(t.size for t in picture.texts) >= 7
        assert "more …" not in picture.words


def test_wide_pictures_are_scrolled_in_notebooks() -> None:
    narrow, wide = hw.draw(tokens, "ab" * 30), hw.draw(tokens, "ab" * 45)
    assert set(narrow._repr_mimebundle_()) == {"text/plain", "image/svg+xml"}
    page = wide._repr_mimebundle_()["text/html"]
    assert page.startswith('<div style="overflow-x:auto"><svg style="max-width:none"')
    assert wide._mime_() == ("text/html", page)
    assert tokens("ab" * 45)._display_()._mime_()[0] == "text/html"


@pytest.mark.parametrize("n", [41, 77, 200])
def test_a_heat_map_fills_what_is_selected(n: int) -> None:
    text = ("abcab" * n)[:n]
    picture = Picture(hw.draw(before & same_token, text).svg)
    wanted = sum(map(sum, (before & same_token)(text)))
    assert picture.heat_runs == wanted == int(picture.heatmaps[0]["selected"])


def test_a_very_long_one_puts_positions_together() -> None:
    picture = Picture(hw.draw(key(indices) == query(indices), "a" * 450).svg)
    assert picture.heatmaps[0] == {"rows": "450", "columns": "450", "step": "3", "selected": "450"}
    assert picture.heat_runs == 150


def test_weights_have_shades() -> None:
    weights = np.zeros((50, 50))
    weights[0, :8] = np.arange(1, 9) / 8
    source = document(heat_map(weights), "", "")
    assert [f'stroke-opacity="{k / 8:g}"' in source for k in range(1, 8)] == [True] * 7


def test_ticks_say_the_positions() -> None:
    picture = Picture(hw.draw(before, "a" * 101).svg)
    assert picture.heatmaps[0]["rows"] == "101"
    ticks = [t.content for t in picture.texts if "hw-tick" in t.classes]
    for i in range(0, 101, 10):
        assert ticks.count(str(i)) >= 2  # along both sides
    assert [tick_step(n) for n in (11, 12, 22, 23, 55, 56, 110, 111, 1000)] == [1, 2, 2, 5, 5, 10, 10, 20, 100]


def test_long_rows_go_on_in_another_line() -> None:
    picture = Picture(hw.draw(tokens, "ab" * 100).svg)
    lines = [s for s in picture.strips if s.kind == "input"]
    assert "".join(c for s in lines for c in s.cells) == "ab" * 100
    assert len(lines) == 3
    assert [t.content for t in picture.texts if "hw-tick" in t.classes][:3] == ["0", "70", "140"]


def test_the_middle_of_a_very_long_row_is_left_out_and_counted() -> None:
    picture = Picture(hw.draw(tokens, "ab" * 400).svg)
    lines = [s for s in picture.strips if s.kind == "input"]
    shown = sum(len(s.cells) for s in lines)
    assert len(lines) == 8
    assert picture.says(f"      … {800 - shown} positions left out …")


def test_a_picture_of_too_many_positions_is_refused() -> None:
    for x in (tokens, before, key(indices), query(indices)):
        with pytest.raises(InputError, match="at most 1,000 positions, and the input has 1,001"):
            hw.draw(x, "a" * 1001)
    with pytest.raises(InputError, match="draw a part of it"):
        hw.draw(full.width()("a" * 1001))


def test_a_long_program_stays_small() -> None:
    for n, most in ((7, 60_000), (41, 200_000), (100, 450_000), (101, 150_000), (501, 300_000)):
        svg = hw.draw(programs.add(), "9" * (n // 2) + "+" + "1" * (n - n // 2 - 1)).svg
        assert len(svg) < most


def test_beyond_a_hundred_tokens_no_value_beside_a_matrix_is_left_out() -> None:
    picture = Picture(hw.draw(key(indices * 2) == query(indices), list(range(150))).svg)
    words = [t.content for t in picture.texts if "hw-name-key" in t.classes]
    assert " ".join(words[1:-1]).replace("\N{NO-BREAK SPACE}", " ").split() == [str(2 * i) for i in range(150)]
    assert [*picture.overlapping(), *picture.outside()] == []
