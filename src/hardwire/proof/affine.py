"""Affine forms: linear forms of the residual stream, evaluated in abstract states, with all their errors.

A form is its value plus, for every proved part, a coefficient times the error of that part; plus, for every other
source of errors that several forms share, a coefficient times the error of that source; plus rounding of its own.
Errors that two forms share cancel in their difference, as those of the two neurons of a step do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..lang.expr import Expr
from ..numeric.floats import Floats
from ..numeric.grids import nonzero, tall
from ..run.failure import Bools, Ints

DIGITS = 9
"""To how many decimal places values must agree to be in one equivalence class."""

HUGE = 1e100
"""No form, error or claimed vector is larger. So no sum of products of two of them overflows in this proof's own
float64, and none of its bounds is nan."""


OWN_ROUNDING = 1e-9
"""The rounding of this proof's own float64, relative to the numbers."""


@dataclass(frozen=True, eq=False)
class AffineForm:
    """Some forms in some states: arrays are (states, forms), and but for `value` one row stands for equal ones.

    `coefficients` says how each form moves with the error of each proved part, of which `errors` has the bounds.
    Beside these there are errors of up to `sources`, (states, sources), which enter every form by its
    `source_coefficients`, (sources, forms), and `rounding`, which enters one form alone. `sized` computes `size`.
    """

    value: Floats
    coefficients: Mapping[Expr, Floats]
    sources: Floats
    source_coefficients: Floats
    rounding: Floats
    errors: Mapping[Expr, float]
    sized: Callable[[], Floats]

    @classmethod
    def constant(cls, row: Floats) -> AffineForm:
        """Forms without error, in one state, (forms,)."""
        none = np.zeros((1, len(row)))
        return cls(row[None, :], {}, none[:, :0], np.zeros((0, len(row))), none, {}, lambda: np.abs(row)[None, :])

    @cached_property
    def size(self) -> Floats:
        """(states, forms) a bound of the magnitudes that are added up for a form."""
        return self.sized()

    @cached_property
    def error(self) -> Floats:
        """(states, forms) a bound of the whole error."""
        total: Floats = self.rounding + self.sources @ np.abs(self.source_coefficients)
        for e, coefficient in self.coefficients.items():
            total = total + self.errors[e] * np.abs(coefficient)
        return total

    @property
    def largest(self) -> float:
        """A bound of every form and its error in every state; nan where one is nan."""
        total = np.abs(self.value).max(initial=0.0) + self.rounding.max(initial=0.0)
        if len(self.source_coefficients):
            total += (tall(self.sources).max(axis=0, initial=0.0) @ np.abs(self.source_coefficients)).max(initial=0.0)
        for e, coefficient in self.coefficients.items():
            total += self.errors[e] * np.abs(coefficient).max(initial=0.0)
        return float(total)

    @property
    def is_constant(self) -> bool:
        """Whether the forms have neither errors nor proved parts."""
        return not (self.coefficients or np.count_nonzero(self.sources) or np.count_nonzero(self.rounding))

    def inexact(self, *, parts: bool = False) -> Bools:
        """(forms,) those that may have an error; with `parts` those that contain a proved part too, even an exact
        one."""
        found = nonzero(self.rounding)
        if len(self.source_coefficients):
            found = found | nonzero(self.source_coefficients[nonzero(self.sources)])
        for e, coefficient in self.coefficients.items():
            if parts or self.errors[e]:
                found = found | nonzero(coefficient)
        return found

    def features(self) -> list[Floats]:
        """The numbers by which states are distinguished; errors are not among them."""
        return [np.round(self.value, DIGITS), *(s for s in self.coefficients.values() if len(s) > 1)]

    def widened(self, first: Ints, kind: Ints) -> AffineForm:
        """The same where the representative of each class has errors that cover the whole class."""
        if len(first) == len(kind):
            return self

        def most(x: Floats) -> Floats:  # (classes, columns)
            found = rows_of(x, first)
            other = rows_of(found, kind) != x
            if np.count_nonzero(other):
                for c in nonzero(other).nonzero()[0]:
                    np.maximum.at(found[:, c], kind, x[:, c])
            return found

        def sized() -> Floats:
            size = self.size.copy()
            size[first] = most(self.size)
            return size

        sources, rounding = self.sources, self.rounding
        if sources.shape[1]:
            sources = sources.copy()
            sources[first] = most(self.sources)
        spread: Floats | None = None  # of the values in a class
        if np.count_nonzero(rows_of(rows_of(self.value, first), kind) != self.value):
            spread = most(self.value) + most(-self.value)
        if len(rounding) > 1 or spread is not None:
            rounding = np.zeros_like(self.value) + rounding  # a row for each state
            rounding[first] = most(rounding) + (0.0 if spread is None else spread)
        return replace(self, sources=sources, rounding=rounding, sized=sized)

    def detached(self) -> AffineForm:
        """The same without references to its sources."""
        size = self.size
        return replace(self, sized=lambda: size)

    def forms(self, some: slice | Ints) -> AffineForm:
        """Some of the forms."""
        return replace(
            self,
            value=self.value[:, some],
            coefficients={e: s[:, some] for e, s in self.coefficients.items() if s[:, some].any()},
            source_coefficients=self.source_coefficients[:, some],
            rounding=self.rounding[:, some],
            sized=lambda: self.size[:, some],
        )

    def take(self, states: Ints) -> AffineForm:
        """Some of the states."""

        def some(x: Floats) -> Floats:
            return x if len(x) == 1 < len(self.value) else rows_of(x, states)

        return replace(
            self,
            value=rows_of(self.value, states),
            coefficients={e: some(s) for e, s in self.coefficients.items()},
            sources=rows_of(self.sources, states),
            rounding=some(self.rounding),
            sized=lambda: rows_of(self.size, states),
        )


def rows_of(x: Floats, rows: Ints) -> Floats:
    """Some of the rows, in the memory order of x."""
    return x.T.take(rows, axis=1).T if x.flags.fnc else x.take(rows, axis=0)


def stacked(pieces: Sequence[AffineForm]) -> AffineForm:
    """The same forms in the states of all pieces, the first of which has all proved parts; sources with equal
    coefficients become one."""
    if len(pieces) == 1:
        return pieces[0]
    first, none = pieces[0], np.zeros((1, 1))
    shape = (sum(len(p.value) for p in pieces), first.value.shape[1])
    order: dict[bytes, int] = {}
    columns = [[order.setdefault(w.tobytes(), len(order)) for w in p.source_coefficients + 0.0] for p in pieces]
    source_coefficients, sources = np.zeros((len(order), shape[1])), np.zeros((shape[0], len(order)))
    row = 0
    for p, places in zip(pieces, columns, strict=True):
        source_coefficients[places] = p.source_coefficients
        for i, place in enumerate(places):
            sources[row : row + len(p.value), place] += p.sources[:, i]
        row += len(p.value)

    def full(arrays: Sequence[Floats]) -> Floats:
        return np.concatenate([np.broadcast_to(x, p.value.shape) for x, p in zip(arrays, pieces, strict=True)])

    return AffineForm(
        np.concatenate([p.value for p in pieces]),
        {e: full([p.coefficients.get(e, none) for p in pieces]) for e in first.coefficients},
        sources,
        source_coefficients,
        full([p.rounding for p in pieces]),
        first.errors,
        sized=lambda: np.concatenate([p.size for p in pieces]),
    )
