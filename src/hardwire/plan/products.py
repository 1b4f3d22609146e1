"""Products of two numbers: by the binary digits of one that is embedded, and by squares of their sum and difference.
And sums of functions of one number each."""

from __future__ import annotations

import math

import numpy as np

from ..constructions import feedforward as ff
from ..constructions.form import Floats, Form, combine
from ..lang.expr import Expr
from ..numeric.floats import FLOAT64
from ..rewrite.tables import tabled
from .codes import NumberTable
from .pieces import EXACT, Built, simple_slopes
from .planning import Planning

MOST_DIGITS = 16
"""The most binary digits of one factor."""


def by_digits(p: Planning, table: NumberTable, leaves: tuple[Expr, Expr]) -> Built | None:
    """A function that is affine in b for every a, which is embedded; None where it is not.

    The slope is a number of binary digits: one neuron each lets b through, or not.
    """
    a, b = leaves
    if not p.codes.embedded(a):
        return None
    lines = _lines(table)
    if lines is None:
        return None
    at, slope, level = lines
    least, unit = float(slope.min()), _unit(slope)
    count = np.round((slope - least) / unit)
    digits = int(count.max()).bit_length()
    if not 1 <= digits <= MOST_DIGITS:
        return None
    form, low, high = p.form(b), float(table.x[:, 1].min()), float(table.x[:, 1].max())
    rise = combine((1.0, form), (-low, p.bias))
    linear = combine((least, form), (1.0, embed(p, a, at, level)))
    neurons, total = [], 0.0
    for k in range(digits):
        weight, bits = unit * 2.0**k, count // 2**k % 2
        bit = embed(p, a, at, bits)
        neurons.append((combine((1.0, rise), (high - low, bit), (low - high, p.bias)), weight))
        linear = combine((1.0, linear), (weight * low, bit))
        total += weight * (high - low)
    return Built(ff.Piece(linear, tuple(neurons)), float(np.abs(slope).max() + unit) * form.error, total)


def _lines(table: NumberTable) -> tuple[Floats, Floats, Floats] | None:
    """(the numbers a, and for each the slope and level of the value, a line in b); None where some a has no line."""
    x, y = table.x[:, 0], table.y
    at, first = np.unique(x, return_index=True)  # rows are sorted
    slope, level = np.zeros(len(at)), np.zeros(len(at))
    for i, (begin, end) in enumerate(zip(first, [*first[1:], len(x)], strict=True)):
        b, v = table.x[begin:end, 1], y[begin:end]
        rise = float(simple_slopes((v[-1] - v[0]) / (b[-1] - b[0]))) if end - begin > 1 else 0.0
        if np.abs(v[0] + rise * (b - b[0]) - v).max() > EXACT * (1 + np.abs(v).max()):
            return None
        slope[i], level[i] = rise, v[0] - rise * b[0]
    return at, slope, level


def _unit(slope: Floats) -> float:
    """A number of which all differences of slopes are multiples."""
    twelfths = np.round((slope - slope.min()) * 12)
    if np.abs(twelfths / 12 - (slope - slope.min())).max() > EXACT or twelfths.max() >= FLOAT64.exact_integers:
        return float(np.ptp(slope)) / 2**MOST_DIGITS or 1.0  # too many digits
    return math.gcd(*twelfths.astype(int).tolist()) / 12 or 1.0


def embed(p: Planning, a: Expr, at: Floats, values: Floats) -> Form:
    """A function of an embedded number, which is embedded too."""
    number = dict(zip(at.tolist(), values.tolist(), strict=True))
    domain = p.facts.domain(a)
    return p.form(tabled({a: domain.column}, (number.get(p.labels[v], 0.0) for v in domain.values)))


def by_squares(p: Planning, table: NumberTable, forms: tuple[Form, Form]) -> Built | None:
    """s (a - m) (b - n) + an affine function, of whole numbers; None for any other function.

    The product is (a + b - m - n)^2 / 4 - (a - b - m + n)^2 / 4, both squares straight between whole numbers.
    """
    x, y = table.x, table.y
    if not np.all(x == np.round(x)) or len(y) < 5:
        return None
    m, n = np.round((x.min(axis=0) + x.max(axis=0)) / 2).tolist()
    a, b = x[:, 0] - m, x[:, 1] - n
    terms = np.stack([a * b, a, b, np.ones(len(a))], axis=1)
    found, _, rank, _ = np.linalg.lstsq(terms, y, rcond=EXACT)
    found = simple_slopes(found)
    if rank < 4 or not found[0] or np.abs(terms @ found - y).max() > EXACT * (1 + np.abs(y).max()):
        return None
    scale, of_a, of_b, level = found.tolist()
    piece = ff.Piece(combine((of_a, forms[0]), (of_b, forms[1]), (level - of_a * m - of_b * n, p.bias)))
    passed, total = (abs(of_a) * forms[0].error + abs(of_b) * forms[1].error), 0.0
    for sign in (1.0, -1.0):
        at = combine((1.0, forms[0]), (sign, forms[1]), (-m - sign * n, p.bias))
        points = [(v, v * v) for v in np.unique(a + sign * b).tolist()]
        piece += ff.interpolate(at, points, p.bias).scaled(sign * scale / 4)
        passed += abs(scale) / 4 * ff.interpolation_error(points, at.error)
        total += abs(scale) / 4 * max(v * v for v, _ in points)
    return Built(piece, passed, total)


def by_sum(p: Planning, table: NumberTable, forms: tuple[Form, Form]) -> Built | None:
    """u(a) + v(b), for every a with every b; None for any other function."""
    (a, row), (b, column) = (np.unique(x, return_inverse=True) for x in table.x.T)
    if len(table.y) != len(a) * len(b) or min(len(a), len(b)) < 2:
        return None
    y = np.zeros((len(a), len(b)))
    y[row.ravel(), column.ravel()] = table.y
    if np.abs(y - y[:1] - y[:, :1] + y[0, 0]).max() > EXACT * (1 + np.abs(y).max()):
        return None
    piece, passed, total = ff.Piece(Form({})), 0.0, 0.0
    for x, values, form in ((a, y[:, 0], forms[0]), (b, y[0] - y[0, 0], forms[1])):
        points = list(zip(x.tolist(), values.tolist(), strict=True))
        if form.error >= ff.MARGIN * ff.tightest(points):
            return None
        bent, stairs = ff.interpolate(form, points, p.bias), ff.function(form, points, p.bias)
        one = bent if len(bent.neurons) < len(stairs.neurons) else stairs
        piece += one
        passed += (ff.interpolation_error if one is bent else ff.line_error)(points, form.error)
        total += p.ranges.total(one.neurons)
    return Built(piece, passed, total)
