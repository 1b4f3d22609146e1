"""Short inputs, position by position, against the columns: the same values and types, or left to the columns."""

from __future__ import annotations

import gc
import random
import weakref
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
import wild
from hardwire import SOp, full, indices, key, query, tokens
from hardwire.programs import LIBRARY
from hardwire.run import run_batch
from hardwire.run.short import MOST_TOKENS, run_short
from run.test_differential import exact


def compared(program: SOp, x: Any, *, causal: bool) -> bool:
    """Whether the input was run position by position; asserts that the columns agree."""
    [expected] = run_batch(program, [x], causal=causal, errors="keep")
    found = run_short(program.expr, expected.input, causal=causal)
    if found is not None:
        assert exact(found) == exact(list(expected)), f"{program.formula} on {x!r}, causal={causal}"
    return found is not None


@pytest.mark.parametrize("start", range(0, 2000, 200))
def test_generated_programs(start: int) -> None:
    done = 0
    for seed in range(start, start + 200):
        rng = random.Random(seed)
        made = wild.program(rng)
        program = made if isinstance(made, SOp) else made.width()
        for _ in range(3):
            done += compared(program, wild.tokens_of(rng), causal=rng.random() < 0.3)
    assert done > 40, "too few are run position by position to say anything"


@pytest.mark.parametrize("name", LIBRARY)
@pytest.mark.parametrize("causal", [False, True])
def test_library_programs(name: str, causal: bool) -> None:
    program = LIBRARY[name]
    rng = random.Random(name)
    for n in (0, 1, 2, 5, MOST_TOKENS):
        compared(program(), [rng.choice(list(program.vocab)) for _ in range(n)], causal=causal)
        compared(program(), program.sample(rng, n) if program.sample else "", causal=causal)


def test_types_are_those_of_the_columns() -> None:
    mean = full.mean(tokens)
    for x in ([1, True], [0, 2], [0.5, 1], [Fraction(1, 3), 1], [True], [2**61, 2**61], [2**200, 1], [1, "a"], ["a"]):
        for program in (mean, full.value(tokens), tokens + tokens, -tokens, full.max(tokens), tokens == 1, mean.str()):
            compared(program, x, causal=False)


def test_what_is_left_to_the_columns() -> None:
    double = tokens.map(lambda x: x * 2)
    assert run_short(double.expr, [1, 2], causal=False) is None
    assert run_short((1 / tokens).expr, [0, 2], causal=False) is None
    assert run_short(tokens.expr, "a" * (MOST_TOKENS + 1), causal=False) is None
    assert double([1, 2]) == [2, 4]
    with pytest.raises(hw.errors.EvaluationError, match="division by zero"):
        (1 / tokens)([0, 2])


@pytest.mark.parametrize(
    "made",
    [
        lambda: (key(tokens) == query("a")).value(indices) + 12345,
        lambda: (key(tokens) == query("b")).value(indices, 12345),
        lambda: hw.raw([1, 2345]),
        lambda: tokens.map({"a": 1, "b": 23456}),
    ],
)
def test_a_program_that_is_run_on_short_inputs_is_not_kept(made: Callable[[], SOp]) -> None:
    program = made()
    program("ab")
    kept = weakref.ref(program.expr)
    del program
    gc.collect()
    assert kept() is None
