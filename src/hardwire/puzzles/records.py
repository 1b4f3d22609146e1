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
    "index": Record(1, 124),
    "shift": Record(1, 175),
    "length": Record(1, 50),
    "histogram": Record(1, 156),
    "cumsum": Record(1, 1491),
    "window_sum": Record(1, 360),
    "is_first": Record(1, 165),
    "previous_occurrence": Record(1, 1444),
    "majority": Record(1, 27),
    "flip": Record(2, 216),
    "minimum": Record(1, 75),
    "first": Record(1, 172),
    "ralign": Record(2, 259),
    "split": Record(2, 360),
    "slide": Record(1, 732),
    "run_lengths": Record(1, 1498),
    "reverse_letters": Record(2, 1642),
    "unique_count": Record(1, 320),
    "most_frequent": Record(2, 240),
    "double_histogram": Record(2, 889),
    "sort": Record(2, 2575),
    "sort_by_frequency": Record(3, 6929),
    "induction": Record(2, 1662),
    "palindrome": Record(3, 347),
    "dyck1": Record(2, 616),
    "dyck": Record(3, 4458),
    "compare": Record(3, 776),
    "add": Record(3, 2054),
    "subtract": Record(3, 1896),
    "multiply_by_digit": Record(2, 17249),
}


def medal_for_layers(name: str, layers: int) -> Medal:
    """Return the medal of a compiled solution within the budget: gold for as few layers as the best known solution."""
    return "gold" if layers <= RECORDS[name].layers else "silver"


def medal_for_parameters(name: str, parameters: int) -> Medal:
    """Return gold for as few parameters as the best known solution, silver for at most twice as many, else bronze."""
    best = RECORDS[name].parameters
    return "gold" if parameters <= best else "silver" if parameters <= 2 * best else "bronze"
