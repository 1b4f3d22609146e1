"""A model in the layout of other architectures: all heads have one width, all layers as many heads and neurons.

Missing parts are filled with zeros, which has no effect. For hosts that divide scores by sqrt(d_head), queries are
multiplied by it; d_head is a power of 4, so that both are exact. For hosts with layer norms, further dimensions make
the norms the identity (`normalized`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields, replace

import numpy as np

from ..errors import ExportError
from ..model.transformer import Transformer
from ..model.weights import Floats, Head, Layer

LOG_EPS = {"float32": 80, "float64": 140}
"""log2 of the eps of a layer norm that acts as the identity."""
CANCELLERS = 4
"""The number of dimensions that share minus the sum of all others."""
LEAST_WIDTH = 64
"""The least d_model of a host with layer norms: the rounding error of a mean falls with the width."""


@dataclass(frozen=True)
class Host:
    """The weights, float64.

    embed: (1 + V, d_model); positions: (max_len + 1, d_model); q, k, v: (layers, heads, d_model, d_head); o: (layers,
    heads, d_head, d_model); w_in: (layers, d_model, d_ff); b_in: (layers, d_ff); w_out: (layers, d_ff, d_model);
    unembed: (d_model, O).
    """

    embed: Floats
    positions: Floats
    q: Floats
    k: Floats
    v: Floats
    o: Floats
    w_in: Floats
    b_in: Floats
    w_out: Floats
    unembed: Floats

    @property
    def layers(self) -> int:
        return len(self.q)

    @property
    def heads(self) -> int:
        return int(self.q.shape[1])

    @property
    def d_model(self) -> int:
        return int(self.embed.shape[1])

    @property
    def d_head(self) -> int:
        return int(self.q.shape[3])

    @property
    def d_ff(self) -> int:
        return int(self.w_in.shape[2])

    def arrays(self) -> dict[str, Floats]:
        return {f.name: getattr(self, f.name) for f in fields(self)}


@dataclass(frozen=True)
class Stack:
    """The heads of one layer, padded to the widths of its widest: q, k: (heads, d_model, d_qk); v: (heads, d_model,
    d_v); o: (heads, d_v, d_model); rotary: (heads, d_qk / 2), 0 without; slope: (heads,). Scores are not divided.
    """

    q: Floats
    k: Floats
    v: Floats
    o: Floats
    rotary: Floats
    slope: Floats


def stack(layer: Layer) -> Stack:
    """Return the heads of a layer, stacked."""
    d_model = len(layer.w_in)
    d_qk = max((h.d_qk for h in layer.heads), default=0)
    d_v = max((h.d_v for h in layer.heads), default=0)
    dtype, count = layer.w_in.dtype, len(layer.heads)
    d_qk += d_qk % 2 if any(h.rotary is not None for h in layer.heads) else 0
    q, k, v = (np.zeros((count, d_model, width), dtype) for width in (d_qk, d_qk, d_v))
    rotary, slope = np.zeros((count, d_qk // 2), dtype), np.array([h.slope for h in layer.heads], dtype)
    out = Stack(q, k, v, np.zeros((count, d_v, d_model), dtype), rotary, slope)
    for i, h in enumerate(layer.heads):
        out.q[i, :, : h.d_qk], out.k[i, :, : h.d_qk] = h.w_q, h.w_k
        out.v[i, :, : h.d_v], out.o[i, : h.d_v] = h.w_v, h.w_o
        if h.rotary is not None:
            out.rotary[i, : len(h.rotary)] = h.rotary
    return out


def host(model: Transformer, *, normed: bool = False, square: bool = True) -> Host:
    """Return the weights for a host that divides scores by sqrt(d_head).

    normed: for layer norms, with eps and weight from `norm`. square: d_model is heads * d_head, as in most hosts. A
    host has at least one layer, head, neuron, position and dimension. Raises ExportError.
    """
    if model.final_norm is not None:
        raise ExportError("a model with a final norm cannot be exported yet")
    d = max(model.d_model + CANCELLERS + 1, LEAST_WIDTH) if normed else max(1, model.d_model)
    if normed:
        model = with_bos_apart(model)
    widest = max((max(h.d_qk, h.d_v) for layer in model.layers for h in layer.heads), default=1)
    heads = max((len(layer.heads) for layer in model.layers), default=0) or 1
    d_head = 4 ** next(k for k in range(32) if 4**k >= widest)
    d_model = d
    if square:
        heads = max(heads, -(-d // d_head))
        d_model = heads * d_head
    layers, d_ff = max(1, model.depth), max([1, *(layer.d_ff for layer in model.layers)])
    size = 1 + (model.max_len or 0)
    out = Host(
        embed=np.zeros((len(model.embed), d_model)),
        positions=np.zeros((size, d_model)),
        **{name: np.zeros((layers, heads, d_model, d_head)) for name in "qkv"},
        o=np.zeros((layers, heads, d_head, d_model)),
        w_in=np.zeros((layers, d_model, d_ff)),
        b_in=np.zeros((layers, d_ff)),
        w_out=np.zeros((layers, d_ff, d_model)),
        unembed=np.zeros((d_model, model.unembed.shape[1])),
    )
    own = model.d_model
    out.embed[:, :own] = model.embed
    if model.positions is not None:
        out.positions[:, :own] = model.positions
    out.unembed[:own] = model.unembed
    for i, layer in enumerate(model.layers):
        for j, h in enumerate(layer.heads):
            out.q[i, j, :own, : h.d_qk] = h.w_q.astype(np.float64) * np.sqrt(d_head)
            out.k[i, j, :own, : h.d_qk] = h.w_k
            out.v[i, j, :own, : h.d_v] = h.w_v
            out.o[i, j, : h.d_v, :own] = h.w_o
        out.w_in[i, :own, : layer.d_ff] = layer.w_in
        out.b_in[i, : layer.d_ff] = layer.b_in
        out.w_out[i, : layer.d_ff, :own] = layer.w_out
    return normalized(balanced(out, sizes(model)), own) if normed else out


def with_bos_apart(model: Transformer) -> Transformer:
    """The same scores, where the key of BOS has a dimension of its own in every head.

    A norm rounds each coordinate. What that does to the scores of BOS is the least where they are read off the constant
    alone.
    """
    bos = np.flatnonzero(model.embed[0])
    if len(bos) != 1 or model.embed[1:, bos].any():
        return model

    def apart(h: Head) -> Head:
        key = h.w_k[bos[0]]
        if not key.any():
            return h
        k = np.array(h.w_k)
        k[bos] = 0
        own = np.zeros((len(k), 1), k.dtype)
        own[bos] = 1
        return replace(h, w_q=np.hstack([h.w_q, (h.w_q @ key)[:, None]]), w_k=np.hstack([k, own]))

    return replace(model, layers=tuple(replace(x, heads=tuple(map(apart, x.heads))) for x in model.layers))


WRITES = ("embed", "positions", "o", "w_out")
"""The weights that write to the stream: d_model is the last axis."""
READS = ("q", "k", "v", "w_in", "unembed")
"""The weights that read it: d_model is the last axis but one."""


def balanced(h: Host, size: Floats) -> Host:
    """Divide every direction by its size, (own d_model,), so that a large one does not cancel the digits of a small one
    in a layer norm.

    The sizes are powers of two, so the division is exact.
    """
    s = np.ones(h.d_model)
    s[: len(size)] = size
    writes = {name: x / s for name, x in h.arrays().items() if name in WRITES}
    reads = {name: x * s[:, None] for name, x in h.arrays().items() if name in READS}
    return replace(h, **writes, **reads)


def sizes(model: Transformer) -> Floats:
    """Return the size of each direction on some long inputs, (d_model,), as powers of two, at least 2^-10."""
    rng = random.Random(0)
    n = model.max_len or 0
    inputs = [[v] * n for v in model.vocab[:20]] + [rng.choices(model.vocab, k=n) for _ in range(10) if model.vocab]
    seen = np.max([np.abs(x).max(axis=0) for input in inputs for x in model.residuals(input).values()], axis=0)
    out: Floats = np.exp2(np.ceil(np.log2(np.maximum(seen, 2.0**-10))))
    return out


def normalized(h: Host, at: int) -> Host:
    """Make layer norms with the eps and weight of `norm` the identity, with the free dimensions from `at`.

    LN(x) = (x - m) / sqrt(var + eps) * weight. With eps = 4^k so large that var + eps rounds to eps, and weight 2^k,
    this is x - m exactly. Every write to the stream adds minus its sum to the first free dimensions, so that m is a
    rounding error, below 2^-25 of the largest entry: most entries do not change. Nothing is written to the next
    dimension, which is therefore -m after the norm; every reader multiplies it by minus the sum of its own weights,
    which cancels m: w . (x - m) + (-sum w)(-m) = w . x.
    """
    changed = {name: getattr(h, name).copy() for name in WRITES + READS}
    for name in WRITES:
        share = -changed[name].sum(axis=-1, keepdims=True) / CANCELLERS
        changed[name][..., at : at + CANCELLERS] = share
    for name in READS:
        changed[name][..., at + CANCELLERS, :] = -changed[name].sum(axis=-2)
    return replace(h, **changed)


def norm(dtype: str) -> tuple[float, float]:
    """(eps, weight) of a layer norm that is the identity on a normalized host. Both are powers of two."""
    k = LOG_EPS[dtype]
    return 2.0**k, 2.0 ** (k // 2)
