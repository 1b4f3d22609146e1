"""Comparisons of two exact numbers as comparisons of their difference with 0: a function of one form."""

from __future__ import annotations

from ..analysis import Facts
from ..lang.expr import ZERO, Expr, Op, node
from .rule import on_every_part


@on_every_part
def differences(e: Expr, facts: Facts) -> Expr | None:
    """A comparison of two data-dependent numbers as one of their difference with 0."""
    if not e.op.comparison or not all(map(facts.basis, e.src)) or len(facts.basis(e)) == 1:
        return None
    if not all(facts.domain(x).exact and facts.domain(x).small for x in e.src):
        return None
    difference = node(Op.SUB, *e.src)
    facts.domain(difference)  # raises CompileError where it has too many values
    return node(e.op, difference, ZERO)
