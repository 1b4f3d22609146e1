"""Linear combinations of sums over the same numbers, by what each key adds in all: fewer sums, or none.

    upto.value(x) - before.value(x)                            ->  x
    full.value(x) - (key(indices) != query(indices)).value(x)  ->  x
    same_token.width() - (after & same_token).width()          ->  (upto & same_token).width()

A sum through a selector is a signed sum through conjunctions of comparisons. Among those of one x that agree in all
comparisons but those of positions, a key adds x times a weight that its and the query's position decide. Where the
distance of the two does, and few distances differ from a prefix, one sum or some look-ups have the same value.
"""

from __future__ import annotations

import numpy as np

from ..analysis import Facts
from ..lang.expr import INDICES, ONE, ZERO, Expr, Op, counts_bools, node, rebuilt
from ..lang.selectors import Conjunction, Literal, expand, selector_of
from ..run.column import codes_of, column
from ..run.elementwise import elementwise
from ..run.failure import Bools, Ints
from .closed_form import linear
from .counts import Combination, combination
from .rule import on_every_part

LONGEST = 500
"""The greatest max_len for which all pairs of positions are looked at."""
FEW = 3
"""The most comparisons of positions that take the place of those there were."""
LARGEST = 1 << 31
"""Factors add up to less than this, so that int64 holds the weights of keys, whatever conjunctions a selector has."""
OWN = Literal(node(Op.COMPARE, INDICES, INDICES, arg=Op.EQ))
"""Selects the own position."""


