"""ReLU neurons in models whose activation is another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from ..constructions.feedforward import Piece
from ..constructions.form import Form
from ..constructions.registry import recipe
from ..constructions.rounding import of_piece
from ..numeric.floats import FLOAT32, FloatFormat

WORST = {"gelu": (0.7517915246935645, 0.16997120747990369), "swiglu": (1.2784645427610738, 0.27846454276107379)}
"""For each activation where |act(t) - relu(t)| is greatest, and how much that is; it falls from there on."""


def tail(activation: str, t: float) -> float:
    """The greatest |act(z) - relu(z)| over |z| >= t."""
    at, most = WORST[activation]
    if t <= at:
        return most
    if activation == "gelu":
        return t * math.erfc(t / math.sqrt(2)) / 2
    return t * math.exp(-t) / (1 + math.exp(-t))


def converted_bound(
    piece: Piece,
    sizes: Mapping[str, float],
    noise: float = 0.0,
    fmt: FloatFormat = FLOAT32,
    sharpness: float = 2.0**12,
    clear: float = 0.0,
) -> float:
    """What replacing ReLU may add: every argument of the ReLU neurons is at least `clear` away from 0."""
    if piece.activation == "relu":
        return of_piece(piece, sizes, fmt)
    weight = sum(abs(c) for _, c in piece.neurons) * sharpness
    return weight * tail(piece.activation, sharpness * clear) / sharpness + of_piece(piece, sizes, fmt)


@recipe("feedforward", converted_bound)
def in_gelu(piece: Piece, sharpness: float = 2.0**12) -> Piece:
    """A piece of ReLU neurons by GELU neurons.

    Formula: gelu(S z) / S for relu(z).
    Shapes: the piece's.
    Ranges: S a power of two, so that scaling rounds nothing.
    Bound: the sum of |c| 0.17 / S over neurons of weight c; t Phi(-t) / S for arguments at least t / S from 0, which
    is below 1e-10 / S from t = 6 on: pieces that restore are exact with a margin of 6 / S.
    Source: Cookbook 4.6; the constant 0.16997 at t = 0.75 is the maximum of t Phi(-t).
    Cost: none: the same neurons.

    >>> x, y = wires("x y")
    >>> error = in_gelu(minimum(x, y), 64)(x=3, y=3.01) - 3
    >>> round(error, 4), round(0.17 / 64, 4)
    (0.0026, 0.0027)
    """
    return _converted(piece, "gelu", sharpness, None)


@recipe("feedforward", converted_bound)
def in_swiglu(piece: Piece, one: Form, sharpness: float = 2.0**12) -> Piece:
    """A piece of ReLU neurons by SwiGLU neurons whose gates are 1.

    Formula: swish(S z) / S for relu(z).
    Shapes: the piece's.
    Ranges: S a power of two, so that scaling rounds nothing.
    Bound: the sum of |c| 0.279 / S over neurons of weight c; t sigmoid(-t) / S for arguments at least t / S from 0,
    which is below 1e-7 / S from t = 20 on.
    Source: ours; Cookbook 4.6 for GELU.
    Cost: none: the same neurons, each with a gate.

    >>> x, y, one = wires("x y one")
    >>> in_swiglu(minimum(x, y), one, 64)(x=3, y=4)
    3.0
    """
    return _converted(piece, "swiglu", sharpness, one)


def _converted(piece: Piece, activation: str, sharpness: float, one: Form | None) -> Piece:
    if piece.activation == activation or not piece.neurons:
        return piece
    assert piece.activation == "relu", "only ReLU neurons have a counterpart in other activations"
    neurons = tuple((sharpness * f, c / sharpness) for f, c in piece.neurons)
    gates = () if one is None else (one,) * len(neurons)
    return replace(piece, neurons=neurons, gates=gates, activation=activation)
