"""Selectors as truth tables over the values of their keys and queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..analysis import Facts
from ..analysis.domain import TOO_LARGE
from ..lang.expr import Expr, Op
from ..lang.selectors import Literal, comparisons, parts
from ..run.cells import CellBlock, Comparison, Matrix
from ..run.column import Column
from ..run.failure import Bools, FailureLog

MOST_PAIRS = 4_000_000
"""The most cells of a truth table."""
MOST_CALLS = 400_000
"""The same where a user's function is called for each."""


def table_of(literal: Literal, facts: Facts) -> TruthTable | None:
    """Which keys each query selects, over all their values; None where they are too many."""
    selector = literal.atom
    atoms = comparisons(selector, from_right=True)  # the order of the sides is that of the codes in the weights
    keys = _side(list(dict.fromkeys(a.src[0] for a in atoms)), facts)
    queries = _side(list(dict.fromkeys(a.src[1] for a in atoms)), facts)
    if keys is None or queries is None:
        return None
    k, q = (len(next(iter(side.values()))) for side in (keys, queries))
    slow = any(not isinstance(a.arg, Op) for a in atoms)
    if k * q > (MOST_CALLS if slow else MOST_PAIRS):
        return None
    log = FailureLog()
    compared = {a: Comparison(a, keys[a.src[0]], queries[a.src[1]], log) for a in atoms}
    matrix = Matrix(parts(selector), compared, causal=False)
    selected, failed = matrix.cells(CellBlock(np.arange(k)[:, None], np.arange(q)[:, None], 0))
    chosen = selected if not literal.negated else ~selected & (True if failed is None else ~failed)
    return TruthTable(keys, queries, np.ascontiguousarray(chosen[:, :, 0].T))


def _side(sops: list[Expr], facts: Facts) -> dict[Expr, Column] | None:
    """Every combination of the values that sops can have at one position."""
    variables = list(dict.fromkeys(v for x in sops for v in facts.variables(x)))
    if facts.domains.combinations(variables) > TOO_LARGE:
        variables = sops
        if facts.domains.combinations(variables) > TOO_LARGE:
            return None
    mesh = facts.mesh(variables)
    return facts.domains.rows({x: facts.evaluate(x, mesh) for x in sops})


@dataclass(frozen=True, eq=False)
class TruthTable:
    """A truth table: `selected` (queries, keys) over every combination of the sops on either side."""

    keys: dict[Expr, Column]
    queries: dict[Expr, Column]
    selected: Bools
