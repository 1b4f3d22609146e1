"""Arithmetic of numbers by neurons: exact in every activation but for products."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..constructions.feedforward import Piece
from ..constructions.form import ZERO, Form
from ..constructions.registry import recipe
from ..constructions.rounding import Bound, of_piece, passing
from ..numeric.floats import FLOAT32, FloatFormat


@recipe("feedforward", passing(1.0))
def identity(x: Form, activation: str = "relu", one: Form = ZERO) -> Piece:
    """x, through neurons.

    Formula: act(x) - act(-x) = x: exactly, for relu, gelu and swish alike.
    Shapes: a number to a number.
    Ranges: any number.
    Bound: e for x known to e, and rounding.
    Source: Cookbook 4.3; that it holds for GELU and swish is ours.
    Cost: 2 neurons; where there is a residual connection, none.

    >>> x, one = wires("x one")
    >>> [round(identity(x, a, one)(x=-2.5), 12) for a in ("relu", "gelu", "swiglu")]
    [-2.5, -2.5, -2.5]
    """
    gates = (one, one) if activation == "swiglu" else ()
    return Piece(ZERO, ((x, 1.0), (-x, -1.0)), gates, activation)


@recipe("feedforward", passing(1.0))
def cancel(x: Form, activation: str = "relu", one: Form = ZERO) -> Piece:
    """-x: what neurons must add to the direction of x for it to be 0 afterwards.

    Formula: act(-x) - act(x).
    Shapes: a number to a number.
    Ranges: any number; one that is never negative needs the second neuron alone, with ReLU.
    Bound: e for x known to e, and rounding; relu(-x) - relu(x) cancels the x that is there, with its noise: exactly.
    Source: Cookbook 4.2.
    Cost: 2 neurons.

    >>> x, = wires("x")
    >>> x(x=7.5) + cancel(x)(x=7.5)
    0.0
    """
    return identity(x, activation, one).scaled(-1.0)


@recipe("feedforward", passing(2.0))
def add(x: Form, y: Form) -> Piece:
    """x + y.

    Formula: x + y; the sum of two directions is a form, which whatever reads it takes as it is.
    Shapes: two numbers to a number.
    Ranges: any numbers.
    Bound: 2 e for both known to e, and 3 gamma(2) (|x| + |y|).
    Source: Cookbook 4.5, there 4 neurons.
    Cost: nothing.

    >>> x, y = wires("x y")
    >>> add(x, y), add(x, y)(x=3, y=4)
    (Piece(x + y), 7.0)
    """
    return Piece(x + y)


@recipe("feedforward", passing(2.0))
def subtract(x: Form, y: Form) -> Piece:
    """x - y.

    Formula: x - y.
    Shapes: two numbers to a number.
    Ranges: any numbers.
    Bound: 2 e for both known to e, and 3 gamma(2) (|x| + |y|).
    Source: Cookbook 4.5, there 4 neurons.
    Cost: nothing.

    >>> x, y = wires("x y")
    >>> subtract(x, y)(x=3, y=4)
    -1.0
    """
    return Piece(x - y)


@recipe("feedforward", passing(1.0))
def minimum(x: Form, y: Form) -> Piece:
    """The smaller of two numbers.

    Formula: x - relu(x - y).
    Shapes: two numbers to a number.
    Ranges: any numbers.
    Bound: e for both known to e, and rounding: gamma(3) (|x| + |y|) and the final sum.
    Source: Cookbook 4.4.
    Cost: 1 neuron.

    >>> x, y = wires("x y")
    >>> minimum(x, y)(x=[3, 5], y=[4, 4]).tolist()
    [3.0, 4.0]
    """
    return Piece(x, ((x - y, -1.0),))


@recipe("feedforward", passing(1.0))
def maximum(x: Form, y: Form) -> Piece:
    """The larger of two numbers.

    Formula: x + relu(y - x).
    Shapes: two numbers to a number.
    Ranges: any numbers.
    Bound: e for both known to e, and rounding.
    Source: Cookbook 4.4.
    Cost: 1 neuron.

    >>> x, y = wires("x y")
    >>> maximum(x, y)(x=[3, 5], y=[4, 4]).tolist()
    [4.0, 5.0]
    """
    return Piece(x, ((y - x, 1.0),))


@recipe("feedforward", passing(1.0))
def absolute(x: Form) -> Piece:
    """The size of a number.

    Formula: 2 relu(x) - x.
    Shapes: a number to a number.
    Ranges: any number.
    Bound: e for x known to e, and rounding.
    Source: Cookbook 4.1.
    Cost: 1 neuron.

    >>> x, = wires("x")
    >>> absolute(x)(x=[-3, 2]).tolist()
    [3.0, 2.0]
    """
    return Piece(-x, ((x, 2.0),))


@recipe("feedforward", passing(1.0))
def clip(x: Form, low: float, high: float, one: Form) -> Piece:
    """x, but no less than `low` and no more than `high`.

    Formula: low + relu(x - low) - relu(x - high).
    Shapes: a number to a number.
    Ranges: any number.
    Bound: e for x known to e, and rounding.
    Source: Cookbook 4.1, 6.4.
    Cost: 2 neurons.

    >>> x, one = wires("x one")
    >>> clip(x, -1, 1, one)(x=[-3, 0.5, 2]).tolist()
    [-1.0, 0.5, 1.0]
    """
    return Piece(low * one, ((x - low * one, 1.0), (x - high * one, -1.0)))


# Products.


def product_bound(share: float = 0.0) -> Bound:
    """The bound of a product of x and y: this share of the fourth-order remainder of GELU neurons, the errors of both
    numbers, and rounding."""

    def bound(
        piece: Piece, sizes: Mapping[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32, scale: float = 2.0**-8
    ) -> float:
        x, y = sizes["x"] + noise, sizes["y"] + noise
        passed = noise * (sizes["x"] + sizes["y"] + noise)
        return share * (x + y) ** 4 * scale**2 + passed + of_piece(piece, {"x": x, "y": y}, fmt)

    return bound


@recipe("feedforward", product_bound(1 / 12))
def multiply_gelu(x: Form, y: Form, scale: float = 2.0**-8) -> Piece:
    """x y, nearly, by three GELU neurons.

    Formula: sqrt(pi / 2) (gelu(h (x + y)) - gelu(h x) - gelu(h y)) / h^2.
    Shapes: two numbers to a number.
    Ranges: h (|x| + |y|) of at most about 1.
    Bound: h^2 (|x| + |y|)^4 / 12, e (|x| + |y| + e) for numbers known to e, and rounding, which grows as 1 / h.
    Source: Cookbook 4.6, with h = 1 and the bound (|x| + |y|)^3 / 4; scaled, that is h (|x| + |y|)^3 / 4.
    Cost: 3 neurons.
    Note: gelu(z) - z / 2 is even, so its Taylor remainder is of fourth order, at most z^4 / (6 sqrt(2 pi)): the paper's
    third-order bound is loose by 3 / (h (|x| + |y|)), a factor of 384 for unit numbers here. `product` halves the
    error with one neuron less.

    >>> x, y = wires("x y")
    >>> round(multiply_gelu(x, y)(x=0.75, y=-0.5), 4)
    -0.375
    """
    c = math.sqrt(math.pi / 2) / scale**2
    return Piece(ZERO, ((scale * (x + y), c), (scale * x, -c), (scale * y, -c)), activation="gelu")


@recipe("ours", product_bound(1 / 24))
def product(x: Form, y: Form, scale: float = 2.0**-8) -> Piece:
    """x y, nearly, by two GELU neurons.

    Formula: sqrt(2 pi) / 4 (gelu(h (x + y)) - gelu(h (x - y)) - h y) / h^2; the last term is linear, so free.
    Shapes: two numbers to a number.
    Ranges: h (|x| + |y|) of at most about 1.
    Bound: h^2 (|x| + |y|)^4 / 24, e (|x| + |y| + e) for numbers known to e, and rounding, which grows as 1 / h.
    Source: ours, after Cookbook 4.6.
    Cost: 2 neurons.

    >>> x, y = wires("x y")
    >>> round(product(x, y)(x=0.75, y=-0.5), 4)
    -0.375
    """
    c = math.sqrt(2 * math.pi) / 4 / scale**2
    neurons = ((scale * (x + y), c), (scale * (x - y), -c))
    return Piece(y * (-c * scale), neurons, activation="gelu")


@recipe("feedforward", product_bound())
def multiply_swiglu(x: Form, y: Form) -> Piece:
    """x y, exactly, by two gated neurons.

    Formula: swish(x) y - swish(-x) y, and swish(x) - swish(-x) = x.
    Shapes: two numbers to a number.
    Ranges: any numbers.
    Bound: e (|x| + |y| + e) for numbers known to e, and rounding.
    Source: ours; Cookbook 4.6 has products by GELU alone, with an error that does not vanish.
    Cost: 2 SwiGLU neurons.

    >>> x, y = wires("x y")
    >>> round(multiply_swiglu(x, y)(x=1000.0, y=-3.25), 9)
    -3250.0
    """
    return Piece(ZERO, ((x, 1.0), (-x, -1.0)), (y, y), "swiglu")
