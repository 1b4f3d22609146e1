"""One input of at most two hundred tokens or so, on Python's own values.

For so few tokens that is several times as fast as columns, which cost some microseconds for each operation of NumPy
however few values they hold. `listed.py` has the elementwise operations, `bitmasks.py` selectors and aggregates.

A failure is a value here, FAIL, and says nothing of itself. So where one is left in the result, the columns run the
program again and tell of it; they also run what would take long here, and programs with functions of the author's,
whose calls are counted there.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ..lang.expr import TOKENS, Expr, Op, counts_bools, walk
from ..lang.function import Table
from ..lang.values import Value, leave
from .bitmasks import MOST_TOKENS, aggregated, causal_rows, compared, inverted
from .cells import predicate
from .failure import BROKEN
from .listed import INT, PLAIN, Held, Listed, ListedStep, elementwise_step, types_of, where_step
from .tables import FAIL

_TOKENS, _MASK = 0, 1
"""What a run holds at first: the tokens, and the rows of the causal mask, or None without one."""


@dataclass(frozen=True)
class ShortPlan:
    """The steps of a program, sources first, and the number of its result among what a run holds."""

    steps: tuple[ListedStep, ...]
    result: int


_plans: WeakKeyDictionary[Expr, ShortPlan | None] = WeakKeyDictionary()
"""For as long as an expression lives: to make a plan takes several times as long as to run it on a few tokens."""


def run_short(root: Expr, tokens: Sequence[Value], *, causal: bool) -> list[Value] | None:
    """The value of a sop at each position, ratios as floats; None where the columns must tell."""
    if len(tokens) > MOST_TOKENS:
        return None
    if root not in _plans:
        _plans[root] = _prepared(root)
    plan = _plans[root]
    if plan is None:
        return None
    if not tokens:
        return []
    held: Held = [(list(tokens), types_of(tokens)), causal_rows(len(tokens)) if causal else None]
    try:
        for step in plan.steps:
            held.append(step(held))
        values, types = held[plan.result]
        if not types & ~PLAIN:
            return list(values)
        return None if any(v is FAIL for v in values) else [leave(v) for v in values]
    except BROKEN:
        raise
    except Exception:
        return None


def _prepared(root: Expr) -> ShortPlan | None:
    """Plan a program; None for one that is left to the columns."""
    if root.selector:
        return None
    steps: list[ListedStep] = []
    place = {TOKENS: _TOKENS}
    for e in walk(root):
        if e.op.transparent:
            place[e] = place[e.src[0]]
        elif e is not TOKENS:
            step = _step(e, [place[s] for s in e.src])
            if step is None:
                return None
            place[e] = _MASK + 1 + len(steps)
            steps.append(step)
    return ShortPlan(tuple(steps), place[root])


def _step(e: Expr, src: list[int]) -> ListedStep | None:
    """A step; it does not hold the expression, so that a kept step does not keep its program."""
    arg, op = e.arg, e.op
    if e.selector:
        return _selector(e, src)
    if op is Op.WIDTH:
        return lambda held: ([row.bit_count() for row in held[src[0]]], INT)
    if op.aggregate:
        return _aggregate(op, src, as_numbers=counts_bools(e))
    if op is Op.INDICES:
        return lambda held: (list(range(len(held[_TOKENS][0]))), INT)
    if op is Op.CONST:
        types = types_of([arg])
        return lambda held: ([arg] * len(held[_TOKENS][0]), types)
    if op is Op.RAW:
        return lambda held: _raw(arg, len(held[_TOKENS][0]))
    if op is Op.WHERE:
        return where_step(*src)
    if op is Op.MAP and not isinstance(arg, Table) and getattr(arg.original, "__module__", "") != "builtins":
        return None  # how often a function of the author's is called is counted by the columns
    return elementwise_step(e, src)


def _raw(given: Sequence[Value], n: int) -> Listed:
    values = list(given) if len(given) == n else [FAIL] * n
    return values, types_of(values)


def _selector(e: Expr, src: list[int]) -> ListedStep | None:
    op, arg = e.op, e.arg
    if op is Op.COMPARE:
        if not isinstance(arg, Op):
            return None
        keys, queries = src
        meaning = predicate(e)
        return lambda held: _hidden(compared(arg, meaning, held[keys], held[queries]), held)
    if op is Op.NOT:
        return lambda held: _hidden(inverted(held[src[0]]), held)
    return lambda held: list(map(_JOINED[op], held[src[0]], held[src[1]]))


_JOINED = {Op.AND: operator.and_, Op.OR: operator.or_, Op.XOR: operator.xor}


def _hidden(rows: list[int], held: Held) -> list[int]:
    """The rows under the mask of the run."""
    return rows if held[_MASK] is None else list(map(operator.and_, rows, held[_MASK]))


def _aggregate(op: Op, src: list[int], *, as_numbers: bool) -> ListedStep:
    rows, *score, given, default = src

    def compute(held: Held) -> Listed:
        scores = held[score[0]] if score else None
        return aggregated(op, held[rows], scores, held[given], held[default], as_numbers=as_numbers)

    return compute
