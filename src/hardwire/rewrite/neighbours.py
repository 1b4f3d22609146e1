"""Look up the nearest marked position by its position, without a count of the marks and without a shift.

    count = (key(indices) <= query(indices)).value(m)
    ((key(count) == query(count + 1)) & (key(m) == query(True))).value(x)  ->  (after & marked).first(x)

    where(m, x, (after & marked).first(x, d))    ->  (from_here & marked).first(x, d)
    (from_here & marked).first(y.shift(-1, d))   ->  (after & marked in y).first(y, d)       if d is marked

where `marked` is key(m) == query(True). The first form is how the next match is found with sums alone; a head that
prefers near positions finds it at once, and saves the layer of the count. Each form has its mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..analysis import Facts
from ..lang.expr import INDICES, ONE, TRUE, Expr, Op, node, substitute
from ..lang.selectors import Literal, conjuncts, selector_of
from .ranks import is_look_up
from .rule import on_every_part
from .simplify import simplify

FIRST, LAST = Op.MIN, Op.MAX

NEAREST = {  # (the order that counts, how much more the query counts): where the one match is
    (Op.LE, 1): (FIRST, Op.GT),
    (Op.LE, 0): (LAST, Op.LE),
    (Op.LT, 0): (FIRST, Op.GE),
    (Op.LT, -1): (LAST, Op.LT),
    (Op.GE, 1): (LAST, Op.LT),
    (Op.GE, 0): (FIRST, Op.GE),
    (Op.GT, 0): (LAST, Op.LE),
    (Op.GT, -1): (FIRST, Op.GT),
}


@on_every_part
def neighbours(e: Expr, facts: Facts) -> Expr:
    """A look-up of the nearest marked position by its position."""
    for rule in (_by_position, _with_own, _unshifted):
        e = rule(e, facts) or e
    return e


@dataclass(frozen=True)
class _Nearest:
    """A look-up of the first or last marked position on one side of the query, or of its own."""

    end: Op
    order: Op
    mark: Literal
    x: Expr
    default: Expr

    @classmethod
    def of(cls, e: Expr, facts: Facts) -> _Nearest | None:
        if e.op not in (FIRST, LAST) or e.src[1] is not INDICES:
            return None
        found = _order_and_mark(conjuncts(e.src[0], facts.ordered))
        return None if found is None else cls(e.op, found[0].op, found[1], e.src[2], e.src[3])

    def expr(self, since: Expr = INDICES) -> Expr:
        """The look-up, of positions on a side of `since`."""
        order = Literal(node(Op.COMPARE, INDICES, since, arg=self.order))
        return node(self.end, selector_of((order, self.mark)), INDICES, self.x, self.default)


def _order_and_mark(literals: list[Literal]) -> tuple[Literal, Literal] | None:
    """An order of positions and a condition on keys, if a selector is both and no more."""
    if len(literals) != 2:
        return None
    for order, mark in (literals, literals[::-1]):
        if order.prefix and not mark.joint and mark.query.op is Op.CONST:
            return order, mark
    return None


def _by_position(e: Expr, facts: Facts) -> Expr | None:
    """The look-up of the match with the next count as one by position."""
    literals = conjuncts(e.src[0], facts.ordered) if is_look_up(e, facts) else []
    for equal, mark in (literals, literals[::-1]) if len(literals) == 2 else ():
        if equal.joint or equal.op is not Op.EQ or mark.joint or mark.query.op is not Op.CONST:
            continue
        count = equal.key
        order, more = _counted(count, mark, facts), _more(equal.query, count)
        if order is None or more is None or (facts.causal and order not in (Op.LT, Op.LE)):
            continue
        # A strict count is known where the mark fails, and may differ: then the look-up has a value without that mark.
        if more == 0 and order is order.strict and not facts.sure(mark.atom):
            continue
        if (order, more) in NEAREST:
            near = _Nearest(*NEAREST[order, more], mark, e.src[1], e.src[2])
            return _under_mask(near) if facts.causal and near.end is FIRST else near.expr()
    return None


def _under_mask(near: _Nearest) -> Expr | None:
    """What is left of a look-up to the right where no position sees a later one: its own value, or the default."""
    if near.order is Op.GT:
        return near.default
    mark = near.mark
    if not isinstance(mark.op, Op):
        return None
    return node(Op.WHERE, node(mark.op, mark.key, mark.query), near.x, near.default)


def _counted(count: Expr, mark: Literal, facts: Facts) -> Op | None:
    """The order by which a sop counts the marked positions; None if it does not."""
    if count.op is Op.WIDTH:
        found = _order_and_mark(conjuncts(count.src[0], facts.ordered))
        return found[0].op if found is not None and found[1] == mark else None
    if count.op is not Op.VALUE or not (mark.op is Op.EQ and mark.query in (TRUE, ONE)):
        return None
    literals = conjuncts(count.src[0], facts.ordered)
    _, marks, default = count.src
    if len(literals) != 1 or not literals[0].prefix or default.op is not Op.CONST or default.arg != 0:
        return None
    return literals[0].op if marks is mark.key and is_bit(marks, facts) else None


def _more(query: Expr, count: Expr) -> int | None:
    """How much greater the query is than the count, if that is the same everywhere."""
    if query is count:
        return 0
    if query.op in (Op.ADD, Op.SUB) and query.src[0] is count and _is_int(query.src[1]):
        step: int = query.src[1].arg
        return step if query.op is Op.ADD else -step
    return None


def _with_own(e: Expr, facts: Facts) -> Expr | None:
    """A choice between the value here, if it is marked, and at the nearest marked position, as one look-up.

    Where a mark may have failed, the choice stays, and the look-up is only freed of a shift.
    """
    if e.op is not Op.WHERE:
        return None
    condition, own, other = e.src
    near = _Nearest.of(other, facts)
    if near is None or near.x is not own or near.order is not (Op.GT if near.end is FIRST else Op.LT):
        return None
    marked = near.mark.op is Op.EQ and near.mark.key is condition and near.mark.query is TRUE
    if not marked or not is_bit(condition, facts):
        return None
    if facts.sure(near.mark.key):
        return replace(near, order=near.order.weak).expr()
    freed = _freed(near, facts)
    return None if freed is None else node(Op.WHERE, *e.src[:2], freed)


def _unshifted(e: Expr, facts: Facts) -> Expr | None:
    """A look-up in a shifted sop, from the query's own position on, as one in the sop itself."""
    near = _Nearest.of(e, facts)
    if near is None or near.order is not (Op.GE if near.end is FIRST else Op.LE):
        return None
    return _freed(near, facts)


