"""Programs some of whose named parts are set to other values."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardwire import Failure, SOp, before, full, indices, key, length, programs, query, raw, tokens, where
from hardwire.errors import BuildError, InputError, UnknownNameError
from hardwire.lang.expr import again as same
from hardwire.lang.expr import rebuild
from hardwire.run import run_batch_set
from hardwire.run.interventions import named_sop
from named_programs import VOCAB, named_program


def replaced(program: SOp, name: str, values: list[Any]) -> SOp:
    """The program with a list in place of a named part: the meaning of setting it."""
    part = named_sop(program.expr, name)
    return SOp(rebuild(program.expr, lambda e, src: raw(values).expr if e is part else same(e, src)))


def as_data(results: list[Any]) -> list[Any]:
    return [None if isinstance(v, Failure) else (type(v), v) for v in results]


@settings(max_examples=150)
@given(seed=st.integers(0, 10_000), causal=st.booleans())
def test_a_set_part_is_a_list_in_its_place(seed: int, causal: bool) -> None:
    program, rng = named_program(seed, size=7), random.Random(seed)
    x = rng.choices(VOCAB, k=rng.randint(1, 6))
    trace = program.trace(x, causal=causal)
    for name in (s.name for s in trace if isinstance(s.of, SOp)):
        values = [rng.choice([v for v in trace[name] if not isinstance(v, Failure)] or [0]) for _ in x]
        expected = replaced(program, name, values)(x, causal=causal, errors="keep")
        got = program.run(x, set={name: values}, causal=causal, errors="keep")
        assert as_data(got) == as_data(expected)


def test_setting_nothing_is_running() -> None:
    assert programs.sort().run([3, 1, 2]) == programs.sort().run([3, 1, 2], set={}) == [1, 2, 3]


def test_a_part_is_set_wherever_it_is_used_and_nowhere_else() -> None:
    here = (tokens == "a").name("here")
    program = where(here, indices, -1) + where(tokens == "a", 100, 0)  # the second condition has no name
    assert program.run("aba", set={"here": [False, True, False]}) == [99, 1, 99]


def test_long_inputs_and_several_names() -> None:
    program = (key(length.name("n") - indices - 1) == query(indices.name("at"))).one(tokens)
    x = "abcdefgh" * 9  # long enough for sorted runs
    assert program(x) == list(reversed(x))
    assert program.run(x, set={"at": [0] * len(x), "n": [len(x)] * len(x)}) == [x[-1]] * len(x)


def test_a_batch_has_values_for_each_input() -> None:
    program = (before.width().name("n") * 2).name("twice")
    assert run_batch_set(program, ["ab", "c"], [{"n": [1, 5]}, {"n": [7]}]) == [[2, 10], [14]]
    with pytest.raises(BuildError, match="the same names"):
        run_batch_set(program, ["ab", "c"], [{"n": [1, 5]}, {"twice": [7]}])


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"rnk": [0, 1, 2]}, UnknownNameError, "Did you mean 'rank'"),
        ({"before": [0, 1, 2]}, BuildError, "before is a selector"),
        ({"rank": [0, 1]}, InputError, "`rank` is set to one value for each token, 3 in all, not to 2"),
        ({"rank": 5}, InputError, "`rank` is set to one value for each token, in a list or a string, not to 5"),
    ],
)
def test_errors(values: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        programs.sort().run([3, 1, 2], set=values)


def test_a_failure_that_setting_causes_is_raised_with_its_place() -> None:
    program = full.one(tokens).name("only")
    assert program.run("ab", set={"only": "xy"}) == ["x", "y"]
    with pytest.raises(ValueError, match="2 positions are selected"):
        programs.sort().run([3, 1, 2], set={"rank": [0, 1, 1]})
