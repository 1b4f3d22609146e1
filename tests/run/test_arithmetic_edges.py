"""Numbers of different kinds: a ratio beside a float is the nearest float, an int is itself; where arithmetic fails."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from hardwire import Failure, SOp, full, indices, key, query, tokens
from hardwire.errors import EvaluationError
from hardwire.run import interpreter

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
MEETING = [(1, 3, 1 / 3), (1, 10, 0.1), (2, 3, 2 / 3), (1, 3, 0.3), (7, 10, 0.7000000000000001), (1, 2, 0.5)]
"""(numerator, denominator, float): 1/3 lies above the float nearest to it, 1/10 below."""


@pytest.mark.parametrize("sign", COMPARISONS)
@pytest.mark.parametrize("meeting", MEETING, ids=str)
def test_a_ratio_beside_a_float_is_compared_as_one(sign: str, meeting: tuple[int, int, float]) -> None:
    a, b, number = meeting
    compare, ratio = COMPARISONS[sign], tokens / b
    assert compare(ratio, number)([a]) == [compare(a / b, number)]
    assert compare(number, ratio)([a]) == [compare(number, a / b)]
    assert compare(ratio, tokens * 0 + number)([a]) == [compare(a / b, number)]


@pytest.mark.parametrize("sign", COMPARISONS)
@pytest.mark.parametrize("meeting", MEETING, ids=str)
def test_likewise_in_a_selector(sign: str, meeting: tuple[int, int, float]) -> None:
    a, b, number = meeting
    compare = COMPARISONS[sign]
    assert compare(key(tokens / b), query(number)).width()([a]) == [int(compare(a / b, number))]
    assert compare(key(number), query(tokens / b)).width()([a]) == [int(compare(number, a / b))]


def test_a_ratio_finds_no_int_in_a_dict() -> None:
    """A key that equals the nearest float is not the ratio, unless it is a float."""
    near = Fraction(10**17 + 1, 10**17)
    assert tokens.map({1: "int", near: "ratio"})([near, 1, 1.0]) == ["ratio", "int", "int"]
    assert tokens.map({1.0: "float"})([near, Fraction(1)]) == ["float", "float"]
    assert isinstance(tokens.map({1: "int"})([near], errors="keep")[0], Failure)


def test_ratios_among_themselves_are_exact() -> None:
    assert (tokens / 3 == tokens * 2 / 6)([1]) == [True]
    more = Fraction(10**20 + 1, 3 * 10**20)  # the nearest float is that of 1/3
    assert float(more) == 1 / 3
    assert (tokens / 3 < more)([1]) == [True]
    assert (tokens / 3 == more)([1]) == [False]


def test_arithmetic_with_a_float_is_that_of_floats() -> None:
    for a, b, number in MEETING:
        assert (tokens / b + number)([a]) == [a / b + number]
        assert (tokens / b * number)([a]) == [a / b * number]
        assert (number - tokens / b)([a]) == [number - a / b]


LARGE = [2**53 + 1, 2**62 - 1, -(2**53) - 1, 2**53, 2**62, 2**63 - 1, -(2**63), 2**64 + 1, 10**30 + 1]


@pytest.mark.parametrize("sign", COMPARISONS)
def test_an_int_beyond_floats_is_compared_as_it_is(sign: str) -> None:
    """Alone in its column, and beside others, where a column has another type."""
    compare = COMPARISONS[sign]
    floats = tokens.map(lambda x: float(x))
    for inputs in (LARGE, *([x] for x in LARGE)):
        assert compare(tokens, floats)(inputs) == [compare(x, float(x)) for x in inputs]
        assert compare(floats, tokens)(inputs) == [compare(float(x), x) for x in inputs]
        cells = compare(key(tokens), query(floats)).width()(inputs)
        assert cells == [sum(compare(k, float(q)) for k in inputs) for q in inputs]


def test_arithmetic_of_an_int_beyond_floats_and_a_float() -> None:
    for inputs in (LARGE, *([x] for x in LARGE)):
        assert (tokens + 0.5)(inputs) == [x + 0.5 for x in inputs]
        assert (tokens * 3.0 - 1)(inputs) == [x * 3.0 - 1 for x in inputs]


def told(program: SOp, inputs: list[Any]) -> list[Any]:
    return ["failed" if isinstance(v, Failure) else v for v in program.batch([inputs], errors="keep")[0]]


@pytest.mark.parametrize("inputs", [[0.0, 2.0, -4.0], [0.0], [1.0, math.inf, -math.inf], [2.0, 0.0, math.inf]], ids=str)
def test_arithmetic_of_floats_fails_where_it_has_no_value(inputs: list[float]) -> None:
    """At some positions or at all, and at no others: where a float is divided by 0, or there is no number."""
    infinite = [math.isinf(x) for x in inputs]
    assert told(1.0 / tokens, inputs) == [1.0 / x if x else "failed" for x in inputs]
    assert told(tokens - tokens, inputs) == ["failed" if i else 0.0 for i in infinite]
    assert told(tokens * 0.0, inputs) == ["failed" if i else x * 0.0 for x, i in zip(inputs, infinite, strict=True)]
    assert told(tokens + 1.5, inputs) == [x + 1.5 for x in inputs]


def test_arithmetic_of_ints_fails_where_it_has_no_value() -> None:
    inputs = [0, 3, -2, 0, 7]
    for op in (operator.floordiv, operator.mod):
        assert told(op(tokens + 5, tokens), inputs) == [op(x + 5, x) if x else "failed" for x in inputs]
        assert told(op(5, tokens), [1, 2]) == [op(5, 1), op(5, 2)]


@pytest.mark.parametrize(
    "inputs", [[1, 2.0, 3], [1, 2, 3.0, 4], [2.0, 1, 1, 1], [0.5, 1, 0.5], [1, True, 2.0]], ids=str
)
@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("small", [0, None], ids=["as runs", "as cells"])
def test_a_sum_with_a_float_in_it_is_a_float(
    inputs: list[Any], sign: str, small: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a sum without one is an int, in sums over every part of an input."""
    if small is not None:
        monkeypatch.setattr(interpreter, "SMALL", small)
    compare = COMPARISONS[sign]
    found = compare(key(indices), query(indices)).value(tokens)(inputs * 9)
    for i, got in enumerate(found):
        some = [x for j, x in enumerate(inputs * 9) if compare(j, i)]
        assert got == sum(some)
        assert type(got) is (float if float in map(type, some) else int)


