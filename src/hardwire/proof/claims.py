"""What a claim says in numbers, and what a part of the program can be in given situations."""

from __future__ import annotations

import numpy as np

from ..analysis import Facts
from ..errors import CertificateError
from ..lang.expr import Expr
from ..lang.values import Value, exact, is_number
from ..model.circuit import Claim
from ..model.weights import Floats
from ..run.column import Column, codes_of
from .pairs import Mask
from .situations import Number, Situations, numbered

MOST_PLACES = 1_000_000
"""The most pairs of a value and a position that are told apart."""
MOST_ELSEWHERE = 300
"""The most numbers that are looked at one by one where a part has no value."""


def values(e: Expr, facts: Facts, at: Situations) -> Column:
    """(rows,) the values of a sop."""
    column = facts.evaluate(e, at.columns)
    return column if len(column) == at.size else column.take(np.zeros(at.size, np.int64))


def distinct_values(column: Column) -> tuple[Value, ...]:
    """The values that a column has."""
    codes, table = codes_of(column if column.failed is None else column.take(np.flatnonzero(column.ok())))
    return tuple(table[c] for c in np.flatnonzero(np.bincount(codes)).tolist())


def places_of(column: Column, seen: tuple[Value, ...], at: Situations, positions: int) -> Mask | None:
    """(values, positions) at which position each value was seen; None where the situations do not say."""
    if at.position is None or len(seen) * positions > MOST_PLACES:
        return None
    ok = np.flatnonzero(column.ok())
    codes, table = codes_of(column.take(ok))
    order = {exact(v): i for i, v in enumerate(seen)}
    if any(exact(table[c]) not in order for c in np.flatnonzero(np.bincount(codes)).tolist()):
        return None  # objects that every evaluation makes again
    row = np.array([order.get(exact(v), 0) for v in table] or [0], np.int64)
    places = np.zeros((len(seen), positions), bool)
    places[row[codes], at.position[ok]] = True
    return places


def labels(column: Column, number: Numbers) -> tuple[Floats, Mask]:
    """((rows,) the numbers that a claim says its values are held as, nan where there is no value; whether there is)"""
    found, ok = numbered(column, number), column.ok()
    if column.failed is None and not np.count_nonzero(np.isnan(found)):
        return found, ok
    # A value that no number stands for is as wrong as can be; no value, and nothing is claimed.
    return np.where(ok, np.where(np.isnan(found), np.inf, found), np.nan), ok


def as_float(number: Value) -> float:
    """The float nearest to a number; infinity beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def is_own(number: Number) -> bool:
    """Whether every number is held as itself."""
    return number is float or getattr(number, "own", False) is True


class Numbers:
    """The number that each value is held as: a number as itself, others as the claim has it. `own`: every number is."""

    def __init__(self, claim: Claim) -> None:
        try:
            self.table: dict[object, float] = dict(zip(claim.values, claim.labels.tolist(), strict=True))
        except TypeError:
            raise CertificateError(f"the model claims to hold {claim.expression} with what is no value") from None
        self.own = all(as_float(v) == x for v, x in self.table.items() if is_number(v))

    def __call__(self, v: object) -> float:
        if v in self.table:
            return self.table[v]
        if is_number(v) and np.isfinite(x := as_float(v)):
            return x
        raise CertificateError(f"no number stands for {v!r}", value=v)
