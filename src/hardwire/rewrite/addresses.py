"""Equality of addresses as equality of each of their signs.

    key(k) == query(q)  ->  (key(sign_0(k)) == query(sign_0(q))) & (key(sign_1(k)) == query(sign_1(q))) & ...

The values of both sides are numbered, and sign i of a value is -1 or 1 by bit i of its number. A head scores each of
these with one dimension, and a proof examines each by itself. So an address costs its bits, where scores by squares
need integers as large as the square of its size, and truth tables a dimension for each value.
"""

from __future__ import annotations

import math

from ..analysis import Facts, is_equivalence
from ..analysis.domain import LARGEST
from ..errors import CompileError
from ..lang.expr import INDICES, Expr, Op, again, node, rebuilt
from ..lang.selectors import all_of, comparisons, unshifted
from ..lang.values import Value, exact, leave
from .tables import tabled

MOST = 4 * LARGEST
"""The largest integers that a score by squares may have."""
RANK = 3
"""The distance of two neighbouring ranks, in units of the score."""

Numbers = dict[object, int]
"""A number for each value, by `exact`."""


def addresses(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of the program with its comparisons of addresses as such of signs."""
    wide: dict[Expr, Numbers] = {}
    for e in root.walk():
        for c in comparisons(e.src[0]) if e.op.aggregate else ():
            number = _numbered(c, facts) if c.arg is Op.EQ and c not in wide else None
            if number is not None and not _squares_fit(c, len(number), facts, ranks=e.op.scored):
                wide[c] = number

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        if e not in wide or new.op is not Op.COMPARE:
            return new
        number = wide[e]
        signs = [[_sign(side, number, k, facts) for side in new.src] for k in range((len(number) - 1).bit_length())]
        return all_of([node(Op.COMPARE, *pair, arg=Op.EQ) for pair in signs]) or new

    return rebuilt(root, change)


def _numbered(c: Expr, facts: Facts) -> Numbers | None:
    """A number for each value of both sides of a comparison; None where it has no signs."""
    try:
        if not all(_signed(side, facts) for side in c.src) or not is_equivalence(facts, *c.src):
            return None  # a ratio equals the float next to it, and would have another number
        values = [v for side in c.src for v in facts.domain(side).values]
    except CompileError:
        return None
    number: Numbers = {exact(v): i for i, v in enumerate(dict.fromkeys(values))}
    return number if all(exact(v) in number for v in values) else None  # 1 and True are equal, and have one number


def _squares_fit(c: Expr, values: int, facts: Facts, *, ranks: bool) -> bool:
    """Whether squares of so many integers stay exact in a score, which may also rank all positions, and whether
    each side has an encoding of its own square; those of positions are embedded."""
    units = 2 ** math.ceil(math.log2(RANK * (facts.max_len + 2))) if ranks else 1
    key, query = unshifted(c, facts).src
    widest = max(_span(x, facts) for x in ((query,) if key is INDICES else (key, query)))
    return 3 * (values / 2) ** 2 * units <= MOST and math.ceil(widest / 2) ** 2 <= LARGEST


def _span(side: Expr, facts: Facts) -> int:
    """The distance between the least and the greatest encoding of a side."""
    domain = facts.domain(side)
    return int(max(domain.values) - min(domain.values)) if domain.whole else len(domain)


def _signed(side: Expr, facts: Facts) -> bool:
    """Whether its signs take no neurons: it is a function of a token or a position, or of one that is looked up."""
    variables = facts.variables(side)
    if len(variables) != 1 or not facts.sure(side):
        return False
    (v,) = variables
    held = facts.domain(v).column
    table: dict[Value, object] = {}
    for x, y in zip(held.values(), map(exact, facts.evaluate(side, {v: held}).values()), strict=True):
        if table.setdefault(leave(x), y) != y:
            return False  # it has other values for 1 than for True
    if not v.op.aggregate:
        return v.op.leaf
    return v.op.picks and v.src[-1].op is Op.CONST and all(b.op.leaf for b in facts.variables(v.src[-2]))


def _sign(side: Expr, number: Numbers, k: int, facts: Facts) -> Expr:
    """Sign k of a side. The sign of a value that is looked up is a sign that is looked up."""
    (v,) = facts.variables(side)
    held = facts.domain(v).column
    values = facts.evaluate(side, {v: held}).values()
    sign = tabled({v: held}, (1.0 if number[exact(y)] >> k & 1 else -1.0 for y in values))
    if not v.op.aggregate:
        return sign
    unused = leave(v.src[-1].arg)  # by a look-up that always finds something, perhaps
    default = node(Op.CONST, arg=int(sign.arg.table.get((unused,), 1.0)))
    return node(v.op, *v.src[:-2], node(Op.MAP, v.src[-2], arg=sign.arg), default, arg=v.arg)
