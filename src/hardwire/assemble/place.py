"""Placing: values share a coordinate of the residual stream.

The mark of BOS shares the coordinate of a result of the last layer, in every model. At BOS nothing reads the result,
and at tokens the coordinate is 0 until the result is written, so neither disturbs the other.

If asked for, a value takes the coordinate of one that nothing reads any more. Neurons erase it, one if the value never
changes its sign and else two: -relu(x), relu(-x), or both. A new value may be written there by the same neurons, or
by heads further on. A direction takes a row of every matrix and an entry of every embedding; erasing takes columns of
one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..constructions.form import Direction, Floats, Form, of
from ..constructions.ranges import Ranges
from ..constructions.sources import head_outputs
from ..constructions.stream import BOS
from ..model.slots import MLP, Slot
from .matrices import HeadMatrices, LayerMatrices, Matrices
from .schedule import Group


@dataclass(frozen=True)
class Life:
    """The slot in which a direction is written, and the last layer that reads it; None where the read-out does."""

    born: Slot
    last: int | None


def placed(m: Matrices, ranges: Ranges, keep: list[tuple[Form, int]], *, reuse: bool) -> Matrices:
    """The same model with directions in shared coordinates: BOS, and if `reuse`, others where that makes it smaller.

    `keep`: forms that must still be readable after a layer.
    """
    found = _placed(m, ranges, {}, {})
    if reuse:  # a neuron that erases is as wide as the model that comes of it
        first = _placed(m, ranges, *_reused(m, ranges, keep, len(m.coordinates.index)))
        second = _placed(m, ranges, *_reused(m, ranges, keep, first.coordinates.width))
        found = min(found, first, second, key=lambda x: x.parameters)
    return found


def _placed(
    m: Matrices, ranges: Ranges, shared: dict[Direction, Direction], erasures: dict[int, list[Direction]]
) -> Matrices:
    """The same model with these directions in shared coordinates, and BOS."""
    result = _result(m, {*shared, *shared.values()})
    if result is not None:
        shared[result] = BOS
    return m if not shared else _merged(m, shared, erasures, ranges)


def _result(m: Matrices, taken: set[Direction]) -> Direction | None:
    """A direction of the last layer that can share the coordinate of BOS."""
    if BOS not in m.coordinates.index or BOS in taken or any(layer.norm is not None for layer in m.layers):
        return None
    last = [d for d in m.coordinates.index if _born(d).layer == len(m.layers) and d not in taken and not d.own]
    return last[-1] if last else None


def _reused(
    m: Matrices, ranges: Ranges, keep: list[tuple[Form, int]], width: int
) -> tuple[dict[Direction, Direction], dict[int, list[Direction]]]:
    """(the direction whose coordinate each takes, the directions to erase in each layer), for a model so wide"""
    lives = _lives(m, keep)
    erasures: dict[int, list[Direction]] = {}
    shared: dict[Direction, Direction] = {}  # the direction whose place a later one takes
    holder = {place: d for d, place in m.coordinates.index.items()}  # the latest direction of each place
    saved = _cost_of_direction(m)
    cost = 2 * width + 1
    for d in sorted(m.coordinates.index, key=lambda d: lives[d].born):
        layer = lives[d].born.complete_layers  # the neurons that would erase
        if layer < 1:
            continue
        free = [o for o in holder.values() if o != d and _dead(lives[o], layer)]
        if not free:
            continue
        old = min(free, key=lambda o: len(_signs(o, ranges)))
        if saved <= cost * len(_signs(old, ranges)):
            continue
        del holder[m.coordinates.index[d]]
        place = next(p for p, o in holder.items() if o == old)
        holder[place] = d
        shared[d] = old
        erasures.setdefault(layer, []).append(old)
    return shared, erasures


def _dead(life: Life, layer: int) -> bool:
    return life.last is not None and life.last <= layer and life.born < Slot(layer, MLP)


def _signs(d: Direction, ranges: Ranges) -> tuple[float, ...]:
    """The signs that a direction can have: a neuron erases each."""
    low, high = ranges.of(of(d))
    return (1.0,) if low >= 0 else (-1.0,) if high <= 0 else (1.0, -1.0)


def _lives(m: Matrices, keep: list[tuple[Form, int]]) -> dict[Direction, Life]:
    last: dict[int, int] = dict.fromkeys(m.coordinates.index.values(), 0)
    for number, layer in enumerate(m.layers, 1):
        for matrix in (layer.w_in, *(w for h in layer.heads for w in (h.q, h.k, h.v))):
            for i in np.flatnonzero(np.any(matrix != 0, axis=1)).tolist():
                last[i] = number
    for form, after in keep:  # after a layer is before the neurons of the next
        for i in np.flatnonzero(m.column(form)).tolist():
            last[i] = max(last[i], after + 1)
    for i in np.flatnonzero(np.any(m.unembed != 0, axis=1)).tolist():
        last[i] = -1
    return {d: Life(_born(d), None if last[i] < 0 else last[i]) for d, i in m.coordinates.index.items()}


def _born(d: Direction) -> Slot:
    """The slot in which a direction is first written."""
    return min((output.slot for output in head_outputs(d.source)), default=d.slot)


def _cost_of_direction(m: Matrices) -> int:
    """How many parameters a direction is."""
    heads: int = sum(h.q.shape[1] + h.k.shape[1] + h.v.shape[1] + h.o.shape[0] for x in m.layers for h in x.heads)
    neurons: int = sum(2 * x.w_in.shape[1] for x in m.layers)
    positions = 0 if m.positions is None else m.positions.shape[0]
    return int(int(m.embed.shape[0]) + positions + heads + neurons + m.unembed.shape[1])


def _merged(
    m: Matrices, shared: dict[Direction, Direction], erasures: dict[int, list[Direction]], ranges: Ranges
) -> Matrices:
    """The matrices with the rows of directions that share a place added up, and the neurons that erase."""
    layers = []
    for number, layer in enumerate(m.layers, 1):
        for d in erasures.get(number, ()):
            layer = _erasing(layer, number, d, m, ranges)
        layers.append(layer)
    place: dict[Direction, int] = {}
    for d in sorted(m.coordinates.index, key=lambda d: d.slot):
        place[d] = place[shared[d]] if d in shared else len(set(place.values()))
    width = len(set(place.values()))
    gather = np.zeros((width, len(m.coordinates.index)))
    for d, i in m.coordinates.index.items():
        gather[place[d], i] = 1.0

    def rows(matrix: Floats) -> Floats:
        out: Floats = gather @ matrix
        return out

    def columns(matrix: Floats) -> Floats:
        out: Floats = matrix @ gather.T
        return out

    moved = tuple(
        replace(
            x,
            heads=tuple(HeadMatrices(h.head, rows(h.q), rows(h.k), rows(h.v), columns(h.o)) for h in x.heads),
            w_in=rows(x.w_in),
            w_out=columns(x.w_out),
        )
        for x in layers
    )
    positions = None if m.positions is None else columns(m.positions)
    return Matrices(replace(m.coordinates, index=place), columns(m.embed), positions, moved, rows(m.unembed))


def _erasing(layer: LayerMatrices, number: int, d: Direction, m: Matrices, ranges: Ranges) -> LayerMatrices:
    """The layer with neurons that take a direction away; one that reads it alone already is used again."""
    signs = _signs(d, ranges)
    arguments, w_in, w_out = list(layer.neurons), layer.w_in, layer.w_out
    known = [f.key for f in arguments]
    row = np.zeros((1, len(m.coordinates.index)))
    row[0, m.coordinates.index[d]] = 1.0
    for sign in signs:
        form = of(d, sign)
        if form.key in known:
            at = known.index(form.key)
            w_out = w_out.copy()
            w_out[at] -= sign * row[0]
        else:
            arguments.append(form)
            w_in, w_out = np.hstack([w_in, sign * row.T]), np.vstack([w_out, -sign * row])
    neurons = tuple((of(d, sign), -sign) for sign in signs)
    group = Group(number, f"erase {d.name}", "erasure", neurons, d)
    return replace(layer, groups=(*layer.groups, group), neurons=tuple(arguments), w_in=w_in, w_out=w_out)
