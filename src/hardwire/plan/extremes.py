"""The best of the selected keys: hard attention by a score that ranks."""

from __future__ import annotations

import math

from ..constructions.attention import Pattern
from ..constructions.form import Form, combine
from ..constructions.hardness import leftmost, rightmost
from ..constructions.rounding import lookup_bound
from ..errors import CompileError
from ..lang.expr import INDICES, Expr, Op
from ..lang.selectors import Literal, conjuncts
from ..lang.sop import SOp
from ..lang.text import formula
from ..rewrite.tables import tabled
from ..run.column import column
from .choice import Choice
from .need import Need
from .planning import Planning
from .scores import score


def extreme(p: Planning, e: Expr, selector: Expr, offset: float) -> Choice:
    """The x with the best score, the leftmost of equals. Raises CompileError."""
    _, ranking, x, _ = e.src
    sign = float(e.op.best)
    literals = [c for c in conjuncts(selector, p.facts.ordered) if not _by_mask(p, c)]
    rank, (low, high) = _rank(p, ranking, sign, leftmost_of_equals=ranking is not x)
    tie, squares = p.stream.sharpness.tie, not p.stream.sharpness.soft
    unit = 2.0 ** math.ceil(math.log2(tie * (high - low + 2)))
    found = score(p, literals, Need(unit, squares=squares))
    best = (rightmost if sign > 0 else leftmost)(rank, p.bias, tie)
    worst = low if sign > 0 else -high
    bos = p.stream.constant(tie * (worst - 1)) + found.score.level
    pattern = Pattern((found.score + best).pairs, bos, recipe=f"hard attention ({e.op.symbol})")
    value = combine((1.0, p.form(x)), (-offset, p.bias))
    error = lookup_bound(p.facts.max_len, p.span(x), tie, fmt=p.stream.format)
    form = p.head(e, pattern, value, value.error + error)
    return p.choice(e, f"{e.op.symbol} ({found})", form + p.stream.constant(offset), found.alternatives)


def _rank(p: Planning, ranking: Expr, sign: float, *, leftmost_of_equals: bool) -> tuple[Form, tuple[float, float]]:
    """(a form that orders as the score does, the least and the greatest value of it)"""
    ranked = _whole(p, ranking)
    rank = p.form(ranked)
    encodings = p.encodings(ranked)
    low, high = encodings[0], encodings[-1]
    if leftmost_of_equals and not p.facts.injective(ranking):
        # Positions as the last digit of the rank.
        n = float(p.facts.max_len)
        rank = combine((n, rank), (-sign, p.form(INDICES)))
        low, high = (n * low - n, n * high) if sign > 0 else (n * low, n * high + n)
    if not p.facts.sure(ranking):  # a score that has failed is not needed, and yet must not win
        low, high = p.ranges.of(rank)
    return rank, (low, high)


def _by_mask(p: Planning, literal: Literal) -> bool:
    return p.facts.causal and literal.prefix and literal.op is Op.LE


def _whole(p: Planning, ranking: Expr) -> Expr:
    """An integer that orders as the score does: the score itself where it is one. Raises CompileError."""
    domain = p.facts.domain(ranking)
    if domain.whole:
        return ranking
    if not domain.ordered:
        raise CompileError(
            f"{formula(ranking)} has values without a total order ({domain}), so none of them is the best.\n"
            "  Map them to numbers first.",
            expression=SOp(ranking),
        )
    ordered = sorted(set(domain.values))
    return tabled({ranking: column(ordered)}, map(float, range(len(ordered))))
