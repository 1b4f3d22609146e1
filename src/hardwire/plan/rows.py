"""Functions of something that is embedded and of other numbers: along these, one embedded function follows another.

The rows of a table are embedded, each as its difference to the row before, and two neurons let a difference through
from some number on. So a table of m times n takes 2 (n - 1) neurons in place of 2 m n.
"""

from __future__ import annotations

import math

import numpy as np

from ..constructions import feedforward as ff
from ..constructions.form import Floats, Form, combine
from ..lang.expr import Expr
from .codes import NumberTable
from .linear import Known
from .pieces import Built
from .planning import Planning
from .products import embed

MOST_ROWS = 400
"""The most rows of a table."""


def by_rows(p: Planning, e: Expr, leaves: list[Expr], known: Known) -> Built | None:
    """Neurons for a function of one embedded leaf and others; None where no leaf is embedded, or the others are not
    whole numbers."""
    a = max((x for x in leaves if p.codes.embedded(x)), key=lambda x: len(p.facts.domain(x)), default=None)
    if a is None:
        return None
    others = [x for x in leaves if x is not a]
    table = p.codes.table(e, [a, *others])
    if table is None:
        return None
    code = _code(p, table, known.forms(others))
    if code is None or code[0].error >= ff.MARGIN:
        return None
    (at, along), (places, column) = code, np.unique(table.x[:, 0], return_inverse=True)
    numbers, row = np.unique(along, return_inverse=True)
    rows = np.full((len(numbers), len(places)), np.nan)
    rows[row.ravel(), column.ravel()] = table.y
    return _built(p, a, places, _filled(rows), numbers, at)


def _code(p: Planning, table: NumberTable, forms: list[Form]) -> tuple[Form, Floats] | None:
    """(a form that distinguishes all combinations of the others, (rows,) its value)"""
    if len(forms) == 1:
        return forms[0], table.x[:, 1]
    if not np.array_equal(table.x, np.round(table.x)):
        return None
    low, high = table.x[:, 1:].min(axis=0), table.x[:, 1:].max(axis=0)
    sizes = high - low + 1
    if math.prod(sizes.tolist()) > MOST_ROWS:
        return None
    form, along = Form({}), np.zeros(len(table.x))
    for i, x in enumerate(forms):
        form = combine((float(sizes[i]), form), (1.0, x), (-float(low[i]), p.bias))
        along = along * sizes[i] + table.x[:, 1 + i] - low[i]
    return form, along


def _filled(rows: Floats) -> Floats:
    """The rows; a missing value is that of the row before it, or else of the row after it."""
    for order in (range(1, len(rows)), range(len(rows) - 2, -1, -1)):
        step = order.step
        for i in order:
            rows[i] = np.where(np.isnan(rows[i]), rows[i - step], rows[i])
    return rows


def _built(p: Planning, a: Expr, places: Floats, rows: Floats, numbers: Floats, at: Form) -> Built | None:
    changes = np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1))
    if len(changes) > MOST_ROWS or not len(changes):
        return None
    middle = int(changes[len(changes) // 2])
    piece, total = ff.Piece(embed(p, a, places, rows[middle])), np.zeros(len(numbers))
    for k in changes.tolist():
        side = 1.0 if k >= middle else -1.0
        low, high = sorted((side * float(numbers[k]), side * float(numbers[k + 1])))
        change, form = side * (rows[k + 1] - rows[k]), side * at
        if at.error >= ff.MARGIN * (high - low):
            return None
        if np.ptp(change) == 0:
            piece += ff.Piece(Form({}), ff.step(form, low, high, p.bias)).scaled(float(change[0]))
        else:
            least, most = float(change.min()), float(change.max())
            moved = embed(p, a, places, change)
            piece += ff.gate(form, low, high, moved, p.bias, least=least, greatest=most)
        strength = 2 * (max(change.max(), 0.0) - min(change.min(), 0.0)) / (high - low)
        total += 2 * np.maximum(strength * (side * numbers - low), 0.0)
    return Built(piece, 0.0, float(total.max()))
