"""Functions that leave every value as it is, and those that have one value, left out: `tokens.map(str)` over strings,
`tokens.map(lambda t: 0)`, `tokens - tokens`."""

from __future__ import annotations

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import Expr, Op, again, node, rebuilt
from ..lang.values import exact

MOST = 2_000
"""The most values that are tried."""


def without_identities(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of the program without functions that leave every value and its type as they are, or have just one."""

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        if new.op.elementwise and not new.selector and src:
            try:
                values = facts.domain(new).values
            except CompileError:
                return new
            if len(values) == 1 and facts.domains.own(new):
                return node(Op.CONST, arg=values[0])
        return src[0] if new.op is Op.MAP and len(src) == 1 and _leaves(new, facts) else new

    return rebuilt(root, change)


def _leaves(e: Expr, facts: Facts) -> bool:
    """Whether a function of one sop leaves each of its values as it is."""
    x = e.src[0]
    try:
        domain = facts.domain(x)
    except CompileError:
        return False
    if not 0 < len(domain) <= MOST or not facts.domains.own(x):
        return False
    found = facts.evaluate(e, {x: domain.column})
    same = (exact(a) == exact(b) for a, b in zip(domain.values, found.values(), strict=True))
    return bool(found.ok().all()) and all(same)
