"""Moving things: the parts that lead up to addition, and words turned round."""

from __future__ import annotations

import random
from functools import partial

from ..puzzle import puzzle

_puzzle = partial(puzzle, chapter="Moving things")


def _padded(rng: random.Random, n: int) -> str:
    letters = rng.choices("xyz", k=rng.randint(0, n))
    return "".join(letters) + "_" * rng.randint(0, n - len(letters))


PUZZLES = [
    _puzzle(
        "ralign",
        "Flush right",
        """The input is letters and then padding: as many "_" as you like, none of them between letters. Move the
        letters to the right end, and fill up with "-" at the left.""",
        examples=["xyz__", "xy_", "zzz"],
        hints=[
            "How far does everything move? Count that first.",
            "Position i then reads the position that lies so far to its left.",
            """Or, the other way round, every position offers the place where it goes: key(indices + count). Nothing is
        selected at the left end; give a default.""",
        ],
        layers=2,
        valid=lambda text: "_" not in text.rstrip("_"),
        sample=_padded,
    ),
    _puzzle(
        "split",
        "The part before the plus",
        """The input has exactly one "+". Move the part before it to the right end, with "0" in all places to the
        left of it.""",
        examples=["xyz+zyr", "x+", "+yr"],
        hints=[
            "Every position needs to know where the plus is: select it, and read its number.",
            "Blank out everything from the plus on, and it is the puzzle before this one: three layers.",
            """For two: how far the part moves follows from where the plus is and from the length, and one layer can
        find both.""",
        ],
        layers=3,
        valid=lambda text: text.count("+") == 1,
    ),
    _puzzle(
        "slide",
        "Arrows",
        """Each "<" takes the nearest token to its right that is not "<"; every other token stays. If there is none
        to the right, give 0.""",
        examples=["xxxh<<<l", "<x<", "h<l"],
        hints=[
            "Number the tokens that are not arrows, from left to right: a running total of ones and zeros.",
            "An arrow has the number of the last such token before it, so it looks for the next number.",
            """Arrows have numbers too and must not be found: & with key(is_not_arrow) == query(True). For one layer,
        look at .first.""",
        ],
        layers=2,
        max_len=20,
    ),
    _puzzle(
        "run_lengths",
        "Runs",
        """A run is a stretch of equal tokens. Give every position the length of the run that it is in.""",
        examples=["aabccca", "bbb"],
        hints=[
            "Every position should know where its run begins and where it ends.",
            "The run ends where the nearest different token to the right stands, or at the end of the input.",
            "selector.first and .last find the nearest; their default may be a sop. Both go into one layer.",
        ],
        layers=2,
        max_len=10,
    ),
    _puzzle(
        "reverse_letters",
        "Words turned round",
        """The input is letters and spaces. Write every word backwards and leave the words, and all spaces, where
        they are.""",
        examples=["held word", "do  re", " old"],
        hints=[
            "Every letter needs the space before its word and the space behind it. A word may touch either end.",
            "A letter that stands k places after the left space changes with the one k places before the right space.",
            "The two places add up to start + end. Spaces read themselves.",
        ],
        layers=3,
        max_len=9,
    ),
]
