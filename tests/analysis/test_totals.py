"""Sums and means of several numbers, compared with the interpreter's own on every choice of them."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardwire.analysis.domain import TOO_LARGE
from hardwire.analysis.totals import means, sums
from hardwire.lang.values import exact
from hardwire.run.scalar import exact_mean, exact_sum

dyadic = st.integers(-64, 64).map(lambda k: k / 8)
decimal = st.integers(-30, 30).map(lambda k: k / 10)
ratio = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9))
odd = st.sampled_from([0.0, -0.0, 1e300, 2.0**-30, 2**40, True, False])
numbers = st.lists(st.one_of(st.integers(-20, 20), dyadic, decimal, ratio, odd), min_size=1, max_size=4)


def all_of(values: list[Any], most: int, mean: bool) -> set[Any]:
    """What the interpreter gives for two to `most` of the values, in any order."""
    of = exact_mean if mean else exact_sum
    return {
        exact(of([int(v) if type(v) is bool else v for v in chosen]))
        for k in range(2, most + 1)
        for chosen in combinations_with_replacement(values, k)
    }


@given(numbers, st.integers(2, 5))
def test_every_sum_is_listed_with_its_type(values: list[Any], most: int) -> None:
    found = sums(values, most)
    if found is not None:
        assert {*map(exact, found)} >= all_of(values, most, mean=False)


@given(numbers, st.integers(2, 5))
def test_every_mean_is_listed_with_its_type(values: list[Any], most: int) -> None:
    found = means(values, most)
    if found is not None:
        assert {*map(exact, found)} >= all_of(values, most, mean=True)


@pytest.mark.parametrize(
    ("values", "most", "count"),
    [
        ([0.0, 1.0], 1000, 1001),
        ([0.5, 1.0], 20, 40),
        ([0, 1000], 100, 101),
        ([0.1, 0.2], 30, 60),
        ([Fraction(1, 3), Fraction(2, 3)], 20, 40),
        ([1, 10_000_000], 100, 5150),
    ],
)
def test_few_are_listed(values: list[Any], most: int, count: int) -> None:
    found = sums(values, most)
    assert found is not None
    assert len(found) == count


def test_too_many_are_not_listed() -> None:
    assert sums([1.0, 1.0 / 3, 2.0**-40, 0.1], 100_000) is None
    assert sums([0, TOO_LARGE], 10) == [k * TOO_LARGE for k in range(11)]
    assert means([0, 1, TOO_LARGE], 100) is None
    assert sums([float("inf"), 1.0], 3) is None


def test_bounds_leave_out_sums() -> None:
    assert sums([0, 1, 2], 10, (0, 3)) == [0, 1, 2, 3]


@pytest.mark.parametrize("values", [[1e308, 0.0], [10**308, 0.0], [float("inf"), 1]])
def test_numbers_with_a_sum_beyond_all_floats_are_not_listed(values: list[Any]) -> None:
    assert sums(values, 4) is None
    assert means(values, 4) is None
