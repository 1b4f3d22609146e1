"""A selector as a matrix: the values that are compared on top and at the left, selected cells filled.

Where `&` and the like join several comparisons, up to three pairs of keys and queries are shown.
"""

from __future__ import annotations

from ..lang.expr import LOGIC, Expr, Op
from ..lang.text import formula
from ..run import Trace
from . import shapes
from .matrix import Attention, Strip, attention, left_of
from .sequence import given, values_of
from .shapes import Box
from .theme import GAP

MOST_PAIRS = 3
"""How many pairs of keys and queries stand beside a matrix; beyond, the input stands there."""


def selector(trace: Trace) -> Box:
    """The picture of a selector."""
    parts = parts_of(trace, trace.of.expr)
    return shapes.below([given(trace, left_of(parts)), attention(parts)], 2 * GAP)


def parts_of(trace: Trace, expr: Expr) -> Attention:
    """A selector's matrix with the sequences that stand beside it."""
    cells = values_of(trace, expr)
    pairs = _pairs(expr)
    if len(pairs) > MOST_PAIRS:
        tokens = list(trace.input)
        keys, queries = [Strip("input at the key", "key", tokens)], [Strip("input at the query", "query", tokens)]
        return Attention(cells, keys, queries, causal=trace.causal)
    keys = [Strip(f"key({formula(key)})", "key", values_of(trace, key)) for key, _ in pairs]
    queries = [Strip(f"query({formula(query)})", "query", values_of(trace, query)) for _, query in pairs]
    signs = [" ".join(signs) for signs in pairs.values()]
    return Attention(cells, keys, queries, signs, _join(expr), causal=trace.causal)


def _pairs(expr: Expr) -> dict[tuple[Expr, Expr], list[str]]:
    """Every pair of keys and queries that a selector compares, and how: `~` where that stands under one."""
    pairs: dict[tuple[Expr, Expr], list[str]] = {}
    stack = [(expr, "")]
    while stack:
        e, no = stack.pop()
        if e.op is Op.COMPARE:
            signs = pairs.setdefault((e.src[0], e.src[1]), [])
            sign = no + (e.arg.value if isinstance(e.arg, Op) else e.arg.label)
            if sign not in signs:
                signs.append(sign)
        else:
            flips = e.op is Op.NOT
            stack += [(s, ("" if no else "~") if flips else no) for s in reversed(e.src)]
    return pairs


def _join(expr: Expr) -> str:
    """The operation that joins two comparisons, where that is all there is to it."""
    while expr.op is Op.NAME:
        expr = expr.src[0]
    leaves = all(_unwrapped(s).op is Op.COMPARE for s in expr.src)
    return str(expr.op.value) if expr.op in LOGIC and leaves else ""


def _unwrapped(expr: Expr) -> Expr:
    while expr.op in (Op.NAME, Op.NOT):
        expr = expr.src[0]
    return expr
