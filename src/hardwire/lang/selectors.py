"""The algebra of selectors: their parts, and their normal forms.

What holds for the values that are compared is not known here: functions that need it take it as an argument
(`Ordered`, `Shifts`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

from ..errors import CompileError
from .expr import INDICES, TRUE, Expr, Op, again, node, unnamed
from .selector import Selector
from .text import formula

EVERYWHERE = node(Op.COMPARE, TRUE, TRUE, arg=Op.EQ)
"""Selects every position."""

LENGTH = node(Op.WIDTH, EVERYWHERE)
"""The number of tokens, at every position."""

MOST_TERMS = 24
"""The most conjunctions that a selector may be a sum of."""

Ordered = Callable[..., bool]
"""ordered(a, b, ...): whether the order of all values of some sops together is known to be total."""


# What a selector is made of.


def parts(selector: Expr, *, from_right: bool = False) -> list[Expr]:
    """The selector and the selectors it is made of, sources first, from left to right or from right to left; not those
    of the aggregates that it compares."""
    found: dict[Expr, None] = {}
    stack = [selector]
    while stack:
        e = stack[-1]
        waiting = [] if e.op is Op.COMPARE else [s for s in e.src if s not in found]
        if waiting:
            stack += waiting if from_right else reversed(waiting)
        else:
            found[stack.pop()] = None
    return list(found)


def comparisons(selector: Expr, *, from_right: bool = False) -> list[Expr]:
    """The comparisons that a selector is made of, each once, in the order of `parts`."""
    return [e for e in parts(selector, from_right=from_right) if e.op is Op.COMPARE]


def operands(e: Expr) -> list[Expr]:
    """a, b, c of a & b & c, each once; likewise of other operations, of sops too."""
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()
    stack = [e]
    while stack:
        at = unnamed(stack.pop())
        if at in seen:
            continue
        seen.add(at)
        if at.op is e.op and at.selector is e.selector:
            stack += reversed(at.src)
        else:
            found[at] = None
    return list(found)


def conditions(selector: Expr) -> list[Expr]:
    """The selectors that must all select, without names."""
    whole = unnamed(selector)
    return operands(whole) if whole.op is Op.AND else [whole]


def all_of(selectors: Sequence[Expr]) -> Expr | None:
    """The conjunction of some selectors; None of none."""
    return reduce(lambda a, b: node(Op.AND, a, b), selectors) if selectors else None


def with_comparisons(selector: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The selector with every comparison changed."""
    new: dict[Expr, Expr] = {}
    for e in parts(selector):
        new[e] = change(e) if e.op is Op.COMPARE else again(e, tuple(new[s] for s in e.src))
    return new[selector]


# Comparisons.


def sides(comparison: Expr) -> tuple[Expr, Expr]:
    """(its key, its query), without names"""
    key, query = comparison.src
    return unnamed(key), unnamed(query)


def negated(comparison: Expr, ordered: Ordered) -> Expr | None:
    """The comparison that selects wherever this one is defined and does not; None where no operator does that."""
    op = comparison.arg
    if not isinstance(op, Op) or not (op.equality or ordered(*comparison.src)):
        return None
    return node(Op.COMPARE, *comparison.src, arg=op.negated)


def merged(either: Expr, ordered: Ordered) -> Expr | None:
    """k < q | k == q as k <= q; None for any other selector, and where the order is not total."""
    if either.op is not Op.OR:
        return None
    a, b = map(unnamed, either.src)
    if not a.op is b.op is Op.COMPARE or sides(a) != sides(b):
        return None
    for strict, equal in ((a.arg, b.arg), (b.arg, a.arg)):
        if equal is Op.EQ and strict in (Op.LT, Op.GT) and ordered(*a.src):
            return node(Op.COMPARE, *a.src, arg=strict.weak)
    return None


