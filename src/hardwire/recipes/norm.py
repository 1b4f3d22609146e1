"""Norms: put where they change nothing, and put to use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..constructions.form import Form
from ..constructions.registry import recipe
from ..constructions.rounding import exact
from ..errors import ModelError
from ..model import circuit_json
from ..model.moved import moved_circuit, weights_in_basis
from ..model.weights import Floats, Norm
from ..numeric.floats import FLOAT32, FloatFormat

if TYPE_CHECKING:
    from ..model.transformer import Transformer
    from .net import Net

EPS = 2.0**80
"""So large that variance + eps rounds to eps: the norm divides by 2^40, and its gain multiplies by 2^40."""


def neutral_bound(d_model: int, largest: float, kind: str = "layer", fmt: FloatFormat = FLOAT32) -> float:
    """The error that a neutralised layer norm adds to a number, in a stream of numbers up to `largest`.

    The mean is 0 except for rounding, and the probe subtracts it again; x - mean rounds once, the reader's extra term
    twice.
    """
    if kind == "rms":
        return 0.0
    mean = fmt.gamma(d_model) * largest * 2
    return 3 * fmt.unit * (largest + mean) + 2 * fmt.unit * mean * d_model


@recipe("norm", neutral_bound)
def add_norm(model: Transformer, kind: str = "layer", where: str = "pre") -> Transformer:
    """The same model with norms before or after every part, and a last one before the unembedding.

    Formula: eps = 2^80 and gain = 2^40, powers of two: variance + eps rounds to eps, so the norm is x - mean. One
    direction makes the mean 0 (every write puts minus its sum there); another, never written, comes out as minus the
    rounding of the mean, and every reader adds it back.
    Shapes: d_model grows by 2 for "layer", by 0 for "rms".
    Ranges: mean squares of the stream below 2^54; where is "pre" or "post".
    Bound: "rms": 0, for the same weights. "layer": 3 u |x| and the rounding of the mean, gamma(d_model).
    Source: ours; Cookbook 6.3 mirrors all directions instead, which keeps signs but not sizes.
    Cost: 2 directions.
    Note: The bound takes the root and the quotient of a norm to be correctly rounded, as IEEE 754 asks.

    >>> from hardwire.recipes import models
    >>> plain = models.majority(max_len=8)
    >>> normed = add_norm(plain, "layer", "post")
    >>> normed("abba") == plain("abba"), normed.d_model - plain.d_model
    (True, 2)
    """
    if where not in ("pre", "post"):
        raise ModelError(f'norms go where="pre" or where="post", not {where!r}', value=where)
    if not model.plain:
        raise ModelError("norms are added to a plain model: this one has them, or other heads or neurons, already")
    centre = kind == "layer"
    width = model.d_model + (2 if centre else 0)
    norm = Norm(kind, np.full(width, math.sqrt(EPS)), np.zeros(width), EPS)

    def write(w: Floats) -> Floats:
        return np.concatenate([w, -w.sum(axis=-1, keepdims=True), np.zeros((*w.shape[:-1], 1))], -1) if centre else w

    def read(w: Floats) -> Floats:
        return np.vstack([w, np.zeros((1, w.shape[1])), -w.sum(axis=0, keepdims=True)]) if centre else w

    def wide(vector: Floats) -> Floats:
        return np.concatenate([vector, np.zeros(2)]) if centre else vector

    places = ("before_heads", "before_neurons") if where == "pre" else ("after_heads", "after_neurons")
    norms: dict[str, Any] = dict.fromkeys(places, norm)
    # Reads from the stream stay where they were; writes to it keep the mean at 0.
    circuit = replace(moved_circuit(model, wide, write), wires=circuit_json.wires(model))
    found = weights_in_basis(model, read, write, circuit)
    return replace(found, layers=tuple(replace(layer, **norms) for layer in found.layers), final_norm=norm)


@recipe("norm", exact)
def mirror(forms: Sequence[Form]) -> list[Form]:
    """Numbers and their negatives, so that a layer norm subtracts 0 and only scales: signs survive.

    Formula: (x, -x), whose mean is 0; LN gives c (x, -x) for a positive c.
    Shapes: m numbers to 2 m.
    Ranges: any numbers; c depends on the position, so what reads them must not mind scale.
    Bound: 0; the norm's own rounding is that of `amplify`.
    Source: Cookbook 6.3.
    Cost: twice the directions.

    >>> x, = wires("x")
    >>> [f(x=3) for f in mirror([x])]
    [3.0, -3.0]
    """
    return [*forms, *(-f for f in forms)]


@recipe("norm", exact)
def constant_norm(bit: Form, one: Form) -> list[Form]:
    """A bit as two directions of constant mean and norm: a norm then multiplies by a constant, which weights undo.

    Formula: (2 b - 1, 1 - 2 b): mean 0, and squares that sum to 2 whatever the bit.
    Shapes: a bit to 2 numbers.
    Ranges: exact bits.
    Bound: 0.
    Source: Cookbook 3.1, 6.3.
    Cost: 2 directions a bit.

    >>> b, one = wires("b one")
    >>> [f(b=[0, 1]).tolist() for f in constant_norm(b, one)]
    [[-1.0, 1.0], [1.0, -1.0]]
    """
    return mirror([2 * bit - one])


def amplify_bound(delta: float, width: int, eps: float = 1e-12, fmt: FloatFormat = FLOAT32) -> float:
    """The distance of the result from -1 or 1: eps relative to the square of delta, and rounding."""
    return 0.5 * eps * width / (delta * delta) + fmt.gamma(width + 8) + 6 * fmt.unit


@recipe("norm", amplify_bound)
def amplify(net: Net, x: Form, name: str = "sign", eps: float = 1e-12) -> Form:
    """The sign of a number that may be very small, as -1 or 1, by one layer norm.

    Formula: LN(x, -x) = (sign x, -sign x) for eps far below x^2.
    Shapes: a number to a number.
    Ranges: |x| at least delta; 0 gives 0.
    Bound: eps d / (2 delta^2) for d_model d, half of it with layer norm, and gamma(d + 8) + 6 u.
    Source: Cookbook 6.4; clipping first, as there, is not needed for one number.
    Cost: 4 neurons and the norm of a layer of its own.

    >>> from hardwire.recipes import Net
    >>> net = Net("ab", 4)
    >>> s = amplify(net, net.token({"a": -1e-3, "b": 1e-3}))
    >>> [round(v, 4) for v in net.model(s)("ab")]
    [-1.0, 1.0]
    """
    (sign, _) = net.normalise(mirror([x]), name, size=math.sqrt(2), eps=eps)
    return sign


def hash_bound(largest: float, width: int, eps: float = 1e-12, fmt: FloatFormat = FLOAT32) -> float:
    """How far each number of a hash may be off; its norm is 1."""
    del largest  # the hash is as exact for large numbers as for small ones
    return fmt.gamma(width + 8) + 6 * fmt.unit + eps * width


@recipe("norm", hash_bound)
def layer_norm_hash(net: Net, x: Form, scale: Form, name: str = "hash", eps: float = 1e-12) -> tuple[Form, Form]:
    """A code of the quotient x / scale that does not change when both are multiplied by a number.

    Formula: LN(x, s, -x, -s), rescaled: (x, s) / sqrt(x^2 + s^2).
    Shapes: two numbers to two.
    Ranges: s above 0, such as 1 or the 1 / n that means come with.
    Bound: gamma(d + 8) + 6 u + eps d for each number, d the model's width.
    Source: Cookbook 5.3.3; Merrill and Sabharwal 2024 (arXiv:2310.07923).
    Cost: 8 neurons, 4 directions, and the norm of a layer of its own.
    Note: See `lookup_hash` for how far float32 carries it.

    >>> from hardwire.recipes import Net
    >>> net = Net("ab", 4)
    >>> x = net.token({"a": 3, "b": 30})
    >>> h, _ = layer_norm_hash(net, x, net.token({"a": 4, "b": 40}))
    >>> [round(v, 4) for v in net.model(h)("ab")]
    [0.6, 0.6]
    """
    found = net.normalise(mirror([x, scale]), name, size=math.sqrt(2), eps=eps)
    return found[0], found[1]


@recipe("norm", amplify_bound)
def amplify_rms(net: Net, x: Form, name: str = "sign", eps: float = 1e-12) -> Form:
    """The sign of a number, as -1 or 1, by one RMS norm: nothing to mirror.

    Formula: RMS(x) = x / |x|.
    Shapes: a number to a number.
    Ranges: |x| at least delta; 0 gives 0.
    Bound: as `amplify`.
    Source: ours, after Cookbook 6.4.
    Cost: 2 neurons and the norm of a layer of its own.

    >>> from hardwire.recipes import Net
    >>> net = Net("ab", 4)
    >>> s = amplify_rms(net, net.token({"a": -1e-3, "b": 1e-3}))
    >>> [round(v, 4) for v in net.model(s)("ab")]
    [-1.0, 1.0]
    """
    (sign,) = net.normalise([x], name, kind="rms", size=1.0, eps=eps)
    return sign
