"""The widest programs over values of every kind, compiled with their proof: the model answers as the interpreter does
on every input up to a small length, or the program is refused by an error of ours, in bounded time."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import generate
import hardwire as hw
from hardwire import Failure, SOp
from hardwire.errors import HardwireError
from hardwire.lang.values import Value

FEW = 300
"""Up to so many inputs of one length are all run; of more, a sample of 200."""


def case(seed: int) -> tuple[SOp, list[Value], int, dict[str, Any], list[list[Value]]]:
    """(program, vocabulary, max_len, options, inputs)"""
    rng = random.Random(seed)
    vocab = generate.vocabulary(rng)
    program = generate.to_compile(rng)
    max_len = rng.choice([1, 2, 3, 3, 4, 5])
    options: dict[str, Any] = {"causal": rng.random() < 0.3, "dtype": rng.choice(["float32"] * 9 + ["float64"])}
    if rng.random() < 0.1:
        options["reuse"] = True
    inputs: list[list[Value]] = []
    for n in range(max_len + 1):
        if len(vocab) ** n <= FEW:
            inputs += [list(x) for x in itertools.product(vocab, repeat=n)]
        else:
            inputs += [[rng.choice(vocab) for _ in range(n)] for _ in range(200)]
    return program, vocab, max_len, options, inputs


def check(seed: int) -> str:
    """What came of the program: "certified", or the name of the error that refused it. Asserts that no answer of a
    certified model is wrong."""
    program, vocab, max_len, options, inputs = case(seed)
    try:
        model = hw.compile(program, vocab, max_len, **options)
    except HardwireError as refused:
        return type(refused).__name__
    assert model.certificate is not None
    bound = model.certificate.bound
    for x, wanted in zip(inputs, program.batch(inputs, causal=model.causal, errors="keep"), strict=True):
        for i, (v, answer) in enumerate(zip(wanted, model(x), strict=True)):
            right = isinstance(v, Failure) or v == answer
            if not right and bound and isinstance(v, (int, float)):
                right = abs(v - answer) <= bound
            assert right, f"seed {seed}: {answer!r} in place of {v!r} at {i} of {x}, vocabulary {vocab}, {options}"
    return "certified"


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_wide_programs(start: int) -> None:
    found = [check(seed) for seed in range(start, start + 50)]
    assert found.count("certified") >= 25, f"too many are refused to say anything: {found}"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1_000_000, 1_020_000, 200))
def test_many_wide_programs(start: int) -> None:
    for seed in range(start, start + 200):
        check(seed)
