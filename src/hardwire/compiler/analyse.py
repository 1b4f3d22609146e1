"""Analysis: what values every expression can have, and facts about selectors that make models small.

Sound throughout: a domain may hold values that never occur, never lack one that does. What depends on
position and length alone is worked out for every length up to max_len by the interpreter itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from ..errors import CompileError
from ..lang.expr import Expr, Op, counts_bools, node, substitute, unnamed
from ..lang.handle import Handle
from ..lang.ops import Sure
from ..lang.selectors import ranked, sides
from ..lang.sop import SOp
from ..lang.text import constant as shown
from ..lang.text import formula
from ..lang.values import EXACT, NotAValue, Value, freeze, is_number, totally_ordered
from ..run.batch import Batch
from ..run.column import Column, codes_of, constant, kinds
from ..run.elementwise import elementwise
from ..run.failure import Failed, FailureLog, Ints
from ..run.interpreter import Run
from .domain import TOO_LARGE, Domain

T = TypeVar("T")
MOST_ITEMS = 20_000_000
"""The most characters of all strings, and items of all tuples, that one `+` may join in all."""
FEW_PAIRS = 2_500
"""Of how many values of keys and queries it is tried whether any two compare as a selector asks."""
MOST_POSITIONS = 600_000
"""How many (length, position) pairs are enumerated; beyond, positions are only bounded."""


class Analysis:
    """Facts about the expressions of one program, for one vocabulary and greatest length."""

    def __init__(self, vocab: Sequence[Value], max_len: int, causal: bool) -> None:
        self.vocab = tuple(vocab)
        self.max_len = max_len
        self.causal = causal
        self._variables: dict[Expr, tuple[Expr, ...]] = {}
        self._free: dict[Expr, bool] = {}
        self._domain: dict[Expr, Domain] = {}
        self._positional: dict[Expr, Column] = {}
        self._sure: dict[Expr, bool] = {}
        self._conditions: dict[Expr, list[Expr]] = {}
        self._uniform: dict[Expr, bool] = {}
        self._width: dict[Expr, tuple[int, int]] = {}
        self._most_known: dict[Expr, int] = {}
        self._itself: dict[Expr, bool] = {}
        self._single: dict[Expr, bool] = {}
        self._rows: dict[tuple[Expr, ...], dict[Expr, Column]] = {}

    def assume(self, condition: Expr) -> None:
        """Takes it that a Boolean sop is true at every position of every input, as far as that narrows aggregates."""
        stack = [condition]
        while stack:
            e = unnamed(stack.pop())
            if e.op is Op.AND:
                stack += e.src
            elif len(self.variables(e)) == 1 and self.variables(e)[0].op.aggregate and self._needs(e):
                self._conditions.setdefault(self.variables(e)[0], []).append(e)

    def _needs(self, condition: Expr) -> bool:
        """Whether a condition on one aggregate is not true where that has no value: `True | x` is."""
        nothing = Column(np.zeros(1, bool), failed=Failed(np.zeros(1, np.int64), np.zeros(1, np.int64)))
        self._log.add(condition, (), "no value")
        return not self.evaluate(condition, {self.variables(condition)[0]: nothing}).ok().any()

    def follow(self, rewritten: Mapping[Expr, Expr]) -> None:
        """Assumes of rewritten aggregates what is assumed of those they take the place of.

        An assumption is about values, which rewriting keeps; a selector that fails meets no assumption.
        """
        for e, conditions in list(self._conditions.items()):
            if not all(s in rewritten for s in e.src):
                continue
            new = node(e.op, *(rewritten[s] for s in e.src), arg=e.arg)
            if new is not e:
                moved = [substitute(c, e, new) for c in conditions]
                self._conditions[new] = list(dict.fromkeys([*self._conditions.get(new, []), *moved]))
                self._forget()

    def _forget(self) -> None:
        """Drops what was found before something was assumed."""
        for found in (self._width, self._most_known, self._single, self._domain, self._sure):
            found.clear()

    def _assumed(self, e: Expr, domain: Domain) -> Domain:
        """The values of an aggregate that what is assumed of it leaves. Raises CompileError if none is left."""
        for condition in self._conditions.get(e, ()):
            col = self.evaluate(condition, {e: domain.column})
            truth = zip(domain.values, col.values(), col.ok().tolist(), strict=True)
            domain = Domain.of(v for v, true, ok in truth if ok and true in (1, True))
            if not domain.values:
                message = f"no input is valid: {formula(condition)} is true of none"
                raise CompileError(message, expression=SOp(condition))
        return domain

    # What an expression depends on.

    def variables(self, expr: Expr) -> tuple[Expr, ...]:
        """The leaves and aggregates whose values at a position decide the value of a sop there, in a fixed order."""
        known = self._variables
        if expr in known:
            return known[expr]
        for e in [expr] if all(s in known for s in expr.src) else expr.walk():
            if e not in known and not e.selector:
                if e.op.variable:
                    known[e] = (e,)
                else:
                    known[e] = tuple(dict.fromkeys(x for s in e.src for x in known[s]))
        return known[expr]

    def basis(self, expr: Expr) -> frozenset[Expr]:
        """The same as a set."""
        return frozenset(self.variables(expr))

    def token_free(self, expr: Expr) -> bool:
        """Whether position and length alone decide its values."""
        if expr in self._free:
            return self._free[expr]
        for e in [expr] if all(s in self._free for s in expr.src) else expr.walk():
            if e not in self._free:
                self._free[e] = e.op is not Op.TOKENS and all(self._free[s] for s in e.src)
        return self._free[expr]

    def uniform(self, expr: Expr) -> bool:
        """Whether its value is the same at every position: no query decides what it reads."""
        if expr not in self._uniform:
            self._uniform[expr] = self._is_uniform(expr)
        return self._uniform[expr]

    def _is_uniform(self, expr: Expr) -> bool:
        if self.causal:
            return not self.variables(expr)
        for base in self.variables(expr):
            if not base.op.aggregate or not self._uniform_queries(base.src[0]):
                return False
            if base.op.defaulted and not self.uniform(base.source("default")):
                return False
        return True

    def _uniform_queries(self, selector: Expr) -> bool:
        return all(self.uniform(e.src[1]) for e in selector.walk() if e.op is Op.COMPARE)

    # Values.

    def domain(self, expr: Expr) -> Domain:
        """Every value the expression can have. Raises CompileError where that is too many to list."""
        if expr not in self._domain:
            for e in [expr] if all(s in self._domain for s in expr.src) else expr.walk():
                if not e.selector and e not in self._domain:
                    self._domain[e] = self._find(e)
        return self._domain[expr]

    def _find(self, e: Expr) -> Domain:
        if e.op is Op.TOKENS:
            return Domain.of(self.vocab)
        if e.op is Op.INDICES:
            return Domain.of(range(self.max_len))
        if e.op is Op.CONST:
            return Domain.of([e.arg])
        if e.op is Op.NAME:
            return self._domain[e.src[0]]
        if self.token_free(e) and self.can_enumerate:
            return self._known(e, self.positional(e))
        if e.op is Op.RAW:
            if not e.arg:
                raise CompileError(f"{formula(e)} has no value for any input but the empty one", expression=SOp(e))
            return Domain.of(e.arg)
        if e.op.aggregate:
            return self._assumed(e, self._aggregate(e))
        return self._elementwise(e)

    def _known(self, e: Expr, col: Column) -> Domain:
        """The values of a column at the positions where it has one."""
        where = np.flatnonzero(col.ok())
        if not where.size:
            reason = "" if col.failed is None else f": {self._log.entries[int(col.failed.id[0])].reason}"
            if not len(col):
                return Domain(())
            raise CompileError(f"{formula(e)} has no value for any input it can meet{reason}", expression=SOp(e))
        return Domain.of(_distinct(col.take(where)))

    def _check_length(self, e: Expr, combinations: int) -> None:
        """Raises CompileError where so many strings or tuples would be joined that they fill the memory."""
        if e.op is not Op.ADD:
            return
        joined = [[len(v) for v in self.domain(s).values if isinstance(v, (str, tuple))] for s in e.src]
        longest = sum(max(lengths, default=0) for lengths in joined)
        if combinations * longest > MOST_ITEMS:
            raise CompileError(
                f"{formula(e)} joins strings or tuples to up to {longest:,} items, in {combinations:,} combinations; "
                f"{MOST_ITEMS:,} items are the most in all.\n  A smaller max_len or vocabulary would help.",
                expression=SOp(e),
            )

    def _elementwise(self, e: Expr) -> Domain:
        basis = list(self.variables(e))
        for variables in (basis, list(dict.fromkeys(s for s in e.src))):
            combinations = math.prod(len(self.domain(v)) for v in variables)
            if combinations <= TOO_LARGE:
                self._check_length(e, combinations)
                return self._known(e, self.evaluate(e, self.mesh(variables)))
        ranged = self._range(e)
        if ranged is not None:
            return ranged
        sizes = " * ".join(str(len(self.domain(s))) for s in e.src)
        raise CompileError(
            f"{formula(e)} can have too many values: its parts have {sizes} combinations, and "
            f"{TOO_LARGE:,} are the most.\n  A smaller max_len, or an earlier % or where that bounds it, would help.",
            expression=SOp(e),
        )

    def _range(self, e: Expr) -> Domain | None:
        """Sums and differences of whole numbers by their bounds."""
        if e.op not in (Op.ADD, Op.SUB) or not all(self.domain(s).whole for s in e.src):
            return None
        (a, b), (c, d) = ((min(self.domain(s).values), max(self.domain(s).values)) for s in e.src)
        low, high = (a + c, b + d) if e.op is Op.ADD else (a - d, b - c)
        return Domain.of(range(int(low), int(high) + 1)) if high - low < TOO_LARGE else None

    def _aggregate(self, e: Expr) -> Domain:
        if e.op is Op.WIDTH:
            low, high = self.width(e.src[0])
            return Domain.of(range(low, high + 1))
        x, default = self.domain(e.src[-2]), self.domain(e.src[-1])
        if counts_bools(e):
            x = Domain.of(int(v) if type(v) is bool else v for v in x.values)
        low, high = self.width(e.src[0])
        found = x if low > 0 else x | default
        if e.op.picks or high <= 1:
            return found
        numbers = [v for v in x.values if is_number(v)]
        if not numbers:
            return found  # several that are no numbers cannot be selected where this is defined
        if e.op is Op.VALUE and all(type(v) in (int, bool) for v in numbers):
            least, most = min(0, min(numbers) * high), max(0, max(numbers) * high)
            if min(numbers) >= 0:
                least = min(numbers)
            if most - least >= TOO_LARGE:
                raise CompileError(
                    f"{formula(e)} can have {most - least + 1:,} values, and {TOO_LARGE:,} are the most.\n"
                    "  A smaller max_len or smaller numbers would help.",
                    expression=SOp(e),
                )
            return Domain.of([*found.values, *range(int(least), int(most) + 1)])
        if e.op is Op.MEAN and all(type(v) in (int, bool) for v in numbers):
            a, b = int(min(numbers)), int(max(numbers))
            if (b - a + 1) * high * high <= 2 * TOO_LARGE:
                means = {Fraction(s, k): None for k in range(2, high + 1) for s in range(a * k, b * k + 1)}
                return Domain.of([*found.values, *means])
        raise CompileError(
            f"{formula(e)} can have too many different values to be compared or mapped.\n"
            "  A smaller max_len, whole numbers, or a sum in place of the mean would help.",
            expression=SOp(e),
        )

    # Selectors.

    def width(self, selector: Expr) -> tuple[int, int]:
        """(least, most) positions that a query can select; sound, not always tight."""
        if selector not in self._width:
            self._width[selector] = self._find_width(unnamed(selector))
        return self._width[selector]

    def _find_width(self, bare: Expr) -> tuple[int, int]:
        if self.token_free(bare) and self.can_enumerate:
            values = self._known_or_none(node(Op.WIDTH, bare))
            if values:
                return int(min(values)), int(max(values))
        low, high = (1 if self.selects_itself(bare) else 0), self._most(bare)
        count = node(Op.WIDTH, bare)
        if count in self._conditions:
            counts = [int(v) for v in self._assumed(count, Domain.of(range(low, high + 1))).values]
            return min(counts), max(counts)
        return low, high

    def _most(self, selector: Expr) -> int:
        """The most positions that a query can select, whether or not another cell of its row has failed: in a larger
        selector such a cell may be decided, and the row has a width all the same."""
        return self._of_selector(selector, self._most_known, self._find_most)

    def _of_selector(self, selector: Expr, known: dict[Expr, T], find: Callable[[Expr], T]) -> T:
        """What `find` says of a selector; it is asked about the selectors that this one is made of first."""
        if selector not in known:
            for e in selector.walk():
                if e.selector and e not in known:
                    known[e] = known[e.src[0]] if e.op is Op.NAME else find(e)
        return known[selector]

    def _find_most(self, bare: Expr) -> int:
        count = node(Op.WIDTH, bare)
        if self.token_free(bare) and self.can_enumerate and (known := self.positional(count)).failed is None:
            return max(map(int, _distinct(known)), default=0)
        most = 1 if self._at_most_one(bare) else self.max_len
        if bare.op in (Op.AND, Op.OR):
            each = [self._most_known[s] for s in bare.src]
            most = min(most, min(each) if bare.op is Op.AND else sum(each))
        if bare.op is Op.COMPARE and not self._ever(bare):
            most = 0
        if count in self._conditions:  # then no cell of its rows has failed
            most = min(most, max(int(v) for v in self._assumed(count, Domain.of(range(most + 1))).values))
        return most

    def _ever(self, comparison: Expr) -> bool:
        """Whether any value of a key and of a query may compare so; True where there are too many to try."""
        try:
            keys, queries = (self.domain(s) for s in comparison.src)
        except CompileError:
            return True
        if comparison.arg is Op.EQ and not set(keys.values).isdisjoint(queries.values):
            return True  # where they share none, ratios may still meet floats
        if not isinstance(comparison.arg, Op) or len(keys) * len(queries) > FEW_PAIRS:
            return True
        k, q = (i.ravel() for i in np.indices((len(keys), len(queries))))
        columns = [keys.column.take(k), queries.column.take(q)]
        met = elementwise(node(comparison.arg, *comparison.src), columns, self._log)
        return bool((~met.ok() | met.data.astype(bool)).any())

    def _known_or_none(self, e: Expr) -> list[Value]:
        col = self.positional(e)
        return _distinct(col.take(np.flatnonzero(col.ok())))

    def _at_most_one(self, s: Expr) -> bool:
        return self._of_selector(s, self._single, self._find_single)

    def _find_single(self, s: Expr) -> bool:
        if s.op is Op.AND:
            return any(self._single[part] for part in s.src)
        if s.op is not Op.COMPARE or s.arg is not Op.EQ or not self.injective(s.src[0]):
            return False
        # Two ratios may be equal to one float, their nearest: then a float can select several keys. And a type of a
        # user's own may be equal to whatever it likes.
        keys, queries = s.src
        if self._only(queries, *EXACT):
            return self.own(keys)
        return self._only(keys, bool, int) and self.own(queries)

    def injective(self, e: Expr) -> bool:
        """Whether it has a different value at every position; sound, not tight."""
        e = unnamed(e)
        if e.op is Op.INDICES:
            return True
        if e.op in (Op.ADD, Op.SUB):
            a, b = e.src
            for x, same in ((a, b), (b, a)):
                # A float may absorb the difference of two positions.
                if self.injective(x) and self.uniform(same) and self._only(same, *EXACT):
                    return True
            return False
        return not self.causal and e.op is Op.WIDTH and self._is_rank(e.src[0])

    def _is_rank(self, s: Expr) -> bool:
        """Whether s selects the keys before the query in a total order of all positions, so that its width is a
        permutation of them."""
        compared = ranked(s)
        return compared is not None and self.ordered(compared)

    def own(self, e: Expr) -> bool:
        """Whether all values of a sop have types of the language itself, whose equality is known."""
        try:
            return all(map(_is_own, self.domain(e).values))
        except CompileError:
            return False

    def whole(self, e: Expr) -> bool:
        """Whether all values of a sop are whole numbers and bools. Raises CompileError where there are too many."""
        return self.domain(e).whole

    def _only(self, e: Expr, *types: type) -> bool:
        """Whether all values of a sop have one of the types."""
        try:
            return self.domain(e).types <= {*types}
        except CompileError:
            return False

    def selects_itself(self, s: Expr) -> bool:
        """Whether every position selects itself; False where that is not plain."""
        return self._of_selector(s, self._itself, self._find_itself)

    def _find_itself(self, s: Expr) -> bool:
        if s.op in (Op.AND, Op.OR):
            each = [self._itself[part] for part in s.src]
            return all(each) if s.op is Op.AND else any(each)
        if s.op is not Op.COMPARE or sides(s)[0] is not sides(s)[1]:
            return False
        return s.arg is Op.EQ or (s.arg in (Op.LE, Op.GE) and self.ordered(*s.src))

    def ordered(self, *sops: Expr) -> bool:
        """Whether the order of all values of the sops together is known to be total."""
        try:
            return totally_ordered(v for s in sops for v in self.domain(s).values)
        except CompileError:
            return False

    # Working expressions out.

    @property
    def can_enumerate(self) -> bool:
        """Whether every (length, position) pair is looked at."""
        return self.max_len * (self.max_len + 1) // 2 <= MOST_POSITIONS

    @cached_property
    def _lengths(self) -> Run:
        some = self.vocab[0] if self.vocab else 0
        inputs = tuple([some] * n for n in range(self.max_len + 1))
        return Run(Batch(inputs, np.arange(self.max_len + 1)), self.causal, self._log)

    @cached_property
    def _log(self) -> FailureLog:
        return FailureLog()

    @property
    def every_position(self) -> Ints:
        """(pairs,) the position of each (length, position) pair, in the order of `positional`."""
        return self._lengths.batch.position

    def positional(self, e: Expr) -> Column:
        """The values of an expression without tokens, for every length and position."""
        known = self._positional
        if e not in known:
            step = not e.op.aggregate and e.src and all(s in known or not s.src for s in e.src)
            if step and e.op is not Op.NAME:
                known[e] = elementwise(e, [self.positional(s) for s in e.src], self._log)
            else:
                known[e] = self._lengths.column(e)
        return self._positional[e]

    def mesh(self, variables: Sequence[Expr], *, failing: bool = False) -> dict[Expr, Column]:
        """Columns that hold every combination of the variables' values (those that can occur, where known).

        With `failing`, also those in which variables that may fail have failed.
        """
        if variables and all(self.token_free(v) for v in variables) and self.can_enumerate:
            columns = [self.positional(v) for v in variables]
            if failing:
                return self._distinct_rows(variables, columns)
            key = tuple(variables)
            if key not in self._rows:
                self._rows[key] = self.rows(dict(zip(variables, columns, strict=True)))
            return dict(self._rows[key])
        held = [self._values(v, failing) for v in variables]
        if not held:
            return {}
        sizes = [len(c) for c in held]
        left, many = np.arange(math.prod(sizes)), math.prod(sizes)
        found: dict[Expr, Column] = {}
        for v, column, size in zip(variables, held, sizes, strict=True):
            many //= max(1, size)
            found[v] = column.take(left // max(1, many) % max(1, size))
        return found

    def _values(self, v: Expr, failing: bool) -> Column:
        """Every value once, and once a failure where `failing` and there may be one."""
        col = self.domain(v).column
        if not failing or self.sure(v):
            return col
        more = col.take(np.arange(len(col) + 1) % len(col))
        failed = np.full(len(more), -1)
        failed[-1] = self._log.add(v, (), "no value")
        return more.with_failed(Failed(failed, np.zeros(len(more), np.int64)))

    def rows(self, columns: Mapping[Expr, Column]) -> dict[Expr, Column]:
        """The columns with each combination of values once, without those in which one has failed."""
        good = np.flatnonzero(np.logical_and.reduce([c.ok() for c in columns.values()]))
        return self._distinct_rows(list(columns), [c.take(good) for c in columns.values()])

    def _distinct_rows(self, variables: Sequence[Expr], columns: Sequence[Column]) -> dict[Expr, Column]:
        told = []
        for c in columns:
            codes, table = codes_of(c)
            told.append((np.where(c.ok(), codes, len(table)), len(table) + 1))
        first, _ = kinds(told, len(columns[0]))
        return {v: c.take(first) for v, c in zip(variables, columns, strict=True)}

    # Whether there is a value.

    def sure(self, e: Expr) -> bool:
        """Whether a sop has a value at every position of every input, or a selector at every cell; sound, not tight."""
        for part in e.walk():
            if part not in self._sure:
                try:
                    self._sure[part] = self._is_sure(part)
                except CompileError:
                    self._sure[part] = False
        return self._sure[e]

    def _is_sure(self, e: Expr) -> bool:
        if e.op in (Op.TOKENS, Op.INDICES, Op.CONST):
            return True
        if e.op is Op.NAME:
            return self._sure[e.src[0]]
        if not e.selector and self.token_free(e) and self.can_enumerate:
            return bool(self.positional(e).ok().all())
        if e.op is Op.RAW:
            return False
        if e.selector:
            return all(self._sure[s] for s in e.src) and (e.op is not Op.COMPARE or self._compares(e))
        if e.op.aggregate:
            return all(self._sure[s] for s in e.src) and (not e.op.defaulted or self._aggregates(e))
        basis = list(self.variables(e))
        if not all(self._sure[b] for b in basis):
            return False
        if math.prod(len(self.domain(b)) for b in basis) <= TOO_LARGE:
            return bool(self.evaluate(e, self.mesh(basis)).ok().all())
        if not all(self._sure[s] for s in e.src):
            return False
        if e.op.sure is Sure.OWN:
            return all(_is_own(v) for s in e.src for v in self.domain(s).values)
        if e.op.sure is Sure.TRUTH:
            return all(v in (0, 1) for s in e.src for v in self.domain(s).values)
        return e.op.sure is Sure.WHOLE and all(self.domain(s).whole for s in e.src)

    def _compares(self, e: Expr) -> bool:
        """Whether a comparison never fails on values."""
        if e.arg in (Op.EQ, Op.NE):
            return all(_is_own(v) for s in e.src for v in self.domain(s).values)
        return isinstance(e.arg, Op) and self.ordered(*e.src)

    def _aggregates(self, e: Expr) -> bool:
        """Whether an aggregate never fails where its parts do not."""
        if self.width(e.src[0])[1] <= 1:
            return True
        if e.op.scored:
            return self.domain(e.source("score")).ordered
        return e.op.adds and self.domain(e.source("x")).small

    def evaluate(self, e: Expr, given: Mapping[Expr, Column]) -> Column:
        """e on columns of some of the expressions below it; constants need none."""
        size = len(next(iter(given.values()))) if given else 1
        held: dict[Expr, Column] = {}
        stack = [e]
        while stack:
            at = stack[-1]
            if at in held:
                stack.pop()
            elif at in given:
                held[at] = given[at]
            elif at.op is Op.CONST:
                held[at] = constant(at.arg, size)
            elif missing := [s for s in at.src if s not in held]:
                stack += missing
            elif at.op is Op.NAME:
                held[at] = held[at.src[0]]
            else:
                held[at] = elementwise(at, [held[s] for s in at.src], self._log)
        return held[e]


def _distinct(col: Column) -> list[Value]:
    codes, table = codes_of(col)
    return [table[c] for c in np.flatnonzero(np.bincount(codes)).tolist()]


def _is_own(x: Value) -> bool:
    """Whether the value is of the language's own types, whose `==` and truth never fail."""
    return x is None or type(x) in (*EXACT, float, str) or (type(x) is tuple and all(map(_is_own, x)))


