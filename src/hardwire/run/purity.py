"""Detecting impure functions: some of the calls of a user's function are repeated, and a different result is an error.

A function may be called any number of times, in any order. A program with a function that uses random numbers, the time
or mutable state would give different results in each run, and no model could compute it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ..errors import ImpureFunctionError
from ..lang.expr import Expr
from ..lang.function import Function
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, exact
from .failure import BROKEN

FEW = 4
"""The number of calls that are repeated in each run of a function."""

_limit: ContextVar[int | None] = ContextVar("limit", default=FEW)

NO_VALUE = object()
"""The outcome of a call that raised or did not return a value."""


@contextmanager
def every_call_twice() -> Iterator[None]:
    """Within this context every call is repeated, not only a few."""
    token = _limit.set(None)
    try:
        yield
    finally:
        _limit.reset(token)


def check(expr: Expr, f: Callable[..., Any], calls: Iterable[tuple[tuple[Value, ...], object]]) -> None:
    """Repeat some of the calls of a user's function, each given as (arguments, outcome).

    `f` evaluates the expression and raises if it fails. Raises ImpureFunctionError if an outcome differs.
    """
    if not isinstance(expr.arg, Function) or getattr(expr.arg.original, "__module__", None) == "builtins":
        return
    some = list(itertools.islice(calls, _limit.get()))
    # In reverse, and the first call twice, so that alternating results are found whatever the number of calls.
    for args, before in (*reversed(some), *some[:1]):
        after = outcome(f, args)
        if _key(before) != _key(after):
            raise _impure(expr, args, before, after)


def outcome(f: Callable[..., Any], args: tuple[Value, ...]) -> object:
    """The value of a call, or NO_VALUE."""
    try:
        return f(*args)
    except BROKEN:
        raise
    except Exception:
        return NO_VALUE


def _key(result: object) -> Hashable:
    """Compare outcomes: objects of the user's types are new in each call, so they are compared by ==."""
    return result if result is NO_VALUE else exact(result, lambda x: (type(x), x))


def _impure(expr: Expr, args: tuple[Value, ...], before: object, after: object) -> ImpureFunctionError:
    first, then = ("no value" if x is NO_VALUE else constant(x) for x in (before, after))
    handle: Any = Selector(expr) if expr.selector else SOp(expr)
    return ImpureFunctionError(
        f"{_named(expr.arg)} is not a pure function: called twice with {', '.join(map(constant, args))}, "
        f"it returned {first} and then {then}\n"
        f"  in {formula(expr)}: a function may be called any number of times, in any order, so it must not use random "
        "numbers, the time, or state that its calls change. Pass its inputs as sops: SOp.zip(f, x, y).",
        expression=handle,
        value=args[0] if len(args) == 1 else args,
    )


def _named(f: Function) -> str:
    """Return the name of the function, or the place of a lambda."""
    code = getattr(f.original, "__code__", None)
    if f.label != "lambda" or code is None:
        return f"`{f.label}`"
    return f"the lambda of {Path(code.co_filename).name}, line {code.co_firstlineno}"
