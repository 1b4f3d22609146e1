"""State spaces: the abstract states in which a proof evaluates the weights of a model.

A variable is a leaf of the program (the token, the position, a list), an aggregate, or another part that has been
proved. An abstract state gives each of some variables a value; it stands for every position of every input at which
they have these values. `spaces.py` enumerates them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..analysis import Facts
from ..errors import CertificateError
from ..lang.expr import INDICES, TOKENS, Expr
from ..lang.values import Value, exact, is_number
from ..model.circuit import Claim
from ..numeric.floats import Floats
from ..run.column import Column, codes_of, kinds
from ..run.column import column as made_column
from ..run.failure import Bools, Ints
from .affine import OWN_ROUNDING

INTERVAL = 2.0**-5
"""Fallbacks with an error up to this are not divided."""
MOST_INTERVALS = 1500
"""The most intervals that fallbacks are divided into."""

EncodingOf = Callable[[Any], float]
"""The number that stands for a value in the residual stream."""


@dataclass(frozen=True, eq=False)
class Variable:
    """A proved part of the program, as a variable: how its values are encoded, and which they can be.

    `values` are those that it can have, None where they are those of the analysis; `places`, (values, positions), says
    at which position each can occur. Where it is undefined, the residual stream has a number within `fallback_error` of
    one of `fallback`; a part without fallbacks is always defined.
    """

    encoding: EncodingOf
    values: tuple[Value, ...] | None = None
    places: Bools | None = None
    fallback: tuple[float, ...] = ()
    fallback_error: float = 0.0

    def divided(self) -> Variable:
        """The same with its fallbacks in small intervals, if these are few: what neurons make of the numbers in one of
        them is nearly a line."""
        if not self.fallback or self.fallback_error <= INTERVAL:
            return self
        low, high = min(self.fallback) - self.fallback_error, max(self.fallback) + self.fallback_error
        pieces = math.ceil((high - low) / (2 * INTERVAL))
        if pieces > MOST_INTERVALS:
            return self
        width = (high - low) / pieces
        points = tuple(low + width * (i + 0.5) for i in range(pieces))
        return replace(self, fallback=points, fallback_error=width / 2 + OWN_ROUNDING * max(abs(low), abs(high), width))


@dataclass(frozen=True, eq=False)
class SameNumber:
    """Another part, `expr`, that is stored as the same number: for each of its values (by `alike`) the value that goes
    with it. A value that is missing never occurs."""

    expr: Expr
    values: Mapping[object, Value]

    def of(self, column: Column) -> tuple[Column, Bools]:
        """(the column that goes with one of the other part, (rows,) where its value can occur)"""
        codes, table = codes_of(column)
        known = [alike(v) in self.values for v in table]
        some = next(iter(self.values.values()), None)
        found = made_column([self.values.get(alike(v), some) for v in table])
        codes = np.minimum(codes, max(0, len(table) - 1))
        possible: Bools = np.array(known or [False], bool)[codes]
        return found.take(codes) if table else column, possible


def alike(value: Value) -> Hashable:
    """A key that differs where values do. Objects of a user's class, which are new whenever they are computed, have one
    if they are equal."""
    return exact(value, lambda x: (type(x), x))


@dataclass(frozen=True, eq=False)
class StateSpace:
    """Abstract states, one a row: a column of values for each variable. `rows`: for each variable that was combined
    freely, (states,) the place of the state's value among all values of the variable."""

    size: int
    columns: Mapping[Expr, Column]
    proved: Mapping[Expr, Variable]
    rows: Mapping[Expr, Ints]
    _encoded: dict[Expr, Floats] = field(default_factory=dict)

    @cached_property
    def embedded(self) -> Mapping[Expr, Ints]:
        """For each variable that has an embedding table, (states,) the row of this table."""
        found = {TOKENS: self.rows[TOKENS]} if TOKENS in self.rows else {}  # all whose values are the vocabulary
        if INDICES in self.columns:
            found[INDICES] = self.columns[INDICES].data.astype(np.int64)
        return found

    @property
    def position(self) -> Ints | None:
        """(states,) the position; None where it is not among the variables."""
        return self.embedded.get(INDICES)

    def encoded(self, v: Expr) -> Floats:
        """(states,) the number that encodes the value of a proved part, or a fallback where it is undefined."""
        if v not in self._encoded:
            self._encoded[v] = encoded(self.columns[v], self.proved[v].encoding)
        return self._encoded[v]

    def fallback_error(self, v: Expr) -> Floats | None:
        """(states,) the error of the fallback where a part is undefined, else 0; None where it is always defined."""
        failed = self.columns[v].failed
        return None if failed is None else np.where(failed.mask, self.proved[v].fallback_error, 0.0)

    def take(self, rows: Ints) -> StateSpace:
        """Some of the states."""
        columns = {v: c.take(rows) for v, c in self.columns.items()}
        encoded = {v: x[rows] for v, x in self._encoded.items()}
        return StateSpace(len(rows), columns, self.proved, {v: x[rows] for v, x in self.rows.items()}, encoded)

    def with_column(self, v: Expr, column: Column, numbers: Floats | None = None) -> StateSpace:
        """With another variable, and the numbers that encode it where it may have a fallback."""
        more = self._encoded if numbers is None else {**self._encoded, v: numbers}
        return replace(self, columns={**self.columns, v: column}, _encoded=more)

    def classes(self, variables: Iterable[Expr]) -> tuple[Ints, Ints] | None:
        """(a representative of each class of states that agree in these variables, the class of each state); None
        where one may be undefined, or where there are about as many classes as states."""
        codes, many = [], 1
        for v in variables:
            column = self.columns[v]
            if column.failed is not None:
                return None
            code, table = codes_of(column)
            codes.append((code, len(table)))
            many *= len(table)
            if many > self.size // 2:
                return None
        return kinds(codes, self.size)


