"""Numbers that are not whole, and how outputs are read: certified in float32, small, and right."""

from __future__ import annotations

import math
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, full, indices, key, length, query, tokens, where
from hardwire.errors import CertificateError, CompileError

ELEVEN = range(-5, 6)
UP_TO = key(indices) <= query(indices)
A, B = (where(tokens == c, 1, 0) for c in "ab")


def number(base: int) -> SOp:
    return full.value(tokens * base ** (length - indices - 1))


# name: (program, vocabulary, max_len, layers, parameters at most, bound at most)
EXACT: dict[str, tuple[SOp, Any, int, int, int]] = {
    "a sum of floats": (full.value(tokens), [0.0, 1.0], 20, 1, 150),
    "a longer one": (full.value(tokens), [0.0, 1.0], 200, 1, 900),
    "a sum of halves": (full.value(tokens), [0.5, 1.0, 1.5], 50, 1, 700),
    "of ints and floats": (full.value(tokens), [0.5, 1, 2], 50, 1, 900),
    "of decimals": (full.value(tokens), [0.1, 0.2], 100, 1, 900),
    "of thirds": (full.value(tokens / 3), [0, 1, 2], 30, 1, 350),
    "a sum compared": (full.value(tokens) > 5.05, [0.1, 0.4, 0.9], 100, 1, 60),
    "a mean compared": (full.mean(tokens) > 0.8, [0.5, 1.0], 20, 1, 50),
    "a longer mean": (full.mean(tokens) > 0.8, [0.5, 1.0], 300, 1, 80),
    "a mean of ints": (full.mean(tokens) > 0.8, [0, 1], 600, 1, 80),
    "a power": (tokens * 2 ** (length - indices - 1), [0, 1], 20, 1, 350),
    "bits to a number": (number(2), [0, 1], 10, 2, 500),
    "digits to a number": (full.value(tokens.map(int) * 10 ** (length - indices - 1)), "0123456789", 3, 2, 800),
    "twelve bits": (number(2), [0, 1], 12, 2, 500),
    "four digits": (number(10), range(10), 4, 2, 300),
    "tanh": (tokens.map(math.tanh), ELEVEN, 10, 1, 60),
    "exp": (tokens.map(math.exp), ELEVEN, 10, 1, 60),
    "cosh": (tokens.map(math.cosh), ELEVEN, 10, 1, 60),
    "sinh": (tokens.map(math.sinh), ELEVEN, 10, 1, 60),
    "exp of floats": (tokens.map(math.exp), [k / 7 for k in range(40)], 10, 1, 200),
    "far apart": (tokens, [0.5, 1.5, 2.0**18], 5, 1, 30),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact(name: str) -> None:
    program, vocab, max_len, layers, parameters = EXACT[name]
    model = hw.compile(program, vocab, max_len)
    assert model.certificate is not None
    assert (model.certificate.max_len, model.certificate.bound) == (max_len, 0.0)
    assert model.depth <= layers
    assert model.parameters <= parameters
    assert hw.verify(model, samples=200, exhaustive=300)


@pytest.mark.parametrize("max_len", [10, 30])
def test_an_opaque_difference_of_means_is_read_as_a_number(max_len: int) -> None:
    apart = SOp.zip(lambda x, y: x - y, UP_TO.mean(A), full.mean(B))
    model = hw.compile(apart, "abc", max_len)
    assert model.certificate is not None
    assert 0 < model.certificate.bound < 2e-4
    assert model.parameters == hw.compile(UP_TO.mean(A) - full.mean(B), "abc", max_len).parameters
    assert hw.verify(model, samples=200, exhaustive=300)


def test_an_opaque_combination_of_integers_takes_no_neurons() -> None:
    both = SOp.zip(lambda x, y: 2 * x - y + 1, full.value(A), UP_TO.value(B))
    model = hw.compile(both, "abc", 30)
    assert (model.depth, sum(layer.w_in.shape[1] for layer in model.layers)) == (1, 0)
    assert hw.verify(model, samples=200, exhaustive=300)


def test_a_function_that_is_almost_affine_is_none() -> None:
    table = SOp.zip(lambda x, y: x + y + (x == 7 and y == 3), full.value(A), UP_TO.value(B))
    assert hw.verify(hw.compile(table, "ab", 12), samples=300)


def test_a_function_is_not_taken_for_affine_by_arguments_that_never_meet() -> None:
    count = full.value(A)
    apart = SOp.zip(lambda x, y: None if x == y else 2 * x - y, count, count + 1)
    assert hw.verify(hw.compile(apart, "ab", 6), samples=50)


@pytest.mark.parametrize(
    ("program", "vocab", "columns", "bound"),
    [
        (tokens.map(math.tanh), ELEVEN, None, 1e-6),
        (full.value(tokens), [0.0, 1.0], None, 1e-2),
        (full.value(tokens), [0, 1], None, 0.0),
        (tokens / 2, range(10), None, 0.0),
    ],
)
def test_read_as_a_number(program: SOp, vocab: Any, columns: None, bound: float) -> None:
    model = hw.compile(program, vocab, 20, output="number")
    assert model.certificate is not None
    assert model.outputs is columns
    assert model.certificate.bound <= bound
    assert hw.verify(model, samples=200, exhaustive=300)


def test_read_as_a_value() -> None:
    mean = UP_TO.mean(tokens)
    model = hw.compile(mean, [0, 1], 25)
    assert model.outputs is None
    assert model.certificate is not None
    assert model.certificate.bound > 0
    exact = hw.compile(mean, [0, 1], 24, output="values")
    assert exact.outputs is not None
    assert 0.5 in exact.outputs
    assert exact.certificate is not None
    assert exact.certificate.bound == 0
    assert hw.verify(exact, samples=200)


def test_what_cannot_be_read_so() -> None:
    with pytest.raises(CompileError, match=r"not read as a number.*\n.*output=\"auto\""):
        hw.compile(tokens, "ab", 4, output="number")
    with pytest.raises(CompileError, match="not read as a number"):
        hw.compile(tokens == 1, [0, 1], 4, output="number")
    with pytest.raises((CompileError, CertificateError)):
        hw.compile(SOp.zip(lambda x, y: x - y, UP_TO.mean(A), full.mean(B)), "ab", 30, output="values", remedies=False)
    with pytest.raises(CompileError, match=r'output is one of "auto", "values", "number", not .other.'):
        hw.compile(tokens, "ab", 4, output="other")  # type: ignore[arg-type]


def test_the_type_is_the_interpreters_where_it_is_one() -> None:
    model = hw.compile(full.value(tokens), [0.5, 1.0], 6)
    assert all(type(v) is float for v in model([0.5, 0.5, 1.0]))
    model = hw.compile(full.value(tokens), [1, 2], 6)
    assert all(type(v) is int for v in model([1, 2]))
