"""What to write in place of what a program under construction cannot do: attributes, NumPy's functions, Python's."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

OPERATORS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.true_divide: operator.truediv,
    np.floor_divide: operator.floordiv, np.remainder: operator.mod, np.power: operator.pow,
    np.equal: operator.eq, np.not_equal: operator.ne, np.less: operator.lt, np.less_equal: operator.le,
    np.greater: operator.gt, np.greater_equal: operator.ge,
    np.bitwise_and: operator.and_, np.bitwise_or: operator.or_, np.bitwise_xor: operator.xor,
    np.invert: operator.invert, np.negative: operator.neg, np.absolute: operator.abs,
}  # fmt: skip
"""What NumPy's scalars and arrays call for Python's operators."""

_OVER_ALL = {
    np.add: ("sum", "full.value(x)"), np.maximum: ("max", "full.max(x)"), np.minimum: ("min", "full.min(x)"),
    np.logical_or: ("any", "full.any(x)"), np.logical_and: ("all", "full.all(x)"),
}  # fmt: skip
"""What NumPy calls a ufunc over all positions, and what it is here."""


def ufunc_name(ufunc: Any, method: str) -> str:
    """The name of the function that a person called."""
    if method == "__call__":
        return f"np.{ufunc.__name__}"
    return f"np.{_OVER_ALL[ufunc][0]}" if method == "reduce" and ufunc in _OVER_ALL else f"np.{ufunc.__name__}.{method}"


def ufunc_remedy(ufunc: Any, method: str, shown: str) -> str:
    """What to write for a function of NumPy that was called with a sop; `shown` is the sop's formula."""
    if method != "__call__":
        over_all = _OVER_ALL.get(ufunc, ("", "full.value(x)"))[1]
        return f"A selector aggregates: {over_all} over all positions."
    if ufunc in (np.maximum, np.minimum):
        return f"Write {ufunc.__name__}(a, b): from hardwire import {ufunc.__name__}."
    if ufunc.nin > 1:
        return f"Write SOp.zip(np.{ufunc.__name__}, a, b), a function of the values at each position."
    inside = shown if shown.isidentifier() else f"({shown})"
    return f"Write {inside}.map(np.{ufunc.__name__}), a function of each value."


def attribute_remedy(name: str, public: Iterable[str], elsewhere: dict[str, str], *, maps: bool) -> str:
    """What to write for an attribute that is none; "" where nothing is near. `maps`: whether it is one of a sop."""
    if name.startswith("_"):
        return ""
    if name in elsewhere:
        return elsewhere[name]
    if maps and name in dir(str):
        return f"For a method of each value write x.map(str.{name}), or x.map(lambda t: t.{name}(...))."
    if maps and name in dir(np.ndarray):
        return "A sop is a program, and no array: x('hello') runs it, and gives a list."
    near = difflib.get_close_matches(name, list(public), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(f'.{n}' for n in near)}?" if near else ""
