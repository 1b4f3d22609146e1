"""Putting heads and neurons into layers, and forms into matrices.

`Stream` is a residual stream under construction: directions are added by the embedding, by heads and by
neurons; what nothing reads in the end is left out, and the rest becomes matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .attention import SELF, SINK, Pair, exponent_of_sink
from .feedforward import Piece
from .form import Direction, Floats, Form, combine, of


@dataclass(eq=False)
class HeadPlan:
    """One head: score pairs, the score of BOS, and the value forms it writes into directions."""

    layer: int
    name: str
    recipe: str
    pairs: tuple[Pair, ...]
    bos: Form  # BOS's score as a form of the query
    scale: float
    values: list[tuple[Form, Direction]] = field(default_factory=list)


@dataclass(eq=False)
class Group:
    """Neurons that together write one direction: (argument, coefficient)."""

    layer: int
    name: str
    recipe: str
    neurons: tuple[tuple[Form, float], ...]
    output: Direction


class Stream:
    """A residual stream under construction, for a vocabulary of `size` tokens and inputs up to `max_len`."""

    def __init__(self, size: int, max_len: int) -> None:
        self.size, self.max_len = size, max_len
        self.bos = Direction("bos", "bos", 0)
        self._real = Direction("real", "constant", 0, token=np.ones(size))
        self.real = of(self._real)
        self.embedded: list[Direction] = [self._real]
        self.heads: list[HeadPlan] = []
        self.groups: list[Group] = []
        self._heads: dict[object, HeadPlan] = {}
        self._outputs: dict[object, Direction] = {}

    def constant(self, value: float) -> Form:
        """The same number at every real position."""
        return self.real * value

    def embed_token(self, table: Floats, name: str, expression: str) -> Form:
        """A function of the token, (V,); a direction that differs by scale and shift alone is used again."""
        return self._embed(table, None, name, expression)

    def embed_position(self, table: Floats, name: str, expression: str) -> Form:
        """A function of the position, (max_len,)."""
        return self._embed(None, table, name, expression)

    def _embed(self, token: Floats | None, position: Floats | None, name: str, expression: str) -> Form:
        table = token if token is not None else position
        assert table is not None
        if not len(table) or np.ptp(table) == 0:
            return self.constant(float(table[0]) if len(table) else 0.0)
        for d in self.embedded:
            known = d.token if token is not None else d.position
            if known is None or d is self._real:
                continue
            fit = _affine(known, table)
            if fit is not None:
                return combine((fit[0], of(d)), (fit[1], self.real))
        # Centred, so that squares and products stay small.
        made = Direction(name, "embedding", 0, expression, 0.0, token, position)
        self.embedded.append(made)
        return of(made)

    def head(
        self,
        name: str,
        recipe: str,
        pairs: Sequence[Pair],
        bos: Form,
        value: Form,
        *,
        sink: bool = False,
        code: str = "scalar",
        expression: str = "",
        noise: float = 0.0,
    ) -> Form:
        """What a head writes: the weighted value, times B for a sum. The earliest layer that can hold it is used."""
        time = max([value.time, bos.time, *(f.time for pair in pairs for f in pair)])
        layer = (time + 1) // 2 + 1
        key = (layer, sink, bos.key, tuple((q.key, k.key) for q, k in pairs))
        plan = self._heads.get(key)
        if plan is None:
            scale = exponent_of_sink() if sink else 1.0
            plan = HeadPlan(layer, name, recipe, tuple(pairs), bos, scale)
            self._heads[key] = plan
            self.heads.append(plan)
        output = self._outputs.get((key, value.key))
        if output is None:
            output = Direction(name, code, 2 * layer - 1, expression, noise)
            self._outputs[key, value.key] = output
            plan.values.append((value, output))
        return of(output)

    def sink(self) -> Form:
        """The score of BOS in a sum."""
        return self.constant(SINK)

    def neurons(self, piece: Piece, name: str, recipe: str, *, expression: str = "", noise: float = 0.0) -> Form:
        """What a piece computes, in the earliest layer that can hold it; without neurons it is a form already."""
        if not piece.neurons:
            return piece.linear
        time = max(f.time for f, _ in piece.neurons)
        layer = time // 2 + 1
        key = (layer, tuple((f.key, c) for f, c in piece.neurons))
        output = self._outputs.get(key)
        if output is None:
            output = Direction(name, "scalar", 2 * layer, expression, noise)
            self._outputs[key] = output
            self.groups.append(Group(layer, name, recipe, piece.neurons, output))
        return piece.linear + of(output)


def _affine(known: Floats, wanted: Floats) -> tuple[float, float] | None:
    """(factor, shift) with wanted = factor * known + shift exactly, else None."""
    low, high = int(np.argmin(known)), int(np.argmax(known))
    spread = known[high] - known[low]
    if spread == 0:
        return None
    factor = float((wanted[high] - wanted[low]) / spread)
    shift = float(wanted[low] - factor * known[low])
    return (factor, shift) if np.array_equal(factor * known + shift, wanted) else None


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
    heads: tuple[tuple[HeadPlan, Floats, Floats, Floats, Floats], ...]
    groups: tuple[Group, ...]
    neurons: tuple[Form, ...]
    w_in: Floats
    w_out: Floats


def matrices(stream: Stream, readout: Sequence[Form]) -> Matrices:
    """The matrices of everything the read-out columns need."""
    heads, groups, needed = _needed(stream, readout)
    by = _redundant(stream, [d for d in stream.embedded if d in needed])
    needed -= by.keys()
    directions = [d for d in (stream.bos, *stream.embedded) if d in needed]
    directions += [d for h in heads for _, d in h.values if d in needed]
    directions += [g.output for g in groups]
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
    depth = max([h.layer for h in heads] + [g.layer for g in groups] + [1])
    layers = []
    for k in range(1, depth + 1):
        built = []
        for h in heads:
            if h.layer != k:
                continue
            kept = [(v, d) for v, d in h.values if d in needed]
            query = matrix([*(q for q, _ in h.pairs), h.bos + of(stream.bos, SELF)])
            key = matrix([*(f for _, f in h.pairs), of(stream.bos)])
            out = np.zeros((len(kept), width))
            for i, (_, d) in enumerate(kept):
                out[i, index[d]] = h.scale
            built.append((h, query, key, matrix([v for v, _ in kept]), out))
        here = [g for g in groups if g.layer == k]
        place: dict[object, int] = {}
        arguments: list[Form] = []
        for g in here:
            for f, _ in g.neurons:
                if place.setdefault(f.key, len(arguments)) == len(arguments):
                    arguments.append(f)
        w_out = np.zeros((len(arguments), width))
        for g in here:
            for f, c in g.neurons:
                w_out[place[f.key], index[g.output]] += c
        layers.append(LayerMatrices(tuple(built), tuple(here), tuple(arguments), matrix(arguments), w_out))
    used = any(d.position is not None for d in directions)
    return Matrices(index, by, embed, positions if used else None, tuple(layers), matrix(list(readout)))


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


def _needed(stream: Stream, readout: Sequence[Form]) -> tuple[list[HeadPlan], list[Group], set[Direction]]:
    """The heads, groups and directions that the read-out reads, directly or not."""
    needed: set[Direction] = set()
    stack = [d for f in readout for d in f.terms]
    head_of = {d: h for h in stream.heads for _, d in h.values}
    group_of = {g.output: g for g in stream.groups}
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
    heads = [h for h in stream.heads if h in started]
    return heads, [g for g in stream.groups if g.output in needed], needed
