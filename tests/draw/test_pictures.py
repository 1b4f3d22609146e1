"""What pictures show: cells, labels and fills, read back from the SVG."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from reading import Picture

import hardwire as hw
from hardwire import before, full, indices, key, length, programs, query, raw, same_token, tokens, where
from hardwire.lang.selectors import comparisons


def drawn(x: Any, input: Any, **options: Any) -> Picture:
    return Picture(hw.draw(x, input, **options).svg)


def test_a_sequence_is_a_row_of_cells() -> None:
    picture = drawn(tokens == "l", "hello")
    assert picture.row("input").cells == list("hello")
    assert picture.row("result").cells == ["False", "False", "True", "True", "False"]
    assert not picture.row("result").down
    assert picture.says("tokens == 'l' on 'hello'")
    assert picture.grids == []


def test_a_key_is_a_row_and_a_query_a_column() -> None:
    assert drawn(key(indices), "abc").row("key").cells == ["0", "1", "2"]
    assert not drawn(key(indices), "abc").row("key").down
    column = drawn(query(indices), "abc").row("query")
    assert column.cells == ["0", "1", "2"]
    assert column.down


def test_a_selector_has_its_keys_on_top_and_its_queries_at_the_left() -> None:
    picture = drawn(key(indices) <= query(length - 1 - indices), "abc")
    (grid,) = picture.grids
    assert (grid.rows, grid.columns) == (3, 3)
    assert set(grid.filled) == {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0)}
    keys, queries = picture.row("key"), picture.row("query")
    assert keys.cells == ["0", "1", "2"]
    assert queries.cells == ["2", "1", "0"]
    assert all(a.bottom < grid.area.top for a in keys.areas)
    assert all(a.right < grid.area.left for a in queries.areas)
    for j, a in enumerate(keys.areas):  # each key stands above its column, each query before its row
        middle = (a.left + a.right) / 2
        assert grid.area.left + j * 28 < middle < grid.area.left + (j + 1) * 28
    for i, a in enumerate(queries.areas):
        assert grid.area.top + i * 28 < (a.top + a.bottom) / 2 < grid.area.top + (i + 1) * 28
    for words in ("key(indices)", "query(length - 1 - indices)", "<="):
        assert picture.says(words)


def test_two_comparisons_show_both_pairs() -> None:
    picture = drawn(before & (key(tokens) == query("a")), "abca")
    assert [s.cells for s in picture.strips if s.kind == "key"] == [["0", "1", "2", "3"], list("abca")]
    assert [s.cells for s in picture.strips if s.kind == "query"] == [["0", "1", "2", "3"], list("aaaa")]
    assert set(picture.grids[0].filled) == {(1, 0), (2, 0), (3, 0)}
    for sign in ("<", "&", "=="):
        assert picture.says(sign)


A = key(indices) < query(indices)
B = key(tokens) == query(tokens)
C = key(tokens) == query("l")


@pytest.mark.parametrize(
    ("selector", "signs"),
    [
        ((A & B) | C, ["(a & b) | c", "a: <", "b: ==", "c: =="]),
        (A & (B | C), ["a & (b | c)", "a: <", "b: ==", "c: =="]),
        (~(A ^ B) & ~C, ["~(a ^ b) & ~c", "a: <", "b: ==", "c: =="]),
        (A & B & C, ["<", "&", "==", "&", "=="]),
        (A | (B | ~C), ["<", "|", "==", "|", "~=="]),
        (~(A & B), ["~(a & b)", "a: <", "b: =="]),
        ((A & B) | (A & C), ["(a & b) | (a & c)", "a: <", "b: ==", "c: =="]),
        (~A, ["~<"]),
        (~~A, ["~~<"]),
        (A.name("x") & B.name("y"), ["<", "&", "=="]),
    ],
    ids=repr,
)
def test_the_corner_says_how_comparisons_are_joined(selector: Any, signs: list[str]) -> None:
    picture = drawn(selector, "hello")
    for sign in signs:
        assert sum(t.content == sign for t in picture.texts) >= signs.count(sign), sign
    assert [*picture.overlapping(), *picture.outside()] == []


def test_the_corner_tells_what_is_selected() -> None:
    """The formula in the corner, worked out on the three comparisons, gives the matrix."""
    cells = {name: np.array(x("hello"), bool) for name, x in zip("abc", (A, B, C), strict=True)}
    for selector in ((A & B) | C, A & (B | C), ~(A ^ B) & ~C, ~(A & B) | C, (A ^ C) | ~B):
        picture = drawn(selector, "hello")
        letters = [t.content[0] for t in picture.texts if t.content[1:2] == ":"]
        said = next(t.content for t in picture.texts if set(letters) <= set(t.content) and ":" not in t.content)
        order = dict(zip(letters, comparisons(selector.expr), strict=True))
        own = {
            letter: cells[next(n for n, x in zip("abc", (A, B, C), strict=True) if x.expr is e)]
            for letter, e in order.items()
        }
        assert {tuple(c) for c in np.argwhere(eval(said, own)).tolist()} == set(picture.grids[0].filled), said


def test_a_long_query_stands_above_and_not_in_the_corner() -> None:
    asked = where(tokens == "l", indices - 1, indices + 1) * 2 - 5
    picture = drawn(key(indices) == query(asked), "hello")
    matrix = picture.grids[0].area
    words = [t for t in picture.texts if "hw-name-query" in t.classes]
    assert " ".join(t.content for t in words[:-1]) == "query(where(tokens == 'l', indices - 1, indices + 1) * 2 - 5)"
    assert words[-1].content == "query"
    assert words[-1].area.top >= matrix.top  # beside its cells, clear of the operators
    assert all(t.area.bottom < matrix.top for t in words[:-1])


def test_booleans_are_marks_as_wide_as_the_tokens() -> None:
    picture = drawn(tokens == "l", "hello")
    assert picture.row("result").cells == ["False", "False", "True", "True", "False"]
    ends = [[(a.left, a.right) for a in picture.row(kind).areas] for kind in ("input", "result")]
    assert ends[0] == ends[1]
    assert not picture.says("True")
    above = drawn(key(tokens == "l") == query(True), "hello")
    assert above.row("key").cells == ["False", "False", "True", "True", "False"]
    assert above.row("query").cells == ["True"] * 5


def test_results_stand_below_their_tokens() -> None:
    for x in (tokens.map({"a": 12345.678, "b": "a long word"}), indices * 10**7, key(indices * 10**7)):
        picture = drawn(x, "ab")
        first, second = (s.areas for s in picture.strips)
        assert [(a.left, a.right) for a in first] == [(a.left, a.right) for a in second]


SCORES = raw([3, 1, 4, 1, 4])


@pytest.mark.parametrize(
    ("sop", "picked", "note"),
    [
        (C.last(SCORES), [3] * 5, "solid: the last selected key"),
        (C.first(SCORES), [2] * 5, "solid: the first selected key"),
        (full.max(SCORES, of=tokens), [2] * 5, "solid: the selected key with the greatest score"),
        (full.min(SCORES, of=tokens), [1] * 5, "solid: the selected key with the least score"),
        (before.max(SCORES), [None, 0, 0, 2, 2], "solid: the selected key with the greatest score"),
        (A.last(tokens, "-"), [None, 0, 1, 2, 3], "solid: the last selected key"),
    ],
    ids=repr,
)
def test_the_picked_cell_is_solid_and_the_others_pale(sop: Any, picked: list[int | None], note: str) -> None:
    picture = drawn(sop, "hello")
    filled = picture.grids[0].filled
    assert {i: j for (i, j), shade in filled.items() if shade == 1} == {
        i: j for i, j in enumerate(picked) if j is not None
    }
    assert all(shade < 0.5 for cell, shade in filled.items() if picked[cell[0]] != cell[1])
    assert picture.says(note)
    values = picture.row("value", -1).cells
    for i, j in enumerate(picked):
        if j is not None:
            assert picture.row("result").cells[i] == values[j]


def test_where_all_selected_count_none_is_picked() -> None:
    picture = drawn(before.value(SCORES), "hello")
    assert set(picture.grids[0].filled.values()) == {1}
    assert "solid:" not in picture.words


def test_a_long_title_goes_on_in_another_line() -> None:
    size = (key(1) == query(1)).value(1)
    picture = drawn((key(indices) == query(size - 1 - indices)).value(tokens), "hello")
    title = [t.content for t in picture.texts if "hw-bold" in t.classes and t.size > 12 and "layer" not in t.content]
    said = "(key(indices) == query((key(1) == query(1)).value(1) - 1 - indices)).value(tokens) on 'hello'"
    assert "".join(title).replace(" ", "") == said.replace(" ", "")
    assert "…" not in picture.words


def test_the_same_pair_compared_twice_is_shown_once() -> None:
    picture = drawn((key(indices) < query(indices)) | ~(key(indices) <= query(indices)), "ab")
    assert [s.cells for s in picture.strips if s.kind == "key"] == [["0", "1"]]
    assert picture.says("< | ~<=")


def test_many_comparisons_show_the_input_instead() -> None:
    four = full
    for k in range(4):
        four &= key(indices + k) != query(tokens)
    picture = drawn(four, "ab")
    assert [s.cells for s in picture.strips if s.kind == "key"] == [["a", "b"]]
    assert picture.says("input at the key")


def test_an_aggregate_has_values_below_and_results_at_the_right() -> None:
    picture = drawn(before.value(raw([3, 1, 4])), "abc")
    (grid,) = picture.grids
    values, results = picture.row("value"), picture.row("result")
    assert values.cells == ["3", "1", "4"]
    assert results.cells == ["0", "3", "4"]
    assert results.down
    assert all(a.top > grid.area.bottom for a in values.areas)
    assert all(a.left > grid.area.right for a in results.areas)


def test_a_width_has_no_values_and_a_best_has_its_score() -> None:
    assert [s.kind for s in drawn(same_token.width(), "ab").strips] == ["input", "key", "query", "result"]
    picture = drawn(full.max(raw([1, 2]), of=tokens), "ab")
    assert [s.cells for s in picture.strips if s.kind == "value"] == [["1", "2"], ["a", "b"]]
    assert picture.says("score raw([1, 2])")


def test_failures_stand_where_they_are() -> None:
    picture = drawn((key(tokens.int()) < query(indices)).value(tokens.int()), "3x1")
    (grid,) = picture.grids
    assert grid.failed == {(0, 1), (1, 1), (2, 1)}
    assert set(grid.filled) == {(2, 2)}
    assert picture.row("key").cells == ["3", "✗", "1"]
    title = next(t.title for t in picture.texts if t.content == "✗")
    assert title is not None
    assert "invalid literal" in title


def test_causal_running_is_said_and_shown() -> None:
    picture = drawn(full, "abc", causal=True)
    assert set(picture.grids[0].filled) == {(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)}
    assert picture.says("full on 'abc', causal")
    assert len([r for r in picture.rects if "hw-masked" in r.classes]) == 2


def test_a_program_has_every_layer_with_its_heads_and_steps() -> None:
    picture = drawn(programs.add(), "683+345")
    for k in range(1, 7):
        assert picture.says(f"layer {k}")
    assert len(picture.grids) == 6
    assert picture.row("input").cells == ["'6'", "'8'", "'3'", "'+'", "'3'", "'4'", "'5'"]
    assert [s for s in picture.strips if not s.down][-1].cells == ["0", "0", "0", "1", "0", "2", "8"]
    for name in ("split_point", "padding", "ralign", "column", "passes", "shift", "cumsum", "slide", "carry"):
        assert picture.says(name)
    steps = [s.cells for s in picture.strips if s.kind == "input"][1:]
    assert ["0", "0", "0", "0", "9", "12", "8"] in steps  # column
    assert ["0", "0", "0", "1", "1", "0", "0"] in steps  # carry


@pytest.mark.parametrize(
    ("program", "input"),
    [
        (where(before.width() > 1, full.width(), 0), "abc"),
        (programs.add(), "683+345"),
        (programs.get("ngram_lookup")(), "abcdbcabcabc"),
        (programs.get("dyck")(), "([])" * 7),
        (programs.get("sort")(), [3, 1, 12345, -2]),
    ],
)
def test_a_program_is_one_column_in_which_every_token_has_a_column_of_its_own(program: Any, input: Any) -> None:
    picture = drawn(program, input)
    matrices = [grid.area for grid in picture.grids]
    assert len(matrices) >= 2
    assert all(a.bottom < b.top for a, b in itertools.pairwise(matrices))  # below each other
    columns = {(round(a.left, 1), round(a.right, 1)) for s in picture.strips if not s.down for a in s.areas}
    assert len(columns) == len(input)  # input, keys, values, steps and result share them
    starts = {(round(a.left), round(a.right)) for a in matrices}
    assert starts == {(round(min(columns)[0]), round(max(columns)[1]))}
    rows = [a for s in picture.strips if s.down for a in s.areas]
    assert {round(a.right - a.left, 1) for a in rows} == {round(b - a, 1) for a, b in columns}


def test_every_layer_of_a_program_shows_the_trace() -> None:
    """For every program of the library: the matrices are the selectors of the trace, in order."""
    from hardwire.draw.program import aggregates

    for p in programs.LIBRARY.values():
        sop, trace = p(), p().trace(p.example)
        picture = drawn(sop, p.example)
        heads = [e for k in range(1, sop.layers + 1) for e in aggregates(trace, k)]
        assert len(picture.grids) == len(heads), p.name
        for grid, e in zip(picture.grids, heads, strict=True):
            rows = trace[hw.Selector(e.src[0])]
            wanted = {(i, j) for i, row in enumerate(rows) for j, c in enumerate(row) if c is True}
            assert set(grid.filled) == wanted, p.name


@pytest.mark.parametrize("input", ["", "a"])
def test_short_inputs(input: str) -> None:
    picture = drawn(programs.flip(), input)
    assert len(picture.grids) == 2 * len(input)
    assert picture.says("no positions") == (not input)


def test_results_and_traces_draw_themselves() -> None:
    result = same_token.width()("banana")
    assert hw.draw(result).svg == hw.draw(same_token.width(), "banana").svg
    assert hw.draw(before("abc")).svg == hw.draw(before, "abc").svg
    assert hw.draw(programs.flip().trace("abc")).svg == hw.draw(programs.flip(), "abc").svg
    assert hw.draw(length("abc", causal=True)).svg == hw.draw(length, "abc", causal=True).svg


def test_a_picture_says_what_it_is_to_those_who_cannot_see_it() -> None:
    root = drawn(before, "abc").root
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "before on 'abc'"
    assert root[0].text == "before on 'abc'"
    assert (root[1].text or "").startswith("before\n      a b c")
