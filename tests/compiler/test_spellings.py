"""Everyday programs in several spellings: none of them decides whether there is a model with a proof in float32."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp
from spellings import PROGRAMS, Everyday

QUICK = (
    "reverse",
    "rotate left by 3",
    "even positions first",
    "swap neighbours",
    "interleave both halves",
    "most frequent",
    "majority",
    "binary number",
    "palindrome",
)
"""Programs whose spellings are tried every time."""


def equal(a: Any, b: Any) -> bool:
    numbers = isinstance(a, (int, float)) and isinstance(b, float)
    return bool(a == b) or (numbers and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))


def check_meaning(program: SOp, everyday: Everyday, rng: random.Random) -> None:
    for n in (1, 2, 3, 5, 8, 10):
        xs = rng.choices(everyday.vocab, k=n)
        assert all(map(equal, program(xs), everyday.meaning(xs))), (program.formula, xs)


def check_models(name: str, max_len: int) -> None:
    everyday, rng = PROGRAMS[name], random.Random(0)
    for program in everyday.spellings:
        check_meaning(program, everyday, rng)
        model = hw.compile(program, everyday.vocab, max_len, remedies=False)
        assert model.certificate is not None
        for n in (1, max_len - 1, max_len):
            xs = rng.choices(everyday.vocab, k=n)
            assert all(map(model.same, program(xs), model(xs))), (program.formula, xs)


@pytest.mark.parametrize("name", QUICK)
def test_spellings_of_some_programs(name: str) -> None:
    check_models(name, 20)


@pytest.mark.nightly
@pytest.mark.parametrize("max_len", [10, 20])
@pytest.mark.parametrize("name", PROGRAMS)
def test_spellings_of_all_programs(name: str, max_len: int) -> None:
    check_models(name, max_len)
