"""Functions of three and more numbers as functions of two, one after the other.

    max(a, b, c)       ->  max(max(a, b), c)
    (a + b + c) % m    ->  g(h(a, b), c), where h has a value for each different row of the table
    median(a, b, c)    ->  max(c, low) - max(c - high, 0), where low and high are functions of a and b

A table of three numbers has as many rows as they have combinations. Where pairs (a, b) have few different rows, one of
their values stands for a row: the one at a c that distinguishes them all, or else its number.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from ..analysis import Facts
from ..analysis.domain import TOO_LARGE, is_plain
from ..lang.expr import ONE, ZERO, Expr, Op, node
from ..lang.function import Function, Tabled
from ..run.column import codes_of
from ..run.failure import Ints
from .rule import on_every_part
from .tables import grid, tabled

LEAST_ROWS = 200
"""The fewest combinations of values that are worth it."""
GREATER = Function(max)
MOST_ROWS = TOO_LARGE
"""The most combinations that are listed."""


@on_every_part
def folded(e: Expr, facts: Facts) -> Expr | None:
    """A function of three or more numbers as functions of two."""
    if e.op is not Op.MAP or len(e.src) < 3:
        return None
    if isinstance(e.arg, Function) and e.arg.original in (max, min):
        return functools.reduce(lambda a, b: node(Op.MAP, a, b, arg=e.arg), e.src)
    return _split(e, facts)


def _split(e: Expr, facts: Facts) -> Expr | None:
    """e as a function of one operand and of a function of the others; None where these have many different rows.
    Raises CompileError."""
    sizes = [len(facts.domain(x)) for x in e.src]
    rows = math.prod(sizes)
    if not LEAST_ROWS <= rows <= MOST_ROWS or len(set(e.src)) < len(e.src) or not all(map(facts.basis, e.src)):
        return None
    bools = facts.domain(e).types == {bool}
    if not all(map(facts.whole, (e, *e.src))) or any(facts.domain(x).types != {int} for x in e.src):
        return None
    if facts.domains.affine(e) is not None:
        return None  # it takes no neurons
    found = facts.evaluate(e, grid(e.src, facts))
    codes, table = codes_of(found)
    # Tables hold floats, which are exact for plain ints alone; arguments that never meet may give values of any kind.
    if not found.ok().all() or not all(type(v) is (bool if bools else int) and is_plain(v) for v in table):
        return None
    values = np.array([int(v) for v in table])[codes].reshape(sizes)
    clamped = _clamped(e, values, facts)
    if clamped is not None and not bools:
        return clamped
    few, last = min((len(_classes(values, k)[0]), k) for k in range(len(sizes)))
    first, kind = _classes(values, last)
    if 2 * few > rows // sizes[last]:
        return None
    by_row = np.moveaxis(values, last, -1).reshape(-1, sizes[last])[first]
    known = next((column for column in by_row.T if len(np.unique(column)) == few), None)
    if known is None and few > 2 * sum(sizes):
        return None
    names = np.arange(few) if known is None else known
    others = [x for k, x in enumerate(e.src) if k != last]
    part = tabled(grid(others, facts), map(float, names[kind].tolist()))
    part = part if len(others) == 2 else _split(part, facts) or part
    ends = facts.domain(e.src[last]).values
    outer = {(int(names[r]), c): float(by_row[r, k]) for r in range(few) for k, c in enumerate(ends)}
    new = node(Op.MAP, part, e.src[last], arg=Tabled(outer))
    return node(Op.EQ, new, ONE) if bools else new


def _clamped(e: Expr, values: Ints, facts: Facts) -> Expr | None:
    """A function of three as one operand between two bounds, which the others decide; None for any other
    function. Two neurons keep a number between two others."""
    if values.ndim != 3:
        return None
    for last in range(3):
        own = np.array([int(v) for v in facts.domain(e.src[last]).values if isinstance(v, int)])
        by_row = np.moveaxis(values, last, -1)
        low, high = by_row.min(axis=-1), by_row.max(axis=-1)
        if not np.array_equal(by_row, np.clip(own, low[..., None], high[..., None])):
            continue
        others, x = [s for k, s in enumerate(e.src) if k != last], e.src[last]
        least, most = (tabled(grid(others, facts), map(float, b.ravel().tolist())) for b in (low, high))
        above = node(Op.MAP, node(Op.SUB, x, most), ZERO, arg=GREATER)
        return node(Op.SUB, node(Op.MAP, x, least, arg=GREATER), above)
    return None


def _classes(values: Ints, last: int) -> tuple[Ints, Ints]:
    """(a representative of each different row along one operand, the row of each combination of the others)"""
    by_row = np.moveaxis(values, last, -1).reshape(-1, values.shape[last])
    _, first, kind = np.unique(by_row, axis=0, return_index=True, return_inverse=True)
    return first, kind.ravel()
