"""A causal program run one token at a time: each new token adds one position to the values of every expression.

Under the causal mask nothing at a later position matters, so the values of earlier positions never change. A step
evaluates the new position alone, by the scalar meaning of each operation. Where a selector compares by equality, the
keys are kept by their values (`Candidates`), so that a look-up does not go through all of them; where it compares by
nothing else, sums, counts and extremes are kept too (`Tally`), and a step takes the same time at every length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from ..errors import BuildError
from ..lang.expr import INDICES, Expr, Op, counts_bools, node, walk
from ..lang.function import Function
from ..lang.selectors import conditions
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from . import purity
from .cells import attempt, predicate
from .failure import BROKEN, Failure, reason_of
from .reduce import several
from .scalar import NoValue, checked, logic, scalar, truth

Cell = bool | Failure
Position = Callable[[int], Any]
"""The value of an expression at a position, from those of its sources: a value or a Failure."""

BEFORE = node(Op.COMPARE, INDICES, INDICES, arg=Op.LT)
HASHED: set[type] = {bool, int, float, str, type(None)}
"""Types whose equal values have equal hashes, as equality of the language sees them (a ratio may equal a float)."""
NUMBERS: set[type] = {bool, int, float}


class Incremental:
    """The values of a causal sop at all positions so far; `append` adds a position."""

    def __init__(self, root: Expr) -> None:
        """Raises BuildError for a program with a list of fixed length in it."""
        self.root = root
        self.size = 0
        self.values: dict[Expr, list[Any]] = {}
        self._steps: list[tuple[list[Any], Position]] = []
        self._tokens: list[Value] = []
        cells: dict[Expr, Callable[[int, int], Cell]] = {}
        for e in walk(root):
            if e.op is Op.RAW:
                raise BuildError(
                    f"{formula(e, 60)} has {len(e.arg)} values, and a text that is generated grows\n"
                    "  Use an expression of tokens and indices.",
                    value=e.arg,
                )
            if e.selector:
                cells[e] = _cell(e, self.values, cells)
            else:
                values: list[Any] = []
                self.values[e] = values
                self._steps.append((values, _position(e, self.values, cells, self._tokens)))

    def append(self, token: Value) -> Value | Failure:
        """Add a token, and return the program's value at its position, or the failure."""
        self._tokens.append(token)
        for values, position in self._steps:
            values.append(position(self.size))
        self.size += 1
        return self.at(self.root)

    def at(self, expr: Expr) -> Value | Failure:
        """The value of a part at the last position, as users see it."""
        value = self.values[expr][-1]
        if isinstance(value, Failure):
            return value
        try:
            return leave(value)
        except OverflowError:
            return Failure(expr, (value,), "the ratio is too large for a float", self.size - 1)


def _failure(expr: Expr, values: Sequence[Value], error: Exception, at: int) -> Failure:
    if isinstance(error, BROKEN):
        error.add_note(f"in {formula(expr)}, called with {', '.join(map(constant, values))}")
        raise error
    reason = str(error) if isinstance(error, NoValue) else reason_of(error)
    return Failure(expr, tuple(values), reason, at)


# Sops at one position.


def _position(
    e: Expr, known: dict[Expr, list[Any]], cells: dict[Expr, Callable[[int, int], Cell]], tokens: list[Value]
) -> Position:
    if e.op is Op.TOKENS:
        return tokens.__getitem__
    if e.op is Op.INDICES:
        return lambda i: i
    if e.op is Op.CONST:
        return lambda i: e.arg
    if e.op.transparent:
        return known[e.src[0]].__getitem__
    if e.op.aggregate:
        return Aggregation(e, cells[e.src[0]], known)
    sources = [known[s] for s in e.src]
    if e.op is Op.WHERE:
        return _where(e, *sources)
    if e.op.deciding is not None:
        return _and_or(e, *sources)
    return _elementwise(e, sources)


