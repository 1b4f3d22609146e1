"""Writing expressions back as RASP: what is loaded again is the same program."""

# ruff: noqa: E501  tables keep their rows on a line

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardwire as hw
import wild
from hardwire import (
    Failure,
    SOp,
    after,
    before,
    full,
    indices,
    key,
    length,
    query,
    raw,
    same_token,
    select,
    tokens,
    where,
)
from hardwire.errors import BuildError, RaspError
from hardwire.lang.expr import Op
from hardwire.random_programs import random_program

NORMAL = 150
NIGHTLY = 4000


def again(x: Any) -> Any:
    """x written and loaded."""
    program = hw.rasp.load(hw.rasp.dumps(x))
    return program[list(program)[-1]]


def writable(x: Any) -> bool:
    """Whether RASP has words for x; if not, dumps says why."""
    try:
        return bool(hw.rasp.dumps(x))
    except RaspError as error:
        said = error
    assert str(said).startswith("RASP cannot express this:\n  ")
    assert said.expression is not None
    return False


def same(want: Any, got: Any, exact: bool) -> bool:
    """Whether what has a value has the same one; sums and quotients of floats may differ in the last place."""
    if isinstance(want, Failure):
        return True
    if isinstance(want, list):
        return all(same(w, g, exact) for w, g in zip(want, got, strict=True))
    if not exact and float in (type(want), type(got)) and {type(want), type(got)} <= {int, float, bool}:
        return bool(want == got or abs(want - got) <= 1e-12 * max(abs(want), abs(got)))
    return bool(want == got)


def check(x: Any, inputs: list[Any], exact: bool = True) -> None:
    other = again(x)
    for tokens_given in inputs:
        want, got = x(tokens_given, errors="keep"), other(tokens_given, errors="keep")
        assert same(list(want), list(got), exact), f"{hw.rasp.dumps(x)}\non {tokens_given!r}: {want} {got}"


SMALL = ["", "a", "ab", "abc", "cabbac"]


@pytest.mark.parametrize("start", range(0, NORMAL, 30))
def test_generated_programs(start: int) -> None:
    written = 0
    for seed in range(start, start + 30):
        program = random_program(seed, 3 + seed % 6)
        try:
            hw.rasp.dumps(program)
        except RaspError:
            continue
        written += 1
        check(program, SMALL)
    assert written >= 10, "too many are refused to say anything"


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(10_000, 10_000 + NIGHTLY, 100))
def test_many_generated_programs(start: int) -> None:
    for seed in range(start, start + 100):
        program = random_program(seed, 3 + seed % 12)
        try:
            hw.rasp.dumps(program)
        except RaspError:
            continue
        check(program, [*SMALL, "".join(random.Random(seed).choices("abc", k=12))])


@given(seed=st.integers(0, 10**9), steps=st.integers(1, 5))
@settings(max_examples=200, deadline=None)
def test_programs_of_the_whole_language(seed: int, steps: int) -> None:
    """Absurd ones too: huge numbers, infinities, values of other types, functions that fail."""
    rng = random.Random(seed)
    program = wild.program(rng, steps)
    if not writable(program):
        return
    if any(e.op is Op.FLOORDIV for e in program.expr.walk()):
        return  # by infinity it is no rounded quotient
    check(program, [wild.tokens_of(rng) for _ in range(3)], exact=False)


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_texts_of_generated_programs_are_the_same_twice(seed: int) -> None:
    """The text of a program that was loaded from a text is that text."""
    try:
        text = hw.rasp.dumps(random_program(seed, 5))
    except RaspError:
        return
    first = again(random_program(seed, 5))
    if isinstance(first, SOp):
        second = again(first)
        for x in SMALL:
            assert same(list(first(x, errors="keep")), list(second(x, errors="keep")), exact=True), text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (indices, "program = indices;"),
        (length, "length_2 = length;"),
        (full, "full = full_s;"),
        (tokens.str(), "program = tokens_str;"),
        ((key(tokens) == query(tokens)).width().name("hist"),
         "hist = selector_width(select(tokens_asis, tokens_asis, ==));"),
        (before & ~same_token, "before = select(indices, indices, <);\nsame_token = select(tokens_asis, tokens_asis, ==);"
                               "\nprogram = before and not same_token;"),
        ((indices + 1) * 2 - 3, "program = (indices + 1) * 2 - 3;"),
        (indices - (indices - 1), "program = indices - (indices - 1);"),
        (indices % (indices * 2), "program = indices % indices * 2;"),
        (-(indices**2), "program = -(indices ^ 2);"),
        (~(tokens == "a"), 'program = not (tokens_asis == "a");'),
        ((tokens == "a") | (indices > 1) & (indices < 3),
         'program = tokens_asis == "a" or (indices > 1 and indices < 3);'),
        (tokens != "a", 'program = not (tokens_asis == "a");'),
        (where(indices > 1, "x", tokens), 'program = "x" if indices > 1 else tokens_asis;'),
        (tokens.has("ab"), 'program = tokens_asis in ["a", "b"];'),
        (tokens.map({"a": 1, "b": -2}), 'program = {"a": 1, "b": -2}[tokens_asis];'),
        (raw([1, 2, 3]), "program = [1, 2, 3][indices];"),
        (abs(indices), "program = indices if indices >= 0 else -indices;"),
        (indices // 2, "program = round((indices - indices % 2) / 2);"),
        (before.mean(indices, -1), "before = select(indices, indices, <);\nprogram = aggregate(before, indices, -1);"),
        (before.mean(True), "before = select(indices, indices, <);\nprogram = aggregate(before, 1);"),
        (before.value(indices), "before = select(indices, indices, <);\n"
                                "program = aggregate(before, indices) * selector_width(before);"),
        (after.first(tokens, "-"),
         "after = select(indices, indices, >);\n_2 = selector_width(select(indices, indices, >=));\n"
         '_3 = after and select(_2, selector_width(after), ==);\nprogram = aggregate(_3, tokens_asis, "-");'),
        (indices * hw.raw([0.5, 1e-7]), "program = indices * [0.5, 0.0000001][indices];"),
        ((tokens + "!").name("if") + "", 'if_2 = tokens_asis + "!";\nprogram = if_2 + "";'),
        ((-indices).name("sort") + 0, "sort_2 = -indices;\nprogram = sort_2 + 0;"),
        (((-indices).name("a") + 1).name("a") + 0, "a = -indices;\na_2 = a + 1;\nprogram = a_2 + 0;"),
    ],
)  # fmt: skip
def test_texts(x: Any, text: str) -> None:
    assert hw.rasp.dumps(x) == text
    check(x, ["", "a", "abc"])