@pytest.mark.parametrize("inputs", [LARGE, *([x] for x in LARGE), [2**62 - 1] * 9], ids=str)
def test_ints_of_any_size_are_exact(inputs: list[int]) -> None:
    for op in (operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod):
        assert op(tokens, tokens + 1)(inputs) == [op(x, x + 1) for x in inputs]
        assert op(tokens, 3)(inputs) == [op(x, 3) for x in inputs]
    assert (-tokens)(inputs) == [-x for x in inputs]
    assert abs(tokens)(inputs) == [abs(x) for x in inputs]
    assert full.value(tokens)(inputs) == [sum(inputs)] * len(inputs)
    assert full.max(tokens)(inputs) == [max(inputs)] * len(inputs)
    assert (key(tokens) < query(tokens)).width()(inputs) == [sum(y < x for y in inputs) for x in inputs]


def test_a_failure_is_raised_where_none_is_kept() -> None:
    for program in (1 // tokens, key(1 // tokens) == query(1)):
        with pytest.raises(EvaluationError, match="no value at position 1"):
            program([2, 0])
        assert [list(x) for x in (1 // tokens).batch([[2], [1]])] == [[0], [1]]
    [found] = (1 // tokens).batch([[2, 0]], errors="keep")
    assert isinstance(found[1], Failure)
