"""Orders of wide numbers by digits: the same values and types, and small models that are quickly proved."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, full, indices, key, query, tokens
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.wide_orders import wide_orders
from observed import Values

MIXED = ("a", -1, None, Fraction(1, 3), 0.5, True, "b")
"""Tokens of many types."""
SIZES = [True, 1, 0, False, -1, 7, 30, 55, -40, 1000, Fraction(1, 3), Fraction(-7, 2)]
upto = key(indices) <= query(indices)
prefix, total = upto.value(tokens), full.value(tokens)


def inputs(rng: random.Random, vocab: tuple[Any, ...], max_len: int) -> list[list[Any]]:
    return [rng.choices(vocab, k=n) for n in range(max_len + 1) for _ in range(6)]


def changed(program: SOp, vocab: tuple[Any, ...], max_len: int, rng: random.Random, causal: bool = False) -> bool:
    """Whether the pass changes the program; asserts that each value keeps its type."""
    new = wide_orders(program.expr, Facts(vocab, max_len, causal=causal))[program.expr]
    values = Values(inputs(rng, vocab, max_len), causal)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert was.is_kept_by(now, typed=True), (program, was, now)
    return new is not program.expr


def aggregates(s: Any, x: Any, number: Any, default: Any) -> list[SOp]:
    """Every aggregate over a selector: of any values, and of numbers."""
    of_any = [s.one(x, default), s.first(x, default), s.last(x, default), s.max(indices, of=x)]
    of_numbers = [s.value(number), s.value(number, default), s.max(number, default), s.min(number), s.mean(number)]
    of_numbers += [s.max(number, default, of=x), s.min(number, of=x), s.max(indices % 3, default, of=x)]
    return [s.width(), *of_any, *of_numbers, s.count_distinct(x)]


@pytest.mark.parametrize("seed", range(40))
def test_random_orders_of_values_of_many_types(seed: int) -> None:
    rng = random.Random(seed)
    sizes = [tokens.map({t: rng.choice(SIZES) for t in MIXED}) for _ in range(3)]
    key_side, query_side = (rng.choice([upto, full]).value(sizes[0]), rng.choice([upto, full]).value(sizes[1]))
    sign = rng.choice(["<", "<=", ">", ">="])
    s = hw.select(key_side, rng.choice([query_side, key_side]), sign)
    t = hw.select(query_side, key_side, "<")
    s = rng.choice(
        [s, s & hw.before, s & (key(tokens) == query(tokens)), ~s, s | hw.before, s | t, ~s | (t & hw.after)]
    )
    default = rng.choice([0, -1, "x", None, indices, Fraction(1, 2)])
    found = aggregates(s, tokens, rng.choice([sizes[2], key_side]), default)
    for program in found:
        changed(program, MIXED, 8, rng, causal=rng.random() < 0.3)


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("vocab", [tuple(range(10)), (0, 1, 100, 10_000)])
def test_each_aggregate_is_split(sign: str, vocab: tuple[int, ...]) -> None:
    rng, s = random.Random(0), hw.select(prefix, total, sign)
    found = aggregates(s, tokens, prefix, -1)
    split = [changed(program, vocab, 9, rng) for program in found]
    kept = [SOp(p.expr).formula for p, new in zip(found, split, strict=True) if not new]
    assert all("mean" in f or "count_distinct" in f for f in kept), kept


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("turned", [False, True])
def test_orders_of_integers_and_other_numbers(sign: str, turned: bool) -> None:
    """The integers next to the numbers take their place, in both directions."""
    rng, vocab = random.Random(1), (-3, 0, 1, 2, 7, Fraction(5, 2))
    small = tokens.map({v: int(v) for v in vocab})
    mean, count = full.mean(tokens), upto.value(small)
    for x in (small, count):
        s = hw.select(mean, x, sign) if turned else hw.select(x, mean, sign)
        for program in aggregates(s, tokens, small, -1):
            mostly = "count_distinct" in program.formula or ".value(" in program.formula
            assert changed(program, vocab, 9, rng) or mostly, program
        assert not changed(hw.select(indices, hw.length / 2, sign).mean(small), vocab, 20, rng)  # both are embedded


def test_each_equality_in_a_sum_of_several_keys_is_split() -> None:
    rng, s = random.Random(2), key(prefix) == query(total)
    for program in (s.width(), s.value(tokens), s.mean(tokens), (s & hw.before).width()):
        assert changed(program, tuple(range(10)), 9, rng), program
    assert not changed((s & (key(indices) == query(0))).value(tokens), tuple(range(10)), 9, rng)  # at most one key


def test_narrow_and_embedded_orders_stay() -> None:
    rng = random.Random(0)
    assert not changed((key(prefix) < query(total)).width(), (0, 1), 9, rng)
    assert not changed((key(tokens) < query(tokens)).width(), tuple(range(100)), 9, rng)
    assert not changed((key(indices) < query(indices)).width(), tuple(range(10)), 9, rng)
    new = wide_orders((key(prefix) < query(total)).width().expr, Facts(tuple(range(10)), 20))
    assert any(e.op is Op.FLOORDIV for root in new.values() for e in root.walk())


CASES: dict[str, SOp] = {
    "greatest": (key(prefix) < query(total)).max(prefix),
    "count": (key(prefix) < query(total)).width(),
    "sum": (key(prefix * 2) >= query(total)).value(tokens),
    "weighted median": (key(prefix * 2) >= query(total)).first(tokens),
    "least of a union": ((key(prefix) < query(total)) | (key(tokens) == query(3))).width(),
    "of two orders": ((key(prefix) < query(total)) | (key(prefix) > query(prefix))).width(),
    "last": (key(prefix) < query(total)).last(tokens),
    "as much as half": (key(2 * prefix) == query(total)).width(),
    "mean of equal sums": (key(prefix) == query(prefix)).mean(tokens),
    "greatest below a mean": (key(prefix) < query(full.mean(tokens))).max(prefix),
}
SMALL: dict[str, SOp] = {
    "mean of those below the mean": (key(tokens) < query(full.mean(tokens))).mean(tokens),
    "sums below a mean": (key(prefix) < query(full.mean(tokens))).mean(tokens),
    "counts below a mean": (key((upto & hw.same_token).width()) < query(full.mean(tokens))).mean(tokens),
    "counts below half": (key((upto & hw.same_token).width()) < query(hw.length / 4)).mean(tokens),
    "how many above the mean": (key(tokens) > query(full.mean(tokens))).width(),
}
"""Orders of integers with means and quotients."""


@pytest.mark.parametrize("name", CASES)
def test_their_models_are_small_and_proved(name: str) -> None:
    model = hw.compile(CASES[name], range(10), 40, remedies=False)
    assert model.certificate.max_len == 40
    assert model.parameters < 300_000
    assert hw.verify(model, samples=30)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("max_len", [10, 40])
def test_orders_with_means_are_small_and_proved(name: str, max_len: int) -> None:
    model = hw.compile(SMALL[name], range(10), max_len, remedies=False)
    assert model.certificate.max_len == max_len
    assert model.parameters < 10_000
    assert hw.verify(model, samples=30)


def test_a_mean_with_a_wide_order_is_refused_at_once() -> None:
    program = (key(prefix) < query(total)).mean(tokens)
    with pytest.raises(hw.errors.CompileError, match="and 160 different rows are the most"):
        hw.compile(program, range(10), 40, remedies=False)


def test_the_best_by_a_mean_of_too_many_values_is_refused_at_once() -> None:
    mean = upto.mean(tokens)
    for max_len in (24, 40):
        with pytest.raises(hw.errors.CompileError, match="is too large for one head"):
            hw.compile((key(mean) < query(mean)).max(mean, of=tokens), (0, 1), max_len, remedies=False)


HALVES = (key(prefix / 2.0) < query(prefix / 2.0), key(prefix * 0.1) <= query(total * 0.1))
"""Orders of floats that are evenly spaced."""


@pytest.mark.parametrize("s", HALVES)
def test_orders_of_evenly_spaced_floats_are_split(s: hw.Selector) -> None:
    rng, program = random.Random(0), s.max(prefix / 2.0, -1, of=tokens)
    assert changed(program, tuple(range(10)), 16, rng)
    assert all(changed(p, tuple(range(10)), 16, rng) for p in (s.width(), s.last(tokens), s.value(tokens)))
    assert not changed(program, tuple(range(10)), 9, rng)  # few values
    assert not changed((key(prefix**0.5) < query(prefix**0.5)).width(), tuple(range(10)), 16, rng)
    model = hw.compile(program, range(10), 16, remedies=False)
    assert model.certificate.max_len == 16
    assert model.parameters < 60_000
    assert hw.verify(model, samples=30)


def test_the_best_by_a_wide_score() -> None:
    model = hw.compile((key(prefix) < query(total)).max(prefix, of=tokens), range(10), 20, remedies=False)
    assert model.certificate.max_len == 20
    assert hw.verify(model, samples=30)
