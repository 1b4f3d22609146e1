"""Reading an `and` (or `or`) of conditions without neurons: each condition has columns of its own."""

from __future__ import annotations

from ..constructions import feedforward as ff
from ..constructions.form import ZERO, combine
from ..lang.expr import FALSE, TRUE, Expr, Op, node
from ..lang.selectors import operands
from .choice import Readout
from .codes import Points
from .elementwise import error_of
from .linear import Known
from .planning import Planning


def votes(p: Planning, e: Expr) -> Readout | None:
    """Columns for False that are above the one for True exactly where a condition is violated (for `or`: for True,
    where one holds); None where the conditions are not that simple."""
    deciding = e.op.deciding
    if deciding is None:
        return None
    columns, outputs = [ZERO], [not deciding]
    known = Known(p)
    for part in operands(e):
        leaves = known.leaves(part)
        if len(leaves) != 1:
            return None
        form = p.free_form(leaves[0])
        points = p.codes.points(node(Op.WHERE, part, TRUE, FALSE), leaves[0])
        gaps = _ends(points, float(deciding))
        if form is None or gaps is None or error_of(p, form, points) > ff.MARGIN * min(1.0, ff.tightest(points)):
            return None
        for low, high in gaps:  # above 0 beyond the middle of the gap, on the side that decides
            slope = (2 if high > low else -2) / abs(high - low)
            columns.append(combine((slope, form), (-slope * (low + high) / 2, p.bias)))
            outputs.append(deciding)
    return Readout(tuple(columns), tuple(outputs), "votes")


def _ends(points: Points, deciding: float) -> list[tuple[float, float]] | None:
    """The gaps (last point that does not decide, first that does) at the two ends; None where the middle decides."""
    decides = [y == deciding for _, y in points]
    if all(decides):
        return None
    first, last = decides.index(False), len(decides) - 1 - decides[::-1].index(False)
    if any(decides[first:last]):
        return None
    xs = [x for x, _ in points]
    gaps = [(xs[first], xs[first - 1])] if first else []
    return gaps + ([(xs[last], xs[last + 1])] if last + 1 < len(xs) else [])
