"""The read-out: numbers that are answered as they are, and what a refusal says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from structural import proof, settings
from test_terms import leading

import hardwire as hw
from hardwire import SOp, full, tokens
from hardwire.errors import CertificateError
from hardwire.proof.linear import combination

SUM = full.value(tokens.map({"a": 0.5, "b": 0.1}))


COMBINATIONS = [SUM, (SUM + 1).name("one more") * 2, SUM + 1, 1 - SUM, 2 * SUM - 0.5, (SUM + 3) / 4, 2 * (SUM - 7)]


@pytest.mark.parametrize("program", COMBINATIONS, ids=lambda p: p.formula)
def test_combinations_of_more_values_than_can_be_listed(program: hw.SOp) -> None:
    """Sums of floats are too many to try each; constants beside them are part of the combination."""
    model = hw.compile(program, "ab", 24, dtype="float64", certify=False)
    bound, margins = proof(model)
    assert margins[-1].kind == "number"
    for x in ("a", "ab" * 12, "b" * 24, "bbabaabb"):
        assert abs(model(x)[0] - program(x)[0]) <= bound < 1e-7


@pytest.mark.parametrize(("by", "where_not", "may", "value"), [(0.5, 10.0, False, True), (10.0, 0.5, True, False)])
def test_a_refusal_names_the_output_that_may_win(by: float, where_not: float, may: bool, value: bool) -> None:
    model, program = leading(by, where_not)
    said = f"the model may answer {may} where the value is {value}: in the worst case its logit leads by 0.5, with"
    with pytest.raises(CertificateError, match=re.escape(said)):
        proof(model, program)


def test_a_name_is_what_it_names() -> None:
    (*_, last), _ = settings(hw.compile(SUM + 1, "ab", 24, dtype="float64", certify=False))
    [aggregate] = [p.expr for p in last.evidence.proved]
    total = SOp(aggregate)
    assert combination((total + 1).name("one more").expr, last) == combination((total + 1).expr, last) is not None


MEAN = full.mean(tokens)
VARIANCE = full.mean(tokens * tokens) - MEAN * MEAN


@pytest.mark.parametrize("max_len", [5, 12])
def test_the_variance_is_a_combination_of_a_mean_and_a_stored_square(max_len: int) -> None:
    """Two means have too many values together; the square of one is stored, and what is left is linear."""
    model = hw.compile(VARIANCE, range(10), max_len)
    bound = model.certificate.bound
    assert 0 < bound <= model.tolerance
    for x in ([3], [0, 9], [9] * max_len, list(range(max_len))[:10], [0, 1] * (max_len // 2)):
        assert abs(model(x)[0] - VARIANCE(x)[0]) <= bound


def test_a_combination_with_another_part_is_refused() -> None:
    """The read-out may hold a part that the program does not contain only as far as rounding of weights goes."""
    model = hw.compile(VARIANCE, range(10), 5)
    *_, last = settings(model)[0]
    [mean] = [p for p in last.evidence.proved if p.expr.src[1] is tokens.expr]
    weights = model.unembed.copy()
    weights[mean.pivot] += 0.01
    wrong = replace(model, unembed=weights)
    assert abs(wrong([9] * 5)[0] - VARIANCE([9] * 5)[0]) > model.tolerance
    with pytest.raises(CertificateError, match="its error may reach"):
        proof(wrong, VARIANCE)
