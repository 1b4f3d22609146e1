"""A causal program on many inputs at once: at each position the set of tokens that may be there, and what follows.

Every expression has, at each position, the set of its possible values: a superset of those that it has on the inputs.
An elementwise operation has the results of all combinations of its sources' values. A key is selected for sure, perhaps
or not; an aggregate has the results of all choices of the keys that are selected perhaps. The queries of a selector are
taken one value at a time, so that its cells are those of one query.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final

from ..errors import CertificateError
from ..lang.expr import Expr, Op, counts_bools, walk
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value, exact, is_number, leave, totally_ordered
from .cells import attempt, predicate
from .failure import BROKEN
from .reduce import best, several
from .scalar import logic, scalar, truth

MOST = 20_000
"""The most combinations of values of one expression at one position."""


class _Fail:
    def __repr__(self) -> str:
        return "no value"


TOGETHER = 256
"""Up to so many combinations of the tokens and aggregates at a position, an expression is evaluated on each."""


FAIL: Final = _Fail()
"""Among possible values: the program may have none."""
Options = dict[Hashable, Any]
"""Possible values by their keys (`exact`), and perhaps FAIL."""
Known = dict[tuple[Expr, bool, tuple[frozenset[Hashable], ...]], list[Any]]
"""The possible results of an operation, for the possible values of the variables in it or of its sources."""
Cell = Callable[[int, Mapping[Expr, Any]], frozenset[Any]]
"""The possible truths of a cell: of a key's position, with the value of each query."""


def options(values: Iterable[Any]) -> Options:
    """The set of some values."""
    return {v if v is FAIL else exact(v): v for v in values}


class Possible:
    """The possible values of a causal program at all positions so far; `append` adds a position. `known` are results of
    operations on sets, which programs may share."""

    def __init__(self, root: Expr, known: Known | None = None) -> None:
        self.root, self.size, self.known = root, 0, {} if known is None else known
        self.values: dict[Expr, list[Options]] = {e: [] for e in walk(root) if not e.selector}
        self._variables: dict[Expr, tuple[Expr, ...]] = {}
        self._queries: dict[Expr, list[Expr]] = {}
        for e in self.values:
            parts = (p for s in e.src for p in self._variables.get(s, ()))
            self._variables[e] = (e,) if e.op.variable else tuple(dict.fromkeys(parts))

    def append(self, tokens: Iterable[Value]) -> Options:
        """Add a position with these possible tokens, and return the possible values of the program there.

        Raises CertificateError where there are too many combinations.
        """
        here = options(tokens)
        for e in self.values:
            self.values[e].append(here if e.op is Op.TOKENS else options(self._at(e, self.size)))
        self.size += 1
        return options(map(_left, self.values[self.root][-1].values()))

    def _at(self, e: Expr, i: int) -> Iterable[Any]:
        if e.op is Op.INDICES:
            return [i]
        if e.op is Op.CONST:
            return [e.arg]
        if e.op.transparent:
            return self.values[e.src[0]][i].values()
        if e.op.aggregate:
            return self._aggregate(e, i)
        if not e.op.elementwise:
            raise CertificateError(f"{formula(e, 60)} is not followed over many inputs", expression=SOp(e))
        sets = [self.values[v][i] for v in self._variables[e]]
        together = math.prod(map(len, sets)) <= TOGETHER
        of = sets if together else [self.values[s][i] for s in e.src]
        key = e, together, tuple(frozenset(s) for s in of)
        if key not in self.known:
            self.known[key] = list(options(self._elementwise(e, of, together=together)).values())
        return self.known[key]

    def _elementwise(self, e: Expr, sets: list[Options], *, together: bool) -> Iterable[Any]:
        """The results of an operation, from the variables in it, or from its sources."""
        if together:
            combined = itertools.product(*(s.values() for s in sets))
            return [_evaluated(e, dict(zip(self._variables[e], values, strict=True))) for values in combined]
        if e.op is Op.WHERE:
            return self._where(e, *(s.values() for s in sets))
        meaning = scalar(e)
        return [_result(e, meaning, args) for args in self._combined(e, sets)]

    def _combined(self, e: Expr, sets: list[Options]) -> Iterator[tuple[Any, ...]]:
        """All combinations of possible values. Raises CertificateError."""
        if math.prod(map(len, sets)) > MOST:
            raise CertificateError(
                f"{formula(e, 60)} has too many possible values to follow\n  Give prompts with fewer choices.",
                expression=SOp(e),
            )
        return itertools.product(*(s.values() for s in sets))

    @staticmethod
    def _where(e: Expr, condition: Iterable[Any], then: Iterable[Any], otherwise: Iterable[Any]) -> Iterator[Any]:
        for taken in {_result(e, truth, [c]) for c in condition}:
            yield from [FAIL] if taken is FAIL else then if taken else otherwise

    def _aggregate(self, e: Expr, i: int) -> Iterator[Any]:
        """The results for each value of the queries."""
        selector = e.src[0]
        if selector not in self._queries:
            self._queries[selector] = list(dict.fromkeys(s.src[1] for s in selector.walk() if s.op is Op.COMPARE))
        queries = self._queries[selector]
        cell = self._cell(selector)
        default = self.values[e.src[-1]][i].values() if e.op.defaulted else ()
        for chosen in self._combined(e, [self.values[q][i] for q in queries]):
            held = dict(zip(queries, chosen, strict=True))
            cells = [cell(j, held) for j in range(i + 1)]
            sure = [j for j, c in enumerate(cells) if c == {True}]
            perhaps = [j for j, c in enumerate(cells) if True in c and c != {True}]
            if any(FAIL in c for c in cells):
                yield FAIL
            if any(c == {FAIL} for c in cells):
                continue
            if e.op is Op.WIDTH:
                yield from range(len(sure), len(sure) + len(perhaps) + 1)
                continue
            if not sure:
                yield from default
            if sure or perhaps:
                yield from self._of_keys(e, sure, perhaps)

    def _of_keys(self, e: Expr, sure: list[int], perhaps: list[int]) -> Iterator[Any]:
        """The aggregate of the sure keys and of any of the others, at least one in all."""
        x = self.values[e.src[-2]]
        read = [x, self.values[e.src[1]]] if e.op.scored else [x]
        if not perhaps and all(len(values[j]) == 1 for values in read for j in sure):
            yield _aggregated(e, *([next(iter(values[j].values())) for j in sure] for values in read))
            return
        if e.op.scored:
            scores = [s for j in [*sure, *perhaps] for s in self.values[e.src[1]][j].values()]
            kinds = {FAIL if s is FAIL else "number" if is_number(s) else type(s) for s in scores}
            if FAIL in kinds or ((len(kinds) > 1 or not kinds <= {"number", str}) and len(sure) + len(perhaps) > 1):
                yield FAIL
            for j in self._best(e, sure, perhaps):
                yield from x[j].values()
            return
        alone = sure if len(sure) == 1 else [] if sure else perhaps
        numbers = counts_bools(e)
        if not e.op.counts:
            yield from (int(v) if numbers and type(v) is bool else v for j in alone for v in x[j].values())
        if e.op.counts or len(sure) + len(perhaps) > 1:
            yield from [FAIL] if e.op.single else self._sums(e, sure, perhaps)

    def _sums(self, e: Expr, sure: list[int], perhaps: list[int]) -> Iterator[Any]:
        """The aggregate of several keys: sums of ints, step by step."""
        x = self.values[e.src[-2]]
        if e.op is Op.VALUE:
            sums = {0}
            for j in [*sure, *perhaps]:
                terms = {int(v) for v in x[j].values() if isinstance(v, int)}
                if not all(isinstance(v, int) for v in x[j].values()):
                    yield FAIL
                sums = {a + b for a in sums for b in terms} | (sums if j in perhaps else set())
                if len(sums) > MOST or any(is_number(v) and not isinstance(v, int) for v in x[j].values()):
                    break
            else:
                yield from sums
                return
        raise CertificateError(f"{formula(e, 60)} is not followed over many inputs", expression=SOp(e))

    def _best(self, e: Expr, sure: list[int], perhaps: list[int]) -> list[int]:
        """The keys whose value may be the aggregate."""
        scores = {j: list(self.values[e.src[1]][j].values()) for j in [*sure, *perhaps]}
        known = all(len(s) == 1 and is_number(s[0]) for s in scores.values())
        if not sure or not known or not totally_ordered(s for (s,) in scores.values()):
            return [*sure, *perhaps]
        rank = {j: (-s[0] if e.op.best > 0 else s[0], j) for j, s in scores.items()}
        best = min(sure, key=rank.__getitem__)
        return [best, *(j for j in perhaps if rank[j] < rank[best])]

    def _cell(self, s: Expr) -> Cell:
        """The possible truths of a selector's cells."""
        if s.op is Op.COMPARE:
            test, keys = predicate(s), self.values[s.src[0]]

            def compared(j: int, held: Mapping[Expr, Any]) -> frozenset[Any]:
                query, found = held[s.src[1]], set()
                for k in keys[j].values():
                    answer = FAIL if k is FAIL or query is FAIL else attempt(s, test, k, query)
                    found.add(FAIL if isinstance(answer, str) else answer)
                return frozenset(found)

            return compared
        parts = [self._cell(x) for x in s.src]
        if s.op is Op.NAME:
            return parts[0]
        meaning = scalar(s)
        return lambda j, held: frozenset(
            _result(s, meaning, args) for args in itertools.product(*(part(j, held) for part in parts))
        )


