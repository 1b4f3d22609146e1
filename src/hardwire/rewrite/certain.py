"""Selectors whose cells never fail, where a failed cell would count."""

from __future__ import annotations

from ..analysis import Facts
from ..analysis.domain import TOO_LARGE
from ..errors import CompileError
from ..lang.expr import INDICES, ONE, ZERO, Expr, Op, node
from ..lang.function import Tabled
from ..lang.selector import Selector
from ..lang.selectors import parts, with_comparisons
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, leave


def certain(selector: Expr, facts: Facts, *, summed: bool) -> Expr:
    """The selector with cells that fail as not selected, where another part of it may decide them.

    In a conjunction a failed comparison can only lower a score; under | and ~ it could raise one, and in a difference
    of sums too. Raises CompileError where it cannot be known which sides fail.
    """
    if _is_conjunction(selector, summed=summed, causal=facts.causal):
        return selector
    return with_comparisons(selector, lambda comparison: _certain(comparison, facts))


def certain_number(x: Expr, selector: Expr, facts: Facts) -> Expr:
    """The summand of a sum, with a value also where it has failed, if the sum is a difference of sums: the value that
    one of them adds for an unselected key is subtracted by the other."""
    if facts.sure(x) or _is_conjunction(selector, summed=True, causal=facts.causal):
        return x
    try:
        return _filled(x, selector, facts)[0]
    except CompileError:
        return x


def _certain(atom: Expr, facts: Facts) -> Expr:
    key, key_valid = _filled(atom.src[0], atom, facts)
    query, query_valid = _filled(atom.src[1], atom, facts)
    result = node(Op.COMPARE, key, query, arg=atom.arg)
    if key_valid is not None:
        result = node(Op.AND, result, node(Op.COMPARE, key_valid, ONE, arg=Op.EQ))
    if query_valid is not None:
        result = node(Op.AND, result, node(Op.COMPARE, ONE, query_valid, arg=Op.EQ))
    return result


def _is_conjunction(selector: Expr, *, summed: bool, causal: bool) -> bool:
    """Whether the selector is an & of comparisons, and (`summed`) each is one term of a sum."""
    for e in parts(selector):
        if e.op is Op.NOT and e.src[0].op is Op.COMPARE:
            if summed and e.src[0].arg is Op.EQ:
                return False
        elif e.op is Op.COMPARE:
            orders = causal and e.arg in (Op.LT, Op.GE) and e.src == (INDICES, INDICES)
            if summed and (e.arg is Op.NE or orders):
                return False
        elif e.op is not Op.AND:
            return False
    return True


def _filled(side: Expr, atom: Expr, facts: Facts) -> tuple[Expr, Expr | None]:
    """(a sop that is the side where that has a value and never fails, where it has one)"""
    if facts.sure(side):
        return side, None
    variables = facts.variables(side)
    if not all(map(facts.sure, variables)) or facts.domains.combinations(variables) > TOO_LARGE:
        raise CompileError(
            f"{formula(side)} may have no value where another part of the selector decides, so {formula(atom)} with "
            "| or ~ cannot be one score.\n  Give it a value everywhere, with where(...) or a default that fits.",
            expression=Selector(atom),
        )
    mesh = facts.mesh(variables, failing=True)
    ok = facts.evaluate(side, mesh).ok().tolist()
    if not any(ok):
        return ZERO, ZERO
    table: dict[tuple[Value, ...], float] = {}
    for row, good in zip(zip(*(mesh[v].values() for v in variables), strict=True), ok, strict=True):
        if table.setdefault(tuple(map(leave, row)), float(good)) != good:
            raise CompileError(
                f"{formula(side)} has a value for one of two equal values and none for the other (1, 1.0 and True are "
                f"equal): {', '.join(map(constant, row))}.\n  Make the function answer the same for equal values.",
                expression=SOp(side),
            )
    there = node(Op.MAP, *variables, arg=Tabled(table))
    return node(Op.WHERE, there, side, node(Op.CONST, arg=facts.domain(side).values[0])), there
