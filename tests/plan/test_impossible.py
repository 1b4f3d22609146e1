"""Combinations of parts that never occur."""

import hardwire as hw
from hardwire import after, before, indices, key, length, query, tokens


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