def _aggregated(e: Expr, xs: list[Any], scores: list[Any] | None = None) -> Any:
    """The aggregate of the selected keys with these values, or FAIL."""
    if len(xs) > 1:
        if scores is not None:
            return _result(e, lambda *found: xs[best(e.op, found)], scores)
        return _result(e, lambda *found: several(e.op, [], found), xs)
    (x,) = xs
    if x is FAIL or FAIL in (scores or ()):
        return FAIL
    return 1 if e.op.counts else int(x) if type(x) is bool and counts_bools(e) else x


def _left(value: Any) -> Any:
    """A value as users see it."""
    try:
        return value if value is FAIL else leave(value)
    except OverflowError:
        return FAIL


def _evaluated(e: Expr, known: dict[Expr, Any]) -> Any:
    """The value of an elementwise expression, from those of the variables in it, or FAIL; `known` gets its parts."""
    if e not in known:
        if e.op is Op.CONST:
            known[e] = e.arg
        elif e.op.transparent:
            known[e] = _evaluated(e.src[0], known)
        elif e.op is Op.WHERE:
            taken = _result(e, truth, [_evaluated(e.src[0], known)])
            known[e] = FAIL if taken is FAIL else _evaluated(e.src[1 if taken else 2], known)
        else:
            known[e] = _result(e, scalar(e), [_evaluated(s, known) for s in e.src])
    return known[e]


def _result(e: Expr, meaning: Callable[..., Any], args: Iterable[Any]) -> Any:
    """The value of an operation on some values, or FAIL."""
    args = list(args)
    if FAIL in args:
        deciding = {Op.AND: False, Op.OR: True}.get(e.op)
        others = [x for x in args if x is not FAIL]
        try:
            return deciding if deciding is not None and any(logic(x) is deciding for x in others) else FAIL
        except Exception:
            return FAIL
    try:
        return meaning(*args)
    except BROKEN:
        raise
    except Exception:
        return FAIL
