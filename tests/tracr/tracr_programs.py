"""Random programs in Tracr's names."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hardwire.tracr import lib, rasp

R: Any = rasp
VOCAB = [0, 1, 3]

FUNCTIONS = [
    lambda x: None if x > 1 else x,
    lambda x: -1 if x is None else x + 1,
    lambda x: x % 2 == 0,
    lambda x: str(x),
]
OF_TWO = [lambda x, y: x - 2 * y, lambda x, y: None if x == y else x, lambda x, y: (x, y)]
PREDICATES = [
    R.Comparison.EQ, R.Comparison.LT, R.Comparison.LEQ, R.Comparison.GT, R.Comparison.GEQ, R.Comparison.NEQ,
    R.Comparison.TRUE, R.Comparison.FALSE, lambda k, q: k is None or k == q, lambda k, q: k == q + 1,
]  # fmt: skip
CONSTANTS = st.sampled_from([0, 1, 2, -1, 0.5, True, 3])


@st.composite
def sops(draw: st.DrawFn, depth: int = 3) -> Any:
    """A sop, of numbers more often than not; some fail on every input."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([R.tokens, R.indices, R.Full(2), R.Full(None)]))
    x = draw(sops(depth - 1))
    kind = draw(st.integers(0, 8))
    if kind == 0:
        return R.Map(draw(st.sampled_from(FUNCTIONS)), x, simplify=draw(st.booleans()))
    if kind == 1:
        return R.SequenceMap(draw(st.sampled_from(OF_TWO)), x, draw(sops(depth - 1)))
    if kind == 2:
        factors = draw(st.tuples(CONSTANTS, CONSTANTS))
        return R.LinearSequenceMap(x, draw(sops(depth - 1)), *factors)
    if kind == 3:
        return operated(draw, x, draw(CONSTANTS))
    if kind == 4:
        other = draw(sops(depth - 1))
        return draw(st.sampled_from([lambda: x + other, lambda: x * other, lambda: x & other, lambda: x | other]))()
    if kind == 5:
        return R.SelectorWidth(draw(selectors(depth - 1)))
    if kind == 6:
        return lib.shift_by(draw(st.sampled_from([-1, 1, 2])), x)
    return R.Aggregate(draw(selectors(depth - 1)), x, draw(st.sampled_from([None, None, 0, 7, "#"])))


def operated(draw: st.DrawFn, x: Any, c: Any) -> Any:
    """An operator with a constant, on either side."""
    of_x = [
        lambda: x + c, lambda: c - x, lambda: x * c, lambda: c / x, lambda: x / c, lambda: x == c, lambda: c < x,
        lambda: x >= c, lambda: x != c, lambda: x & c, lambda: c & x, lambda: c | x, lambda: ~x, lambda: c + x,
    ]  # fmt: skip
    return draw(st.sampled_from(of_x))()


@st.composite
def selectors(draw: st.DrawFn, depth: int = 2) -> Any:
    """A selector, simplified or not."""
    keys, queries = draw(sops(max(0, depth - 1))), draw(sops(max(0, depth - 1)))
    first = R.Select(keys, queries, draw(st.sampled_from(PREDICATES)))
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return ~first
    if kind == 1:
        return R.selector_not(first, simplify=draw(st.booleans()))
    if kind in (2, 3):
        both = draw(st.sampled_from([R.selector_and, R.selector_or]))
        same = R.Select(draw(st.sampled_from([keys, R.Full(1)])), queries, draw(st.sampled_from(PREDICATES)))
        return both(first, same, simplify=draw(st.booleans()))
    return first
