"""Rounding by the float format itself, and how errors go through layers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..constructions.feedforward import Piece
from ..constructions.form import ZERO, Form
from ..constructions.registry import recipe
from ..constructions.rounding import exact
from ..errors import BuildError
from ..numeric.floats import FLOAT32, FloatFormat

LIPSCHITZ = {"relu": 1.0, "gelu": 1.1290, "swiglu": 1.0999}
"""The greatest slope of each activation; of "swiglu" that of swish, without its gate."""


def rounds_exactly(
    piece: Piece, sizes: Mapping[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32, step: float = 1.0
) -> float:
    """0: the result is a multiple of the step, and the right one if x is less than half a step from it and small
    enough; otherwise the claim is void."""
    del piece
    return 0.0 if noise < step / 2 and max(sizes.values()) + noise <= step / (4 * fmt.unit) else math.inf


@recipe("feedforward", rounds_exactly)
def round_by_precision(x: Form, one: Form, step: float = 1.0, fmt: FloatFormat = FLOAT32) -> Piece:
    """The nearest multiple of a step, by a sum so large that its last digit is the step.

    Formula: relu(x + M) - relu(M) with M = 3 step / (4 u): from 2^23 to 2^24 steps, all floats are multiples of the
        step, and the first argument is rounded as it is written.
    Shapes: a number to a number.
    Ranges: x one direction, times a power of two if at all; |x| at most 2^22 steps in float32; the step a power of two.
        For an x half way between two multiples, the even one. In another format it rounds to other steps, and called as
        a piece, in float64, not at all: it is for models of this dtype.
    Bound: 0: noise below half a step leaves no trace.
    Source: Cookbook 7.1 (rounding by fixed precision); the construction is ours.
    Cost: 2 neurons, for any number of steps.

    >>> from hardwire.recipes import Net
    >>> net = Net("abc", 4)
    >>> x = net.token({"a": 2.3, "b": -0.4, "c": 1e6 + 0.75})
    >>> net.model(net.neurons(round_by_precision(x, net.one), "rounded"))("abc")
    [2.0, 0.0, 1000001.0]
    """
    if math.frexp(step)[0] != 0.5 or len(x.terms) != 1:
        raise BuildError(f"rounding takes one direction and a step that is a power of two, not {step} of {x}")
    far = 0.75 * step / fmt.unit
    return Piece(ZERO, ((x + far * one, 1.0), (far * one, -1.0)))


# Errors through layers: bounds that are callables. Each takes how far its inputs are off, and gives how far its output
# may be off beyond its own rounding.


@recipe("errors", exact)
def error_through_neurons(piece: Piece, errors: Mapping[str, float], sizes: Mapping[str, float] | None = None) -> float:
    """How far the result of neurons may be off if their inputs are.

    Formula: sum of |a_i| e_i over the linear part, and of |c| L sum |w_i| e_i over the neurons; L is the greatest slope
        of the activation: 1 for ReLU, 1.129 for GELU, 1.1 for swish. For a gate g with error d and an argument z:
        |c| (L e |g| + 1.1 |z| d) with the sizes of both.
    Shapes: a piece, and errors by the name of the direction (0 for `one`); to a number.
    Ranges: errors and sizes from 0; sizes, by name, are needed for gates alone, and include the error.
    Bound: it is one: reached where every error has the sign of its weight and every neuron fires.
    Source: Cookbook 7.2.
    Cost: nothing: it is a number about weights.

    >>> x, y = wires("x y")
    >>> error_through_neurons(minimum(x, y), {"x": 0.01, "y": 0.02})
    0.04
    """
    slope, known = LIPSCHITZ[piece.activation], sizes or {}
    total = _moved(piece.linear, errors)
    for i, (form, c) in enumerate(piece.neurons):
        change = slope * _moved(form, errors)
        if piece.gates:
            z, g = (sum(abs(v) * known.get(d.name, 1.0) for d, v in f.terms.items()) for f in (form, piece.gates[i]))
            change = change * g + slope * z * _moved(piece.gates[i], errors)
        total += abs(c) * change
    return total


def _moved(form: Form, errors: Mapping[str, float]) -> float:
    return sum(abs(c) * errors.get(d.name, 0.0) for d, c in form.terms.items())


@recipe("errors", exact)
def error_through_attention(score_error: float, spread: float, value_error: float = 0.0) -> float:
    """How far the output of a softmax head may be off if its scores and values are.

    Formula: (max v - min v) tanh(d / 2) + e, where every score is off by at most d, and every value by e.
    Shapes: numbers to a number.
    Ranges: any errors from 0; spread = max v - min v over all keys, BOS among them, of the exact values.
    Bound: it is one: scores that are off by d move at most tanh(d / 2) of the attention, which is reached where
        1 / (1 + e^d) of it is on the keys with the greatest value and their scores rise while all others fall.
    Source: Cookbook 7.3; the constant is ours, where 2 d is the usual one.
    Cost: nothing: it is a number about weights.

    >>> round(error_through_attention(0.01, spread=2.0, value_error=1e-3), 6)
    0.011
    """
    return spread * math.tanh(score_error / 2) + value_error


@recipe("errors", exact)
def error_through_norm(error: float, least: float, width: int, gain: float = 1.0, kind: str = "layer") -> float:
    """How far each number after a norm may be off if each before it is.

    Formula: gain e (k + sqrt(d)) / s for a stream of d numbers, each off by at most e, whose root mean square (for
        "layer" its standard deviation) is at least s, with eps and after the change; k is 2 for "layer" and 1 for
        "rms": the mean is off by e too.
    Shapes: numbers to a number.
    Ranges: e from 0, s above 0, d from 1.
    Bound: it is one: x / s changes by e / s and, since s changes by at most e and |x| is at most sqrt(d) s, by
        sqrt(d) e / s.
    Source: Cookbook 7.4.
    Cost: nothing: it is a number about weights.

    >>> error_through_norm(1e-3, least=0.5, width=16, kind="rms")
    0.01
    """
    return gain * error * ((2 if kind == "layer" else 1) + math.sqrt(width)) / least


@recipe("errors", exact)
def error_through_layers(*layers: tuple[float, float], error: float = 0.0) -> float:
    """How far the stream may be off after some layers, each of which magnifies errors and adds its own.

    Formula: e_(k + 1) = e_k + a_k e_k + r_k: the residual stream keeps the error, the layer adds a_k times it and
        rounds by r_k.
    Shapes: (a_k, r_k) for each layer, and the first error; to a number.
    Ranges: all from 0.
    Bound: it is one: reached where every layer has its greatest slope at the point, with one sign.
    Source: Cookbook 7.5.
    Cost: nothing: it is a number about weights.

    >>> error_through_layers((1, 1e-6), (2, 1e-6), error=1e-6)
    1e-05
    """
    for slope, fresh in layers:
        error = error + slope * error + fresh
    return error
