"""Random programs: the model of each computes what the interpreter says, or the compiler has refused."""

from __future__ import annotations

import pytest

import hardwire as hw
from hardwire.errors import CompileError
from hardwire.programs.generate import random_program

SHORT = 6


def check(seed: int, size: int, *, causal: bool, max_len: int = SHORT) -> bool:
    """Whether the program compiled; asserts that the model is right."""
    program = random_program(seed, size)
    try:
        model = hw.compile(program, "abc", max_len, causal=causal)
    except CompileError:
        return False
    found = hw.verify(model, samples=60, exhaustive=400, seed=seed)
    assert found, f"random_program({seed}, {size}), causal={causal}: {program.formula}\n{found}"
    return True


@pytest.mark.parametrize("start", range(0, 300, 30))
@pytest.mark.parametrize("causal", [False, True])
def test_generated_programs(start: int, causal: bool) -> None:
    done = [check(seed, 4 + seed % 9, causal=causal) for seed in range(start, start + 30)]
    assert sum(done) >= 27, "too many are refused to say anything"


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_generated_programs_on_longer_inputs(start: int) -> None:
    for seed in range(10_000 + start, 10_010 + start):
        check(seed, 4 + seed % 3, causal=False, max_len=24)


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(20_000, 26_000, 100))
def test_many_generated_programs(start: int) -> None:
    for seed in range(start, start + 100):
        check(seed, 4 + seed % 15, causal=seed % 3 == 0)


# Found by the tests above once, and wrong then.
REGRESSIONS: list[tuple[int, int, bool]] = [(311, 10, False), (436, 10, False), (659, 10, True), (3096, 20, False)]


@pytest.mark.parametrize(("seed", "size", "causal"), REGRESSIONS)
def test_regressions(seed: int, size: int, causal: bool) -> None:
    check(seed, size, causal=causal)
