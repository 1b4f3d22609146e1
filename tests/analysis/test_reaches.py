"""Between which numbers combinations of positions that are looked up lie, compared with the interpreter."""

from __future__ import annotations

import itertools
import random

import pytest

from hardwire import SOp, after, before, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Op, node
from hardwire.rewrite import analysed
from observed import Values

OTHER = key(tokens) != query(tokens)
MARKED = key(tokens) == query("b")
LAST = (before & MARKED).last(indices, -1)
NEXT = (after & MARKED).first(indices, length)
MIRROR = where(tokens == "b", indices, LAST + NEXT - indices)
TWO = (indices > 0) + (indices > 1)
"""A number as a sum of bools."""


def generated(rng: random.Random, depth: int = 0) -> SOp:
    """A combination of positions that are looked up."""
    picks = (
        lambda s, d: s.last(indices, d),
        lambda s, d: s.first(indices, d),
        lambda s, d: s.max(indices, d),
        lambda s, d: s.first(generated(rng, 3), d),
    )
    if depth > 2 or rng.random() < 0.4:
        near = key(indices // 3) == query(indices // 3)
        placed = rng.choice([before, after, key(indices) <= query(indices), near & (key(indices) > query(indices))])
        found = rng.choice([OTHER, MARKED, ~MARKED])
        default = rng.choice([-1, 0, 7, length, indices]) if depth < 3 else 2
        pick = rng.choice(picks[: 4 if depth < 2 else 3])
        selected = rng.choice([placed & found, found])
        return rng.choice([pick(selected, default), indices, length, length - 1 - indices, SOp.zip(int, 2), TWO])
    a, b = generated(rng, depth + 1), generated(rng, depth + 1)
    return rng.choice([a + b, a - b, -a, 2 * a - b, where(tokens == "b", a, b), where(indices < 2, a, b)])


def inputs(most: int) -> list[list[str]]:
    return [list(x) for n in range(most + 1) for x in itertools.product("ab", repeat=n)]


def check(program: SOp, *, causal: bool, most: int = 5) -> int:
    """How many parts have a reach; every value of each lies in it, at its own position and length."""
    known = analysed(program.expr, "ab", most, causal=causal)
    values, told = Values(inputs(most), causal), 0
    for root, facts in ((program.expr, Facts(("a", "b"), most, causal=causal)), (known.final, known.facts)):
        for e in root.walk():
            if e.selector:
                low, high = facts.width(e)
                assert all(low <= w.value <= high for w in values.of(node(Op.WIDTH, e)) if w.ok)
                continue
            found = values.of(e)
            domain = set(facts.domain(e).values)
            assert all(p.value in domain for p in found if p.ok)
            reach = facts.reaches.of(e)
            if reach is None:
                continue
            told += 1
            greatest = facts.reaches.most(e)
            assert greatest is not None
            for row in values.by_input(e):
                start = len(row) * (len(row) - 1) // 2
                for i, p in enumerate(row):
                    low, high = reach.low[start + i], reach.high[start + i]
                    assert not p.ok or p.value <= greatest[i if causal else len(row)]
                    assert not p.ok or low <= p.value <= high, f"{SOp(e).formula}: {p.value} at {i} of {len(row)}"
    return told


def test_a_mirrored_position_is_a_position_of_the_input() -> None:
    facts = Facts(("a", "b"), 20)
    assert set(facts.domain(MIRROR.expr).values) == set(range(20))
    assert facts.reaches.is_position(MIRROR.expr)
    assert facts.width((key(indices) == query(MIRROR)).expr) == (1, 1)
    assert not facts.reaches.is_position(NEXT.expr)
    assert not facts.reaches.is_position((LAST + NEXT).expr)
    assert facts.width((key(indices) == query(LAST)).expr)[0] == 0
    marked = MARKED.first(indices, 0)
    assert facts.reaches.is_position(marked.expr)
    most = facts.reaches.most((length - 1 - marked).expr)
    assert most is not None
    assert most.tolist() == [0, *range(20)]
    assert not facts.reaches.is_position(MARKED.first(indices, length).expr)
    masked = Facts(("a", "b"), 20, causal=True)  # where nothing is behind the query
    assert set(masked.domain(MIRROR.expr).values) == set(range(20))
    assert masked.reaches.is_position(MIRROR.expr)
    assert masked.reaches.is_position((indices - marked).expr)
    assert not masked.reaches.is_position((length - indices).expr)


PROGRAMS = (
    MIRROR, LAST, NEXT, NEXT - LAST - 1, (key(indices) == query(MIRROR)).one(MIRROR), LAST + TWO, LAST - TWO,
    MARKED.one(indices) - length, length - MARKED.last(indices, 1),
    LAST + where(indices > 0, True, 3), LAST + (2 + (indices > 0)), NEXT * 2**22 * 2**21 + LAST * 2**22 * 2**22 * 2**20,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("causal", [False, True])
def test_values_lie_in_their_reach(program: SOp, causal: bool) -> None:
    assert check(program, causal=causal)


@pytest.mark.parametrize("start", range(0, 120, 30))
def test_values_of_generated_programs_lie_in_their_reach(start: int) -> None:
    told = 0
    for seed in range(start, start + 30):
        rng = random.Random(seed)
        told += check(generated(rng), causal=rng.random() < 0.3)
    assert told > 30