class Shifts(Protocol):
    """What has to be known of sops to move one from the key to the query."""

    def uniform(self, e: Expr, /) -> bool:
        """Whether its value is the same at every position."""

    def whole(self, e: Expr, /) -> bool:
        """Whether its values are whole numbers and bools."""


def unshifted(comparison: Expr, known: Shifts) -> Expr:
    """The comparison with shifts of the key that are the same at every position moved to the query.

    key(a + u) == query(q) is key(a) == query(q - u) where a, u and q are whole numbers and u is uniform.
    """
    op = comparison.arg
    if not isinstance(op, Op):
        return comparison
    key, query = unnamed(comparison.src[0]), comparison.src[1]
    while key.op in (Op.ADD, Op.SUB) and all(map(known.whole, (*key.src, query))):
        a, b = key.src
        if known.uniform(b):
            query, key = node(Op.SUB if key.op is Op.ADD else Op.ADD, query, b), unnamed(a)
        elif known.uniform(a) and key.op is Op.ADD:
            query, key = node(Op.SUB, query, a), unnamed(b)
        elif known.uniform(a) and op.equality:  # a - k == q is k == a - q
            query, key = node(Op.SUB, a, query), unnamed(b)
        else:
            break
    return node(Op.COMPARE, key, query, arg=op)


@dataclass(frozen=True)
class Ranking:
    """An order of the positions without ties: by the value of `by`, and positions with equal values from left to right
    or from right to left. A position selects those in front of it, and itself if `inclusive`."""

    by: Expr
    least_first: bool
    leftmost_first: bool
    inclusive: bool


def ranking(selector: Expr) -> Ranking | None:
    """The order that a selector `(key(x) < query(x)) | (key(x) == query(x)) & before` selects by, in any order of
    these, or with `>`, `after`, or an order of positions that includes the query's own; None for any other.

    It is an order without ties if the values of x have a total order.
    """
    either = unnamed(selector)
    if either.op is not Op.OR:
        return None
    for a, b in (either.src, either.src[::-1]):
        a, b = unnamed(a), unnamed(b)
        if not _is_strict(a) or sides(a)[0] is not sides(a)[1] or b.op is not Op.AND:
            continue
        for x, y in (b.src, b.src[::-1]):
            x, y = unnamed(x), unnamed(y)
            same = x.op is Op.COMPARE and x.arg is Op.EQ and sides(x) == sides(a)
            if same and _is_order(y) and sides(y) == (INDICES, INDICES):
                leftmost, inclusive = y.arg in (Op.LT, Op.LE), y.arg in (Op.LE, Op.GE)
                return Ranking(sides(a)[0], least_first=a.arg is Op.LT, leftmost_first=leftmost, inclusive=inclusive)
    return None


def _is_strict(e: Expr) -> bool:
    return e.op is Op.COMPARE and e.arg in (Op.LT, Op.GT)


def _is_order(e: Expr) -> bool:
    return e.op is Op.COMPARE and isinstance(e.arg, Op) and e.arg.order


# Normal forms: one conjunction, and signed sums of conjunctions.


@dataclass(frozen=True)
class Literal:
    """One comparison, or its negation; or a selector that stays whole (`joint`)."""

    atom: Expr
    negated: bool = False

    @property
    def joint(self) -> bool:
        return self.atom.op is not Op.COMPARE

    @property
    def key(self) -> Expr:
        return self.atom.src[0]

    @property
    def query(self) -> Expr:
        return self.atom.src[1]

    @property
    def op(self) -> Any:
        """The comparison with the negation taken in, where it is one of the six; else the predicate. None if joint."""
        if self.joint:
            return None
        op = self.atom.arg
        return op.negated if isinstance(op, Op) and self.negated else op

    @property
    def prefix(self) -> bool:
        """Whether it is an order of the key's and the query's own position."""
        return isinstance(self.op, Op) and self.op.order and sides(self.atom) == (INDICES, INDICES)


