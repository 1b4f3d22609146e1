"""A guard against low precision: neurons that are 0 in the model's own precision and invalidate every answer below it.

Exact models are wrong in bfloat16, float16, TF32 and int8, and a host may convert them without a warning. With the
guard the answers are then not a number.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from ..model.circuit import Circuit
from ..model.transformer import Layer, Transformer
from ..model.weights import Floats

RUIN = 3e38
"""The output weight of the neurons: a value above 1 becomes infinite in float32 and in lower precision."""
BITS = {"float32": ((7, 13),), "float64": ((7, 13), (14, 26))}
"""The guards (k, m) of each dtype, which use 1 - 2^-k and 1 - 2^-m: each detects arithmetic of fewer than m bits."""
STEPS = 253, 256
"""The ratio of the two weights of a neuron, which no two multiples of a step have in int8."""
MARGIN = 16.0
"""How far the arguments of the neurons are below 0: layer norms that act as the identity round their input."""


def guarded(model: Transformer) -> Transformer:
    """Return the same model with the guard in its first layer: 4 neurons, 3 directions (twice that in float64).

    The directions are a = 1 - 2^-13, b = 1 - 2^-7 and c = -(a + b) on every token and BOS; their sum is 0, so that the
    guard does not change the mean of the stream. The neurons are relu(z) for the four z = 2^10 (+-253 a +- 256 c) +
    bias, where the bias makes z exactly -16: all products and sums have fewer than 24 bits. With fewer than 13 bits, a
    becomes 1 and c is off as much, so that a z is 47. In int8, weights and activations are multiples of a step, while
    the bias stays a float: no two steps have the ratio 253 : 256, nor that of a and c in a stream that spans 3. Since
    the weights and the directions have either sign, at least one z is then above 0, by hundreds. Either way the output
    is infinite. The result has no circuit.
    """
    guards = BITS[model.dtype]
    d, extra = model.d_model, 3 * len(guards)
    layers = model.layers or (_empty(d, model.dtype),)
    w_in, b_in = np.zeros((d + extra, 4 * len(guards))), np.zeros(4 * len(guards))
    embed = np.zeros((len(model.embed), extra))
    for i, (k, m) in enumerate(guards):
        a, b, unit = 1 - 2.0**-m, 1 - 2.0**-k, 2.0 ** (m - 3)
        embed[:, 3 * i : 3 * i + 3] = a, b, -(a + b)
        for column, signs in enumerate(itertools.product((1, -1), repeat=2), 4 * i):
            w_a, w_c = unit * np.multiply(signs, STEPS)
            w_in[[d + 3 * i, d + 3 * i + 2], column] = w_a, w_c
            b_in[column] = w_c * (a + b) - w_a * a - MARGIN
    w_out = np.zeros((4 * len(guards), d + extra))
    w_out[:, d + 1 : d + 3] = RUIN, -RUIN
    first, *rest = (widened(layer, extra) for layer in layers)
    first = Layer(
        first.heads,
        np.hstack([first.w_in, w_in]),
        np.concatenate([first.b_in, b_in]),
        np.vstack([first.w_out, w_out]),
    )
    return replace(
        model,
        embed=np.hstack([model.embed, embed]),
        positions=None if model.positions is None else _pad(model.positions, 1, extra),
        layers=(first, *rest),
        unembed=_pad(model.unembed, 0, extra),
        circuit=Circuit(),
    )


def _empty(d_model: int, dtype: str) -> Layer:
    return Layer((), np.zeros((d_model, 0), dtype), np.zeros(0, dtype), np.zeros((0, d_model), dtype))


def widened(layer: Layer, extra: int) -> Layer:
    """Return the layer in a stream with more directions at the end, which it does not use."""
    heads = tuple(
        replace(
            h,
            w_q=_pad(h.w_q, 0, extra),
            w_k=_pad(h.w_k, 0, extra),
            w_v=_pad(h.w_v, 0, extra),
            w_o=_pad(h.w_o, 1, extra),
        )
        for h in layer.heads
    )
    return Layer(heads, _pad(layer.w_in, 0, extra), layer.b_in, _pad(layer.w_out, 1, extra))


def _pad(x: Floats, axis: int, extra: int) -> Floats:
    return np.pad(x, [(0, extra if i == axis else 0) for i in range(x.ndim)])
