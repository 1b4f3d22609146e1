"""Literals of selectors as functions of values."""

from __future__ import annotations

from typing import Any

from ..lang.expr import Expr, Op
from ..lang.ops import ResultKind
from ..lang.selectors import Literal
from ..run.cells import attempt, predicate
from ..run.scalar import NoValue


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
        answer = attempt(self.literal.atom, predicate(self.literal.atom), key, query)
        if isinstance(answer, str):
            raise NoValue(answer)
        return answer != self.literal.negated


def simple(x: Expr) -> Expr:
    """where(c, 1, 0) of a Boolean c as c itself."""
    if x.op is Op.WHERE and x.src[1].op is Op.CONST and x.src[2].op is Op.CONST:
        c, a, b = x.src
        if c.op.result is ResultKind.BOOL and type(a.arg) is int and a.arg == 1 and b.arg == 0:
            return c
    return x
