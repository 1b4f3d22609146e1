"""`//` and `%` of exact numbers: Python's results for ints and `Fraction`s, on every path."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardwire as hw
from hardwire import SOp, before, indices, length, tokens

EXACT = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-5, 5),
    st.fractions(),
    st.builds(Fraction, st.integers(-3, 3)),
)


@given(st.lists(EXACT, min_size=1, max_size=5), EXACT)
def test_floor_and_remainder_of_exact_numbers(values: list[Any], divisor: Any) -> None:
    floor, rest = (
        (tokens // divisor).map(repr)(values, errors="keep"),
        (tokens % divisor)(values, errors="keep"),
    )
    for x, low, left in zip(values, floor, rest, strict=True):
        if divisor == 0:
            assert isinstance(low, hw.Failure)
            assert isinstance(left, hw.Failure)
            continue
        assert low == repr(math.floor(Fraction(x) / Fraction(divisor)))
        wanted = Fraction(x) - math.floor(Fraction(x) / Fraction(divisor)) * Fraction(divisor)
        ratio = isinstance(x, Fraction) or isinstance(divisor, Fraction)
        assert repr(left) == repr(wanted.numerator / wanted.denominator if ratio else int(wanted))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 4))
def test_floor_of_a_mean(values: list[int], divisor: int) -> None:
    found = (before.mean(tokens) // divisor)(values)
    wanted = [math.floor(Fraction(sum(values[:i]), max(1, i)) / divisor) for i in range(len(values))]
    assert list(map(repr, found)) == list(map(repr, wanted))


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        (indices / 2 // 1, ["0", "0", "1"]),
        (indices / 2 % 1, ["0.0", "0.5", "0.0"]),
        (7 // (indices / 2 + 1), ["7", "4", "3"]),
        (indices / 2 // 1.0, ["0.0", "0.0", "1.0"]),
        (indices * 0.5 // 1, ["0.0", "0.0", "1.0"]),
        (length / 2 // 1, ["1", "1", "1"]),
        (2 ** (indices * 2 / 2), ["1.0", "2.0", "4.0"]),
    ],
)
def test_types_of_quotients(x: SOp, wanted: list[str]) -> None:
    assert list(map(repr, x("abc"))) == wanted
    model = hw.compile(x, "ab", 5)
    assert list(map(repr, model("aba"))) == wanted
    assert hw.verify(model)
