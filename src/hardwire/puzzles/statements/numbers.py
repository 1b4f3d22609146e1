"""Numbers: arithmetic on digits, column by column, as on paper."""

from __future__ import annotations

from functools import partial

from ..puzzle import puzzle

_puzzle = partial(puzzle, chapter="Numbers")


def _falling(text: str) -> bool:
    a, minus, b = text.partition("-")
    return minus == "-" and "-" not in b and int(a or "0") >= int(b or "0")


PUZZLES = [
    _puzzle(
        "compare",
        "Which is greater?",
        """The input is two numbers in digits with exactly one "?" between. Give "<", "=" or ">" everywhere, as the
        first is less than the second, equal or greater. A number of no digits is 0, and zeros in front change
        nothing.""",
        examples=["683?1345", "42?42", "7?07"],
        hints=[
            "Bring both numbers to the right end, with zeros in front (see the puzzle split).",
            "Now the columns can be compared. Which of them decides?",
            "The leftmost column in which they differ; if there is none, they are equal.",
        ],
        layers=3,
        max_len=12,
        valid=lambda text: text.count("?") == 1,
    ),
    _puzzle(
        "add",
        "Addition",
        """The input is two numbers in digits with exactly one "+" between. Give the digits of their sum as
        numbers, one a position, flush right, with zeros in front. A number of no digits is 0. The known way
        takes six layers; with care it takes three.""",
        examples=["683+345", "99+1", "5+"],
        hints=[
            "Split off both numbers, align them (see the puzzle split), turn them into ints and add column by column.",
            """A column passes a carry on if it is above 9, and does not if it is below. At exactly 9 it does whatever
        the column to its right does.""",
            """Write "1", "0" and "<" for the three cases, move them one to the left, and let the arrows slide (see the
        puzzle slide). Add the carries, and keep the last digit.""",
            """For three layers: the nearest column to the right that is not 9 decides, and .first finds it.""",
        ],
        layers=6,
        max_len=12,
        valid=lambda text: text.count("+") == 1,
    ),
    _puzzle(
        "subtract",
        "Subtraction",
        """The input is two numbers in digits with exactly one "-" between, and the first is not the smaller one.
        Give the digits of the difference as numbers, one a position, flush right, with zeros in front.""",
        examples=["1028-345", "100-1", "77-77"],
        hints=[
            "Align both as in addition, and take the difference of each column.",
            "A column below 0 borrows from the one at its left. Which columns pass a borrowing on?",
            "Those that are exactly 0. The nearest column to the right that is not 0 decides.",
        ],
        layers=5,
        max_len=12,
        valid=_falling,
    ),
    _puzzle(
        "multiply_by_digit",
        "Times a digit",
        """The input is a digit, a "*" at position 1, and a number in digits. Give the digits of the product as
        numbers, one a position, flush right, with zeros in front. A number of no digits is 0.""",
        examples=["7*345", "9*99", "2*"],
        hints=[
            "The digit is at position 0; every position can read it there. The other number is aligned already.",
            "Each product of two digits has units and tens. The tens belong one place further left.",
            """All units are one number and all tens another, so what remains is an addition: a column reads the digit
        to its right for the tens.""",
            "Which columns pass a carry on? As in addition, the nearest column to the right that is not 9 decides.",
        ],
        layers=4,
        max_len=10,
        valid=lambda text: text.find("*") == text.rfind("*") == 1,
    ),
]
