"""Functions of two exact numbers that are functions of their difference, sum or product, found by their tables.

A user's function is opaque: `zip(lambda a, b: (a + b) % m, x, y)` has as many rows as pairs of values. As a table over
x + y it has far fewer, and it costs what `(x + y) % m` does.
"""

from __future__ import annotations

import itertools
import math

from ..analysis import Facts
from ..lang.expr import Expr, Op, node
from ..lang.function import Table
from ..lang.values import Value, exact
from ..run.column import Column
from .rule import on_every_part

MOST_ROWS = 100_000
"""The most pairs of values that a table is looked for in."""
FEWER = 0.75
"""A sum or difference has at most so many values for each pair."""


@on_every_part
def recognised(e: Expr, facts: Facts) -> Expr | None:
    """A function as arithmetic on its two operands, or as a table over that."""
    if e.op is not Op.MAP or len(e.src) != 2 or len(facts.basis(e)) < 2:
        return None
    a, b = e.src
    if not all(facts.domain(x).exact and facts.domain(x).small for x in e.src):
        return None
    if len(facts.domain(a)) * len(facts.domain(b)) > MOST_ROWS:
        return None
    variables = facts.variables(e)
    few = math.prod(len(facts.domain(v)) for v in variables) <= MOST_ROWS
    columns = facts.mesh(variables if few else e.src)
    wanted = facts.evaluate(e, columns)
    best: tuple[int, Expr] | None = None
    for op in (Op.SUB, Op.ADD, Op.MUL):
        number = node(op, a, b)
        facts.domain(number)
        numbers = facts.evaluate(number, columns)
        table = _table(numbers, wanted)
        if table is None:
            continue
        if _same(numbers, wanted):
            return number
        runs = _runs(table)
        most = len(facts.domain(a)) + len(facts.domain(b)) if op is Op.MUL else FEWER * len(wanted)
        if (runs if op is Op.MUL else len(table)) <= most and (best is None or runs < best[0]):
            best = runs, node(Op.MAP, number, arg=Table(table))
    return None if best is None else best[1]


def _table(numbers: Column, wanted: Column) -> dict[Value, Value] | None:
    """The value for each number; None where one number has several, or fails where there is a value."""
    found: dict[Value, Value] = {}
    rows = zip(numbers.values(), numbers.ok().tolist(), wanted.values(), wanted.ok().tolist(), strict=True)
    for number, known, value, defined in rows:
        if not defined:
            continue
        if not known or exact(found.setdefault(number, value)) != exact(value):
            return None
    return found or None


def _same(numbers: Column, wanted: Column) -> bool:
    """Whether the numbers are the values, of the same types, wherever there is a value."""
    rows = zip(numbers.values(), wanted.values(), wanted.ok().tolist(), strict=True)
    return all(exact(number) == exact(value) for number, value, defined in rows if defined)


def _runs(table: dict[Value, Value]) -> int:
    """How many runs of equal values there are along the numbers."""
    along = [exact(table[k]) for k in sorted(table)]
    return 1 + sum(x != y for x, y in itertools.pairwise(along))
