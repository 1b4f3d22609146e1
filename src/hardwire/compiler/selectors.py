"""Selectors in the two normal forms that heads need: signed sums of conjunctions, and one conjunction.

A sum through a selector is the same sum of sums; what picks one key needs the whole selector in one score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..errors import CompileError
from ..lang.expr import INDICES, TRUE, Expr, Op, node, unnamed
from ..lang.ops import Result
from ..lang.selector import Selector
from ..lang.text import formula
from ..run.cells import attempt, predicate
from .analyse import Analysis, operands

MOST_TERMS = 24
"""The most conjunctions that a selector may be a sum of."""


@dataclass(frozen=True)
class Literal:
    """One comparison, or its opposite; or a selector that stays whole, whose truth table is one score (`joint`)."""

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
        """The comparison with the negation taken in, where it is one of the six; else the predicate."""
        if self.joint:
            return None
        if isinstance(self.atom.arg, Op) and self.negated:
            return self.atom.arg.negated
        return self.atom.arg

    def test(self, key: Any, query: Any) -> bool | None:
        """Whether the pair is selected; None where that fails."""
        answer = attempt(self.atom, predicate(self.atom), key, query)
        return None if isinstance(answer, str) else answer != self.negated


Conjunction = tuple[Literal, ...]
Terms = dict[Conjunction, int]
"""A signed sum of conjunctions: what a sum through a selector is made of."""


class Holds:
    """A literal as a function of a key's and a query's value."""

    def __init__(self, literal: Literal) -> None:
        self.literal = literal
        self.key = (Holds, literal)
        self.label = "holds"
        self.original = self

    def __call__(self, key: Any, query: Any) -> bool:
        answer = self.literal.test(key, query)
        if answer is None:
            raise ValueError("the comparison fails")
        return answer


def simple(x: Expr) -> Expr:
    """where(c, 1, 0) of a Boolean c as c itself."""
    if x.op is Op.WHERE and unnamed(x.src[1]).op is Op.CONST and unnamed(x.src[2]).op is Op.CONST:
        c, a, b = map(unnamed, x.src)
        if c.op.result is Result.BOOL and type(a.arg) is int and a.arg == 1 and b.arg == 0:
            return c
    return x


def parts(selector: Expr) -> list[Expr]:
    """The selector and the selectors it is made of, sources first; not those inside of the sops it compares."""
    found: dict[Expr, None] = {}
    stack = [selector]
    while stack:
        e = stack[-1]
        waiting = [] if e.op is Op.COMPARE else [s for s in e.src if s not in found]
        if e in found or not waiting:
            found[stack.pop()] = None
        else:
            stack += waiting
    return list(found)


def is_prefix(c: Literal) -> bool:
    return isinstance(c.op, Op) and c.op.order and unnamed(c.key) is unnamed(c.query) is INDICES


def digits(c: Literal, max_len: int) -> tuple[Conjunction, Conjunction]:
    """An order of positions as (in the query's own block, in a block before or behind)."""
    base = node(Op.CONST, arg=max(2, math.isqrt(max_len - 1) + 1))
    high, low = node(Op.FLOORDIV, INDICES, base), node(Op.MOD, INDICES, base)
    same = Literal(node(Op.COMPARE, high, high, arg=Op.EQ))
    near = Literal(node(Op.COMPARE, low, low, arg=c.op))
    return (same, near), (Literal(node(Op.COMPARE, high, high, arg=c.op.strict)),)


def same_digits(query: Expr, max_len: int) -> Conjunction:
    """key(indices) == query(q) as equality of both digits."""
    base = node(Op.CONST, arg=max(2, math.isqrt(max_len - 1) + 1))
    return tuple(
        Literal(node(Op.COMPARE, node(op, INDICES, base), node(op, query, base), arg=Op.EQ))
        for op in (Op.FLOORDIV, Op.MOD)
    )


def selector_of(conjunction: Conjunction) -> Expr:
    parts = [node(Op.NOT, c.atom) if c.negated else c.atom for c in conjunction]
    if not parts:
        return node(Op.COMPARE, TRUE, TRUE, arg=Op.EQ)
    result = parts[0]
    for p in parts[1:]:
        result = node(Op.AND, result, p)
    return result


def expand(selector: Expr, facts: Analysis) -> Terms:
    """A selector as a signed sum of conjunctions: [a | b] = [a] + [b] - [a & b], [~a] = 1 - [a]."""
    done: dict[Expr, Terms] = {}
    for e in parts(selector):
        if e.op is Op.COMPARE:
            if e.arg is Op.NE:
                done[e] = {(): 1, (Literal(node(Op.COMPARE, *e.src, arg=Op.EQ)),): -1}
            else:
                done[e] = {(Literal(e),): 1}
        elif e.op is Op.NAME:
            done[e] = done[e.src[0]]
        elif e.op is Op.NOT:
            inner = unnamed(e.src[0])
            if inner.op is Op.COMPARE and inner.arg not in (Op.EQ, Op.NE) and _negatable(inner, facts):
                done[e] = {(Literal(node(Op.COMPARE, *inner.src, arg=inner.arg.negated)),): 1}
            else:
                done[e] = _sum((1, {(): 1}), (-1, done[e.src[0]]))
        else:
            a, b = (done[s] for s in e.src)
            merged = _merged_order(e, facts)
            if merged is not None:
                done[e] = {(Literal(merged),): 1}
                continue
            both = _product(a, b)
            if e.op is Op.AND:
                done[e] = both
            else:
                done[e] = _sum((1, a), (1, b), (-1 if e.op is Op.OR else -2, both))
        if len(done[e]) > MOST_TERMS:
            raise CompileError(
                f"{formula(e)} is a sum of more than {MOST_TERMS} conjunctions of selectors.\n"
                "  Write it with fewer | and ~, or compute part of the condition in a sop first.",
                expression=Selector(e),
            )
    return done[selector]


def _sum(*parts: tuple[int, Terms]) -> Terms:
    result: Terms = {}
    for sign, terms in parts:
        for c, s in terms.items():
            result[c] = result.get(c, 0) + sign * s
    return {c: s for c, s in result.items() if s}


def _product(a: Terms, b: Terms) -> Terms:
    result: Terms = {}
    for x, s in a.items():
        for y, t in b.items():
            both = _conjunction((*x, *y))
            if both is not None:
                result[both] = result.get(both, 0) + s * t
    return {c: s for c, s in result.items() if s}


def _conjunction(literals: Conjunction) -> Conjunction | None:
    """The literals each once, or None where two exclude each other (k < q and k == q)."""
    unique = tuple(dict.fromkeys(literals))
    signs: dict[tuple[Expr, Expr], frozenset[int]] = {}
    for c in unique:
        if isinstance(c.op, Op):
            sides = unnamed(c.key), unnamed(c.query)
            signs[sides] = signs.get(sides, c.op.signs) & c.op.signs
            if not signs[sides]:
                return None
    return unique


def _negatable(comparison: Expr, facts: Analysis) -> bool:
    """Whether the opposite of a comparison is one of the six: of an order, only if that is total."""
    return comparison.arg in (Op.EQ, Op.NE) or (isinstance(comparison.arg, Op) and facts.ordered(*comparison.src))


def _merged_order(e: Expr, facts: Analysis) -> Expr | None:
    """k < q | k == q as k <= q, where the order is total."""
    a, b = map(unnamed, e.src)
    if e.op is Op.OR and a.op is b.op is Op.COMPARE and tuple(map(unnamed, a.src)) == tuple(map(unnamed, b.src)):
        for x, y in ((a, b), (b, a)):
            if y.arg is Op.EQ and x.arg in (Op.LT, Op.GT) and facts.ordered(*a.src):
                return node(Op.COMPARE, *a.src, arg=x.arg.weak)
    return None


def _negated(e: Expr, facts: Analysis) -> bool:
    """Whether e, a `~`, is of a comparison that can be taken the other way round."""
    inner = unnamed(e.src[0])
    return inner.op is Op.COMPARE and (not isinstance(inner.arg, Op) or _negatable(inner, facts))


def conjuncts(selector: Expr, facts: Analysis) -> list[Literal]:
    """A selector as one conjunction of comparisons, for a head that needs it whole. Raises CompileError."""
    found: list[Literal] = []
    whole = unnamed(selector)
    for e in operands(whole) if whole.op is Op.AND else [whole]:
        if e.op is Op.COMPARE:
            found.append(Literal(e))
        elif e.op is Op.NOT and _negated(e, facts):
            found.append(Literal(unnamed(e.src[0]), negated=True))
        elif (merged := _merged_order(e, facts) if e.op is Op.OR else None) is not None:
            found.append(Literal(merged))
        else:
            found.append(Literal(e))
    return list(dict.fromkeys(found))
