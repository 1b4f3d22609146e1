"""The interpreter: it defines the meaning of a program, on many inputs at once.

Expressions are evaluated sources first, each once, as columns over all positions of the batch; a column is dropped
after its last use. Selectors are never stored as a whole (see `cells.py` and `sorted_runs.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from ..lang.english import several
from ..lang.expr import INDICES, Expr, Op, walk
from ..lang.selectors import comparisons, parts
from .batch import Batch
from .cells import Comparison, Matrix
from .column import Column, column, constant, ints, scatter
from .dense import Sources, aggregate_dense
from .elementwise import elementwise
from .failure import Bools, Failed, FailureLog, Ints
from .sorted_runs import KeyRanges, aggregate_runs, as_ranges, find_runs

SMALL = 48
"""Inputs up to this length go through the matrix, which is faster there."""


@dataclass(frozen=True)
class EvaluationStep:
    """One expression to evaluate. `expr` is None for the root, so that a cached plan does not keep its program
    alive."""

    expr: Expr | None
    drop: tuple[Expr, ...]  # the columns that no later step needs


_plans: WeakKeyDictionary[Expr, tuple[EvaluationStep, ...]] = WeakKeyDictionary()
"""For as long as an expression lives: without it a small program runs two to four times as long."""


def plan(root: Expr) -> tuple[EvaluationStep, ...]:
    """Return the steps that evaluate a sop, in order."""
    known = _plans.get(root)
    if known is not None:
        return known
    order = [e for e in walk(root) if not e.selector]
    last: dict[Expr, int] = {}
    for i, e in enumerate(order):
        compared = comparisons(e.src[0]) if e.op.aggregate else []
        for s in (*e.src, *(side for c in compared for side in c.src)):
            if not s.selector:
                last[s] = i
    drop: list[list[Expr]] = [[] for _ in order]
    for e, i in last.items():
        drop[i].append(e)
    steps = tuple(EvaluationStep(None if e is root else e, tuple(d)) for e, d in zip(order, drop, strict=True))
    _plans[root] = steps
    return steps


@dataclass
class Run:
    """One run of one or more programs on a batch."""

    batch: Batch
    causal: bool
    log: FailureLog
    given: Mapping[Expr, Column] = field(default_factory=dict)  # columns that are not computed

    def column(self, root: Expr, observe: Callable[[Expr, Column], None] | None = None) -> Column:
        """Return the values of a sop at all positions; `observe` is called with every sop's column."""
        env: dict[Expr, Column] = {}
        for step in plan(root):
            expr = root if step.expr is None else step.expr
            env[expr] = self._evaluate(expr, env)
            if observe is not None:
                observe(expr, env[expr])
            for unneeded in step.drop:
                del env[unneeded]
        return env[root]

    def columns(self, roots: Sequence[Expr]) -> dict[Expr, Column]:
        """Return the columns of every sop in these expressions, including those in selectors."""
        env: dict[Expr, Column] = {}
        for expr in walk(*roots):
            if not expr.selector:
                env[expr] = self._evaluate(expr, env)
        return env

    def matrix(self, selector: Expr, env: Mapping[Expr, Column]) -> Matrix:
        """Prepare a selector from the columns of its keys and queries."""
        compared = {e: Comparison(e, env[e.src[0]], env[e.src[1]], self.log) for e in comparisons(selector)}
        return Matrix(parts(selector), compared, causal=self.causal)

    def _evaluate(self, expr: Expr, env: Mapping[Expr, Column]) -> Column:
        op, batch = expr.op, self.batch
        if expr in self.given:
            return self.given[expr]
        if op is Op.TOKENS:
            return batch.tokens
        if op is Op.INDICES:
            return ints(batch.position, int(batch.lengths.max()) if len(batch.lengths) else 0)
        if op is Op.CONST:
            return constant(expr.arg, batch.size)
        if op is Op.RAW:
            return self._raw(expr)
        if op.transparent:
            return env[expr.src[0]]
        if op.aggregate:
            return self._aggregate(expr, env)
        return elementwise(expr, [env[s] for s in expr.src], self.log)

    def _raw(self, expr: Expr) -> Column:
        given, batch = expr.arg, self.batch
        fits = batch.lengths == len(given)
        source = column(given) if given else column([None])
        result = source.take(np.where(fits[batch.owner], batch.position, 0))
        if fits.all():
            return result
        id = np.full(batch.size, -1, np.int64)
        for i in np.flatnonzero(~fits & (batch.lengths > 0)).tolist():
            n = int(batch.lengths[i])
            reason = f"the list has {several(len(given), 'value')} and the input has {several(n, 'token')}"
            id[batch.starts[i] : batch.starts[i] + n] = self.log.add(expr, (), reason)
        return result.with_failed(Failed(id, np.arange(batch.size)))

    def _aggregate(self, expr: Expr, env: Mapping[Expr, Column]) -> Column:
        batch = self.batch
        sources = Sources.of(expr, [env[s] for s in expr.src[1:]], batch)
        ranges = as_ranges(expr.src[0], causal=self.causal) if (batch.lengths > SMALL).any() else None
        done: list[tuple[Ints, Column]] = []
        rest = np.arange(len(batch.inputs))
        if ranges is not None:
            sorted_ones = self._sortable(ranges, env)
            part = self._by_runs(expr, ranges, sources, env, sorted_ones)
            if part is not None:
                done.append(part)
                rest = np.flatnonzero(~sorted_ones)
        if rest.size:
            matrix = self.matrix(expr.src[0], env)
            done.append(aggregate_dense(expr, matrix, sources, batch, rest, self.log))
        return scatter(batch.size, [p for p in done if len(p[0])])

    def _sortable(self, ranges: KeyRanges, env: Mapping[Expr, Column]) -> Bools:
        """(inputs,) which inputs are long and have no failed key or query."""
        good = self.batch.lengths > SMALL
        for e in ranges.columns():
            failed = env[e].failed if e in env else None
            if failed is not None:
                good &= np.bincount(self.batch.owner, failed.mask, minlength=len(good)) == 0
        return good

    def _by_runs(
        self, expr: Expr, ranges: KeyRanges, sources: Sources, env: Mapping[Expr, Column], inputs: Bools
    ) -> tuple[Ints, Column] | None:
        """Return (flat positions, the aggregate there) for these inputs, or None if this needs the matrix."""
        where = self.batch.flat(inputs)
        if not where.size:
            return None
        if self.causal and INDICES not in env:  # the mask reads positions even where the program does not
            env = {**env, INDICES: self._evaluate(INDICES, env)}
        runs = find_runs(ranges, env, self.batch, where)
        if runs is None:
            return None
        result = aggregate_runs(expr, ranges, runs, sources, self.log)
        return None if result is None else (where, result)
