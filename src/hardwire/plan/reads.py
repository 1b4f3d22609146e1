"""Which parts of a program read which others: that decides which of them may share a direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..analysis import Facts
from ..lang.expr import Expr
from .marks import Mark, marks_of


@dataclass(frozen=True)
class PartReads:
    """How many parts of a program read each of its parts, and one more for those that have a name (`readers`); and the
    numbers of tokens that mark keys which a selector asks for (`marks`)."""

    readers: Mapping[Expr, int] = field(default_factory=dict)
    marks: Mapping[Expr, Mark] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Expr, facts: Facts, names: Collection[Expr]) -> PartReads:
        """Those of a program in which these parts have names."""
        readers = Counter([*names])
        for e in program.walk():
            readers.update(set(e.src))
        return cls(dict(readers), marks_of(program, facts))

    def alone(self, e: Expr) -> bool:
        """Whether one part at most reads an expression, and it has no name."""
        return self.readers.get(e, 0) <= 1


NOTHING = PartReads()
