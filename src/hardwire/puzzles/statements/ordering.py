"""Counting and sorting: the positions put in order, and what that is good for."""

from __future__ import annotations

from functools import partial

from ..puzzle import puzzle

_puzzle = partial(puzzle, chapter="Counting and sorting")

PUZZLES = [
    _puzzle(
        "unique_count",
        "How many kinds?",
        """Give every position the number of different tokens in the input.""",
        examples=["abacaba", "eee", "abcde"],
        hints=[
            "Of each kind, one position should be counted and the others not.",
            "The first of its kind knows that it is the first (see the puzzle is_first).",
            "In the second layer every position counts these.",
        ],
        layers=2,
    ),
    _puzzle(
        "most_frequent",
        "The favourite",
        """Give every position the token that occurs most often; of several, the one that occurs first.""",
        examples=["abacaba", "abba", "dcc"],
        hints=[
            "First every position counts its own token.",
            "Then all positions look for the position with the greatest count.",
            "selector.max(score, of=x) reads x where the score is greatest, at the leftmost such place.",
        ],
        layers=3,
    ),
    _puzzle(
        "double_histogram",
        "Equally popular",
        """Give every position the number of different tokens that occur as often as its own token does, itself
        included.""",
        examples=["aabbcdef", "abcc", "aaa"],
        hints=[
            "First every position counts its own token.",
            "Selecting the positions with the same count finds every kind as many times as it occurs.",
            "So of each kind only one position may be selected: the first.",
        ],
        layers=2,
    ),
    _puzzle(
        "sort",
        "In order",
        """The tokens are digits as numbers. Put them in rising order.""",
        examples=[[3, 1, 4, 1, 5], [9, 2, 6], [0, 0, 1, 0]],
        hints=[
            "Where does each number go? It can find out by counting.",
            "It goes behind all smaller ones, and behind the equal ones to its left.",
            "In the second layer position i asks for the number that goes to place i.",
        ],
        layers=2,
    ),
    _puzzle(
        "sort_by_frequency",
        "The charts",
        """Put the tokens that occur most often first. Those that occur equally often stay in the order in which
        they stand.""",
        examples=["abbcbac", "aabb", "eddccc"],
        hints=[
            "Sorting needs a rank, and a rank needs something to compare. What is compared here is a count.",
            "Greater counts go first, and of equal counts the left one.",
            "A layer for the counts, one for the ranks, one to read by rank.",
        ],
        layers=3,
    ),
]
