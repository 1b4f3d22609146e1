"""The message of a failure: the expression, the position, the values, and what to write instead."""

from __future__ import annotations

from typing import Any

from ..errors import EvaluationError, Option, Remedy
from ..lang.expr import Expr, Op
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.text import constant, formula
from .failure import Failure

WIDTH = 60
"""The number of characters of the input that are shown."""


def evaluation_error(failure: Failure, input: str | list[Any], root: Expr, number: int | None) -> EvaluationError:
    """Return the error of a failure in the result; `number` is the index of the input in a batch."""
    expr, at = failure.expression, failure.position
    assert at is not None
    which = "" if number is None else f" of input {number}"
    lines = [f"{formula(expr, 60)} has no value at position {at}{which}"]
    shown, column = window(input, at)
    on = f"on {', '.join(map(constant, failure.values))}: " if failure.values else ""
    lines += [f"    {shown}", f"    {' ' * column}^ {on}{failure.reason}"]
    path = names_between(root, expr)
    if path:
        lines.append(f"    used by: {' -> '.join(path)}")
    handle: Any = Selector(expr) if expr.selector else SOp(expr)
    value = failure.values[0] if len(failure.values) == 1 else failure.values or None
    remedies = [remedy(expr)]
    return EvaluationError(
        "\n".join(lines), failure=failure, expression=handle, position=at, value=value, remedies=remedies
    )


def window(input: str | list[Any], at: int) -> tuple[str, int]:
    """Return (the input around a position on one line, the column of that position's token)."""
    if isinstance(input, str):
        tokens, separator = [c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in input], ""
    else:
        tokens, separator = [constant(t, 16) for t in input], " "
    lo = hi = at
    size = len(tokens[at])
    while size < WIDTH and (lo > 0 or hi < len(tokens) - 1):
        if lo > 0:
            lo -= 1
            size += len(tokens[lo]) + len(separator)
        if hi < len(tokens) - 1:
            hi += 1
            size += len(tokens[hi]) + len(separator)
    head = "…" if lo > 0 else ""
    tail = "…" if hi < len(tokens) - 1 else ""
    before = separator.join(tokens[lo:at])
    column = len(head) + len(before) + (len(separator) if before else 0)
    return head + separator.join(tokens[lo : hi + 1]) + tail, column


def names_between(root: Expr, expr: Expr) -> list[str]:
    """Return the names along one path from a failed expression to the result."""
    parent: dict[Expr, Expr | None] = {root: None}
    queue = [root]
    for e in queue:
        if e is expr:
            break
        for s in e.src:
            if s not in parent:
                parent[s] = e
                queue.append(s)
    names = []
    at: Expr | None = expr if expr in parent else None
    while at is not None:
        if at.op is Op.NAME:
            names.append(str(at.arg))
        at = parent[at]
    return names


def remedy(expr: Expr) -> Remedy:
    """Return the remedy for a failure of this expression."""
    if expr.op is Op.MAP and isinstance(getattr(expr.arg, "items", None), tuple):
        return Remedy("Give every value a key, or use a fallback for the others: where(x.has(d), x.map(d), other).")
    if expr.op is Op.MAP and expr.src[0].op is Op.TOKENS and expr.arg.original is int:
        return Remedy("Give it a value: tokens.map(lambda t: int(t) if t.isdigit() else 0).")
    if expr.op is Op.RAW:
        return Remedy("A list has one value per position; give an input of that length.")
    if expr.op is Op.ONE:
        return Remedy("Narrow the selector, or choose one position: .first(x), .last(x), .max(score, of=x).")
    if expr.op.adds:
        return Remedy("Narrow the selector to one position, or choose one: .first(x), .last(x).")
    if expr.op is Op.COMPARE:
        return Remedy("Narrow it by `&`: a cell is not needed where another comparison is False.")
    return Remedy(
        "Guard it with where(condition, x, other), or keep failures in place: {}.", (Option("errors", "keep"),)
    )
