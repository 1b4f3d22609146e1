"""Arithmetic on whole columns of ratios gives what arithmetic on one pair after the other gives: values, types,
failures."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardwire.lang.expr import Op, node
from hardwire.lang.values import exact
from hardwire.run.column import Column, column
from hardwire.run.elementwise import by_value, elementwise
from hardwire.run.failure import FailureLog
from hardwire.run.ratios import MANY, SMALL, by_ratios
from hardwire.run.scalar import scalar

NUMBERS = st.one_of(
    st.booleans(),
    st.integers(-4, 4),
    st.fractions(-3, 3, max_denominator=5),
    st.builds(Fraction, st.integers(-3, 3)),
)
LARGE = st.one_of(st.integers(SMALL - 2, SMALL + 1), st.fractions(0, 1, max_denominator=2 * SMALL))
OTHERS = st.one_of(st.sampled_from(["x", None, 0.5, float("inf")]), LARGE)
OPERATIONS = [Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.LT, Op.LE, Op.GT, Op.GE]


def spread(values: list[Any], seed: int) -> Column:
    """A long column of few values."""
    return column([values[i] for i in np.random.default_rng(seed).integers(len(values), size=MANY)])


def outcomes(found: Column) -> list[object]:
    return [exact(v) if ok else "failed" for v, ok in zip(found.values(), found.ok(), strict=True)]


@pytest.mark.parametrize("op", OPERATIONS)
@settings(max_examples=60)
@given(
    st.lists(NUMBERS, min_size=1, max_size=6), st.lists(NUMBERS, min_size=1, max_size=6), st.lists(OTHERS, max_size=1)
)
def test_columns_of_ratios(op: Op, a: list[Any], b: list[Any], other: list[Any]) -> None:
    expr = node(op, node(Op.CONST, arg=1), node(Op.TOKENS))
    for right in (b, b + other):
        columns = spread(a, 1), spread(right, 2)
        wanted = by_value(expr, columns, scalar(expr), FailureLog(), None)
        found = elementwise(expr, columns, FailureLog())
        assert outcomes(found) == outcomes(wanted)
        assert found.kind == wanted.kind
        again = elementwise(expr, (found, columns[0]), FailureLog())  # failures among the operands
        assert outcomes(again) == outcomes(
            by_value(expr, (wanted, columns[0]), scalar(expr), FailureLog(), wanted.failed)
        )


@pytest.mark.parametrize("op", OPERATIONS)
def test_ratios_are_not_left_to_the_slow_way(op: Op) -> None:
    half = [Fraction(i, 2) for i in range(9)]
    assert by_ratios(op, (spread(half, 1), spread([1, *half[1:]], 2)), None) is not None
    assert by_ratios(op, (spread(half, 1), spread([SMALL], 2)), None) is None
    assert by_ratios(op, (spread(half, 1), spread([0.5, 1], 2)), None) is None


def test_the_largest_numbers_do_not_overflow() -> None:
    most = SMALL - 1
    values = [Fraction(most, most - 1), Fraction(-most, most - 2), Fraction(most - 3, most)]
    for op in OPERATIONS:
        expr = node(op, node(Op.CONST, arg=1), node(Op.TOKENS))
        columns = spread(values, 3), spread(values, 4)
        assert by_ratios(op, columns, None) is not None
        assert outcomes(elementwise(expr, columns, FailureLog())) == outcomes(
            by_value(expr, columns, scalar(expr), FailureLog(), None)
        )
