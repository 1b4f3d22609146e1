"""Selectors as truth tables over the values of their keys and queries."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import CompileError
from ..lang.expr import INDICES, ONE, ZERO, Expr, Op, node, unnamed
from ..lang.function import Tabled
from ..lang.selector import Selector
from ..lang.selectors import Literal, comparisons, parts, sides, with_comparisons
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from ..run.cells import CellBlock, Comparison, Matrix
from ..run.column import Column
from ..run.failure import Bools, FailureLog
from .analyse import Analysis
from .domain import TOO_LARGE

MOST_PAIRS = 4_000_000
"""The most cells of a truth table."""
MOST_CALLS = 400_000
"""The same where a user's function is called for each."""


def certain(selector: Expr, facts: Analysis, summed: bool) -> Expr:
    """The selector with cells that fail as not selected, where another part of it may decide them.

    In a conjunction a failed comparison can only lower a score; beside | and ~ it could raise one, and so it
    could where a sum is a difference of sums. Raises CompileError where it cannot be known which sides fail.
    """
    if _is_conjunction(selector, summed, facts.causal):
        return selector
    return with_comparisons(selector, lambda comparison: _certain(comparison, facts))


def _certain(atom: Expr, facts: Analysis) -> Expr:
    key, key_valid = _filled(atom.src[0], atom, facts)
    query, query_valid = _filled(atom.src[1], atom, facts)
    result = node(Op.COMPARE, key, query, arg=atom.arg)
    if key_valid is not None:
        result = node(Op.AND, result, node(Op.COMPARE, key_valid, ONE, arg=Op.EQ))
    if query_valid is not None:
        result = node(Op.AND, result, node(Op.COMPARE, ONE, query_valid, arg=Op.EQ))
    return result


def _is_conjunction(selector: Expr, summed: bool, causal: bool) -> bool:
    """Whether the selector is an & of comparisons, and (`summed`) each is one term of a sum."""
    for e in parts(selector):
        if e.op is Op.NOT and unnamed(e.src[0]).op is Op.COMPARE:
            if summed and unnamed(e.src[0]).arg is Op.EQ:
                return False
        elif e.op is Op.COMPARE:
            orders = causal and e.arg in (Op.LT, Op.GE) and sides(e) == (INDICES, INDICES)
            if summed and (e.arg is Op.NE or orders):
                return False
        elif e.op not in (Op.AND, Op.NAME):
            return False
    return True


def _filled(side: Expr, atom: Expr, facts: Analysis) -> tuple[Expr, Expr | None]:
    """(a sop that is the side where that has a value and never fails, where it has one)"""
    if facts.sure(side):
        return side, None
    variables = facts.variables(side)
    if not all(map(facts.sure, variables)) or math.prod(len(facts.domain(v)) for v in variables) > TOO_LARGE:
        raise CompileError(
            f"{formula(side)} may have no value where another part of the selector decides, so {formula(atom)} beside "
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
    there = node(Op.MAP, *variables, arg=Tabled(table, "has a value"))
    return node(Op.WHERE, there, side, node(Op.CONST, arg=facts.domain(side).values[0])), there


def table_of(literal: Literal, facts: Analysis) -> Relation | None:
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
    return Relation(keys, queries, np.ascontiguousarray(chosen[:, :, 0].T))


def _side(sops: list[Expr], facts: Analysis) -> dict[Expr, Column] | None:
    """Every combination of the values that sops can have at one position."""
    variables = list(dict.fromkeys(v for x in sops for v in facts.variables(x)))
    if math.prod(len(facts.domain(v)) for v in variables) > TOO_LARGE:
        variables = sops
        if math.prod(len(facts.domain(v)) for v in variables) > TOO_LARGE:
            return None
    mesh = facts.mesh(variables)
    return facts.rows({x: facts.evaluate(x, mesh) for x in sops})


@dataclass(frozen=True, eq=False)
class Relation:
    """A truth table: `selected` (queries, keys) over every combination of the sops on either side."""

    keys: dict[Expr, Column]
    queries: dict[Expr, Column]
    selected: Bools
