"""Nested `where` as gates: along the number its conditions read, the branches take turns."""

from __future__ import annotations

import itertools

from ..analysis import Facts
from ..constructions import feedforward as ff
from ..constructions.form import Form
from ..errors import CompileError
from ..lang.expr import Expr, Op, node, unnamed
from .codes import MOST_NEURONS, Codes, Points, Read
from .linear import Known

MOST_LEAVES = 3
"""The most forms that conditions may read."""
WIDEST = 2.0**17
"""The greatest difference between two branches that a gate lets through exactly enough."""


def gates(e: Expr, known: Known, codes: Codes) -> tuple[ff.Piece, float] | None:
    """An expression, a `where` or a function of one, in one layer of neurons, and the error that they let through; None
    where that cannot be."""
    tree = _tree(e, known, codes.facts)
    if tree is None or tree.op is not Op.WHERE:
        return None
    conditions, ends = _flat(tree)
    read = list(dict.fromkeys(x for c in conditions for x in known.leaves(c)))
    turns = _turns(_numbered(tree, ends), read, known, codes)
    forms = [known.form(end) for end in ends]
    if turns is None or any(f is None for f in forms):
        return None
    branches = [f for f in forms if f is not None]
    x, points = turns
    piece, error = ff.Piece(branches[int(points[0][1])]), 0.0
    for (x0, before), (x1, after) in itertools.pairwise(points):
        if before == after:
            continue
        a, b = int(after), int(before)
        low, high = _difference(ends[a], ends[b], codes)
        if high - low > WIDEST or len(piece.neurons) > MOST_NEURONS:
            return None
        passed = branches[a] - branches[b]
        piece += ff.gate(x, x0, x1, passed, codes.real, least=low, greatest=high)
        error += passed.error
    return piece, error


def _turns(number: Expr, read: list[Expr], known: Known, codes: Codes) -> tuple[Form, Points] | None:
    """(a form, the number of the branch that is taken along it)"""
    forms = [Read(x, form) for x in read if (form := known.form(x)) is not None]
    if len(forms) == 1:
        return forms[0].form, codes.points(number, forms[0].part)
    if not 2 <= len(forms) <= MOST_LEAVES or any(codes.number(x.part) for x in forms):
        return None
    joint = codes.combined(number, forms)
    return None if joint is None else (joint.form, joint.points)


def _tree(e: Expr, known: Known, facts: Facts) -> Expr | None:
    """e as nested `where` with known forms at its ends: f(where(c, a, b)) is where(c, f(a), f(b))."""
    e = unnamed(e)
    if known.form(e) is not None:
        return e
    if e.op is Op.WHERE:
        ends = [_tree(s, known, facts) for s in e.src[1:]]
        return None if None in ends else node(Op.WHERE, e.src[0], *(x for x in ends if x is not None))
    inner = [(i, unnamed(s)) for i, s in enumerate(e.src) if unnamed(s).op is Op.WHERE and known.form(s) is None]
    if len(inner) != 1:
        return None
    i, where = inner[0]
    pushed = [node(e.op, *e.src[:i], end, *e.src[i + 1 :], arg=e.arg) for end in where.src[1:]]
    try:
        for p in pushed:
            facts.domain(p)
    except CompileError:
        return None  # an end on which e always fails, or too many values
    return _tree(node(Op.WHERE, where.src[0], *pushed), known, facts)


def _difference(a: Expr, b: Expr, codes: Codes) -> tuple[float, float]:
    xs, ys = ([codes.labels[v] for v in codes.facts.domain(x).values] for x in (a, b))
    return min(xs) - max(ys), max(xs) - min(ys)


def _flat(tree: Expr) -> tuple[list[Expr], list[Expr]]:
    """(the conditions, the ends) of nested `where`"""
    conditions: list[Expr] = []
    ends: dict[Expr, None] = {}
    stack = [tree]
    while stack:
        at = unnamed(stack.pop())
        if at.op is Op.WHERE:
            conditions.append(at.src[0])
            stack += reversed(at.src[1:])
        else:
            ends[at] = None
    return conditions, list(ends)


def _numbered(tree: Expr, ends: list[Expr]) -> Expr:
    """Nested `where` with the number of each end in its place."""
    number = {end: node(Op.CONST, arg=i) for i, end in enumerate(ends)}

    def change(at: Expr) -> Expr:
        at = unnamed(at)
        if at in number:
            return number[at]
        return node(Op.WHERE, at.src[0], change(at.src[1]), change(at.src[2]))

    return change(tree)
