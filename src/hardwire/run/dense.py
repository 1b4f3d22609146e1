"""Aggregates through the n x n matrix, a block at a time: works for every selector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..lang.expr import INDICES, TOKENS, Expr, Op, counts_bools, node
from ..lang.text import formula
from .batch import Batch
from .cells import CellBlock, Matrix, blocks, mixed_blocks
from .column import LIMIT, Column, bools_as_ints, choose, column, ints, numeric_bound, order_ranks, scatter
from .elementwise import elementwise
from .failure import BROKEN, Bools, Failed, FailureLog, Ints, first_of, reason_of
from .reduce import several
from .scalar import EXACT_FLOAT, NoValue

_QUOTIENT = node(Op.DIV, TOKENS, INDICES)  # stands for "sum / count"; only its op is read


@dataclass(frozen=True)
class Sources:
    """The input columns of an aggregate. `score` is `x` itself if the aggregate has no separate score.

    In `x` bools are numbers if the aggregate adds up; `given` is the original column, for messages.
    """

    x: Column
    given: Column
    score: Column
    default: Column
    rank: Ints | None  # (positions,) scores as ranks, for max and min where they have an order
    ranks: int

    @classmethod
    def of(cls, expr: Expr, columns: Sequence[Column], batch: Batch) -> Sources:
        """columns: those of expr.src[1:]."""
        if not expr.op.defaulted:  # it counts, and reads no values
            x = default = ints(np.zeros(batch.size, np.int64))
            return cls(x, x, x, default, None, 0)
        given, default, score = columns[-2], columns[-1], columns[0]
        x = bools_as_ints(given) if counts_bools(expr) else given
        rank = order_ranks(score, score) if expr.op.scored else None
        return cls(x, given, score, default, rank and rank[0], rank[2] if rank else 0)


def aggregate_dense(
    expr: Expr, matrix: Matrix, sources: Sources, batch: Batch, inputs: Ints, log: FailureLog
) -> tuple[Ints, Column]:
    """(flat positions, the aggregate there) for all positions of these inputs."""
    assert expr.op.aggregate
    of = mixed_blocks if expr.op is Op.WIDTH else blocks
    parts = [_present(b, _block(expr, matrix, sources, b, log)) for b in of(batch, inputs)]
    if not parts:
        return np.zeros(0, np.int64), column([])
    where = np.concatenate([w for w, _ in parts])
    rank = np.empty(batch.size, np.int64)
    rank[where] = np.arange(len(where))
    return where, scatter(len(where), [(rank[w], c) for w, c in parts])


def _present(block: CellBlock, found: Column) -> tuple[Ints, Column]:
    """(the flat positions of the queries that a block has, what was found for them)"""
    where = block.queries.ravel()
    if block.present is None:
        return where, found
    there = np.flatnonzero(block.present)
    return where[there], found.take(there)


def _block(expr: Expr, matrix: Matrix, sources: Sources, block: CellBlock, log: FailureLog) -> Column:
    """The aggregate for the queries of one block, (rows * inputs,)"""
    selected, failed_cells = matrix.cells(block)
    count = selected.sum(0, dtype=np.int64)
    failed = None if failed_cells is None else _row_failures(matrix, block, failed_cells)
    if expr.op is Op.WIDTH:
        return ints(count.ravel()).with_failed(failed)
    reduced = _Reduction(expr, sources, block, selected, count, log).result()
    default = sources.default.take(block.queries.ravel())
    return choose(count.ravel() == 0, default, reduced).with_failed(failed)


def _row_failures(matrix: Matrix, block: CellBlock, failed: Bools) -> Failed | None:
    """For every row with a failed cell, the failure of its first."""
    rows = failed.any(0)
    id = np.full(rows.shape, -1, np.int64)
    origin = np.zeros(rows.shape, np.int64)
    first = failed.argmax(0)
    for r, b in np.argwhere(rows).tolist():
        cell = matrix.cell(int(block.keys[first[r, b], b]), int(block.queries[r, b]))
        assert isinstance(cell, tuple)
        id[r, b], origin[r, b] = cell
    return Failed(id.ravel(), origin.ravel())


class _Reduction:
    """The aggregates of one block; rows with nothing selected have arbitrary values."""

    def __init__(
        self, expr: Expr, sources: Sources, block: CellBlock, selected: Bools, count: Ints, log: FailureLog
    ) -> None:
        self.expr, self.sources, self.block, self.selected, self.count = expr, sources, block, selected, count
        self.log = log
        self.n = len(block.keys)

    def result(self) -> Column:
        if self.expr.op.scored:
            return self._best()
        x = self.sources.x
        failed = self._needed(x)
        if self.expr.op.adds and x.kind in "bi" and numeric_bound(x) * self.n < LIMIT:
            result = self._int_sums(x)
        else:
            single = self._gather(x, self.selected.argmax(0))
            many = self.count > (0 if self.expr.op.counts else 1)
            result = self._rows(many, single) if many.any() else single
        return Column(result.data, result.table, first_of(failed, result.failed), result.bound)

    def _int_sums(self, x: Column) -> Column:
        values = x.data.astype(np.int64, copy=False)[self.block.keys]
        if self.block.keys.shape[1] == 1 and numeric_bound(x) * self.n < EXACT_FLOAT:
            # One long input: BLAS, in floats that hold these sums exactly.
            total = (values[:, 0].astype(float) @ self.selected[:, :, 0].astype(float)).astype(np.int64)
        else:
            total = np.where(self.selected, values[:, None, :], 0).sum(0)
        sums = ints(total.ravel(), numeric_bound(x) * self.n)
        many = (self.count > 1).ravel()
        if self.expr.op is Op.MEAN and many.any():
            sums = choose(many, _quotient(sums, self.count, many, self.log), sums)
        if x.kind == "b" and not many.all():
            return choose(many, sums, Column(total.ravel() != 0))
        return sums

    def _best(self) -> Column:
        sources, expr = self.sources, self.expr
        failed = self._needed(sources.score)
        if sources.rank is None:
            return self._rows(self.count > 0, self._gather(sources.x, self.selected.argmax(0))).with_failed(failed)
        rank = sources.rank[self.block.keys]
        if expr.op.best < 0:
            rank = sources.ranks - 1 - rank
        leftness = self.n - 1 - np.arange(self.n)[:, None]
        order = np.where(self.selected, (rank * self.n + leftness)[:, None, :], -1).max(0)
        return self._gather(sources.x, self.n - 1 - order % self.n).with_failed(failed)

    def _gather(self, x: Column, at: Ints) -> Column:
        """x at key number `at`, (rows, inputs), of each row; failures only where something is selected."""
        where = np.take_along_axis(self.block.keys, at, 0).ravel()
        result = x.take(where)
        if result.failed is None:
            return result
        id = np.where(self.count.ravel() > 0, result.failed.id, -1)
        return Column(result.data, result.table, Failed(id, result.failed.origin), result.bound)

    def _needed(self, x: Column) -> Failed | None:
        """The failures of rows that select a failed value: the leftmost one's."""
        if x.failed is None:
            return None
        bad = self.selected & x.failed.mask[self.block.keys][:, None, :]
        if not bad.any():
            return None
        where = np.take_along_axis(self.block.keys, bad.argmax(0), 0)
        id = np.where(bad.any(0), x.failed.id[where], -1)
        return Failed(id.ravel(), x.failed.origin[where].ravel())

    def _rows(self, rows: Bools, single: Column) -> Column:
        """Return `single`, except that the rows of the mask are aggregated value by value."""
        x, score, shown = self.sources.x.values(), self.sources.score.values(), self.sources.given.values()
        ok = self.sources.x.ok() & self.sources.score.ok()
        if self.expr.op.scored:
            ok, shown = self.sources.score.ok(), score
        results: list[Any] = []
        at: list[int] = []
        id = np.full(rows.size, -1, np.int64)
        x_failed = self.sources.x.failed
        origin = self.block.queries.ravel().copy()
        for r, b in np.argwhere(rows).tolist():
            keys = self.block.keys[self.selected[:, r, b], b].tolist()
            if not all(ok[k] for k in keys):
                continue  # the row has failed already
            flat = r * rows.shape[1] + b
            try:
                if self.expr.op.scored:
                    chosen = several(self.expr.op, [score[k] for k in keys], keys)
                    if x_failed is not None and x_failed.id[chosen] >= 0:
                        id[flat], origin[flat] = x_failed.id[chosen], x_failed.origin[chosen]
                        continue
                    results.append(x[chosen])
                else:
                    results.append(several(self.expr.op, [], [x[k] for k in keys]))
                at.append(flat)
            except BROKEN as error:
                error.add_note(f"in {formula(self.expr)}")
                raise
            except Exception as error:
                reason = str(error) if isinstance(error, NoValue) else reason_of(error)
                id[flat] = self.log.add(self.expr, tuple(shown[k] for k in keys[:4]), reason)
        base = single
        if (id >= 0).any():
            base = base.with_failed(Failed(id, origin))
        if not at:
            return base
        where = np.array(at, np.int64)
        mask = np.zeros(rows.size, bool)
        mask[where] = True
        spread = np.zeros(rows.size, np.int64)
        spread[where] = np.arange(len(where))
        return choose(mask, column(results).take(spread), base)


def _quotient(sums: Column, count: Ints, many: Bools, log: FailureLog) -> Column:
    return elementwise(_QUOTIENT, [sums, ints(np.where(many, count.ravel(), 1))], log)
