"""The truth of the program's selectors on key states and query states, and the reach of its sops."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..analysis import Facts
from ..analysis.together import possible_reach
from ..lang.expr import Expr
from ..lang.selectors import comparisons, parts, unshifted, with_comparisons
from ..lang.values import exact
from ..numeric.floats import FLOAT64, Floats
from ..run.cells import CellBlock, Comparison, Matrix
from ..run.column import Column, codes_of
from ..run.failure import Bools, FailureLog, Ints
from .evidence import Setting
from .states import StateSpace, values_in


def unshifted_keys(selector: Expr, facts: Facts) -> Expr:
    """The selector with shifts of the key that are the same at every position moved to the query."""
    return with_comparisons(selector, lambda comparison: unshifted(comparison, facts))


def variables_of(selector: Expr, setting: Setting) -> tuple[frozenset[Expr], frozenset[Expr]]:
    """(the variables of its keys, the variables of its queries)"""
    none = frozenset[Expr]()
    sides = [[setting.variables(c.src[i]) for c in comparisons(selector)] for i in (0, 1)]
    return none.union(*sides[0]), none.union(*sides[1])


def space_of(e: Expr, setting: Setting, variables: frozenset[Expr]) -> StateSpace:
    """The state space of some variables and those of a sop, without states in which the sop is out of its reach.
    Raises CertificateError where it is too large."""
    return within_reach(setting.space(variables, setting.variables(e)), [e], setting.facts)


def within_reach(space: StateSpace, sops: Iterable[Expr], facts: Facts) -> StateSpace:
    """The states in which some sops are within their reach, which may depend on the length and the position."""
    for e in dict.fromkeys(sops):
        if facts.reaches.of(e) is not None:
            keep = possible_reach(e, {**space.columns, e: values_in(e, facts, space)}, facts)
            space = space if keep.all() else space.take(np.flatnonzero(keep))
    return space


class SelectorTruth:
    """The truth of a selector on pairs of states. `keys` and `queries` are the columns that it compares."""

    def __init__(self, selector: Expr, facts: Facts, keys: StateSpace, queries: StateSpace) -> None:
        log = FailureLog()
        self.keys: list[Column] = []
        self.queries: list[Column] = []
        compared = {}
        for c in comparisons(selector, from_right=True):
            key, query = values_in(c.src[0], facts, keys), values_in(c.src[1], facts, queries)
            compared[c] = Comparison(c, key, query, log)
            self.keys.append(key)
            self.queries.append(query)
        self._matrix = Matrix(parts(selector), compared, causal=False)

    def of(self, keys: Ints, queries: Ints) -> tuple[Bools, Bools]:
        """(selected, failed), (queries, keys) each."""
        selected, failed = self._matrix.cells(CellBlock(keys[:, None], queries[:, None], 0))
        yes: Bools = np.ascontiguousarray(selected[:, :, 0].T)
        no = np.zeros(yes.shape, bool) if failed is None else failed[:, :, 0].T
        return yes, no

    def own(self, rows: Ints) -> tuple[Bools, Bools]:
        """The same for pairs whose key and query are one position: (rows,) each."""
        selected, failed = self._matrix.cells(CellBlock(rows[None, :], rows[None, :], 0))
        yes: Bools = selected[0, 0]
        return yes, np.zeros_like(yes) if failed is None else failed[0, 0]


def codes(column: Column) -> Floats:
    """Numbers that distinguish the values of a column, failed ones and 0.0 and -0.0 included: (rows, 1 or 2)."""
    data = codes_of(column)[0] if column.kind == "f" else column.data
    if column.kind == "i" and column.bound > FLOAT64.exact_integers:
        data = np.unique(data, return_inverse=True)[1]
    data = data.astype(np.float64)
    if column.failed is not None:
        data = np.where(column.failed.mask, np.nan, data)
        return np.stack([np.nan_to_num(data), column.failed.mask.astype(np.float64)], axis=1)
    return data[:, None]


def paired_codes(a: Column, b: Column) -> tuple[Ints, Ints]:
    """Codes of two columns that differ only where values do. Equal values of different types differ, all failures are
    one, and so are objects of one type of which nothing else is known."""
    place: dict[object, int] = {}
    found = []
    for column in (a, b):
        codes, table = codes_of(column)
        numbers = np.array([place.setdefault(exact(v, type), len(place)) for v in table] or [0], np.int64)
        found.append(np.where(column.ok(), numbers[np.minimum(codes, len(numbers) - 1)], -1))
    return found[0], found[1]
