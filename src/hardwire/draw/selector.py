"""A selector as a matrix: the values that are compared on top and at the left, selected cells filled.

Where `&` and the like join several comparisons, up to three pairs of keys and queries are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..lang.expr import LOGIC, Expr, Op
from ..lang.text import formula
from ..run import Trace
from . import shapes
from .matrix import AttentionMatrix, Corner, Strip, attention
from .sequence import given, values_of
from .shapes import Box
from .theme import GAP

MOST_PAIRS = 3
"""How many pairs of keys and queries stand beside a matrix; beyond, the input stands there."""
MOST_PARTS = 24
"""How many parts a combination of comparisons has at most, to be written in the corner."""


def selector(trace: Trace) -> Box:
    """The picture of a selector."""
    parts = parts_of(trace, trace.of.expr)
    return shapes.below([given(trace, parts.left, parts.cell), attention(parts)], 2 * GAP)


def parts_of(trace: Trace, expr: Expr) -> AttentionMatrix:
    """A selector's matrix with the sequences that stand beside it."""
    cells = values_of(trace, expr)
    comparisons = _comparisons(expr)
    pairs = list(dict.fromkeys(c.src for c in comparisons))
    if len(pairs) > 1:  # each comparison has a sign of its own, even where two compare the same
        pairs = [c.src for c in comparisons]
    if len(pairs) > MOST_PAIRS:
        tokens = list(trace.input)
        keys, queries = [Strip("input at the key", "key", tokens)], [Strip("input at the query", "query", tokens)]
        return AttentionMatrix(cells, keys, queries, causal=trace.causal)
    keys = [Strip(f"key({formula(key)})", "key", values_of(trace, key)) for key, _ in pairs]
    queries = [Strip(f"query({formula(query)})", "query", values_of(trace, query)) for _, query in pairs]
    return AttentionMatrix(cells, keys, queries, _corner(expr, comparisons, len(pairs)), causal=trace.causal)


def _comparisons(expr: Expr) -> list[Expr]:
    """The comparisons that a selector is made of, each once, from left to right."""
    return [e for e in _leftmost_first(expr) if e.op is Op.COMPARE]


def _leftmost_first(expr: Expr) -> list[Expr]:
    found: dict[Expr, None] = {}
    stack = [expr]
    while stack:
        e = stack.pop()
        if e not in found:
            found[e] = None
            if e.op is not Op.COMPARE:
                stack += reversed(e.src)
    return list(found)


def _corner(expr: Expr, comparisons: list[Expr], pairs: int) -> Corner:
    """How keys and queries are compared, and how several comparisons are joined.

    One pair of keys and queries has the whole combination as its sign. A chain of one operator, or two comparisons,
    stands between the signs. Everything else is a formula of letters, which the signs then have too.
    """
    if len(_leftmost_first(expr)) > MOST_PARTS:
        return Corner(("…",) * pairs)
    signs = {c: _sign(c) for c in comparisons}
    if pairs == 1:
        return Corner((_combined(expr, signs).text,))
    chain = _chain(expr)
    if chain is not None:
        operator, links = chain
        return Corner(tuple(_combined(link, signs).text for link in links), operator)
    letters = dict(zip(comparisons, "abc", strict=False))
    return Corner(tuple(signs.values()), letters=tuple(letters.values()), formula=_combined(expr, letters).text)


def _chain(expr: Expr) -> tuple[str, list[Expr]] | None:
    """The operator that alone joins all comparisons, and those with their negations; None where several do."""
    expr = _unnamed(expr)
    operator, links, stack = expr.op, [], [expr]
    while stack:
        e = _unnamed(stack.pop())
        if e.op is operator and operator in LOGIC:
            stack += reversed(e.src)
        elif _compared(e):
            links.append(e)
        else:
            return None
    return (str(operator.value), links) if len(set(links)) == len(links) == len(_comparisons(expr)) else None


def _compared(expr: Expr) -> bool:
    while expr.op in (Op.NAME, Op.NOT):
        expr = expr.src[0]
    return expr.op is Op.COMPARE


def _unnamed(expr: Expr) -> Expr:
    while expr.op is Op.NAME:
        expr = expr.src[0]
    return expr


def _sign(comparison: Expr) -> str:
    return str(comparison.arg.value if isinstance(comparison.arg, Op) else comparison.arg.label)


@dataclass(frozen=True)
class _Text:
    text: str
    binds: int


_BINDS = {Op.NOT: 8, Op.AND: 5, Op.XOR: 4, Op.OR: 3}
"""How tightly the operators bind, as in Python."""


def _combined(expr: Expr, names: Mapping[Expr, str]) -> _Text:
    """The logic of a selector, with `names` for its comparisons."""
    expr = _unnamed(expr)
    if expr.op is Op.COMPARE:
        return _Text(names[expr], 10)
    parts = [_combined(e, names) for e in expr.src]
    binds = _BINDS[expr.op]
    if expr.op is Op.NOT:
        return _Text(f"~{_inside(parts[0], binds)}", binds)
    # Python binds & more tightly than |, but few readers know: parentheses wherever the operators differ.
    words = [_inside(p, 9 if p.binds != binds else binds) for p in parts]
    return _Text(f" {expr.op.value} ".join(words), binds)


def _inside(part: _Text, binds: int) -> str:
    return part.text if part.binds >= min(binds, 8) else f"({part.text})"
