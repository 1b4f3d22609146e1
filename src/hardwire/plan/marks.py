"""Numbers of tokens that mark the tokens without one, so that these need no mark of their own.

`tokens.map(int)` has no value for "+". What its direction stores there is free: a number below all others, and the
direction itself scores which keys are "+", by how far below the least number a key lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import TOKENS, Expr, Op, node
from ..lang.selectors import Literal
from ..numeric.floats import Floats
from ..run.column import Column

NARROWEST, WIDEST = 4, 32
"""The least and the most that the numbers of a marking function may differ. The errors of gates grow with the
stored number, relatively more in a narrow function; scores grow with it in a wide one."""

Members = frozenset[int]
"""Indices of tokens."""


@dataclass(frozen=True)
class Mark:
    """A number of tokens, the number that it stores for tokens without one, 1 below all others, and these tokens."""

    expr: Expr
    filled: float
    members: Members

    def filled_in(self, table: Floats) -> Floats:
        """(tokens,) its encodings, with that number for the tokens without one."""
        found = table.copy()
        found[sorted(self.members)] = self.filled
        return found


def marks_of(program: Expr, facts: Facts) -> dict[Expr, Mark]:
    """The numbers of tokens that mark the keys which some selector of the program asks for."""
    wanted: set[Members] = set()
    found: dict[Expr, Mark] = {}
    columns = {TOKENS: facts.domain(TOKENS).column}
    for e in program.walk():
        if e.op is Op.COMPARE and isinstance(e.arg, Op):
            c = Literal(e)
            if not facts.basis(c.query) and facts.basis(c.key) == {TOKENS}:
                wanted.add(members(node(c.op, c.key, c.query), facts) if isinstance(c.op, Op) else frozenset())
        elif not e.selector and facts.basis(e) == {TOKENS} and e is not TOKENS:
            mark = _mark(e, facts, columns)
            if mark is not None:
                found[e] = mark
    return {e: m for e, m in found.items() if m.members in wanted}


def members(condition: Expr, facts: Facts) -> Members:
    """The tokens of which a condition is true."""
    column = facts.evaluate(condition, {TOKENS: facts.domain(TOKENS).column})
    good = column.ok().tolist()
    return frozenset(i for i, (v, ok) in enumerate(zip(column.values(), good, strict=True)) if ok and v is True)


def _mark(e: Expr, facts: Facts, columns: dict[Expr, Column]) -> Mark | None:
    """The mark of a function of tokens; `columns`: its parts, for every token, to which it is added."""
    try:
        domain = facts.domain(e)
    except CompileError:
        return None
    columns[e] = facts.evaluate(e, columns)
    failed = np.flatnonzero(~columns[e].ok()).tolist()
    if not failed or not domain.values or not domain.whole or not domain.plain:
        return None
    low, high = int(min(domain.values)), int(max(domain.values))
    return Mark(e, float(low - 1), frozenset(failed)) if NARROWEST <= high - low <= WIDEST else None
