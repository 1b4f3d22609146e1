"""Orders by one number that holds two: a value, and behind it the position.

    key(f(x, indices)) < query(f(x, indices))  ->  (key(x) < query(x)) | (key(x) == query(x)) & before

where f rises first with x and then with the position, as x + indices / 100 does. Sorting by such a number is a common
way to break ties. The number has a value for each pair; x and the position are compared by themselves.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..analysis import Facts
from ..lang.expr import INDICES, Expr, Op, node
from ..lang.values import totally_ordered
from .rule import on_every_part
from .tables import grid, tabled

MOST_ROWS = 20_000
"""The most pairs of a value and a position that are tried."""


@on_every_part
def lexicographic(e: Expr, facts: Facts) -> Expr | None:
    """Such an order as one of a value and the position."""
    if e.op is not Op.COMPARE or not isinstance(e.arg, Op) or not e.arg.order:
        return None
    key, query = e.src
    found = _major(key, facts) if key is query else None
    return None if found is None else _order(e.arg, found[0], rising=found[1])


def _major(e: Expr, facts: Facts) -> tuple[Expr, bool] | None:
    """(the sop that a number rises with first, whether it then rises with the position); None for any other number.
    Raises CompileError."""
    variables = facts.variables(e)
    if len(variables) != 2 or INDICES not in variables or not facts.ordered(e):
        return None
    v = next(x for x in variables if x is not INDICES)
    if not needs(e, v, facts):
        return None
    values, positions = facts.domain(v), facts.max_len
    if positions < 2 or len(values) * positions > MOST_ROWS:
        return None
    found = facts.evaluate(e, grid([v, INDICES], facts))
    if not found.ok().all() or not totally_ordered(found.values()):
        return None  # a value and a position that never meet may give anything
    place = {x: i for i, x in enumerate(sorted(set(found.values())))}
    rows = np.array([place[x] for x in found.values()]).reshape(len(values), positions)
    steps = np.diff(rows, axis=1)
    if not ((steps > 0).all() or (steps < 0).all()):
        return None
    distinct, number = np.unique(rows, axis=0, return_inverse=True)  # in the order of their first positions
    if (distinct.max(axis=1)[:-1] >= distinct.min(axis=1)[1:]).any():
        return None
    return _numbered(v, number.ravel().tolist(), facts), bool((steps > 0).all())


def needs(e: Expr, v: Expr, facts: Facts) -> bool:
    """Whether a sop has no value where one of its variables has none, so that this variable may take its place. Raises
    CompileError."""
    if facts.sure(v):
        return True
    mesh = facts.mesh(facts.variables(e), failing=True)
    return not (facts.evaluate(e, mesh).ok() & ~mesh[v].ok()).any()


def _numbered(v: Expr, number: list[int], facts: Facts) -> Expr:
    """A sop with these numbers for the values of another one, or this one itself where it has the same order. Raises
    CompileError where equal values (1 and True) have different numbers."""
    values = facts.domain(v)
    by_number = tabled({v: values.column}, number)
    if facts.ordered(v) and facts.domains.own(v):
        rising = [n for _, n in sorted(zip(values.values, number, strict=True))]
        if all(a < b for a, b in itertools.pairwise(rising)):
            return v
    return by_number


def _order(op: Op, by: Expr, *, rising: bool) -> Expr:
    strict = Op.LT if op in (Op.LT, Op.LE) else Op.GT
    position = op if rising else op.mirrored
    ties = node(Op.AND, node(Op.COMPARE, by, by, arg=Op.EQ), node(Op.COMPARE, INDICES, INDICES, arg=position))
    return node(Op.OR, node(Op.COMPARE, by, by, arg=strict), ties)
