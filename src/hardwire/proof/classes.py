"""Sums through a head in blocks: pairs of a key and a query by classes, rather than one by one.

In every block (`blocks.py`), pairs for which the selector's comparisons have the same truth values, and for which the
same heads are on, form one class, with all scores between the least and the greatest. What a pair adds to the sum is
bounded for every combination of classes, one from each block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..lang.expr import Expr
from ..numeric.floats import Floats
from ..run.cells import Cells, combined_cells
from ..run.column import kinds
from ..run.failure import Bools, Ints

NEAR = 4.0
"""A head is on for a pair whose score is within this distance of the greatest."""


@dataclass(frozen=True, eq=False)
class PairClasses:
    """Pairs of one block, in any shape.

    For each comparison whether it selects, and whether it has failed (`truth`); whether the pair cannot occur
    (`hidden`), and whether it is at one position (`same`); the least and the greatest score of each head; the class of
    the key's value, where the block decides it; and where the block knows positions, the number of `positions` at which
    a query can meet a key in such a pair.
    """

    truth: dict[Expr, tuple[Bools, Bools]]
    hidden: Bools
    same: Bools
    low: Sequence[Floats]
    high: Sequence[Floats]
    value: Ints | None
    positions: Ints | None

    def merged(self, tops: Sequence[float], query: Ints) -> PairClasses:
        """Equivalent pairs as one, in one dimension. A head is on for scores near to `tops`, the greatest. `query`: the
        number of the query of each pair."""
        codes = [(self.hidden + 2 * self.same, 4)]
        codes += [(np.where(failed, 2, selected), 3) for selected, failed in self.truth.values()]
        codes += [(high > top - NEAR, 2) for high, top in zip(self.high, tops, strict=True)]
        if self.value is not None:
            codes.append((self.value, int(self.value.max(initial=0)) + 1))
        first, kind = kinds([(code.ravel().astype(np.int64), count) for code, count in codes], self.hidden.size)

        def one(x: Bools) -> Bools:
            found: Bools = x.ravel()[first]
            return found

        order = np.argsort(kind, kind="stable")
        starts = np.flatnonzero(np.diff(kind[order], prepend=-1))
        return PairClasses(
            {e: (one(a), one(b)) for e, (a, b) in self.truth.items()},
            one(self.hidden),
            one(self.same),
            [np.minimum.reduceat(x.ravel()[order], starts) for x in self.low],
            [np.maximum.reduceat(x.ravel()[order], starts) for x in self.high],
            None if self.value is None else self.value.ravel()[first],
            positions=None
            if self.positions is None
            else _most_positions(self.positions.ravel(), kind, query.ravel(), len(first)),
        )

    def __len__(self) -> int:
        return len(self.hidden)


def _most_positions(positions: Ints, kind: Ints, query: Ints, kinds: int) -> Ints:
    """(kinds,) the most positions that the pairs of a class have with one query."""
    of_query = np.bincount(query * kinds + kind, positions, (int(query.max(initial=0)) + 1) * kinds).reshape(-1, kinds)
    most: Ints = of_query.max(axis=0).astype(np.int64)
    return most


def joined(pieces: Sequence[PairClasses], tops: Sequence[float]) -> PairClasses:
    """The classes of one block, from those of all its pieces."""
    if len(pieces) == 1:
        return pieces[0]
    a, heads = pieces[0], range(len(pieces[0].low))
    query = np.arange(len(pieces)).repeat([len(p) for p in pieces])  # no two pieces have pairs of one

    def truth(e: Expr, i: int) -> Bools:
        return np.concatenate([p.truth[e][i] for p in pieces])

    return PairClasses(
        {e: (truth(e, 0), truth(e, 1)) for e in a.truth},
        np.concatenate([p.hidden for p in pieces]),
        np.concatenate([p.same for p in pieces]),
        [np.concatenate([p.low[i] for p in pieces]) for i in heads],
        [np.concatenate([p.high[i] for p in pieces]) for i in heads],
        None if a.value is None else np.concatenate([p.value for p in pieces if p.value is not None]),
        positions=None
        if a.positions is None
        else np.concatenate([p.positions for p in pieces if p.positions is not None]),
    ).merged(tops, query)


@dataclass(frozen=True, eq=False)
class ClassPositions:
    """The positions of keys in each combination of classes: its class in the block that knows positions (`kind`), and
    the number of `positions` at which a query can meet a key of each of these classes."""

    kind: Ints
    positions: Ints

    def total(self, x: Floats, most: int) -> Floats:
        """(queries,) a bound of the sum over `most` keys, of which each adds up to as much as its combination: no two
        keys of an input have one position."""
        of_kinds = np.zeros((len(self.positions), len(x)))
        np.maximum.at(of_kinds, self.kind, x.T)
        order = np.argsort(-of_kinds, axis=0)
        count = self.positions[order]  # greedily: the largest first
        left = np.maximum(most - (np.cumsum(count, axis=0) - count), 0)
        found: Floats = (np.take_along_axis(of_kinds, order, axis=0) * np.minimum(count, left)).sum(axis=0)
        return found


@dataclass(frozen=True, eq=False)
class CombinedClasses:
    """Every combination of classes: whether the selector selects and has failed, whether the pair cannot occur,
    whether it is at one position; the least and the greatest score of each head, (heads, combinations); the class of
    the key's value; and the positions of `keys`, if a block knows them."""

    selected: Bools
    failed: Bools
    hidden: Bools
    same: Bools
    low: Floats
    high: Floats
    value: Ints
    keys: ClassPositions | None


def combined(blocks: Sequence[PairClasses], order: Sequence[Expr], most: int) -> CombinedClasses | None:
    """All combinations; None if there are more than `most`. `order`: the selector, after its operands."""
    shape = [len(b) for b in blocks]
    if np.prod(shape, dtype=np.float64) > most:
        return None
    at = [x.ravel() for x in np.indices(shape)]
    cells: dict[Expr, Cells] = {}
    hidden = same = np.zeros(len(at[0]), bool)
    value = np.zeros(len(at[0]), np.int64)
    for b, which in zip(blocks, at, strict=True):
        cells |= {e: (s[which], f[which]) for e, (s, f) in b.truth.items()}
        hidden, same = hidden | b.hidden[which], same | b.same[which]
        value = value if b.value is None else b.value[which]
    selected, failed = combined_cells(order, cells)
    low = np.sum([[x[which] for x in b.low] for b, which in zip(blocks, at, strict=True)], axis=0)
    high = np.sum([[x[which] for x in b.high] for b, which in zip(blocks, at, strict=True)], axis=0)
    none = np.zeros(len(hidden), bool) if failed is None else failed
    keys = (ClassPositions(w, b.positions) for b, w in zip(blocks, at, strict=True) if b.positions is not None)
    return CombinedClasses(selected, none, hidden, same, low, high, value=value, keys=next(keys, None))
