"""Equality of integers as a score: -T (a - b)^2, by the squares of both sides."""

from __future__ import annotations

import math
from typing import Any

from ..analysis.domain import LARGEST
from ..constructions import attention as at
from ..constructions import feedforward as ff
from ..constructions.form import ZERO, Form, combine
from ..lang.expr import Expr, Op
from ..lang.selectors import Literal
from ..rewrite.tables import tabled
from .choice import Rejected
from .need import Need
from .planning import Planning
from .positions import check_precision, index, is_position, moved
from .restored import restored


def equality(p: Planning, c: Literal, need: Need) -> at.Score | Rejected:
    """The score of key == query for integer encodings, or the reason why it does not apply. Raises CompileError."""
    if is_position(p, c):
        return _of_position(p, c, need)
    labels = _common(p, c)
    if isinstance(labels, Rejected):
        return labels
    middle = float(round((min(labels) + max(labels)) / 2))
    furthest = max(labels) - middle
    reason = _unfit(p, c, need) or _inexact(p, c, furthest, need)
    if reason:
        return Rejected("equality by squares", reason)
    shift = p.stream.constant(middle)
    key, query = _side(p, c.key, need) - shift, _side(p, c.query, need) - shift
    check_precision(p, c, furthest, max(key.error, query.error))
    level = ZERO if need.level_known else _square(p, c.query, middle, need)
    return at.equality(key, _square(p, c.key, middle, need), query, level, p.bias, need.unit)


def _of_position(p: Planning, c: Literal, need: Need) -> at.Score:
    q = moved(p, c)
    assert q is not None
    key, square, middle = index(p)
    query = _side(p, q, need) - p.stream.constant(middle)
    check_precision(p, c, middle, query.error)
    level = ZERO if need.level_known else _square(p, q, middle, need)
    return at.equality(key, square, query, level, p.bias, need.unit)


def _common(p: Planning, c: Literal) -> list[float] | Rejected:
    """The encodings of both sides, if they are integers and equal for equal values alone."""
    labels: dict[float, Any] = {}
    for v in (*p.facts.domain(c.key).values, *p.facts.domain(c.query).values):
        if not p.labels.known(v):
            return Rejected("equality by squares", "a value without an encoding")
        label = p.labels[v]
        if label != round(label) or labels.setdefault(label, v) != v:
            return Rejected("equality by squares", "encodings that are not integers, or not one per value")
    return list(labels)


def _unfit(p: Planning, c: Literal, need: Need) -> str:
    """Why squares of encodings do not serve, however small these are; empty where they do."""
    if min(len(p.facts.domain(c.key)), len(p.facts.domain(c.query))) <= 2:
        return "a table is smaller"
    if not _bounded(p, c.key) or not _bounded(p, c.query):
        return "a side that fails may be any number"
    if need.hinges and max(p.form(side).error for side in (c.key, c.query)):
        return "numbers with errors are compared by tables"
    return ""


def _inexact(p: Planning, c: Literal, furthest: float, need: Need) -> str:
    """Why squares of encodings up to `furthest` from their middle are not exact enough; empty where they are."""
    if furthest**2 > LARGEST:
        return f"squares up to {furthest**2:,.0f}"
    error = max(p.form(side).error for side in (c.key, c.query))
    found = at.equality_error(furthest, error, need.unit, p.stream.format)
    return f"an error of {found:.2g} in the score, above {need.margin:.2g}" if found > need.margin else ""


def _bounded(p: Planning, e: Expr) -> bool:
    """Whether the form of an expression stays among its encodings even where the expression fails: squares hold for
    no other numbers."""
    while e.op in (Op.ADD, Op.SUB) and not p.facts.basis(e.src[1]) and p.facts.domain(e.src[0]).plain:
        e = e.src[0]
    if p.facts.sure(e):
        return True
    if e.op.additive and p.facts.width(e.src[0])[1] == p.facts.max_len:
        return e.op is Op.WIDTH or _bounded(p, e.src[1])  # parts of a sum share the positions
    encodings, (low, high) = p.encodings(e), p.ranges.of(p.form(e))
    return low > encodings[0] - 0.5 and high < encodings[-1] + 0.5


def _most(need: Need) -> float:
    """How much error an integer may have in a score: it enters by its square, since the error of a form cancels with
    that of the square that is made of the form."""
    return math.sqrt(need.margin / (4 * need.unit))


def _side(p: Planning, e: Expr, need: Need) -> Form:
    """An encoding; with little error where selected keys share the weight."""
    form = p.form(e)
    return restored(p, e, _most(need)) if need.shared and form.error > _most(need) else form


def _square(p: Planning, e: Expr, middle: float, need: Need) -> Form:
    """(encoding - middle)^2, straight between integers and made of the very form that stores the encoding, so that its
    error cancels in (a - b)^2. Sums with a constant share one square."""
    base, offset = e, 0.0
    while base.op in (Op.ADD, Op.SUB) and base.src[1].op is Op.CONST and p.facts.domain(base).whole:
        offset += float(base.src[1].arg) * (1 if base.op is Op.ADD else -1)
        base = base.src[0]
    encodings = p.encodings(base)
    centre = float(round((encodings[0] + encodings[-1]) / 2))
    x = p.form(base)
    square = _centred_square(p, base, x, centre, need)
    # (x + offset - middle)^2 = (x - centre)^2 + 2 d (x - centre) + d^2
    d = offset + centre - middle
    return combine((1.0, square), (2 * d, x), (d * d - 2 * d * centre, p.bias))


def _centred_square(p: Planning, base: Expr, x: Form, centre: float, need: Need) -> Form:
    if p.codes.embedded(base) or p.free(base) is None:  # made by neurons: in one layer with its square, if it can be
        domain = p.facts.domain(base)
        square = tabled({base: domain.column}, ((p.labels[v] - centre) ** 2 for v in domain.values))
        found = p.choose(square)
        # What x itself lets through cancels, unless x has been restored.
        own = found.error - (found.passed if x.error <= _most(need) else 0.0)
        most = need.margin / need.unit
        return restored(p, square, most) if need.shared and own > most else found.form
    piece = ff.interpolate(x, [(v, (v - centre) ** 2) for v in p.encodings(base)], p.bias)
    name, expression = f"{p.title(base, 24)} squared", f"({p.title(base)}) ** 2"
    return p.stream.neurons(piece, name, "square", expression=expression)
