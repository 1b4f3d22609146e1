"""The number of different values at the selected positions: by the interpreter, compiled, and drawn."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import before, full, indices, key, query, same_token, tokens
from hardwire.errors import CompileError, RaspError


@pytest.mark.parametrize(
    ("x", "count"),
    [
        ("", []),
        ("a", [1]),
        ("abca", [3] * 4),
        ([1, True, 1.0], [1] * 3),
        ([0.0, -0.0, 0], [1] * 3),
        ([1, "1", None, (1,), (True,)], [4] * 5),
        ([Fraction(1, 3), 1 / 3], [1] * 2),
        ([2**70, 2**70 + 1], [2] * 2),
    ],
)
def test_equal_values_count_once(x: Any, count: list[int]) -> None:
    assert full.count_distinct(tokens)(x) == count


def test_long_inputs() -> None:
    text = "banana" * 30
    assert before.count_distinct(tokens)(text) == [len(set(text[:i])) for i in range(len(text))]
    assert same_token.count_distinct(indices // 2)(text) == [
        len({j // 2 for j, c in enumerate(text) if c == a}) for a in text
    ]


def test_the_default() -> None:
    assert before.count_distinct(tokens, "none")("ab") == ["none", 1]
    assert before.count_distinct(tokens, indices + 7)("ab") == [7, 1]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "program",
    [
        full.count_distinct(tokens),
        before.count_distinct(tokens),
        before.count_distinct(tokens, -1),
        (key(tokens) != query(tokens)).count_distinct(indices % 3),
        (key(indices % 2) == query(indices % 2)).count_distinct(tokens) * 2,
    ],
    ids=lambda p: p.formula,
)
def test_compiled(program: hw.SOp, causal: bool) -> None:
    model = hw.compile(program, "abcd", 9, causal=causal)
    assert model.certificate is not None
    assert hw.verify(model, exhaustive=3000, samples=300)


def test_layers() -> None:
    assert hw.compile(full.count_distinct(tokens), "abcdefgh", 50).depth == 1


def test_too_many_values() -> None:
    with pytest.raises(CompileError, match="up to 65 different values, and 64 are the most"):
        hw.compile(full.count_distinct(tokens), range(65), 3)


def test_the_picture_names_it() -> None:
    assert "count_distinct" in str(before.count_distinct(tokens).formula)
    assert "count_distinct" in hw.draw(before.count_distinct(tokens), "abca").svg


def test_original_rasp_has_none() -> None:
    with pytest.raises(RaspError, match=r"RASP has nothing like \.count_distinct"):
        hw.rasp.dumps(full.count_distinct(tokens))
