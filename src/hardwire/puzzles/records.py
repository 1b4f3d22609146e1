"""The fewest layers and the fewest parameters of known solutions of each puzzle, not always of the same solution.

Parameters are those of the model compiled for the puzzle's vocabulary and greatest length. The tests measure the
figures of the known solutions; `make records` writes them here.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Medal = Literal["gold", "silver", "bronze"]


class Record(NamedTuple):
    """The best known figures of a puzzle."""

    layers: int
    parameters: int


RECORDS: dict[str, Record] = {
    "caesar": Record(0, 110),
    "index": Record(1, 165),
    "shift": Record(1, 210),
    "length": Record(1, 75),
    "histogram": Record(1, 205),
    "cumsum": Record(1, 2211),
    "window_sum": Record(1, 532),
    "is_first": Record(1, 216),
    "previous_occurrence": Record(1, 1600),
    "majority": Record(1, 36),
    "flip": Record(2, 266),
    "minimum": Record(1, 108),
    "first": Record(1, 235),
    "ralign": Record(2, 312),
    "split": Record(2, 491),
    "slide": Record(1, 1159),
    "run_lengths": Record(1, 2056),
    "reverse_letters": Record(2, 2249),
    "unique_count": Record(1, 357),
    "most_frequent": Record(2, 308),
    "double_histogram": Record(2, 1088),
    "sort": Record(2, 3235),
    "sort_by_frequency": Record(3, 8012),
    "induction": Record(2, 1785),
    "palindrome": Record(3, 503),
    "dyck1": Record(2, 806),
    "dyck": Record(3, 5924),
    "compare": Record(3, 1017),
    "add": Record(3, 2481),
    "subtract": Record(3, 2579),
    "multiply_by_digit": Record(2, 20910),
}


def medal_for_layers(name: str, layers: int) -> Medal:
    """Return the medal of a compiled solution within the budget: gold for as few layers as the best known solution."""
    return "gold" if layers <= RECORDS[name].layers else "silver"


def medal_for_parameters(name: str, parameters: int) -> Medal:
    """Return gold for as few parameters as the best known solution, silver for at most twice as many, else bronze."""
    best = RECORDS[name].parameters
    return "gold" if parameters <= best else "silver" if parameters <= 2 * best else "bronze"
