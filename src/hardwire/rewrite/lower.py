"""Aggregates that one head cannot do, as elementwise expressions of aggregates that one head can.

Done before anything is placed, so that the branches made here merge with whatever uses them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from ..analysis import Facts, is_plain
from ..errors import CompileError
from ..lang.expr import INDICES, ONE, ZERO, Expr, Op, again, node, rebuilt
from ..lang.selectors import conjuncts, selector_of
from ..lang.sop import SOp
from ..lang.text import formula
from .certain import certain, certain_number
from .digits import carried, digits

SHORT = 16
"""Up to this length an order of positions is one table."""
MOST_DISTINCT = 64
"""The most different values that are counted, each by a value of a head and two neurons."""
MOST_ABSENT = 64
"""The greatest span of integers, and the most other values, from which the answer of a block without a match is
distinguished: the rounding of the gates that do it grows with the square of the span."""


def lower(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of the program with its aggregates such that one head, or a sum of heads, does each."""
    parts = set(root.walk())
    carries = {c.y for e in parts for c in carried(e, facts, parts)}

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        if e.op.aggregate:
            src = (certain(src[0], facts, summed=e.op.additive), *src[1:])
            if e.op is Op.VALUE:
                src = (src[0], certain_number(src[1], src[0], facts), *src[2:])
            if facts.width(src[0])[1] == 0:  # nothing is ever selected
                return src[-1] if e.op.defaulted else ZERO
        new = again(e, src)
        if not new.op.defaulted:
            return new
        if new.op.scored and facts.width(src[0])[1] <= 1:  # the best of one
            new = node(Op.ONE, src[0], *src[2:])
        if new.op is Op.COUNT_DISTINCT:
            return _distinct(new, facts)
        return (_blockwise(new, facts, between=e in carries) if new.op.scored else None) or _with_default(new, facts)

    return rebuilt(root, change)


def _distinct(e: Expr, facts: Facts) -> Expr:
    """The number of values that some selected key has: one count of keys for each value. Raises CompileError."""
    selector, x, default = e.src
    values = facts.domain(x).values
    if not facts.domains.own(x) or {Fraction, float} <= facts.domain(x).types:
        raise CompileError(
            f"{formula(e)} counts values whose equality is not known in advance ({facts.domain(x)}).\n"
            "  Map them to numbers or strings first.",
            expression=SOp(e),
        )
    different = list(dict.fromkeys(values))
    if len(different) > MOST_DISTINCT:
        raise CompileError(
            f"{formula(e)} may count up to {len(different):,} different values, and {MOST_DISTINCT} are the most.\n"
            "  Narrow them with % or where, or use a smaller vocabulary or max_len.",
            expression=SOp(e),
        )
    terms = []
    for v in different:
        with_v = node(Op.AND, selector, node(Op.COMPARE, x, node(Op.CONST, arg=v), arg=Op.EQ))
        terms.append(node(Op.WHERE, node(Op.GT, node(Op.WIDTH, with_v), ZERO), ONE, ZERO))
    total = reduce(lambda a, b: node(Op.ADD, a, b), terms)
    if facts.width(selector)[0] > 0 or default is ZERO:
        return total
    return node(Op.WHERE, node(Op.GT, node(Op.WIDTH, selector), ZERO), total, default)


def _with_default(e: Expr, facts: Facts) -> Expr:
    """A default that is not constant: used where the same head, with 1 as its value, finds nothing."""
    default = e.src[-1]
    if default.op is Op.CONST or facts.width(e.src[0])[0] > 0:
        return e
    if e.op.picks or not _may_be_plain(e.src[-2], facts):
        found = node(e.op, *e.src[:-2], ONE, ZERO)
    else:
        found = node(Op.WIDTH, e.src[0])
    filled = node(e.op, *e.src[:-1], _some(e.src[-2], facts), arg=e.arg)
    return node(Op.WHERE, node(Op.GT, found, ZERO), filled, default)


def _may_be_plain(x: Expr, facts: Facts) -> bool:
    """Whether the values of a sop are plain numbers, or too many to list: then they are sums and means of numbers."""
    domain = facts.listed(x)
    return domain is None or domain.plain


def _some(x: Expr, facts: Facts) -> Expr:
    """A constant that x may be: a default that brings no new value."""
    if _may_be_plain(x, facts):
        return ZERO
    return node(Op.CONST, arg=facts.domain(x).values[0])


def _absent(x: Expr, facts: Facts, *, between: bool) -> Expr | None:
    """What a block without a match answers, if no value of x is like it: a number below all, or the one `between` two,
    or None."""
    if not facts.domains.own(x):
        return None  # too many values, or some whose equality with None their class decides
    values = facts.domain(x).values
    if not all(type(v) in (int, bool) for v in values):
        return None if None in values or len(values) > MOST_ABSENT else node(Op.CONST, arg=None)
    if max(values) - min(values) > MOST_ABSENT:
        return None
    two = between and len({*values}) == 2 and all(map(is_plain, values))  # between large ones there may be no float
    return node(Op.CONST, arg=sum({*values}) / 2 if two else min(values) - 1)


def _blockwise(e: Expr, facts: Facts, *, between: bool) -> Expr | None:
    """`first` and `last` through an order of positions, block by block: the near block if it has one, else the others.

    In one head an order takes as many dimensions as there are positions; of two digits each takes their root. With an
    absent answer `between` two values, the value rises along the number 2 * near + far, and a read-out may read that.
    """
    if e.src[1] is not INDICES or facts.max_len <= SHORT or facts.causal:
        return None
    literals = conjuncts(e.src[0], facts.ordered)
    place = next((i for i, c in enumerate(literals) if c.prefix), None)
    if place is None:
        return None
    order = literals[place]
    rest = tuple(literals[:place] + literals[place + 1 :])
    near, far = digits(order, facts.max_len)
    forward = order.op in (Op.GT, Op.GE)
    first, second = (near, far) if forward == (e.op.best < 0) else (far, near)
    a, b = (selector_of(rest + part) for part in (first, second))
    x, default = e.src[2], e.src[3]
    plain = default if default.op is Op.CONST else _some(x, facts)
    absent = _absent(x, facts, between=between)
    if absent is not None:
        other = _with_default(node(e.op, b, INDICES, x, default), facts)
        here = node(e.op, a, INDICES, x, absent)
        return node(Op.WHERE, node(Op.NE if between or absent.arg is None else Op.GT, here, absent), here, other)
    found = node(e.op, a, INDICES, ONE, ZERO)
    other = _with_default(node(e.op, b, INDICES, x, default), facts)
    return node(Op.WHERE, node(Op.GT, found, ZERO), node(e.op, a, INDICES, x, plain), other)
