"""The values of expressions at every position of some inputs, as the interpreter finds them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from hardwire.lang.expr import Expr
from hardwire.lang.values import Value, exact, leave
from hardwire.run.batch import Batch
from hardwire.run.failure import FailureLog
from hardwire.run.interpreter import Run


@dataclass(frozen=True)
class Position:
    """The value of an expression at one position, where it has one."""

    ok: bool
    value: Value

    def is_kept_by(self, other: Position, typed: bool) -> bool:
        """A failure may become a value, a value stays what it is; where types may change, its equal."""
        if not self.ok:
            return True
        if not other.ok:
            return False
        return exact(self.value) == exact(other.value) or (not typed and leave(self.value) == leave(other.value))


class Values:
    """The values of expressions at all positions of inputs."""

    def __init__(self, inputs: list[list[Value]], causal: bool) -> None:
        self.ends = list(itertools.accumulate(map(len, inputs), initial=0))
        self.run = Run(Batch.of(inputs), causal, FailureLog())

    def of(self, e: Expr) -> list[Position]:
        column = self.run.column(e)
        return [Position(ok, v) for ok, v in zip(column.ok().tolist(), column.values(), strict=True)]

    def by_input(self, e: Expr) -> Iterator[list[Position]]:
        every = self.of(e)
        for start, end in itertools.pairwise(self.ends):
            yield every[start:end]
