"""Running: an s-op or selector on one input, and what the original would refuse of it."""

from __future__ import annotations

from typing import Any

from ..errors import RaspError
from ..lang.expr import Expr, Op
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..run import Failure, Result, run
from ..run.messages import names_between
from .budget import Steps
from .operators import Value, a_kind, describe, is_atom, kind, name_of, shown
from .work import work


def read_input(x: Value) -> str | list[Any]:
    """The tokens that a value stands for: a string's characters, the items of a list. Raises RaspError."""
    if not isinstance(x, (str, list, dict)):
        raise RaspError(f"an input is a string or a list, not {kind(x)}: {describe(x, 40)}")
    if not x:
        raise RaspError(f"RASP sequences/selectors expect non-empty iterables, got: {describe(x)}")
    if isinstance(x, str):
        return x
    for item in x:
        if not is_atom(item):
            raise RaspError(f"an input is made of atoms, and here is {a_kind(item)}: {describe(item, 40)}")
    return [shown(item) for item in x]


def apply(x: SOp | Selector, input: Value, steps: Steps, name: str | None = None) -> Result:
    """The results of x on an input. Raises RaspError where a position has none, they are of different types, or this
    takes too many steps.

    The error calls x by `name`, or by what it is made of.
    """
    given = read_input(input)
    steps.take(work(x.expr, given))
    name = name or name_of(x.expr)
    result = run(x, given, errors="keep")
    for item in result:
        for value in item if isinstance(x, Selector) else (item,):
            if isinstance(value, Failure):
                raise RaspError(_failed(x, name, given, value), expression=x, position=value.position)
    if isinstance(x, SOp) and any(isinstance(v, str) for v in result) and not all(isinstance(v, str) for v in result):
        values = ", ".join(describe(v, 40) for v in result[:12]) + (", ..." if len(result) > 12 else "")
        remedy = ""
        if any(e.op is Op.MEAN and e.src[-1].op is Op.CONST and type(e.src[-1].arg) is int for e in x.expr.walk()):
            remedy = '. Where nothing is selected aggregate gives 0, unless told otherwise: aggregate(s, x, "-")'
        what = f"attempted to create sequence with vals of different types: [{values}]{remedy}"
        raise RaspError(f"{name}: {what}", expression=x)
    return result


def _failed(x: SOp | Selector, name: str, given: str | list[Any], failure: Failure) -> str:
    on = f" (on {', '.join(describe(v, 40) for v in failure.values)})" if failure.values else ""
    path = [n for n in names_between(x.expr, failure.expression) if n != name]
    at = f"{failure.position}{f' in {path[0]}' if path else ''}"
    return f"{name}({describe(given, 60)}) has no value at position {at}: {failure.reason}{on}{_remedy(failure)}"


def _remedy(failure: Failure) -> str:
    expr: Expr = failure.expression
    if expr.op is Op.MAP and getattr(expr.arg, "original", None) in (int, float):
        return ". Give it numbers: set example [1, 2, 3]"
    if expr.op is Op.MEAN:
        return ". aggregate takes the mean of numbers, and of strings one alone"
    return ""
