"""Linear combinations of means by one selector that are compared: one sum, with the same answers."""

from __future__ import annotations

import itertools
import operator
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.counts import counts
from observed import Values

UPTO = key(indices) <= query(indices)
IS_A, IS_B = where(tokens == "a", 1, 0), where(tokens == "b", 1, 0)
INPUTS = [list(x) for n in range(1, 6) for x in itertools.product("abc", repeat=n)]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]


def m(x: SOp, by: Any = UPTO, default: Any = 0) -> SOp:
    return by.mean(x, default)


COMBINED: dict[str, tuple[SOp, Any]] = {
    "a difference and 0": (m(IS_A) - m(IS_B), 0),
    "a difference and a ratio": (m(IS_A) - m(IS_B), Fraction(1, 3)),
    "three of them": (m(IS_A) - 2 * m(IS_B) + m(indices) / 3, 1),
    "on both sides": (m(IS_A) + 1, m(IS_B) * 2),
    "the opposite": (-m(IS_A) + m(IS_B), -1),
    "the same twice": (m(IS_A) - m(IS_A) + m(IS_B), Fraction(1, 2)),
    "nothing selected at first": (m(IS_A, before) - m(IS_B, before), 0),
    "nothing selected, with defaults that differ": (m(IS_A, before, 1) - m(IS_B, before, 1), 0),
    "bools": (m(tokens == "a") - m(tokens == "b"), 0),
}
KEPT: dict[str, tuple[SOp, Any]] = {
    "two selectors": (m(IS_A) - m(IS_B, full), 0),
    "a default that would answer otherwise": (m(IS_A, before, 5) - m(IS_B, before), 2),
    "a float": (m(IS_A) - m(IS_B), 0.1),
    "floats that are averaged": (m(IS_A * 0.1) - m(IS_B * 0.3), 0),
    "a product": (m(IS_A) * m(IS_B), Fraction(1, 4)),
    "a quotient of means": (m(IS_A) / (m(IS_B) + 1), Fraction(1, 2)),
    "means and counts": (m(IS_A) - length, -1),
}


def answers(program: SOp, causal: bool) -> SOp:
    """The program after the pass; asserts that it has the same answers."""
    new = counts(program.expr, Facts(tuple("abc"), 5, causal=causal))[program.expr]
    values = Values(INPUTS, causal)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert was.is_kept_by(now, typed=True)
    return SOp(new)


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("name", COMBINED)
def test_they_become_one_sum(name: str, compare: Any) -> None:
    program = compare(*COMBINED[name])
    for causal in (False, True):
        new = answers(program, causal)
        assert sum(e.op is Op.VALUE for e in new.expr.walk()) == 1
        assert not any(e.op is Op.MEAN for e in new.expr.walk())


@pytest.mark.parametrize("compare", COMPARISONS)
@pytest.mark.parametrize("name", KEPT)
def test_others_keep_their_answers(name: str, compare: Any) -> None:
    for causal in (False, True):
        answers(compare(*KEPT[name]), causal)


@pytest.mark.parametrize(("longest", "parameters"), [(10, 1_000), (20, 1_500), (30, 2_000)])
def test_the_end_of_shuffle_dyck_by_differences_of_means(longest: int, parameters: int) -> None:
    def part(c: str) -> SOp:
        return UPTO.mean(where(tokens == c, 1, 0))

    balanced = (part("(") - part(")") == 0) & (part("{") - part("}") == 0)
    model = hw.compile((key(indices) == query(length - 1)).one(balanced), "(){}", longest)
    assert model.certificate.max_len == longest
    assert model.depth == 2
    assert model.parameters <= parameters
    assert hw.verify(model, samples=100)
