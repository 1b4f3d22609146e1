"""Short inputs, on Python's own values, against the columns: the same values and types, or left to the columns."""

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
from hardwire import SOp, full, indices, key, query, tokens, where
from hardwire.programs import LIBRARY
from hardwire.run import run_batch
from hardwire.run.short import MOST_TOKENS, run_short
from run.test_differential import exact


def compared(program: SOp, x: Any, *, causal: bool) -> bool:
    """Whether the input was run on lists; asserts that the columns agree."""
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
    assert done > 40, "too few are run on lists to say anything"


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("start", range(0, 400, 100))
def test_generated_programs_on_long_inputs(start: int, causal: bool) -> None:
    """Past the length from which columns sort the keys, and up to the longest that is run on lists."""
    done = 0
    for seed in range(start, start + 100):
        rng = random.Random(f"long {seed}")
        made = wild.program(rng)
        program = made if isinstance(made, SOp) else made.width()
        done += compared(program, wild.tokens_of(rng, rng.choice([25, 49, 64, 100, MOST_TOKENS])), causal=causal)
    assert done > 20, "too few are run on lists to say anything"


@pytest.mark.parametrize("name", LIBRARY)
@pytest.mark.parametrize("causal", [False, True])
def test_library_programs(name: str, causal: bool) -> None:
    program = LIBRARY[name]
    rng = random.Random(name)
    for n in (0, 1, 2, 5, 24, 60, MOST_TOKENS):
        compared(program(), [rng.choice(list(program.vocab)) for _ in range(n)], causal=causal)
        compared(program(), program.sample(rng, n) if program.sample else "", causal=causal)


def test_types_are_those_of_the_columns() -> None:
    mean = full.mean(tokens)
    for x in ([1, True], [0, 2], [0.5, 1], [Fraction(1, 3), 1], [True], [2**61, 2**61], [2**200, 1], [1, "a"], ["a"]):
        for program in (mean, full.value(tokens), tokens + tokens, -tokens, full.max(tokens), tokens == 1, mean.str()):
            compared(program, x, causal=False)


NUMBERS: dict[str, list[Any]] = {
    "bools": [True, False],
    "ints": [0, 1, 7, -3],
    "bools and ints": [True, 1, 0, False, 5],
    "wide ints": [2**61, -(2**40), 3],
    "ints beyond 64 bits": [2**100, -(2**63), 1],
    "floats": [0.1, -0.0, 0.0, 1e300, -1e300, 2.5e-310],
    "floats and ints": [0.1, True, 3, 2**53 + 1],
    "ratios": [Fraction(1, 3), Fraction(2), Fraction(-5, 7)],
    "ratios and ints": [Fraction(1, 3), 1, True, 0],
    "ratios and floats": [Fraction(1, 3), 1 / 3, 0.25, 1],
    "an infinity": [float("inf"), 1.0, -1.0],
    "numbers and others": [1, "1", None, True, 1.0, -0.0],
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("what", NUMBERS)
def test_values_of_every_kind(what: str, causal: bool) -> None:
    """Sums, means and extremes over rows that grow, slide, are scattered, and are one for each value."""
    rng = random.Random(what)
    upto = key(indices) <= query(indices)
    window = upto & (key(indices) > query(indices - 5))
    scattered = key(indices * 7 % 11) < query(indices * 5 % 12)
    rows = [upto, ~upto, window, scattered, hw.same_token, ~hw.same_token, full, key(indices) == query(indices - 1)]
    programs = [f for s in rows for f in (s.value(tokens), s.mean(tokens, None), s.max(tokens, -1), s.first(tokens))]
    programs += [s.count_distinct(tokens) for s in rows] + [s.min(indices, of=tokens) for s in rows]
    programs += [(key(tokens) < query(tokens)).width(), (key(tokens) >= query(tokens)).width()]
    programs += [tokens + tokens, tokens * indices, tokens // 2, tokens % 3, -tokens, abs(tokens), tokens / 0.5]
    programs += [tokens == upto.mean(tokens), tokens < full.mean(tokens), tokens.has([1, None])]
    for n in (1, 6, 30, 70):
        x = rng.choices(NUMBERS[what], k=n)
        for program in programs:
            compared(program, x, causal=causal)


def test_a_failure_that_nothing_reads() -> None:
    digit = tokens.map(int)
    is_digit = tokens.has("0123456789")
    one_each = (key(indices) == query(indices)) & (key(is_digit) == query(True))
    for program, expected in (
        (where(is_digit, digit, 0), [1, 0, 2]),
        (where(is_digit, digit > 0, False), [True, False, True]),
        (~is_digit | (digit > 1), [False, True, True]),
        (one_each.value(digit), [1, 0, 2]),
        (one_each.one(digit, "none"), [1, "none", 2]),
        (one_each.max(digit, -1, of=indices), [0, -1, 2]),
        (one_each.count_distinct(digit), [1, 0, 1]),
    ):
        assert run_short(program.expr, "1+2", causal=False) == expected
        assert compared(program, "1+2" * 20, causal=True)
    for program in (digit, full.value(digit), full.max(digit), full.count_distinct(digit), full.one(tokens)):
        assert run_short(program.expr, "1+2", causal=False) is None
        compared(program, "1+2", causal=False)
    with pytest.raises(hw.errors.EvaluationError, match="at position 1"):
        digit("1+2" * 20)


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
        lambda: round(indices * 0.12345, 3),
        lambda: ~(key(indices) <= query(12345)).width().has([3, 4]),
    ],
)
def test_a_program_that_is_run_on_short_inputs_is_not_kept(made: Callable[[], SOp]) -> None:
    program = made()
    program("ab")
    kept = weakref.ref(program.expr)
    del program
    gc.collect()
    assert kept() is None
