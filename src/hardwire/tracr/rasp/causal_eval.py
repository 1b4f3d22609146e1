"""Running a program as a causal model does: no query selects a later key."""

from __future__ import annotations

from typing import Any

from ..expressions.expression import RASPExpr
from .evaluating import DefaultRASPEvaluator


class CausalEvaluator(DefaultRASPEvaluator):
    """The evaluator that masks every selector. `length` is still the whole length."""

    def evaluate(self, expr: RASPExpr, xs: Any) -> Any:
        """The value of an expression on one input."""
        value = super().evaluate(expr, xs)
        if not expr.is_selector:
            return value
        return [[cell and key <= query for key, cell in enumerate(row)] for query, row in enumerate(value)]


def evaluate(expr: RASPExpr, xs: Any) -> Any:
    """The value of an expression on one input under the causal mask."""
    return CausalEvaluator().evaluate(expr, xs)
