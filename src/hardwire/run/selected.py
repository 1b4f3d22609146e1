"""What a selector selects of the keys so far, where each key has a set of possible values: for sure, perhaps, or not.

A row belongs to one choice of the queries' values and grows with the keys. Where a selector compares by equality, the
keys with one value are kept by it, and a row is asked about the others and those of its own value alone.
"""

from __future__ import annotations

import itertools
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..lang.expr import Expr, Op
from ..lang.selectors import comparisons, conditions
from .cells import attempt, predicate
from .incremental import HASHED
from .scalar import scalar
from .tables import FAIL, OptionTable, result_of

Kept = dict[Expr, list[OptionTable]]
"""The possible values of what selectors and aggregates read, at all positions so far."""
Cell = Callable[[int, Mapping[Expr, Any]], frozenset[Any]]
"""The possible truths of a cell: of a key's position, with the value of each query."""


class Row:
    """The keys that are selected by one choice of queries, among those in some lists.

    `fails` and `may_fail` are of cells; `results` are those of aggregates, as long as no key is added.
    """

    __slots__ = ("fails", "held", "lists", "may_fail", "perhaps", "results", "seen", "sure")

    def __init__(self, held: Mapping[Expr, Any], *lists: list[int]) -> None:
        self.held, self.lists, self.seen = held, lists, [0] * len(lists)
        self.sure: list[int] = []
        self.perhaps: list[int] = []
        self.fails = self.may_fail = False
        self.results: dict[tuple[Expr, OptionTable | None], OptionTable] = {}

    def grow(self, cell: Cell) -> None:
        """Ask about the keys that were added to the lists."""
        for k, keys in enumerate(self.lists):
            if self.seen[k] == len(keys):
                continue
            self.results.clear()
            for j in keys[self.seen[k] :]:
                truths = cell(j, self.held)
                if True in truths:
                    insort(self.sure if len(truths) == 1 else self.perhaps, j)
                self.may_fail |= FAIL in truths
                self.fails |= truths == {FAIL}
            self.seen[k] = len(keys)


class Keys:
    """The positions so far, by the values that some sops have there."""

    def __init__(self, columns: list[list[OptionTable]]) -> None:
        self.columns = columns
        self.every: list[int] = []
        self.loose: list[int] = []  # several values, or one that hashes cannot compare
        self._by_value: dict[tuple[Any, ...], list[int]] = {}
        self._lists: list[list[int]] = []  # where each position is

    def lists(self, asked: Sequence[Any]) -> tuple[list[int], ...]:
        """Lists of all positions that may have these values, also of those to come."""
        if not all(type(v) in HASHED for v in asked):
            return (self.every,)
        return (self._by_value.setdefault(tuple(asked), []), self.loose)

    def add(self, j: int) -> None:
        """Add a position."""
        value = []
        for column in self.columns:
            table = column[j]
            if table.variables or type(table.values[0]) not in HASHED:
                some = self.loose
                break
            value.append(table.values[0])
        else:
            some = self._by_value.setdefault(tuple(value), [])
        some.append(j)
        self.every.append(j)
        self._lists.append(some)

    def cut(self, size: int) -> None:
        """Take away all positions but the first ones."""
        del self.every[size:]
        while len(self._lists) > size:
            self._lists.pop().pop()


class Selection:
    """The rows of a selector, over the keys so far. Selectors that compare the same keys share them (`indexes`)."""

    def __init__(self, selector: Expr, kept: Kept, indexes: dict[tuple[Expr, ...], Keys]) -> None:
        self.queries = tuple(dict.fromkeys(c.src[1] for c in comparisons(selector)))
        equal = [c for c in conditions(selector) if c.op is Op.COMPARE and c.arg is Op.EQ]
        compared = tuple(c.src[0] for c in equal)
        self._keys = indexes.setdefault(compared, Keys([kept[k] for k in compared]))
        self._asked = [self.queries.index(c.src[1]) for c in equal]
        self._cell, self._rows = _cell(selector, kept), dict[tuple[OptionTable, ...], Row]()

    def row(self, queries: tuple[OptionTable, ...], size: int) -> Row:
        """What is selected among so many keys by queries that each have one value."""
        keys = self._keys
        while len(keys.every) < size:
            keys.add(len(keys.every))
        row = self._rows.get(queries)
        if row is None:
            held = {e: table.values[0] for e, table in zip(self.queries, queries, strict=True)}
            lists = keys.lists([queries[k].values[0] for k in self._asked])
            row = self._rows[queries] = Row(held, *lists)
        row.grow(self._cell)
        return row

    def cut(self, size: int) -> None:
        """Take away all keys but the first ones."""
        self._rows.clear()
        self._keys.cut(size)


def _cell(s: Expr, kept: Kept) -> Cell:
    """The possible truths of a selector's cells."""
    if s.op is Op.COMPARE:
        test, keys = predicate(s), kept[s.src[0]]

        def compared(j: int, held: Mapping[Expr, Any]) -> frozenset[Any]:
            query, found = held[s.src[1]], set()
            for k in keys[j].options.values():
                answer = FAIL if k is FAIL or query is FAIL else attempt(s, test, k, query)
                found.add(FAIL if isinstance(answer, str) else answer)
            return frozenset(found)

        return compared
    parts = [_cell(x, kept) for x in s.src]
    if s.op is Op.NAME:
        return parts[0]
    meaning = scalar(s)
    return lambda j, held: frozenset(
        result_of(s.op, meaning, args) for args in itertools.product(*(part(j, held) for part in parts))
    )
