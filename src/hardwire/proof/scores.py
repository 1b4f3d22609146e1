"""The scores that a head gives to pairs of a query state and a key state, with bounds of their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..numeric.floats import FloatFormat, Floats
from ..numeric.grids import grid, nonzero, tall
from ..run.failure import Bools
from .affine import AffineForm
from .strategy import Limits

MOST_REFERENCES = 6
"""Up to so many different numbers in a column of references, one matrix product for each is faster than all pairs."""


@dataclass(frozen=True)
class OtherTerms:
    """The other products in a score: how many, their `unit` (they are multiples of it, unless one is `inexact`), and
    the `largest` that they can be in all."""

    terms: int = 0
    unit: float = float("inf")
    largest: float = 0.0
    inexact: bool = False

    @classmethod
    def of(cls, query: AffineForm, key: AffineForm) -> OtherTerms:
        """All products of some queries and keys."""
        q, k = (np.abs(tall(x)).max(axis=0, initial=0.0) for x in (query.value, key.value))
        inexact = query.inexact(), key.inexact()
        used = ((q > 0) | inexact[0]) & ((k > 0) | inexact[1])
        if np.count_nonzero(used & (inexact[0] | inexact[1])):
            return cls(int(used.sum()), inexact=True)
        unit = (grid(query.value[:, used]) * grid(key.value[:, used])).min(initial=np.inf)
        return cls(int(used.sum()), float(unit), float(q @ k))

    def __add__(self, other: OtherTerms) -> OtherTerms:
        terms, largest = self.terms + other.terms, self.largest + other.largest
        return OtherTerms(terms, min(self.unit, other.unit), largest, inexact=self.inexact or other.inexact)


NO_OTHERS = OtherTerms()


def all_but_one(parts: Sequence[OtherTerms]) -> list[OtherTerms]:
    """For each, the sum of all others."""
    return [sum((o for j, o in enumerate(parts) if j != i), NO_OTHERS) for i in range(len(parts))]


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores less that of a reference: (queries, keys), with bounds of their errors."""

    value: Floats
    error: Floats

    @property
    def low(self) -> Floats:
        return self.value - self.error

    @property
    def high(self) -> Floats:
        return self.value + self.error


def relative_scores(
    query: AffineForm,
    key: AffineForm,
    reference: Floats,
    fmt: FloatFormat,
    *,
    others: OtherTerms = NO_OTHERS,
    of_reference: OtherTerms | None = None,
    distances: int = Limits.distances,
) -> PairScores:
    """Scores less that of a reference key, (1 or queries, d_qk), which has no error.

    Only differences of such scores matter. Where the reference is a single key of the model, as that of BOS is, give
    `of_reference`: then the rounding of its score counts too. `others` and `of_reference` are the
    other products in the score of a key, and in that of the reference. `distances` is as in `Limits`.
    """
    q, k = query.value, key.value
    value = q @ k.T - (q * reference).sum(axis=1, keepdims=True)
    error = fmt.unit * np.abs(value)
    if not query.is_constant:
        if np.count_nonzero(query.rounding):
            add_distances(error, query.rounding, k, reference, distances)
        if query.sources.shape[1]:
            by_source = query.source_coefficients.T
            add_distances(error, query.sources, k @ by_source, reference @ by_source, distances)
        for e, s in query.coefficients.items():
            error += query.errors[e] * np.abs(s @ k.T - (s * reference).sum(axis=1, keepdims=True))
    if not key.is_constant:
        if key.rounding.any():
            error += np.abs(q) @ key.rounding.T
        if key.sources.shape[1]:
            error += np.abs(q @ key.source_coefficients.T) @ key.sources.T
        for e, s in key.coefficients.items():
            error += key.errors[e] * np.abs(q @ s.T)
        if not query.is_constant:
            error += query.error @ key.error.T
    queries, keys = _Factors.of(query), _Factors.of(key)
    error += _rounded(queries, keys, fmt, others)
    if of_reference is not None:
        error += _rounded(queries, _Factors.exact(reference), fmt, of_reference)
    return PairScores(value, error)


def moved_weights(query: AffineForm, key: AffineForm, fmt: FloatFormat) -> Floats:
    """(queries, keys) how far a score moves if weights move by a unit in the last place: by two roundoffs for each of
    its four factors, the embedding and the head on either side."""
    found: Floats = 8 * fmt.unit * (query.size @ key.size.T)
    return found


def add_distances(total: Floats, amount: Floats, k: Floats, reference: Floats, most: int) -> None:
    """Add to `total`, (queries, keys), the sum over sources of amount * |k - reference|: (queries, sources), (keys,
    sources), (1 or queries, sources). With more than `most` pairs, equal references are taken together."""
    if len(reference) == 1:
        total += amount @ np.abs(k - reference).T
        return
    amounts, distances = [], []
    for i in nonzero(amount).nonzero()[0]:
        a, x, r = amount[:, i], k[:, i], reference[:, i]
        if total.size > most and len(numbers := np.unique(r)) <= MOST_REFERENCES:
            amounts += [np.where(r == number, a, 0.0) for number in numbers]
            distances += [np.abs(x - number) for number in numbers]
        else:
            total += a[:, None] * np.abs(x - r[:, None])
    if amounts:
        total += np.array(amounts).T @ np.array(distances)


@dataclass(frozen=True, eq=False)
class _Factors:
    """One side of many products, (rows, dimensions): the numbers, and with their errors the largest `size` that they
    can have. `inexact`: (dimensions,) where they may have an error; None where all are exact."""

    value: Floats
    size: Floats
    inexact: Bools | None = None

    @classmethod
    def of(cls, form: AffineForm) -> _Factors:
        if form.is_constant:
            return cls.exact(form.value)
        return cls(form.value, np.abs(form.value) + form.error, form.inexact())

    @classmethod
    def exact(cls, value: Floats) -> _Factors:
        return cls(value, np.abs(value))

    @cached_property
    def greatest(self) -> Floats:
        """(dimensions,)"""
        found: Floats = tall(self.size).max(axis=0, initial=0.0)
        return found

    @cached_property
    def grid(self) -> Floats:
        """The power of two that they are multiples of, in each dimension, where they have no error."""
        return grid(self.value)


def _rounded(q: _Factors, k: _Factors, fmt: FloatFormat, others: OtherTerms) -> Floats | float:
    """(queries, keys) the rounding of sums of products."""
    largest = q.greatest * k.greatest
    used = largest > 0
    if not np.count_nonzero(used):
        return 0.0
    inexact = others.inexact or any(x.inexact is not None and np.count_nonzero(x.inexact & used) for x in (q, k))
    gamma = fmt.gamma(np.count_nonzero(used) + others.terms)
    if inexact:
        found: Floats = gamma * (q.size @ k.size.T)
        return found
    units = q.grid * k.grid
    if fmt.adds_exactly(largest.sum() + others.largest, min(others.unit, units.min(initial=np.inf))):
        return 0.0
    size, of_key = q.size @ k.size.T, np.where(k.value != 0, units, np.inf).min(axis=1, initial=others.unit)
    return np.where(fmt.adds_exactly(size + others.largest, of_key), 0.0, gamma * size)
