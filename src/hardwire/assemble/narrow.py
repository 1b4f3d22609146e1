"""Heads with as few dimensions as their scores need.

A dimension whose queries, or keys, are a combination of those of others is left out: the others do its part.

The key of BOS takes a dimension of its own only where it must. Where its score is a combination of what the other
dimensions read of the query, the coefficients are its key. As a query, BOS must attend to itself alone, so that nothing
changes its row: one dimension, in which the keys of all tokens lie to one side of its own, is enough for that. The last
layer needs none, since nothing reads BOS after it, and nor does a causal model, in which BOS sees only itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..constructions.attention import PLAIN
from ..constructions.form import Floats, Form
from ..constructions.ranges import Ranges
from ..constructions.sources import Embedding
from ..constructions.stream import BOS
from ..numeric.floats import FLOAT64
from .matrices import HeadMatrices, Matrices

LEAST = 2.0**-6
"""The least distance of the key of BOS from all others."""
DIGITS = 2.0**-12
"""What the coefficients of a combination of several forms are multiples of."""

FAINT = 2.0**-26
"""A column with a share below this in all vectors that the columns map to 0 is no combination of others."""


def narrowed(m: Matrices, ranges: Ranges, *, causal: bool) -> Matrices:
    """The same model with fewer dimensions of heads."""
    if BOS not in m.coordinates.index or any(h.head.spec.pattern.variant != PLAIN for x in m.layers for h in x.heads):
        return m
    layers = []
    for number, layer in enumerate(m.layers, 1):
        alone = not causal and number < len(m.layers)
        heads = (
            _folded(_independent(h, m, ranges), ranges, m, alone=alone) if _whole(h, m) else h for h in layer.heads
        )
        layers.append(replace(layer, heads=tuple(heads)))
    return replace(m, layers=tuple(layers))


def _whole(h: HeadMatrices, m: Matrices) -> bool:
    """Whether the score of BOS is of whole numbers, as far as it is of embedded ones; others are rounded, and would be
    in each dimension that has a share of them."""
    used = h.q[:, -1] != 0
    tables = [m.embed, *([] if m.positions is None else [m.positions])]
    return all(np.array_equal(np.round(t[:, used]), t[:, used]) for t in tables)


def _independent(h: HeadMatrices, m: Matrices, ranges: Ranges) -> HeadMatrices:
    """The head without dimensions that are combinations of others, if all of them read the embedding alone: what is
    exact stays exact."""
    computed = [i for i, d in enumerate(m.coordinates.index) if not isinstance(d.source, Embedding)]
    own = np.logical_or(*(np.logical_or.reduce(x[computed] != 0) for x in (h.q, h.k)))
    dims = np.flatnonzero(~own[:-1]).tolist()
    q, k, fmt = h.q.copy(), h.k.copy(), ranges.format.numpy
    may = [_dependent(x.astype(fmt), dims) for x in (q, k)]
    for j in list(dims):
        others = [i for i in dims if i != j]
        for same, other, some in ((q, k, may[0]), (k, q, may[1])):
            found = _combination(same[:, others], same[:, j], ranges) if some[j] else None
            if found is None:
                continue
            moved = other[:, others] + np.outer(other[:, j], found)
            if np.array_equal(moved.astype(fmt), moved):
                other[:, others], dims = moved, others
                q[:, j] = k[:, j] = 0.0
                may = [_dependent(x.astype(fmt), dims) for x in (q, k)]
                break
    used = np.logical_and(*(np.logical_or.reduce(x != 0) for x in (q, k)))
    used[-1:] = True
    return replace(h, q=q[:, used], k=k[:, used])


def _dependent(columns: Floats, dims: Sequence[int]) -> npt.NDArray[np.bool_]:
    """(columns,) which of some columns may be combinations of others of these."""
    found, left = np.zeros(columns.shape[1], bool), np.array(dims, np.int64)
    used = columns[:, left] != 0
    while len(dims) > 1 and len(left):
        alone = np.logical_or.reduce(used[np.add.reduce(used, axis=1) == 1])
        if not alone.any():
            own = columns[:, left][used.any(axis=1)].astype(np.float64)  # rows of 0 say nothing
            _, sizes, kernel = np.linalg.svd(own, full_matrices=len(own) < len(left))
            rank = np.count_nonzero(sizes > sizes.max(initial=0.0) * max(columns.shape) * 2 * FLOAT64.unit)
            found[left] = (np.abs(kernel[rank:]) > FAINT).any(axis=0)
            break
        left, used = left[~alone], used[:, ~alone]  # each has a row to itself, and so no share in a combination
    return found


def _folded(h: HeadMatrices, ranges: Ranges, m: Matrices, *, alone: bool) -> HeadMatrices:
    at = m.coordinates.index[BOS]
    if h.q.shape[1] == 1:
        return h
    score = h.q[:, -1].copy()
    score[at] = 0.0
    q, k = h.q[:, :-1].copy(), h.k[:, :-1].copy()
    own = _combination(q, score, ranges)
    if own is None:
        return h
    k[at] = own
    if alone:
        found = max(_distances(k, own, m, ranges), key=lambda x: abs(x[1]), default=(0, 0.0))
        dimension, distance = found
        if abs(distance) < LEAST:
            return h
        least = 2.0 ** math.ceil(math.log2(ranges.format.self_score / abs(distance)))
        q[at, dimension] = math.copysign(least, distance)
    return replace(h, q=q, k=k)


def _combination(q: Floats, score: Floats, ranges: Ranges) -> Floats | None:
    """(d_qk,) coefficients, as the format has them, with which the columns of q add up to the score; None where there
    are none."""
    fmt = ranges.format.numpy
    wanted = score.astype(fmt).astype(np.float64)
    for found in _candidates(q, score):
        rounded = found.astype(fmt).astype(np.float64)
        if np.array_equal((q.astype(fmt).astype(np.float64) @ rounded), wanted):
            return rounded
    return None


def _candidates(q: Floats, score: Floats) -> Iterator[Floats]:
    used = score.nonzero()[0]
    if not len(used):
        yield np.zeros(q.shape[1])
        return
    for i in range(q.shape[1]):
        if np.array_equal(q[:, i].nonzero()[0], used):
            yield np.eye(q.shape[1])[i] * (score[used[0]] / q[used[0], i])
    if (q[used] == 0).all(axis=1).any():
        return
    yield np.round(np.linalg.lstsq(q, score, rcond=None)[0] / DIGITS) * DIGITS


def _distances(k: Floats, own: Floats, m: Matrices, ranges: Ranges) -> Iterator[tuple[int, float]]:
    """For each dimension, how far the key of BOS lies above all others, or below (negative); 0 where it is between."""
    for i in range(len(own)):
        key = Form({d: k[j, i] for d, j in m.coordinates.index.items() if k[j, i] and d != BOS})
        if not all(isinstance(d.source, Embedding) for d in key.terms):
            continue  # a proof bounds what it computes less closely
        low, high = ranges.of(key)
        yield i, own[i] - high if own[i] > high else min(0.0, own[i] - low)
