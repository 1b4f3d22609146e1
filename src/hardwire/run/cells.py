"""Selectors as matrices, a block of cells at a time.

A block is shaped (keys, queries, inputs) with all inputs of one length, so that every sum over the keys is a sum of
contiguous slices, for one long input as for many short ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..lang.expr import Expr, Op, node
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from . import purity
from .batch import Batch
from .column import COMPARE, Column, codes_of, equality_codes, order_ranks
from .failure import BROKEN, Bools, FailureLog, Ints, reason_of
from .scalar import NoValue, equal, scalar

BLOCK = 1 << 21
"""The number of cells in a block."""
SIMILAR = 0.75
"""Inputs are counted together whose lengths are at least this share of the greatest."""

Cells = tuple[Bools, Bools | None]
"""(selected, failed), both (keys, queries, inputs); a failed cell counts as not selected."""


@dataclass(frozen=True)
class CellBlock:
    """Some queries of some inputs of one length n. keys: (n, inputs) flat positions; queries: (rows, inputs).

    `present`, (n, inputs): inputs that are shorter repeat their last position, which does not count there, as a key or
    as a query; None where there are none.
    """

    keys: Ints
    queries: Ints
    first_row: int
    present: Bools | None = None

    def allowed(self) -> Bools:
        """(n, rows, 1) the causal mask: no key behind its query."""
        rows = np.arange(len(self.queries)) + self.first_row
        return np.arange(len(self.keys))[:, None, None] <= rows[None, :, None]


def blocks(batch: Batch, inputs: Ints) -> Iterator[CellBlock]:
    """Blocks that cover every query of these inputs once. Inputs of length 0 have none."""
    lengths = batch.lengths[inputs]
    for n in np.unique(lengths[lengths > 0]).tolist():
        same = inputs[lengths == n]
        many = max(1, BLOCK // (n * n))
        rows = max(1, BLOCK // n)
        for i in range(0, len(same), many):
            starts = batch.starts[same[i : i + many]]
            for row in range(0, n, rows):
                r = np.arange(row, min(n, row + rows))
                yield CellBlock(np.arange(n)[:, None] + starts, r[:, None] + starts, row)


def mixed_blocks(batch: Batch, inputs: Ints) -> Iterator[CellBlock]:
    """The same for inputs of many lengths, those of about the same together."""
    lengths = batch.lengths[inputs]
    rest = inputs[np.argsort(lengths, kind="stable")]
    while len(rest) and (n := int(batch.lengths[rest[-1]])):
        lengths = batch.lengths[rest]
        least = max(len(rest) - BLOCK // (n * n), int(np.searchsorted(lengths, SIMILAR * n)))
        if least >= len(rest) - 1 or lengths[least] == n:
            same = int(np.searchsorted(lengths, n))
            yield from blocks(batch, rest[same:])
            rest = rest[:same]
            continue
        some, size = rest[least:], lengths[least:]
        at = np.minimum(np.arange(n)[:, None], size - 1) + batch.starts[some]
        yield CellBlock(at, at, 0, np.arange(n)[:, None] < size)
        rest = rest[:least]


class Comparison:
    """A `COMPARE` expression with the columns of its keys and queries, to be evaluated on blocks."""

    def __init__(self, expr: Expr, keys: Column, queries: Column, log: FailureLog) -> None:
        self.expr, self.keys, self.queries, self.log = expr, keys, queries, log
        op = expr.arg
        self.ufunc: Any = None
        pair = None
        if op is Op.EQ or op is Op.NE:
            pair = equality_codes(keys, queries)
        elif isinstance(op, Op):
            pair = order_ranks(keys, queries)
        if pair is not None:
            self.key, self.query, _ = pair
            self.ufunc = COMPARE[op]
        else:
            self.key, self.key_table = codes_of(keys)
            self.query, self.query_table = codes_of(queries)
            self.test = predicate(expr)
            self.known: dict[tuple[int, int], int] = {}

    def cells(self, block: CellBlock) -> Cells:
        key, query = self.key[block.keys][:, None, :], self.query[block.queries][None, :, :]
        if self.ufunc is not None:
            selected: Bools = self.ufunc(key, query)
            failed = None
        else:
            selected, failed = self._by_value(key, query, block)
        for column, index in ((self.keys, block.keys[:, None, :]), (self.queries, block.queries[None, :, :])):
            if column.failed is not None:
                mask = column.failed.mask[index]
                if mask.any():
                    failed = np.broadcast_to(mask, selected.shape) if failed is None else failed | mask
        return (selected, None) if failed is None else (selected & ~failed, failed)

    def _by_value(self, key: Ints, query: Ints, block: CellBlock) -> Cells:
        """Evaluate the predicate for each distinct pair of values in the block, and remember it for the next block."""
        ok = np.ones((*np.broadcast_shapes(key.shape, query.shape),), bool)
        if self.keys.failed is not None:
            ok &= ~self.keys.failed.mask[block.keys][:, None, :]
        if self.queries.failed is not None:
            ok &= ~self.queries.failed.mask[block.queries][None, :, :]
        width = max(1, len(self.key_table))
        joint = query * width + key
        answers = np.zeros(joint.shape, np.int8)
        distinct, inverse = np.unique(joint[ok], return_inverse=True)
        results = np.empty(len(distinct), np.int8)
        calls: list[tuple[tuple[Value, ...], object]] = []
        for i, pair in enumerate(distinct.tolist()):
            q, k = divmod(pair, width)
            if (k, q) not in self.known:
                args = self.key_table[k], self.query_table[q]
                self.known[k, q] = self._answer(*args)
                calls.append((args, purity.NO_VALUE if self.known[k, q] == 2 else self.known[k, q] == 1))
            results[i] = self.known[k, q]
        purity.check(self.expr, self.test, calls)
        answers[ok] = results[inverse]
        failed = answers == 2
        return answers == 1, failed if failed.any() else None

    def _answer(self, key: Value, query: Value) -> int:
        """1 selected, 0 not, 2 failed"""
        answer = attempt(self.expr, self.test, key, query)
        return 2 if isinstance(answer, str) else int(answer)

    def cell(self, key: int, query: int) -> bool | tuple[int, int]:
        """Cell (query, key), flat positions: selected or not, or the (id, origin) of its failure."""
        for column, at in ((self.keys, key), (self.queries, query)):
            if column.failed is not None and column.failed.id[at] >= 0:
                return int(column.failed.id[at]), int(column.failed.origin[at])
        if self.ufunc is not None:
            return bool(self.ufunc(self.key[key], self.query[query]))
        k, q = self.key_table[self.key[key]], self.query_table[self.query[query]]
        answer = attempt(self.expr, self.test, k, q)
        if isinstance(answer, str):
            return self.log.add(self.expr, (k, q), answer), query
        return answer


def predicate(expr: Expr) -> Callable[[Value, Value], object]:
    """Return the comparison of one key with one query as a function, which raises if it fails."""
    op = expr.arg
    if op is Op.EQ:
        return equal
    if op is Op.NE:
        return lambda a, b: not equal(a, b)
    if isinstance(op, Op):
        return scalar(node(op, *expr.src))
    return lambda a, b: bool(op(leave(a), leave(b)))


def attempt(expr: Expr, test: Callable[[Value, Value], object], key: Value, query: Value) -> bool | str:
    """Return whether the pair is selected, or the reason of the failure."""
    try:
        return bool(test(key, query))
    except BROKEN as error:
        error.add_note(f"in {formula(expr)}, called with {constant(key)}, {constant(query)}")
        raise
    except Exception as error:
        return str(error) if isinstance(error, NoValue) else reason_of(error)


@dataclass
class Matrix:
    """A selector with its comparisons prepared: it gives the cells of blocks, and the reason of a failed cell."""

    order: Sequence[Expr]  # the selector expressions, sources first, the selector itself last
    comparisons: dict[Expr, Comparison]
    causal: bool
    _last_use: dict[Expr, Expr] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for expr in self.order:
            for s in expr.src if expr.op is not Op.COMPARE else ():
                self._last_use[s] = expr

    def cells(self, block: CellBlock) -> Cells:
        """The selected and the failed cells of a block."""
        held: dict[Expr, Cells] = {}
        for expr in self.order:
            if expr.op is Op.COMPARE:
                held[expr] = self.comparisons[expr].cells(block)
                continue
            held[expr] = _combined(expr.op, [held[s] for s in expr.src])
            for s in expr.src:
                if self._last_use[s] is expr:
                    held.pop(s, None)
        selected, failed = held[self.order[-1]]
        if self.causal:
            allowed = block.allowed()
            selected = selected & allowed
            failed = None if failed is None else failed & allowed
        if block.present is not None:
            selected = selected & block.present[:, None, :]
            failed = None if failed is None else failed & block.present[:, None, :] & block.present
        return selected, failed if failed is not None and failed.any() else None

    def cell(self, key: int, query: int) -> bool | tuple[int, int]:
        """One cell, by flat positions: selected or not, or the (id, origin) of its failure."""
        held: dict[Expr, bool | tuple[int, int]] = {}
        for expr in self.order:
            if expr.op is Op.COMPARE:
                held[expr] = self.comparisons[expr].cell(key, query)
            else:
                held[expr] = _decided(expr.op, [held[s] for s in expr.src])
        return held[self.order[-1]]


def combined_cells(order: Sequence[Expr], comparisons: Mapping[Expr, Cells]) -> Cells:
    """Combine the cells of comparisons to those of a selector, which is the last of `order` (sources first)."""
    held = dict(comparisons)
    for expr in order:
        if expr.op is not Op.COMPARE:
            held[expr] = _combined(expr.op, [held[s] for s in expr.src])
    return held[order[-1]]


def _combined(op: Op, sources: list[Cells]) -> Cells:
    """Combine cells by a Boolean operation; where one side decides, a failure of the other does not matter."""
    if op is Op.NAME:
        return sources[0]
    if op is Op.NOT:
        selected, failed = sources[0]
        return (~selected, None) if failed is None else (~selected & ~failed, failed)
    (a, a_failed), (b, b_failed) = sources
    selected = a & b if op is Op.AND else a | b if op is Op.OR else a ^ b
    if a_failed is None and b_failed is None:
        return selected, None
    af = np.zeros_like(a) if a_failed is None else a_failed
    bf = np.zeros_like(b) if b_failed is None else b_failed
    failed = af | bf
    if op is Op.AND:
        failed &= ~((~a & ~af) | (~b & ~bf))
    elif op is Op.OR:
        failed &= ~(a | b)  # failed cells are never marked as selected
    return selected & ~failed, failed


def _decided(op: Op, sources: list[bool | tuple[int, int]]) -> bool | tuple[int, int]:
    if op is Op.NAME:
        return sources[0]
    if op is Op.NOT:
        return not sources[0] if isinstance(sources[0], bool) else sources[0]
    a, b = sources
    if isinstance(a, bool) and isinstance(b, bool):
        return a & b if op is Op.AND else a | b if op is Op.OR else a ^ b
    if op.deciding is not None and (a is op.deciding or b is op.deciding):
        return op.deciding
    return b if isinstance(a, bool) else a
