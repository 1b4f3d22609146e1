"""Situations: what the variables of a program can be at one position.

A variable is a leaf (the token, the position, a list) or an aggregate; everything else at a position is a function
of these. What depends on position and length alone is enumerated jointly, for every length; other variables are
combined freely, which may give situations that never occur and never leaves out one that does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..compiler.analyse import Analysis
from ..compiler.pipeline import parts
from ..errors import CertificateError
from ..lang.expr import INDICES, TOKENS, Expr, Op, node, unnamed
from ..lang.text import formula
from ..lang.values import Value
from ..model.weights import Floats
from ..run.column import Column, codes_of, concatenate, kinds
from ..run.column import column as made_column
from ..run.failure import Bools, Failed, Ints
from ..run.scalar import equal

MOST = 600_000
"""The most situations that are looked at together."""
MOST_COMBINED = 4 * MOST
"""The most combinations of values out of which those that can occur are picked."""


MIXED = 2 + np.sin(np.arange(1, 65))
"""Factors by which different rows of numbers have different sums, as good as always."""
FEW_ROWS = 64
"""So few situations are looked at one by one."""
FEW_COLUMNS = 8
"""By how many columns of small whole numbers situations are told apart without sorting."""

Number = Callable[[object], float]
"""The number that stands for a value."""


@dataclass(frozen=True, eq=False)
class Variable:
    """A part of the program that the stream was proved to hold: the numbers of its values, and what may stand there
    where it has none: one of `elsewhere`, give or take `slack`. It always has one where there is nothing elsewhere.
    `values` are those it can have, None where they are those of the analysis; `places`, (values, positions), says at
    which position each can be."""

    number: Number
    values: tuple[Value, ...] | None = None
    places: Bools | None = None
    elsewhere: tuple[float, ...] = ()
    slack: float = 0.0


@dataclass(frozen=True, eq=False)
class Situations:
    """Values of some variables, a situation a row.

    `token` and `position` are rows of the embedding tables, None where these are no variables.
    """

    size: int
    columns: Mapping[Expr, Column]
    known: Mapping[Expr, Variable]
    token: Ints | None
    position: Ints | None
    _labels: dict[Expr, Floats] = field(default_factory=dict)

    def labels(self, v: Expr) -> Floats:
        """(rows,) the numbers that the values of a part are held as, or what may stand there where it has none."""
        if v not in self._labels:
            self._labels[v] = numbered(self.columns[v], self.known[v].number)
        return self._labels[v]

    def kinds(self, variables: Iterable[Expr]) -> tuple[Ints, Ints] | None:
        """(a row for each kind of situation that these variables tell apart, the kind of each row); None where they may
        have no value, or where there are about as many kinds as rows."""
        told, many = [], 1
        for v in variables:
            column = self.columns[v]
            if column.failed is not None:
                return None
            codes, table = codes_of(column)
            told.append((codes, len(table)))
            many *= len(table)
            if many > self.size // 2:
                return None
        return kinds(told, self.size)

    def slack(self, v: Expr) -> Floats | None:
        """(rows,) how far from its label a part may be where it has no value; None where it has one in every row."""
        failed = self.columns[v].failed
        return None if failed is None else np.where(failed.mask, self.known[v].slack, 0.0)


def numbered(column: Column, number: Number) -> Floats:
    """(rows,) the number of each value; nan where none stands for it, and something where there is no value."""
    if column.table is None and (number is float or getattr(number, "own", False)):
        return column.data.astype(np.float64)
    codes, table = codes_of(column)
    found: Floats = np.array([or_nan(number, v) for v in table] or [0.0])[np.minimum(codes, max(0, len(table) - 1))]
    return found


def or_nan(number: Number, value: object) -> float:
    """The number of a value; nan where it has none."""
    try:
        return number(value)
    except CertificateError:
        return float("nan")


class World:
    """Makes situations from the value sets of the analysis of a program."""

    def __init__(self, facts: Analysis, program: Expr) -> None:
        self.facts = facts
        self.known: dict[Expr, Variable] = {}
        self.same: dict[Expr, Expr] = {}  # parts that are the same number as another
        self._made: dict[frozenset[Expr], Situations] = {}
        self.parts = parts(program)
        self._places = {e: i for i, e in enumerate(self.parts)}
        self._sizes: dict[Expr, int] = {}

    def learn(self, e: Expr, variable: Variable) -> None:
        """Takes a part for proved. What situations were before is forgotten: it may now hold other numbers in them."""
        self.known[e] = variable
        self._made = {key: at for key, at in self._made.items() if e not in key}

    def variables(self, e: Expr, *, flat: bool = False) -> set[Expr]:
        """What decides the value of a sop: leaves, aggregates, and unless `flat` other parts that are proved."""
        found: set[Expr] = set()
        stack, seen = [e], {e}
        while stack:
            x = stack.pop()
            if x.op.variable or (x in self.known and not flat):
                found.add(x)
                continue
            stack += [s for s in x.src if s not in seen]
            seen.update(x.src)
        return found

    def of(self, variables: Iterable[Expr]) -> Situations:
        """All situations of these variables. Raises CertificateError where they are too many."""
        key = frozenset(variables)
        if key not in self._made:
            self._made[key] = self._make(sorted(key, key=self._rank))
        return self._made[key]

    def many(self, variables: Iterable[Expr]) -> int:
        """How many combinations of their values there are."""
        return math.prod(len(self._values(v)) + (not self.facts.sure(v)) for v in variables)

    def _rank(self, v: Expr) -> tuple[int, str]:
        """Some order of what may be a variable, the same in every run."""
        return (self._places[v], "") if v in self._places else (-1, formula(v))

    def _make(self, variables: list[Expr]) -> Situations:
        facts = self.facts
        placed = [v for v in variables if facts.token_free(v) and facts.can_enumerate and not self._partial(v)]
        columns = self._placed(placed) if placed else {}
        size = len(next(iter(columns.values()))) if columns else 1
        free, decided = self._order([v for v in variables if v not in columns], frozenset(variables))
        own = {v: self._listed(v) for v in free}
        many = math.prod(len(column) for column, _ in own.values())
        if size * many > MOST_COMBINED:
            raise self._too_many(variables)
        if many != 1 and columns:
            placed_at = np.repeat(np.arange(size), many)
            columns = {x: c.take(placed_at) for x, c in columns.items()}
        held: dict[Expr, Floats] = {}
        rows: dict[Expr, Ints] = {}  # which of a variable's own values, in the order of its `values`
        size *= many
        for v, (column, numbers) in own.items():
            many //= max(1, len(column))
            rows[v] = np.arange(len(column))
            if len(column) != size:  # each so many times, and all of them again and again
                often = size // max(1, many * len(column))
                rows[v] = rows[v].repeat(many)[None].repeat(often, axis=0).ravel()
            columns[v] = column if len(column) == size else column.take(rows[v])
            if numbers:
                held[v] = np.array(numbers)[rows[v]]

        def spread(taken: Ints) -> None:
            nonlocal columns, held, rows, size
            columns = {x: c.take(taken) for x, c in columns.items()}
            held = {x: h[taken] for x, h in held.items()}
            rows = {x: r[taken] for x, r in rows.items()}
            size = len(taken)

        for v in [v for v in decided if v in self.same]:
            columns[v] = columns[self.same[v]]
            held |= {v: held[self.same[v]]} if self.same[v] in held else {}
        # A function of the others; where it has no value, anything that may stand there.
        for v in [v for v in decided if v not in self.same]:
            column = self.facts.evaluate(v, columns)
            column = column if len(column) == size else column.take(np.zeros(size, np.int64))
            failed = ~column.ok()
            elsewhere = np.array(self.known[v].elsewhere)
            if failed.any() and len(elsewhere):
                times = np.where(failed, len(elsewhere), 1)
                taken = np.repeat(np.arange(size), times)
                which = np.arange(len(taken)) - np.repeat(np.cumsum(times) - times, times)
                spread(taken)
                column, failed = column.take(taken), failed[taken]
                there = numbered(column, self.known[v].number)
                held[v] = np.where(failed, elsewhere[np.where(failed, which, 0)], there)
            columns[v] = column
        keep = self._related(columns, rows, size)
        if keep is not None:
            spread(keep)
        if size > MOST:
            raise self._too_many(variables)
        token = rows.get(TOKENS)  # of which the values are the vocabulary
        position = columns[INDICES].data.astype(np.int64) if INDICES in columns else None
        return Situations(size, columns, self.known, token, position, held)

    def _placed(self, variables: list[Expr]) -> dict[Expr, Column]:
        """What variables without tokens can be together, for every position and length. One that may have no value is
        kept without it: what is made of it may have one all the same (`True | x`)."""
        columns = self.facts.mesh(variables, failing=not all(map(self.facts.sure, variables)))
        known = [columns[v].ok() for v in variables if v in self.known]  # held, so they have a value
        keep = np.logical_and.reduce(known) if known else True
        return columns if np.all(keep) else {v: c.take(np.flatnonzero(keep)) for v, c in columns.items()}

    def _listed(self, v: Expr) -> tuple[Column, list[float]]:
        """(the values that a variable can have, and rows without one for what may stand there then; the numbers of all
        these, where there may be none)"""
        values = self._values(v)
        if not self._partial(v):
            domain = self.facts.domain(v)
            column = domain.column if values is domain.values else made_column(values)
            return column if v in self.known or self.facts.sure(v) else concatenate(column, _failed(1)), []
        known = self.known[v]
        numbers = [*(or_nan(known.number, x) for x in values), *known.elsewhere]
        return concatenate(made_column(values), _failed(len(known.elsewhere))), numbers

    def _order(self, variables: list[Expr], all_: frozenset[Expr]) -> tuple[list[Expr], list[Expr]]:
        """(those that are free, those that are functions of others among them, sources first)"""
        decided: list[Expr] = []
        if all(v not in self.same and v.op.variable for v in variables):
            return variables, decided
        for v in sorted(variables, key=self._size):
            if self.same.get(v) in all_:
                decided.append(v)
            if v.op.variable:
                continue
            near = {b for s in v.src for b in self.variables(s)}
            far = self.variables(v, flat=True)
            if near <= all_ or far <= all_:
                decided.append(v)
        return [v for v in variables if v not in decided], decided

    def _size(self, v: Expr) -> int:
        """Of how many nodes it is made: more than each of them."""
        if v not in self._sizes:
            self._sizes[v] = sum(1 for _ in v.walk())
        return self._sizes[v]

    def _too_many(self, variables: list[Expr]) -> CertificateError:
        sizes = ", ".join(f"{formula(x, 40)} {len(self._values(x)):,}" for x in variables)
        return CertificateError(f"more than {MOST:,} situations are too many to check: {sizes}")

    def _values(self, v: Expr) -> tuple[Value, ...]:
        known = self.known[v].values if v in self.known else None
        return self.facts.domain(v).values if known is None else known

    def _related(self, columns: Mapping[Expr, Column], rows: Mapping[Expr, Ints], size: int) -> Ints | None:
        """The rows that can occur, where some cannot.

        Wherever k is q, x is what (key(k) == query(q)).one(x) finds: a position that selects itself selects no other.
        And where a selector finds nothing, all that is picked through it has its default.
        """
        if all(v.op.leaf for v in columns):
            return None
        keep = np.ones(size, bool)
        self._empty_together(columns, keep)
        if INDICES in columns:
            position = columns[INDICES].data.astype(np.int64)
            for v, r in rows.items():
                places = self.known[v].places if v in self.known else None
                if places is not None:  # where it has no value, it may be anywhere
                    keep &= np.where(r < len(places), places[np.minimum(r, len(places) - 1), position], True)
        for v in columns:
            selector = unnamed(v.src[0]) if v.op is Op.ONE else None
            if selector is None or selector.op is not Op.COMPARE or selector.arg is not Op.EQ:
                continue
            k, q, x = selector.src[0], selector.src[1], v.src[1]
            if any(not self.variables(e) <= columns.keys() for e in (k, q, x)):
                continue
            met = self.facts.evaluate(node(Op.EQ, k, q), columns)
            same = self.facts.evaluate(node(Op.EQ, x, v), columns)
            if len(met) == len(same) == size:
                keep &= ~(_true(met) & same.ok() & ~_true(same))
        return None if keep.all() else np.flatnonzero(keep)

    def _empty_together(self, columns: Mapping[Expr, Column], keep: Bools) -> None:
        picked = [v for v in columns if v.op.picks and unnamed(v.src[-1]).op is Op.CONST]
        for u in picked:
            x, default = unnamed(u.src[-2]), unnamed(u.src[-1])
            if x.op is not Op.CONST or equal(x.arg, default.arg):
                continue  # only where u tells whether anything was found
            for v in picked:
                if v is u or v.src[0] is not u.src[0]:
                    continue
                empty = self.facts.evaluate(node(Op.EQ, u, default), columns)
                other = self.facts.evaluate(node(Op.NE, v, unnamed(v.src[-1])), columns)
                keep &= ~(_true(empty) & _true(other))

    def _partial(self, v: Expr) -> bool:
        return v in self.known and bool(self.known[v].elsewhere)


def _true(column: Column) -> Bools:
    """(rows,) where a column of bools is True."""
    out: Bools = column.ok() & column.data.astype(bool) if column.kind == "b" else column.ok() & False
    return out


def _failed(rows: int) -> Column:
    """Rows without a value."""
    return Column(np.zeros(rows, bool), failed=Failed(np.zeros(rows, np.int64), np.zeros(rows, np.int64)))


def distinct(*arrays: Floats) -> tuple[Ints, Ints]:
    """(a row of each kind, the kind of each row) of arrays side by side, (rows, any) each."""
    many = len(arrays[0])
    if not many:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    sides = [np.ascontiguousarray(a.reshape(many, -1).T, np.float64) for a in arrays]
    told: list[tuple[Ints, int]] = []
    every = left = [column for side in sides for column in side if np.count_nonzero(column != column[0])]
    # Small whole numbers need no sorting, and columns often say the same.
    first, kind = kinds(told, many)
    while left and len(told) < FEW_COLUMNS:
        codes = next(filter(None, map(_small_codes, left)), None)
        if codes is None:
            break
        told.append(codes)
        first, kind = kinds(told, many)
        left = [column for column in left if np.count_nonzero(column.take(first).take(kind) != column)]
    if not left:
        return first, kind
    columns = np.array(every)
    # Sorting one number of each row is faster; that it tells them apart is checked.
    if len(columns) <= len(MIXED):
        _, first, kind = np.unique(MIXED[: len(columns)] @ columns, return_index=True, return_inverse=True)
        if np.array_equal(columns.take(first, axis=1).take(kind, axis=1), columns):
            return first, kind
    rows = np.ascontiguousarray(columns.T + 0.0)  # -0.0 and 0.0 are one
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    return first, kind


def _small_codes(numbers: Floats) -> tuple[Ints, int] | None:
    """(a code for each of some whole numbers, how many codes); None where they are not whole, or far apart."""
    low, high = numbers.min(), numbers.max()
    if not high - low <= len(numbers):
        return None
    above = numbers - low
    codes = above.astype(np.int64)
    return None if np.count_nonzero(codes != above) else (codes, int(high - low) + 1)


def most(values: Floats, kind: Ints, kinds: int) -> Floats:
    """(kinds,) the greatest value of the rows of each kind."""
    out = np.full(kinds, -np.inf)
    np.maximum.at(out, kind, values)
    return out
