"""Patterns: repetitions, mirror images and nesting in a sequence."""

from __future__ import annotations

from functools import partial

from ..puzzle import puzzle

_puzzle = partial(puzzle, chapter="Patterns")

PUZZLES = [
    _puzzle(
        "induction",
        "What came next?",
        """Give every position the token that followed its own token when that last occurred before, and "_" where
        it has not. In "abcab" the second a gives b. Language models form circuits that do this: induction
        heads.""",
        examples=["abcdab", "aab", "abc"],
        hints=[
            "First every position finds out which token stands just before it.",
            "Then a position looks for its own token among these: the positions behind earlier occurrences.",
            """The rightmost of them counts, and it may be the position itself, as in "aa": then a follows a.""",
        ],
        layers=2,
    ),
    _puzzle(
        "palindrome",
        "There and back",
        """Give True everywhere if the input reads the same backwards, and False everywhere if not.""",
        examples=["abcba", "abca", "cc"],
        hints=[
            "Turn the sequence round (see the puzzle flip) and compare.",
            "Every position has to hear of every other: is there a place where the two differ?",
            "selector.any and selector.all tell whether something is true at a selected position, or at all of them.",
        ],
        layers=3,
    ),
    _puzzle(
        "dyck1",
        "Balanced brackets",
        """Give True everywhere if the brackets are balanced: each ")" closes a "(" before it, and none stays open.
        Otherwise give False everywhere.""",
        examples=["(()())", "())(", "(("],
        hints=[
            "Let an opening bracket count 1 and a closing one -1. What is the running total?",
            "It must never be below 0, and in the end it must be 0.",
            "The total of all is a layer-1 affair too. The second layer asks whether anything is wrong anywhere.",
        ],
        layers=2,
    ),
    _puzzle(
        "dyck",
        "Nested brackets",
        """There are round and square brackets. Give True everywhere if they are nested properly (each closing
        bracket closes the last one open, of its own kind; none stays open) and nowhere more than 3 are open at
        once. Otherwise give False everywhere.""",
        examples=["([])[()]", "([)]", "(((())))"],
        hints=[
            "Compute how many are open at each position, the closing one counted with the pair that it ends.",
            """The partner of a closing bracket is the last opening one before it at the same depth. Look it up, and
        compare the kinds.""",
            """Three things can be wrong: a pair of two kinds, a depth above 3 (or a partner that is not there), and a
        total that is not 0.""",
        ],
        layers=4,
    ),
]
