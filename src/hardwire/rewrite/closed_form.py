"""What depends on position and length alone, put in closed form: nothing need be computed that can be embedded.

A part without tokens that is the same for every length is a table of positions; one that is a whole-number
combination of length and position needs the length alone. A count of positions on one side of a position u that is the
same for all queries is a combination of the length and u. All are found by trying every length up to max_len.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from ..analysis import Facts
from ..analysis.domain import LARGEST, TOO_LARGE
from ..lang.expr import INDICES, TOKENS, Expr, Op, node
from ..lang.function import Table
from ..lang.selectors import LENGTH
from ..lang.values import exact
from ..run.column import Column, codes_of
from .rule import on_every_part

INTS = (LENGTH, INDICES)
"""Parts that are ints, so that 1 times one of them is the same value of the same type."""


@on_every_part
def closed_form(e: Expr, facts: Facts) -> Expr | None:
    """An aggregate that no token decides, in closed form."""
    if e.op is Op.WIDTH and not facts.causal and not facts.token_free(e):
        return _by_one_position(e, facts)
    if not facts.tables.complete or not e.op.aggregate or not facts.token_free(e) or (e is LENGTH and not facts.causal):
        return None
    col = facts.tables.of(e)
    return _by_position(col, facts) or _by_length(col, facts)


def _by_position(col: Column, facts: Facts) -> Expr | None:
    """A column that is the same for every length, as a table of positions; what fails has no key."""
    position, ok, (codes, values) = facts.tables.position, col.ok(), codes_of(col)
    known = np.full(facts.max_len, -1)
    known[position[ok]] = codes[ok]
    if not ok.any() or (known[position] != np.where(ok, codes, -1)).any():
        return None
    table = {i: values[c] for i, c in enumerate(known.tolist()) if c >= 0}
    if all(type(v) is int and v == i for i, v in table.items()) and len(table) == facts.max_len:
        return INDICES
    if len(set(map(exact, table.values()))) == 1:
        return node(Op.CONST, arg=next(iter(table.values())))
    return node(Op.MAP, INDICES, arg=Table(table))


def _by_length(col: Column, facts: Facts) -> Expr | None:
    """A column that is a n + b i + c for whole a, b, c."""
    if col.kind != "i" or col.failed is not None or facts.max_len < 2 or facts.causal or col.bound > LARGEST:
        return None
    i, n, y = facts.tables.position, facts.tables.of(LENGTH).data, col.data
    # From the pairs (n, i) = (1, 0), (2, 0), (2, 1).
    a, b = int(y[1] - y[0]), int(y[2] - y[1])
    c = int(y[0]) - a
    return linear(c, (a, LENGTH), (b, INDICES)) if np.array_equal(a * n + b * i + c, y) else None


def linear(constant: int, *terms: tuple[int, Expr]) -> Expr:
    """A linear combination of sops, with ints for its factors and its constant."""
    found = [node(Op.MUL, node(Op.CONST, arg=f), x) if f != 1 or x not in INTS else x for f, x in terms if f]
    if constant or not found:
        found.insert(0, node(Op.CONST, arg=constant))
    return reduce(lambda total, term: node(Op.ADD, term, total), found)


def _by_one_position(count: Expr, facts: Facts) -> Expr | None:
    """A count of the positions that meet a condition on them and on one position u, as a n + b u + c."""
    selector = count.src[0]
    if selector.op is not Op.COMPARE or not isinstance(selector.arg, Op) or facts.basis(selector.src[1]):
        return None
    met = node(selector.arg, *selector.src)
    variables = facts.variables(met)
    u = [v for v in variables if v not in (TOKENS, INDICES)]
    if len(u) != 1 or INDICES not in variables or not _is_one_position(u[0], facts):
        return None
    n = facts.max_len
    if n < 2 or facts.domains.combinations(variables) > TOO_LARGE:
        return None
    mesh = facts.mesh(variables)
    found = facts.evaluate(met, mesh)
    j, at = (np.array(mesh[v].values(), np.int64) for v in (INDICES, u[0]))
    true = np.array([v is True for v in found.values()], bool)
    table = np.zeros((2, n, n), bool)  # [truth, j, u]: whether a token makes it so
    inside = (at >= 0) & (at < n)
    table[true[inside].astype(int), j[inside], at[inside]] = True
    if not found.ok().all() or (table[0] & table[1]).any():
        return None  # it fails, or tokens decide
    counts = np.vstack([np.zeros((1, n), np.int64), table[1].cumsum(axis=0)])  # [n, u]
    lengths, places = np.nonzero(np.arange(n) < np.arange(n + 1)[:, None])
    y = counts[lengths, places]
    a, b = int(counts[2, 0] - counts[1, 0]), int(counts[2, 1] - counts[2, 0])
    c = int(counts[1, 0]) - a
    return linear(c, (a, LENGTH), (b, u[0])) if np.array_equal(a * lengths + b * places + c, y) else None


def _is_one_position(e: Expr, facts: Facts) -> bool:
    """Whether a sop is a position of the input, the same for all queries, wherever it has a value."""
    if not (e.op.picks or e.op is Op.VALUE) or not facts.uniform(e) or e.source("x") is not INDICES:
        return False
    least, most = facts.width(e.src[0])
    first = e.source("default")
    zero = first.op is Op.CONST and type(first.arg) is int and first.arg == 0
    return (e.op.picks or most <= 1) and (least > 0 or zero)
