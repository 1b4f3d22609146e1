"""Markers as conditions, and sums that only a remainder is read of: the same values, and small in every spelling."""

from __future__ import annotations

import random
from typing import Any

import pytest
from test_same_meaning import kept, words

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.absent import absent
from hardwire.rewrite.residues import residues

NEW = (before & (key(tokens) == query(tokens))).width() == 0
PLACE = before.value(where(NEW, 1, 0))
WORD = ((key(indices) <= query(indices)) & (key(tokens) == query("b"))).width()
DIGITS = tokens.map({"a": 3, "b": 8})
HOW_OFTEN = (key(tokens) == query("a")).width()
PROGRAMS: dict[str, SOp] = {
    "a key marked by None": (key(where(NEW, PLACE, None)) == query(indices)).first(tokens, None),
    "by a number": (key(where(NEW, PLACE, -1)) == query(indices)).one(tokens, "_"),
    "in the other branch": (key(where(tokens == "b", None, WORD)) == query(WORD)).width(),
    "a query": (key(WORD) == query(where(tokens == "b", -1, WORD))).width(),
    "both": (key(where(NEW, PLACE, None)) == query(where(NEW, PLACE, -2))).width(),
    "a marker that a query may be": (key(where(NEW, PLACE, 3)) == query(indices)).one(tokens, "_"),
    "a marker equal to a query": (key(where(NEW, PLACE, False)) == query(indices)).width(),
    "a key that may fail": (key(where(tokens == "b", indices, 6 // (tokens == "b"))) == query(indices)).width(),
    "negated": (~(key(where(NEW, PLACE, None)) == query(indices))).width(),
    "a function that may be None": SOp.zip(lambda a, b: a * a + b if b > 1 else None, indices, HOW_OFTEN),
    "or one of two strings": SOp.zip(lambda a, b: "x" if a == b else "y" if a > b else 3 * a + b, indices, HOW_OFTEN),
    "or what it never is": SOp.zip(
        lambda a, b: "z" if b != a + 1 else None if a == 3 else a * a, HOW_OFTEN, HOW_OFTEN + 1
    ),
    "or fail": SOp.zip(lambda a, b: None if a == 7 else a * 9 // (b - 1), indices, HOW_OFTEN),
    "a remainder": full.value(DIGITS * (indices + 1)) % 11,
    "of a sum with a negative period": full.value(DIGITS * (indices + 1)) % -11,
    "of negative numbers": before.value(DIGITS * (3 - 9 * indices)) % 7,
    "a periodic function": full.value(DIGITS * 40).map(lambda s: "odd" if s // 40 % 3 else s % 120),
    "with its types": full.value(DIGITS * 40).map(lambda s: s % 3 == 0),
    "of the length": (length - 1 - indices) % 2,
    "a weight from the end": full.value(DIGITS * where((length - indices) % 2 == 1, 40, -40)),
    "a function with a period": SOp.zip(lambda a, b: a if b % 2 else "x", tokens, length - indices),
    "with another beginning": SOp.zip(lambda a, b: a * 2 if b % 3 == 1 else a, tokens, length - indices - 7),
    "of equal values of other types": SOp.zip(
        lambda a, b: (1 if b < 5 else True) if b % 2 else 0, tokens, length - indices
    ),
    "that fails in places": SOp.zip(lambda a, b: 6 // (b - 9) if b == 9 else b % 2, tokens, length - indices),
    "with none": SOp.zip(lambda a, b: a * 2 if b == 1 else a, tokens, length - indices),
    "bits": full.value((tokens == "a") * 2 ** (length - indices - 1)) % 8,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_kept(name: str) -> None:
    assert kept(PROGRAMS[name], words(12), 12)


@pytest.mark.parametrize(("name", "changed"), [("a marker that a query may be", False), ("by a number", True)])
def test_a_marker_that_may_be_met_stays(name: str, changed: bool) -> None:
    program = PROGRAMS[name].expr
    new = absent(program, Facts(("a", "b"), 12))[program]
    assert (new.src[0].op is Op.AND) is changed


def test_small_sums_stay() -> None:
    program = (full.value(tokens.map(int)) % 10).expr
    assert residues(program, Facts(tuple("0123456789"), 20))[program] is program


DIGIT, FROM_END = range(10), length - indices
SPACES = ((key(indices) <= query(indices)) & (key(tokens) == query(" "))).width()
ONES = (key(tokens) == query(1)).width()
SPELLINGS: dict[str, tuple[list[SOp], Any, int, int, int]] = {  # programs, vocabulary, max_len, layers, parameters
    "kept tokens": (
        [(key(where(NEW, PLACE, m)) == query(indices)).first(tokens, "_") for m in (None, -1, "none", 99)],
        "abcd", 20, 3, 2_300,
    ),
    "words": (
        [(key(where(tokens == " ", m, SPACES)) == query(SPACES)).width() for m in (None, -1)], "ab ", 20, 2, 1_500,
    ),
    "weights": (
        [
            full.value(tokens * (indices + 1)) % 11,
            full.value(SOp.zip(lambda t, i: t * (i + 1), tokens, indices)) % 11,
            full.value(tokens * (indices + 1)).map(lambda s: s % 11),
        ],
        DIGIT, 20, 2, 1_800,
    ),
    "bits": ([full.value(tokens * 2 ** (length - indices - 1)) % 16], (0, 1), 20, 2, 450),
    "digits from the end": (
        [
            full.value(SOp.zip(lambda t, k: t if k % 2 else sum(map(int, str(2 * t))), tokens, FROM_END)) % 10 == 0,
            full.value(where(FROM_END % 2 == 1, tokens, where(tokens > 4, 2 * tokens - 9, 2 * tokens))) % 10 == 0,
        ],
        DIGIT, 40, 2, 1_100,
    ),
    "parts from the end": (
        [
            full.value(tokens * where((length - 1 - indices) % 2 == 0, 1, 2)) % 3,
            full.value(SOp.zip(lambda t, k: t * pow(2, k, 3), tokens, length - 1 - indices)) % 3,
            (full.value(where(FROM_END % 2 == 1, tokens, 0)) - full.value(where(FROM_END % 2 == 0, tokens, 0))) % 3,
        ],
        (0, 1), 40, 2, 900,
    ),
    "a quotient or None": (
        [
            where(ONES == 0, None, full.value(tokens) // ONES),
            SOp.zip(lambda s, c: s // c if c else None, full.value(tokens), ONES),
        ],
        range(3), 20, 1, 1_050,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_small_and_proved(name: str) -> None:
    programs, vocab, max_len, layers, parameters = SPELLINGS[name]
    rng, known = random.Random(3), list(vocab)
    for program in programs:
        model = hw.compile(program, vocab, max_len, remedies=False)
        assert model.depth <= layers, program.formula
        assert model.parameters <= parameters, program.formula
        for n in (1, 2, max_len):
            x = [rng.choice(known) for _ in range(n)]
            assert model(x) == program(x)
