"""Opaque predicates that are two comparisons, and look-ups that can only find the query's own position."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, indices, key, query, same_token, select, tokens, where
from hardwire.analysis import Facts
from hardwire.lang.expr import Op
from hardwire.rewrite.factored import factored
from hardwire.rewrite.identities import identities
from observed import Values

VOCAB = ("a", "c", "b")
INPUTS = [list(xs) for n in range(5) for xs in itertools.product(VOCAB, repeat=n)]
PAIR = SOp.zip(lambda x, i: (x, i), tokens, indices)


def changed(program: SOp, *, causal: bool = False) -> Any:
    """The program after the pass; asserts that it has the same values on every input."""
    new = factored(program.expr, Facts(VOCAB, 4, causal=causal))[program.expr]
    values = Values(INPUTS, causal)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert (was.ok, was.value, type(was.value)) == (now.ok, now.value, type(now.value))
    return new


def predicates(e: Any) -> list[Any]:
    return [x.arg for x in e.walk() if x.op is Op.COMPARE]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        (lambda k, q: k[0] == q[0] and k[1] <= q[1], [Op.EQ, Op.LE]),
        (lambda k, q: k[0] < q[0] and k[1] != q[1], [Op.LT, Op.NE]),
        (lambda k, q: k[0] >= q[0], [Op.GE]),
        (lambda k, q: k[1] > q[1], [Op.GT]),
    ],
)
def test_a_predicate_of_pairs_is_two_comparisons(
    predicate: Callable[[Any, Any], bool], found: list[Op], causal: bool
) -> None:
    assert predicates(changed(select(PAIR, PAIR, predicate).width(), causal=causal)) == found


@pytest.mark.parametrize(
    "predicate",
    [
        lambda k, q: k[0] == q[0] or k[1] <= q[1],
        lambda k, q: k[0] == q[0] and k[1] == q[1] + 1,
        lambda k, q: k[0] + "?" * (1 // (k[1] + 1)) == q[0] and k[1] < q[1],
        lambda k, q: 1 // k[1] and k[0] == q[0],  # fails at position 0
    ],
)
def test_other_predicates_stay(predicate: Callable[[Any, Any], bool]) -> None:
    program = select(PAIR, PAIR, predicate).width()
    assert changed(program) is program.expr


FIRST = (before & same_token).width() == 0


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "own",
    [
        where(FIRST, indices, -1),
        where(FIRST, indices, None),
        SOp.zip(lambda c, i: i if c == 0 else "none", (before & same_token).width(), indices),
        indices,
    ],
)
def test_a_look_up_of_the_own_position_takes_no_head(own: SOp, causal: bool) -> None:
    for s in (key(own) == query(indices), key(indices) == query(own)):
        for found in (s.mean(tokens, None), s.one(tokens, "-"), s.value(indices, 7)):
            new = changed(found, causal=causal)
            if own is indices and found.expr.op is Op.ONE:
                assert new is found.expr  # so values are stored
                continue
            assert new.op is (Op.TOKENS if own is indices and "tokens" in found.formula else new.op)
            assert not new.op.aggregate


@pytest.mark.parametrize("other", [where(FIRST, indices, 0), where(FIRST, indices, 3), indices // 2, tokens])
def test_look_ups_of_other_positions_stay(other: SOp) -> None:
    program = (key(other) == query(indices)).mean(indices, None)
    assert changed(program) is program.expr


class LikeOne:
    """A value that equals 1, and is no position."""

    def __eq__(self, other: object) -> bool:
        return self is other or other == 1

    def __hash__(self) -> int:
        return 12345


def test_look_ups_by_values_of_a_class_of_its_own_stay() -> None:
    one = LikeOne()
    other = SOp.zip(lambda t, i: one if t == "b" else i, tokens, indices)
    program = (key(other) == query(indices)).mean(indices, 9)
    assert program("ba") == [9, 0.5]
    assert changed(program) is program.expr


def test_first_occurrences_in_the_style_of_pairs_compile_to_one_head() -> None:
    count = select(PAIR, PAIR, lambda k, q: k[0] == q[0] and k[1] <= q[1]).width()
    first = SOp.zip(lambda c, i: i if c == 1 else -1, count, indices)
    unique = (key(first) == query(indices)).mean(tokens, None)
    for causal in (False, True):
        model = hw.compile(unique, "abc", 20, causal=causal)
        assert model.depth == 1
        assert model.parameters < 1000
        assert model("abacb") == ["a", "b", None, "c", None]


def test_a_pair_that_does_not_need_its_variable_stays() -> None:
    """The variable fails where there are several a's, and the pair has a value at the first position all the same."""
    x = (key(tokens) == query("a")).one("x", "x")
    pair = where(indices == 0, ("x", 0), SOp.zip(lambda a, i: (a, i), x, indices))
    program = (select(pair, pair, lambda k, q: k[1] <= q[1]) & (key(indices) == query(0))).width()
    assert program("aa", errors="keep")[0] == 1
    assert changed(program) is program.expr
    assert hw.compile(program, "ab", 4)("aa")[0] == 1


def test_what_has_one_value_is_a_constant() -> None:
    digits = (1, 2, 3)
    for program in (tokens - tokens, tokens.map(lambda t: 7), SOp.zip(lambda a, b: a * 0 + b * 0, tokens, indices)):
        new = identities(program.expr, Facts(digits, 4))[program.expr]
        assert new.op is Op.CONST
        assert [new.arg] * 2 == program([3, 1])
    second = (key(indices) == query(tokens.map(lambda t: 1))).mean(tokens, None)
    assert (
        hw.compile(second, digits, 20).parameters
        <= hw.compile((key(indices) == query(1)).mean(tokens, None), digits, 20).parameters
    )