def _range(vocab: object) -> str:
    """What to write in place of "0..9", whose characters are no vocabulary."""
    ends = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", vocab) if isinstance(vocab, str) else None
    if ends is None:
        return ""
    low, high = int(ends[1]), int(ends[2])
    return f"\n  A string is its characters; for the whole numbers {low} to {high} write range({low}, {high + 1})."


def read_vocab(vocab: Any) -> tuple[Value, ...]:
    """A vocabulary as a tuple of values no two of which are equal. Raises CompileError."""
    if not isinstance(vocab, Iterable) or isinstance(vocab, (Handle, bytes)):
        numbers = f" For the numbers below it write range({vocab})." if type(vocab) is int and vocab > 0 else ""
        raise CompileError(
            f"vocab is {shown(vocab, 40)}, of the type {type(vocab).__name__}, and not the tokens an input may have\n"
            f"  Give a string (its characters), or a list, range or set of values.{numbers}",
            value=vocab,
        )
    try:
        values = [freeze(v) for v in vocab]
    except (NotAValue, TypeError) as error:
        raise CompileError(f"the vocabulary holds what is no value: {error}", value=vocab) from None
    if isinstance(vocab, (set, frozenset)):
        values.sort(key=lambda v: (type(v).__name__, v if isinstance(v, (str, int, float)) else repr(v)))
    seen: dict[Value, Value] = {}
    for v in values:
        try:
            again = v in seen
        except Exception as error:  # from a type's own ==
            raise CompileError(f"the vocabulary has values that cannot be compared: {error}", value=v) from error
        if again:
            raise CompileError(
                f"the vocabulary holds {seen[v]!r} and {v!r}, which are equal: a token must have one meaning"
                f"{_range(vocab)}",
                value=v,
            )
        seen[v] = v
    if not values:
        raise CompileError("the vocabulary is empty: give the tokens an input may have")
    return tuple(values)