def cancelled(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of a program with fewer sums; as it is where that leaves no fewer in the whole program."""
    known: dict[Expr, Combination | None] = {}
    new = on_every_part(lambda e, _: _combined(e, facts, known))(root, facts)
    return new if _aggregates(new[root]) < _aggregates(root) else rebuilt(root, lambda e, _: e)


def _aggregates(root: Expr) -> int:
    return sum(e.op.aggregate for e in root.walk())


def _combined(e: Expr, facts: Facts, known: dict[Expr, Combination | None]) -> Expr | None:
    """A linear combination, or a comparison of two, with fewer sums; `known`: the combinations so far."""
    if e.op in (Op.ADD, Op.SUB):
        return _with_fewer(e, facts, known)
    difference = _with_fewer(node(Op.SUB, *e.src), facts, known) if e.op.comparison else None
    return None if difference is None else node(e.op, difference, ZERO)


def _with_fewer(e: Expr, facts: Facts, known: dict[Expr, Combination | None]) -> Expr | None:
    """The linear combination of ints with fewer sums; None if it needs as many. Raises CompileError."""
    found = combination(e, _is_part, known) or {}
    sums = [x for x in found if _is_sum(x, facts)]
    if len(sums) < 2 or facts.max_len > LONGEST or not all(map(facts.sure, sums)):
        return None  # a key that had no value, and that nothing selected, may be selected now
    if not all(facts.domain(x).whole for x in found) or facts.domain(e).types != {int}:
        return None
    if sum(abs(found[x]) for x in sums) >= LARGEST:
        return None
    terms = [(int(c), x) for x, c in found.items() if x is not ONE and x not in sums]
    constant, left = int(found.get(ONE, 0)), 0
    for x, others, weights in _groups({x: int(found[x]) for x in sums}, facts):
        kept = _few(weights, causal=facts.causal)
        for weight, place in kept or ():
            if place == (OWN,) and all(facts.selections.itself(c.atom) for c in others):
                terms, constant = (terms, constant + weight) if x is ONE else ([*terms, (weight, x)], constant)
                continue
            selector = selector_of((*others, *place))
            terms.append((weight, node(Op.WIDTH, selector) if x is ONE else node(Op.VALUE, selector, x, ZERO)))
            left += 1
        if kept is None or left >= len(sums):
            return None
    return linear(constant, *terms)


def _is_part(e: Expr) -> bool:
    """Whether a sop is a part of linear combinations: anything but arithmetic."""
    product = e.op is Op.MUL and any(s.op is Op.CONST for s in e.src)
    return not (product or e.op in (Op.CONST, Op.ADD, Op.SUB, Op.NEG))


def _is_sum(e: Expr, facts: Facts) -> bool:
    """Whether a sop is a sum that tokens decide, or such a count."""
    adds = e.op is Op.WIDTH or (e.op is Op.VALUE and counts_bools(e) and e.src[2] is ZERO)
    return adds and not facts.token_free(e)


def _groups(sums: dict[Expr, int], facts: Facts) -> list[tuple[Expr, Conjunction, Ints]]:
    """(the numbers added up, the comparisons that read tokens, the weight of each key for each query) of a linear
    combination of sums. Raises CompileError."""
    groups: dict[tuple[Expr, frozenset[Literal]], tuple[Conjunction, Ints]] = {}
    for e, factor in sums.items():
        x = e.src[1] if e.op is Op.VALUE else ONE
        for conjunction, sign in expand(e.src[0], facts.ordered).items():
            placed = [c for c in conjunction if facts.basis(c.key) | facts.basis(c.query) <= {INDICES}]
            others = tuple(c for c in conjunction if c not in placed)
            weights = np.full((facts.max_len, facts.max_len), factor * sign)
            for c in placed:
                weights *= _selected(c, facts)
            known = groups.setdefault((x, frozenset(others)), (others, np.zeros_like(weights)))
            known[1][:] += weights
    return [(x, others, weights) for (x, _), (others, weights) in groups.items()]


def _selected(comparison: Literal, facts: Facts) -> Bools:
    """Whether each key is selected by each query, by a comparison that their positions decide."""
    every = column(range(facts.max_len))
    k, q = (i.ravel() for i in np.indices((facts.max_len, facts.max_len)))
    key, query = (facts.evaluate(s, {INDICES: every}) for s in (comparison.key, comparison.query))
    op, arg = (comparison.op, None) if isinstance(comparison.op, Op) else (Op.MAP, comparison.op)
    met = elementwise(node(op, comparison.key, comparison.query, arg=arg), [key.take(k), query.take(q)], facts.log)
    codes, table = codes_of(met)
    return np.array([bool(v) for v in table])[codes].reshape(facts.max_len, -1)


def _few(weights: Ints, *, causal: bool) -> list[tuple[int, Conjunction]] | None:
    """The weights as those of one range of distances between key and query and of a few distances, each of which some
    comparisons select; None where that takes more."""
    n = len(weights)
    key, query = np.indices(weights.shape)
    distances = np.arange(1 - n, 1 if causal else n)
    along = weights[np.maximum(distances, 0), np.maximum(-distances, 0)]
    if (weights != along[np.minimum(key - query, distances[-1]) + n - 1])[(key <= query) | (not causal)].any():
        return None  # the distance does not decide it
    changes, used = np.flatnonzero(np.diff(along)), along.nonzero()[0]
    if not len(used):
        return []
    ranges = [(0, 0), (0, len(along)), (used[0], used[-1] + 1)]
    ranges += [(0, changes[0] + 1), (changes[-1] + 1, len(along))] if len(changes) else []
    found = []
    for start, stop in ranges:
        rest, weight = along.copy(), int(along[start]) if start < stop else 0
        rest[start:stop] -= weight
        found.append((bool(weight) + np.count_nonzero(rest), start, stop, weight, rest))
    many, start, stop, weight, rest = min(found, key=lambda x: x[0])
    if many > FEW:
        return None
    low = int(distances[start]) if start else None
    high = int(distances[stop - 1]) if stop < len(along) else None
    whole = [(weight, _between(low, high))] if weight else []
    return [*whole, *((int(rest[i]), (_at(int(distances[i]), Op.EQ),)) for i in rest.nonzero()[0])]


def _between(low: int | None, high: int | None) -> Conjunction:
    """Selects the keys from one distance to the right of the query to another; None where that is not limited."""
    ends = ((low, Op.GE), (high, Op.LE))
    return tuple(_at(distance, op) for distance, op in ends if distance is not None)


def _at(distance: int, op: Op) -> Literal:
    """Selects the keys at this distance to the right of the query, or on one side of there."""
    if op is not Op.EQ and abs(distance) == 1 and (distance < 0) == (op is Op.LE):
        distance, op = 0, op.strict
    query = node(Op.ADD, INDICES, node(Op.CONST, arg=distance)) if distance else INDICES
    return Literal(node(Op.COMPARE, INDICES, query, arg=op))
