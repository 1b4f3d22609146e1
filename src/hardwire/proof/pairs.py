"""Pairs of a key's and a query's situation: what the program's selector says of them, and what a head scores them.

Situations that are alike in everything a head and a selector see are looked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..compiler.analyse import Analysis
from ..lang.expr import INDICES, Expr
from ..lang.selectors import comparisons, parts, unshifted, with_comparisons
from ..lang.values import exact
from ..model.weights import Floats
from ..numeric.floats import FLOAT64, FloatFormat
from ..numeric.grids import grid, nonzero, tall
from ..run.cells import CellBlock, Comparison, Matrix
from ..run.column import Column, codes_of
from ..run.failure import Bools, FailureLog, Ints
from .forms import Mask, Read
from .situations import Situations, World


def settled(selector: Expr, facts: Analysis) -> Expr:
    """The selector with shifts of the key that are the same at every position moved to the query."""
    return with_comparisons(selector, lambda comparison: unshifted(comparison, facts))


def sides(selector: Expr, world: World, *, flat: bool) -> tuple[set[Expr], set[Expr]]:
    """(the variables of its keys, the variables of its queries)"""
    keys: set[Expr] = set()
    queries: set[Expr] = set()
    for a in comparisons(selector):
        keys |= world.variables(a.src[0], flat=flat)
        queries |= world.variables(a.src[1], flat=flat)
    return keys, queries


class Truth:
    """The truth of a selector on pairs of situations."""

    def __init__(self, selector: Expr, facts: Analysis, keys: Situations, queries: Situations) -> None:
        log = FailureLog()
        self.columns: tuple[list[Column], list[Column]] = ([], [])
        compared = {}
        for a in comparisons(selector, from_right=True):
            key, query = _values(a.src[0], facts, keys), _values(a.src[1], facts, queries)
            compared[a] = Comparison(a, key, query, log)
            self.columns[0].append(key)
            self.columns[1].append(query)
        self._matrix = Matrix(parts(selector), compared, causal=False)

    def of(self, keys: Ints, queries: Ints) -> tuple[Bools, Bools]:
        """(selected, failed), (queries, keys) each."""
        selected, failed = self._matrix.cells(CellBlock(keys[:, None], queries[:, None], 0))
        yes: Bools = selected[:, :, 0].T
        no = np.zeros(yes.shape, bool) if failed is None else failed[:, :, 0].T
        return yes, no

    def own(self, rows: Ints) -> tuple[Bools, Bools]:
        """The same of pairs whose key and query are one position: (rows,) each."""
        selected, failed = self._matrix.cells(CellBlock(rows[None, :], rows[None, :], 0))
        yes: Bools = selected[0, 0]
        return yes, np.zeros_like(yes) if failed is None else failed[0, 0]


def _values(e: Expr, facts: Analysis, at: Situations) -> Column:
    column = facts.evaluate(e, at.columns)
    return column if len(column) == at.size else column.take(np.zeros(at.size, np.int64))


def codes(column: Column) -> Floats:
    """Numbers that tell the values of a column apart, failed ones included: (rows, 1)."""
    data = column.data
    if column.kind == "i" and column.bound > FLOAT64.exact_integers:  # more than float64 tells apart
        data = np.unique(data, return_inverse=True)[1]
    data = data.astype(np.float64)
    if column.failed is not None:
        data = np.where(column.failed.mask, np.nan, data)
        return np.stack([np.nan_to_num(data), column.failed.mask.astype(np.float64)], axis=1)
    return data[:, None]


def paired_codes(a: Column, b: Column) -> tuple[Ints, Ints]:
    """Codes of two columns that differ only where values do: they have types of their own, all failures one code. An
    object of which nothing is known but its type may be any other of that type."""
    place: dict[object, int] = {}
    found = []
    for column in (a, b):
        codes, table = codes_of(column)
        numbers = np.array([place.setdefault(exact(v, type), len(place)) for v in table] or [0], np.int64)
        found.append(np.where(column.ok(), numbers[np.minimum(codes, len(numbers) - 1)], -1))
    return found[0], found[1]


@dataclass(frozen=True)
class Beside:
    """What else is added up in a score: so many products, of multiples of `unit` as long as they are not noisy, no
    larger than `largest` in all."""

    terms: int = 0
    unit: float = float("inf")
    largest: float = 0.0
    noisy: bool = False

    @classmethod
    def of(cls, query: Read, key: Read, errors: dict[Expr, float]) -> Beside:
        """That of all dimensions of some queries and keys."""
        q, k = (np.abs(tall(x)).max(axis=0, initial=0.0) for x in (query.value, key.value))
        noisy = query.noisy(errors), key.noisy(errors)
        used = ((q > 0) | noisy[0]) & ((k > 0) | noisy[1])
        if np.count_nonzero(used & (noisy[0] | noisy[1])):
            return cls(int(used.sum()), noisy=True)
        unit = (grid(query.value[:, used]) * grid(key.value[:, used])).min(initial=np.inf)
        return cls(int(used.sum()), float(unit), float(q @ k))

    def __add__(self, other: Beside) -> Beside:
        terms, largest = self.terms + other.terms, self.largest + other.largest
        return Beside(terms, min(self.unit, other.unit), largest, self.noisy or other.noisy)


ALONE = Beside()


def besides(all_: Sequence[Beside]) -> list[Beside]:
    """What there is beside each of them."""
    return [sum((o for j, o in enumerate(all_) if j != i), ALONE) for i in range(len(all_))]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of pairs less that of BOS: (queries, keys), with bounds of their errors."""

    value: Floats
    error: Floats

    @classmethod
    def of(cls, query: Read, key: Read, bos: Floats, errors: dict[Expr, float], fmt: FloatFormat) -> Scores:
        """`bos`: (d_qk,) the key of BOS, which is exact."""
        return cls.relative(query, key, bos[None, :], errors, fmt, own=ALONE)

    @classmethod
    def relative(
        cls,
        query: Read,
        key: Read,
        reference: Floats,
        errors: dict[Expr, float],
        fmt: FloatFormat,
        beside: Beside = ALONE,
        own: Beside | None = None,
    ) -> Scores:
        """Scores less that of a reference, (1 or queries, d_qk), which has no error: numbers that are only compared
        with each other. Where the reference is a key of the model, one for all, its score is rounded too. `beside`:
        what else is added up in scores; `own`: in that of such a key."""
        q, k = query.value, key.value
        value = q @ k.T - (q * reference).sum(axis=1, keepdims=True)
        loose = fmt.unit * np.abs(value)
        exact = query.exact, key.exact
        if not exact[0]:
            if np.count_nonzero(query.rounding):
                _add_apart(loose, query.rounding, k, reference)
            if query.loose.shape[1]:
                _add_apart(loose, query.loose, k @ query.weights.T, reference @ query.weights.T)
            for e, slope in query.slopes.items():
                loose += errors[e] * np.abs(slope @ k.T - (slope * reference).sum(axis=1, keepdims=True))
        if not exact[1]:
            if key.rounding.any():
                loose += np.abs(q) @ key.rounding.T
            if key.loose.shape[1]:
                loose += np.abs(q @ key.weights.T) @ key.loose.T
            for e, slope in key.slopes.items():
                loose += errors[e] * np.abs(q @ slope.T)
            if not exact[0]:
                loose += query.noise(errors) @ key.noise(errors).T
        queries = _Factors(q, None if exact[0] else query.noisy(errors))
        keys = _Factors(k, None if exact[1] else key.noisy(errors))
        loose += _rounded(queries, keys, fmt, beside)
        if own is not None:
            loose += _rounded(queries, _Factors(reference), fmt, own)
        return cls(value, loose)


