"""A bound of every number in the residual stream, for hosts whose norms are the identity up to some size."""

from __future__ import annotations

import numpy as np

from ..model.transformer import Transformer
from ..model.weights import Floats, Head

Range = tuple[Floats, Floats]
"""The least and the greatest value of each of some numbers."""


def largest(model: Transformer) -> float:
    """Return a bound of the magnitude of every number in the stream of a plain causal model, on any input of max_len.

    By interval arithmetic over the weights. The stream at BOS is the same for every input, so it is computed.
    """
    table = np.zeros((1, model.d_model)) if model.positions is None else model.positions.astype(np.float64)
    tokens = model.embed[1:].astype(np.float64) if len(model.embed) > 1 else np.zeros((1, model.d_model))
    low, high = (f(tokens, axis=0) + f(table, axis=0) for f in (np.min, np.max))
    bos = [x[0].astype(np.float64) for x in model.residuals([]).values()]
    found = [*bos, low, high]
    for number, layer in enumerate(model.layers):
        for h in layer.heads:
            down, up = through(attended((low, high), bos[2 * number], h, model.max_len or 0), h.w_o)
            low, high = low + down, high + up
        found += [low, high]
        before = through((low, high), layer.w_in)
        down, up = through((np.maximum(before[0] + layer.b_in, 0), np.maximum(before[1] + layer.b_in, 0)), layer.w_out)
        low, high = low + down, high + up
        found += [low, high]
    return float(max(np.abs(x).max(initial=0) for x in found))


def attended(x: Range, bos: Floats, head: Head, n: int) -> Range:
    """Return the range of a head's output before w_o, for tokens in a range and BOS: it is a mean of their values.

    A head that gives nearly all attention to BOS scales up what is left, so the weight of the tokens matters.
    """
    q, k, values, own = through(x, head.w_q), through(x, head.w_k), through(x, head.w_v), bos @ head.w_v
    corners = np.array([a * b for a in q for b in k])
    key = bos @ head.w_k
    least = np.minimum(q[0] * key, q[1] * key).sum()
    with np.errstate(over="ignore"):
        weight = min(1.0, n * float(np.exp(corners.max(axis=0).sum() - least)))
    ends = [(1 - weight) * own + weight * v for v in values]
    return np.minimum(own, ends[0]), np.maximum(own, ends[1])


def through(x: Range, w: Floats) -> Range:
    """Return the range of x @ w; w: (d, columns)."""
    plus, minus = np.maximum(w, 0).astype(np.float64), np.minimum(w, 0).astype(np.float64)
    return x[0] @ plus + x[1] @ minus, x[1] @ plus + x[0] @ minus
