"""Functions of the author's that are affine in their arguments: found from their tables, whatever their code is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..errors import CompileError
from ..lang.expr import Expr, Op
from .domain import TOO_LARGE, is_plain

if TYPE_CHECKING:
    from .facts import Facts

SIMPLE = 1 << 10
"""The largest denominator of the coefficients that are tried first."""
CLOSE = 2.0**-45
"""The most that a function may differ from an affine one, relative to the largest number in its table."""


@dataclass(frozen=True)
class AffineFit:
    """`coefficients` (one for each source) and a `constant`. A function differs from it by `error` at most, wherever it
    has a value."""

    coefficients: tuple[float, ...]
    constant: float
    error: float


def affine_fit(e: Expr, facts: Facts) -> AffineFit | None:
    """A function of several numbers as an affine one; None where it is none, and where its table would be too large.

    The table has every combination of the values that the arguments can have, also those that never occur together.
    """
    sources = list(dict.fromkeys(e.src))
    if e.op is not Op.MAP or len(sources) < 2 or len(sources) < len(e.src):
        return None
    try:
        plain = all(facts.domain(x).plain for x in (e, *sources))
        if not plain or facts.domains.combinations(sources) > TOO_LARGE:
            return None
    except CompileError:
        return None
    mesh = facts.mesh(sources)
    column = facts.evaluate(e, mesh)
    rows = np.flatnonzero(column.ok())
    if not len(rows) or not all(map(is_plain, column.take(rows).values())):
        return None  # for arguments that never occur together it may be no number
    ones = np.ones(len(rows))
    x = np.array([[*map(float, mesh[s].take(rows).values())] for s in sources] + [ones]).T
    y = np.array([*map(float, column.take(rows).values())])
    found, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    if rank < x.shape[1]:
        return None  # some of the sources take one value only, or are functions of each other
    simple = np.array([float(Fraction(c).limit_denominator(SIMPLE)) for c in found.tolist()])
    size = float(np.abs(x).max()) + float(np.abs(y).max())
    for weights in (simple, found):
        # The sums of these few products are rounded, too.
        error = float(np.abs(x @ weights - y).max()) + 2.0**-50 * len(weights) * size * float(np.abs(weights).max())
        if error <= CLOSE * size:
            exact = bool((x @ weights == y).all() and (x == np.round(x)).all() and (weights == np.round(weights)).all())
            *coefficients, constant = weights.tolist()
            return AffineFit(tuple(coefficients), constant, 0.0 if exact else error)
    return None