Conjunction = tuple[Literal, ...]
Terms = dict[Conjunction, int]
"""A signed sum of conjunctions: an additive aggregate through a selector is that sum of aggregates."""


def selector_of(conjunction: Conjunction) -> Expr:
    """A conjunction as a selector; of no literals, `EVERYWHERE`."""
    return all_of([node(Op.NOT, c.atom) if c.negated else c.atom for c in conjunction]) or EVERYWHERE


def conjuncts(selector: Expr, ordered: Ordered) -> list[Literal]:
    """The selector as one conjunction: a part other than a comparison or a negated one is a joint literal."""
    return list(dict.fromkeys(_literal(e, ordered) for e in conditions(selector)))


def _literal(e: Expr, ordered: Ordered) -> Literal:
    inner = unnamed(e.src[0])
    if e.op is not Op.NOT or inner.op is not Op.COMPARE:
        return Literal(merged(e, ordered) or e)
    negatable = not isinstance(inner.arg, Op) or negated(inner, ordered) is not None
    return Literal(inner, negated=True) if negatable else Literal(e)


def expand(selector: Expr, ordered: Ordered) -> Terms:
    """A selector as a signed sum of conjunctions: [a | b] = [a] + [b] - [a & b], [~a] = 1 - [a].

    Raises CompileError where there are too many.
    """
    done: dict[Expr, Terms] = {}
    for e in parts(selector):
        done[e] = _terms(e, done, ordered)
        if len(done[e]) > MOST_TERMS:
            raise CompileError(
                f"{formula(e)} is a sum of more than {MOST_TERMS} conjunctions of selectors.\n"
                "  Write it with fewer | and ~, or compute part of the condition in a sop first.",
                expression=Selector(e),
            )
    return done[selector]


def _terms(e: Expr, done: dict[Expr, Terms], ordered: Ordered) -> Terms:
    if e.op is Op.COMPARE and e.arg is Op.NE:
        return {(): 1, (Literal(node(Op.COMPARE, *e.src, arg=Op.EQ)),): -1}
    if e.op is Op.COMPARE:
        return {(Literal(e),): 1}
    if e.op is Op.NAME:
        return done[e.src[0]]
    if e.op is Op.NOT:
        inner = unnamed(e.src[0])
        if inner.op is Op.COMPARE and isinstance(inner.arg, Op) and inner.arg.order:
            opposite = negated(inner, ordered)
            if opposite is not None:
                return {(Literal(opposite),): 1}
        return _sum((1, {(): 1}), (-1, done[e.src[0]]))
    one = merged(e, ordered)
    if one is not None:
        return {(Literal(one),): 1}
    a, b = (done[s] for s in e.src)
    both = _product(a, b, ordered)
    return both if e.op is Op.AND else _sum((1, a), (1, b), (-1 if e.op is Op.OR else -2, both))


def _sum(*signed: tuple[int, Terms]) -> Terms:
    result: Terms = {}
    for sign, terms in signed:
        for c, s in terms.items():
            result[c] = result.get(c, 0) + sign * s
    return {c: s for c, s in result.items() if s}


def _product(a: Terms, b: Terms, ordered: Ordered) -> Terms:
    result: Terms = {}
    for x, s in a.items():
        for y, t in b.items():
            both = _conjunction((*x, *y), ordered)
            if both is not None:
                result[both] = result.get(both, 0) + s * t
    return {c: s for c, s in result.items() if s}


def _conjunction(literals: Conjunction, ordered: Ordered) -> Conjunction | None:
    """The literals each once, or None where two exclude each other (k < q and k == q, if their order is total)."""
    unique = tuple(dict.fromkeys(literals))
    signs: dict[tuple[Expr, Expr], frozenset[int]] = {}
    for c in unique:
        if isinstance(c.op, Op):
            pair = sides(c.atom)
            signs[pair] = signs.get(pair, c.op.signs) & c.op.signs
            if not signs[pair] and ordered(*c.atom.src):
                return None
    return unique
