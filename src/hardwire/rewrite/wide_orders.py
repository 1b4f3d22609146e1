"""Orders and equality of wide numbers, digit by digit.

    key(x) < query(y)  ->  (key(x // b) < query(y // b)) | (key(x // b) == query(y // b)) & (key(x % b) < query(y % b))

The two alternatives exclude each other, so that each gets a head of its own: counts and sums add up, and of two best
values one is the better. A head needs a dimension for each value that it orders; digits of two take twice their root.
Exact numbers that are not whole, or have wide gaps, are numbered first, and so are floats that are evenly spaced, as in
x / 2. A union a | b that has a wide order is b and a & ~b.

    key(x) == query(y)  ->  (key(x // b) == query(y // b)) & (key(x % b) == query(y % b))     in sums and means

A mean is not that of two heads. There an order of integers with other numbers becomes one of integers:

    key(x) < query(y)  ->  key(x) < query(z)       z = the least value of x that is y or more
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from ..analysis import Facts
from ..lang.expr import INDICES, ZERO, Expr, Op, node
from ..lang.selectors import Literal, comparisons, conjuncts, selector_of
from ..lang.values import Value
from ..run.column import column
from .rule import on_every_part
from .tables import tabled

NARROW = 64
"""Orders of so many values are left to one head."""
NARROW_IN_UNION = 128
"""The same in a union, which is a sum of few heads without the conditions that a split adds."""
FEW, FEW_OF_MEAN, FEW_OF_NUMBERS = 500, 128, 8
"""So many numbers are compared with integers by themselves, which takes a layer less: in a mean, whose selected keys
must score the same, with integers that are embedded, or computed."""
FLOATS = 128
"""Orders of so many floats are left to one head."""
UNEVEN = 2.0**-20
"""How far evenly spaced floats may be from their places, in parts of the distance of two."""
MOST = 20_000
"""The most values that are numbered."""
MISSING = node(Op.CONST, arg=-1)
"""Where no position is."""
SPARSE = 4
"""How many times as many integers as values there may be between the least and the greatest that are not numbered."""


@on_every_part
def wide_orders(e: Expr, facts: Facts) -> Expr | None:
    """An aggregate with a wide order, by digits; a mean, by an order of integers."""
    if not e.op.aggregate:
        return None
    new = _equal_by_digits(_of_integers(e, facts) or e, facts)
    counted = _by_places(new, facts)
    return _split(counted, facts) or new if _splittable(counted, facts) else new


def _splittable(e: Expr, facts: Facts) -> bool:
    """Whether an aggregate over two alternatives follows from the aggregates over each."""
    if e.op in (Op.WIDTH, Op.ONE):
        return True
    if e.arg is not None:
        return False
    if e.op is Op.VALUE:
        return facts.whole(e.src[1])
    return e.op.scored and (e.src[1] is INDICES or _is_whole(e.src[1], facts))


def _is_whole(x: Expr, facts: Facts) -> bool:
    return facts.whole(x) and facts.domain(x).types == {int}


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


def _again(e: Expr, facts: Facts) -> Expr:
    """An aggregate over an alternative, whose selector may have more wide orders."""
    return _split(e, facts) or e


def _alternatives(literal: Literal, facts: Facts) -> tuple[tuple[Literal, ...], tuple[Literal, ...]] | None:
    """A wide order, or a union with one, as two conjunctions that exclude each other."""
    if literal.joint:
        return _of_union(literal.atom, facts)
    found = _wide(literal, facts)
    if found is None:
        return None
    (high, low), (high_query, low_query) = found

    def compared(key: Expr, query: Expr, op: Op) -> Literal:
        return Literal(node(Op.COMPARE, key, query, arg=op))

    same = compared(high, high_query, Op.EQ)
    return (compared(high, high_query, literal.op.strict),), (same, compared(low, low_query, literal.op))


def _of_union(union: Expr, facts: Facts) -> tuple[tuple[Literal, ...], tuple[Literal, ...]] | None:
    if union.op is not Op.OR or not facts.sure(union):  # a | b may have a value where a or b has none
        return None
    a, b = sorted(union.src, key=lambda s: not _has_wide(s, facts))
    return ((Literal(b),), (Literal(a), Literal(node(Op.NOT, b)))) if _has_wide(a, facts) else None


def _has_wide(selector: Expr, facts: Facts) -> bool:
    wide = [c for c in comparisons(selector) if _wide(Literal(c), facts) is not None]
    return any(len(facts.domain(x)) > NARROW_IN_UNION for c in wide for x in c.src)


def _wide(literal: Literal, facts: Facts) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]] | None:
    """Both digits of a key and of a query; None for any comparison but a wide order."""
    if not _is_order(literal) or (_embedded(literal.key, facts) and _embedded(literal.query, facts)):
        return None
    return _digits(literal.key, literal.query, facts)


def _is_order(literal: Literal) -> bool:
    return not literal.joint and not literal.prefix and isinstance(literal.op, Op) and literal.op.order


def _embedded(x: Expr, facts: Facts) -> bool:
    return all(v.op.leaf or facts.token_free(v) for v in facts.variables(x))


def _digits(key: Expr, query: Expr, facts: Facts) -> tuple[tuple[Expr, Expr], tuple[Expr, Expr]] | None:
    """Both digits of a key and of a query; None where they are narrow, or their order is not known to be total."""
    if not facts.basis(key) or not facts.basis(query) or not facts.ordered(key, query):
        return None
    domains = [d for x in (key, query) if (d := facts.listed(x)) is not None]
    if len(domains) < 2 or not all(NARROW < len(d) <= MOST and d.exact for d in domains):
        return None
    values = sorted({v for d in domains for v in d.values})
    low, high = values[0], values[-1]
    if not all(d.whole for d in domains) or high - low > SPARSE * len(values):
        key, query = (tabled({x: column(values)}, map(float, range(len(values)))) for x in (key, query))
        low, high = 0, len(values) - 1
    base = node(Op.CONST, arg=math.isqrt(int(high - low)) + 1)
    one, other = (
        (node(Op.KEPT, node(Op.FLOORDIV, x, base)), node(Op.KEPT, node(Op.MOD, x, base))) for x in (key, query)
    )
    return one, other


def _joined(e: Expr, one: Expr, other: Expr, facts: Facts) -> Expr:
    """An aggregate over a selector, from those over two alternatives that share it out."""
    counts = [_again(node(Op.WIDTH, s), facts) for s in (one, other)]
    if e.op is Op.WIDTH:
        return node(Op.ADD, *counts)
    if e.op is Op.VALUE:
        total = node(Op.ADD, *(_again(node(Op.VALUE, s, e.src[1], ZERO), facts) for s in (one, other)))
        if e.src[2] is ZERO or facts.width(e.src[0])[0] > 0:
            return total
        return node(Op.WHERE, node(Op.EQ, node(Op.ADD, *counts), ZERO), e.src[2], total)
    if e.op is Op.ONE:
        some, none = (_again(node(Op.ONE, s, *e.src[1:]), facts) for s in (one, other))
        return node(Op.WHERE, node(Op.GT, counts[0], ZERO), some, none)
    return _better(e, one, other, facts)


def _better(e: Expr, one: Expr, other: Expr, facts: Facts) -> Expr:
    """The better of the best of both; where both are empty, the default."""
    score, x, default = e.src[1:]
    rising = e.op.best > 0
    values = range(facts.max_len) if score is INDICES else facts.domain(score).values
    worst = min(values) - 1 if rising else max(values) + 1
    plain = score is x and default.op is Op.CONST and type(default.arg) is int
    if plain and (default.arg <= worst if rising else default.arg >= worst):
        worst = default.arg
    nothing = node(Op.CONST, arg=worst)
    a, b = (_again(node(e.op, s, score, score, nothing), facts) for s in (one, other))
    ahead = Op.GT if rising else Op.LT
    best = node(Op.WHERE, node(ahead, b, a), b, a)
    if score is INDICES is not x:
        return _at(best, x, default)
    if score is not x:  # the leftmost of those with the best score
        left, right = (_again(node(e.op, s, score, INDICES, MISSING), facts) for s in (one, other))
        earlier = node(Op.AND, node(Op.EQ, b, a), node(Op.LT, right, left))
        return _at(node(Op.WHERE, node(Op.OR, node(ahead, b, a), earlier), right, left), x, default)
    if default is nothing:
        return best
    return node(Op.WHERE, node(Op.EQ, best, nothing), default, best)


def _at(position: Expr, x: Expr, default: Expr) -> Expr:
    return node(Op.ONE, node(Op.COMPARE, INDICES, node(Op.KEPT, position), arg=Op.EQ), x, default)


# Evenly spaced floats.


def _by_places(e: Expr, facts: Facts) -> Expr:
    """An aggregate with orders of many floats that are evenly spaced as one with orders of integers, their places; so
    with such a score."""
    literals, rest = conjuncts(e.src[0], facts.ordered), e.src[1:]
    counted = [_counted(c, facts) for c in literals]
    if counted == literals:
        return e
    if e.op.scored and rest[0] is not rest[1]:
        rest = (*(_places(rest[:1], facts) or rest[:1]), *rest[1:])
    return node(e.op, selector_of(tuple(counted)), *rest, arg=e.arg)


def _counted(c: Literal, facts: Facts) -> Literal:
    places = _places((c.key, c.query), facts) if _is_order(c) else None
    return c if places is None else Literal(node(Op.COMPARE, *places, arg=c.op))


def _places(sops: Sequence[Expr], facts: Facts) -> list[Expr] | None:
    """The places of the values of some sops along one line; None where these are not evenly spaced, exact or few."""
    domains = [d for x in sops if (d := facts.listed(x)) is not None]
    if len(domains) < len(sops) or not all(d.plain and not d.exact and FLOATS < len(d) <= MOST for d in domains):
        return None
    values = sorted({v for d in domains for v in d.values})
    gap = min(b - a for a, b in pairwise(values))
    places = [round((v - values[0]) / gap) for v in values]
    if places[-1] > SPARSE * len(values):
        return None
    if any(abs(v - values[0] - k * gap) > UNEVEN * gap for v, k in zip(values, places, strict=True)):
        return None
    return [tabled({x: column(values)}, map(float, places)) for x in sops]


# Equality, and integers.


def _equal_by_digits(e: Expr, facts: Facts) -> Expr:
    """A sum or mean of several keys with an equality of wide numbers, which squares would not score alike."""
    if not (e.op.additive or e.op is Op.MEAN) or facts.width(e.src[0])[1] < 2:
        return e
    literals = conjuncts(e.src[0], facts.ordered)
    for i, c in enumerate(literals):
        wide = not c.joint and c.op is Op.EQ and not (_embedded(c.key, facts) or _embedded(c.query, facts))
        found = _digits(c.key, c.query, facts) if wide else None
        if found is not None:
            same = [Literal(node(Op.COMPARE, *pair, arg=Op.EQ)) for pair in zip(*found, strict=True)]
            selector = selector_of((*literals[:i], *same, *literals[i + 1 :]))
            return node(e.op, selector, *e.src[1:], arg=e.arg)
    return e


def _of_integers(e: Expr, facts: Facts) -> Expr | None:
    """An aggregate with an order of integers and many other numbers as one with an order of integers."""
    literals = conjuncts(e.src[0], facts.ordered)
    found = [_by_threshold(c, facts, mean=e.op is Op.MEAN) if _is_order(c) else None for c in literals]
    if not any(found):
        return None
    selector = selector_of(tuple(new or c for new, c in zip(found, literals, strict=True)))
    return node(e.op, selector, *e.src[1:], arg=e.arg)


def _by_threshold(literal: Literal, facts: Facts, *, mean: bool) -> Literal | None:
    """An order of integers and many other numbers with the integer next to each number in its place."""
    if _embedded(literal.key, facts) and _embedded(literal.query, facts):
        return None
    for turned in (False, True):
        x, y = (literal.query, literal.key) if turned else (literal.key, literal.query)
        op = literal.op.mirrored if turned else literal.op
        if not facts.basis(x) or not facts.basis(y) or not facts.ordered(x, y):
            return None
        domain, others = facts.listed(x), facts.listed(y)
        few = FEW if not mean else FEW_OF_MEAN if _embedded(x, facts) else FEW_OF_NUMBERS
        if domain is None or others is None or not domain.whole or not others.exact or others.whole:
            continue
        if len(others) <= few:
            continue
        found = _thresholds(op, domain.values, others.values)
        if len({*found.values()}) > NARROW:
            continue
        kept = node(Op.KEPT, tabled({y: column([*found])}, map(float, found.values())))
        strict = op.strict.mirrored if turned else op.strict
        return Literal(node(Op.COMPARE, *((kept, x) if turned else (x, kept)), arg=strict))
    return None


def _thresholds(op: Op, integers: Sequence[Value], numbers: Sequence[Value]) -> dict[Value, int]:
    """For each number y, an integer t with x < t, or x > t, just where x op y for the integers x."""
    xs = sorted(set(map(int, integers)))
    below = bisect_left if op in (Op.LT, Op.GE) else bisect_right
    if op in (Op.LT, Op.LE):
        return {y: [*xs, xs[-1] + 1][below(xs, y)] for y in numbers}
    return {y: [xs[0] - 1, *xs][below(xs, y)] for y in numbers}
