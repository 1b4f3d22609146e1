"""The names users import: the leaves of every program and the functions that combine them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Set
from typing import Any

from ..errors import BuildError
from .expr import Op, node
from .function import Function
from .handle import Handle, raw_expr
from .ops import COMPARISONS
from .selector import Key, Query, Selector, side_expr
from .sop import SOp, as_expr
from .text import constant

tokens = SOp(node(Op.TOKENS))
"""The input itself."""

identity = tokens
"""The input itself, under RASPy's other name."""

indices = SOp(node(Op.INDICES))
"""The positions 0 .. n-1."""


def key(x: object) -> Key:
    """The value that each position offers, to be compared with a `query`: key(x) == query(y) is a selector."""
    return Key(side_expr(x, Key))


def query(x: object) -> Query:
    """The value that each position asks for, to be compared with a `key`."""
    return Query(side_expr(x, Query))


_OPERATORS: dict[Any, Op] = {
    **{op.symbol: op for op in COMPARISONS},
    operator.eq: Op.EQ, operator.ne: Op.NE, operator.lt: Op.LT,
    operator.le: Op.LE, operator.gt: Op.GT, operator.ge: Op.GE,
}  # fmt: skip
SIGNS = " ".join(op.symbol for op in COMPARISONS)


def select(keys: object, queries: object, predicate: str | Callable[[Any, Any], Any]) -> Selector:
    """The selector of the pairs for which `predicate(key, query)` is true.

    The predicate is a pure function, or the name (`"<"`) or function (`operator.lt`) of a comparison.

    >>> select(indices, indices, lambda k, q: k % 2 == q % 2)("abc")
    [[True, False, True], [False, True, False], [True, False, True]]
    """
    src = side_expr(keys, Key), side_expr(queries, Query)
    if isinstance(predicate, Handle) or not (callable(predicate) or isinstance(predicate, str)):
        raise BuildError(f"select takes a predicate(key, query) or one of {SIGNS}, not {constant(predicate)}")
    if isinstance(predicate, str) and predicate not in _OPERATORS:
        raise BuildError(f"select knows the comparisons {SIGNS}, not {predicate!r}", value=predicate)
    known = _OPERATORS.get(predicate) if isinstance(predicate, str) or _hashable(predicate) else None
    return Selector(node(Op.COMPARE, *src, arg=known or Function(predicate)))  # type: ignore[arg-type]


def _hashable(x: object) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True


def aggregate(selector: object, x: object, default: object = 0, name: str | None = None) -> SOp:
    """`selector.value(x, default)`, under RASPy's name for it."""
    if not isinstance(selector, Selector):
        shown = selector.formula if isinstance(selector, Handle) else constant(selector)
        raise BuildError(f"aggregate takes a selector first, not {shown}\n  Make one: key(x) == query(y).")
    result = selector.value(x, default)
    return result if name is None else result.name(name)


def where(condition: object, then: object, otherwise: object) -> SOp:
    """`then` where the condition is true (as Python reads it), else `otherwise`.

    Only the branch that is taken has to have a value.

    >>> where(tokens == "l", "L", tokens)("hello")
    ['h', 'e', 'L', 'L', 'o']
    """
    return SOp(node(Op.WHERE, *(as_expr(x, "where") for x in (condition, then, otherwise))))


def minimum(a: object, b: object, *more: object) -> SOp:
    """The least of several values at each position, the first of equals: Python's `min`.

    Fails where two of them have no order. `full.min(x)` is the least of one sop over all positions.

    >>> minimum(indices, 2)("abcd")
    [0, 1, 2, 2]
    """
    return _extreme("minimum", SOp.__lt__, (a, b, *more))


def maximum(a: object, b: object, *more: object) -> SOp:
    """The greatest of several values at each position, the first of equals: Python's `max`.

    Fails where two of them have no order. `full.max(x)` is the greatest of one sop over all positions.

    >>> maximum(indices, 2)("abcd")
    [2, 2, 2, 3]
    """
    return _extreme("maximum", SOp.__gt__, (a, b, *more))


def _extreme(name: str, better: Callable[[SOp, object], SOp], given: tuple[object, ...]) -> SOp:
    best, *others = (SOp(as_expr(x, name)) for x in given)
    for x in others:
        best = where(better(x, best), x, best)
    return best


def switch(*cases: tuple[object, object], default: object) -> SOp:
    """The value of the first case whose condition is true: nested `where`.

    >>> switch((indices < 1, "a"), (indices < 3, "b"), default="c")("hello")
    ['a', 'b', 'b', 'c', 'c']
    """
    for case in cases:
        if not isinstance(case, tuple) or len(case) != 2:
            raise BuildError("switch takes pairs: switch((condition, value), ..., default=value)", value=case)
    result = default
    for condition, then in reversed(cases):
        result = where(condition, then, result)
    return result if isinstance(result, SOp) else SOp(as_expr(result, "switch"))


def raw(seq: Any) -> SOp:
    """The n given values themselves; every position fails on an input of another length.

    >>> (indices + raw([10, 20, 30]))("abc")
    [10, 21, 32]
    """
    if isinstance(seq, Handle):
        raise BuildError(f"raw takes a list of values, not the {seq.word} {seq.formula}", expression=seq)
    if isinstance(seq, (Set, Mapping)):
        raise BuildError(f"raw takes a list of values in order, not {constant(seq)}", value=seq)
    try:
        items = list(seq)
    except TypeError:
        raise BuildError(f"raw takes a list of values, not {constant(seq)}", value=seq) from None
    return SOp(raw_expr(items, "raw"))


full: Selector = (key(True) == query(True)).name("full")
"""Selects every position."""

before: Selector = (key(indices) < query(indices)).name("before")
"""Selects the positions in front of the query's."""

after: Selector = (key(indices) > query(indices)).name("after")
"""Selects the positions behind the query's."""

same_token: Selector = (key(tokens) == query(tokens)).name("same_token")
"""Selects the positions that hold the query's token."""

length: SOp = full.width().name("length")
"""The number of tokens, at every position."""