def values_in(e: Expr, facts: Facts, space: StateSpace) -> Column:
    """(states,) the values of a sop."""
    column = facts.evaluate(e, space.columns)
    return column if len(column) == space.size else column.take(np.zeros(space.size, np.int64))


def encoded(column: Column, encoding: EncodingOf) -> Floats:
    """(rows,) the number that encodes each value; nan for a value without an encoding, and an arbitrary number where
    the column is undefined."""
    if column.table is None and is_identity(encoding):
        return column.data.astype(np.float64)
    codes, table = codes_of(column)
    found: Floats = np.array([or_nan(encoding, v) for v in table] or [0.0])[np.minimum(codes, max(0, len(table) - 1))]
    return found


def or_nan(encoding: EncodingOf, value: object) -> float:
    """The number that encodes a value; nan for a value without an encoding."""
    try:
        return encoding(value)
    except CertificateError:
        return float("nan")


def is_identity(encoding: EncodingOf) -> bool:
    """Whether every number is encoded as itself."""
    return encoding is float or getattr(encoding, "identity", False) is True


class ClaimedEncoding:
    """The encoding that a claim states: a number is encoded as itself unless the claim has another number for it.
    `identity`: whether it has none."""

    def __init__(self, claim: Claim) -> None:
        try:
            self.table: dict[object, float] = dict(zip(claim.values, claim.labels.tolist(), strict=True))
        except TypeError:
            raise CertificateError(f"the claim of {claim.expression} encodes a value that cannot be hashed") from None
        self.identity = all(_as_float(v) == x for v, x in self.table.items() if is_number(v))

    def __call__(self, v: object) -> float:
        if v in self.table:
            return self.table[v]
        if is_number(v) and np.isfinite(x := _as_float(v)):
            return x
        raise CertificateError(f"no number encodes {v!r}", value=v)

    def targets(self, column: Column) -> Floats:
        """(rows,) the numbers that the stream must store: nan where the column is undefined, inf for a value without an
        encoding."""
        found = encoded(column, self)
        if column.failed is None and not np.count_nonzero(np.isnan(found)):
            return found
        return np.where(column.ok(), np.where(np.isnan(found), np.inf, found), np.nan)


def _as_float(number: Value) -> float:
    """The nearest float; infinity beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def distinct_values(column: Column) -> tuple[Value, ...]:
    """The values that a column has."""
    codes, table = codes_of(column if column.failed is None else column.take(np.flatnonzero(column.ok())))
    return tuple(table[c] for c in np.flatnonzero(np.bincount(codes)).tolist())


def places_of(column: Column, values: tuple[Value, ...], space: StateSpace, positions: int, most: int) -> Bools | None:
    """(values, positions) whether each value occurs at each position; None if the states do not tell, or if there are
    more than `most` pairs."""
    if space.position is None or len(values) * positions > most:
        return None
    ok = np.flatnonzero(column.ok())
    codes, table = codes_of(column.take(ok))
    order = {exact(v): i for i, v in enumerate(values)}
    if any(exact(table[c]) not in order for c in np.flatnonzero(np.bincount(codes)).tolist()):
        return None  # objects that every evaluation creates again
    row = np.array([order.get(exact(v), 0) for v in table] or [0], np.int64)
    places = np.zeros((len(values), positions), bool)
    places[row[codes], space.position[ok]] = True
    return places
