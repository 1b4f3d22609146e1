"""Orders of wide numbers, digit by digit.

    key(x) < query(y)  ->  (key(x // b) < query(y // b)) | (key(x // b) == query(y // b)) & (key(x % b) < query(y % b))

The two alternatives exclude each other, so that each gets a head of its own: counts and sums add up, and of two best
values one is the better. A head needs a dimension for each value that it orders; digits of two take twice their root.
Numbers that are not whole, or lie far apart, are numbered first.
"""

from __future__ import annotations

import math

from ..analysis import Facts
from ..lang.expr import INDICES, ZERO, Expr, Op, node, unnamed
from ..lang.function import Tabled
from ..lang.selectors import Literal, conjuncts, selector_of
from ..lang.values import Value, leave
from .rule import on_every_part

NARROW = 64
"""Orders of so many values are left to one head."""
MOST = 20_000
"""The most values that are numbered."""
SPARSE = 4
"""How many times as many integers as values there may be between the least and the greatest that are not numbered."""


@on_every_part
def wide_orders(e: Expr, facts: Facts) -> Expr | None:
    """An aggregate with a wide order, by digits."""
    return _split(e, facts) if e.op.aggregate and _splittable(e, facts) else None


def _splittable(e: Expr, facts: Facts) -> bool:
    """Whether an aggregate over two alternatives follows from the aggregates over each."""
    if e.op in (Op.WIDTH, Op.ONE):
        return True
    if e.arg is not None:
        return False
    if e.op is Op.VALUE:
        return facts.whole(e.src[1])
    return e.op.scored and (unnamed(e.src[1]) is INDICES or _is_own_score(e, facts))


def _is_own_score(e: Expr, facts: Facts) -> bool:
    return unnamed(e.src[1]) is unnamed(e.src[2]) and facts.whole(e.src[1]) and facts.domain(e.src[1]).types == {int}


def _split(e: Expr, facts: Facts) -> Expr | None:
    """An aggregate as one of two, each over an order of digits; None where its selector has no wide order."""
    literals = conjuncts(e.src[0], facts.ordered)
    for i, literal in enumerate(literals):
        split = _alternatives(literal, facts)
        if split is not None:
            rest = tuple(literals[:i] + literals[i + 1 :])
            one, other = (selector_of((*rest, *part)) for part in split)
            return _joined(e, one, other, facts)
    return None


def _alternatives(literal: Literal, facts: Facts) -> tuple[tuple[Literal, ...], tuple[Literal, ...]] | None:
    """A wide order as two conjunctions that exclude each other."""
    if literal.joint or literal.prefix or not isinstance(literal.op, Op) or not literal.op.order:
        return None
    if all(v.op.leaf or facts.token_free(v) for side in (literal.key, literal.query) for v in facts.variables(side)):
        return None  # both sides are embedded
    found = _digits(unnamed(literal.key), unnamed(literal.query), facts)
    if found is None:
        return None
    (high, low), (high_query, low_query) = found

    def compared(key: Expr, query: Expr, op: Op) -> Literal:
        return Literal(node(Op.COMPARE, key, query, arg=op))

    same = compared(high, high_query, Op.EQ)
    return (compared(high, high_query, literal.op.strict),), (same, compared(low, low_query, literal.op))


def _digits(key: Expr, query: Expr, facts: Facts) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]] | None:
    """Both digits of a key and of a query; None where their orders are narrow, or not known to be total."""
    if not facts.basis(key) or not facts.basis(query) or not facts.ordered(key, query):
        return None
    domains = [facts.domain(x) for x in (key, query)]
    if not all(NARROW < len(d) <= MOST and d.exact for d in domains):
        return None
    values = sorted({v for d in domains for v in d.values})
    low, high = values[0], values[-1]
    if not all(d.whole for d in domains) or high - low > SPARSE * len(values):
        place: dict[tuple[Value, ...], float] = {(leave(v),): float(i) for i, v in enumerate(values)}
        if len(place) < len(values):
            return None  # two ratios are the same float
        key, query = (node(Op.MAP, x, arg=Tabled(place)) for x in (key, query))
        low, high = 0, len(values) - 1
    base = node(Op.CONST, arg=math.isqrt(int(high - low)) + 1)
    one, other = (
        (node(Op.KEPT, node(Op.FLOORDIV, x, base)), node(Op.KEPT, node(Op.MOD, x, base))) for x in (key, query)
    )
    return one, other


def _joined(e: Expr, one: Expr, other: Expr, facts: Facts) -> Expr:
    """An aggregate over a selector, from those over two alternatives that share it out."""
    if e.op is Op.WIDTH:
        return node(Op.ADD, node(Op.WIDTH, one), node(Op.WIDTH, other))
    if e.op is Op.VALUE:
        total = node(Op.ADD, *(node(Op.VALUE, s, e.src[1], ZERO) for s in (one, other)))
        if unnamed(e.src[2]) is ZERO or facts.width(e.src[0])[0] > 0:
            return total
        count = node(Op.ADD, node(Op.WIDTH, one), node(Op.WIDTH, other))
        return node(Op.WHERE, node(Op.EQ, count, ZERO), e.src[2], total)
    if e.op is Op.ONE:
        some, none = (node(Op.ONE, s, *e.src[1:]) for s in (one, other))
        return node(Op.WHERE, node(Op.GT, node(Op.WIDTH, one), ZERO), some, none)
    return _better(e, one, other, facts)


def _better(e: Expr, one: Expr, other: Expr, facts: Facts) -> Expr:
    """The better of the best of both; where both are empty, the default."""
    score, x, default = map(unnamed, e.src[1:])
    rising = e.op.best > 0
    values = range(facts.max_len) if score is INDICES else facts.domain(score).values
    worst = min(values) - 1 if rising else max(values) + 1
    plain = score is x and default.op is Op.CONST and type(default.arg) is int
    if plain and (default.arg <= worst if rising else default.arg >= worst):
        worst = default.arg
    nothing = node(Op.CONST, arg=worst)
    a, b = (node(e.op, s, score, score, nothing) for s in (one, other))
    best = node(Op.WHERE, node(Op.GT if rising else Op.LT, b, a), b, a)
    if score is not x:
        return node(Op.ONE, node(Op.COMPARE, INDICES, best, arg=Op.EQ), x, default)
    if default is nothing:
        return best
    return node(Op.WHERE, node(Op.EQ, best, nothing), default, best)
