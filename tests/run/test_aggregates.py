"""Aggregates that add or average give numbers, also where one position is selected."""

from __future__ import annotations

from typing import Any

import pytest

import hardwire as hw
from hardwire import Selector, SOp, before, full, indices, key, programs, query, select, tokens
from hardwire.lang.expr import KEEP_BOOLS, Op, node
from hardwire.run import interpreter
from hardwire.run.failure import Failure

upto: Selector = key(indices) <= query(indices)
itself: Selector = key(indices) == query(indices)
odd: Selector = select(indices, indices, lambda k, q: k == q)  # a predicate has no sorted runs

CASES: dict[str, tuple[SOp, Any, list[Any]]] = {
    "a running count": (programs.cumsum(tokens == "a"), "aba", [1, 1, 2]),
    "a sum of one bool": (itself.value(tokens == "a"), "ab", [1, 0]),
    "a mean of one bool": (itself.mean(tokens == "a"), "ab", [1, 0]),
    "a mean of several": (upto.mean(tokens == "a"), "aba", [1, 0.5, 2 / 3]),
    "the default stays as given": (before.value(tokens == "a", default=True), "ab", [True, 1]),
    "a default that is a sop": (before.mean(tokens == "a", default=tokens == "b"), "ab", [False, 1]),
    "tokens of several types": (itself.value(tokens), [True, "a", 1.0, (True,), False], [1, "a", 1.0, (True,), 0]),
    "a sum of several types": (upto.value(tokens), [True, 0.5, 2], [1, 1.5, 3.5]),
    "a predicate of the user": (odd.value(tokens == "a"), "ab", [1, 0]),
    "a single value": (full.value(tokens), [False], [0]),
    "one, first, max keep the bool": (itself.one(tokens == "a"), "ab", [True, False]),
    "likewise first": (full.first(tokens == "b"), "ab", [False, False]),
    "likewise max": (full.max(tokens == "b"), "ab", [True, True]),
}  # fmt: skip


@pytest.mark.parametrize("small", [0, 48])
@pytest.mark.parametrize("case", CASES)
def test_one_selected_bool(case: str, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "SMALL", small)
    program, given, wanted = CASES[case]
    for found in (program(given), program.batch([given, given])[1]):
        assert list(map(repr, found)) == list(map(repr, wanted))


def test_a_failure_shows_the_values_as_they_are() -> None:
    found = full.value(tokens)([True, "a"], errors="keep")[0]
    assert isinstance(found, Failure)
    assert repr(found.values) == "(True, 'a')"


def test_a_front_end_may_keep_a_single_bool() -> None:
    mean = upto.mean(tokens == "a")
    kept = SOp(node(Op.MEAN, *mean.expr.src, arg=KEEP_BOOLS))
    assert list(map(repr, kept("aba"))) == ["True", "0.5", repr(2 / 3)]
    assert kept.expr is not mean.expr


def test_original_rasp_keeps_a_single_bool() -> None:
    program = hw.rasp.load('some = aggregate(select(indices, indices, <=), tokens == "a");')
    assert list(map(repr, program.some("aba"))) == ["True", "0.5", repr(2 / 3)]
    again = hw.rasp.load(hw.rasp.dumps(program.some))
    assert again.some.expr is program.some.expr
    ours = hw.rasp.load(hw.rasp.dumps(upto.mean(tokens == "a"), "some"))
    assert list(map(repr, ours.some("aba"))) == ["1", "0.5", repr(2 / 3)]


@pytest.mark.parametrize(
    "program", [itself.value(tokens == "a"), upto.value(tokens == "a"), itself.mean(tokens == "b")]
)
def test_models_give_numbers_too(program: SOp) -> None:
    model = hw.compile(program, "ab", 4)
    for given in ("", "a", "ab", "bba", "aaaa"):
        assert list(map(repr, model(given))) == list(map(repr, program(given)))


def test_scores_without_an_order_are_what_a_failure_shows() -> None:
    """Not the values to choose from, which may have failed themselves."""
    for program in (full.max(tokens, of=indices), full.min(tokens, of=1 / (indices - indices))):
        for failure in program(["1", 1.0], errors="keep"):
            assert isinstance(failure, Failure)
            assert failure.values == ("1", 1.0)
