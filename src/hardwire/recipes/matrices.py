"""From a schedule to matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..numeric.floats import FLOAT32, FloatFormat
from .assembly import BOS
from .form import ZERO, Direction, Floats, Form, of
from .schedule import Group, Schedule, ScheduledHead, ScheduledNorm
from .sources import Embedding


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


def matrices(found: Schedule, size: int, max_len: int, fmt: FloatFormat = FLOAT32) -> Matrices:
    """The matrices of a schedule, for a vocabulary of `size` tokens."""
    by = _redundant([d for d in found.embedded if d != BOS])
    directions = [d for d in found.embedded if d not in by]
    directions += [d for h in found.heads for _, d in h.values]
    directions += [g.output for g in found.groups]
    directions += [d for norm in found.norms for d in norm.outputs]
    index = {d: i for i, d in enumerate(directions)}
    embed, positions = _embedding(index, size, max_len)
    layers = []
    for k in range(1, found.depth + 1):
        heads = tuple(_head(h, fmt.self_score, index, by) for h in found.heads if h.spec.layer == k)
        groups = [g for g in found.groups if g.layer == k]
        norm = next((n for n in found.norms if n.spec.layer == k), None)
        layers.append(_normed(heads, norm, index, by) if norm else _neurons(heads, groups, index, by))
    unembed = columns(found.columns, index, by)
    return Matrices(index, by, embed, positions, tuple(layers), unembed)


def _embedding(index: dict[Direction, int], size: int, max_len: int) -> tuple[Floats, Floats | None]:
    """(the embedding of tokens, that of positions if any is embedded), BOS first."""
    embed = np.zeros((size + 1, len(index)))
    positions = np.zeros((max_len + 1, len(index)))
    used = False
    for d, i in index.items():
        if d == BOS:
            embed[0, i] = 1.0
        elif isinstance(d.source, Embedding):
            if d.source.token is not None:
                embed[1:, i] = d.source.token
            if d.source.position is not None:
                positions[1:, i] = d.source.position
                used = True
    return embed, positions if used else None


def _head(
    h: ScheduledHead, alone: float, index: dict[Direction, int], by: dict[Direction, dict[Direction, float]]
) -> HeadMatrices:
    """A head; `alone` is how strongly BOS as a query attends to itself."""
    pairs, bos, variant = h.spec.pattern.pairs, h.spec.pattern.bos, h.spec.pattern.variant
    odd = [ZERO] if variant.rotary and len(pairs) % 2 == 0 else []  # rotary dimensions come in pairs
    query = columns([*(q for q, _ in pairs), bos + of(BOS, alone), *odd], index, by)
    key = columns([*(f for _, f in pairs), of(BOS), *odd], index, by)
    out = np.zeros((len(h.values), len(index)))
    for i, (_, d) in enumerate(h.values):
        out[i, index[d]] = h.spec.scale
    return HeadMatrices(h, query, key, columns([v for v, _ in h.values], index, by), out)


def _normed(
    heads: tuple[HeadMatrices, ...],
    norm: ScheduledNorm,
    index: dict[Direction, int],
    by: dict[Direction, dict[Direction, float]],
) -> LayerMatrices:
    """A layer whose neurons copy the numbers that a norm makes."""
    width, forms = len(index), norm.spec.forms
    count = len(forms)
    project = np.zeros((width, width))
    project[:, :count] = columns(forms, index, by)
    w_in, w_out = np.zeros((width, 2 * count)), np.zeros((2 * count, width))
    for i, d in enumerate(norm.outputs):
        w_in[i, 2 * i], w_in[i, 2 * i + 1] = 1.0, -1.0
        w_out[2 * i, index[d]], w_out[2 * i + 1, index[d]] = 1.0, -1.0
    return LayerMatrices(heads, (), forms, w_in, w_out, norm=(norm, project))


def _neurons(
    heads: tuple[HeadMatrices, ...],
    groups: Sequence[Group],
    index: dict[Direction, int],
    by: dict[Direction, dict[Direction, float]],
) -> LayerMatrices:
    """A layer with its neurons; equal ones are shared."""
    place: dict[object, int] = {}
    arguments: list[Form] = []
    gates: list[Form] = []
    for g in groups:
        for i, (key, (f, _)) in enumerate(zip(g.keys, g.neurons, strict=True)):
            if place.setdefault(key, len(arguments)) == len(arguments):
                arguments.append(f)
                gates += g.gates[i : i + 1]
    w_out = np.zeros((len(arguments), len(index)))
    for g in groups:
        for key, (_, c) in zip(g.keys, g.neurons, strict=True):
            w_out[place[key], index[g.output]] += c
    activation = groups[0].activation if groups else "relu"
    w_gate = columns(gates, index, by) if activation == "swiglu" else None
    w_in = columns(arguments, index, by)
    return LayerMatrices(heads, tuple(groups), tuple(arguments), w_in, w_out, activation, w_gate)


def _redundant(embedded: Sequence[Direction]) -> dict[Direction, dict[Direction, float]]:
    """Embedding directions that are whole-number combinations of others (a digit and its square of the
    thermometer of that digit): each with its combination, in directions that stay."""
    tables = _rows(embedded)
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


def _rows(embedded: Sequence[Direction]) -> dict[Direction, Floats]:
    """What each direction is for every (token, position) pair, as far as sums of the two tables go."""
    sources = {d: d.source for d in embedded if isinstance(d.source, Embedding)}
    size = max((len(s.token) for s in sources.values() if s.token is not None), default=1)
    max_len = max((len(s.position) for s in sources.values() if s.position is not None), default=1)
    rows = {}
    for d, s in sources.items():
        token = np.zeros(size) if s.token is None else s.token
        position = np.zeros(max_len) if s.position is None else s.position
        rows[d] = np.concatenate([token + position[0], token[0] + position])
    return rows
