"""Checking: right programs pass with the medals they deserve, wrong ones do not and say where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from solutions import record, solutions
from test_puzzles import EACH, read

from hardwire import SOp, before, full, indices, key, length, programs, query, same_token, tokens, where
from hardwire.errors import BuildError
from hardwire.puzzles import PUZZLES, Puzzle, check
from hardwire.puzzles.records import RECORDS

SOLUTIONS = solutions()
up_to_here = key(indices) <= query(indices)


def test_every_puzzle_has_a_solution_and_a_record() -> None:
    assert list(SOLUTIONS) == list(RECORDS) == list(PUZZLES)


@EACH
def test_solutions(puzzle: Puzzle) -> None:
    outcomes = [check(puzzle, f) for f in SOLUTIONS[puzzle.name]]
    assert all(outcomes), outcomes
    assert all(o.model is not None for o in outcomes), outcomes
    assert RECORDS[puzzle.name] == record(outcomes), "the records have changed: run `make records`"
    assert "gold" in [o.layers_medal for o in outcomes]
    assert "gold" in [o.parameters_medal for o in outcomes]


# Nothing that only looks right passes.


def constant(value: Any) -> SOp:
    return where(indices >= 0, value, value)


def lookup(table: Sequence[tuple[Sequence[Any], list[Any]]]) -> SOp:
    """The right answer on some inputs, found by comparing the whole input with each; the input itself elsewhere."""
    result: SOp = tokens
    for x, answer in table:
        known = indices.map(lambda i, x=tuple(x): x[i] if i < len(x) else None)
        there = indices.map(lambda i, answer=tuple(answer): answer[i] if i < len(answer) else None)
        result = where((length == len(x)) & full.all(tokens == known), there, result)
    return result


@EACH
def test_constants_fail(puzzle: Puzzle) -> None:
    values = {v for x in puzzle.examples for v in puzzle.answer(x)}
    for value in [*values, None, 0, True, False]:
        assert check(puzzle, constant(value)).wrong is not None, value
    assert check(puzzle, tokens).wrong is not None
    assert check(puzzle, indices).wrong is not None


@EACH
def test_a_lookup_of_the_examples_fails(puzzle: Puzzle) -> None:
    table = [(x, puzzle.answer(x)) for x in puzzle.examples]
    cheat = lookup(table)
    for x, answer in table:
        assert cheat(x) == answer
    outcome = check(puzzle, cheat)
    assert outcome.wrong is not None
    assert list(outcome.wrong.input) not in [list(x) for x in puzzle.examples]


def drawn(step: SOp) -> SOp:
    """The running total of step."""
    return up_to_here.value(step)


def near(column: SOp, at: Any, default: Any = False) -> SOp:
    """The column just to the right."""
    return (key(indices) == query(indices + 1)).one(column > at, default)


def aligned(sign: str) -> tuple[SOp, SOp]:
    at = (key(tokens) == query(sign)).one(indices)
    digit = where(tokens == sign, "0", tokens).int()
    return (key(indices) == query(indices - (length - at))).one(digit), where(indices > at, digit, 0)


bracket = where(tokens == "(", 1, -1)
a_plus, b_plus = aligned("+")
a_minus, b_minus = aligned("-")
a_than, b_than = aligned("?")
ends = where(tokens.has("(["), 1, -1)
count = same_token.width()
smaller = (key(tokens) < query(tokens)).width()
product = where(indices > 1, tokens, "0").int() * (key(indices) == query(0)).value(tokens.int())

NEAR_MISSES: dict[str, Callable[[], SOp]] = {
    "caesar": lambda: tokens.map(lambda t: t if t == " " else chr(ord(t) + 3)),  # past z
    "index": lambda: (key(indices) == query(1)).value(tokens, "e"),  # right where there is a second
    "shift": lambda: (key(indices) == query(where(indices == 0, length - 1, indices - 1))).value(tokens),  # rotates
    "length": lambda: full.max(indices),
    "histogram": lambda: (up_to_here & same_token).width(),
    "cumsum": lambda: before.value(tokens),
    "window_sum": lambda: ((key(indices) >= query(indices - 3)) & up_to_here).value(tokens),
    "is_first": lambda: same_token.width() == 1,
    "previous_occurrence": lambda: (before & same_token).first(indices, -1),
    "majority": lambda: full.value(2 * tokens - 1) >= 0,  # a tie
    "flip": lambda: (key(4 - indices) == query(indices)).value(tokens),  # five tokens only
    "minimum": lambda: (key(smaller) == query(0)).value(tokens),  # several least ones
    "first": lambda: (key(tokens) == query("l")).last(indices, 99),
    "ralign": lambda: (key(indices + 1) == query(indices)).value(tokens, "-"),  # one place only
    "split": lambda: where(indices < (key(tokens) == query("+")).value(indices), tokens, "0"),  # not moved
    "slide": lambda: where(tokens == "<", (key(indices) == query(indices + 1)).value(tokens), tokens),  # one step
    "run_lengths": lambda: same_token.width(),
    "reverse_letters": lambda: (key(indices) == query(length - 1 - indices)).value(tokens),  # all as one word
    "unique_count": lambda: full.value(count == 1),
    "most_frequent": lambda: full.max(count * 100 + indices, of=tokens),  # the last of several
    "double_histogram": lambda: (key(count) == query(count)).width(),
    "sort": lambda: (key(smaller) == query(indices)).value(tokens),  # equals fall on one place
    "sort_by_frequency": lambda: (key((key(count) > query(count)).width()) == query(indices)).first(tokens),  # likewise
    "induction": lambda: (before & (key(programs.shift()) == query(tokens))).last(tokens, "_"),  # misses "aa"
    "palindrome": lambda: tokens.at(0) == tokens.at(-1),  # only the ends
    "dyck1": lambda: full.value(bracket) == 0,  # ")("
    "dyck": lambda: ~full.any((drawn(ends) < 0) | (full.value(ends) != 0)),  # kinds do not matter
    "compare": lambda: (key(a_than - b_than) != query(0)).last(where(a_than < b_than, "<", ">"), "="),
    "add": lambda: (a_plus + b_plus + near(a_plus + b_plus, 9)) % 10,  # no carry of a carry
    "subtract": lambda: (a_minus - b_minus - near(b_minus - a_minus, 0)) % 10,
    "multiply_by_digit": lambda: (product % 10 + (key(indices) == query(indices + 1)).value(product // 10)) % 10,
}


@EACH
def test_near_misses_fail(puzzle: Puzzle) -> None:
    outcome = check(puzzle, NEAR_MISSES[puzzle.name])
    assert outcome.wrong is not None
    assert puzzle.valid(list(outcome.wrong.input))
    assert outcome.wrong.expected == puzzle.answer(outcome.wrong.input)
    assert outcome.wrong.positions
    assert not outcome


# What an outcome says.


def test_the_first_wrong_input_is_as_simple_as_can_be() -> None:
    """Right up to five tokens: the shortest on which it is wrong has six."""
    five = where(length <= 5, programs.flip(), tokens)
    outcome = check("flip", five)
    assert repr(outcome) == (
        f'flip is not solved yet: wrong on "eeeeeh", found among {outcome.tried:,} inputs.\n'
        "  input    e  e  e  e  e  h\n"
        "  yours    e  e  e  e  e  h\n"
        "  right    h  e  e  e  e  e\n"
        "           ^              ^"
    )
    page = outcome._repr_html_()
    assert "flip is not solved yet" in read(page)
    assert page.count("background:#d55") == page.count("background:#2a9") == 2


def test_a_missing_value_says_why() -> None:
    outcome = check("caesar", tokens.map(lambda t: "abcdefghijklmnopqrstuvwxyz"["abcdefghijklmnopqrstuvwxyz".index(t)]))
    assert "  no value at position 5 on ' ': ValueError: substring not found" in repr(outcome).splitlines()
    assert "substring not found" in read(outcome._repr_html_())
    assert "✗" in repr(outcome)


def test_medals() -> None:
    smaller = (key(tokens) < query(tokens)) | ((key(tokens) == query(tokens)) & before)
    twice = (key(smaller.width() * 2) == query(0)).value(tokens)
    gold, silver = check("minimum", full.min(tokens)), check("minimum", twice)
    assert (gold.layers, gold.layers_medal, gold.parameters_medal) == (1, "gold", "gold")
    assert (silver.layers, silver.layers_medal, silver.parameters_medal) == (2, "silver", "bronze")
    assert "best known: 1" in repr(silver)
    page = read(silver._repr_html_())
    assert "silver" in page
    assert "bronze" in page
    assert "Transformer(" in page


def test_a_record_can_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECORDS, "minimum", RECORDS["minimum"]._replace(layers=2, parameters=1_000))
    outcome = check("minimum", full.min(tokens))
    assert "fewer than the best known, 2" in repr(outcome)
    assert (outcome.layers_medal, outcome.parameters_medal) == ("gold", "gold")


def test_the_budget_counts() -> None:
    long_way = (key(length) == query(length)).value(1)  # right, in two layers where one is allowed
    outcome = check("length", long_way)
    assert not outcome
    assert outcome.wrong is None
    assert outcome.layers_medal is outcome.parameters_medal is None
    assert repr(outcome).endswith("but it takes 2 layers and the budget is 1.")


def test_what_does_not_compile_gets_no_medal() -> None:
    """Both numbers as whole numbers, and the digits of their sum: right, but no transformer holds 10^11 values."""
    digit = where(tokens == "+", "0", tokens).int()
    at = (key(tokens) == query("+")).one(indices)
    place = SOp.zip(lambda i, at, n: 10 ** ((at if i < at else n) - 1 - i), indices, at, length)
    total = full.value(digit * place)
    outcome = check("add", SOp.zip(lambda total, i, n: total // 10 ** (n - 1 - i) % 10, total, indices, length))
    assert outcome
    assert outcome.layers == 2
    assert outcome.model is None
    assert outcome.layers_medal is outcome.parameters_medal is None
    assert "No medals" in repr(outcome)
    assert "No medals" in read(outcome._repr_html_())


def test_without_compiling() -> None:
    outcome = check("minimum", full.min(tokens), compile=False)
    assert outcome
    assert outcome.model is None
    assert outcome.layers_medal is None


@pytest.mark.parametrize("nothing", [None, ..., lambda: None])
def test_no_solution_yet(nothing: Any) -> None:
    outcome = check("length", nothing)
    assert not outcome
    assert outcome.layers is None
    assert repr(outcome) == "length is waiting for your program: a sop, or a function that returns one."
    assert "is waiting" in read(outcome._repr_html_())


@pytest.mark.parametrize(
    ("wrong", "shown"), [(same_token, "the selector same_token"), (7, "7"), ("abc", "'abc'"), (lambda: 1, "1")]
)
def test_a_solution_is_a_sop(wrong: Any, shown: str) -> None:
    with pytest.raises(BuildError) as error:
        check("length", wrong)
    assert f"a solution of length is a sop, or a function that returns one, not {shown}." in str(error.value)


def test_a_broken_function_is_not_hidden() -> None:
    with pytest.raises(NameError):
        check("caesar", tokens.map(lambda t: undefined_name))  # type: ignore[name-defined]  # noqa: F821


def test_a_check_is_reproducible() -> None:
    first, again = (check("dyck", NEAR_MISSES["dyck"], seed=3) for _ in range(2))
    assert first.wrong == again.wrong
    assert first.seed == 3


def test_text_from_a_program_is_no_markup() -> None:
    outcome = check("shift", where(tokens == "h", "<b>", tokens))
    assert "<b>" not in outcome._repr_html_()
    assert "<b>" in read(outcome._repr_html_())


def test_numbers_may_be_equal_in_value_alone() -> None:
    assert check("length", full.width() * 1.0)
