"""Which selectors select at most one position.

All keys that one query selects agree in x where the selector has key(x) == query(y). Where x has a different value at
every position that meets the selector's conditions on keys, there is at most one such key. Three kinds of x have:

    positions, and what is computed from them one-to-one
    what position and length alone decide, if it is tried for every length
    ranks: how many matching positions there are up to one's own, which grows from match to match
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..lang.expr import INDICES, ONE, TRUE, ZERO, Expr, Op, node, unnamed
from ..lang.selectors import EVERYWHERE, Literal, conjuncts, ranking, sides
from ..lang.values import EXACT, Value
from ..run.column import Column, codes_of, kinds
from ..run.failure import Bools, Ints
from ..run.scalar import EXACT_FLOAT

if TYPE_CHECKING:
    from .domains import ColumnsByExpr
    from .facts import Facts

MOST_ROWS = 20_000
"""The most combinations of values of a key's variables that are tried."""


class Singles:
    """Which selectors of one program select at most one position, and which of its sops repeat no value."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._injective: dict[Expr, bool] = {}

    def single(self, selector: Expr) -> bool:
        """Whether the selector selects at most one position for each query; sound, not tight. Cells that have failed do
        not count."""
        keys = SelectedKeys(self._facts, tuple(conjuncts(selector, self._facts.ordered)))
        return any(self._differs(e, keys) and keys.agree_in(e) for e in self._candidates(keys))

    def most(self, comparison: Expr) -> int:
        """At most how many positions a comparison selects for each query; sound, not tight."""
        keys = SelectedKeys(self._facts, tuple(conjuncts(comparison, self._facts.ordered)))
        agreed = [x for c in keys.equalities for x in linear_parts(c.key, self._facts)]
        return min(map(self._sharing, agreed), default=self._facts.max_len)

    def _sharing(self, e: Expr) -> int:
        """At most how many positions of an input have one and the same value of a sop."""
        facts = self._facts
        if e.op is Op.WIDTH and not facts.causal:
            order = unnamed(e.src[0])  # as many lie in front of two positions if these have the same place in the order
            if order.op is not Op.COMPARE or not isinstance(order.arg, Op) or not order.arg.order:
                return facts.max_len
            key, query = sides(order)
            return self._sharing(key) if key is query and facts.ordered(key) else facts.max_len
        if e.op.variable or INDICES not in facts.basis(e) or not is_equivalence(facts, e):
            return 1 if e is INDICES else facts.max_len
        found = _Combinations.of(facts, [Literal(node(Op.COMPARE, e, e, arg=Op.EQ))])
        return facts.max_len if found is None else found.most_places()

    def injective(self, e: Expr) -> bool:
        """Whether a sop has a different value at every position; sound, not tight."""
        e = unnamed(e)
        if e not in self._injective:
            keys = SelectedKeys(self._facts, ())
            self._injective[e] = any(self._differs(x, keys) for x in linear_parts(e, self._facts))
        return self._injective[e]

    def _candidates(self, keys: SelectedKeys) -> dict[Expr, None]:
        """The sops in which the keys might agree, and which may differ from position to position."""
        found: dict[Expr, None] = {}
        for literal in keys.literals:
            if not literal.joint:
                parts = linear_parts(literal.key, self._facts)
                found |= dict.fromkeys([*parts, *self._facts.variables(literal.key)])
        return found

    def _differs(self, e: Expr, keys: SelectedKeys) -> bool:
        """Whether a sop has a different value at each of the keys that one query selects, of those where it has one."""
        if e is INDICES:
            return True
        facts = self._facts
        if not (facts.domains.only(e, *EXACT) or is_equivalence(facts, e)):
            return False
        if facts.token_free(e) and facts.tables.complete:
            return self._repeats_nothing(facts.tables.of(e))
        if e.op.variable:
            return e.op.additive and self._grows(e, keys)
        # What it is computed from is the same wherever it is the same itself.
        alike = SelectedKeys(facts, (*keys.literals, Literal(node(Op.COMPARE, e, e, arg=Op.EQ))))
        return any(self._differs(v, keys) and alike.agree_in(v) for v in facts.variables(e))

    def _repeats_nothing(self, column: Column) -> bool:
        """Whether a sop without tokens has no value twice, whatever the length."""
        lengths, ok = np.arange(self._facts.max_len + 1), np.flatnonzero(column.ok())
        number, many = _equal(column.take(ok))
        return len(ok) == len(np.unique(np.repeat(lengths, lengths)[ok] * many + number))

    def _grows(self, e: Expr, keys: SelectedKeys) -> bool:
        """Whether a sum grows, or falls, from each selected key to the next, in some order of these.

        It does if it is a sum of numbers of which none is negative, over positions that meet conditions and come before
        the query in an order without ties: the sum at the later of two keys is over the earlier key and all that is
        added up there. Both must meet the conditions, and the earlier must have a number above 0.
        """
        facts, selector, x = self._facts, e.src[0], ONE if e.op is Op.WIDTH else unnamed(e.src[1])
        if e.op is Op.VALUE and not (facts.width(selector)[0] > 0 or _is_zero(e.src[2])):
            return False
        positive = [Literal(node(Op.COMPARE, x, other, arg=op)) for op, other in ((Op.EQ, TRUE), (Op.GT, ZERO))]
        if not (x is ONE or (_natural(facts, x) and any(map(keys.meet, positive)))):
            return False
        literals = [c for c in conjuncts(selector, facts.ordered) if c != Literal(EVERYWHERE)]
        orders = [c for c in literals if self._is_order(c, keys)]
        return len(orders) == 1 and all(c in orders or _same_for_all(c, keys) for c in literals)

    def _is_order(self, c: Literal, keys: SelectedKeys) -> bool:
        """Whether a comparison puts the selected keys in an order without ties (under the mask, that of positions)."""
        facts = self._facts
        if c.joint:
            order = ranking(c.atom)
            return order is not None and not facts.causal and facts.ordered(order.by)
        key, query = sides(c.atom)
        if key is not query or not isinstance(c.op, Op) or not c.op.order:
            return False
        if facts.causal:
            return key is INDICES and c.op in (Op.LT, Op.LE)
        return facts.ordered(key) and self._differs(key, keys)


def _same_for_all(c: Literal, keys: SelectedKeys) -> bool:
    """Whether a condition selects the same positions for all selected keys as its queries, and each of these."""
    if c.joint:
        return False
    if keys.facts.uniform(c.query):
        return keys.meet(c)
    key, query = sides(c.atom)
    return key is query and c.op is Op.EQ and is_equivalence(keys.facts, key) and keys.agree_in(key)


def _natural(facts: Facts, x: Expr) -> bool:
    """Whether all values are whole numbers and none is negative."""
    domain = facts.listed(x)
    return domain is not None and domain.whole and min(domain.values, default=0) >= 0


def _is_zero(default: Expr) -> bool:
    value = unnamed(default).arg
    return unnamed(default).op is Op.CONST and type(value) in EXACT and value == 0


def linear_parts(e: Expr, facts: Facts) -> list[Expr]:
    """The sop, and sops of which it is a shift or a multiple that is the same at every position: where it has one value
    so have they."""
    found = [unnamed(e)]
    for x in found:
        more = [x.src[0]] if x.op is Op.NEG else []
        for a, b in (x.src, x.src[::-1]) if x.op in (Op.ADD, Op.SUB, Op.MUL) else ():
            # A float may absorb the difference of two positions.
            exact = facts.uniform(b) and all(facts.domains.only(s, *EXACT) for s in (a, b))
            if exact and (x.op is not Op.MUL or 0 not in facts.domain(b).values):
                more.append(a)
        found += [s for s in map(unnamed, more) if s not in found]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, eq=False)
class SelectedKeys:
    """The keys that one query selects, of a conjunction."""

    facts: Facts
    literals: tuple[Literal, ...]

    def agree_in(self, e: Expr) -> bool:
        """Whether a sop has one and the same value at all keys that one query selects."""
        if e in self._agreed or not self.facts.basis(e):
            return True
        return any(some.agree_in(e) for some in self._combinations if self.facts.basis(e) <= some.columns.keys())

    def meet(self, c: Literal) -> bool:
        """Whether all keys that one query selects meet a condition on keys, which asks the same of all queries."""
        same = [x for x in self.literals if not x.joint and x.op is c.op and sides(x.atom) == sides(c.atom)]
        if any(isinstance(x.op, Op) or x.negated is c.negated for x in same):
            return True
        if not isinstance(c.op, Op) or self.facts.basis(c.query):
            return False
        met = node(c.op, c.key, c.query)
        if not self.facts.basis(met):
            return bool(_true(self.facts.evaluate(met, {})).all())
        return any(some.meet(met) for some in self._combinations if self.facts.basis(met) <= some.columns.keys())

    @cached_property
    def equalities(self) -> list[Literal]:
        """The comparisons by ==, of values for which that is an equivalence."""
        found = [c for c in self.literals if not c.joint and c.op is Op.EQ]
        return [c for c in found if is_equivalence(self.facts, c.key, c.query)]

    @cached_property
    def _agreed(self) -> frozenset[Expr]:
        """The sops in which keys agree since a query is compared with them."""
        return frozenset(x for c in self.equalities for x in linear_parts(c.key, self.facts))

    @cached_property
    def _combinations(self) -> list[_Combinations]:
        """What the comparisons leave of the variables of a key, for groups of comparisons that share variables."""
        facts = self.facts
        usable = [
            c
            for c in self.literals
            if not c.joint and facts.basis(c.key) and isinstance(c.op, Op)
            if not facts.basis(c.query) or c in self.equalities
        ]
        found = []
        for group in _groups(usable, facts):
            whole = _Combinations.of(facts, group)
            found += [whole] if whole else [some for c in group if (some := _Combinations.of(facts, [c]))]
        return found


@dataclass(frozen=True, eq=False)
class _Combinations:
    """Combinations of values that variables of a selected key can have: a column for each variable, and which of the
    rows can be selected by one and the same query (`kind`)."""

    facts: Facts
    columns: ColumnsByExpr
    kind: Ints

    @classmethod
    def of(cls, facts: Facts, literals: Sequence[Literal]) -> _Combinations | None:
        """None where there are too many."""
        variables = list(dict.fromkeys(v for c in literals for v in facts.variables(c.key)))
        domains = [facts.listed(v) for v in variables]
        if None in domains or math.prod(len(d) + 1 for d in domains if d is not None) > MOST_ROWS:
            return None
        columns = facts.mesh(variables, failing=True)
        size = len(next(iter(columns.values())))
        possible, told = np.ones(size, bool), list[tuple[Ints, int]]()
        for c in literals:
            if not facts.basis(c.query):
                possible &= _true(facts.evaluate(node(c.op, c.key, c.query), columns))
                continue
            found = facts.evaluate(c.key, columns)
            possible &= found.ok() & _each(found, set(facts.domain(c.query).values).__contains__).astype(bool)
            told.append(_equal(found))
        told += [_equal(columns[v]) for v in filter(facts.uniform, variables)]  # the same for all keys of one input
        rows = np.flatnonzero(possible)
        _, kind = kinds([(number[rows], many) for number, many in told], len(rows))
        return cls(facts, {v: column.take(rows) for v, column in columns.items()}, kind)

    def agree_in(self, e: Expr) -> bool:
        """Whether a sop always has a value, and the same one in all rows of one kind."""
        if not len(self.kind):
            return True
        column, one = self.facts.evaluate(e, self.columns), dict[int, Value]()
        codes, table = codes_of(column)
        if not column.ok().all():
            return False
        first, _ = kinds([(self.kind[::-1], int(self.kind.max()) + 1), (codes[::-1], len(table))], len(codes))
        some = np.sort(len(codes) - 1 - first)  # where each value of a kind occurs first
        met = zip(self.kind[some].tolist(), codes[some].tolist(), strict=True)
        return all(one.setdefault(k, table[c]) == table[c] for k, c in met)

    def most_places(self) -> int:
        """At most how many positions there are in rows of one kind."""
        most = self.facts.max_len
        pairs = np.unique(self.kind * most + self.columns[INDICES].data)  # faster than as columns of a matrix
        return int(np.bincount(pairs // most).max(initial=0))

    def meet(self, condition: Expr) -> bool:
        """Whether a Boolean sop is true in all rows."""
        return not len(self.kind) or bool(_true(self.facts.evaluate(condition, self.columns)).all())


def _true(column: Column) -> Bools:
    """(rows,) where there is a value, and it is true."""
    found: Bools = column.ok() & _each(column, (1, True).__contains__).astype(bool)
    return found


def _each(column: Column, f: Callable[[Value], int]) -> Ints:
    """(rows,) a function of the values, called for each once; anything where they have failed."""
    codes, table = codes_of(column)
    found: Ints = np.array([f(v) for v in table] or [0], np.int64)[codes if table else 0 * codes]
    return found


def _equal(column: Column) -> tuple[Ints, int]:
    """((rows,) numbers that are equal where values are, as keys of a dict; how many there are)"""
    place: dict[Value, int] = {}
    return _each(column, lambda v: place.setdefault(v, len(place))), len(place)


def is_equivalence(facts: Facts, *sops: Expr) -> bool:
    """Whether equality among all values of some sops is transitive, and that of Python: two ratios, or large ints, may
    both be equal to the float that is nearest to them, and a type of a user's own to whatever it likes."""
    domains = [d for s in sops if (d := facts.listed(s)) is not None and d.own]
    if len(domains) < len(sops):
        return False
    if not any(d.types & {float, tuple} for d in domains):
        return True
    leaves = [x for d in domains for v in d.values for x in _leaves(v)]
    exact = any(type(x) is Fraction or (type(x) is int and abs(x) > EXACT_FLOAT) for x in leaves)
    return not (exact and any(type(x) is float for x in leaves))


def _leaves(value: Value) -> Iterator[Value]:
    """The value, or the items of a tuple, and of tuples in it."""
    if type(value) is tuple:
        for v in value:
            yield from _leaves(v)
    else:
        yield value


def _groups(literals: Sequence[Literal], facts: Facts) -> list[list[Literal]]:
    """Comparisons whose keys share variables, directly or through others, together."""
    groups: list[tuple[frozenset[Expr], list[Literal]]] = []
    for c in literals:
        variables, members, others = facts.basis(c.key), [c], []
        for have, group in groups:
            if have & variables:
                variables, members = variables | have, group + members
            else:
                others.append((have, group))
        groups = [*others, (variables, members)]
    return [members for _, members in groups]
