"""Every value that a sop can have, and every combination of values that several can have together."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..effort import doing, reserve
from ..errors import CompileError
from ..lang.expr import TOKENS, Expr, Op, counts_bools
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, is_number, leave, totally_ordered
from ..numeric.floats import FLOAT64
from ..run.column import Column, codes_of, kinds
from ..run.failure import Failed
from .affine import AffineFit, affine_fit
from .choices import sums_of_choices
from .classes import sums_over_classes
from .domain import LARGEST, TOO_LARGE, Domain, distinct, is_plain
from .together import possible
from .totals import Bounds, means, sums

if TYPE_CHECKING:
    from .facts import Facts

MOST_ITEMS = 20_000_000
"""The most characters of all strings, and items of all tuples, that one `+` may join in all."""

MOST_PLACED = 1_000_000
"""Up to so many numbers, one for each position of each length and token, it is found out what each position can add."""

FEW_ROWS = 30_000
"""Up to so many combinations of values are kept, to be asked for again; of more, the last ones."""
MOST_KEPT = 2_000_000
"""The most values that are kept of what was computed from the same combinations."""
CELL = 24
"""The bytes that one number of a table takes, with what is computed from it."""
ROW = 15
"""How many multiplications take as long as what is done with one combination of values."""

ColumnsByExpr = dict[Expr, Column]
"""Rows of values of several sops, one column each."""
_Key = tuple[bool, tuple[Expr, ...]]
"""What the rows are: with failures or without, and the sops."""


class Domains:
    """The values of the sops of one program."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[Expr, Domain] = {}
        self._rows: dict[tuple[Expr, ...], ColumnsByExpr] = {}
        self._meshes: dict[_Key, ColumnsByExpr] = {}
        self._columns: dict[_Key, ColumnsByExpr] = {}
        self._large: _Key = False, ()
        self._always: dict[Expr, bool] = {}
        self._affine: dict[Expr, AffineFit | None] = {}

    def of(self, expr: Expr) -> Domain:
        """Every value the sop can have. Raises CompileError where that is too many to list."""
        if expr not in self._known:
            for e in [expr] if all(s in self._known for s in expr.src) else expr.walk():
                if not e.selector and e not in self._known:
                    doing("listing the values of", functools.partial(formula, e, 60))
                    self._known[e] = self._find(e)
        return self._known[expr]

    def listed(self, e: Expr) -> Domain | None:
        """Every value the sop can have; None where that is too many to list."""
        try:
            return self.of(e)
        except CompileError:
            return None

    def own(self, e: Expr) -> bool:
        """Whether all values of a sop have types of the language itself, whose equality is known."""
        domain = self.listed(e)
        return domain is not None and domain.own

    def only(self, e: Expr, *types: type) -> bool:
        """Whether all values of a sop have one of the types."""
        domain = self.listed(e)
        return domain is not None and domain.types <= {*types}

    def ordered(self, *sops: Expr) -> bool:
        """Whether the order of all values of the sops together is known to be total."""
        try:
            return totally_ordered(v for s in sops for v in self.of(s).values)
        except CompileError:
            return False

    def affine(self, e: Expr) -> AffineFit | None:
        """A function of several numbers as an affine one, where its table says that it is one."""
        if e not in self._affine:
            self._affine[e] = affine_fit(e, self._facts)
        return self._affine[e]

    # Combinations.

    def mesh(self, variables: Sequence[Expr], *, failing: bool = False) -> ColumnsByExpr:
        """Every combination of the variables' values (those that can occur, where that is known).

        Variables without tokens are enumerated together, for every position and length, failures included; the others
        are combined freely, and with `failing` have failed in some combinations if they may.
        """
        key = failing, tuple(variables)
        if key not in self._meshes:
            self._meshes[key] = self._combined(variables, failing=failing)
            if len(next(iter(self._meshes[key].values()), ())) > FEW_ROWS:
                for held in (self._meshes, self._columns):
                    held.pop(self._large, None)
                self._large = key
        return dict(self._meshes[key])

    def always(self, e: Expr, variables: Sequence[Expr]) -> bool:
        """Whether a sop has a value for every combination of the values of its variables."""
        if e not in self._always:
            self._tabulated(e, variables)
        return self._always[e]

    def _tabulated(self, e: Expr, variables: Sequence[Expr]) -> Column:
        """A sop for every combination of the values of some sops that decide it."""
        mesh = self.mesh(variables)
        rows = len(next(iter(mesh.values()), ()))
        doing("evaluating combinations of values", work=ROW * rows)
        known = self._columns.setdefault((False, tuple(variables)), {})
        found = self._facts.evaluate(e, mesh | known)
        if rows * len(known) <= MOST_KEPT:
            known[e] = found  # for what is computed from it
        if all(v.op.variable for v in variables):
            self._always[e] = bool(found.ok().all())
        return found

    def _combined(self, variables: Sequence[Expr], *, failing: bool) -> ColumnsByExpr:
        placed, free = self._divided(variables)
        found: ColumnsByExpr = self._placed(placed) if placed else {}
        held = {v: self._values(v, failing=failing) for v in free}
        many = math.prod(map(len, held.values()))
        if found and free:
            found = {v: c.take(np.repeat(np.arange(len(c)), many)) for v, c in found.items()}
        size = len(next(iter(found.values()))) if found else many
        reserve(CELL * size * len(variables), f"a table of {size:,} combinations of values", CompileError)
        doing("combining values", work=ROW * size)
        for v, column in held.items():
            many //= max(1, len(column))
            one = np.repeat(np.arange(len(column)), many)
            found[v] = column.take(np.tile(one, size // max(1, len(one))))
        keep = possible(found, self._facts)
        rows = None if keep is None or keep.all() else np.flatnonzero(keep)
        return {v: found[v] if rows is None else found[v].take(rows) for v in variables}

    def combinations(self, variables: Sequence[Expr]) -> int:
        """How many rows the mesh of the variables has at most, failures not counted. Raises CompileError where one of
        them has too many values to list."""
        placed, free = self._divided(variables)
        size = len(next(iter(self._placed(placed).values()))) if placed else 1
        return size * math.prod(len(self.of(v)) for v in free)

    def _divided(self, variables: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
        """(those that position and length alone decide, which are enumerated together, the others)"""
        if not self._facts.tables.complete:
            return [], list(variables)
        placed = [v for v in variables if self._facts.token_free(v)]
        return placed, [v for v in variables if v not in placed]

    def _placed(self, variables: Sequence[Expr]) -> ColumnsByExpr:
        """What variables without tokens can be together, at every position of every length, failures included: where
        one has failed, a function of it and of others may have a value all the same."""
        key = tuple(variables)
        if key not in self._rows:
            self._rows[key] = _distinct_rows(variables, [self._facts.tables.of(v) for v in variables])
        return dict(self._rows[key])

    def rows(self, columns: Mapping[Expr, Column]) -> ColumnsByExpr:
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
        if e.op.transparent:
            return self._known[e.src[0]]
        if facts.token_free(e) and facts.tables.complete:
            return _enumerated(e, facts.tables.of(e), facts)
        if e.op is Op.RAW:
            if not e.arg:
                raise CompileError(f"{formula(e)} has no value for any input but the empty one", expression=SOp(e))
            return Domain.of(e.arg)
        if e.op.aggregate:
            return facts.assumptions.narrowed(e, self._aggregate(e), facts)
        return self._elementwise(e)

    def _elementwise(self, e: Expr) -> Domain:
        for variables in (list(self._facts.variables(e)), list(dict.fromkeys(e.src))):
            combinations = self.combinations(variables)
            if combinations <= TOO_LARGE:
                _check_length(e, [self.of(s) for s in e.src], combinations)
                found = _reached(e, _enumerated(e, self._tabulated(e, variables), self._facts), self._facts)
                together = set(variables) == self._facts.basis(e)
                few = sums_of_choices(e, self._facts) if found.whole and not together else None
                return found if few is None else Domain.of(v for v in found.values if v in few)
        ranged = self._range(e)
        if ranged is not None:
            return _reached(e, ranged, self._facts)
        sizes = " * ".join(str(len(self.of(s))) for s in e.src)
        raise CompileError(
            f"{formula(e)} can have too many values: its parts have {sizes} combinations, and "
            f"{TOO_LARGE:,} are the most.\n  A smaller max_len, or an earlier % or where that bounds it, would help.",
            expression=SOp(e),
        )

    def _range(self, e: Expr) -> Domain | None:
        """The results of comparisons and choices, and sums and differences of whole numbers by their bounds."""
        if e.op.comparison:
            return Domain.of([False, True])
        if e.op is Op.WHERE:
            both = self.of(e.src[1]) | self.of(e.src[2])
            return both if len(both) <= TOO_LARGE else None
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
            return found  # where this is defined, at most one non-numeric value is selected
        if e.op is Op.VALUE and (few := sums_over_classes(e, self._facts)) is not None:
            return Domain.of(few)
        several = sums(numbers, high, self._bounds(e)) if e.op is Op.VALUE else means(numbers, high)
        if e.op.adds and several is not None and all(map(is_plain, several)):
            return Domain.of([*found.values, *several])
        raise CompileError(
            f"{formula(e)} can have too many different values to be compared or mapped, or too large ones: up to "
            f"{high:,} of {len(numbers):,} numbers, {_spread(numbers)}; {TOO_LARGE:,} values up to {LARGEST:,} are the "
            "most.\n"
            "  A smaller max_len, fewer or smaller numbers, or a sum in place of the mean would help.",
            expression=SOp(e),
        )

    def _bounds(self, e: Expr) -> Bounds | None:
        """(the least, the greatest) sum, where the numbers that are added depend on the position: the sum over all
        positions of what each can add; None where that is not known."""
        facts, x = self._facts, e.source("x")
        placed, free = self._divided(facts.variables(x))
        pairs, vocab = facts.max_len * (facts.max_len + 1) // 2, self.of(TOKENS)
        if not placed or set(free) - {TOKENS} or pairs * len(vocab) > MOST_PLACED or not self.of(x).whole:
            return None
        given = {v: facts.tables.of(v).take(np.repeat(np.arange(pairs), len(vocab))) for v in placed}
        given[TOKENS] = vocab.column.take(np.tile(np.arange(len(vocab)), pairs))
        col = facts.evaluate(x, given)
        values = (v if good else 0 for v, good in zip(col.values(), col.ok().tolist(), strict=True))
        numbers = np.fromiter(values, np.float64, len(col)).reshape(pairs, len(vocab))
        starts = np.cumsum(np.arange(facts.max_len))  # of the positions of each length
        least = np.add.reduceat(numbers.min(axis=1).clip(max=0), starts).min()
        greatest = np.add.reduceat(numbers.max(axis=1).clip(min=0), starts).max()
        return (int(least), int(greatest)) if max(-least, greatest) < FLOAT64.exact_integers else None


def _enumerated(e: Expr, col: Column, facts: Facts) -> Domain:
    """The values of a column at the positions where it has one."""
    where = np.flatnonzero(col.ok())
    if not where.size:
        if not len(col):
            return Domain(())
        reason = "" if col.failed is None else f": {facts.log.entries[int(col.failed.id[0])].reason}"
        raise CompileError(f"{formula(e)} has no value for any input it can meet{reason}", expression=SOp(e))
    return Domain.of(distinct(col.take(where)))


def _reached(e: Expr, found: Domain, facts: Facts) -> Domain:
    """Those of the values that lie in the reach of a whole number, of operations that `Reaches` bounds."""
    if not (e.op.integral or e.op is Op.WHERE) or not found.whole:
        return found
    reach = facts.reaches.of(e)
    if reach is None:
        return found
    low, high = reach.bounds
    return Domain.of(v for v in found.values if low <= int(v) <= high)


def _check_length(e: Expr, domains: Sequence[Domain], combinations: int) -> None:
    """Raises CompileError where so many strings or tuples would be joined that they fill the memory."""
    if e.op is not Op.ADD:
        return
    joined = [[len(v) for v in d.values if isinstance(v, (str, tuple))] for d in domains]
    longest = sum(max(lengths, default=0) for lengths in joined)
    if combinations * longest > MOST_ITEMS:
        raise CompileError(
            f"{formula(e)} joins strings or tuples to up to {longest:,} items, in {combinations:,} combinations; "
            f"{MOST_ITEMS:,} items are the most in all.\n  A smaller max_len or vocabulary would help.",
            expression=SOp(e),
        )


def _spread(numbers: Sequence[Value]) -> str:
    """The least and the greatest of some numbers, for messages."""
    return f"from {constant(leave(min(numbers)))} to {constant(leave(max(numbers)))}"


def _distinct_rows(variables: Sequence[Expr], columns: Sequence[Column]) -> ColumnsByExpr:
    told = []
    for c in columns:
        codes, table = codes_of(c)
        told.append((np.where(c.ok(), codes, len(table)), len(table) + 1))
    first, _ = kinds(told, len(columns[0]))
    return {v: c.take(first) for v, c in zip(variables, columns, strict=True)}
