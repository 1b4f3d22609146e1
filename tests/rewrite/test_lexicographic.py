"""Orders by one number that holds a value and the position: they become orders of both, with the same values."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, indices, key, query, select, tokens
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.lang.selectors import ranking
from hardwire.rewrite.lexicographic import lexicographic
from observed import Values

VOCAB = (2, 0, 1)
INPUTS = [list(xs) for n in range(5) for xs in itertools.product(VOCAB, repeat=n)]
KEYS: dict[str, SOp] = {
    "float": SOp.zip(lambda x, i: x + i * 1e-5, tokens, indices),
    "tiny float": SOp.zip(lambda x, i: x + i * 1e-14, tokens, indices),
    "whole": 10 * tokens + indices,
    "from right to left": 10 * tokens - indices,
    "falling": SOp.zip(lambda x, i: -x + i / 100, tokens, indices),
    "classes": SOp.zip(lambda x, i: (x % 2, i), tokens, indices),
}
COMPARED = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}


def changed(selector: Any, max_len: int = 4) -> Any:
    """The count of a selector after the pass; asserts that it has the same values on every input."""
    counts = selector.width().expr
    new = lexicographic(counts, Facts(VOCAB, max_len))[counts]
    values = Values(INPUTS, False)
    for was, now in zip(values.of(counts), values.of(new), strict=True):
        assert (was.ok, was.value) == (now.ok, now.value)
    return new


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("sign", COMPARED)
def test_an_order_by_one_number_is_an_order_of_two(name: str, sign: str) -> None:
    order = ranking(changed(select(KEYS[name], KEYS[name], sign)).src[0])
    assert order is not None
    assert order.inclusive == ("=" in sign)


@pytest.mark.parametrize(
    "number",
    [
        SOp.zip(lambda x, i: x + i / 2, tokens, indices),  # x = 0 at position 2 ties with x = 1 at 0
        SOp.zip(lambda x, i: x * i, tokens, indices),
        SOp.zip(lambda x, i: x + (-1) ** x * i / 100, tokens, indices),  # rises and falls with the position
        SOp.zip(lambda x, i: x + 1e-20 * i, tokens, indices),  # floats absorb the position
    ],
)
def test_other_numbers_stay(number: SOp) -> None:
    before = (key(number) < query(number)).width().expr
    assert changed(key(number) < query(number)) is before


def test_a_value_and_a_position_that_never_meet_may_give_anything() -> None:
    """No position is beyond the end; as a number, that would be a string, which has no order with the others."""
    number = SOp.zip(lambda n, i: 100 * n + i if i < n else "none", hw.length, indices)
    changed(key(number) < query(number))
    assert hw.compile((key(number) < query(number)).width(), VOCAB, 4)([2, 0, 1]) == [0, 1, 2]


def test_sorting_with_a_fraction_of_the_position_costs_what_the_order_itself_does() -> None:
    number = SOp.zip(lambda x, i: x + i * 1e-5, tokens, indices)
    rank = (key(number) < query(number)).width()
    model = hw.compile((key(rank) == query(indices)).mean(tokens, None), range(11), 20)
    assert model.certificate.max_len == 20
    assert model.parameters < 4000
    assert model([3, 10, 3, 0]) == [0, 3, 3, 10]


def test_the_greatest_by_such_a_rank_is_one_head() -> None:
    number = SOp.zip(lambda x, i: x + i * 1e-14, tokens, indices)
    rank = (key(number) <= query(number)).width()
    model = hw.compile((key(rank) == query(hw.length)).mean(tokens, None), range(11), 20)
    assert (model.heads, model.depth) == (1, 1)
    assert model([3, 10, 3]) == [10, 10, 10]


def test_a_mean_of_equal_numbers_is_the_number() -> None:
    size = tokens.map(len)
    model = hw.compile((key(size) == query(size)).mean(size), ["a", "bcd", "efghijk"], 30)
    assert model.heads == 0
    assert model(["bcd", "a"]) == [3, 1]
    other = (key(size) == query(size)).mean(tokens.map(lambda t: 7 if t == "a" else 10 * len(t)))
    assert hw.compile(other, ["a", "bcd", "xyz"], 30).heads == 0


def test_a_predicate_of_positions_that_never_fails_may_find_nothing() -> None:
    before = [select(indices, indices, lambda k, q, by=by: q == k + by).mean(tokens, None) for by in (1, 2)]
    both = SOp.zip(lambda x, y: x and y, *(x == "a" for x in before))
    either = hw.where((before[0] == None) | (before[1] == None), None, both)  # noqa: E711
    assert hw.compile(either, "ab", 20)("aaab") == [None, None, True, True]


@pytest.mark.parametrize("of_true", [1000, -1000])
def test_equal_values_of_two_types_have_one_place_in_an_order(of_true: int) -> None:
    """1 and True, which the number distinguishes: it is no order by a value and the position."""
    one = (key(indices) == query(indices - 1)).one(tokens.map({0: True, 1: 1, 2: 2}), default=3)
    number = SOp.zip(lambda v, i: (of_true if type(v) is bool else 10 * v) + i, one, indices)
    before = (key(number) < query(number)).width().expr
    assert changed(key(number) < query(number)) is before
    with pytest.raises(hw.errors.CompileError, match="equal"):
        hw.compile((key(number) < query(number)).width(), VOCAB, 4)


def test_a_number_that_does_not_need_its_variable_stays() -> None:
    """The variable fails where there are several zeros; at the first position the number has a value all the same."""
    five = (key(tokens) == query(0)).one(5, 5)
    number = hw.where(indices == 0, 0, five + indices)
    program = (key(number) <= query(number)) & (key(indices) == query(0))
    assert program.width()([0, 0], errors="keep")[0] == 1
    assert changed(program) is program.width().expr
    assert hw.compile(program.width(), VOCAB, 4)([0, 0])[0] == 1
    needed = key(five + indices) < query(five + indices)
    assert changed(needed) is not needed.width().expr
