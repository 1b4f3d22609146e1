"""Reports of the expressions that Tracr refuses, or compiles to other answers. hardwire compiles all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..expressions.annotations import is_numerical
from ..expressions.expression import RASPExpr
from ..expressions.selectors import Select
from ..expressions.sops import IndicesType, LinearSequenceMap, SequenceMap, TokensType, TracrAggregate
from ..lowering import walk
from ..rasp.evaluating import DefaultRASPEvaluator


@dataclass(frozen=True)
class TracrUnsupportedExpr:
    """An expression that Tracr does not compile as it is meant, and why."""

    expr: RASPExpr
    reason: str


AGGREGATES_A_NUMBER = "Tracr has no categorical Aggregate of a numerical sop."
AGGREGATES_A_CATEGORY = "Tracr has no numerical Aggregate of a categorical sop."
DEFAULT_NOT_NONE = "Tracr has no default but None in a categorical Aggregate."
DEFAULT_NOT_ZERO = "Tracr has no default but 0 in a numerical Aggregate."
SELECTS_BY_A_NUMBER = "Tracr has no Select with numerical keys or queries."
MAPS_A_NUMBER = "Tracr has no SequenceMap with a numerical operand or result."
ADDS_A_CATEGORY = "Tracr has no LinearSequenceMap with a categorical operand or result."
NUMERICAL_TOKENS = "Tracr has no numerical tokens."
NUMERICAL_INDICES = "Tracr has no numerical indices."
MEAN_OF_CATEGORIES = "Tracr has no categorical Aggregate with a result that is none of the selected values."
MEAN_OF_OTHER_NUMBERS = "Tracr has no numerical Aggregate of numbers other than 0 and 1."


def validate(program: RASPExpr, xs: Any = None) -> list[TracrUnsupportedExpr]:
    """The expressions that Tracr refuses and, with an input, those that its model gets wrong there."""
    found = static_validate(program)
    return found if xs is None else found + dynamic_validate(program, xs)


def static_validate(program: RASPExpr) -> list[TracrUnsupportedExpr]:
    """The expressions that Tracr refuses whatever the input, each once."""
    reasons = ((expr, _static_reason(expr)) for expr in walk(program))
    return [TracrUnsupportedExpr(expr, reason) for expr, reason in reasons if reason is not None]


def dynamic_validate(program: RASPExpr, xs: Any) -> list[TracrUnsupportedExpr]:
    """The expressions that Tracr's model gets wrong on one input. The exceptions of running the program propagate."""
    evaluator = DynamicValidationEvaluator()
    evaluator.evaluate(program, xs)
    return evaluator.unsupported_exprs


class DynamicValidationEvaluator(DefaultRASPEvaluator):
    """Runs a program and collects the expressions that Tracr's model gets wrong in `unsupported_exprs`."""

    def __init__(self) -> None:
        self.unsupported_exprs: list[TracrUnsupportedExpr] = []

    def eval_aggregate(self, sop: TracrAggregate, xs: Any) -> Any:
        """The mean of the selected values, noted where Tracr has none."""
        result, values = super().eval_aggregate(sop, xs), self.evaluate(sop.sop, xs)
        if is_numerical(sop):
            if any(int(value) not in (0, 1) for value in values):
                self._note(sop, MEAN_OF_OTHER_NUMBERS)
        elif any(value is not None and value not in values for value in result):
            self._note(sop, MEAN_OF_CATEGORIES)
        return result

    def _note(self, expr: RASPExpr, reason: str) -> None:
        if not any(found.expr is expr for found in self.unsupported_exprs):
            self.unsupported_exprs.append(TracrUnsupportedExpr(expr, reason))


def _static_reason(expr: RASPExpr) -> str | None:
    """Why Tracr does not compile an expression; None where it does."""
    if isinstance(expr, TokensType | IndicesType):
        reason = NUMERICAL_TOKENS if isinstance(expr, TokensType) else NUMERICAL_INDICES
        return reason if is_numerical(expr) else None
    if isinstance(expr, TracrAggregate):
        return _aggregate_reason(expr)
    if isinstance(expr, Select):
        return SELECTS_BY_A_NUMBER if is_numerical(expr.keys) or is_numerical(expr.queries) else None
    if isinstance(expr, SequenceMap):
        encodings = {is_numerical(x) for x in (expr, expr.fst, expr.snd)}
        if isinstance(expr, LinearSequenceMap):
            return ADDS_A_CATEGORY if False in encodings else None
        return MAPS_A_NUMBER if True in encodings else None
    return None


def _aggregate_reason(expr: TracrAggregate) -> str | None:
    if is_numerical(expr) != is_numerical(expr.sop):
        return AGGREGATES_A_CATEGORY if is_numerical(expr) else AGGREGATES_A_NUMBER
    if is_numerical(expr):
        return DEFAULT_NOT_ZERO if expr.default != 0 or expr.default is None else None
    return DEFAULT_NOT_NONE if expr.default is not None else None
