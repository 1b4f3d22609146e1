"""The parts that bounds of rounding are made of, against what they mean."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardwire.numeric.floats import FORMATS, FloatFormat
from hardwire.numeric.grids import grid, step, terms
from hardwire.numeric.machine import Machine
from hardwire.proof.scores import add_distances

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False, min_value=-1e100, max_value=1e100)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_steps_and_grids(numbers: list[float]) -> None:
    found = step(np.array(numbers))
    for x, s in zip(numbers, found.tolist(), strict=True):
        if x == 0:
            assert s == np.inf
        elif abs(x) > 1e-200:  # of smaller ones it may be too small itself, or 0
            times = Fraction(x) / Fraction(s)
            assert times.denominator == 1
            assert times.numerator % 2
        else:
            assert s == 0 or (Fraction(x) / Fraction(s)).denominator == 1
    assert grid(np.array(numbers)[:, None]).tolist() == [min(found.tolist())]


def test_products() -> None:
    """A power of two alone rounds nothing, and neither does 0."""
    matrix = np.array([[0.0, 4.0, 3.0, 1.0, 0.0], [0.0, 0.0, 0.0, 2.0, -0.5]])
    assert terms(matrix).tolist() == [0, 0, 1, 2, 0]


@pytest.mark.parametrize("few", [0, 20_000])
@pytest.mark.parametrize("queries", [4, 9])
@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("kinds", [1, 2, 30])
def test_sums_of_distances(few: int, queries: int, alike: bool, kinds: int) -> None:
    """To references of which few differ, and to as many as there are queries."""
    rng = np.random.default_rng(kinds)
    amount = rng.random((1 if alike else queries, 3)) * [1, 0, 1]
    k = rng.normal(size=(5, 3))
    reference = rng.normal(size=(kinds, 3))[rng.integers(kinds, size=queries)]
    total = np.ones((queries, 5))
    add_distances(total, amount, k, reference, few)
    wanted = 1 + (np.abs(k[None] - reference[:, None]) * amount[:, None]).sum(axis=2)
    assert np.allclose(total, wanted, rtol=1e-12)


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_gamma_is_above_every_order(fmt: FloatFormat) -> None:
    machine = Machine(fmt)
    rng = np.random.default_rng(0)
    for n in (1, 2, 5, 40):
        for _ in range(200):
            a, b = rng.normal(size=(2, n)).astype(fmt.name)
            total = machine.sum(machine.products(a, b))
            exact = [Fraction(float(x)) * Fraction(float(y)) for x, y in zip(a, b, strict=True)]
            off = abs(Fraction(float(total)) - sum(exact))
            assert off <= Fraction(float(fmt.gamma(n))) * sum(map(abs, exact))
