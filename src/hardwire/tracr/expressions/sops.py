"""The kinds of sops."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from .expression import RASPExpr, TracrSelector, TracrSOp, refuse, selector_operand, sop_operand
from .functions import Composition, WeightedSum

_log = logging.getLogger(__name__)


class TokensType(TracrSOp):
    """The input."""

    default_name = "tokens"

    @property
    def children(self) -> Sequence[RASPExpr]:
        return []

    @property
    def label(self) -> str:
        return "tokens"


class IndicesType(TracrSOp):
    """The positions 0 .. n-1."""

    default_name = "indices"

    @property
    def children(self) -> Sequence[RASPExpr]:
        return []

    @property
    def label(self) -> str:
        return "indices"


class LengthType(TracrSOp):
    """The number of tokens, under the causal mask too."""

    default_name = "length"

    @property
    def children(self) -> Sequence[RASPExpr]:
        return []

    @property
    def label(self) -> str:
        return "length"


class Map(TracrSOp):
    """f of each value; None stays None and f is not called on it.

    With `simplify`, a Map of a Map becomes one Map of the composed functions, and the outer function is called on a
    None that the inner one returns.
    """

    default_name = "map"

    def __init__(self, f: Callable[[Any], Any], inner: TracrSOp, simplify: bool = True) -> None:
        super().__init__()
        sop_operand(inner, "Map")
        _function(f, "Map")
        if simplify and isinstance(inner, Map):
            f, inner = Composition(f, inner.f), inner.inner
        self.f: Callable[[Any], Any] = f
        self.inner: TracrSOp = inner

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.inner]


class SequenceMap(TracrSOp):
    """f of two values at each position; None where one of them is."""

    default_name = "sequence_map"

    def __init__(self, f: Callable[[Any, Any], Any], fst: TracrSOp, snd: TracrSOp) -> None:
        super().__init__()
        sop_operand(fst, type(self).__name__)
        sop_operand(snd, type(self).__name__)
        _function(f, type(self).__name__)
        if fst is snd:
            _log.warning("%s of %s with itself: a Map would do", type(self).__name__, fst.label)
        self.f, self.fst, self.snd = f, fst, snd

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.fst, self.snd]


class LinearSequenceMap(SequenceMap):
    """`fst_fac * fst + snd_fac * snd`."""

    default_name = "linear_sequence_map"

    def __init__(self, fst: TracrSOp, snd: TracrSOp, fst_fac: float, snd_fac: float) -> None:
        super().__init__(WeightedSum(fst_fac, snd_fac), fst, snd)
        self.fst_fac, self.snd_fac = fst_fac, snd_fac


class Full(TracrSOp):
    """One value at every position."""

    default_name = "full"

    def __init__(self, fill: Any) -> None:
        super().__init__()
        self.fill = fill

    @property
    def children(self) -> Sequence[RASPExpr]:
        return []


class ConstantSOp(TracrSOp):
    """The given values; an input of another length is refused if `check_length`."""

    default_name = "constant_sop"

    def __init__(self, value: Sequence[Any], check_length: bool = True) -> None:
        super().__init__()
        self.value, self.check_length = value, check_length

    @property
    def children(self) -> Sequence[RASPExpr]:
        return []


class SelectorWidth(TracrSOp):
    """How many keys each query selects."""

    default_name = "selector_width"

    def __init__(self, selector: TracrSelector) -> None:
        super().__init__()
        self.selector = selector_operand(selector, "SelectorWidth")

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.selector]


class TracrAggregate(TracrSOp):
    """The one selected value, the mean of several numbers, or `default` where none is selected."""

    default_name = "aggregate"

    def __init__(self, selector: TracrSelector, sop: TracrSOp, default: Any = None) -> None:
        super().__init__()
        self.selector = selector_operand(selector, "Aggregate")
        self.sop = sop_operand(sop, "Aggregate")
        if not (default is None or isinstance(default, (str, float, bool, int))):
            refuse(default, "a default that is a string, number, bool or None", "Aggregate")
        self.default = default

    @property
    def children(self) -> Sequence[RASPExpr]:
        return [self.selector, self.sop]


def _function(f: Any, where: str) -> None:
    """Raise OperandError if f is not a Python function."""
    if not callable(f) or isinstance(f, RASPExpr):
        refuse(f, "a Python function", where)


tokens = TokensType()
indices = IndicesType()
length = LengthType()
