"""Aggregates: which kind of head computes each."""

from __future__ import annotations

from ..analysis.domain import LARGEST, LEAST, Domain, is_plain
from ..errors import CompileError
from ..lang.expr import ONE, ZERO, Expr, Op, node
from ..lang.selector import Selector
from ..lang.text import constant, formula
from ..lang.values import is_number
from ..rewrite import from_zero
from .choice import Choice
from .extremes import extreme
from .lookups import lookup
from .means import mean
from .planning import Planning
from .sums import total


def aggregate(p: Planning, e: Expr) -> Choice:
    """The choice for an aggregate. Raises CompileError."""
    selector = e.src[0]
    low, high = p.facts.width(selector)
    if e.op is Op.WIDTH:
        return total(p, e, selector, ONE)
    x, default = e.src[-2:]
    assert default.op is Op.CONST or low > 0, "`lower` makes a choice of any other default"
    if high == 0:
        return p.choice(e, "constant", p.stream.constant(p.labels[default.arg]))
    if _adds_up(p, e, x, high):
        if low > 0 or p.labels[default.arg] == 0:
            return total(p, e, selector, x)
        added, found = from_zero(e)
        empty = p.form(node(Op.EQ, found, ZERO))
        return p.choice(e, "sum, default where nothing is selected", p.form(added) + empty * p.labels[default.arg])
    offset = p.labels[default.arg] if low == 0 else 0.0
    if e.op is Op.MEAN and high > 1:
        if (values := p.facts.listed(x)) is not None:
            _check_added(e, values)
        return mean(p, e, selector, offset)
    if e.op.scored:
        return extreme(p, e, selector, offset)
    return lookup(p, e, selector, offset, never_empty=low > 0)


def _adds_up(p: Planning, e: Expr, x: Expr, high: int) -> bool:
    """Whether this is a sum of several numbers, and not a value that is looked up. Raises CompileError."""
    if e.op is not Op.VALUE or high <= 1:
        return False
    if p.facts.domain(x).plain:
        return True
    _check_added(e, p.facts.domain(x))
    return False


def _check_added(e: Expr, x: Domain) -> None:
    """Raises CompileError where a sum or mean adds numbers one of which, or another value, is not encoded as itself."""
    if x.plain or not any(map(is_number, x.values)):
        return
    wide = next((v for v in x.values if is_number(v) and not is_plain(v)), None)
    why = "may add up numbers or pick a value that is not a number, and one head cannot do both"
    help = "Use .one(x) where one position is selected, or add numbers only."
    if wide is not None:
        why = f"may add {constant(wide)}, and a head adds 0 and numbers from {LEAST:g} to {LARGEST:,} in size"
        help = "Scale the numbers, or bound them with where(...)."
    raise CompileError(f"{formula(e)} {why}.\n  {help}", expression=Selector(e.src[0]))
