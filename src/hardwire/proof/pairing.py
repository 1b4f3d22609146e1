"""Pairs of a key state and a query state: which of them can occur in one input, and which are equivalent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..effort import doing
from ..errors import CertificateError
from ..lang.expr import Expr
from ..lang.selectors import LENGTH
from ..numeric.floats import Floats
from ..run.column import Column
from ..run.equivalence import FEW_ROWS, equivalence_classes
from ..run.failure import Bools, Ints
from .affine import AffineForm
from .selection import codes, paired_codes
from .states import StateSpace
from .strategy import Limits

COMPARED = 4_000
"""The work per portion of pairs, whatever its size, in multiplications."""


@dataclass(frozen=True, eq=False)
class PairSide:
    """The states of keys or of queries, and the forms that each head reads there for its scores and its values."""

    space: StateSpace
    scores: tuple[AffineForm, ...]
    values: tuple[AffineForm, ...] = ()


@dataclass(frozen=True)
class Relation:
    """Which pairs of a key state and a query state can occur in one input.

    `placed`: whether their positions matter, to the mask, to what happens at the query's own position, or to which
    positions exist. `by_position`: whether the selector depends on nothing else of a key. `looked_up`: whether a key is
    selected by a position that the query knows, so that it does not matter where the query is. `shared` variables are
    the same at every position; those `together` are the same where key and query are one position.
    """

    causal: bool
    placed: bool
    by_position: bool
    looked_up: bool
    shared: tuple[Expr, ...]
    together: tuple[Expr, ...]

    def classes(self, side: PairSide, columns: Sequence[Column], *others: Floats) -> tuple[PairSide, Ints, Ints]:
        """(the side, a representative of each class of states that a proof need not distinguish, the class of each).

        `columns` and `others` distinguish states too. The errors of a representative cover its class.
        """
        space = side.space
        if space.size <= FEW_ROWS:
            return side, np.arange(space.size), np.arange(space.size)
        more = [codes(space.columns[v]) for v in (*self.shared, *self.together) if v in space.columns]
        if not self.looked_up:
            if self.placed and space.position is not None:
                more.append(space.position.astype(np.float64)[:, None])
            if LENGTH in space.columns and self.by_position:
                more.append(codes(space.columns[LENGTH]))
        forms = [*side.scores, *side.values]
        features = (x for form in forms for x in form.features())
        first, kind = equivalence_classes(*map(codes, columns), *features, *more, *others)
        forms = [form.widened(first, kind) for form in forms]
        many = len(side.scores)
        return replace(side, scores=tuple(forms[:many]), values=tuple(forms[many:])), first, kind

    def unrelated(self, pairs: StatePairs) -> Bools:
        """(queries, keys) True where no query can meet the key: masked, beyond the end, or of another input."""
        keys, queries = pairs.keys, pairs.queries
        none: Bools = np.zeros((len(pairs.q), len(pairs.k)), bool)
        placed = keys.position is not None and not self.looked_up
        if self.placed and self.causal and placed and queries.position is not None:
            none |= pairs.behind()
        if LENGTH in queries.columns and self.by_position and placed:
            assert keys.position is not None
            none |= keys.position[pairs.k][None, :] >= queries.columns[LENGTH].data[pairs.q][:, None]
        for v in self.shared:
            if v in queries.columns and v in keys.columns:
                none |= pairs.differing(v)
        if self.together and keys.position is not None and queries.position is not None:
            same = pairs.at_one_position()
            for v in self.together:
                none |= same & pairs.differing(v)
        return none


@dataclass(frozen=True, eq=False)
class StatePairs:
    """Every pair of one of the key states `k` and one of the query states `q`."""

    keys: StateSpace
    queries: StateSpace
    k: Ints
    q: Ints

    def differing(self, v: Expr) -> Bools:
        """(queries, keys) True where a variable has different values."""
        a, b = paired_codes(self.queries.columns[v], self.keys.columns[v])
        found: Bools = a[self.q][:, None] != b[self.k][None, :]
        return found

    def behind(self) -> Bools:
        """(queries, keys) True where the key is to the right of the query, where the causal mask hides it."""
        keys, queries = self._positions()
        hidden: Bools = keys > queries
        return hidden

    def at_one_position(self) -> Bools:
        """(queries, keys) True where key and query are one position."""
        keys, queries = self._positions()
        same: Bools = keys == queries
        return same

    def _positions(self) -> tuple[Ints, Ints]:
        """Those of the keys, (1, keys), and of the queries, (queries, 1)."""
        assert self.keys.position is not None
        assert self.queries.position is not None
        return self.keys.position[self.k][None, :], self.queries.position[self.q][:, None]


def portions(rows: Ints, width: int, limits: Limits) -> Iterator[Ints]:
    """Query rows in portions that are examined together with `width` keys. Raises CertificateError."""
    if len(rows) * width > limits.pairs:
        raise CertificateError(
            f"{len(rows):,} query states and {width:,} key states are too many pairs to check; use a smaller max_len "
            "or vocabulary"
        )
    many = max(1, limits.pair_cells // max(1, width))
    for i in range(0, len(rows), many):
        doing("comparing key states and query states", work=COMPARED + width * min(many, len(rows) - i))
        yield rows[i : i + many]
