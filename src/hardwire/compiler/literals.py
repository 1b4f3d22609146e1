"""Literals of selectors as functions of values, and orders of positions digit by digit."""

from __future__ import annotations

import math
from typing import Any

from ..lang.expr import INDICES, Expr, Op, node, unnamed
from ..lang.ops import ResultKind
from ..lang.selectors import Conjunction, Literal
from ..run.cells import attempt, predicate


def holds(literal: Literal, key: Any, query: Any) -> bool | None:
    """Whether the pair is selected; None where the comparison fails."""
    answer = attempt(literal.atom, predicate(literal.atom), key, query)
    return None if isinstance(answer, str) else answer != literal.negated


class Holds:
    """A literal as a function of a key's and a query's value; used like a user's function."""

    def __init__(self, literal: Literal) -> None:
        self.literal = literal
        self.key = (Holds, literal)
        self.label = "holds"
        self.original = self

    def __call__(self, key: Any, query: Any) -> bool:
        answer = holds(self.literal, key, query)
        if answer is None:
            raise ValueError("the comparison fails")
        return answer


def simple(x: Expr) -> Expr:
    """where(c, 1, 0) of a Boolean c as c itself."""
    if x.op is Op.WHERE and unnamed(x.src[1]).op is Op.CONST and unnamed(x.src[2]).op is Op.CONST:
        c, a, b = map(unnamed, x.src)
        if c.op.result is ResultKind.BOOL and type(a.arg) is int and a.arg == 1 and b.arg == 0:
            return c
    return x


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
