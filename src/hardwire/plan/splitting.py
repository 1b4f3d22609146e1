"""Selectors of sums as signed conjunctions: prefixes of positions by digits, windows by distance."""

from __future__ import annotations

import math

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import INDICES, Expr, Op, node
from ..lang.selectors import Conjunction, Literal, Terms, comparisons, expand
from ..rewrite.digits import base_of, digits
from .literals import holds

MOST_DISTANCES = 8
"""The most distances that a window of positions is split into."""
MORE_DIGITS = (3, 4)
"""The numbers of digits of a position that are tried in addition to 2."""
SHORT = 8
"""Up to this length a prefix of positions is one table."""


def more_digits(program: Expr, facts: Facts) -> tuple[int, ...]:
    """Into how many digits the positions of prefixes may be split in addition to 2: with more digits a head has fewer
    dimensions, and there are more heads. More that rise as often as fewer do would only add heads."""
    n = facts.max_len
    selectors = {e.src[0] for e in program.walk() if e.op.additive or e.op.adds}
    if n <= SHORT or facts.causal or not any(_has_prefix(s, facts) for s in selectors):
        return ()
    return tuple(c for c in MORE_DIGITS if all(_rises(n, c) < _rises(n, fewer) for fewer in range(2, c)))


def _rises(n: int, count: int) -> int:
    """How often the digits of the positions below n rise in all, each from its least value to its greatest."""
    base = base_of(n, count)
    return sum(min(base, math.ceil(n / base**place)) - 1 for place in range(count))


def _has_prefix(selector: Expr, facts: Facts) -> bool:
    """Whether a selector has a prefix of positions that is split into digits."""
    if not any(Literal(c).prefix for c in comparisons(selector)):
        return False
    try:
        return split(selector, facts, 2) != split(selector, facts, 3)
    except CompileError:
        return True  # a look-up, which is not split


def split(selector: Expr, facts: Facts, count: int) -> Terms:
    """A selector as signed conjunctions, with every prefix of positions split into so many digits or left to the mask.
    Raises CompileError."""
    done: Terms = {}
    for conjunction, sign in expand(selector, facts.ordered).items():
        for part, s in _parts(conjunction, facts, count).items():
            done[part] = done.get(part, 0) + sign * s
    return {c: s for c, s in done.items() if s}


def _parts(conjunction: Conjunction, facts: Facts, count: int) -> Terms:
    window = _window(conjunction, facts)
    if window is not None:
        return window
    for i, literal in enumerate(conjunction):
        if not literal.prefix:
            continue
        rest = conjunction[:i] + conjunction[i + 1 :]
        if facts.causal:
            return _masked(literal, rest, facts, count)
        if facts.max_len <= SHORT:
            continue
        found: Terms = {}
        for by_digit in digits(literal, facts.max_len, count):
            for part, sign in _parts(rest, facts, count).items():
                found[part + by_digit] = found.get(part + by_digit, 0) + sign
        return found
    return {conjunction: 1}


def _window(conjunction: Conjunction, facts: Facts) -> Terms | None:
    """Two or more orders of positions that leave few distances between key and query, as these distances."""
    orders = tuple(c for c in conjunction if c.key is INDICES and isinstance(c.op, Op) and c.op.order)
    if len(orders) < 2 or facts.causal:
        return None
    ahead: set[int] = set(range(1 - facts.max_len, facts.max_len))
    for c in orders:
        shifts = facts.listed(node(Op.SUB, c.query, INDICES))
        if shifts is None or len(shifts) != 1 or shifts.types != {int}:
            return None
        ahead = {d for d in ahead if holds(c, d, shifts.values[0])}
    if len(ahead) > MOST_DISTANCES:
        return None
    rest = tuple(c for c in conjunction if c not in orders)
    queries = (node(Op.ADD, INDICES, node(Op.CONST, arg=d)) if d else INDICES for d in ahead)
    return {(*rest, Literal(node(Op.COMPARE, INDICES, q, arg=Op.EQ))): 1 for q in queries}


def _masked(literal: Literal, rest: Conjunction, facts: Facts, count: int) -> Terms:
    """A prefix, under the mask that hides positions behind the query."""
    here = Literal(node(Op.COMPARE, INDICES, INDICES, arg=Op.EQ))
    if literal.op is Op.GT:
        return {}
    seen = _parts(rest, facts, count)
    own = {(*part, here): sign for part, sign in seen.items()}
    if literal.op is Op.GE:
        return own
    return seen if literal.op is Op.LE else {c: seen.get(c, 0) - own.get(c, 0) for c in (*seen, *own)}
