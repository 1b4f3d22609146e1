"""Equal is not the same: what one input gives never depends on what else is in its batch, or was run before."""

from __future__ import annotations

import datetime
from collections import namedtuple
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_differential import exact as shown
from test_differential import told

import wild
from hardwire import Selector, SOp, before, full, indices, key, query, select, tokens, where
from hardwire.lang.values import exact, leave
from hardwire.run import interpreter, run, run_batch
from wild import Box, Loose, Near, Part

NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**53, 2**53 + 1, 2**63, 2**64 + 1, -(2**63)]),
    st.sampled_from([0.0, -0.0, 1.0, 1e16, -1e16, 0.1, 5e-324, float("inf"), -float("inf"), 2.0**53, 2.0**64]),
    st.floats(allow_nan=False),
    st.booleans(),
    st.fractions(max_denominator=50),
)
LEAVES = st.one_of(NUMBERS, st.sampled_from(["", "a", "A", "1"]), st.none(), st.sampled_from(wild.OWN))
VALUES = st.recursive(LEAVES, lambda x: st.one_of(st.tuples(x, x), st.tuples(x), x.map(Box)), max_leaves=4)
INPUTS = st.lists(st.lists(VALUES, max_size=4), min_size=2, max_size=4)

same: Selector = key(tokens) == query(tokens)
PROGRAMS: list[SOp | Selector] = [
    tokens,
    tokens.map(repr),
    tokens.map(lambda x: (type(x).__name__, repr(x))),
    SOp.zip(lambda a, b: (a, b), tokens, full.first(tokens)).str(),
    tokens.map(Box).map(repr),
    where(indices % 2 == 0, tokens, full.last(tokens)).map(repr),
    same,
    same.width(),
    same & before,
    key(tokens) < query(tokens),
    select(tokens, tokens, lambda k, q: repr(k) == repr(q)),
    same.first(tokens).map(repr),
    before.value(tokens),
    before.mean(tokens) * before.width(),
    full.max(tokens).map(repr),
    full.min(tokens, of=indices),
    tokens == full.first(tokens),
    tokens != Box(1),
    tokens.has([Box(1), Loose("A"), (True,), -0.0]),
    tokens.map({Box(1): "box", Loose("A"): "loose", 1: "one", (1,): "tuple"}),
    tokens / 3,
    tokens + tokens,
    tokens // 2,
]


def check(program: SOp | Selector, inputs: list[list[Any]]) -> None:
    """Each input alone, all in one batch, and by both ways to aggregate: the same values, and the same failures."""
    for causal in (False, True):
        alone = [run(program, x, causal=causal, errors="keep") for x in inputs]
        together = run_batch(program, inputs, causal=causal, errors="keep")
        turned = run_batch(program, inputs[::-1], causal=causal, errors="keep")[::-1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(interpreter, "SMALL", 0)
            by_runs = run_batch(program, inputs, causal=causal, errors="keep")
        for one, *others in zip(alone, together, turned, by_runs, strict=True):
            for other in others:
                assert told(list(other)) == told(list(one)), program.formula


@settings(max_examples=60)
@given(st.sampled_from(PROGRAMS), INPUTS)
@example(tokens.map(lambda box: str(box.content)), [[Box(1)], [Box(True)]])
@example(tokens.map(lambda box: str(box.content)), [[Box((1,)), Box((True,))], [Box((1.0,))]])
@example(same, [[Near(0), Near(2)], [Near(1)]])
@example(tokens.map(repr), [[-0.0], [0.0], [(0.0,)], [(-0.0,)], [False], [0]])
def test_a_batch_is_its_inputs_one_by_one(program: SOp | Selector, inputs: list[list[Any]]) -> None:
    check(program, inputs)


@settings(max_examples=60)
@given(wild.programs(), INPUTS)
def test_a_batch_of_any_program(program: SOp | Selector, inputs: list[list[Any]]) -> None:
    check(program, inputs)


@pytest.mark.nightly
@settings(max_examples=5_000)
@given(st.one_of(st.sampled_from(PROGRAMS), wild.programs()), INPUTS)
def test_many_batches(program: SOp | Selector, inputs: list[list[Any]]) -> None:
    check(program, inputs)


@settings(max_examples=300)
@given(VALUES, VALUES)
def test_what_has_one_key_reads_the_same(a: Any, b: Any) -> None:
    if exact(a) == exact(b):
        assert type(a) is type(b)
        assert repr(a) == repr(b)
    assert exact(a) == exact(a)


Pair = namedtuple("Pair", "x y")


@dataclass(frozen=True, slots=True)
class Slotted:
    x: Any


@dataclass(frozen=True)
class Counted:
    """Keeps something besides its fields."""

    x: Any

    def remember(self) -> Counted:
        object.__setattr__(self, "seen", True)
        return self


class Sub(tuple[Any, ...]):
    """A tuple with room for more."""


SAME = [
    (Box(1), Box(1)), (Pair(1, "a"), Pair(1, "a")), (Slotted(1), Slotted(1)), ((1, (2.0,)), (1, (2.0,))),
    (Fraction(1, 2), Fraction(1, 2)), (Counted(1), Counted(1)), (b"a", bytes([97])),
]  # fmt: skip
DIFFERENT = [
    (Box(1), Box(True)), (Box(0.0), Box(-0.0)), (Pair(1, 2), Pair(1, 2.0)), (Pair(1, 2), (1, 2)), (1, True), (1, 1.0),
    (0.0, -0.0), ((1,), (True,)), (((0.0,),), ((-0.0,),)), (Slotted(1), Slotted(1.0)), (Loose("a"), Loose("A")),
    (Loose("a"), Loose("a")), (Counted(1), Counted(1).remember()), (Sub((1,)), Sub((1,))),
    (datetime.date(2020, 1, 1), datetime.date(2020, 1, 1)), (Fraction(2), 2), (wild.Level.LOW, 1), (Part("a"), "a"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), SAME)
def test_the_same(a: Any, b: Any) -> None:
    assert exact(a) == exact(b)
    assert (tokens == a).expr is (tokens == b).expr


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_not_the_same(a: Any, b: Any) -> None:
    assert exact(a) != exact(b)
    assert (tokens == a).expr is not (tokens == b).expr
    assert tokens.has([a]).expr is not tokens.has([b]).expr
    assert full.first(tokens, default=a).expr is not full.first(tokens, default=b).expr
    assert [shown(v) for v in tokens([a, b, a])] == [shown(leave(v)) for v in (a, b, a)]


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_functions_that_close_over_values(a: Any, b: Any) -> None:
    def of(x: Any, default: Any = None) -> SOp:
        return tokens.map(lambda _, d=default: repr((x, d)))

    for one, two in ((of(a), of(b)), (of((a,)), of((b,))), (of(0, a), of(0, b))):
        assert one.expr is not two.expr
    assert of(a)("x") == [repr((a, None))]
    assert of(b)("x") == [repr((b, None))]


def test_the_order_of_a_table_is_part_of_it() -> None:
    """Two ratios that are one float: of equal keys the first counts."""
    near, nearer = Fraction(10**30 + 1, 3 * 10**30), Fraction(1, 3)
    for items in ({near: "a", nearer: "b"}, {nearer: "b", near: "a"}):
        assert (tokens + 0.0).map(items)([1 / 3]) == [next(iter(items.values()))]