def _elementwise(e: Expr, sources: list[list[Any]]) -> Position:
    meaning = scalar(e)
    repeated = purity.FEW if e.op is Op.MAP and isinstance(e.arg, Function) else 0

    def compute(i: int) -> Any:
        nonlocal repeated
        args = [s[i] for s in sources]
        for x in args:
            if isinstance(x, Failure):
                return x
        try:
            found = meaning(*args)
        except Exception as error:
            return _failure(e, args, error, i)
        if repeated:
            repeated -= 1
            purity.check(e, meaning, [(tuple(args), found)])
        return found

    return compute


def _where(e: Expr, condition: list[Any], then: list[Any], otherwise: list[Any]) -> Position:
    def compute(i: int) -> Any:
        c = condition[i]
        if isinstance(c, Failure):
            return c
        try:
            return then[i] if truth(c) else otherwise[i]
        except Exception as error:
            return _failure(e, (c,), error, i)

    return compute


def _and_or(e: Expr, a: list[Any], b: list[Any]) -> Position:
    deciding = e.op.deciding

    def compute(i: int) -> Any:
        failed: Failure | None = None
        for x in (a[i], b[i]):
            if not isinstance(x, Failure):
                try:
                    if logic(x) is deciding:
                        return deciding
                    continue
                except NoValue as error:
                    x = _failure(e, (x,), error, i)
            failed = failed or x
        return not deciding if failed is None else failed

    return compute


# Selectors, cell by cell.


def _cell(
    e: Expr, known: dict[Expr, list[Any]], cells: dict[Expr, Callable[[int, int], Cell]]
) -> Callable[[int, int], Cell]:
    """Return the cell of a key and a query, both positions."""
    if e.op is Op.COMPARE:
        keys, queries, test = known[e.src[0]], known[e.src[1]], predicate(e)

        def compared(j: int, i: int) -> Cell:
            k, q = keys[j], queries[i]
            for x in (k, q):
                if isinstance(x, Failure):
                    return x
            answer = attempt(e, test, k, q)
            return Failure(e, (k, q), answer, i) if isinstance(answer, str) else answer

        return compared
    one = cells[e.src[0]]
    if e.op.transparent:
        return one
    if e.op is Op.NOT:

        def inverted(j: int, i: int) -> Cell:
            c = one(j, i)
            return c if isinstance(c, Failure) else not c

        return inverted
    other = cells[e.src[1]]
    deciding = e.op.deciding

    def combined(j: int, i: int) -> Cell:
        a = one(j, i)
        if a is deciding:
            return a
        b = other(j, i)
        if b is deciding or isinstance(a, Failure):
            return b if b is deciding else a
        if isinstance(b, Failure):
            return b
        return not deciding if deciding is not None else a ^ b

    return combined


class Candidates:
    """The keys that a selector may select, by the values of its equalities; a superset of those it selects.

    `exact` says that it selects them all: it is a conjunction of equalities alone, and perhaps `before`.
    """

    def __init__(self, selector: Expr, known: dict[Expr, list[Any]]) -> None:
        found = conditions(selector)
        equalities = [c for c in found if c.op is Op.COMPARE and c.arg is Op.EQ]
        self.before = BEFORE in found
        self.exact = len(equalities) + self.before == len(found)
        self._keys = [known[c.src[0]] for c in equalities]
        self._queries = [known[c.src[1]] for c in equalities]
        self._by_value: dict[tuple[Value, ...], list[int]] = {}
        self._loose: list[int] = []  # keys that hashes cannot compare, and those that have failed

    def add(self, j: int) -> tuple[Value, ...] | None:
        """Add a key, and return what it is kept by; None where its values must be compared one by one."""
        value = self._value(self._keys, j)
        if value is None:
            self._loose.append(j)
            self.exact = False
        else:
            self._by_value.setdefault(value, []).append(j)
        return value

    def query(self, i: int) -> tuple[Value, ...] | None:
        """What the keys that a query may select are kept by; None where it may select any."""
        return self._value(self._queries, i)

    def of(self, value: tuple[Value, ...] | None, i: int) -> Sequence[int]:
        """The keys that query i may select, from left to right."""
        if value is None:
            return range(i + 1)
        some = self._by_value.get(value, [])
        return sorted([*some, *self._loose]) if self._loose else some

    def _value(self, columns: list[list[Any]], at: int) -> tuple[Value, ...] | None:
        values = tuple([c[at] for c in columns])
        return values if all(type(v) in HASHED for v in values) else None


