"""Rewriting changes no value: every stage is run by the interpreter beside the program as it was written."""

from __future__ import annotations

import itertools
import operator
import random
from collections.abc import Callable
from typing import Any

import pytest

import hardwire as hw
from hardwire import Failure, Selector, SOp, full, indices, key, query, select, tokens, where
from hardwire.lang.selectors import LENGTH
from hardwire.rewrite import analysed
from hardwire.rewrite.closed_form import closed_form

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
ORDERS = ("<", "<=", ">", ">=")
LENGTH_OF_INPUT = SOp(LENGTH)
IS_A = key(tokens) == query("a")


def run(program: SOp, inputs: list[Any], *, causal: bool = False) -> list[Any]:
    return [list(r) for r in program.batch(inputs, causal=causal, errors="keep")]


def kept(program: SOp, inputs: list[Any], max_len: int, *, vocab: str = "ab", causal: bool = False) -> bool:
    """Whether every stage gives the program's value, with its type, wherever that has one."""
    stages = analysed(program.expr, tuple(vocab), max_len, causal=causal).rewrites
    wanted = run(program, inputs, causal=causal)
    assert any(not isinstance(v, Failure) for row in wanted for v in row)
    for stage, expr in stages.items():
        for x, want, got in zip(inputs, wanted, run(SOp(expr), inputs, causal=causal), strict=True):
            for i, (a, b) in enumerate(zip(want, got, strict=True)):
                same = isinstance(a, Failure) or (a == b and type(a) is type(b))
                assert same, f"{stage}: {a!r} became {b!r} at position {i} of {x}"
    return bool(stages)


def words(longest: int, many: int = 40, seed: int = 0, letters: str = "ab") -> list[str]:
    rng = random.Random(seed)
    short = ["".join(w) for n in range(4) for w in itertools.product(letters, repeat=n)]
    return short + ["".join(rng.choices(letters, [9, 1], k=rng.randint(4, longest))) for _ in range(many)]


@pytest.mark.parametrize("sign", ORDERS)
@pytest.mark.parametrize("pick", ["first", "last"])
@pytest.mark.parametrize("default", [-1, None], ids=["a constant", "a sop"])
def test_the_first_and_the_last_in_an_order_of_positions(sign: str, pick: str, default: Any) -> None:
    """Above 16 positions by blocks: the near one if it has any, else the others."""
    order = COMPARISONS[sign](key(indices), query(indices))
    other = indices * 2 if default is None else default
    for selector in (order & (key(tokens) == query("b")), order):
        assert kept(getattr(selector, pick)(indices, other), words(20), 20)
        assert kept(getattr(selector, pick)(tokens, "-"), words(20), 20)


@pytest.mark.parametrize("sign", ORDERS)
def test_the_first_and_the_last_are_answered_so(sign: str) -> None:
    order = COMPARISONS[sign](key(indices), query(indices)) & (key(tokens) == query("b"))
    inputs = words(18, 20)
    for program in (order.first(indices, -1), order.last(indices, -1)):
        assert hw.compile(program, "ab", 18).batch(inputs) == [list(r) for r in program.batch(inputs)]


