"""What a claim says in numbers, and what a part of the program can be in given situations."""

from __future__ import annotations

import numpy as np

from ..compiler.analyse import Analysis
from ..errors import CertificateError
from ..lang.expr import Expr
from ..lang.values import Value, exact, is_number
from ..model.circuit import Claim
from ..model.weights import Floats
from ..run.column import Column, codes_of
from .pairs import Mask
from .situations import Number, Situations

MOST_PLACES = 1_000_000
"""The most pairs of a value and a position that are told apart."""
MOST_ELSEWHERE = 300
"""The most numbers that are looked at one by one where a part has no value."""


def values(e: Expr, facts: Analysis, at: Situations) -> Column:
    """(rows,) the values of a sop."""
    column = facts.evaluate(e, at.columns)
    return column if len(column) == at.size else column.take(np.zeros(at.size, np.int64))


def distinct_values(column: Column) -> tuple[Value, ...]:
    """The values that a column has."""
    codes, table = codes_of(column.take(np.flatnonzero(column.ok())))
    return tuple(table[c] for c in np.flatnonzero(np.bincount(codes)).tolist())


def places_of(column: Column, seen: tuple[Value, ...], at: Situations, positions: int) -> Mask | None:
    """(values, positions) at which position each value was seen; None where the situations do not say."""
    if at.position is None or len(seen) * positions > MOST_PLACES:
        return None
    ok = np.flatnonzero(column.ok())
    codes, table = codes_of(column.take(ok))
    order = {exact(v): i for i, v in enumerate(seen)}
    row = np.array([order.get(exact(v), 0) for v in table] or [0], np.int64)
    places = np.zeros((len(seen), positions), bool)
    places[row[codes], at.position[ok]] = True
    return places


def labels(column: Column, claim: Claim) -> tuple[Floats, Mask]:
    """((rows,) the numbers that a claim says its values are held as, nan where there is no value; whether there is)"""
    number = numbers(claim)
    codes, table = codes_of(column)
    found = np.array([or_nan(number, v) for v in table] or [np.nan])[np.minimum(codes, max(0, len(table) - 1))]
    ok = column.ok()
    # A value that no number stands for is as wrong as can be; no value, and nothing is claimed.
    return np.where(ok, np.where(np.isnan(found), np.inf, found), np.nan), ok


def numbers(claim: Claim) -> Number:
    """The number that each value is held as: a number as itself, others as the claim has it."""
    table = dict(zip(claim.values, claim.labels.tolist(), strict=True))

    def number(v: object) -> float:
        if v in table:
            return float(table[v])
        if is_number(v):
            return float(v)  # type: ignore[arg-type]
        raise CertificateError(f"no number stands for {v!r}", value=v)

    return number


def or_nan(number: Number, v: object) -> float:
    """The number of a value; nan where it has none."""
    try:
        return number(v)
    except CertificateError:
        return float("nan")
