"""Comparisons of two exact numbers as comparisons of their difference with 0: a function of one form."""

from __future__ import annotations

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import ZERO, Expr, Op, again, node, rebuilt


def differences(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of the program with its comparisons of two data-dependent numbers as such of one with 0."""

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        if not new.op.comparison:
            return new
        a, b = new.src
        if not facts.basis(a) or not facts.basis(b) or len(facts.basis(new)) == 1:
            return new
        try:
            if not all(facts.domain(x).exact and facts.domain(x).small for x in (a, b)):
                return new
            difference = node(Op.SUB, a, b)
            facts.domain(difference)
        except CompileError:
            return new
        return node(new.op, difference, ZERO)

    return rebuilt(root, change)