@pytest.mark.parametrize("sign", COMPARISONS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_width_compared_with_a_number(sign: str, number: int) -> None:
    """Keys with a | b may be counted twice where it only matters whether there is any."""
    either = (tokens == "a") | (indices == 0)
    for selector in (key(either) == query(True), (key(either) == query(True)) & (key(indices) <= query(indices))):
        for program in (selector.width(), selector.width() + 0 * indices):
            assert kept(COMPARISONS[sign](program, number), words(6, letters="ba"), 6)
            assert kept(COMPARISONS[sign](number, program), words(6, letters="ba"), 6)


def test_any_of_two_conditions_is_two_widths() -> None:
    """So it is where that holds, and the rewriting above is at work."""
    either = (tokens == "a") | (indices == 0)
    for sign, number, apart in (("!=", 0, True), (">=", 1, True), ("!=", 1, False), ("==", 1, False), (">", 1, False)):
        program = COMPARISONS[sign]((key(either) == query(True)).width(), number)
        stages = analysed(program.expr, ("a", "b"), 6, causal=False).rewrites
        assert any(e.op.symbol == "+" for expr in stages.values() for e in expr.walk()) is apart, (sign, number)


def test_a_table_of_positions_fails_where_the_program_does() -> None:
    """What has a value in some lengths only is no table; what fails in all is left out of it."""
    back = indices - LENGTH_OF_INPUT + 3
    none_twice = where(back >= 0, back, -1)
    some_lengths = (key(indices) == query(where(back > 0, indices, 5 // (back - back)))).one(indices)
    every_length = (key(indices) == query(5 // indices)).one(indices * 3, 0)
    several = (key(indices // 2) == query(indices // 2)).one(indices)
    for program in (none_twice, some_lengths, every_length, several, several + some_lengths, full.mean(indices)):
        facts = analysed(program.expr, ("a",), 7, causal=False).facts
        new = SOp(closed_form(program.expr, facts)[program.expr])
        inputs = ["a" * n for n in range(8)]
        for want, got in zip(run(program, inputs), run(new, inputs), strict=True):
            assert [isinstance(v, Failure) for v in want] == [isinstance(v, Failure) for v in got]
            assert [(type(v), v) for v in want if not isinstance(v, Failure)] == [
                (type(v), v) for v in got if not isinstance(v, Failure)
            ]


def test_a_difference_of_sums_takes_no_part_that_may_fail() -> None:
    """A comparison with != is one sum less another, and a key on which another part fails would count in one alone."""
    number, some = tokens.map({"a": 0, "x": 2}), tokens.map({"a": 1, "b": 2})
    selector = (key(indices) != query(indices % 3)) & (key(number) < query(2)) & (key(some) == query(1))
    program = selector.value(tokens.map({"a": 1, "b": 2, "x": 1}))
    model = hw.compile(program, "abx", 4, causal=True)
    inputs = ["".join(w) for n in range(1, 5) for w in itertools.product("abx", repeat=n)]
    wanted = run(program, inputs, causal=True)
    assert sum(not isinstance(v, Failure) for row in wanted for v in row) > 400
    for got, want in zip(model.batch(inputs), wanted, strict=True):
        assert all(isinstance(b, Failure) or a == b for a, b in zip(got, want, strict=True))


# What the analysis says is sure.


class Whole:
    """Values that are equal or not, and nothing else."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ONE, OTHER = Whole("one"), Whole("other")
MIXED = tokens.map({"a": 1, "b": "x"})
MAYBE = tokens.map({"a": 1})
SURE = {
    "the greatest of mixed values": (full.max(MIXED), False),
    "the least of mixed values": (full.min(MIXED, of=indices), False),
    "the greatest of one value without an order": (full.max(tokens.map({"a": None, "b": None}), of=indices), False),
    "the greatest of values that are only equal": (full.max(tokens.map({"a": ONE, "b": OTHER}), of=indices), False),
    "the greatest of Booleans and numbers": (full.max(tokens.map({"a": True, "b": 0.5})), True),
    "the greatest of strings": (full.max(tokens), True),
    "the greatest of the only one": ((key(indices) == query(indices)).max(MIXED), True),
    "one of one": ((key(indices) == query(indices)).one(tokens), True),
    "one of several": (full.one(tokens), False),
    "a sum of numbers": (full.value(indices), True),
    "a sum of strings": (full.value(tokens), False),
    "a mean of mixed values": (full.mean(MIXED), False),
    "a count": (IS_A.width(), True),
    "a count by an order of mixed values": ((key(MIXED) < query(MIXED)).width(), False),
    "a count by a predicate": (select(MIXED, MIXED, lambda k, q: k < q).width(), False),
    "a count of mixed values that are equal": ((key(MIXED) == query(MIXED)).width(), True),
    "a value that some have": (MAYBE, False),
    "a sum with it": (MAYBE + 1, False),
    "it where it is": (where(tokens == "a", MAYBE, 0), True),
    "a quotient": (1 / indices, False),
    "a quotient by what is not 0": (1 / (indices + 1), True),
    "logic of numbers": (tokens.map({"a": 1, "b": 0}) & (tokens == "a"), True),
    "logic of other numbers": (tokens.map({"a": 1, "b": 2}) | (tokens == "a"), False),
    "logic of other numbers where another operand decides": (tokens.map({"a": 1, "b": 2}) & (tokens == "a"), True),
}


@pytest.mark.parametrize("name", SURE)
@pytest.mark.parametrize("causal", [False, True])
def test_what_is_sure_never_fails(name: str, causal: bool) -> None:
    program, sure = SURE[name]
    facts = analysed((program == 0).expr, ("a", "b"), 4, causal=causal).facts
    assert facts.sure(program.expr) is sure
    inputs = ["".join(w) for n in range(5) for w in itertools.product("ab", repeat=n)]
    fails = any(isinstance(v, Failure) for r in run(program, inputs, causal=causal) for v in r)
    assert fails is not sure


BEFORE, POSITION = key(indices) <= query(indices), key(indices) == query(1)
WIDTHS: dict[str, tuple[Selector, tuple[int, int]]] = {
    "one position": (POSITION, (0, 1)),
    "one position and a token": (POSITION & IS_A, (0, 1)),
    "a token and one position": (IS_A & POSITION, (0, 1)),
    "one position or a token": (POSITION | IS_A, (0, 4)),
    "two positions": ((POSITION & IS_A) | ((key(indices) == query(2)) & IS_A), (0, 2)),
    "one of three": (IS_A & ((key(indices) == query(2)) | POSITION), (0, 2)),
    "a token": (IS_A, (0, 4)),
    "all but a token": (~IS_A, (0, 4)),
    "its own token": (key(tokens) == query(tokens), (1, 4)),
    "its own token before": ((key(tokens) == query(tokens)) & BEFORE, (1, 4)),
    "its own token, or one position": ((key(tokens) == query(tokens)) | POSITION, (1, 4)),
    "a smaller token": (key(tokens) < query(tokens), (0, 4)),
    "a token or itself": (IS_A | (key(tokens) >= query(tokens)), (1, 4)),
    "those before": (BEFORE, (1, 4)),
    "a token that none is": (key(tokens) == query("z"), (0, 0)),
    "a token below all": (key(tokens) < query("a"), (0, 0)),
    "a token and one that none is": (IS_A & (key(tokens) == query("z")), (0, 0)),
    "a shifted position": ((key(indices + full.value(tokens == "a")) == query(indices)) & IS_A, (0, 1)),
    "a place in an order": (key((key(tokens) < query(tokens)).width()) == query(indices), (0, 4)),
    "a predicate": (select(tokens, tokens, lambda k, q: k != q), (0, 4)),
}


@pytest.mark.parametrize("name", WIDTHS)
def test_how_many_keys_are_selected(name: str) -> None:
    selector, (least, most) = WIDTHS[name]
    facts = analysed((selector.width() * indices).expr, ("a", "b"), 4, causal=False).facts
    assert facts.width(selector.expr) == (least, most)
    inputs = ["".join(w) for n in range(1, 5) for w in itertools.product("ab", repeat=n)]
    counts = [v for row in run(selector.width(), inputs) for v in row]
    assert least <= min(counts)
    assert max(counts) <= most


# What is taken to differ at every position.

NUMBER, TURNED = tokens.map({"a": 0, "b": 1}), tokens.map({"a": 1, "b": 0})
EARLIER, LATER = key(indices) < query(indices), key(indices) > query(indices)


def order(x: SOp, y: SOp, sign: str = "<", same: SOp | None = None, by: Any = EARLIER) -> SOp:
    """How many keys come before a query by a number, of equal ones by position."""
    equal = key(x) == query(y if same is None else same)
    return (COMPARISONS[sign](key(x), query(y)) | (equal & by)).width()


DIFFERENT: dict[str, tuple[SOp, bool]] = {
    "positions": (indices, True),
    "positions and a count": (full.value(NUMBER) - indices, True),
    "positions and what is not the same everywhere": (indices + NUMBER, False),
    "positions twice": (indices - indices, False),
    "a multiple of positions": (indices * 2, True),
    "half of a position": (indices // 2, False),
    "places": (order(NUMBER, NUMBER), True),
    "places from the end": (order(NUMBER, NUMBER, ">"), True),
    "places, the later of equal ones first": (order(NUMBER, NUMBER, by=LATER), True),
    "places with a shift": (order(NUMBER, NUMBER) + 1, True),
    "an order of two numbers": (order(NUMBER, TURNED), False),
    "an order of one, and equality of two": (order(NUMBER, NUMBER, same=TURNED), False),
    "an order that is not strict": (order(NUMBER, NUMBER, "<="), False),
    "an order of equal ones that is not strict": (order(NUMBER, NUMBER, by=key(indices) <= query(indices)), True),
    "an order of equal ones by tokens": (order(NUMBER, NUMBER, by=key(tokens) < query(tokens)), False),
    "an order of unequal ones": (order(NUMBER, NUMBER, "!="), False),
    "an order without equal ones": ((key(NUMBER) < query(NUMBER)).width(), False),
    "an order and equal ones": (
        ((key(NUMBER) < query(NUMBER)) & (key(NUMBER) == query(NUMBER)) & EARLIER).width(),
        False,
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_at_every_position(name: str) -> None:
    program, different = DIFFERENT[name]
    facts = analysed((program * indices).expr, ("a", "b"), 4, causal=False).facts
    assert facts.injective(program.expr) is different
    inputs = ["".join(w) for n in range(5) for w in itertools.product("ab", repeat=n)]
    assert all(len(set(row)) == len(row) for row in run(program, inputs)) is different