def test_a_name_of_ones_own() -> None:
    assert hw.rasp.dumps(indices + 1, "next") == "next = indices + 1;"
    with pytest.raises(BuildError, match="'a b' is not a valid name in RASP"):
        hw.rasp.dumps(indices, "a b")


@pytest.mark.parametrize("value", [3, -3, 0.5, -0.0, 1e300, 2.0**-30, "", "a b", True, hw.full])
def test_constants(value: Any) -> None:
    x = value if value is full else where(True, value, 0)
    check(x, ["", "ab"])
    assert isinstance(again(x), type(x))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (tokens.map(ord), "tokens.map(ord): ord is a Python function; a dict can be written"),
        (select(indices, indices, max).width(), "select(indices, indices, max): max is a Python function; select takes "
         "== != < <= > >="),
        (where(indices > 1, None, 1), "None: None has no literal in RASP"),
        (where(indices > 1, (1, 2), 1), "(1, 2): (1, 2) has no literal in RASP"),
        (tokens == 'a"b', "'a\"b': 'a\"b' has no literal in RASP"),
        (indices.round(2), "indices.round(2): round has no number of digits in RASP"),
        (before.max(tokens), "before.max(tokens): the greatest can only be over positions that are the same for every "
         "query"),
    ],
)  # fmt: skip
def test_what_rasp_cannot_say(x: Any, said: str) -> None:
    with pytest.raises(RaspError) as caught:
        hw.rasp.dumps(x)
    assert str(caught.value) == f"RASP cannot express this:\n  {said}"


def test_everything_that_cannot_be_said_is_named() -> None:
    with pytest.raises(RaspError) as caught:
        hw.rasp.dumps(tokens.map(ord) + tokens.map(len))
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("x", [3, key(indices), query(indices), "a"])
def test_what_is_no_program(x: Any) -> None:
    with pytest.raises(BuildError, match="dumps takes a sop or a selector"):
        hw.rasp.dumps(x)


@pytest.mark.parametrize("name", sorted(hw.programs.LIBRARY))
def test_the_library_of_hardwire(name: str) -> None:
    """Written wherever it can be, and then the same on valid inputs."""
    program = hw.programs.LIBRARY[name]
    try:
        hw.rasp.dumps(program())
    except RaspError:
        return
    rng = random.Random(2)
    check(program(), [program.example, *(program.sample(rng, 10) for _ in range(10))], exact=False)


@pytest.mark.parametrize("name", ["add_in_three", "bracket_depth", "dyck", "nearest_left", "sort", "slide"])
def test_programs_that_can_be_written(name: str) -> None:
    hw.rasp.dumps(hw.programs.LIBRARY[name]())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('x = tokens * (tokens == "a");', 'x = tokens * (tokens == "a");'),
        ('x = "ab" * (indices + 1);', 'x = "ab" * (indices + 1);'),
        ('x = ("<%s>" % tokens) * 2;', 'x = ("<%s>" % tokens) * 2;'),
        ("x = tokens_asis * 2;", "x = tokens_asis * 2;"),
        ("x = tokens_asis % 2 * tokens_asis;", "x = tokens_asis % 2 * tokens_asis;"),
        ("x = (tokens_asis % 2) * indices;", "x = (tokens_asis % 2) * indices;"),
    ],
)
def test_operators_of_strings(text: str, written: str) -> None:
    """They are written with their signs, whatever they became, and read again as the same."""
    program = hw.rasp.load(text).x
    assert hw.rasp.dumps(program) == written
    assert hw.rasp.load(written).x.expr is program.expr
