"""Numbers in digits, place by place: the same values and types, and models that are exact further."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, length, tokens
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.place_values import place_values
from hardwire.rewrite.simplify import simplify
from observed import Values

MIXED = ("a", -1, None, Fraction(1, 3), 0.5, True, "b")
DIGITS = [0, 1, 2, -3, 9, True, False, Fraction(1, 2), 1.0]


def changed(program: SOp, vocab: tuple[Any, ...], max_len: int, rng: random.Random, *, causal: bool = False) -> bool:
    """Whether the pass changes the program; asserts that each value keeps its type."""
    root = simplify(program.expr)[program.expr]
    new = place_values(root, Facts(vocab, max_len, causal=causal))[root]
    inputs = [rng.choices(vocab, k=n) for n in range(max_len + 1) for _ in range(8)]
    values = Values(inputs, causal)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert was.is_kept_by(now, typed=True), (program, was, now)
    return any(e.op is Op.ONE for e in new.walk())


@pytest.mark.parametrize("seed", range(40))
def test_digits_of_many_types(seed: int) -> None:
    rng = random.Random(seed)
    digit = tokens.map({t: rng.choice(DIGITS[: rng.choice([5, 7, 9])]) for t in MIXED})
    place = rng.choice([length - indices - 1, length - indices, indices, indices + 1, length, (indices * 2) % length])
    program = full.value(digit * rng.choice([2, 7, 10, -3]) ** place, rng.choice([0, "x"]))
    changed(program, MIXED, rng.choice([4, 5, 9]), rng, causal=rng.random() < 0.2)


def test_large_numbers_alone_are_looked_up() -> None:
    rng, bits = random.Random(0), tokens * 2 ** (length - indices - 1)
    assert changed(full.value(bits), (0, 1), 13, rng)
    assert changed(full.value(tokens * 2**indices), (0, 1), 14, rng)
    assert not changed(full.value(bits), (0, 1), 12, rng)
    assert not changed(before.value(bits), (0, 1), 13, rng)
    assert not changed(full.value(tokens * 10**indices), tuple(range(10)), 6, rng)
    assert not changed(full.value(tokens * 2 ** (length - indices % 3)), (0, 1), 13, rng)


NUMBERS = {
    "16 bits": (full.value(tokens * 2 ** (length - indices - 1)), (0, 1), 16),
    "16 bits from the left": (full.value(2**indices * tokens), (0, 1), 16),
    "five digits": (full.value(tokens * 10 ** (length - indices - 1)), range(10), 5),
    "four hexadecimal digits": (full.value(tokens.map("0123456789abcdef".index) * 16**indices), "0123456789abcdef", 4),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_their_models_are_exact(name: str) -> None:
    program, vocab, max_len = NUMBERS[name]
    model = hw.compile(program, vocab, max_len, remedies=False)
    assert model.certificate.status == f"exact up to length {max_len}"
    assert model.parameters < 8_000
    greatest = list(vocab)[-1:] * max_len
    assert model(greatest) == program(greatest)
    rng = random.Random(0)
    inputs = [rng.choices(list(vocab), k=rng.randrange(1, max_len + 1)) for _ in range(60)]
    assert model.batch(inputs) == program.batch(inputs)


def test_six_digits_are_refused_with_the_error_of_their_sum() -> None:
    with pytest.raises(
        hw.errors.CompileError, match=r"too large for the precision of the weights: the error may reach \d"
    ):
        hw.compile(full.value(tokens * 10 ** (length - indices - 1)), range(10), 6, remedies=False)
