"""The values of sums of choices, compared with the interpreter."""

from __future__ import annotations

import random

import pytest

import hardwire as hw
from hardwire import SOp, indices, key, query, tokens, where
from hardwire.analysis import Facts
from hardwire.analysis.choices import sums_of_choices
from hardwire.programs import LIBRARY

VOCAB = (0, 1, 2, 3)


def looked_up(i: int) -> SOp:
    """A number that no other decides."""
    return (key(indices) == query(i)).one((tokens * (i + 2)) % 7)


def of_one_token(count: int) -> SOp:
    """A number for each token, of which the own one chooses one."""
    return sum((where(tokens == t, looked_up(t), 0) for t in range(1, count)), where(tokens == 0, looked_up(0), 0))


def test_the_token_chooses_one_of_several() -> None:
    program = of_one_token(4)
    assert sums_of_choices(program.expr, Facts(VOCAB, 5)) == set(range(7))


@pytest.mark.parametrize("seed", range(20))
def test_every_value_is_among_them(seed: int) -> None:
    rng = random.Random(seed)
    conditions = [tokens == 1, tokens > 1, indices > 1, (tokens == 2) & (indices < 3), looked_up(3) > 2]
    conditions += [(12 // looked_up(1) > 3) | (tokens == 1)]
    parts = [looked_up(0), looked_up(1), looked_up(2), tokens, 3, 12 // tokens]
    choices = [where(rng.choice(conditions), rng.choice(parts), rng.choice(parts)) for _ in range(rng.randint(2, 4))]
    program = sum(choices[1:], choices[0]) + rng.choice([0, tokens, looked_up(2)])
    found = sums_of_choices(program.expr, Facts(VOCAB, 5))
    assert found is not None
    for _ in range(300):
        x = rng.choices(VOCAB, k=rng.randint(1, 5))
        assert all(isinstance(v, hw.Failure) or v in found for v in program(x, errors="keep")), x


def test_products_are_read_off_few_columns() -> None:
    program = LIBRARY["multiply_by_digit"]
    model = hw.compile(program)
    assert model.unembed.shape[1] < 20
    assert model.parameters < 15_000


def test_a_sum_that_is_added_to_itself_many_times() -> None:
    x, y = ((key(indices) <= query(indices)).value(tokens * i) for i in (3, 5))
    total = where(x > 3, y % 2, 0) + where(x == 3, x % 2, 0)
    for _ in range(20):
        total = total + total
    assert sums_of_choices(total.expr, Facts(VOCAB, 5)) is None


def test_many_combinations_of_long_parts() -> None:
    parts = [(key(indices) <= query(indices)).value(tokens // 2**i % 2) for i in range(12)]
    total = sum((where(tokens // 2**i % 2 == 1, part, 0) for i, part in enumerate(parts)), where(tokens == 0, 1, 0))
    assert sums_of_choices(total.expr, Facts(tuple(range(2**12)), 60)) is None


def test_conditions_that_are_never_true_or_false_together() -> None:
    total = where(tokens.map({0: True}), indices, 1) + where(tokens.map({1: True}), indices, 2)
    assert sums_of_choices(total.expr, Facts(VOCAB, 5)) is None


class NoTruth:
    def __bool__(self) -> bool:
        raise ValueError("no truth value")


def test_a_condition_without_a_truth_value() -> None:
    condition = tokens.map({0: NoTruth(), 1: True, 2: False})
    total = where(condition, indices, 6) + where(condition, indices, 7)
    assert sums_of_choices(total.expr, Facts(VOCAB, 3)) == {0, 1, 2, 3, 4, 13}
