"""Orders and equality of integers with errors, as products of hinges: exactly 0 for every selected pair.

    not (k > q), that is k <= r <= q for some r:  the sum over r of relu(q - r + 1/2) relu(r - k + 1/2) is 1/4 or more

r may be a key, or a query: whichever are fewer.
For k > q one factor of each product is 0, whatever little error k and q have. So all selected keys of a sum weigh
the same, where the errors of bits would add up; and a factor is one neuron, where a bit takes two, and a layer to
restore it.
"""

from __future__ import annotations

from ..constructions import attention as at
from ..constructions import feedforward as ff
from ..constructions.form import ZERO, Form, combine
from ..lang.expr import Expr, Op
from ..lang.selectors import Literal
from .choice import Rejected
from .planning import Planning

MOST = 400
"""The most dimensions of a head."""
UNSURE = 0.25
"""The most error of an integer; half of the distance to the next one is left for a proof, which may find more."""
UNMET = {Op.GT: ((1, 0.0),), Op.GE: ((1, 1.0),), Op.LT: ((-1, 0.0),), Op.LE: ((-1, 1.0),), Op.EQ: ((1, 1.0), (-1, 1.0))}
"""When key `op` query does not hold: s k <= s q - d for one of these s and d."""


def hinges(p: Planning, c: Literal, unit: float) -> at.Score | Rejected:
    """The score of a comparison, or the reason why it does not apply. Raises CompileError."""
    if c.op not in UNMET:
        return Rejected("hinges", "no order and no equality")
    sides = (c.key, c.query)
    if not all(p.facts.domain(x).whole for x in sides):
        return Rejected("hinges", "not integers alone")
    forms = tuple(p.form(x) for x in sides)
    if max(f.error for f in forms) > UNSURE:
        return Rejected("hinges", f"error {max(f.error for f in forms):.2g}")
    pairs: list[at.Pair] = []
    for sign, distance in UNMET[c.op]:
        keys, queries = ([sign * x for x in p.encodings(e)] for e in sides)
        of_keys = [r for r in keys if r <= max(queries) - distance]
        of_queries = [q - distance for q in queries if q - distance >= min(keys)]
        between = min(of_keys, of_queries, key=len)
        if len(pairs) + len(between) > MOST:
            return Rejected("hinges", f"{len(between)} dimensions")
        for r in between:
            above = _hinge(p, c.query, forms[1], sign, 0.5 - r - distance)
            below = _hinge(p, c.key, forms[0], -sign, 0.5 + r)
            pairs.append((above * (-4 * unit), below))
    return at.Score(tuple(pairs))


def _hinge(p: Planning, e: Expr, form: Form, sign: int, level: float) -> Form:
    """relu(sign x + level)"""
    piece = ff.Piece(ZERO, ((combine((sign, form), (level, p.bias)), 1.0),))
    title = f"relu({p.title(e, 24)} {level:+g})" if sign > 0 else f"relu({level:g} - {p.title(e, 24)})"
    return p.stream.neurons(piece, title, "hinge", error=form.error)
