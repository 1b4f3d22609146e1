"""Values that are many, or lie far apart: what is counted and tabulated for them stays small."""

from __future__ import annotations

import random

import numpy as np
import pytest

from hardwire import Failure, SOp, full, indices, key, query, tokens
from hardwire.errors import EvaluationError
from hardwire.run import cells
from hardwire.run.column import kinds

FAR = [0, 2**60, -(2**61), 10**15, 1, 10**15 + 1, 0]


def test_ints_that_lie_far_apart() -> None:
    same = key(tokens) == query(tokens)
    assert tokens.map(str)(FAR) == list(map(str, FAR))
    assert same.width()(FAR) == [2, 1, 1, 1, 1, 1, 2]
    assert (key(tokens) < query(tokens)).width()(FAR) == [1, 6, 0, 4, 3, 5, 1]
    long = FAR * 8  # past the length from which keys are sorted
    assert same.width()(long) == [8 * n for n in [2, 1, 1, 1, 1, 1, 2]] * 8
    assert (key(tokens) < query(tokens)).width()(long) == [8 * n for n in [1, 6, 0, 4, 3, 5, 1]] * 8
    assert SOp.zip(lambda a, b: a - b, tokens, full.max(tokens))(FAR) == [a - 2**60 for a in FAR]


@pytest.mark.parametrize("value", [2**60, -(2**60), 2**61 + 1, 2**57])
def test_sums_of_ints_that_are_larger_than_64_bits(value: int) -> None:
    for n in (5, 60):  # short, and past the length from which keys are sorted
        inputs = [value] * n
        upto = key(indices) <= query(indices)
        assert upto.value(tokens)(inputs) == [value * (i + 1) for i in range(n)]
        assert full.value(tokens)(inputs) == [value * n] * n


@pytest.mark.parametrize("rows", [40, 3_000])
@pytest.mark.parametrize("counts", [(2, 3), (7,), (1 << 40, 1 << 40, 5), (70_000,) * 5])
def test_kinds_of_rows(rows: int, counts: tuple[int, ...]) -> None:
    """Of more combinations, too, than an int64 can count."""
    rng = random.Random(f"{rows} {counts}")
    spread = [sorted({0, n - 1, n // 2, *(min(n - 1, 1 << k) for k in (1, 24, 40, 61))}) for n in counts]
    table = [tuple(rng.choice(values) for values in spread) for _ in range(rows)]
    codes = [(np.array(column, np.int64), n) for column, n in zip(zip(*table, strict=True), counts, strict=True)]
    first, kind = kinds(codes, rows)
    distinct = sorted(set(table))
    assert [table[i] for i in first.tolist()] == distinct
    assert [distinct[k] for k in kind.tolist()] == table


def test_kinds_of_rows_that_nothing_tells_apart() -> None:
    for size in (0, 1, 3):
        first, kind = kinds([], size)
        assert first.tolist() == [0][:size]
        assert kind.tolist() == [0] * size
    first, kind = kinds([(np.zeros(0, np.int64), 3)], 0)
    assert (first.tolist(), kind.tolist()) == ([], [])


def test_sums_of_large_floats_and_an_infinity() -> None:
    """An infinity decides, whatever finite numbers would add up to before it."""
    for given in ([1e308, 1e308, -float("inf")], [1e308, 1e308, 1e308, float("inf")]):
        assert full.value(tokens)(given) == [given[-1]] * len(given)
        assert full.mean(tokens)(given) == [given[-1]] * len(given)
        long = given[:-1] * 30 + given[-1:]
        assert full.value(tokens)(long) == [given[-1]] * len(long)
    [found] = full.value(tokens).batch([[float("inf"), 1.0, -float("inf")]], errors="keep")
    assert all(isinstance(v, Failure) for v in found)


def test_strings_and_lists_in_one_batch() -> None:
    inputs = ["ab", ["c", 1, "ab"], "", ["ab"]]
    assert [list(x) for x in tokens.batch(inputs)] == [["a", "b"], ["c", 1, "ab"], [], ["ab"]]
    assert [list(x) for x in tokens.batch(inputs[:1])] == [["a", "b"]]


def test_sums_of_ints_beside_floats() -> None:
    """Past the length from which keys are sorted: prefixes without a float are whole, whatever comes behind."""
    inputs = [1, 2] * 30 + [0.5, 0.25]
    upto = (key(indices) <= query(indices)).value(tokens)(inputs)
    assert upto == [sum(inputs[: i + 1]) for i in range(len(inputs))]
    assert [type(x) for x in upto] == [int] * 60 + [float] * 2


@pytest.mark.parametrize("n", [3, 60])
def test_products_and_sums_beyond_64_bits(n: int) -> None:
    inputs = [2**40, -(2**61), 3][:n] * (n // 3)
    assert (tokens * tokens)(inputs) == [x * x for x in inputs]
    assert (tokens * 4 - 1)(inputs) == [x * 4 - 1 for x in inputs]
    assert (tokens + tokens + tokens)(inputs) == [3 * x for x in inputs]
    assert (tokens * tokens).batch([inputs, inputs[1:]]) == [[x * x for x in some] for some in (inputs, inputs[1:])]


@pytest.mark.parametrize("block", [1, 2, 7])
def test_selectors_in_blocks_smaller_than_an_input(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "BLOCK", block)
    same = (key(tokens) == query(tokens)).width()
    assert same.batch(["aabab", "b", "", "ba"]) == [[3, 3, 2, 3, 2], [1], [], [1, 1]]


def test_a_failure_is_of_the_part_that_decides() -> None:
    """A failure beside a False of an `&` is not why a cell has failed."""
    never = (key(tokens) == query("z")) & (key(6 // indices) == query(1))
    with pytest.raises(EvaluationError, match=r"8 // indices"):
        (never | (key(8 // indices) == query(1))).width()("ab")
    with pytest.raises(EvaluationError, match=r"6 // indices"):
        (never.width() + (key(6 // indices) == query(1)).width())("ab")


def test_a_failed_cell_says_what_to_do() -> None:
    with pytest.raises(EvaluationError, match=r"Narrow it by `&`"):
        (key(tokens) < query(1)).width()("ab")
