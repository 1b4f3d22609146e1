"""First steps: one token at a time, and one look around."""

from __future__ import annotations

from functools import partial

from ..puzzle import puzzle

_puzzle = partial(puzzle, chapter="First steps")

PUZZLES = [
    _puzzle(
        "caesar",
        "Secret writing",
        """Replace every letter by the one three places further on in the alphabet; after z comes a again. A space
        stays a space. No position has to know of any other, so no layer of attention is allowed.""",
        examples=["hello world", "xyz abc"],
        hints=[
            "An ordinary Python function of one token is applied to every token by tokens.map(function).",
            "tokens.map also takes a dict. Which 27 entries does it need?",
            """"abcdefghijklmnopqrstuvwxyz" and the same string turned by three, zipped, are 26 of them.""",
        ],
        layers=0,
    ),
    _puzzle(
        "index",
        "The second token everywhere",
        """Give every position the token at position 1 (the second one; positions count from 0). Where the input
        has only one token, give 0.""",
        examples=["hello", "ole", "h"],
        hints=[
            "A selector compares what each position offers, key(...), with what each one asks for, query(...).",
            "Every position offers its own number, indices. Every position asks for the same number.",
            "selector.value(tokens) reads the token of the selected position, and gives 0 where none is selected.",
        ],
        layers=1,
    ),
    _puzzle(
        "shift",
        "One to the right",
        """Move everything one place to the right. The last token drops out, and "_" comes in at the left.""",
        examples=["hello", "eh"],
        hints=[
            "Which position does position i have to read?",
            "A query may be computed: query(indices - 1) asks for the place to the left.",
            'At position 0 nothing is selected; selector.value(tokens, "_") says what to give there.',
        ],
        layers=1,
    ),
    _puzzle(
        "length",
        "How many are we?",
        """Give every position the number of tokens in the input. (The ready-made `length` does it; build it
        yourself.)""",
        examples=["hello", "o"],
        hints=[
            "If every position selects every position, it remains to count the selected ones.",
            "Two constants that are equal select everything. A sum of ones is a count.",
        ],
        layers=1,
    ),
    _puzzle(
        "histogram",
        "How often am I here?",
        """Give every position the number of times that its own token occurs in the whole input, itself included.""",
        examples=["cabbage", "abacaba"],
        hints=[
            "Every position should select the positions that hold the same token as itself.",
            "selector.width() tells how many positions are selected.",
        ],
        layers=1,
        max_len=20,
    ),
    _puzzle(
        "cumsum",
        "Running total",
        """The tokens are digits as numbers, 0 to 9. Give every position the sum of all numbers up to and including
        its own.""",
        examples=[[3, 1, 2, 3, 1], [9, 0, 1]],
        hints=[
            "Keys and queries can be compared with < and <= as well.",
            "Of several selected numbers, selector.value(x) gives the sum.",
        ],
        layers=1,
    ),
]
