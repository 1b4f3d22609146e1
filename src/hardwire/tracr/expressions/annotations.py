"""Annotations: names and encodings of expressions. They change labels and the form of an answer, never a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from .expression import RASPExpr

RASPExprT = TypeVar("RASPExprT", bound="RASPExpr")
SOpT = TypeVar("SOpT", bound="RASPExpr")


class Encoding(Enum):
    """How Tracr stores a value: one direction for each value, or one number. hardwire chooses for itself."""

    CATEGORICAL = "categorical"
    NUMERICAL = "numerical"


def default_encoding(expr: RASPExpr) -> Encoding:
    """The encoding of a sop that says nothing of it. Raises TypeError for a selector."""
    if expr.is_selector:
        raise TypeError(f"{expr.label} is a selector, which has no encoding")
    return Encoding.CATEGORICAL


def default_name(expr: RASPExpr) -> str:
    """The name of an expression that says nothing of it: the kind of expression."""
    return expr.default_name


DEFAULT_ANNOTATORS: dict[str, Callable[[Any], Any]] = {"encoding": default_encoding, "name": default_name}
"""The default of each annotation as a function of the expression, by key; entries may be added."""


class Annotations(Mapping[str, Any]):
    """The annotations of one expression. Iteration shows those that were set or read; `[]` computes defaults."""

    def __init__(self, expr: RASPExpr, own: Mapping[str, Any]) -> None:
        self._expr, self._known = expr, dict(own)

    def __getitem__(self, key: str) -> Any:
        if key not in self._known:
            self._known[key] = DEFAULT_ANNOTATORS[key](self._expr)
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def annotate(expr: RASPExprT, **annotations: Any) -> RASPExprT:
    """A copy of the expression with these annotations added."""
    return expr.annotated(**annotations)


def numerical(sop: SOpT) -> SOpT:
    """A copy whose answer is a number, as in Tracr; the model is the same."""
    return annotate(sop, encoding=Encoding.NUMERICAL)


def categorical(sop: SOpT) -> SOpT:
    """A copy whose answer is one of some values; the default."""
    return annotate(sop, encoding=Encoding.CATEGORICAL)


def get_encoding(sop: RASPExpr) -> Encoding:
    """The encoding of a sop. Raises TypeError for a selector."""
    encoding: Encoding = sop.annotations["encoding"]
    return encoding


def is_numerical(sop: RASPExpr) -> bool:
    """Whether a sop is annotated as numerical. Raises TypeError for a selector."""
    return get_encoding(sop) is Encoding.NUMERICAL


def is_categorical(sop: RASPExpr) -> bool:
    """Whether a sop is categorical, which is the default. Raises TypeError for a selector."""
    return get_encoding(sop) is Encoding.CATEGORICAL
