"""The widest programs over values of every kind, compiled with their proof: the model answers as the interpreter does
on every input up to a small length, or the program is refused by an error of ours, in bounded time."""

from __future__ import annotations

import pytest

import hardwire as hw
import wild
from hardwire import Failure
from hardwire.errors import HardwireError


def check(seed: int) -> str:
    """What came of the program: "certified", or the name of the error that refused it. Asserts that no answer of a
    certified model is wrong."""
    case, inputs = wild.case(seed)
    try:
        model = hw.compile(case.program, case.vocab, case.max_len, remedies=False, **case.options)
    except HardwireError as refused:
        return type(refused).__name__
    assert model.certificate is not None
    bound = model.certificate.bound
    for x, wanted in zip(inputs, case.program.batch(inputs, causal=model.causal, errors="keep"), strict=True):
        for i, (v, answer) in enumerate(zip(wanted, model(x), strict=True)):
            right = isinstance(v, Failure) or v == answer
            if not right and bound and isinstance(v, (int, float)):
                right = abs(v - answer) <= bound
            assert right, f"{case}: {answer!r} in place of {v!r} at {i} of {x}"
    return "certified"


pytestmark = pytest.mark.filterwarnings("ignore::hardwire.errors.ProgramWarning")  # comparisons that are never true


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_wide_programs(start: int) -> None:
    found = [check(seed) for seed in range(start, start + 50)]
    assert found.count("certified") >= 25, f"too many are refused to say anything: {found}"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(1_000_000, 1_020_000, 200))
def test_many_wide_programs(start: int) -> None:
    for seed in range(start, start + 200):
        check(seed)
