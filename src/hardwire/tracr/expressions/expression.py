"""The base classes of expressions, and the operators of sops and selectors.

Expressions are plain Python objects, as in Tracr: programs annotate, copy and inspect them. Their meaning is in
`meaning.py`, which turns them into expressions of hardwire.
"""

from __future__ import annotations

import copy
import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn, Self

from ...errors import BuildError, OperandError
from ...lang.text import constant
from .annotations import Annotations
from .functions import BinaryOperator, Negation, WithConstant

_ids = itertools.count(1)


class RASPExpr(ABC):
    """An expression: a sop or a selector."""

    default_name: ClassVar[str] = "expr"
    is_selector: ClassVar[bool] = False

    def __init__(self) -> None:
        self._annotations = Annotations(self, {})
        self._id: int | None = None

    @property
    @abstractmethod
    def children(self) -> Sequence[RASPExpr]:
        """The expressions that this one is computed from."""

    def __call__(self, xs: Any) -> Any:
        """The value on one input: a list, for selectors a list of rows, one a query."""
        from ..rasp.evaluating import evaluate

        return evaluate(self, xs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def annotations(self) -> Mapping[str, Any]:
        """The annotations, with defaults computed when they are read; a mapping that is assigned replaces all."""
        return self._annotations

    @annotations.setter
    def annotations(self, new: Mapping[str, Any]) -> None:
        self._annotations = Annotations(self, new)

    @property
    def name(self) -> Any:
        """The annotation "name"."""
        return self.annotations["name"]

    @property
    def label(self) -> str:
        """The name and the id, which tells expressions of one name apart."""
        return f"{self.name}_{self.unique_id}"

    @property
    def unique_id(self) -> int:
        """A number that no other expression of this process has, given when it is first read."""
        if self._id is None:
            self._id = next(_ids)
        return self._id

    def copy(self) -> Self:
        """A shallow copy with an id of its own."""
        new = copy.copy(self)
        new._id = None
        new._annotations = Annotations(new, self._annotations)
        return new

    def named(self, name: str) -> Self:
        """A copy with this name."""
        return self.annotated(name=name)

    def annotated(self, **annotations: Any) -> Self:
        """A copy with these annotations added."""
        new = self.copy()
        new.annotations = {**self._annotations, **annotations}
        return new


class TracrSOp(RASPExpr):
    """A sequence operation, which maps an input of n tokens to n values."""

    default_name = "sop"
    __array_ufunc__ = None  # `np.int64(1) + x` asks the sop
    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: object) -> TracrSOp:
        return _operated("+", self, other)

    def __radd__(self, other: object) -> TracrSOp:
        return _operated("+", self, other, constant_first=True)

    def __sub__(self, other: object) -> TracrSOp:
        return _operated("-", self, other)

    def __rsub__(self, other: object) -> TracrSOp:
        return _operated("-", self, other, constant_first=True)

    def __mul__(self, other: object) -> TracrSOp:
        return _operated("*", self, other)

    def __rmul__(self, other: object) -> TracrSOp:
        return _operated("*", self, other, constant_first=True)

    def __truediv__(self, other: object) -> TracrSOp:
        return _operated("/", self, other)

    def __rtruediv__(self, other: object) -> TracrSOp:
        return _operated("/", self, other, constant_first=True)

    def __eq__(self, other: object) -> TracrSOp:  # type: ignore[override]
        return _compared("==", self, other)

    def __ne__(self, other: object) -> TracrSOp:  # type: ignore[override]
        return _compared("!=", self, other)

    def __lt__(self, other: object) -> TracrSOp:
        return _compared("<", self, other)

    def __le__(self, other: object) -> TracrSOp:
        return _compared("<=", self, other)

    def __gt__(self, other: object) -> TracrSOp:
        return _compared(">", self, other)

    def __ge__(self, other: object) -> TracrSOp:
        return _compared(">=", self, other)

    def __and__(self, other: object) -> TracrSOp:
        return _operated("and", self, other)

    def __rand__(self, other: object) -> TracrSOp:
        return _operated("and", self, other, constant_first=True)

    def __or__(self, other: object) -> TracrSOp:
        return _operated("or", self, other)

    __ror__ = __or__  # with a constant on the left too, the sop comes first

    def __invert__(self) -> TracrSOp:
        return sop_not(self)


class TracrSelector(RASPExpr):
    """A Boolean matrix for each input: row i holds which keys query i selects."""

    default_name = "selector"
    is_selector = True

    def __and__(self, other: Any) -> TracrSelector:
        from .selectors import selector_and

        return selector_and(self, other)

    def __or__(self, other: Any) -> TracrSelector:
        from .selectors import selector_or

        return selector_or(self, other)

    def __invert__(self) -> TracrSelector:
        from .selectors import selector_not

        return selector_not(self)

    __rand__ = __and__
    __ror__ = __or__


def sop_not(sop: TracrSOp) -> TracrSOp:
    """`not x` of each value."""
    from .sops import Map

    return Map(Negation(), sop)


def _operated(symbol: str, sop: TracrSOp, other: object, *, constant_first: bool = False) -> TracrSOp:
    from .sops import Map, SequenceMap

    if isinstance(other, TracrSOp):
        return SequenceMap(BinaryOperator(symbol), sop, other)
    return Map(WithConstant(symbol, other, constant_first=constant_first), sop)


def _compared(symbol: str, sop: TracrSOp, other: object) -> TracrSOp:
    if not isinstance(other, TracrSOp):
        return _operated(symbol, sop, other)
    raise BuildError(
        f"two sops are compared by `{symbol}`: {sop.label} and {other.label}\n"
        f"  Write SequenceMap(lambda x, y: x {symbol} y, a, b); `a is b` asks whether they are one object.",
        expression=sop,
    )


def sop_operand(x: Any, where: str) -> TracrSOp:
    """x, if it is a sop. Raises OperandError."""
    if not isinstance(x, TracrSOp):
        refuse(x, "a sop", where)
    return x


def selector_operand(x: Any, where: str) -> TracrSelector:
    """x, if it is a selector. Raises OperandError."""
    if not isinstance(x, TracrSelector):
        refuse(x, "a selector", where)
    return x


def refuse(x: object, wanted: str, where: str) -> NoReturn:
    """Raises OperandError."""
    shown = x.label if isinstance(x, RASPExpr) else constant(x, 60)
    hint = f"; the function comes first: {where}(f, ...)" if callable(x) and not isinstance(x, RASPExpr) else ""
    raise OperandError(f"{where} takes {wanted}, not {shown}{hint}", value=x)
