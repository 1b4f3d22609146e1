"""Sums through heads that come apart: pairs of a key and a query by classes, rather than one by one.

In every block of a head (`blocks.py`) pairs of which the selector's comparisons say the same, and for which the same
heads are on, are one class, with all scores between the least and the greatest. What a pair adds to the sum is bounded
for every combination of classes, one from each block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..lang.expr import Expr
from ..model.weights import Floats
from ..run.cells import Cells, combined_cells
from ..run.column import kinds
from ..run.failure import Bools, Ints

NEAR = 4.0
"""A head whose score for a pair is no further below the greatest is on."""
MOST_CLASSES = 100_000
"""The most combinations of classes."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of one block, in any shape: of each comparison whether it selects, and has failed; whether the pair cannot
    be, and is one position; the least and the greatest score that each head may give it; and which value its key has,
    where the block decides that."""

    truth: dict[Expr, tuple[Bools, Bools]]
    hidden: Bools
    here: Bools
    low: Sequence[Floats]
    high: Sequence[Floats]
    value: Ints | None

    def classes(self, tops: Sequence[float]) -> Pairs:
        """Those that are alike as one, in one dimension. A head is on for scores near to `tops`, the greatest."""
        told = [(self.hidden + 2 * self.here, 4)]
        told += [(np.where(failed, 2, selected), 3) for selected, failed in self.truth.values()]
        told += [(high > top - NEAR, 2) for high, top in zip(self.high, tops, strict=True)]
        if self.value is not None:
            told.append((self.value, int(self.value.max(initial=0)) + 1))
        size = self.hidden.size
        first, kind = kinds([(code.ravel().astype(np.int64), count) for code, count in told], size)

        def one(x: npt.NDArray[np.bool_]) -> Bools:
            found: Bools = x.ravel()[first]
            return found

        order = np.argsort(kind, kind="stable")
        starts = np.flatnonzero(np.diff(kind[order], prepend=-1))
        return Pairs(
            {e: (one(a), one(b)) for e, (a, b) in self.truth.items()},
            one(self.hidden),
            one(self.here),
            [np.minimum.reduceat(x.ravel()[order], starts) for x in self.low],
            [np.maximum.reduceat(x.ravel()[order], starts) for x in self.high],
            None if self.value is None else self.value.ravel()[first],
        )

    def __len__(self) -> int:
        return len(self.hidden)


def joined(pieces: Sequence[Pairs], tops: Sequence[float]) -> Pairs:
    """The classes of one block, of those of all pieces."""
    if len(pieces) == 1:
        return pieces[0]
    a, parts = pieces[0], range(len(pieces[0].low))

    def truth(e: Expr, i: int) -> Bools:
        return np.concatenate([p.truth[e][i] for p in pieces])

    return Pairs(
        {e: (truth(e, 0), truth(e, 1)) for e in a.truth},
        np.concatenate([p.hidden for p in pieces]),
        np.concatenate([p.here for p in pieces]),
        [np.concatenate([p.low[i] for p in pieces]) for i in parts],
        [np.concatenate([p.high[i] for p in pieces]) for i in parts],
        None if a.value is None else np.concatenate([p.value for p in pieces if p.value is not None]),
    ).classes(tops)


@dataclass(frozen=True, eq=False)
class Combined:
    """Every combination of classes: whether the selector selects, and has failed; whether it cannot be, and is one
    position; between what each head's score lies, (heads, combinations); and which value its key has."""

    selected: Bools
    failed: Bools
    hidden: Bools
    here: Bools
    low: Floats
    high: Floats
    value: Ints


def combined(blocks: Sequence[Pairs], order: Sequence[Expr]) -> Combined | None:
    """All combinations; None where they are too many. `order`: the selector, behind what it is made of."""
    shape = [len(b) for b in blocks]
    if np.prod(shape, dtype=np.float64) > MOST_CLASSES:
        return None
    at = [x.ravel() for x in np.indices(shape)]
    cells: dict[Expr, Cells] = {}
    hidden = here = np.zeros(len(at[0]), bool)
    value = np.zeros(len(at[0]), np.int64)
    for b, which in zip(blocks, at, strict=True):
        cells |= {e: (s[which], f[which]) for e, (s, f) in b.truth.items()}
        hidden, here = hidden | b.hidden[which], here | b.here[which]
        value = value if b.value is None else b.value[which]
    selected, failed = combined_cells(order, cells)
    low = np.sum([[x[which] for x in b.low] for b, which in zip(blocks, at, strict=True)], axis=0)
    high = np.sum([[x[which] for x in b.high] for b, which in zip(blocks, at, strict=True)], axis=0)
    none = np.zeros(len(hidden), bool) if failed is None else failed
    return Combined(selected, none, hidden, here, low, high, value)
