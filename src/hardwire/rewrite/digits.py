"""Orders and equalities of positions, digit by digit: a head needs as many dimensions as a digit has values."""

from __future__ import annotations

import math

from ..lang.expr import INDICES, Expr, Op, node
from ..lang.selectors import Conjunction, Literal


def digits(order: Literal, max_len: int) -> tuple[Conjunction, Conjunction]:
    """An order of positions as (within the query's own block, among the blocks before or behind it)."""
    base = node(Op.CONST, arg=max(2, math.isqrt(max_len - 1) + 1))
    high, low = node(Op.FLOORDIV, INDICES, base), node(Op.MOD, INDICES, base)
    same = Literal(node(Op.COMPARE, high, high, arg=Op.EQ))
    near = Literal(node(Op.COMPARE, low, low, arg=order.op))
    return (same, near), (Literal(node(Op.COMPARE, high, high, arg=order.op.strict)),)


def same_digits(query: Expr, max_len: int) -> Conjunction:
    """key(indices) == query(q) as equality of both digits."""
    base = node(Op.CONST, arg=max(2, math.isqrt(max_len - 1) + 1))
    return tuple(
        Literal(node(Op.COMPARE, node(op, INDICES, base), node(op, query, base), arg=Op.EQ))
        for op in (Op.FLOORDIV, Op.MOD)
    )