def _freed(near: _Nearest, facts: Facts) -> Expr | None:
    """A look-up in a shifted sop, from the query's own position on, as one in the sop itself. What the shift puts in at
    the end is the default: it is marked, and every query finds it there.

    The look-up may start after the own position instead, if that is not marked: it starts one position earlier then.
    """
    shifted, found = near.x, _shift(near.x, facts)
    if found is None or facts.causal or facts.basis(near.mark.key) != {shifted}:
        return None
    y, steps, end = found
    atom = near.mark.atom
    if not isinstance(atom.arg, Op):
        return None
    ended = node(atom.arg, *(substitute(side, shifted, end) for side in atom.src))
    ended = simplify(ended)[ended]
    if (steps < 0) is not (near.end is FIRST) or ended.op is not Op.CONST or bool(ended.arg) is near.mark.negated:
        return None
    mark = Literal(substitute(atom, shifted, y), negated=near.mark.negated)
    freed = replace(near, mark=mark, x=y, default=end)
    if abs(steps) == 1:
        return replace(freed, order=near.order.strict).expr()
    return replace(freed, order=near.order.weak).expr(node(Op.SUB, INDICES, node(Op.CONST, arg=steps)))


def _shift(e: Expr, facts: Facts) -> tuple[Expr, int, Expr] | None:
    """(y, k, d) where a sop is y moved k positions to the right, with the constant d put in."""
    if not is_look_up(e, facts) or e.src[2].op is not Op.CONST or e.src[0].op is not Op.COMPARE:
        return None
    key, query = e.src[0].src
    steps = _more(query, INDICES) if key is INDICES and e.src[0].arg is Op.EQ else None
    return None if not steps else (e.src[1], -steps, e.src[2])


def is_bit(e: Expr, facts: Facts) -> bool:
    """Whether all values of a sop are 0, 1 and bools."""
    return facts.whole(e) and all(v in (0, 1) for v in facts.domain(e).values)


def _is_int(e: Expr) -> bool:
    return e.op is Op.CONST and type(e.arg) is int
