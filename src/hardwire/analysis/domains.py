"""Every value that a sop can have, and every combination of values that several can have together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..errors import CompileError
from ..lang.expr import Expr, Op, counts_bools
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import is_number, totally_ordered
from ..run.column import Column, codes_of, kinds
from ..run.failure import Failed
from .domain import TOO_LARGE, Domain, distinct, is_own
from .together import possible

if TYPE_CHECKING:
    from .facts import Facts

MOST_ITEMS = 20_000_000
"""The most characters of all strings, and items of all tuples, that one `+` may join in all."""

Columns = dict[Expr, Column]
"""Rows of values of several sops, one column each."""


class Domains:
    """The values of the sops of one program."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[Expr, Domain] = {}
        self._rows: dict[tuple[Expr, ...], Columns] = {}

    def of(self, expr: Expr) -> Domain:
        """Every value the sop can have. Raises CompileError where that is too many to list."""
        if expr not in self._known:
            for e in [expr] if all(s in self._known for s in expr.src) else expr.walk():
                if not e.selector and e not in self._known:
                    self._known[e] = self._find(e)
        return self._known[expr]

    def own(self, e: Expr) -> bool:
        """Whether all values of a sop have types of the language itself, whose equality is known."""
        try:
            return all(map(is_own, self.of(e).values))
        except CompileError:
            return False

    def only(self, e: Expr, *types: type) -> bool:
        """Whether all values of a sop have one of the types."""
        try:
            return self.of(e).types <= {*types}
        except CompileError:
            return False

    def ordered(self, *sops: Expr) -> bool:
        """Whether the order of all values of the sops together is known to be total."""
        try:
            return totally_ordered(v for s in sops for v in self.of(s).values)
        except CompileError:
            return False

    # Combinations.

    def mesh(self, variables: Sequence[Expr], *, failing: bool = False) -> Columns:
        """Every combination of the variables' values (those that can occur, where that is known).

        With `failing`, also those in which variables that may fail have failed.
        """
        facts = self._facts
        if variables and facts.tables.complete and all(map(facts.token_free, variables)):
            columns = [facts.tables.of(v) for v in variables]
            if failing:
                return _distinct_rows(variables, columns)
            key = tuple(variables)
            if key not in self._rows:
                self._rows[key] = self.rows(dict(zip(variables, columns, strict=True)))
            return dict(self._rows[key])
        if not variables:
            return {}
        # Those that no token decides can have few values together; the others are combined freely.
        placed = [v for v in variables if facts.tables.complete and facts.token_free(v)]
        groups = (
            [self.mesh(placed, failing=failing)]
            if len(placed) > 1
            else [{v: self._values(v, failing=failing)} for v in placed]
        )
        groups += [{v: self._values(v, failing=failing)} for v in variables if v not in placed]
        sizes = [len(next(iter(group.values()))) for group in groups]
        left, many = np.arange(math.prod(sizes)), math.prod(sizes)
        found: Columns = {}
        for group, size in zip(groups, sizes, strict=True):
            many //= max(1, size)
            found.update({v: column.take(left // max(1, many) % max(1, size)) for v, column in group.items()})
        keep = possible(found, facts)
        rows = None if keep is None or keep.all() else np.flatnonzero(keep)
        return {v: found[v] if rows is None else found[v].take(rows) for v in variables}

    def rows(self, columns: Mapping[Expr, Column]) -> Columns:
        """The columns with each combination of values once, without those in which one has failed."""
        good = np.flatnonzero(np.logical_and.reduce([c.ok() for c in columns.values()]))
        return _distinct_rows(list(columns), [c.take(good) for c in columns.values()])

    def _values(self, v: Expr, *, failing: bool) -> Column:
        """Every value once, and once a failure where `failing` and there may be one."""
        col = self.of(v).column
        if not failing or self._facts.sure(v):
            return col
        more = col.take(np.arange(len(col) + 1) % len(col))
        failed = np.full(len(more), -1)
        failed[-1] = self._facts.log.add(v, (), "no value")
        return more.with_failed(Failed(failed, np.zeros(len(more), np.int64)))

    # By operation.

    def _find(self, e: Expr) -> Domain:
        facts = self._facts
        if e.op is Op.TOKENS:
            return Domain.of(facts.vocab)
        if e.op is Op.INDICES:
            return Domain.of(range(facts.max_len))
        if e.op is Op.CONST:
            return Domain.of([e.arg])
        if e.op is Op.NAME:
            return self._known[e.src[0]]
        if facts.token_free(e) and facts.tables.complete:
            return self._enumerated(e, facts.tables.of(e))
        if e.op is Op.RAW:
            if not e.arg:
                raise CompileError(f"{formula(e)} has no value for any input but the empty one", expression=SOp(e))
            return Domain.of(e.arg)
        if e.op.aggregate:
            return facts.assumptions.narrowed(e, self._aggregate(e), facts)
        return self._elementwise(e)

    def _enumerated(self, e: Expr, col: Column) -> Domain:
        """The values of a column at the positions where it has one."""
        where = np.flatnonzero(col.ok())
        if not where.size:
            if not len(col):
                return Domain(())
            reason = "" if col.failed is None else f": {self._facts.log.entries[int(col.failed.id[0])].reason}"
            raise CompileError(f"{formula(e)} has no value for any input it can meet{reason}", expression=SOp(e))
        return Domain.of(distinct(col.take(where)))

    def _elementwise(self, e: Expr) -> Domain:
        for variables in (list(self._facts.variables(e)), list(dict.fromkeys(e.src))):
            combinations = math.prod(len(self.of(v)) for v in variables)
            if combinations <= TOO_LARGE:
                self._check_length(e, combinations)
                return self._enumerated(e, self._facts.evaluate(e, self.mesh(variables)))
        ranged = self._range(e)
        if ranged is not None:
            return ranged
        sizes = " * ".join(str(len(self.of(s))) for s in e.src)
        raise CompileError(
            f"{formula(e)} can have too many values: its parts have {sizes} combinations, and "
            f"{TOO_LARGE:,} are the most.\n  A smaller max_len, or an earlier % or where that bounds it, would help.",
            expression=SOp(e),
        )

    def _check_length(self, e: Expr, combinations: int) -> None:
        """Raises CompileError where so many strings or tuples would be joined that they fill the memory."""
        if e.op is not Op.ADD:
            return
        joined = [[len(v) for v in self.of(s).values if isinstance(v, (str, tuple))] for s in e.src]
        longest = sum(max(lengths, default=0) for lengths in joined)
        if combinations * longest > MOST_ITEMS:
            raise CompileError(
                f"{formula(e)} joins strings or tuples to up to {longest:,} items, in {combinations:,} combinations; "
                f"{MOST_ITEMS:,} items are the most in all.\n  A smaller max_len or vocabulary would help.",
                expression=SOp(e),
            )

    def _range(self, e: Expr) -> Domain | None:
        """Sums and differences of whole numbers by their bounds."""
        if e.op not in (Op.ADD, Op.SUB) or not all(self.of(s).whole for s in e.src):
            return None
        (a, b), (c, d) = ((min(self.of(s).values), max(self.of(s).values)) for s in e.src)
        low, high = (a + c, b + d) if e.op is Op.ADD else (a - d, b - c)
        return Domain.of(range(int(low), int(high) + 1)) if high - low < TOO_LARGE else None

    def _aggregate(self, e: Expr) -> Domain:
        low, high = self._facts.width(e.source("selector"))
        if not e.op.defaulted:  # a count
            return Domain.of(range(low, high + 1))
        x, default = self.of(e.source("x")), self.of(e.source("default"))
        if e.op.counts:
            counts = range(1, min(high, len(x)) + 1)
            return Domain.of(counts if low > 0 else [*counts, *default.values])
        if counts_bools(e):
            x = Domain.of(int(v) if type(v) is bool else v for v in x.values)
        found = x if low > 0 else x | default
        if e.op.picks or high <= 1:
            return found
        numbers = [v for v in x.values if is_number(v)]
        if not numbers:
            return found  # several that are no numbers cannot be selected where this is defined
        if all(type(v) in (int, bool) for v in numbers):
            several = _sums(e, numbers, high) if e.op is Op.VALUE else _means(e, numbers, high)
            if several is not None:
                return Domain.of([*found.values, *several])
        raise CompileError(
            f"{formula(e)} can have too many different values to be compared or mapped.\n"
            "  A smaller max_len, whole numbers, or a sum in place of the mean would help.",
            expression=SOp(e),
        )


def _sums(e: Expr, numbers: Sequence[int], high: int) -> range:
    """The sums of up to `high` whole numbers. Raises CompileError where they are too many."""
    least, most = min(0, min(numbers) * high), max(0, max(numbers) * high)
    if min(numbers) >= 0:
        least = min(numbers)
    if most - least >= TOO_LARGE:
        raise CompileError(
            f"{formula(e)} can have {most - least + 1:,} values, and {TOO_LARGE:,} are the most.\n"
            "  A smaller max_len or smaller numbers would help.",
            expression=SOp(e),
        )
    return range(int(least), int(most) + 1)


def _means(e: Expr, numbers: Sequence[int], high: int) -> list[Fraction] | None:
    """The means of two to `high` whole numbers; None where they are too many, and for what is no mean."""
    a, b = int(min(numbers)), int(max(numbers))
    if e.op is not Op.MEAN or (b - a + 1) * high * high > 2 * TOO_LARGE:
        return None
    return list({Fraction(s, k): None for k in range(2, high + 1) for s in range(a * k, b * k + 1)})


def _distinct_rows(variables: Sequence[Expr], columns: Sequence[Column]) -> Columns:
    told = []
    for c in columns:
        codes, table = codes_of(c)
        told.append((np.where(c.ok(), codes, len(table)), len(table) + 1))
    first, _ = kinds(told, len(columns[0]))
    return {v: c.take(first) for v, c in zip(variables, columns, strict=True)}