class Tally:
    """The aggregate of a growing set of keys. `plain` is False where it has to be computed from the keys."""

    __slots__ = ("best", "count", "plain", "total")

    def __init__(self) -> None:
        self.count = self.total = self.best = 0
        self.plain = True

    def add(self, j: int, op: Op, x: Any, scores: list[Any]) -> None:
        """Add a key with its value x."""
        if op.adds or op.single:
            self.best = j
            self.plain = self.plain and (op.single or type(x) is int)
            self.total += x if self.plain and op.adds else 0
        elif op.scored and self.plain:
            a, b = scores[self.best if self.count else j], scores[j]
            self.plain = type(a) is type(b) is str or (type(a) in NUMBERS and type(b) in NUMBERS)
            if self.plain and (not self.count or (a < b if op.best > 0 else b < a)):
                self.best = j
        self.count += 1


class Aggregation:
    """An aggregate, position by position."""

    def __init__(self, e: Expr, cell: Callable[[int, int], Cell], known: dict[Expr, list[Any]]) -> None:
        self.expr, self.op, self.cell = e, e.op, cell
        self.candidates = Candidates(e.src[0], known)
        self.tallies: dict[tuple[Value, ...], Tally] = {}
        self.numbers = counts_bools(e)
        nothing: list[Any] = []
        self.score, self.x, self.default = (
            (known[e.src[1]], known[e.src[-2]], known[e.src[-1]]) if e.op.defaulted else (nothing, nothing, nothing)
        )

    def __call__(self, i: int) -> Any:
        """The aggregate at position i, which follows those that were asked for before."""
        if not self.candidates.before:
            self._add(i)
        asked = self.candidates.query(i)
        tally = self.tallies.get(asked) if self.candidates.exact and asked is not None else None
        known = None if tally is None or not tally.plain else self._tallied(tally)
        found = self._of_row(self.candidates.of(asked, i), i) if known is None else known[0]
        if self.candidates.before:
            self._add(i)
        return found

    def _add(self, j: int) -> None:
        value = self.candidates.add(j)
        if value is not None and self.candidates.exact and (self.op is Op.WIDTH or not self.op.counts):
            tally = self.tallies.setdefault(value, Tally())
            tally.add(j, self.op, self._number(self.x[j]) if self.op.defaulted else None, self.score)

    def _tallied(self, tally: Tally) -> tuple[Any] | None:
        """The aggregate of a plain tally, in a 1-tuple; None where the keys decide."""
        if self.op is Op.WIDTH:
            return (tally.count,)
        if self.op.scored or tally.count == 1:
            return (self._number(self.x[tally.best]),)
        if not self.op.adds:
            return None
        try:
            return (checked(tally.total if self.op is Op.VALUE else Fraction(tally.total, tally.count)),)
        except NoValue:
            return None

    def _of_row(self, keys: Sequence[int], i: int) -> Any:
        selected = []
        for j in keys:
            c = self.cell(j, i)
            if isinstance(c, Failure):
                return c
            if c:
                selected.append(j)
        return self._reduced(selected, i)

    def _reduced(self, keys: list[int], i: int) -> Any:
        if self.op is Op.WIDTH:
            return len(keys)
        if not keys:
            return self.default[i]
        needed = self.score if self.op.scored else self.x
        for j in keys:
            if isinstance(needed[j], Failure):
                return needed[j]
        shown = [needed[j] for j in keys]
        try:
            if self.op.scored:
                return self.x[keys[0] if len(keys) == 1 else several(self.op, shown, keys)]
            numbers = list(map(self._number, shown))
            return numbers[0] if len(keys) == 1 and not self.op.counts else several(self.op, [], numbers)
        except Exception as error:
            return _failure(self.expr, shown[:4], error, i)

    def _number(self, x: Any) -> Any:
        return int(x) if self.numbers and type(x) is bool else x
