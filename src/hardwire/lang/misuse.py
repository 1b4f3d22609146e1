"""Remedies for operations that a program under construction does not have: attributes and NumPy's functions."""

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
"""The ufuncs that NumPy's scalars and arrays call for Python's operators."""

_OVER_ALL = {
    np.add: ("sum", "full.value(x)"), np.maximum: ("max", "full.max(x)"), np.minimum: ("min", "full.min(x)"),
    np.logical_or: ("any", "full.any(x)"), np.logical_and: ("all", "full.all(x)"),
}  # fmt: skip
"""NumPy's name of the reduction by a ufunc, and the equivalent in the language."""


def ufunc_name(ufunc: Any, method: str) -> str:
    """Return the name of the NumPy function that was called."""
    if method == "__call__":
        return f"np.{ufunc.__name__}"
    return f"np.{_OVER_ALL[ufunc][0]}" if method == "reduce" and ufunc in _OVER_ALL else f"np.{ufunc.__name__}.{method}"


def ufunc_remedy(ufunc: Any, method: str, shown: str) -> str:
    """Return what to write in place of a NumPy function of a sop; `shown` is the sop's formula."""
    if method != "__call__":
        over_all = _OVER_ALL.get(ufunc, ("", "full.value(x)"))[1]
        return f"A selector aggregates: {over_all} over all positions."
    if ufunc in (np.maximum, np.minimum):
        return f"Write {ufunc.__name__}(a, b): from hardwire import {ufunc.__name__}."
    if ufunc.nin > 1:
        return f"Write SOp.zip(np.{ufunc.__name__}, a, b), a function of the values at each position."
    inside = shown if shown.isidentifier() else f"({shown})"
    return f"Write {inside}.map(np.{ufunc.__name__}), a function of each value."


def attribute_remedy(name: str, public: Iterable[str], hints: dict[str, str], *, maps: bool) -> str:
    """Return what to write for an unknown attribute, or "" if no name is similar. `maps`: it is one of a sop."""
    if name.startswith("_"):
        return ""
    if name in hints:
        return hints[name]
    if maps and name in dir(str):
        return f"For a method of each value write x.map(str.{name}), or x.map(lambda t: t.{name}(...))."
    if maps and name in dir(np.ndarray):
        return "A sop is a program, not an array: x('hello') runs it and returns a list."
    near = difflib.get_close_matches(name, list(public), n=3, cutoff=0.6)
    if not near and (meant := difflib.get_close_matches(name, list(hints), n=1, cutoff=0.7)):
        return hints[meant[0]]
    return f"Did you mean {' or '.join(f'.{n}' for n in near)}?" if near else ""
