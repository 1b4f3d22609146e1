"""Selectors as the scores of heads: one part for each comparison of a conjunction."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..constructions import attention as at
from ..constructions.form import ZERO, Form
from ..constructions.lookups import agreement
from ..errors import CompileError
from ..lang.expr import TOKENS, TRUE, Expr, Op, node
from ..lang.selector import Selector
from ..lang.selectors import Literal
from ..lang.text import formula
from .choice import Rejected
from .equality import equality
from .hinges import hinges
from .literals import Holds, holds
from .marks import members
from .need import Need, Scored
from .planning import Planning
from .relation import table
from .restored import bit


def score(p: Planning, literals: list[Literal], need: Need) -> Scored:
    """The score of a conjunction. Raises CompileError."""
    result = Scored(at.Score())
    for literal in literals:
        part = p.scored.get((literal, need)) or _literal(p, literal, need)
        p.scored[literal, need] = part  # conjunctions of one selector have comparisons in common
        result = Scored(
            result.score + part.score,
            result.constructions + part.constructions,
            result.alternatives + part.alternatives,
        )
    return result


def below(p: Planning, scored: at.Score, unit: float) -> float | None:
    """How far BOS may lie below the selected keys where there always are some: below every key in a dimension that is
    the same for all queries. Then it needs no dimension of its own (`assemble.narrow`). None without such
    a dimension."""
    lows = [
        p.ranges.of(key * q.terms[real])[0]
        for q, key in at.merged(scored.pairs, p.stream.format)
        for real in p.bias.terms
        if q.terms.keys() == p.bias.terms.keys()
    ]
    return None if not lows else 2.0 ** math.ceil(math.log2(unit - min(0.0, *lows)))


def _literal(p: Planning, c: Literal, need: Need) -> Scored:
    if c.joint:
        return Scored(table(p, c, need), ("table",))
    if is_constant(p, c):
        return Scored(at.Score()) if constantly(p, c) else Scored(at.query_bit(ZERO, p.bias, need.unit), ("no key",))
    if not p.facts.basis(c.query):
        asked = condition(p, c, c.key)
        found = _marked(p, asked) or bit(p, asked, need)
        return Scored(at.key_bit(found, p.bias, need.unit), ("key bit",))
    if not p.facts.basis(c.key):
        found = bit(p, condition(p, c, c.query), replace(need, shared=False))
        return Scored(at.query_bit(found, p.bias, need.unit), ("query bit",))
    rejected: tuple[Rejected, ...] = ()
    if c.op is Op.EQ and all(set(p.facts.domain(side).values) == {-1, 1} for side in (c.query, c.key)):
        return Scored(agreement([p.form(c.query)], [p.form(c.key)], p.bias, need.unit), ("agreement",))
    if c.op is Op.EQ and need.squares:
        squares = equality(p, c, need)
        if isinstance(squares, at.Score):
            return Scored(squares, ("equality",))
        rejected = (squares,)
    if need.hinges and max(p.form(side).error for side in (c.key, c.query)):
        found_hinges = hinges(p, c, need.unit)
        if isinstance(found_hinges, at.Score):
            return Scored(found_hinges, ("hinges",), rejected)
        rejected += (found_hinges,)
    return Scored(table(p, c, need), ("table",), rejected)


def _marked(p: Planning, asked: Expr) -> Form | None:
    """1 where a condition on tokens is true, and otherwise 0 or less, read off a number that marks these tokens; None
    where no number marks them."""
    if p.facts.basis(asked) != {TOKENS} or p.stream.sharpness.soft:
        return None
    wanted = members(asked, p.facts)
    mark = next((m for m in p.reads.marks.values() if m.members == wanted), None)
    return None if mark is None else p.stream.constant(mark.filled + 1) - p.form(mark.expr)


def is_constant(p: Planning, c: Literal) -> bool:
    """Whether a comparison is the same for every key and query."""
    return not c.joint and not p.facts.basis(c.query) and not p.facts.basis(c.key)


def constantly(p: Planning, c: Literal) -> bool:
    """Whether a comparison of constants is true."""
    return bool(holds(c, _constant(p, c.key), _constant(p, c.query)))


def _constant(p: Planning, e: Expr) -> Any:
    return e.arg if e.op is Op.CONST else p.facts.domain(e).values[0]


def condition(p: Planning, literal: Literal, side: Expr) -> Expr:
    """A comparison with a constant as a Boolean expression."""
    other = literal.query if side is literal.key else literal.key
    if isinstance(literal.op, Op):
        truth = literal.op is Op.EQ and other is TRUE and all(v in (0, 1) for v in p.facts.domain(side).values)
        return side if truth else node(literal.op, literal.key, literal.query)
    found = node(Op.MAP, literal.key, literal.query, arg=Holds(literal))
    try:
        p.facts.domain(found)
    except CompileError as error:  # as the user wrote it
        written = error.message.replace(formula(found), formula(literal.atom))
        raise CompileError(written, expression=Selector(literal.atom), remedies=error.remedies) from None
    return found
