"""Recipes on a simulated machine: forms, pieces, scores and heads, as a model would compute them; inputs with noise.

Each takes the values of directions by name, and rounds them and its weights to the machine's format first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...constructions.attention import Pattern, Score
from ...constructions.feedforward import Piece
from ...constructions.form import Floats, Form, value_of
from ...model.transformer import Transformer
from ...model.variants import distances, hidden
from ...numeric.floats import FLOAT32
from ...numeric.machine import LIBRARY, ORDERS, Choices, Machine, Simulated

Shape = tuple[int, ...]


def machines(seed: int = 0, library: Mapping[str, float] = LIBRARY) -> Iterator[Machine]:
    """One machine for each order of summation, and one that mixes them and fuses products with sums."""
    for order in ORDERS:
        yield Machine(FLOAT32, Choices(seed, (order,), fused=False, library=library))
    yield Machine(FLOAT32, Choices(seed, fused=True, library=library))


def logits(model: Transformer, x: object, library: Mapping[str, float] = LIBRARY) -> Iterator[Floats]:
    """The logits of one input on each machine."""
    tokens = np.array([[0, *model.encode(x)]])
    return (Simulated(model, machine).logits(tokens)[0, 1:] for machine in machines(0, library))


def furthest(model: Transformer, x: object, right: Floats, library: Mapping[str, float] = LIBRARY) -> float:
    """The greatest error of a logit of one input on any machine. right: (n, outputs)."""
    return max(float(np.abs(found - right).max()) for found in logits(model, x, library))


def form(machine: Machine, f: Form, values: Mapping[str, Any], shape: Shape) -> Floats:
    return machine.sum(_terms(machine, f, values, shape))


def _terms(machine: Machine, f: Form, values: Mapping[str, Any], shape: Shape) -> Floats:
    """(terms, *shape)"""
    x = np.array([np.broadcast_to(value_of(d, values), shape) for d in f.terms]).reshape(len(f.terms), *shape)
    c = np.array([*f.terms.values()]).reshape(-1, *(1 for _ in shape))
    return machine.products(c.astype(machine.dtype), x.astype(machine.dtype))


def piece(machine: Machine, p: Piece, values: Mapping[str, Any]) -> Floats:
    """The number that a reader computes from the linear part and the neurons' sum; values: arrays of one shape."""
    shape = np.broadcast_shapes(*(np.shape(v) for v in values.values()))
    made = []
    for i, (f, _) in enumerate(p.neurons):
        gate = form(machine, p.gates[i], values, shape) if p.gates else None
        made.append(machine.activated(p.activation, form(machine, f, values, shape), gate))
    w = np.array([[c] for _, c in p.neurons], machine.dtype).reshape(-1, 1)
    written = machine.times(np.stack([*made], axis=-1) if made else np.zeros((*shape, 0)), w)
    return machine.sum(np.concatenate([_terms(machine, p.linear, values, shape), np.moveaxis(written, -1, 0)]))


def _sides(machine: Machine, pairs: Any, values: Mapping[str, Any]) -> tuple[Floats, Floats]:
    """The queries and the keys, (n, pairs) each."""
    n = max(np.size(v) for v in values.values())
    none = np.zeros((0, n), machine.dtype)
    q, k = ([form(machine, pair[side], values, (n,))[None] for pair in pairs] for side in (0, 1))
    return np.concatenate([none, *q]).T, np.concatenate([none, *k]).T


def score(machine: Machine, s: Score, values: Mapping[str, Any]) -> Floats:
    """The scores of all pairs, their level still in them, (n, n)."""
    return machine.dots(*_sides(machine, s.pairs, values))


def head(
    machine: Machine,
    p: Pattern,
    value: Form,
    values: Mapping[str, Any],
    *,
    causal: bool = False,
    rows: npt.NDArray[np.int64] | None = None,
) -> Floats:
    """What a head writes at the queries `rows`, or at all of them."""
    q, k = (np.pad(x, [(1, 0), (0, 0)]) for x in _sides(machine, p.pairs, values))
    if p.variant.rotary:
        turns = np.array(p.variant.rotary, machine.dtype)
        q, k = machine.rotated(q, turns), machine.rotated(k, turns)
    n = len(q) - 1
    every = 1 + (np.arange(n) if rows is None else rows)
    scores = machine.dots(q[every], k)
    scores[:, 0] = form(machine, p.bos, values, (n,))[every - 1]
    if p.variant.slope:
        far = -p.variant.slope * distances(slice(None), n + 1)[every]
        scores = machine.add(scores, far.astype(machine.dtype))
    unseen = np.arange(n + 1) > every[:, None] if causal else np.zeros(scores.shape, bool)
    if p.variant.sees != "all":
        unseen |= hidden(p.variant.sees, slice(None), n + 1)[every]
    scores[unseen] = -np.inf
    v = np.pad(form(machine, value, values, (n,)), (1, 0))[:, None]
    scale = machine.dtype.type(FLOAT32.exp(p.sink))
    return machine.multiply(machine.attend(scores, v, p.variant.kind)[:, 0], scale)


def noisy(x: Floats, noise: float, rng: np.random.Generator) -> Floats:
    """x off by as much as it may be: fully up or down, mostly, and sometimes by less."""
    if not noise:
        return x
    off = rng.choice((-1.0, 1.0, -1.0, 1.0, 0.0), np.shape(x)) * noise
    inner = rng.random(np.shape(x)) < 0.2
    return x + np.where(inner, rng.uniform(-noise, noise, np.shape(x)), off)
