"""Functions as tables over encodings: of one form, and of several that are combined into one number."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..analysis import Facts
from ..analysis.domain import TOO_LARGE
from ..constructions import feedforward as ff
from ..constructions.form import ZERO, Floats, Form, combine
from ..constructions.ranges import Ranges
from ..effort import doing
from ..errors import CompileError
from ..lang.expr import INDICES, TOKENS, Expr
from ..lang.selectors import Literal
from ..lang.sop import SOp
from ..lang.text import formula
from ..run.column import Column, codes_of, column
from ..run.failure import Ints
from .labels import Labels

Points = list[tuple[float, float]]
"""(encoding of the input, encoding of the output), rising."""
MOST_ORDERS = 24
"""How many orders of digits are tried."""
MOST_ROWS = 300_000
"""How many combinations are sorted in all, so that large functions are tried in fewer orders."""
MOST_NEURONS = 4000
"""The most neurons of one function."""
TABULATED = 30
"""The work per combination of values, in multiplications."""
FITTED = 12_000
"""The work per table, whatever its size, in multiplications."""
LARGEST_CODE = 2.0**20
"""The greatest number that several forms are combined into."""


@dataclass(frozen=True)
class Joint:
    """Several forms combined into one number, and a function of it.

    Where the expression of one form fails and its value is not needed, the number may lie anywhere between two points
    of equal output; `flat` says that there are such places, so that a line through the points would be wrong there.
    """

    form: Form
    points: Points
    flat: bool


@dataclass(frozen=True, eq=False)
class NumberTable:
    """A function of several numbers: (rows, numbers) each combination once, and (rows,) the value there."""

    x: Floats
    y: Floats

    def turned(self) -> NumberTable:
        """The same with the numbers in reverse."""
        order = np.lexsort(self.x.T)
        return NumberTable(np.ascontiguousarray(self.x[order, ::-1]), self.y[order])


@dataclass(frozen=True, eq=False)
class Tabulated:
    """The functions of one program that were tabulated over one labelling: all plans of the program share them.

    `embeddings` and `encodings` by the function, `points` by the function and its input, `tables` and `combined` by the
    function and its inputs, `pieces` by the kind of pieces and the table, and `relations` by a comparison.
    """

    embeddings: dict[Expr, Floats] = field(default_factory=dict)
    encodings: dict[Expr, list[float]] = field(default_factory=dict)
    points: dict[tuple[Expr, Expr], Points] = field(default_factory=dict)
    tables: dict[tuple[Expr, tuple[Expr, ...]], NumberTable | None] = field(default_factory=dict)
    combined: dict[tuple[Expr, tuple[Expr, ...]], _InOneNumber | None] = field(default_factory=dict)
    pieces: dict[tuple[str, NumberTable], list[Any]] = field(default_factory=dict)
    relations: dict[Literal, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """An input, and the form of its encoding, or of the `number` of its encoding."""

    part: Expr
    form: Form
    number: Mapping[float, float] | None = None


class Codes:
    """Tabulates functions of expressions that have forms, for every value."""

    def __init__(self, facts: Facts, labels: Labels, real: Form, ranges: Ranges, known: Tabulated) -> None:
        self.facts, self.labels, self.real, self.ranges, self.known = facts, labels, real, ranges, known

    def filled(self, col: Column) -> Floats:
        """(values,) the encodings of a column; where it fails, the first one of the column."""
        ok = np.flatnonzero(col.ok())
        out = np.zeros(len(col))
        if len(ok):
            # A label is looked up once for each distinct value: columns are long.
            codes, table = codes_of(col if len(ok) == len(col) else col.take(ok))
            label_of = np.zeros(len(table))
            for c in np.flatnonzero(np.bincount(codes)).tolist():
                label_of[c] = self.labels[table[c]]
            known = label_of[codes]
            out[:] = known[0]
            out[ok] = known
        return out

    def embedded(self, e: Expr) -> bool:
        """Whether the token alone decides an expression, or the position alone."""
        basis = self.facts.variables(e)
        return len(basis) == 1 and basis[0] in (TOKENS, INDICES)

    def embedding(self, e: Expr) -> Floats:
        """The encoding at each token of what tokens decide; else at each position, as the program's lists define it for
        their own lengths."""
        known, basis = self.known.embeddings, self.facts.basis(e)
        if e not in known:
            leaf = TOKENS if basis <= {TOKENS} else INDICES
            given = {leaf: self.facts.domain(leaf).column}
            for raw in basis - {leaf}:
                padded = [raw.arg[min(i, len(raw.arg) - 1)] if raw.arg else 0 for i in range(self.facts.max_len)]
                given[raw] = column(padded)
            known[e] = self.filled(self.facts.evaluate(e, given))
        return known[e]

    def points(self, e: Expr, leaf: Expr) -> Points:
        """e over the encoding of the one part that decides it, wherever e has a value. Raises CompileError."""
        points = self.known.points
        if (e, leaf) not in points:
            points[e, leaf] = self._find_points(e, leaf)
        return points[e, leaf]

    def note(self, e: Expr, leaf: Expr, x: Floats, y: Floats) -> None:
        """Note e as a function of the one part that decides it: its small whole numbers y at all encodings x of that
        part, rising."""
        if (e, leaf) not in self.known.points:
            self.known.points[e, leaf], self.known.encodings[e] = ff.Graph.of(x, y), sorted({*y.tolist()})

    def _find_points(self, e: Expr, leaf: Expr) -> Points:
        domain = self.facts.domain(leaf)
        col = self.facts.evaluate(e, {leaf: domain.column})
        rows, ys = self._possible(e, col)
        if not len(rows):
            raise CompileError(f"{formula(e)} has no value for any input it can meet", expression=SOp(e))
        return self._function(e, self.filled(domain.column.take(rows)), ys)

    def _possible(self, e: Expr, col: Column) -> tuple[Ints, Floats]:
        """(the rows of a column of an expression that have one of its values, their encodings): of parts that are
        enumerated by themselves some combinations never occur, and give values that the expression never has."""
        rows = np.flatnonzero(col.ok())
        ys = self.filled(col.take(rows))
        domain = self.facts.listed(e)
        if domain is None:
            return rows, ys
        possible = np.isin(ys, self.labels.of(domain))
        return rows[possible], ys[possible]

    def _function(self, e: Expr, xs: Floats, ys: Floats) -> Points:
        x, first, inverse = np.unique(xs, return_index=True, return_inverse=True)
        y = ys[first]
        if not np.array_equal(y[inverse], ys):
            raise CompileError(
                f"{formula(e)} distinguishes equal values (1, 1.0 and True are equal), and a model stores one "
                "number for all of them.\n  Make the function answer the same for equal values, or use .int() first.",
                expression=SOp(e),
            )
        return ff.Graph.of(x, y)

    def number(self, part: Expr) -> dict[float, float] | None:
        """Integers for encodings that are not all integers, in their order; None where they are."""
        labels = sorted({*self.labels.of(self.facts.domain(part))})
        if all(x == round(x) for x in labels):
            return None
        return {x: float(i) for i, x in enumerate(labels)}

    def combined(self, e: Expr, leaves: Sequence[Read]) -> Joint | None:
        """An integer that distinguishes all combinations of the leaves, and e as a function of it; or None.

        The leaves are its digits, in the order that takes the fewest steps. Where a leaf fails and e has a value all
        the same, that digit may be anything, so e must not change with it or with the digits after it.
        """
        key = e, tuple(x.part for x in leaves)
        if key not in self.known.combined:
            found = self._find_combined(e, leaves)
            if found is not None and any(d.failed.any() for d in found.digits):
                return found.joint(leaves, self.real)  # the digits depend on the forms
            self.known.combined[key] = found
        known = self.known.combined[key]
        return None if known is None else known.joint(leaves, self.real)

    def _find_combined(self, e: Expr, leaves: Sequence[Read]) -> _InOneNumber | None:
        mesh = self._mesh([x.part for x in leaves])
        if mesh is None:
            return None
        col = self.facts.evaluate(e, mesh)
        rows, ys = self._possible(e, col)
        for x in leaves:
            if x.number is not None:  # combinations that never occur may have values that have no number
                read = mesh[x.part].take(rows)
                known = ~read.ok() | np.isin(self.filled(read), list(x.number))
                rows, ys = rows[known], ys[known]
        if not len(rows):
            return None
        digits = [self._digit(x, mesh[x.part].take(rows)) for x in leaves]
        if math.prod(d.size for d in digits) > LARGEST_CODE:
            return None
        if not any(d.failed.any() for d in digits):  # each combination of the digits once
            number = functools.reduce(lambda n, d: n * d.size + d.value, digits, np.zeros(len(ys)))
            _, first = np.unique(number, return_index=True)
            self._function(e, number, ys)
            digits, ys = [d.take(first) for d in digits], ys[first]
        best: tuple[int, tuple[int, ...], Points, bool] | None = None
        orders = max(2, min(MOST_ORDERS, MOST_ROWS // len(rows)))
        doing("combining numbers", work=TABULATED * len(ys) * min(orders, math.factorial(len(leaves))))
        for order in itertools.islice(itertools.permutations(range(len(leaves))), orders):
            found = self._ordered(e, [digits[i] for i in order], ys)
            if found is None:
                continue
            cost = ff.changes(found[0], flat=found[1])
            if best is None or cost < best[0]:
                best = cost, order, *found
        if best is None:
            return None
        _, order, points, flat = best
        return _InOneNumber(tuple(digits), order, points, flat=flat)

    def table(self, e: Expr, leaves: Sequence[Expr]) -> NumberTable | None:
        """e over the encodings of the leaves, each combination once; None where they are too many, or where e has a
        value although a leaf has none."""
        tables, key, turned = self.known.tables, (e, tuple(leaves)), (e, tuple(reversed(leaves)))
        if key not in tables:
            other = tables.get(turned) if len(leaves) == 2 else None
            tables[key] = self._find_table(e, list(leaves)) if other is None else other.turned()
        return tables[key]

    def _find_table(self, e: Expr, leaves: list[Expr]) -> NumberTable | None:
        mesh = self._mesh(leaves)
        if mesh is None:
            return None
        col = self.facts.evaluate(e, mesh)
        doing("tabulating", work=FITTED + TABULATED * len(col))
        rows, ys = self._possible(e, col)
        held = [mesh[x].take(rows) for x in leaves]
        if not len(rows) or not all(c.ok().all() for c in held):
            return None
        x = np.stack([self.filled(c) for c in held], axis=1)
        order = np.lexsort(x.T[::-1])
        x, y = x[order], ys[order]
        new = np.concatenate(([True], (x[1:] != x[:-1]).any(axis=1)))
        return NumberTable(x[new], y[new]) if not (~new[1:] & (y[1:] != y[:-1])).any() else None

    def _mesh(self, leaves: list[Expr]) -> dict[Expr, Column] | None:
        """Columns of every combination of the leaves' values and failures, or None where they are too many."""
        variables = list(dict.fromkeys(b for x in leaves for b in self.facts.variables(x)))
        if math.prod(1 + len(self.facts.domain(b)) for b in variables) <= TOO_LARGE // 2:
            mesh = self.facts.mesh(variables, failing=True)
            return {x: self.facts.evaluate(x, mesh) for x in leaves}
        if math.prod(1 + len(self.facts.domain(x)) for x in leaves) <= TOO_LARGE:
            return self.facts.mesh(leaves, failing=True)
        return None

    def _digit(self, leaf: Read, col: Column) -> _Digit:
        labels = self.filled(col)
        failed = ~col.ok()
        labels[failed] = self.labels[self.facts.domain(leaf.part).values[0]]
        if leaf.number is not None:
            labels = np.array([leaf.number[x] for x in labels.tolist()])
        low, high = float(labels.min()), float(labels.max())
        if failed.any():
            least, greatest = self.ranges.of(leaf.form)
            low, high = min(low, math.floor(least + ff.MARGIN)), max(high, math.ceil(greatest - ff.MARGIN))
        return _Digit(low, high - low + 1, labels - low, failed)

    def _ordered(self, e: Expr, digits: list[_Digit], ys: Floats) -> tuple[Points, bool] | None:
        """(the points, whether some digits may be anything) with the digits in this order; None if that matters."""
        low = high = np.zeros(len(ys))
        lost = np.zeros(len(ys), bool)
        for d in digits:
            lost = lost | d.failed
            low = low * d.size + np.where(lost, 0.0, d.value)
            high = high * d.size + np.where(lost, d.size - 1, d.value)
        if not lost.any():
            order = np.argsort(low)
            return ff.Graph.of(low[order], ys[order]), False
        x, inverse = np.unique(np.concatenate([low, high]), return_inverse=True)
        both = np.concatenate([ys, ys])
        y = np.empty(len(x))
        y[inverse] = both
        if not np.array_equal(y[inverse], both):
            return None
        changed = np.concatenate([[0], np.cumsum(np.diff(y) != 0)])
        if (changed[inverse[: len(ys)]] != changed[inverse[len(ys) :]]).any():
            return None
        return ff.Graph.of(x, y), True


@dataclass(frozen=True, eq=False)
class _Digit:
    """One leaf in every combination: `value` counts from `low`, and is anything where `failed`."""

    low: float
    size: float
    value: Floats
    failed: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def take(self, rows: Ints) -> _Digit:
        """The same in some combinations."""
        return _Digit(self.low, self.size, self.value[rows], self.failed[rows])


@dataclass(frozen=True, eq=False)
class _InOneNumber:
    """The digits of a number that distinguishes all combinations, the order in which they are its digits, and a
    function of it."""

    digits: tuple[_Digit, ...]
    order: tuple[int, ...]
    points: Points
    flat: bool

    def joint(self, leaves: Sequence[Read], real: Form) -> Joint:
        """The same over the forms of the leaves."""
        form = ZERO
        for i in self.order:
            digit = self.digits[i]
            form = combine((digit.size, form), (1.0, leaves[i].form), (-digit.low, real))
        return Joint(form, self.points, flat=self.flat)
