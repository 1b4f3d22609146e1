"""The names of programs: `from hardwire.tracr.rasp import rasp` in place of `from tracr.rasp import rasp`."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from ..expressions.annotations import (
    DEFAULT_ANNOTATORS,
    Annotations,
    Encoding,
    RASPExprT,
    SOpT,
    annotate,
    categorical,
    default_encoding,
    default_name,
    get_encoding,
    is_categorical,
    is_numerical,
    numerical,
)
from ..expressions.expression import RASPExpr, sop_not
from ..expressions.expression import TracrSelector as Selector
from ..expressions.expression import TracrSOp as SOp
from ..expressions.functions import TracrComparison as Comparison
from ..expressions.selectors import (
    ConstantSelector,
    Select,
    SelectorAnd,
    SelectorNot,
    SelectorOr,
    selector_and,
    selector_not,
    selector_or,
)
from ..expressions.sops import (
    ConstantSOp,
    Full,
    IndicesType,
    LengthType,
    LinearSequenceMap,
    Map,
    SelectorWidth,
    SequenceMap,
    TokensType,
    indices,
    length,
    tokens,
)
from ..expressions.sops import TracrAggregate as Aggregate
from .evaluating import DefaultRASPEvaluator, RASPEvaluator, evaluate

for _name, _class in {"SOp": SOp, "Selector": Selector, "Aggregate": Aggregate, "Comparison": Comparison}.items():
    # Programs and their users see the public names; inside hardwire each class has a name of its own.
    _class.__name__ = _class.__qualname__ = _name
    _class.__module__ = __name__

Value = None | int | float | str | bool
NumericValue = int | float
SelectorValue = list[list[bool]]
VT = TypeVar("VT", bound=Value)
T = TypeVar("T")


class Annotator(Protocol):
    """Computes an annotation of an expression."""

    def __call__(self, expr: RASPExpr) -> Any: ...


class Predicate(Protocol):
    """Decides whether a query selects a key."""

    def __call__(self, key: Any, query: Any) -> bool: ...


__all__ = [
    "DEFAULT_ANNOTATORS",
    "VT",
    "Aggregate",
    "Annotations",
    "Annotator",
    "Comparison",
    "ConstantSOp",
    "ConstantSelector",
    "DefaultRASPEvaluator",
    "Encoding",
    "Full",
    "IndicesType",
    "LengthType",
    "LinearSequenceMap",
    "Map",
    "NumericValue",
    "Predicate",
    "RASPEvaluator",
    "RASPExpr",
    "RASPExprT",
    "SOp",
    "SOpT",
    "Select",
    "Selector",
    "SelectorAnd",
    "SelectorNot",
    "SelectorOr",
    "SelectorValue",
    "SelectorWidth",
    "SequenceMap",
    "T",
    "TokensType",
    "Value",
    "annotate",
    "categorical",
    "default_encoding",
    "default_name",
    "evaluate",
    "get_encoding",
    "indices",
    "is_categorical",
    "is_numerical",
    "length",
    "numerical",
    "selector_and",
    "selector_not",
    "selector_or",
    "sop_not",
    "tokens",
]