def shaken(query: Read, key: Read, fmt: FloatFormat) -> Floats:
    """(queries, keys) how far weights a unit in the last place away move a score: by two half gaps for each of its four
    factors, the embedding and the head on either side."""
    found: Floats = 8 * fmt.unit * (query.size @ key.size.T)
    return found


FEW_PAIRS = 20_000
"""So few pairs are looked at one by one."""
MOST_KINDS = 6
"""How many numbers in a column of references are told apart where there are more."""


def _add_apart(total: Floats, amount: Floats, k: Floats, reference: Floats) -> None:
    """Adds to `total`, (queries, keys), the sum over sources of amount * |k - reference|: (queries, sources), (keys,
    sources), (1 or queries, sources)."""
    if len(reference) == 1:
        total += amount @ np.abs(k - reference).T
        return
    amounts, distances = [], []
    for i in nonzero(amount).nonzero()[0]:
        a, x, r = amount[:, i], k[:, i], reference[:, i]
        if total.size > FEW_PAIRS and len(numbers := np.unique(r)) <= MOST_KINDS:
            amounts += [np.where(r == number, a, 0.0) for number in numbers]
            distances += [np.abs(x - number) for number in numbers]
        else:
            total += a[:, None] * np.abs(x - r[:, None])
    if amounts:
        total += np.array(amounts).T @ np.array(distances)


class _Factors:
    """One side of many products: (rows, dimensions). `noisy`: (dimensions,) where they are no exact numbers; None where
    all are."""

    def __init__(self, x: Floats, noisy: Mask | None = None) -> None:
        self.size = np.abs(x)
        self.greatest: Floats = tall(self.size).max(axis=0, initial=0.0)
        self.noisy = noisy

    @cached_property
    def grid(self) -> Floats:
        """What they are multiples of in each dimension."""
        return grid(self.size)


def _rounded(q: _Factors, k: _Factors, fmt: FloatFormat, beside: Beside) -> Floats | float:
    """(queries, keys) what sums of products round."""
    largest = q.greatest * k.greatest
    used, noisy = largest > 0, beside.noisy
    for a, b in ((q, k), (k, q)):
        if a.noisy is not None:
            heard = a.noisy & ((b.greatest > 0) if b.noisy is None else b.noisy | (b.greatest > 0))
            used, noisy = used | heard, noisy or bool(np.count_nonzero(heard))
    if not np.count_nonzero(used):
        return 0.0
    size: Floats | None = None
    if not noisy:
        # Whole numbers of one unit, as long as they are not too large, are added without rounding.
        unit = min(beside.unit, (q.grid * k.grid).min(initial=np.inf))
        if (largest.sum() + beside.largest) * fmt.unit <= unit:
            return 0.0
        size = q.size @ k.size.T
        if (size.max(initial=0.0) + beside.largest) * fmt.unit <= unit:
            return 0.0
    size = q.size @ k.size.T if size is None else size
    rounding: Floats = fmt.gamma(np.count_nonzero(used) + beside.terms) * size
    return rounding


def behind(keys: Situations, queries: Situations, k: Ints, q: Ints) -> Mask:
    """(queries, keys) True where the causal mask hides the key."""
    assert keys.position is not None
    assert queries.position is not None
    hidden: Mask = keys.position[k][None, :] > queries.position[q][:, None]
    return hidden


def here(keys: Situations, queries: Situations, k: Ints, q: Ints) -> Mask:
    """(queries, keys) True where key and query are one position."""
    assert keys.position is not None
    assert queries.position is not None
    same: Mask = keys.position[k][None, :] == queries.position[q][:, None]
    return same


__all__ = ["INDICES", "Mask", "Scores", "Truth", "behind", "here", "settled", "sides"]
