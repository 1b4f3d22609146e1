"""What the puzzles say: statements, examples, hints, and which inputs are valid."""

from __future__ import annotations

import importlib
import pkgutil
import random
from html.parser import HTMLParser

import pytest

from hardwire import Selector, SOp, programs, puzzles
from hardwire.errors import UnknownNameError
from hardwire.programs import Program
from hardwire.puzzles import PUZZLES, Puzzle

RASPY = ["index", "shift", "minimum", "first", "ralign", "split", "slide", "add"]
EACH = pytest.mark.parametrize("puzzle", PUZZLES.values(), ids=lambda p: p.name)


class Text(HTMLParser):
    """The text of a page, and whether every element that was opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.open = "", list[str]()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> str:
    found = Text(page)
    assert not found.open
    return found.text


def test_the_eight_and_more_in_rising_difficulty() -> None:
    assert len(PUZZLES) >= len(RASPY) + 12
    assert [name for name in PUZZLES if name in RASPY] == RASPY
    assert [p.number for p in PUZZLES.values()] == list(range(1, len(PUZZLES) + 1))
    chapters = list(dict.fromkeys(p.chapter for p in PUZZLES.values()))
    budgets = [[p.layers for p in PUZZLES.values() if p.chapter == chapter] for chapter in chapters]
    assert [max(b) for b in budgets] == sorted(max(b) for b in budgets)
    assert budgets[0][0] == 0


@EACH
def test_the_texts_are_whole(puzzle: Puzzle) -> None:
    assert puzzle.title
    assert puzzle.statement.endswith((".", ".)"))
    assert len(puzzle.hints) >= 2
    assert len(set(puzzle.hints)) == len(puzzle.hints)
    assert len(puzzle.examples) >= 2


@EACH
def test_examples_are_valid(puzzle: Puzzle) -> None:
    for x in puzzle.examples:
        assert puzzle.valid(list(x))
        assert set(x) <= set(puzzle.vocab)
        assert 0 < len(x) <= puzzle.max_len
        assert len(puzzle.answer(x)) == len(x)


@EACH
def test_valid_inputs_are_those_of_the_program(puzzle: Puzzle) -> None:
    """A puzzle may leave inputs out that the program takes; every one it takes the program must take."""
    program = programs.get(puzzle.name)
    rng = random.Random(1)
    drawn = [list(puzzle.sample(rng, puzzle.max_len)) for _ in range(50)]
    drawn += [rng.choices(puzzle.vocab, k=rng.randint(1, 6)) for _ in range(300)]
    valid = [x for x in drawn if puzzle.valid(x)]
    assert len(valid) >= 40
    if program.given is not None:
        given = [all(v is True for v in row) for row in program.given().batch(drawn, errors="keep")]
        wrongly = [x for x, ok in zip(drawn, given, strict=True) if puzzle.valid(x) and not ok]
        assert wrongly == []
        left_out = [x for x, ok in zip(drawn, given, strict=True) if ok and not puzzle.valid(x)]
        assert all(len(x) <= 1 for x in left_out)


def test_no_solution_stands_with_the_statements() -> None:
    """The names that the package and its modules give are no programs: nothing is solved by tab completion."""
    modules = [puzzles]
    modules += [importlib.import_module(m.name) for m in pkgutil.walk_packages(puzzles.__path__, "hardwire.puzzles.")]
    assert len(modules) > 8
    for module in modules:
        for name, x in vars(module).items():
            assert not isinstance(x, (SOp, Selector, Program)), f"{module.__name__}.{name}"


def test_a_puzzle_is_found_by_name_number_and_itself() -> None:
    assert puzzles.get("index") is puzzles.get(2) is puzzles.get("2") is puzzles.get(PUZZLES["index"])


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (
            "shft",
            "there is no puzzle 'shft'. Did you mean 'shift' or 'sort' or 'is_first'? By number they go from 1 to 31.",
        ),
        (0, "there is no puzzle '0'. By number they go from 1 to 31."),
        (32, "there is no puzzle '32'. By number they go from 1 to 31."),
    ],
)
def test_an_unknown_puzzle(which: str | int, message: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        puzzles.get(which)
    assert str(error.value) == message


def test_hints_come_one_at_a_time() -> None:
    shift = puzzles.get("shift")
    assert [shift.hint(), shift.hint(2), shift.hint(3)] == list(shift.hints)
    for number in (0, 4):
        with pytest.raises(UnknownNameError, match="They go from 1 to 3"):
            shift.hint(number)


@EACH
def test_a_puzzle_shows_itself(puzzle: Puzzle) -> None:
    text, page = repr(puzzle), read(puzzle._repr_html_())
    for part in (puzzle.title, puzzle.name, puzzle.statement.split(".")[0]):
        assert part in " ".join(text.split())
        assert part in page
    for x in puzzle.examples:
        assert str(puzzle.answer(x)) in text
        assert str(puzzle.answer(x)) in page
    assert not any(hint in text for hint in puzzle.hints)
    assert all(hint in page for hint in puzzle.hints)  # folded up
    assert puzzle._repr_html_().count("<details>") == len(puzzle.hints)
    assert max(map(len, text.splitlines())) <= 110
