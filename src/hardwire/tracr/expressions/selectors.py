"""The kinds of selectors, and how two of them are combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .expression import RASPExpr, TracrSelector, TracrSOp, selector_operand, sop_operand
from .functions import AtLeastOne, Both, Opposite, PairFunction, WithKey, WithQuery
from .sops import Full


class Select(TracrSelector):
    """The pairs for which predicate(key, query) is true."""

    default_name = "select"

    def __init__(self, keys: TracrSOp, queries: TracrSOp, predicate: PairFunction) -> None:
        super().__init__()
        self.keys = sop_operand(keys, "Select")
        self.queries = sop_operand(queries, "Select")
        self.predicate = predicate

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.keys, self.queries]


class _Combined(TracrSelector):
    """Two selectors that do not become one Select."""

    def __init__(self, fst: TracrSelector, snd: TracrSelector) -> None:
        super().__init__()
        self.fst = selector_operand(fst, type(self).__name__)
        self.snd = selector_operand(snd, type(self).__name__)

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.fst, self.snd]


class SelectorAnd(_Combined):
    """The intersection of two selectors."""

    default_name = "selector_and"


class SelectorOr(_Combined):
    """The union of two selectors."""

    default_name = "selector_or"


class SelectorNot(TracrSelector):
    """The complement of a selector."""

    default_name = "selector_not"

    def __init__(self, inner: TracrSelector) -> None:
        super().__init__()
        self.inner = selector_operand(inner, "SelectorNot")

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.inner]


class ConstantSelector(TracrSelector):
    """The given rows; an input of another length is refused if `check_length`."""

    default_name = "constant_selector"

    def __init__(self, value: Sequence[Sequence[bool]], check_length: bool = True) -> None:
        super().__init__()
        self.value, self.check_length = value, check_length

    @property
    def children(self) -> Sequence[RASPExpr]:
        return []


def selector_and(fst: TracrSelector, snd: TracrSelector, simplify: bool = True) -> TracrSelector:
    """The intersection: one Select if both have the same keys and queries, else a SelectorAnd."""
    return (_joined(Both, fst, snd) if simplify else None) or SelectorAnd(fst, snd)


def selector_or(fst: TracrSelector, snd: TracrSelector, simplify: bool = True) -> TracrSelector:
    """The union: one Select if both have the same keys and queries, else a SelectorOr."""
    return (_joined(AtLeastOne, fst, snd) if simplify else None) or SelectorOr(fst, snd)


def selector_not(inner: TracrSelector, simplify: bool = True) -> TracrSelector:
    """The complement: a Select if the operand is one, else a SelectorNot."""
    if simplify and isinstance(inner, Select):
        return Select(inner.keys, inner.queries, Opposite(inner.predicate))
    return SelectorNot(inner)


def _joined(how: Callable[[PairFunction, PairFunction], PairFunction], a: Any, b: Any) -> TracrSelector | None:
    """Two Selects as one; None where their keys or queries differ."""
    if not (isinstance(a, Select) and isinstance(b, Select)):
        return None
    keys, queries = _shared(a.keys, b.keys), _shared(a.queries, b.queries)
    if keys is None or queries is None:
        return None
    return Select(keys, queries, how(_over(a, keys, queries), _over(b, keys, queries)))


def _shared(a: TracrSOp, b: TracrSOp) -> TracrSOp | None:
    """The sop that can stand for both: a constant one gives way, its value goes into the predicate."""
    if a is b or isinstance(b, Full):
        return a
    return b if isinstance(a, Full) else None


def _over(select: Select, keys: TracrSOp, queries: TracrSOp) -> PairFunction:
    """The predicate of a Select over these keys and queries."""
    predicate = select.predicate
    if select.keys is not keys and isinstance(select.keys, Full):
        predicate = WithKey(predicate, select.keys.fill)
    if select.queries is not queries and isinstance(select.queries, Full):
        predicate = WithQuery(predicate, select.queries.fill)
    return predicate
