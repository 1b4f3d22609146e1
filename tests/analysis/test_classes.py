"""Sums over classes of equal values: every sum that occurs is listed, and few others are."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, key, query, same_token, tokens, where
from hardwire.analysis import Facts
from hardwire.analysis.classes import sums_over_classes
from hardwire.lang.expr import KEEP_BOOLS, Op, node
from hardwire.lang.values import exact, leave

COUNT = same_token.width()
FUNCTIONS: dict[str, Callable[[SOp], SOp]] = {
    "shares": lambda c: 1 / c,
    "shares as floats": lambda c: c.map(lambda v: 1 / v),
    "counts": lambda c: c,
    "unique ones": lambda c: c == 1,
    "squares": lambda c: c * c,
    "signs": lambda c: where(c % 2 == 0, -c, 2),
    "logarithms": lambda c: c.map(math.log),
    "nothing": lambda c: c.map(lambda v: -0.0 if v == 2 else 0.5),
    "of two types": lambda c: c.map(lambda v: 1.5 if v == 2 else 1),
}
VOCABS: tuple[tuple[Any, ...], ...] = (
    ("a", "b", "c"),
    (True, 2, "x"),
    (0.5, 1, None),
    ((1, 2), (1, 3)),
    (Fraction(1, 3), 1 / 3 + 1e-9),
    (7,),
)


def left(values: Iterable[Any]) -> set[Any]:
    """Values as they leave a program, with their types."""
    return {exact(leave(v)) for v in values}


@pytest.mark.parametrize("vocab", VOCABS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_sum_that_occurs_is_listed(name: str, vocab: tuple[Any, ...]) -> None:
    total, facts = full.value(FUNCTIONS[name](COUNT)), Facts(vocab, 5)
    known = sums_over_classes(total.expr, facts)
    met = {exact(v) for n in range(1, 6) for x in itertools.product(vocab, repeat=n) for v in total(list(x))}
    if known is not None:
        assert met <= left(known)
        assert len(known) <= 4 * len(met) + 4
    assert met <= left(facts.domain(total.expr).values)


@pytest.mark.parametrize("seed", range(40))
def test_every_sum_of_a_random_function_is_listed(seed: int) -> None:
    rng = random.Random(seed)
    vocab, kind = rng.choice(VOCABS), rng.choice((int, float, Fraction, bool))
    table = {c: kind(Fraction(rng.randint(-9, 9), rng.choice((1, 3, 8)))) for c in range(1, 7)}
    of = rng.choice((tokens, tokens.map(lambda t: str(t)[:1])))
    total = full.value((key(of) == query(of)).width().map(table))
    known = Facts(vocab, 6).domain(total.expr).values
    for _ in range(40):
        x = rng.choices(vocab, k=rng.randint(1, 6))
        assert {exact(v) for v in total(x)} <= left(known)


def test_the_number_of_different_tokens_has_few_values() -> None:
    assert sorted(Facts(tuple("abcd"), 40).domain(full.value(1 / COUNT).expr).values) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "program",
    [
        before.value(1 / COUNT),
        full.value(1 / (before & same_token).width().map(lambda c: c + 1)),
        full.value(where(tokens == "a", 1, 1 / COUNT)),
        full.value(1 / (key(tokens) != query(tokens)).width().map(lambda c: c + 1)),
        full.value(1 / (key(tokens) == query("a")).width().map(lambda c: c + 1)),
        SOp(node(Op.VALUE, *full.value(COUNT > 1).expr.src, arg=KEEP_BOOLS)),
    ],
)
def test_other_sums_are_not_over_classes(program: SOp) -> None:
    assert sums_over_classes(program.expr, Facts(("a", "b"), 4)) is None


def test_equal_values_that_differ_are_no_classes() -> None:
    assert sums_over_classes(full.value(1 / COUNT).expr, Facts(tuple("ab"), 4, causal=True)) is None
    of = tokens.map({"a": 1, "b": True, "c": 1.0})
    total = full.value(1 / (key(of) == query(of)).width())
    assert sums_over_classes(total.expr, Facts(tuple("abc"), 4)) is None


@pytest.mark.parametrize("spelling", [1 / COUNT, COUNT.map(lambda c: 1 / c)])
@pytest.mark.parametrize("max_len", [10, 60])
def test_models_that_count_by_shares(spelling: SOp, max_len: int) -> None:
    model = hw.compile(full.value(spelling).round(), "abcd", max_len, remedies=False)
    assert model.certificate is not None
    assert model.certificate.status == f"exact up to length {max_len}"
    assert hw.verify(model, samples=40)
