"""Each part of the language, compiled."""

from __future__ import annotations

from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, query, raw, same_token, select, tokens, where
from hardwire.compiler import compile as compile_model

T = tokens
CASES: dict[str, tuple[SOp, Any, int]] = {
    "none as a result": (where(T == 1, None, "x"), [0, 1, 2], 10),
    "tuples as results": (SOp.zip(lambda a, b: (a, b), T, same_token.width()), "ab", 6),
    "floats": (T * 0.5 + 1, [1, 2, 3], 8),
    "comparing quotients": ((T / 3) < 0.5, [0, 1, 2, 3], 8),
    "quotients as results": (before.value(T) / 3, [0, 1, 2, 3], 20),
    "a mean": (full.mean(T), range(10), 30),
    "a mean compared": (full.mean(T) >= 2.5, range(5), 30),
    "two means compared": (before.mean(T == 1) < full.mean(T == 1), [0, 1], 16),
    "greatest before, with a default": (before.max(T, -1), range(5), 40),
    "least behind, with a sop as default": (after.min(T, default=indices), range(5), 40),
    "the token with the best score": (full.max(same_token.width(), of=T), "abc", 30),
    "the nearest": ((before & (key(T) == query("x"))).last(indices, -1), "abx", 50),
    "a product of counts": (before.width() * same_token.width(), "ab", 12),
    "a product of a sum and a count": (full.value(T) * same_token.width(), [0, 1], 12),
    "powers": (same_token.width() ** 2 % 7, "ab", 20),
    "a predicate of tokens": (select(T, T, lambda k, q: (k * q) % 3 == 1).value(T), range(6), 20),
    "a predicate of positions": (select(indices, indices, lambda k, q: k % 3 == q % 2).width(), "ab", 20),
    "a union, summed": (((key(T) == query("a")) | (key(indices) < query(3))).value(indices), "ab", 20),
    "exclusive or, counted": (((key(T) == query("a")) ^ before).width(), "ab", 20),
    "a complement, looked up": ((~same_token).first(T, "z"), "abc", 15),
    "a union, looked up": (((key(T) == query("a")) | (key(indices) == query(2))).last(indices, -1), "ab", 12),
    "counts compared in a selector": (select(before.width() % 5, same_token.width() % 4, "<").width(), "ab", 20),
    "and of two sums": ((full.value(T == 1) > full.value(T == 2)) & (before.value(T == 0) > 2), [0, 1, 2], 16),
    "a vocabulary of all types": (same_token.width(), [1, "1", None, (1, 2), 2.5], 20),
    "a function of tuples": (T.map(lambda t: t[0] if isinstance(t, tuple) else -1), [1, "1", None, (1, 2)], 10),
    "a list": (T + raw([5, 6, 7]), [1, 2], 5),
    "a thousand outputs and more": (full.value(T), [0, 99], 60),
    "negative numbers": (before.value(T), [-3, 0, 7], 50),
    "infinity": (where(T == 1, float("inf"), 0), [0, 1], 5),
    "large ints": (where(T == 1, 2**70, 2**70 + 1), [0, 1], 5),
    "a constant": (SOp.zip(lambda a: 5, T), "ab", 5),
    "joined strings": (T + "x", "ab", 5),
    "strings with the default 0": ((key(indices) == query(indices - 2)).value(T), "ab", 9),
    "a look-up that depends on a count": (
        (key(before.width()) == query(full.width() - 1 - indices)).value(T),
        "abc",
        12,
    ),
    "nested": ((key((same_token & before).any()) == query(False)).width(), "abc", 12),
    "sums of floats": (before.value(T), [0.5, 0.25, 1.0], 20),
    "means of floats": (before.mean(T), [0.5, 0.25, 1.0], 20),
    "rounding": (round(full.mean(T)), range(4), 12),
    "any and all": (before.any(T == "a") & after.all(T != "b"), "abc", 20),
    "an index that is computed": (T.at(full.value(T == 1) - 1, default=9), [0, 1, 2], 12),
    "an index from the end": (T.at(-2, default=9), [0, 1, 2], 12),
    "arithmetic on bools": ((T == "a") + (T == "b") * 2, "abc", 5),
    "what fails and is not needed": (where(T == "x", 0, T.map({"a": 1, "b": 2})), "abx", 8),
    "fractions beside combinations that never occur": (
        where(((key(indices) > query(indices - 2)).value(indices % 5 % 2) + (indices % 5) ** 2) / 2 >= 3, T, 5),
        [0, 1],
        11,
    ),
    "what may fail": (T.map({"a": 1, "b": 2}) + before.width(), "abx", 8),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("causal", [False, True])
def test_it_compiles(case: str, causal: bool) -> None:
    sop, vocab, max_len = CASES[case]
    model = compile_model(sop, vocab, max_len, causal=causal)
    found = hw.verify(model, samples=150, exhaustive=1500, seed=3)
    assert found, found


def test_results_keep_their_type_where_there_is_one() -> None:
    assert compile_model(T == "a", "ab", 4)("ab") == [True, False]
    assert [type(v) for v in compile_model(T == "a", "ab", 4)("ab")] == [bool, bool]
    assert [type(v) for v in compile_model(same_token.width(), "ab", 4)("ab")] == [int, int]


def test_long_chains() -> None:
    """Work is done once for each part, not once for each part of each part."""
    x = indices
    for _ in range(1500):
        x = (x + 1) % 7
    assert compile_model(x, "ab", 6)("ababab") == x("ababab")


@pytest.mark.parametrize("causal", [False, True])
def test_a_key_that_is_not_selected_may_have_no_value(causal: bool) -> None:
    """Of a sum that is a difference of sums, the one adds for that key what the other takes away."""
    plus, number = key(tokens) == query("+"), tokens.int()
    for program in (
        (before & ~plus).value(number),
        ((key(indices) >= query(indices)) & (key(tokens) != query("+"))).value(number, -1),
        full.value(number, 2) - (before & ~(plus | (key(tokens) == query("-")))).value(tokens.map({"1": 0.5, "2": -1})),
        (before & ~plus).mean(number) + (before & plus).width(),
    ):
        model = hw.compile(program, "123+-"[: 5 if "-" in program.formula else 4], 4, causal=causal)
        assert hw.verify(model)
