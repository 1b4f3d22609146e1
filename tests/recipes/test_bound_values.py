"""The bounds of recipes as numbers: a term that is lost, doubled or halved is noticed.

The attack on recipes finds errors close to some bounds only; others are sums of which one term is far larger than the
rest. So each is computed at places where one of its terms is large. Where a change is intended,
`PYTHONPATH=src:tests python tests/recipes/test_bound_values.py` prints the numbers as they are now.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from hardwire.constructions.attention import equality_error_of_weights
from hardwire.constructions.feedforward import encoding_error, interpolation_error, line_error
from hardwire.constructions.lookups import hash_gap, hash_scale, sinusoid_gap, two_periods
from hardwire.constructions.rounding import lookup_bound
from hardwire.numeric.floats import FLOAT32, FLOAT64
from hardwire.recipes import (
    RECIPES,
    conjunction,
    gate,
    in_gelu,
    multiply_swiglu,
    piecewise_linear,
    product,
    step_function,
    threshold,
    wires,
)

X, Y, ONE = wires("x y one")
TURNS = [2 * math.pi / 7, 2 * math.pi / 8, 2 * math.pi / 9]
PIECES = {
    "threshold": threshold(X, 2, 3, ONE),
    "step_function": step_function(X, [(k, 3 * k + k % 3) for k in range(8)], ONE),
    "gate": gate(X, 0, 1, Y, ONE, least=-4, greatest=9),
    "piecewise_linear": piecewise_linear(X, [(0, 0), (1, 5), (2, 3), (4, 4), (5, -2)], ONE),
    "piecewise_linear, falling": piecewise_linear(X, [(0, 9), (1, 2), (2, 3), (4, 1)], ONE),
    "in_gelu": in_gelu(threshold(X, 2, 3, ONE), 64),
    "multiply_swiglu": multiply_swiglu(X + 3 * ONE, Y),
    "product": product(X, Y),
    "conjunction": conjunction([X, Y], ONE),
}
FORMATS = {"float32": FLOAT32, "float64": FLOAT64}


def bound(name: str) -> Callable[..., float]:
    found = RECIPES[name].bound
    assert found is not None
    return found


def of_piece(name: str, noise: float, dtype: str) -> float:
    recipe = name.partition(",")[0]
    return bound(recipe)(PIECES[name], {"x": 40.0, "y": 3.0}, noise, FORMATS[dtype])


CASES: dict[str, Callable[[], float]] = {
    "a look-up: leakage": lambda: lookup_bound(50, 3.0, 9.0),
    "a look-up: a score that is off": lambda: lookup_bound(50, 3.0, 9.0, 0.25),
    "a look-up: near BOS": lambda: lookup_bound(50, 3.0, 9.0, 0.25, 4.0),
    "a look-up: near BOS, and there is a key": lambda: lookup_bound(50, 3.0, 9.0, 0.25, 4.0, never_empty=True),
    "a look-up: rounding": lambda: lookup_bound(50, 3.0, 90.0),
    "a look-up: rounding of many": lambda: lookup_bound(9000, 3.0, 12.0, fmt=FLOAT64),
    "score_equality": lambda: bound("score_equality")(30.0, 1e-3),
    "score_equality, of large numbers": lambda: bound("score_equality")(300.0, 1e-6),
    "score_equality, exact": lambda: bound("score_equality")(300.0),
    "equality, weights": lambda: equality_error_of_weights(30.0),
    "score_key_bit": lambda: bound("score_key_bit")(1e-3, 4),
    "average": lambda: bound("average")(50, 3.0),
    "average, small unit": lambda: bound("average")(50, 3.0, 9.0),
    "average, small unit, never empty": lambda: bound("average")(50, 3.0, 9.0, never_empty=True),
    "average, very small unit, never empty": lambda: bound("average")(50, 3.0, 1.0, never_empty=True),
    "first_position": lambda: bound("first_position")(50),
    "temperature": lambda: bound("temperature")(50, 9.0, 1.5),
    "rightmost": lambda: bound("rightmost")(50, 12.0),
    "rightmost, rounding": lambda: bound("rightmost")(50, 60.0),
    "lookup_quadratic": lambda: bound("lookup_quadratic")(50, 3.0),
    "lookup_quadratic, noise": lambda: bound("lookup_quadratic")(50, 3.0, 0.4),
    "lookup_quadratic, rounding": lambda: bound("lookup_quadratic")(700, 3.0, 1e-3),
    "lookup_hash": lambda: bound("lookup_hash")(9, 3.0),
    "lookup_hash, many": lambda: bound("lookup_hash")(18, 3.0),
    "lookup_hash, two": lambda: bound("lookup_hash")(2, 3.0),
    "lookup_hash, more than it can": lambda: bound("lookup_hash")(60, 3.0),
    "hash_gap": lambda: hash_gap(9),
    "hash_gap of one": lambda: hash_gap(1),
    "hash_scale": lambda: hash_scale(9),
    "lookup_almost_orthogonal": lambda: bound("lookup_almost_orthogonal")(50, 3.0, 128, 0.4),
    "lookup_almost_orthogonal, small unit": lambda: bound("lookup_almost_orthogonal")(50, 3.0, 128, 0.4, 10.0),
    "sinusoid_gap": lambda: sinusoid_gap(TURNS, 50),
    "lookup_sinusoids": lambda: bound("lookup_sinusoids")(50, 3.0, TURNS, 200.0),
    "lookup_sinusoids, leakage": lambda: bound("lookup_sinusoids")(50, 3.0, TURNS, 10.0),
    "lookup_two_periods": lambda: bound("lookup_two_periods")(50, 3.0),
    "lookup_two_periods, rounding": lambda: bound("lookup_two_periods")(60_000, 3.0),
    "two_periods": lambda: float(two_periods(50) + 100 * two_periods(56) + 10_000 * two_periods(57)),
    "sink_sum": lambda: bound("sink_sum")(50, 90.0, 3.0, 60),
    "sink_sum, many positions": lambda: bound("sink_sum")(5, 9.0, 3.0, 9000),
    "sink_sum, large values": lambda: bound("sink_sum")(50, 90.0, 3e9, 60),
    "digit_prefix": lambda: bound("digit_prefix")(50, 90.0, 3.0, 10),
    "part_of_mean": lambda: bound("part_of_mean")(50, 3.0),
    "part_of_mean, five": lambda: bound("part_of_mean")(50_000, 3.0, 5),
    "nearest_value": lambda: bound("nearest_value")(30.0, 1e-3),
    "nearest_value, large": lambda: bound("nearest_value")(700.0, 0.0),
    "nearest_value, of one term": lambda: bound("nearest_value")(1.0, 0.0, 1),
    "nearest_value, many terms": lambda: bound("nearest_value")(30.0, 0.0, 200),
    "a line": lambda: line_error([(0, 1), (2, -5)], 1e-3),
    "an interpolation": lambda: interpolation_error([(0, 1), (2, -5), (3, 0)], 1e-3),
    "an encoding": lambda: encoding_error([(0, 1), (2.5, -5)]),
    "an encoding of ints": lambda: encoding_error([(0, 1), (2, -5)]),
    **{
        f"{name}, {noise}, {dtype}": lambda name=name, noise=noise, dtype=dtype: of_piece(name, noise, dtype)
        for name in PIECES
        for noise, dtype in ((0.0, "float32"), (0.01, "float32"), (0.0, "float64"))
    },
}  # fmt: skip

VALUES = {
    "a look-up: leakage": 0.0375297684,
    "a look-up: a score that is off": 0.0616244757,
    "a look-up: near BOS": 2.14260253,
    "a look-up: near BOS, and there is a key": 0.232828332,
    "a look-up: rounding": 2.50339517e-06,
    "a look-up: rounding of many": 0.314434812,
    "score_equality": 0.269993652,
    "score_equality, of large numbers": 205.993716,
    "score_equality, exact": 0,
    "equality, weights": 0.00686645508,
    "score_key_bit": 0.064,
    "average": 5.37877685e-05,
    "average, small unit": 3.33271899,
    "average, small unit, never empty": 0.103696948,
    "average, very small unit, never empty": 114.003036,
    "first_position": 6.90081031e-06,
    "temperature": 6.71724828e-05,
    "rightmost": 7.33630525e-06,
    "rightmost, rounding": 1.1920929e-06,
    "lookup_quadratic": 2.50339904e-06,
    "lookup_quadratic, noise": 0.520620234,
    "lookup_quadratic, rounding": 0.297559628,
    "lookup_hash": 1.04797386e-05,
    "lookup_hash, many": 3.1937696e-05,
    "lookup_hash, two": 2.05038668e-05,
    "lookup_hash, more than it can": 6,
    "hash_gap": 0.00015385799,
    "hash_gap of one": 2,
    "hash_scale": 103309.234,
    "lookup_almost_orthogonal": 3.64342352e-05,
    "lookup_almost_orthogonal, small unit": 1.51378244,
    "sinusoid_gap": 0.610465755,
    "lookup_sinusoids": 2.50339517e-06,
    "lookup_sinusoids, leakage": 0.613322421,
    "lookup_two_periods": 8.74893249e-06,
    "lookup_two_periods, rounding": 9.32826609e-06,
    "two_periods": 80707,
    "sink_sum": 0.000337976052,
    "sink_sum, many positions": 9.65646436e-06,
    "sink_sum, large values": 0.00261752585,
    "digit_prefix": 0.000337976069,
    "part_of_mean": 4.42171227e-05,
    "part_of_mean, five": 0.0897076991,
    "nearest_value": 0.498556541,
    "nearest_value, large": 0.266015951,
    "nearest_value, of one term": 0.499999523,
    "nearest_value, many terms": 0.477715941,
    "a line": 0.003,
    "an interpolation": 0.005,
    "an encoding": 5.96046448e-07,
    "an encoding of ints": 0,
    "threshold, 0.0, float32": 6.07967485e-05,
    "threshold, 0.01, float32": 6.08110537e-05,
    "threshold, 0.0, float64": 1.13242749e-13,
    "step_function, 0.0, float32": 0.000794172484,
    "step_function, 0.01, float32": 0.0407943537,
    "step_function, 0.0, float64": 1.47926116e-12,
    "gate, 0.0, float32": 0.000819116992,
    "gate, 0.01, float32": 0.0108193226,
    "gate, 0.0, float64": 1.52572399e-12,
    "piecewise_linear, 0.0, float32": 0.000465273961,
    "piecewise_linear, 0.01, float32": 0.0604653836,
    "piecewise_linear, 0.0, float64": 8.66640093e-13,
    "piecewise_linear, falling, 0.0, float32": 0.00025534635,
    "piecewise_linear, falling, 0.01, float32": 0.0702554083,
    "piecewise_linear, falling, 0.0, float64": 4.75619544e-13,
    "in_gelu, 0.0, float32": 0.00546794919,
    "in_gelu, 0.01, float32": 0.00546794919,
    "in_gelu, 0.0, float64": 0.00531160023,
    "multiply_swiglu, 0.0, float32": 0.000283416535,
    "multiply_swiglu, 0.01, float32": 0.430384427,
    "multiply_swiglu, 0.0, float64": 5.27904387e-13,
    "product, 0.0, float32": 2.18885682,
    "product, 0.01, float32": 2.62301091,
    "product, 0.0, float64": 2.17361514,
    "conjunction, 0.0, float32": 1.57356293e-05,
    "conjunction, 0.01, float32": 0.0200157428,
    "conjunction, 0.0, float64": 2.93098879e-14,
}


@pytest.mark.parametrize("name", [name for name in PIECES if name != "conjunction"])  # which counts its inputs
def test_the_bias_has_no_noise(name: str) -> None:
    of_it, sizes = bound(name.partition(",")[0]), {"x": 40.0, "y": 3.0}
    assert of_it(PIECES[name], {**sizes, "one": 1.0}, 0.01) == of_it(PIECES[name], sizes, 0.01)


@pytest.mark.parametrize("case", CASES)
def test_a_bound_is_what_was_derived(case: str) -> None:
    assert CASES[case]() == pytest.approx(VALUES[case], rel=1e-7, abs=1e-22)


if __name__ == "__main__":
    for case, value in CASES.items():
        print(f'    "{case}": {value():.9g},')
