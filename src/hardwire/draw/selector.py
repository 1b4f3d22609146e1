"""A selector as a matrix: the compared values on top and at the left, selected cells filled.

If operators such as `&` combine several comparisons, up to three pairs of keys and queries are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..lang.expr import Expr, Op, unnamed
from ..lang.selectors import comparisons, parts
from ..lang.text import ATOM, formula
from ..run import Trace
from . import shapes
from .matrix import AttentionMatrix, Corner, Strip, attention
from .sequence import given, values_of
from .shapes import Box
from .theme import GAP

MOST_PAIRS = 3
"""The greatest number of pairs of keys and queries at the edges; if there are more, the input is shown instead."""
MOST_PARTS = 24
"""The greatest number of comparisons in a combination that is written in the corner."""


def selector(trace: Trace) -> Box:
    """The picture of a selector."""
    shown = parts_of(trace, trace.of.expr)
    return shapes.below([given(trace, shown.left, shown.cell), attention(shown)], 2 * GAP)


def parts_of(trace: Trace, expr: Expr) -> AttentionMatrix:
    """Return a selector's matrix with the sequences at its edges."""
    cells = values_of(trace, expr)
    compared = comparisons(expr)
    pairs = list(dict.fromkeys(c.src for c in compared))
    if len(pairs) > 1:  # each comparison has its own sign, even if two compare the same values
        pairs = [c.src for c in compared]
    if len(pairs) > MOST_PAIRS:
        tokens = list(trace.input)
        keys, queries = [Strip("input at the key", "key", tokens)], [Strip("input at the query", "query", tokens)]
        return AttentionMatrix(cells, keys, queries, causal=trace.causal)
    keys = [Strip(f"key({formula(key)})", "key", values_of(trace, key)) for key, _ in pairs]
    queries = [Strip(f"query({formula(query)})", "query", values_of(trace, query)) for _, query in pairs]
    return AttentionMatrix(cells, keys, queries, corner(expr, compared, len(pairs)), causal=trace.causal)


def corner(expr: Expr, compared: list[Expr], pairs: int) -> Corner:
    """Return the comparison of keys and queries, and how several comparisons are combined.

    A single pair of keys and queries has the whole combination as its sign. For two comparisons or a chain of one
    operator, the operator is between the signs. Other combinations are a formula of letters, which label the signs.
    """
    if len(parts(expr)) > MOST_PARTS:
        return Corner(("…",) * pairs)
    signs = {c: _sign(c) for c in compared}
    if pairs == 1:
        return Corner((_combined(expr, signs).text,))
    chain = _chain(expr)
    if chain is not None:
        operator, links = chain
        return Corner(tuple(_combined(link, signs).text for link in links), operator)
    letters = dict(zip(compared, "abc", strict=False))
    return Corner(tuple(signs.values()), letters=tuple(letters.values()), formula=_combined(expr, letters).text)


def _chain(expr: Expr) -> tuple[str, list[Expr]] | None:
    """The operator that alone joins all comparisons, and those with their negations; None where several do."""
    expr = unnamed(expr)
    operator, links, stack = expr.op, [], [expr]
    while stack:
        e = unnamed(stack.pop())
        if e.op is operator and operator.joins:
            stack += reversed(e.src)
        elif _compared(e):
            links.append(e)
        else:
            return None
    return (operator.symbol, links) if len(set(links)) == len(links) == len(comparisons(expr)) else None


def _compared(expr: Expr) -> bool:
    while expr.op in (Op.NAME, Op.NOT):
        expr = expr.src[0]
    return expr.op is Op.COMPARE


def _sign(comparison: Expr) -> str:
    return str(comparison.arg.symbol if isinstance(comparison.arg, Op) else comparison.arg.label)


@dataclass(frozen=True)
class _Text:
    text: str
    binds: int


def _combined(expr: Expr, names: Mapping[Expr, str]) -> _Text:
    """The logic of a selector, with `names` for its comparisons."""
    expr = unnamed(expr)
    if expr.op is Op.COMPARE:
        return _Text(names[expr], ATOM)
    inner = [_combined(e, names) for e in expr.src]
    binds = expr.op.binds or ATOM
    if expr.op is Op.NOT:
        return _Text(f"~{_inside(inner[0], binds)}", binds)
    # Python binds & more tightly than |, but few readers know: parentheses wherever the operators differ.
    words = [_inside(p, 9 if p.binds != binds else binds) for p in inner]
    return _Text(f" {expr.op.symbol} ".join(words), binds)


def _inside(part: _Text, binds: int) -> str:
    return part.text if part.binds >= min(binds, 8) else f"({part.text})"
