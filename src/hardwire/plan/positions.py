"""Comparisons of positions: a key that is a position, and a query that names one."""

from __future__ import annotations

import numpy as np

from ..constructions.attention import equality_fits
from ..constructions.form import Form
from ..errors import CompileError, Remedy
from ..lang.expr import INDICES, Expr, Op
from ..lang.selector import Selector
from ..lang.selectors import Literal, unshifted
from ..lang.text import formula
from .planning import Planning


def is_position(p: Planning, literal: Literal) -> bool:
    """Whether a comparison asks for the key at a position."""
    return literal.op is Op.EQ and moved(p, literal) is not None and p.facts.domain(literal.query).whole


def moved(p: Planning, literal: Literal) -> Expr | None:
    """q with key(indices) == query(q) the same as this literal, or None.

    A shift of the key that is the same at every position moves to the query.
    """
    key, query = unshifted(literal.atom, p.facts).src
    return query if key is INDICES else None


def index(p: Planning) -> tuple[Form, Form, float]:
    """(the centred index, its square, the middle)"""
    n = p.facts.max_len
    middle = n // 2
    centred = np.arange(n, dtype=np.float64) - middle
    key = p.stream.embed_position(centred, "indices", "indices")
    square = p.stream.embed_position(centred * centred, "indices squared", f"(indices - {middle}) ** 2")
    return key, square, float(middle)


def check_precision(p: Planning, c: Literal, furthest: float, error: float) -> None:
    """Raises CompileError where scores of numbers up to `furthest` from their middle do not distinguish neighbours."""
    if not equality_fits(furthest, error, p.stream.format):
        raise CompileError(
            f"{formula(c.atom)} compares numbers up to {furthest:,.0f} from their middle, which are too many for "
            "the precision of the weights.",
            expression=Selector(c.atom),
            remedies=[Remedy("A smaller max_len would help.")],
        )
