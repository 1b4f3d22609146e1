"""Identities and constant functions, left out: `tokens.map(str)` over strings, `tokens.map(lambda t: 0)`,
`tokens - tokens`."""

from __future__ import annotations

from ..analysis import Facts
from ..lang.expr import Expr, Op, node
from ..lang.values import exact
from .rule import on_every_part

MOST = 2_000
"""The most values that are tried."""


@on_every_part
def identities(e: Expr, facts: Facts) -> Expr | None:
    """The argument of a function that leaves every value and its type as they are, and the value of one with just
    one."""
    if (e.op.elementwise or e.op.counts) and not e.selector and e.src:
        values = facts.domain(e).values
        if len(values) == 1 and facts.domains.own(e):
            return node(Op.CONST, arg=values[0])
    return e.src[0] if e.op is Op.MAP and len(e.src) == 1 and _leaves(e, facts) else None


def _leaves(e: Expr, facts: Facts) -> bool:
    """Whether a function of one sop leaves each of its values as it is. Raises CompileError."""
    x = e.src[0]
    domain = facts.domain(x)
    if not 0 < len(domain) <= MOST or not facts.domains.own(x):
        return False
    found = facts.evaluate(e, {x: domain.column})
    same = (exact(a) == exact(b) for a, b in zip(domain.values, found.values(), strict=True))
    return bool(found.ok().all()) and all(same)
