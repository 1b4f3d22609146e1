"""Puzzles: a statement comes in with examples and hints, you write the sop, and a check says what it is worth.

>>> from hardwire import indices, key, puzzles, query, tokens
>>> puzzles.get("index")
2. The second token everywhere (index, at most 1 layer)
<BLANKLINE>
Give every position the token at position 1 (the second one; positions count from 0). Where the
input has only one token, give 0.
<BLANKLINE>
  'hello'  ->  ['e', 'e', 'e', 'e', 'e']
  'ole'    ->  ['l', 'l', 'l']
  'h'      ->  [0]
<BLANKLINE>
Tokens: 'ehlo'; at most 16 of them.
>>> bool(puzzles.check("index", (key(indices) == query(1)).value(tokens)))
True

Read `puzzle.py` for what a puzzle is, `statements/` for all of them, `check.py` for how a solution is judged, and
`solved_file.py` for where it is kept which ones are solved.
The solutions are not in this package, so that none is met by accident: examples/puzzle_solutions.py has them.
"""

from .check import Outcome, Wrong, check
from .puzzle import Puzzle
from .solved_file import Solved, record, solved
from .statements import PUZZLES, get

__all__ = ["PUZZLES", "Outcome", "Puzzle", "Solved", "Wrong", "check", "get", "record", "solved"]
