"""From a schedule to matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..constructions.form import ZERO, Floats, Form, of
from ..constructions.sources import Embedding
from ..constructions.stream import BOS
from ..numeric.floats import FLOAT32, FloatFormat
from .coordinates import Coordinates, redundant
from .schedule import Group, Schedule, ScheduledHead, ScheduledNorm


@dataclass(frozen=True)
class HeadMatrices:
    """A head with its W_Q, W_K, W_V and W_O."""

    head: ScheduledHead
    q: Floats
    k: Floats
    v: Floats
    o: Floats


@dataclass(frozen=True)
class LayerMatrices:
    """A layer: its heads, and its neurons, which read `norm` @ stream where there is one."""

    heads: tuple[HeadMatrices, ...]
    groups: tuple[Group, ...]
    neurons: tuple[Form, ...]
    w_in: Floats
    w_out: Floats
    activation: str = "relu"
    w_gate: Floats | None = None
    norm: tuple[ScheduledNorm, Floats] | None = None


@dataclass(frozen=True)
class Matrices:
    """A schedule as float64 matrices; see `model.transformer` for the shapes."""

    coordinates: Coordinates
    embed: Floats
    positions: Floats | None
    layers: tuple[LayerMatrices, ...]
    unembed: Floats

    @property
    def parameters(self) -> int:
        """The number of weights."""
        tables = [self.embed, self.unembed, *([] if self.positions is None else [self.positions])]
        heads = [w for layer in self.layers for h in layer.heads for w in (h.q, h.k, h.v, h.o)]
        neurons = [w for layer in self.layers for w in (layer.w_in, layer.w_in[:1], layer.w_out)]
        return sum(w.size for w in (*tables, *heads, *neurons))

    def column(self, form: Form) -> Floats:
        """A form as a vector, (d_model,). Raises KeyError where the model does not have all of it."""
        return self.coordinates.columns([form])[:, 0]

    def holds(self, form: Form) -> bool:
        """Whether the model has every direction of a form."""
        return self.coordinates.hold(form)


def matrices(found: Schedule, size: int, max_len: int, fmt: FloatFormat = FLOAT32) -> Matrices:
    """The matrices of a schedule, for a vocabulary of `size` tokens."""
    by = redundant([d for d in found.embedded if d != BOS])
    directions = [d for d in found.embedded if d not in by]
    directions += [d for h in found.heads for _, d in h.values]
    directions += [g.output for g in found.groups]
    directions += [d for norm in found.norms for d in norm.outputs]
    at = Coordinates({d: i for i, d in enumerate(dict.fromkeys(directions))}, by)
    embed, positions = _embedding(at, size, max_len)
    layers = tuple(_layer(found, k, at, fmt) for k in range(1, found.depth + 1))
    return Matrices(at, embed, positions, layers, at.columns(found.columns))


def _embedding(at: Coordinates, size: int, max_len: int) -> tuple[Floats, Floats | None]:
    """(the embedding of tokens, that of positions if any is embedded), BOS first."""
    embed = np.zeros((size + 1, at.width))
    positions = np.zeros((max_len + 1, at.width))
    used = False
    for d, i in at.index.items():
        if d == BOS:
            embed[0, i] = 1.0
        elif isinstance(d.source, Embedding):
            if d.source.token is not None:
                embed[1:, i] = d.source.token
            if d.source.position is not None:
                positions[1:, i] = d.source.position
                used = True
    return embed, positions if used else None


def _layer(found: Schedule, k: int, at: Coordinates, fmt: FloatFormat) -> LayerMatrices:
    """The k-th layer."""
    heads = tuple(_head(h, at, fmt) for h in found.heads if h.spec.layer == k)
    norm = next((n for n in found.norms if n.spec.layer == k), None)
    if norm is not None:
        return _normed(heads, norm, at)
    return _neurons(heads, [g for g in found.groups if g.layer == k], at)


def _head(h: ScheduledHead, at: Coordinates, fmt: FloatFormat) -> HeadMatrices:
    """A head; BOS as a query attends to itself alone."""
    pairs, bos, variant = h.spec.pattern.pairs, h.spec.pattern.bos, h.spec.pattern.variant
    odd = [ZERO] if variant.rotary and len(pairs) % 2 == 0 else []  # rotary dimensions come in pairs
    query = at.columns([*(q for q, _ in pairs), bos + of(BOS, fmt.self_score), *odd])
    key = at.columns([*(f for _, f in pairs), of(BOS), *odd])
    out = np.zeros((len(h.values), at.width))
    for i, (_, d) in enumerate(h.values):
        out[i, at.index[d]] = h.spec.scale
    return HeadMatrices(h, query, key, at.columns([v for v, _ in h.values]), out)


def _normed(heads: tuple[HeadMatrices, ...], norm: ScheduledNorm, at: Coordinates) -> LayerMatrices:
    """A layer whose neurons copy the numbers that a norm makes."""
    forms = norm.spec.forms
    count = len(forms)
    project = np.zeros((at.width, at.width))
    project[:, :count] = at.columns(forms)
    w_in, w_out = np.zeros((at.width, 2 * count)), np.zeros((2 * count, at.width))
    for i, d in enumerate(norm.outputs):
        w_in[i, 2 * i], w_in[i, 2 * i + 1] = 1.0, -1.0
        w_out[2 * i, at.index[d]], w_out[2 * i + 1, at.index[d]] = 1.0, -1.0
    return LayerMatrices(heads, (), forms, w_in, w_out, norm=(norm, project))


def _neurons(heads: tuple[HeadMatrices, ...], groups: Sequence[Group], at: Coordinates) -> LayerMatrices:
    """A layer with its neurons; equal ones are shared."""
    place: dict[object, int] = {}
    arguments: list[Form] = []
    gates: list[Form] = []
    for g in groups:
        for i, (key, (f, _)) in enumerate(zip(g.keys, g.neurons, strict=True)):
            if place.setdefault(key, len(arguments)) == len(arguments):
                arguments.append(f)
                gates += g.gates[i : i + 1]
    w_out = np.zeros((len(arguments), at.width))
    for g in groups:
        for key, (_, c) in zip(g.keys, g.neurons, strict=True):
            w_out[place[key], at.index[g.output]] += c
    activation = groups[0].activation if groups else "relu"
    w_gate = at.columns(gates) if activation == "swiglu" else None
    return LayerMatrices(
        heads, tuple(groups), tuple(arguments), at.columns(arguments), w_out, activation, w_gate=w_gate
    )
