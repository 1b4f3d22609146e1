"""The cost of running an s-op or selector on an input, in steps, estimated before the run."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..lang.expr import Expr, Op, unnamed
from ..lang.function import Table
from ..lang.ops import ResultKind
from ..lang.values import MAX_LENGTH
from .budget import CELLS_A_STEP, CHARACTERS_A_STEP
from .strings import Sort, repeat, sign_of, sort_of

STEPS_OF_A_RUN, STEPS_OF_A_PART = 50, 10


def work(expr: Expr, given: str | list[Any]) -> int:
    """Return the steps of an s-op or selector on an input.

    The run costs fifty, each part ten, each value one, and more if it is a long string. A hundred cells of a selector
    cost one; if quotients, which are exact, are compared or added, each cell costs one.
    """
    n, steps = len(given), STEPS_OF_A_RUN
    lengths: dict[Expr, int] = {}
    quotients: set[Expr] = set()
    longest_token = 1 if isinstance(given, str) else max(len(str(token)) for token in given)
    for e in expr.walk():
        lengths[e] = min(MAX_LENGTH, _length(e, lengths, n, longest_token))
        if e.op.transparent:
            quotients |= {e} if e.src[0] in quotients else set()
            continue
        exact = any(s in quotients for s in e.src)
        if _makes_quotients(e) or (exact and _keeps_quotients(e)):
            quotients.add(e)
        if e.selector or e.op is Op.MEAN:
            steps += n * n // (1 if exact else CELLS_A_STEP)
        members = len(e.arg) if e.op is Op.HAS else 0
        steps += STEPS_OF_A_PART + n * (1 + (lengths[e] + members) // CHARACTERS_A_STEP)
    return steps


def _makes_quotients(e: Expr) -> bool:
    return e.op in (Op.DIV, Op.MEAN) or (e.op is Op.CONST and isinstance(e.arg, Fraction))


def _keeps_quotients(e: Expr) -> bool:
    """Whether values of an expression may be quotients because those of its sources are."""
    if e.selector or e.op in (Op.ROUND, Op.MAP, Op.WIDTH):
        return False
    return e.op.result is not ResultKind.BOOL


def _length(e: Expr, lengths: dict[Expr, int], n: int, longest_token: int) -> int:
    """Return a bound on the length of the strings of an s-op, from those of its sources."""
    if e.selector:
        return 0
    if e.op in (Op.CONST, Op.RAW):
        return max((len(v) for v in (e.arg if e.op is Op.RAW else (e.arg,)) if isinstance(v, str)), default=0)
    if e.op is Op.TOKENS:
        return longest_token
    sources = [lengths[s] for s in e.src]
    if sign_of(e) is not None:
        return _length_of_made(e, sources, n)
    if e.op is Op.MAP:
        table = e.arg.table if isinstance(e.arg, Table) else {}
        return max([*sources, *(len(v) for v in table.values() if isinstance(v, str))])
    if e.op is Op.ADD:
        return sum(sources)
    if e.op.transparent or e.op is Op.WHERE or e.op.defaulted:
        return max(sources)
    return 0


def _length_of_made(e: Expr, sources: list[int], n: int) -> int:
    """Return the same bound if `*` repeats a string or `%` formats one."""
    if e.op is Op.WHERE:
        return sources[1]
    if e.arg.original is not repeat:
        return MAX_LENGTH
    times = [_most(s, n) for s in e.src if sort_of(s) is not Sort.TEXT]
    return max(sources) * (times[0] if len(times) == 1 else MAX_LENGTH)


def _most(e: Expr, n: int) -> int:
    """Return a bound on the numbers of an s-op."""
    e = unnamed(e)
    if sort_of(e) is Sort.BOOL:
        return 1
    if e.op is Op.CONST and isinstance(e.arg, int):
        return max(e.arg, 0)
    if e.op is Op.WHERE:
        return max(_most(s, n) for s in e.src[1:])
    return n if e.op in (Op.INDICES, Op.WIDTH) else MAX_LENGTH
