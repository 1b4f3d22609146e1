"""A guard against low precision: a neuron that is 0 in the model's own precision and invalidates every answer below it.

Exact models are wrong in bfloat16, float16 and TF32, and a host may load them so without a warning. With the guard the
answers are then not a number.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..model.circuit import Circuit
from ..model.transformer import Layer, Transformer
from ..model.weights import Floats

RUIN = 3e38
"""The output weight of the neuron: a value above 1 becomes infinite in float32 and in lower precision."""
BITS = {"float32": ((7, 13),), "float64": ((7, 13), (14, 26))}
"""The guards (k, m) of each dtype, m < 2k: each tests whether 1 - 2^-m differs from 1, with weights of k bits."""


def guarded(model: Transformer) -> Transformer:
    """Return the same model with the guard in its first layer: 1 neuron, 3 directions (twice that in float64).

    Two directions are a = 1 - 2^-13 and b = 1 - 2^-7 on every token and BOS. The neuron computes
    relu(2^18 (a - (1 + 2^-7) b)), and (1 + 2^-7) b = 1 - 2^-14 is between a and 1, so that it is 0. All of these are
    exact with 7 bits except a, which becomes 1 with fewer than 13: then the neuron is 2^4, and its output is infinite.
    The third direction is -(a + b), so that the guard does not change the mean of the stream. The result has no
    circuit.
    """
    guards = BITS[model.dtype]
    d, extra = model.d_model, 3 * len(guards)
    layers = model.layers or (_empty(d, model.dtype),)
    w_in = np.zeros((d + extra, len(guards)))
    embed = np.zeros((len(model.embed), extra))
    for i, (k, m) in enumerate(guards):
        a, b, w = 1 - 2.0**-m, 1 - 2.0**-k, 2.0 ** (2 * k + 4)
        embed[:, 3 * i : 3 * i + 3] = a, b, -(a + b)
        w_in[d + 3 * i : d + 3 * i + 2, i] = w, -w * (1 + 2.0**-k)
    w_out = np.zeros((len(guards), d + extra))
    w_out[:, d + 1 : d + 3] = RUIN, -RUIN
    first, *rest = (widened(layer, extra) for layer in layers)
    first = Layer(
        first.heads,
        np.hstack([first.w_in, w_in]),
        np.concatenate([first.b_in, np.zeros(len(guards))]),
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
