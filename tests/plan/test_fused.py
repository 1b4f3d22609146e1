"""Sums of numbers that neurons compute, in one direction; results read off fewer values; positions within the input."""

from __future__ import annotations

import operator
import random
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, tokens, where
from hardwire.compiler.pipeline import Compiled, run_stages
from hardwire.rewrite import analysed

UPTO = key(indices) <= query(indices)
MIXED = (-1, "x", Fraction(1, 2), 0.5, True, None)
"""Values of many types, of which two are equal: a vocabulary takes one of them."""
LETTERS = [v for v in MIXED if v != 0.5] + [1.5]


def staged(program: SOp, vocab: Any, max_len: int) -> Compiled:
    return run_stages(analysed(program.expr, vocab, max_len, causal=False))


def faults(names: bool = False) -> SOp:
    """How many of four conditions on counts hold."""
    a, b = (UPTO.value(where(tokens == c, 1, -1)) for c in "ab")
    found = [a < 0, b > 2, full.value(where(tokens == "a", 1, 0)) != 2, b == 1]
    found = [x.int() for x in found]
    return reduce(operator.add, [x.name(f"fault {i}") for i, x in enumerate(found)] if names else found)


def test_parts_that_are_read_in_one_sum_share_a_direction() -> None:
    program, named = (full.value(faults(names)) > 3 for names in (False, True))
    own, other = staged(program, "ab", 12), staged(named, "ab", 12)
    assert "sum of functions" in str(own.plan)
    assert "sum of functions" not in str(other.plan), "a name keeps a direction"
    neurons = [sum(x.w_in.shape[1] for x in m.matrices.layers) for m in (own, other)]
    assert neurons[0] == neurons[1]
    assert own.matrices.coordinates.width == other.matrices.coordinates.width - 3
    model = hw.compile(program, "ab", 12)
    assert model.certificate.max_len == 12
    assert hw.verify(model, samples=100, exhaustive=2_000)
    assert set(hw.compile(named, "ab", 12).variables) == {f"fault {i}" for i in range(4)}


def test_a_part_that_something_else_reads_keeps_its_direction() -> None:
    low = UPTO.value(where(tokens == "a", 1, -1)) < 0
    both = low.int() + (full.value(where(tokens == "a", 1, 0)) > 2).int()
    program = full.value(both) + before.value(low.int())
    assert "sum of functions" not in str(staged(program, "ab", 9).plan)
    model = hw.compile(program, "ab", 9)
    assert hw.verify(model, samples=100, exhaustive=2_000)


def drawn(rng: random.Random) -> SOp:
    """A sum of conditions and numbers that depend on counts of values of many types."""

    def count() -> SOp:
        v = rng.choice(LETTERS)
        selector = rng.choice([UPTO, before, full])
        return selector.value(where(tokens == v, rng.choice([1, 2, True]), rng.choice([0, -1, False])))

    def part() -> SOp:
        x, k = count(), rng.choice([-1, 0, 1, True, 2, Fraction(1, 2), 0.5])
        how = rng.choice([operator.lt, operator.gt, operator.eq, operator.ne, operator.ge])
        return rng.choice([how(x, k).int(), where(how(x, k), rng.choice([2, -1, True]), 0), (x % 2), x // 2, -x])

    return reduce(rng.choice([operator.add, operator.sub]), [part() for _ in range(rng.randint(2, 4))])


@pytest.mark.parametrize("seed", range(8))
def test_generated_sums_have_the_values_of_the_interpreter(seed: int) -> None:
    rng = random.Random(seed)
    total = drawn(rng)
    program = rng.choice([total, full.value(total) > 2, before.value(total), where(total > 1, "y", None)])
    vocab = rng.sample(LETTERS, 3)
    model = hw.compile(program, vocab, 6)
    assert model.certificate.max_len == 6
    assert hw.verify(model, exhaustive=1_100, seed=seed)


@pytest.mark.parametrize("period", [3, 10])
def test_a_remainder_is_read_off_fewer_values(period: int) -> None:
    """x % m + y, where something else compares x with m, has fewer values than x + y."""
    x = tokens + (key(indices) == query(length - indices - 1)).one(tokens)
    carry = (UPTO & (key(x) != query(period - 1))).last(x >= period, False)
    model = hw.compile((x + carry) % period, range(period), 5)
    assert model.outputs is not None
    assert len(model.outputs) == period + 1
    assert model.certificate.max_len == 5
    assert hw.verify(model, samples=300, exhaustive=400)


@pytest.mark.parametrize("offset", [-1, 1, 2])
def test_a_position_that_lies_in_the_input_needs_no_neuron(offset: int) -> None:
    """The place of a token is before the end; two further on may lie beyond it."""
    place = (key(tokens) == query("+")).one(indices)
    moved = (key(indices) == query(indices - (length - place) + offset)).one(tokens, "-")
    found = staged(moved, "ab+", 20)
    assert any(g.recipe == "overshoot" for x in found.matrices.layers for g in x.groups) is (offset > 1)
    model = hw.compile(moved, "ab+", 20)
    assert model.certificate.max_len == 20
    assert hw.verify(model, samples=200, exhaustive=1_000)
