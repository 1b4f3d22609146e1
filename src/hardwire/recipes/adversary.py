"""Recipes run in float32 as badly as may be: every order of summation that tends to hurt, noise at its limit.

What a recipe claims must hold for the worst of all this; `probes` compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..model.circuit import Circuit
from ..model.transformer import Transformer
from ..model.variants import distances, gelu, hard, hidden, rotated, swish
from ..model.weights import Norm
from ..numeric.floats import FLOAT32
from .attention import Pattern, Score, exponent_of_sink
from .feedforward import Piece
from .form import Floats, Form, value_of

ORDERS = ("given", "reversed", "shuffled", "large first", "small first", "signs apart", "fused")
"""The orders in which sums are taken; fused products are not rounded before they are added."""

Singles = npt.NDArray[np.float32]


def total(terms: Floats, order: str, rng: np.random.Generator) -> Singles:
    """The sum over the first axis, added up one after another in float32. terms: exact products, in float64."""
    if not len(terms):
        return np.zeros(terms.shape[1:], np.float32)
    if order != "fused":
        terms = terms.astype(np.float32).astype(np.float64)
    if order == "reversed":
        terms = terms[::-1]
    elif order == "shuffled":
        terms = rng.permuted(terms, axis=0)
    elif order in ("large first", "small first"):
        at = np.argsort(np.abs(terms), axis=0, kind="stable")
        terms = np.take_along_axis(terms, at[::-1] if order == "large first" else at, axis=0)
    elif order == "signs apart":
        terms = -np.sort(-terms, axis=0)
    if len(terms) > 64:  # accumulate works in order; a fused sum of so many is not told apart from a separate one
        out: Singles = np.add.accumulate(terms.astype(np.float32), axis=0, dtype=np.float32)[-1]
        return out
    acc = np.zeros(terms.shape[1:], np.float32)
    for term in terms:
        acc = (acc.astype(np.float64) + term).astype(np.float32)
    return acc


def form(f: Form, values: Mapping[str, Any], order: str, rng: np.random.Generator, shape: tuple[int, ...]) -> Singles:
    """A form in float32, weights and values rounded to it first."""
    terms = products(f, values, shape)
    return total(np.stack(terms), order, rng) if terms else np.zeros(shape, np.float32)


def products(f: Form, values: Mapping[str, Any], shape: tuple[int, ...]) -> list[Floats]:
    """The terms of a form, exact products of float32 weights and values."""
    pairs = ((np.float32(c), np.asarray(value_of(d, values), np.float32)) for d, c in f.terms.items())
    return [np.broadcast_to(np.float64(c) * x.astype(np.float64), shape) for c, x in pairs]


def piece(p: Piece, values: Mapping[str, Any], order: str, rng: np.random.Generator) -> Singles:
    """What neurons write, and a reader makes of it and the linear part; values: arrays of one shape."""
    shape = np.broadcast_shapes(*(np.shape(v) for v in values.values()))
    outs = []
    for i, (f, c) in enumerate(p.neurons):
        z = form(f, values, order, rng, shape)
        if p.activation == "relu":
            h = np.maximum(z, np.float32(0))
        else:
            h = gelu(z) if p.activation == "gelu" else swish(z)
        if p.gates:
            h = h * form(p.gates[i], values, order, rng, shape)
        outs.append(h.astype(np.float64) * np.float64(np.float32(c)))
    written = total(np.stack(outs), order, rng) if outs else np.zeros(shape, np.float32)
    return total(np.stack([*products(p.linear, values, shape), written.astype(np.float64)]), order, rng)


def score(s: Score, values: Mapping[str, Any], order: str, rng: np.random.Generator) -> Singles:
    """The scores of all pairs, their level still in them, (n, n)."""
    n = max(np.size(v) for v in values.values())
    q = np.stack([form(a, values, order, rng, (n,)) for a, _ in s.pairs]).astype(np.float64)
    k = np.stack([form(b, values, order, rng, (n,)) for _, b in s.pairs]).astype(np.float64)
    return total(q[:, :, None] * k[:, None, :], order, rng)


def head(
    p: Pattern,
    value: Form,
    values: Mapping[str, Any],
    order: str,
    rng: np.random.Generator,
    *,
    causal: bool = False,
    rows: npt.NDArray[np.int64] | None = None,
) -> Singles:
    """What a head writes at the queries `rows` (all of them), in float32; exp a little off at random."""
    n = max(np.size(v) for v in values.values())
    every = np.arange(n) if rows is None else rows
    width = len(p.pairs)
    q, k = np.zeros((1, n + 1, width), np.float32), np.zeros((1, n + 1, width), np.float32)
    for d, (a, b) in enumerate(p.pairs):
        q[0, 1:, d], k[0, 1:, d] = form(a, values, order, rng, (n,)), form(b, values, order, rng, (n,))
    if p.variant.rotary:
        turns = np.array(p.variant.rotary, np.float32)
        q, k = rotated(q, turns), rotated(k, turns)
    cells = q[0, 1 + every, :, None].astype(np.float64) * k[0].T.astype(np.float64)
    scores = total(np.moveaxis(cells, 1, 0), order, rng)
    scores[:, 0] = form(p.bos, values, order, rng, (n,))[every]
    if p.variant.slope:
        scores -= (p.variant.slope * distances(slice(1, n + 1), n + 1)[every]).astype(np.float32)
    if p.variant.sees != "all":
        scores[hidden(p.variant.sees, slice(1, n + 1), n + 1)[every]] = -np.inf
    if causal:
        scores[np.arange(n + 1) > 1 + every[:, None]] = -np.inf
    if p.variant.kind != "softmax":
        scores = np.where(hard(scores, p.variant.kind), np.float32(0), np.float32(-np.inf))
    scores -= scores.max(axis=1, keepdims=True)
    weights = np.exp(scores)
    if p.variant.kind == "softmax":
        weights = weights * (1 + rng.choice((-1.0, 0.0, 1.0), weights.shape) * FLOAT32.unit).astype(np.float32)
    v = np.concatenate([[np.float32(0)], form(value, values, order, rng, (n,))])
    top = total((weights * v).astype(np.float64).T, order, rng)
    bottom = total(weights.astype(np.float64).T, order, rng)
    scale = np.float32(exponent_of_sink() if p.sink else 1.0)
    out: Singles = top / bottom * scale
    return out


def shuffled(model: Transformer, rng: np.random.Generator) -> Transformer:
    """The same model with its directions in another order, so that every sum over them is taken in another one."""
    at = rng.permutation(model.d_model)

    def norm(n: Norm | None) -> Norm | None:
        if n is None:
            return None
        project = None if n.project is None else n.project[at][:, at]
        return replace(n, gain=n.gain[at], bias=n.bias[at], project=project)

    layers = []
    for layer in model.layers:
        heads = tuple(replace(h, w_q=h.w_q[at], w_k=h.w_k[at], w_v=h.w_v[at], w_o=h.w_o[:, at]) for h in layer.heads)
        gate = None if layer.w_gate is None else layer.w_gate[at]
        norms: dict[str, Any] = {place: norm(n) for place, n in layer.norms.items()}
        layers.append(replace(layer, heads=heads, w_in=layer.w_in[at], w_out=layer.w_out[:, at], w_gate=gate, **norms))
    return replace(
        model,
        embed=model.embed[:, at],
        positions=None if model.positions is None else model.positions[:, at],
        layers=tuple(layers),
        unembed=model.unembed[at],
        final_norm=norm(model.final_norm),
        circuit=Circuit(),
    )


def noisy(x: Floats, noise: float, rng: np.random.Generator) -> Floats:
    """x off by as much as it may be: fully up or down, mostly, and sometimes by less."""
    if not noise:
        return x
    off = rng.choice((-1.0, 1.0, -1.0, 1.0, 0.0), np.shape(x)) * noise
    inner = rng.random(np.shape(x)) < 0.2
    return x + np.where(inner, rng.uniform(-noise, noise, np.shape(x)), off)
