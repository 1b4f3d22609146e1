"""Aggregates without the matrix, for selectors that select a run of the sorted keys.

A conjunction of equalities, and of order comparisons with the same key, selects for every query the keys of one group
within a range. If the keys are sorted by (input, group, order), this is a run lo .. hi, so sums are differences of
prefix sums: n log n time and no matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ..lang.expr import INDICES, Expr, Op, unnamed
from ..lang.selectors import conjuncts
from .batch import Batch
from .column import LIMIT, Column, choose, column, equality_codes, ints, numeric_bound, order_ranks
from .dense import Sources, _quotient
from .failure import Bools, Failed, FailureLog, Ints, first_of
from .reduce import several
from .scalar import NoValue, checked


@dataclass(frozen=True)
class KeyRanges:
    """A selector as equalities (key, query) and order comparisons (operator, query) of one key, `order`."""

    equal: tuple[tuple[Expr, Expr], ...]
    order: Expr | None
    bounds: tuple[tuple[Op, Expr], ...]

    def columns(self) -> tuple[Expr, ...]:
        """Every sop in the selector."""
        pairs = [s for pair in self.equal for s in pair]
        return (*pairs, *(q for _, q in self.bounds), *(() if self.order is None else (self.order,)))


def as_ranges(selector: Expr, *, causal: bool) -> KeyRanges | None:
    """Return the selector as a run of sorted keys, or None if it does not have this form."""
    equal: list[tuple[Expr, Expr]] = []
    bounds: list[tuple[Op, Expr, Expr]] = []
    for literal in conjuncts(selector, _taken_as_ordered):
        if not isinstance(literal.op, Op) or literal.op is Op.NE:
            return None
        if literal.op is Op.EQ:
            equal.append((literal.key, literal.query))
        else:
            bounds.append((literal.op, literal.key, literal.query))
    if causal:
        bounds.append((Op.LE, INDICES, INDICES))
    if len({unnamed(k) for _, k, _ in bounds}) > 1:
        return None
    order = bounds[0][1] if bounds else None
    return KeyRanges(tuple(equal), order, tuple((op, q) for op, _, q in bounds))


def _taken_as_ordered(*_: Expr) -> bool:
    """`find_runs` looks at the values, and gives up where they have no common order."""
    return True


@dataclass(frozen=True)
class Runs:
    """For flat queries `where`: the run lo .. hi of `sorted_keys` each selects.

    `group` numbers the groups along the sorted keys; `start` is the first place of the group each run lies in.
    """

    where: Ints
    sorted_keys: Ints
    group: Ints
    start: Ints
    end: Ints
    lo: Ints
    hi: Ints

    @property
    def count(self) -> Ints:
        count: Ints = np.maximum(self.hi - self.lo, 0)
        return count


def find_runs(ranges: KeyRanges, env: Mapping[Expr, Column], batch: Batch, where: Ints) -> Runs | None:
    """The runs of the queries at flat positions `where` (whole inputs); None where values have no common order."""
    owner = batch.owner[where]
    key_code, query_code, size = owner, owner, len(batch.inputs)
    for k, q in ranges.equal:
        pair = equality_codes(env[k].take(where), env[q].take(where))
        if pair is None:
            return None
        key_code, query_code, size = _joined(key_code, query_code, size, *pair)
    order: list[Ints] = []
    width = 1
    if ranges.order is not None:
        keys = env[ranges.order].take(where)
        # One ranking for the keys and every query, so that all bounds are in the same unit.
        queries = [env[q].take(where) for _, q in ranges.bounds]
        ranked = _rank_together(keys, queries)
        if ranked is None:
            return None
        key_rank, order, width = ranked
        if size * width >= LIMIT:
            return None
        composite = key_code * width + key_rank
    else:
        composite = key_code
    by = np.argsort(composite, kind="stable")
    line, groups = composite[by], key_code[by]
    start = np.searchsorted(line, query_code * width, "left")
    end = np.searchsorted(line, (query_code + 1) * width, "left")
    lo, hi = start, end
    for (op, _), rank in zip(ranges.bounds, order, strict=True):
        at = query_code * width + rank
        if op is Op.LT or op is Op.LE:
            hi = np.minimum(hi, np.searchsorted(line, at, "left" if op is Op.LT else "right"))
        else:
            lo = np.maximum(lo, np.searchsorted(line, at, "right" if op is Op.GT else "left"))
    return Runs(where, where[by], groups, start, end, lo, hi=hi)


def _joined(a: Ints, b: Ints, size: int, x: Ints, y: Ints, width: int) -> tuple[Ints, Ints, int]:
    if size * width >= LIMIT // 4:  # renumber before the product overflows
        distinct, both = np.unique(np.concatenate([a, b]), return_inverse=True)
        a, b, size = both[: len(a)], both[len(a) :], len(distinct)
    return a * width + x, b * width + y, size * width


def _rank_together(keys: Column, queries: Sequence[Column]) -> tuple[Ints, list[Ints], int] | None:
    if all(c.kind in "bi" for c in (keys, *queries)):
        every = [c.data.astype(np.int64, copy=False) for c in (keys, *queries)]
        flat = np.concatenate(every) if len(keys) else np.zeros(1, np.int64)
        low, high = int(flat.min()), int(flat.max())
        if high - low < 1 << 40:
            return every[0] - low, [e - low for e in every[1:]], high - low + 1
    if len(queries) != 1:
        return None
    pair = order_ranks(keys, queries[0])
    return None if pair is None else (pair[0], [pair[1]], pair[2])


def aggregate_runs(expr: Expr, ranges: KeyRanges, runs: Runs, sources: Sources, log: FailureLog) -> Column | None:
    """The aggregate at `runs.where`, or None where runs do not help."""
    return _RunReduction(expr, ranges, runs, sources, log).result()


@dataclass
class _RunReduction:
    expr: Expr
    ranges: KeyRanges
    runs: Runs
    sources: Sources
    log: FailureLog
    _memo: dict[tuple[int, int], Any] = field(default_factory=dict)

    def result(self) -> Column | None:
        count = self.runs.count
        if self.expr.op is Op.WIDTH:
            return ints(count)
        reduced = self._best() if self.expr.op.scored else self._sum()
        if reduced is None:
            return None
        return choose(count == 0, self.sources.default.take(self.runs.where), reduced)

    def _sum(self) -> Column | None:
        x = self.sources.x
        failed = self._needed(x)
        count, runs = self.runs.count, self.runs
        many = count > (0 if self.expr.op.counts else 1)
        single = self._gather(x, runs.lo)
        longest = int(count.max()) if count.size else 0
        if not many.any():
            result = single
        elif not self.expr.op.adds:
            result = self._value_by_value(many, single)
        elif x.kind in "bi" and numeric_bound(x) * longest < LIMIT:
            along = x.data.astype(np.int64, copy=False)[runs.sorted_keys]
            prefix = np.concatenate([[0], np.cumsum(along)])  # may wrap around; differences are still right
            total = ints(np.where(count > 0, prefix[runs.hi] - prefix[runs.lo], 0), numeric_bound(x) * longest)
            if self.expr.op is Op.MEAN:
                total = _quotient(total, count, many, self.log)
            plain = x.kind == "i" and self.expr.op is Op.VALUE  # one int is its own sum
            result = total if many.all() or plain else choose(many, total, single)
        else:
            result = self._exact_sums(many, single)
        return Column(result.data, result.table, first_of(failed, result.failed), result.bound)

    def _gather(self, x: Column, place: Ints) -> Column:
        """x at a place along the sorted keys; failures only where something is selected."""
        n = len(self.runs.sorted_keys)
        result = x.take(self.runs.sorted_keys[np.minimum(place, max(0, n - 1))])
        if result.failed is None:
            return result
        id = np.where(self.runs.count > 0, result.failed.id, -1)
        return Column(result.data, result.table, Failed(id, result.failed.origin), result.bound)

    def _needed(self, x: Column) -> Failed | None:
        """The failures of runs that hold a failed value: the leftmost one's."""
        if x.failed is None:
            return None
        runs = self.runs
        bad = x.failed.mask[runs.sorted_keys]
        prefix = np.concatenate([[0], np.cumsum(bad)])
        hurt = np.flatnonzero((prefix[runs.hi] > prefix[runs.lo]) & (runs.count > 0))
        if not hurt.size:
            return None
        id = np.full(len(runs.where), -1, np.int64)
        origin = np.zeros(len(runs.where), np.int64)
        for i in hurt.tolist():
            keys = runs.sorted_keys[runs.lo[i] : runs.hi[i]]
            first = keys[bad[runs.lo[i] : runs.hi[i]]].min()
            id[i], origin[i] = x.failed.id[first], x.failed.origin[first]
        return Failed(id, origin)

    def _exact_sums(self, many: Bools, single: Column) -> Column:
        """Return sums of numbers of any kind, from exact prefix sums over a common denominator if there is one."""
        if any(isinstance(v, float) and abs(v) == float("inf") for v in self._table()) or not self._dyadic():
            return self._value_by_value(many, single)
        along = self.sources.x.take(self.runs.sorted_keys).values()
        shift = max((v.as_integer_ratio()[1].bit_length() - 1 for v in self._table() if type(v) is float), default=0)
        total, floats = 0, 0
        sums, seen = [0], [0]
        ok = self.sources.x.ok()[self.runs.sorted_keys].tolist()
        for v, fine in zip(along, ok, strict=True):
            if fine:
                numerator, denominator = v.as_integer_ratio()
                total += (numerator << shift) // denominator
                floats += type(v) is float
            sums.append(total)
            seen.append(floats)
        return self._each(many, single, lambda lo, hi: self._difference(sums, seen, shift, lo, hi))

    def _difference(self, sums: list[int], floats: list[int], shift: int, lo: int, hi: int) -> Any:
        exact = sums[hi] - sums[lo]
        total: Any = exact >> shift  # without a float in the run, a whole number
        if floats[hi] > floats[lo]:
            try:
                total = exact / (1 << shift)  # Python's int / int is the nearest float
            except OverflowError:
                raise NoValue("the sum is too large for a float") from None
        total = checked(total)
        if self.expr.op is Op.VALUE:
            return total
        return total / (hi - lo) if type(total) is float else Fraction(total, hi - lo)

    def _table(self) -> Sequence[Any]:
        x = self.sources.x
        return x.table if x.table is not None else x.data.tolist()

    def _dyadic(self) -> bool:
        return {type(v) for v in self._table()} <= {bool, int, float}

    def _value_by_value(self, many: Bools, single: Column) -> Column:
        values = self.sources.x.values()
        return self._each(
            many, single, lambda lo, hi: several(self.expr.op, [], [values[k] for k in self._keys(lo, hi)])
        )

    def _keys(self, lo: int, hi: int) -> list[int]:
        """The keys of a run from left to right, the order of the matrix."""
        return np.sort(self.runs.sorted_keys[lo:hi]).tolist()  # type: ignore[no-any-return]

    def _each(self, many: Bools, single: Column, f: Callable[[int, int], Any]) -> Column:
        """Return `single`, except f(lo, hi) for the runs of the mask; equal runs are computed once."""
        bad = self.sources.x.failed
        broken = None if bad is None else np.concatenate([[0], np.cumsum(bad.mask[self.runs.sorted_keys])])
        done: dict[tuple[int, int], int] = {}
        results: list[Any] = []
        failures: dict[tuple[int, int], int] = {}
        n = len(many)
        spread, mask, id = np.zeros(n, np.int64), np.zeros(n, bool), np.full(n, -1, np.int64)
        for i in np.flatnonzero(many).tolist():
            run = lo, hi = int(self.runs.lo[i]), int(self.runs.hi[i])
            if broken is not None and broken[hi] > broken[lo]:
                continue  # the run has failed already
            if run not in done and run not in failures:
                try:
                    results.append(f(lo, hi))
                    done[run] = len(results) - 1
                except NoValue as error:
                    shown = self.sources.given.take(np.array(self._keys(lo, hi)[:4])).values()
                    failures[run] = self.log.add(self.expr, tuple(shown), str(error))
            if run in failures:
                id[i] = failures[run]
            else:
                mask[i], spread[i] = True, done[run]
        base = single if not failures else single.with_failed(Failed(id, self.runs.where))
        return choose(mask, column(results).take(spread), base) if results else base

    def _best(self) -> Column | None:
        """The best of a whole group, of a prefix, or of a suffix of one, by a running maximum."""
        sources, runs = self.sources, self.runs
        n = len(runs.sorted_keys)
        if sources.rank is None or sources.score.failed is not None or not n:
            return None
        prefix = bool((runs.lo == runs.start).all())
        if not prefix and not (runs.hi == runs.end).all():
            return None
        rank = sources.rank[runs.sorted_keys]
        if self.expr.op.best < 0:
            rank = sources.ranks - 1 - rank
        # Greater rank first, then the leftmost position; groups in rising (for suffixes falling) order keep
        # the running maximum within its group.
        number = np.cumsum(np.concatenate([[0], runs.group[1:] != runs.group[:-1]]))
        base = int(runs.where[0])
        span = int(runs.where[-1]) - base + 1
        height = sources.ranks * span
        if (int(number[-1]) + 1) * height >= LIMIT:
            return None
        order = rank * span + (span - 1 - (runs.sorted_keys - base))
        if prefix:
            running = np.maximum.accumulate(number * height + order)
            at = running[np.clip(runs.hi - 1, 0, n - 1)]
        else:
            running = np.maximum.accumulate(((number[-1] - number) * height + order)[::-1])[::-1]
            at = running[np.minimum(runs.lo, n - 1)]
        chosen = span - 1 - at % span + base
        result = sources.x.take(chosen)
        if result.failed is None:
            return result
        id = np.where(runs.count > 0, result.failed.id, -1)
        return Column(result.data, result.table, Failed(id, result.failed.origin), result.bound)
