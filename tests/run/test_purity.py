"""Functions that are not pure are found, named, and never blamed on the model."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, full, indices, select, tokens
from hardwire.errors import ImpureFunctionError
from hardwire.run import purity

LETTERS = "abcdefghij"


def counting() -> Any:
    seen: list[Any] = []

    def number(t: Any) -> int:
        seen.append(t)
        return len(seen)

    return number


def alternating() -> Any:
    turns = itertools.cycle([True, False])

    def turn(*_: Any) -> bool:
        return next(turns)

    return turn


def failing_once() -> Any:
    calls = itertools.count()

    def once(t: Any) -> Any:
        if next(calls) == 0:
            raise ValueError("the first call")
        return t

    return once


PROGRAMS: dict[str, tuple[str, Callable[[], SOp]]] = {
    "a list that grows": ("number", lambda: tokens.map(counting())),
    "random numbers": ("lambda", lambda: tokens.map(lambda t: random.random())),
    "of several sops": ("turn", lambda: SOp.zip(alternating(), tokens, indices)),
    "a predicate": ("turn", lambda: select(tokens, tokens, alternating()).width()),
    "a failure": ("once", lambda: tokens.map(failing_once())),
    "deep inside": ("number", lambda: full.value(tokens.map(counting())) + 1),
}  # fmt: skip


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_run_names_the_function(what: str) -> None:
    name, build = PROGRAMS[what]
    program = build()
    with pytest.raises(ImpureFunctionError, match="is not a pure function: called twice with") as found:
        program("ab")
    assert name in str(found.value) or "the lambda of test_purity.py, line" in str(found.value)
    assert isinstance(found.value, hw.errors.HardwireError)
    assert found.value.expression is not None


@pytest.mark.parametrize("what", PROGRAMS)
def test_compile_names_the_function(what: str) -> None:
    with pytest.raises(ImpureFunctionError, match="is not a pure function"):
        hw.compile(PROGRAMS[what][1](), "ab", 3)


def test_verify_looks_at_every_call() -> None:
    """A function that is seldom another: a run looks at a few of its calls, verify at all of the first inputs."""
    calls: dict[str, int] = {}

    def seldom(t: str) -> int:
        calls[t] = calls.get(t, 0) + 1
        return 2 if t == "j" and calls[t] % 2 == 0 else 1

    program = tokens.map(seldom)
    model = hw.compile(tokens.map(lambda _: 1), LETTERS, 3)
    assert program(LETTERS) == [1] * 10
    with pytest.raises(ImpureFunctionError, match="`seldom` is not a pure function: called twice with 'j'"):
        hw.verify(model, program)


def test_pure_functions_pass() -> None:
    cache: dict[Any, Any] = {}

    def remembered(t: str) -> int:
        return cache.setdefault(t, len(t))

    def fresh(t: str) -> Any:
        return (object_of(t), t)

    class Letter:
        def __init__(self, t: str) -> None:
            self.t = t

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Letter) and self.t == other.t

        def __hash__(self) -> int:
            return hash(self.t)

    object_of = Letter
    with purity.every_call_twice():
        assert tokens.map(remembered)("ab") == [1, 1]
        assert tokens.map(fresh)("ab") == [(Letter("a"), "a"), (Letter("b"), "b")]
        assert tokens.map({"a": 1, "b": 2})("ab") == [1, 2]
        assert isinstance(tokens.int()("a", errors="keep")[0], hw.Failure)


def test_few_calls_are_repeated() -> None:
    calls: list[Any] = []

    def noted(t: Any) -> Any:
        calls.append(t)
        return t

    tokens.map(noted)(list(range(100)))
    assert len(calls) == 100 + purity.FEW + 1
