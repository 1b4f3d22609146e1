"""Read off the first or last position of an order by its score, without the rank.

    (key(S.width()) == query(0)).value(x)  ->  full.min(y, of=x)

where S selects the positions in front of the query, by y and then from left to right. A head then looks for the least y
at once, and the head and the layer that computed the rank are saved. Likewise for the position of the best score:

    (key(y) == query(full.max(y))).first(x)  ->  full.max(y, of=x)

Under the causal mask, a rank counts only positions to the left, so programs stay as they are.
"""

from __future__ import annotations

from ..analysis import Facts
from ..lang.expr import INDICES, ONE, ZERO, Expr, Op, counts_bools, node
from ..lang.selectors import EVERYWHERE, LENGTH, Ranking, ranking
from .rule import on_every_part

WIDEST = 2**16
"""The greatest distance of scores that a head looks for the best of."""


@on_every_part
def ranks(e: Expr, facts: Facts) -> Expr | None:
    """A look-up of the first or the last position of an order as one by its score."""
    best = _at_the_best(e, facts)
    if best is not None:
        return best
    if facts.causal or len(e.src) != 3 or e.src[0].op is not Op.COMPARE or e.src[0].arg is not Op.EQ:
        return None
    selector, x, default = e.src
    rank, wanted = selector.src
    order = _order_of(rank)
    if order is None or not facts.ordered(order.by) or not is_look_up(e, facts):
        return None
    first = node(Op.CONST, arg=int(order.inclusive))
    if wanted is first:
        least, leftmost = order.least_first, order.leftmost_first
    elif _is_last(wanted, order):
        least, leftmost = not order.least_first, not order.leftmost_first
    else:
        return None
    if not _tie_decided(order.by, x, facts, leftmost=leftmost):
        return None
    return node(Op.MIN if least else Op.MAX, EVERYWHERE, order.by, x, default)


def _at_the_best(e: Expr, facts: Facts) -> Expr | None:
    """A look-up at the position whose score is the best of all, the leftmost of equals, as one by that score."""
    first = e.op is Op.MIN and e.src[1] is INDICES
    if facts.causal or not e.op.aggregate or e.src[0].op is not Op.COMPARE or e.src[0].arg is not Op.EQ:
        return None
    score, best = e.src[0].src
    if not best.op.scored or best.src[0] is not EVERYWHERE or any(s is not score for s in best.src[1:3]):
        return None
    if not (first or is_look_up(e, facts)) or (e.op.adds and not facts.injective(score)):
        return None
    x, default = e.src[-2:]
    if not facts.ordered(score) or not _tie_decided(score, x, facts, leftmost=True):
        return None
    return node(best.op, EVERYWHERE, score, x, default)


def _order_of(rank: Expr) -> Ranking | None:
    """The order in which a sop is the rank of each position."""
    order = ranking(rank.src[0]) if rank.op.additive else None
    if order is None or rank.op is Op.WIDTH:
        return order
    from_zero = rank.src[2] is ZERO or order.inclusive  # nothing is in front of the first
    return order if rank.src[1] is ONE and from_zero else None


def _is_last(wanted: Expr, order: Ranking) -> bool:
    """Whether a sop is the rank of the last position."""
    if order.inclusive:
        return wanted is LENGTH
    return wanted.op is Op.SUB and wanted.src[0] is LENGTH and wanted.src[1] is ONE


def _tie_decided(by: Expr, x: Expr, facts: Facts, *, leftmost: bool) -> bool:
    """Whether the best score gives the value that the rank selects where scores are equal, and a head can find it."""
    domain = facts.domain(by)
    one = len(set(domain.values)) == len(domain.values)  # equal values are the same value
    free = one and x is by
    spread = max(domain.values) - min(domain.values) if domain.whole and domain.values else len(domain.values)
    return (free or leftmost) and spread * (1 if free else facts.max_len) < WIDEST


def is_look_up(e: Expr, facts: Facts) -> bool:
    """Whether an aggregate of one selected position is the value there, with its type: sums and means make numbers of
    bools."""
    if not e.op.single and not e.op.adds:
        return False
    domain = facts.listed(e.src[1]) if counts_bools(e) else None
    return not counts_bools(e) or (domain is not None and bool not in domain.types)
