"""Looking around: selectors that combine two conditions, and the first programs of two layers."""

from __future__ import annotations

from functools import partial

from ..puzzle import puzzle

_puzzle = partial(puzzle, chapter="Looking around")

PUZZLES = [
    _puzzle(
        "window_sum",
        "A sliding window",
        """The tokens are digits as numbers. Give every position the sum of three of them: its own and the two
        before it, or as many as there are at the left end.""",
        examples=[[1, 3, 2, 2, 2], [5, 5]],
        hints=[
            "Two selectors are joined by &. Put each comparison in parentheses.",
            "One comparison excludes the positions too far back, the other the positions still to come.",
        ],
        layers=1,
    ),
    _puzzle(
        "is_first",
        "Newcomers",
        """Give True at every position whose token has not occurred before, and False at the others.""",
        examples=["abacaba", "aab"],
        hints=[
            "What would a position have to select, to know that its token is not new?",
            "Earlier positions that hold the same token: two conditions, joined by &.",
            "If it selects none of these, it is new. selector.width() counts them.",
        ],
        layers=1,
    ),
    _puzzle(
        "previous_occurrence",
        "Last seen",
        """Give every position the number of the position where its token occurred last before, and -1 where it is
        new.""",
        examples=["banana", "abn"],
        hints=[
            "Select the earlier positions with the same token. Several may be selected.",
            "selector.last(x) reads x at the rightmost selected position. What is x here?",
            "It takes a default too: what to give where nothing is selected.",
        ],
        layers=1,
    ),
    _puzzle(
        "majority",
        "The vote",
        """The tokens are 0 and 1. Give True everywhere if more than half of them are 1, and False everywhere if
        not: with as many of both, False.""",
        examples=[[1, 0, 1, 1, 0], [1, 0, 1, 0]],
        hints=[
            "One look at all positions is enough. What is to be added up?",
            "It can be done without the length. Let the zeros count against the ones.",
        ],
        layers=1,
        max_len=20,
    ),
    _puzzle(
        "flip",
        "Backwards",
        """Turn the whole sequence round: the last token comes first.""",
        examples=["hello", "leo"],
        hints=[
            "Which position does position i have to read? Try it with five tokens: 0 reads 4, 1 reads 3.",
            "That needs the number of tokens, which is a layer of its own.",
            "Position i reads position length - 1 - i.",
        ],
        layers=2,
    ),
    _puzzle(
        "minimum",
        "The least",
        """The tokens are digits as numbers. Give every position the least of them all. With `.value` alone it
        takes two layers; there is a way with one.""",
        examples=[[5, 3, 2, 5, 2], [7, 7]],
        hints=[
            "Line the positions up by value: who is in front of whom? The least is the one with nobody in front of it.",
            """Equal values need an order too, or several positions are first: let the left one go before the right
        one.""",
            """In the first layer every position counts who is in front of it, and in the second all ask for the one
        that counted 0. For one layer, look at the other methods of selectors than .value.""",
        ],
        layers=2,
        max_len=20,
    ),
    _puzzle(
        "first",
        "Where is the first l?",
        """Give every position the number of the first position that holds "l", and 99 if there is none. (No input
        is as long as that.)""",
        examples=["hello", "elle", "hoe"],
        hints=[
            "Give every position its own number if it holds an l, and 99 otherwise. What is left to find?",
            "The least of these numbers: the puzzle before this one, on another sequence than tokens.",
            "In one layer: a selector that picks every l has a leftmost one.",
        ],
        layers=2,
    ),
]
