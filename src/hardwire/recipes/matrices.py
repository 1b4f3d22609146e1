"""From a residual stream under construction to matrices: what nothing reads in the end is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .assembly import Group, HeadPlan, NormPlan, Stream
from .form import ZERO, Direction, Floats, Form, of


@dataclass(frozen=True)
class Matrices:
    """A finished stream as float64 matrices; see `model.transformer` for the shapes.

    `index`: the coordinate of each direction; `by`: directions that are combinations of others.
    """

    index: dict[Direction, int]
    by: dict[Direction, dict[Direction, float]]
    embed: Floats
    positions: Floats | None
    layers: tuple[LayerMatrices, ...]
    unembed: Floats

    @property
    def directions(self) -> tuple[Direction, ...]:
        return tuple(self.index)

    def column(self, form: Form) -> Floats:
        """A form as a vector, (d_model,). Raises KeyError where the model does not hold all of it."""
        return columns([form], self.index, self.by)[:, 0]

    def holds(self, form: Form) -> bool:
        """Whether the model has every direction of a form."""
        return all(d in self.index or d in self.by for d in form.terms)


def columns(forms: Sequence[Form], index: dict[Direction, int], by: dict[Direction, dict[Direction, float]]) -> Floats:
    """Forms as the columns of a matrix, (d_model, forms)."""
    out = np.zeros((1 + max(index.values(), default=-1), len(forms)))
    for j, form in enumerate(forms):
        for d, c in form.terms.items():
            for base, factor in by.get(d, {d: 1.0}).items():
                out[index[base], j] += c * factor
    return out


@dataclass(frozen=True)
class LayerMatrices:
    """A layer: its heads with W_Q, W_K, W_V, W_O; its neurons, which read `norm` @ stream where there is one."""

    heads: tuple[tuple[HeadPlan, Floats, Floats, Floats, Floats], ...]
    groups: tuple[Group, ...]
    neurons: tuple[Form, ...]
    w_in: Floats
    w_out: Floats
    activation: str = "relu"
    w_gate: Floats | None = None
    norm: tuple[NormPlan, Floats] | None = None


def matrices(stream: Stream, readout: Sequence[Form]) -> Matrices:
    """The matrices of everything the read-out columns need."""
    heads, groups, norms, needed = _needed(stream, readout)
    by = _redundant(stream, [d for d in stream.embedded if d in needed])
    needed -= by.keys()
    directions = [d for d in (stream.bos, *stream.embedded) if d in needed]
    directions += [d for h in heads for _, d in h.values if d in needed]
    directions += [g.output for g in groups]
    directions += [d for plan in norms.values() for d in plan.outputs]
    index = {d: i for i, d in enumerate(directions)}
    width = len(directions)

    def matrix(forms: Sequence[Form]) -> Floats:
        return columns(forms, index, by)

    embed = np.zeros((stream.size + 1, width))
    positions = np.zeros((stream.max_len + 1, width))
    if stream.bos in index:
        embed[0, index[stream.bos]] = 1.0
    for d in stream.embedded:
        if d in index and d.token is not None:
            embed[1:, index[d]] = d.token
        if d in index and d.position is not None:
            positions[1:, index[d]] = d.position
    depth = max([h.layer for h in heads] + [g.layer for g in groups] + [*norms] + [1])
    layers = []
    for k in range(1, depth + 1):
        built = []
        for h in heads:
            if h.layer != k:
                continue
            kept = [(v, d) for v, d in h.values if d in needed]
            odd = [ZERO] if h.variant.rotary and len(h.pairs) % 2 == 0 else []  # rotary dimensions come in pairs
            query = matrix([*(q for q, _ in h.pairs), h.bos + of(stream.bos, stream.format.self_score), *odd])
            key = matrix([*(f for _, f in h.pairs), of(stream.bos), *odd])
            out = np.zeros((len(kept), width))
            for i, (_, d) in enumerate(kept):
                out[i, index[d]] = h.scale
            built.append((h, query, key, matrix([v for v, _ in kept]), out))
        here = [g for g in groups if g.layer == k]
        layers.append(_neurons(stream, tuple(built), here, norms.get(k), index, by))
    used = any(d.position is not None for d in directions)
    return Matrices(index, by, embed, positions if used else None, tuple(layers), matrix(list(readout)))


def _neurons(
    stream: Stream,
    heads: tuple[tuple[HeadPlan, Floats, Floats, Floats, Floats], ...],
    groups: Sequence[Group],
    norm: NormPlan | None,
    index: dict[Direction, int],
    by: dict[Direction, dict[Direction, float]],
) -> LayerMatrices:
    """A layer with its neurons; equal ones are shared."""
    width = len(index)
    if norm is not None:
        project, count = np.zeros((width, width)), len(norm.forms)
        project[:, :count] = columns(norm.forms, index, by)
        w_in, w_out = np.zeros((width, 2 * count)), np.zeros((2 * count, width))
        for i, d in enumerate(norm.outputs):
            w_in[i, 2 * i], w_in[i, 2 * i + 1] = 1.0, -1.0
            w_out[2 * i, index[d]], w_out[2 * i + 1, index[d]] = 1.0, -1.0
        return LayerMatrices(heads, (), norm.forms, w_in, w_out, norm=(norm, project))
    place: dict[object, int] = {}
    arguments: list[Form] = []
    gates: list[Form] = []
    for g in groups:
        for i, (key, (f, _)) in enumerate(zip(g.keys, g.neurons, strict=True)):
            if place.setdefault(key, len(arguments)) == len(arguments):
                arguments.append(f)
                gates += g.gates[i : i + 1]
    w_out = np.zeros((len(arguments), width))
    for g in groups:
        for key, (_, c) in zip(g.keys, g.neurons, strict=True):
            w_out[place[key], index[g.output]] += c
    activation = stream.activations[groups[0].layer] if groups else "relu"
    w_gate = columns(gates, index, by) if activation == "swiglu" else None
    w_in = columns(arguments, index, by)
    return LayerMatrices(heads, tuple(groups), tuple(arguments), w_in, w_out, activation, w_gate)


def _redundant(stream: Stream, embedded: Sequence[Direction]) -> dict[Direction, dict[Direction, float]]:
    """Embedding directions that are whole-number combinations of others (a digit and its square of the
    thermometer of that digit): each with its combination, in directions that stay."""
    tables = {d: _rows(stream, d) for d in embedded}
    stay: list[Direction] = []
    by: dict[Direction, dict[Direction, float]] = {}
    # Small steps first: what rises further is a sum of them, not the other way round.
    for d in sorted(embedded, key=lambda d: float(np.ptp(tables[d]))):
        if stay:
            rest = np.stack([tables[o] for o in stay], axis=1)
            factors = np.round(np.linalg.lstsq(rest, tables[d], rcond=None)[0])
            if np.array_equal(rest @ factors, tables[d]):
                by[d] = {o: float(f) for o, f in zip(stay, factors, strict=True) if f}
                continue
        stay.append(d)
    return by


def _rows(stream: Stream, d: Direction) -> Floats:
    """What a direction is for every (token, position) pair, as far as sums of the two tables go."""
    token = np.zeros(stream.size) if d.token is None else d.token
    position = np.zeros(stream.max_len) if d.position is None else d.position
    return np.concatenate([token + position[0], token[0] + position])


def _needed(
    stream: Stream, readout: Sequence[Form]
) -> tuple[list[HeadPlan], list[Group], dict[int, NormPlan], set[Direction]]:
    """The heads, groups, norms and directions that the read-out reads, directly or not."""
    needed: set[Direction] = set()
    stack = [d for f in readout for d in f.terms]
    head_of = {d: h for h in stream.heads for _, d in h.values}
    group_of = {g.output: g for g in stream.groups}
    norm_of = {d: plan for plan in stream.norms.values() for d in plan.outputs}
    started: set[HeadPlan] = set()
    while stack:
        d = stack.pop()
        if d in needed:
            continue
        needed.add(d)
        if d in head_of:
            h = head_of[d]
            stack += next(v for v, out in h.values if out is d).terms
            if h not in started:
                started.add(h)
                stack += [x for q, k in h.pairs for f in (q, k) for x in f.terms]
                stack += [*h.bos.terms, stream.bos]
        elif d in group_of:
            stack += [x for f, _ in group_of[d].neurons for x in f.terms]
            stack += [x for gate in group_of[d].gates for x in gate.terms]
        elif d in norm_of:
            stack += [*norm_of[d].outputs, *(x for f in norm_of[d].forms for x in f.terms)]
    heads = [h for h in stream.heads if h in started]
    norms = {k: plan for k, plan in stream.norms.items() if plan.outputs[0] in needed}
    return heads, [g for g in stream.groups if g.output in needed], norms, needed
