"""Nested `where` as gates: along the number its conditions read, the branches take turns."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..analysis import Facts
from ..analysis.domain import TOO_LARGE
from ..constructions import feedforward as ff
from ..constructions.form import Floats, Form
from ..lang.expr import Expr, Op, node
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
    branches = known.forms(ends)
    if turns is None or len(branches) < len(ends):
        return None
    spans = [_span(end, form, codes) for end, form in zip(ends, branches, strict=True)]
    x, points, along = turns
    joint = None if along is None else _Joint.of(along, ends, codes)
    if joint is not None and joint.steepest(points) > joint.mirrored().steepest(mirrored := _mirrored(points)):
        x, points, joint = -1.0 * x, mirrored, joint.mirrored()
    piece, error = ff.Piece(branches[int(points[0][1])]), 0.0
    for x0, x1, b, a in _steps(points):
        if joint is None:
            low, high = spans[a][0] - spans[b][1], spans[a][1] - spans[b][0]
        else:
            low, high = joint.difference(b, a)
        if high - low > WIDEST or len(piece.neurons) > MOST_NEURONS:
            return None
        passed = branches[a] - branches[b]
        strength = 0.0 if joint is None else joint.strength(x0, x1, b, a, passed.error)
        piece += ff.gate(x, x0, x1, passed, codes.real, least=low, greatest=high, strength=strength)
        error += passed.error
    return piece, error


def _steps(points: Points) -> list[tuple[float, float, int, int]]:
    """(the last point of a branch, the first of the next, their numbers) where branches take turns"""
    return [(x0, x1, int(b), int(a)) for (x0, b), (x1, a) in itertools.pairwise(points) if a != b]


def _mirrored(points: Points) -> Points:
    return [(-x, y) for x, y in reversed(points)]


@dataclass(frozen=True, eq=False)
class _Joint:
    """Which values of the number that conditions read, (rows,), and of the branches, (rows, branches), there are
    together: where the values of a branch are small next to a step, its gate need not be as steep."""

    along: Floats
    branches: Floats

    @classmethod
    def of(cls, along: Expr, ends: Sequence[Expr], codes: Codes) -> _Joint | None:
        """None where more than position and length decides."""
        facts = codes.facts
        variables = list(dict.fromkeys(v for e in (along, *ends) for v in facts.variables(e)))
        if not variables or not facts.tables.complete or not all(map(facts.token_free, (along, *ends))):
            return None
        mesh = facts.mesh(variables)
        columns = [facts.evaluate(e, mesh) for e in (along, *ends)]
        rows = len(next(iter(mesh.values())))
        if not all(c.ok().all() for c in columns):
            return None
        at, *values = (np.broadcast_to(codes.filled(c), rows) for c in columns)
        return cls(at, np.stack(values, axis=1))

    def mirrored(self) -> _Joint:
        return replace(self, along=-self.along)

    def steepest(self, points: Points) -> float:
        """The greatest strength of all gates."""
        return max((self.strength(*step) for step in _steps(points)), default=0.0)

    def difference(self, before: int, after: int) -> tuple[float, float]:
        """(the least, the greatest) of one branch less another."""
        found = self.branches[:, after] - self.branches[:, before]
        return float(found.min()), float(found.max())

    def strength(self, low: float, high: float, before: int, after: int, error: float = 0.0) -> float:
        """The least K, a power of two, for which both neurons are 0 wherever the gate is shut, for a number that may be
        off by a quarter of the gap, and what passes by twice its error (see `feedforward.gate`)."""
        passed = self.branches[:, after] - self.branches[:, before]
        base, shut = min(0.0, float(passed.min())), self.along <= low
        distance = (low + high) / 2 - self.along[shut]
        needed = float(((np.maximum(passed[shut], 0.0) - base + 2 * error) / distance).max(initial=0.0))
        return 2.0 ** math.ceil(math.log2(needed)) if needed > 0 else 1.0


def _turns(number: Expr, read: list[Expr], known: Known, codes: Codes) -> tuple[Form, Points, Expr | None] | None:
    """(a form, the number of the branch that is taken along it, the part that it stores if it is only one)"""
    forms = [Read(x, form) for x in read if (form := known.form(x)) is not None]
    if len(forms) == 1:
        return forms[0].form, codes.points(number, forms[0].part), forms[0].part
    if not 2 <= len(forms) <= MOST_LEAVES or any(codes.number(x.part) for x in forms):
        return None
    joint = codes.combined(number, forms)
    return None if joint is None else (joint.form, joint.points, None)


def _tree(e: Expr, known: Known, facts: Facts) -> Expr | None:
    """e as nested `where` with known forms at its ends: f(where(c, a, b)) is where(c, f(a), f(b))."""
    if known.form(e) is not None:
        return e
    if e.op is Op.WHERE:
        ends = [_tree(s, known, facts) for s in e.src[1:]]
        return None if None in ends else node(Op.WHERE, e.src[0], *(x for x in ends if x is not None))
    inner = [(i, s) for i, s in enumerate(e.src) if s.op is Op.WHERE and known.form(s) is None]
    if len(inner) != 1:
        return None
    i, where = inner[0]
    pushed = [node(e.op, *e.src[:i], end, *e.src[i + 1 :], arg=e.arg) for end in where.src[1:]]
    if any(facts.listed(p) is None for p in pushed):
        return None  # an end on which e always fails, or too many values
    return _tree(node(Op.WHERE, where.src[0], *pushed), known, facts)


def _span(end: Expr, form: Form, codes: Codes) -> tuple[float, float]:
    """(the least, the greatest) number that a branch may store, also where it is not taken and may have no value."""
    labels = codes.labels.of(codes.facts.domain(end))
    low, high = min(labels), max(labels)
    if not _fails_on_values(end, codes.facts):
        return low, high
    least, greatest = codes.ranges.of(form)
    return min(low, least), max(high, greatest)


def _fails_on_values(e: Expr, facts: Facts) -> bool:
    """Whether an expression may fail where all that it is computed from has a value."""
    variables = facts.variables(e)
    if not variables or facts.domains.combinations(variables) > TOO_LARGE:
        return not facts.sure(e)
    return not facts.evaluate(e, facts.mesh(variables)).ok().all()


def _flat(tree: Expr) -> tuple[list[Expr], list[Expr]]:
    """(the conditions, the ends) of nested `where`"""
    conditions: list[Expr] = []
    ends: dict[Expr, None] = {}
    stack = [tree]
    while stack:
        at = stack.pop()
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
        if at in number:
            return number[at]
        return node(Op.WHERE, at.src[0], change(at.src[1]), change(at.src[2]))

    return change(tree)
