"""What the condition on inputs says of single aggregates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..errors import CompileError
from ..lang.expr import Expr, node, substitute
from ..lang.selectors import conditions
from ..lang.sop import SOp
from ..lang.text import formula
from ..run.column import Column
from ..run.failure import Failed, FailureLog
from .dependencies import Dependencies
from .domain import Domain
from .tables import evaluate

Rewriting = Mapping[Expr, Expr]
"""What every part of a program becomes."""


class Evaluates(Protocol):
    def evaluate(self, e: Expr, given: Mapping[Expr, Column], /) -> Column: ...


@dataclass(frozen=True)
class Assumptions:
    """Conditions that are true at every position of every valid input, by the one aggregate that each is about."""

    by_aggregate: Mapping[Expr, tuple[Expr, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, condition: Expr, *, causal: bool) -> Assumptions:
        """What a Boolean sop says that is true everywhere: the parts of a conjunction, as far as they narrow
        aggregates."""
        depends = Dependencies(causal=causal)
        found: dict[Expr, tuple[Expr, ...]] = {}
        for e in conditions(condition):
            about = depends.variables(e)
            if len(about) == 1 and about[0].op.aggregate and _needs(e, about[0]):
                found[about[0]] = (*found.get(about[0], ()), e)
        return cls(found)

    def __contains__(self, aggregate: Expr) -> bool:
        return aggregate in self.by_aggregate

    def narrowed(self, aggregate: Expr, domain: Domain, by: Evaluates) -> Domain:
        """The values of an aggregate that satisfy all conditions on it. Raises CompileError if no value does."""
        for condition in self.by_aggregate.get(aggregate, ()):
            col = by.evaluate(condition, {aggregate: domain.column})
            truth = zip(domain.values, col.values(), col.ok().tolist(), strict=True)
            domain = Domain.of(v for v, true, ok in truth if ok and true in (1, True))
            if not domain.values:
                message = f"no input is valid: {formula(condition)} is true of none"
                raise CompileError(message, expression=SOp(condition))
        return domain

    def after(self, rewriting: Rewriting) -> Assumptions:
        """The same for a rewritten program: an assumption about an aggregate also holds for its replacement.

        An assumption is about values, which rewriting keeps; a selector that fails meets no assumption.
        """
        found = dict(self.by_aggregate)
        for e, about in self.by_aggregate.items():
            if not all(s in rewriting for s in e.src):
                continue
            new = node(e.op, *(rewriting[s] for s in e.src), arg=e.arg)
            if new is not e:
                moved = [substitute(c, e, new) for c in about]
                found[new] = tuple(dict.fromkeys([*found.get(new, ()), *moved]))
        return self if found == self.by_aggregate else Assumptions(found)


def _needs(condition: Expr, aggregate: Expr) -> bool:
    """Whether a condition on one aggregate is not true where that has no value: `True | x` is."""
    log = FailureLog()
    log.add(condition, (), "no value")
    nothing = Column(np.zeros(1, bool), failed=Failed(np.zeros(1, np.int64), np.zeros(1, np.int64)))
    return not evaluate(condition, {aggregate: nothing}, log).ok().any()
