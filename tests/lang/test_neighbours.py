"""`shift`, `at`, `minimum` and `maximum`: what Python would give, with its types, in runs and in models."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardwire as hw
import wild
from hardwire import Failure, SOp, full, indices, length, maximum, minimum, tokens
from hardwire.errors import BuildError


def typed(values: list[Any]) -> list[tuple[type, str]]:
    return [(type(v), repr(v)) for v in values]


def shifted(x: list[Any], k: int, default: Any) -> list[Any]:
    return [x[i - k] if 0 <= i - k < len(x) else default for i in range(len(x))]


@pytest.mark.parametrize("k", range(-4, 5))
@pytest.mark.parametrize("n", range(4))
def test_shift_and_at(n: int, k: int) -> None:
    x = [1, True, "b"][:n]
    assert typed(tokens.shift(k, "-")(x)) == typed(shifted(x, k, "-"))
    assert typed(tokens.shift(k)(x)) == typed(shifted(x, k, 0))
    at = x[k] if -n <= k < n else "-"
    assert typed(tokens.at(k, "-")(x)) == typed([at] * n)
    assert typed(tokens.at(indices * 0 + k, "-")(x)) == typed([at] * n)
    assert typed(tokens.at(Fraction(k), "-")(x)) == typed([at] * n)


def test_positions_may_be_sops() -> None:
    assert tokens.shift(indices, "-")("abc") == ["a", "a", "a"]
    assert tokens.shift(1, default=indices)("abc") == [0, "a", "b"]
    assert tokens.at(length - 1 - indices)("abc") == ["c", "b", "a"]
    assert tokens.at(-1)("abc", causal=True) == ["a", "b", "c"]
    assert tokens.shift(-1, "-")("abc", causal=True) == ["-", "-", "-"]
    assert tokens.shift(1).layers == tokens.at(0).layers == 1
    assert tokens.at(-1).layers == 2


def test_shift_says_what_it_selects() -> None:
    assert tokens.shift(1, "-").formula == "(key(indices) == query(indices - 1)).one(tokens, '-')"
    assert tokens.shift(-2).formula == "(key(indices) == query(indices + 2)).one(tokens)"
    assert tokens.shift(1).expr is tokens.shift(1).expr


@pytest.mark.parametrize("k", [0.5, "a", None, True, (1,)])
def test_shift_takes_whole_numbers(k: Any) -> None:
    with pytest.raises(BuildError, match="whole number of positions"):
        tokens.shift(k)


@pytest.mark.parametrize("position", ["a", None, (1,)])
def test_at_takes_a_position(position: Any) -> None:
    with pytest.raises(BuildError, match="at takes a position"):
        tokens.at(position)


VALUES = st.one_of(
    st.integers(-2, 2),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1.0, 2.0**53, 2**53 + 1, float("inf"), "a", "b", "", (1,), (True,)]),
    st.sampled_from(wild.OWN),
)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5))
def test_minimum_and_maximum_are_pythons(rows: list[tuple[Any, Any, Any]]) -> None:
    a, b, c = (SOp.zip(lambda row, i=i: row[i], tokens) for i in range(3))
    for ours, pythons in ((minimum, min), (maximum, max)):
        for sops, n in (((a, b), 2), ((a, b, c), 3)):
            found = ours(*sops)(rows, errors="keep")
            for row, got in zip(rows, found, strict=True):
                try:
                    want = pythons(row[:n])
                except TypeError:
                    assert isinstance(got, Failure)
                    continue
                assert typed([got]) == typed([want])


def test_constants_beside_sops() -> None:
    assert minimum(2, indices)("abcd") == [0, 1, 2, 2]
    assert maximum(indices, [3, 0, 0, 9])("abcd") == [3, 1, 2, 9]
    assert typed(maximum(1, True, 1.0)("a")) == typed([1])
    with pytest.raises(TypeError):
        minimum(indices)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "program",
    [
        tokens.shift(1, "-"),
        tokens.shift(-2, "a"),
        tokens.shift(0),
        tokens.at(-2, "b"),
        minimum(full.value(tokens == "a"), indices, 2),
        maximum(tokens, tokens.shift(1, "b")),
    ],
)
@pytest.mark.parametrize("causal", [False, True])
def test_models(program: SOp, *, causal: bool) -> None:
    model = hw.compile(program, "ab", 6, causal=causal)
    assert hw.verify(model)
    x = "".join(random.Random(0).choices("ab", k=6))
    assert model(x) == program(x, causal=causal)
