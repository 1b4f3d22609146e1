"""Puzzles: a statement with examples and hints; you write the sop, and a check evaluates it.

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

`puzzle.py` defines a puzzle, `statements/` has all of them, `check.py` checks solutions, `progress.py` counts the
solved ones, and `solved_file.py` stores them. The solutions are not in this package, so that nobody sees one by
accident: examples/puzzle_solutions.py has them.
"""

from .check import Outcome, Wrong, check
from .progress import Progress
from .puzzle import Puzzle
from .solved_file import Solved, record, solved
from .statements import PUZZLES, get

__all__ = ["PUZZLES", "Outcome", "Progress", "Puzzle", "Solved", "Wrong", "check", "get", "record", "solved"]
