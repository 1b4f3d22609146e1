"""Opaque selectors that say something simple, found by their tables.

A predicate of pairs of a value and a position that is a condition on the values and one on the positions is both:

    select(pair, pair, lambda k, q: k[0] == q[0] and k[1] <= q[1])
                                           ->  (key(x) == query(x)) & (key(indices) <= query(indices))

where pair is any function of x and the position. And a selector that can select the query's own position alone is a
condition there, which takes no head:

    (key(where(c, indices, -1)) == query(indices)).mean(x, d)
                                           ->  where(c, x, d)
"""

from __future__ import annotations

import numpy as np

from ..analysis import Facts
from ..lang.expr import INDICES, Expr, Op, node
from ..lang.ops import COMPARISONS
from ..lang.selectors import all_of
from ..run.column import Column
from ..run.elementwise import elementwise
from ..run.failure import Bools
from .lexicographic import needs
from .ranks import is_look_up
from .rule import on_every_part
from .tables import grid

MOST_CALLS = 250_000
"""The most pairs of a key and a query for which a predicate is called."""


@on_every_part
def factored(e: Expr, facts: Facts) -> Expr | None:
    """A predicate as comparisons, and a look-up as a condition."""
    opaque = e.op is Op.COMPARE and not isinstance(e.arg, Op)
    return _as_two(e, facts) if opaque else _at_own_position(e, facts)


def _as_two(comparison: Expr, facts: Facts) -> Expr | None:
    """A predicate as a comparison of values and one of positions; None where it is not. Raises CompileError."""
    key, query = comparison.src
    if key is not query:
        return None
    variables = facts.variables(key)
    if len(variables) != 2 or INDICES not in variables:
        return None
    v = next(x for x in variables if x is not INDICES)
    values, size = facts.domain(v), facts.max_len
    many = len(values) * size
    if many**2 > MOST_CALLS or not facts.domains.own(v) or not needs(key, v, facts):
        return None
    pairs = facts.evaluate(key, grid([v, INDICES], facts))
    if not pairs.ok().all():
        return None
    k, q = np.divmod(np.arange(many**2), many)
    found = elementwise(node(Op.MAP, key, query, arg=comparison.arg), [pairs.take(k), pairs.take(q)], facts.log)
    if not found.ok().all():
        return None
    table = _true(found).reshape(len(values), size, len(values), size)
    of_values: Bools = np.any(table, axis=(1, 3))
    of_positions: Bools = np.any(table, axis=(0, 2))
    if not np.array_equal(table, of_values[:, None, :, None] & of_positions[None, :, None, :]):
        return None
    parts = [_named(of_values, v, facts), _named(of_positions, INDICES, facts)]
    known = [p for part in parts if part is not None for p in part]
    return None if None in parts else all_of(known)


def _named(table: Bools, e: Expr, facts: Facts) -> list[Expr] | None:
    """The comparison of a sop with itself that has a table, none if that selects everything; None where no operator
    does."""
    if table.all():
        return []
    k, q = np.divmod(np.arange(table.size), len(table))
    values = facts.domain(e).column
    for op in COMPARISONS:
        if op.order and not facts.ordered(e):
            continue
        found = elementwise(node(op, e, e), [values.take(k), values.take(q)], facts.log)
        if found.ok().all() and np.array_equal(_true(found).reshape(table.shape), table):
            return [node(Op.COMPARE, e, e, arg=op)]
    return None


def _true(found: Column) -> Bools:
    return np.array([bool(v) for v in found.values()], bool)


def _at_own_position(e: Expr, facts: Facts) -> Expr | None:
    """A look-up as a condition; None where it may select another position. `(key(indices) == query(indices)).one(x)`
    stays: so users store a value (docs/generation.md). Raises CompileError."""
    if len(e.src) != 3 or e.src[0].op is not Op.COMPARE or e.src[0].arg is not Op.EQ:
        return None
    selector, x, default = e.src
    if INDICES not in selector.src or not is_look_up(e, facts):
        return None
    other = selector.src[1] if selector.src[0] is INDICES else selector.src[0]
    if other is INDICES:
        return None if e.op is Op.ONE else x
    if not _own_or_none(other, facts):
        return None
    return node(Op.WHERE, node(Op.EQ, other, INDICES), x, default)


def _own_or_none(e: Expr, facts: Facts) -> bool:
    """Whether a sop is its own position, or no position, wherever it has a value. Raises CompileError."""
    variables = facts.variables(e)
    if INDICES not in variables or facts.domains.combinations(variables) > MOST_CALLS or not facts.domains.own(e):
        return False  # a value of a user's class may equal a position that it is not
    mesh = facts.mesh(variables)
    found = facts.evaluate(e, mesh)
    positions = set(range(facts.max_len))
    rows = zip(found.values(), found.ok().tolist(), mesh[INDICES].values(), strict=True)
    return all(not ok or v == i or v not in positions for v, ok, i in rows)
