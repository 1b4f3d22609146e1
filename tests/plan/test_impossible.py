"""Combinations of parts that never occur."""

from zlib import crc32

import pytest

import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, length, maximum, query, tokens, where


def test_values_that_only_impossible_combinations_give_are_not_read() -> None:
    """A run ends after it begins, which a table over both ends does not know: it has runs of length -6."""
    other = key(tokens) != query(tokens)
    run = (after & other).first(indices, length) - (before & other).last(indices, -1) - 1
    program = hw.where(tokens == run, tokens, run)
    model = hw.compile(program, (-2, -1, 0, 5), 6)
    assert model.certificate is not None
    assert model.outputs is not None
    assert set(model.outputs) <= set(range(-2, 7))
    hw.verify(model, program)


@pytest.mark.parametrize("n", [12, 30])
def test_rounding_is_the_reason_where_a_number_is_too_large(n: int) -> None:
    """More neurons would not help: sums that lie 1 apart are off by more."""
    a, b = full.value(tokens), (key(indices) <= query(indices)).value(tokens)
    for program in (where(a > b, a, b), maximum(a - 3, b + b)):
        with pytest.raises(hw.errors.CompileError, match=r"not exact enough: .* error \d"):
            hw.compile(program, (0, 1, 60_000), n, remedies=False)


def test_neurons_are_the_reason_where_numbers_are_exact() -> None:
    a, b = full.value(tokens), (key(indices) <= query(indices)).value(tokens)
    with pytest.raises(hw.errors.CompileError, match="too many neurons"):
        hw.compile(SOp.zip(lambda x, y: crc32(f"{x} {y}".encode()) % 5, a, b), range(10), 12, remedies=False)
