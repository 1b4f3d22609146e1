"""What position and length alone decide: worked out for every length up to max_len, by the interpreter itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from ..lang.expr import Expr, Op
from ..lang.values import Value
from ..run.batch import Batch
from ..run.column import Column, constant
from ..run.elementwise import elementwise
from ..run.failure import FailureLog, Ints
from ..run.interpreter import Run

MOST_POSITIONS = 600_000
"""How many (length, position) pairs are enumerated; beyond, positions are only bounded."""


def evaluate(expr: Expr, given: Mapping[Expr, Column], log: FailureLog) -> Column:
    """A sop on columns of some of the expressions below it; constants need none."""
    size = len(next(iter(given.values()))) if given else 1
    held: dict[Expr, Column] = {}
    stack = [expr]
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
        elif at.op.transparent:
            held[at] = held[at.src[0]]
        else:
            held[at] = elementwise(at, [held[s] for s in at.src], log)
    return held[expr]


class Tables:
    """The values of sops without tokens, by length and position."""

    def __init__(self, vocab: Sequence[Value], max_len: int, log: FailureLog, *, causal: bool) -> None:
        self._vocab, self._max_len, self._causal, self._log = vocab, max_len, causal, log
        self._known: dict[Expr, Column] = {}

    @property
    def complete(self) -> bool:
        """Whether every (length, position) pair is looked at."""
        return self._max_len * (self._max_len + 1) // 2 <= MOST_POSITIONS

    @property
    def position(self) -> Ints:
        """(pairs,) the position of each (length, position) pair, in the order of the columns."""
        return self._lengths.batch.position

    def of(self, expr: Expr) -> Column:
        """(pairs,) the values of a sop without tokens."""
        known = self._known
        if expr not in known:
            step = not expr.op.aggregate and expr.src and all(s in known or not s.src for s in expr.src)
            if step and not expr.op.transparent:
                known[expr] = elementwise(expr, [self.of(s) for s in expr.src], self._log)
            else:
                known[expr] = self._lengths.column(expr)
        return known[expr]

    @cached_property
    def _lengths(self) -> Run:
        some = self._vocab[0] if self._vocab else 0
        inputs = tuple([some] * n for n in range(self._max_len + 1))
        return Run(Batch(inputs, np.arange(self._max_len + 1)), causal=self._causal, log=self._log)
