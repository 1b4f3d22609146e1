"""The meaning of Tracr's programs once more, from its description alone: lists, loops and Python's own operators."""

from __future__ import annotations

from typing import Any

from hardwire.tracr import rasp


def value(expr: Any, xs: list[Any], causal: bool = False) -> Any:
    """The values of a sop, or the rows of a selector. Exceptions propagate."""
    n = len(xs)
    kind = type(expr)
    if kind is rasp.TokensType:
        return list(xs)
    if kind is rasp.IndicesType:
        return list(range(n))
    if kind is rasp.LengthType:
        return [n] * n
    if kind is rasp.Full:
        return [expr.fill] * n
    if kind is rasp.Map:
        return [None if v is None else expr.f(v) for v in value(expr.inner, xs, causal)]
    if kind in (rasp.SequenceMap, rasp.LinearSequenceMap):
        pairs = zip(value(expr.fst, xs, causal), value(expr.snd, xs, causal), strict=True)
        return [None if a is None or b is None else expr.f(a, b) for a, b in pairs]
    if kind is rasp.SelectorWidth:
        return [sum(row) for row in value(expr.selector, xs, causal)]
    if kind is rasp.Aggregate:
        rows, values = value(expr.selector, xs, causal), value(expr.sop, xs, causal)
        return [_mean([values[j] for j in range(n) if row[j]], expr.default) for row in rows]
    rows = _rows(expr, xs, causal)
    return [[cell and (key <= query or not causal) for key, cell in enumerate(row)] for query, row in enumerate(rows)]


def _rows(expr: Any, xs: list[Any], causal: bool) -> list[list[bool]]:
    if type(expr) is rasp.Select:
        keys = value(expr.keys, xs, causal)
        return [[bool(expr.predicate(k, q)) for k in keys] for q in value(expr.queries, xs, causal)]
    if type(expr) is rasp.SelectorNot:
        return [[not cell for cell in row] for row in value(expr.inner, xs, causal)]
    combine = {rasp.SelectorAnd: lambda a, b: a and b, rasp.SelectorOr: lambda a, b: a or b}[type(expr)]
    pairs = zip(value(expr.fst, xs, causal), value(expr.snd, xs, causal), strict=True)
    return [[combine(a, b) for a, b in zip(*rows, strict=True)] for rows in pairs]


def _mean(selected: list[Any], default: Any) -> Any:
    if len(selected) < 2:
        return selected[0] if selected else default
    if not all(isinstance(v, int | float) for v in selected):
        raise ValueError(selected)
    return sum(selected) / len(selected)
