"""A causal program on many inputs at once: at each position the set of tokens that may be there, and what follows.

Every expression has, at each position, a table of its possible values (`tables.py`): a superset of those that it has on
the inputs. A key is selected for sure, perhaps or not (`selected.py`); an aggregate has the results of all choices of
the keys that are selected perhaps. The queries of a selector are taken one value at a time, so that its cells are those
of one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from typing import Any

from ..errors import CertificateError
from ..lang.expr import TOKENS, Expr, Op, walk
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value, leave
from .picked import of_row, picked
from .selected import Kept, Keys, Row, Selection
from .tables import FAIL, Meaning, OptionTable, OptionTables, ValueOptions, combinations, key_of, meaning_of, options

PossibleStep = tuple[
    int, dict[Any, OptionTable] | None, Callable[[list[OptionTable]], Any] | None, Callable[[], OptionTable]
]
"""The number of a part, its tables so far, what these are found by, of the tables of all parts, and how it is computed;
None for what is computed at each position."""


class Possible:
    """The possible values of a causal program at all positions so far; `append` adds a position, `cut` takes some away.

    What is computed at one position is used again at others, and after a cut.
    """

    def __init__(self, root: Expr) -> None:
        self.root, self.size = root, 0
        self._tables = OptionTables()
        self._parts: dict[Expr, int] = {}
        self._now: list[OptionTable] = []
        self._steps: list[PossibleStep] = []
        self._waiting: dict[int, PossibleStep] = {}
        self._bases: list[list[int]] = []
        self._tokens: list[Value] = []
        found = [TOKENS, *(e for e in walk(root) if e is not TOKENS)]
        read = {e.src[0] for e in found if e.op is Op.COMPARE}
        read |= {s for e in found if e.op.defaulted for s in e.src[1:-1]}
        self._kept: Kept = {e: [] for e in found if e in read}
        self._needed = {root, *(s for e in found if e.op.aggregate or e.op is Op.COMPARE for s in e.src)}
        self._keys = [e.src[0] for e in found if e.op is Op.COMPARE]
        self._selections: dict[Expr, Selection] = {}
        self._indexes: dict[tuple[Expr, ...], Keys] = {}
        for e in found:
            if not e.selector:
                self._plan(e)

    def append(self, tokens: Iterable[Value]) -> ValueOptions:
        """Add a position with these possible tokens, and return the possible values of the program there.

        Raises CertificateError where there are too many combinations.
        """
        self._tokens, now = list(tokens), self._now
        for part, known, read, compute in self._steps:
            if known is None or read is None:
                now[part] = compute()
                continue
            sources = read(now)
            table = known.get(sources)
            if table is None:
                table = known[sources] = compute()
            now[part] = table
        self.size += 1
        return options(map(_left, self.at(self.root).values()))

    def cut(self, size: int) -> None:
        """Take away all positions but the first ones."""
        self.size = min(size, self.size)
        for column in self._kept.values():
            del column[size:]
        for selection in self._selections.values():
            selection.cut(size)

    def at(self, e: Expr) -> ValueOptions:
        """The possible values of a part of the program at the position that was added last."""
        return self._table(self._parts[e]).options

    def classes(self) -> list[list[Value]]:
        """The possible tokens at the last position, in groups that make the same keys of every selector."""
        token = self._now[self._parts[TOKENS]]
        tables = [self._now[self._parts[e]] for e in self._keys]
        by_token = [t.values for t in tables if t.variables == token.variables]
        groups: dict[tuple[Any, ...], list[Value]] = {}
        for k, value in enumerate(token.values):
            groups.setdefault(tuple(key_of(values[k]) for values in by_token), []).append(value)
        return list(groups.values())

    def _plan(self, e: Expr) -> None:
        """Give a part its number, and say how its table is computed."""
        part = self._parts[e] = self._parts[e.src[0]] if e.op.transparent else len(self._now)
        if part == len(self._now):
            self._now.append(self._tables.alone(part, [e.arg if e.op is Op.CONST else None]))
            self._bases.append([] if e.op is Op.CONST else [part])
            if e.op.elementwise:
                self._plan_operation(part, e)
            elif e.op is not Op.CONST:
                self._steps.append((part, None, None, self._other(part, e)))
        if e in self._needed and part in self._waiting:
            self._steps.append(self._waiting.pop(part))
        if e in self._kept:
            self._steps.append((part, None, None, partial(self._keep, part, self._kept[e])))

    def _plan_operation(self, part: int, e: Expr) -> None:
        """What is computed from one part alone waits until it is needed."""
        sources = [self._parts[s] for s in e.src]
        bases = list(dict.fromkeys(b for s in sources for b in self._bases[s]))
        read = itemgetter(*bases) if bases else lambda now: None
        step: PossibleStep = (part, {}, read, partial(self._elementwise, part, e, meaning_of(e), sources))
        if len(bases) <= 1:
            self._bases[part], self._waiting[part] = bases, step
        else:
            self._steps.append(step)

    def _other(self, part: int, e: Expr) -> Callable[[], OptionTable]:
        """How the table of a part is computed that is not elementwise."""
        if e.op is Op.TOKENS:
            return lambda: self._tables.alone(part, self._tokens)
        if e.op is Op.INDICES:
            return lambda: self._tables.alone(part, [self.size])
        if not e.op.aggregate:
            raise CertificateError(f"{formula(e, 60)} is not followed over many inputs", expression=SOp(e))
        if e.src[0] not in self._selections:
            self._selections[e.src[0]] = Selection(e.src[0], self._kept, self._indexes)
        selection = self._selections[e.src[0]]
        return partial(self._aggregate, part, e, selection, [self._parts[q] for q in selection.queries])

    def _keep(self, part: int, column: list[OptionTable]) -> OptionTable:
        table = self._now[part]
        column.append(table)
        return table

    def _elementwise(self, part: int, e: Expr, meaning: Meaning, sources: list[int]) -> OptionTable:
        return self._tables.result(part, e, meaning, [self._table(s) for s in sources])

    def _table(self, part: int) -> OptionTable:
        """The table of a part at this position."""
        if part not in self._waiting:
            return self._now[part]
        _, known, read, compute = self._waiting[part]
        assert known is not None
        assert read is not None
        key = read(self._now)
        if key not in known:
            known[key] = compute()
        return known[key]

    def _aggregate(self, part: int, e: Expr, selection: Selection, queries: list[int]) -> OptionTable:
        """The results for each value of the queries."""
        asked = tuple([self._now[q] for q in queries])
        default = self._now[self._parts[e.src[-1]]] if e.op.defaulted else None
        if not any(table.variables for table in asked):
            return self._of_row(part, e, selection.row(asked, self.size + 1), default)
        choices = combinations(e, [map(self._tables.one, table.options.values()) for table in asked])
        rows = [selection.row(chosen, self.size + 1) for chosen in choices]
        return self._tables.alone(part, (v for row in rows for v in self._of_row(part, e, row, default).values))

    def _of_row(self, part: int, e: Expr, row: Row, default: OptionTable | None) -> OptionTable:
        """The results for one value of the queries."""
        key = e, None if row.sure else default
        found = row.results.get(key)
        if found is None:
            one = picked(e, row, self._kept, default)
            if one is not None:
                found = self._tables.again(part, one)
            else:
                found = self._tables.alone(part, of_row(e, row, self._kept, default.values if default else ()))
            row.results[key] = found
        return found


def _left(value: Any) -> Any:
    """A value as users see it."""
    try:
        return value if value is FAIL else leave(value)
    except OverflowError:
        return FAIL
