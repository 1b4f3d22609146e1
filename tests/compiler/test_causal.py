"""Programs of the library under the causal mask, at their default lengths: each has a proof in float32."""

from __future__ import annotations

import pytest

import hardwire as hw
from hardwire.programs import LIBRARY

PARAMETERS = {
    "split": 3_100, "add": 3_900, "add_in_three": 1_250, "add_binary": 950, "subtract": 1_250,
    "multiply_by_digit": 5_700,
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_arithmetic_under_the_mask(name: str) -> None:
    program = LIBRARY[name]
    model = hw.compile(program(), program.vocab, program.max_len, causal=True)
    assert model.dtype == "float32"
    assert model.certificate.max_len == program.max_len
    assert model.parameters <= PARAMETERS[name]
    assert hw.verify(model, samples=100)
