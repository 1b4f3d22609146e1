"""What decides the value of a sop at a position, as its form shows."""

from __future__ import annotations

from ..lang.expr import Expr, Op
from ..lang.selectors import comparisons


class Dependencies:
    """What the expressions of one program depend on."""

    def __init__(self, *, causal: bool) -> None:
        self._causal = causal
        self._variables: dict[Expr, tuple[Expr, ...]] = {}
        self._token_free: dict[Expr, bool] = {}
        self._uniform: dict[Expr, bool] = {}

    def variables(self, expr: Expr) -> tuple[Expr, ...]:
        """The leaves and aggregates whose values at a position decide the value of a sop there, in a fixed order."""
        known = self._variables
        if expr in known:
            return known[expr]
        for e in [expr] if all(s in known for s in expr.src) else expr.walk():
            if e not in known and not e.selector:
                known[e] = (e,) if e.op.variable else tuple(dict.fromkeys(x for s in e.src for x in known[s]))
        return known[expr]

    def token_free(self, expr: Expr) -> bool:
        """Whether position and length alone decide its values."""
        known = self._token_free
        if expr in known:
            return known[expr]
        for e in [expr] if all(s in known for s in expr.src) else expr.walk():
            if e not in known:
                known[e] = e.op is not Op.TOKENS and not e.op.barrier and all(known[s] for s in e.src)
        return known[expr]

    def uniform(self, expr: Expr) -> bool:
        """Whether the value of a sop is the same at every position, independent of the query."""
        if expr not in self._uniform:
            self._uniform[expr] = self._is_uniform(expr)
        return self._uniform[expr]

    def _is_uniform(self, expr: Expr) -> bool:
        if self._causal:
            return not self.variables(expr)
        for base in self.variables(expr):
            if not base.op.aggregate or not self._uniform_queries(base.source("selector")):
                return False
            if base.op.defaulted and not self.uniform(base.source("default")):
                return False
        return True

    def _uniform_queries(self, selector: Expr) -> bool:
        return all(self.uniform(c.src[1]) for c in comparisons(selector))
