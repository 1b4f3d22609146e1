"""A token compared with a longer string: a warning that points at the caller, where it is certain."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import hardwire as hw
from hardwire import Selector, SOp, full, key, query, same_token, tokens, where
from hardwire.errors import ProgramWarning

ALWAYS: dict[str, SOp | Selector] = {
    "equal": tokens == "hello",
    "unequal": tokens != "hello",
    "a member": tokens.has(["hello", "a"]),
    "a selector": key(tokens) == query("hello"),
    "a query": key("hello") != query(tokens),
    "a name between": tokens.name("letters") == "hello",
    "inside": where(tokens == "hello", 1, full.width()),
}
NEVER: dict[str, SOp | Selector] = {
    "one character": tokens == "h",
    "characters": tokens.has("hello"),
    "another sop": tokens.map(lambda t: t * 5) == "hello",
    "a value": where(tokens == "h", "hello", "-"),
    "a join": tokens + "ello",
    "itself": same_token,
    "the empty string": tokens == "",
}


@pytest.mark.parametrize("what", ALWAYS)
def test_a_run_on_characters_warns(what: str) -> None:
    program: Any = ALWAYS[what]
    for run in (lambda: program("hello"), lambda: program(["h", "e"]), lambda: program.input("h")):
        with pytest.warns(ProgramWarning, match="compares tokens with 'hello', which no token can equal") as found:
            run()
        assert found[0].filename == __file__
    if isinstance(program, SOp):
        with pytest.warns(ProgramWarning):
            program.batch(["hello", "a"])


@pytest.mark.parametrize("what", ALWAYS)
@pytest.mark.parametrize("given", ["", [], ["hello", "you"], ["hi"], [1, 2], ["h", 1]])
def test_other_inputs_do_not(what: str, given: Any) -> None:
    ALWAYS[what](given)


@pytest.mark.parametrize("what", NEVER)
def test_other_programs_do_not(what: str) -> None:
    NEVER[what]("hello")


def test_compile_knows_the_vocabulary() -> None:
    with pytest.warns(ProgramWarning, match="a token here is one character") as found:
        hw.compile(tokens == "hello", "ehlo", 3)
    assert found[0].filename == __file__
    with pytest.warns(ProgramWarning, match="the longest token has 2 characters"):
        hw.compile(tokens == "hello", ["he", "lo"], 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hw.compile(tokens == "hello", ["hello", "you"], 3)
        hw.compile(tokens == "ab", ["xyz", "a"], 3)
