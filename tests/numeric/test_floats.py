"""Float formats against what NumPy says of its dtypes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from hardwire.errors import ModelError
from hardwire.numeric.floats import FORMATS, FloatFormat, float_format


@pytest.fixture(params=FORMATS, ids=lambda f: f.name)
def fmt(request: pytest.FixtureRequest) -> FloatFormat:
    found: FloatFormat = request.param
    return found


def test_a_format_is_its_numpy_dtype(fmt: FloatFormat) -> None:
    known = np.finfo(fmt.numpy)
    assert float_format(fmt.name) == fmt
    assert fmt.unit == known.eps / 2
    assert fmt.tiny == known.tiny
    assert fmt.subnormal == known.smallest_subnormal
    assert fmt.largest < fmt.overflow < known.max
    assert fmt.underflow >= fmt.tiny


def test_integers_are_exact_up_to_the_limit(fmt: FloatFormat) -> None:
    limit = fmt.exact_integers
    assert [int(fmt.numpy.type(limit - k)) for k in range(9)] == [limit - k for k in range(9)]
    assert int(fmt.numpy.type(limit + 1)) != limit + 1


def test_exp_of_the_score_of_bos_leaves_nothing_to_others(fmt: FloatFormat) -> None:
    assert np.exp(fmt.numpy.type(-fmt.exp_is_zero)) == 0
    assert fmt.exp_is_zero < fmt.self_score
    assert abs(fmt.exp(27.0) / math.exp(27.0) - 1) <= fmt.exp_error


def test_gamma_is_n_units_and_a_little_more(fmt: FloatFormat) -> None:
    for n in (1, 7, 1000):
        exact = Fraction(n) * Fraction(fmt.unit) / (1 - n * Fraction(fmt.unit))
        assert fmt.gamma(n) == pytest.approx(float(exact), rel=1e-15)
    assert fmt.gamma(np.array([0.0, 3.0])).tolist() == [0.0, fmt.gamma(3)]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ModelError, match="dtype is 'float16'; it is one of float32, float64"):
        float_format("float16")
