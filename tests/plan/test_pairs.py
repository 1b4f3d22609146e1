"""Functions of several numbers, and numbers with a few special values: small, fast, and the same in every spelling."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardwire as hw
from hardwire import Failure, SOp, before, full, indices, key, length, query, same_token, tokens, where
from hardwire.compiler import stages
from hardwire.constructions.form import Direction, Given, of, wires
from hardwire.errors import CertificateError
from hardwire.plan import pieces
from hardwire.plan.codes import NumberTable

pytestmark = pytest.mark.filterwarnings("ignore::hardwire.errors.ProgramWarning")

PREV = (key(indices) == query(indices - 1)).one(tokens)
PREV_OR_NONE = (key(indices) == query(indices - 1)).one(tokens, None)
NEXT = (key(indices) == query(indices + 1)).one(tokens)
PLUS = (key(tokens) == query("+")).first(indices, None)
COUNT = same_token.width()
INNER = (indices > 0) & (indices < length - 1)
SHARE = (key(indices) <= query(indices)).mean(where(tokens == "a", 1, 0))
SECONDS = 10
"""Far above the two seconds that the slowest of them takes, since other work may run beside."""


def function(f: Callable[..., Any], *sops: SOp) -> SOp:
    """A function that the compiler cannot look into, on sops."""
    return SOp.zip(lambda *values: f(*values), *sops)


def check(program: SOp, vocab: Any, max_len: int, layers: int, parameters: int) -> None:
    """The program certifies in float32, at no more than this size, and answers as the interpreter does."""
    start = time.process_time()
    model = hw.compile(program, vocab, max_len)
    assert time.process_time() - start < SECONDS
    assert model.certificate is not None
    assert (model.dtype, model.depth) == ("float32", layers)
    assert model.parameters <= parameters
    rng, known = random.Random(7), list(vocab)
    for n in (1, 2, max_len // 2, max_len):
        x = [rng.choice(known) for _ in range(n)]
        found = program(x, errors="keep")
        bound = model.certificate.bound
        assert all(
            isinstance(b, Failure) or a == b or (bound and abs(a - b) <= bound)
            for a, b in zip(model(x), found, strict=True)
        )


def peak() -> SOp:
    return where(INNER, (tokens > PREV) != (tokens < NEXT), None)


@pytest.mark.parametrize(("v", "n", "parameters"), [(5, 9, 650), (11, 9, 720), (30, 20, 1100), (100, 60, 2600)])
def test_conditions_are_computed_one_by_one(v: int, n: int, parameters: int) -> None:
    check(peak(), range(v), n, 1, parameters)
    check(where(INNER, (tokens > PREV) & (tokens > NEXT), None), range(v), n, 1, parameters)


def test_an_opaque_condition_on_three_tokens_is_a_table_of_embedded_rows() -> None:
    check(function(lambda t, p, n: (t > p) != (n > t), tokens, PREV, NEXT), range(11), 9, 1, 9_200)


@pytest.mark.parametrize(("v", "n", "parameters"), [(20, 9, 600), (30, 9, 800), (100, 20, 2_400)])
def test_none_beside_a_sum_of_tokens(v: int, n: int, parameters: int) -> None:
    check(where(indices == 0, None, tokens + PREV), range(v), n, 1, parameters)
    check(where(PREV_OR_NONE == None, None, tokens + PREV_OR_NONE), range(v), n, 1, parameters)  # noqa: E711


@pytest.mark.parametrize("n", [20, 40, 100])
@pytest.mark.parametrize("absent", [None, "none", (1, 2)])
def test_nothing_costs_a_flag_beside_the_number(n: int, absent: Any) -> None:
    found = (key(tokens) == query("+")).first(indices, -99)
    number = where(found == -99, -99, indices - found)
    flag = 2 * 13 + (n + 3) + 2 * n + 20  # neurons, and a direction: embedded, read out, and read by the head
    usual = hw.compile(number, "a+", n).parameters
    check(where(PLUS == None, absent, indices - PLUS), "a+", n, 1, usual + flag)  # noqa: E711


def test_nothing_on_the_way_and_two_special_values() -> None:
    there = PLUS == None  # noqa: E711
    check(full.value(where(there, 0, indices - PLUS)), "a+", 30, 2, 400)
    check(where(there, None, where(indices < PLUS, "left", indices - PLUS)), "a+", 30, 1, 600)


def test_arithmetic_on_strings_is_none_on_their_numbers() -> None:
    """`+` joins strings; where one side may be a number, the other may be one too."""
    word = (key(indices) == query(indices + 1)).one(tokens, "!")
    check(tokens + word, "ab", 6, 1, 400)


@pytest.mark.parametrize(("v", "parameters"), [(30, 700), (50, 1_000), (100, 1_800), (200, 3_400)])
def test_products_of_tokens(v: int, parameters: int) -> None:
    check(tokens * NEXT, range(v), 9, 1, parameters)
    check(function(lambda a, b: a * b, tokens, NEXT), range(v), 9, 1, parameters)


def test_products_of_counts_and_of_negative_numbers() -> None:
    check(COUNT * before.width(), "abc", 60, 1, 1_100)
    check(COUNT * (before & same_token).width(), "abc", 24, 1, 8_200)
    check(tokens * NEXT, range(-25, 25), 9, 1, 1_000)


@pytest.mark.parametrize(("n", "parameters"), [(20, 900), (40, 3_100), (60, 1_700)])
def test_shares_are_read_off_two_counts(n: int, parameters: int) -> None:
    check(COUNT / length, "abc", n, 1, parameters)


def test_quotients_and_remainders() -> None:
    check(COUNT * 10 // length, "abc", 100, 1, 200)
    check(tokens // NEXT, range(1, 50), 9, 1, 750)
    check(tokens % NEXT, range(1, 50), 9, 1, 1_600)
    check(tokens % (NEXT % 5 + 1), range(50), 9, 1, 3_200)


@pytest.mark.parametrize(("n", "parameters"), [(16, 750), (24, 1_200), (40, 2_000), (60, 3_300)])
def test_a_rounded_product_of_a_mean_and_a_count_is_a_sum(n: int, parameters: int) -> None:
    check(function(lambda a, b: round(a * b), SHARE, indices + 1), "ab", n, 1, parameters)
    check((SHARE * (indices + 1)).map(round), "ab", n, 1, parameters)


SPELLINGS: list[tuple[SOp, Callable[..., Any]]] = [
    (where(tokens < NEXT, tokens, NEXT), min),
    (where(tokens < NEXT, NEXT, tokens), max),
    ((tokens - NEXT).map(abs), lambda a, b: abs(a - b)),
    (tokens < NEXT, lambda a, b: a < b),
    (tokens - NEXT, lambda a, b: a - b),
    ((tokens + NEXT) % 50, lambda a, b: (a + b) % 50),
    ((tokens - NEXT) % 50, lambda a, b: (a - b) % 50),
    (where(tokens == NEXT, "=", where(tokens < NEXT, "<", ">")), lambda a, b: "=" if a == b else "<" if a < b else ">"),
    (tokens * tokens + NEXT * NEXT, lambda a, b: a * a + b * b),
    (tokens * NEXT % 10, lambda a, b: a * b % 10),
]


@pytest.mark.parametrize("case", range(len(SPELLINGS)))
def test_an_opaque_function_costs_what_the_same_in_the_language_does(case: int) -> None:
    spelled, f = SPELLINGS[case]
    usual = hw.compile(spelled, range(30), 9)
    check(function(f, tokens, NEXT), range(30), 9, usual.depth, math.ceil(usual.parameters * 1.25))


def test_the_plan_says_what_was_not_chosen() -> None:
    found = str(stages(full.value(tokens * NEXT), range(20), 9).plan)
    assert "product by digits" in found
    assert "not pieces along a: 38 neurons" in found
    assert "not product by squares: 74 neurons" in found


# Affine pieces.

A, B = (of(Direction(name, "free", Given(name), error=2.0**-9)) for name in "ab")
(ONE,) = wires("one")
FUNCTIONS: dict[str, Callable[[int, int], float]] = {
    "min": min,
    "difference": lambda a, b: abs(a - b),
    "sum mod 5": lambda a, b: (a + b) % 5,
    "quotient": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "product": lambda a, b: a * b,
    "comparison": lambda a, b: a < b,
    "switch": lambda a, b: 3 * b - a if a > 4 else 7 if a > 2 else a + b,
}


def table_of(f: Callable[[int, int], float], a: int, b: int) -> NumberTable:
    pairs = list(itertools.product(range(a), range(1, b)))
    return NumberTable(np.array(pairs, np.float64), np.array([f(*p) for p in pairs], np.float64))


@pytest.mark.parametrize("name", FUNCTIONS)
@given(sizes=st.tuples(st.integers(2, 9), st.integers(3, 9)), seed=st.integers(0, 2**16))
def test_pieces_are_the_function_for_numbers_with_errors(name: str, sizes: tuple[int, int], seed: int) -> None:
    """At every pair, for numbers that are off by their error, to within what is said to pass."""
    table, rng = table_of(FUNCTIONS[name], *sizes), np.random.default_rng(seed)
    tried = pieces.found(table)
    assert tried
    for found in tried:
        made = pieces.built(found, (A, B), ONE)
        assert made is not None
        off = rng.choice([-1.0, 0.0, 1.0], table.x.shape) * A.error
        values = made.piece(a=table.x[:, 0] + off[:, 0], b=table.x[:, 1] + off[:, 1])
        assert np.abs(values - table.y).max() <= made.passed + 2.0**-20


def test_a_boundary_is_not_put_where_errors_reach_it() -> None:
    rough = of(Direction("a", "free", Given("a"), error=0.3))
    (found,) = [p for p in pieces.found(table_of(FUNCTIONS["comparison"], 5, 5)) if p.order.name == "a - b"]
    assert pieces.built(found, (rough, B), ONE) is None


def test_labels_of_numbers_that_are_too_small_beside_others_that_are_not() -> None:
    least = tokens == full.min(tokens)  # 1e-30 is its own label, and 1e-31 has one like a word
    with pytest.raises(CertificateError, match="no proof"):
        hw.compile(least, [1e-30, 1e-31], 3)


@pytest.mark.parametrize("max_len", [6, 20])
@pytest.mark.parametrize("special", [0, 3, None])
def test_a_quotient_with_a_value_for_nothing_over_nothing(max_len: int, special: int | None) -> None:
    """No part of a sum is greater than the sum, so where that is 0, so is the part: 0 / 0 is before all quotients."""
    program = function(lambda x, s: x / s if s else special, tokens, full.value(tokens))
    model = hw.compile(program, range(10), max_len, remedies=False)
    assert model.depth == 1
    assert model.parameters < 180 * max_len + 700
    assert hw.verify(model, samples=50)
