"""The possible results of an aggregate, where keys are selected for sure or perhaps and have sets of values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import CertificateError
from ..lang.expr import Expr, Op, counts_bools
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import is_number, totally_ordered
from .reduce import best, several
from .selected import Kept, Row
from .tables import FAIL, MOST, OptionTable, result_of


def picked(e: Expr, row: Row, kept: Kept, default: OptionTable | None) -> OptionTable | None:
    """The table that is the result, as it is: of the only key, or the default where there is none."""
    if row.may_fail or row.perhaps or len(row.sure) > 1 or not e.op.picks:
        return None
    if not row.sure:
        return default
    (j,) = row.sure
    return None if e.op.scored and FAIL in kept[e.src[1]][j].options else kept[e.src[-2]][j]


def of_row(e: Expr, row: Row, kept: Kept, default: Iterable[Any]) -> Iterator[Any]:
    """The possible results of an aggregate of the keys in a row."""
    if row.may_fail:
        yield FAIL
    if row.fails:
        return
    if e.op is Op.WIDTH:
        yield from range(len(row.sure), len(row.sure) + len(row.perhaps) + 1)
        return
    if not row.sure:
        yield from default
    if row.sure or row.perhaps:
        yield from _of_keys(e, row.sure, row.perhaps, kept)


def _of_keys(e: Expr, sure: list[int], perhaps: list[int], kept: Kept) -> Iterator[Any]:
    """The aggregate of the sure keys and of any of the others, at least one in all."""
    x = kept[e.src[-2]]
    read = [x, kept[e.src[1]]] if e.op.scored else [x]
    if not perhaps and not any(column[j].variables for column in read for j in sure):
        yield _aggregated(e, *([column[j].values[0] for j in sure] for column in read))
        return
    if e.op.scored:
        scores = [s for j in [*sure, *perhaps] for s in kept[e.src[1]][j].options.values()]
        kinds = {FAIL if s is FAIL else "number" if is_number(s) else type(s) for s in scores}
        if FAIL in kinds or ((len(kinds) > 1 or not kinds <= {"number", str}) and len(sure) + len(perhaps) > 1):
            yield FAIL
        for j in _best(e, sure, perhaps, kept):
            yield from x[j].options.values()
        return
    alone = sure if len(sure) == 1 else [] if sure else perhaps
    numbers = counts_bools(e)
    if not e.op.counts:
        yield from (int(v) if numbers and type(v) is bool else v for j in alone for v in x[j].options.values())
    if e.op.counts or len(sure) + len(perhaps) > 1:
        yield from [FAIL] if e.op.single else _sums(e, sure, perhaps, kept)


def _sums(e: Expr, sure: list[int], perhaps: list[int], kept: Kept) -> Iterator[Any]:
    """The aggregate of several keys: sums of ints, step by step."""
    x = kept[e.src[-2]]
    if e.op is Op.VALUE:
        sums = {0}
        for j in [*sure, *perhaps]:
            terms = {int(v) for v in x[j].options.values() if isinstance(v, int)}
            if not all(isinstance(v, int) for v in x[j].options.values()):
                yield FAIL
            sums = {a + b for a in sums for b in terms} | (sums if j in perhaps else set())
            if len(sums) > MOST or any(is_number(v) and not isinstance(v, int) for v in x[j].options.values()):
                break
        else:
            yield from sums
            return
    raise CertificateError(f"{formula(e, 60)} is not followed over many inputs", expression=SOp(e))


def _best(e: Expr, sure: list[int], perhaps: list[int], kept: Kept) -> list[int]:
    """The keys whose value may be the aggregate."""
    scores = {j: list(kept[e.src[1]][j].options.values()) for j in [*sure, *perhaps]}
    known = all(len(s) == 1 and is_number(s[0]) for s in scores.values())
    if not sure or not known or not totally_ordered(s for (s,) in scores.values()):
        return [*sure, *perhaps]
    rank = {j: (-s[0] if e.op.best > 0 else s[0], j) for j, s in scores.items()}
    best = min(sure, key=rank.__getitem__)
    return [best, *(j for j in perhaps if rank[j] < rank[best])]


def _aggregated(e: Expr, xs: list[Any], scores: list[Any] | None = None) -> Any:
    """The aggregate of the selected keys with these values, or FAIL."""
    if len(xs) > 1:
        if scores is not None:
            return result_of(e.op, lambda *found: xs[best(e.op, found)], scores)
        return result_of(e.op, lambda *found: several(e.op, [], found), xs)
    (x,) = xs
    if x is FAIL or FAIL in (scores or ()):
        return FAIL
    return 1 if e.op.counts else int(x) if type(x) is bool and counts_bools(e) else x
