"""Running a program: each expression on the values of its children, by hardwire's interpreter.

Expressions are run one at a time, so that a subclass may override `evaluate`, and so that the first failure ends the
run with the exception of the function that raised it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NoReturn

from ...errors import EvaluationError
from ...lang.function import Function
from ...lang.surface import raw
from ...run import Failure, run
from ..expressions import selectors, sops
from ..expressions.expression import RASPExpr
from ..meaning import Part, meaning, rows


def evaluate(expr: RASPExpr, xs: Any) -> Any:
    """The value of an expression on one input: a list, for a selector a list of rows."""
    return DefaultRASPEvaluator().evaluate(expr, xs)


class RASPEvaluator(ABC):
    """Evaluates expressions on inputs."""

    @abstractmethod
    def evaluate(self, expr: RASPExpr, xs: Any) -> Any:
        """The value of an expression on one input."""


class DefaultRASPEvaluator(RASPEvaluator):
    """The evaluator of programs. A subclass may override `evaluate`, through which every expression goes."""

    def evaluate(self, expr: RASPExpr, xs: Any) -> Any:
        """The value of an expression on one input. Raises KeyError for a kind of expression that Tracr does not have,
        EvaluationError and what the functions of the program raise."""
        method = _METHODS[type(expr)]
        return getattr(self, method)(expr, xs)

    def eval_tokens(self, sop: sops.TokensType, xs: Any) -> list[Any]:
        """The input."""
        return list(xs)

    def eval_indices(self, sop: sops.IndicesType, xs: Any) -> list[int]:
        """The positions."""
        return list(range(len(xs)))

    def eval_length(self, sop: sops.LengthType, xs: Any) -> list[int]:
        """The length, at every position."""
        return [len(xs)] * len(xs)

    def eval_full(self, sop: sops.Full, xs: Any) -> list[Any]:
        """The constant, at every position."""
        return [sop.fill] * len(xs)

    def eval_constant_sop(self, sop: sops.ConstantSOp, xs: Any) -> Any:
        """The constants. Raises EvaluationError, which is a ValueError."""
        return self._constant(sop, xs)

    def eval_constant_selector(self, selector: selectors.ConstantSelector, xs: Any) -> Any:
        """The constant rows. Raises EvaluationError, which is a ValueError."""
        return self._constant(selector, xs)

    def eval_map(self, sop: sops.Map, xs: Any) -> Any:
        """f of each value."""
        return self._run(sop, xs)

    def eval_sequence_map(self, sop: sops.SequenceMap, xs: Any) -> Any:
        """f of two values at each position."""
        return self._run(sop, xs)

    def eval_selector_width(self, sop: sops.SelectorWidth, xs: Any) -> Any:
        """How many keys each query selects."""
        return self._run(sop, xs)

    def eval_aggregate(self, sop: sops.TracrAggregate, xs: Any) -> Any:
        """The mean of the selected values."""
        return self._run(sop, xs)

    def eval_select(self, selector: selectors.Select, xs: Any) -> Any:
        """The predicate of every query and key."""
        return self._run(selector, xs)

    def eval_selector_and(self, selector: selectors.SelectorAnd, xs: Any) -> Any:
        """The intersection of two selectors."""
        return self._run(selector, xs)

    def eval_selector_or(self, selector: selectors.SelectorOr, xs: Any) -> Any:
        """The union of two selectors."""
        return self._run(selector, xs)

    def eval_selector_not(self, selector: selectors.SelectorNot, xs: Any) -> Any:
        """The complement of a selector."""
        return self._run(selector, xs)

    def _constant(self, expr: sops.ConstantSOp | selectors.ConstantSelector, xs: Any) -> Any:
        if expr.check_length and len(expr.value) != len(xs):
            raise EvaluationError(
                f"{expr.label} has {len(expr.value)} values and the input {len(xs)} tokens", expression=expr
            )
        return expr.value

    def _run(self, expr: RASPExpr, xs: Any) -> list[Any]:
        """The expression on the values of its children."""
        values = [self.evaluate(child, xs) for child in expr.children]
        size = min(map(len, values))  # a constant of another length may be shorter
        parts = [
            Part(rows(value) if child.is_selector else raw(value[:size]))
            for child, value in zip(expr.children, values, strict=True)
        ]
        result = run(meaning(expr, parts).handle, range(size), errors="keep")
        for row in result:
            for value in row if expr.is_selector else (row,):
                if isinstance(value, Failure):
                    _raise(expr, value)
        return list(result)


_METHODS: dict[type, str] = {
    sops.TokensType: "eval_tokens",
    sops.IndicesType: "eval_indices",
    sops.LengthType: "eval_length",
    sops.Full: "eval_full",
    sops.ConstantSOp: "eval_constant_sop",
    sops.Map: "eval_map",
    sops.SequenceMap: "eval_sequence_map",
    sops.LinearSequenceMap: "eval_sequence_map",
    sops.SelectorWidth: "eval_selector_width",
    sops.TracrAggregate: "eval_aggregate",
    selectors.Select: "eval_select",
    selectors.SelectorAnd: "eval_selector_and",
    selectors.SelectorOr: "eval_selector_or",
    selectors.SelectorNot: "eval_selector_not",
    selectors.ConstantSelector: "eval_constant_selector",
}


def _raise(expr: RASPExpr, failure: Failure) -> NoReturn:
    """Raise the exception of the program's function on the failed values, or EvaluationError if it has none."""
    f = failure.expression.arg
    if isinstance(f, Function):
        f(*failure.values)
    raise EvaluationError(
        f"{expr.label} has no value at position {failure.position}: {failure.reason}",
        failure=failure,
        expression=expr,
        position=failure.position,
        value=failure.values or None,
    )
