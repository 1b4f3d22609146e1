"""Sums of the same numbers, added and subtracted: what is left of each key is all that is computed."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, length, query, same_token, select, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Expr
from hardwire.lang.selector import Selector
from hardwire.rewrite.cancelled import cancelled
from hardwire.rewrite.counts import Combination, combination
from observed import Values

DIGITS = tuple(range(5))
upto = key(indices) <= query(indices)
marked = key(tokens) == query(2)
second = key(indices) < query(indices - 1)


def rewritten(program: SOp, vocab: tuple[object, ...] = DIGITS, max_len: int = 6, *, causal: bool = False) -> SOp:
    """The program after the pass; asserts that it has the same values of the same types on some inputs."""
    new = cancelled(program.expr, Facts(vocab, max_len, causal=causal))[program.expr]
    rng = random.Random(0)
    inputs = [rng.choices(vocab, k=n) for n in range(max_len + 1) for _ in range(3)]
    values = Values(inputs, causal)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert was.is_kept_by(now, True), (program.formula, SOp(new).formula, was, now)
    return SOp(new)


def sums(program: SOp) -> int:
    return sum(e.op.aggregate for e in program.expr.walk())


@pytest.mark.parametrize(
    ("program", "left"),
    [
        (upto.value(tokens) - before.value(tokens), 0),
        (full.value(tokens) - (key(indices) != query(indices)).value(tokens), 0),
        (full.value(tokens) - before.value(tokens) - after.value(tokens), 0),
        (upto.value(tokens) - 2 * before.value(tokens) + second.value(tokens), 1),
        (upto.value(tokens) - second.value(tokens), 1),
        (upto.value(tokens) - (key(indices) < query(indices - 3)).value(tokens), 1),
        (upto.value(tokens) + (key(indices) >= query(indices)).value(tokens), 1),
        (full.value(tokens) - upto.value(tokens), 1),
        (same_token.width() - (after & same_token).width(), 1),
        ((same_token & upto).width() - (before & same_token).width(), 0),
        ((marked & upto).value(tokens) - (before & marked).value(tokens) + indices, 1),
        ((before & marked).width() + (marked & after).width(), 2),
        (3 * upto.value(tokens == 1) - 2 * before.value(tokens == 1) + 7, 1),
        (select(indices, indices, lambda k, q: k <= q).value(tokens) - before.value(tokens) == tokens, 0),
        (full.value(tokens) > before.value(tokens), 1),
    ],
)
def test_what_is_left(program: SOp, left: int) -> None:
    assert sums(rewritten(program)) == left


def test_under_the_mask_later_keys_do_not_count() -> None:
    for program in (full.value(tokens) - before.value(tokens), (same_token & upto).width() - after.width()):
        rewritten(program, causal=True)
    assert sums(rewritten(full.value(tokens) - before.value(tokens), causal=True)) == 0


@pytest.mark.parametrize(
    "program",
    [
        upto.value(tokens) - before.value(tokens) / 2,
        upto.value(tokens, 1) - before.value(tokens),
        (key(indices) <= query(length // 2)).value(tokens) - (key(indices) < query(length // 2)).value(tokens),
        (key(1 // tokens) == query(1)).value(tokens) - ((key(1 // tokens) == query(1)) & before).value(tokens),
        full.value(6 // (tokens - 1)) - before.value(6 // (tokens - 1)),
        where(upto.value(tokens) > 3, upto.value(tokens), before.value(tokens)) - full.value(tokens),
    ],
)
def test_what_stays(program: SOp) -> None:
    """Numbers that are not whole, other values for no key, positions that tokens or lengths decide, failures, and sums
    that the program needs in any case."""
    assert rewritten(program).expr is program.expr


@pytest.mark.parametrize("factor", [2**31, 2**61, 2**62, 2**63, 10**30])
def test_large_factors_stay(factor: int) -> None:
    """In int64 two of 2**62 add up to a number below 0."""
    total = factor * upto.value(tokens) + factor * before.value(tokens)
    for program in (total, total > 0, factor * upto.width() - factor * (same_token & upto).width()):
        assert rewritten(program).expr is program.expr
    model = hw.compile(total > 0, range(2), 4, remedies=False)
    assert hw.verify(model).exhaustive


MIXED: tuple[tuple[object, ...], ...] = ((0, True, 2), (1, 1.5, 0.1), ("a", 1, None), (False, True), (3, 2**60, -1))


@pytest.mark.parametrize("seed", range(60))
def test_random_combinations(seed: int) -> None:
    rng = random.Random(seed)
    vocab = rng.choice((DIGITS, *MIXED))
    orders: list[Selector] = [full, before, after, upto, second, key(indices) >= query(indices), same_token, marked]
    orders += [key(indices) == query(indices - 1), key(indices) != query(indices), key(tokens) != query(tokens)]
    numbers: list[SOp | int] = [tokens == vocab[0], tokens == vocab[1], tokens, 1]

    def one() -> SOp:
        s = rng.choice(orders)
        s = s & rng.choice(orders) if rng.random() < 0.4 else ~s if rng.random() < 0.2 else s
        x = rng.choice(numbers[:2]) if rng.random() < 0.7 else rng.choice(numbers)
        return rng.choice((1, 1, -1, 2)) * (s.width() if rng.random() < 0.4 else s.value(x))

    program = one()
    for _ in range(rng.randint(1, 3)):
        program = program + one() if rng.random() < 0.5 else program - one()
    rewritten(program, vocab, 4, causal=rng.random() < 0.3)
    rewritten(program > one(), vocab, 4, causal=rng.random() < 0.3)


@pytest.mark.parametrize("max_len", [20, 60])
def test_models_of_differences_of_prefix_sums(max_len: int) -> None:
    program = upto.value(tokens) - 2 * before.value(tokens) + second.value(tokens)
    model = hw.compile(program, range(10), max_len, remedies=False)
    assert model.parameters < 30 * max_len
    assert hw.verify(model, samples=20)


def test_a_long_sum_is_combined_term_by_term(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Expr] = []

    def counted(e: Expr, is_part: Callable[[Expr], bool], *known: dict[Expr, Combination | None]) -> Combination | None:
        return combination(e, lambda x: asked.append(x) or is_part(x), *known)

    monkeypatch.setattr("hardwire.rewrite.cancelled.combination", counted)
    program = before.width()
    for i in range(50):
        program = program + tokens.map({v: v * i for v in DIGITS})
    assert sums(rewritten(program)) == 1
    assert 50 <= len(asked) < 250
