"""Calling a program of the library: what builds, what runs, and what a sop keeps of the program that built it."""

from __future__ import annotations

import gc
import inspect
import pickle
import pydoc
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import SOp, programs
from hardwire.errors import BuildError
from hardwire.lang.expr import Expr


@pytest.mark.parametrize("name", programs.LIBRARY)
def test_every_program_runs_on_its_example(name: str) -> None:
    program = programs.get(name)
    wanted = program()(program.example)
    assert program(program.example) == wanted
    assert program(list(program.example)) == wanted
    assert [str(line) for line in (program, program.parameters.shown)], "both can be shown"


@pytest.mark.parametrize(
    ("program", "x", "result"),
    [
        (programs.shift, "hello", "_hell"),
        (programs.flip, ("a", 1), [1, "a"]),
        (programs.flip, "", []),
        (programs.flip, "x", "x"),
        (programs.sort, range(3, 0, -1), [1, 2, 3]),
        (programs.sort, np.array([3, 1, 2]), [1, 2, 3]),
        (programs.sort_by, [3, 1, 2], [3, 1, 2]),
        (programs.first, "hello", [2] * 5),
        (programs.majority, [1, 0, 1], [True] * 3),
        (programs.bracket_depth, "(())", [1, 2, 2, 1]),
        (programs.copy, "ab", "ab"),
        (programs.length, "abc", [3] * 3),
        (programs.slide, "x<l", "xll"),
    ],
)
def test_an_input_alone_is_run_on(program: programs.Program, x: Any, result: Any) -> None:
    assert list(program(x)) == list(result)


def test_a_keyword_names_the_sequence() -> None:
    assert programs.flip(seq="abc") == ["c", "b", "a"]


BUILT = [
    (programs.shift(2), "abc", "__a"),
    (programs.first("l"), "hello", [2] * 5),
    (programs.first(q="xyz"), ["a", "xyz"], [1, 1]),
    (programs.majority("l"), "lull", [True] * 4),
    (programs.ralign("."), "xyz__", "..xyz"),
    (programs.shift(-1, "0", "ab"), "xy", ["ab", "0"]),
    (programs.flip(programs.flip()), "hello", "hello"),
    (programs.dyck(1, ["{}"]), "{}", [True, True]),
]


@pytest.mark.parametrize(("sop", "x", "result"), BUILT)
def test_parameters_build(sop: SOp, x: Any, result: Any) -> None:
    assert isinstance(sop, SOp)
    assert list(sop(x)) == list(result)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: programs.first("xyz"), r"may mean the input 'xyz' or the parameter q='xyz'"),
        (lambda: programs.first(""), r"first\(\)\(''\) to run it"),
        (lambda: programs.majority("lull"), r"majority\(x='lull'\) to build it"),
        (lambda: programs.shift("hello", "_"), "shift: i is a whole number, not 'hello'"),
        (lambda: programs.flip("ab", "cd"), r"too many positional arguments\n  flip\(seq: object = tokens\) -> SOp"),
        (lambda: programs.bracket_depth(3), r"bracket_depth\(pairs.* cannot be built: "),
        (lambda: programs.add(causal=True), "unexpected keyword argument 'causal'"),
    ],
)
def test_what_may_mean_two_things_says_so(call: Any, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        call()


def test_help_shows_a_signature() -> None:
    signature = "(i: int = 1, default: object = '_', seq: object = tokens) -> SOp"
    assert str(inspect.signature(programs.shift)) == signature
    assert f"shift{signature}" in pydoc.plain(pydoc.render_doc(programs.shift))
    assert ">>> shift(2)" in (programs.shift.__doc__ or "")


# What a sop keeps.


def test_a_sop_knows_the_program_that_built_it() -> None:
    for made in (programs.add(), programs.add(hw.tokens), programs.copy()):
        assert made.origin is not None
        assert pickle.loads(pickle.dumps(made)).origin is made.origin
    assert programs.shift(2).origin is programs.shift
    assert programs.window_sum(100).origin is programs.window_sum, "a window is no token"
    assert programs.shuffle_dyck(["()"]).origin is programs.shuffle_dyck
    assert pickle.loads(pickle.dumps(programs.add)) is programs.add


@pytest.mark.parametrize(
    "sop",
    [
        programs.add() + 1, hw.tokens, hw.length, programs.majority("l"), programs.flip(programs.flip()),
        programs.shift(-1, "0", "ab"), programs.dyck(1, ["{}"]), programs.split("-"), hw.indices,
    ],
    ids=lambda x: x.formula,
)  # fmt: skip
def test_other_sops_have_no_origin(sop: SOp) -> None:
    """A program's vocabulary says nothing of what is made out of it, nor of other parameters or equal expressions."""
    assert sop.origin is None


def test_nothing_is_kept_alive() -> None:
    def count() -> int:
        gc.collect()
        return sum(isinstance(x, Expr) for x in gc.get_objects())

    programs.caesar(7)
    before = count()
    for k in range(20, 60):
        programs.caesar(k)
    assert count() <= before + 5


def test_it_is_shown_on_its_own_example() -> None:
    assert str(hw.draw(programs.add())).splitlines()[1] == "  '683+345' -> [0, 0, 0, 1, 0, 2, 8]"
    assert str(hw.draw(programs.add)) == str(hw.draw(programs.add()))
    assert repr(programs.add()).splitlines()[1] == "  '683+345' -> [0, 0, 0, 1, 0, 2, 8]"
    assert "'683+345'" in hw.draw(programs.add).title
    assert "683+345" in str(hw.draw(hw.compile(programs.add, max_len=8)))
    assert hw.draw(programs.add, "1+2").text.splitlines()[1] == "  '1+2' -> [0, 0, 3]"


def test_a_running_example_that_was_set_is_used() -> None:
    hw.set_example("12+34")
    try:
        assert hw.example(programs.add()) == hw.example(hw.tokens) == "12+34"
    finally:
        hw.set_example("hello")
    assert hw.example(programs.add()) == "683+345"


def test_it_compiles_and_verifies_by_itself() -> None:
    model = hw.compile(programs.flip)
    assert (model.vocab, model.max_len) == (programs.flip.vocab, 100)
    assert hw.compile(programs.shift(2)).max_len == 100
    model = hw.compile(programs.flip(), "ab", 5)
    assert (model.vocab, model.max_len) == (("a", "b"), 5)
    assert hw.compile(programs.flip(), max_len=5).vocab == programs.flip.vocab
    found = hw.verify(programs.flip, samples=20, exhaustive=100)
    assert found
    assert found.max_len == 100
    assert hw.verify(programs.add(), max_len=8, samples=50, exhaustive=100)
    assert hw.verify(model, programs.flip)
    assert not hw.verify(model, programs.copy)
    assert hw.certify(model, programs.flip).status == "exact up to length 5"
    assert str(hw.draw(model, "ab", beside=programs.flip)) == str(hw.draw(model, "ab", beside=programs.flip()))


@pytest.mark.parametrize("call", [hw.compile, hw.verify])
def test_what_has_no_vocabulary_asks_for_it(call: Any) -> None:
    with pytest.raises(BuildError, match=r'vocab and max_len: tokens has no default.*\n.*vocab="abc", max_len=20'):
        call(hw.tokens)
    with pytest.raises(BuildError, match="needs max_len"):
        call(hw.tokens, vocab="ab")
    for wrong in (3, None, hw.before, lambda: hw.tokens):
        with pytest.raises(BuildError, match=r"takes a (sop|model or a sop), not"):
            call(wrong)
