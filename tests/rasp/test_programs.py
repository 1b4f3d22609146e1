"""Programs as people write them: what they give, in a session too, and the models that they compile to."""

# ruff: noqa: E501  tables keep their rows on a line

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire.rasp.session import Session

HERE = Path(__file__).parent / "programs"
GIVEN = {"text_tools": "abeab", "brackets": "())(", "sorting": "3102", "palindromes": "abca", "runs": "aaabb"}
VOCABULARIES = {"text_tools": "abe", "brackets": "()", "sorting": "0123", "palindromes": "abc", "runs": "ab "}
T, F = True, False
EXPECTED: dict[str, dict[str, list[Any]]] = {
    "text_tools": {
        "hist": [2, 2, 1, 2, 2], "unique": ["", "", "e", "", ""], "bars": ["##", "##", "#", "##", "##"], "best": [1.8] * 5,
        "commonest": ["a"] * 5, "shout": ["A", "bb", "E", "A", "bb"], "label": ["3 kinds"] * 5,
    },
    "brackets": {
        "opens": [1, 1, 1, 2], "closes": [0, 1, 2, 2], "depth": [1, 0, -1, 0], "too_many": [F, F, T, F], "bad": [F, F, T, T],
        "state": ["more", "ok", "bad", "bad"], "level": [0, 0, -1, -1], "indented": ["(", ")", ")", "("],
        "balanced": [F] * 4, "answer": ["no"] * 4,
    },
    "sorting": {
        "tokens": [3, 1, 0, 2], "place": [3, 1, 0, 2], "ascending": [0, 1, 2, 3], "descending": [3, 2, 1, 0],
        "largest": [3] * 4, "smallest": [0] * 4, "spread": [3] * 4, "median": [2] * 4, "is_top": [T, F, F, F],
        "marks": ["^", ".", ".", "."], "total": [6] * 4,
    },
    "palindromes": {
        "reversed": ["a", "c", "b", "a"], "matches": [T, F, F, T], "palindrome": [F] * 4, "spoilers": [" ", "*", "*", " "],
        "half": [2.0] * 4, "made": ["a", "b", "b", "a"], "gap": [3, 1, -1, -3], "distance": [3, 1, 1, 3],
        "ruler": ["---", "-", "-", "---"],
    },
    "runs": {
        "previous": ["", "a", "a", "a", "b"], "starts": [T, F, F, T, F], "number": [1, 1, 1, 2, 2],
        "run_length": [3, 3, 3, 2, 2], "so_far": [1, 2, 3, 1, 2], "short": ["a3", "", "", "b2", ""], "blank": [F] * 5,
        "word": [1] * 5, "longest": [3] * 5, "winner": ["a"] * 5, "cheer": ["aaa"] * 5, "pattern": ["xy", "", "x", "y", "x"],
    },
}  # fmt: skip
EACH = [(file, name) for file, names in EXPECTED.items() for name in names]


@pytest.mark.parametrize("file", EXPECTED)
def test_every_sop_is_expected_to_give_something(file: str) -> None:
    program = hw.rasp.load(HERE / f"{file}.rasp")
    assert {name for name, x in program.items() if isinstance(x, hw.SOp)} == set(EXPECTED[file])


@pytest.mark.parametrize(("file", "name"), EACH)
def test_what_they_give_and_their_models(file: str, name: str) -> None:
    sop = hw.rasp.load(HERE / f"{file}.rasp")[name]
    assert sop(GIVEN[file]) == EXPECTED[file][name]
    model = hw.compile(sop, VOCABULARIES[file], 6)
    assert model.certificate.max_len == 6
    assert model(GIVEN[file]) == EXPECTED[file][name]
    assert hw.verify(model, sop)


@pytest.mark.parametrize("file", EXPECTED)
def test_in_a_session(file: str) -> None:
    """Statement by statement, every one is shown on the running example, and none fails."""
    session = Session()
    session.run(f'set example "{GIVEN[file]}"')
    shown = session.run((HERE / f"{file}.rasp").read_text("utf-8"))
    assert "ignoring input" not in shown
    assert "(strings)" in shown


def test_a_string_repeated_at_tokens_of_any_kind() -> None:
    """tokens_asis may be strings or numbers, and the same program does for both."""
    program = hw.rasp.load("twice = tokens_asis * 2; rest = tokens_asis % 2; square = tokens_asis * tokens_asis;")
    assert program.twice(["ab", "c"]) == ["abab", "cc"]
    assert program.twice([1, 0.5]) == [2, 1.0]
    for vocab, given, expected in (
        ("ab", "ab", ["aa", "bb"]),
        ([1, 2], [1, 2], [2, 4]),
        ([1, "b"], [1, "b"], [2, "bb"]),
    ):
        model = hw.compile(program.twice, vocab, 4)
        assert model(given) == expected
    for name in ("rest", "square"):
        plain = hw.tokens % 2 if name == "rest" else hw.tokens * hw.tokens
        assert hw.compile(program[name], [0, 1, 2], 4).parameters == hw.compile(plain, [0, 1, 2], 4).parameters


def test_quotients_stay_exact_under_multiplication() -> None:
    program = hw.rasp.load(
        "x = aggregate(full_s, tokens_int) * length; y = x == aggregate(full_s, tokens_int) * length;"
    )
    assert program.x("1234567") == [28] * 7
    same = hw.rasp.load("x = (tokens_int / 49) * 49 == tokens_int; y = (aggregate(full_s, tokens_int) * length) == 28;")
    assert same.x("123") == [True] * 3
    assert same.y("1234567") == [True] * 7
