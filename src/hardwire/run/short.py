"""One short input, position by position: the scalar meaning of each operation, on Python values.

For a few tokens that is several times as fast as columns, which cost some microseconds each however few values they
hold. Everything unusual is left to the columns: an input that makes any position of any expression fail, and programs
with functions of the author's, whose calls are counted there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

from ..lang.expr import Expr, Op, counts_bools, walk
from ..lang.function import Table
from ..lang.values import Value, leave
from .cells import predicate
from .failure import BROKEN
from .reduce import several
from .scalar import checked, scalar

MOST_TOKENS = 24
"""The longest input that is run position by position."""
LARGE = 1 << 62
"""Integers below this are values, however they came about."""
WHOLE: set[type] = {int, bool}
TEXT: set[type] = {str}
TRUTH: set[type] = {bool}
PLAIN: set[type] = {int, bool, str, float, type(None)}
"""Types whose values leave the interpreter as they are."""

Held = list[Any]
"""The tokens, whether the mask is causal, and then for each expression its values, or of a selector its rows: a bit
mask of keys for each query."""
Step = Callable[[Held], Any]

_steps: WeakKeyDictionary[Expr, tuple[Step, ...] | None] = WeakKeyDictionary()
"""For as long as an expression lives: to make the steps takes several times as long as to run them on a few tokens."""


def run_short(root: Expr, tokens: Sequence[Value], *, causal: bool) -> list[Value] | None:
    """The value of a sop at each position, ratios as floats; None where the columns must tell."""
    if len(tokens) > MOST_TOKENS:
        return None
    if root not in _steps:
        _steps[root] = _prepared(root)
    steps = _steps[root]
    if steps is None:
        return None
    held: Held = [list(tokens), causal]
    try:
        for step in steps:
            held.append(step(held))
        found: list[Value] = held[-1]
        return found if set(map(type, found)) <= PLAIN else [leave(v) for v in found]
    except BROKEN:
        raise
    except Exception:
        return None  # some position has no value


def _prepared(root: Expr) -> tuple[Step, ...] | None:
    """A step for each expression, sources first; None for programs that are left to the columns."""
    if root.selector:
        return None
    steps: list[Step] = []
    place: dict[Expr, int] = {}
    for e in walk(root):
        step = _step(e, [place[s] for s in e.src])
        if step is None:
            return None
        place[e] = 2 + len(steps)
        steps.append(step)
    return tuple(steps)


def _step(e: Expr, src: list[int]) -> Step | None:
    """A step; it does not hold the expression, so that a kept step does not keep its program."""
    arg = e.arg
    if e.op is Op.COMPARE:
        return _compared(e.arg, predicate(e), *src) if isinstance(e.arg, Op) else None
    if e.selector:
        return _combined(e.op, src)
    if e.op.aggregate:
        return _aggregated(e.op, src, as_numbers=counts_bools(e)) if e.op.defaulted else _counted(*src)
    if e.op is Op.TOKENS:
        return lambda held: held[0]
    if e.op is Op.INDICES:
        return lambda held: list(range(len(held[0])))
    if e.op is Op.CONST:
        return lambda held: [arg] * len(held[0])
    if e.op is Op.RAW:
        return lambda held: _raw(arg, len(held[0]))
    if e.op.transparent:
        return lambda held: held[src[0]]
    if e.op is Op.WHERE:
        return lambda held: [a if c else b for c, a, b in zip(*(held[s] for s in src), strict=True)]
    if e.op is Op.MAP and not isinstance(e.arg, Table) and getattr(e.arg.original, "__module__", "") != "builtins":
        return None  # how often a function of the author's is called is counted by the columns
    return _elementwise(e, src)


def _raw(given: Sequence[Value], n: int) -> list[Value]:
    if len(given) != n:
        raise ValueError("the list is for another length")
    return list(given)


# Elementwise. Where all operands are of the plain types of a table, Python's own operator is the language's.

_PLAIN: dict[Op, tuple[Callable[..., Any], tuple[set[type], ...]]] = {
    Op.ADD: (operator.add, (WHOLE,)),
    Op.SUB: (operator.sub, (WHOLE,)),
    Op.MUL: (operator.mul, (WHOLE,)),
    Op.FLOORDIV: (operator.floordiv, (WHOLE,)),
    Op.MOD: (operator.mod, (WHOLE,)),
    Op.NEG: (operator.neg, (WHOLE,)),
    Op.EQ: (operator.eq, (WHOLE, TEXT)),
    Op.NE: (operator.ne, (WHOLE, TEXT)),
    Op.LT: (operator.lt, (WHOLE, TEXT)),
    Op.LE: (operator.le, (WHOLE, TEXT)),
    Op.GT: (operator.gt, (WHOLE, TEXT)),
    Op.GE: (operator.ge, (WHOLE, TEXT)),
    Op.AND: (operator.and_, (TRUTH,)),
    Op.OR: (operator.or_, (TRUTH,)),
    Op.XOR: (operator.xor, (TRUTH,)),
    Op.NOT: (operator.not_, (TRUTH,)),
}


def _types(*columns: Iterable[Value]) -> set[type]:
    return set().union(*(map(type, c) for c in columns))


def _elementwise(e: Expr, src: list[int]) -> Step:
    meaning = scalar(e)
    plain, allowed = _PLAIN.get(e.op, (meaning, ()))

    def compute(held: Held) -> list[Value]:
        columns = [held[s] for s in src]
        if allowed:
            types = _types(*columns)
            if any(types <= some for some in allowed):
                found = list(map(plain, *columns))
                if WHOLE is not allowed[0] or all(-LARGE < v < LARGE for v in found):
                    return found
        return list(map(meaning, *columns))

    return compute


# Selectors.


def _compared(op: Op, meaning: Callable[[Value, Value], object], keys: int, queries: int) -> Step:
    plain, allowed = _PLAIN[op]

    def compute(held: Held) -> list[int]:
        types = _types(held[keys], held[queries])
        test = plain if any(types <= some for some in allowed) else meaning
        numbered = [(1 << k, v) for k, v in enumerate(held[keys])]
        known: dict[Any, int] = {}
        rows = []
        for q in held[queries]:
            key = (type(q), q) if test is plain else None
            if key not in known or key is None:
                known[key] = sum(bit for bit, v in numbered if test(v, q))
            rows.append(known[key])
        return _hidden(rows) if held[1] else rows

    return compute


def _hidden(rows: list[int]) -> list[int]:
    """The rows under the causal mask: no key behind its query."""
    return [row & ((2 << q) - 1) for q, row in enumerate(rows)]


def _combined(op: Op, src: list[int]) -> Step:
    if op is Op.NAME:
        return lambda held: held[src[0]]
    if op is Op.NOT:

        def inverted(held: Held) -> list[int]:
            every = (1 << len(held[0])) - 1
            rows = [every & ~row for row in held[src[0]]]
            return _hidden(rows) if held[1] else rows

        return inverted
    joined = _PLAIN[op][0]
    return lambda held: list(map(joined, held[src[0]], held[src[1]]))


# Aggregates.


def _counted(rows: int) -> Step:
    return lambda held: [row.bit_count() for row in held[rows]]


def _selected(row: int) -> list[int]:
    found = []
    while row:
        found.append((row & -row).bit_length() - 1)
        row &= row - 1
    return found


def _aggregated(op: Op, src: list[int], *, as_numbers: bool) -> Step:
    *_, given, default = src
    score = src[1]

    def compute(held: Held) -> list[Value]:
        x, scores = held[given], held[score]
        types = _types(scores if op.scored else x)
        if as_numbers and bool in types:
            x = [int(v) if type(v) is bool else v for v in x]
        plain = types <= WHOLE or (op.scored and types <= TEXT)
        found, known = [], dict[int, Value]()
        for q, row in enumerate(held[src[0]]):
            if not row:
                found.append(held[default][q])
                continue
            if row not in known:
                known[row] = reduced(_selected(row), x, scores, plain=plain)
            found.append(known[row])
        return found

    def reduced(keys: list[int], x: list[Value], scores: list[Value], *, plain: bool) -> Value:
        if len(keys) == 1 and not op.counts:
            return x[keys[0]]
        if op.scored:
            if plain:
                choose = max if op.best > 0 else min  # both take the first, the leftmost, of equals
                return x[choose(keys, key=scores.__getitem__)]
            return x[several(op, [scores[k] for k in keys], keys)]
        if op.adds and plain:
            total = checked(sum(x[k] for k in keys))
            return total if op is Op.VALUE else Fraction(total, len(keys))
        return several(op, [], [x[k] for k in keys])

    return compute
